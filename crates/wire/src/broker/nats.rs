//! The client protocol of NATS, with headers: lines of text, some with a payload behind them.
//!
//! `JetStream` is requests and replies in it: a publication with a reply subject is acknowledged there, and a message of a consumer is
//! acknowledged by publishing to its reply subject.

use super::{MESSAGE_MAX, Malformed};
use bytes::{BufMut, Bytes, BytesMut};

/// The longest line, in octets. Only `INFO` is long.
const LINE_MAX: usize = 64 * 1024;
/// What headers begin with.
const VERSION: &str = "NATS/1.0";

/// What a server says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServerOp {
    /// What it is, in JSON: the first thing that it says.
    Info(Bytes),
    /// A message of a subscription.
    Message(Message),
    /// It asks whether the client is there.
    Ping,
    /// It is there.
    Pong,
    /// It agrees; only with `verbose`.
    Ok,
    /// It refuses something, and mostly ends the connection.
    Error(String),
}

/// A message of a subscription.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Message {
    /// The subject that it was published to.
    pub subject: String,
    /// The subject that replies are expected at.
    pub reply: Option<String>,
    /// A status in the place of a message, such as 503: nobody listens.
    pub status: Option<u16>,
    /// Its headers.
    pub headers: Vec<(String, String)>,
    /// Its content.
    pub payload: Bytes,
}

impl Message {
    /// The value of a header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }
}

/// Takes what a server says from a buffer; `None` if it isn't there to its end.
///
/// # Errors
/// It is none of the protocol's.
pub fn decode(buffer: &mut BytesMut) -> Result<Option<ServerOp>, Malformed> {
    let Some(end) = buffer.windows(2).take(LINE_MAX).position(|two| two == b"\r\n") else {
        return if buffer.len() > LINE_MAX { Err(Malformed("a line has no end")) } else { Ok(None) };
    };
    let line = std::str::from_utf8(buffer.get(..end).unwrap_or_default());
    let line = line.map_err(|_| Malformed("a line is not UTF-8"))?.to_owned();
    let (word, rest) = line.split_once([' ', '\t']).unwrap_or((&line, ""));
    let op = match word.to_ascii_uppercase().as_str() {
        "MSG" => return with_payload(buffer, end + 2, rest, false),
        "HMSG" => return with_payload(buffer, end + 2, rest, true),
        "INFO" => ServerOp::Info(Bytes::copy_from_slice(rest.trim().as_bytes())),
        "PING" => ServerOp::Ping,
        "PONG" => ServerOp::Pong,
        "+OK" => ServerOp::Ok,
        "-ERR" => ServerOp::Error(rest.trim().trim_matches('\'').to_owned()),
        _ => return Err(Malformed("an unknown operation")),
    };
    let _ = buffer.split_to(end + 2);
    Ok(Some(op))
}

/// A message: subject, subscription, reply subject if there is one, octets of headers if it has any, octets in all.
fn with_payload(
    buffer: &mut BytesMut,
    begin: usize,
    line: &str,
    has_headers: bool,
) -> Result<Option<ServerOp>, Malformed> {
    let number = |text: &str| text.parse::<usize>().map_err(|_| Malformed("a length is no number"));
    let mut words: Vec<&str> = line.split_ascii_whitespace().collect();
    let lacking = || Malformed("a message lacks a length");
    let total = number(words.pop().ok_or_else(lacking)?)?;
    let head = if has_headers { number(words.pop().ok_or_else(lacking)?)? } else { 0 };
    if total > MESSAGE_MAX || head > total {
        return Err(Malformed("a message is too long"));
    }
    let (subject, reply) = match words.as_slice() {
        [subject, _] => ((*subject).to_owned(), None),
        [subject, _, reply] => ((*subject).to_owned(), Some((*reply).to_owned())),
        _ => return Err(Malformed("a message has no subject")),
    };
    if buffer.len() < begin + total + 2 {
        return Ok(None);
    }
    let mut frame = buffer.split_to(begin + total + 2).freeze().split_off(begin);
    let headers = frame.split_to(head);
    let payload = frame.split_to(total - head);
    let (status, headers) = read_headers(&headers)?;
    Ok(Some(ServerOp::Message(Message { subject, reply, status, headers, payload })))
}

type Headers = (Option<u16>, Vec<(String, String)>);

fn read_headers(octets: &[u8]) -> Result<Headers, Malformed> {
    if octets.is_empty() {
        return Ok((None, Vec::new()));
    }
    let text = std::str::from_utf8(octets).map_err(|_| Malformed("headers are not UTF-8"))?;
    let mut lines = text.split("\r\n");
    let first = lines.next().and_then(|line| line.strip_prefix(VERSION));
    let first = first.ok_or(Malformed("headers of another version"))?;
    let status = first.split_ascii_whitespace().next().and_then(|code| code.parse().ok());
    let field = |line: &str| {
        let (name, value) = line.split_once(':')?;
        Some((name.trim().to_owned(), value.trim().to_owned()))
    };
    Ok((status, lines.filter_map(field).collect()))
}

