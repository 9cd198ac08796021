//! A store whose texts and declarations are encrypted: it seals values on their way into another store, and opens them on
//! their way out. Whatever engine is behind it keeps them as octets.

mod app_record;
mod body;
mod document;
mod media;
mod number_facts;
mod quality;
mod recipients;
mod resealing;
mod sessions;
mod usage;
mod verbs;

use crate::vault::{NotOpened, Vault};
use arc_swap::ArcSwap;
use postrider_core::contract::{Encryption, Record, SealingKey, Store, StoreError};
use postrider_core::delivery::Delivery;
use postrider_core::id::MessageId;
use postrider_core::inbound::Received;
use postrider_core::message::{Body, Message};
use resealing::Walk;
use std::sync::{Arc, Mutex, PoisonError};

/// What a key is known by: a value that was sealed with it.
const CHECKED: &[u8] = b"postrider";
/// The place of that value.
const CHECK: &[u8] = b"check";
/// The name that stands for values in clear.
const CLEAR: &str = "";

/// Why a store can't be used with these keys.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// Some values are encrypted with a key that isn't among them.
    #[error("the store has values that are encrypted with the key '{0}', which is not in `[encryption]`")]
    Missing(String),
    /// A key is another one than that of its name.
    #[error("the key '{0}' in `[encryption]` is another one than the store's values are encrypted with")]
    Wrong(String),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A store whose texts and declarations are encrypted, with the keys of a vault.
pub struct Sealed {
    inner: Arc<dyn Store>,
    vault: ArcSwap<Vault>,
    walk: Mutex<Walk>,
    /// The record that was sealed last, as it was asked for and as it was written: asked for again, it is the same.
    recorded: Mutex<Option<(Arc<Record>, Arc<Record>)>>,
}

impl Sealed {
    /// Puts a vault before a store.
    ///
    /// # Errors
    /// When a key is missing that some values are encrypted with, or is another one.
    pub async fn open(inner: Arc<dyn Store>, vault: Vault) -> Result<Arc<Self>, KeyError> {
        prepare(&*inner, &vault).await?;
        Ok(Arc::new(Self {
            inner,
            vault: ArcSwap::from_pointee(vault),
            walk: Mutex::default(),
            recorded: Mutex::default(),
        }))
    }

    /// Takes other keys. What was encrypted with those of before is encrypted anew, in time.
    ///
    /// # Errors
    /// See [`Sealed::open`]. Nothing has changed then.
    pub async fn change_keys(&self, vault: Vault) -> Result<(), KeyError> {
        prepare(&*self.inner, &vault).await?;
        self.vault.store(Arc::new(vault));
        Ok(())
    }

    async fn state(&self) -> Result<Encryption, StoreError> {
        let vault = self.vault.load_full();
        let in_use = self.inner.sealing_keys().await?.into_iter().map(|(name, _)| name).collect();
        let keys = vault.names().map(Into::into).collect();
        Ok(Encryption { active: vault.active().map(Into::into), keys, in_use })
    }

    /// A body as it is kept.
    fn seal_body(&self, id: MessageId, body: &Body) -> Option<Body> {
        body::seal(&self.vault.load(), id, body)
    }

    fn seal_message(&self, message: &mut Arc<Message>) {
        if let Some(body) = self.seal_body(message.id, &message.body) {
            *message = Arc::new(Message { body, ..(**message).clone() });
        }
    }

    fn seal_received(&self, received: &mut Arc<Received>) {
        if let Some(body) = self.seal_body(received.id, &received.inbound.body) {
            Arc::make_mut(received).inbound.body = body;
        }
    }

    /// Opens a body that is sealed. One that was changed or damaged is as good as removed, and the log tells of it.
    fn open_body(&self, id: MessageId, body: &mut Body) -> Result<(), StoreError> {
        let Body::Sealed(sealed) = &*body else { return Ok(()) };
        *body = match body::open(&self.vault.load(), id, sealed) {
            Ok(body) => body,
            Err(error @ NotOpened::KeyMissing(_)) => return Err(unavailable(&error)),
            Err(error) => {
                tracing::error!(%id, %error, "the text of a message can't be read");
                Body::Redacted
            }
        };
        Ok(())
    }

    fn open_message(&self, message: &mut Arc<Message>) -> Result<(), StoreError> {
        if matches!(message.body, Body::Sealed(_)) {
            let id = message.id;
            self.open_body(id, &mut Arc::make_mut(message).body)?;
        }
        Ok(())
    }

    fn open_received(&self, received: &mut Arc<Received>) -> Result<(), StoreError> {
        if matches!(received.inbound.body, Body::Sealed(_)) {
            let id = received.id;
            self.open_body(id, &mut Arc::make_mut(received).inbound.body)?;
        }
        Ok(())
    }

    fn open_deliveries(&self, deliveries: &mut [Delivery]) -> Result<(), StoreError> {
        deliveries.iter_mut().try_for_each(|delivery| self.open_message(&mut delivery.message))
    }

    /// A record as it is written. The same record is written in the same way.
    fn seal_record(&self, record: Arc<Record>) -> Arc<Record> {
        if self.vault.load().active().is_none() || record.inbound.is_empty() && record.parts.is_empty() {
            return record;
        }
        let mut recorded = self.recorded.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, written)) = recorded.as_ref().filter(|(asked, _)| Arc::ptr_eq(asked, &record)) {
            return Arc::clone(written);
        }
        let mut sealed = (*record).clone();
        sealed.inbound.iter_mut().for_each(|received| self.seal_received(received));
        for part in &mut sealed.parts {
            if let Some(body) = self.seal_body(part.id, &part.inbound.body) {
                part.inbound.body = body;
            }
        }
        let sealed = Arc::new(sealed);
        *recorded = Some((record, Arc::clone(&sealed)));
        sealed
    }
}

fn unavailable(error: &NotOpened) -> StoreError {
    StoreError::Unavailable(format!("a value can't be read: {error}"))
}

/// Checks the keys that the store's values are encrypted with, and notes the one that seals.
async fn prepare(store: &dyn Store, vault: &Vault) -> Result<(), KeyError> {
    let noted = store.sealing_keys().await?;
    for (name, check) in noted.iter().filter(|(name, _)| &**name != CLEAR) {
        match vault.open(CHECK, check) {
            Ok(_) => {}
            Err(NotOpened::KeyMissing(_)) => return Err(KeyError::Missing(name.to_string())),
            Err(_) => return Err(KeyError::Wrong(name.to_string())),
        }
    }
    let clear: SealingKey = (CLEAR.into(), Box::default());
    let is_noted = |wanted: &str| noted.iter().any(|(name, _)| &**name == wanted);
    if let Some(active) = vault.active().filter(|active| !is_noted(active))
        && let Some(check) = vault.seal(CHECK, CHECKED)
    {
        // What is there may be in clear.
        let first = noted.is_empty().then(|| clear.clone());
        store.note_sealing_keys([(active.into(), check.into())].into_iter().chain(first).collect()).await?;
    }
    if vault.active().is_none() && !noted.is_empty() && !is_noted(CLEAR) {
        store.note_sealing_keys(vec![clear]).await?;
    }
    Ok(())
}
