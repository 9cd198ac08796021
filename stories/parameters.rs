//! What a message tells the carrier besides goes with it, by whichever door it came, through a power failure, in each of
//! its parts.

use crate::harness::{Plan, carrier, text_to, within};
use postrider_wire::smpp::TlvBuilder;
use postrider_wire::smpp::pdu::{BindMode, SubmitSm};
use postrider_wire::smpp::tlv::tag;
use serde_json::json;

const ENTITY: &str = "1701158019811410068";

#[tokio::test]
async fn parameters_reach_the_carrier_through_a_power_failure() {
    let carrier = carrier().await;
    let usual =
        format!("upstreams.acme.parameters = {{ dlt_entity_id = '{ENTITY}', 0x1402 = {{ hex = '00ff' }} }}");
    let mut gateway = Plan::simple(carrier.address()).with(&usual).start().await;
    within("the gateway to bind", carrier.until(|counts| counts.binds == 1)).await;
    carrier.stop().await;
    gateway.says("the link is down").await;

    let message = json!({
        "to": "+491700000001", "text": "x".repeat(200),
        "parameters": { "dlt_template_id": "1107165409153095415", "0x1402": "own", "ussd_service_op": 2 },
    });
    let id = gateway.http("shop").send_with(message).await;
    let client = gateway.smpp("shop", BindMode::Transmitter).await;
    let mut tlvs = TlvBuilder::new();
    assert!(tlvs.push(0x1401, b"1107") && tlvs.push(0x3000, &[0, 255]));
    client.submit(&SubmitSm { tlvs: tlvs.tlvs(), ..text_to("+491700000002", b"x") }).await;
    gateway.kill().await;
    gateway.start_again().await;
    carrier.restart().await.unwrap();

    let parts = within("every part", carrier.accepted_at_least(3)).await;
    for part in &parts {
        assert_eq!(part.tlv(0x1400), Some(ENTITY.as_bytes()), "{part:?}");
        if part.destination.ends_with('1') {
            assert_eq!(part.tlv(0x1401), Some(&b"1107165409153095415"[..]), "{part:?}");
            assert_eq!(
                (part.tlv(0x1402), part.tlv(tag::USSD_SERVICE_OP)),
                (Some(&b"own"[..]), Some(&[2][..]))
            );
        } else {
            assert_eq!((part.tlv(0x1401), part.tlv(0x3000)), (Some(&b"1107"[..]), Some(&[0, 255][..])));
            assert_eq!(part.tlv(0x1402), Some(&[0, 255][..]), "{part:?}");
        }
    }
    let shown = gateway.http("shop").get(&format!("/v1/messages/{id}")).await.ok();
    assert_eq!(shown["parameters"]["dlt_chain_hash"], "6f776e");
}

#[tokio::test]
async fn what_no_message_can_hold_is_refused() {
    let carrier = carrier().await;
    let gateway = Plan::simple(carrier.address()).start().await;
    for (parameters, field) in [
        (json!({ "message_payload": "x" }), "parameters.message_payload"),
        (json!({ "0x1400": { "u8": 1 }, "dlt_entity_id": "1" }), "parameters.dlt_entity_id"),
        (json!({ "0x1400": "x".repeat(256) }), "parameters"),
    ] {
        let message = json!({ "to": "+491700000001", "text": "x", "parameters": parameters });
        let answer = gateway.http("shop").post("/v1/messages", &message).await;
        assert_eq!((answer.status, &answer.body["field"]), (422, &json!(field)), "{:?}", answer.body);
    }
}
