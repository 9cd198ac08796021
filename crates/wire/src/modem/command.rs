//! A command to a modem.

use std::time::Duration;

/// The usual time limit of an answer.
const USUAL: Duration = Duration::from_secs(5);

/// A command to a modem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    pub(super) text: Box<str>,
    /// What is written after the prompt.
    pub(super) payload: Option<Box<str>>,
    /// The beginning of the line that answers it. It isn't done before that line has come.
    pub(super) expects: Option<&'static str>,
    pub(super) patience: Duration,
}

impl Command {
    /// A command such as `AT+CMGF=0`, whose answer may take 5 seconds.
    #[must_use]
    pub fn new(text: impl Into<Box<str>>) -> Self {
        Self { text: text.into(), payload: None, expects: None, patience: USUAL }
    }

    /// The same, with this after the modem's prompt.
    #[must_use]
    pub fn with_payload(mut self, payload: impl Into<Box<str>>) -> Self {
        self.payload = Some(payload.into());
        self
    }

    /// The same, which an `OK` ends only behind a line that begins like this, such as `+CSQ`. So a late answer to an earlier
    /// command is not taken for its own.
    #[must_use]
    pub const fn expecting(mut self, prefix: &'static str) -> Self {
        self.expects = Some(prefix);
        self
    }

    /// The same, whose answer may take so long.
    #[must_use]
    pub const fn within(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// The command's text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}
