//! Mistakes in documents, each with its place: all of them are told at once.

use crate::suggest::suggest;
use crate::tree::{Step, dotted};
use std::cell::RefCell;
use std::fmt::{self, Display};

/// More known words than these are no help in a sentence.
const WORDS_MAX: usize = 12;
/// The most mistakes that are told at once.
const MISTAKES_MAX: usize = 1_000;

/// A mistake at one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The place: `accounts.shop.smpp.allow[0]`.
    pub path: Vec<Step>,
    /// The mistake there.
    pub kind: Kind,
}

/// The kinds of mistakes at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A table has a key that is not one of its settings.
    UnknownKey {
        /// The key.
        key: String,
        /// The settings of the table.
        known: Vec<&'static str>,
    },
    /// A text is not one of the words that a setting takes.
    UnknownWord {
        /// The text.
        word: String,
        /// The words.
        known: Vec<&'static str>,
    },
    /// A table lacks a key that must be given.
    Missing(String),
    /// A value is of another type than its setting.
    Type(String),
    /// A value can't be used.
    Value {
        /// The mistake.
        what: String,
        /// The correction; empty if `what` says it.
        help: String,
    },
}

/// All mistakes of a declaration; at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistakes(pub Vec<Mistake>);

impl Mistake {
    /// The place as people write it.
    #[must_use]
    pub fn place(&self) -> String {
        dotted(&self.path)
    }

    /// Whether the document's form is wrong (an unknown key, a missing one, a wrong type), rather than the meaning of a
    /// value.
    #[must_use]
    pub const fn is_of_form(&self) -> bool {
        !matches!(self.kind, Kind::Value { .. })
    }

    /// The mistake and its correction.
    #[must_use]
    pub fn text(&self) -> String {
        match &self.kind {
            Kind::UnknownKey { key, known } => {
                format!("unknown field '{key}': {}", meant(key, known, "the fields are"))
            }
            Kind::UnknownWord { word, known } => {
                format!("'{word}' is not allowed here: {}", meant(word, known, "write one of"))
            }
            Kind::Missing(key) => format!("the field '{key}' is missing"),
            Kind::Type(text) => text.clone(),
            Kind::Value { what, help } if help.is_empty() => what.clone(),
            Kind::Value { what, help } => format!("{what}: {help}"),
        }
    }

    /// The same mistake, with its document at a place.
    #[must_use]
    pub fn within(mut self, place: &[&str]) -> Self {
        let above = place.iter().map(|key| Step::Key((*key).to_owned()));
        self.path = above.chain(self.path).collect();
        self
    }
}

/// The likely word, or the known ones.
fn meant(word: &str, known: &[&'static str], intro: &str) -> String {
    match suggest(&word.to_lowercase(), known.iter().copied()) {
        Some(near) => format!("did you mean '{near}'?"),
        None if known.len() <= WORDS_MAX => {
            let words: Vec<String> = known.iter().map(|word| format!("'{word}'")).collect();
            format!("{intro} {}", words.join(", "))
        }
        None => "`postrider config reference` lists the fields".to_owned(),
    }
}

impl Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place(), self.text())
    }
}

impl Display for Mistakes {
    /// Writes one mistake a line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, mistake) in self.0.iter().enumerate() {
            let line_break = if index == 0 { "" } else { "\n" };
            write!(f, "{line_break}{mistake}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Mistakes {}

/// The mistakes found so far while documents are read.
#[derive(Debug, Default)]
pub struct Found(RefCell<Vec<Mistake>>);

impl Found {
    /// A list that begins with mistakes found before.
    #[must_use]
    pub const fn after(before: Vec<Mistake>) -> Self {
        Self(RefCell::new(before))
    }

    /// Notes on a whole document or file.
    #[must_use]
    pub const fn notes(&self) -> Notes<'_> {
        Notes { above: None, at: At::Top, found: self }
    }

    /// Adds a mistake. The first that is told of a place is the cause of others there, which are left out.
    fn add(&self, mistake: Mistake) {
        let mut found = self.0.borrow_mut();
        if found.len() < MISTAKES_MAX && !found.iter().any(|earlier| earlier.path == mistake.path) {
            found.push(mistake);
        }
    }

    /// The mistakes.
    #[must_use]
    pub fn into_mistakes(self) -> Vec<Mistake> {
        self.0.into_inner()
    }
}

/// A place in a document where mistakes are noted. Reading goes on after a mistake, with the setting's default.
#[derive(Clone, Copy, Debug)]
pub struct Notes<'a> {
    above: Option<&'a Notes<'a>>,
    at: At<'a>,
    found: &'a Found,
}

#[derive(Clone, Copy, Debug)]
enum At<'a> {
    Top,
    Key(&'a str),
    Index(usize),
}

impl<'a> Notes<'a> {
    /// The place of a key's value.
    #[must_use]
    pub const fn key<'b>(&'b self, key: &'b str) -> Notes<'b>
    where
        'a: 'b,
    {
        Notes { above: Some(self), at: At::Key(key), found: self.found }
    }

    /// The place of a list's element.
    #[must_use]
    pub const fn index<'b>(&'b self, index: usize) -> Notes<'b>
    where
        'a: 'b,
    {
        Notes { above: Some(self), at: At::Index(index), found: self.found }
    }

    /// Notes a mistake here.
    pub fn note(&self, kind: Kind) {
        self.found.add(Mistake { path: self.path(), kind });
    }

    /// Notes that the value at a path below can't be used, and what to write instead.
    pub fn wrong_below(&self, path: &[Step], what: impl Display, help: impl Display) {
        let kind = Kind::Value { what: what.to_string(), help: help.to_string() };
        let path = [self.path(), path.to_vec()].concat();
        self.found.add(Mistake { path, kind });
    }

    /// Notes that the value can't be used, and what to write instead.
    pub fn wrong(&self, what: impl Display, help: impl Display) {
        self.note(Kind::Value { what: what.to_string(), help: help.to_string() });
    }

    /// Notes that the value is of another type.
    pub fn wrong_type(&self, text: impl Display) {
        self.note(Kind::Type(text.to_string()));
    }

    /// The value of a result, or `None` with its error noted: what is wrong, and what to write instead behind `: write `.
    pub fn take<T, E: Display>(&self, result: Result<T, E>) -> Option<T> {
        let note = |error: E| {
            let text = error.to_string();
            match text.split_once(": write ") {
                Some((what, help)) => self.wrong(what, format_args!("write {help}")),
                None => self.wrong(text, ""),
            }
        };
        result.map_err(note).ok()
    }

    fn path(&self) -> Vec<Step> {
        let mut path = self.above.map_or_else(Vec::new, Notes::path);
        match self.at {
            At::Top => {}
            At::Key(key) => path.push(Step::Key(key.to_owned())),
            At::Index(index) => path.push(Step::Index(index)),
        }
        path
    }
}
