//! The way to a carrier: names, addresses, TLS.

use super::certificate;
use super::{Finding, Listener, Step, spoken_since};
use crate::connect::{Dialer, Host, secure, words};
use crate::now;
use crate::tls::Tls;
use std::io;
use std::net::SocketAddr;
use tokio::net::TcpStream;
use tokio::time::timeout;

/// The most addresses of one name that are tried.
const ADDRESSES_MAX: usize = 8;

/// An address of a host that can be connected to.
#[derive(Clone, Debug)]
pub struct Reachable {
    /// The host.
    pub host: Host,
    /// The address.
    pub address: SocketAddr,
}

/// Tries every address of every host, and returns the addresses that accept a connection.
pub async fn reach(dialer: &Dialer, hosts: &[Host], listener: &Listener) -> Vec<Reachable> {
    let mut reachable = Vec::new();
    for host in hosts {
        for address in addresses(dialer, host, listener).await {
            let place = Reachable { host: host.clone(), address };
            if is_reachable(dialer, &place, listener).await {
                reachable.push(place);
            }
        }
    }
    reachable
}

/// The first address of a host, whether it can be connected to or not.
pub async fn first_of(dialer: &Dialer, host: &Host) -> Option<Reachable> {
    let address = dialer.resolve(host).await.ok()?.into_iter().next()?;
    Some(Reachable { host: host.clone(), address })
}

async fn addresses(dialer: &Dialer, host: &Host, listener: &Listener) -> Vec<SocketAddr> {
    let found = Finding::new(Step::RESOLVE, format!("the addresses of {}", host.name));
    let began = now();
    match dialer.resolve(host).await {
        Ok(mut addresses) => {
            addresses.truncate(ADDRESSES_MAX);
            let listed: Vec<String> = addresses.iter().map(|address| address.ip().to_string()).collect();
            listener.tell(found.well(format!("{} ({})", listed.join(", "), spoken_since(began)))).await;
            addresses
        }
        Err(error) => {
            let found = found
                .failed(words(&error))
                .means("this machine can't find out where the carrier is")
                .advice("compare 'host' with what the carrier gave you, and ask this machine's name servers for it");
            listener.tell(found).await;
            Vec::new()
        }
    }
}

/// Connects to one address, with TLS if it is declared.
async fn is_reachable(dialer: &Dialer, place: &Reachable, listener: &Listener) -> bool {
    let found = Finding::new(Step::CONNECT, format!("connecting to {}", place.address));
    let began = now();
    let stream = match timeout(dialer.patience, dialer.reach(place.address)).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => {
            listener.tell(unreachable(found, &error)).await;
            return false;
        }
        Err(_) => {
            listener.tell(unanswered(found.failed(format!("no answer in {:?}", dialer.patience)))).await;
            return false;
        }
    };
    listener.tell(found.well(format!("connected ({})", spoken_since(began)))).await;
    match &dialer.tls {
        None => true,
        Some(tls) => is_secure(dialer, tls, place, stream, listener).await,
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
            .means("this machine has no route to that address")
            .advice("look at the routes of this machine; where the carrier wants a VPN, see whether it is up"),
        io::ErrorKind::AddrNotAvailable | io::ErrorKind::Other => {
            found.advice("look at 'bind_ip': it must be an address of this machine")
        }
        _ => found,
    }
}

async fn is_secure(
    dialer: &Dialer,
    tls: &Tls,
    place: &Reachable,
    stream: TcpStream,
    listener: &Listener,
) -> bool {
    let found = Finding::new(Step::TLS, format!("TLS with {}", place.address));
    let began = now();
    let error = match timeout(dialer.patience, secure(tls, &place.host, stream)).await {
        Ok(Ok(stream)) => {
            let took = now().saturating_duration_since(began);
            listener.tell(found.well(certificate::accepted(&stream, took))).await;
            return true;
        }
        Ok(Err(error)) => error,
        Err(_) => io::ErrorKind::TimedOut.into(),
    };
    let shown = certificate::fingerprint(dialer, place).await;
    listener.tell(certificate::distrusted(found, &error, &place.host, shown.as_deref())).await;
    false
}
