//! The verbs of the store: what has bodies or documents is sealed or opened, everything else is passed on.

use super::{Sealed, app_record, document, unavailable};
use async_trait::async_trait;
use postrider_core::account::AccountId;
use postrider_core::audit::{Event, Filter as AuditFilter, Head, Line};
use postrider_core::automation::{RuleId, StateRow};
use postrider_core::client_part::ClientPart;
use postrider_core::consent::{self, PseudonymKey};
use postrider_core::contract::{
    Accept, Accepted, AccountBalance, AppCount, AppFilter, AppKey, AppKind, AppRecord, AppScan, AppStore,
    AppWrite, AppWritten, AuditLog, Automated, BodyChange, BodyRows, Claim, ConsentFilter,
    ConversationChange, ConversationFilter, Credits, Depths, Due, Encryption, EndedMessages, EntryFilter,
    Events, EventsWanted, Filter, History, InboundFilter, InboundPartsWanted, Joined, JoinedParts, Keeping,
    Leased, MoneyEntry, NotJoined, Once, Outdated, Page, Parked, PartsWanted, PersonFound, PersonSearch,
    Posted, Posting, Privacy, QueuePlace, Record, Recorded, Reports, Resource, ResourceChange, Scheduled,
    Sealing, SealingKey, Store, StoreError, Stranded, Told, Unheard, WaitsFor, Wanted,
};
use postrider_core::conversation::{Conversation, Note};
use postrider_core::delivery::Delivery;
use postrider_core::id::MessageId;
use postrider_core::inbound::Received;
use postrider_core::inbound::parts::InboundPart;
use postrider_core::message::{Body, Message};
use postrider_core::money::Currency;
use postrider_core::notice::{Attempt, Lane, Notice, NoticeId, What};
use postrider_core::number::Number;
use postrider_core::policy::Counted;
use postrider_core::principal::Viewer;
use postrider_core::reference::Learnt;
use postrider_core::report::{ReportCounts, ReportFilter, ReportSum};
use postrider_core::route::UpstreamId;
use postrider_core::stream::{EventPosition, StreamEvent};
use postrider_core::time::Time;
use std::sync::Arc;

#[async_trait]
impl Store for Sealed {
    async fn accept(&self, mut messages: Vec<Accept>, once: Option<Once>) -> Result<Accepted, StoreError> {
        messages.iter_mut().for_each(|accept| self.seal_message(&mut accept.message));
        self.inner.accept(messages, once).await
    }

    async fn counted(&self, to: Vec<Number>, since: Time) -> Result<Vec<Counted>, StoreError> {
        self.inner.counted(to, since).await
    }

    async fn forget_counted(&self, before: Time, most: usize) -> Result<usize, StoreError> {
        self.inner.forget_counted(before, most).await
    }

    async fn collect(&self, mut parts: Vec<ClientPart>) -> Result<(), StoreError> {
        parts.iter_mut().for_each(|part| self.seal_message(&mut part.message));
        self.inner.collect(parts).await
    }

    async fn client_parts(&self, wanted: PartsWanted) -> Result<Vec<ClientPart>, StoreError> {
        let mut parts = self.inner.client_parts(wanted).await?;
        parts.iter_mut().try_for_each(|part| self.open_message(&mut part.message))?;
        Ok(parts)
    }

    async fn join(&self, mut messages: Vec<Joined>) -> Result<NotJoined, StoreError> {
        messages.iter_mut().for_each(|joined| self.seal_message(&mut joined.accept.message));
        self.inner.join(messages).await
    }

    async fn repeat(&self, parts: Vec<MessageId>, of: MessageId) -> Result<(), StoreError> {
        self.inner.repeat(parts, of).await
    }

    async fn lease(&self, upstream: UpstreamId, wanted: Wanted, now: Time) -> Result<Leased, StoreError> {
        let mut leased = self.inner.lease(upstream, wanted, now).await?;
        self.open_deliveries(&mut leased.deliveries)?;
        Ok(leased)
    }

    async fn release(&self, messages: Vec<MessageId>) -> Result<(), StoreError> {
        self.inner.release(messages).await
    }

    async fn record(&self, record: Arc<Record>) -> Result<Recorded, StoreError> {
        self.inner.record(self.seal_record(record)).await
    }

