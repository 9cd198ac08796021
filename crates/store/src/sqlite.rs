//! The embedded engine: one SQLite database in write-ahead-log mode, written by one thread, read by a few
//! connections. Each verb has its module, by the name that it has in every engine.

mod accept;
mod app_records;
mod audit;
mod backup;
mod chores;
mod claim;
mod client_parts;
mod consent;
mod conversations;
mod counted;
mod damage;
mod depths;
mod disk;
mod document_scan;
mod error;
mod events;
mod examine;
mod find;
mod foreign;
mod history;
mod inbound;
mod inbound_parts;
mod inline;
mod learnt;
mod lease;
mod list;
mod media;
mod money;
mod nodes;
mod notices;
mod number_facts;
mod open;
mod outbox_table;
mod person;
mod probe;
mod quality;
mod reader;
mod rebuild;
mod recipients;
mod record;
mod reports;
mod reserve;
mod resources;
mod retention;
mod rows;
mod rule_states;
mod schema;
mod seal;
mod sealing;
mod search;
mod sessions;
mod tables;
#[cfg(test)]
mod tests;
mod told;
mod usage;
mod writer;

pub use backup::{BackupError, Contents, back_up, restore, verify};
pub use examine::check;
pub use inline::Memory;
pub use open::{DATABASE, OpenError};
pub(crate) use outbox_table::SqliteOutbox;

use crate::clock;
use crate::damage::Damage;
use crate::event_page::EventPage;
use async_trait::async_trait;
use disk::Disk;
use postrider_core::account::AccountId;
use postrider_core::automation::{RuleId, StateRow};
use postrider_core::client_part::ClientPart;
use postrider_core::consent::{Change, Kept, PseudonymKey};
use postrider_core::contract::{
    Accept, Accepted, Automated, Claim, ConsentFilter, ConversationChange, ConversationFilter, Depths, Due,
    Events, EventsWanted, Filter, History, InboundFilter, InboundPartsWanted, Joined, JoinedParts, Keeping,
    Leased, NotJoined, Once, Outdated, Page, Parked, PartsWanted, PersonFound, PersonSearch, Privacy,
    QueuePlace, Record, Recorded, Resource, ResourceChange, Scheduled, Store, StoreError, Stranded, Told,
    Unheard, WaitsFor, Wanted,
};
use postrider_core::conversation::{Conversation, Note};
use postrider_core::delivery::Delivery;
use postrider_core::id::MessageId;
use postrider_core::inbound::Received;
use postrider_core::inbound::parts::InboundPart;
use postrider_core::message::Message;
use postrider_core::notice::{Attempt, Lane, Notice, NoticeId};
use postrider_core::number::Number;
use postrider_core::policy::Counted;
use postrider_core::principal::Viewer;
use postrider_core::reference::Learnt;
use postrider_core::route::UpstreamId;
use postrider_core::time::Time;
use reserve::Reserve;
use rusqlite::Connection;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// How the engine works.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The number of the node, which is in every identifier that it makes.
    pub node: u8,
    /// How long verbs for which a peer waits (accept, lease, record) gather others in their transaction.
    pub gather: Duration,
    /// How long results of notices, for which nobody waits, gather others.
    pub gather_told: Duration,
    /// Queries that may run at once.
    pub readers: usize,
    /// Memory for the writer's pages, in MiB.
    pub cache_mib: u32,
    /// Memory for the pages of each query that may run, in MiB.
    pub reader_cache_mib: u32,
    /// The largest reserve of room on the disk, in octets. On a small disk it is a sixteenth.
    pub reserve: u64,
    /// How often the disk is looked at, at most.
    pub look_every: Duration,
    /// Whether the stream of events is kept.
    pub events: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            node: 0,
            gather: Duration::from_millis(3),
            gather_told: Duration::from_millis(20),
            readers: 4,
            cache_mib: 8,
            reader_cache_mib: 8,
            reserve: 80 << 20,
            look_every: Duration::from_secs(1),
            events: true,
        }
    }
}

