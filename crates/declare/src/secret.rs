//! Secrets in documents: written out, or referred to. They can be read, and are never shown.

use crate::describe::Kind;
use crate::json::{Json, Table};
use crate::mistake::Notes;
use crate::setting::Setting;
use crate::tree::{Node, Value};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// A secret: the text itself, or its place: `{ env = "NAME" }`, `{ file = "/run/secrets/name" }`.
///
/// References are for the configuration file only; over the API a secret is written out, and never shown again.
#[derive(Clone, PartialEq, Eq)]
pub enum Secret {
    /// The secret itself.
    Literal(String),
    /// An environment variable holds it.
    Env {
        /// The variable's name.
        env: String,
    },
    /// A file holds it. A line break at the file's end is not part of it.
    File {
        /// The file's path.
        file: String,
    },
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Literal(_) => f.write_str("(secret)"),
            Self::Env { env } => write!(f, "env {env}"),
            Self::File { file } => write!(f, "file {file}"),
        }
    }
}

impl Setting for Secret {
    fn kind() -> Kind {
        Kind::Secret
    }

    fn read(node: &Node, notes: &Notes<'_>) -> Option<Self> {
        let secret = match &node.value {
            Value::Text(text) => Some(Self::Literal(text.clone())),
            _ => match node.only_entry().map(|entry| (entry.key.as_str(), &entry.node.value)) {
                Some(("env", Value::Text(env))) => Some(Self::Env { env: env.clone() }),
                Some(("file", Value::Text(file))) => Some(Self::File { file: file.clone() }),
                _ => None,
            },
        };
        if secret.is_none() {
            notes.wrong_type("a secret is a text, { env = \"NAME\" } or { file = \"/path\" }");
        }
        secret
    }

    /// Writes a reference as it is, and a literal as `(secret)`: what is written is for eyes.
    fn write(&self) -> Json {
        let (key, place) = match self {
            Self::Literal(_) => return Json::text("(secret)"),
            Self::Env { env } => ("env", env),
            Self::File { file } => ("file", file),
        };
        let mut table = Table::default();
        table.put(key, place.write());
        Json::Table(table)
    }

    /// A literal is never written: secrets are kept beside their document.
    fn is_hidden(&self) -> bool {
        matches!(self, Self::Literal(_))
    }
}

/// The secrets of one document, by their paths within it, kept apart so that the document can be shown.
#[derive(Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(transparent)]
pub struct Secrets(BTreeMap<String, String>);

impl Secrets {
    /// The secret at this path.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&str> {
        self.0.get(path).map(String::as_str)
    }

    /// Keeps a secret.
    pub fn set(&mut self, path: &str, secret: String) {
        self.0.insert(path.to_owned(), secret);
    }

    /// Whether one of the secrets is at the same path in both.
    pub(crate) fn share(&self, other: &Self) -> bool {
        self.0.iter().any(|(path, secret)| other.get(path) == Some(secret))
    }

    /// The secrets with each made another, or the first error.
    pub(super) fn map<E>(self, make: impl Fn(&str, String) -> Result<String, E>) -> Result<Self, E> {
        let made = self.0.into_iter().map(|(path, secret)| {
            let secret = make(&path, secret)?;
            Ok((path, secret))
        });
        made.collect::<Result<_, E>>().map(Self)
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mistake::Found;
    use crate::setting::to_json;

    fn read(json: &serde_json::Value) -> Result<Secret, String> {
        let found = Found::default();
        let secret = Secret::read(&Node::of_json(json), &found.notes());
        secret.ok_or_else(|| found.into_mistakes()[0].text())
    }

    #[test]
    fn reads_texts_and_references_and_explains_the_rest() {
        use serde_json::json;
        assert_eq!(read(&json!("hush")), Ok(Secret::Literal("hush".into())));
        assert_eq!(read(&json!({ "env": "NAME" })), Ok(Secret::Env { env: "NAME".into() }));
        assert_eq!(read(&json!({ "file": "/x" })), Ok(Secret::File { file: "/x".into() }));
        for wrong in [json!(1), json!({ "env": "A", "file": "B" }), json!({ "vault": "x" })] {
            assert!(read(&wrong).unwrap_err().contains("a secret is a text"), "{wrong}");
        }
    }

    #[test]
    fn is_never_shown() {
        let secret = Secret::Literal("hush".into());
        let mut secrets = Secrets::default();
        secrets.set("password", "hush".into());
        let shown = format!("{secret:?} {} {secrets:?}", to_json(&secret));
        assert!(!shown.contains("hush"), "{shown}");
        assert!(shown.contains("password"), "{shown}");
    }
}
