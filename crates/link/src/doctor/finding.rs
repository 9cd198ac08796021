//! What an examination finds, in words for people and in settings for the gateway.

/// What was examined, by its word in the API. Each protocol adds its own steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Step(&'static str);

impl Step {
    /// Looking up a host's name.
    pub const RESOLVE: Self = Self("resolve");
    /// Connecting to an address.
    pub const CONNECT: Self = Self("connect");
    /// Securing the connection.
    pub const TLS: Self = Self("tls");

    /// A step of a protocol's own.
    #[must_use]
    pub const fn new(word: &'static str) -> Self {
        Self(word)
    }

    /// Its word in the API.
    #[must_use]
    pub const fn word(self) -> &'static str {
        self.0
    }
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
    /// What was tried in a step; how it went follows.
    #[must_use]
    pub fn new(step: Step, tried: impl Into<String>) -> Self {
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
    #[must_use]
    pub fn well(self, found: impl Into<String>) -> Self {
        Self { outcome: Outcome::Well, found: found.into(), ..self }
    }

    /// It works, and there is something to know.
    #[must_use]
    pub fn note(self, found: impl Into<String>) -> Self {
        Self { outcome: Outcome::Note, found: found.into(), ..self }
    }

    /// It doesn't work.
    #[must_use]
    pub fn failed(self, found: impl Into<String>) -> Self {
        Self { outcome: Outcome::Failed, found: found.into(), ..self }
    }

    /// What that means.
    #[must_use]
    pub fn means(self, words: impl Into<String>) -> Self {
        Self { means: Some(words.into()), ..self }
    }

    /// What to do.
    #[must_use]
    pub fn advice(self, words: impl Into<String>) -> Self {
        Self { advice: Some(words.into()), ..self }
    }

    /// What to set.
    #[must_use]
    pub fn remedy(mut self, field: impl Into<Box<str>>, value: Value, why: impl Into<String>) -> Self {
        self.remedies.push(Remedy { field: field.into(), value, why: why.into() });
        self
    }

    /// What to ask whoever holds the handset.
    #[must_use]
    pub fn question(self, question: Question) -> Self {
        Self { question: Some(question), ..self }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}
