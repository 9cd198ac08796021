//! The doors' side of the engine: each verb goes to the part that does it.

use super::Engine;
use crate::fees::PaidLookup;
use crate::replaying::Replay;
use async_trait::async_trait;
use postrider_core::account::{Account, AccountId};
use postrider_core::budget::Period;
use postrider_core::consent::{Change, Kept, Kind};
use postrider_core::contract::{
    Accepted, AccountBalance, Archive, Bulk, BulkDone, Busy, Cancel, ConsentDesk, ConsentFilter,
    ConversationChange, ConversationFilter, Credits, DeadDesk, Depths, Encryption, EndedMessages, Entry,
    EntryFilter, Erasure, Events, EventsWanted, Explained, Filter, History, InboundFilter, Intake,
    KnownNumber, Live, MoneyEntry, Once, Outbox, Page, Parked, PersonPage, PersonPlace, PersonalData, Posted,
    Posting, Prepared, ReplayWanted, Replayed, Reports, StoreError, Told, Watch,
};
use postrider_core::conversation::{Conversation, Ends, Note};
use postrider_core::dead::{DeadRule, Unreached};
use postrider_core::id::MessageId;
use postrider_core::inbound::Received;
use postrider_core::message::{Body, Class, Message};
use postrider_core::money::Currency;
use postrider_core::notice::{Attempt, Lane, Notice};
use postrider_core::number::Number;
use postrider_core::principal::Viewer;
use postrider_core::quality::{Place, Quality};
use postrider_core::quota::Allowance;
use postrider_core::report::{ReportCounts, ReportFilter, ReportSum};
use postrider_core::route::UpstreamId;
use postrider_core::rules::Rules;
use postrider_core::stream::EventPosition;
use postrider_core::submission::{Refusal, Submission};
use postrider_core::time::Time;
use postrider_core::traffic::Summary;
use std::sync::Arc;
use std::time::Duration;

#[async_trait]
impl Intake for Engine {
    async fn prepare(
        &self,
        account: &Account,
        submissions: Vec<Submission>,
    ) -> Result<Vec<Result<Prepared, Refusal>>, StoreError> {
        self.reception.prepare(account, submissions).await
    }

    async fn explain(&self, account: &Account, submission: Submission) -> Result<Explained, StoreError> {
        self.reception.explain(account, submission).await
    }

    async fn decide(
        &self,
        account: &Account,
        submissions: Vec<Submission>,
    ) -> Result<Vec<Result<Arc<Message>, Refusal>>, StoreError> {
        self.reception.decide(account, submissions).await
    }

    async fn look_up(
        &self,
        account: Option<&Account>,
        number: Number,
    ) -> Result<Result<KnownNumber, Refusal>, StoreError> {
        let (rules, now) = (self.rules.load_full(), self.clock.now());
        let (store, known_numbers) = (&*self.store, &*self.reception.known_numbers);
        let Some(account) = account else { return Ok(Ok(known_numbers.of(&rules, number, now).await)) };
        let identifiers = &*self.reception.identifiers;
        PaidLookup { store, known_numbers, identifiers, rules: &rules, now }.of(account, number).await
    }

    async fn commit(&self, prepared: Vec<Prepared>, once: Option<Once>) -> Result<Accepted, Busy> {
        self.reception.commit(prepared, once).await
    }

    async fn converted(&self, account: &Account, message: MessageId) -> Result<bool, StoreError> {
        let history = self.records.history(Viewer::Account(account.id), message).await?;
        if let Some(History { message, upstream, .. }) = &history
            && self.reception.fraud.converted(account, message)
            && let Some(upstream) = upstream
        {
            let (rules, now) = (self.rules.load(), self.clock.now());
            self.upstreams.qualities.converted(message, *upstream, now, &rules);
        }
        Ok(history.is_some())
    }
}

#[async_trait]
impl DeadDesk for Engine {
    fn rule(&self) -> DeadRule {
        self.reception.known_numbers.rule()
    }

    async fn dead_numbers(
        &self,
        behind: Option<(Time, Number)>,
        most: usize,
    ) -> Result<Vec<Unreached>, StoreError> {
        self.store.unreached(self.rule(), self.clock.now(), behind, most).await
    }

    async fn unreached(&self, number: Number) -> Result<Option<Unreached>, StoreError> {
        self.store.unreached_number(number).await
    }

    async fn clear(&self, number: Number) -> Result<bool, StoreError> {
        self.reception.known_numbers.clear(number, self.clock.now()).await
    }
}