    async fn find(
        &self,
        references: Vec<(UpstreamId, Box<str>)>,
    ) -> Result<Vec<Option<(Delivery, u8)>>, StoreError> {
        let mut found = self.inner.find(references).await?;
        for (delivery, _) in found.iter_mut().flatten() {
            self.open_message(&mut delivery.message)?;
        }
        Ok(found)
    }

    async fn learnt(&self) -> Result<Vec<Learnt>, StoreError> {
        self.inner.learnt().await
    }

    async fn learn(&self, learnt: Learnt) -> Result<(), StoreError> {
        self.inner.learn(learnt).await
    }

    async fn parked(&self, most: usize) -> Result<Vec<Parked>, StoreError> {
        self.inner.parked(most).await
    }

    async fn inbound(&self, filter: InboundFilter) -> Result<Vec<Arc<Received>>, StoreError> {
        let mut found = self.inner.inbound(filter).await?;
        found.iter_mut().try_for_each(|received| self.open_received(received))?;
        Ok(found)
    }

    async fn received(
        &self,
        viewer: Viewer,
        message: MessageId,
    ) -> Result<Option<(Arc<Received>, Vec<Attempt>)>, StoreError> {
        let mut found = self.inner.received(viewer, message).await?;
        if let Some((received, _)) = &mut found {
            self.open_received(received)?;
        }
        Ok(found)
    }

    async fn inbound_parts(&self, wanted: InboundPartsWanted) -> Result<Vec<InboundPart>, StoreError> {
        let mut parts = self.inner.inbound_parts(wanted).await?;
        parts.iter_mut().try_for_each(|part| self.open_body(part.id, &mut part.inbound.body))?;
        Ok(parts)
    }

    async fn join_inbound(
        &self,
        mut joined: Vec<JoinedParts>,
        forget: MessageId,
    ) -> Result<Vec<usize>, StoreError> {
        joined.iter_mut().filter_map(|it| it.received.as_mut()).for_each(|it| self.seal_received(it));
        self.inner.join_inbound(joined, forget).await
    }

    async fn consent(
        &self,
        changes: Vec<Arc<consent::Change>>,
        notices: Vec<Notice>,
    ) -> Result<Vec<bool>, StoreError> {
        self.inner.consent(changes, notices).await
    }

    async fn consent_after(&self, sequence: u64, most: usize) -> Result<Vec<consent::Kept>, StoreError> {
        self.inner.consent_after(sequence, most).await
    }

    async fn consents(&self, filter: ConsentFilter) -> Result<Vec<consent::Kept>, StoreError> {
        self.inner.consents(filter).await
    }

    async fn lease_notices(&self, lane: Lane, most: usize, now: Time) -> Result<Due, StoreError> {
        let mut due = self.inner.lease_notices(lane, most, now).await?;
        due.notices.iter_mut().try_for_each(|notice| match &mut notice.what {
            What::Ended { message, .. } => self.open_message(message),
            What::Received { received, .. } => self.open_received(received),
            What::Consent { .. } => Ok(()),
        })?;
        Ok(due)
    }

    async fn release_notices(&self, lane: Lane, notices: Vec<NoticeId>) -> Result<(), StoreError> {
        self.inner.release_notices(lane, notices).await
    }

    async fn told(&self, lane: Lane, told: Vec<Told>) -> Result<(), StoreError> {
        self.inner.told(lane, told).await
    }

    async fn claim(&self, viewer: Viewer, message: MessageId, now: Time) -> Result<Claim, StoreError> {
        let mut claim = self.inner.claim(viewer, message, now).await?;
        if let Claim::Taken(delivery) = &mut claim {
            self.open_message(&mut delivery.message)?;
        }
        Ok(claim)
    }

    async fn replace(&self, mut message: Arc<Message>, place: Option<WaitsFor>) -> Result<(), StoreError> {
        self.seal_message(&mut message);
        self.inner.replace(message, place).await
    }

    async fn overdue(&self, most: usize, now: Time) -> Result<Vec<Delivery>, StoreError> {
        let mut deliveries = self.inner.overdue(most, now).await?;
        self.open_deliveries(&mut deliveries)?;
        Ok(deliveries)
    }

