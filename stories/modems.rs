//! A GSM modem on a serial line is an upstream like any other: texts reach handsets, status reports and replies come back, and
//! nothing is lost when the gateway is killed in the middle of a text or the modem is pulled out.

use crate::doctor::Report;
use crate::harness::{Gateway, Plan, Webhook, carrier_with, eventually, within};
use postrider_link::serial::Serial;
use postrider_simulator::carrier::{Carrier, Chip, Delay, Heard, ModemForm, Part, Protocol, Settings};
use postrider_simulator::handset::Handsets;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;

const HANDSET: &str = "+447700900123";
/// The SIM's number.
const OURS: &str = "+15005550100";
/// That of a second SIM.
const OTHER: &str = "+15005550200";
/// How often the gateway is killed.
const KILLS: u64 = 4;

/// A simulated modem that is plugged in at a path.
struct Modem {
    carrier: Carrier,
    folder: TempDir,
}

impl Modem {
    async fn plugged_in(settings: Settings) -> Self {
        let carrier = carrier_with(Settings { protocol: Protocol::Modem, ..settings }).await;
        let modem = Self { carrier, folder: tempfile::tempdir().unwrap() };
        modem.plug_in();
        modem
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("modem")
    }

    fn plug_in(&self) {
        let (line, terminal) = Serial::pseudo().unwrap();
        drop(self.carrier.attach(line));
        let _ = std::fs::remove_file(self.path());
        std::os::unix::fs::symlink(terminal, self.path()).unwrap();
    }

    async fn pull_out(&self) {
        self.carrier.cut();
        within("the line to end", self.carrier.until(|counts| counts.connections == 0)).await;
    }
}

fn plan(device: &Path) -> Plan {
    let device = device.display();
    Plan::new()
        .with(&format!(
            "[upstreams.acme]\nprotocol = 'modem'\ndevice = '{device}'\nreconnect_max = '1s'\ncheck_every = '5s'"
        ))
        .route("world", "", &["acme"])
        .account("shop")
        .with(&format!("numbers.sim = {{ number = '{OURS}', account = 'shop' }}"))
}

async fn up(gateway: &Gateway) {
    eventually("the modem to be ready", async || {
        (gateway.metric("postrider_upstream_up{upstream=\"acme\"}").await > 0.0).then_some(())
    })
    .await;
}

#[tokio::test]
async fn texts_go_out_by_a_modem_and_status_reports_and_replies_come_back() {
    for chip in [Chip::Plain, Chip::Huawei] {
        let form = ModemForm { chip, pin: Some("1234".to_owned()), ..ModemForm::default() };
        let modem = Modem::plugged_in(Settings { modem: form, ..Settings::default() }).await;
        let mut webhook = Webhook::listen().await;
        let plan = plan(&modem.path()).with("upstreams.acme.pin = '1234'");
        let gateway = plan.webhook("shop", &webhook).start().await;
        let shop = gateway.http("shop");
        let long =
            "Zw\u{f6}lf Boxk\u{e4}mpfer jagen Viktor f\u{fc}r 5 \u{20ac} quer \u{fc}ber den Sylter Deich. "
                .repeat(4);
        for (text, parts) in [
            ("Gr\u{fc}\u{df}e von der Post", 1),
            (long.as_str(), 2),
            ("\u{41f}\u{440}\u{438}\u{432}\u{435}\u{442} \u{263a}", 1),
        ] {
            modem.carrier.forget();
            let before = modem.carrier.counts().accepted;
            let id = shop.send(HANDSET, text).await;
            let told = webhook.until(|told| told.body["type"] == "message.delivered").await;
            assert_eq!(told.body["data"]["id"], id.as_str());
            let arrived = within("every part", modem.carrier.accepted_at_least(before + parts)).await;
            assert_eq!(arrived.iter().map(Part::text).collect::<String>(), text);
        }
        for text in ["Hi @ you, 5 \u{20ac}", &"a long reply ".repeat(20)] {
            modem.carrier.say("modem", HANDSET, OURS, text);
            let told = webhook.until(|told| told.body["type"] == "message.received").await;
            let data = &told.body["data"];
            assert_eq!(
                (&data["from"], &data["to"], data["text"].as_str().map(str::trim)),
                (&json!(HANDSET), &json!(OURS), Some(text.trim()))
            );
        }
        let refused = shop.send("+15005550001", "one").await;
        let refused = shop.message_in(&refused, "rejected").await;
        assert_eq!(refused["error"]["carrier_code"], "CMS 1 unassigned number");
        let unreachable = shop.send("+15005550002", "two").await;
        let unreachable = shop.message_in(&unreachable, "undelivered").await;
        assert_eq!(unreachable["error"]["carrier_code"], "43 not obtainable");
        assert!(gateway.metric("postrider_modem_signal_dbm{upstream=\"acme\"}").await < -50.0);
    }
}

