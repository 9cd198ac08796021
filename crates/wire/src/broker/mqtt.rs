//! MQTT 3.1.1 (OASIS, 2014) at quality of service 1: what is published is acknowledged, either way.

use super::{MESSAGE_MAX, Malformed};
use bytes::{Buf, BufMut, Bytes, BytesMut};

/// The longest text, in octets.
const TEXT_MAX: usize = 65_535;

/// What a broker says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Packet {
    /// It lets the client in, and has the client's session of before or not.
    Connected {
        /// Whether it remembers the client's session.
        has_session: bool,
    },
    /// It doesn't: why, by 3.2.2.3.
    Refused(u8),
    /// A message of a subscription.
    Publish(Publish),
    /// It has taken a publication on, by its number.
    Published(u16),
    /// A subscription was taken on, or not.
    Subscribed {
        /// The number of the subscription's packet.
        number: u16,
        /// Whether it was.
        is_granted: bool,
    },
    /// It is there.
    Pong,
}

/// A message of a subscription.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Publish {
    /// Its topic.
    pub topic: String,
    /// By what it is acknowledged; `None` if it isn't.
    pub number: Option<u16>,
    /// Whether it may have been delivered before.
    pub is_repeated: bool,
    /// Its content.
    pub payload: Bytes,
}

/// How a client comes in.
#[derive(Clone, Copy, Debug)]
pub struct Connect<'a> {
    /// Its name, unique at the broker.
    pub client: &'a str,
    /// User and password.
    pub login: Option<(&'a str, &'a str)>,
    /// Seconds within which it says something.
    pub keep_alive: u16,
    /// Whether the broker forgets its session when it goes.
    pub is_clean: bool,
}

/// Takes what a broker says from a buffer; `None` if it isn't there to its end.
///
/// # Errors
/// It is none of the protocol's, or none that a client hears at quality of service 1.
pub fn decode(buffer: &mut BytesMut) -> Result<Option<Packet>, Malformed> {
    let Some((length, head)) = remaining_length(buffer)? else { return Ok(None) };
    if length > MESSAGE_MAX + TEXT_MAX {
        return Err(Malformed("a packet is too long"));
    }
    if buffer.len() < head + length {
        return Ok(None);
    }
    let first = buffer.first().copied().unwrap_or_default();
    let mut body = buffer.split_to(head + length).freeze().split_off(head);
    let packet = match (first >> 4, first & 0x0F) {
        (2, 0) => match (octet(&mut body)?, octet(&mut body)?) {
            (flags, 0) => Packet::Connected { has_session: flags & 1 == 1 },
            (_, why) => Packet::Refused(why),
        },
        (3, flags) => Packet::Publish(publication(flags, body)?),
        (4, 0) => Packet::Published(number(&mut body)?),
        (9, 0) => {
            let number = number(&mut body)?;
            Packet::Subscribed { number, is_granted: octet(&mut body)? <= 2 }
        }
        (13, 0) => Packet::Pong,
        _ => return Err(Malformed("an unexpected packet")),
    };
    Ok(Some(packet))
}

/// The length of a packet behind its fixed header, and that of the header.
fn remaining_length(buffer: &[u8]) -> Result<Option<(usize, usize)>, Malformed> {
    let mut length = 0_usize;
    for place in 0..4 {
        let Some(octet) = buffer.get(1 + place) else { return Ok(None) };
        length |= usize::from(octet & 0x7F) << (7 * place);
        if octet & 0x80 == 0 {
            return Ok(Some((length, 2 + place)));
        }
    }
    Err(Malformed("a length has more than four octets"))
}

fn publication(flags: u8, mut body: Bytes) -> Result<Publish, Malformed> {
    let length = usize::from(number(&mut body)?);
    if body.len() < length {
        return Err(Malformed("a topic is cut"));
    }
    let topic = String::from_utf8(body.split_to(length).to_vec());
    let topic = topic.map_err(|_| Malformed("a topic is not UTF-8"))?;
    let number = match (flags >> 1) & 3 {
        0 => None,
        1 => Some(number(&mut body)?),
        _ => return Err(Malformed("a quality of service that nobody asked for")),
    };
    Ok(Publish { topic, number, is_repeated: flags & 8 != 0, payload: body })
}

fn octet(body: &mut Bytes) -> Result<u8, Malformed> {
    if body.is_empty() { Err(Malformed("a packet is cut")) } else { Ok(body.get_u8()) }
}

fn number(body: &mut Bytes) -> Result<u16, Malformed> {
    if body.len() < 2 { Err(Malformed("a packet is cut")) } else { Ok(body.get_u16()) }
}

/// Writes `CONNECT`.
pub fn connect(to: &mut BytesMut, connect: Connect<'_>) {
    let mut body = BytesMut::new();
    text(&mut body, "MQTT");
    body.put_u8(4);
    let login = if connect.login.is_some() { 0xC0 } else { 0 };
    body.put_u8(login | if connect.is_clean { 2 } else { 0 });
    body.put_u16(connect.keep_alive);
    text(&mut body, connect.client);
    if let Some((user, password)) = connect.login {
        text(&mut body, user);
        text(&mut body, password);
    }
    packet(to, 0x10, &body);
}

