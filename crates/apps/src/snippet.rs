//! Snippets: texts that people of the console keep for each other, as views of lists and canned replies.

use crate::kept::{Document, TRIES, contended, find, keep, key, read};
use postrider_core::account::AccountId;
use postrider_core::contract::{AppFilter, AppKind, AppStore, AppWrite, AppWritten, StoreError};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The most snippets of an account, and of the gateway.
pub const SNIPPETS_MAX: usize = 500;
/// The most characters of a name.
pub const NAME_MAX: usize = 64;
/// The most characters of a text.
pub const TEXT_MAX: usize = 2_000;

/// What a snippet is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SnippetKind {
    /// The query of a list of messages, such as `state=failed&since=1d`.
    View,
    /// A text with which conversations are answered.
    Reply,
}

impl SnippetKind {
    /// All kinds.
    pub const ALL: [Self; 2] = [Self::View, Self::Reply];

    /// Its word in the API.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::View => "view",
            Self::Reply => "reply",
        }
    }
}

/// A text with a name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snippet {
    /// What it is for.
    pub kind: SnippetKind,
    /// Its name among those of its kind.
    pub name: Box<str>,
    /// The text.
    pub text: Box<str>,
    /// Who wrote it last.
    pub by: Box<str>,
}

impl Document for Snippet {
    const KIND: AppKind = AppKind::Snippet;

    fn id(&self) -> Box<str> {
        id(self.kind, &self.name)
    }
}

fn id(kind: SnippetKind, name: &str) -> Box<str> {
    format!("{}/{name}", kind.word()).into()
}

/// The snippets that are kept. Account 0 stands for the gateway, whose snippets are for those who see all accounts.
pub struct Snippets {
    store: Arc<dyn AppStore>,
}

impl Snippets {
    /// Snippets in this store.
    #[must_use]
    pub fn new(store: Arc<dyn AppStore>) -> Self {
        Self { store }
    }

    /// The snippets of an account, by kind and name.
    ///
    /// # Errors
    /// When the store can't be read.
    pub async fn list(&self, account: AccountId) -> Result<Vec<Snippet>, StoreError> {
        let filter = AppFilter::all(AppKind::Snippet, Some(account), SNIPPETS_MAX);
        let found = self.store.list_app_records(filter).await?;
        let mut snippets: Vec<Snippet> = found
            .into_iter()
            .map(|record| Ok(read::<Snippet>(record)?.value))
            .collect::<Result<_, StoreError>>()?;
        snippets.sort_by(|one, other| (one.kind, &one.name).cmp(&(other.kind, &other.name)));
        Ok(snippets)
    }

    /// Keeps a snippet, in the place of the one with its name. `false` if there are too many already.
    ///
    /// # Errors
    /// When the store can't be written.
    pub async fn put(&self, account: AccountId, snippet: &Snippet) -> Result<bool, StoreError> {
        for _ in 0..TRIES {
            let found = find::<Snippet>(&*self.store, account, &snippet.id()).await?;
            let version = found.map_or(0, |kept| kept.version);
            if version == 0 && self.list(account).await?.len() >= SNIPPETS_MAX {
                return Ok(false);
            }
            let write = keep(account, snippet, version)?;
            if self.store.write_app_records(vec![write], Vec::new()).await? == AppWritten::Done {
                return Ok(true);
            }
        }
        Err(contended())
    }

    /// Forgets a snippet. `false` if there was none.
    ///
    /// # Errors
    /// When the store can't be written.
    pub async fn delete(
        &self,
        account: AccountId,
        kind: SnippetKind,
        name: &str,
    ) -> Result<bool, StoreError> {
        for _ in 0..TRIES {
            let Some(kept) = find::<Snippet>(&*self.store, account, &id(kind, name)).await? else {
                return Ok(false);
            };
            let forget = AppWrite::Forget(key::<Snippet>(account, &id(kind, name)), kept.version);
            if self.store.write_app_records(vec![forget], Vec::new()).await? == AppWritten::Done {
                return Ok(true);
            }
        }
        Err(contended())
    }
}
