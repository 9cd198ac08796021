//! Findings of an examination, in words for people and in settings for the gateway.

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

/// The outcome of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// As it should.
    Well,
    /// It works, and there is something to know or to set.
    Note,
    /// It doesn't work as declared.
    Failed,
}

/// The finding of one step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The step.
    pub step: Step,
    /// The outcome of a step.
    pub outcome: Outcome,
    /// The attempt, in words.
    pub tried: String,
    /// The result, in words.
    pub found: String,
    /// Its meaning, where that isn't plain.
    pub means: Option<String>,
    /// Advice: something to do, or to ask the carrier.
    pub advice: Option<String>,
    /// Settings that suit the carrier better than the declared ones.
    pub remedies: Vec<Remedy>,
    /// A question to the person who holds the handset.
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

/// A question to the person who holds the handset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The question.
    pub words: String,
    /// The possible answers, each with the setting that follows from it.
    pub choices: Vec<Choice>,
}

/// A possible answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The text on the handset, to the letter.
    pub shows: String,
    /// The setting that follows; `None` if it is declared so.
    pub remedy: Option<Remedy>,
}

impl Finding {
    /// A finding of this step; its outcome follows.
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

    /// The step went well.
    #[must_use]
    pub fn well(self, found: impl Into<String>) -> Self {
        Self { outcome: Outcome::Well, found: found.into(), ..self }
    }

    /// The step went well, and there is something to know.
    #[must_use]
    pub fn note(self, found: impl Into<String>) -> Self {
        Self { outcome: Outcome::Note, found: found.into(), ..self }
    }

    /// The step failed.
    #[must_use]
    pub fn failed(self, found: impl Into<String>) -> Self {
        Self { outcome: Outcome::Failed, found: found.into(), ..self }
    }

    /// Adds its meaning.
    #[must_use]
    pub fn means(self, words: impl Into<String>) -> Self {
        Self { means: Some(words.into()), ..self }
    }

    /// Adds advice.
    #[must_use]
    pub fn advice(self, words: impl Into<String>) -> Self {
        Self { advice: Some(words.into()), ..self }
    }

    /// Adds a setting.
    #[must_use]
    pub fn remedy(mut self, field: impl Into<Box<str>>, value: Value, why: impl Into<String>) -> Self {
        self.remedies.push(Remedy { field: field.into(), value, why: why.into() });
        self
    }

    /// Adds a question to the person who holds the handset.
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
