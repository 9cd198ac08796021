//! What imports do by themselves: rows are looked at, and imported, some hundred at a time.
//!
//! What a step has found out and how far it has come are one write. A step that was done twice, by two nodes or after a crash,
//! is written once.

use super::desk::Imports;
use super::document::{Finding, FindingKind, Findings, Import, ImportState, StagedRow};
use crate::contact::{Contact, Merged, Merging, PreparedStep, Put, TakenBack};
use crate::kept::{Kept, keep, read};
use postrider_core::account::Account;
use postrider_core::contract::{AppFilter, AppKind, AppWritten, RecipientRow, StoreError, WantedRecipients};
use postrider_core::message::Body;
use postrider_core::number::Number;
use postrider_core::submission::{Refusal, Submission};

/// Imports that get a turn together.
const IMPORTS: usize = 20;
/// Rows of a step.
const PAGE: usize = if cfg!(test) { 7 } else { 500 };
/// Steps of a turn: other imports have theirs then.
const PAGES: usize = if cfg!(test) { 2 } else { 20 };

/// Rows that were looked at, and what would become of each.
struct Looked {
    last: u64,
    rows: Vec<StagedRow>,
    put: Merged,
    refusals: Vec<Option<Refusal>>,
}

impl Imports {
    /// Gives each due import a turn. Returns whether one of them has more to do at once.
    ///
    /// # Errors
    /// When the store can't be used.
    pub async fn step_what_is_due(&self) -> Result<bool, StoreError> {
        let filter =
            AppFilter { due: Some(self.parts.live.now()), ..AppFilter::all(AppKind::Import, None, IMPORTS) };
        let mut goes_on = false;
        for record in self.parts.store.list_app_records(filter).await? {
            goes_on |= self.step(read(record)?).await?;
        }
        Ok(goes_on)
    }

    async fn step(&self, kept: Kept<Import>) -> Result<bool, StoreError> {
        match kept.value.state {
            ImportState::Checking => self.check(kept).await,
            ImportState::Applying => self.import(kept).await,
            ImportState::Receiving => {
                let reason = Some("the file did not come to its end: send it again".into());
                let failed = Import { state: ImportState::Failed, reason, ..kept.value };
                self.write(&mut Kept { value: failed, ..kept }, Vec::new()).await?;
                Ok(false)
            }
            ImportState::Undoing => self.take_back(kept).await,
            ImportState::Checked | ImportState::Done | ImportState::Failed | ImportState::Undone => Ok(false),
        }
    }

    async fn rows(&self, kept: &Kept<Import>) -> Result<Vec<RecipientRow>, StoreError> {
        let (key, after) = (kept.value.key(kept.account), kept.value.cursor);
        self.parts.recipients.recipients(key, WantedRecipients::All, after, PAGE).await
    }

    /// Looks at the next rows. While it is written down what was found, those behind are looked at.
    async fn check(&self, mut kept: Kept<Import>) -> Result<bool, StoreError> {
        let mut looked = self.look(&kept).await?;
        for _ in 0..PAGES {
            let Some(Looked { last, rows, put, refusals }) = looked else {
                kept.value.state = ImportState::Checked;
                self.write(&mut kept, Vec::new()).await?;
                return Ok(false);
            };
            kept.value.cursor = last;
            kept.value.checked += rows.len() as u64;
            let mut findings = Vec::new();
            for ((row, put), refusal) in rows.iter().zip(put).zip(refusals) {
                findings.extend(kept.value.count(row, put));
                findings.extend(refusal.and_then(|refusal| kept.value.judge(row, &refusal)));
            }
            let findings = Findings::records(&kept.value, "b", last, findings);
            let behind = kept.clone();
            let (written, next) = tokio::join!(self.write(&mut kept, findings), self.look(&behind));
            if !written? {
                return Ok(true);
            }
            looked = next?;
        }
        Ok(true)
    }

    /// What would become of the rows behind the cursor; `None` at the end.
    async fn look(&self, kept: &Kept<Import>) -> Result<Option<Looked>, StoreError> {
        let found = self.rows(kept).await?;
        let Some(last) = found.last().map(|row| row.recipient.position) else { return Ok(None) };
        let rows = staged(found)?;
        let contacts: Vec<Contact> = rows.iter().map(|row| row.contact.clone()).collect();
        let put = self.contacts.merge(kept.account, &contacts, kept.value.overwrite, Merging::Trial).await?;
        let rules = self.parts.live.rules();
        let refusals = match rules.account(kept.account) {
            Some(account) => self.refusals(account, &rows).await?,
            None => vec![None; rows.len()],
        };
        Ok(Some(Looked { last, rows, put, refusals }))
    }

    /// Why no message can be sent to each row's number, if none can.
    async fn refusals(
        &self,
        account: &Account,
        rows: &[StagedRow],
    ) -> Result<Vec<Option<Refusal>>, StoreError> {
        let submission = |row: &StagedRow| {
            let to = row.contact.number().map(|number| number.to_string()).unwrap_or_default();
            Submission { to, body: Some(Body::Text("x".into())), ..Submission::default() }
        };
        let decided = self.parts.intake.decide(account, rows.iter().map(submission).collect()).await?;
        Ok(decided.into_iter().map(Result::err).collect())
    }

