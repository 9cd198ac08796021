//! Messages through a simulated modem.

use crate::gateway::{self, Spoken};
use futures_util::future::BoxFuture;
use postrider_core::contract::LinkState;
use postrider_core::delivery::PartOutcome;
use postrider_declare::Secrets;
use postrider_declare::Written;
use postrider_declare::upstream::modem::{BalanceDocument, ModemUpstream, Receive};
use postrider_link::carrier::Surroundings;
use postrider_simulator::carrier::{Answer, Chip, Fate, ModemForm, Protocol, Settings, State};
use postrider_upstream::modem;
use postrider_upstream::ussd::NotAsked;
use postrider_wire::smpp::Status;
use std::time::Duration;
use tokio::sync::watch;

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3_600);
const HANDSET: &str = "+447700900123";
const OURS: &str = "+15005550100";

/// The protocol of these tests.
struct Modem;

type Gateway = gateway::Gateway<Modem>;

impl Spoken for Modem {
    type Settings = modem::Settings;
    const PROTOCOL: Protocol = Protocol::Modem;

    fn settings() -> modem::Settings {
        let mut secrets = Secrets::default();
        secrets.set("pin", "1234".into());
        modem::Settings::each("acme", &ModemUpstream::new("/dev/ttyUSB0"), &secrets).remove(0)
    }

    fn run(
        settings: modem::Settings,
        surroundings: Surroundings,
        stop: watch::Receiver<bool>,
    ) -> BoxFuture<'static, ()> {
        Box::pin(modem::run_in(vec![settings], surroundings, stop))
    }
}

fn with(form: ModemForm) -> Settings {
    Settings { modem: form, ..Settings::default() }
}

fn down(gateway: &Gateway) -> Option<(String, Duration)> {
    match gateway.desk.link(0) {
        Some(LinkState::Down { reason, retry_in }) => Some((reason, retry_in)),
        _ => None,
    }
}

#[tokio::test(start_paused = true)]
async fn every_chip_sends_and_its_report_comes() {
    for chip in Chip::ALL {
        let late =
            Settings { receipt_delay: (HOUR * 5).into(), ..with(ModemForm { chip, ..ModemForm::default() }) };
        let gateway = Gateway::start(late, |_| {}).await;
        gateway.desk.put("Hello");
        gateway.until(|desk| desk.kept() == 1).await;
        let outcomes = gateway.desk.outcomes();
        let [PartOutcome::Accepted(Some(reference))] = &outcomes[..] else {
            panic!("{chip:?}: {outcomes:?}")
        };
        assert!(reference.len() > 12, "{reference}");
        assert_eq!(gateway.carrier.accepted()[0].text(), "Hello");
        gateway.carrier.until(|counts| counts.receipts_taken == 1).await;
    }
}

