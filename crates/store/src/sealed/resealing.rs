//! Encrypting anew what was encrypted with another key, or is in clear: a walk over all rows, batch after batch.

use super::{CLEAR, Sealed, body, document, unavailable};
use crate::vault::{Vault, key_name};
use postrider_core::contract::{BodyChange, BodyRows, StoreError};
use postrider_core::id::MessageId;
use postrider_core::message::Body;
use std::sync::PoisonError;

/// Where the walk is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Walk {
    /// The rows, by their place in [`BodyRows::ALL`].
    rows: usize,
    after: MessageId,
    /// Values of this pass that were written anew.
    changed: usize,
}

impl Default for Walk {
    fn default() -> Self {
        Self { rows: 0, after: MessageId::from_number(0), changed: 0 }
    }
}

impl Sealed {
    /// Goes on with the walk by one batch. Returns how many rows it looked at; 0 when nothing is left to do.
    pub(super) async fn go_on_resealing(&self, most: usize) -> Result<usize, StoreError> {
        let vault = self.vault.load_full();
        let wanted = vault.active().unwrap_or(CLEAR);
        let noted = self.inner.sealing_keys().await?;
        let others: Vec<Box<str>> =
            noted.into_iter().map(|(name, _)| name).filter(|name| &**name != wanted).collect();
        if others.is_empty() {
            return Ok(0);
        }
        let mut walk = *self.walk.lock().unwrap_or_else(PoisonError::into_inner);
        let looked = match BodyRows::ALL.get(walk.rows) {
            Some(rows) => self.reseal_bodies(*rows, &vault, most, &mut walk).await?,
            None => {
                walk.changed += self.reseal_documents(&vault).await?;
                walk.changed += self.reseal_app_records(&vault).await?;
                walk.changed += self.reseal_recipients(&vault).await?;
                walk.changed += self.reseal_media(&vault).await?;
                if walk.changed == 0 {
                    tracing::info!(key = wanted, "every value is encrypted with this key now");
                    self.inner.forget_sealing_keys(others).await?;
                }
                walk = Walk::default();
                1
            }
        };
        *self.walk.lock().unwrap_or_else(PoisonError::into_inner) = walk;
        Ok(looked)
    }

    async fn reseal_bodies(
        &self,
        rows: BodyRows,
        vault: &Vault,
        most: usize,
        walk: &mut Walk,
    ) -> Result<usize, StoreError> {
        let bodies = self.inner.bodies(rows, walk.after, most).await?;
        let (looked, last) = (bodies.len(), bodies.last().map(|(id, _)| *id));
        let changes: Vec<BodyChange> =
            bodies.into_iter().filter_map(|(id, body)| change(vault, id, body)).collect();
        walk.changed += changes.len();
        if !changes.is_empty() {
            self.inner.rewrite_bodies(rows, changes).await?;
        }
        match last.filter(|_| looked == most) {
            Some(last) => walk.after = last,
            None => {
                *walk = Walk { rows: walk.rows + 1, after: MessageId::from_number(0), changed: walk.changed }
            }
        }
        Ok(looked.max(1))
    }

    /// Returns how many documents were written anew.
    async fn reseal_documents(&self, vault: &Vault) -> Result<usize, StoreError> {
        let mut changed = 0;
        for resource in self.inner.resources().await? {
            let Some(old) = resource.document else { continue };
            if document::sealed_with(&old) == vault.active().unwrap_or(CLEAR) {
                continue;
            }
            let (kind, name) = (resource.kind, resource.name);
            let plain = match document::open(vault, &kind, &name, &old) {
                Some(opened) => opened.map_err(|error| unavailable(&error))?,
                None => old.clone(),
            };
            let new = document::seal(vault, &kind, &name, &plain).unwrap_or(plain);
            self.inner.rewrite_document((kind, name), old, new).await?;
            changed += 1;
        }
        Ok(changed)
    }
}

/// The change of a body that isn't as it should be; `None` if it is, or can't be opened.
fn change(vault: &Vault, id: MessageId, old: Body) -> Option<BodyChange> {
    let plain = match &old {
        Body::Redacted => return None,
        Body::Sealed(sealed) if key_name(sealed).is_some_and(|name| vault.active() == Some(name)) => {
            return None;
        }
        Body::Sealed(sealed) => match body::open(vault, id, sealed) {
            Ok(plain) => plain,
            Err(error) => {
                tracing::error!(%id, %error, "the text of a message can't be encrypted anew");
                return None;
            }
        },
        _ if vault.active().is_none() => return None,
        plain => plain.clone(),
    };
    let new = body::seal(vault, id, &plain).unwrap_or(plain);
    Some(BodyChange { id, old, new })
}
