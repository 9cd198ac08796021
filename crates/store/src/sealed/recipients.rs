//! Recipients of campaigns and batches: what is known of them is sealed.

use super::{CLEAR, Sealed, document, unavailable};
use crate::vault::Vault;
use async_trait::async_trait;
use postrider_core::contract::{
    AudienceKey, Recipient, RecipientCounts, RecipientResult, RecipientRow, RecipientStore, StoreError,
    WantedRecipients,
};
use postrider_core::number::Number;

/// Recipients that are encrypted anew at once.
const PAGE: usize = 500;
/// What sealed documents are bound to, before their place.
const KIND: &str = "recipient";

fn place(audience: AudienceKey, number: Number) -> String {
    format!("{}/{}/{}", audience.account.0, audience.run, number.digits())
}

/// Opens a recipient's document; that of an erased one is empty.
fn open(vault: &Vault, audience: AudienceKey, recipient: &mut Recipient) -> Result<(), StoreError> {
    let Some(number) = recipient.number else { return Ok(()) };
    if let Some(opened) = document::open(vault, KIND, &place(audience, number), &recipient.document) {
        recipient.document = opened.map_err(|error| unavailable(&error))?;
    }
    Ok(())
}

#[async_trait]
impl RecipientStore for Sealed {
    async fn add_recipients(
        &self,
        audience: AudienceKey,
        mut recipients: Vec<(Number, Box<str>)>,
    ) -> Result<Vec<usize>, StoreError> {
        let vault = self.vault.load();
        for (number, known) in &mut recipients {
            if let Some(sealed) = document::seal(&vault, KIND, &place(audience, *number), known) {
                *known = sealed;
            }
        }
        drop(vault);
        self.inner.add_recipients(audience, recipients).await
    }

    async fn recipients(
        &self,
        audience: AudienceKey,
        wanted: WantedRecipients,
        after: u64,
        limit: usize,
    ) -> Result<Vec<RecipientRow>, StoreError> {
        let mut found = self.inner.recipients(audience, wanted, after, limit).await?;
        let vault = self.vault.load();
        found.iter_mut().try_for_each(|row| open(&vault, audience, &mut row.recipient))?;
        Ok(found)
    }

    async fn note_results(
        &self,
        audience: AudienceKey,
        results: Vec<(u64, RecipientResult)>,
    ) -> Result<(), StoreError> {
        self.inner.note_results(audience, results).await
    }

    async fn count_recipients(&self, audience: AudienceKey) -> Result<RecipientCounts, StoreError> {
        self.inner.count_recipients(audience).await
    }

    async fn forget_recipients(&self, audience: AudienceKey, most: usize) -> Result<usize, StoreError> {
        self.inner.forget_recipients(audience, most).await
    }

    async fn rewrite_recipients(
        &self,
        audience: AudienceKey,
        changes: Vec<(u64, Box<str>, Box<str>)>,
    ) -> Result<(), StoreError> {
        self.inner.rewrite_recipients(audience, changes).await
    }

    async fn next_audience(&self, after: Option<AudienceKey>) -> Result<Option<AudienceKey>, StoreError> {
        self.inner.next_audience(after).await
    }
}

impl Sealed {
    /// Encrypts recipients anew that are in clear, or were encrypted with another key. Returns how many.
    pub(super) async fn reseal_recipients(&self, vault: &Vault) -> Result<usize, StoreError> {
        let (mut changed, mut audience) = (0, None);
        while let Some(next) = self.inner.next_audience(audience).await? {
            changed += self.reseal_audience(vault, next).await?;
            audience = Some(next);
        }
        Ok(changed)
    }

    async fn reseal_audience(&self, vault: &Vault, audience: AudienceKey) -> Result<usize, StoreError> {
        let (mut changed, mut after) = (0, 0);
        loop {
            let page = self.inner.recipients(audience, WantedRecipients::All, after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(changed) };
            after = last.recipient.position;
            let mut changes = Vec::new();
            for RecipientRow { mut recipient, .. } in page {
                let Some(number) = recipient.number else { continue };
                if document::sealed_with(&recipient.document) == vault.active().unwrap_or(CLEAR) {
                    continue;
                }
                let old = recipient.document.clone();
                open(vault, audience, &mut recipient)?;
                let new = document::seal(vault, KIND, &place(audience, number), &recipient.document);
                changes.push((recipient.position, old, new.unwrap_or(recipient.document)));
            }
            changed += changes.len();
            if !changes.is_empty() {
                self.inner.rewrite_recipients(audience, changes).await?;
            }
        }
    }
}
