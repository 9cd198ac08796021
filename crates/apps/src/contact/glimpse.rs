//! What a condition needs to know of a contact, read from its document: everything else is passed over, and texts stay where they are.

use super::document::Contact;
use super::segment::Segment;
use jiff::Timestamp;
use postrider_core::number::Number;
use postrider_core::numbering::country_of;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::fmt;

/// Something that is known of a contact.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Fact<'f> {
    Text(Cow<'f, str>),
    Number(f64),
    Flag(bool),
}

impl Fact<'_> {
    /// The order of two facts of one type; `None` where they can't be compared.
    pub(super) fn order(&self, other: &Value) -> Option<Ordering> {
        match (self, other) {
            (Self::Text(one), Value::String(other)) => Some((**one).cmp(other.as_str())),
            (Self::Flag(one), Value::Bool(other)) => (one == other).then_some(Ordering::Equal),
            (Self::Number(one), Value::Number(other)) => one.partial_cmp(&other.as_f64()?),
            _ => None,
        }
    }

    fn of(value: &Value) -> Option<Fact<'_>> {
        match value {
            Value::String(text) => Some(Fact::Text(text.into())),
            Value::Number(number) => number.as_f64().map(Fact::Number),
            Value::Bool(flag) => Some(Fact::Flag(*flag)),
            _ => None,
        }
    }
}

/// A set of words of a contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Words {
    Groups,
    Tags,
}

impl Words {
    /// The set that an expression calls so.
    pub(super) fn called(name: &str) -> Option<Self> {
        match name {
            "group" => Some(Self::Groups),
            "tag" => Some(Self::Tags),
            _ => None,
        }
    }
}

/// What conditions look at.
pub(super) trait Facts {
    /// What is known under a name: the contact's own, or that of a field.
    fn fact(&self, name: &str) -> Option<Fact<'_>>;
    /// Whether a word is in a set.
    fn has(&self, words: Words, word: &str) -> bool;
    /// Whether any is.
    fn has_any(&self, words: Words) -> bool;
}

fn country(number: u64) -> Option<Fact<'static>> {
    Some(Fact::Text(country_of(Number::from_kept(number)?)?.code().to_owned().into()))
}

fn digits(number: u64) -> Fact<'static> {
    Fact::Text(format!("+{number}").into())
}

fn moment(at: i64) -> Option<Fact<'static>> {
    Some(Fact::Text(Timestamp::from_millisecond(at).ok()?.to_string().into()))
}

fn text(text: &Option<Box<str>>) -> Option<Fact<'_>> {
    text.as_deref().map(|text| Fact::Text(text.into()))
}

impl Facts for Contact {
    fn fact(&self, name: &str) -> Option<Fact<'_>> {
        match name {
            "number" => Some(digits(self.number)),
            "country" => country(self.number),
            "name" => text(&self.name),
            "language" => text(&self.language),
            "zone" => text(&self.zone),
            "external_id" => text(&self.external_id),
            "consent_source" => text(&self.consent_source),
            "created" => moment(self.created),
            "updated" => moment(self.updated),
            field => Fact::of(self.fields.get(field)?),
        }
    }

    fn has(&self, words: Words, word: &str) -> bool {
        self.words(words).contains(word)
    }

    fn has_any(&self, words: Words) -> bool {
        !self.words(words).is_empty()
    }
}

impl Contact {
    const fn words(&self, words: Words) -> &BTreeSet<Box<str>> {
        match words {
            Words::Groups => &self.groups,
            Words::Tags => &self.tags,
        }
    }
}

/// The names of a contact's own that a document has as they are.
const OWN: [&str; 5] = ["name", "language", "zone", "external_id", "consent_source"];

/// What is to be read of documents.
#[derive(Clone, Debug, Default)]
pub(super) struct Wanted {
    names: BTreeSet<Box<str>>,
    words: bool,
}

impl Wanted {
    /// What conditions look at.
    pub(super) fn by(segment: Option<&Segment>, words: bool) -> Self {
        let mut wanted = Self { words, ..Self::default() };
        if let Some(segment) = segment {
            wanted.add(segment);
        }
        wanted
    }

