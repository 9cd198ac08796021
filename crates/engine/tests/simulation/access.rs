//! One process's access to the store: what it asks takes a while, fails, hangs, or is done without an answer; and nothing is
//! done any more once the process is dead, or another has its place.

mod forwarded;

use crate::clock::VirtualClock;
use crate::life::Life;
use crate::membership::Company;
use crate::plant;
use crate::scenario::Plant;
use crate::seen::Seen;
use crate::weather::Weather;
use crate::witness::Witness;
use async_trait::async_trait;
use postrider_core::account::AccountId;
use postrider_core::automation::{RuleId, StateRow};
use postrider_core::client_part::ClientPart;
use postrider_core::consent;
use postrider_core::contract::{
    Accept, Accepted, Automated, Claim, ConsentFilter, ConversationChange, ConversationFilter, Depths, Due,
    Events, EventsWanted, Filter, History, InboundFilter, InboundPartsWanted, Joined, JoinedParts, Keeping,
    Leased, NotJoined, Once, Page, Parked, PartsWanted, QueuePlace, Record, Recorded, Resource,
    ResourceChange, Scheduled, Store, StoreError, Stranded, Told, Unheard, WaitsFor, Wanted,
};
use postrider_core::conversation::{Conversation, Note};
use postrider_core::delivery::{Change, Delivery, State};
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
use postrider_engine::Clock;
use postrider_store::sqlite::Sqlite;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How long a planted fault holds back what it acknowledges, and a store needs to find out what it has done.
const HELD_BACK: Duration = Duration::from_secs(2);

/// The store as one process reaches it.
pub(crate) struct Access {
    pub(crate) store: Arc<Sqlite>,
    pub(crate) life: Arc<Life>,
    pub(crate) weather: Arc<Weather>,
    pub(crate) witness: Arc<Witness>,
    pub(crate) clock: VirtualClock,
    /// The other nodes, where there may be any.
    pub(crate) company: Option<Company>,
    pub(crate) plant: Option<Plant>,
    /// What was recorded though its answer was lost. It is not done again when it is asked again.
    pub(crate) in_doubt: Mutex<Option<(Arc<Record>, Recorded)>>,
}

impl Access {
    /// Passes a verb on to the store.
    pub(crate) async fn ask<T>(
        &self,
        verb: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        self.arrive().await?;
        // It is done at once and by nobody else: a process dies before it or after it.
        let done = verb.await;
        self.return_to_process().await;
        done
    }

    /// The way to the store.
    pub(crate) async fn arrive(&self) -> Result<(), StoreError> {
        self.life.lasts().await;
        let passed = self.weather.pass(self.life.node).await;
        self.life.lasts().await;
        passed?;
        self.company.as_ref().map_or(Ok(()), |company| company.check(self.life.node))
    }

    /// The way back.
    async fn return_to_process(&self) {
        tokio::task::yield_now().await;
        self.life.lasts().await;
    }

    /// Frees what was accepted though its answer was lost, as a store does that finds out later.
    fn free_later(&self, messages: Vec<MessageId>) {
        let (store, life) = (Arc::clone(&self.store), Arc::clone(&self.life));
        tokio::spawn(async move {
            tokio::time::sleep(HELD_BACK).await;
            life.lasts().await;
            store.release(messages).await.unwrap();
        });
    }

    /// Whether a planted fault acts, which it does in a part of cases only.
    fn is_planted(&self, plant: Plant) -> bool {
        self.plant == Some(plant)
    }

    async fn write(&self, record: Arc<Record>) -> Result<Recorded, StoreError> {
        let mut record = record;
        if let Some(plant) = self.plant {
            record = Arc::new(plant::tamper(plant, &record));
        }
        if let Some(company) = &self.company {
            record = self.gather(record, company).await?;
        }
        let recorded = self.store.record(Arc::clone(&record)).await?;
        for change in &record.changes {
            self.witness.saw(self.life.node, Seen::Recorded(Box::new(change.clone())));
        }
        Ok(recorded)
    }

