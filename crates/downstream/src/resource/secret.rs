//! Secrets in documents: written out, or referred to. They can be read, and never shown.

use serde::{Deserialize, Serialize, Serializer};
use std::collections::BTreeMap;
use std::fmt;
use utoipa::ToSchema;

/// A secret: the text itself, or where it is found: `{ env = "NAME" }`, `{ file = "/run/secrets/name" }`.
///
/// References are for the configuration file only; over the API a secret is written out, and never shown again.
#[derive(Clone, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(
    untagged,
    deny_unknown_fields,
    expecting = "a secret is a text, { env = \"NAME\" } or { file = \"/path\" }"
)]
pub enum Secret {
    /// The secret itself.
    Literal(String),
    /// It is in an environment variable.
    Env {
        /// The variable's name.
        env: String,
    },
    /// It is in a file, whose last line break doesn't count.
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

impl Serialize for Secret {
    /// Writes a reference as it is and a literal as `(secret)`: what is written is for eyes.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Literal(_) => serializer.serialize_str("(secret)"),
            Self::Env { env } => serializer.collect_map([("env", env)]),
            Self::File { file } => serializer.collect_map([("file", file)]),
        }
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

    #[derive(Debug, Deserialize, Serialize)]
    struct Holder {
        secret: Secret,
    }

    #[test]
    fn reads_texts_and_references_and_explains_the_rest() {
        let read = |text: &str| toml::from_str::<Holder>(text).map(|holder| holder.secret);
        assert_eq!(read("secret = 'hush'").unwrap(), Secret::Literal("hush".into()));
        assert_eq!(read("secret = { env = 'NAME' }").unwrap(), Secret::Env { env: "NAME".into() });
        assert_eq!(read("secret = { file = '/x' }").unwrap(), Secret::File { file: "/x".into() });
        for bad in ["secret = 1", "secret = { env = 'A', file = 'B' }", "secret = { vault = 'x' }"] {
            assert!(read(bad).unwrap_err().to_string().contains("a secret is a text"), "{bad}");
        }
    }

    #[test]
    fn is_never_shown() {
        let holder = Holder { secret: Secret::Literal("hush".into()) };
        let mut secrets = Secrets::default();
        secrets.set("password", "hush".into());
        let shown = format!("{holder:?} {} {secrets:?}", serde_json::to_string(&holder).unwrap());
        assert!(!shown.contains("hush"), "{shown}");
        assert!(shown.contains("password"), "{shown}");
    }
}
