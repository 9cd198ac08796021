//! Messages from handsets (SMS-DELIVER).

use crate::user_data::{self, UserData};
use postrider_core::inbound::{self, Inbound};
use postrider_core::number::Number;
use postrider_core::sender::Sender;
use postrider_text::{Encoding, gsm, header, septets};
use postrider_wire::modem::tpdu::{Address, Deliver, Value};

/// Reads a message; `own` is the number of the SIM, as it is known. Never fails: what is no text is kept as octets.
pub(super) fn read(message: &Deliver, own: &str) -> Inbound {
    let (header, data) = split(message);
    let data = UserData { coding: message.coding, header: &header, data };
    let flash = data.is_flash();
    let (encoding, body) = user_data::read(&data);
    Inbound {
        from: address(&message.from),
        to: number(own, true),
        encoding,
        flash,
        body,
        reference: None,
        parameters: Box::default(),
    }
}

/// The header without its length octet, and the data: septets one to an octet, UCS-2 or octets.
fn split(message: &Deliver) -> (Vec<u8>, Vec<u8>) {
    let is_gsm = user_data::encoding(message.coding) == Encoding::Gsm7;
    let found = if message.has_header { header::split_valid(&message.data) } else { None };
    let (header, rest) = found.unwrap_or((&[], &message.data));
    let head = if found.is_some() { header.len() + 1 } else { 0 };
    if !is_gsm {
        return (header.to_vec(), rest.to_vec());
    }
    let fill = if head == 0 { 0 } else { septets::fill_bits(head) };
    let count = usize::from(message.length).saturating_sub((head * 8).div_ceil(7));
    (header.to_vec(), septets::unpack(rest, count, fill))
}

/// An address by its type.
pub(super) fn address(address: &Address) -> inbound::Address {
    match &address.value {
        Value::Digits(digits) => number(digits, address.kind.is_international()),
        Value::Packed { .. } => {
            let (count, packed) = address.packed().unwrap_or_default();
            let name = gsm::decode(&septets::unpack(packed, count, 0));
            let name = name.trim_end_matches(['\0', '\r']);
            inbound::Address { understood: Sender::parse(name).ok(), given: name.into() }
        }
    }
}

fn number(given: &str, is_international: bool) -> inbound::Address {
    let digits = given.strip_prefix('+').unwrap_or(given);
    let number = || Number::parse(digits).ok().map(Sender::Number);
    let understood = if is_international { number() } else { None }.or_else(|| Sender::parse(given).ok());
    inbound::Address { given: given.into(), understood }
}

#[cfg(test)]
mod tests {
    use super::*;
    use postrider_core::message::Body;
    use postrider_wire::modem::tpdu::Incoming;

    fn inbound(pdu: &str) -> Inbound {
        match Incoming::read(pdu.as_bytes(), None).unwrap() {
            Incoming::Deliver(message) => read(&message, "+15005550100"),
            Incoming::Report(report) => panic!("{report:?}"),
        }
    }

    fn text(pdu: &str) -> (String, String) {
        let read = inbound(pdu);
        (read.from.shown(), read.text().unwrap_or_default().to_owned())
    }

    #[test]
    fn texts_are_read_by_their_coding() {
        for (pdu, from, said) in [
            (
                "07919471227200000410D0D0F79C2E4F93CB7200006211928003004009C337B90C8AC96634",
                "Postrider",
                "Code 1234",
            ),
            ("000405810600F600006211928003004005E8329BFD06", "60006", "hello"),
            ("00040C91534810325476000862119280030040040416263A", "+358401234567", "\u{416}\u{263a}"),
            ("0791947122720000040C9153481032547640006211928003008000", "+358401234567", ""),
        ] {
            assert_eq!(text(pdu), (from.to_owned(), said.to_owned()), "{pdu}");
        }
        let read = inbound("00040C915348103254760010621192800300400541F65B6E06");
        assert!(read.flash);
        assert_eq!(read.to.understood, Some(Sender::parse("+15005550100").unwrap()));
    }

    #[test]
    fn a_part_keeps_its_header() {
        let read = inbound(
            "0791947122720000440B912120550521F300006270402100100A1306080400410202F3F2F8ED2683E061391D",
        );
        let Body::Data { encoding, header, data } = read.body else { panic!("{:?}", read.body) };
        assert_eq!((encoding, &*header), (Encoding::Gsm7, &[0x08, 0x04, 0x00, 0x41, 0x02, 0x02][..]));
        assert_eq!(gsm::decode(&data), "second part");
    }

    #[test]
    fn a_header_that_is_none_is_text() {
        // TP-UDHI is set, and the first octet says more than there is.
        let read = inbound("00440C9153481032547600046211928003004003FF4142");
        assert!(matches!(read.body, Body::Data { ref header, .. } if header.is_empty()), "{:?}", read.body);
    }
}
