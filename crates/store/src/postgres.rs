//! The engine for several nodes: one PostgreSQL database, written by each node in a few lanes, read over a few
//! connections. Each verb has its module, by the name that it has in every engine.
//!
//! Rows in a node's hands carry its number (`owner`), so that nodes share a queue without asking each other.
//! Messages lie in partitions of a day each, so that a day is forgotten at once.

mod accept;
mod access;
mod app_records;
mod audit;
mod chores;
mod claim;
mod client_parts;
mod consent;
mod conversations;
mod counted;
mod damage;
mod days;
mod depths;
mod errand;
mod error;
mod events;
mod find;
mod gathered;
mod hands;
mod history;
mod inbound;
mod inbound_parts;
mod learnt;
mod lease;
mod link;
mod list;
mod media;
mod money;
mod news;
mod nodes;
mod notices;
mod number_facts;
mod open;
mod outbox_table;
mod parking;
mod person;
mod pooled;
mod quality;
mod reader;
mod rebuild;
mod recipients;
mod record;
mod refusal;
mod reports;
mod resources;
mod retention;
mod returns;
mod rows;
mod rule_states;
mod schema;
mod sealing;
mod search;
mod servers;
mod sessions;
mod steps;
#[cfg(feature = "cluster")]
#[cfg(test)]
mod tests;
mod tls;
mod told;
mod url;
mod usage;
mod vacuum;
mod withdrawal;
mod writer;

pub(crate) use access::Access;
pub(crate) use link::Value;
pub use open::OpenError;
pub(crate) use outbox_table::PostgresOutbox;
pub(crate) use rows::arrays;
pub use url::check as check_url;

use crate::damage::Damage;
use crate::event_page::EventPage;
use async_trait::async_trait;
use link::Link;
use open::{Connector, Purpose};
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
use postrider_core::node::News;
use postrider_core::notice::{Attempt, Lane, Notice, NoticeId};
use postrider_core::number::Number;
use postrider_core::patience::Patience;
use postrider_core::policy::Counted;
use postrider_core::principal::Viewer;
use postrider_core::reference::Learnt;
use postrider_core::route::UpstreamId;
use postrider_core::time::Time;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::task::AbortHandle;

/// How the engine works.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How long an acceptance, for which a client waits, gathers others in its transaction; several times as long among
    /// several nodes. Records gather before they are asked for.
    pub patience: Patience,
    /// How long results of notices, for which nobody waits, gather others.
    pub patience_told: Patience,
    /// Queries that may run at once.
    pub readers: usize,
    /// This node's number, from 1, which no other node of the same database has: a process that had it before is
    /// shut out. 0 takes the first that no living node has.
    pub node: u8,
    /// Whether the stream of events is kept.
    pub events: bool,
}

impl Default for Settings {
    fn default() -> Self {
        let ms = Duration::from_millis;
        Self {
            patience: Patience { lull: ms(3), most: ms(25), plenty: 64 },
            patience_told: Patience { lull: ms(50), most: ms(100), plenty: 64 },
            readers: 4,
            node: 1,
            events: true,
        }
    }
}

/// A node's store in a database that it may share with other nodes.
///
/// Dropping it without [`Store::close`] counts as a death: the next to open it with the same node's number marks the messages
/// in this process's hands as possibly sent. Of two processes with one number only the one
/// that opened it last can write.
pub struct Postgres {
    connector: Arc<Connector>,
    accept: writer::Writer<accept::Accepting>,
    record: writer::Writer<record::Recording>,
    told: writer::Writer<told::Telling>,
    errands: writer::Writer<errand::AnyKind>,
    reader: Arc<reader::Reader>,
    /// Days are made, and tables vacuumed.
    upkeep: [AbortHandle; 2],
    membership: nodes::Membership,
    news: news::NewsChannel,
    /// How far the stream of events is known to be whole.
    settled: Mutex<events::Settled>,
    /// Whether the stream of events is kept.
    streams: bool,
    closed: AtomicBool,
    node: i16,
    epoch: i64,
}

