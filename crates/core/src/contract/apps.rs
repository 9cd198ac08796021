//! The store of applications within the gateway: records that are changed together or not at all, and counts within limits.
//!
//! A record is a document that only its application reads. An application reads records, decides, and writes the outcome; a record
//! that changed meanwhile makes the whole write void, so that the application reads and decides again.

use super::StoreError;
use crate::account::AccountId;
use crate::number::Number;
use crate::stream::OtherEvent;
use crate::time::Time;
use async_trait::async_trait;
use std::sync::Arc;

/// What a record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AppKind {
    /// A secret of an application.
    Secret,
    /// A verification of a number by one-time password.
    Verification,
    /// Which verification of a number and a purpose is live.
    LiveVerification,
    /// A number that gets a fixed code, and no message.
    TestNumber,
    /// An enrolment of an authenticator (RFC 6238).
    Authenticator,
    /// A template of messages, as it is now.
    Template,
    /// A version of a template.
    TemplateVersion,
    /// A contact of an account.
    Contact,
    /// Which contact has an identifier of another system.
    ContactReference,
    /// A group of contacts.
    Group,
    /// A campaign or a batch.
    Run,
    /// A place in the stream of events, up to which applications have heard.
    StreamPlace,
    /// A group of people who are on call.
    AlertGroup,
    /// A source of alerts.
    AlertSource,
    /// When a source of alerts reported last.
    AlertSourceState,
    /// An alert.
    Alert,
    /// Which alert a key of a source stands for.
    AlertKey,
    /// The number of an account's next alert.
    AlertNumber,
    /// Somebody who is told of alerts.
    AlertPerson,
    /// An appointment.
    Appointment,
    /// The appointments of a number.
    AppointmentGuest,
    /// An event of an application, to be posted to a webhook.
    AppEvent,
    /// A text that people of the console keep: a view of a list, or a canned reply.
    Snippet,
    /// A schedule of recurring messages.
    Schedule,
    /// A short link.
    Link,
    /// Where a short link leads for one recipient.
    LinkTarget,
    /// Which links a recipient has followed.
    LinkVisit,
    /// An import of contacts.
    Import,
    /// What an import found out about some of its rows.
    ImportFindings,
    /// A contact as it was before an import changed it.
    ReplacedContact,
    /// An action on many messages that goes on in the background.
    MessageAction,
    /// A post to a webhook that failed.
    FailedPost,
    /// That a backup was restored, and nobody has looked at it yet. Whoever restores one writes it.
    Restored,
}

impl AppKind {
    /// All kinds.
    pub const ALL: [Self; 33] = [
        Self::Secret,
        Self::Verification,
        Self::LiveVerification,
        Self::TestNumber,
        Self::Authenticator,
        Self::Template,
        Self::TemplateVersion,
        Self::Contact,
        Self::ContactReference,
        Self::Group,
        Self::Run,
        Self::StreamPlace,
        Self::AlertGroup,
        Self::AlertSource,
        Self::AlertSourceState,
        Self::Alert,
        Self::AlertKey,
        Self::AlertNumber,
        Self::AlertPerson,
        Self::Appointment,
        Self::AppointmentGuest,
        Self::AppEvent,
        Self::Snippet,
        Self::Schedule,
        Self::Link,
        Self::LinkTarget,
        Self::LinkVisit,
        Self::Import,
        Self::ImportFindings,
        Self::ReplacedContact,
        Self::MessageAction,
        Self::FailedPost,
        Self::Restored,
    ];

    /// The word for it in the store.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Secret => "secret",
            Self::Verification => "verification",
            Self::LiveVerification => "live_verification",
            Self::TestNumber => "test_number",
            Self::Authenticator => "authenticator",
            Self::Template => "template",
            Self::TemplateVersion => "template_version",
            Self::Contact => "contact",
            Self::ContactReference => "contact_reference",
            Self::Group => "group",
            Self::Run => "run",
            Self::StreamPlace => "stream_place",
            Self::AlertGroup => "alert_group",
            Self::AlertSource => "alert_source",
            Self::AlertSourceState => "alert_source_state",
            Self::Alert => "alert",
            Self::AlertKey => "alert_key",
            Self::AlertNumber => "alert_number",
            Self::AlertPerson => "alert_person",
            Self::Appointment => "appointment",
            Self::AppointmentGuest => "appointment_guest",
            Self::AppEvent => "app_event",
            Self::Snippet => "snippet",
            Self::Schedule => "schedule",
            Self::Link => "link",
            Self::LinkTarget => "link_target",
            Self::LinkVisit => "link_visit",
            Self::Import => "import",
            Self::ImportFindings => "import_findings",
            Self::ReplacedContact => "replaced_contact",
            Self::MessageAction => "message_action",
            Self::FailedPost => "failed_post",
            Self::Restored => "restored",
        }
    }
}

/// By what a record is known.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AppKey {
    /// Whose it is. Account 0 is the gateway itself.
    pub account: AccountId,
    /// What it is.
    pub kind: AppKind,
    /// Its name among those of its kind and account.
    pub id: Box<str>,
}

