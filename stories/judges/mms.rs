//! MM7 before judges: Python's parsers of MIME and XML read what the gateway sends, and Wireshark finds nothing malformed in it.

use super::capture::Capture;
use super::dissector::tshark_as;
use super::tools;
use crate::harness::{Plan, carrier};
use postrider_simulator::mmsc::{Mmsc, Settings, Taken};
use serde_json::{Value, json};

/// A picture of one pixel.
const GIF: &[u8] = b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff!\xf9\x04\x01\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;";
const SUBJECT: &str = "Gr\u{fc}\u{df}e <&> \u{1f600}";
const TEXT: &str = "\u{41f}\u{440}\u{438}\u{432}\u{435}\u{442} & \"\u{65e5}\u{672c}\"\r\n--==mm7-content==--";

/// What the gateway sends to a centre.
async fn sent() -> (String, Taken) {
    let centre = Mmsc::start("127.0.0.1:0", Settings::default()).await.unwrap();
    let gateway = Plan::simple(carrier().await.address())
        .env("MMSC_KEY", "0123456789abcdef")
        .with(&format!(
            "[upstreams.mmsc]\nprotocol = 'mm7'\nurl = 'http://{}/mm7'\ncallback_key = {{ env = 'MMSC_KEY' }}",
            centre.address()
        ))
        .route("world", "", &["mmsc"])
        .start()
        .await;
    let shop = gateway.http("shop");
    let uploaded = shop.post_octets("/v1/media", "image/gif", GIF.to_vec()).await.with(201);
    let media = json!([{ "id": uploaded["id"] }]);
    let message = json!({ "to": "+491700000001", "text": TEXT, "subject": SUBJECT, "media": media });
    let id = shop.send_with(message).await;
    (id, centre.taken_at_least(1).await.remove(0))
}

fn hexadecimal(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pythons_parsers_read_what_the_gateway_sends() {
    let (id, taken) = sent().await;
    let (content_type, body) = &taken.raw;
    let given = json!({ "content_type": content_type, "body": hexadecimal(body) });
    let said = tools::run(tools::python("mm7_reader.py"), &given).await;
    let read: Value = serde_json::from_str(&said).unwrap();
    let expected = json!({
        "transaction": id, "element": "SubmitReq", "to": "+491700000001", "subject": SUBJECT, "is_named": true,
        "shown": ["1.gif", "text.txt"],
        "parts": [
            { "type": "text/plain", "name": "text.txt", "octets": hexadecimal(TEXT.as_bytes()) },
            { "type": "image/gif", "name": "1.gif", "octets": hexadecimal(GIF) },
        ],
    });
    assert_eq!(read, expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wireshark_finds_nothing_malformed_in_what_the_gateway_sends() {
    let (_, taken) = sent().await;
    let (content_type, body) = &taken.raw;
    let head = format!(
        "POST /mm7 HTTP/1.1\r\nhost: mmsc.example\r\ncontent-type: {content_type}\r\nsoapaction: \"\"\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    let mut capture = Capture::default();
    capture.add(0, true, &[head.as_bytes(), body].concat());
    capture.add(0, false, b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mm7.pcap");
    capture.write(&file);
    let complaints = ["-Y", "_ws.malformed || _ws.short || _ws.expert.severity == error", "-V"];
    let complaints = tshark_as(&file, "http", &complaints).await;
    assert!(complaints.is_empty(), "{complaints}");
    let shown = tshark_as(&file, "http", &["-Y", "http.request", "-V"]).await;
    for expected in [
        "MIME Multipart Media Encapsulation, Type: multipart/related, Boundary: \"==mm7-message==\"",
        "MIME Multipart Media Encapsulation, Type: multipart/related, Boundary: \"==mm7-content==\"",
        "eXtensible Markup Language",
        "<SubmitReq",
        "Media type: image/gif",
    ] {
        assert!(shown.contains(expected), "{expected} isn't in\n{shown}");
    }
}
