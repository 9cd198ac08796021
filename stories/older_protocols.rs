//! Carriers that speak EMI/UCP or CIMD2 are upstreams like any other: texts reach handsets, receipts and replies come back,
//! and nothing that was accepted is lost when the gateway is killed.

use crate::crowd::{Customers, Deaths, Dice};
use crate::doctor::Report;
use crate::harness::{Gateway, Plan, Webhook, carrier_with, eventually, within};
use postrider_simulator::carrier::{Carrier, Delay, Part, Protocol, Recording, Settings};
use serde_json::json;
use std::time::{Duration, SystemTime};

/// How often the gateway is killed.
const KILLS: usize = 5;
/// What may be in flight to the carrier: so many parts on each of so many sessions.
const WINDOW: u64 = 20;
const SESSIONS: u64 = 2;
/// Messages that each customer sends between two kills at most.
const MORE: usize = 100;
/// How long the end may take.
const AFTERMATH: Duration = Duration::from_secs(60);

/// A protocol, and what its carriers say.
struct Case {
    protocol: Protocol,
    /// Its declaration.
    declared: &'static str,
    /// The carrier's codes for a wrong number, for one that can't be reached, and for a wrong password.
    refused: &'static str,
    unreachable: &'static str,
    stranger: &'static str,
}

const UCP: Case = Case {
    protocol: Protocol::Ucp,
    declared: "protocol = 'ucp'\nlogin = '60006'",
    refused: "06 recipient invalid",
    unreachable: "108 delivery failed",
    stranger: "07 authentication failure",
};

const CIMD2: Case = Case {
    protocol: Protocol::Cimd2,
    declared: "protocol = 'cimd2'\nuser = '60006'",
    refused: "300 incorrect destination address",
    unreachable: "1 unknown subscriber",
    stranger: "100 invalid login",
};

impl Case {
    async fn carrier(&self, settings: Settings) -> Carrier {
        carrier_with(Settings { protocol: self.protocol, ..settings }).await
    }

    /// A gateway whose one upstream speaks the protocol.
    fn plan(&self, carrier: &Carrier) -> Plan {
        let (host, port) = (carrier.address().ip(), carrier.address().port());
        let declared = self.declared;
        Plan::new()
            .with(&format!(
                "[upstreams.acme]\n{declared}\nhost = '{host}'\nport = {port}\npassword = 'secret'\n\
                 reconnect_max = '1s'\nsession_timeout = '1s'\nwindow = {WINDOW}\nbinds = {SESSIONS}"
            ))
            .route("world", "", &["acme"])
            .account("shop")
            .with("numbers.60006.account = 'shop'")
    }
}

#[tokio::test]
async fn texts_go_out_by_ucp_and_receipts_and_replies_come_back() {
    texts_go_out_and_come_back(&UCP).await;
}

#[tokio::test]
async fn texts_go_out_by_cimd2_and_receipts_and_replies_come_back() {
    texts_go_out_and_come_back(&CIMD2).await;
}

async fn texts_go_out_and_come_back(case: &Case) {
    let strict = Settings {
        system_id: Some("60006".to_owned()),
        password: Some("secret".to_owned()),
        ..Settings::default()
    };
    let carrier = case.carrier(strict).await;
    let mut webhook = Webhook::listen().await;
    let gateway = case.plan(&carrier).webhook("shop", &webhook).start().await;
    let shop = gateway.http("shop");

    let long =
        "Zw\u{f6}lf Boxk\u{e4}mpfer jagen Viktor f\u{fc}r 5 \u{20ac} quer \u{fc}ber den Sylter Deich. "
            .repeat(4);
    for (from, text, parts) in [
        ("Postrider", "Gr\u{fc}\u{df}e von der Post", 1),
        ("60006", long.as_str(), 2),
        ("+447700900001", "\u{41f}\u{440}\u{438}\u{432}\u{435}\u{442} \u{263a}", 1),
    ] {
        carrier.forget();
        let before = carrier.counts().accepted;
        let id = shop.send_with(json!({ "from": from, "to": "+491700000001", "text": text })).await;
        let told = webhook.until(|told| told.body["type"] == "message.delivered").await;
        assert_eq!(told.body["data"]["id"], id.as_str());
        let arrived = within("every part", carrier.accepted_at_least(before + parts)).await;
        let whole: String = arrived.iter().map(Part::text).collect();
        assert_eq!((whole.as_str(), arrived[0].source.as_str()), (text, from.trim_start_matches('+')));
    }

    carrier.say("60006", "491700000001", "60006", "Hi @ you, 5 \u{20ac}");
    let told = webhook.until(|told| told.body["type"] == "message.received").await;
    let data = &told.body["data"];
    assert_eq!((&data["from"], &data["text"]), (&json!("+491700000001"), &json!("Hi @ you, 5 \u{20ac}")));

    // Numbers with fates of their own.
    let refused = shop.send("+15005550001", "one").await;
    let refused = shop.message_in(&refused, "rejected").await;
    assert_eq!(refused["error"]["code"], "invalid_recipient");
    assert_eq!(refused["error"]["carrier_code"], case.refused);
    let unreachable = shop.send("+15005550002", "two").await;
    let unreachable = shop.message_in(&unreachable, "undelivered").await;
    assert_eq!(unreachable["error"]["carrier_code"], case.unreachable);
}

