//! Providers over HTTP, each as its preset describes it. A request hands messages in, its answer says what became of them, and
//! callbacks bring receipts and replies. What a provider's octets mean is `postrider_provider`'s; here are the sockets.

mod answers;
mod callbacks;
pub(crate) mod client;
mod examination;
mod keeper;
mod meters;
mod sender;
mod settings;
mod shipment;
mod token;

pub use callbacks::{Callback, take};
pub use examination::examine;
pub use settings::{NotUsable, Settings};

use client::Client;
use keeper::Keeper;
use postrider_core::contract::{Desk, Live};
use std::sync::Arc;
use token::Tokens;
use tokio::sync::watch;

/// Runs an upstream until `stop` holds true or its sender is gone. Then nothing more is taken, what is outstanding is waited for as
/// [`Limits::drain`](crate::Limits::drain) allows, and every connection is closed. When it returns, the desk has everything
/// back; dropped before that, what was in its hands is not given back.
pub async fn run(settings: Settings, desk: Arc<dyn Desk>, live: Arc<dyn Live>, stop: watch::Receiver<bool>) {
    let client = match Client::new(&settings) {
        Ok(client) => Arc::new(client),
        Err(error) => {
            tracing::error!(upstream = %settings.name, %error, "TLS can't be set up; nothing is sent");
            return;
        }
    };
    let settings = Arc::new(settings);
    let tokens = Arc::new(Tokens::default());
    let keepers = (0..usize::from(settings.binds)).map(|bind| {
        let keeper = Keeper {
            bind,
            settings: Arc::clone(&settings),
            client: Arc::clone(&client),
            tokens: Arc::clone(&tokens),
            desk: Arc::clone(&desk),
            live: Arc::clone(&live),
            stop: stop.clone(),
        };
        keeper.keep()
    });
    futures_util::future::join_all(keepers).await;
}
