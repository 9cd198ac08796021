//! The recording of an upstream's exchanges over HTTP.

use crate::packet::{Direction, Ends};
use crate::recorded;
use crate::recorder::Recorder;
use crate::tape::Tape;
use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::SystemTime;

/// The ends that recordings of HTTP show. Connections are many and short, so that an upstream's exchanges stand in one.
const LOCAL_PORT: u16 = 49_152;
/// The port by which Wireshark knows HTTP.
const HTTP_PORT: u16 = 80;

/// The exchanges of one upstream, without their connections. Dropping it ends the recording.
pub struct Exchanges {
    tape: Arc<Tape>,
    secrets: Box<[Box<str>]>,
}

/// A request or an answer: when it was written or read, and its octets.
pub type Moment<'a> = (SystemTime, &'a [u8]);

impl Exchanges {
    /// Those of an upstream, whose secrets are hidden wherever they stand.
    #[must_use]
    pub fn of(recorder: &Recorder, upstream: &str, secrets: Vec<Box<str>>) -> Self {
        let at = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let ends = Ends { local: at(LOCAL_PORT), peer: at(HTTP_PORT) };
        Self { tape: recorder.upstream(upstream, 0, ends), secrets: secrets.into() }
    }

    /// This machine's time, as recordings have it.
    #[must_use]
    pub fn now() -> SystemTime {
        recorded::now()
    }

    /// Records a request and its answer, once there is one or there can't be one. So an answer always stands behind its request.
    pub fn record(&self, request: Moment<'_>, answer: Option<Moment<'_>>) {
        let answer = answer.map(|(at, octets)| (at, Direction::In, octets));
        let both = [Some((request.0, Direction::Out, request.1)), answer];
        self.tape.record_whole(both.into_iter().flatten(), &self.secrets);
    }
}

impl Drop for Exchanges {
    fn drop(&mut self) {
        self.tape.end();
    }
}

impl fmt::Debug for Exchanges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exchanges").field("tape", &self.tape).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wanted::Wanted;
    use std::time::{Duration, UNIX_EPOCH};

    #[test]
    fn an_answer_stands_behind_its_request_and_goes_with_it() {
        let recorder = Recorder::new();
        let exchanges = Exchanges::of(&recorder, "acme", vec!["s3cret".into()]);
        let later = UNIX_EPOCH + Duration::from_secs(1);
        for to in ["447700900123", "447700900124"] {
            let request = format!("POST /send HTTP/1.1\r\nHost: a\r\n\r\nkey=s3cret&to={to}");
            exchanges.record(
                (UNIX_EPOCH, request.as_bytes()),
                Some((later, b"HTTP/1.1 200 OK\r\n\r\n{\"id\":7}")),
            );
        }
        exchanges.record((UNIX_EPOCH, b"POST /send HTTP/1.1\r\nHost: a\r\n\r\nto=447700900123"), None);
        let wanted = Wanted { number: Some("447700900123".into()), ..Wanted::default() };
        let packets = recorder.recent(&wanted, 10);
        let directions: Vec<_> = packets.iter().map(|packet| packet.direction).collect();
        assert_eq!(directions, [Direction::Out, Direction::Out, Direction::In]);
        assert!(packets[0].octets.ends_with(b"key=******&to=447700900123"));
        assert!(packets[0].clone().masked().octets.ends_with(b"key=******&to=4477******23"));
        drop(exchanges);
        assert_eq!(
            recorder.recent(&Wanted { upstream: Some("acme".into()), ..Wanted::default() }, 10).len(),
            5
        );
    }

    #[test]
    fn a_long_one_is_kept_in_part_and_counted_whole() {
        let recorder = Recorder::new();
        let exchanges = Exchanges::of(&recorder, "acme", Vec::new());
        let long = format!("POST / HTTP/1.1\r\n\r\n{}", "x".repeat(10_000));
        exchanges.record((UNIX_EPOCH, long.as_bytes()), None);
        let packets = recorder.recent(&Wanted::default(), 10);
        assert_eq!((packets[0].length, packets[0].octets.len()), (long.len(), crate::KEPT_MAX));
    }
}
