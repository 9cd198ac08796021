//! Providers of look-ups over real sockets: a server of HTTP, and a server of the DNS that answers by UDP and TCP.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a panic is how a test fails")]

use postrider_core::contract::NumberLookup;
use postrider_core::lookup::{Assignment, Said};
use postrider_core::number::Number;
use postrider_declare::lookup::LookupProtocol;
use postrider_declare::{Declared, Entry, LookupDocument, Origin, Secrets};
use postrider_upstream::lookup::NumberLookups;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, UdpSocket};

const PORTED: u64 = 447_700_900_123;

fn lookups(document: LookupDocument, secret: &str) -> NumberLookups {
    let mut declared = Declared::default();
    let mut secrets = Secrets::default();
    secrets.set("secret_values.api_key", secret.to_owned());
    let entry = Entry { document, origin: Origin::File, updated: None, secrets };
    let set = Arc::make_mut(&mut declared.set);
    set.lookups.insert("hlr".to_owned(), Arc::new(entry));
    let lookups = NumberLookups::default();
    lookups.configure(&declared);
    lookups
}

async fn asked(lookups: &NumberLookups, digits: u64) -> Result<Said, String> {
    lookups.ask("hlr", Number::from_digits(digits).unwrap()).await
}

fn said(network: Option<&str>, assignment: Assignment) -> Result<Said, String> {
    Ok(Said { network: network.map(|code| code.parse().unwrap()), assignment })
}

/// A server that answers each request by its first line.
async fn web(answer: impl Fn(&str) -> (u16, &'static str) + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                request.push(stream.read_u8().await.unwrap());
            }
            let (status, body) = answer(std::str::from_utf8(&request).unwrap());
            let head = format!(
                "HTTP/1.1 {status} X\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
                body.len()
            );
            stream.write_all(head.as_bytes()).await.unwrap();
        }
    });
    address
}

#[tokio::test]
async fn a_provider_is_asked_by_http_as_its_preset_says() {
    let address = web(|request| {
        assert!(request.contains("authorization: Bearer pr_key"), "{request}");
        match request.lines().next().unwrap() {
            "GET /v1/lookup/%2B447700900123 HTTP/1.1" => {
                (200, r#"{"number":"+447700900123","network":{"mccmnc":"23430","name":"EE"}}"#)
            }
            "GET /v1/lookup/%2B447700900124 HTTP/1.1" => (200, r#"{"reason":"dead"}"#),
            _ => (429, "{}"),
        }
    })
    .await;
    let document = LookupDocument {
        preset: "postrider".to_owned(),
        values: [("base_url".to_owned(), format!("http://{address}"))].into(),
        secret_values: serde_secret(),
        ..LookupDocument::defaults().unwrap()
    };
    let lookups = lookups(document, "pr_key");
    assert_eq!(asked(&lookups, PORTED).await, said(Some("23430"), Assignment::Unknown));
    assert_eq!(asked(&lookups, PORTED + 1).await, said(None, Assignment::Unassigned));
    assert_eq!(asked(&lookups, PORTED + 2).await, Err("status 429".to_owned()));
    assert!(lookups.ask("other", Number::from_digits(PORTED).unwrap()).await.is_err());
}

/// One secret of the name `api_key`, which is kept beside the document.
fn serde_secret() -> postrider_declare::upstream::http::GivenSecrets {
    use postrider_declare::tree::Node;
    let node =
        Node::of_json(&serde_json::json!({ "preset": "postrider", "secret_values": { "api_key": null } }));
    postrider_declare::document::read::<LookupDocument>(&node).0.unwrap().secret_values
}

/// An answer to a question about NAPTR records: with one record, cut off, or with a code.
fn dns_answer(question: &[u8], is_tcp: bool) -> Vec<u8> {
    let name = &question[12..question.len() - 15];
    let (flags, record): (u16, Option<&[u8]>) = match name.get(..8) {
        // 447700900123: by UDP it doesn't fit.
        Some(b"\x013\x012\x011\x010") if !is_tcp => (0x8380, None),
        Some(b"\x013\x012\x011\x010") => (
            0x8180,
            Some(b"\x00\x0a\x00\x01\x01u\x0cE2U+pstn:tel\x28!^(.*)$!tel:\\1;npdi;mcc=234;mnc=30!\x00"),
        ),
        Some(b"\x014\x012\x011\x010") => (0x8183, None),
        _ => (0x8182, None),
    };
    let mut answer = question[..2].to_vec();
    answer.extend(flags.to_be_bytes());
    answer.extend([0, 1, 0, u8::from(record.is_some()), 0, 0, 0, 0]);
    answer.extend(&question[12..question.len() - 11]);
    if let Some(data) = record {
        let mut data = data.to_vec();
        // The length of the substitution.
        let at = 4 + 2 + 13;
        data[at] = u8::try_from(data.len() - at - 2).unwrap();
        answer.extend([0xc0, 12, 0, 35, 0, 1, 0, 0, 0, 60]);
        answer.extend(u16::try_from(data.len()).unwrap().to_be_bytes());
        answer.extend(data);
    }
    answer
}

async fn dns() -> SocketAddr {
    let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = tcp.local_addr().unwrap();
    let udp = UdpSocket::bind(address).await.expect("the port is free for UDP, too");
    tokio::spawn(async move {
        let mut octets = [0; 512];
        while let Ok((length, from)) = udp.recv_from(&mut octets).await {
            udp.send_to(&dns_answer(&octets[..length], false), from).await.unwrap();
        }
    });
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = tcp.accept().await {
            let mut question = vec![0; stream.read_u16().await.unwrap().into()];
            stream.read_exact(&mut question).await.unwrap();
            let answer = dns_answer(&question, true);
            stream.write_u16(u16::try_from(answer.len()).unwrap()).await.unwrap();
            stream.write_all(&answer).await.unwrap();
        }
    });
    address
}

#[tokio::test]
async fn a_dns_server_is_asked_by_udp_and_by_tcp() {
    let document = LookupDocument {
        protocol: LookupProtocol::Enum,
        server: dns().await.to_string(),
        no_name: Assignment::Unassigned,
        ..LookupDocument::defaults().unwrap()
    };
    let lookups = lookups(document, "");
    assert_eq!(asked(&lookups, PORTED).await, said(Some("23430"), Assignment::Assigned));
    assert_eq!(asked(&lookups, PORTED + 1).await, said(None, Assignment::Unassigned));
    assert_eq!(asked(&lookups, PORTED + 2).await, Err("the server answered with code 2".to_owned()));
}
