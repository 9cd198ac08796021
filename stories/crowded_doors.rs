//! More connections at a door than it has room for: most of them send half of something, and keep nobody out.

use crate::harness::{Authority, Plan, carrier, text_to, within};
use postrider_wire::smpp::pdu::BindMode;
use serde_json::json;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Connections that a door has room for here, all of them from one address.
const ROOM: usize = 20;

#[tokio::test]
async fn half_requests_keep_nobody_out() {
    let authority = Authority::new("the authority");
    let carrier = carrier().await;
    let certified = authority.certify("127.0.0.1");
    let plan = Plan::simple(carrier.address()).https(&certified);
    let gateway = plan.with(&format!("http.connections_per_address = {ROOM}")).start().await;
    let https = gateway.https_address();
    let head = "POST /v1/messages HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer the-key-of-account-shop\r\n";
    let halves: [(SocketAddr, &[u8]); 5] = [
        (gateway.http_address(), b""),
        (gateway.http_address(), head.as_bytes()),
        (gateway.http_address(), &[head.as_bytes(), b"Content-Length: 50\r\n\r\n{\"to\""].concat()),
        (https, b""),
        (https, b"\x16\x03\x01\x02\x00\x01\x00"),
    ];
    for (address, half) in halves {
        let mut crowd = Vec::new();
        for _ in 0..3 * ROOM {
            crowd.push(open(address, half).await);
        }
        assert_eq!(gateway.stranger().get("/healthz").await.status, 200, "{half:?}");
        assert_eq!(gateway.stranger().get("/metrics").await.status, 200, "{half:?}");
        let id = gateway.http("shop").send("+491700000001", "in spite of the crowd").await;
        gateway.https("shop", &authority).message_in(&id, "delivered").await;
        within("the end of the oldest", is_closed(&mut crowd[0])).await;
    }
    let displaced = "postrider_connections_displaced_total{interface=\"http\"}";
    assert!(gateway.metric(displaced).await >= (5 * 2 * ROOM) as f64);
}

#[tokio::test]
async fn a_full_door_has_room_for_whoever_sends_whole_requests() {
    let carrier = carrier().await;
    let plan = Plan::simple(carrier.address());
    let gateway = plan.with(&format!("http.connections = {ROOM}")).start().await;
    let mut kept = open(gateway.http_address(), b"").await;
    let request = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
    assert_eq!(status(&mut kept, request).await, "HTTP/1.1 200");
    let mut crowd = Vec::new();
    for _ in 0..3 * ROOM {
        crowd.push(open(gateway.http_address(), &request[..20]).await);
    }
    gateway.http("shop").send("+491700000001", "in spite of the crowd").await;
    assert_eq!(status(&mut kept, request).await, "HTTP/1.1 200");
}

#[tokio::test]
async fn unbound_connections_keep_no_smpp_client_out() {
    let carrier = carrier().await;
    let plan = Plan::simple(carrier.address());
    let gateway = plan.with(&format!("smpp.connections_per_address = {ROOM}")).start().await;
    let bound = gateway.smpp("shop", BindMode::Transceiver).await;
    let mut crowd = Vec::new();
    for _ in 0..3 * ROOM {
        crowd.push(open(gateway.smpp_address(), b"\x00\x00\x00\x20\x00\x00\x00\x09").await);
    }
    let other = gateway.smpp("shop", BindMode::Transmitter).await;
    for client in [&bound, &other] {
        client.submit(&text_to("491700000001", b"in spite of the crowd")).await;
    }
    let refused = "postrider_connections_refused_total{interface=\"smpp\"}";
    assert_eq!(gateway.metric(refused).await, 0.0);
}

#[tokio::test]
async fn health_and_metrics_can_have_a_listener_of_their_own() {
    let carrier = carrier().await;
    let gateway = Plan::simple(carrier.address()).monitoring().start().await;
    let own = gateway.monitoring();
    for (path, here, there) in
        [("/healthz", 200, 200), ("/readyz", 200, 200), ("/metrics", 404, 200), ("/v1/messages", 401, 404)]
    {
        assert_eq!(gateway.stranger().get(path).await.status, here, "{path}");
        assert_eq!(own.get(path).await.status, there, "{path}");
    }
    let problem = own.get("/v1/messages").await;
    assert_eq!(problem.body["code"], json!("not_found"));
}

/// A connection that has sent these octets.
async fn open(address: SocketAddr, octets: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    // The gateway may have ended it already.
    let _ = stream.write_all(octets).await;
    stream
}

/// The beginning of the answer to a request.
async fn status(stream: &mut TcpStream, request: &[u8]) -> String {
    stream.write_all(request).await.unwrap();
    let mut octets = vec![0; 4096];
    let read = within("an answer", stream.read(&mut octets)).await.unwrap();
    String::from_utf8_lossy(&octets[..read.min(12)]).into_owned()
}

/// Returns when the gateway has closed a connection.
async fn is_closed(stream: &mut TcpStream) {
    let mut octets = [0; 4096];
    while matches!(stream.read(&mut octets).await, Ok(1..)) {}
}