/// The store in a directory of its own, or in [`Memory`].
///
/// Dropping it without [`Store::close`] counts as a death: the next to open it marks the messages in this process's hands as
/// possibly sent.
pub struct Sqlite {
    /// Ended before the writer, which keeps the lock.
    look: Option<examine::Look>,
    writer: writer::Writer,
    reader: reader::Reader,
    directory: PathBuf,
    settings: Settings,
    opened: Time,
    held: nodes::Held,
    /// Whether writes fail, as far as the writer knows.
    troubled: Arc<AtomicBool>,
}

impl Sqlite {
    /// Opens the store in `directory`, which is made if need be, and brings its database to the schema of this
    /// program. Blocks while it does.
    ///
    /// # Errors
    /// When another process has it open, when a later version wrote it, when it can't be read or made, and when the disk
    /// is full.
    pub fn open(directory: &Path, settings: Settings) -> Result<Arc<Self>, OpenError> {
        match Self::attempt(directory, settings.clone()) {
            Err(error) if error.is_full() => {
                let reserve = Reserve::of(directory, settings.reserve);
                let again = reserve.give_up().then(|| Self::attempt(directory, settings));
                again.unwrap_or_else(|| Err(OpenError::Full { directory: directory.to_owned() }))
            }
            opened => opened,
        }
    }

    fn attempt(directory: &Path, settings: Settings) -> Result<Arc<Self>, OpenError> {
        let lost = examine::loss(directory);
        let lock = open::lock(directory)?;
        let failed = |source| OpenError::Database { directory: directory.to_owned(), source };
        let connection = open::writing(directory, settings.cache_mib)?;
        if let Some(fault) = lost {
            examine::tell_of_loss(directory, fault);
        }
        schema::migrate(&connection)?;
        let left = chores::take_up(&connection).map_err(failed)?;
        if left > 0 {
            tracing::warn!(
                messages = left,
                "the store was not closed in order; these may have been sent already"
            );
        }
        let disk =
            Disk::under(directory, &connection, settings.reserve, settings.look_every).map_err(failed)?;
        let troubled = disk.troubled();
        let writer = writer::Writer::start(connection, disk, lock).map_err(OpenError::Thread)?;
        let look = examine::Look::begin(directory).map_err(OpenError::Thread)?;
        let reader = reader::Reader::new(directory.to_owned(), settings.readers, settings.reader_cache_mib);
        let directory = directory.to_owned();
        Ok(Arc::new(Self {
            look: Some(look),
            writer,
            reader,
            directory,
            settings,
            opened: clock::now(),
            held: nodes::Held::default(),
            troubled,
        }))
    }

    /// The page of the stream of events, if that is kept.
    fn page(&self, page: impl FnOnce() -> EventPage) -> EventPage {
        if self.settings.events { page() } else { EventPage::default() }
    }

    async fn write<V: writer::Verb>(&self, verb: V) -> Result<V::Answer, StoreError> {
        self.writer.submit(verb, self.settings.gather).await
    }

    /// Reads, and sets aside what can't be read.
    async fn read<T: Send + 'static>(
        &self,
        query: impl FnOnce(&Connection, &mut Damage) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let query = |connection: &Connection| {
            let mut damage = Damage::default();
            Ok((query(connection, &mut damage)?, damage))
        };
        let (found, damage) = self.reader.read(query).await?;
        if !damage.is_none() {
            self.write_at_once(damage::SettingAside(damage)).await?;
        }
        Ok(found)
    }

    async fn write_at_once<V: writer::Verb>(&self, verb: V) -> Result<V::Answer, StoreError> {
        self.writer.submit(verb, Duration::ZERO).await
    }
}

#[async_trait]
impl Store for Sqlite {
    async fn accept(&self, messages: Vec<Accept>, once: Option<Once>) -> Result<Accepted, StoreError> {
        self.write(accept::Accepting::new(messages, once)).await
    }

