//! Pictures go as MMS by MM7, scaled and reported; where there is no MMS the text has a link to a page; handsets' pictures come back; and
//! nothing that was accepted is lost when the gateway is killed.

use crate::harness::{Gateway, Http, Plan, Webhook, carrier, eventually};
use postrider_simulator::carrier::Carrier;
use postrider_simulator::mmsc::{Manner, Mmsc, Settings};
use postrider_wire::mm7::{Content, read};
use serde_json::{Value, json};
use std::net::SocketAddr;

/// A picture of one pixel.
const GIF: &[u8] = b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff!\xf9\x04\x01\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;";
/// Where people are told to look.
const PUBLIC: &str = "https://sms.example.org";
const KEY: &str = "0123456789abcdef";
const HANDSET: &str = "+491700000001";

async fn centre() -> Mmsc {
    Mmsc::start("127.0.0.1:0", Settings::default()).await.unwrap()
}

/// A gateway with a centre for media, and a carrier for texts behind it.
fn plan(centre: SocketAddr, carrier: &Carrier) -> Plan {
    Plan::simple(carrier.address())
        .env("MMSC_KEY", KEY)
        .with(&format!(
            "http.public_url = '{PUBLIC}'\nmedia.fetch_private = true\nmedia.size_max = 100000\n\
             [upstreams.mmsc]\nprotocol = 'mm7'\nurl = 'http://{centre}/mm7'\nvaspid = 'v'\nvasid = 's'\n\
             callback_key = {{ env = 'MMSC_KEY' }}\nreconnect_max = '1s'\nresponse_timeout = '2s'\n\
             [numbers.60006]\naccount = 'shop'"
        ))
        .route("world", "", &["mmsc", "acme"])
        .account("other")
}

/// Tells the centre where the gateway is.
fn tell(centre: &Mmsc, gateway: &Gateway) {
    let callback = format!("{}/v1/callbacks/mmsc?key={KEY}", gateway.url());
    centre.change(|settings| settings.callback = Some(callback));
}

