//! What a carrier's codes mean is declared: a message goes elsewhere, or nowhere, or waits while the link pauses. Who isn't let
//! in is tried again slowly.

use crate::harness::{Gateway, Plan, carrier, carrier_with, eventually, within};
use postrider_simulator::carrier::{Answer, Carrier, Fate, Settings};
use postrider_wire::smpp::Status;

/// A code that only this carrier knows.
const OWN: Status = Status(0x403);

/// A carrier that answers messages to this number in this way.
async fn refusing(number: &str, answer: Answer) -> Carrier {
    let fates = [(number.to_owned(), Fate::answered(answer))].into();
    carrier_with(Settings { fates, ..Settings::default() }).await
}

#[tokio::test]
async fn what_one_carrier_never_takes_goes_on_to_the_next_until_there_is_none() {
    let first = refusing("491700000001", Answer::Refuse(OWN)).await;
    let second = carrier().await;
    let plan = Plan::simple(first.address()).upstream("other", second.address());
    let codes =
        "upstreams.acme.errors = { 0x403 = 'elsewhere' }\nupstreams.other.errors = { 1027 = 'elsewhere' }";
    let gateway = plan.with(codes).route("world", "", &["acme", "other"]).start().await;
    let shop = gateway.http("shop");
    let id = shop.send("+491700000001", "hello").await;
    let delivered = shop.message_in(&id, "delivered").await;
    assert_eq!(delivered["upstream"], "other");

    second.change(|settings| {
        settings.fates.insert("491700000001".into(), Fate::answered(Answer::Refuse(OWN)));
    });
    let id = shop.send("+491700000001", "hello again").await;
    let rejected = shop.message_in(&id, "rejected").await;
    assert_eq!(
        (&rejected["upstream"], &rejected["error"]["code"]),
        (&"other".into(), &"carrier_specific".into())
    );
    assert_eq!(rejected["error"]["carrier_code"], "0x00000403");
    assert_eq!((first.counts().refused, second.counts().refused), (2, 1));
}

#[tokio::test]
async fn what_is_usually_tried_again_can_be_refused_for_good() {
    let carrier = refusing("491700000001", Answer::Refuse(Status::RSYSERR)).await;
    let plan = Plan::simple(carrier.address()).with("upstreams.acme.errors.ESME_RSYSERR = 'never'");
    let gateway = plan.start().await;
    let id = gateway.http("shop").send("+491700000001", "hello").await;
    gateway.http("shop").message_in(&id, "rejected").await;
    assert_eq!(carrier.counts().refused, 1);
}

#[tokio::test]
async fn a_link_pauses_and_says_so() {
    let carrier = refusing("491700000001", Answer::RefuseFirst { status: OWN, times: 1 }).await;
    let other = self::carrier().await;
    let plan = Plan::simple(carrier.address()).upstream("other", other.address());
    let pause = "[upstreams.acme]\nerrors = { 0x403 = 'pause' }\npause = '4s'";
    let gateway = plan.with(pause).route("world", "", &["acme", "other"]).start().await;
    let shop = gateway.http("shop");
    let id = shop.send("+491700000001", "hello").await;
    gateway.says("pauses this link").await;
    let link = link_that(&gateway, "down").await;
    assert!(link["reason"].as_str().unwrap().contains("0x00000403"), "{link}");

    // What comes meanwhile goes by the other, what was refused waits.
    let meanwhile = shop.send("+491700000001", "hello meanwhile").await;
    assert_eq!(shop.message_in(&meanwhile, "delivered").await["upstream"], "other");
    assert_eq!(shop.message_in(&id, "delivered").await["upstream"], "acme");
    gateway.says("the pause is over").await;
    assert_eq!((carrier.counts().binds, carrier.counts().refused), (1, 1));
}

#[tokio::test]
async fn a_refused_login_is_retried_slowly_and_says_why() {
    let password = Some("another".to_owned());
    let carrier = carrier_with(Settings { password, ..Settings::default() }).await;
    let gateway = Plan::simple(carrier.address()).with("upstreams.acme.login_retry = '3s'").start().await;
    gateway.says("the carrier says the password is wrong").await;
    let link = link_that(&gateway, "down").await;
    assert!(link["reason"].as_str().unwrap().contains("ESME_RINVPASWD"), "{link}");
    let id = gateway.http("shop").send("+491700000001", "hello").await;
    carrier.change(|settings| settings.password = None);
    gateway.http("shop").message_in(&id, "delivered").await;
    within("one bind", carrier.until(|counts| counts.binds == 1)).await;
    assert_eq!(gateway.log().matches("the password is wrong").count(), 1);
}

/// The upstream's link, once it is in this state.
async fn link_that(gateway: &Gateway, state: &str) -> serde_json::Value {
    let admin = gateway.admin();
    eventually("the link's state", async || {
        let upstream = admin.get("/v1/upstreams/acme").await.ok();
        let link = upstream["links"][0].clone();
        (link["state"] == state).then_some(link)
    })
    .await
}
