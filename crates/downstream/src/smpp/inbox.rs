//! The requests of one read, sorted: messages to hand in together, questions, a bind, and what is refused at
//! sight.

use super::batch::{self, Batch, Multi};
use super::login::Ask;
use super::query::{self, Question};
use super::submit::{Reading, digits};
use postrider_core::submission::Submission;
use postrider_wire::smpp::pdu::{DataSm, Destination, SubmitMulti, SubmitSm};
use postrider_wire::smpp::tlv::tag;
use postrider_wire::smpp::{Address, Command, Encode, Npi, Pdu, Status, Ton};

/// A client's requests that are not answered yet.
#[derive(Default)]
pub(super) struct Inbox {
    pub(super) batch: Batch,
    pub(super) bind: Option<Ask>,
    pub(super) questions: Vec<(u32, Question)>,
    pub(super) refusals: Vec<(u32, Command, Status)>,
    /// Whether the session counts the parts of a text from 0.
    from_zero: bool,
    /// Requests that wait for an answer.
    open: usize,
    /// How many may; more are told so at once.
    window: usize,
}

impl Inbox {
    /// Sets how many requests may wait for an answer.
    pub(super) fn admit(&mut self, window: usize) {
        self.window = window;
    }

    /// Whether there are messages or questions to be handed in.
    pub(super) fn has_requests(&self) -> bool {
        !self.batch.is_empty() || !self.questions.is_empty()
    }

    /// Takes note that so many requests are answered.
    pub(super) fn answered(&mut self, count: usize) {
        self.open = self.open.saturating_sub(count);
    }

    /// Takes in a request.
    pub(super) fn request(&mut self, sequence: u32, pdu: &Pdu<'_>, reading: Reading) {
        let command = pdu.command();
        if let Pdu::Bind(bind) = pdu {
            self.bind = Some(Ask::new(sequence, bind));
            return;
        }
        let taken = if self.open >= self.window {
            Err(Status::RTHROTTLED)
        } else {
            self.look_at_count(pdu);
            self.sort(sequence, pdu, Reading { from_zero: self.from_zero, ..reading })
        };
        match taken {
            Ok(()) => self.open += 1,
            Err(status) => self.refusals.push((sequence, command, status)),
        }
    }

    /// A session that numbers a part 0 counts from there, until a part has the number of all.
    fn look_at_count(&mut self, pdu: &Pdu<'_>) {
        let (Pdu::SubmitSm(SubmitSm { tlvs, .. }) | Pdu::DataSm(DataSm { tlvs, .. })) = pdu else { return };
        let total = tlvs.number::<u8>(tag::SAR_TOTAL_SEGMENTS).filter(|total| *total > 1);
        if let (Some(total), Some(number)) = (total, tlvs.number::<u8>(tag::SAR_SEGMENT_SEQNUM)) {
            self.from_zero = number == 0 || self.from_zero && number < total;
        }
    }

    fn sort(&mut self, sequence: u32, pdu: &Pdu<'_>, reading: Reading) -> Result<(), Status> {
        match pdu {
            Pdu::SubmitSm(pdu) => self.batch.push(sequence, Command::SUBMIT_SM, reading.submit(pdu)?),
            Pdu::DataSm(pdu) => self.batch.push(sequence, Command::DATA_SM, reading.data(pdu)),
            Pdu::SubmitMulti(pdu) => {
                let (submission, multi) = multi(pdu, reading)?;
                self.batch.push_multi(sequence, &submission, multi);
            }
            Pdu::QuerySm(pdu) => self.questions.push((sequence, query::query(pdu)?)),
            Pdu::CancelSm(pdu) => self.questions.push((sequence, query::cancel(pdu)?)),
            Pdu::ReplaceSm(pdu) => {
                self.questions.push((sequence, query::replace(pdu, reading.alphabets.text)?));
            }
            _ => return Err(Status::RINVCMDID),
        }
        Ok(())
    }
}

/// Reads a submit_multi. There are no distribution lists here, so each is a destination that failed.
fn multi(pdu: &SubmitMulti<'_>, reading: Reading) -> Result<(Submission, Multi), Status> {
    let submission = reading.multi(pdu)?;
    let mut multi = Multi::default();
    if pdu.destinations.is_empty() {
        return Err(Status::RINVNUMDESTS);
    }
    for destination in pdu.destinations.iter() {
        match destination {
            Destination::Address(address) => {
                multi.destinations.push((address.ton, address.npi, digits(address).into_bytes().into()));
            }
            Destination::List(name) => {
                let named = Address::new(Ton::UNKNOWN, Npi::UNKNOWN, name);
                batch::fail(&mut multi.failures, named, Status::RINVDLNAME);
            }
        }
    }
    Ok((submission, multi))
}

#[cfg(test)]
mod tests {
    use super::*;
    use postrider_wire::smpp::TlvBuilder;

    #[test]
    fn a_session_counts_parts_from_zero_until_it_shows_otherwise() {
        let mut inbox = Inbox::default();
        for (number, total, from_zero) in [
            (1, 2, false),
            (0, 2, true),
            (1, 2, true),
            // Of one part the number says nothing.
            (1, 1, true),
            (2, 2, false),
            (1, 2, false),
        ] {
            let mut tlvs = TlvBuilder::new();
            tlvs.push_u8(tag::SAR_TOTAL_SEGMENTS, total).push_u8(tag::SAR_SEGMENT_SEQNUM, number);
            inbox.look_at_count(&Pdu::SubmitSm(SubmitSm { tlvs: tlvs.tlvs(), ..SubmitSm::default() }));
            assert_eq!(inbox.from_zero, from_zero, "{number} of {total}");
        }
        inbox.look_at_count(&Pdu::SubmitSm(SubmitSm::default()));
        assert!(!inbox.from_zero);
    }
}