#[async_trait]
impl Credits for Engine {
    async fn balances(&self, account: Option<AccountId>) -> Result<Vec<AccountBalance>, StoreError> {
        self.store.balances(account).await
    }

    async fn entries(&self, filter: EntryFilter) -> Result<Vec<MoneyEntry>, StoreError> {
        self.store.entries(filter).await
    }

    async fn post(&self, posting: Posting) -> Result<Posted, StoreError> {
        self.store.post(posting).await
    }

    async fn note_low(
        &self,
        account: AccountId,
        currency: Currency,
        is_low: bool,
    ) -> Result<bool, StoreError> {
        self.store.note_low(account, currency, is_low).await
    }
}

#[async_trait]
impl Reports for Engine {
    async fn reported_to(&self) -> Result<EventPosition, StoreError> {
        self.store.reported_to().await
    }

    async fn ended(&self, after: EventPosition, most: usize) -> Result<EndedMessages, StoreError> {
        self.store.ended(after, most).await
    }

    async fn count(
        &self,
        from: EventPosition,
        to: EventPosition,
        counts: ReportCounts,
    ) -> Result<bool, StoreError> {
        self.store.count(from, to, counts).await
    }

    async fn report(&self, filter: ReportFilter, most: usize) -> Result<Vec<ReportSum>, StoreError> {
        self.store.report(filter, most).await
    }

    async fn forget_counts(&self, before: i64) -> Result<(), StoreError> {
        self.store.forget_counts(before).await
    }
}

#[async_trait]
impl Archive for Engine {
    fn wake_followers(&self) {
        self.streams.recorded();
    }

    async fn history(&self, viewer: Viewer, message: MessageId) -> Result<Option<History>, StoreError> {
        let mut found = self.records.history(viewer, message).await?;
        if let Some(history) = &mut found {
            history.message = Arc::clone(&history.message).shown();
        }
        Ok(found)
    }

    async fn list(&self, filter: Filter) -> Result<Page, StoreError> {
        let mut page = self.store.list(filter).await?;
        for entry in &mut page.entries {
            entry.message = Arc::clone(&entry.message).shown();
        }
        Ok(page)
    }

    async fn received(
        &self,
        viewer: Viewer,
        message: MessageId,
    ) -> Result<Option<(Arc<Received>, Vec<Attempt>)>, StoreError> {
        self.store.received(viewer, message).await
    }

    async fn inbound(&self, filter: InboundFilter) -> Result<Vec<Arc<Received>>, StoreError> {
        self.store.inbound(filter).await
    }

    async fn events(&self, wanted: EventsWanted, patience: Duration) -> Result<Events, StoreError> {
        self.streams.events(wanted, patience).await
    }

    async fn conversations(&self, filter: ConversationFilter) -> Result<Vec<Conversation>, StoreError> {
        self.store.conversations(filter).await
    }

    async fn conversation(
        &self,
        viewer: Viewer,
        id: MessageId,
    ) -> Result<Option<(Conversation, Vec<Note>)>, StoreError> {
        self.store.conversation(viewer, id).await
    }

    async fn open_conversation(&self, ends: Ends) -> Result<Option<Conversation>, StoreError> {
        let (now, viewer) = (self.clock.now(), Viewer::Account(ends.account));
        let id = self.reception.identifiers.next(now);
        self.store.change_conversation(viewer, ConversationChange::Open { id, ends }, now).await
    }

    async fn change_conversation(
        &self,
        viewer: Viewer,
        change: ConversationChange,
    ) -> Result<Option<Conversation>, StoreError> {
        self.store.change_conversation(viewer, change, self.clock.now()).await
    }

    async fn messages(
        &self,
        account: AccountId,
        messages: Vec<MessageId>,
    ) -> Result<Vec<Arc<Message>>, StoreError> {
        let found = self.store.messages(account, messages).await?;
        Ok(found.into_iter().map(Message::shown).collect())
    }

    async fn once(&self, account: AccountId, key: &str) -> Result<Option<Once>, StoreError> {
        self.store.once(account, key).await
    }

    async fn unmatched(&self, most: usize) -> Result<Vec<(Parked, Vec<Entry>)>, StoreError> {
        self.records.unmatched(most).await
    }

    async fn cancel(&self, viewer: Viewer, message: MessageId) -> Result<Cancel, StoreError> {
        self.records.cancel(viewer, message, None).await
    }

