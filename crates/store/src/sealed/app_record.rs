//! Documents of applications' records as texts that are sealed.

use super::{CLEAR, Sealed, document, unavailable};
use crate::vault::Vault;
use postrider_core::contract::{AppFilter, AppKey, AppKind, AppRecord, AppScan, AppWrite, StoreError};
use std::sync::Arc;

/// Records that are encrypted anew at once.
const PAGE: usize = 500;

fn place(key: &AppKey) -> (String, String) {
    (format!("app/{}", key.kind.word()), format!("{}/{}", key.account.0, key.id))
}

/// Seals a record's document, if anything is sealed.
pub(super) fn seal(vault: &Vault, record: &mut AppRecord) {
    let (kind, name) = place(&record.key);
    if let Some(sealed) = document::seal(vault, &kind, &name, &record.document) {
        record.document = sealed;
    }
}

fn open(vault: &Vault, record: &mut AppRecord) -> Result<(), StoreError> {
    let (kind, name) = place(&record.key);
    if let Some(opened) = document::open(vault, &kind, &name, &record.document) {
        record.document = opened.map_err(|error| unavailable(&error))?;
    }
    Ok(())
}

/// The same scan of records that may be sealed. One that can't be opened doesn't meet the test.
pub(super) fn opening(vault: Arc<Vault>, scan: AppScan) -> AppScan {
    let (account, kind, test) = (scan.account, scan.kind, Arc::clone(&scan.test));
    let opening = move |id: &str, document: &str| {
        if !document::is_sealed(document) {
            return test(id, document);
        }
        let (place, name) = place(&AppKey { account, kind, id: id.into() });
        let opened = document::open(&vault, &place, &name, document);
        opened.and_then(Result::ok).is_some_and(|opened| test(id, &opened))
    };
    AppScan { test: Arc::new(opening), ..scan }
}

impl Sealed {
    pub(super) fn open_app_record(&self, record: &mut AppRecord) -> Result<(), StoreError> {
        open(&self.vault.load(), record)
    }

    /// Encrypts records anew that are in clear, or were encrypted with another key. Returns how many.
    pub(super) async fn reseal_app_records(&self, vault: &Vault) -> Result<usize, StoreError> {
        let mut changed = 0;
        for kind in AppKind::ALL {
            let mut filter = AppFilter::all(kind, None, PAGE);
            loop {
                let page = self.inner.list_app_records(filter.clone()).await?;
                let Some(last) = page.last() else { break };
                filter.after = Some((last.key.account, last.key.id.clone()));
                for record in page {
                    changed += usize::from(self.reseal_app_record(vault, record).await?);
                }
            }
        }
        Ok(changed)
    }

    async fn reseal_app_record(&self, vault: &Vault, mut record: AppRecord) -> Result<bool, StoreError> {
        if document::sealed_with(&record.document) == vault.active().unwrap_or(CLEAR) {
            return Ok(false);
        }
        open(vault, &mut record)?;
        seal(vault, &mut record);
        // Where it changed meanwhile, it was encrypted then.
        self.inner.write_app_records(vec![AppWrite::Keep(record)], Vec::new()).await?;
        Ok(true)
    }
}
