//! AMQP 0-9-1 with publisher confirms, as far as a client needs it that publishes and consumes on one channel.

use super::{MESSAGE_MAX, Malformed};
use bytes::{Buf, BufMut, Bytes, BytesMut};

/// What a client says first.
pub const PROTOCOL: &[u8] = b"AMQP\x00\x00\x09\x01";
/// The largest frame that we agree to, in octets.
pub const FRAME_MAX: u32 = 128 * 1024;
/// The channel of everything but the connection's own.
const CHANNEL: u16 = 1;
/// The octet at the end of each frame.
const END: u8 = 0xCE;
/// The octets of a frame around its content.
const AROUND: usize = 8;
/// Methods of connections, channels, messages and confirms.
const CONNECTION: u16 = 10;
const CHANNELS: u16 = 20;
const BASIC: u16 = 60;
const CONFIRM: u16 = 85;
/// Flags of a message's properties that stand before its id, in their order, each with how it is read.
const BEFORE_ID: [(u16, Property); 8] = [
    (1 << 15, Property::Short),
    (1 << 14, Property::Short),
    (1 << 13, Property::Long),
    (1 << 12, Property::Octet),
    (1 << 11, Property::Octet),
    (1 << 10, Property::Short),
    (1 << 9, Property::Short),
    (1 << 8, Property::Short),
];
const ID: u16 = 1 << 7;

#[derive(Clone, Copy)]
enum Property {
    Short,
    Long,
    Octet,
}

/// What a broker says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    /// It begins.
    Start,
    /// It proposes limits: the largest frame, and the seconds of heartbeats; 0 is none.
    Tune {
        /// Octets.
        frame_max: u32,
        /// Seconds.
        heartbeat: u16,
    },
    /// It agrees to what was asked, by class and method.
    Done(u16, u16),
    /// It ends the connection or the channel: code and reason.
    Close(u16, String),
    /// A message begins, which is acknowledged by this tag.
    Deliver(u64),
    /// The consumer was canceled: its queue is gone.
    Canceled,
    /// What a message has: its length and its id.
    Header {
        /// Octets of the content.
        length: u64,
        /// The property `message-id`.
        id: Option<String>,
    },
    /// A piece of a message's content.
    Body(Bytes),
    /// It has taken on what was published under this tag, or everything up to it.
    Ack {
        /// The tag.
        tag: u64,
        /// Whether all before it are meant, too.
        is_multiple: bool,
    },
    /// It has not taken on what was published.
    Nack,
    /// It is there.
    Heartbeat,
    /// Something that need not be known.
    Other,
}

/// Takes a frame from a buffer; `None` if it isn't there to its end.
///
/// # Errors
/// It is none of the protocol's.
pub fn decode(buffer: &mut BytesMut) -> Result<Option<Frame>, Malformed> {
    let Some(head) = buffer.get(..7) else { return Ok(None) };
    if head.starts_with(b"AMQP") {
        return Err(Malformed("it speaks another version of AMQP"));
    }
    let length = head.iter().skip(3).fold(0_usize, |length, octet| length << 8 | usize::from(*octet));
    if length > MESSAGE_MAX {
        return Err(Malformed("a frame is too long"));
    }
    if buffer.len() < length + AROUND {
        return Ok(None);
    }
    let mut frame = buffer.split_to(length + AROUND).freeze();
    if frame.last() != Some(&END) {
        return Err(Malformed("a frame has no end"));
    }
    let kind = frame.get_u8();
    frame.advance(6);
    let content = frame.split_to(length);
    Ok(Some(match kind {
        1 => method(content)?,
        2 => header(content)?,
        3 => Frame::Body(content),
        8 => Frame::Heartbeat,
        _ => return Err(Malformed("an unknown kind of frame")),
    }))
}

