//! The client's address behind a load balancer, which sends it in front of everything else by the PROXY protocol,
//! version 2.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use tokio::io::{AsyncRead, AsyncReadExt};

/// What every header begins with (PROXY protocol, 2.2).
const SIGNATURE: [u8; 12] = *b"\r\n\r\n\0\r\nQUIT\n";
/// The octets of a header in front of its addresses: signature, version and command, family, length.
const FIXED: usize = 16;
/// The octets of version 2 and a command.
const LOCAL: u8 = 0x20;
const PROXY: u8 = 0x21;
/// The most octets of addresses and their extras that are read.
const REST_MAX: usize = 2_048;

/// Reads the header, and no octet more: the client's address, or `None` if the header names none. Then the client is who
/// the connection came from: the load balancer itself, in a health check (PROXY protocol 2.2, `LOCAL` and `AF_UNSPEC`).
///
/// # Errors
/// When what comes first is no such header.
pub(crate) async fn origin(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<SocketAddr>> {
    let mut octets = vec![0; FIXED];
    stream.read_exact(&mut octets).await?;
    if !octets.starts_with(&SIGNATURE) {
        return Err(wrong(
            "a connection from a load balancer doesn't begin with a PROXY protocol header, version 2",
        ));
    }
    let rest = usize::from(u16::from_be_bytes([octets[14], octets[15]]));
    if rest > REST_MAX {
        return Err(wrong("a PROXY protocol header is too long"));
    }
    octets.resize(FIXED + rest, 0);
    stream.read_exact(&mut octets[FIXED..]).await?;
    // The rest of such a header means nothing, whatever it holds.
    if octets[12] == LOCAL {
        return Ok(None);
    }
    if octets[12] != PROXY {
        return Err(wrong("a PROXY protocol header has an unknown version or command"));
    }
    source(octets[13], &octets[FIXED..])
}

/// The client's address in the addresses of a header; `None` for a family that has none. Extras may follow them.
fn source(family: u8, addresses: &[u8]) -> io::Result<Option<SocketAddr>> {
    match (family >> 4, family & 0x0F) {
        (0 | 3, 0..=2) => Ok(None),
        (1, 0..=2) => {
            Ok(Some(split::<4>(addresses, 12).map(|(host, port)| (Ipv4Addr::from(host), port).into())?))
        }
        (2, 0..=2) => {
            Ok(Some(split::<16>(addresses, 36).map(|(host, port)| (Ipv6Addr::from(host), port).into())?))
        }
        _ => Err(wrong("a PROXY protocol header has an unknown family of addresses")),
    }
}

/// The source of two addresses of `N` octets, with their ports behind them: `length` octets in all.
fn split<const N: usize>(addresses: &[u8], length: usize) -> io::Result<([u8; N], u16)> {
    let host = addresses.first_chunk().filter(|_| addresses.len() >= length);
    let port = addresses.get(2 * N..).and_then(<[u8]>::first_chunk);
    let (host, port) = host.zip(port).ok_or_else(|| wrong("a PROXY protocol header is too short"))?;
    Ok((*host, u16::from_be_bytes(*port)))
}

fn wrong(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(command: u8, family: u8, rest: &[u8]) -> Vec<u8> {
        let length = u16::try_from(rest.len()).unwrap().to_be_bytes();
        [&SIGNATURE[..], &[0x20 | command, family], &length, rest].concat()
    }

    async fn read(mut octets: &[u8]) -> (io::Result<Option<SocketAddr>>, usize) {
        let origin = origin(&mut octets).await;
        (origin, octets.len())
    }

    #[tokio::test]
    async fn the_client_is_who_the_load_balancer_says() {
        let v4 = [203, 0, 113, 9, 10, 0, 0, 1, 0xC0, 0x01, 0x0A, 0xD7];
        let (origin, left) = read(&[header(1, 0x11, &v4), b"rest".to_vec()].concat()).await;
        assert_eq!((origin.unwrap(), left), (Some("203.0.113.9:49153".parse().unwrap()), 4));
        let v6: Vec<u8> =
            [[0x20, 0x01], [0x0d, 0xb8]].concat().into_iter().chain([0; 28]).chain([0, 7, 0, 8]).collect();
        let (origin, _) = read(&header(1, 0x21, &v6)).await;
        assert_eq!(origin.unwrap(), Some("[2001:db8::]:7".parse().unwrap()));
    }

    #[tokio::test]
    async fn extras_behind_the_addresses_are_passed_over() {
        let rest = [203, 0, 113, 9, 10, 0, 0, 1, 0xC0, 0x01, 0x0A, 0xD7, 0x04, 0, 2, 0, 0];
        let (origin, left) = read(&[header(1, 0x11, &rest), b"x".to_vec()].concat()).await;
        assert_eq!((origin.unwrap().map(|origin| origin.port()), left), (Some(0xC001), 1));
    }

    #[tokio::test]
    async fn a_load_balancer_may_speak_for_itself() {
        let v4 = [203, 0, 113, 9, 10, 0, 0, 1, 0xC0, 0x01, 0x0A, 0xD7];
        for (command, family, rest) in
            [(0, 0, &[][..]), (0, 0x11, &v4), (0, 0x11, &[]), (0, 0xFF, &[1; 5]), (1, 0, &[])]
        {
            let (origin, left) = read(&[header(command, family, rest), b"bind".to_vec()].concat()).await;
            assert_eq!((origin.unwrap(), left), (None, 4), "{command} {family} {rest:?}");
        }
    }

    #[tokio::test]
    async fn what_is_no_header_is_refused() {
        let bind = [0, 0, 0, 40, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 1, 65, 66];
        assert_eq!(read(&bind).await.0.unwrap_err().kind(), io::ErrorKind::InvalidData);
        let mut long = header(1, 0x11, &[0; 12]);
        long[14] = 0xFF;
        assert_eq!(read(&long).await.0.unwrap_err().kind(), io::ErrorKind::InvalidData);
        assert_eq!(read(&header(1, 0x11, &[1; 4])).await.0.unwrap_err().kind(), io::ErrorKind::InvalidData);
        assert_eq!(read(&header(2, 0x11, &[1; 12])).await.0.unwrap_err().kind(), io::ErrorKind::InvalidData);
        assert_eq!(read(&header(1, 0x41, &[1; 12])).await.0.unwrap_err().kind(), io::ErrorKind::InvalidData);
        assert_eq!(read(&header(1, 0x21, &[1; 35])).await.0.unwrap_err().kind(), io::ErrorKind::InvalidData);
        assert_eq!(read(&SIGNATURE[..9]).await.0.unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    }
}
