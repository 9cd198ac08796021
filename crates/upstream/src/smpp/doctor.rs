//! Examines the link to a carrier step by step, with sessions of its own: failures with their meanings, and settings that
//! suit the carrier. Nothing of it is put in force here.

mod alternatives;
mod bound;
mod first;
mod forms;
mod incoming;
mod login;
mod login_attempt;
mod pace;
mod refusal;
mod reports;
mod session;
mod steps;
mod trial;

pub use postrider_link::doctor::{Choice, Finding, Outcome, Question, Remedy, Step, Value};

use crate::smpp::settings::Settings;
use bound::Bound;
use postrider_core::number::Number;
use postrider_core::reference::ReferenceForm;
use postrider_core::sender::Sender;
use postrider_link::doctor::{Listener, Reachable, reach};
use postrider_trace::Recorder;
use postrider_wire::smpp::pdu::BindMode;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::timeout;
use trial::Trial;

/// The longest examination without a handset.
const PATIENCE: Duration = Duration::from_mins(3);

/// The longest examination with a handset, without the time that receipts are waited for.
const WITH_HANDSET: Duration = Duration::from_mins(5);

/// An upstream to examine, and how far.
pub struct Subject {
    /// The upstream as it is declared.
    pub settings: Settings,
    /// How many sessions the gateway holds with it just now, which count against what the carrier allows.
    pub sessions: usize,
    /// The declared spelling of identifiers in receipts.
    pub names: ReferenceForm,
    /// A handset to which probes are sent; `None` sends none.
    pub handset: Option<Handset>,
    /// The recorder of all that goes over the wire.
    pub recorder: Arc<Recorder>,
}

/// A handset for tests, and how far it may be used.
#[derive(Clone, Debug)]
pub struct Handset {
    /// Its number.
    pub to: Number,
    /// The sender that it sees; `None` leaves it to the carrier.
    pub from: Option<Sender>,
    /// The most parts that the carrier may accept, and so charge for.
    pub parts_max: usize,
    /// How long receipts are waited for.
    pub patience: Duration,
}

/// Examines a link and tells each finding as it is made, until all is said, too long a time has passed, or nobody
/// listens any more. Whatever it opened is closed by then.
pub async fn examine(subject: Subject, tell: mpsc::Sender<Finding>) {
    let patience = subject.handset.as_ref().map_or(PATIENCE, |handset| WITH_HANDSET + handset.patience * 2);
    let listener = Listener::new(tell.clone());
    let examination = timeout(patience, run(&subject, &listener));
    let ended = tokio::select! {
        ended = examination => ended,
        () = tell.closed() => return,
    };
    if ended.is_err() {
        let found = Finding::new(steps::UNBIND, "the rest of the examination");
        listener.tell(found.failed(format!("stopped after {patience:?}"))).await;
    }
}

async fn run(subject: &Subject, listener: &Listener) {
    let settings = &subject.settings;
    let places = reach(&settings.dialer(), &settings.hosts(BindMode::Transceiver), listener).await;
    let Some((mut bound, open)) = login::anywhere(subject, listener, &places).await else { return };
    bound.enquire(listener).await;
    match &subject.handset {
        None => bound.leave(listener).await,
        Some(handset) => with_handset(subject, handset, bound, open, listener).await,
    }
}

/// Sends texts to the handset and looks what comes of them. What may end the session comes last.
async fn with_handset(
    subject: &Subject,
    handset: &Handset,
    bound: Bound,
    place: &Reachable,
    listener: &Listener,
) {
    let mut trial = Trial::new(subject, handset, bound);
    if first::first(&mut trial, listener).await {
        let sets = forms::long(&mut trial, listener).await;
        forms::flash(&mut trial, listener).await;
        forms::alphabet(&mut trial, listener).await;
        reports::reports(&mut trial, &sets, listener).await;
        if !pace::window(&mut trial, listener).await {
            let Some(bound) = login_attempt::again(subject, &trial.settings, place).await else { return };
            (trial.bound, trial.over) = (bound, None);
        }
        pace::rate(&mut trial, listener).await;
        reports::rest(&mut trial).await;
    }
    trial.bound.leave(listener).await;
}
