//! Retries of requests that the store must take sooner or later.

use crate::store_health::tell;
use postrider_core::contract::StoreError;
use std::time::Duration;
use tokio::time::sleep;

/// How long until the store is asked again.
const RETRY: Duration = Duration::from_secs(1);

/// Asks the store until it does what is asked; the log tells of each failure.
///
/// # Errors
/// When another process has this node's place: then it never will.
pub(crate) async fn until_stored<F>(failure: &str, mut ask: impl FnMut() -> F) -> Result<(), Superseded>
where
    F: Future<Output = Result<(), StoreError>>,
{
    loop {
        match ask().await {
            Ok(()) => return Ok(()),
            Err(StoreError::Superseded) => return Err(Superseded),
            Err(error) => {
                tell(&error, failure);
                sleep(RETRY).await;
            }
        }
    }
}

/// Another process has this node's place in the store.
#[derive(Debug)]
pub(crate) struct Superseded;
