//! A carrier that takes messages and answers nothing leaves their outcome unknown: what somebody waits for is sent
//! again and marked, advertising is not.

use crate::harness::{Plan, carrier_with, eventually, text_to, within};
use postrider_simulator::carrier::{Answer, Carrier, Fate, Settings};
use postrider_wire::smpp::pdu::BindMode;

/// Messages in the gateway's hands when it is killed: more than may have been on the wire.
const IN_HAND: usize = 150;

/// A carrier that takes messages and answers nothing.
async fn silent() -> Carrier {
    carrier_with(Settings { fate: Fate::answered(Answer::Never), ..Settings::default() }).await
}

/// Accounts of each class, and the carrier.
fn serving_classes(carrier: &Carrier) -> Plan {
    Plan::simple(carrier.address())
        .account("codes")
        .account("adverts")
        .with("accounts.codes.class = 'otp'\naccounts.adverts.class = 'marketing'")
}

#[tokio::test]
async fn what_is_waited_for_is_sent_again_and_advertising_is_not() {
    let carrier = silent().await;
    let mut gateway = serving_classes(&carrier).with("upstreams.acme.response_timeout = '1s'").start().await;
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
    let carrier = silent().await;
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

/// A crash is one more way of not being answered. What never left the gateway is sent all the same.
#[tokio::test]
async fn advertising_that_was_under_way_when_the_gateway_was_killed_is_not_sent_again() {
    let carrier = silent().await;
    let mut gateway = serving_classes(&carrier).with("upstreams.acme.window = 5").start().await;
    let codes = gateway.smpp("codes", BindMode::Transceiver).await;
    codes.submit(&text_to("+491700000001", b"Your code is 1234")).await;
    within("the code", carrier.received_at_least(1)).await;
    let adverts = gateway.smpp("adverts", BindMode::Transceiver).await;
    for n in 0..IN_HAND {
        adverts.submit(&text_to(&format!("+4917200{n:05}"), b"Everything must go")).await;
    }
    within("the window to be full", carrier.received_at_least(5)).await;
    gateway.kill().await;
    carrier.change(|settings| settings.fate = Fate::delivered());
    gateway.start_again().await;
    let all_ended = async || {
        let depth = gateway.metric("postrider_queue_depth{upstream=\"acme\"}").await;
        (carrier.parts().len() > 5 + 1 && depth == 0.0).then_some(())
    };
    eventually("the queue to be empty", all_ended).await;
    gateway.stop().await;

    let came =
        |number: &str| carrier.parts().iter().filter(|part| number.ends_with(&*part.destination)).count();
    let books = gateway.books().messages();
    for message in books.values().filter(|message| message.recipient.starts_with("+4917200")) {
        let expected = if message.state == "unknown" { 0..=1 } else { 1..=1 };
        assert!(expected.contains(&came(&message.recipient)), "{message:?}");
    }
    let unknown = books.values().filter(|message| message.state == "unknown").count();
    assert!((4..=105).contains(&unknown), "{unknown} of {IN_HAND} may have been sent");
    assert_eq!(came("+491700000001"), 2, "a code is sent again");
}
