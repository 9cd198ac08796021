//! What is known of a recipient.

use crate::contact::Contact;
use crate::template::{Values, scalar};
use postrider_core::contract::StoreError;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// What is known of a recipient: kept in few octets, since there are millions.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Personal {
    /// Values of the template's variables.
    #[serde(default, rename = "v", skip_serializing_if = "BTreeMap::is_empty")]
    pub variables: BTreeMap<Box<str>, Value>,
    /// The language, such as `pt-BR`.
    #[serde(default, rename = "l", skip_serializing_if = "Option::is_none")]
    pub language: Option<Box<str>>,
    /// The time zone, such as `Europe/Berlin`.
    #[serde(default, rename = "z", skip_serializing_if = "Option::is_none")]
    pub zone: Option<Box<str>>,
    /// The upstream that comes last, since it was first for a message before that has not arrived: its number in the store.
    #[serde(default, rename = "u", skip_serializing_if = "Option::is_none")]
    pub avoid: Option<u32>,
}

impl Personal {
    pub(super) fn write(&self) -> Result<Box<str>, StoreError> {
        let written = serde_json::to_string(self);
        let unwritten = |error| StoreError::Unavailable(format!("a recipient can't be written: {error}"));
        written.map(Into::into).map_err(unwritten)
    }

    pub(super) fn read(document: &str) -> Result<Self, StoreError> {
        serde_json::from_str(document)
            .map_err(|error| StoreError::Damaged(format!("a recipient can't be read: {error}")))
    }

    /// The values that a template is filled in with.
    pub(super) fn values(&self) -> Values {
        let each = self.variables.iter();
        each.filter_map(|(name, value)| Some((name.clone(), scalar(value)?))).collect()
    }
}

impl From<Contact> for Personal {
    fn from(contact: Contact) -> Self {
        let mut variables = contact.fields;
        if let Some(name) = contact.name {
            variables.entry("name".into()).or_insert_with(|| Value::from(&*name));
        }
        Self { variables, language: contact.language, zone: contact.zone, avoid: None }
    }
}
