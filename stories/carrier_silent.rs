//! A carrier that takes messages and answers nothing leaves their outcome unknown: what somebody waits for is sent
//! again and marked, advertising is not.

use crate::harness::{Plan, carrier_with, text_to, within};
use postrider_simulator::carrier::{Answer, Fate, Settings};
use postrider_wire::smpp::pdu::BindMode;

#[tokio::test]
async fn what_is_waited_for_is_sent_again_and_advertising_is_not() {
    let silent = Fate::answered(Answer::Never);
    let carrier = carrier_with(Settings { fate: silent, ..Settings::default() }).await;
    let mut gateway = Plan::simple(carrier.address())
        .account("codes")
        .account("adverts")
        .with("accounts.codes.class = 'otp'\naccounts.adverts.class = 'marketing'")
        .with("upstreams.acme.response_timeout = '1s'")
        .start()
        .await;
    let mut code = gateway.smpp("codes", BindMode::Transceiver).await;
    let mut order = gateway.smpp("shop", BindMode::Transceiver).await;
    let mut advert = gateway.smpp("adverts", BindMode::Transceiver).await;
    let ids = [
        code.submit(&text_to("+491700000001", b"Your code is 1234")).await,
        order.submit(&text_to("+491700000002", b"Your parcel is here")).await,
        advert.submit(&text_to("+491700000003", b"Everything must go")).await,
    ];

    within("each to come once", carrier.received_at_least(3)).await;
    carrier.change(|settings| settings.fate = Fate::delivered());

    let given_up = advert.receipt().await;
    assert_eq!((given_up.id.as_str(), given_up.stat.as_str()), (ids[2].as_str(), "UNKNOWN"));
    for (client, id) in [(&mut code, &ids[0]), (&mut order, &ids[1])] {
        let receipt = client.receipt().await;
        assert_eq!((&receipt.id, receipt.stat.as_str()), (id, "DELIVRD"));
    }
    let came = |number: &str| carrier.parts().iter().filter(|part| part.destination == number).count();
    assert_eq!(["491700000001", "491700000002", "491700000003"].map(came), [2, 2, 1]);

    gateway.stop().await;
    let messages = gateway.books().messages();
    let marked = ids.each_ref().map(|id| messages[id].possible_duplicate);
    assert_eq!(marked, [true, true, false]);
    assert_eq!(messages[&ids[2]].state, "unknown");
}

#[tokio::test]
async fn what_is_to_be_held_comes_once_and_waits() {
    let silent = Fate::answered(Answer::Never);
    let carrier = carrier_with(Settings { fate: silent, ..Settings::default() }).await;
    let gateway = Plan::simple(carrier.address())
        .with(
            "upstreams.acme.response_timeout = '1s'\nupstreams.acme.unanswered = { transactional = 'hold' }",
        )
        .start()
        .await;
    let http = gateway.http("shop");
    let id = http.send("+491700000001", "once at most").await;
    let held = http.message_in(&id, "sent").await;
    let remark = "held for what it may say yet";
    assert!(held["timeline"].to_string().contains(remark) || held.to_string().contains(remark), "{held}");
    assert_eq!(carrier.parts().len(), 1);
}
