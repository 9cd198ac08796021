//! Getting a connection: names are resolved anew at each try, and every address is tried before a try fails.

use super::settings::{Host, Settings};
use super::tls::unsecured;
use postrider_trace::{Ends, Recorded};
use rustls_pki_types::ServerName;
use std::io;
use std::net::SocketAddr;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpSocket, TcpStream, lookup_host};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// A connection, with TLS or without.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {
    /// Has it end with a reset when it is dropped, and forget what the other end has not taken: the system would otherwise go
    /// on trying to bring that there, long after it has gone by another way.
    fn give_up(&self);
}

impl Stream for TcpStream {
    fn give_up(&self) {
        // One that is not connected any more has nothing to forget.
        let _ = self.set_zero_linger();
    }
}

impl Stream for tokio_rustls::client::TlsStream<TcpStream> {
    fn give_up(&self) {
        self.get_ref().0.give_up();
    }
}

impl Stream for Recorded<Box<dyn Stream>> {
    fn give_up(&self) {
        self.get_ref().as_ref().give_up();
    }
}

/// Connects to the first address that answers, and says between which two. `turn` says with which of a name's addresses to begin, so that several
/// links spread over them.
///
/// # Errors
/// When none answers: the last one's reason, with what was tried.
pub(super) async fn connect(
    settings: &Settings,
    hosts: &[Host],
    turn: usize,
) -> Result<(Box<dyn Stream>, Ends), String> {
    let mut reason = String::from("no host is configured");
    for host in hosts {
        let mut addresses = match resolve(host, settings).await {
            Ok(addresses) => addresses,
            Err(error) => {
                reason = format!("{} can't be resolved: {}", host.name, words(&error));
                continue;
            }
        };
        let first = turn % addresses.len().max(1);
        addresses.rotate_left(first);
        for address in addresses {
            match timeout(settings.timers.connect, open(settings, host, address)).await {
                Ok(Ok(connected)) => return Ok(connected),
                Ok(Err(error)) => reason = format!("{address}: {}", words(&error)),
                Err(_) => reason = format!("{address}: no answer in {:?}", settings.timers.connect),
            }
        }
    }
    Err(reason)
}

/// An error without the system's number for it, which says nothing that the words don't.
pub(super) fn words(error: &io::Error) -> String {
    let words = error.to_string();
    words.split(" (os error").next().unwrap_or(&words).to_owned()
}

/// The addresses of a host that can be reached from the address that is to be connected from.
pub(super) async fn resolve(host: &Host, settings: &Settings) -> io::Result<Vec<SocketAddr>> {
    let found = timeout(settings.timers.connect, lookup_host((&*host.name, host.port))).await;
    let found = found.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
    let alike =
        |address: &SocketAddr| settings.bind_ip.is_none_or(|local| local.is_ipv4() == address.is_ipv4());
    let addresses: Vec<_> = found.filter(alike).collect();
    match (addresses.is_empty(), settings.bind_ip) {
        (false, _) => Ok(addresses),
        (true, None) => Err(io::Error::other("the name has no address")),
        (true, Some(local)) => Err(io::Error::other(format!("it has no address that {local} can reach"))),
    }
}

pub(super) async fn open(
    settings: &Settings,
    host: &Host,
    address: SocketAddr,
) -> io::Result<(Box<dyn Stream>, Ends)> {
    let stream = reach(settings, address).await?;
    let ends = Ends { local: stream.local_addr()?, peer: address };
    let stream: Box<dyn Stream> = match &settings.tls {
        None => Box::new(stream),
        Some(tls) => Box::new(secure(tls, host, stream).await.map_err(|error| unsecured(&error))?),
    };
    Ok((stream, ends))
}

/// A connection without TLS, from the address that is to be connected from.
pub(super) async fn reach(settings: &Settings, address: SocketAddr) -> io::Result<TcpStream> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    if let Some(local) = settings.bind_ip {
        let wrong = |error: io::Error| {
            io::Error::other(format!("{local} is no address to connect from: {}", words(&error)))
        };
        socket.bind(SocketAddr::new(local, 0)).map_err(wrong)?;
    }
    let stream = socket.connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// TLS over a connection. Its error is the library's own.
pub(super) async fn secure(
    tls: &super::Tls,
    host: &Host,
    stream: TcpStream,
) -> io::Result<TlsStream<TcpStream>> {
    let name = match &tls.name {
        Some(name) => name.clone(),
        None => ServerName::try_from(host.name.to_string()).map_err(io::Error::other)?,
    };
    TlsConnector::from(std::sync::Arc::clone(&tls.config)).connect(name, stream).await
}

#[cfg(test)]
mod tests {
    use super::super::pump::exchange;
    use super::super::{Tls, Trust};
    use super::*;
    use postrider_wire::smpp::pdu::{Bind, BindMode, BindResp};
    use postrider_wire::smpp::{Event, Pdu, Role, Session, Status};
    use std::time::Instant;
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