    /// Keeps waiting for the last part of a message all of whose parts were reported, to several nodes that didn't know of
    /// each other's.
    async fn gather(&self, record: Arc<Record>, company: &Company) -> Result<Arc<Record>, StoreError> {
        let is_open =
            |change: &Change| change.part.is_some() && change.outcome.is_none() && !change.forget_awaited;
        if !record.changes.iter().any(is_open) {
            return Ok(record);
        }
        let mut record = (*record).clone();
        for change in record.changes.iter_mut().filter(|change| is_open(change)) {
            let Some(history) = self.store.history(Viewer::Everything, change.message).await? else {
                continue;
            };
            let known = history.parts.iter().map(|(report, _)| report.part);
            let reported = known.chain(change.part.iter().map(|report| report.part));
            let count = reported.collect::<std::collections::BTreeSet<_>>().len();
            if count >= usize::from(history.message.parts)
                && let Some(name) = change.arrived.pop()
            {
                company.registry.gather(change.message, name);
            }
        }
        Ok(Arc::new(record))
    }
}

#[async_trait]
impl Store for Access {
    async fn accept(&self, messages: Vec<Accept>, once: Option<Once>) -> Result<Accepted, StoreError> {
        if self.is_planted(Plant::EarlyAccept) {
            let (store, life) = (Arc::clone(&self.store), Arc::clone(&self.life));
            tokio::spawn(async move {
                tokio::time::sleep(HELD_BACK).await;
                life.lasts().await;
                store.accept(messages, once).await.unwrap();
            });
            return Ok(Accepted::ALL);
        }
        let mut messages = messages;
        if self.is_planted(Plant::Unpaid) {
            messages.iter_mut().for_each(|accept| accept.credit = None);
        }
        if self.is_planted(Plant::IgnoredHold) {
            messages.iter_mut().for_each(|accept| {
                accept.message = Arc::new(Message { hold: None, ..(*accept.message).clone() });
            });
        }
        self.arrive().await?;
        // The others are free already, and may be leased by then.
        let owned = messages.iter().filter(|accept| accept.owned);
        let owned: Vec<_> = owned.map(|accept| accept.message.id).collect();
        let accepted = self.store.accept(messages, once).await;
        self.return_to_process().await;
        if self.weather.loses_answer() {
            self.free_later(owned);
            return Err(StoreError::Unavailable("the answer was lost".into()));
        }
        accepted
    }

    async fn collect(&self, parts: Vec<ClientPart>) -> Result<(), StoreError> {
        self.ask(self.store.collect(parts)).await
    }

    async fn client_parts(&self, wanted: PartsWanted) -> Result<Vec<ClientPart>, StoreError> {
        self.ask(self.store.client_parts(wanted)).await
    }

    async fn join(&self, messages: Vec<Joined>) -> Result<NotJoined, StoreError> {
        self.ask(self.store.join(messages)).await
    }

    async fn events(&self, wanted: EventsWanted) -> Result<Events, StoreError> {
        self.ask(self.store.events(wanted)).await
    }

    async fn conversations(&self, filter: ConversationFilter) -> Result<Vec<Conversation>, StoreError> {
        self.ask(self.store.conversations(filter)).await
    }

    async fn conversation(
        &self,
        viewer: Viewer,
        id: MessageId,
    ) -> Result<Option<(Conversation, Vec<Note>)>, StoreError> {
        self.ask(self.store.conversation(viewer, id)).await
    }

    async fn change_conversation(
        &self,
        viewer: Viewer,
        change: ConversationChange,
        now: Time,
    ) -> Result<Option<Conversation>, StoreError> {
        self.ask(self.store.change_conversation(viewer, change, now)).await
    }

    async fn purge_events(&self, before: Time, most: usize) -> Result<usize, StoreError> {
        self.ask(self.store.purge_events(before, most)).await
    }

    async fn scheduled_to(&self, recipients: Vec<(AccountId, Number)>) -> Result<Vec<Scheduled>, StoreError> {
        self.ask(self.store.scheduled_to(recipients)).await
    }

    async fn rule_states(&self, account: AccountId, sender: Box<str>) -> Result<Vec<StateRow>, StoreError> {
        self.ask(self.store.rule_states(account, sender)).await
    }

    async fn automated(&self, automated: Automated) -> Result<bool, StoreError> {
        self.ask(self.store.automated(automated)).await
    }

    async fn lanes_of_rules(&self) -> Result<Vec<Lane>, StoreError> {
        self.ask(self.store.lanes_of_rules()).await
    }

    async fn votes(&self, rule: RuleId) -> Result<Vec<(Box<str>, u64)>, StoreError> {
        self.ask(self.store.votes(rule)).await
    }

    async fn counted(&self, to: Vec<Number>, since: Time) -> Result<Vec<Counted>, StoreError> {
        self.ask(self.store.counted(to, since)).await
    }

    async fn forget_counted(&self, before: Time, most: usize) -> Result<usize, StoreError> {
        self.ask(self.store.forget_counted(before, most)).await
    }

