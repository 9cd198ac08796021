//! TLS at every door. Two gateways in a row: who can be trusted is sent to, who can't is sent nothing and the
//! administrator is told why. Customers over HTTPS, and certificates that are renewed while the gateway runs.

use crate::harness::{
    Authority, Certified, Client, Gateway, Http, Older, Plan, carrier, eventually, free_port, password_of,
    text_to, within,
};
use postrider_simulator::carrier::{Carrier, Part};
use postrider_wire::smpp::pdu::{Bind, BindMode};
use serde_json::json;
use std::collections::HashSet;
use std::net::SocketAddr;
use std::path::Path;
use tokio::net::TcpStream;

/// Messages of one client at once, which fit its window and still go in more than one record of TLS.
const CROWD: usize = 90;

#[tokio::test]
async fn who_an_authority_vouches_for_is_sent_to_and_the_receipts_come_back() {
    let authority = Authority::new("the authority");
    let row = Row::behind(&authority.certify("127.0.0.1")).await;
    let near = row.near(&trusting(&authority.ca_file())).start().await;
    let mut shop = near.smpp("shop", BindMode::Transceiver).await;

    let messages: Vec<String> = (0..CROWD).map(|n| format!("Under seal, number {n:02}")).collect();
    let asked: Vec<_> =
        messages.iter().map(|text| shop.ask(&text_to("+491700000001", text.as_bytes()))).collect();
    let mut sent = HashSet::new();
    for asked in asked {
        sent.insert(asked.answer().await.message_id());
    }
    while !sent.is_empty() {
        let receipt = shop.receipt().await;
        assert_eq!(receipt.stat, "DELIVRD");
        assert!(sent.remove(&receipt.id), "told twice, or never sent: {receipt:?}");
    }
    let mut texts: Vec<String> = row.carrier.accepted().iter().map(Part::text).collect();
    texts.sort_unstable();
    assert_eq!(texts, messages);
}

#[tokio::test]
async fn a_certificate_that_is_pinned_needs_no_authority() {
    let certified = Certified::by_itself();
    let row = Row::behind(&certified).await;
    let near = row.near(&pinning(&certified)).start().await;
    let mut shop = near.smpp("shop", BindMode::Transceiver).await;

    let id = shop.submit(&text_to("+491700000001", b"Under seal")).await;
    assert_eq!(shop.receipt().await.id, id);
    assert_eq!(row.carrier.accepted()[0].text(), "Under seal");
}

#[tokio::test]
async fn who_another_authority_vouches_for_is_sent_nothing() {
    let (authority, other) = (Authority::new("the authority"), Authority::new("another authority"));
    let row = Row::behind(&authority.certify("127.0.0.1")).await;
    let (wrong, right) = (trusting(&other.ca_file()), trusting(&authority.ca_file()));
    let words = "the carrier's certificate is not trusted: it is signed by none of the authorities";
    row.waits_until_put_right(&wrong, words, &right).await;
}

#[tokio::test]
async fn who_bears_another_name_is_sent_nothing() {
    let authority = Authority::new("the authority");
    let row = Row::behind(&authority.certify("smpp.example.net")).await;
    let trusted = trusting(&authority.ca_file());
    let right = "upstreams.acme.tls.server_name = 'smpp.example.net'";
    row.waits_until_put_right(&trusted, "not valid for name \"127.0.0.1\"", right).await;
}

#[tokio::test]
async fn who_shows_another_certificate_than_the_pinned_one_is_sent_nothing() {
    let (certified, other) = (Certified::by_itself(), Certified::by_itself());
    let row = Row::behind(&certified).await;
    let words = format!("its fingerprint is {}, which is not the one declared", certified.fingerprint());
    row.waits_until_put_right(&pinning(&other), &words, &pinning(&certified)).await;
}

#[tokio::test]
async fn a_plain_port_is_sent_nothing_where_tls_is_declared() {
    let authority = Authority::new("the authority");
    let row = Row::behind(&authority.certify("127.0.0.1")).await;
    let port = |address: SocketAddr| format!("upstreams.acme.port = {}", address.port());
    let wrong = format!("{}\n{}", trusting(&authority.ca_file()), port(row.far.smpp_address()));
    let words = "closed the connection when it should have spoken TLS";
    row.waits_until_put_right(&wrong, words, &port(row.far.tls_address())).await;
}

#[tokio::test]
async fn an_encrypted_port_is_sent_nothing_where_tls_is_not_declared() {
    let authority = Authority::new("the authority");
    let row = Row::behind(&authority.certify("127.0.0.1")).await;
    row.waits_until_put_right("", "a TLS alert", &trusting(&authority.ca_file())).await;
}

