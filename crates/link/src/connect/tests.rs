use super::*;
use crate::tls::Trust;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;

fn host(name: &str, port: u16) -> Host {
    Host { name: name.into(), port }
}

/// A port of this machine at which nobody listens.
async fn deserted() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    listener.local_addr().unwrap().port()
}

fn dialer() -> Dialer {
    Dialer { tls: None, local: None, patience: Duration::from_secs(10) }
}

#[tokio::test]
async fn the_next_host_is_tried_when_one_is_down() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let hosts = [host("127.0.0.1", deserted().await), host("localhost", port)];
    for turn in 0..3 {
        assert!(dialer().dial(&hosts, turn).await.is_ok(), "turn {turn}");
    }
}

#[tokio::test]
async fn the_connection_comes_from_the_address_that_is_asked_for() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let hosts = vec![host("127.0.0.1", listener.local_addr().unwrap().port())];
    let from = |text: &str| Dialer { local: Some(text.parse().unwrap()), ..dialer() };
    let here = from("127.0.0.9");
    let (ours, theirs) = tokio::join!(here.dial(&hosts, 0), listener.accept());
    let (ends, theirs) = (ours.unwrap().1, theirs.unwrap().1);
    assert_eq!((theirs.ip().to_string().as_str(), theirs), ("127.0.0.9", ends.local));
    for (wrong, words) in
        [("192.0.2.7", "192.0.2.7 is no address to connect from"), ("::1", "no address that ::1 can reach")]
    {
        let reason = from(wrong).dial(&hosts, 0).await.err().unwrap();
        assert!(reason.contains(words), "{reason}");
    }
}

#[tokio::test]
async fn the_reason_names_what_was_tried() {
    let port = deserted().await;
    let reason = dialer().dial(&[host("127.0.0.1", port)], 0).await.err().unwrap();
    assert!(reason.starts_with(&format!("127.0.0.1:{port}: ")), "{reason}");
}

#[tokio::test]
async fn the_reason_says_that_a_port_does_not_speak_tls() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let hosts = [host("127.0.0.1", listener.local_addr().unwrap().port())];
    let dialer = Dialer { tls: Some(Tls::new(&Trust::Nobody, None).unwrap()), ..dialer() };
    let answered = async {
        let (mut stranger, _) = listener.accept().await.unwrap();
        stranger.write_all(b"SSH-2.0-OpenSSH_9.2\r\n").await.unwrap();
        stranger
    };
    let (connected, _stranger) = tokio::join!(dialer.dial(&hosts, 0), answered);
    let reason = connected.err().unwrap();
    assert!(reason.contains("doesn't speak TLS"), "{reason}");
}

/// A certificate for this machine, and a door that shows it.
fn door() -> (tokio_rustls::TlsAcceptor, Vec<u8>) {
    let certified = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let key = rustls_pki_types::PrivatePkcs8KeyDer::from(certified.signing_key.serialize_der()).into();
    let mut config =
        rustls::ServerConfig::builder_with_provider(rustls::crypto::ring::default_provider().into())
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certified.cert.der().clone()], key)
            .unwrap();
    // What is closed with something unread in it ends with a reset anyway.
    config.send_tls13_tickets = 0;
    (std::sync::Arc::new(config).into(), certified.cert.pem().into_bytes())
}

#[tokio::test]
async fn a_connection_that_is_given_up_ends_with_a_reset() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let hosts = [host("127.0.0.1", listener.local_addr().unwrap().port())];
    let (door, pem) = door();
    let tls = Some(Tls::new(&Trust::Authorities(pem.into()), None).unwrap());
    for dialer in [dialer(), Dialer { tls, ..dialer() }] {
        for gives_up in [true, false] {
            let theirs = async {
                let socket = listener.accept().await.unwrap().0;
                match &dialer.tls {
                    None => socket,
                    Some(_) => door.accept(socket).await.unwrap().into_inner().0,
                }
            };
            let (ours, theirs) = tokio::join!(dialer.dial(&hosts, 0), theirs);
            let (mut ours, mut theirs) = (ours.unwrap().0, theirs);
            ours.write_all(b"unread").await.unwrap();
            if gives_up {
                ours.give_up();
            }
            drop(ours);
            let ended = tokio::io::copy(&mut theirs, &mut tokio::io::sink()).await;
            assert_eq!(ended.is_err(), gives_up, "{ended:?}");
        }
    }
}