    fn settings(hosts: Vec<Host>) -> Settings {
        Settings { hosts, ..Settings::new("upstream", host("", 0), "user", "secret") }
    }

    #[tokio::test]
    async fn the_next_host_is_tried_when_one_is_down() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let settings = settings(vec![host("127.0.0.1", deserted().await), host("localhost", port)]);
        for turn in 0..3 {
            assert!(connect(&settings, &settings.hosts, turn).await.is_ok(), "turn {turn}");
        }
    }

    #[tokio::test]
    async fn the_connection_comes_from_the_address_that_is_asked_for() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let hosts = vec![host("127.0.0.1", listener.local_addr().unwrap().port())];
        let from = |text: &str| Settings { bind_ip: Some(text.parse().unwrap()), ..settings(hosts.clone()) };
        let here = from("127.0.0.9");
        let (ours, theirs) = tokio::join!(connect(&here, &hosts, 0), listener.accept());
        let (ends, theirs) = (ours.unwrap().1, theirs.unwrap().1);
        assert_eq!((theirs.ip().to_string().as_str(), theirs), ("127.0.0.9", ends.local));
        for (wrong, words) in [
            ("192.0.2.7", "192.0.2.7 is no address to connect from"),
            ("::1", "no address that ::1 can reach"),
        ] {
            let reason = connect(&from(wrong), &hosts, 0).await.err().unwrap();
            assert!(reason.contains(words), "{reason}");
        }
    }

    #[tokio::test]
    async fn the_reason_names_what_was_tried() {
        let port = deserted().await;
        let settings = settings(vec![host("127.0.0.1", port)]);
        let reason = connect(&settings, &settings.hosts, 0).await.err().unwrap();
        assert!(reason.starts_with(&format!("127.0.0.1:{port}: ")), "{reason}");
    }

    #[tokio::test]
    async fn the_reason_says_that_a_port_does_not_speak_tls() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut settings = settings(vec![host("127.0.0.1", listener.local_addr().unwrap().port())]);
        settings.tls = Some(Tls::new(&Trust::Nobody, None).unwrap());
        let answered = async {
            let (mut stranger, _) = listener.accept().await.unwrap();
            stranger.write_all(b"SSH-2.0-OpenSSH_9.2\r\n").await.unwrap();
            stranger
        };
        let (connected, _stranger) = tokio::join!(connect(&settings, &settings.hosts, 0), answered);
        let reason = connected.err().unwrap();
        assert!(reason.contains("doesn't speak TLS"), "{reason}");
    }

    #[tokio::test]
    async fn a_session_runs_over_a_connection() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let settings = settings(vec![host("127.0.0.1", listener.local_addr().unwrap().port())]);
        let (ours, theirs) = tokio::join!(connect(&settings, &settings.hosts, 0), listener.accept());
        let (mut ours, mut theirs): (Box<dyn Stream>, Box<dyn Stream>) =
            (ours.unwrap().0, Box::new(theirs.unwrap().0));
        let now = Instant::now();
        let mut client = Session::new(Role::Client, postrider_wire::smpp::Settings::default(), now);
        client.request(&Bind::new(BindMode::Transceiver, b"user", b"secret"), 7, now).unwrap();
        let served = tokio::spawn(async move {
            let mut server = Session::<()>::new(Role::Server, postrider_wire::smpp::Settings::default(), now);
            exchange(&mut theirs, &mut server, true).await.unwrap();
            let asked = matches!(server.next(now), Some(Event::Request { sequence: 1, pdu: Pdu::Bind(_) }));
            server.respond(1, Status::ROK, &BindResp::new(BindMode::Transceiver, b"smsc"), now).unwrap();
            let ended = exchange(&mut theirs, &mut server, true).await;
            (asked, ended.is_err())
        });
        exchange(&mut ours, &mut client, true).await.unwrap();
        assert!(matches!(client.next(now), Some(Event::Response { token: 7, status: Status::ROK, .. })));
        drop(ours);
        assert_eq!(served.await.unwrap(), (true, true));
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
        let plain = settings(vec![host("127.0.0.1", listener.local_addr().unwrap().port())]);
        let (door, pem) = door();
        let tls = Some(Tls::new(&Trust::Authorities(pem.into()), None).unwrap());
        for settings in [plain.clone(), Settings { tls, ..plain }] {
            for gives_up in [true, false] {
                let theirs = async {
                    let socket = listener.accept().await.unwrap().0;
                    match &settings.tls {
                        None => socket,
                        Some(_) => door.accept(socket).await.unwrap().into_inner().0,
                    }
                };
                let (ours, theirs) = tokio::join!(connect(&settings, &settings.hosts, 0), theirs);
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
}
