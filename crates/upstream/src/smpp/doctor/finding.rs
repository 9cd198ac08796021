//! What an examination finds, in words for people and in settings for the gateway.

/// What was examined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// Looking up a host's name.
    Resolve,
    /// Connecting to an address.
    Connect,
    /// Securing the connection.
    Tls,
    /// Logging in.
    Bind,
    /// Asking whether the session lives.
    EnquireLink,
    /// Logging out.
    Unbind,
    /// Handing in a short text.
    Send,
    /// How identifiers are spelled.
    Ids,
    /// How receipts come.
    Receipts,
    /// How long texts go.
    Long,
    /// What `data_coding` 0 means.
    Alphabet,
    /// How a text is marked that is shown at once.
    Flash,
    /// How many messages may be unanswered.
    Window,
    /// How many messages a second are taken.
    Rate,
}

/// How it went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// As it should.
    Well,
    /// It works, and there is something to know or to set.
    Note,
    /// It doesn't work as declared.
    Failed,
}

/// What was found in one step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What was examined.
    pub step: Step,
    /// How it went.
    pub outcome: Outcome,
    /// What was tried.
    pub tried: String,
    /// What happened.
    pub found: String,
    /// What that means, where it isn't plain.
    pub means: Option<String>,
    /// What to do, or to ask the carrier.
    pub advice: Option<String>,
    /// Settings that suit the carrier better than those that are declared.
    pub remedies: Vec<Remedy>,
    /// What only somebody who holds the handset knows.
    pub question: Option<Question>,
}

/// A setting that suits the carrier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remedy {
    /// Its place in the declaration, such as `receipts.ids`.
    pub field: Box<str>,
    /// Its value.
    pub value: Value,
    /// Why.
    pub why: String,
}

/// The value of a setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A text.
    Text(String),
    /// A number.
    Number(u32),
    /// Yes or no.
    Flag(bool),
}

/// What a person is asked who sees the handset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The question.
    pub words: String,
    /// What may be seen there, and which setting follows from it.
    pub choices: Vec<Choice>,
}

/// Something that may be seen on the handset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The text on the handset, to the letter.
    pub shows: String,
    /// What follows; `None` if all is as declared.
    pub remedy: Option<Remedy>,
}

impl Finding {
    /// What was tried in a step, before it is known how it went.
    pub(super) fn new(step: Step, tried: impl Into<String>) -> Self {
        Self {
            step,
            outcome: Outcome::Well,
            tried: tried.into(),
            found: String::new(),
            means: None,
            advice: None,
            remedies: Vec::new(),
            question: None,
        }
    }

    /// It went as it should.
    pub(super) fn well(self, found: impl Into<String>) -> Self {
        Self { outcome: Outcome::Well, found: found.into(), ..self }
    }

    /// It works, and there is something to know.
    pub(super) fn note(self, found: impl Into<String>) -> Self {
        Self { outcome: Outcome::Note, found: found.into(), ..self }
    }

    /// It doesn't work.
    pub(super) fn failed(self, found: impl Into<String>) -> Self {
        Self { outcome: Outcome::Failed, found: found.into(), ..self }
    }

    /// What that means.
    pub(super) fn means(self, words: impl Into<String>) -> Self {
        Self { means: Some(words.into()), ..self }
    }

    /// What to do.
    pub(super) fn advice(self, words: impl Into<String>) -> Self {
        Self { advice: Some(words.into()), ..self }
    }

    /// What to set.
    pub(super) fn remedy(mut self, field: impl Into<Box<str>>, value: Value, why: impl Into<String>) -> Self {
        self.remedies.push(Remedy { field: field.into(), value, why: why.into() });
        self
    }

    /// What to ask whoever holds the handset.
    pub(super) fn question(self, question: Question) -> Self {
        Self { question: Some(question), ..self }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}
