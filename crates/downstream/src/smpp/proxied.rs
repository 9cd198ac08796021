//! The client's address behind a load balancer, which sends it in front of everything else by the PROXY protocol,
//! version 2.

use ppp::v2::{Addresses, Header};
use std::io;
use std::net::SocketAddr;
use tokio::io::{AsyncRead, AsyncReadExt};

/// The octets of a header in front of its addresses: signature, version and command, family, length.
const FIXED: usize = 16;
/// The octet of version 2 and the command `LOCAL`.
const LOCAL: u8 = 0x20;
/// The most octets of addresses and their extras that are read.
const REST_MAX: usize = 2_048;

/// Reads the header, and no octet more: the client's address, or `None` if the header names none. Then the client is who
/// the connection came from: the load balancer itself, in a health check (PROXY protocol 2.2, `LOCAL` and `AF_UNSPEC`).
///
/// # Errors
/// When what comes first is no such header.
pub(super) async fn origin(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<SocketAddr>> {
    let mut octets = vec![0; FIXED];
    stream.read_exact(&mut octets).await?;
    if !octets.starts_with(ppp::v2::PROTOCOL_PREFIX) {
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
    let header = Header::try_from(octets.as_slice())
        .map_err(|error| wrong(&format!("a PROXY protocol header can't be read: {error}")))?;
    Ok(match header.addresses {
        Addresses::Unspecified | Addresses::Unix(_) => None,
        Addresses::IPv4(address) => Some((address.source_address, address.source_port).into()),
        Addresses::IPv6(address) => Some((address.source_address, address.source_port).into()),
    })
}

fn wrong(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As the protocol's specification has it, section 2.2.
    const SIGNATURE: [u8; 12] = *b"\r\n\r\n\0\r\nQUIT\n";

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
        assert_eq!(read(&SIGNATURE[..9]).await.0.unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    }
}
