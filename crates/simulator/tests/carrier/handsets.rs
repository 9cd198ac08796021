//! Texts as handsets show them, from the parts that a client sent.

use crate::client::{Client, carrier, quick};
use postrider_simulator::handset::{Bubble, Handsets};
use postrider_text::{coding, header, segment};
use postrider_wire::smpp::Address;
use postrider_wire::smpp::pdu::SubmitSm;

/// What handsets show after these texts were sent to this number, their parts last first.
async fn shown(to: &str, texts: &[&str]) -> Vec<Bubble> {
    let carrier = carrier(quick()).await;
    let mut heard = carrier.listen();
    let mut client = Client::bind(carrier.address()).await;
    let mut parts = 0;
    for (reference, text) in (1..).zip(texts) {
        let segments = segment::split(text, reference, &segment::Options::default());
        parts += segments.parts.len() as u64;
        for part in segments.parts.iter().rev() {
            let headed = !part.header.is_empty();
            let octets =
                if headed { header::prefixed(&part.header, &part.data).unwrap() } else { part.data.clone() };
            client.submit(&SubmitSm {
                source: Address::international(b"447700900000"),
                destination: Address::international(to.as_bytes()),
                esm_class: if headed { 0x40 } else { 0 },
                data_coding: coding::data_coding(segments.encoding, None),
                short_message: &octets,
                ..SubmitSm::default()
            });
        }
    }
    client.flush().await;
    carrier.accepted_at_least(parts).await;
    let mut handsets = Handsets::new();
    std::iter::from_fn(|| heard.try_recv().ok()).filter_map(|heard| handsets.hear(heard)).collect()
}

#[tokio::test]
async fn texts_are_whole_whatever_the_order() {
    let long = "Grüße aus Köln! ".repeat(20);
    let longer = "Привет 👋 ".repeat(30);
    let bubbles = shown("4915112345678", &["hello", &long, &longer]).await;
    let texts: Vec<&str> = bubbles.iter().map(|bubble| bubble.text.as_str()).collect();
    assert_eq!(texts, ["hello", &long, &longer]);
    let shapes: Vec<_> = bubbles.iter().map(|bubble| (bubble.encoding, bubble.parts)).collect();
    assert_eq!(shapes, [("GSM-7", 1), ("GSM-7", 3), ("UCS-2", 5)]);
    assert!(bubbles.iter().all(|bubble| bubble.from == "+447700900000" && bubble.reached));
}

#[tokio::test]
async fn what_does_not_reach_a_handset_is_told_as_such() {
    let bubbles = shown("15005550002", &["hello"]).await;
    assert_eq!((bubbles.len(), bubbles[0].reached, bubbles[0].to.as_str()), (1, false, "15005550002"));
}