#[tokio::test]
async fn a_wrong_password_is_found_by_the_doctor() {
    for case in [UCP, CIMD2] {
        let strict = Settings { password: Some("other".to_owned()), ..Settings::default() };
        let carrier = case.carrier(strict).await;
        let gateway = case.plan(&carrier).start().await;
        let report = Report::of(&gateway).await;
        let expected = format!("the carrier refused the login: {}", case.stranger);
        assert_eq!(report.failed("login")["found"], expected);
        carrier.change(|settings| settings.password = None);
        let report = Report::of(&gateway).await;
        let steps: Vec<&str> =
            report.findings.iter().map(|finding| finding["step"].as_str().unwrap()).collect();
        assert!(report.well && steps == ["resolve", "connect", "login"], "{report:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_accepted_goes_by_ucp_though_the_gateway_is_killed_in_mid_window() {
    is_killed_in_mid_window(&UCP).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_accepted_goes_by_cimd2_though_the_gateway_is_killed_in_mid_window() {
    is_killed_in_mid_window(&CIMD2).await;
}

async fn is_killed_in_mid_window(case: &Case) {
    let mut dice = Dice::thrown();
    let span = |least, most| Delay::between(Duration::from_millis(least), Duration::from_millis(most));
    let carrier = case
        .carrier(Settings {
            answer_delay: span(5, 40),
            receipt_delay: span(0, 100),
            recording: Recording::Parts(1_000_000),
            seed: dice.seed(),
            ..Settings::default()
        })
        .await;
    let webhook = Webhook::listen().await;
    let plan = case.plan(&carrier).with("log.level = 'info'").account("web").webhook("web", &webhook);
    let mut gateway = plan.start().await;
    let mut customers = Customers::start(&[&gateway], webhook);
    let mut deaths = Deaths::default();
    for _ in 0..KILLS {
        customers.send(MORE);
        let enough = carrier.counts().submitted + 1 + dice.below(100);
        within("parts to come", carrier.until(|counts| counts.submitted >= enough)).await;
        die(&mut gateway, &carrier, &mut deaths).await;
        // Names of parts have seconds: of a gateway that is killed twice within one, they don't tell its parts apart.
        let next = SystemTime::now() + Duration::from_secs(1);
        gateway.start_again().await;
        eventually("another second", async || (SystemTime::now() > next).then_some(())).await;
    }
    let promises = customers.stop();
    tokio::time::timeout(AFTERMATH, promises.all_told()).await.unwrap_or_else(|_| {
        panic!("after {AFTERMATH:?} customers were not told of {:?}", promises.untold());
    });
    gateway.stop().await;
    let books = gateway.books().messages();
    deaths.judge(&carrier.accepted(), &books, &promises.accepted());
}

async fn die(gateway: &mut Gateway, carrier: &Carrier, deaths: &mut Deaths) {
    gateway.kill().await;
    // What was on the wire has come then.
    within("the connections to end", carrier.until(|counts| counts.connections == 0)).await;
    deaths.note("", WINDOW * SESSIONS);
}