    fn add(&mut self, segment: &Segment) {
        match segment {
            Segment::All(parts) | Segment::Any(parts) => parts.iter().for_each(|part| self.add(part)),
            Segment::Not(part) => self.add(part),
            Segment::Compare(name, ..) | Segment::IsSet(name) => match Words::called(name) {
                Some(_) => self.words = true,
                None => drop(self.names.insert(name.clone())),
            },
        }
    }

    /// Reads a document; `None` if it is none of a contact.
    pub(super) fn read<'d>(&self, document: &'d str) -> Option<Glimpse<'d>> {
        let mut deserializer = serde_json::Deserializer::from_str(document);
        self.deserialize(&mut deserializer).ok()
    }

    fn wants(&self, name: &str) -> bool {
        self.names.contains(name)
    }
}

/// What was read of a contact.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Glimpse<'d> {
    number: u64,
    created: i64,
    updated: i64,
    own: Vec<(&'static str, Fact<'d>)>,
    fields: Vec<(Text<'d>, Fact<'d>)>,
    groups: Vec<Text<'d>>,
    tags: Vec<Text<'d>>,
}

impl Glimpse<'_> {
    /// The number.
    pub(super) fn number(&self) -> Option<Number> {
        Number::from_kept(self.number)
    }

    const fn words(&self, words: Words) -> &Vec<Text<'_>> {
        match words {
            Words::Groups => &self.groups,
            Words::Tags => &self.tags,
        }
    }
}

impl Facts for Glimpse<'_> {
    fn fact(&self, name: &str) -> Option<Fact<'_>> {
        match name {
            "number" => Some(digits(self.number)),
            "country" => country(self.number),
            "created" => moment(self.created),
            "updated" => moment(self.updated),
            name if OWN.contains(&name) => {
                self.own.iter().find(|(known, _)| *known == name).map(|(_, fact)| fact.clone())
            }
            name => self.fields.iter().find(|(known, _)| *known.0 == *name).map(|(_, fact)| fact.clone()),
        }
    }

    fn has(&self, words: Words, word: &str) -> bool {
        self.words(words).iter().any(|known| *known.0 == *word)
    }

    fn has_any(&self, words: Words) -> bool {
        !self.words(words).is_empty()
    }
}

impl<'d> DeserializeSeed<'d> for &Wanted {
    type Value = Glimpse<'d>;

    fn deserialize<D: Deserializer<'d>>(self, deserializer: D) -> Result<Glimpse<'d>, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'d> Visitor<'d> for &Wanted {
    type Value = Glimpse<'d>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a contact")
    }

    fn visit_map<A: MapAccess<'d>>(self, mut map: A) -> Result<Glimpse<'d>, A::Error> {
        let mut glimpse = Glimpse::default();
        while let Some(name) = map.next_key::<Text<'d>>()? {
            match &*name.0 {
                "number" => glimpse.number = map.next_value()?,
                "created" => glimpse.created = map.next_value()?,
                "updated" => glimpse.updated = map.next_value()?,
                "groups" if self.words => glimpse.groups = map.next_value_seed(List)?,
                "tags" if self.words => glimpse.tags = map.next_value_seed(List)?,
                "fields" => glimpse.fields = map.next_value_seed(Fields(self))?,
                name => match OWN.into_iter().find(|own| *own == name && self.wants(name)) {
                    Some(own) => glimpse.own.extend(map.next_value_seed(OneFact)?.map(|fact| (own, fact))),
                    None => drop(map.next_value::<IgnoredAny>()?),
                },
            }
        }
        Ok(glimpse)
    }
}

/// A text, borrowed where it has no escapes.
#[derive(Clone, Debug, PartialEq)]
struct Text<'d>(Cow<'d, str>);

impl<'d> serde::Deserialize<'d> for Text<'d> {
    fn deserialize<D: Deserializer<'d>>(deserializer: D) -> Result<Self, D::Error> {
        match deserializer.deserialize_str(AnyFact)? {
            Some(Fact::Text(text)) => Ok(Self(text)),
            _ => Err(serde::de::Error::custom("it is no text")),
        }
    }
}

