//! A live trace as lines of JSON.

use super::view::{PduView, view};
use crate::clock;
use crate::rest::answer::to_json;
use crate::rest::moment;
use axum::body::Bytes;
use futures_util::Stream;
use futures_util::stream::unfold;
use postrider_core::time::Time;
use postrider_trace::{Live, Packet};
use serde::Serialize;
use std::convert::Infallible;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};
use utoipa::ToSchema;

/// The most PDUs that are written at once.
const AT_ONCE: usize = 256;

/// A line of a live trace.
#[derive(Serialize, ToSchema)]
#[serde(tag = "event", rename_all = "snake_case")]
pub(in crate::rest) enum LiveLine<'a> {
    /// The first line: the trace begins.
    Began {
        /// When the trace ends.
        #[schema(format = "date-time")]
        until: String,
    },
    /// A PDU.
    Pdu(#[schema(inline)] Box<PduView<'a>>),
    /// PDUs are missing, because earlier lines were not read in time.
    Missed {
        /// The number of missing PDUs.
        pdus: u64,
    },
    /// The last line: the time is over, or the gateway shuts down.
    Ended,
}

/// A live trace that is being written.
struct Writer {
    live: Live,
    until: Instant,
    unmask: bool,
    state: State,
}

enum State {
    /// Nothing was written yet; the trace ends at this time.
    New(Time),
    /// The first line was written.
    Running,
    /// The last line was written.
    Over,
}

/// The lines of a live trace from `now` on for `span`; each item has all lines that are ready.
pub(super) fn lines(
    live: Live,
    now: Time,
    span: Duration,
    unmask: bool,
) -> impl Stream<Item = Result<Bytes, Infallible>> {
    let writer = Writer { live, until: clock::now() + span, unmask, state: State::New(now + span) };
    unfold(writer, async |mut writer| {
        let lines = writer.next().await?;
        Some((Ok(lines.into()), writer))
    })
}

impl Writer {
    async fn next(&mut self) -> Option<Vec<u8>> {
        let mut lines = Vec::new();
        match self.state {
            State::New(until) => {
                self.state = State::Running;
                add(&mut lines, &LiveLine::Began { until: moment::write(until) });
            }
            State::Running => {
                let packets = timeout_at(self.until, self.live.next(AT_ONCE)).await.unwrap_or_default();
                let is_over = packets.is_empty();
                packets.into_iter().for_each(|packet| self.add_pdu(&mut lines, packet));
                match self.live.missed() {
                    0 => {}
                    pdus => add(&mut lines, &LiveLine::Missed { pdus }),
                }
                if is_over || clock::now() >= self.until {
                    self.state = State::Over;
                    add(&mut lines, &LiveLine::Ended);
                }
            }
            State::Over => return None,
        }
        Some(lines)
    }

    fn add_pdu(&self, lines: &mut Vec<u8>, packet: Packet) {
        let packet = if self.unmask { packet } else { packet.masked() };
        if let Some(pdu) = view(&packet) {
            add(lines, &LiveLine::Pdu(Box::new(pdu)));
        }
    }
}

fn add(lines: &mut Vec<u8>, line: &LiveLine<'_>) {
    lines.extend(to_json(line));
    lines.push(b'\n');
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::BytesMut;
    use futures_util::StreamExt;
    use postrider_trace::{Direction, Ends, Recorder, Tape, Wanted};
    use postrider_wire::smpp::pdu::EnquireLink;
    use postrider_wire::smpp::{Encode, Status};
    use serde_json::{Value, json};
    use std::pin::pin;
    use std::sync::Arc;
    use std::time::SystemTime;

    const SPAN: Duration = Duration::from_mins(10);

    fn say(tape: &Tape, sequence: u32) {
        let mut octets = BytesMut::new();
        EnquireLink.encode(Status::ROK, sequence, &mut octets).unwrap();
        tape.record(SystemTime::UNIX_EPOCH, Direction::Out, &octets);
    }

    fn tape(recorder: &Recorder) -> Arc<Tape> {
        let any = "127.0.0.1:2775".parse().unwrap();
        recorder.upstream("acme", 0, Ends { local: any, peer: any })
    }

    fn events(lines: &[u8]) -> Vec<(String, u64)> {
        let lines = lines.split(|octet| *octet == b'\n').filter(|line| !line.is_empty());
        let event = |line: &[u8]| {
            let line: Value = serde_json::from_slice(line).unwrap();
            let number = line["sequence"].as_u64().or(line["pdus"].as_u64()).unwrap_or(0);
            (line["event"].as_str().unwrap().to_owned(), number)
        };
        lines.map(event).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn a_trace_begins_shows_and_ends_when_its_time_is_over() {
        let recorder = Recorder::new();
        let tape = tape(&recorder);
        let mut lines = pin!(lines(recorder.look(Wanted::default()).unwrap(), Time(0), SPAN, false));
        let first: Value = serde_json::from_slice(&lines.next().await.unwrap().unwrap()).unwrap();
        assert_eq!(first, json!({ "event": "began", "until": "1970-01-01T00:10:00.000Z" }));
        say(&tape, 7);
        assert_eq!(events(&lines.next().await.unwrap().unwrap()), [("pdu".to_owned(), 7)]);
        let before = clock::now();
        assert_eq!(events(&lines.next().await.unwrap().unwrap()), [("ended".to_owned(), 0)]);
        assert_eq!(before.elapsed(), SPAN);
        assert!(lines.next().await.is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn traffic_without_end_does_not_keep_a_trace_open() {
        let recorder = Recorder::new();
        let tape = tape(&recorder);
        let mut lines = pin!(lines(recorder.look(Wanted::default()).unwrap(), Time(0), SPAN, false));
        lines.next().await.unwrap().unwrap();
        tokio::time::advance(SPAN).await;
        say(&tape, 7);
        let last = events(&lines.next().await.unwrap().unwrap());
        assert_eq!(last.last(), Some(&("ended".to_owned(), 0)));
        assert!(lines.next().await.is_none());
    }

    #[tokio::test]
    async fn a_slow_reader_is_told_how_much_is_missing() {
        let recorder = Recorder::new();
        let tape = tape(&recorder);
        let mut lines = pin!(lines(recorder.look(Wanted::default()).unwrap(), Time(0), SPAN, false));
        lines.next().await.unwrap().unwrap();
        (0..2_000).for_each(|sequence| say(&tape, sequence));
        let seen = events(&lines.next().await.unwrap().unwrap());
        assert_eq!(seen.len(), AT_ONCE + 1);
        assert_eq!(seen.last(), Some(&("missed".to_owned(), 2_000 - 1_024)));
        recorder.close();
        let rest = events(&lines.next().await.unwrap().unwrap());
        assert_eq!(rest[0], ("pdu".to_owned(), AT_ONCE as u64));
    }
}
