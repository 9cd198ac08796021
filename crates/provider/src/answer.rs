//! Answers to requests: what became of each message, and of each of its parts.

use crate::fields::identifier;
use crate::path::Path;
use crate::preset::{AnswerForm, Meaning, Test};
use crate::provider::Provider;
use crate::template::Scope;
use crate::tree::{self, shown};
use postrider_core::cause::Code;
use postrider_core::message::Message;
use regex_lite::Regex;
use serde_json::Value;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// The longest identifier that is kept, in octets.
const ID_MAX: usize = 200;
/// The most parts of a message that are read.
const PARTS_MAX: usize = 64;
/// The last digits by which a recipient is known again in whatever form it is written.
const DIGITS_TELLING: usize = 9;

/// An answer of HTTP.
#[derive(Clone, Copy, Debug)]
pub struct Reply<'a> {
    /// Its status.
    pub status: u16,
    /// Its body.
    pub body: &'a [u8],
}

/// What an answer says of a part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answered {
    /// It was accepted, under this name if it has one.
    Accepted(Option<Box<str>>),
    /// It was refused.
    Refused(Refusal),
    /// The answer says neither: the provider may have it.
    Unclear(Box<str>),
}

/// A refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What it usually means.
    pub code: Code,
    /// The provider's code: its own, or else the status of HTTP.
    pub carrier_code: Box<str>,
    /// The provider's words.
    pub words: Box<str>,
}

impl Provider {
    /// What an answer says of each message, and of each of its parts.
    #[must_use]
    pub fn answer(&self, messages: &[&Message], reply: &Reply<'_>) -> Vec<Vec<Answered>> {
        let form = &self.preset.answer;
        let is_success = if form.success.is_empty() {
            (200..300).contains(&reply.status)
        } else {
            form.success.contains(&reply.status)
        };
        let tree = tree::read(form.format, reply.body).unwrap_or_default();
        let reader = Reader { form, status: reply.status, tree: &tree };
        if !is_success {
            return messages.iter().map(|message| vec![reader.failure(&tree, message)]).collect();
        }
        let Some(items) = &form.items else {
            return messages.iter().map(|message| reader.of_item(&tree, message)).collect();
        };
        let items = items.all(&tree);
        let of = |(index, message): (usize, &&Message)| match reader.item(&items, index, message) {
            Some(item) => reader.of_item(item, message),
            None => vec![reader.without_success(&tree)],
        };
        messages.iter().enumerate().map(of).collect()
    }
}

/// Reads one answer.
struct Reader<'a> {
    form: &'a AnswerForm,
    status: u16,
    /// The whole body.
    tree: &'a Value,
}

impl Reader<'_> {
    /// The item of a message. The recipient may be written in another form.
    fn item<'v>(&self, items: &[&'v Value], index: usize, message: &Message) -> Option<&'v Value> {
        match &self.form.recipient {
            Some(path) => {
                let digits = message.to.digits().to_string();
                let is_it = |item: &&&Value| {
                    path.first(item).and_then(shown).is_some_and(|text| is_same_number(&text, &digits))
                };
                items.iter().find(is_it).copied()
            }
            None => items.get(index).copied(),
        }
    }

    fn of_item(&self, item: &Value, message: &Message) -> Vec<Answered> {
        let Some(parts) = &self.form.parts else { return vec![self.of_part(item, message)] };
        let parts = parts.all(item);
        if parts.is_empty() {
            return vec![self.without_success(item)];
        }
        let mut answered: Vec<Answered> =
            parts.into_iter().take(PARTS_MAX).map(|part| self.of_part(part, message)).collect();
        if answered.iter().any(|part| matches!(part, Answered::Accepted(_))) {
            answered.iter_mut().for_each(final_beside_accepted);
        } else {
            // Nothing of it was taken: it is one refusal, and the whole may be tried again.
            answered.truncate(1);
        }
        answered
    }

    fn of_part(&self, part: &Value, message: &Message) -> Answered {
        if let Some(test) = &self.form.accepted
            && !test.holds(part)
        {
            return match self.without_success(part) {
                // Some providers say of a repetition that they have it already, and name it.
                Answered::Accepted(None) => Answered::Accepted(self.name(part, message)),
                other => other,
            };
        }
        match self.name(part, message) {
            None if self.form.id.is_some() => self.without_success(part),
            name => Answered::Accepted(name),
        }
    }

    /// What a body of success means that doesn't say so: a refusal if it has an error, and else nothing.
    fn without_success(&self, part: &Value) -> Answered {
        match self.error(part) {
            Some(answered) => answered,
            None if self.tree.is_null() => Answered::Unclear(
                format!("the answer has status {} and a body that can't be read", self.status).into(),
            ),
            None => Answered::Unclear(
                format!("the answer has status {} and says neither success nor an error", self.status).into(),
            ),
        }
    }

    /// What an answer of another status means.
    fn failure(&self, tree: &Value, message: &Message) -> Answered {
        match self.error(tree).unwrap_or_else(|| self.of_status(None, "")) {
            Answered::Accepted(_) => Answered::Accepted(self.name(tree, message)),
            other => other,
        }
    }

    /// The error that a body names, if it names one.
    fn error(&self, part: &Value) -> Option<Answered> {
        let find = |paths: &[Path]| {
            paths.iter().find_map(|path| path.first(part).or_else(|| path.first(self.tree)).and_then(shown))
        };
        let code = find(&self.form.code).and_then(|code| grouped(self.form.code_pattern.as_ref(), &code));
        let code = code.filter(|code| !code.is_empty());
        let words = find(&self.form.words).unwrap_or_default();
        let by_code = code.as_deref().and_then(|code| meaning_of(&self.form.codes, code));
        let by_text = || {
            self.form
                .texts
                .iter()
                .find(|(_, pattern)| pattern.0.is_match(&words))
                .map(|(meaning, _)| *meaning)
        };
        match by_code.or_else(by_text) {
            Some(meaning) => Some(self.meant(meaning, code.as_deref(), &words)),
            None if code.is_none() && words.is_empty() => None,
            None => Some(self.of_status(code.as_deref(), &words)),
        }
    }

    /// The meaning of the status, for errors of which nothing else is known.
    fn of_status(&self, code: Option<&str>, words: &str) -> Answered {
        let declared = self.form.statuses.iter().find(|(_, statuses)| statuses.contains(&self.status));
        let meaning = declared.map_or_else(|| usual(self.status), |(meaning, _)| *meaning);
        self.meant(meaning, code, words)
    }

    fn meant(&self, meaning: Meaning, code: Option<&str>, words: &str) -> Answered {
        let shown = code.map_or_else(|| format!("HTTP {}", self.status), ToOwned::to_owned);
        match meaning {
            Meaning::Error(meant) => {
                let carrier_code =
                    shown.chars().filter(|c| !c.is_control()).take(40).collect::<String>().into();
                Answered::Refused(Refusal { code: meant, carrier_code, words: words.into() })
            }
            Meaning::AlreadyAccepted => Answered::Accepted(None),
            Meaning::Unanswered => Answered::Unclear(format!("the provider answered {shown}").into()),
        }
    }

    /// The name of an accepted message, as its receipts will have it.
    fn name(&self, part: &Value, message: &Message) -> Option<Box<str>> {
        if let Some(own) = &self.form.own_id {
            return own.render(&Own(message)).map(Into::into);
        }
        let path = self.form.id.as_ref()?;
        let text = path.first(part).or_else(|| path.first(self.tree)).and_then(shown)?;
        let id =
            grouped(self.form.id_pattern.as_ref(), &text).filter(|id| (1..=ID_MAX).contains(&id.len()))?;
        Some(name(&id, self.form.per_recipient.then(|| message.to.digits().to_string()).as_deref()))
    }
}