impl Postgres {
    /// Opens the store at a URL such as `postgres://user:password@one,two/database?sslmode=require`, and brings
    /// its database to the schema of this program.
    ///
    /// Of several hosts it uses the one that can be written. The server's certificate is verified, by the authorities in
    /// the file that `sslrootcert` names or else by this machine's.
    ///
    /// # Errors
    /// When the URL can't be read, when the database can't be reached, and when a later version wrote it.
    pub async fn open(url: &str, settings: Settings) -> Result<Arc<Self>, OpenError> {
        let stranger = Connector::new(url, settings.node)?;
        let link = stranger.connect(Purpose::Chores).await?;
        pooled::refuse(&stranger, &link).await?;
        schema::migrate(&link).await?;
        // Until this node is among the living, whom a copy looks for.
        schema::keep_copies_away(&link).await?;
        days::make(&link).await?;
        let node = nodes::join(&link, settings.node).await?;
        let connector = Arc::new(Connector::new(url, node)?);
        let (epoch, left) = chores::take_up(&link, node.into()).await?;
        if left > 0 {
            tracing::warn!(
                messages = left,
                "the store was not closed in order; these may have been sent already"
            );
        }
        let living = Arc::new(AtomicUsize::new(1));
        let lane = || Arc::clone(&connector);
        let reader = Arc::new(reader::Reader::new(lane(), settings.readers));
        let among = || Arc::clone(&living);
        let (patience, patience_told, none) =
            (settings.patience, settings.patience_told, Patience::default());
        Ok(Arc::new(Self {
            accept: writer::Writer::start(lane(), node, epoch, patience, among()),
            record: writer::Writer::start(lane(), node, epoch, none, among()),
            told: writer::Writer::start(lane(), node, epoch, patience_told, among()),
            errands: writer::Writer::start(lane(), node, epoch, none, among()),
            upkeep: [
                tokio::spawn(days::keep_making(lane())).abort_handle(),
                tokio::spawn(vacuum::keep_vacuuming(lane(), Arc::clone(&reader))).abort_handle(),
            ],
            reader,
            membership: nodes::Membership::new(lane(), node, epoch, among()),
            news: news::NewsChannel::start(&connector, node),
            settled: Mutex::default(),
            streams: settings.events,
            closed: AtomicBool::new(false),
            node: node.into(),
            epoch,
            connector,
        }))
    }

    /// The page of the stream of events, if that is kept.
    fn page(&self, page: impl FnOnce() -> EventPage) -> EventPage {
        if self.streams { page() } else { EventPage::default() }
    }

    /// What was found, when what can't be read has been set aside.
    async fn set_aside<T>(&self, (found, damage): (T, Damage)) -> Result<T, StoreError> {
        if !damage.is_none() {
            self.errands.run(damage::SettingAside(damage)).await?;
        }
        Ok(found)
    }

    /// Does a chore on a connection of its own: it may take longer than anybody in a lane should wait.
    async fn chore<T>(
        &self,
        chore: impl AsyncFnOnce(Link) -> Result<T, error::Error>,
    ) -> Result<T, StoreError> {
        let done = match self.connector.connect(Purpose::Chores).await {
            Ok(link) => chore(link).await,
            Err(error) => Err(error),
        };
        done.map_err(|error| error.meaning())
    }

    /// Frees what this node holds, when nothing is written any more.
    async fn leave(&self) -> Result<(), error::Error> {
        let link = self.connector.connect(Purpose::Writing).await?;
        chores::leave(&link, self.node, self.epoch).await
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.upkeep.iter().for_each(AbortHandle::abort);
    }
}

#[async_trait]
impl Store for Postgres {
    async fn accept(&self, messages: Vec<Accept>, once: Option<Once>) -> Result<Accepted, StoreError> {
        self.accept.submit(accept::Accepting::new(messages, once)).await
    }

    async fn counted(&self, to: Vec<Number>, since: Time) -> Result<Vec<Counted>, StoreError> {
        let to = &*to;
        self.reader.read(|link| async move { counted::find(&link, to, since).await }).await
    }

    async fn forget_counted(&self, before: Time, most: usize) -> Result<usize, StoreError> {
        self.chore(async |link| counted::forget(&link, before, most).await).await
    }