fn method(mut content: Bytes) -> Result<Frame, Malformed> {
    let (class, method) = (number(&mut content, 2)?, number(&mut content, 2)?);
    let (class, method) = (short(class), short(method));
    Ok(match (class, method) {
        (CONNECTION, 10) => Frame::Start,
        (CONNECTION, 30) => {
            let _channels = number(&mut content, 2)?;
            let frame_max = u32::try_from(number(&mut content, 4)?).unwrap_or(u32::MAX);
            Frame::Tune { frame_max, heartbeat: short(number(&mut content, 2)?) }
        }
        (CONNECTION, 50) | (CHANNELS, 40) => {
            let code = short(number(&mut content, 2)?);
            Frame::Close(code, short_text(&mut content)?)
        }
        (CONNECTION, 41) | (CHANNELS | CONFIRM, 11) | (BASIC, 11 | 21) => Frame::Done(class, method),
        (BASIC, 30) => Frame::Canceled,
        (BASIC, 60) => {
            short_text(&mut content)?;
            Frame::Deliver(number(&mut content, 8)?)
        }
        (BASIC, 80) => {
            let tag = number(&mut content, 8)?;
            Frame::Ack { tag, is_multiple: number(&mut content, 1)? & 1 == 1 }
        }
        (BASIC, 120) => Frame::Nack,
        _ => Frame::Other,
    })
}

fn header(mut content: Bytes) -> Result<Frame, Malformed> {
    let _class_and_weight = number(&mut content, 4)?;
    let length = number(&mut content, 8)?;
    if length > MESSAGE_MAX as u64 {
        return Err(Malformed("a message is too long"));
    }
    let flags = short(number(&mut content, 2)?);
    for (flag, property) in BEFORE_ID {
        if flags & flag == 0 {
            continue;
        }
        match property {
            Property::Short => drop(short_text(&mut content)?),
            Property::Octet => drop(number(&mut content, 1)?),
            Property::Long => {
                let length = usize::try_from(number(&mut content, 4)?).unwrap_or(usize::MAX);
                if content.len() < length {
                    return Err(Malformed("a table is cut"));
                }
                content.advance(length);
            }
        }
    }
    let id = if flags & ID == 0 { None } else { Some(short_text(&mut content)?) };
    Ok(Frame::Header { length, id })
}

fn number(content: &mut Bytes, octets: usize) -> Result<u64, Malformed> {
    if content.len() < octets { Err(Malformed("a frame is cut")) } else { Ok(content.get_uint(octets)) }
}

fn short(number: u64) -> u16 {
    u16::try_from(number).unwrap_or(u16::MAX)
}

fn short_text(content: &mut Bytes) -> Result<String, Malformed> {
    let length = usize::try_from(number(content, 1)?).unwrap_or_default();
    if content.len() < length {
        return Err(Malformed("a text is cut"));
    }
    String::from_utf8(content.split_to(length).to_vec()).map_err(|_| Malformed("a text is not UTF-8"))
}

/// Writes that the client logs in so (SASL `PLAIN`).
pub fn start_ok(to: &mut BytesMut, client: &str, user: &str, password: &str) {
    let mut table = BytesMut::new();
    for (name, value) in [("product", "Postrider"), ("connection_name", client)] {
        put_short(&mut table, name);
        table.put_u8(b'S');
        put_long(&mut table, value.as_bytes());
    }
    let mut content = BytesMut::new();
    put_long(&mut content, &table);
    put_short(&mut content, "PLAIN");
    put_long(&mut content, format!("\0{user}\0{password}").as_bytes());
    put_short(&mut content, "en_US");
    put_method(to, 0, CONNECTION, 11, &content);
}

