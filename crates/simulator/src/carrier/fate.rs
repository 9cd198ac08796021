//! The fate of a message: the answer to submit_sm, the receipts that follow, the handset's reply.
//! Numbers with a fixed fate are a table, so that anybody can try each behaviour by sending to its number.

use super::State;
use postrider_wire::smpp::Status;
use std::time::Duration;

/// The fate of one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fate {
    /// How submit_sm is answered.
    pub answer: Answer,
    /// The states reported, in order, one receipt each; none for a carrier that sends no receipt.
    pub receipts: Vec<State>,
    /// How long after the answer the first receipt is sent, each following one after as long again; `None` for
    /// what the carrier's settings say.
    pub receipt_delay: Option<Duration>,
    /// How often every receipt is sent.
    pub copies: u8,
    /// The handset's reply once it has the message.
    pub reply: Option<Reply>,
}

/// How a submit_sm is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// With a message_id.
    Accept,
    /// With a message_id, but only after the receipt was sent.
    AcceptAfterReceipt,
    /// With an error.
    Refuse(Status),
    /// With an error as often as said for the same message, then with a message_id.
    RefuseFirst {
        /// The error.
        status: Status,
        /// How often.
        times: u32,
    },
    /// Not at all.
    Never,
    /// The first time, by closing the connection; when the same message comes again, with a message_id.
    HangUpFirst,
}

/// A handset's reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// The text that it got.
    Echo,
    /// A text of its own.
    Text(String),
}

/// A number whose fate is fixed.
#[derive(Clone, Debug)]
pub struct MagicNumber {
    /// The number in international form, digits only.
    pub digits: String,
    /// The fate of a message to it, in words.
    pub meaning: &'static str,
    /// The same for the machine.
    pub fate: Fate,
}

/// The prefix of all magic numbers: a range in no country's service.
pub const MAGIC_PREFIX: &str = "1500555";

/// How late the receipt of the number for late receipts is.
pub const LATE_RECEIPT: Duration = Duration::from_secs(10);

impl Fate {
    /// Accepted and, when the time has come, delivered.
    pub fn delivered() -> Self {
        Self::ends(&[State::Delivered])
    }

    /// Accepted, then reported in these states one after the other; no receipt when there is none.
    pub fn ends(receipts: &[State]) -> Self {
        Self {
            answer: Answer::Accept,
            receipts: receipts.to_vec(),
            receipt_delay: None,
            copies: 1,
            reply: None,
        }
    }

    /// Answered in this way, and delivered if that accepts it.
    pub fn answered(answer: Answer) -> Self {
        Self { answer, ..Self::delivered() }
    }

    /// Delivered, and answered by the handset.
    pub fn replies(reply: Reply) -> Self {
        Self { reply: Some(reply), ..Self::delivered() }
    }

    /// Whether the handset gets the message in the end.
    pub fn reaches_handset(&self) -> bool {
        !matches!(self.answer, Answer::Refuse(_) | Answer::Never)
            && self.receipts.last().is_none_or(|state| *state == State::Delivered)
    }
}

/// The numbers with a fixed fate. Every other number is delivered.
pub fn magic_numbers() -> Vec<MagicNumber> {
    let refused_first = |status| Fate::answered(Answer::RefuseFirst { status, times: 1 });
    let table = [
        ("0001", "refused as invalid every time (0x0B)", Fate::answered(Answer::Refuse(Status::RINVDSTADR))),
        ("0002", "unreachable: UNDELIV", Fate::ends(&[State::Undeliverable])),
        ("0003", "switched off until it expires: EXPIRED", Fate::ends(&[State::Expired])),
        ("0004", "refused by the network: REJECTD", Fate::ends(&[State::Rejected])),
        (
            "0005",
            "delivered, the receipt ten seconds late",
            Fate { receipt_delay: Some(LATE_RECEIPT), ..Fate::delivered() },
        ),
        ("0006", "delivered", Fate::delivered()),
        ("0007", "delivered, the receipt before the answer", Fate::answered(Answer::AcceptAfterReceipt)),
        (
            "0008",
            "refused every time as the queue is full (0x14)",
            Fate::answered(Answer::Refuse(Status::RMSGQFUL)),
        ),
        ("0009", "never answered", Fate::answered(Answer::Never)),
        ("0010", "throttled the first time (0x58), then delivered", refused_first(Status::RTHROTTLED)),
        ("0011", "accepted, and no receipt ever", Fate::ends(&[])),
        ("0012", "delivered, and the handset writes the text back", Fate::replies(Reply::Echo)),
        ("0013", "ENROUTE first, then delivered", Fate::ends(&[State::Enroute, State::Delivered])),
        ("0014", "delivered, every receipt twice", Fate { copies: 2, ..Fate::delivered() }),
        ("0015", "the connection is cut the first time, then delivered", Fate::answered(Answer::HangUpFirst)),
        ("0016", "a system error the first time (0x08), then delivered", refused_first(Status::RSYSERR)),
        ("0017", "lost track of: UNKNOWN", Fate::ends(&[State::Unknown])),
        ("0018", "deleted by the carrier: DELETED", Fate::ends(&[State::Deleted])),
        ("0019", "refused every time (0x45)", Fate::answered(Answer::Refuse(Status::RSUBMITFAIL))),
        ("0020", "delivered, and the handset writes STOP", Fate::replies(Reply::Text("STOP".to_owned()))),
        ("0021", "delivered first and ENROUTE afterwards", Fate::ends(&[State::Delivered, State::Enroute])),
        ("0022", "ACCEPTD and nothing more", Fate::ends(&[State::Accepted])),
    ];
    let row = |(last, meaning, fate)| MagicNumber { digits: format!("{MAGIC_PREFIX}{last}"), meaning, fate };
    table.into_iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_distinct_and_valid() {
        let numbers = magic_numbers();
        assert!(numbers.windows(2).all(|pair| pair[0].digits < pair[1].digits));
        assert!(
            numbers.iter().all(|number| number.digits.len() == 11 && number.digits.starts_with(MAGIC_PREFIX))
        );
    }

    #[test]
    fn a_handset_gets_what_is_delivered_in_the_end() {
        assert!(Fate::delivered().reaches_handset());
        assert!(Fate::ends(&[]).reaches_handset());
        assert!(!Fate::ends(&[State::Expired]).reaches_handset());
        assert!(!Fate::answered(Answer::Refuse(Status::RINVDSTADR)).reaches_handset());
        assert!(
            Fate::answered(Answer::RefuseFirst { status: Status::RTHROTTLED, times: 1 }).reaches_handset()
        );
    }
}