    async fn counted(&self, to: Vec<Number>, since: Time) -> Result<Vec<Counted>, StoreError> {
        self.reader.read(move |connection| counted::find(connection, &to, since)).await
    }

    async fn forget_counted(&self, before: Time, most: usize) -> Result<usize, StoreError> {
        self.write(counted::Forgetting { before, most }).await
    }

    async fn collect(&self, parts: Vec<ClientPart>) -> Result<(), StoreError> {
        self.write(client_parts::Collecting(parts)).await
    }

    async fn client_parts(&self, wanted: PartsWanted) -> Result<Vec<ClientPart>, StoreError> {
        self.read(move |connection, damage| client_parts::find(connection, &wanted, damage)).await
    }

    async fn join(&self, messages: Vec<Joined>) -> Result<NotJoined, StoreError> {
        self.write(client_parts::Joining(messages)).await
    }

    async fn repeat(&self, parts: Vec<MessageId>, of: MessageId) -> Result<(), StoreError> {
        self.write(client_parts::Repeating { parts, of }).await
    }

    async fn lease(&self, upstream: UpstreamId, wanted: Wanted, now: Time) -> Result<Leased, StoreError> {
        self.write(lease::Leasing::new(upstream, wanted, now)).await
    }

    async fn release(&self, messages: Vec<MessageId>) -> Result<(), StoreError> {
        self.write(lease::Releasing(messages)).await
    }

    async fn record(&self, record: Arc<Record>) -> Result<Recorded, StoreError> {
        let page = self.page(|| EventPage::of_record(&record));
        self.write(record::Recording(record, page)).await
    }

    async fn find(
        &self,
        references: Vec<(UpstreamId, Box<str>)>,
    ) -> Result<Vec<Option<(Delivery, u8)>>, StoreError> {
        self.read(move |connection, damage| find::find(connection, &references, damage)).await
    }

    async fn scheduled_to(&self, recipients: Vec<(AccountId, Number)>) -> Result<Vec<Scheduled>, StoreError> {
        self.reader.read(move |connection| claim::scheduled_to(connection, &recipients)).await
    }

    async fn rule_states(&self, account: AccountId, sender: Box<str>) -> Result<Vec<StateRow>, StoreError> {
        self.reader.read(move |connection| rule_states::of_sender(connection, account, &sender)).await
    }

    async fn automated(&self, automated: Automated) -> Result<bool, StoreError> {
        self.write(rule_states::Automating(automated)).await
    }

    async fn lanes_of_rules(&self) -> Result<Vec<Lane>, StoreError> {
        self.reader.read(rule_states::lanes_of_urls).await
    }

    async fn votes(&self, rule: RuleId) -> Result<Vec<(Box<str>, u64)>, StoreError> {
        self.reader.read(move |connection| rule_states::votes(connection, rule)).await
    }

    async fn learnt(&self) -> Result<Vec<Learnt>, StoreError> {
        self.reader.read(learnt::all).await
    }

    async fn learn(&self, learnt: Learnt) -> Result<(), StoreError> {
        self.write(learnt::Learning(learnt)).await
    }

    async fn parked(&self, most: usize) -> Result<Vec<Parked>, StoreError> {
        self.read(move |connection, damage| find::parked(connection, most, damage)).await
    }

    async fn inbound(&self, filter: InboundFilter) -> Result<Vec<Arc<Received>>, StoreError> {
        self.reader.read(move |connection| inbound::inbound(connection, &filter)).await
    }

    async fn received(
        &self,
        viewer: Viewer,
        message: MessageId,
    ) -> Result<Option<(Arc<Received>, Vec<Attempt>)>, StoreError> {
        self.reader.read(move |connection| inbound::received(connection, viewer, message)).await
    }

    async fn inbound_parts(&self, wanted: InboundPartsWanted) -> Result<Vec<InboundPart>, StoreError> {
        self.read(move |connection, damage| inbound_parts::find(connection, &wanted, damage)).await
    }