    async fn collect(&self, parts: Vec<ClientPart>) -> Result<(), StoreError> {
        self.errands.run(client_parts::Collecting(parts)).await
    }

    async fn client_parts(&self, wanted: PartsWanted) -> Result<Vec<ClientPart>, StoreError> {
        let wanted = &wanted;
        let found = self.reader.read(|link| async move { client_parts::find(&link, wanted).await }).await?;
        self.set_aside(found).await
    }

    async fn join(&self, messages: Vec<Joined>) -> Result<NotJoined, StoreError> {
        self.errands.run(client_parts::Joining(messages)).await
    }

    async fn repeat(&self, parts: Vec<MessageId>, of: MessageId) -> Result<(), StoreError> {
        self.errands.run(client_parts::Repeating { parts, of }).await
    }

    async fn lease(&self, upstream: UpstreamId, wanted: Wanted, now: Time) -> Result<Leased, StoreError> {
        self.errands.run(lease::Leasing { upstream, wanted, now }).await
    }

    async fn release(&self, messages: Vec<MessageId>) -> Result<(), StoreError> {
        self.errands.run(lease::Releasing(messages)).await
    }

    async fn record(&self, record: Arc<Record>) -> Result<Recorded, StoreError> {
        let page = self.page(|| EventPage::of_record(&record));
        self.record.submit(record::Recording(record, page)).await
    }

    async fn find(
        &self,
        references: Vec<(UpstreamId, Box<str>)>,
    ) -> Result<Vec<Option<(Delivery, u8)>>, StoreError> {
        let references = &references;
        let found = self.reader.read(|link| async move { find::find(&link, references).await }).await?;
        self.set_aside(found).await
    }

    async fn scheduled_to(&self, recipients: Vec<(AccountId, Number)>) -> Result<Vec<Scheduled>, StoreError> {
        let recipients = &recipients;
        self.reader.read(|link| async move { claim::scheduled_to(&link, recipients).await }).await
    }

    async fn rule_states(&self, account: AccountId, sender: Box<str>) -> Result<Vec<StateRow>, StoreError> {
        let sender = &*sender;
        self.reader.read(|link| async move { rule_states::of_sender(&link, account, sender).await }).await
    }

    async fn automated(&self, automated: Automated) -> Result<bool, StoreError> {
        self.errands.run(rule_states::Automating(automated)).await
    }

    async fn lanes_of_rules(&self) -> Result<Vec<Lane>, StoreError> {
        self.reader.read(|link| async move { rule_states::lanes_of_urls(&link).await }).await
    }

    async fn votes(&self, rule: RuleId) -> Result<Vec<(Box<str>, u64)>, StoreError> {
        self.reader.read(|link| async move { rule_states::votes(&link, rule).await }).await
    }

    async fn learnt(&self) -> Result<Vec<Learnt>, StoreError> {
        self.reader.read(|link| async move { learnt::all(&link).await }).await
    }

    async fn learn(&self, learnt: Learnt) -> Result<(), StoreError> {
        self.errands.run(learnt::Learning(learnt)).await
    }

    async fn parked(&self, most: usize) -> Result<Vec<Parked>, StoreError> {
        let found = self.reader.read(|link| async move { find::parked(&link, most).await }).await?;
        self.set_aside(found).await
    }

    async fn inbound(&self, filter: InboundFilter) -> Result<Vec<Arc<Received>>, StoreError> {
        let filter = &filter;
        self.reader.read(|link| async move { inbound::inbound(&link, filter).await }).await
    }

    async fn received(
        &self,
        viewer: Viewer,
        message: MessageId,
    ) -> Result<Option<(Arc<Received>, Vec<Attempt>)>, StoreError> {
        self.reader.read(|link| async move { inbound::received(&link, viewer, message).await }).await
    }

    async fn inbound_parts(&self, wanted: InboundPartsWanted) -> Result<Vec<InboundPart>, StoreError> {
        let wanted = &wanted;
        let found = self.reader.read(|link| async move { inbound_parts::find(&link, wanted).await }).await?;
        self.set_aside(found).await
    }

    async fn join_inbound(
        &self,
        joined: Vec<JoinedParts>,
        forget: MessageId,
    ) -> Result<Vec<usize>, StoreError> {
        let page = self.page(|| EventPage::of_joined(&joined));
        self.errands.run(inbound_parts::Joining { joined, forget, page }).await
    }

