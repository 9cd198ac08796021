//! Examines the link to a carrier, with sessions of its own: step by step what works, what it means where something
//! doesn't, and which settings suit the carrier. Nothing of what it learns is put in force here.

mod brought;
mod certificate;
mod finding;
mod login;
mod reach;
mod refusal;
mod visit;

pub use finding::{Choice, Finding, Outcome, Question, Remedy, Step, Value};

use super::settings::Settings;
use finding::Finding as Found;
use postrider_trace::Recorder;
use postrider_wire::smpp::pdu::BindMode;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::Sender;
use tokio::time::timeout;

/// The longest examination without a handset.
const PATIENCE: Duration = Duration::from_mins(3);

/// What is examined.
pub struct Patient {
    /// The upstream as it is declared.
    pub settings: Settings,
    /// How many sessions the gateway holds with it just now, which count against what the carrier allows.
    pub sessions: usize,
    /// Where what goes over the wire is recorded.
    pub recorder: Arc<Recorder>,
}

/// Examines a link and tells each finding as it is made, until all is said, too long a time has passed, or nobody
/// listens any more. Whatever it opened is closed by then.
pub async fn examine(patient: Patient, tell: Sender<Finding>) {
    let patience = PATIENCE;
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
struct Telling(Sender<Finding>);

impl Telling {
    async fn tell(&self, finding: Finding) {
        // Whoever listened being gone ends the examination elsewhere.
        let _ = self.0.send(finding).await;
    }
}

async fn whole(patient: &Patient, tell: &Telling) {
    let doors = reach::doors(patient, tell, BindMode::Transceiver).await;
    let Some(open) = doors.first() else { return };
    let Some(mut bound) = login::login(patient, tell, open).await else { return };
    bound.enquire(tell).await;
    bound.leave(tell).await;
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
    spoken(began.elapsed())
}
