//! Who may bind, what is kept for those who aren't bound, and what connections go through.

use crate::client::{Came, Client, carrier, quick, until};
use postrider_simulator::carrier::{Counts, Settings};
use postrider_wire::smpp::Status;
use postrider_wire::smpp::pdu::BindMode;
use std::time::Duration;

#[tokio::test]
async fn only_who_knows_the_password() {
    let settings = Settings {
        system_id: Some("me".to_owned()),
        password: Some("secret".to_owned()),
        ..Settings::default()
    };
    let carrier = carrier(settings).await;
    for (who, password, status) in [
        ("you", "secret", Status::RINVSYSID),
        ("me", "guess", Status::RINVPASWD),
        ("me", "secret", Status::ROK),
    ] {
        let (_client, answer) =
            Client::try_bind(carrier.address(), BindMode::Transmitter, who, password).await;
        assert_eq!(answer, status, "{who} {password}");
    }
    assert_eq!(carrier.counts().binds_refused, 2);
}

#[tokio::test]
async fn only_so_many_binds() {
    let carrier = carrier(Settings { max_binds: Some(1), ..Settings::default() }).await;
    let first = Client::bind(carrier.address()).await;
    let (_, status) = Client::try_bind(carrier.address(), BindMode::Receiver, "me", "").await;
    assert_eq!(status, Status::RALYBND);
    drop(first);
    until(&carrier, |counts| counts.binds == 0).await;
    Client::bind(carrier.address()).await;
}

#[tokio::test]
async fn a_carrier_without_transceivers() {
    let carrier = carrier(Settings { transceivers: false, ..quick() }).await;
    let (_, status) = Client::try_bind(carrier.address(), BindMode::Transceiver, "me", "").await;
    assert_eq!(status, Status::RINVCMDID);
    let (mut sender, status) = Client::try_bind(carrier.address(), BindMode::Transmitter, "me", "").await;
    assert_eq!(status, Status::ROK);
    let (mut receiver, status) = Client::try_bind(carrier.address(), BindMode::Receiver, "me", "").await;
    assert_eq!(status, Status::ROK);
    let (_, id) = sender.ask("49151", b"x").await;
    assert_eq!(receiver.next().await.field("id"), id);
}

#[tokio::test]
async fn receipts_wait_for_a_bind() {
    let carrier = carrier(quick()).await;
    let (mut sender, _) = Client::try_bind(carrier.address(), BindMode::Transmitter, "me", "").await;
    let (_, first) = sender.ask("49151", b"x").await;
    let (_, second) = sender.ask("49152", b"x").await;
    drop(sender);
    until(&carrier, |counts| counts.connections == 0 && counts.waiting == 2).await;
    // Somebody else doesn't get them.
    let (mut other, _) = Client::try_bind(carrier.address(), BindMode::Transceiver, "other", "").await;
    let (_, others) = other.ask("49153", b"x").await;
    assert_eq!(other.next().await.field("id"), others);
    let mut receiver = Client::bind(carrier.address()).await;
    assert_eq!(receiver.next().await.field("id"), first);
    assert_eq!(receiver.next().await.field("id"), second);
    until(&carrier, |counts| counts.receipts_taken == 3 && counts.waiting == 0).await;
}

#[tokio::test]
async fn what_was_not_answered_comes_again() {
    let carrier = carrier(quick()).await;
    let mut client = Client::bind(carrier.address()).await;
    client.deliver = None;
    let (_, id) = client.ask("49151", b"x").await;
    assert_eq!(client.next().await.field("id"), id);
    drop(client);
    let mut client = Client::bind(carrier.address()).await;
    assert_eq!(client.next().await.field("id"), id);
    assert_eq!(until(&carrier, |counts| counts.receipts_taken == 1).await.receipts_sent, 2);
}

#[tokio::test]
async fn what_is_refused_for_now_comes_again_and_for_good_does_not() {
    let carrier = carrier(quick()).await;
    let mut client = Client::bind(carrier.address()).await;
    client.deliver = Some(Status::RX_T_APPN);
    let (_, id) = client.ask("49151", b"x").await;
    assert_eq!(client.next().await.field("id"), id);
    client.deliver = Some(Status::RX_P_APPN);
    assert_eq!(client.next().await.field("id"), id);
    client.flush().await;
    let Counts { receipts_sent, receipts_refused, .. } =
        until(&carrier, |counts| counts.receipts_refused == 1).await;
    assert_eq!((receipts_sent, receipts_refused), (2, 1));
}

