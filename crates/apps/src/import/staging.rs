//! A file that comes: its rows are put down, some hundred at a time.

use super::desk::Imports;
use super::document::{Finding, FindingKind, Findings, Import, ImportState, StagedRow};
use crate::contact::Contact;
use crate::kept::keep;
use postrider_core::account::AccountId;
use postrider_core::contract::{AppWritten, StoreError};
use postrider_core::number::Number;

/// Rows that are put down together.
const PAGE: usize = if cfg!(test) { 7 } else { 500 };
/// The longest beginning of a row that is kept to know it by, in characters.
const VALUE_MAX: usize = 64;

/// A row of a file.
#[derive(Clone, Debug)]
pub struct FoundRow {
    /// The line on which it begins, from 1.
    pub line: u64,
    /// What people know it by.
    pub value: String,
    /// The contact, or what is wrong with the row.
    pub contact: Result<Contact, String>,
}

/// An import whose file comes.
pub struct Staging<'i> {
    imports: &'i Imports,
    account: AccountId,
    import: Import,
    version: u64,
    rows: Vec<(Number, StagedRow)>,
    findings: Vec<Finding>,
}

impl<'i> Staging<'i> {
    pub(super) const fn new(imports: &'i Imports, account: AccountId, import: Import) -> Self {
        Self { imports, account, import, version: 1, rows: Vec::new(), findings: Vec::new() }
    }

    /// Takes rows, in their order.
    ///
    /// # Errors
    /// When the store can't be used.
    pub async fn take(&mut self, rows: Vec<FoundRow>) -> Result<(), StoreError> {
        for FoundRow { line, value, contact } in rows {
            self.import.rows += 1;
            let value: Box<str> = value.chars().take(VALUE_MAX).collect::<String>().into();
            match contact.map(|contact| (contact.number(), contact)) {
                Ok((Some(number), mut contact)) => {
                    contact.groups.extend(self.import.group.clone());
                    self.rows.push((number, StagedRow { line, value, contact }));
                }
                Ok((None, _)) => self.find(line, value, FindingKind::Invalid, "the number is missing"),
                Err(detail) => self.find(line, value, FindingKind::Invalid, &detail),
            }
            if self.rows.len() + self.findings.len() >= PAGE {
                self.put_down().await?;
            }
        }
        Ok(())
    }

    fn find(&mut self, line: u64, value: Box<str>, kind: FindingKind, detail: &str) {
        self.findings.push(Finding { line, value, kind, detail: detail.into() });
    }

    async fn put_down(&mut self) -> Result<(), StoreError> {
        let rows = std::mem::take(&mut self.rows);
        let written = rows.iter().map(|(number, row)| {
            let document = serde_json::to_string(row);
            let unwritten = |error| StoreError::Unavailable(format!("a row can't be written: {error}"));
            Ok((*number, document.map_err(unwritten)?.into()))
        });
        let written = written.collect::<Result<Vec<_>, StoreError>>()?;
        let key = self.import.key(self.account);
        let doubled = self.imports.parts.recipients.add_recipients(key, written).await?;
        for place in &doubled {
            if let Some((_, row)) = rows.get(*place) {
                let detail = "the number came in a line before";
                self.find(row.line, row.value.clone(), FindingKind::Doubled, detail);
            }
        }
        self.import.valid += (rows.len() - doubled.len()) as u64;
        self.import.doubled += doubled.len() as u64;
        self.write().await
    }

    /// Writes down how far it has come, with what was found.
    async fn write(&mut self) -> Result<(), StoreError> {
        let mut findings = std::mem::take(&mut self.findings);
        findings.sort_by_key(|finding| finding.line);
        let invalid = findings.iter().filter(|finding| finding.kind == FindingKind::Invalid).count();
        self.import.invalid += invalid as u64;
        self.import.updated = self.imports.parts.live.now().0;
        let mut writes = vec![keep(self.account, &self.import, self.version)?];
        for record in Findings::records(&self.import, "a", self.import.rows, findings) {
            writes.push(keep(self.account, &record, 0)?);
        }
        match self.imports.parts.store.write_app_records(writes, Vec::new()).await? {
            AppWritten::Done => {
                self.version += 1;
                Ok(())
            }
            _ => Err(StoreError::Unavailable("the import was deleted meanwhile".into())),
        }
    }

    /// All of the file has come.
    ///
    /// # Errors
    /// When the store can't be used.
    pub async fn end(mut self) -> Result<Import, StoreError> {
        self.put_down().await?;
        self.import.state = ImportState::Checking;
        self.write().await?;
        Ok(self.import)
    }

    /// The file can't be read, or did not come to its end.
    ///
    /// # Errors
    /// When the store can't be used.
    pub async fn fail(mut self, reason: &str) -> Result<(), StoreError> {
        self.import.state = ImportState::Failed;
        self.import.reason = Some(reason.into());
        self.write().await
    }
}
