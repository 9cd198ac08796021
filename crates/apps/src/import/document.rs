//! An import, what it found out, and its rows, as they are kept.

use crate::contact::{Contact, OfImport};
use crate::kept::Document;
use postrider_core::account::AccountId;
use postrider_core::contract::{AppKind, AudienceKey};
use postrider_core::time::Time;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How long an import is kept after its last step.
const KEPT: Duration = Duration::from_hours(7 * 24);
/// How long a file may take to come.
const RECEIVED_WITHIN: Duration = Duration::from_hours(6);

/// The state of an import.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImportState {
    /// The file comes.
    Receiving,
    /// Rows are looked at. Nothing is changed.
    Checking,
    /// All rows were looked at: it waits until somebody applies it.
    Checked,
    /// Contacts are changed.
    Applying,
    /// All contacts were changed.
    Done,
    /// Contacts become what they were before.
    Undoing,
    /// Contacts are what they were before, unless they have changed since.
    Undone,
    /// The file did not come to its end.
    Failed,
}

impl ImportState {
    /// Its word in the API.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Receiving => "receiving",
            Self::Checking => "checking",
            Self::Checked => "checked",
            Self::Applying => "applying",
            Self::Done => "done",
            Self::Undoing => "undoing",
            Self::Undone => "undone",
            Self::Failed => "failed",
        }
    }
}

/// An import to be made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewImport {
    /// Whether what rows say takes the place of what is known.
    pub overwrite: bool,
    /// A group that all of them are added to.
    pub group: Option<Box<str>>,
    /// Whether the report has all rows.
    pub all_rows: bool,
}

/// An import of contacts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Import {
    /// Its number.
    pub id: u64,
    /// Who made it.
    pub author: Box<str>,
    /// When, in milliseconds of Unix time.
    pub created: i64,
    /// Whether what rows say takes the place of what is known.
    pub overwrite: bool,
    /// A group that all of them are added to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<Box<str>>,
    /// Whether the report has all rows, those of contacts without fault as well.
    #[serde(default)]
    pub all_rows: bool,
    /// Its state.
    pub state: ImportState,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Box<str>>,
    /// Rows that have come.
    pub rows: u64,
    /// Rows that are contacts.
    pub valid: u64,
    /// Rows that are wrong.
    pub invalid: u64,
    /// Rows whose number came before.
    pub doubled: u64,
    /// Rows that were looked at.
    pub checked: u64,
    /// Contacts that are new.
    pub new: u64,
    /// Contacts that change.
    pub changed: u64,
    /// Contacts that are so already.
    pub same: u64,
    /// Contacts who have opted out or are blocked.
    pub opted_out: u64,
    /// Contacts that no message can be sent to.
    pub unroutable: u64,
    /// Rows that were imported.
    pub applied: u64,
    /// Contacts that are what they were before, or gone again.
    #[serde(default)]
    pub restored: u64,
    /// Contacts that have changed since, and were left alone when the others were restored.
    #[serde(default)]
    pub left: u64,
    /// The place of the last row of the step that is under way.
    pub(super) cursor: u64,
    /// When it changed last, in milliseconds of Unix time.
    pub updated: i64,
}

impl Document for Import {
    const KIND: AppKind = AppKind::Import;

    fn id(&self) -> Box<str> {
        import_id(self.id)
    }

    fn due(&self) -> Option<Time> {
        match self.state {
            ImportState::Checking | ImportState::Applying | ImportState::Undoing => Some(Time(self.updated)),
            ImportState::Receiving => Some(Time(self.updated) + RECEIVED_WITHIN),
            ImportState::Checked | ImportState::Done | ImportState::Undone | ImportState::Failed => None,
        }
    }

    fn expires(&self) -> Option<Time> {
        Some(Time(self.updated) + KEPT)
    }
}

/// Imports are in the order of their making.
pub(super) fn import_id(id: u64) -> Box<str> {
    format!("{id:020}").into()
}

impl Import {
    /// By what its rows are known.
    pub(super) const fn key(&self, account: AccountId) -> AudienceKey {
        AudienceKey { account, run: self.id }
    }

    /// What contacts remember of it.
    pub(super) fn as_merged(&self) -> OfImport {
        OfImport { id: self.id, until: Time(self.updated) + KEPT }
    }

    /// When it was made.
    #[must_use]
    pub const fn created_at(&self) -> Time {
        Time(self.created)
    }

    /// When it changed last.
    #[must_use]
    pub const fn updated_at(&self) -> Time {
        Time(self.updated)
    }
}

/// What there is to be told of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingKind {
    /// It is no contact.
    Invalid,
    /// Its number came before.
    Doubled,
    /// The number has opted out, or is blocked.
    OptedOut,
    /// No message can be sent to the number.
    Unroutable,
    /// Another contact has its external identifier.
    ExternalIdTaken,
    /// It is a new contact.
    New,
    /// It changes a contact.
    Changed,
    /// The contact is so already.
    Same,
}

impl FindingKind {
    /// Its word in reports.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Invalid => "invalid",
            Self::Doubled => "doubled",
            Self::OptedOut => "opted_out",
            Self::Unroutable => "unroutable",
            Self::ExternalIdTaken => "external_id_taken",
            Self::New => "new",
            Self::Changed => "changed",
            Self::Same => "same",
        }
    }
}

/// What an import found out about a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The line on which it begins, from 1.
    pub line: u64,
    /// What people know it by.
    pub value: Box<str>,
    /// What it is.
    pub kind: FindingKind,
    /// What is wrong, and what to do.
    pub detail: Box<str>,
}

/// Octets of the findings of one record, about. The embedded store keeps records beside their keys, and reads all of one that is
/// longer than a quarter of a page whenever it compares its key.
const RECORD: usize = 800;
/// Octets of a finding besides its words.
const FRAME: usize = 60;

/// Findings that were made together, as many as fit a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Findings {
    pub(super) id: Box<str>,
    pub(super) findings: Vec<Finding>,
    pub(super) until: i64,
}

impl Findings {
    /// Findings of an import about rows around a place, of the file as it came or of a step.
    pub(super) fn records(import: &Import, step: &str, place: u64, findings: Vec<Finding>) -> Vec<Self> {
        let until = (Time(import.updated) + KEPT).0;
        let mut records: Vec<Self> = Vec::new();
        let mut room = 0;
        for finding in findings {
            let size = FRAME + finding.value.len() + finding.detail.len();
            match records.last_mut().filter(|_| size <= room) {
                Some(record) => {
                    record.findings.push(finding);
                    room -= size;
                }
                None => {
                    let id = format!("{:020}/{step}{place:010}/{:05}", import.id, records.len()).into();
                    records.push(Self { id, findings: vec![finding], until });
                    room = RECORD.saturating_sub(size);
                }
            }
        }
        records
    }

    /// The name before those of all findings of an import.
    pub(super) fn before(import: u64) -> Box<str> {
        format!("{import:020}/").into()
    }

    /// Whether they are of this import.
    pub(super) fn are_of(&self, import: u64) -> bool {
        self.id.starts_with(&*Self::before(import))
    }
}

impl Document for Findings {
    const KIND: AppKind = AppKind::ImportFindings;

    fn id(&self) -> Box<str> {
        self.id.clone()
    }

    fn expires(&self) -> Option<Time> {
        Some(Time(self.until))
    }
}

/// A row that is a contact.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct StagedRow {
    #[serde(rename = "l")]
    pub(super) line: u64,
    #[serde(rename = "v")]
    pub(super) value: Box<str>,
    #[serde(rename = "c")]
    pub(super) contact: Contact,
}
