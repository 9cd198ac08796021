//! USSD over SMPP.

use crate::gateway::Gateway;
use crate::sessions::Smpp;
use postrider_simulator::carrier::Settings;

#[tokio::test(start_paused = true)]
async fn handsets_walk_through_menus_and_nothing_of_it_is_a_message() {
    let gateway = Gateway::<Smpp>::start(Settings::default(), |settings| settings.ussd = true).await;
    let walk = gateway.carrier.dial("+447700900123", "*123#", &["1"]).unwrap();
    let other = gateway.carrier.dial("+447700900124", "*999#", &["1"]).unwrap();
    let lost = gateway.carrier.dial("+447700900125", "*123#", &["7"]).unwrap();
    let is_over = |dialogue| gateway.carrier.screens(dialogue).1;
    gateway.until(|_| [walk, other, lost].into_iter().all(is_over)).await;
    let screens = |dialogue| gateway.carrier.screens(dialogue).0;
    assert_eq!(screens(walk), ["1 Balance", "12 EUR"]);
    assert_eq!(screens(other), ["This service is not available now."]);
    assert_eq!(screens(lost), ["1 Balance", "This service is not available now."]);
    assert_eq!((gateway.desk.kept(), gateway.carrier.counts().inbound_taken), (0, 5));
    assert!(gateway.carrier.accepted().iter().all(|part| part.service_type == "USSD"));
}

#[tokio::test(start_paused = true)]
async fn without_the_setting_a_turn_is_a_message() {
    let gateway = Gateway::<Smpp>::start(Settings::default(), |_| {}).await;
    gateway.carrier.dial("+447700900123", "*123#", &[]).unwrap();
    gateway.until(|desk| desk.kept() == 1).await;
}
