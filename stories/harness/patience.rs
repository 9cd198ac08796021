//! Waiting for what must happen: for an event, or by polling where there is none.

use std::fmt::Display;
use std::time::{Duration, Instant};

/// The time limit of any wait. It is generous, since machines may be slow.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// The pause between two polls.
const PAUSE: Duration = Duration::from_millis(10);

/// Waits for a future; `what` names it in the failure.
pub(crate) async fn within<F: Future>(what: &str, future: F) -> F::Output {
    match tokio::time::timeout(PATIENCE, future).await {
        Ok(output) => output,
        Err(_) => panic!("waited {PATIENCE:?} in vain for {what}"),
    }
}

/// Polls until there is a result; `what` names it in the failure.
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

/// Polls until an answer fits; `what` names it in the failure, which shows the last answer.
pub(crate) async fn until<T: Display>(
    what: &str,
    mut ask: impl AsyncFnMut() -> T,
    fits: impl Fn(&T) -> bool,
) -> T {
    let started = Instant::now();
    loop {
        let answer = ask().await;
        if fits(&answer) {
            return answer;
        }
        assert!(started.elapsed() < PATIENCE, "asked for {PATIENCE:?} in vain for {what}: {answer}");
        tokio::time::sleep(PAUSE).await;
    }
}