#[tokio::test]
async fn an_authority_that_cannot_be_read_is_told_of_and_read_when_it_is_there() {
    let authority = Authority::new("the authority");
    let row = Row::behind(&authority.certify("127.0.0.1")).await;
    let late = row.far.folder().join("late.pem");
    let mut near = row.near(&trusting(&late)).start().await;
    let shop = near.http("shop");
    let id = shop.send("+491700000001", "Under seal").await;

    let why = why_down(&near).await;
    assert!(why.contains("late.pem: No such file"), "{why}");
    assert_eq!(shop.message(&id).await["state"], "queued");
    std::fs::copy(authority.ca_file(), late).unwrap();
    near.change("");
    shop.message_in(&id, "delivered").await;
}

#[tokio::test]
async fn who_speaks_plainly_at_the_encrypted_port_is_turned_away_and_holds_up_nobody() {
    let authority = Authority::new("the authority");
    let row = Row::behind(&authority.certify("127.0.0.1")).await;
    // Says nothing at all, and waits for the gateway to begin.
    let _silent = within("a connection", TcpStream::connect(row.far.tls_address())).await.unwrap();
    for _ in 0..3 {
        let mut plain = Client::connect(row.far.tls_address()).await;
        plain.ask(&Bind::new(BindMode::Transceiver, b"near", password_of("near").as_bytes()));
        let reason = plain.ended().await.to_string();
        assert!(reason.contains("a TLS alert"), "{reason}");
    }
    row.far.says("no connection came about").await;

    let near = row.near(&trusting(&authority.ca_file())).start().await;
    let id = near.http("shop").send("+491700000001", "Under seal").await;
    near.http("shop").message_in(&id, "delivered").await;
}

#[tokio::test]
async fn a_customer_who_trusts_the_certificate_is_served_over_https() {
    let (authority, other) = (Authority::new("the authority"), Authority::new("another authority"));
    let carrier = carrier().await;
    let certified = authority.certify("127.0.0.1");
    let gateway = Plan::simple(carrier.address()).https(&certified).start().await;
    let shop = gateway.https("shop", &authority);

    let id = shop.send("+491700000001", "Under seal").await;
    shop.message_in(&id, "delivered").await;
    // It is one API by whichever door.
    assert_eq!(gateway.http("shop").message(&id).await["state"], "delivered");
    // The midnight with which the year 4096 begins.
    let expiry = "postrider_tls_cert_expiry_timestamp_seconds{door=\"http.tls\"}";
    assert_eq!(gateway.metric(expiry).await, 67_090_118_400.0);
    assert_eq!(shop.with_key(None).get("/v1/messages").await.status, 401);
    assert!(is_refused(&gateway.https("shop", &other)).await, "who trusts another authority was served");
    gateway.says("a TLS handshake failed").await;
}

#[tokio::test]
async fn who_speaks_plainly_at_the_https_port_is_turned_away_and_holds_up_nobody() {
    let authority = Authority::new("the authority");
    let carrier = carrier().await;
    let certified = authority.certify("127.0.0.1");
    let gateway = Plan::simple(carrier.address()).https(&certified).start().await;
    let shop = gateway.https("shop", &authority);
    let address = shop.base().strip_prefix("https://").unwrap();

    // Says nothing at all, and waits for the gateway to begin.
    let _silent = within("a connection", TcpStream::connect(address)).await.unwrap();
    let plain = Http::new(&format!("http://{address}"), None).get("/healthz").await;
    assert_eq!((plain.status, &plain.body["code"]), (400, &json!("wrong_scheme")));
    let id = shop.send("+491700000001", "Under seal").await;
    shop.message_in(&id, "delivered").await;
}

#[tokio::test]
async fn ucp_and_cimd2_are_encrypted_at_both_ends() {
    let (authority, other) = (Authority::new("the authority"), Authority::new("another authority"));
    let certified = authority.certify("127.0.0.1");
    for (protocol, user) in [(Older::Ucp, "login"), (Older::Cimd2, "user")] {
        let carrier = carrier().await;
        let listen = SocketAddr::from(([127, 0, 0, 1], free_port()));
        let plan = Plan::simple(carrier.address()).account("near").older_tls(protocol, listen, &certified);
        let far = plan.start().await;
        let (word, port) = (protocol.door(), listen.port());
        let upstream = format!(
            "[upstreams.acme]\nprotocol = '{word}'\nhost = '127.0.0.1'\nport = {port}\n{user} = 'near'\n\
             reconnect_max = '1s'\npassword = {{ env = 'NEAR' }}"
        );
        let near = Plan::new().env("NEAR", &password_of("near")).with(&upstream);
        let near = near.with(&trusting(&other.ca_file())).route("world", "", &["acme"]).account("shop");
        let mut near = near.start().await;
        let shop = near.http("shop");
        let id = shop.send("+491700000001", "Under seal").await;
        let why = why_down(&near).await;
        assert!(why.contains("it is signed by none of the authorities"), "{why}");

        near.change(&trusting(&authority.ca_file()));
        shop.message_in(&id, "delivered").await;
        assert_eq!(carrier.accepted()[0].text(), "Under seal");
        let clients = far.admin().get("/v1/clients").await.body;
        let session = &clients["sessions"][0];
        assert_eq!((&session["account"], &session["protocol"]), (&json!("near"), &json!(word)), "{clients}");
    }
}

