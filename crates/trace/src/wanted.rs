//! Filters of PDUs: by upstream, account and number.

use crate::packet::{Direction, Origin, Party};
use crate::{address, framed, lines, web};
use postrider_wire::smpp::{Frame, Header};
use std::collections::HashSet;

/// A filter of PDUs. The empty filter takes all. An upstream and an account together take the PDUs of both; a number
/// narrows them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// The name of an upstream.
    pub upstream: Option<Box<str>>,
    /// The name of an account.
    pub account: Option<Box<str>>,
    /// A number, in digits of the international form without `+`: takes requests from or to it, and their answers.
    pub number: Option<Box<str>>,
}

/// The most requests whose answers are remembered.
const ASKED_MAX: usize = 4_096;

/// A filter at work: it remembers requests, so that their answers are taken too.
pub(crate) struct Picker {
    wanted: Wanted,
    /// Requests of the number: their connection, direction and sequence_number.
    asked: HashSet<(u64, Direction, u32)>,
}

impl Wanted {
    /// Whether PDUs of a connection with this party may pass.
    pub(crate) fn is_party(&self, party: Option<&Party>) -> bool {
        if self.upstream.is_none() && self.account.is_none() {
            return true;
        }
        match party {
            Some(Party::Upstream { name, .. }) => self.upstream.as_deref() == Some(&**name),
            Some(Party::Account { name }) => self.account.as_deref() == Some(&**name),
            None => false,
        }
    }
}

impl Picker {
    pub(crate) fn new(wanted: Wanted) -> Self {
        Self { wanted, asked: HashSet::new() }
    }

    /// Whether this PDU passes. Call it for every PDU in order, since answers are known by their requests.
    pub(crate) fn takes(&mut self, origin: &Origin, direction: Direction, octets: &[u8]) -> bool {
        if !self.wanted.is_party(origin.party.as_deref()) {
            return false;
        }
        let Some(number) = self.wanted.number.as_deref() else { return true };
        if framed::is_frame(octets) {
            let Some(frame) = framed::read(octets) else { return false };
            let (sequence, is_about) = (frame.sequence, framed::is_about(octets, &frame, number));
            return self.takes_one(origin, direction, sequence, frame.is_response, is_about);
        }
        if web::is_message(octets) {
            let is_about = web::is_about(octets, number);
            return self.takes_one(origin, direction, 0, web::is_answer(octets), is_about);
        }
        if lines::is_line(octets) {
            return lines::is_about(octets, number);
        }
        let Some(frame) = Frame::whole(octets) else { return false };
        let Header { command, sequence, .. } = frame.header;
        if command.is_response() || command.response().is_some() {
            let is_about = !command.is_response() && is_about(&frame, number);
            return self.takes_one(origin, direction, sequence, command.is_response(), is_about);
        }
        is_about(&frame, number)
    }

    /// Whether a request of the number passes, or an answer to one.
    fn takes_one(
        &mut self,
        origin: &Origin,
        direction: Direction,
        sequence: u32,
        is_response: bool,
        is_about: bool,
    ) -> bool {
        if is_response {
            return self.asked.remove(&(origin.connection, direction.other(), sequence));
        }
        if is_about {
            if self.asked.len() >= ASKED_MAX {
                // Requests that never get an answer must not crowd out others.
                self.asked.clear();
            }
            self.asked.insert((origin.connection, direction, sequence));
        }
        is_about
    }
}

fn is_about(frame: &Frame<'_>, number: &str) -> bool {
    let Ok(pdu) = frame.decode() else { return false };
    let mut found = false;
    address::each(&pdu, |address| {
        let digits = address.digits.strip_prefix(b"+").unwrap_or(address.digits);
        let digits = digits.strip_prefix(b"00").unwrap_or(digits);
        found |= digits == number.as_bytes();
    });
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packet::Ends;
    use bytes::BytesMut;
    use postrider_wire::smpp::pdu::{DeliverSm, EnquireLink, SubmitSm, SubmitSmResp};
    use postrider_wire::smpp::{Address, Encode, Npi, Status, Ton};
    use std::sync::Arc;

    fn origin(connection: u64, party: Party) -> Origin {
        let any = "127.0.0.1:2775".parse().unwrap();
        Origin { connection, party: Some(Arc::new(party)), ends: Ends { local: any, peer: any } }
    }

    fn acme(connection: u64) -> Origin {
        origin(connection, Party::Upstream { name: "acme".into(), link: 0 })
    }

    fn written(pdu: &impl Encode, sequence: u32) -> Vec<u8> {
        let mut octets = BytesMut::new();
        pdu.encode(Status::ROK, sequence, &mut octets).unwrap();
        octets.to_vec()
    }

    #[test]
    fn an_upstream_and_an_account_together_are_both() {
        let shop = origin(2, Party::Account { name: "shop".into() });
        let unknown = Origin { party: None, ..acme(3) };
        let wanted = |upstream: Option<&str>, account: Option<&str>| Wanted {
            upstream: upstream.map(Into::into),
            account: account.map(Into::into),
            number: None,
        };
        for (wanted, expected) in [
            (wanted(Some("acme"), None), [true, false, false]),
            (wanted(None, Some("shop")), [false, true, false]),
            (wanted(Some("acme"), Some("shop")), [true, true, false]),
            (wanted(Some("shop"), Some("acme")), [false, false, false]),
            (wanted(None, None), [true, true, true]),
        ] {
            let mut picker = Picker::new(wanted.clone());
            let octets = written(&EnquireLink, 1);
            let takes =
                [&acme(1), &shop, &unknown].map(|origin| picker.takes(origin, Direction::In, &octets));
            assert_eq!(takes, expected, "{wanted:?}");
        }
    }

    #[test]
    fn a_number_is_known_in_its_spellings_and_by_its_answers() {
        let mut picker = Picker::new(Wanted { number: Some("491700000001".into()), ..Wanted::default() });
        let to = |digits: &'static [u8]| SubmitSm {
            destination: Address::new(Ton::UNKNOWN, Npi::ISDN, digits),
            ..SubmitSm::default()
        };
        let from = DeliverSm { source: Address::international(b"491700000001"), ..DeliverSm::default() };
        let mut takes =
            |connection, direction, octets: &[u8]| picker.takes(&acme(connection), direction, octets);
        for digits in [&b"491700000001"[..], b"+491700000001", b"00491700000001"] {
            assert!(takes(1, Direction::Out, &written(&to(digits), 7)));
        }
        assert!(takes(1, Direction::In, &written(&from, 8)));
        assert!(!takes(1, Direction::Out, &written(&to(b"491700000002"), 9)));
        let answer = |sequence| written(&SubmitSmResp::default(), sequence);
        assert!(!takes(1, Direction::In, &answer(9)), "an answer to somebody else");
        assert!(!takes(1, Direction::Out, &answer(7)), "an answer the wrong way");
        assert!(!takes(2, Direction::In, &answer(7)), "an answer over another connection");
        assert!(takes(1, Direction::In, &answer(7)));
        assert!(!takes(1, Direction::In, &answer(7)), "a second answer");
    }
}