#[tokio::test]
async fn the_window_is_kept() {
    let carrier = carrier(Settings { window: 2, ..quick() }).await;
    let mut client = Client::bind(carrier.address()).await;
    client.deliver = None;
    for _ in 0..5 {
        client.send("49151", b"x");
    }
    let came = [client.next().await, client.next().await, client.next().await];
    client.flush().await;
    until(&carrier, |counts| counts.receipts_sent == 2 && counts.waiting == 3).await;
    assert!(came.iter().all(|came| matches!(came, Came::Answer { .. })));
}

#[tokio::test]
async fn several_binds_share_the_receipts() {
    let carrier = carrier(Settings { window: 1, ..quick() }).await;
    let mut first = Client::bind(carrier.address()).await;
    let (mut second, _) = Client::try_bind(carrier.address(), BindMode::Receiver, "me", "").await;
    first.deliver = None;
    first.send("49151", b"x");
    first.send("49152", b"x");
    // Both answers, and a receipt: for more there is no room.
    let mut came = [first.next().await, first.next().await, first.next().await];
    came.sort_by_key(|came| matches!(came, Came::Deliver { .. }));
    let [one, two, receipt] = came;
    let mut ids = [receipt.field("id"), second.next().await.field("id")];
    ids.sort();
    assert_eq!(ids, [one.answer().1, two.answer().1]);
}

#[tokio::test]
async fn stopped_and_started_again_at_the_same_port() {
    let carrier = carrier(quick()).await;
    let mut client = Client::bind(carrier.address()).await;
    client.deliver = None;
    let (_, id) = client.ask("49151", b"x").await;
    client.next().await;
    carrier.stop().await;
    assert_eq!(client.next().await, Came::Closed);
    assert!(tokio::net::TcpStream::connect(carrier.address()).await.is_err());
    carrier.restart().await.unwrap();
    let mut client = Client::bind(carrier.address()).await;
    assert_eq!(client.next().await.field("id"), id);
    let (_, next) = client.ask("49151", b"x").await;
    assert_ne!(next, id);
    assert_eq!(carrier.accepted_at_least(2).await.len(), 2);
}

#[tokio::test]
async fn paused_it_says_nothing() {
    let carrier = carrier(quick()).await;
    let mut client = Client::bind(carrier.address()).await;
    carrier.pause();
    client.send("49151", b"x");
    client.flush().await;
    assert!(tokio::time::timeout(Duration::from_millis(100), client.next()).await.is_err());
    assert_eq!(carrier.counts().submitted, 0);
    carrier.resume();
    assert_eq!(client.next().await.answer().0, Status::ROK);
}

#[tokio::test]
async fn it_can_say_goodbye_or_not() {
    let carrier = carrier(quick()).await;
    let mut client = Client::bind(carrier.address()).await;
    carrier.unbind();
    assert_eq!(client.next().await, Came::Closed);
    until(&carrier, |counts| counts.connections == 0).await;
    let mut client = Client::bind(carrier.address()).await;
    carrier.cut();
    assert_eq!(client.next().await, Came::Closed);
    let mut client = Client::bind(carrier.address()).await;
    client.unbind();
    assert_eq!(client.next().await, Came::Closed);
    let counts = until(&carrier, |counts| counts.connections == 0).await;
    assert_eq!((counts.binds, counts.receivers), (0, 0));
}

#[tokio::test]
async fn what_is_not_smpp_ends_a_connection_and_nothing_else() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let carrier = carrier(quick()).await;
    let mut client = Client::bind(carrier.address()).await;
    let mut stranger = tokio::net::TcpStream::connect(carrier.address()).await.unwrap();
    stranger.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    stranger.read_to_end(&mut answer).await.unwrap();
    assert!(answer.is_empty());
    assert_eq!(client.ask("49151", b"x").await.0, Status::ROK);
}