/// The fields of a message that names of ours are made of.
struct Own<'a>(&'a Message);

impl Scope for Own<'_> {
    fn value(&self, name: &str) -> Option<Cow<'_, str>> {
        identifier(self.0, name)
    }
}

/// The name of a message: its identifier, and its recipient where several have the same.
pub(crate) fn name(id: &str, recipient: Option<&str>) -> Box<str> {
    match recipient {
        Some(recipient) => {
            let digits: String = recipient.chars().filter(char::is_ascii_digit).collect();
            let telling = digits.len().saturating_sub(DIGITS_TELLING);
            format!("{id}:{}", &digits[telling..]).into()
        }
        None => id.into(),
    }
}

/// A refused part beside accepted ones can't be sent again by itself.
fn final_beside_accepted(part: &mut Answered) {
    if let Answered::Refused(refusal) = part {
        refusal.code = Code::RefusedByCarrier;
    }
}

/// The meaning of a status that neither preset nor body explain. Of a gateway's own errors nobody knows whether the provider got it.
fn usual(status: u16) -> Meaning {
    Meaning::Error(match status {
        401 | 402 | 407 => Code::CarrierPaused,
        403 => Code::NotAllowed,
        429 => Code::Throttled,
        502 | 504 => return Meaning::Unanswered,
        408 | 425 | 500..=599 => Code::CarrierFault,
        // A redirection means that the URL is wrong; the same URL can't serve others.
        300..=399 | 404 | 405 | 410 => Code::CarrierPaused,
        _ => Code::RefusedByCarrier,
    })
}

fn meaning_of(codes: &BTreeMap<Meaning, Vec<Box<str>>>, code: &str) -> Option<Meaning> {
    let is_it = |known: &str| match known.strip_suffix('*') {
        Some(start) => code.starts_with(start),
        None => known.eq_ignore_ascii_case(code),
    };
    let exact = codes.iter().find(|(_, known)| known.iter().any(|known| known.eq_ignore_ascii_case(code)));
    exact
        .or_else(|| codes.iter().find(|(_, known)| known.iter().any(|known| is_it(known))))
        .map(|(meaning, _)| *meaning)
}

/// The group of a pattern in a text; without a pattern the text.
pub(crate) fn grouped(pattern: Option<&Regex>, text: &str) -> Option<String> {
    let Some(pattern) = pattern else { return Some(text.to_owned()) };
    let found = pattern.captures(text)?;
    found.get(1).or_else(|| found.get(0)).map(|group| group.as_str().to_owned())
}

fn is_same_number(written: &str, digits: &str) -> bool {
    let written: String = written.chars().filter(char::is_ascii_digit).collect();
    let telling = |number: &str| number[number.len().saturating_sub(DIGITS_TELLING)..].to_owned();
    !written.is_empty() && telling(&written) == telling(digits)
}

impl Test {
    /// Whether it holds of a tree.
    pub(crate) fn holds(&self, tree: &Value) -> bool {
        self.holds_of(&self.path.all(tree))
    }

    pub(crate) fn holds_of(&self, values: &[&Value]) -> bool {
        let is_listed = |value: &Value| match shown(value) {
            Some(text) => {
                (self.is.is_empty() || self.is.iter().any(|one| one.eq_ignore_ascii_case(&text)))
                    && self.matches.as_ref().is_none_or(|pattern| pattern.is_match(&text))
            }
            None => self.is.is_empty() && self.matches.is_none(),
        };
        !values.is_empty() && values.iter().all(|value| is_listed(value))
    }
}
