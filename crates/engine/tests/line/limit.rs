//! How long a test may take. What waits for something that never comes would wait for ever, and say nothing.

use std::io::{Write, stderr};
use std::process;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

/// Much longer than any test takes on a busy machine.
const LONGEST: Duration = Duration::from_mins(2);
/// What a test program ends with when a test failed.
const FAILED: i32 = 101;

/// Ends the whole program, with the name of the test, if this isn't dropped in time. A thread keeps the time: a test may
/// hold up all of its runtime's.
pub(crate) struct Limit(#[expect(dead_code, reason = "it is held so that its end is noticed")] Sender<()>);

impl Limit {
    /// For the test that this thread runs.
    pub(crate) fn set() -> Self {
        let test = thread::current().name().unwrap_or("a test").to_owned();
        let (held, ended) = channel();
        thread::spawn(move || keep(&test, &ended));
        Self(held)
    }
}

fn keep(test: &str, ended: &Receiver<()>) {
    if ended.recv_timeout(LONGEST) == Err(RecvTimeoutError::Timeout) {
        // Not by a macro, whose words the test would keep to itself.
        let words = format!("{test} has not ended after {LONGEST:?}: it waits for what never comes\n");
        let _ = stderr().write_all(words.as_bytes());
        process::exit(FAILED);
    }
}
