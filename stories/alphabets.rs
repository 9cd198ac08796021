//! Each carrier and each client has its own alphabet where none is named, for texts and for names.

use postrider_wire::smpp::pdu::{BindMode, SubmitSm};
use postrider_wire::smpp::{Address, Pdu};

use crate::harness::{Plan, carrier, text_to, within};

/// The carriers' alphabets, the numbers whose route leads there, and the octets of the text and of the sender's name.
const CARRIERS: [(&str, &str, &str, u8, &[u8], &[u8]); 5] = [
    ("gsm7", "gsm7", "491", 0, b"h\x05llo \x00", b"Caf\x05 ?Home"),
    ("gsm7_packed", "ascii", "492", 0, &[0xE8, 0x02, 0x9B, 0xFD, 0x06, 0x01, 0x1A], b"Caf? @Home"),
    ("latin1", "latin1", "493", 0, b"h\xe9llo @", b"Caf\xe9 @Home"),
    ("ascii", "ascii", "494", 8, b"\0h\0\xe9\0l\0l\0o\0 \0@", b"Caf? @Home"),
    ("utf8", "utf8", "495", 0, b"h\xc3\xa9llo @", b"Caf\xc3\xa9 @Home"),
];

#[tokio::test]
async fn carriers_get_texts_and_names_as_they_read_them() {
    let carrier = carrier().await;
    let plan = CARRIERS.iter().fold(Plan::simple(carrier.address()), |plan, (text, name, prefix, ..)| {
        let alphabets = format!(
            "[upstreams.{text}]\nsystem_id = '{text}'\nalphabet = '{text}'\naddress_alphabet = '{name}'"
        );
        plan.upstream(text, carrier.address()).with(&alphabets).route(text, prefix, &[text])
    });
    let gateway = plan.start().await;
    for (sent, (text, _, prefix, data_coding, octets, name)) in (1..).zip(CARRIERS) {
        let message = serde_json::json!({
            "to": format!("+{prefix}700000001"), "from": "Caf\u{e9} @Home", "text": "h\u{e9}llo @",
        });
        gateway.http("shop").send_with(message).await;
        let part = within("the part", carrier.accepted_at_least(sent)).await.pop().unwrap();
        assert_eq!((part.data_coding, &*part.octets), (data_coding, octets), "{text}");
        assert_eq!(part.source, String::from_utf8_lossy(name), "{text}");
    }
}

#[tokio::test]
async fn clients_are_read_and_told_in_their_own_alphabet() {
    let carrier = carrier().await;
    let mut plan = Plan::simple(carrier.address());
    let clients: [(&str, &str, &[u8], &[u8]); 4] = [
        ("gsm7", "gsm7", b"h\x05llo", b"Caf\x05"),
        ("latin1", "latin1", b"h\xe9llo", b"Caf\xe9"),
        ("utf8", "utf8", b"h\xc3\xa9llo", b"Caf\xc3\xa9"),
        ("ucs2", "utf8", b"\0h\0\xe9\0l\0l\0o", b"Caf\xc3\xa9"),
    ];
    for (text, name, ..) in clients {
        plan = plan.account(text).with(&format!(
            "accounts.{text}.smpp.alphabet = '{text}'\naccounts.{text}.smpp.address_alphabet = '{name}'"
        ));
    }
    let gateway = plan.start().await;
    for (sent, (text, _, octets, name)) in (1..).zip(clients) {
        let mut client = gateway.smpp(text, BindMode::Transceiver).await;
        let message = SubmitSm { source: Address::alphanumeric(name), ..text_to("+491700000001", octets) };
        client.submit(&message).await;
        let part = within("the part", carrier.accepted_at_least(sent)).await.pop().unwrap();
        assert_eq!((&*part.text(), &*part.octets), ("h\u{e9}llo", &b"h\x05llo"[..]), "{text}");
        let receipt = client.delivered().await;
        let Pdu::DeliverSm(receipt) = receipt.pdu() else { panic!("{receipt:?}") };
        assert_eq!(receipt.destination.digits, name, "{text}");
        assert_eq!(receipt.short_message.starts_with(b"\0i\0d\0:"), text == "ucs2", "{text}");
    }
}
