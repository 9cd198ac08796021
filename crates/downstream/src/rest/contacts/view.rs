//! Contacts as answers show them, and as requests write them.

use crate::rest::moment;
use postrider_apps::contact::Contact;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// What is known of a contact.
#[derive(Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ContactDocument)]
pub(in crate::rest) struct ContactDocument {
    /// The name of the person, up to 256 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// Their language, such as `pt-BR`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    language: Option<String>,
    /// Their time zone, such as `Europe/Berlin`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    zone: Option<String>,
    /// What another system calls them. No other contact of the account has the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    external_id: Option<String>,
    /// Where they agreed to get messages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    consent_source: Option<String>,
    /// The groups that they are in, up to 50.
    #[serde(default)]
    groups: Vec<String>,
    /// Words that they are found by, up to 50.
    #[serde(default)]
    tags: Vec<String>,
    /// What else is known, up to 50 fields: texts, numbers, true or false. Templates have them as variables.
    #[serde(default)]
    #[schema(value_type = HashMap<String, Value>)]
    fields: BTreeMap<String, Value>,
}

/// A contact.
#[derive(Serialize, ToSchema)]
#[schema(as = Contact)]
pub(in crate::rest) struct ContactView {
    /// The number.
    number: String,
    /// The country of the number.
    #[serde(skip_serializing_if = "Option::is_none")]
    country: Option<String>,
    #[serde(flatten)]
    document: ContactDocument,
    /// When it was made.
    #[schema(format = "date-time")]
    created_at: String,
    /// When it was changed last.
    #[schema(format = "date-time")]
    updated_at: String,
}

impl ContactDocument {
    /// The contact with these digits.
    pub(super) fn contact(self, number: u64) -> Contact {
        let boxed = |text: Option<String>| text.map(String::into_boxed_str);
        let language = self.language.map(|language| language.to_ascii_lowercase());
        Contact {
            number,
            name: boxed(self.name),
            language: boxed(language),
            zone: boxed(self.zone),
            external_id: boxed(self.external_id),
            consent_source: boxed(self.consent_source),
            groups: self.groups.into_iter().map(Into::into).collect(),
            tags: self.tags.into_iter().map(Into::into).collect(),
            fields: self.fields.into_iter().map(|(name, value)| (name.into(), value)).collect(),
            ..Contact::default()
        }
    }
}

impl From<&Contact> for ContactView {
    fn from(it: &Contact) -> Self {
        let text = |text: &Option<Box<str>>| text.as_deref().map(str::to_owned);
        Self {
            number: it.number().map(|number| number.to_string()).unwrap_or_default(),
            country: it.country(),
            document: ContactDocument {
                name: text(&it.name),
                language: text(&it.language),
                zone: text(&it.zone),
                external_id: text(&it.external_id),
                consent_source: text(&it.consent_source),
                groups: it.groups.iter().map(ToString::to_string).collect(),
                tags: it.tags.iter().map(ToString::to_string).collect(),
                fields: it.fields.iter().map(|(name, value)| (name.to_string(), value.clone())).collect(),
            },
            created_at: moment::write(it.created_at()),
            updated_at: moment::write(it.updated_at()),
        }
    }
}
