//! A long text arrives whole, however its upstream wants it carried, and the client is told of it once.

use crate::harness::{Client, Plan, carrier, text_to, within};
use postrider_simulator::carrier::Part;
use postrider_wire::smpp::TlvBuilder;
use postrider_wire::smpp::pdu::{BindMode, SubmitSm};
use postrider_wire::smpp::tlv::tag;

/// The ways to carry it, and the numbers whose route leads that way.
const WAYS: [(&str, &str); 4] = [("udh8", "491"), ("udh16", "492"), ("sar", "493"), ("payload", "494")];

#[tokio::test]
async fn long_texts_arrive_whole() {
    let carrier = carrier().await;
    let plan = WAYS.iter().fold(Plan::simple(carrier.address()), |plan, (way, prefix)| {
        // A carrier sends receipts to any bind under the name that sent the message, so each has its own.
        let own = format!("upstreams.{way}.system_id = '{way}'\nupstreams.{way}.long = '{way}'");
        plan.upstream(way, carrier.address()).with(&own).route(way, prefix, &[way])
    });
    // The routes lead to fixed lines too.
    let gateway = plan.with("accounts.shop.refuse_to = []").start().await;
    let mut client = gateway.smpp("shop", BindMode::Transceiver).await;

    // Characters of two septets and of two code units, which no cut may tear apart.
    let plain = "Zwölf Boxkämpfer {jagen} Viktor für 5 € quer über den Sylter Deich. ".repeat(9);
    let wide = "Съешь же ещё этих мягких французских булок 🥐 да выпей чаю. ".repeat(5);
    let mut parts_before = 0;
    for (way, prefix) in WAYS {
        for (text, parts) in [(&plain, 5), (&wide, 5)] {
            let number = format!("+{prefix}700000001");
            let expected = if way == "payload" { 1 } else { parts };
            parts_before += expected;
            let id = submit(&client, &number, text).await;
            let receipt = client.receipt().await;
            assert_eq!((&receipt.id, receipt.stat.as_str()), (&id, "DELIVRD"), "{way}");

            let accepted = within("every part", carrier.accepted_at_least(parts_before)).await;
            let arrived = &accepted[accepted.len() - usize::try_from(expected).unwrap()..];
            assert_eq!(&joined(arrived), text, "{way}");
            assert!(arrived.iter().all(|part| is_carried(part, way)), "{way}: {arrived:#?}");
        }
    }
    let next = client.submit(&text_to("+491700000001", b"the end")).await;
    assert_eq!(client.receipt().await.id, next, "a long message was told of twice");
}

/// Hands in a text of any length, in UTF-16.
async fn submit(client: &Client, number: &str, text: &str) -> String {
    let octets: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let mut tlvs = TlvBuilder::new();
    assert!(tlvs.push(tag::MESSAGE_PAYLOAD, &octets));
    client.submit(&SubmitSm { data_coding: 8, tlvs: tlvs.tlvs(), ..text_to(number, b"") }).await
}

/// The text of parts that may come in any order, if they are parts of one message.
fn joined(parts: &[Part]) -> String {
    let mut parts: Vec<&Part> = parts.iter().collect();
    if parts.len() > 1 {
        let concat = |part: &&Part| part.concat().unwrap();
        let first = concat(&parts[0]);
        assert!(parts.iter().all(|part| concat(part).reference == first.reference));
        assert!(parts.iter().all(|part| usize::from(concat(part).total) == parts.len()));
        parts.sort_by_key(|part| concat(part).number);
        parts.dedup_by_key(|part| concat(part).number);
    }
    parts.iter().map(|part| part.text()).collect()
}

/// Whether a part is marked as a part in the way that was asked for.
fn is_carried(part: &Part, way: &str) -> bool {
    match way {
        "udh8" => part.header.len() == 5,
        "udh16" => part.header.len() == 6,
        "sar" => part.header.is_empty() && part.tlv(tag::SAR_MSG_REF_NUM).is_some(),
        _ => part.header.is_empty() && part.tlv(tag::MESSAGE_PAYLOAD).is_some(),
    }
}
