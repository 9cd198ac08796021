//! The links of an upstream to its carrier, for every protocol: leases of binds, hosts in order, reconnects and
//! their back-off, the window, pauses, doubt, drain, late answers, receipts that are kept before they are acknowledged.
//!
//! A protocol brings a [`Protocol`], which makes a [`Conversation`] for each connection: a pure session, how a message
//! is encoded, what an answer means. [`run`] keeps the links of one upstream.

mod backoff;
mod conversation;
mod evictions;
mod flights;
mod keeper;
mod late;
mod link;
mod meters;
mod receipts;
mod settings;
mod sources;
mod state;
#[cfg(test)]
mod testing;
mod ussd;

pub use backoff::Failure;
pub use conversation::{Conversation, Event, Part, Protocol, Token, Unsent};
pub use settings::{Line, Settings, Timers};
pub use ussd::{NoUssd, Request, Ussd};

use crate::connect::Dial;
use evictions::Evictions;
use keeper::Keeper;
use postrider_core::contract::{Desk, Live};
use postrider_trace::Recorder;
use std::sync::Arc;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// The surroundings of an upstream's links.
#[derive(Clone)]
pub struct Surroundings {
    /// Where deliveries are taken and answers are brought.
    pub desk: Arc<dyn Desk>,
    /// The engine's clock.
    pub live: Arc<dyn Live>,
    /// How connections are made.
    pub dial: Arc<dyn Dial>,
    /// Where what goes over them is recorded.
    pub recorder: Arc<Recorder>,
    /// Where USSD dialogues lead.
    pub ussd: Arc<dyn Ussd>,
}

/// Keeps all links of an upstream until `stop` holds true or its sender is gone. Then nothing more is taken, what is
/// outstanding is waited for as [`Timers::drain`] allows, and every link ends in order. When it returns, the desk has
/// everything back; dropped before that, what was in its hands is not given back.
pub async fn run<P: Protocol>(
    protocol: P,
    settings: Settings,
    surroundings: Surroundings,
    stop: watch::Receiver<bool>,
) {
    let (protocol, settings) = (Arc::new(protocol), Arc::new(settings));
    let evictions = Arc::new(Evictions::new(settings.lines.len()));
    let mut links = JoinSet::new();
    for index in 0..settings.lines.len() {
        let keeper = Keeper {
            index,
            protocol: Arc::clone(&protocol),
            settings: Arc::clone(&settings),
            surroundings: surroundings.clone(),
            evictions: Arc::clone(&evictions),
            stop: stop.clone(),
        };
        links.spawn(keeper.keep());
    }
    while let Some(ended) = links.join_next().await {
        if let Err(error) = ended {
            tracing::error!(upstream = %settings.name, %error, "the task of a link failed");
        }
    }
}