    async fn consent(
        &self,
        changes: Vec<Arc<Change>>,
        notices: Vec<Notice>,
    ) -> Result<Vec<bool>, StoreError> {
        self.errands.run(consent::Changing { changes, notices, streams: self.streams }).await
    }

    async fn consent_after(&self, sequence: u64, most: usize) -> Result<Vec<Kept>, StoreError> {
        self.reader.read(|link| async move { consent::after(&link, sequence, most).await }).await
    }

    async fn consents(&self, filter: ConsentFilter) -> Result<Vec<Kept>, StoreError> {
        let filter = &filter;
        self.reader.read(|link| async move { consent::list(&link, filter).await }).await
    }

    async fn lease_notices(&self, lane: Lane, most: usize, now: Time) -> Result<Due, StoreError> {
        self.errands.run(notices::Leasing { lane, most, now }).await
    }

    async fn release_notices(&self, lane: Lane, notices: Vec<NoticeId>) -> Result<(), StoreError> {
        self.errands.run(notices::Releasing { lane, notices }).await
    }

    async fn told(&self, lane: Lane, told: Vec<Told>) -> Result<(), StoreError> {
        self.told.submit(told::Telling { lane, told }).await
    }

    async fn claim(&self, viewer: Viewer, message: MessageId, _now: Time) -> Result<Claim, StoreError> {
        self.errands.run(claim::Claiming { viewer, message }).await
    }

    async fn replace(&self, message: Arc<Message>, place: Option<WaitsFor>) -> Result<(), StoreError> {
        self.errands.run(claim::Replacing { message, place }).await
    }

    async fn overdue(&self, most: usize, now: Time) -> Result<Vec<Delivery>, StoreError> {
        self.errands.run(chores::Overdue { most, now }).await
    }

    async fn silent(&self, before: Time, most: usize) -> Result<Vec<Delivery>, StoreError> {
        let found = self.reader.read(|link| async move { chores::silent(&link, before, most).await }).await?;
        self.set_aside(found).await
    }

    async fn unheard(
        &self,
        upstream: UpstreamId,
        before: Time,
        after: (MessageId, Box<str>),
        most: usize,
    ) -> Result<Vec<Unheard>, StoreError> {
        let after = &after;
        let found = self
            .reader
            .read(|link| async move { chores::unheard(&link, upstream, before, after, most).await })
            .await?;
        self.set_aside(found).await
    }

    async fn stranded(
        &self,
        upstreams: Vec<UpstreamId>,
        after: Option<QueuePlace>,
        most: usize,
    ) -> Result<Stranded, StoreError> {
        self.errands.run(chores::Stranding { upstreams, after, most }).await
    }

    async fn purge(&self, before: Time, most: usize) -> Result<usize, StoreError> {
        self.chore(async |link| chores::purge(&link, before, most).await).await
    }

    async fn events(&self, wanted: EventsWanted) -> Result<Events, StoreError> {
        let (wanted, settled) = (&wanted, &self.settled);
        self.reader.read(|link| async move { events::events(&link, settled, wanted.clone()).await }).await
    }

    async fn conversations(&self, filter: ConversationFilter) -> Result<Vec<Conversation>, StoreError> {
        let filter = &filter;
        self.reader.read(|link| async move { conversations::list(&link, filter).await }).await
    }

    async fn conversation(
        &self,
        viewer: Viewer,
        id: MessageId,
    ) -> Result<Option<(Conversation, Vec<Note>)>, StoreError> {
        self.reader.read(|link| async move { conversations::one(&link, viewer, id).await }).await
    }

    async fn change_conversation(
        &self,
        viewer: Viewer,
        change: ConversationChange,
        now: Time,
    ) -> Result<Option<Conversation>, StoreError> {
        self.errands.run(conversations::Changing { viewer, change, now }).await
    }

    async fn purge_events(&self, before: Time, most: usize) -> Result<usize, StoreError> {
        self.errands.run(events::Purging { before, most }).await
    }

