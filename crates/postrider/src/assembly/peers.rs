//! Changes that other nodes make to accounts, upstreams and routes take effect here too.

use postrider_declare::Registry;
use postrider_engine::Engine;
use std::sync::Arc;
use std::time::Duration;

/// How often the store is read without news of a change: news may be lost.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// Follows these changes for as long as the gateway runs.
pub(super) async fn follow(engine: Arc<Engine>, registry: Arc<Registry>) {
    let mut news = engine.declared_elsewhere();
    loop {
        // The sender is the engine's, which this keeps alive.
        let _ = tokio::time::timeout(LOOK_EVERY, news.changed()).await;
        match registry.refresh().await {
            Ok(false) => {}
            Ok(true) => tracing::info!(
                "another node changed accounts, upstreams or routes; the changes are in force here"
            ),
            Err(error) => {
                tracing::warn!(%error, "can't read changes that other nodes may have made; trying again");
            }
        }
    }
}
