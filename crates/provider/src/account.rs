//! The values that an operator has given for a preset's variables.

use crate::preset::Variables;
use std::collections::BTreeMap;
use std::fmt;

/// The values of one account, secrets among them. They are never shown.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Values(BTreeMap<Box<str>, Box<str>>);

/// Why an account's values don't do for a preset.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Missing {
    /// A variable has no value.
    #[error("the preset needs '{name}': {about}")]
    Value {
        /// The variable.
        name: Box<str>,
        /// What it is.
        about: Box<str>,
        /// Whether it is a secret.
        secret: bool,
    },
    /// A value is of no variable.
    #[error("the preset has no variable '{name}'; it has {known}")]
    Unknown {
        /// The name.
        name: Box<str>,
        /// Those that there are.
        known: String,
    },
}

impl fmt::Debug for Values {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Values {
    /// The values by their names.
    #[must_use]
    pub fn new<'a>(given: impl Iterator<Item = (&'a str, &'a str)>) -> Self {
        Self(given.map(|(name, value)| (name.into(), value.into())).collect())
    }

    /// The value of a variable; an empty one is none.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|value| &**value).filter(|value| !value.is_empty())
    }

    /// The values, with a preset's own where none is given.
    pub(crate) fn completed(mut self, variables: &Variables) -> Self {
        for (name, variable) in variables {
            if let Some(default) = &variable.default {
                self.0.entry(name.clone()).or_insert_with(|| default.clone());
            }
        }
        self
    }

    /// The values that are secrets.
    pub(crate) fn secrets<'a>(&'a self, variables: &'a Variables) -> impl Iterator<Item = &'a str> {
        let secret = variables.iter().filter(|(_, variable)| variable.secret);
        secret.filter_map(|(name, _)| self.get(name))
    }

    /// What is missing for a preset, and what it doesn't know.
    #[must_use]
    pub fn missing(&self, variables: &Variables) -> Vec<Missing> {
        let needed = variables.iter().filter(|(name, variable)| {
            !variable.optional && variable.default.is_none() && self.get(name).is_none()
        });
        let needed = needed.map(|(name, variable)| Missing::Value {
            name: name.clone(),
            about: variable.about.clone(),
            secret: variable.secret,
        });
        let unknown = self.0.keys().filter(|name| !variables.contains_key(*name));
        let known = || {
            let names: Vec<&str> = variables.keys().map(|name| &**name).collect();
            if names.is_empty() { "none".to_owned() } else { names.join(", ") }
        };
        let unknown = unknown.map(|name| Missing::Unknown { name: name.clone(), known: known() });
        needed.chain(unknown).collect()
    }
}
