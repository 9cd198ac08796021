//! Manners between the simulator's own carrier and client: that they do what they say, and that chance is the seed's.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a panic is how a test fails")]

use postrider_simulator::carrier::{Carrier, Settings};
use postrider_simulator::client::{self, Report};
use postrider_simulator::manner::{Chosen, Side};
use postrider_wire::smpp::Status;
use std::time::Duration;

/// What came of a conversation between a carrier and a client that have these manners between them.
async fn between(manners: &[&str], seed: u64, texts: usize) -> Report {
    let mut settings = Settings { seed, receipt_delay: Duration::ZERO.into(), ..Settings::default() };
    let texts = (0..texts).map(|number| format!("Text {number}")).collect();
    let mut caller = client::Settings { to: "491700000001".to_owned(), texts, ..client::Settings::default() };
    for words in manners {
        let chosen = Chosen::read(words).unwrap();
        if chosen.manner().side() == Side::Client {
            chosen.client(&mut caller).unwrap();
        } else {
            chosen.carrier(&mut settings).unwrap();
        }
    }
    let carrier = Carrier::start("127.0.0.1:0", settings).await.unwrap();
    client::run(carrier.address(), caller).await.unwrap()
}

#[tokio::test]
async fn good_manners_deliver_everything_once() {
    let report = between(&[], 1, 20).await;
    assert!(report.is_all_delivered(), "{report}");
    assert_eq!((report.binds, report.endings), (vec![Status::ROK], vec![String::new()]));
}

#[tokio::test]
async fn chance_is_the_same_for_the_same_seed() {
    let refused = async |seed| {
        let report = between(&["refuses-some=0x403"], seed, 60).await;
        report.sent.into_iter().map(|sent| sent.status == Some(Status(0x403))).collect::<Vec<bool>>()
    };
    let (one, again, other) = (refused(7).await, refused(7).await, refused(8).await);
    assert_eq!(one, again);
    assert_ne!(one, other);
    assert!(one.contains(&true) && one.contains(&false));
}

#[tokio::test]
async fn receipts_come_on_the_next_bind() {
    let report = between(&["receipt-after-reconnect"], 1, 3).await;
    assert!(report.is_all_delivered(), "{report}");
    assert!(report.binds.len() > 1, "{report}");
}

#[tokio::test]
async fn who_sends_more_than_the_window_is_cut_off() {
    let manners = ["window=2", "answers-after=200ms"];
    let report = between(&manners, 1, 3).await;
    assert!(report.endings.iter().any(|ending| !ending.is_empty()), "{report}");
    let report = between(&[&manners[..], &["window-of-one"]].concat(), 1, 3).await;
    assert!(report.is_all_delivered(), "{report}");
}

#[tokio::test]
async fn manners_of_both_sides_go_together() {
    let manners = [
        "ids=marks",
        "receipt-in-data-sm",
        "sequence=zero",
        "one-octet-writes",
        "enquires-before-bind-resp",
        "long=sar",
        "response-body=nothing",
        "submits-at-once",
    ];
    let report = between(&manners, 1, 5).await;
    assert!(report.is_all_delivered(), "{report}");
}

#[tokio::test]
async fn what_comes_of_a_conversation_can_be_read() {
    let report = between(&["refuses=0x0B"], 1, 1).await;
    let words = "bind: ESME_ROK (0x00)\npart 1 of text 1: refused: ESME_RINVDSTADR (0x0B); no receipt\n";
    assert_eq!(report.to_string(), words);
}
