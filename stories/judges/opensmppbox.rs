//! Kannel is a carrier of ours: we bind to its opensmppbox, and its bearerbox hands what we send to a network, whose
//! receipts come back to us by the same way.
//!
//! It puts the parts of a long text together before it sends it on, and cuts it anew; so one receipt of the network's becomes
//! one for each part of ours.

use super::boxes;
use super::tools;
use crate::harness::{Plan, Process, carrier_with, eventually, free_port};
use postrider_simulator::carrier::{Answer, Carrier, Fate, Part, Settings, State};
use postrider_wire::smpp::Status;
use serde_json::Value;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

/// A handset that is never reached.
const UNREACHABLE: &str = "700000008";
/// A number that the network doesn't know.
const UNKNOWN: &str = "700000009";

/// Ways to bind and to send long texts, each by its system_type, by which opensmppbox tells customers apart. The
/// identifiers of the older version are the beginnings of those that it would have given else.
const WAYS: [(&str, &str); 5] = [
    ("udh8", "long = 'udh8'"),
    ("udh16", "long = 'udh16'"),
    ("payload", "long = 'payload'"),
    ("pair", "mode = 'transmitter_receiver'"),
    ("old", "mode = 'transmitter_receiver'\nversion = '3.3'"),
];

#[tokio::test]
async fn opensmppbox_is_a_carrier_of_ours() {
    let (network, folder) = (network().await, tempfile::tempdir().unwrap());
    let theirs = Theirs::start(&network, folder.path()).await;
    let mut plan =
        Plan::new().account("shop").with("accounts.shop.sender = 'Postrider'\naccounts.shop.refuse_to = []");
    for (index, (way, lines)) in WAYS.into_iter().enumerate() {
        let lines = format!("[upstreams.{way}]\nsystem_type = '{way}'\n{lines}");
        plan = plan.upstream(way, theirs.address).with(&lines).route(way, &format!("4{index}"), &[way]);
    }
    let gateway = plan.start().await;
    let shop = gateway.http("shop");
    let long = "Zwölf Boxkämpfer [jagen] Viktor quer über den großen Sylter Deich. ".repeat(6);
    let wide = "Ξεσκεπάζω την ψυχοφθόρα βδελυγμία 😀. ".repeat(6);
    let texts = [
        ("700000001", "Zwölf @ {Boxkämpfer} €", "delivered"),
        ("700000002", "Привет, мир 😀", "delivered"),
        ("700000003", &long, "delivered"),
        ("700000004", &wide, "delivered"),
        (UNREACHABLE, "Hello", "undelivered"),
        (UNREACHABLE, &long, "undelivered"),
        (UNKNOWN, "Hello", "undelivered"),
        (UNKNOWN, &long, "undelivered"),
    ];

    let mut sent = Vec::new();
    for index in 0..WAYS.len() {
        for (number, text, state) in texts {
            let to = format!("4{index}{number}");
            sent.push((shop.send(&format!("+{to}"), text).await, to, text, state));
        }
    }
    for (id, to, text, state) in sent {
        shop.message_in(&id, state).await;
        if state == "delivered" {
            reads(&network, &to, text);
        }
    }
}

#[tokio::test]
async fn opensmppbox_ends_a_session_when_another_binds() {
    let (network, folder) = (network().await, tempfile::tempdir().unwrap());
    let theirs = Theirs::start(&network, folder.path()).await;
    let lines = "[upstreams.acme]\nsystem_type = 'udh8'\nbinds = 2\nsession_timeout = '5m'";
    let plan = Plan::simple(theirs.address).with(lines);
    let gateway = plan.with("accounts.shop.sender = 'Postrider'").start().await;
    let (shop, admin) = (gateway.http("shop"), gateway.admin());

    let settled = async || {
        let upstream = admin.get("/v1/upstreams/acme").await.ok();
        let links = upstream["links"].as_array()?;
        let gave_way =
            |link: &Value| link["reason"].as_str().is_some_and(|why| why.contains("as whenever another"));
        (links.iter().any(gave_way) && links.iter().any(|link| link["state"] == "up")).then_some(())
    };
    eventually("one session to give way to the other", settled).await;
    assert!(theirs.log().contains("Multiple login: disconnect."));
    for number in 0..3 {
        let to = format!("4917000001{number:02}");
        let id = shop.send(&format!("+{to}"), "Hello").await;
        shop.message_in(&id, "delivered").await;
        reads(&network, &to, "Hello");
    }
}

#[tokio::test]
async fn opensmppbox_lets_nobody_in_while_its_bearerbox_is_away() {
    let (network, folder) = (network().await, tempfile::tempdir().unwrap());
    let mut theirs = Theirs::start(&network, folder.path()).await;
    let plan = Plan::simple(theirs.address).with("upstreams.acme.system_type = 'udh8'");
    let gateway = plan.with("accounts.shop.sender = 'Postrider'").start().await;
    let (shop, admin) = (gateway.http("shop"), gateway.admin());
    let id = shop.send("+4917000001", "Hello").await;
    shop.message_in(&id, "delivered").await;

    theirs.bearerbox.kill().await;
    let turned_away = async || {
        let link = admin.get("/v1/upstreams/acme").await.ok()["links"][0].clone();
        link["reason"].as_str()?.contains("before the bind was answered").then_some(())
    };
    eventually("a bind to be turned away", turned_away).await;
    let id = shop.send("+4917000002", "Hello again").await;
    theirs.start_bearerbox().await;
    shop.message_in(&id, "delivered").await;
    reads(&network, "4917000002", "Hello again");
}

