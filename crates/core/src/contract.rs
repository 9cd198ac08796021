//! The contract between the parts.
//!
//! The store keeps ([`Store`]). Doors hand messages in ([`Intake`]), ask about them ([`Archive`]), read the live
//! configuration ([`Live`]) and fetch what clients are told ([`Outbox`]). An upstream's adapter stands at its [`Desk`].
//! Every verb takes a batch, since batches make the gateway fast.

mod accept;
mod apps;
mod archive;
mod audit;
mod automation;
mod bulk;
mod collect;
mod consent;
mod conversations;
mod credits;
mod desk;
mod error;
mod events;
mod inbound;
mod live;
mod media;
mod number_facts;
mod outbox;
mod people;
mod privacy;
mod quality;
mod queue;
mod recipients;
mod record;
mod reports;
mod resource;
mod sealing;
mod sessions;
mod sql_outbox;
mod store;
mod usage;

pub use accept::{Accept, Accepted, Beside, Busy, Decided, Explained, Intake, Once, Prepared, Refused};
pub use apps::{
    AppCount, AppFilter, AppKey, AppKind, AppRecord, AppScan, AppStore, AppTest, AppWrite, AppWritten,
};
pub use archive::{
    Archive, Cancel, Depths, Entry, Filter, History, Page, ReplayPlace, ReplayWanted, Replayed,
};
pub use audit::AuditLog;
pub use automation::{Automated, Automation, RuleEvent, RuleServices};
pub use bulk::{Action, BULK_MAX, Bulk, BulkDone};
pub use collect::{Joined, NotJoined, PartsWanted};
pub use consent::{ConsentDesk, ConsentFilter};
pub use conversations::{ConversationChange, ConversationFilter};
pub use credits::{AccountBalance, Added, Credits, EntryFilter, MoneyEntry, Posted, Posting};
pub use desk::{Answer, Desk, Heard, Late, LinkState, RemoteLinks};
pub use error::StoreError;
pub use events::{Events, EventsWanted};
pub use inbound::{InboundFilter, InboundPartsWanted, JoinedParts};
pub use live::{Live, Watch};
pub use media::{MediaDesk, MediaLimits, MediaStore};
pub use number_facts::{DeadDesk, KnownNumber, NumberFacts, NumberLookup};
pub use outbox::{Due, Outbox, Told};
pub use people::{Erasure, PersonPage, PersonPlace, PersonalData};
pub use privacy::{EndedText, Outdated, PersonFound, PersonRows, PersonSearch, Privacy};
pub use quality::{Measured, Measurements};
pub use queue::{Claim, Leased, QueuePlace, Scheduled, Stranded, Wanted};
pub use recipients::{
    AudienceKey, Recipient, RecipientCounts, RecipientResult, RecipientRow, RecipientStore, WantedRecipients,
};
pub use record::{Parked, Record, Recorded, Unheard};
pub use reports::{EndedMessages, Reports};
pub use resource::{Keeping, Resource, ResourceChange};
pub use sealing::{BodyChange, BodyRows, Encryption, Sealing, SealingKey};
pub use sessions::{EndedSessions, Sessions};
pub use sql_outbox::{OutboxRow, RowDecision, RowEnd, SqlOutbox};
pub use store::{Store, WaitsFor};
pub use usage::{Usage, Used};
