//! A live view as lines of JSON.

use super::super::answer::to_json;
use super::view::{PduView, micros, view};
use axum::body::Bytes;
use futures_util::Stream;
use futures_util::stream::unfold;
use postrider_trace::{Live, Packet};
use serde::Serialize;
use std::convert::Infallible;
use std::time::{Duration, SystemTime};
use tokio::time::{Instant, timeout_at};
use utoipa::ToSchema;

/// PDUs that are written at once.
const AT_ONCE: usize = 256;

/// A line.
#[derive(Serialize, ToSchema)]
#[serde(tag = "event", rename_all = "snake_case")]
pub(in super::super) enum LiveLine<'a> {
    /// The first line: from now on PDUs are shown.
    Began {
        /// When the last line comes.
        #[schema(format = "date-time")]
        until: String,
    },
    /// A PDU.
    Pdu(#[schema(inline)] Box<PduView<'a>>),
    /// PDUs that aren't shown, because the lines before weren't read in time.
    Missed {
        /// How many.
        pdus: u64,
    },
    /// The last line: the time is over, or the gateway stops.
    Ended,
}

/// A live view that is being written.
struct Writing {
    live: Live,
    until: Instant,
    unmask: bool,
    state: State,
}

enum State {
    Begins(Duration),
    Goes,
    Over,
}

/// The lines of a live view that lasts for `span`, several at once where several are there.
pub(super) fn lines(
    live: Live,
    span: Duration,
    unmask: bool,
) -> impl Stream<Item = Result<Bytes, Infallible>> {
    let writing = Writing { live, until: Instant::now() + span, unmask, state: State::Begins(span) };
    unfold(writing, async |mut writing| {
        let lines = writing.next().await?;
        Some((Ok(lines.into()), writing))
    })
}

impl Writing {
    async fn next(&mut self) -> Option<Vec<u8>> {
        let mut lines = Vec::new();
        match self.state {
            State::Begins(span) => {
                self.state = State::Goes;
                add(&mut lines, &LiveLine::Began { until: micros(SystemTime::now() + span) });
            }
            State::Goes => {
                let packets = timeout_at(self.until, self.live.next(AT_ONCE)).await.unwrap_or_default();
                let is_over = packets.is_empty();
                packets.into_iter().for_each(|packet| self.add_pdu(&mut lines, packet));
                match self.live.missed() {
                    0 => {}
                    pdus => add(&mut lines, &LiveLine::Missed { pdus }),
                }
                if is_over || Instant::now() >= self.until {
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
    use serde_json::Value;
    use std::pin::pin;
    use std::sync::Arc;

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
    async fn a_view_begins_shows_and_ends_when_its_time_is_over() {
        let recorder = Recorder::new();
        let tape = tape(&recorder);
        let mut lines = pin!(lines(recorder.look(Wanted::default()).unwrap(), SPAN, false));
        assert_eq!(events(&lines.next().await.unwrap().unwrap()), [("began".to_owned(), 0)]);
        say(&tape, 7);
        assert_eq!(events(&lines.next().await.unwrap().unwrap()), [("pdu".to_owned(), 7)]);
        let before = Instant::now();
        assert_eq!(events(&lines.next().await.unwrap().unwrap()), [("ended".to_owned(), 0)]);
        assert_eq!(before.elapsed(), SPAN);
        assert!(lines.next().await.is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn traffic_without_end_does_not_keep_a_view_open() {
        let recorder = Recorder::new();
        let tape = tape(&recorder);
        let mut lines = pin!(lines(recorder.look(Wanted::default()).unwrap(), SPAN, false));
        lines.next().await.unwrap().unwrap();
        tokio::time::advance(SPAN).await;
        say(&tape, 7);
        let last = events(&lines.next().await.unwrap().unwrap());
        assert_eq!(last.last(), Some(&("ended".to_owned(), 0)));
        assert!(lines.next().await.is_none());
    }

    #[tokio::test]
    async fn who_is_slow_is_told_what_was_missed() {
        let recorder = Recorder::new();
        let tape = tape(&recorder);
        let mut lines = pin!(lines(recorder.look(Wanted::default()).unwrap(), SPAN, false));
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
