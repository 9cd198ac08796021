//! Each carrier and each client has its own alphabet where none is named, for texts and for names.

use crate::harness::{Plan, carrier, text_to, within};
use postrider_wire::smpp::pdu::{BindMode, SubmitSm};
use postrider_wire::smpp::{Address, Pdu};
use serde_json::json;

/// A carrier, and what it gets.
struct Case {
    alphabet: &'static str,
    names: &'static str,
    /// The numbers whose route leads there.
    prefix: &'static str,
    data_coding: u8,
    text: &'static [u8],
    /// The name as the carrier reads it; `None` if its alphabet lacks a character.
    name: Option<&'static [u8]>,
}

const fn case(
    [alphabet, names, prefix]: [&'static str; 3],
    data_coding: u8,
    text: &'static [u8],
    name: Option<&'static [u8]>,
) -> Case {
    Case { alphabet, names, prefix, data_coding, text, name }
}

const CASES: [Case; 5] = [
    case(["gsm7", "gsm7", "49171"], 0, b"h\x05llo \x00", None),
    case(["gsm7_packed", "ascii", "49172"], 0, b"\xe8\x02\x9b\xfd\x06\x01\x1a", None),
    case(["latin1", "latin1", "49173"], 0, b"h\xe9llo @", Some(b"Caf\xe9 @Home")),
    case(["ascii", "ascii", "49174"], 8, b"\0h\0\xe9\0l\0l\0o\0 \0@", None),
    case(["utf8", "utf8", "49175"], 0, b"h\xc3\xa9llo @", Some(b"Caf\xc3\xa9 @Home")),
];

#[tokio::test]
async fn carriers_get_texts_and_names_as_they_read_them() {
    let carrier = carrier().await;
    let plan = CASES.iter().fold(Plan::simple(carrier.address()), |plan, case| {
        let Case { alphabet, names, prefix, .. } = case;
        let own = format!(
            "[upstreams.{alphabet}]\nsystem_id = '{alphabet}'\nalphabet = '{alphabet}'\naddress_alphabet = '{names}'"
        );
        plan.upstream(alphabet, carrier.address()).with(&own).route(alphabet, prefix, &[alphabet])
    });
    let gateway = plan.start().await;
    for (sent, case) in (1..).zip(CASES) {
        let to = format!("+{}700000001", case.prefix);
        let message = |from: &str| json!({ "to": to, "from": from, "text": "h\u{e9}llo @" });
        let (from, name) = match case.name {
            Some(name) => ("Caf\u{e9} @Home", name),
            None => {
                let refused = gateway.http("shop").post("/v1/messages", &message("Caf\u{e9} @Home")).await;
                assert_eq!(
                    (refused.status, &refused.body["field"]),
                    (422, &json!("from")),
                    "{}",
                    case.alphabet
                );
                ("Home", &b"Home"[..])
            }
        };
        gateway.http("shop").send_with(message(from)).await;
        let part = within("the part", carrier.accepted_at_least(sent)).await.pop().unwrap();
        assert_eq!((part.data_coding, &*part.octets), (case.data_coding, case.text), "{}", case.alphabet);
        assert_eq!(part.source, String::from_utf8_lossy(name), "{}", case.alphabet);
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
