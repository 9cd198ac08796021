//! Names of parts that are a recipient and a time stamp: UCP and CIMD2.

use crate::gateway::{Gateway, Spoken};
use crate::sessions::{Cimd2, Ucp};
use postrider_core::delivery::PartOutcome;
use postrider_simulator::carrier::{Fate, Settings, State};

#[tokio::test(start_paused = true)]
async fn texts_of_one_second_to_one_number_have_names_of_their_own() {
    have_names_of_their_own::<Ucp>().await;
    have_names_of_their_own::<Cimd2>().await;
}

async fn have_names_of_their_own<S: Spoken>() {
    let usual = Settings { stamps_repeat: true, ..Settings::default() };
    let gateway = Gateway::<S>::start(usual, |_| {}).await;
    for _ in 0..3 {
        gateway.desk.put("Hello");
    }
    gateway.until(|desk| desk.kept() == 3).await;
    let mut names = Vec::new();
    for outcome in gateway.desk.outcomes() {
        let PartOutcome::Accepted(Some(name)) = outcome else { panic!("{outcome:?}") };
        let (number, stamp) = name.split_once(':').unwrap();
        assert!(number.len() == 12 && stamp.starts_with(|c: char| c.is_ascii_digit()), "{name}");
        names.push(name);
    }
    names.dedup();
    assert_eq!(names.len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_carrier_that_gives_up_a_message_says_why() {
    gives_up::<Ucp>(|settings| settings.notifications = 7).await;
    gives_up::<Cimd2>(|settings| settings.reports = 15).await;
}

/// Of a message that is given up, every state is told.
async fn gives_up<S: Spoken>(ask_for_all_states: impl FnOnce(&mut S::Settings)) {
    let failing =
        Settings { fate: Fate::ends(&[State::Enroute, State::Undeliverable]), ..Settings::default() };
    let gateway = Gateway::<S>::start(failing, ask_for_all_states).await;
    gateway.desk.put("Hello");
    gateway.until(|desk| desk.kept() == 2).await;
    assert_eq!(gateway.carrier.counts().receipts_taken, 2);
}
