//! What is declared, with where it was declared and its secrets beside it. What it means is read in
//! [`super::read`].

use super::mistake::{Mistake, Notes};
use super::{AccountDocument, Document, Documents, RouteDocument, Secret, Secrets, UpstreamDocument};
use postrider_core::time::Time;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The longest file of a secret, in octets.
const SECRET_FILE_MAX: u64 = 64 * 1024;

/// Where something was declared.
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
    pub(crate) secrets: Secrets,
}

/// All that is declared, by name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Set {
    /// Who may send.
    pub accounts: BTreeMap<String, Arc<Entry<AccountDocument>>>,
    /// Ways out.
    pub upstreams: BTreeMap<String, Arc<Entry<UpstreamDocument>>>,
    /// Which way a message goes.
    pub routes: BTreeMap<String, Arc<Entry<RouteDocument>>>,
}

impl Set {
    /// The set with everything of `other` in it, which stands over what it had under the same names.
    pub(super) fn overlaid(&self, other: &Self) -> Self {
        let mut set = self.clone();
        set.accounts.extend(other.accounts.clone());
        set.upstreams.extend(other.upstreams.clone());
        set.routes.extend(other.routes.clone());
        set
    }

    /// What a file declares, its references followed.
    pub(crate) fn of_file(documents: Documents, mistakes: &mut Vec<Mistake>) -> Self {
        Self {
            accounts: of_file(documents.accounts, mistakes),
            upstreams: of_file(documents.upstreams, mistakes),
            routes: of_file(documents.routes, mistakes),
        }
    }
}

fn of_file<D: Document>(
    documents: BTreeMap<String, D>,
    mistakes: &mut Vec<Mistake>,
) -> BTreeMap<String, Arc<Entry<D>>> {
    let entry = |(name, mut document): (String, D)| {
        let mut notes = Notes::new(format!("{}.{name}", D::PLURAL), mistakes);
        if !document.name().is_empty() && document.name() != name {
            notes.mistake("name", format_args!("'{}' stands under the name '{name}'", document.name()));
        }
        document.set_name(&name);
        let mut secrets = Secrets::default();
        document.each_secret(&mut |path, slot| {
            let Some(secret) = slot else { return };
            if let Some(plain) = notes.take(&path, follow(secret)) {
                // Of two keys with one name the first has it, and the second is a mistake.
                if secrets.get(&path).is_none() {
                    secrets.set(&path, plain);
                }
            }
            if matches!(secret, Secret::Literal(_)) {
                *slot = None;
            }
        });
        (name, Arc::new(Entry { document, origin: Origin::File, updated: None, secrets }))
    };
    documents.into_iter().map(entry).collect()
}

/// The secret itself, from wherever it is; or in words why it can't be had.
fn follow(secret: &Secret) -> Result<String, String> {
    match secret {
        Secret::Literal(text) => Ok(text.clone()),
        Secret::Env { env } => match std::env::var(env) {
            Ok(text) if text.is_empty() => Err(format!("the environment variable {env} is empty")),
            Ok(text) => Ok(text),
            Err(std::env::VarError::NotPresent) => Err(format!("the environment variable {env} is not set")),
            Err(std::env::VarError::NotUnicode(_)) => {
                Err(format!("the environment variable {env} is no text"))
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

    #[test]
    fn references_are_followed_or_it_is_said_why_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        std::fs::write(path("good"), "hush\r\n").unwrap();
        std::fs::write(path("empty"), "\n").unwrap();
        std::fs::write(path("large"), vec![b'x'; 70_000]).unwrap();
        let file = |name: &str| follow(&Secret::File { file: path(name) });
        assert_eq!(file("good").unwrap(), "hush");
        assert!(file("empty").unwrap_err().ends_with("is empty"));
        assert!(file("large").unwrap_err().ends_with("too large for a secret"));
        assert!(file("absent").unwrap_err().contains("can't be read"));
        let variable = |name: &str| follow(&Secret::Env { env: name.into() });
        assert_eq!(variable("CARGO_PKG_NAME").unwrap(), "postrider-downstream");
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
        assert_eq!(set.upstreams["a"].document.password, None);
        assert_eq!(set.upstreams["a"].secrets.get("password"), Some("hush"));
        assert!(matches!(set.upstreams["b"].document.password, Some(Secret::Env { .. })));
        assert_eq!(set.upstreams["b"].secrets.get("password"), Some("postrider-downstream"));
    }
}