#[tokio::test(start_paused = true)]
async fn every_chip_receives() {
    for chip in Chip::ALL {
        for receive in [Receive::Stored, Receive::Direct] {
            let form = ModemForm { chip, ..ModemForm::default() };
            let gateway = Gateway::start(with(form), |settings| settings.receive = receive).await;
            gateway.carrier.say("modem", HANDSET, OURS, "Hi @ {you}");
            gateway.carrier.say("modem", HANDSET, OURS, &"long ".repeat(50));
            gateway.carrier.until(|counts| counts.inbound_taken == 3).await;
            assert_eq!(gateway.desk.kept(), 3, "{chip:?} {receive:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_came_while_nobody_was_there_is_read() {
    let full = with(ModemForm { capacity: 3, ..ModemForm::default() });
    let gateway = Gateway::begin(full, |_| {}).await;
    for number in 0..10 {
        gateway.carrier.say("modem", HANDSET, OURS, &format!("Text {number}"));
    }
    gateway.carrier.until(|counts| counts.inbound_taken == 10).await;
    assert_eq!(gateway.desk.kept(), 10);
}

#[tokio::test(start_paused = true)]
async fn messages_go_one_after_another() {
    let slow = Settings { answer_delay: (SECOND * 4).into(), ..Settings::default() };
    let gateway = Gateway::start(slow, |_| {}).await;
    let begun = postrider_link::now();
    for _ in 0..4 {
        gateway.desk.put("Hello");
    }
    gateway.until(|desk| desk.outcomes().len() == 4).await;
    let took = postrider_link::now() - begun;
    assert!((SECOND * 16..SECOND * 18).contains(&took), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn a_pin_is_given_once_and_the_network_waited_for() {
    let locked =
        ModemForm { pin: Some("1234".to_owned()), registers_after: SECOND * 20, ..ModemForm::default() };
    let gateway = Gateway::start(with(locked.clone()), |_| {}).await;
    assert_eq!(gateway.carrier.pin_tries(), 3);
    // Another PIN is given once, and never again.
    let other = ModemForm { pin: Some("4321".to_owned()), ..locked };
    let gateway = Gateway::begin(with(other), |_| {}).await;
    gateway
        .until(|_| down(&gateway).is_some_and(|(reason, _)| reason.contains("has refused this PIN")))
        .await;
    tokio::time::sleep(HOUR * 5).await;
    assert_eq!(gateway.carrier.pin_tries(), 2);
}

#[tokio::test(start_paused = true)]
async fn errors_mean_what_they_say() {
    let fate = |status| Fate::answered(Answer::Refuse(status));
    for (status, cause) in [
        (Status::RINVDSTADR, "invalid_recipient CMS 1 unassigned number"),
        (Status::RMSGQFUL, "queue_full CMS 22 congestion"),
        (Status::RSUBMITFAIL, "carrier_fault CMS 38 network out of order"),
        (Status::RSYSERR, "carrier_fault CMS 500 unknown error"),
    ] {
        let gateway = Gateway::start(Settings { fate: fate(status), ..Settings::default() }, |_| {}).await;
        gateway.desk.put("Hello");
        gateway.until(|desk| desk.outcomes().len() == 1).await;
        let [PartOutcome::Refused(fault)] = &gateway.desk.outcomes()[..] else { panic!() };
        assert_eq!(fault.cause.to_string(), cause);
    }
}

#[tokio::test(start_paused = true)]
async fn a_message_that_is_never_answered_is_in_doubt_and_the_next_goes() {
    let silent = Settings { fate: Fate::answered(Answer::Never), ..Settings::default() };
    let gateway = Gateway::start(silent, |_| {}).await;
    gateway.desk.put("Hello");
    gateway.until(|desk| desk.outcomes().len() == 1).await;
    assert_eq!(gateway.desk.outcomes(), [PartOutcome::Unanswered]);
    gateway.carrier.change(|settings| settings.fate = Fate::delivered());
    gateway.desk.put("Hello again");
    gateway.until(|desk| desk.kept() == 1).await;
}

#[tokio::test(start_paused = true)]
async fn a_modem_that_answers_nothing_is_started_anew() {
    let gateway = Gateway::start(Settings::default(), |_| {}).await;
    gateway.carrier.pause();
    gateway.until(|_| down(&gateway).is_some_and(|(reason, _)| reason.contains("doesn't answer"))).await;
    gateway.carrier.resume();
    gateway.until(|desk| desk.link(0) == Some(LinkState::Up)).await;
    gateway.desk.put("Hello");
    gateway.until(|desk| desk.kept() == 1).await;
}

#[tokio::test(start_paused = true)]
async fn a_modem_that_starts_anew_by_itself_is_made_ready_again() {
    let gateway = Gateway::start(Settings::default(), |_| {}).await;
    gateway.carrier.unbind();
    gateway.until(|_| down(&gateway).is_some_and(|(reason, _)| reason.contains("said 'RDY'"))).await;
    gateway.until(|desk| desk.link(0) == Some(LinkState::Up)).await;
    gateway.carrier.say("modem", HANDSET, OURS, "Hi");
    gateway.until(|desk| desk.kept() == 1).await;
}

#[tokio::test(start_paused = true)]
async fn without_a_network_messages_wait() {
    let gateway = Gateway::start(Settings::default(), |_| {}).await;
    gateway.carrier.change(|settings| settings.modem.has_network = false);
    tokio::time::sleep(SECOND * 40).await;
    gateway.desk.put("Hello");
    tokio::time::sleep(SECOND * 60).await;
    assert_eq!(gateway.desk.outcomes(), []);
    gateway.carrier.change(|settings| settings.modem.has_network = true);
    gateway.until(|desk| desk.kept() == 1).await;
    assert_eq!(gateway.carrier.counts().binds_granted, 1);
    // For too long, and it is started anew.
    gateway.carrier.change(|settings| settings.modem.has_network = false);
    gateway
        .until(|_| down(&gateway).is_some_and(|(reason, _)| reason.contains("without a network for 3m")))
        .await;
    gateway
        .until(|_| down(&gateway).is_some_and(|(reason, _)| reason.contains("found no network in 3m")))
        .await;
    gateway.carrier.change(|settings| settings.modem.has_network = true);
    gateway.until(|desk| desk.link(0) == Some(LinkState::Up)).await;
}

#[tokio::test(start_paused = true)]
async fn a_modem_that_is_unplugged_and_plugged_in_again_goes_on() {
    let gateway = Gateway::start(Settings::default(), |_| {}).await;
    gateway.carrier.cut();
    gateway
        .until(|_| down(&gateway).is_some_and(|(reason, _)| reason.contains("line to the modem is gone")))
        .await;
    gateway.until(|desk| desk.link(0) == Some(LinkState::Up)).await;
    gateway.desk.put("Hello");
    gateway.until(|desk| desk.kept() == 1).await;
}

#[tokio::test(start_paused = true)]
async fn an_idle_modem_lasts_for_a_day() {
    let gateway = Gateway::start(Settings::default(), |_| {}).await;
    tokio::time::sleep(HOUR * 24).await;
    assert_eq!(gateway.desk.link(0), Some(LinkState::Up));
    assert_eq!(gateway.carrier.counts().binds_granted, 1);
}

#[tokio::test(start_paused = true)]
async fn garbage_on_the_line_costs_nothing() {
    let gateway = Gateway::start(Settings::default(), |_| {}).await;
    gateway
        .carrier
        .write(b"\r\nRING\r\n+CMT: ,24\r\nno digits\r\n+CMT: ,3\r\n0099\r\n+CDS: 9\r\n\xFF\xFE\r\n");
    gateway.carrier.write(&[b'x'; 12_000]);
    gateway.carrier.write(b"\r\n");
    gateway.desk.put("Hello");
    gateway.until(|desk| desk.kept() == 1).await;
    assert_eq!(gateway.carrier.counts().binds_granted, 1);
}

#[tokio::test(start_paused = true)]
async fn a_network_that_gives_up_a_message_says_why() {
    let failing =
        Settings { fate: Fate::ends(&[State::Enroute, State::Undeliverable]), ..Settings::default() };
    let gateway = Gateway::start(failing, |_| {}).await;
    gateway.desk.put("Hello");
    gateway.until(|desk| desk.kept() == 2).await;
    assert_eq!(gateway.carrier.counts().receipts_taken, 2);
}

fn balance(low: f64) -> BalanceDocument {
    BalanceDocument {
        code: "*100#".to_owned(),
        pattern: Written::read("([0-9.,]+) EUR").unwrap(),
        every: "6h".into(),
        low: Some(low),
    }
}

#[tokio::test(start_paused = true)]
async fn every_chip_tells_its_balance_again_and_again() {
    for chip in Chip::ALL {
        let form = ModemForm { chip, ..ModemForm::default() };
        let gateway = Gateway::start(with(form), |settings| settings.balance = Some(balance(5.0))).await;
        gateway.until(|_| gateway.ussd.balance("acme", 0).is_some()).await;
        let told = gateway.ussd.balance("acme", 0).unwrap();
        assert_eq!((told.amount, &*told.text), (Some(12.34), "Your balance is 12.34 EUR"), "{chip:?}");
        gateway.carrier.change(|settings| settings.modem.ussd = "You have 3,50 EUR left".to_owned());
        gateway.until(|_| gateway.ussd.balance("acme", 0).unwrap().amount == Some(3.5)).await;
        // It became low, which is told once.
        gateway.until(|desk| desk.kept() == 1).await;
        tokio::time::sleep(HOUR * 12).await;
        assert_eq!(gateway.desk.kept(), 1, "{chip:?}");
        assert!(gateway.carrier.dialled().iter().all(|dialled| dialled == "*100#"), "{chip:?}");
        gateway.desk.put("Hello");
        gateway.until(|desk| desk.outcomes().len() == 1).await;
    }
}

#[tokio::test(start_paused = true)]
async fn people_ask_the_network_and_wrong_codes_never_reach_the_modem() {
    let gateway = Gateway::start(Settings::default(), |settings| settings.balance = Some(balance(5.0))).await;
    let page = gateway.ussd.ask("acme", 0, "*101#").await.unwrap();
    assert_eq!((&*page.text, page.goes_on), ("Your balance is 12.34 EUR", false));
    for wrong in ["1\rAT+CFUN=0", "\"", ""] {
        assert!(matches!(gateway.ussd.ask("acme", 0, wrong).await, Err(NotAsked::Failed(_))), "{wrong:?}");
    }
    gateway.carrier.pause();
    // The modem is silent, and so is asked nothing more until it is back.
    assert!(gateway.ussd.ask("acme", 0, "*101#").await.is_err());
    gateway.carrier.resume();
    gateway.until(|desk| desk.link(0) == Some(LinkState::Up)).await;
    assert!(gateway.ussd.ask("acme", 0, "*101#").await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn what_the_network_asks_is_answered_by_a_menu() {
    let gateway = Gateway::start(Settings::default(), |settings| settings.number = OURS.to_owned()).await;
    gateway.carrier.ask_sim("Renew?");
    gateway.until(|_| gateway.carrier.dialled() == ["1 Balance"]).await;
    gateway.carrier.ask_sim("1");
    gateway.until(|_| gateway.carrier.dialled() == ["1 Balance", "12 EUR"]).await;
    gateway.desk.put("Hello");
    gateway.until(|desk| desk.outcomes().len() == 1).await;
}