    async fn join_inbound(
        &self,
        joined: Vec<JoinedParts>,
        forget: MessageId,
    ) -> Result<Vec<usize>, StoreError> {
        let page = self.page(|| EventPage::of_joined(&joined));
        self.write(inbound_parts::Joining { joined, forget, page }).await
    }

    async fn consent(
        &self,
        changes: Vec<Arc<Change>>,
        notices: Vec<Notice>,
    ) -> Result<Vec<bool>, StoreError> {
        self.write(consent::Changing { changes, notices, streams: self.settings.events }).await
    }

    async fn consent_after(&self, sequence: u64, most: usize) -> Result<Vec<Kept>, StoreError> {
        self.reader.read(move |connection| consent::after(connection, sequence, most)).await
    }

    async fn consents(&self, filter: ConsentFilter) -> Result<Vec<Kept>, StoreError> {
        self.reader.read(move |connection| consent::list(connection, &filter)).await
    }

    async fn lease_notices(&self, lane: Lane, most: usize, now: Time) -> Result<Due, StoreError> {
        self.write(notices::Leasing { lane, most, now }).await
    }

    async fn release_notices(&self, lane: Lane, notices: Vec<NoticeId>) -> Result<(), StoreError> {
        self.write(notices::Releasing { lane, notices }).await
    }

    async fn told(&self, lane: Lane, told: Vec<Told>) -> Result<(), StoreError> {
        self.writer.submit(told::Telling { lane, told }, self.settings.gather_told).await
    }

    async fn claim(&self, viewer: Viewer, message: MessageId, _now: Time) -> Result<Claim, StoreError> {
        self.write_at_once(claim::Claiming { viewer, message }).await
    }

    async fn replace(&self, message: Arc<Message>, place: Option<WaitsFor>) -> Result<(), StoreError> {
        self.write_at_once(claim::Replacing { message, place }).await
    }

    async fn overdue(&self, most: usize, now: Time) -> Result<Vec<Delivery>, StoreError> {
        self.write(chores::Overdue { most, now }).await
    }

    async fn silent(&self, before: Time, most: usize) -> Result<Vec<Delivery>, StoreError> {
        self.read(move |connection, damage| chores::silent(connection, before, most, damage)).await
    }

    async fn stranded(
        &self,
        upstreams: Vec<UpstreamId>,
        after: Option<QueuePlace>,
        most: usize,
    ) -> Result<Stranded, StoreError> {
        self.write(chores::Stranding { upstreams, after, most }).await
    }

    async fn unheard(
        &self,
        upstream: UpstreamId,
        before: Time,
        after: (MessageId, Box<str>),
        most: usize,
    ) -> Result<Vec<Unheard>, StoreError> {
        self.read(move |connection, damage| {
            chores::unheard(connection, upstream, before, &after, most, damage)
        })
        .await
    }

    async fn purge(&self, before: Time, most: usize) -> Result<usize, StoreError> {
        self.write(chores::Purging { before, most }).await
    }

    async fn events(&self, wanted: EventsWanted) -> Result<Events, StoreError> {
        self.reader.read(move |connection| events::events(connection, wanted)).await
    }

    async fn conversations(&self, filter: ConversationFilter) -> Result<Vec<Conversation>, StoreError> {
        self.reader.read(move |connection| conversations::list(connection, &filter)).await
    }

    async fn conversation(
        &self,
        viewer: Viewer,
        id: MessageId,
    ) -> Result<Option<(Conversation, Vec<Note>)>, StoreError> {
        self.reader.read(move |connection| conversations::one(connection, viewer, id)).await
    }

    async fn change_conversation(
        &self,
        viewer: Viewer,
        change: ConversationChange,
        now: Time,
    ) -> Result<Option<Conversation>, StoreError> {
        self.write_at_once(conversations::Changing { viewer, change, now }).await
    }

    async fn purge_events(&self, before: Time, most: usize) -> Result<usize, StoreError> {
        self.write(events::Purging { before, most }).await
    }