    async fn history(&self, viewer: Viewer, message: MessageId) -> Result<Option<History>, StoreError> {
        self.reader.read(|link| async move { history::history(&link, viewer, message).await }).await
    }

    async fn list(&self, filter: Filter) -> Result<Page, StoreError> {
        let filter = &filter;
        self.reader.read(|link| async move { list::list(&link, filter).await }).await
    }

    async fn summarize(&self, before: Time, messages: usize) -> Result<bool, StoreError> {
        self.chore(async |link| search::summarize(&link, before, messages).await).await
    }

    async fn messages(
        &self,
        account: AccountId,
        messages: Vec<MessageId>,
    ) -> Result<Vec<Arc<Message>>, StoreError> {
        let messages = &messages;
        self.reader.read(|link| async move { list::messages(&link, account, messages).await }).await
    }

    async fn once(&self, account: AccountId, key: &str) -> Result<Option<Once>, StoreError> {
        self.reader.read(|link| async move { accept::remembered(&link, account, key).await }).await
    }

    async fn resources(&self) -> Result<Vec<Resource>, StoreError> {
        self.reader.read(|link| async move { resources::all(&link).await }).await
    }

    async fn resource_data(&self, kind: &str, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.reader.read(|link| async move { resources::data(&link, kind, name).await }).await
    }

    async fn number(&self, names: Vec<(Box<str>, Box<str>)>) -> Result<Vec<u32>, StoreError> {
        self.errands.run(resources::Numbering(names)).await
    }

    async fn declare(&self, changes: Vec<(ResourceChange, Keeping)>) -> Result<(), StoreError> {
        self.errands.run(resources::Declaring(changes)).await?;
        self.news.tell(vec![News::Resources]);
        Ok(())
    }

    async fn changes(
        &self,
        before: Option<u64>,
        most: usize,
    ) -> Result<Vec<(u64, ResourceChange)>, StoreError> {
        self.reader.read(|link| async move { resources::changes(&link, before, most).await }).await
    }

    async fn depths(&self) -> Result<Depths, StoreError> {
        self.reader.read(|link| async move { depths::depths(&link).await }).await
    }

    async fn close(&self) {
        tokio::join!(self.accept.close(), self.record.close(), self.told.close(), self.errands.close());
        self.upkeep.iter().for_each(AbortHandle::abort);
        self.reader.close();
        if self.closed.swap(true, Ordering::SeqCst) {
            return;
        }
        if let Err(error) = self.membership.leave().await {
            tracing::warn!(%error, "other nodes could not be told that this one has gone; they will see");
        }
        if let Err(error) = self.leave().await {
            tracing::warn!(%error, "the store was not closed in order; it will be put right when it is opened");
        }
    }
}

#[async_trait]
impl Privacy for Postgres {
    async fn accounts(&self) -> Result<Vec<AccountId>, StoreError> {
        self.reader.read(|link| async move { retention::accounts(&link).await }).await
    }

    async fn redact(&self, outdated: Outdated) -> Result<usize, StoreError> {
        self.chore(async |link| retention::redact(&link, &outdated).await).await
    }

    async fn forget(&self, outdated: Outdated) -> Result<usize, StoreError> {
        self.chore(async |link| retention::forget(&link, &outdated).await).await
    }

    async fn find_person(&self, search: PersonSearch) -> Result<PersonFound, StoreError> {
        self.chore(async |link| person::find(&link, &search).await).await
    }

    async fn erase(&self, messages: Vec<MessageId>, received: Vec<MessageId>) -> Result<usize, StoreError> {
        self.chore(async |link| person::erase(&link, &messages, &received).await).await
    }

    async fn erase_consents(&self, viewer: Viewer, number: Number) -> Result<usize, StoreError> {
        self.chore(async |link| person::erase_consents(&link, viewer, number).await).await
    }

    async fn pseudonym_key(&self) -> Result<PseudonymKey, StoreError> {
        let key = self.chore(async |link| person::pseudonym_key(&link).await).await?;
        Ok(PseudonymKey::new(key))
    }

    async fn erase_traces(&self, viewer: Viewer, number: Number) -> Result<usize, StoreError> {
        self.chore(async |link| person::erase_traces(&link, viewer, number).await).await
    }
}