#[tokio::test]
async fn what_was_accepted_goes_by_a_modem_though_the_gateway_is_killed_in_the_middle_of_a_text() {
    let slow = Delay::between(Duration::from_millis(50), Duration::from_millis(400));
    let form = ModemForm { patience: Duration::from_secs(3), ..ModemForm::default() };
    let modem = Modem::plugged_in(Settings { answer_delay: slow, modem: form, ..Settings::default() }).await;
    let mut gateway = plan(&modem.path()).start().await;
    let mut sent = Vec::new();
    for round in 0..KILLS {
        let shop = gateway.http("shop");
        for number in 0..6 {
            let text = format!("Text {number} of round {round}");
            sent.push((shop.send(HANDSET, &text).await, text));
        }
        let enough = modem.carrier.counts().submitted + 2;
        within("texts to come", modem.carrier.until(|counts| counts.submitted >= enough)).await;
        gateway.kill().await;
        // Handsets write meanwhile.
        modem.carrier.say("modem", HANDSET, OURS, &format!("Reply {round}"));
        gateway.start_again().await;
    }
    let shop = gateway.http("shop");
    for (id, _) in &sent {
        shop.message_in(id, "delivered").await;
    }
    within("the replies", modem.carrier.until(|counts| counts.inbound_taken >= KILLS)).await;
    gateway.stop().await;
    let mut arrived: HashMap<String, u64> = HashMap::new();
    for part in modem.carrier.accepted() {
        *arrived.entry(part.text()).or_default() += 1;
    }
    let books = gateway.books().messages();
    for (id, text) in &sent {
        let times = arrived.get(text).copied().unwrap_or_default();
        assert!(times >= 1, "'{text}' was lost");
        assert!(times == 1 || books[id].possible_duplicate, "'{text}' came {times} times, without a mark");
    }
    assert_eq!(arrived.len(), sent.len());
}

#[tokio::test]
async fn a_modem_that_is_pulled_out_and_plugged_in_again_goes_on() {
    let modem = Modem::plugged_in(Settings::default()).await;
    let gateway = plan(&modem.path()).start().await;
    let shop = gateway.http("shop");
    up(&gateway).await;
    modem.pull_out().await;
    eventually("the loss to be seen", async || {
        (gateway.metric("postrider_upstream_up{upstream=\"acme\"}").await < 1.0).then_some(())
    })
    .await;
    let id = shop.send(HANDSET, "Hello").await;
    modem.plug_in();
    shop.message_in(&id, "delivered").await;
}

/// Two modems, the first of one network, with limits for a day, as one upstream.
fn plan_of_two(first: &Modem, second: &Modem) -> Plan {
    let [one, two] = [first, second].map(|modem| modem.path().display().to_string());
    Plan::new()
        .with(&format!(
            "[upstreams.sims]\nprotocol = 'modem'\nreconnect_max = '1s'\ncheck_every = '5s'\n\
             [[upstreams.sims.modems]]\ndevice = '{one}'\nnumber = '{OURS}'\nlimits = {{ day = 12, month = 100 }}\n\
             [[upstreams.sims.modems]]\ndevice = '{two}'\nnumber = '{OTHER}'\nlimits = {{ day = 40 }}"
        ))
        .route("world", "", &["sims"])
        .account("shop")
        .with(&format!("numbers.one = {{ number = '{OURS}', account = 'shop' }}"))
        .with(&format!("numbers.two = {{ number = '{OTHER}', account = 'shop' }}"))
}

