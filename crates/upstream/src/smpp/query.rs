//! Questions about parts whose receipts don't come (`query_sm`; SMPP 3.4, 4.8). The desk decides about which parts, and
//! how many a second. An error, or no answer, says nothing of a part.

use super::address::{self, Room};
use super::conversation::Sent;
use super::incoming::reported;
use super::meters::{Meters, QueryResult};
use super::settings::Settings;
use postrider_core::contract::Unheard;
use postrider_core::receipt::{Report, Reported};
use postrider_wire::smpp::pdu::{QuerySm, QuerySmResp};
use postrider_wire::smpp::receipt::MessageState;
use postrider_wire::smpp::{Pdu, Session, Status, Tlvs};
use std::collections::HashMap;
use std::time::Instant;

/// The questions of one session.
#[derive(Debug, Default)]
pub(super) struct Queries {
    /// The parts asked about, by the numbers of the requests.
    asked: HashMap<u32, Unheard>,
    from: Room,
    /// Whether the log says already that the carrier knows no query_sm.
    is_told: bool,
}

impl Queries {
    /// Asks about a part. What can't be asked now is asked in the next round.
    pub(super) fn ask(
        &mut self,
        session: &mut Session<Sent>,
        part: Unheard,
        settings: &Settings,
        now: Instant,
    ) {
        let pdu = QuerySm {
            message_id: part.given.as_bytes(),
            source: address::source(part.message.from.as_ref(), settings, &mut self.from),
            tlvs: Tlvs::EMPTY,
        };
        if let Ok(sequence) = session.request(&pdu, Sent::Query, now) {
            self.asked.insert(sequence, part);
        }
    }

    /// Takes in an answer; returns the part's report, if it is final.
    pub(super) fn answered(
        &mut self,
        sequence: u32,
        status: Status,
        pdu: &Pdu<'_>,
        settings: &Settings,
        meters: &Meters,
    ) -> Option<Report> {
        let part = self.asked.remove(&sequence)?;
        let Some(answer) = answer(status, pdu) else {
            self.tell_of(status, settings);
            meters.query(QueryResult::Refused);
            return None;
        };
        let reported = meaning(answer.message_state, settings);
        // A carrier that has forgotten a message may still report it.
        if reported.state().is_none() || reported == Reported::Unknown {
            meters.query(QueryResult::Underway);
            return None;
        }
        meters.query(QueryResult::Final);
        let is_error = answer.error_code != 0 && reported != Reported::Delivered;
        Some(Report {
            reference: part.key,
            also: None,
            between: [Some(part.message.to.digits()), None],
            reported,
            error: is_error.then(|| answer.error_code.to_string().into()),
        })
    }

    /// No answer came.
    pub(super) fn unanswered(&mut self, sequence: u32, meters: &Meters) {
        if self.asked.remove(&sequence).is_some() {
            meters.query(QueryResult::Unanswered);
        }
    }

    /// Tells, once, that the carrier doesn't answer such questions at all.
    fn tell_of(&mut self, status: Status, settings: &Settings) {
        if matches!(status, Status::RINVCMDID) && !std::mem::replace(&mut self.is_told, true) {
            tracing::warn!(
                upstream = %settings.name,
                "the carrier knows no query_sm, so asking about messages is of no use: leave receipts.ask_after out"
            );
        }
    }
}

fn answer<'p>(status: Status, pdu: &'p Pdu<'_>) -> Option<&'p QuerySmResp<'p>> {
    match pdu {
        Pdu::QuerySmResp(answer) if status.is_ok() => Some(answer),
        _ => None,
    }
}

/// The meaning of a message_state, be it a number of the carrier's own.
fn meaning(state: u8, settings: &Settings) -> Reported {
    let receipts = &settings.receipts;
    let own = || {
        let number = state.to_string();
        receipts.words.iter().find(|(word, _)| **word == *number).map(|(_, meaning)| Reported::from(*meaning))
    };
    own().unwrap_or_else(|| reported(MessageState::from_octet(state), receipts.accepted_is_final))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smpp::testing::settings;
    use postrider_declare::upstream::smpp::ReceiptWord;

    #[test]
    fn a_state_means_what_it_means_in_receipts() {
        let mut settings = settings(|_| ());
        for (state, reported) in [
            (0, Reported::Underway),
            (1, Reported::Underway),
            (2, Reported::Delivered),
            (3, Reported::Expired),
            (4, Reported::Deleted),
            (5, Reported::Undelivered),
            (6, Reported::Underway),
            (7, Reported::Unknown),
            (8, Reported::Rejected),
            (9, Reported::Undelivered),
            (77, Reported::Underway),
        ] {
            assert_eq!(meaning(state, &settings), reported, "{state}");
        }
        settings.receipts.accepted_is_final = true;
        settings.receipts.words =
            [("77".into(), ReceiptWord::Delivered), ("5".into(), ReceiptWord::Sent)].into();
        assert_eq!(
            [6, 77, 5].map(|state| meaning(state, &settings)),
            [Reported::Delivered, Reported::Delivered, Reported::Underway]
        );
    }
}