#[tokio::test]
async fn a_renewed_certificate_is_shown_after_a_reload_and_nobody_is_disturbed() {
    let (old, new) = (Authority::new("the old authority"), Authority::new("the new authority"));
    let certified = old.certify("127.0.0.1");
    let carrier = carrier().await;
    let plan = Plan::simple(carrier.address()).account("near").account("late");
    let mut far = plan.https(&certified).tls(&certified).start().await;
    let row = |account, authority: &Authority| {
        let near = Plan::simple(far.tls_address()).bound_as("acme", account);
        near.with(&trusting(&authority.ca_file()))
    };
    let (near, late) = (row("near", &old).start().await, row("late", &new).start().await);
    let early = near.http("shop").send("+491700000001", "before").await;
    near.http("shop").message_in(&early, "delivered").await;
    let waiting = late.http("shop").send("+491700000001", "for the new one").await;
    assert!(why_down(&late).await.contains("it is signed by none of the authorities"));

    certified.renew(&new.certify("127.0.0.1"));
    far.change("");
    far.says("the certificate of http.tls is another one").await;
    far.says("the certificate of smpp.tls is another one").await;

    assert_eq!(far.https("shop", &new).get("/v1/messages").await.status, 200);
    assert!(is_refused(&far.https("shop", &old)).await, "the old certificate is still shown");
    late.http("shop").message_in(&waiting, "delivered").await;
    // The session that was open goes on, though nobody could open it now.
    let id = near.http("shop").send("+491700000001", "after").await;
    near.http("shop").message_in(&id, "delivered").await;
    assert_eq!(far.log().matches("a session is bound").count(), 2);
}

#[tokio::test]
async fn a_certificate_that_cannot_be_used_changes_nothing_and_is_explained() {
    let authority = Authority::new("the authority");
    let certified = authority.certify("127.0.0.1");
    let carrier = carrier().await;
    let mut gateway = Plan::simple(carrier.address()).https(&certified).start().await;

    std::fs::copy(authority.certify("127.0.0.1").key_file(), certified.key_file()).unwrap();
    gateway.change("accounts.shop.sender = 'New'");
    gateway.says("configuration not reloaded").await;
    gateway.says("this is not the key of the certificate").await;

    let id = gateway.https("shop", &authority).send("+491700000001", "as before").await;
    let message = gateway.https("shop", &authority).message_in(&id, "delivered").await;
    assert_eq!(message.get("from"), None, "half of the file was put in force");
}

/// Whether somebody can't even get an answer.
async fn is_refused(customer: &Http) -> bool {
    customer.ask(reqwest::Method::GET, "/healthz", &[], None).await.is_err()
}

/// The far gateway, with an encrypted port, and the carrier behind it.
struct Row {
    carrier: Carrier,
    far: Gateway,
}

impl Row {
    /// Has the far gateway show this certificate.
    async fn behind(certified: &Certified) -> Self {
        let carrier = carrier().await;
        let plan = Plan::simple(carrier.address()).account("near").tls(certified);
        Self { far: plan.start().await, carrier }
    }

    /// The near gateway, which sends by the far one, and what it is told of TLS.
    fn near(&self, tls: &str) -> Plan {
        Plan::simple(self.far.tls_address()).bound_as("acme", "near").with(tls)
    }

    /// A message waits while the declaration is wrong, `words` tell the administrator why, and it is delivered when
    /// the declaration is right.
    async fn waits_until_put_right(&self, wrong: &str, words: &str, right: &str) {
        let mut near = self.near(wrong).start().await;
        let shop = near.http("shop");
        let id = shop.send("+491700000001", "Under seal").await;

        let why = why_down(&near).await;
        assert!(why.contains(words), "{why}");
        assert_eq!(shop.message(&id).await["state"], "queued");
        assert!(!self.far.log().contains("a session is bound"), "the near gateway gave its password away");
        assert_eq!(self.carrier.counts().submitted, 0);

        near.change(right);
        shop.message_in(&id, "delivered").await;
        assert_eq!(self.carrier.counts().submitted, 1);
    }
}

/// What declares trust in what an authority signs.
fn trusting(ca_file: &Path) -> String {
    format!("upstreams.acme.tls = {{ verify = 'ca_file', ca_file = '{}' }}", ca_file.display())
}

/// What declares trust in one certificate.
fn pinning(certified: &Certified) -> String {
    let fingerprint = certified.fingerprint();
    format!("upstreams.acme.tls = {{ verify = 'fingerprint', fingerprint = '{fingerprint}' }}")
}

/// Why the link is down, as the administrator is told.
async fn why_down(gateway: &Gateway) -> String {
    let admin = gateway.admin();
    let ask = async || {
        let link = admin.get("/v1/upstreams/acme").await.ok()["links"][0].clone();
        Some(link["reason"].as_str()?.to_owned())
    };
    eventually("the reason why the link is down", ask).await
}