/// Writes that limits are agreed to, and opens a virtual host and the channel.
pub fn open(to: &mut BytesMut, frame_max: u32, heartbeat: u16, virtual_host: &str) {
    let mut content = BytesMut::new();
    content.put_u16(CHANNEL);
    content.put_u32(frame_max);
    content.put_u16(heartbeat);
    put_method(to, 0, CONNECTION, 31, &content);
    content.clear();
    put_short(&mut content, virtual_host);
    content.put_slice(&[0, 0]);
    put_method(to, 0, CONNECTION, 40, &content);
    put_method(to, CHANNEL, CHANNELS, 10, &[0]);
}

/// Writes that what is published on the channel is to be confirmed.
pub fn confirm(to: &mut BytesMut) {
    put_method(to, CHANNEL, CONFIRM, 10, &[0]);
}

/// Writes that messages of a queue are wanted, so many unacknowledged at most.
pub fn consume(to: &mut BytesMut, queue: &str, window: u16) {
    let mut content = BytesMut::new();
    content.put_u32(0);
    content.put_u16(window);
    content.put_u8(0);
    put_method(to, CHANNEL, BASIC, 10, &content);
    content.clear();
    content.put_u16(0);
    put_short(&mut content, queue);
    put_short(&mut content, "");
    content.put_u8(0);
    content.put_u32(0);
    put_method(to, CHANNEL, BASIC, 20, &content);
}

/// Writes a persistent message of JSON.
pub fn publish(to: &mut BytesMut, exchange: &str, key: &str, id: &str, payload: &[u8], frame_max: u32) {
    let mut content = BytesMut::new();
    content.put_u16(0);
    put_short(&mut content, exchange);
    put_short(&mut content, key);
    content.put_u8(0);
    put_method(to, CHANNEL, BASIC, 40, &content);
    content.clear();
    content.put_u16(BASIC);
    content.put_u16(0);
    content.put_u64(payload.len() as u64);
    content.put_u16(1 << 15 | 1 << 12 | ID);
    put_short(&mut content, "application/json");
    content.put_u8(2);
    put_short(&mut content, id);
    put_frame(to, 2, CHANNEL, &content);
    let most = usize::try_from(frame_max).unwrap_or(usize::MAX).saturating_sub(AROUND).max(1);
    for piece in payload.chunks(most) {
        put_frame(to, 3, CHANNEL, piece);
    }
}

/// Writes that a message was taken.
pub fn ack(to: &mut BytesMut, tag: u64) {
    let mut content = BytesMut::new();
    content.put_u64(tag);
    content.put_u8(0);
    put_method(to, CHANNEL, BASIC, 80, &content);
}

/// Writes a sign of life.
pub fn heartbeat(to: &mut BytesMut) {
    put_frame(to, 8, 0, &[]);
}

fn put_method(to: &mut BytesMut, channel: u16, class: u16, method: u16, content: &[u8]) {
    let mut all = BytesMut::with_capacity(content.len() + 4);
    all.put_u16(class);
    all.put_u16(method);
    all.put_slice(content);
    put_frame(to, 1, channel, &all);
}

fn put_frame(to: &mut BytesMut, kind: u8, channel: u16, content: &[u8]) {
    to.put_u8(kind);
    to.put_u16(channel);
    to.put_u32(u32::try_from(content.len()).unwrap_or(u32::MAX));
    to.put_slice(content);
    to.put_u8(END);
}

/// A text with its length. One that is too long is cut: settings have limits below that.
fn put_short(to: &mut BytesMut, text: &str) {
    let octets = text.as_bytes().get(..text.len().min(255)).unwrap_or_default();
    to.put_u8(u8::try_from(octets.len()).unwrap_or(u8::MAX));
    to.put_slice(octets);
}

