//! Kannel is our customer: it binds as a client, sends through us what it is asked to, and calls back with the receipts
//! it got.

use super::boxes::{self, Sent};
use crate::harness::{Gateway, Http, Plan, Process, Webhook, carrier, free_port, password_of};
use postrider_simulator::carrier::Part;

/// What Kannel calls back with: the carrier's answer, and delivery.
const SUBMITTED: &str = "type=8";
const DELIVERED: &str = "type=1";

#[tokio::test]
async fn kannel_is_served() {
    let carrier = carrier().await;
    let gateway = Plan::simple(carrier.address()).start().await;
    let mut callbacks = Webhook::listen().await;
    let kannel = Kannel::start(&gateway).await;

    let long = "Franz jagt im komplett verwahrlosten Taxi quer durch Bayern. ".repeat(5);
    let texts = [
        ("491700000001", "0", "Grüße @ {Kannel} €"),
        ("491700000002", "2", "Привет, мир 日本"),
        ("491700000003", "0", long.trim_end()),
    ];
    for (to, coding, text) in texts {
        let sent = Sent { from: "Postrider", to, coding, text, callback: callbacks.url() };
        boxes::send(&kannel.http, &sent).await;
        let first = callbacks.any().await;
        assert!(first.target.contains(SUBMITTED), "{}", first.target);
        let last = callbacks.any().await;
        assert!(last.target.contains(DELIVERED) && last.target.contains(to), "{}", last.target);
    }

    let parts = carrier.accepted();
    for (to, _, text) in texts {
        let mut parts: Vec<&Part> = parts.iter().filter(|part| part.destination == to).collect();
        parts.sort_by_key(|part| part.concat().map(|concat| concat.number));
        assert_eq!(parts.iter().map(|part| part.text()).collect::<String>(), text);
    }
}

/// A running Kannel: the box that holds the connections, and the box that takes messages.
pub(super) struct Kannel {
    http: Http,
    _boxes: [Process; 2],
}

impl Kannel {
    /// Starts Kannel, and waits until it is bound to the gateway and takes messages.
    async fn start(gateway: &Gateway) -> Self {
        Self::calling(gateway, free_port()).await
    }

    /// The same, which calls this port of this machine with what handsets write.
    pub(super) async fn calling(gateway: &Gateway, inbound: u16) -> Self {
        let folder = gateway.folder();
        let [admin, send] = [free_port(), free_port()];
        let words = [
            ("ADMIN", admin.to_string()),
            ("BOX", free_port().to_string()),
            ("SEND", send.to_string()),
            ("SMPP", gateway.smpp_address().port().to_string()),
            ("INBOUND", inbound.to_string()),
            ("PASSWORD", password_of("shop")),
        ];
        boxes::configure("kannel.conf", folder, &words);
        let bearerbox = boxes::start("bearerbox", "kannel.conf", folder);
        boxes::bound(admin).await;

        let smsbox = boxes::start("smsbox", "kannel.conf", folder);
        Self { http: boxes::listening(send).await, _boxes: [smsbox, bearerbox] }
    }
}
