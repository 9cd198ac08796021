//! A carrier that says "too fast" is given time: nothing is lost, nothing fails, nothing counts as a failed attempt, and the
//! gateway slows down. A carrier that says "queue full" of one recipient gets the message later.

use crate::harness::{Client, Gateway, Plan, carrier_with, text_to, within};
use postrider_simulator::carrier::{Answer, Carrier, Counts, Fate, Settings};
use postrider_wire::smpp::Status;
use postrider_wire::smpp::pdu::BindMode;

const MESSAGES: usize = 150;
/// Parts a second that the carrier takes.
const RATE: u32 = 50;

#[tokio::test]
async fn a_carrier_that_throttles_is_sent_to_more_slowly() {
    let carrier = carrier_with(Settings { throttle: Some(RATE), ..Settings::default() }).await;
    let mut gateway = Plan::simple(carrier.address()).start().await;
    all_are_delivered(&gateway, &carrier).await;

    let counts = carrier.counts();
    println!("{} accepted, {} throttled", counts.accepted, counts.throttled);
    assert!(counts.throttled > 0, "the story needs a carrier that throttles");
    // Without slowing down each second would bring many times the rate.
    assert!(counts.throttled < counts.accepted, "{counts:?}");
    assert!(gateway.metric("postrider_throttled_total{upstream=\"acme\"}").await > 0.0);
    nothing_failed(&mut gateway).await;
}

#[tokio::test]
async fn a_carrier_whose_queue_is_full_gets_the_message_later() {
    let full = Fate::answered(Answer::RefuseFirst { status: Status::RMSGQFUL, times: 1 });
    let carrier = carrier_with(Settings { fate: full, ..Settings::default() }).await;
    let mut gateway = Plan::simple(carrier.address()).start().await;
    let mut client = gateway.smpp("shop", BindMode::Transceiver).await;
    for n in 0..2 {
        let id = client.submit(&text_to("+491700000001", format!("{n}").as_bytes())).await;
        let receipt = client.receipt().await;
        assert_eq!((receipt.id, receipt.stat.as_str()), (id, "DELIVRD"));
    }
    assert_eq!((carrier.counts().accepted, carrier.counts().refused), (2, 2));
    assert_eq!(
        gateway.metric("postrider_throttled_total{upstream=\"acme\"}").await,
        0.0,
        "it is about one number"
    );
    gateway.stop().await;
    assert_eq!(gateway.books().count("remark"), 2);
}

/// Sends faster than the carrier takes, and waits until everything is told.
async fn all_are_delivered(gateway: &Gateway, carrier: &Carrier) {
    let mut client = gateway.smpp("shop", BindMode::Transceiver).await;
    submit_all(&client).await;
    for _ in 0..MESSAGES {
        assert_eq!(client.receipt().await.stat, "DELIVRD");
    }
    let all = |counts: &Counts| counts.accepted == MESSAGES as u64 && counts.duplicates == 0;
    within("each to be accepted once", carrier.until(all)).await;
}

async fn submit_all(client: &Client) {
    let mut asked = Vec::new();
    for n in 0..MESSAGES {
        asked.push(client.ask(&text_to(&format!("+49170{n:07}"), b"x")));
        // Within the window that the account has.
        if asked.len() == 50 {
            take(&mut asked).await;
        }
    }
    take(&mut asked).await;
}

async fn take(asked: &mut Vec<crate::harness::Asked>) {
    for asked in asked.drain(..) {
        assert_eq!(asked.answer().await.status(), Status::ROK);
    }
}

/// Nothing was remarkable: an attempt that fails leaves a remark.
async fn nothing_failed(gateway: &mut Gateway) {
    gateway.stop().await;
    let books = gateway.books();
    assert_eq!(books.count("remark"), 0);
    assert!(books.messages().values().all(|message| message.state == "delivered"));
}