fn put_long(to: &mut BytesMut, octets: &[u8]) {
    to.put_u32(u32::try_from(octets.len()).unwrap_or(u32::MAX));
    to.put_slice(octets);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(octets: &[u8]) -> Result<Vec<Frame>, Malformed> {
        let (mut buffer, mut found) = (BytesMut::new(), Vec::new());
        for octet in octets {
            buffer.put_u8(*octet);
            while let Some(frame) = decode(&mut buffer)? {
                found.push(frame);
            }
        }
        Ok(found)
    }

    fn framed(class: u16, method: u16, content: &[u8]) -> Vec<u8> {
        let mut to = BytesMut::new();
        put_method(&mut to, CHANNEL, class, method, content);
        to.to_vec()
    }

    #[test]
    fn what_a_broker_says_is_read() {
        for (class, number, content, expected) in [
            (10, 10, &b"\x00\x09"[..], Frame::Start),
            (10, 30, b"\x07\xFF\x00\x02\x00\x00\x00\x3C", Frame::Tune { frame_max: 131_072, heartbeat: 60 }),
            (10, 41, b"\x00", Frame::Done(10, 41)),
            (20, 40, b"\x01\x94\x02no\x00\x3C\x00\x14", Frame::Close(404, "no".into())),
            (60, 60, b"\x01c\x00\x00\x00\x00\x00\x00\x00\x07\x00\x01e\x01k", Frame::Deliver(7)),
            (60, 30, b"\x01c\x00", Frame::Canceled),
            (60, 80, b"\x00\x00\x00\x00\x00\x00\x00\x09\x01", Frame::Ack { tag: 9, is_multiple: true }),
            (60, 120, b"\x00\x00\x00\x00\x00\x00\x00\x09\x00", Frame::Nack),
            (10, 60, b"\x00", Frame::Other),
        ] {
            assert_eq!(all(&framed(class, number, content)).unwrap(), [expected]);
        }
        assert_eq!(all(b"\x08\x00\x00\x00\x00\x00\x00\xCE").unwrap(), [Frame::Heartbeat]);
    }

    #[test]
    fn what_is_published_can_be_read() {
        let mut to = BytesMut::new();
        publish(&mut to, "events", "message.delivered", "id-7", b"hello", 11);
        let frames = all(&to).unwrap();
        let bodies = [Frame::Body(Bytes::from_static(b"hel")), Frame::Body(Bytes::from_static(b"lo"))];
        assert_eq!(frames[1], Frame::Header { length: 5, id: Some("id-7".into()) });
        assert_eq!(frames[2..], bodies);
        // Properties before the id are passed over: a table of headers, a priority, a correlation.
        let mut content = BytesMut::from(&b"\x00\x3C\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01"[..]);
        content.put_u16(1 << 13 | 1 << 11 | 1 << 10 | ID | 1 << 6);
        content.put_slice(b"\x00\x00\x00\x05\x01aI\x00\x00\x04\x02xy\x03abc\x00\x00\x00\x00\x00\x00\x00\x01");
        let mut to = BytesMut::new();
        put_frame(&mut to, 2, CHANNEL, &content);
        assert_eq!(all(&to).unwrap(), [Frame::Header { length: 1, id: Some("abc".into()) }]);
    }

    #[test]
    fn what_is_no_protocol_is_refused() {
        for octets in [
            &b"AMQP\x00\x00\x09\x01"[..],
            b"\x01\x00\x00\x7F\xFF\xFF\xFF",
            b"\x05\x00\x00\x00\x00\x00\x00\xCE",
            b"\x08\x00\x00\x00\x00\x00\x00\x00",
            b"\x01\x00\x00\x00\x00\x00\x02\x00\x0A\xCE",
            b"\x01\x00\x00\x00\x00\x00\x05\x00\x14\x00\x28\x01\xCE",
        ] {
            assert!(all(octets).is_err(), "{octets:?}");
        }
    }

    #[test]
    fn a_login_has_user_and_password() {
        let mut to = BytesMut::new();
        start_ok(&mut to, "me", "u", "p");
        let octets = to.to_vec();
        assert!(octets.windows(15).any(|piece| piece == b"PLAIN\x00\x00\x00\x04\x00u\x00p\x05e"));
        assert_eq!(octets.last(), Some(&END));
    }
}