    async fn act(&self, bulk: Bulk) -> Result<BulkDone, StoreError> {
        self.records.act(bulk, &self.rules.load_full(), self.clock.now()).await
    }

    async fn replay(&self, wanted: ReplayWanted) -> Result<Replayed, StoreError> {
        self.replaying().page(wanted).await
    }

    async fn retell(&self, account: AccountId, messages: Vec<MessageId>) -> Result<Replayed, StoreError> {
        self.replaying().single(account, messages).await
    }

    async fn replace(
        &self,
        account: AccountId,
        message: MessageId,
        body: Body,
    ) -> Result<Cancel, StoreError> {
        self.records.replace(account, message, body).await
    }
}

impl Engine {
    fn replaying(&self) -> Replay {
        let (store, lanes) = (Arc::clone(&self.store), Arc::clone(&self.lanes));
        Replay { store, lanes, rules: self.rules.load_full(), now: self.clock.now() }
    }
}

#[async_trait]
impl ConsentDesk for Engine {
    async fn change(&self, changes: Vec<Change>) -> Result<Vec<bool>, StoreError> {
        let rules = self.rules.load_full();
        self.changes().make(changes, &rules).await
    }

    async fn consents(&self, filter: ConsentFilter) -> Result<Vec<Kept>, StoreError> {
        let found = self.store.consents(filter.clone()).await?;
        let erased = filter.number.filter(|_| found.is_empty());
        match erased.and_then(|number| self.holdings.pseudonym_of(number)) {
            Some(pseudonym) => self.store.consents(ConsentFilter { number: Some(pseudonym), ..filter }).await,
            None => Ok(found),
        }
    }

    fn identify(&self) -> MessageId {
        self.reception.identifiers.next(self.clock.now())
    }

    fn forbids(&self, number: Number, account: AccountId) -> Option<Kind> {
        self.holdings.read().forbids(number, account, None, Class::Marketing).map(|scope| scope.kind)
    }
}

#[async_trait]
impl Outbox for Engine {
    async fn take(&self, lane: Lane, most: usize) -> Vec<Notice> {
        self.lanes.take(lane, most).await
    }

    async fn lanes_of_rules(&self) -> Vec<Lane> {
        // What is left there is found later.
        self.store.lanes_of_rules().await.unwrap_or_default()
    }

    fn told(&self, lane: Lane, told: Vec<Told>) {
        self.lanes.told(lane, told);
    }

    fn give_back(&self, lane: Lane, notices: Vec<Notice>) {
        self.lanes.give_back(lane, notices);
    }
}

impl Live for Engine {
    fn qualities(&self) -> Vec<(UpstreamId, Place, Quality)> {
        let known = self.upstreams.qualities.all();
        known.iter().map(|((upstream, place), quality)| (*upstream, *place, *quality)).collect()
    }

    fn rules(&self) -> Arc<Rules> {
        self.rules.load_full()
    }

    fn now(&self) -> Time {
        self.clock.now()
    }

    fn sending(&self, account: &Account) -> Option<Allowance> {
        let share = self.peers.share_of_rate(account.id);
        self.reception.submissions.allowance(account, share, self.clock.now())
    }

    fn quotas(&self, account: &Account) -> Vec<(Period, Allowance)> {
        self.reception.submissions.quotas.allowances(account, self.clock.now())
    }

    fn session(&self, account: AccountId, open: bool) {
        if self.peers.session(account, open) == 0 {
            self.lanes.abandon(Lane::Sessions(account));
        }
    }

    fn sessions_elsewhere(&self, account: AccountId) -> u32 {
        self.peers.sessions_elsewhere(account)
    }
}

impl Watch for Engine {
    fn traffic(&self) -> Summary {
        self.reception.counted.summary(self.clock.now())
    }

    fn depths(&self) -> Option<(Depths, Time)> {
        self.reception.counted.depths()
    }
}

#[async_trait]
impl PersonalData for Engine {
    async fn encryption(&self) -> Result<Encryption, StoreError> {
        self.store.encryption().await
    }

    async fn export(
        &self,
        viewer: Viewer,
        number: Number,
        from: PersonPlace,
    ) -> Result<PersonPage, StoreError> {
        self.people().export(viewer, number, from).await
    }

    async fn erase(
        &self,
        viewer: Viewer,
        number: Number,
        from: PersonPlace,
        dry_run: bool,
    ) -> Result<Erasure, StoreError> {
        self.people().erase(viewer, number, from, dry_run).await
    }
}