/// A record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppRecord {
    /// By what it is known.
    pub key: AppKey,
    /// How often it was written. Of a record to be written: of the one in whose place it comes, 0 if there must be none.
    pub version: u64,
    /// The person it is about: with the person it is erased.
    pub person: Option<Number>,
    /// When its application wants to see it again.
    pub due: Option<Time>,
    /// When it is forgotten.
    pub expires: Option<Time>,
    /// What it says, for its application alone.
    pub document: Box<str>,
    /// Words that it is found by. Of a record to be written: `None` leaves them as they are. Records that are read have none.
    pub labels: Option<Box<[Box<str>]>>,
}

/// A test of a record, by its name and document.
pub type AppTest = Arc<dyn Fn(&str, &str) -> bool + Send + Sync>;

/// Records that are tested, one after another.
#[derive(Clone)]
pub struct AppScan {
    /// Whose they are.
    pub account: AccountId,
    /// What they are.
    pub kind: AppKind,
    /// A label that all of them have; `None` for all.
    pub label: Option<Box<str>>,
    /// The test.
    pub test: AppTest,
}

/// Records that a scan reads together, where the store has no way of its own.
const SCANNED: usize = 1_000;

/// A change of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AppWrite {
    /// It is kept in the place of its version before.
    Keep(AppRecord),
    /// It is forgotten, if this is its version.
    Forget(AppKey, u64),
    /// Whoever follows the stream of events is told.
    Tell(OtherEvent),
}

impl AppWrite {
    /// The record that it is about, and the version that must be there, 0 for none; `None` for an event.
    #[must_use]
    pub const fn expects(&self) -> Option<(&AppKey, u64)> {
        match self {
            Self::Keep(record) => Some((&record.key, record.version)),
            Self::Forget(key, version) => Some((key, *version)),
            Self::Tell(_) => None,
        }
    }

    /// The event that it tells, if it tells one.
    #[must_use]
    pub const fn told(&self) -> Option<&OtherEvent> {
        match self {
            Self::Tell(event) => Some(event),
            _ => None,
        }
    }
}

/// A count that must stay below a limit within a span of time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppCount {
    /// Whose it is.
    pub account: AccountId,
    /// What is counted.
    pub name: &'static str,
    /// Of whom or what.
    pub subject: Box<str>,
    /// The stretch of time that this falls into, by its beginning. What falls into one stretch is one row.
    pub stretch: Time,
    /// Stretches that begin before this count no more.
    pub since: Time,
    /// How many there are. None only looks at the limit.
    pub add: u32,
    /// The limit: when there are so many already, nothing is written.
    pub most: u32,
    /// When the row is forgotten.
    pub expires: Time,
}

/// The result of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppWritten {
    /// All of it is durable.
    Done,
    /// A record has changed meanwhile. Nothing was written.
    Changed,
    /// A limit is reached. Nothing was written.
    Limited {
        /// Which count, by its place.
        count: usize,
        /// The stretch that must end to count before there is room again.
        stretch: Time,
    },
}

/// Conditions that all records of a list meet, and its order.
#[derive(Clone, Debug)]
pub struct AppFilter {
    /// What they are.
    pub kind: AppKind,
    /// Whose they are; `None` for all.
    pub account: Option<AccountId>,
    /// Due at this time or before. The list is in the order of due times then.
    pub due: Option<Time>,
    /// Behind this account and name in the order of the list, which is that of accounts and names.
    pub after: Option<(AccountId, Box<str>)>,
    /// With this label.
    pub label: Option<Box<str>>,
    /// Whether the order is turned round.
    pub backwards: bool,
    /// At most this many.
    pub limit: usize,
}

impl AppFilter {
    /// All records of a kind and an account, at most `limit` of them.
    #[must_use]
    pub const fn all(kind: AppKind, account: Option<AccountId>, limit: usize) -> Self {
        Self { kind, account, due: None, after: None, label: None, backwards: false, limit }
    }
}

/// What applications keep.
#[async_trait]
pub trait AppStore: Send + Sync {
    /// The records of these keys, in the same order.
    async fn app_records(&self, keys: Vec<AppKey>) -> Result<Vec<Option<AppRecord>>, StoreError>;

    /// The records that meet all of the filter's conditions.
    async fn list_app_records(&self, filter: AppFilter) -> Result<Vec<AppRecord>, StoreError>;

    /// How many records of an account have a label.
    async fn count_app_records(
        &self,
        account: AccountId,
        kind: AppKind,
        label: Box<str>,
    ) -> Result<u64, StoreError>;

    /// How many records meet a test. Each is looked at: it takes as long as there are records.
    async fn scan_app_records(&self, scan: AppScan) -> Result<u64, StoreError> {
        let AppScan { account, kind, label, test } = scan;
        let mut filter = AppFilter { label, ..AppFilter::all(kind, Some(account), SCANNED) };
        let mut many = 0;
        loop {
            let page = self.list_app_records(filter.clone()).await?;
            many += page.iter().filter(|record| test(&record.key.id, &record.document)).count() as u64;
            match page.last() {
                Some(last) if page.len() == SCANNED => filter.after = Some((account, last.key.id.clone())),
                _ => return Ok(many),
            }
        }
    }

    /// Changes records and counts, all or none.
    async fn write_app_records(
        &self,
        writes: Vec<AppWrite>,
        counts: Vec<AppCount>,
    ) -> Result<AppWritten, StoreError>;

    /// Forgets records and counts that have expired, at most so many of each; returns how many records.
    async fn forget_app_records(&self, now: Time, most: usize) -> Result<usize, StoreError>;
}
