//! Examines a modem: its line, the SIM, the network.

use super::Settings;
use super::conversation::Conversation;
use super::line::{self, Opener};
use super::memory::Shared;
use crate::examination::{Said, log_in};
use postrider_declare::upstream::modem::Device;
use postrider_link::carrier::{NoUssd, Ussd};
use postrider_link::doctor::{Finding, Listener, Step, spoken_since};
use postrider_link::now;
use postrider_trace::{Recorded, Recorder};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;

/// Opening the line.
const LINE: Step = Step::new("line");
/// The modem, its SIM and its network.
const MODEM: Step = Step::new("modem");
/// Handing in texts.
const SEND: Step = Step::new("send");
/// Time for all but the network.
const READY: Duration = Duration::from_secs(90);

/// Examines an upstream's modems one after another, and tells each finding as it is made. A serial line that the gateway itself has
/// open can't be examined.
pub async fn examine(
    settings: Vec<Settings>,
    recorder: Arc<Recorder>,
    sends: bool,
    tell: mpsc::Sender<Finding>,
) {
    let listener = Listener::new(tell.clone());
    tokio::select! {
        () = run(settings, &recorder, sends, &listener) => {}
        () = tell.closed() => {}
    }
}

async fn run(settings: Vec<Settings>, recorder: &Arc<Recorder>, sends: bool, listener: &Listener) {
    for settings in settings {
        one(&Arc::new(settings), recorder, listener).await;
    }
    if sends {
        let found = Finding::new(SEND, "texts to the handset").note("not sent");
        listener.tell(found.means("the doctor sends texts over SMPP only")).await;
    }
}

async fn one(settings: &Arc<Settings>, recorder: &Arc<Recorder>, listener: &Listener) {
    let found = Finding::new(LINE, format!("opening {}", settings.device));
    let began = now();
    let memory = Shared::default();
    let opener = Opener::new(settings, &memory, &Arc::default());
    let (stream, ends) = match opener.open(&line::hosts(settings)).await {
        Ok(opened) => opened,
        Err(reason) => return listener.tell(advised(settings, found.failed(reason))).await,
    };
    listener.tell(found.well(format!("open ({})", spoken_since(began)))).await;
    let tried = match settings.count {
        1 => "making the modem ready".to_owned(),
        _ => format!("making the modem at {} ready", settings.device),
    };
    let found = Finding::new(MODEM, tried);
    let began = now();
    let nobody: Arc<dyn Ussd> = Arc::new(NoUssd);
    let conversation = Conversation::begin(settings, &memory, &nobody, began);
    let tape = recorder.upstream(&settings.name, settings.count + settings.index, ends);
    let until = began + READY + settings.timers.registration_timeout.get();
    let (said, conversation) = log_in(conversation, Recorded::new(stream, tape), until).await;
    listener
        .tell(match said {
            Said::In => found.well(described(conversation.found(), &spoken_since(began))),
            Said::Refused { reason, advice } => found.failed(reason).advice(advice),
            Said::Ended(reason) => found.failed(reason),
            Said::Silent => {
                found.failed("it wasn't ready in time").advice("look at the gateway's log for this upstream")
            }
        })
        .await;
}

fn advised(settings: &Settings, found: Finding) -> Finding {
    match &*settings.device {
        Device::Serial(_) | Device::Sought(_) => found.means("the gateway can't open it either, unless it has it open now").advice(
            "where the reason says that it is another program's, disable the upstream while you examine it: the gateway has it",
        ),
        Device::Tcp { .. } => found.advice("compare host and port with those of the converter"),
    }
}

fn described(found: &super::setup::Found, took: &str) -> String {
    let number = if found.number.is_empty() { "an unknown number" } else { &*found.number };
    let announced = match &found.notifications {
        Some(how) => how.command.trim_start_matches("AT+"),
        None => "nothing announced",
    };
    format!("{} with {number}, registered, messages in {}, {announced} ({took})", found.model, found.storage)
}
