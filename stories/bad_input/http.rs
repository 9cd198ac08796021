//! The HTTP port.

use crate::harness::{Gateway, Http, Plan, carrier, within};
use reqwest::Method;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

#[tokio::test]
async fn every_wrong_body_has_its_answer() {
    let carrier = carrier().await;
    let gateway = Plan::simple(carrier.address()).start().await;
    let shop = gateway.http("shop");
    let to = "\"to\": \"+491700000001\"";
    let to_and_text = format!("{{{to}, \"text\": \"x\"}}");
    let cases: [(Vec<u8>, u16, &str, &str); 18] = [
        (b"".to_vec(), 400, "invalid_json", "empty"),
        (b"{\"to\": ".to_vec(), 400, "invalid_json", "line 1, column 7"),
        (b"\xff\xfe\xfd".to_vec(), 400, "invalid_encoding", "UTF-16"),
        (format!("\u{feff}{to_and_text}").into(), 400, "invalid_encoding", "byte order mark"),
        (utf16(&to_and_text), 400, "invalid_encoding", "UTF-16"),
        (b"\x1f\x8b\x08\0".to_vec(), 415, "unsupported_content_encoding", "gzip"),
        (format!("{{{to}, \"text\": \"one\ntwo\"}}").into(), 400, "invalid_json", "write it as \\n"),
        (
            format!("{{\"messages\": [{to_and_text}], {to}}}").into(),
            400,
            "invalid_request",
            "beside 'messages'",
        ),
        (
            format!("{{{to}, \"text\": \"x\", \"send_at\": \"2030-01-31T09:00\"}}").into(),
            422,
            "invalid_schedule",
            "no offset",
        ),
        (format!("{{{to}, \"text\": \"\u{1}\"}}").into(), 400, "invalid_json", "control character"),
        (text_of_octets(b"caf\xe9"), 400, "invalid_encoding", "0xE9 is not UTF-8"),
        (format!("{{{to}, \"txt\": \"x\"}}").into(), 400, "invalid_request", "did you mean 'text'?"),
        (format!("{{{to}, \"text\": 7}}").into(), 400, "invalid_request", "expected a string"),
        (b"{\"to\": 491700000001, \"text\": \"x\"}".to_vec(), 400, "invalid_request", "a number as a string"),
        (b"{\"to\": \"Bob\", \"text\": \"x\"}".to_vec(), 422, "invalid_recipient", "'B'"),
        (b"{\"to\": \"0170 1234567\", \"text\": \"x\"}".to_vec(), 422, "invalid_recipient", ""),
        (format!("{{{to}}}").into(), 422, "empty_message", "nothing to send"),
        (vec![b' '; 1024 * 1024 + 1], 413, "body_too_large", "1 MiB"),
    ];
    let wrong = cases.len();
    for (body, status, code, words) in cases {
        let answer = shop.post_octets("/v1/messages", "application/json", body).await;
        assert_eq!((answer.status, &answer.body["code"]), (status, &json!(code)), "{}", answer.body);
        assert_eq!(answer.headers["content-type"], "application/problem+json");
        let detail = answer.body["detail"].as_str().unwrap();
        assert!(detail.contains(words), "{detail} should say {words}");
    }

    assert_eq!(gateway.metric("postrider_http_requests_total{status=\"4xx\"}").await, wrong as f64);
    assert_eq!(gateway.metric("postrider_rejected_total{reason=\"invalid_recipient\"}").await, 2.0);
    goes_on(&shop).await;
    assert_eq!(within("the message", carrier.accepted_at_least(1)).await.len(), 1);
}

