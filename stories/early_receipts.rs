//! Carriers send receipts before the answer that says what they are about. They find their message all the same.

use crate::harness::{Plan, carrier_with, text_to, within};
use postrider_simulator::carrier::{Answer, Fate, Settings};
use postrider_wire::smpp::pdu::BindMode;

/// Two parts.
const LONG: [u8; 200] = [b'x'; 200];

#[tokio::test]
async fn receipts_before_answers_find_their_message() {
    let early = Fate::answered(Answer::AcceptAfterReceipt);
    let carrier = carrier_with(Settings { fate: early, ..Settings::default() }).await;
    let gateway = Plan::simple(carrier.address()).start().await;
    let mut shop = gateway.smpp("shop", BindMode::Transceiver).await;

    for text in [b"short".as_slice(), &LONG] {
        let id = shop.submit(&text_to("+491700000001", text)).await;
        let receipt = shop.receipt().await;
        assert_eq!((receipt.id, receipt.stat.as_str()), (id, "DELIVRD"));
    }
    let counts = within("receipts to be taken", carrier.until(|counts| counts.receipts_taken == 3)).await;
    assert_eq!((counts.accepted, counts.receipts_refused), (3, 0));
}

#[tokio::test]
async fn early_receipts_of_some_parts_are_kept_while_others_are_sent_again() {
    let early = Fate::answered(Answer::AcceptAfterReceipt);
    let settings = Settings { fate: early, throttle: Some(1), ..Settings::default() };
    let carrier = carrier_with(settings).await;
    let gateway = Plan::simple(carrier.address()).start().await;
    let mut shop = gateway.smpp("shop", BindMode::Transceiver).await;

    let id = shop.submit(&text_to("+491700000001", &LONG)).await;
    within("a part to be throttled", carrier.until(|counts| counts.throttled > 0)).await;
    carrier.change(|settings| settings.throttle = None);

    let receipt = shop.receipt().await;
    assert_eq!((receipt.id, receipt.stat.as_str()), (id, "DELIVRD"));
    assert_eq!(carrier.counts().accepted, 2);
}
