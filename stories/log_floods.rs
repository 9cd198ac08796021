//! A flood leaves one line in the log when it begins, and one with its count when it ends.

use crate::harness::{Gateway, Plan, carrier, carrier_with, eventually, frame};
use postrider_simulator::carrier::{Answer, Fate, Settings};
use postrider_wire::smpp::pdu::DeliverSm;
use serde_json::{Value, json};

const MANY: usize = 2_000;

#[tokio::test]
async fn messages_that_stay_unanswered() {
    let silent = Fate::answered(Answer::Never);
    let carrier = carrier_with(Settings { fate: silent, ..Settings::default() }).await;
    let settings = "[upstreams.acme]\nwindow = 500\nresponse_timeout = '1s'\nreconnect_max = '1s'\n\
                    unanswered = { transactional = 'fail' }";
    let gateway = Plan::simple(carrier.address()).with(settings).start().await;
    for thousand in 0..MANY / 1_000 {
        let to: Vec<String> = (0..1_000).map(|n| format!("+49172{thousand}{n:06}")).collect();
        gateway.http("shop").post("/v1/messages", &json!({ "to": to, "text": "?" })).await.accepted();
    }
    counted(&gateway, "postrider_messages_final_total{state=\"unknown\"}", MANY).await;
    has_two_lines(&gateway, "the carrier did not answer a message in time", MANY).await;
}

#[tokio::test]
async fn receipts_for_messages_that_nobody_sent() {
    let carrier = carrier().await;
    let gateway = Plan::simple(carrier.address()).start().await;
    gateway.http("shop").send("+491700000001", "the link is up").await;
    carrier.accepted_at_least(1).await;
    for n in 0..MANY {
        let text = format!(
            "id:stray{n} sub:001 dlvrd:001 submit date:2611290800 done date:2611290800 stat:DELIVRD err:000 text:"
        );
        let receipt = DeliverSm { esm_class: 0x04, short_message: text.as_bytes(), ..DeliverSm::default() };
        carrier.write(&frame(&receipt));
    }
    counted(&gateway, "postrider_dlr_unmatched_total{upstream=\"acme\"}", MANY).await;
    has_two_lines(&gateway, "a receipt came that matches no message so far", MANY).await;
}

#[tokio::test]
async fn deliver_sm_that_cannot_be_read() {
    let carrier = carrier().await;
    let gateway = Plan::simple(carrier.address()).start().await;
    gateway.http("shop").send("+491700000001", "the link is up").await;
    carrier.accepted_at_least(1).await;
    // A body that ends within its addresses.
    let whole = frame(&DeliverSm::default());
    let mut broken = whole[..20].to_vec();
    broken[..4].copy_from_slice(&20u32.to_be_bytes());
    for _ in 0..MANY {
        carrier.write(&broken);
    }
    counted(&gateway, "postrider_pdu_decode_errors_total{peer=\"acme\"}", MANY).await;
    has_two_lines(&gateway, "the carrier sent what can't be read", MANY).await;
}

async fn counted(gateway: &Gateway, metric: &str, count: usize) {
    let is_counted = async || (gateway.metric(metric).await >= count as f64).then_some(());
    eventually("the flood to come", is_counted).await;
}

/// The log has a line of the first, and when there were no more, one with the count.
async fn has_two_lines(gateway: &Gateway, words: &str, count: usize) {
    let end = format!("no more of the same: {words}");
    gateway.says(&end).await;
    let lines: Vec<Value> = gateway
        .log()
        .lines()
        .filter(|line| line.contains(words) && !line.contains("still the same"))
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect();
    let [first, last] = &lines[..] else { panic!("{} lines: {lines:#?}", lines.len()) };
    assert!(first["message"].as_str().unwrap().starts_with(words), "{first}");
    assert_eq!(last["count"], count, "{last}");
}
