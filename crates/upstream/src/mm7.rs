//! Centres for multimedia messages (MMSC), by MM7 (3GPP TS 23.140). A request over HTTP hands a message in, its answer names it, and the
//! centre posts reports and messages from handsets to the gateway's API. It carries messages with media, and nothing else.

mod answer;
mod callbacks;
mod compose;
mod examination;
mod inbound;
mod relay;
mod report;
mod scaling;
mod settings;

pub use answer::codes_of;
pub use callbacks::take;
pub use examination::examine;
pub use settings::Settings;

use crate::http::client::Client;
use crate::http::keeper::keep_all;
use compose::Composer;
use postrider_core::contract::{Desk, Live, MediaDesk};
use postrider_trace::{Exchanges, Recorder};
use relay::Relay;
use std::sync::Arc;
use tokio::sync::watch;

/// Runs an upstream until `stop` holds true or its sender is gone, as [`crate::http::run`] does.
pub async fn run(
    settings: Settings,
    desk: Arc<dyn Desk>,
    media: Arc<dyn MediaDesk>,
    live: Arc<dyn Live>,
    recorder: Arc<Recorder>,
    stop: watch::Receiver<bool>,
) {
    let secrets = [&settings.password, &settings.callback_key].into_iter().flatten().cloned().collect();
    let exchanges = Exchanges::of(&recorder, &settings.name, secrets);
    let client = match Client::new(settings.client()) {
        Ok(client) => Arc::new(client.recorded(exchanges)),
        Err(error) => {
            tracing::error!(upstream = %settings.name, %error, "TLS can't be set up; nothing is sent");
            return;
        }
    };
    let binds = settings.binds.into();
    let settings = Arc::new(settings);
    let composer = Arc::new(Composer::new(media, settings.size_max));
    let relay = Relay { settings, client, composer, live };
    keep_all(binds, Arc::new(relay), &desk, &stop).await;
}
