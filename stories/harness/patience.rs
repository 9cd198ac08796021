//! Waiting for what must happen: for an event where there is one, and by asking again where there is none.

use std::time::{Duration, Instant};

/// How long anything may take before a story fails. Far more than it does take, since machines may be slow.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// Between two questions.
const PAUSE: Duration = Duration::from_millis(10);

/// What a future gives; `what` says in the failure what was waited for.
pub(crate) async fn within<F: Future>(what: &str, future: F) -> F::Output {
    match tokio::time::timeout(PATIENCE, future).await {
        Ok(output) => output,
        Err(_) => panic!("waited {PATIENCE:?} in vain for {what}"),
    }
}

/// Asks until there is an answer; `what` says in the failure what was waited for.
pub(crate) async fn eventually<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(started.elapsed() < PATIENCE, "asked for {PATIENCE:?} in vain for {what}");
        tokio::time::sleep(PAUSE).await;
    }
}
