//! GSM and LTE modems by AT commands: messages out, status reports and messages from handsets in. The line's own state is
//! `postrider_wire`'s, how links are kept is `postrider_link`'s, and how fast and how often is decided at the desk.

mod answer;
mod conversation;
mod encode;
mod examination;
mod hook;
mod inbound;
mod line;
mod memory;
mod meters;
mod names;
mod notifications;
mod report;
mod search;
mod settings;
mod setup;
mod storage;
#[cfg(test)]
mod testing;
mod tries;
mod ussd;
mod watch;

pub use answer::codes_of;
pub use examination::examine;
pub use settings::Settings;

use conversation::Conversation;
use line::Opener;
use memory::Shared;
use postrider_core::contract::{Desk, Live};
use postrider_link::carrier::{self, Line, Protocol, Surroundings, Ussd};
use postrider_trace::Recorder;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::watch as signal;

/// Runs the line to a modem until `stop` holds true or its sender is gone. Then nothing more is taken, what is outstanding is
/// waited for as [`Limits::drain`](crate::Limits::drain) allows, and the line is closed. When it returns, the desk has
/// everything back; dropped before that, what was in its hands is not given back.
pub async fn run(
    settings: Settings,
    desk: Arc<dyn Desk>,
    live: Arc<dyn Live>,
    recorder: Arc<Recorder>,
    ussd: Arc<dyn Ussd>,
    stop: signal::Receiver<bool>,
) {
    let memory = Shared::default();
    let dial = Arc::new(Opener::new(&settings, &memory));
    run_with(settings, memory, Surroundings { desk, live, dial, recorder, ussd }, stop).await;
}

/// The same, with lines that are opened in another way.
pub async fn run_in(settings: Settings, surroundings: Surroundings, stop: signal::Receiver<bool>) {
    run_with(settings, Shared::default(), surroundings, stop).await;
}

async fn run_with(
    settings: Settings,
    memory: Shared,
    surroundings: Surroundings,
    stop: signal::Receiver<bool>,
) {
    let links = links(&settings);
    let ussd = Arc::clone(&surroundings.ussd);
    let modem = Modem { settings: Arc::new(settings), memory, ussd };
    carrier::run(modem, links, surroundings, stop).await;
}

/// A modem as one upstream drives it.
struct Modem {
    settings: Arc<Settings>,
    memory: Shared,
    ussd: Arc<dyn Ussd>,
}

impl Protocol for Modem {
    type Conversation = Conversation;

    fn begin(&self, _: usize, now: Instant) -> Result<Conversation, String> {
        Ok(Conversation::begin(&self.settings, &self.memory, &self.ussd, now))
    }
}

/// The settings of its one link.
fn links(settings: &Settings) -> carrier::Settings {
    let timers = &settings.timers;
    carrier::Settings {
        name: settings.name.clone(),
        lines: vec![Line { bind: 0, sends: true, kind: "modem", hosts: line::hosts(settings) }],
        asks: false,
        // The conversation itself looks after its modem.
        probes: false,
        rate: None,
        timers: carrier::Timers {
            drain: settings.limits.drain,
            reconnect_max: timers.reconnect_max.get(),
            login_retry: timers.login_retry.get(),
            pause: timers.pause.get(),
            ..carrier::Timers::default()
        },
    }
}