async fn upload(account: &Http) -> String {
    let uploaded = account.post_octets("/v1/media", "text/html", GIF.to_vec()).await.with(201);
    assert_eq!((&uploaded["type"], &uploaded["size"]), (&json!("image/gif"), &json!(GIF.len())));
    uploaded["id"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_picture_goes_as_mms_and_a_text_as_sms() {
    let (centre, carrier) = (centre().await, carrier().await);
    let mut webhook = Webhook::listen().await;
    let gateway = plan(centre.address(), &carrier).webhook("shop", &webhook).start().await;
    tell(&centre, &gateway);
    let shop = gateway.http("shop");
    let picture = upload(&shop).await;
    let message = json!({ "from": "60006", "to": HANDSET, "text": "Look & see", "subject": "Hi",
                          "media": [{ "id": picture }] });
    let id = shop.send_with(message).await;

    let taken = centre.taken_at_least(1).await;
    let submit = &taken[0].submit;
    assert_eq!((taken[0].transaction.as_str(), submit.to[0].text.as_str()), (id.as_str(), HANDSET));
    assert_eq!((submit.subject.as_deref(), submit.vaspid.as_deref()), (Some("Hi"), Some("v")));
    let [smil, text, gif] = &taken[0].contents[..] else { panic!("{:?}", taken[0].contents) };
    assert!(smil.content_type.starts_with("application/smil"));
    assert_eq!((&*text.octets, &*gif.octets), (&b"Look & see"[..], GIF));
    assert!(read(&taken[0].raw.0, &taken[0].raw.1).is_ok());
    let told = webhook.until(|told| told.body["type"] == "message.delivered").await;
    assert_eq!(told.body["data"]["id"], id.as_str());
    let shown = shop.message(&id).await;
    assert_eq!((&shown["upstream"], &shown["text"]), (&json!("mmsc"), &json!("Look & see")));
    assert_eq!(shown["media"][0]["type"], "image/gif");
    let content = shop.open(shown["media"][0]["url"].as_str().unwrap(), &[]).await;
    assert_eq!(content.headers()["x-content-type-options"], "nosniff");
    assert_eq!(content.bytes().await.unwrap(), GIF);
    let plain = shop.send(HANDSET, "no picture").await;
    assert_eq!(shop.message_in(&plain, "delivered").await["upstream"], "acme");
    assert_eq!(gateway.metric("postrider_media_total{from=\"account\"}").await, 1.0);
    assert_eq!(centre.report_read(&taken[0]).await, Some(200));
    assert_eq!(gateway.metric("postrider_read_reports_total{upstream=\"mmsc\"}").await, 1.0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_there_is_no_mms_the_text_has_a_link_to_a_page() {
    let (centre, carrier) = (centre().await, carrier().await);
    let gateway = plan(centre.address(), &carrier).start().await;
    tell(&centre, &gateway);
    centre.change(|settings| settings.manner = Manner::Refusing(2003));
    let shop = gateway.http("shop");
    // A URL that the gateway fetches: its own, of what was uploaded, by way of a page.
    let picture = upload(&shop).await;
    let message = json!({ "to": HANDSET, "text": "Look", "media": [{ "id": picture }] });
    let id = shop.send_with(message.clone()).await;
    let shown = shop.message_in(&id, "delivered").await;
    assert_eq!(shown["upstream"], "acme", "{shown}");
    let text = carrier.accepted_at_least(1).await[0].text();
    let (text, link) = text.split_once(' ').unwrap();
    assert_eq!(text, "Look");
    let path = link.strip_prefix(PUBLIC).unwrap();
    assert!(path.starts_with("/m/") && path.len() == 25, "{path}");

    let stranger = gateway.stranger();
    let page = stranger.open(path, &[]).await;
    assert_eq!(page.status(), 200);
    let policy = page.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.starts_with("default-src 'none'"), "{policy}");
    assert!(page.headers()["x-robots-tag"].to_str().unwrap().contains("noindex"));
    let html = page.text().await.unwrap();
    assert!(html.contains(&format!("<img src=\"{}/0\"", &path[3..])), "{html}");
    let item = stranger.open(&format!("{path}/0"), &[("range", "bytes=0-5")]).await;
    assert_eq!((item.status().as_u16(), &item.bytes().await.unwrap()[..]), (206, &GIF[..6]));
    for gone in ["/m/0123456789abcdefghijkl", "/m/x", &format!("{path}/1"), &format!("{path}x")] {
        assert_eq!(stranger.open(gone, &[]).await.status(), 404, "{gone}");
    }
    let log = gateway.log();
    assert!(!log.contains(&path[3..]), "the log has the secret of a link");

    // A URL is fetched once; what is no picture, or too large, is refused.
    let url = format!("{}{path}/0", gateway.url());
    let by_url = json!({ "to": HANDSET, "media": [{ "url": url }] });
    let id = shop.send_with(by_url).await;
    assert_eq!(shop.message_in(&id, "delivered").await["media"][0]["size"], GIF.len());
    for (media, code) in [
        (json!({ "url": format!("{}/healthz", gateway.url()) }), "media_type_not_supported"),
        (json!({ "url": format!("{}/v1/nothing", gateway.url()) }), "media_not_fetched"),
        (json!({ "id": "1" }), "unknown_media"),
        (json!({}), "invalid_media"),
    ] {
        let refused = shop.post("/v1/messages", &json!({ "to": HANDSET, "media": [media] })).await;
        assert_eq!(refused.body["code"], code, "{}", refused.body);
        assert_eq!(refused.body["field"], "media[0]");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn media_are_their_accounts_and_have_limits() {
    let (centre, carrier) = (centre().await, carrier().await);
    let gateway = plan(centre.address(), &carrier).start().await;
    let (shop, other) = (gateway.http("shop"), gateway.http("other"));
    let picture = upload(&shop).await;
    let path = format!("/v1/media/{picture}");
    assert_eq!(shop.get(&path).await.ok()["id"], picture);
    for stranger in [&other, &gateway.admin()] {
        stranger.get(&path).await.with(404);
        stranger.get(&format!("{path}/content")).await.with(404);
    }
    gateway.stranger().get(&path).await.with(401);
    let stolen = other.post("/v1/messages", &json!({ "to": HANDSET, "media": [{ "id": picture }] })).await;
    assert_eq!(stolen.body["code"], "unknown_media");
    let large = [GIF, &vec![0; 100_000]].concat();
    let page = b"<html><script>alert(1)</script>".to_vec();
    for (octets, status) in [(large, 413), (page, 415), (Vec::new(), 400)] {
        shop.post_octets("/v1/media", "image/gif", octets).await.with(status);
    }
    let many = vec![json!({ "id": picture }); 11];
    let refused = shop.post("/v1/messages", &json!({ "to": HANDSET, "media": many })).await.with(422);
    assert_eq!(refused["code"], "too_many_media");
    let data = json!({ "to": HANDSET, "data": "00", "media": [{ "id": picture }] });
    assert_eq!(shop.post("/v1/messages", &data).await.with(422)["code"], "invalid_media");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_handsets_send_comes_with_its_media() {
    let (centre, carrier) = (centre().await, carrier().await);
    let mut webhook = Webhook::listen().await;
    let gateway = plan(centre.address(), &carrier).webhook("shop", &webhook).start().await;
    tell(&centre, &gateway);
    let contents = [
        Content { content_type: "text/plain".into(), name: "t.txt".into(), octets: b"My cat".to_vec() },
        Content { content_type: "text/html".into(), name: "cat.gif".into(), octets: GIF.to_vec() },
    ];
    assert_eq!(centre.send((HANDSET, "60006"), "Cat", &contents).await, Some(200));
    let told = webhook.until(|told| told.body["type"] == "message.received").await;
    let data = &told.body["data"];
    assert_eq!(
        (&data["text"], &data["subject"], &data["from"]),
        (&json!("My cat"), &json!("Cat"), &json!(HANDSET))
    );
    assert_eq!(data["media"][0]["type"], "image/gif");
    let path = data["media"][0]["url"].as_str().unwrap();
    let (shop, other) = (gateway.http("shop"), gateway.http("other"));
    assert_eq!(shop.open(path, &[]).await.bytes().await.unwrap(), GIF);
    for stranger in [&other, &gateway.admin()] {
        stranger.get(path).await.with(404);
    }
    gateway.stranger().get(path).await.with(401);
    let listed = shop.get("/v1/inbound").await.ok();
    assert_eq!(listed["messages"][0]["media"], data["media"], "{listed}");

    centre.change(|settings| settings.callback = Some(format!("{}/v1/callbacks/mmsc?key=x", gateway.url())));
    assert_eq!(centre.send((HANDSET, "60006"), "", &contents).await, Some(403));
    let (stranger, path) = (gateway.stranger(), format!("/v1/callbacks/mmsc?key={KEY}"));
    let answer = stranger.post_octets(&path, "text/xml", b"<html>".to_vec()).await.with(400);
    assert!(answer.as_str().unwrap_or_default().contains("<StatusCode>2007</StatusCode>"), "{answer}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bad_centre_and_a_kill_lose_nothing() {
    let (centre, carrier) = (centre().await, carrier().await);
    let mut gateway = plan(centre.address(), &carrier)
        .with("upstreams.mmsc.pause = '1s'\nroutes.world.upstreams = ['mmsc']")
        .start()
        .await;
    tell(&centre, &gateway);
    let shop = gateway.http("shop");
    let picture = upload(&shop).await;
    let message = |n: u32| json!({ "to": format!("+4917000001{n:02}"), "media": [{ "id": picture }] });
    for (n, manner) in [
        (1, Manner::Html),
        (2, Manner::Status(503)),
        (3, Manner::Fault(4006)),
        (4, Manner::Status(401)),
        (5, Manner::Forgetful),
    ] {
        centre.change(|settings| settings.manner = manner);
        let id = shop.send_with(message(n)).await;
        let tried = async || {
            let shown = shop.message(&id).await;
            Some(shown).filter(|shown| shown["error"] != Value::Null || shown["possible_duplicate"] == true)
        };
        eventually(&format!("{manner:?} to be met"), tried).await;
        centre.change(|settings| settings.manner = Manner::Good);
        let shown = shop.message_in(&id, "delivered").await;
        let in_doubt = matches!(manner, Manner::Html | Manner::Forgetful);
        assert_eq!(shown["possible_duplicate"], in_doubt, "{manner:?}: {shown}");
    }
    centre.change(|settings| settings.manner = Manner::Silent);
    let mut sent = Vec::new();
    for n in 10..30 {
        sent.push(shop.send_with(message(n)).await);
    }
    gateway.kill().await;
    centre.change(|settings| settings.manner = Manner::Good);
    gateway.start_again().await;
    tell(&centre, &gateway);
    let shop = gateway.http("shop");
    for id in &sent {
        shop.message_in(id, "delivered").await;
    }
}