    async fn history(&self, viewer: Viewer, message: MessageId) -> Result<Option<History>, StoreError> {
        self.reader.read(move |connection| history::history(connection, viewer, message)).await
    }

    async fn list(&self, filter: Filter) -> Result<Page, StoreError> {
        self.reader.read(move |connection| list::list(connection, &filter)).await
    }

    async fn summarize(&self, before: Time, messages: usize) -> Result<bool, StoreError> {
        // It is read beside the writer, which has a few rows to write then.
        match self.reader.read(move |connection| search::next(connection, before, messages)).await? {
            Some(summary) => self.write(search::Keeping(summary)).await,
            None => Ok(false),
        }
    }

    async fn messages(
        &self,
        account: AccountId,
        messages: Vec<MessageId>,
    ) -> Result<Vec<Arc<Message>>, StoreError> {
        self.reader.read(move |connection| list::messages(connection, account, &messages)).await
    }

    async fn once(&self, account: AccountId, key: &str) -> Result<Option<Once>, StoreError> {
        let key = key.to_owned();
        self.reader.read(move |connection| accept::remembered(connection, account, &key)).await
    }

    async fn resources(&self) -> Result<Vec<Resource>, StoreError> {
        self.reader.read(resources::all).await
    }

    async fn resource_data(&self, kind: &str, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let (kind, name) = (kind.to_owned(), name.to_owned());
        self.reader.read(move |connection| resources::data(connection, &kind, &name)).await
    }

    async fn number(&self, names: Vec<(Box<str>, Box<str>)>) -> Result<Vec<u32>, StoreError> {
        self.write_at_once(resources::Numbering(names)).await
    }

    async fn declare(&self, changes: Vec<(ResourceChange, Keeping)>) -> Result<(), StoreError> {
        self.write_at_once(resources::Declaring(changes)).await
    }

    async fn changes(
        &self,
        before: Option<u64>,
        most: usize,
    ) -> Result<Vec<(u64, ResourceChange)>, StoreError> {
        self.reader.read(move |connection| resources::changes(connection, before, most)).await
    }

    async fn depths(&self) -> Result<Depths, StoreError> {
        let directory = self.directory.clone();
        self.reader.read(move |connection| depths::depths(connection, &directory)).await
    }

    async fn check(&self) -> Result<bool, StoreError> {
        let writes = self.troubled.load(Ordering::Relaxed);
        self.write_at_once(probe::Probing { writes }).await.map(|()| true)
    }

    async fn close(&self) {
        if let Some(look) = &self.look {
            look.end();
        }
        self.writer.close().await;
        self.reader.close();
    }
}

#[async_trait]
impl Privacy for Sqlite {
    async fn accounts(&self) -> Result<Vec<AccountId>, StoreError> {
        self.reader.read(retention::accounts).await
    }

    async fn redact(&self, outdated: Outdated) -> Result<usize, StoreError> {
        self.write(retention::Redacting(outdated)).await
    }

    async fn forget(&self, outdated: Outdated) -> Result<usize, StoreError> {
        self.write(retention::Forgetting(outdated)).await
    }

    async fn find_person(&self, search: PersonSearch) -> Result<PersonFound, StoreError> {
        self.reader.read(move |connection| person::find(connection, &search)).await
    }

    async fn erase(&self, messages: Vec<MessageId>, received: Vec<MessageId>) -> Result<usize, StoreError> {
        self.write(person::Erasing { messages, received }).await
    }

    async fn erase_consents(&self, viewer: Viewer, number: Number) -> Result<usize, StoreError> {
        self.write(person::ErasingConsents { viewer, number }).await
    }

    async fn pseudonym_key(&self) -> Result<PseudonymKey, StoreError> {
        Ok(PseudonymKey::new(self.write(person::MakingKey).await?))
    }

    async fn erase_traces(&self, viewer: Viewer, number: Number) -> Result<usize, StoreError> {
        self.write(person::ErasingTraces { viewer, number }).await
    }
}
