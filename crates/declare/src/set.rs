//! All that is declared: each document with its origin, and its secrets beside it. What it means is read in
//! [`crate::rules`].

use crate::document::{Document, Documents, EachKind, Set, each_kind};
use crate::mistake::{Found, Mistake};
use crate::secret::{Secret, Secrets};
use postrider_core::time::Time;
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// The longest file of a secret, in octets.
const SECRET_FILE_MAX: u64 = 64 * 1024;

/// Where a thing was declared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// In the configuration file; elsewhere it can only be read.
    File,
    /// In the store, by an administrator.
    Store,
}

impl Origin {
    /// The word for it in the API.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Store => "store",
        }
    }
}

/// A declared thing.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry<D> {
    /// The document, without its literal secrets.
    pub document: D,
    /// Where it was declared.
    pub origin: Origin,
    /// When it was changed last, if the store knows.
    pub updated: Option<Time>,
    /// Its secrets by their paths: plain as they were declared, or sealed as the store keeps them.
    pub secrets: Secrets,
}

impl<D: Document> Entry<D> {
    /// A tag that changes with each change of the declaration: 32 hexadecimal digits.
    #[must_use]
    pub fn tag(&self) -> String {
        let document = serde_json::to_vec(&self.document).unwrap_or_default();
        let updated = self.updated.map_or(0, |at| at.0).to_be_bytes();
        let digest = Sha256::new().chain_update(document).chain_update(updated).finalize();
        digest.iter().take(16).map(|octet| format!("{octet:02x}")).collect()
    }
}

impl Set {
    /// The set with everything of `other` in it, which takes the place of what it had under the same names.
    #[must_use]
    pub(crate) fn overlaid(&self, other: &Self) -> Self {
        struct Overlay<'a>(Set, &'a Set);
        impl EachKind for Overlay<'_> {
            fn kind<D: Document>(&mut self) {
                let over = D::of(self.1).iter().map(|(name, entry)| (name.clone(), Arc::clone(entry)));
                D::of_mut(&mut self.0).extend(over);
            }
        }
        let mut overlay = Overlay(self.clone(), other);
        each_kind(&mut overlay);
        overlay.0
    }

    /// A file's declarations, with their secrets fetched.
    pub fn of_file(documents: Documents, mistakes: &mut Vec<Mistake>) -> Self {
        struct Fetch {
            documents: Documents,
            set: Set,
            found: Found,
        }
        impl EachKind for Fetch {
            fn kind<D: Document>(&mut self) {
                for (name, document) in std::mem::take(D::declared_mut(&mut self.documents)) {
                    let entry = Arc::new(of_file(&name, document, &self.found));
                    D::of_mut(&mut self.set).insert(name, entry);
                }
            }
        }
        let found = Found::after(std::mem::take(mistakes));
        let mut fetch = Fetch { documents, set: Self::default(), found };
        each_kind(&mut fetch);
        *mistakes = fetch.found.into_mistakes();
        fetch.set
    }
}

fn of_file<D: Document>(name: &str, mut document: D, found: &Found) -> Entry<D> {
    let file = found.notes();
    let kind = file.key(D::PLURAL);
    let notes = kind.key(name);
    if !document.name().is_empty() && document.name() != name {
        notes
            .key("name")
            .wrong(format_args!("'{}' is declared under the name '{name}'", document.name()), "");
    }
    document.set_name(name);
    let mut secrets = Secrets::default();
    document.each_secret(&mut |place, slot| {
        let Some(secret) = slot else { return };
        match fetch(secret) {
            // Of two keys with one name the first has it, and the second is a mistake.
            Ok(plain) if secrets.get(&place.name).is_none() => secrets.set(&place.name, plain),
            Ok(_) => {}
            Err(why) => notes.wrong_below(&place.path, why, ""),
        }
        if matches!(secret, Secret::Literal(_)) {
            *slot = None;
        }
    });
    Entry { document, origin: Origin::File, updated: None, secrets }
}

/// Fetches a secret from its place, or says why it can't be had.
fn fetch(secret: &Secret) -> Result<String, String> {
    match secret {
        Secret::Literal(text) => Ok(text.clone()),
        Secret::Env { env } => match std::env::var(env) {
            Ok(text) if text.is_empty() => Err(format!("the environment variable {env} is empty")),
            Ok(text) => Ok(text),
            Err(std::env::VarError::NotPresent) => Err(format!("the environment variable {env} is not set")),
            Err(std::env::VarError::NotUnicode(_)) => {
                Err(format!("the environment variable {env} is not a text in UTF-8"))
            }
        },
        Secret::File { file } => {
            let unreadable = |error: std::io::Error| {
                // The number of a system's error says nothing that its words don't.
                let words = error.to_string();
                let words = words.split(" (os error").next().unwrap_or(&words);
                format!("the file {file} can't be read: {words}")
            };
            if std::fs::metadata(file).map_err(unreadable)?.len() > SECRET_FILE_MAX {
                return Err(format!("the file {file} is too large for a secret"));
            }
            let text = std::fs::read_to_string(file).map_err(unreadable)?;
            let text = text.strip_suffix('\n').unwrap_or(&text);
            let text = text.strip_suffix('\r').unwrap_or(text);
            if text.is_empty() { Err(format!("the file {file} is empty")) } else { Ok(text.to_owned()) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::upstream::Protocol;

    #[test]
    fn references_are_followed_or_the_error_says_why_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        std::fs::write(path("good"), "hush\r\n").unwrap();
        std::fs::write(path("empty"), "\n").unwrap();
        std::fs::write(path("large"), vec![b'x'; 70_000]).unwrap();
        let file = |name: &str| fetch(&Secret::File { file: path(name) });
        assert_eq!(file("good").unwrap(), "hush");
        assert!(file("empty").unwrap_err().ends_with("is empty"));
        assert!(file("large").unwrap_err().ends_with("too large for a secret"));
        assert!(file("absent").unwrap_err().contains("can't be read"));
        let variable = |name: &str| fetch(&Secret::Env { env: name.into() });
        assert_eq!(variable("CARGO_PKG_NAME").unwrap(), "postrider-declare");
        assert!(variable("POSTRIDER_NO_SUCH_VARIABLE").unwrap_err().ends_with("is not set"));
    }

    #[test]
    fn a_literal_secret_leaves_its_document_and_a_reference_stays() {
        let documents: Documents = toml::from_str(
            "[upstreams.a]\nhost = 'h'\nsystem_id = 's'\npassword = 'hush'\n\
             [upstreams.b]\nhost = 'h'\nsystem_id = 's'\npassword = { env = 'CARGO_PKG_NAME' }",
        )
        .unwrap();
        let mut mistakes = Vec::new();
        let set = Set::of_file(documents, &mut mistakes);
        assert_eq!(mistakes, []);
        let smpp = |name: &str| match &set.upstreams[name].document.protocol {
            Protocol::Smpp(smpp) => Arc::clone(smpp),
            Protocol::Ucp(_)
            | Protocol::Cimd2(_)
            | Protocol::Modem(_)
            | Protocol::Http(_)
            | Protocol::Mm7(_) => {
                panic!("both speak SMPP")
            }
        };
        assert_eq!(smpp("a").password, None);
        assert_eq!(set.upstreams["a"].secrets.get("password"), Some("hush"));
        assert!(matches!(smpp("b").password, Some(Secret::Env { .. })));
        assert_eq!(set.upstreams["b"].secrets.get("password"), Some("postrider-declare"));
    }
}