#[tokio::test]
async fn who_guesses_keys_is_told_so_and_nobody_else_is_locked_out() {
    let carrier = carrier().await;
    let gateway = Plan::simple(carrier.address()).start().await;
    let shop = gateway.http("shop");
    let guess = async |n: usize| {
        shop.with_key(Some(&format!("a-guess-at-somebodys-key-{n}"))).get("/v1/messages").await
    };
    for n in 0..20 {
        assert_eq!(guess(n).await.status, 401, "{n}");
    }
    let late = guess(20).await;
    assert_eq!((late.status, late.headers.contains_key("retry-after")), (429, true), "{}", late.body);
    let refused = gateway
        .log()
        .lines()
        .filter(|line| line.contains("a key was refused") && line.contains("\"peer\":\"127.0.0.1\""))
        .count();
    assert_eq!(refused, 20, "one line for each that was looked at");
    shop.get("/v1/messages").await.ok();
}

#[tokio::test]
async fn every_wrong_request_has_its_answer() {
    let carrier = carrier().await;
    let gateway = Plan::simple(carrier.address()).start().await;
    let (shop, stranger) = (gateway.http("shop"), gateway.stranger());
    let body = json!({ "to": "+491700000001", "text": "x" });

    let unsaid = stranger.post("/v1/messages", &body).await;
    assert_eq!((unsaid.status, &unsaid.headers["www-authenticate"]), (401, &"Bearer".parse().unwrap()));
    let unknown = shop.with_key(Some("nobody-has-this-key-at-all"));
    assert_eq!(unknown.post("/v1/messages", &body).await.status, 401);
    assert_eq!(gateway.metric("postrider_auth_failures_total{interface=\"rest\"}").await, 1.0);
    let form = shop.post_octets("/v1/messages", "application/x-www-form-urlencoded", b"to=1".to_vec()).await;
    assert_eq!((form.status, &form.body["code"]), (415, &json!("unsupported_media_type")));
    let twice = shop.get("/v1/messages?limit=1&limit=2").await;
    assert_eq!((twice.status, &twice.body["field"]), (400, &json!("limit")));
    let keys = [("idempotency-key", "a"), ("idempotency-key", "b")];
    let twice = shop.ask(Method::POST, "/v1/messages", &keys, Some(&body)).await.unwrap();
    assert_eq!((twice.status, &twice.body["code"]), (400, &json!("repeated_header")));
    let method = shop.ask(Method::PATCH, "/v1/messages", &[], None).await.unwrap();
    assert_eq!((method.status, &method.body["code"]), (405, &json!("method_not_allowed")));
    for path in ["/v2/messages", "/v1/messages/none", "/v1/messages/1", "/v1/messages/99999999999999999999"] {
        assert_eq!(shop.get(path).await.status, 404, "{path}");
    }
    let path = shop.get("/v1/messages/%ff").await;
    assert_eq!((path.status, &path.body["code"]), (400, &json!("invalid_path")));
    // What only an administrator may see.
    for path in ["/v1/accounts", "/v1/upstreams", "/v1/routes", "/v1/changes"] {
        assert_eq!(shop.get(path).await.status, 403, "{path}");
        assert_eq!(stranger.get(path).await.status, 401, "{path}");
    }
    goes_on(&shop).await;
}

#[tokio::test]
async fn strangers_at_the_http_port_harm_nobody() {
    let carrier = carrier().await;
    let gateway = Plan::simple(carrier.address()).start().await;
    let address = gateway.url().trim_start_matches("http://").to_owned();
    let smpp_bind = b"\x00\x00\x00\x20\x00\x00\x00\x09\x00\x00\x00\x00\x00\x00\x00\x01";
    let garbage = [0xA5; 100_000];
    let endless = [b"GET / HTTP/1.1\r\nX: ".as_slice(), &[b'x'; 1_000_000]].concat();
    for octets in
        [smpp_bind.as_slice(), b"\x16\x03\x01\x02\x00\x01", b"\r\n\r\nnonsense\r\n\r\n", &garbage, &endless]
    {
        let mut socket = TcpStream::connect(&address).await.unwrap();
        // The gateway may have had enough before the last octet.
        let _ = socket.write_all(octets).await;
        let _ = socket.shutdown().await;
        let mut answer = Vec::new();
        let _ = within("the end of the connection", socket.read_to_end(&mut answer)).await;
        let answer = String::from_utf8_lossy(&answer);
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer}");
    }
    goes_on(&gateway.http("shop")).await;
}