    /// Imports the next rows. While some are written down, it is decided upon those behind.
    async fn import(&self, mut kept: Kept<Import>) -> Result<bool, StoreError> {
        let mut prepared = self.prepare(&kept).await?;
        for _ in 0..PAGES {
            let Some((last, many, step)) = prepared else {
                kept.value.state = ImportState::Done;
                self.write(&mut kept, Vec::new()).await?;
                return Ok(false);
            };
            kept.value.cursor = last;
            kept.value.applied += many;
            kept.value.updated = self.parts.live.now().0;
            let progress = keep(kept.account, &kept.value, kept.version)?;
            let (written, next) = tokio::join!(self.contacts.write_step(step, progress), self.prepare(&kept));
            if !written? {
                return Ok(true);
            }
            kept.version += 1;
            prepared = next?;
        }
        Ok(true)
    }

    /// What the rows behind the cursor come to: the place of the last one, and how many there are; `None` at the end.
    async fn prepare(&self, kept: &Kept<Import>) -> Result<Option<(u64, u64, PreparedStep)>, StoreError> {
        let rows = self.rows(kept).await?;
        let Some(last) = rows.last().map(|row| row.recipient.position) else { return Ok(None) };
        let contacts: Vec<Contact> = staged(rows)?.into_iter().map(|row| row.contact).collect();
        let (many, import) = (contacts.len() as u64, kept.value.as_merged());
        let step = self.contacts.prepare_step((kept.account, import), contacts, kept.value.overwrite).await?;
        Ok(Some((last, many, step)))
    }

    /// Takes back what became of the next rows.
    async fn take_back(&self, mut kept: Kept<Import>) -> Result<bool, StoreError> {
        let rows = self.rows(&kept).await?;
        let Some(last) = rows.last().map(|row| row.recipient.position) else {
            kept.value.state = ImportState::Undone;
            self.write(&mut kept, Vec::new()).await?;
            return Ok(false);
        };
        let numbers: Vec<u64> = staged(rows)?.into_iter().map(|row| row.contact.number).collect();
        let now = self.parts.live.now().0;
        let progress = |taken: TakenBack| {
            let it = &kept.value;
            let (restored, left) = (it.restored + taken.restored, it.left + taken.left);
            let after = Import { restored, left, cursor: last, updated: now, ..it.clone() };
            keep(kept.account, &after, kept.version)
        };
        self.contacts.take_back(kept.account, kept.value.id, &numbers, progress).await?;
        Ok(true)
    }

    /// Writes down how far an import has come. Returns whether nobody else had meanwhile: what changed is looked at again.
    async fn write(&self, kept: &mut Kept<Import>, findings: Vec<Findings>) -> Result<bool, StoreError> {
        kept.value.updated = self.parts.live.now().0;
        let mut writes = vec![keep(kept.account, &kept.value, kept.version)?];
        for record in &findings {
            writes.push(keep(kept.account, record, 0)?);
        }
        kept.version += 1;
        Ok(self.parts.store.write_app_records(writes, Vec::new()).await? == AppWritten::Done)
    }
}

/// The rows of people who were not erased meanwhile.
fn staged(rows: Vec<RecipientRow>) -> Result<Vec<StagedRow>, StoreError> {
    let known = rows.into_iter().filter(|row| row.recipient.number.is_some());
    let read = |row: RecipientRow| {
        serde_json::from_str(&row.recipient.document)
            .map_err(|error| StoreError::Damaged(format!("a row of an import can't be read: {error}")))
    };
    known.map(read).collect()
}

impl Import {
    /// Counts what would become of a row.
    fn count(&mut self, row: &StagedRow, put: Result<Put, Number>) -> Option<Finding> {
        let (counted, kind) = match put {
            Ok(Put::New) => (&mut self.new, FindingKind::New),
            Ok(Put::Changed) => (&mut self.changed, FindingKind::Changed),
            Ok(Put::Same) => (&mut self.same, FindingKind::Same),
            Err(other) => {
                self.valid -= 1;
                self.invalid += 1;
                let detail = format!("another contact has this external_id: {other}");
                return Some(row.finding(FindingKind::ExternalIdTaken, &detail));
            }
        };
        *counted += 1;
        self.all_rows.then(|| row.finding(kind, ""))
    }

    /// Counts what a refusal says of a row.
    fn judge(&mut self, row: &StagedRow, refusal: &Refusal) -> Option<Finding> {
        let kind = match refusal {
            Refusal::OptedOut | Refusal::RecipientBlocked => FindingKind::OptedOut,
            Refusal::NoRoute(_)
            | Refusal::RecipientNotAllowed
            | Refusal::CountryNotAllowed(_)
            | Refusal::Undeliverable(_)
            | Refusal::NoPrice
            | Refusal::BelowCost => FindingKind::Unroutable,
            _ => return None,
        };
        match kind {
            FindingKind::OptedOut => self.opted_out += 1,
            _ => self.unroutable += 1,
        }
        Some(row.finding(kind, &refusal.to_string()))
    }
}

impl StagedRow {
    fn finding(&self, kind: FindingKind, detail: &str) -> Finding {
        Finding { line: self.line, value: self.value.clone(), kind, detail: detail.into() }
    }
}