#[tokio::test]
async fn two_sims_are_one_upstream_and_one_that_is_pulled_out_costs_nothing() {
    let form = |number: &str| ModemForm { number: number.to_owned(), ..ModemForm::default() };
    let settings = |number| Settings {
        modem: form(number),
        answer_delay: Delay::between(Duration::from_millis(20), Duration::from_millis(120)),
        ..Settings::default()
    };
    let (first, second) = (Modem::plugged_in(settings(OURS)).await, Modem::plugged_in(settings(OTHER)).await);
    let mut webhook = Webhook::listen().await;
    let mut gateway = plan_of_two(&first, &second).webhook("shop", &webhook).start().await;
    let shop = gateway.http("shop");
    until_links(&gateway, ["up", "up"]).await;
    let mut sent = Vec::new();
    for number in 0..30 {
        let text =
            format!("Text {number} {}", if number % 10 == 9 { "long ".repeat(40) } else { String::new() });
        sent.push((shop.send(HANDSET, text.trim()).await, text.trim().to_owned()));
    }
    within("texts by each", first.carrier.until(|counts| counts.accepted >= 3)).await;
    within("texts by each", second.carrier.until(|counts| counts.accepted >= 3)).await;
    second.pull_out().await;
    until_links(&gateway, ["up", "down"]).await;
    // The other goes on up to its limit.
    within("the first one's limit", first.carrier.until(|counts| counts.accepted >= 12)).await;
    second.plug_in();
    until_links(&gateway, ["up", "up"]).await;
    for (id, _) in &sent {
        shop.message_in(id, "delivered").await;
    }
    for (modem, number) in [(&first, OURS), (&second, OTHER)] {
        modem.carrier.say("modem", HANDSET, number, "Hi");
        let told = webhook.until(|told| told.body["type"] == "message.received").await;
        assert_eq!(told.body["data"]["to"], number);
    }
    let used = format!(
        "postrider_bind_limit_used{{upstream=\"sims\",bind=\"{}\",per=\"day\"}}",
        first.path().display()
    );
    eventually("the count", async || (gateway.metric(&used).await >= 12.0).then_some(())).await;
    gateway.stop().await;
    assert!(first.carrier.counts().accepted <= 13, "a long text may go one beyond");
    let books = gateway.books().messages();
    let mut arrived: HashMap<String, u64> = HashMap::new();
    for text in [&first, &second].into_iter().flat_map(|modem| whole_texts(&modem.carrier)) {
        *arrived.entry(text).or_default() += 1;
    }
    for (id, text) in &sent {
        let times = arrived.get(text).copied().unwrap_or_default();
        assert!(times >= 1, "'{text}' was lost");
        assert!(times == 1 || books[id].possible_duplicate, "'{text}' came {times} times, without a mark");
    }
}

/// Waits until the modems of `sims` stand so.
async fn until_links(gateway: &Gateway, states: [&str; 2]) {
    eventually("the modems to stand so", async || {
        let links = gateway.admin().get("/v1/upstreams/sims").await.body["links"].clone();
        let state = |link: &Value| link["state"].as_str().unwrap_or_default().to_owned();
        (links.as_array().unwrap().iter().map(state).collect::<Vec<_>>() == states).then_some(())
    })
    .await;
}

/// The texts whose parts all came by one modem.
fn whole_texts(carrier: &Carrier) -> Vec<String> {
    let mut handsets = Handsets::new();
    let heard = carrier.accepted().into_iter().map(|part| Heard { part, reaches_handset: true });
    heard.filter_map(|heard| handsets.hear(heard)).map(|bubble| bubble.text).collect()
}

#[tokio::test]
async fn a_modem_is_examined_by_the_doctor() {
    let form = ModemForm { pin: Some("1234".to_owned()), ..ModemForm::default() };
    let modem = Modem::plugged_in(Settings { modem: form, ..Settings::default() }).await;
    // The gateway itself would have the line open.
    let address = modem.carrier.address();
    let gateway = Plan::new()
        .with(&format!("[upstreams.acme]\nprotocol = 'modem'\ndevice = 'tcp://{address}'"))
        .route("world", "", &["acme"])
        .account("shop")
        .start()
        .await;
    let report = Report::of(&gateway).await;
    assert_eq!(report.failed("modem")["found"], "the SIM asks for its PIN");
    modem.carrier.change(|settings| settings.modem.pin = None);
    let report = Report::of(&gateway).await;
    let steps: Vec<&str> = report.findings.iter().map(|finding| finding["step"].as_str().unwrap()).collect();
    assert!(report.well && steps == ["line", "modem"], "{report:?}");
    let found = report.findings[1]["found"].as_str().unwrap();
    assert!(found.starts_with("Simulated modem with +15005550100, registered"), "{found}");
    modem.carrier.stop().await;
    let report = Report::of(&gateway).await;
    assert!(report.failed("line")["found"].as_str().unwrap().contains("refused"), "{report:?}");
}