    async fn silent(&self, before: Time, most: usize) -> Result<Vec<Delivery>, StoreError> {
        let mut deliveries = self.inner.silent(before, most).await?;
        self.open_deliveries(&mut deliveries)?;
        Ok(deliveries)
    }

    async fn unheard(
        &self,
        upstream: UpstreamId,
        before: Time,
        after: (MessageId, Box<str>),
        most: usize,
    ) -> Result<Vec<Unheard>, StoreError> {
        let mut parts = self.inner.unheard(upstream, before, after, most).await?;
        parts.iter_mut().try_for_each(|part| self.open_message(&mut part.message))?;
        Ok(parts)
    }

    async fn stranded(
        &self,
        upstreams: Vec<UpstreamId>,
        after: Option<QueuePlace>,
        most: usize,
    ) -> Result<Stranded, StoreError> {
        let mut page = self.inner.stranded(upstreams, after, most).await?;
        self.open_deliveries(&mut page.deliveries)?;
        Ok(page)
    }

    async fn purge(&self, before: Time, most: usize) -> Result<usize, StoreError> {
        self.inner.purge(before, most).await
    }

    async fn history(&self, viewer: Viewer, message: MessageId) -> Result<Option<History>, StoreError> {
        let mut history = self.inner.history(viewer, message).await?;
        if let Some(history) = &mut history {
            self.open_message(&mut history.message)?;
        }
        Ok(history)
    }

    async fn list(&self, filter: Filter) -> Result<Page, StoreError> {
        let mut page = self.inner.list(filter).await?;
        page.entries.iter_mut().try_for_each(|entry| self.open_message(&mut entry.message))?;
        Ok(page)
    }

    async fn summarize(&self, before: Time, messages: usize) -> Result<bool, StoreError> {
        self.inner.summarize(before, messages).await
    }

    async fn messages(
        &self,
        account: AccountId,
        messages: Vec<MessageId>,
    ) -> Result<Vec<Arc<Message>>, StoreError> {
        let mut messages = self.inner.messages(account, messages).await?;
        messages.iter_mut().try_for_each(|message| self.open_message(message))?;
        Ok(messages)
    }

    async fn once(&self, account: AccountId, key: &str) -> Result<Option<Once>, StoreError> {
        self.inner.once(account, key).await
    }

    async fn resources(&self) -> Result<Vec<Resource>, StoreError> {
        let mut resources = self.inner.resources().await?;
        let vault = self.vault.load();
        for resource in &mut resources {
            let Some(text) = &resource.document else { continue };
            if let Some(opened) = document::open(&vault, &resource.kind, &resource.name, text) {
                resource.document = Some(opened.map_err(|error| unavailable(&error))?);
            }
        }
        Ok(resources)
    }

    async fn number(&self, names: Vec<(Box<str>, Box<str>)>) -> Result<Vec<u32>, StoreError> {
        self.inner.number(names).await
    }

    async fn declare(&self, mut changes: Vec<(ResourceChange, Keeping)>) -> Result<(), StoreError> {
        let vault = self.vault.load_full();
        for (change, keeping) in &mut changes {
            if let Keeping::Document(text) = keeping
                && let Some(sealed) = document::seal(&vault, &change.kind, &change.name, text)
            {
                *text = sealed;
            }
        }
        self.inner.declare(changes).await
    }

    async fn changes(
        &self,
        before: Option<u64>,
        most: usize,
    ) -> Result<Vec<(u64, ResourceChange)>, StoreError> {
        self.inner.changes(before, most).await
    }

    async fn resource_data(&self, kind: &str, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.inner.resource_data(kind, name).await
    }

    async fn scheduled_to(&self, recipients: Vec<(AccountId, Number)>) -> Result<Vec<Scheduled>, StoreError> {
        self.inner.scheduled_to(recipients).await
    }

    async fn rule_states(&self, account: AccountId, sender: Box<str>) -> Result<Vec<StateRow>, StoreError> {
        self.inner.rule_states(account, sender).await
    }

    async fn automated(&self, automated: Automated) -> Result<bool, StoreError> {
        self.inner.automated(automated).await
    }

