//! Documents of applications as the store keeps them.

use postrider_core::account::AccountId;
use postrider_core::contract::{AppKey, AppKind, AppRecord, AppStore, AppWrite, StoreError};
use postrider_core::number::Number;
use postrider_core::time::Time;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// How often what changed meanwhile is read and decided again.
pub(crate) const TRIES: usize = 20;

/// A document that an application keeps.
pub(crate) trait Document: Serialize + DeserializeOwned {
    /// What it is.
    const KIND: AppKind;

    /// Its name among those of its kind and account.
    fn id(&self) -> Box<str>;

    /// The person it is about.
    fn person(&self) -> Option<Number> {
        None
    }

    /// When it is to be seen again.
    fn due(&self) -> Option<Time> {
        None
    }

    /// When it is forgotten.
    fn expires(&self) -> Option<Time> {
        None
    }

    /// Words that it is found by; `None` for none ever.
    fn labels(&self) -> Option<Vec<Box<str>>> {
        None
    }
}

/// A document and the version that was read.
#[derive(Clone, Debug)]
pub(crate) struct Kept<T> {
    pub(crate) account: AccountId,
    pub(crate) value: T,
    pub(crate) version: u64,
}

/// The key of a document.
pub(crate) fn key<T: Document>(account: AccountId, id: &str) -> AppKey {
    AppKey { account, kind: T::KIND, id: id.into() }
}

/// The write of a document in the place of a version; 0 for a new one.
pub(crate) fn keep<T: Document>(account: AccountId, value: &T, version: u64) -> Result<AppWrite, StoreError> {
    let document = serde_json::to_string(value)
        .map_err(|error| StoreError::Unavailable(format!("a document can't be written: {error}")))?;
    Ok(AppWrite::Keep(AppRecord {
        key: key::<T>(account, &value.id()),
        version,
        person: value.person(),
        due: value.due(),
        expires: value.expires(),
        document: document.into(),
        labels: value.labels().map(Into::into),
    }))
}

/// The document of a record.
pub(crate) fn read<T: Document>(record: AppRecord) -> Result<Kept<T>, StoreError> {
    let AppRecord { key, version, document, .. } = record;
    let value = serde_json::from_str(&document).map_err(|error| {
        StoreError::Damaged(format!("the {} '{}' can't be read: {error}", key.kind.word(), key.id))
    })?;
    Ok(Kept { account: key.account, value, version })
}

/// A document, if it is there.
pub(crate) async fn find<T: Document>(
    store: &dyn AppStore,
    account: AccountId,
    id: &str,
) -> Result<Option<Kept<T>>, StoreError> {
    let found = store.app_records(vec![key::<T>(account, id)]).await?;
    found.into_iter().flatten().next().map(read).transpose()
}

/// A document was changed by others all the time.
pub(crate) fn contended() -> StoreError {
    StoreError::Unavailable("too many requests change the same record; try again".into())
}