    async fn repeat(&self, parts: Vec<MessageId>, of: MessageId) -> Result<(), StoreError> {
        self.ask(self.store.repeat(parts, of)).await
    }

    async fn lease(&self, upstream: UpstreamId, wanted: Wanted, now: Time) -> Result<Leased, StoreError> {
        let leased = self.ask(self.store.lease(upstream, wanted, now)).await?;
        self.passed("lease", leased.deliveries.iter());
        Ok(leased)
    }

    async fn release(&self, messages: Vec<MessageId>) -> Result<(), StoreError> {
        self.ask(self.store.release(messages.clone())).await?;
        for message in messages {
            self.witness.saw(self.life.node, Seen::Passed { verb: "release", message });
        }
        Ok(())
    }

    async fn record(&self, record: Arc<Record>) -> Result<Recorded, StoreError> {
        self.arrive().await?;
        let asked_before = self
            .in_doubt
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take_if(|(it, _)| Arc::ptr_eq(it, &record));
        if let Some((_, recorded)) = asked_before {
            return Ok(recorded);
        }
        if self.is_planted(Plant::LostRecord) && !record.parked.is_empty() {
            return Ok(Recorded::default());
        }
        let recorded = self.write(Arc::clone(&record)).await?;
        self.return_to_process().await;
        if self.weather.loses_answer() {
            *self.in_doubt.lock().unwrap_or_else(PoisonError::into_inner) = Some((record, recorded));
            return Err(StoreError::Unavailable("the answer was lost".into()));
        }
        Ok(recorded)
    }

    async fn find(
        &self,
        references: Vec<(UpstreamId, Box<str>)>,
    ) -> Result<Vec<Option<(Delivery, u8)>>, StoreError> {
        self.ask(self.store.find(references)).await
    }

    async fn learnt(&self) -> Result<Vec<Learnt>, StoreError> {
        self.ask(self.store.learnt()).await
    }

    async fn learn(&self, learnt: Learnt) -> Result<(), StoreError> {
        self.ask(self.store.learn(learnt)).await
    }

    async fn parked(&self, most: usize) -> Result<Vec<Parked>, StoreError> {
        self.ask(self.store.parked(most)).await
    }

    async fn inbound(&self, filter: InboundFilter) -> Result<Vec<Arc<Received>>, StoreError> {
        self.ask(self.store.inbound(filter)).await
    }

    async fn received(
        &self,
        viewer: Viewer,
        message: MessageId,
    ) -> Result<Option<(Arc<Received>, Vec<Attempt>)>, StoreError> {
        self.ask(self.store.received(viewer, message)).await
    }

    async fn inbound_parts(&self, wanted: InboundPartsWanted) -> Result<Vec<InboundPart>, StoreError> {
        self.ask(self.store.inbound_parts(wanted)).await
    }

    async fn join_inbound(
        &self,
        joined: Vec<JoinedParts>,
        forget: MessageId,
    ) -> Result<Vec<usize>, StoreError> {
        self.ask(self.store.join_inbound(joined, forget)).await
    }

    async fn consent(
        &self,
        changes: Vec<Arc<consent::Change>>,
        notices: Vec<Notice>,
    ) -> Result<Vec<bool>, StoreError> {
        self.ask(self.store.consent(changes, notices)).await
    }

    async fn consent_after(&self, sequence: u64, most: usize) -> Result<Vec<consent::Kept>, StoreError> {
        self.ask(self.store.consent_after(sequence, most)).await
    }

    async fn consents(&self, filter: ConsentFilter) -> Result<Vec<consent::Kept>, StoreError> {
        self.ask(self.store.consents(filter)).await
    }

    async fn lease_notices(&self, lane: Lane, most: usize, now: Time) -> Result<Due, StoreError> {
        self.ask(self.store.lease_notices(lane, most, now)).await
    }

    async fn release_notices(&self, lane: Lane, notices: Vec<NoticeId>) -> Result<(), StoreError> {
        self.ask(self.store.release_notices(lane, notices)).await
    }

    async fn told(&self, lane: Lane, told: Vec<Told>) -> Result<(), StoreError> {
        let repeats = self.is_planted(Plant::RepeatedNotice);
        let told = if repeats { plant::tell_again(told, self.clock.now()) } else { told };
        self.ask(self.store.told(lane, told)).await
    }

    async fn claim(&self, viewer: Viewer, message: MessageId, now: Time) -> Result<Claim, StoreError> {
        let claim = self.ask(self.store.claim(viewer, message, now)).await?;
        if let Claim::Taken(delivery) = &claim {
            self.passed("claim", std::iter::once(&**delivery));
        }
        Ok(claim)
    }

