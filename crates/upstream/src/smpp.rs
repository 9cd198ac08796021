//! SMPP 3.3, 3.4 and 5.0 towards a carrier: submit_sm out, receipts in. The protocol's own state is
//! `postrider_wire`'s, how links are kept is `postrider_link`'s, and how fast and how often is decided at the desk.

mod address;
mod conversation;
pub mod doctor;
mod encode;
mod inbound;
mod incoming;
mod meters;
mod outgoing;
mod query;
mod settings;
mod status;
#[cfg(test)]
mod testing;
mod ussd;

pub use postrider_link::connect::Host;
pub use settings::Settings;
pub use status::{statuses_of, usual_reaction};

use conversation::Conversation;
use outgoing::Outgoing;
use postrider_core::contract::{Desk, Live};
use postrider_core::message::Message;
use postrider_core::time::Time;
use postrider_declare::upstream::smpp::Mode;
use postrider_link::carrier::{self, Line, Protocol, Surroundings, Ussd};
use postrider_trace::Recorder;
use postrider_wire::smpp::Encode;
use postrider_wire::smpp::pdu::BindMode;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::watch;

/// The PDUs that would carry the message now, one for each part, numbered from 1.
///
/// # Errors
/// Why the message can't be carried.
pub fn pdus(settings: &Settings, message: &Message, now: Time) -> Result<Vec<Vec<u8>>, String> {
    let encoded = encode::encode(message, &settings.text).map_err(|fault| fault.cause.to_string())?;
    let mut outgoing = Outgoing::default();
    let write = |(sequence, part)| {
        let pdu = outgoing.pdu(message, &encoded, part, settings, now);
        pdu.to_octets(sequence).map_err(|error| error.to_string())
    };
    (1..).zip(&encoded.parts).map(write).collect()
}

/// Runs all binds of an upstream until `stop` holds true or its sender is gone. Then nothing more is taken, what is
/// outstanding is waited for as [`Limits::drain`](crate::Limits::drain) allows, and every bind is unbound. What goes over them is recorded.
/// When it returns, the desk has everything back; dropped before that, what was in its hands is not given back.
pub async fn run(
    settings: Settings,
    desk: Arc<dyn Desk>,
    live: Arc<dyn Live>,
    recorder: Arc<Recorder>,
    ussd: Arc<dyn Ussd>,
    stop: watch::Receiver<bool>,
) {
    let surroundings = Surroundings { desk, live, dial: Arc::new(settings.dialer()), recorder, ussd };
    run_in(settings, surroundings, stop).await;
}

/// The same, with connections that are made in another way than by sockets.
pub async fn run_in(settings: Settings, surroundings: Surroundings, stop: watch::Receiver<bool>) {
    let settings = Arc::new(settings);
    let modes = modes(&settings);
    let links = links(&settings, &modes);
    carrier::run(Smpp { settings, modes }, links, surroundings, stop).await;
}

/// SMPP as one upstream speaks it.
struct Smpp {
    settings: Arc<Settings>,
    /// The kinds of bind, by link.
    modes: Vec<BindMode>,
}

impl Protocol for Smpp {
    type Conversation = Conversation;

    fn begin(&self, link: usize, now: Instant) -> Result<Conversation, String> {
        let mode = self.modes.get(link).copied().unwrap_or(BindMode::Transceiver);
        Conversation::begin(&self.settings, mode, now).map_err(|error| error.to_string())
    }
}

/// The kinds of bind by link, transmitting ones first.
fn modes(settings: &Settings) -> Vec<BindMode> {
    let (sending, receiving) = match settings.mode {
        Mode::Transceiver => (BindMode::Transceiver, None),
        Mode::Pair => (BindMode::Transmitter, Some(BindMode::Receiver)),
        Mode::Transmitter => (BindMode::Transmitter, None),
    };
    let each = |mode| std::iter::repeat_n(mode, settings.binds.into());
    each(sending).chain(receiving.into_iter().flat_map(each)).collect()
}

/// The settings of its links.
fn links(settings: &Settings, modes: &[BindMode]) -> carrier::Settings {
    let timers = &settings.timers;
    let line = |(index, mode): (usize, &BindMode)| Line {
        bind: index % usize::from(settings.binds),
        sends: *mode != BindMode::Receiver,
        kind: match mode {
            BindMode::Transmitter => "transmitter",
            BindMode::Receiver => "receiver",
            BindMode::Transceiver => "transceiver",
        },
        hosts: settings.hosts(*mode),
    };
    carrier::Settings {
        name: settings.name.clone(),
        lines: modes.iter().enumerate().map(line).collect(),
        asks: settings.receipts.ask_after.is_some(),
        probes: !timers.enquire_link.get().is_zero(),
        rate: settings.bind_rate,
        timers: carrier::Timers {
            drain: settings.limits.drain,
            reconnect_max: timers.reconnect_max.get(),
            login_retry: timers.login_retry.get(),
            session_timeout: timers.session_timeout.get(),
            pause: timers.pause.get(),
        },
    }
}
