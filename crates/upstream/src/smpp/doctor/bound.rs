//! Bound sessions: their events, their signs of life, and their ends.

use super::incoming::Incoming;
use super::session::{Heard, ProbeSession, Request};
use super::steps;
use crate::smpp::settings::Settings;
use postrider_link::doctor::{Finding, Listener, spoken, spoken_since};
use postrider_link::now;
use postrider_wire::smpp::{Reason, Status};
use std::time::{Duration, Instant};

/// How long an answer to enquire_link is waited for.
const ENQUIRY: Duration = Duration::from_secs(10);

/// Bound sessions, and the settings that the carrier accepted.
pub(super) struct Bound {
    pub(super) settings: Settings,
    pub(super) sending: ProbeSession,
    pub(super) receiving: Option<ProbeSession>,
}

impl Bound {
    /// Answers a request of the carrier, on the session that it came by.
    pub(super) fn acknowledge(&mut self, brought: &Incoming, status: Status) {
        let visit = match &mut self.receiving {
            Some(receiving) if brought.by_receiver => receiving,
            _ => &mut self.sending,
        };
        visit.acknowledge(brought.sequence, brought.command, status);
    }

    /// The next event of either session, or `None` if there is none until then.
    pub(super) async fn hear(&mut self, until: Instant) -> Option<Heard> {
        let Some(receiving) = &mut self.receiving else { return self.sending.hear(until).await };
        tokio::select! {
            biased;
            heard = self.sending.hear(until) => heard,
            heard = receiving.hear(until) => match heard {
                Some(Heard::Incoming(brought)) => Some(Heard::Incoming(Incoming { by_receiver: true, ..brought })),
                heard => heard,
            },
        }
    }

    /// Asks whether the session lives, and tells how long the answer took.
    pub(super) async fn enquire(&mut self, listener: &Listener) {
        let found = Finding::new(steps::ENQUIRE_LINK, "checking the session (enquire_link)");
        let began = now();
        let until = began + ENQUIRY.min(self.settings.timers.response_timeout.get());
        if self.sending.enquire().is_err() {
            listener.tell(found.failed("the session ended before it could be asked")).await;
            return;
        }
        let found = loop {
            match self.sending.hear(until).await {
                Some(Heard::Response(Request::Enquiry, answer)) => {
                    let status = answer.status;
                    let refused = if status.is_ok() { String::new() } else { format!(" with {status}") };
                    break found.well(format!("answered{refused} in {}", spoken_since(began)));
                }
                Some(Heard::Incoming(brought)) => {
                    // It isn't ours to keep: the carrier brings it again.
                    self.sending.acknowledge(brought.sequence, brought.command, Status::RX_T_APPN);
                }
                Some(Heard::Over(reason)) => break found.failed(reason.to_string()),
                Some(Heard::Unanswered(Request::Enquiry)) | None => {
                    break unanswered(found, now().saturating_duration_since(began));
                }
                Some(Heard::Response(..) | Heard::Unanswered(_)) => {}
            }
        };
        listener.tell(found).await;
    }

    /// Says goodbye.
    pub(super) async fn leave(self, listener: &Listener) {
        let found = Finding::new(steps::UNBIND, "logging out (unbind)");
        let began = now();
        let (sending, receiving) = tokio::join!(self.sending.leave(), async {
            match self.receiving {
                Some(receiving) => receiving.leave().await,
                None => Some(Reason::Unbound),
            }
        });
        let found = match (sending, receiving) {
            (Some(Reason::Unbound), Some(Reason::Unbound)) => {
                found.well(format!("answered in {}", spoken_since(began)))
            }
            (ended, _) => {
                let how = ended.map_or_else(|| "not answered".to_owned(), |reason| reason.to_string());
                found.note(how).means("the carrier may keep the session open for a while ('session_timeout')")
            }
        };
        listener.tell(found).await;
    }
}

fn unanswered(found: Finding, waited: Duration) -> Finding {
    found
        .failed(format!("no answer in {}", spoken(waited)))
        .means("the gateway would end the session each time the carrier is silent for longer than 'enquire_link'")
        .advice("ask the carrier why it doesn't answer enquire_link; until it does, ask less often")
        .remedy("enquire_link", "1h".into(), "the carrier doesn't answer enquire_link")
}
