//! The way to the carrier: names, addresses, TLS.

use super::certificate;
use super::finding::{Finding, Step};
use super::{Patient, Telling, since};
use crate::smpp::settings::Settings;
use postrider_link::connect::Host;
use postrider_link::connect::{secure, words};
use postrider_link::now;
use postrider_wire::smpp::pdu::BindMode;
use std::io;
use std::net::SocketAddr;
use tokio::net::TcpStream;
use tokio::time::timeout;

/// The most addresses of one name that are tried.
const ADDRESSES_MAX: usize = 8;

/// A way in that was found open.
#[derive(Clone, Debug)]
pub(super) struct Door {
    pub(super) host: Host,
    pub(super) address: SocketAddr,
}

/// Tries every host and each of its addresses, and returns those that can be connected to, as the mode is to be bound.
pub(super) async fn doors(patient: &Patient, tell: &Telling, mode: BindMode) -> Vec<Door> {
    let settings = &patient.settings;
    let mut open = Vec::new();
    for host in settings.hosts(mode) {
        for address in addresses(settings, host, tell).await {
            let door = Door { host: host.clone(), address };
            if is_open(settings, &door, tell).await {
                open.push(door);
            }
        }
    }
    open
}

async fn addresses(settings: &Settings, host: &Host, tell: &Telling) -> Vec<SocketAddr> {
    let found = Finding::new(Step::Resolve, format!("the addresses of {}", host.name));
    let began = now();
    match settings.dialer().resolve(host).await {
        Ok(mut addresses) => {
            addresses.truncate(ADDRESSES_MAX);
            let listed: Vec<String> = addresses.iter().map(|address| address.ip().to_string()).collect();
            tell.tell(found.well(format!("{} ({})", listed.join(", "), since(began)))).await;
            addresses
        }
        Err(error) => {
            let found = found
                .failed(words(&error))
                .means("this machine can't find out where the carrier is")
                .advice("compare 'host' with what the carrier gave you, and ask this machine's name servers for it");
            tell.tell(found).await;
            Vec::new()
        }
    }
}

/// Connects to one address, with TLS if it is declared.
async fn is_open(settings: &Settings, door: &Door, tell: &Telling) -> bool {
    let found = Finding::new(Step::Connect, format!("connecting to {}", door.address));
    let began = now();
    let stream = match timeout(settings.timers.connect, settings.dialer().reach(door.address)).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => {
            tell.tell(unreachable(found, &error)).await;
            return false;
        }
        Err(_) => {
            tell.tell(unanswered(found.failed(format!("no answer in {:?}", settings.timers.connect)))).await;
            return false;
        }
    };
    tell.tell(found.well(format!("connected ({})", since(began)))).await;
    match &settings.tls {
        None => true,
        Some(_) => is_secure(settings, door, stream, tell).await,
    }
}

fn unanswered(found: Finding) -> Finding {
    found.means("packets get lost on the way: mostly a firewall, here or there, drops them").advice(
        "ask the carrier whether it admits the public address of this machine, and whether host and port are right; \
         look at this side's firewall for outgoing connections",
    )
}

fn unreachable(found: Finding, error: &io::Error) -> Finding {
    let found = found.failed(words(error));
    match error.kind() {
        io::ErrorKind::ConnectionRefused => found
            .means("the machine is there, and nobody listens at this port, or a firewall says so")
            .advice("compare 'port' with what the carrier gave you; ask whether it admits the public address of this machine"),
        io::ErrorKind::TimedOut => unanswered(found),
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => found
            .means("this machine has no way to that address")
            .advice("look at the routes of this machine; where the carrier wants a VPN, see whether it is up"),
        io::ErrorKind::AddrNotAvailable | io::ErrorKind::Other => {
            found.advice("look at 'bind_ip': it must be an address of this machine")
        }
        _ => found,
    }
}

async fn is_secure(settings: &Settings, door: &Door, stream: TcpStream, tell: &Telling) -> bool {
    let Some(tls) = &settings.tls else { return true };
    let found = Finding::new(Step::Tls, format!("TLS with {}", door.address));
    let began = now();
    let error = match timeout(settings.timers.connect, secure(tls, &door.host, stream)).await {
        Ok(Ok(stream)) => {
            tell.tell(found.well(certificate::accepted(&stream, now().saturating_duration_since(began))))
                .await;
            return true;
        }
        Ok(Err(error)) => error,
        Err(_) => io::ErrorKind::TimedOut.into(),
    };
    let shown = certificate::shown(settings, door).await;
    tell.tell(certificate::distrusted(found, &error, &door.host, shown.as_deref())).await;
    false
}

/// The first address of a host, which wasn't tried yet.
pub(super) async fn first(settings: &Settings, host: &Host) -> Option<Door> {
    let address = settings.dialer().resolve(host).await.ok()?.into_iter().next()?;
    Some(Door { host: host.clone(), address })
}