    async fn lanes_of_rules(&self) -> Result<Vec<Lane>, StoreError> {
        self.inner.lanes_of_rules().await
    }

    async fn votes(&self, rule: RuleId) -> Result<Vec<(Box<str>, u64)>, StoreError> {
        self.inner.votes(rule).await
    }

    async fn events(&self, wanted: EventsWanted) -> Result<Events, StoreError> {
        let mut events = self.inner.events(wanted).await?;
        events.events.iter_mut().try_for_each(|(_, event)| match event {
            StreamEvent::Ended { message, .. } => self.open_message(message),
            StreamEvent::Received(received) => self.open_received(received),
            StreamEvent::Other(_) => Ok(()),
        })?;
        Ok(events)
    }

    async fn conversations(&self, filter: ConversationFilter) -> Result<Vec<Conversation>, StoreError> {
        self.inner.conversations(filter).await
    }

    async fn conversation(
        &self,
        viewer: Viewer,
        id: MessageId,
    ) -> Result<Option<(Conversation, Vec<Note>)>, StoreError> {
        let mut found = self.inner.conversation(viewer, id).await?;
        if let Some((_, notes)) = &mut found {
            notes.iter_mut().try_for_each(|note| self.open_body(note.id, &mut note.body))?;
        }
        Ok(found)
    }

    async fn change_conversation(
        &self,
        viewer: Viewer,
        mut change: ConversationChange,
        now: Time,
    ) -> Result<Option<Conversation>, StoreError> {
        if let ConversationChange::Note { note, .. } = &mut change
            && let Some(body) = self.seal_body(note.id, &note.body)
        {
            note.body = body;
        }
        self.inner.change_conversation(viewer, change, now).await
    }

    async fn purge_events(&self, before: Time, most: usize) -> Result<usize, StoreError> {
        self.inner.purge_events(before, most).await
    }

    async fn check(&self) -> Result<bool, StoreError> {
        self.inner.check().await
    }

    async fn depths(&self) -> Result<Depths, StoreError> {
        self.inner.depths().await
    }

    async fn close(&self) {
        self.inner.close().await;
    }
}

#[async_trait]
impl Credits for Sealed {
    async fn balances(&self, account: Option<AccountId>) -> Result<Vec<AccountBalance>, StoreError> {
        self.inner.balances(account).await
    }

    async fn entries(&self, filter: EntryFilter) -> Result<Vec<MoneyEntry>, StoreError> {
        self.inner.entries(filter).await
    }

    async fn post(&self, posting: Posting) -> Result<Posted, StoreError> {
        self.inner.post(posting).await
    }

    async fn note_low(
        &self,
        account: AccountId,
        currency: Currency,
        is_low: bool,
    ) -> Result<bool, StoreError> {
        self.inner.note_low(account, currency, is_low).await
    }
}

#[async_trait]
impl Reports for Sealed {
    async fn reported_to(&self) -> Result<EventPosition, StoreError> {
        self.inner.reported_to().await
    }

    async fn ended(&self, after: EventPosition, most: usize) -> Result<EndedMessages, StoreError> {
        self.inner.ended(after, most).await
    }

    async fn count(
        &self,
        from: EventPosition,
        to: EventPosition,
        counts: ReportCounts,
    ) -> Result<bool, StoreError> {
        self.inner.count(from, to, counts).await
    }

    async fn report(&self, filter: ReportFilter, most: usize) -> Result<Vec<ReportSum>, StoreError> {
        self.inner.report(filter, most).await
    }

    async fn forget_counts(&self, before: i64) -> Result<(), StoreError> {
        self.inner.forget_counts(before).await
    }
}

#[async_trait]
impl Privacy for Sealed {
    async fn accounts(&self) -> Result<Vec<AccountId>, StoreError> {
        self.inner.accounts().await
    }

    async fn redact(&self, outdated: Outdated) -> Result<usize, StoreError> {
        self.inner.redact(outdated).await
    }

    async fn forget(&self, outdated: Outdated) -> Result<usize, StoreError> {
        self.inner.forget(outdated).await
    }

    async fn find_person(&self, search: PersonSearch) -> Result<PersonFound, StoreError> {
        self.inner.find_person(search).await
    }

