//! What waits can be taken back and changed; what has its time goes out at that time, or not at all.

use crate::harness::{Plan, carrier, text_to, within};
use jiff::Timestamp;
use postrider_simulator::carrier::{Carrier, Part};
use postrider_wire::smpp::Status;
use postrider_wire::smpp::pdu::{BindMode, CancelSm, QuerySm, ReplaceSm, SubmitSm};
use serde_json::json;
use std::time::{Duration, SystemTime};

#[tokio::test]
async fn a_message_waits_for_its_time() {
    let carrier = carrier().await;
    let gateway = Plan::simple(carrier.address()).start().await;
    let shop = gateway.http("shop");
    let due = SystemTime::now() + Duration::from_secs(3);
    let send_at = Timestamp::try_from(due).unwrap().to_string();
    let id = shop.send_with(json!({ "to": "+491700000001", "text": "on time", "send_at": send_at })).await;
    assert_eq!(shop.message(&id).await["state"], "queued");
    let at_once = shop.send("+491700000001", "at once").await;
    shop.message_in(&at_once, "delivered").await;

    let parts = within("the second", carrier.accepted_at_least(2)).await;
    assert_eq!([parts[0].text(), parts[1].text()], ["at once", "on time"]);
    assert!(parts[1].at >= due, "{:?} is before {due:?}", parts[1].at);
    shop.message_in(&id, "delivered").await;
}

#[tokio::test]
async fn what_waits_can_be_taken_back() {
    let carrier = carrier().await;
    let gateway = Plan::simple(carrier.address()).start().await;
    let shop = gateway.http("shop");
    let send_at = Timestamp::try_from(SystemTime::now() + Duration::from_secs(3)).unwrap().to_string();
    let id = shop.send_with(json!({ "to": "+491700000001", "text": "no", "send_at": send_at })).await;
    let kept = shop.send_with(json!({ "to": "+491700000001", "text": "yes", "send_at": send_at })).await;
    assert_eq!(shop.delete(&format!("/v1/messages/{id}")).await.ok()["state"], "canceled");
    assert_eq!(shop.message(&id).await["state"], "canceled");
    assert_eq!(shop.delete(&format!("/v1/messages/{id}")).await.with(409)["state"], "canceled");

    shop.message_in(&kept, "delivered").await;
    let late = shop.delete(&format!("/v1/messages/{kept}")).await.with(409);
    assert_eq!((&late["code"], &late["state"]), (&json!("too_late"), &json!("delivered")));
    assert_eq!(texts(&carrier), ["yes"]);
}

#[tokio::test]
async fn clients_of_smpp_change_their_minds_too() {
    let carrier = carrier().await;
    let gateway = Plan::simple(carrier.address()).start().await;
    let mut client = gateway.smpp("shop", BindMode::Transceiver).await;
    let later = SubmitSm {
        // Three seconds from now (SMPP 3.4 section 7.1.1).
        schedule_delivery_time: b"000000000003000R",
        ..text_to("+491700000001", b"first thought")
    };
    let [changed, canceled] = [client.submit(&later).await, client.submit(&later).await];

    let replace = ReplaceSm {
        message_id: changed.as_bytes(),
        short_message: b"second thought",
        ..ReplaceSm::default()
    };
    assert_eq!(client.request(&replace).await.status(), Status::ROK);
    let cancel = CancelSm { message_id: canceled.as_bytes(), ..CancelSm::default() };
    assert_eq!(client.request(&cancel).await.status(), Status::ROK);
    let query = QuerySm { message_id: canceled.as_bytes(), ..QuerySm::default() };
    assert_eq!(client.request(&query).await.status(), Status::ROK);

    let mut told = [client.receipt().await, client.receipt().await];
    told.sort_by_key(|receipt| receipt.stat.clone());
    let told = told.map(|receipt| (receipt.id, receipt.stat));
    assert_eq!(told, [(canceled.clone(), "DELETED".to_owned()), (changed.clone(), "DELIVRD".to_owned())]);
    assert_eq!(texts(&carrier), ["second thought"]);
    let cancel = CancelSm { message_id: changed.as_bytes(), ..CancelSm::default() };
    assert_eq!(client.request(&cancel).await.status(), Status::RCANCELFAIL);
}

#[tokio::test]
async fn what_comes_too_late_is_not_sent() {
    let carrier = carrier().await;
    let gateway = Plan::simple(carrier.address()).start().await;
    within("the gateway to bind", carrier.until(|counts| counts.binds == 1)).await;
    carrier.stop().await;
    let shop = gateway.http("shop");
    let hurried = shop.send_with(json!({ "to": "+491700000001", "text": "now!", "valid_for": "1s" })).await;
    let expires = shop.message(&hurried).await["expires_at"].as_str().unwrap().parse::<Timestamp>().unwrap();
    let left = Duration::try_from(expires.duration_since(Timestamp::now())).unwrap_or_default();
    tokio::time::sleep(left).await;
    carrier.restart().await.unwrap();

    let patient = shop.send("+491700000001", "whenever").await;
    shop.message_in(&patient, "delivered").await;
    shop.message_in(&hurried, "expired").await;
    assert_eq!(texts(&carrier), ["whenever"]);
}

/// What the carrier was sent.
fn texts(carrier: &Carrier) -> Vec<String> {
    carrier.parts().iter().map(Part::text).collect()
}