#[tokio::test]
async fn what_is_no_http_request_has_its_answer() {
    let carrier = carrier().await;
    let gateway = Plan::simple(carrier.address()).start().await;
    let get = |rest: &str| format!("GET /healthz HTTP/1.1\r\nHost: x\r\n{rest}\r\n");
    let post = |rest: &str| format!("POST /v1/messages HTTP/1.1\r\nHost: x\r\n{rest}");
    let long = "x".repeat(1_000_000);
    let many: String = (0..200).map(|n| format!("X-{n}: x\r\n")).collect();
    let cases: [(String, u16, &str); 22] = [
        (post("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), 400, "malformed_request"),
        (post("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n"), 400, "malformed_request"),
        (post("Content-Length: 3\r\nContent-Length: 4\r\n\r\n{}  "), 400, "malformed_request"),
        (post("Content-Length: -3\r\n\r\n"), 400, "malformed_request"),
        (post("Transfer-Encoding: gzip\r\n\r\n"), 400, "malformed_request"),
        ("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n".into(), 400, "malformed_request"),
        (get("X: a\u{1}b\r\n"), 400, "malformed_request"),
        (get("X: a\0b\r\n"), 400, "malformed_request"),
        (get("X\u{1}: b\r\n"), 400, "malformed_request"),
        (get("X : b\r\n"), 400, "malformed_request"),
        (get("X: a\r\n b\r\n"), 400, "malformed_request"),
        ("GET /heal\u{1}thz HTTP/1.1\r\nHost: x\r\n\r\n".into(), 400, "malformed_request"),
        ("GET /healthz HTTP/9.9\r\nHost: x\r\n\r\n".into(), 400, "malformed_request"),
        ("GET /healthz\r\n".into(), 400, "malformed_request"),
        ("\r\n\r\nnonsense\r\n\r\n".into(), 400, "malformed_request"),
        ("\u{16}\u{3}\u{1}\u{2}\0\u{1}".into(), 400, "wrong_scheme"),
        ("GET /healthz HTTP/1.1\r\n\r\n".into(), 400, "malformed_request"),
        (get("Host: y\r\n"), 400, "repeated_header"),
        (get(&many), 431, "headers_too_large"),
        (get(&format!("X: {long}\r\n")), 431, "headers_too_large"),
        (format!("GET /{long} HTTP/1.1\r\nHost: x\r\n\r\n"), 414, "uri_too_long"),
        (format!("{}GET /healthz HTTP/9.9\r\n\r\n", get("")), 200, "live"),
    ];
    for (request, status, code) in cases {
        let answer = answer_to(&gateway, request.as_bytes()).await;
        let shown = &request[..request.len().min(100)];
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{shown:?}: {answer:?}");
        assert!(answer.contains(&format!("\"{code}\"")), "{shown:?}: {answer:?}");
    }
    goes_on(&gateway.http("shop")).await;
}

/// All that the gateway answers to these octets until it closes the connection.
async fn answer_to(gateway: &Gateway, octets: &[u8]) -> String {
    let mut socket = TcpStream::connect(gateway.http_address()).await.unwrap();
    socket.write_all(octets).await.unwrap();
    let mut answer = Vec::new();
    within("the end of the connection", socket.read_to_end(&mut answer)).await.unwrap();
    String::from_utf8(answer).unwrap()
}

/// A message that is right is taken on and delivered.
async fn goes_on(shop: &Http) {
    let id = shop.send("+491700000001", "still here").await;
    shop.message_in(&id, "delivered").await;
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// A message whose text is these octets, which may be no UTF-8.
fn text_of_octets(octets: &[u8]) -> Vec<u8> {
    [b"{\"to\": \"+491700000001\", \"text\": \"", octets, b"\"}"].concat()
}