    async fn replace(&self, message: Arc<Message>, place: Option<WaitsFor>) -> Result<(), StoreError> {
        self.ask(self.store.replace(message, place)).await
    }

    async fn overdue(&self, most: usize, now: Time) -> Result<Vec<Delivery>, StoreError> {
        let overdue = self.ask(self.store.overdue(most, now)).await?;
        self.passed("overdue", overdue.iter());
        Ok(overdue)
    }

    async fn silent(&self, before: Time, most: usize) -> Result<Vec<Delivery>, StoreError> {
        self.ask(self.store.silent(before, most)).await
    }

    async fn stranded(
        &self,
        upstreams: Vec<UpstreamId>,
        after: Option<QueuePlace>,
        most: usize,
    ) -> Result<Stranded, StoreError> {
        let stranded = self.ask(self.store.stranded(upstreams, after, most)).await?;
        self.passed("stranded", stranded.deliveries.iter());
        Ok(stranded)
    }

    async fn unheard(
        &self,
        upstream: UpstreamId,
        before: Time,
        after: (MessageId, Box<str>),
        most: usize,
    ) -> Result<Vec<Unheard>, StoreError> {
        self.ask(self.store.unheard(upstream, before, after, most)).await
    }

    async fn purge(&self, before: Time, most: usize) -> Result<usize, StoreError> {
        self.ask(self.store.purge(before, most)).await
    }

    async fn history(&self, viewer: Viewer, message: MessageId) -> Result<Option<History>, StoreError> {
        let mut history = self.ask(self.store.history(viewer, message)).await?;
        if self.is_planted(Plant::ChangedOutcome)
            && let Some(outcome) = history.as_mut().and_then(|history| history.outcome.as_mut())
            && self.clock.now().since(outcome.done_at) > HELD_BACK * 30
        {
            outcome.state = State::Unknown;
        }
        Ok(history)
    }

    async fn summarize(&self, before: Time, messages: usize) -> Result<bool, StoreError> {
        self.ask(self.store.summarize(before, messages)).await
    }

    async fn list(&self, filter: Filter) -> Result<Page, StoreError> {
        self.ask(self.store.list(filter)).await
    }

    async fn messages(
        &self,
        account: AccountId,
        messages: Vec<MessageId>,
    ) -> Result<Vec<Arc<Message>>, StoreError> {
        self.ask(self.store.messages(account, messages)).await
    }

    async fn once(&self, account: AccountId, key: &str) -> Result<Option<Once>, StoreError> {
        self.ask(self.store.once(account, key)).await
    }

    async fn resources(&self) -> Result<Vec<Resource>, StoreError> {
        self.ask(self.store.resources()).await
    }

    async fn resource_data(&self, kind: &str, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.ask(self.store.resource_data(kind, name)).await
    }

    async fn number(&self, names: Vec<(Box<str>, Box<str>)>) -> Result<Vec<u32>, StoreError> {
        self.ask(self.store.number(names)).await
    }

    async fn declare(&self, changes: Vec<(ResourceChange, Keeping)>) -> Result<(), StoreError> {
        self.ask(self.store.declare(changes)).await
    }

    async fn changes(
        &self,
        before: Option<u64>,
        most: usize,
    ) -> Result<Vec<(u64, ResourceChange)>, StoreError> {
        self.ask(self.store.changes(before, most)).await
    }

    async fn depths(&self) -> Result<Depths, StoreError> {
        self.ask(self.store.depths()).await
    }

    async fn close(&self) {
        self.life.lasts().await;
        // Another process may have the node's place: what it has in hand is not ours to return.
        if self.company.as_ref().is_none_or(|company| company.check(self.life.node).is_ok()) {
            self.store.close().await;
        }
        if let Some(company) = &self.company {
            company.leave(self.life.node);
        }
    }
}

impl Access {
    /// Tells of deliveries that are in the node's hands now.
    fn passed<'d>(&self, verb: &'static str, deliveries: impl Iterator<Item = &'d Delivery>) {
        for delivery in deliveries {
            self.witness.saw(self.life.node, Seen::Passed { verb, message: delivery.message.id });
        }
    }

    /// Tells of nodes whose hands were freed.
    pub(crate) fn died(&self, nodes: impl IntoIterator<Item = u8>) {
        for node in nodes {
            self.witness.saw(self.life.node, Seen::Died(node));
        }
    }
}