/// Writes a publication at quality of service 1.
pub fn publish(to: &mut BytesMut, topic: &str, number: u16, payload: &[u8]) {
    let mut body = BytesMut::new();
    text(&mut body, topic);
    body.put_u16(number);
    body.put_slice(payload);
    packet(to, 0x32, &body);
}

/// Writes that a message was taken.
pub fn published(to: &mut BytesMut, number: u16) {
    packet(to, 0x40, &number.to_be_bytes());
}

/// Writes a subscription at quality of service 1.
pub fn subscribe(to: &mut BytesMut, number: u16, topics: &str) {
    let mut body = BytesMut::new();
    body.put_u16(number);
    text(&mut body, topics);
    body.put_u8(1);
    packet(to, 0x82, &body);
}

/// Writes `PINGREQ`.
pub fn ping(to: &mut BytesMut) {
    packet(to, 0xC0, &[]);
}

/// Writes `DISCONNECT`.
pub fn disconnect(to: &mut BytesMut) {
    packet(to, 0xE0, &[]);
}

/// A text with its length. One that is too long is cut: settings have limits below that.
fn text(to: &mut BytesMut, text: &str) {
    let octets = text.as_bytes().get(..text.len().min(TEXT_MAX)).unwrap_or_default();
    to.put_u16(u16::try_from(octets.len()).unwrap_or(u16::MAX));
    to.put_slice(octets);
}

fn packet(to: &mut BytesMut, first: u8, body: &[u8]) {
    to.put_u8(first);
    let mut left = body.len();
    loop {
        let septet = u8::try_from(left & 0x7F).unwrap_or_default();
        left >>= 7;
        to.put_u8(if left > 0 { septet | 0x80 } else { septet });
        if left == 0 {
            break;
        }
    }
    to.put_slice(body);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(octets: &[u8]) -> Result<Vec<Packet>, Malformed> {
        let (mut buffer, mut found) = (BytesMut::new(), Vec::new());
        for octet in octets {
            buffer.put_u8(*octet);
            while let Some(packet) = decode(&mut buffer)? {
                found.push(packet);
            }
        }
        Ok(found)
    }

    #[test]
    fn what_a_broker_says_is_read() {
        let mut octets = b"\x20\x02\x01\x00\x20\x02\x00\x05\x40\x02\x12\x34\x90\x03\x00\x01\x01\x90\x03\x00\x02\x80\xD0\x00".to_vec();
        octets.extend_from_slice(b"\x3A\x07\x00\x01a\x00\x07hi\x30\x03\x00\x01b");
        let publish = |topic: &str, number, is_repeated, payload: &'static [u8]| {
            let payload = Bytes::from_static(payload);
            Packet::Publish(Publish { topic: topic.into(), number, is_repeated, payload })
        };
        let expected = [
            Packet::Connected { has_session: true },
            Packet::Refused(5),
            Packet::Published(0x1234),
            Packet::Subscribed { number: 1, is_granted: true },
            Packet::Subscribed { number: 2, is_granted: false },
            Packet::Pong,
            publish("a", Some(7), true, b"hi"),
            publish("b", None, false, b""),
        ];
        assert_eq!(all(&octets).unwrap(), expected);
        let long = [&b"\x30\x83\x01\x00\x01a"[..], &[b'x'; 128]].concat();
        assert!(matches!(&all(&long).unwrap()[..], [Packet::Publish(it)] if it.payload.len() == 128));
    }

    #[test]
    fn what_is_no_protocol_is_refused() {
        for octets in [
            &b"\x30\xFF\xFF\xFF\xFF\x01"[..],
            b"\x30\xFF\xFF\xFF\x7F",
            b"\x00\x00",
            b"\x20\x01\x00",
            b"\x40\x01\x00",
            b"\x34\x05\x00\x01a\x00\x07",
            b"\x32\x02\x00\x09",
            b"\x30\x03\x00\x01\xFF",
        ] {
            assert!(all(octets).is_err(), "{octets:?}");
        }
    }

    #[test]
    fn what_a_client_says_is_written() {
        let mut to = BytesMut::new();
        let it = Connect { client: "me", login: Some(("u", "p")), keep_alive: 30, is_clean: false };
        connect(&mut to, it);
        assert_eq!(&to[..], b"\x10\x14\x00\x04MQTT\x04\xC0\x00\x1E\x00\x02me\x00\x01u\x00\x01p");
        to.clear();
        subscribe(&mut to, 1, "in/#");
        publish(&mut to, "a/b", 2, b"hi");
        published(&mut to, 7);
        ping(&mut to);
        disconnect(&mut to);
        let expected =
            b"\x82\x09\x00\x01\x00\x04in/#\x01\x32\x09\x00\x03a/b\x00\x02hi\x40\x02\x00\x07\xC0\x00\xE0\x00";
        assert_eq!(&to[..], expected);
        to.clear();
        publish(&mut to, "t", 1, &[0; 200]);
        assert_eq!(&to[..3], b"\x32\xCD\x01");
    }
}
