//! Kannel is a carrier of ours: we bind to its opensmppbox, and its bearerbox hands what we send to a network, whose
//! receipts come back to us by the same way.
//!
//! It puts the parts of a long text together before it sends it on, and cuts it anew; so one receipt of the network's becomes
//! one for each part of ours.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

use postrider_simulator::carrier::{Carrier, Fate, Part, Settings, State};

use crate::boxes;
use crate::harness::{Plan, Process, carrier_with, eventually, free_port};
use crate::tools;

const UNREACHABLE: &str = "491700000009";

#[tokio::test]
async fn opensmppbox_is_a_carrier_of_ours() {
    let network = network().await;
    let folder = tempfile::tempdir().unwrap();
    let theirs = Theirs::start(&network, folder.path()).await;
    let gateway = Plan::simple(theirs.address)
        .with("upstreams.acme.system_type = 'VMA'\naccounts.shop.sender = 'Postrider'")
        .start()
        .await;
    let shop = gateway.http("shop");
    let long = "Zwölf Boxkämpfer [jagen] Viktor quer über den großen Sylter Deich. ".repeat(6);
    let wide = "Ξεσκεπάζω την ψυχοφθόρα βδελυγμία 😀. ".repeat(6);
    let texts = [
        ("491700000001", "Zwölf @ {Boxkämpfer} €"),
        ("491700000002", "Привет, мир 😀"),
        ("491700000003", &long),
        ("491700000004", &wide),
    ];
    for (to, text) in texts {
        let id = shop.send(&format!("+{to}"), text).await;
        shop.message_in(&id, "delivered").await;
        let parts = network.accepted();
        let mut parts: Vec<&Part> = parts.iter().filter(|part| part.destination == to).collect();
        parts.sort_by_key(|part| part.concat().map(|concat| concat.number));
        assert_eq!(parts.iter().map(|part| part.text()).collect::<String>(), text);
        assert!(parts.iter().all(|part| part.source == "Postrider" && part.source_ton == 5), "{parts:?}");
    }
    for text in ["Hello", &long] {
        let id = shop.send(&format!("+{UNREACHABLE}"), text).await;
        shop.message_in(&id, "undelivered").await;
    }
}

/// A network in which one handset is never reached.
async fn network() -> Carrier {
    let mut settings = Settings::default();
    settings.fates.insert(UNREACHABLE.to_owned(), Fate::ends(&[State::Undeliverable]));
    carrier_with(settings).await
}

/// The carrier's two boxes.
struct Theirs {
    address: SocketAddr,
    _boxes: [Process; 2],
}

impl Theirs {
    /// Starts them, and waits until customers can bind.
    async fn start(network: &Carrier, folder: &Path) -> Self {
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
        std::fs::write(folder.join("opensmppbox.logins"), "postrider pw VMA 127.0.0.1\n").unwrap();
        let program = tools::installed("opensmppbox/opensmppbox");
        let door = boxes::start_at(&program, "opensmppbox.conf", folder);
        let listens = async || door.log().contains("Waiting for SMPP connections").then_some(());
        eventually("opensmppbox to listen", listens).await;
        Self { address: SocketAddr::from((Ipv4Addr::LOCALHOST, smpp)), _boxes: [door, bearerbox] }
    }
}
