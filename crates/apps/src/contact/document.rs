//! A contact, as it is kept.

use crate::kept::Document;
use crate::template::{Values, is_name, scalar};
use postrider_core::contract::AppKind;
use postrider_core::number::Number;
use postrider_core::numbering::country_of;
use postrider_core::template::Scalar;
use postrider_core::time::Time;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The most fields of a contact.
pub const FIELDS_MAX: usize = 50;
/// The most groups of a contact.
pub const GROUPS_MAX: usize = 50;
/// The most tags of a contact.
pub const TAGS_MAX: usize = 50;
/// The longest text of a contact, in characters.
pub const TEXT_MAX: usize = 256;

/// A contact of an account.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Contact {
    /// The digits of its number, which is its name among the account's contacts.
    pub number: u64,
    /// The name of the person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Box<str>>,
    /// Their language, such as `pt-br`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<Box<str>>,
    /// Their time zone, such as `Europe/Berlin`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<Box<str>>,
    /// What another system calls them. No other contact of the account is called so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<Box<str>>,
    /// Where they agreed to get messages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consent_source: Option<Box<str>>,
    /// The groups that they are in.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub groups: BTreeSet<Box<str>>,
    /// Words that they are found by.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub tags: BTreeSet<Box<str>>,
    /// What else is known: texts, numbers, true or false.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<Box<str>, Value>,
    /// The import that made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made_by_import: Option<u64>,
    /// When it was made, in milliseconds of Unix time.
    pub created: i64,
    /// When it was changed last.
    pub updated: i64,
}

/// What another system calls a contact.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Reference {
    pub(crate) external_id: Box<str>,
    pub(crate) number: u64,
}

impl Document for Contact {
    const KIND: AppKind = AppKind::Contact;

    fn id(&self) -> Box<str> {
        contact_id(self.number)
    }

    fn person(&self) -> Option<Number> {
        self.number()
    }

    fn labels(&self) -> Option<Vec<Box<str>>> {
        let groups = self.groups.iter().map(|group| group_label(group));
        Some(groups.chain(self.tags.iter().map(|tag| tag_label(tag))).collect())
    }
}

impl Document for Reference {
    const KIND: AppKind = AppKind::ContactReference;

    fn id(&self) -> Box<str> {
        self.external_id.clone()
    }

    fn person(&self) -> Option<Number> {
        Number::from_kept(self.number)
    }
}

/// Contacts are in the order of these names.
pub(crate) fn contact_id(number: u64) -> Box<str> {
    format!("{number:015}").into()
}

/// The label of those in a group.
pub(crate) fn group_label(group: &str) -> Box<str> {
    format!("group/{group}").into()
}

/// The label of those with a tag.
pub(crate) fn tag_label(tag: &str) -> Box<str> {
    format!("tag/{tag}").into()
}

/// A mistake in a contact.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct WrongContact {
    /// The field, such as `fields.city`.
    pub field: String,
    /// What is wrong, and what to do.
    pub detail: String,
}

impl Contact {
    /// Its number.
    #[must_use]
    pub fn number(&self) -> Option<Number> {
        Number::from_kept(self.number)
    }

    /// The country of its number, such as `GB`.
    #[must_use]
    pub fn country(&self) -> Option<String> {
        Some(country_of(self.number()?)?.code().to_owned())
    }

    /// When it was made.
    #[must_use]
    pub const fn created_at(&self) -> Time {
        Time(self.created)
    }

    /// When it was changed last.
    #[must_use]
    pub const fn updated_at(&self) -> Time {
        Time(self.updated)
    }

    /// The values that templates are filled in with: its fields, and `name`, unless a field is called so.
    #[must_use]
    pub fn values(&self) -> Values {
        let name = self.name.iter().map(|name| ("name".into(), Scalar::Text(name.clone())));
        let fields = self.fields.iter().filter_map(|(name, value)| Some((name.clone(), scalar(value)?)));
        name.chain(fields).collect()
    }

    /// Checks lengths, names and the zone.
    ///
    /// # Errors
    /// The first mistake.
    pub fn check(&self) -> Result<(), WrongContact> {
        let texts = [
            ("name", &self.name),
            ("language", &self.language),
            ("zone", &self.zone),
            ("external_id", &self.external_id),
            ("consent_source", &self.consent_source),
        ];
        for (field, text) in texts {
            if text.as_deref().is_some_and(|text| text.is_empty() || text.chars().count() > TEXT_MAX) {
                return wrong(field, format!("{field} must have 1 to {TEXT_MAX} characters"));
            }
        }
        if let Some(zone) = self.zone.as_deref()
            && jiff::tz::TimeZone::get(zone).is_err()
        {
            return wrong("zone", format!("'{zone}' is no time zone: write a name such as Europe/Berlin"));
        }
        for (field, names, most) in [("groups", &self.groups, GROUPS_MAX), ("tags", &self.tags, TAGS_MAX)] {
            if names.len() > most {
                return wrong(field, format!("a contact has at most {most} {field}"));
            }
            if let Some(name) = names.iter().find(|name| !is_name(name)) {
                let detail = format!("'{name}' is no name: use small letters, digits, '-' and '_'");
                return wrong(field, detail);
            }
        }
        self.check_fields()
    }

    fn check_fields(&self) -> Result<(), WrongContact> {
        if self.fields.len() > FIELDS_MAX {
            return wrong("fields", format!("a contact has at most {FIELDS_MAX} fields"));
        }
        for (name, value) in &self.fields {
            let field = format!("fields.{name}");
            let is_sign = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
            if name.is_empty() || name.len() > 64 || !name.chars().all(is_sign) {
                return wrong(&field, format!("'{name}' is no name: use small letters, digits and '_'"));
            }
            if scalar(value).is_none() {
                return wrong(&field, "a value is a text, a number, true or false".to_owned());
            }
            if value.as_str().is_some_and(|text| text.chars().count() > TEXT_MAX) {
                return wrong(&field, format!("a text has at most {TEXT_MAX} characters"));
            }
        }
        Ok(())
    }

    /// Takes over what another one knows: only what isn't known yet, or everything that it says. Groups and tags are added.
    pub fn merge(&mut self, other: Self, overwrite: bool) {
        let pairs = [
            (&mut self.name, other.name),
            (&mut self.language, other.language),
            (&mut self.zone, other.zone),
            (&mut self.external_id, other.external_id),
            (&mut self.consent_source, other.consent_source),
        ];
        for (mine, theirs) in pairs {
            if theirs.is_some() && (overwrite || mine.is_none()) {
                *mine = theirs;
            }
        }
        for (name, value) in other.fields {
            if overwrite || !self.fields.contains_key(&name) {
                self.fields.insert(name, value);
            }
        }
        self.groups.extend(other.groups);
        self.tags.extend(other.tags);
    }
}

fn wrong<T>(field: &str, detail: String) -> Result<T, WrongContact> {
    Err(WrongContact { field: field.to_owned(), detail })
}