/// Writes `CONNECT` with these options, which are JSON.
pub fn connect(to: &mut BytesMut, options: &str) {
    put(to, &["CONNECT ", options, "\r\n"]);
}

/// Writes a subscription under this number.
pub fn subscribe(to: &mut BytesMut, subject: &str, number: u32) {
    put(to, &["SUB ", subject, " ", &number.to_string(), "\r\n"]);
}

/// Writes a publication.
pub fn publish(
    to: &mut BytesMut,
    subject: &str,
    reply: Option<&str>,
    headers: &[(&str, &str)],
    payload: &[u8],
) {
    let reply = reply.map(|reply| format!("{reply} ")).unwrap_or_default();
    if headers.is_empty() {
        put(to, &["PUB ", subject, " ", &reply, &payload.len().to_string(), "\r\n"]);
    } else {
        let mut head = format!("{VERSION}\r\n");
        for (name, value) in headers {
            head.extend([name, ": ", value, "\r\n"]);
        }
        head.push_str("\r\n");
        let total = (head.len() + payload.len()).to_string();
        put(to, &["HPUB ", subject, " ", &reply, &head.len().to_string(), " ", &total, "\r\n", &head]);
    }
    to.put_slice(payload);
    to.put_slice(b"\r\n");
}

/// Writes `PING`.
pub fn ping(to: &mut BytesMut) {
    to.put_slice(b"PING\r\n");
}

/// Writes `PONG`.
pub fn pong(to: &mut BytesMut) {
    to.put_slice(b"PONG\r\n");
}

fn put(to: &mut BytesMut, pieces: &[&str]) {
    for piece in pieces {
        to.put_slice(piece.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(octets: &[u8]) -> Result<Vec<ServerOp>, Malformed> {
        // What comes octet by octet is read as what comes at once.
        let (mut buffer, mut found) = (BytesMut::new(), Vec::new());
        for octet in octets {
            buffer.put_u8(*octet);
            while let Some(op) = decode(&mut buffer)? {
                found.push(op);
            }
        }
        assert!(buffer.is_empty(), "{buffer:?}");
        Ok(found)
    }

    #[test]
    fn what_a_server_says_is_read() {
        let octets = b"INFO {\"headers\":true}\r\nPING\r\n+OK\r\nMSG a.b 1 4\r\nh\r\ne\r\nMSG a 1 re.ply 0\r\n\r\n-ERR 'No'\r\n\
            HMSG a 2 r 34 37\r\nNATS/1.0\r\nNats-Msg-Id: order-7\r\n\r\nabc\r\nHMSG _IN.1 1 16 16\r\nNATS/1.0 503\r\n\r\n\r\nPONG\r\n";
        let message = |subject: &str, reply: Option<&str>, payload: &'static [u8]| Message {
            subject: subject.into(),
            reply: reply.map(Into::into),
            payload: Bytes::from_static(payload),
            ..Message::default()
        };
        let mut with_headers = message("a", Some("r"), b"abc");
        with_headers.headers = vec![("Nats-Msg-Id".into(), "order-7".into())];
        assert_eq!(with_headers.header("nats-msg-id"), Some("order-7"));
        let mut unheard = message("_IN.1", None, b"");
        unheard.status = Some(503);
        let expected = [
            ServerOp::Info(Bytes::from_static(b"{\"headers\":true}")),
            ServerOp::Ping,
            ServerOp::Ok,
            ServerOp::Message(message("a.b", None, b"h\r\ne")),
            ServerOp::Message(message("a", Some("re.ply"), b"")),
            ServerOp::Error("No".into()),
            ServerOp::Message(with_headers),
            ServerOp::Message(unheard),
            ServerOp::Pong,
        ];
        assert_eq!(all(octets).unwrap(), expected);
    }

    #[test]
    fn what_is_no_protocol_is_refused() {
        for octets in [
            &b"HELLO\r\n"[..],
            b"MSG a 1\r\n",
            b"MSG a 1 x\r\n",
            b"MSG a 1 99999999\r\n",
            b"HMSG a 1 9 3\r\n",
            b"HMSG a 1 3 3\r\nabc\r\n",
            b"\xFF\r\n",
        ] {
            assert!(all(octets).is_err(), "{octets:?}");
        }
        assert!(decode(&mut BytesMut::from(&vec![b'x'; LINE_MAX + 2][..])).is_err());
    }

    #[test]
    fn what_a_client_says_is_written() {
        let mut to = BytesMut::new();
        connect(&mut to, "{}");
        subscribe(&mut to, "_IN.*", 1);
        publish(&mut to, "a", None, &[], b"x");
        publish(&mut to, "a", Some("r"), &[("Nats-Msg-Id", "7")], b"xy");
        ping(&mut to);
        pong(&mut to);
        let expected = "CONNECT {}\r\nSUB _IN.* 1\r\nPUB a 1\r\nx\r\nHPUB a r 28 30\r\nNATS/1.0\r\nNats-Msg-Id: 7\r\n\r\nxy\r\nPING\r\nPONG\r\n";
        assert_eq!(std::str::from_utf8(&to).unwrap(), expected);
    }
}
