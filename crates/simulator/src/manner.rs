//! Bad manners by name. Each is a habit that somebody met with a real carrier or client, said in one word and one
//! sentence; what it does is a change of the settings of the one or the other. This is the only list of them: names on
//! the command line, the table that is printed, and the manual come from it.

mod bind;
mod client;
mod flow;
mod framing;
mod ids;
mod inquiry;
mod long;
mod receipts;
mod session;
mod text;
mod value;
mod wording;

use crate::twist::Octets;
use crate::{carrier, client as esme};

/// A habit.
#[derive(Clone, Copy, Debug)]
pub struct Manner {
    /// Its name, in words with hyphens.
    pub name: &'static str,
    /// Its value; `None` when it takes none.
    pub value: Option<Value>,
    /// Its effect, in a sentence without a subject.
    pub habit: &'static str,
    play: Play,
}

/// The value of a manner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Value {
    /// Its kind, or the words to choose from.
    pub hint: &'static str,
    /// The default.
    pub usual: &'static str,
}

/// The side that can have a manner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// A carrier: the server.
    Carrier,
    /// A client of a server.
    Client,
    /// Both.
    Either,
}

/// A manner with its value.
#[derive(Clone, Debug)]
pub struct Chosen {
    manner: &'static Manner,
    value: String,
}

/// Why there is no such manner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unknown {
    /// Nothing is called so.
    Name {
        /// The word that was given.
        name: String,
        /// A similar name.
        nearest: &'static str,
    },
    /// It takes no value.
    NoValue {
        /// Which.
        name: &'static str,
    },
    /// It takes another kind of value.
    Value {
        /// Which.
        name: &'static str,
        /// The mistake.
        why: String,
    },
    /// It isn't for those.
    Side {
        /// Which.
        name: &'static str,
        /// Whom it is for.
        side: Side,
    },
}

/// The change that a manner makes; the text is its value.
#[derive(Clone, Copy, Debug)]
enum Play {
    Carrier(fn(&mut carrier::Settings, &str) -> Outcome),
    Client(fn(&mut esme::Settings, &str) -> Outcome),
    Either(fn(&mut Octets, &str) -> Outcome),
}

/// Why a value isn't one.
type Outcome = Result<(), String>;

/// All manners, grouped by subject.
pub fn all() -> impl Iterator<Item = &'static Manner> {
    let tables = [
        bind::MANNERS,
        session::MANNERS,
        framing::MANNERS,
        ids::MANNERS,
        receipts::MANNERS,
        wording::MANNERS,
        inquiry::MANNERS,
        text::MANNERS,
        long::MANNERS,
        flow::MANNERS,
        client::MANNERS,
    ];
    tables.into_iter().flatten()
}

impl Manner {
    /// The side that can have it.
    pub fn side(&self) -> Side {
        match self.play {
            Play::Carrier(_) => Side::Carrier,
            Play::Client(_) => Side::Client,
            Play::Either(_) => Side::Either,
        }
    }

    const fn carrier(
        name: &'static str,
        habit: &'static str,
        play: fn(&mut carrier::Settings, &str) -> Outcome,
    ) -> Self {
        Self { name, value: None, habit, play: Play::Carrier(play) }
    }

    const fn client(
        name: &'static str,
        habit: &'static str,
        play: fn(&mut esme::Settings, &str) -> Outcome,
    ) -> Self {
        Self { name, value: None, habit, play: Play::Client(play) }
    }

    const fn either(name: &'static str, habit: &'static str, play: fn(&mut Octets, &str) -> Outcome) -> Self {
        Self { name, value: None, habit, play: Play::Either(play) }
    }

    const fn takes(self, hint: &'static str, usual: &'static str) -> Self {
        Self { value: Some(Value { hint, usual }), ..self }
    }
}

impl Chosen {
    /// Reads `name` or `name=value`.
    ///
    /// # Errors
    /// When nothing is called so, or it doesn't take this value.
    pub fn read(words: &str) -> Result<Self, Unknown> {
        let (name, given) = words.split_once('=').map_or((words, None), |(name, value)| (name, Some(value)));
        let manner = all().find(|manner| manner.name == name).ok_or_else(|| unknown(name))?;
        let value = match (manner.value, given) {
            (Some(value), given) => given.unwrap_or(value.usual).to_owned(),
            (None, None) => String::new(),
            (None, Some(_)) => return Err(Unknown::NoValue { name: manner.name }),
        };
        let chosen = Self { manner, value };
        // It may be read before the settings that it is for.
        let tried = match manner.play {
            Play::Carrier(play) => play(&mut carrier::Settings::default(), &chosen.value),
            Play::Client(play) => play(&mut esme::Settings::default(), &chosen.value),
            Play::Either(play) => play(&mut Octets::default(), &chosen.value),
        };
        tried.map_err(|why| Unknown::Value { name: manner.name, why })?;
        Ok(chosen)
    }

