//! Lines that come again and again. Of each kind the log has the first, a count each minute, and one line when there are no
//! more. So neither a flood nor its end goes unseen, and none fills the disk.
//!
//! Warnings and errors of one place in the code are one kind, for each upstream and account; their first ten in a row are
//! written. An event with a field `kind` is written once, whatever its level. Lines that name a `peer` are all written:
//! programs that lock out addresses read them.

use crate::clock;
use std::collections::HashMap;
use std::fmt::{Debug, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tracing::callsite::Identifier;
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Filter};

/// The target of lines about other lines.
const TARGET: &str = "postrider::repeated";
/// Lines in a row that are written of a kind without a name.
const WRITTEN: u64 = 10;
/// How often a count is written.
const COUNT_EVERY: Duration = Duration::from_mins(1);
/// After this long without another, a kind has ended.
const ENDED_AFTER: Duration = Duration::from_secs(15);
/// How often it is looked what is due.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// Kinds that are known at once at most. All lines of others are written.
const KINDS_MAX: usize = 1_000;

/// What was written and what was left out, by kind.
#[derive(Clone, Default)]
pub(crate) struct Repeated(Arc<Mutex<HashMap<Key, Kind>>>);

/// A kind of lines: a place in the code, and whom they are about.
type Key = (Identifier, String);

/// Lines of one kind, in a row.
struct Kind {
    message: String,
    began: Instant,
    last: Instant,
    counted: Instant,
    /// Lines in all.
    count: u64,
    /// Lines left out since the last count.
    left_out: u64,
    /// Lines that are written.
    written: u64,
}

/// A line about other lines.
#[derive(Debug, PartialEq, Eq)]
enum Note {
    GoesOn { about: String, message: String, count: u64, seconds: u64 },
    Ended { about: String, message: String, count: u64, seconds: u64 },
}

impl Repeated {
    /// Has the log tell of what was left out, for as long as the process runs.
    pub(crate) async fn keep_telling(self) {
        let mut every = tokio::time::interval(LOOK_EVERY);
        loop {
            every.tick().await;
            for note in self.due(clock::now()) {
                note.tell();
            }
        }
    }

    /// Whether a line of this kind is written now.
    fn passes(&self, key: Key, message: String, written: u64, now: Instant) -> bool {
        let mut kinds = self.kinds();
        if kinds.len() >= KINDS_MAX && !kinds.contains_key(&key) {
            return true;
        }
        let kind = kinds.entry(key).or_insert_with(|| Kind::new(message, written, now));
        kind.count += 1;
        kind.last = now;
        let passes = kind.count <= kind.written;
        kind.left_out += u64::from(!passes);
        passes
    }

    /// What is to be told now. Kinds that ended are forgotten.
    fn due(&self, now: Instant) -> Vec<Note> {
        let mut notes = Vec::new();
        self.kinds().retain(|(_, about), kind| {
            notes.extend(kind.due(about, now));
            now.duration_since(kind.last) < ENDED_AFTER
        });
        notes
    }

    fn kinds(&self) -> MutexGuard<'_, HashMap<Key, Kind>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kind {
    fn new(message: String, written: u64, now: Instant) -> Self {
        Self { message, began: now, last: now, counted: now, count: 0, left_out: 0, written }
    }

    fn due(&mut self, about: &str, now: Instant) -> Option<Note> {
        if self.count <= self.written {
            return None;
        }
        let (about, message) = (about.to_owned(), self.message.clone());
        if now.duration_since(self.last) >= ENDED_AFTER {
            let seconds = self.last.duration_since(self.began).as_secs();
            return Some(Note::Ended { about, message, count: self.count, seconds });
        }
        let since = now.duration_since(self.counted);
        if since < COUNT_EVERY {
            return None;
        }
        self.counted = now;
        let count = std::mem::take(&mut self.left_out);
        Some(Note::GoesOn { about, message, count, seconds: since.as_secs() })
    }
}

