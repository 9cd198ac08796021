//! SMPP 3.3, 3.4 and 5.0 towards a carrier: binds that are kept up, submit_sm out, receipts in. The protocol's
//! own state is `postrider_wire`'s, and how fast and how often is decided at the desk.

mod address;
mod asking;
mod backoff;
mod bind;
mod connect;
pub mod doctor;
mod encode;
mod flights;
mod incoming;
mod late;
mod link;
mod meters;
mod outgoing;
mod pump;
mod settings;
mod siblings;
mod status;
#[cfg(test)]
mod testing;
mod tls;

pub use settings::{
    Addresses, Alphabet, Flash, Host, Login, Long, Mode, NameAlphabet, PortForm, Receipts, Settings, Text,
    Timers, Validity,
};
pub use tls::{Identity, Tls, TlsError, Trust};

use bind::Bind;
use postrider_core::contract::{Desk, Live};
use postrider_trace::Recorder;
use postrider_wire::smpp::pdu::BindMode;
use siblings::Siblings;
use std::sync::Arc;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// Runs all binds of an upstream until `stop` holds true or its sender is gone. Then nothing more is taken, what is
/// outstanding is waited for as [`Timers::drain`] allows, and every bind is unbound. What goes over them is recorded. When it returns, the desk has
/// everything back; dropped before that, what was in its hands is not given back.
pub async fn run(
    settings: Settings,
    desk: Arc<dyn Desk>,
    live: Arc<dyn Live>,
    recorder: Arc<Recorder>,
    stop: watch::Receiver<bool>,
) {
    let settings = settings.shared();
    let modes = modes(&settings);
    let siblings = Arc::new(Siblings::new(modes.len()));
    let mut binds = JoinSet::new();
    for (index, mode) in modes.into_iter().enumerate() {
        let (settings, desk, live) = (Arc::clone(&settings), Arc::clone(&desk), Arc::clone(&live));
        let (siblings, recorder, stop) = (Arc::clone(&siblings), Arc::clone(&recorder), stop.clone());
        binds.spawn(Bind { index, mode, settings, desk, live, siblings, recorder, stop }.keep());
    }
    while let Some(ended) = binds.join_next().await {
        if let Err(error) = ended {
            tracing::error!(upstream = %settings.name, %error, "a link ended as it never should");
        }
    }
}

/// The kinds of bind by link, transmitting ones first.
fn modes(settings: &Settings) -> Vec<BindMode> {
    let (sending, receiving) = match settings.mode {
        Mode::Transceiver => (BindMode::Transceiver, None),
        Mode::Pair => (BindMode::Transmitter, Some(BindMode::Receiver)),
        Mode::Transmitter => (BindMode::Transmitter, None),
    };
    let each = |mode| std::iter::repeat_n(mode, settings.binds);
    each(sending).chain(receiving.into_iter().flat_map(each)).collect()
}
