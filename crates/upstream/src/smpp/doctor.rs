//! Examines the link to a carrier, with sessions of its own: step by step what works, what it means where something
//! doesn't, and which settings suit the carrier. Nothing of what it learns is put in force here.

mod attempt;
mod bound;
mod brought;
mod certificate;
mod finding;
mod first;
mod forms;
mod login;
mod pace;
mod reach;
mod refusal;
mod reports;
mod trial;
mod visit;
mod ways;

pub use finding::{Choice, Finding, Outcome, Question, Remedy, Step, Value};

use crate::smpp::settings::Settings;
use bound::Bound;
use finding::Finding as Found;
use postrider_core::number::Number;
use postrider_core::reference::NameForm;
use postrider_core::sender::Sender;
use postrider_link::now;
use postrider_trace::Recorder;
use postrider_wire::smpp::pdu::BindMode;
use reach::Door;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use tokio::time::timeout;
use trial::Trial;

/// The longest examination without a handset.
const PATIENCE: Duration = Duration::from_mins(3);

/// The longest examination with a handset, without the time that receipts are waited for.
const WITH_HANDSET: Duration = Duration::from_mins(5);

/// What is examined.
pub struct Patient {
    /// The upstream as it is declared.
    pub settings: Settings,
    /// How many sessions the gateway holds with it just now, which count against what the carrier allows.
    pub sessions: usize,
    /// How identifiers in receipts are declared to be spelled.
    pub names: NameForm,
    /// A handset to which probes are sent; `None` sends none.
    pub handset: Option<Handset>,
    /// Where what goes over the wire is recorded.
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
pub async fn examine(patient: Patient, tell: mpsc::Sender<Finding>) {
    let patience = patient.handset.as_ref().map_or(PATIENCE, |handset| WITH_HANDSET + handset.patience * 2);
    let telling = Telling(tell.clone());
    let examination = timeout(patience, whole(&patient, &telling));
    let ended = tokio::select! {
        ended = examination => ended,
        () = tell.closed() => return,
    };
    if ended.is_err() {
        let found = Found::new(Step::Unbind, "the rest of the examination");
        telling.tell(found.failed(format!("it was broken off after {patience:?}"))).await;
    }
}

/// Who hears of findings.
struct Telling(mpsc::Sender<Finding>);

impl Telling {
    async fn tell(&self, finding: Finding) {
        // Whoever listened being gone ends the examination elsewhere.
        let _ = self.0.send(finding).await;
    }
}

async fn whole(patient: &Patient, tell: &Telling) {
    let doors = reach::doors(patient, tell, BindMode::Transceiver).await;
    let Some((mut bound, open)) = login::anywhere(patient, tell, &doors).await else { return };
    bound.enquire(tell).await;
    match &patient.handset {
        None => bound.leave(tell).await,
        Some(handset) => with_handset(patient, handset, bound, open, tell).await,
    }
}

/// Sends texts to the handset and looks what comes of them. What may end the session comes last.
async fn with_handset(patient: &Patient, handset: &Handset, bound: Bound, door: &Door, tell: &Telling) {
    let mut trial = Trial::new(patient, handset, bound);
    if first::first(&mut trial, tell).await {
        let sets = forms::long(&mut trial, tell).await;
        forms::flash(&mut trial, tell).await;
        forms::alphabet(&mut trial, tell).await;
        reports::reports(&mut trial, &sets, tell).await;
        if !pace::window(&mut trial, tell).await {
            let Some(bound) = attempt::again(patient, &trial.settings, door).await else { return };
            (trial.bound, trial.over) = (bound, None);
        }
        pace::rate(&mut trial, tell).await;
        reports::rest(&mut trial).await;
    }
    trial.bound.leave(tell).await;
}

/// A span as people say it: `12 ms`, `3.5 s`.
fn spoken(span: Duration) -> String {
    match span.as_millis() {
        0 => "less than 1 ms".to_owned(),
        millis @ 1..1_000 => format!("{millis} ms"),
        _ => format!("{:.1} s", span.as_secs_f64()),
    }
}

/// How long ago it was, as people say it.
fn since(began: Instant) -> String {
    spoken(now().saturating_duration_since(began))
}