impl Note {
    fn tell(self) {
        match self {
            Self::GoesOn { about, message, count, seconds } => {
                tracing::warn!(target: TARGET, about, count, seconds, "still the same: {message}");
            }
            Self::Ended { about, message, count, seconds } => {
                tracing::info!(target: TARGET, about, count, seconds, "no more of the same: {message}");
            }
        }
    }
}

impl<S: Subscriber> Filter<S> for Repeated {
    fn enabled(&self, _: &Metadata<'_>, _: &Context<'_, S>) -> bool {
        true
    }

    fn event_enabled(&self, event: &Event<'_>, _: &Context<'_, S>) -> bool {
        let metadata = event.metadata();
        let has = |name| metadata.fields().field(name).is_some();
        let written = match (has("kind"), *metadata.level() <= Level::WARN) {
            _ if metadata.target() == TARGET || has("peer") => return true,
            (true, _) => 1,
            (false, true) => WRITTEN,
            (false, false) => return true,
        };
        let mut read = Read::default();
        event.record(&mut read);
        self.passes((metadata.callsite(), read.about), read.message, written, clock::now())
    }
}

/// Reads the fields of an event that matter here.
#[derive(Default)]
struct Read {
    message: String,
    /// The upstream and the account.
    about: String,
}

impl Visit for Read {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let _ = match field.name() {
            "message" => write!(self.message, "{value:?}"),
            "kind" | "upstream" | "account" => write!(self.about, "{}{value:?}", separator(&self.about)),
            _ => Ok(()),
        };
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.record_debug(field, &format_args!("{value}"));
    }
}

fn separator(before: &str) -> &'static str {
    if before.is_empty() { "" } else { " " }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;
    use tracing_subscriber::Layer;
    use tracing_subscriber::layer::SubscriberExt;

    /// A log in memory.
    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Lines {
        fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(octets);
            Ok(octets.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// What the log has after `work`, and what was left out.
    fn logged(work: impl FnOnce()) -> (Vec<String>, Repeated) {
        let (lines, repeated) = (Lines::default(), Repeated::default());
        let writer = lines.clone();
        let layer = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(move || writer.clone());
        let subscriber = tracing_subscriber::registry().with(layer.with_filter(repeated.clone()));
        tracing::subscriber::with_default(subscriber, work);
        let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
        (text.lines().map(str::to_owned).collect(), repeated)
    }

    fn flood(upstream: &str, count: usize) {
        for _ in 0..count {
            tracing::warn!(kind = "flood", upstream, "it comes again");
        }
    }

    #[test]
    fn a_flood_has_one_line_for_each_upstream() {
        let (lines, repeated) = logged(|| {
            flood("acme", 6_000);
            flood("other", 1);
        });
        assert_eq!(lines.len(), 2, "{lines:?}");
        let now = clock::now();
        assert_eq!(repeated.due(now), []);
        let goes_on = |count, seconds| Note::GoesOn {
            about: "flood acme".into(),
            message: "it comes again".into(),
            count,
            seconds,
        };
        repeated.kinds().values_mut().for_each(|kind| kind.last = now + COUNT_EVERY);
        let [note] = &repeated.due(now + COUNT_EVERY)[..] else { panic!("one note") };
        let Note::GoesOn { seconds, .. } = note else { panic!("{note:?}") };
        assert_eq!(*note, goes_on(5_999, *seconds));
        let notes = repeated.due(now + COUNT_EVERY + ENDED_AFTER);
        assert!(matches!(&notes[..], [Note::Ended { count: 6_000, .. }]), "{notes:?}");
        assert!(repeated.kinds().is_empty());
    }

    #[test]
    fn other_warnings_have_ten_lines_and_what_locks_out_reads_has_all() {
        let (lines, _) = logged(|| {
            for n in 0..50 {
                tracing::warn!(n, "it failed");
                tracing::warn!(peer = n, "a bind was refused");
                tracing::info!(n, "it is up");
            }
        });
        let count = |words: &str| lines.iter().filter(|line| line.contains(words)).count();
        assert_eq!(["it failed", "a bind was refused", "it is up"].map(count), [10, 50, 50]);
    }
}