    /// Which it is.
    pub fn manner(&self) -> &'static Manner {
        self.manner
    }

    /// Gives it to a carrier.
    ///
    /// # Errors
    /// When it is one of clients.
    pub fn carrier(&self, settings: &mut carrier::Settings) -> Result<(), Unknown> {
        let played = match self.manner.play {
            Play::Carrier(play) => play(settings, &self.value),
            Play::Either(play) => play(&mut settings.octets, &self.value),
            Play::Client(_) => return Err(Unknown::Side { name: self.manner.name, side: Side::Client }),
        };
        played.map_err(|why| Unknown::Value { name: self.manner.name, why })
    }

    /// Gives it to a client.
    ///
    /// # Errors
    /// When it is one of carriers.
    pub fn client(&self, settings: &mut esme::Settings) -> Result<(), Unknown> {
        let played = match self.manner.play {
            Play::Client(play) => play(settings, &self.value),
            Play::Either(play) => play(&mut settings.octets, &self.value),
            Play::Carrier(_) => return Err(Unknown::Side { name: self.manner.name, side: Side::Carrier }),
        };
        played.map_err(|why| Unknown::Value { name: self.manner.name, why })
    }
}

impl std::fmt::Display for Chosen {
    /// As it is read.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.manner.value {
            Some(_) => write!(f, "{}={}", self.manner.name, self.value),
            None => f.write_str(self.manner.name),
        }
    }
}

impl std::fmt::Display for Unknown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Name { name, nearest } => {
                write!(f, "there is no manner `{name}`; the nearest is `{nearest}`")
            }
            Self::NoValue { name } => write!(f, "the manner `{name}` takes no value"),
            Self::Value { name, why } => write!(f, "the manner `{name}` can't be so: {why}"),
            Self::Side { name, side: Side::Client } => {
                write!(f, "`{name}` is a manner of clients; this is a carrier")
            }
            Self::Side { name, .. } => write!(f, "`{name}` is a manner of carriers; this is a client"),
        }
    }
}

impl std::error::Error for Unknown {}

fn unknown(name: &str) -> Unknown {
    let nearest = all().min_by_key(|manner| distance(manner.name, name)).map_or("", |manner| manner.name);
    Unknown::Name { name: name.to_owned(), nearest }
}

/// How many letters must be put in, left out or replaced to make one word of another (Levenshtein).
fn distance(one: &str, other: &str) -> usize {
    let mut costs: Vec<usize> = (0..=other.len()).collect();
    for (row, letter) in one.bytes().enumerate() {
        let mut diagonal = std::mem::replace(&mut costs[0], row + 1);
        for (column, another) in other.bytes().enumerate() {
            let replaced = diagonal + usize::from(letter != another);
            diagonal = costs[column + 1];
            costs[column + 1] = replaced.min(diagonal + 1).min(costs[column] + 1);
        }
    }
    costs.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_distinct_and_habits_are_sentences() {
        let names: std::collections::HashSet<&str> = all().map(|manner| manner.name).collect();
        assert_eq!(names.len(), all().count());
        for manner in all() {
            let is_name = manner
                .name
                .bytes()
                .all(|letter| letter.is_ascii_lowercase() || letter == b'-' || letter.is_ascii_digit());
            assert!(is_name && !manner.habit.ends_with('.'), "{}", manner.name);
        }
    }

    #[test]
    fn every_manner_does_something_and_takes_its_usual_value() {
        for manner in all() {
            let chosen = Chosen::read(manner.name).unwrap_or_else(|error| panic!("{error}"));
            let (mut settings, mut client) = (carrier::Settings::default(), esme::Settings::default());
            match manner.side() {
                Side::Client => chosen.client(&mut client).unwrap(),
                Side::Carrier => chosen.carrier(&mut settings).unwrap(),
                Side::Either => {
                    chosen.client(&mut client).unwrap();
                    chosen.carrier(&mut settings).unwrap();
                }
            }
            let changed = settings != carrier::Settings::default() || client != esme::Settings::default();
            assert!(changed, "{} changes nothing", manner.name);
        }
    }

    #[test]
    fn what_is_unknown_is_told_with_the_nearest() {
        let told = Chosen::read("recept-twice").unwrap_err().to_string();
        assert_eq!(told, "there is no manner `recept-twice`; the nearest is `receipt-twice`");
        let told = Chosen::read("receipt-twice=3").unwrap_err().to_string();
        assert_eq!(told, "the manner `receipt-twice` takes no value");
        assert_eq!(Chosen::read("rate").unwrap().to_string(), "rate=50");
        assert!(Chosen::read("answer-id=roman").unwrap_err().to_string().contains("decimal, hex"));
        let mut settings = carrier::Settings::default();
        let told = Chosen::read("hangs-up").unwrap().carrier(&mut settings).unwrap_err().to_string();
        assert_eq!(told, "`hangs-up` is a manner of clients; this is a carrier");
    }
}
