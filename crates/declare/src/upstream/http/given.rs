//! Secrets by names that a preset gives.

use crate::describe::Kind;
use crate::json::{Json, Table};
use crate::mistake::Notes;
use crate::secret::Secret;
use crate::setting::{Setting, unexpected};
use crate::tree::{Node, Value};
use std::collections::BTreeMap;

/// Secrets by their names. One that is kept beside its document is written as `null`, which reads as itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GivenSecrets(BTreeMap<String, Option<Secret>>);

impl GivenSecrets {
    /// The names.
    pub fn names(&self) -> impl Iterator<Item = &String> {
        self.0.keys()
    }

    /// Visits each.
    pub(crate) fn each(&mut self, visit: &mut dyn FnMut(&str, &mut Option<Secret>)) {
        self.0.iter_mut().for_each(|(name, slot)| visit(name, slot));
    }
}

impl Setting for GivenSecrets {
    fn kind() -> Kind {
        Kind::Map(Box::new(Kind::Secret))
    }

    fn read(node: &Node, notes: &Notes<'_>) -> Option<Self> {
        let Value::Table(entries) = &node.value else { return unexpected(node, "a table", notes) };
        let read = entries.iter().filter_map(|entry| {
            let secret = if entry.node.is_null() {
                None
            } else {
                Some(Secret::read(&entry.node, &notes.key(&entry.key))?)
            };
            Some((entry.key.clone(), secret))
        });
        Some(Self(read.collect()))
    }

    fn write(&self) -> Json {
        let mut table = Table::default();
        for (name, secret) in &self.0 {
            let shown = secret.as_ref().filter(|secret| !secret.is_hidden());
            table.put(name.clone(), shown.map_or(Json::Null, Setting::write));
        }
        Json::Table(table)
    }
}