struct List;

impl<'d> DeserializeSeed<'d> for List {
    type Value = Vec<Text<'d>>;

    fn deserialize<D: Deserializer<'d>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'d> Visitor<'d> for List {
    type Value = Vec<Text<'d>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of texts")
    }

    fn visit_seq<A: SeqAccess<'d>>(self, mut all: A) -> Result<Self::Value, A::Error> {
        let mut texts = Vec::new();
        while let Some(text) = all.next_element()? {
            texts.push(text);
        }
        Ok(texts)
    }
}

/// Fields, as far as they are wanted.
struct Fields<'w>(&'w Wanted);

impl<'d> DeserializeSeed<'d> for Fields<'_> {
    type Value = Vec<(Text<'d>, Fact<'d>)>;

    fn deserialize<D: Deserializer<'d>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'d> Visitor<'d> for Fields<'_> {
    type Value = Vec<(Text<'d>, Fact<'d>)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("fields")
    }

    fn visit_map<A: MapAccess<'d>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut fields = Vec::new();
        while let Some(name) = map.next_key::<Text<'d>>()? {
            if self.0.wants(&name.0) {
                fields.extend(map.next_value_seed(OneFact)?.map(|fact| (name, fact)));
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(fields)
    }
}

struct OneFact;

impl<'d> DeserializeSeed<'d> for OneFact {
    type Value = Option<Fact<'d>>;

    fn deserialize<D: Deserializer<'d>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(AnyFact)
    }
}

struct AnyFact;

impl<'d> Visitor<'d> for AnyFact {
    type Value = Option<Fact<'d>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, a number, true or false")
    }

    fn visit_borrowed_str<E>(self, text: &'d str) -> Result<Self::Value, E> {
        Ok(Some(Fact::Text(Cow::Borrowed(text))))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Some(Fact::Text(Cow::Owned(text.to_owned()))))
    }

    #[expect(clippy::cast_precision_loss, reason = "numbers of JSON are compared as floating-point numbers")]
    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Some(Fact::Number(number as f64)))
    }

    #[expect(clippy::cast_precision_loss, reason = "numbers of JSON are compared as floating-point numbers")]
    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Some(Fact::Number(number as f64)))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
        Ok(Some(Fact::Number(number)))
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Self::Value, E> {
        Ok(Some(Fact::Flag(flag)))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// Whatever a document says, a condition holds of what is read of it as it holds of the whole contact.
    #[test]
    fn a_glimpse_shows_what_the_contact_shows() {
        let contact = Contact {
            number: 447_700_900_123,
            name: Some("A \"n\\n\" ü".into()),
            language: Some("en".into()),
            groups: ["vip".into(), "a\"b".into()].into(),
            tags: ["red".into()].into(),
            fields: [("age", json!(30)), ("depth", json!(-1.5)), ("paid", json!(true)), ("name", json!("x"))]
                .map(|(name, value)| (name.into(), value))
                .into(),
            created: 1_800_000_000_000,
            updated: 1_800_000_000_001,
            ..Contact::default()
        };
        let document = serde_json::to_string(&contact).unwrap();
        for expression in [
            "age = 30",
            "age > 29 and depth < -1",
            "name = 'x'",
            "name is set and zone is not set",
            "paid = true and not paid = false",
            "group = 'vip' and tag != 'blue'",
            "country = 'GB' and number = '+447700900123'",
            "created < '2100' and updated > created",
            "height != 1 or group is set",
            "language = 'en' and external_id is not set",
        ] {
            let Ok(segment) = Segment::parse(expression) else { continue };
            let glimpse = Wanted::by(Some(&segment), false).read(&document).unwrap();
            assert_eq!(segment.holds(&glimpse), segment.holds(&contact), "{expression}");
        }
        let all = Wanted::by(None, true).read(&document).unwrap();
        assert!(all.has(Words::Groups, "a\"b") && all.has(Words::Tags, "red"));
        assert!(Wanted::default().read("[]").is_none());
    }
}
