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
use line::{Opener, Openers};
use memory::Shared;
use postrider_core::contract::{Desk, Live};
use postrider_link::carrier::{self, Line, Protocol, Surroundings, Ussd};
use postrider_trace::Recorder;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::watch as signal;

/// Runs the lines to an upstream's modems until `stop` holds true or its sender is gone. Then nothing more is taken, what is
/// outstanding is waited for as [`Limits::drain`](crate::Limits::drain) allows, and the lines are closed. When it returns, the desk
/// has everything back; dropped before that, what was in its hands is not given back.
pub async fn run(
    settings: Vec<Settings>,
    desk: Arc<dyn Desk>,
    live: Arc<dyn Live>,
    recorder: Arc<Recorder>,
    ussd: Arc<dyn Ussd>,
    stop: signal::Receiver<bool>,
) {
    let modems = each(settings);
    let search = Arc::default();
    let openers = modems.iter().map(|one| Opener::new(&one.settings, &one.memory, &search));
    let dial = Arc::new(Openers(openers.collect()));
    run_with(modems, Surroundings { desk, live, dial, recorder, ussd }, stop).await;
}

/// The same, with lines that are opened in another way.
pub async fn run_in(settings: Vec<Settings>, surroundings: Surroundings, stop: signal::Receiver<bool>) {
    run_with(each(settings), surroundings, stop).await;
}

async fn run_with(modems: Vec<One>, surroundings: Surroundings, stop: signal::Receiver<bool>) {
    let Some(links) = links(&modems) else { return };
    let ussd = Arc::clone(&surroundings.ussd);
    carrier::run(Modems { each: modems, ussd }, links, surroundings, stop).await;
}

/// The modems as one upstream drives them, each over a link of its own.
struct Modems {
    each: Vec<One>,
    ussd: Arc<dyn Ussd>,
}

/// One modem.
struct One {
    settings: Arc<Settings>,
    memory: Shared,
}

fn each(settings: Vec<Settings>) -> Vec<One> {
    let one = |settings| One { settings: Arc::new(settings), memory: Shared::default() };
    settings.into_iter().map(one).collect()
}

impl Protocol for Modems {
    type Conversation = Conversation;

    fn begin(&self, link: usize, now: Instant) -> Result<Conversation, String> {
        let One { settings, memory } = self.each.get(link).ok_or("there is no such modem")?;
        Ok(Conversation::begin(settings, memory, &self.ussd, now))
    }
}

/// The settings of their links; `None` without modems.
fn links(modems: &[One]) -> Option<carrier::Settings> {
    let settings = &modems.first()?.settings;
    let timers = &settings.timers;
    let line = |(bind, one): (usize, &One)| Line {
        bind,
        sends: true,
        kind: "modem",
        hosts: line::hosts(&one.settings),
    };
    Some(carrier::Settings {
        name: settings.name.clone(),
        lines: modems.iter().enumerate().map(line).collect(),
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
    })
}
