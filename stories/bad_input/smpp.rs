//! The SMPP port.

use crate::harness::{Client, Plan, carrier, eventually, password_of, text_to, within};
use bytes::BytesMut;
use postrider_wire::smpp::pdu::{Bind, BindMode, SubmitSm};
use postrider_wire::smpp::{Address, Command, Encode, Npi, Status, Ton};
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const DECODE_ERRORS: &str = "postrider_pdu_decode_errors_total{peer=\"client\"}";
const AUTH_FAILURES: &str = "postrider_auth_failures_total{interface=\"smpp\"}";

#[tokio::test]
async fn strangers_are_told_apart_and_sent_away() {
    let carrier = carrier().await;
    let gateway = Plan::simple(carrier.address()).start().await;
    let mut witness = gateway.smpp("shop", BindMode::Transceiver).await;
    let nack = header(Command::GENERIC_NACK, Status::RINVCMDLEN, 0);
    let cases: [(&[u8], &[u8], &str); 6] = [
        (b"GET / HTTP/1.1\r\nHost: example.org\r\n\r\n", b"", "it looks like an HTTP request"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"", "it looks like a TLS handshake"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", b"", "it looks like an SSH client"),
        (b"\x7f\xff\xff\xff\x00\x00\x00\x04\x00\x00\x00\x00\x00\x00\x00\x01", &nack, "2147483647 octets"),
        (b"\x00\x00\x00\x0f\x00\x00\x00\x15\x00\x00\x00\x00\x00\x00\x00\x01", &nack, "15 octets"),
        (&[0xA5; 4096], &nack, "2779096485 octets"),
    ];
    for (n, (sent, answered, words)) in cases.into_iter().enumerate() {
        assert_eq!(talk(gateway.smpp_address(), sent).await, answered, "{words}");
        gateway.says(words).await;
        assert_eq!(gateway.metric(DECODE_ERRORS).await, (n + 1) as f64);
    }

    let id = witness.submit(&text_to("+491700000001", b"still here")).await;
    assert_eq!(witness.receipt().await.id, id);
}

#[tokio::test]
async fn half_a_pdu_harms_nobody() {
    let carrier = carrier().await;
    let gateway = Plan::simple(carrier.address()).start().await;
    let mut halves = Vec::new();
    for _ in 0..100 {
        let mut socket = connect(gateway.smpp_address()).await;
        socket.write_all(&bind("shop")[..20]).await.unwrap();
        halves.push(socket);
    }
    let mut client = gateway.smpp("shop", BindMode::Transceiver).await;
    let id = client.submit(&text_to("+491700000001", b"between halves")).await;
    assert_eq!(client.receipt().await.id, id);
    drop(halves);

    // The other half of a submit_sm never comes: there is no message.
    client.write(&frame(&text_to("+491700000001", b"never said"))[..30]);
    drop(client);
    let mut client = gateway.smpp("shop", BindMode::Transceiver).await;
    let id = client.submit(&text_to("+491700000001", b"said")).await;
    assert_eq!(client.receipt().await.id, id);
    assert_eq!(carrier.counts().submitted, 2);
}

#[tokio::test]
async fn a_request_that_is_wrong_costs_its_session_nothing() {
    let carrier = carrier().await;
    let gateway = Plan::simple(carrier.address()).start().await;
    let mut socket = connect(gateway.smpp_address()).await;
    let submit = frame(&text_to("+491700000001", b"Hello"));

    // Nobody is bound yet.
    assert_eq!(ask(&mut socket, &submit).await, (Command::SUBMIT_SM_RESP, Status::RINVBNDSTS));
    assert_eq!(ask(&mut socket, &bind("shop")).await, (Command::BIND_TRANSCEIVER_RESP, Status::ROK));
    // What only a server may send, what nobody knows, and a second bind.
    let unknown = header(Command(0x0000_0042), Status::ROK, 7);
    assert_eq!(ask(&mut socket, &unknown).await, (Command::GENERIC_NACK, Status::RINVCMDID));
    assert_eq!(ask(&mut socket, &bind("shop")).await, (Command::BIND_TRANSCEIVER_RESP, Status::RALYBND));
    // A body that ends before its fields do.
    let cut = shortened(&submit);
    let (command, status) = ask(&mut socket, &cut).await;
    assert_eq!(command, Command::SUBMIT_SM_RESP);
    assert_ne!(status, Status::ROK);
    assert_eq!(gateway.metric(DECODE_ERRORS).await, 1.0);
    // What can be read, and still can't be sent.
    let sender = Address::new(Ton::ALPHANUMERIC, Npi::UNKNOWN, b"far too long a name");
    let refusals = [
        (text_to("not a number", b"x"), Status::RINVDSTADR),
        (text_to("+49170000000123456789", b"x"), Status::RINVDSTADR),
        (SubmitSm { source: sender, ..text_to("+491700000001", b"x") }, Status::RINVSRCADR),
        (SubmitSm { validity_period: b"tomorrow", ..text_to("+491700000001", b"x") }, Status::RINVEXPIRY),
        (SubmitSm { schedule_delivery_time: b"soon", ..text_to("+491700000001", b"x") }, Status::RINVSCHED),
    ];
    for (message, status) in refusals {
        assert_eq!(
            ask(&mut socket, &frame(&message)).await,
            (Command::SUBMIT_SM_RESP, status),
            "{message:?}"
        );
    }

    assert_eq!(ask(&mut socket, &submit).await, (Command::SUBMIT_SM_RESP, Status::ROK));
    assert_eq!(within("the message", carrier.accepted_at_least(1)).await[0].text(), "Hello");
}

#[tokio::test]
async fn who_guesses_passwords_is_locked_out() {
    let carrier = carrier().await;
    let gateway = Plan::simple(carrier.address()).account("other").start().await;
    let attempt = async |user: &str, password: &str| {
        Client::connect(gateway.smpp_address()).await.bind(BindMode::Transceiver, user, password).await
    };

    // The same answer to a name that isn't there as to a wrong password.
    assert_eq!(attempt("nobody", "x").await, Err(Status::RINVPASWD));
    for _ in 0..6 {
        assert_eq!(attempt("other", "wrong").await, Err(Status::RINVPASWD));
    }
    gateway.says("locked out after wrong logins").await;
    let counted = async || (gateway.metric(AUTH_FAILURES).await == 7.0).then_some(());
    eventually("each attempt to be counted", counted).await;
    // Watchers find who it was, and who has the right password comes in from there all the same.
    let refused = gateway.log().lines().filter(|line| line.contains("a bind was refused")).count();
    assert_eq!(refused, 6, "one line for each that was looked at");
    attempt("other", &password_of("other")).await.unwrap();
    attempt("shop", &password_of("shop")).await.unwrap();
}

async fn connect(address: SocketAddr) -> TcpStream {
    within("a connection", TcpStream::connect(address)).await.unwrap()
}

/// Sends octets and returns all that is answered until the gateway closes the connection.
async fn talk(address: SocketAddr, octets: &[u8]) -> Vec<u8> {
    let mut socket = connect(address).await;
    // The gateway may have had enough before the last octet.
    let _ = socket.write_all(octets).await;
    let mut answer = Vec::new();
    // So may the system: what wasn't read makes it reset the connection.
    let _ = within("the end of the connection", socket.read_to_end(&mut answer)).await;
    answer
}

/// Sends a PDU and returns what the answer to it says.
async fn ask(socket: &mut TcpStream, pdu: &[u8]) -> (Command, Status) {
    socket.write_all(pdu).await.unwrap();
    let mut header = [0; 16];
    within("an answer", socket.read_exact(&mut header)).await.unwrap();
    let word = |at: usize| u32::from_be_bytes(header[at..at + 4].try_into().unwrap());
    let mut body = vec![0; word(0) as usize - 16];
    within("its body", socket.read_exact(&mut body)).await.unwrap();
    assert_eq!(&header[12..], &pdu[12..16], "an answer to something else");
    (Command(word(4)), Status(word(8)))
}

fn frame(pdu: &impl Encode) -> Vec<u8> {
    let mut octets = BytesMut::new();
    pdu.encode(Status::ROK, 7, &mut octets).unwrap();
    octets.to_vec()
}

fn bind(account: &str) -> Vec<u8> {
    frame(&Bind::new(BindMode::Transceiver, account.as_bytes(), password_of(account).as_bytes()))
}

/// A PDU without its last octets, which says that it is whole.
fn shortened(pdu: &[u8]) -> Vec<u8> {
    let mut pdu = pdu[..24].to_vec();
    pdu[3] = 24;
    pdu
}

fn header(command: Command, status: Status, sequence: u32) -> Vec<u8> {
    [16, command.0, status.0, sequence].iter().flat_map(|word| word.to_be_bytes()).collect()
}