    async fn erase(&self, messages: Vec<MessageId>, received: Vec<MessageId>) -> Result<usize, StoreError> {
        self.inner.erase(messages, received).await
    }

    async fn erase_consents(&self, viewer: Viewer, number: Number) -> Result<usize, StoreError> {
        self.inner.erase_consents(viewer, number).await
    }

    async fn pseudonym_key(&self) -> Result<PseudonymKey, StoreError> {
        self.inner.pseudonym_key().await
    }

    async fn erase_traces(&self, viewer: Viewer, number: Number) -> Result<usize, StoreError> {
        self.inner.erase_traces(viewer, number).await
    }

    async fn reseal(&self, most: usize) -> Result<usize, StoreError> {
        self.go_on_resealing(most).await
    }

    async fn encryption(&self) -> Result<Encryption, StoreError> {
        self.state().await
    }
}

#[async_trait]
impl AppStore for Sealed {
    async fn app_records(&self, keys: Vec<AppKey>) -> Result<Vec<Option<AppRecord>>, StoreError> {
        let mut found = self.inner.app_records(keys).await?;
        found.iter_mut().flatten().try_for_each(|record| self.open_app_record(record))?;
        Ok(found)
    }

    async fn list_app_records(&self, filter: AppFilter) -> Result<Vec<AppRecord>, StoreError> {
        let mut found = self.inner.list_app_records(filter).await?;
        found.iter_mut().try_for_each(|record| self.open_app_record(record))?;
        Ok(found)
    }

    async fn scan_app_records(&self, scan: AppScan) -> Result<u64, StoreError> {
        self.inner.scan_app_records(app_record::opening(self.vault.load_full(), scan)).await
    }

    async fn write_app_records(
        &self,
        mut writes: Vec<AppWrite>,
        counts: Vec<AppCount>,
    ) -> Result<AppWritten, StoreError> {
        for write in &mut writes {
            if let AppWrite::Keep(record) = write {
                app_record::seal(&self.vault.load(), record);
            }
        }
        self.inner.write_app_records(writes, counts).await
    }

    async fn count_app_records(
        &self,
        account: AccountId,
        kind: AppKind,
        label: Box<str>,
    ) -> Result<u64, StoreError> {
        self.inner.count_app_records(account, kind, label).await
    }

    async fn forget_app_records(&self, now: Time, most: usize) -> Result<usize, StoreError> {
        self.inner.forget_app_records(now, most).await
    }
}

#[async_trait]
impl AuditLog for Sealed {
    async fn note(&self, events: Vec<Event>) -> Result<(), StoreError> {
        self.inner.note(events).await
    }

    async fn trail(&self, filter: AuditFilter) -> Result<(Vec<Line>, Option<Head>), StoreError> {
        self.inner.trail(filter).await
    }

    async fn forget_lines(&self, before: Time, now: Time, most: usize) -> Result<usize, StoreError> {
        self.inner.forget_lines(before, now, most).await
    }
}

/// Values as they are kept: a vault before a vault would seal them twice.
#[async_trait]
impl Sealing for Sealed {
    async fn sealing_keys(&self) -> Result<Vec<SealingKey>, StoreError> {
        self.inner.sealing_keys().await
    }

    async fn note_sealing_keys(&self, keys: Vec<SealingKey>) -> Result<(), StoreError> {
        self.inner.note_sealing_keys(keys).await
    }

    async fn forget_sealing_keys(&self, names: Vec<Box<str>>) -> Result<(), StoreError> {
        self.inner.forget_sealing_keys(names).await
    }

    async fn bodies(
        &self,
        rows: BodyRows,
        after: MessageId,
        most: usize,
    ) -> Result<Vec<(MessageId, Body)>, StoreError> {
        self.inner.bodies(rows, after, most).await
    }

    async fn rewrite_bodies(&self, rows: BodyRows, changes: Vec<BodyChange>) -> Result<(), StoreError> {
        self.inner.rewrite_bodies(rows, changes).await
    }

    async fn rewrite_document(
        &self,
        resource: (Box<str>, Box<str>),
        old: Box<str>,
        new: Box<str>,
    ) -> Result<(), StoreError> {
        self.inner.rewrite_document(resource, old, new).await
    }
}