#[tokio::test]
async fn opensmppbox_brings_what_handsets_write() {
    let (network, folder) = (network().await, tempfile::tempdir().unwrap());
    let theirs = Theirs::start(&network, folder.path()).await;
    let plan = Plan::simple(theirs.address)
        .with("upstreams.acme.system_type = 'udh8'\nnumbers.12345.account = 'shop'\naccounts.shop.sender = 'Postrider'");
    let gateway = plan.start().await;
    let shop = gateway.http("shop");
    // The way is open once something has gone out on it.
    let id = shop.send("+4917000001", "Hello").await;
    shop.message_in(&id, "delivered").await;

    let wide = "Ξεσκεπάζω την ψυχοφθόρα βδελυγμία 😀. ";
    let texts = ["Zwölf @ {Boxkämpfer} €", "Yes please", wide];
    for text in texts {
        network.say("carrier", "4917000001", "12345", text);
    }
    let all = async || {
        let page = shop.get("/v1/inbound").await.ok();
        let found: Vec<Value> = page["messages"].as_array()?.iter().rev().cloned().collect();
        (found.len() == texts.len()).then_some(found)
    };
    let mut found: Vec<String> = eventually("what handsets wrote", all)
        .await
        .iter()
        .inspect(|message| assert!(message["from"].as_str().unwrap().ends_with("4917000001"), "{message}"))
        .map(|message| message["text"].as_str().unwrap().to_owned())
        .collect();
    let mut expected = texts.map(str::trim_end);
    found.iter_mut().for_each(|text| text.truncate(text.trim_end().len()));
    found.sort_unstable();
    expected.sort_unstable();
    assert_eq!(found, expected, "{}", theirs.log());
}

/// Whether the handset with this number read the text.
fn reads(network: &Carrier, to: &str, text: &str) {
    let parts = network.accepted();
    let mut parts: Vec<&Part> = parts.iter().filter(|part| part.destination == to).collect();
    parts.sort_by_key(|part| part.concat().map(|concat| concat.number));
    assert_eq!(parts.iter().map(|part| part.text()).collect::<String>(), text, "{to}");
    assert!(parts.iter().all(|part| part.source == "Postrider" && part.source_ton == 5), "{parts:?}");
}

/// A network in which one handset of each range is never reached, and one number is unknown.
async fn network() -> Carrier {
    let mut settings = Settings::default();
    let unknown = Fate { answer: Answer::Refuse(Status::RINVDSTADR), ..Fate::ends(&[]) };
    for index in 0..WAYS.len() {
        let mut is =
            |number: &str, fate: &Fate| settings.fates.insert(format!("4{index}{number}"), fate.clone());
        is(UNREACHABLE, &Fate::ends(&[State::Undeliverable]));
        is(UNKNOWN, &unknown);
    }
    carrier_with(settings).await
}

/// The carrier's two boxes.
pub(super) struct Theirs {
    pub(super) address: SocketAddr,
    folder: PathBuf,
    /// The administrator's port of the bearerbox.
    admin: u16,
    bearerbox: Process,
    door: Process,
}

impl Theirs {
    /// Starts them, and waits until customers can bind.
    pub(super) async fn start(network: &Carrier, folder: &Path) -> Self {
        let [admin, smpp] = [free_port(), free_port()];
        let words = [
            ("ADMIN", admin.to_string()),
            ("BOX", free_port().to_string()),
            ("NETWORK", network.address().port().to_string()),
            ("SMPP", smpp.to_string()),
        ];
        boxes::configure("bearerbox.conf", folder, &words);
        let bearerbox = boxes::start("bearerbox", "bearerbox.conf", folder);
        boxes::bound(admin).await;

        boxes::configure("opensmppbox.conf", folder, &words);
        let logins = WAYS.map(|(way, _)| format!("postrider pw {way} 127.0.0.1\n"));
        std::fs::write(folder.join("opensmppbox.logins"), logins.concat()).unwrap();
        let program = tools::installed("opensmppbox/opensmppbox");
        let door = boxes::start_at(&program, "opensmppbox.conf", folder);
        let listens = async || door.log().contains("Waiting for SMPP connections").then_some(());
        eventually("opensmppbox to listen", listens).await;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, smpp));
        Self { address, folder: folder.to_owned(), admin, bearerbox, door }
    }

    /// Starts the bearerbox again after it was killed.
    async fn start_bearerbox(&mut self) {
        self.bearerbox = boxes::start("bearerbox", "bearerbox.conf", &self.folder);
        boxes::bound(self.admin).await;
    }

    /// What the box said that customers bind to.
    fn log(&self) -> String {
        self.door.log()
    }
}
