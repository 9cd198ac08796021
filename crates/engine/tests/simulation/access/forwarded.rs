//! What the weather alone can disturb: these parts of the contract are asked as they come.

use crate::access::Access;
use async_trait::async_trait;
use postrider_core::account::AccountId;
use postrider_core::audit;
use postrider_core::consent::PseudonymKey;
use postrider_core::contract::{
    AccountBalance, AppCount, AppFilter, AppKey, AppKind, AppRecord, AppStore, AppWrite, AppWritten,
    AudienceKey, AuditLog, BodyChange, BodyRows, Credits, EndedMessages, EndedSessions, EntryFilter,
    Measured, Measurements, MediaStore, MoneyEntry, NumberFacts, Outdated, PersonFound, PersonSearch, Posted,
    Posting, Privacy, RecipientCounts, RecipientResult, RecipientRow, RecipientStore, Reports, Sealing,
    SealingKey, Sessions, StoreError, Usage, Used, WantedRecipients,
};
use postrider_core::dead::{DeadRule, Reach, Unreached};
use postrider_core::id::MessageId;
use postrider_core::lookup::LookedUp;
use postrider_core::media::{Media, MediaItem, MediaPage, PageToken};
use postrider_core::message::Body;
use postrider_core::money::Currency;
use postrider_core::number::Number;
use postrider_core::principal::Viewer;
use postrider_core::report::{ReportCounts, ReportFilter, ReportSum};
use postrider_core::stream::EventPosition;
use postrider_core::time::Time;
use postrider_core::user::{LinkHash, OverSessions, Session, SessionId, SetupLink, TokenHash, UserId};

#[async_trait]
impl Credits for Access {
    async fn balances(&self, account: Option<AccountId>) -> Result<Vec<AccountBalance>, StoreError> {
        self.ask(self.store.balances(account)).await
    }

    async fn entries(&self, filter: EntryFilter) -> Result<Vec<MoneyEntry>, StoreError> {
        self.ask(self.store.entries(filter)).await
    }

    async fn post(&self, posting: Posting) -> Result<Posted, StoreError> {
        self.ask(self.store.post(posting)).await
    }

    async fn note_low(
        &self,
        account: AccountId,
        currency: Currency,
        is_low: bool,
    ) -> Result<bool, StoreError> {
        self.ask(self.store.note_low(account, currency, is_low)).await
    }
}

#[async_trait]
impl Reports for Access {
    async fn reported_to(&self) -> Result<EventPosition, StoreError> {
        self.ask(self.store.reported_to()).await
    }

    async fn ended(&self, after: EventPosition, most: usize) -> Result<EndedMessages, StoreError> {
        self.ask(self.store.ended(after, most)).await
    }

    async fn count(
        &self,
        from: EventPosition,
        to: EventPosition,
        counts: ReportCounts,
    ) -> Result<bool, StoreError> {
        self.ask(self.store.count(from, to, counts)).await
    }

    async fn report(&self, filter: ReportFilter, most: usize) -> Result<Vec<ReportSum>, StoreError> {
        self.ask(self.store.report(filter, most)).await
    }

    async fn forget_counts(&self, before: i64) -> Result<(), StoreError> {
        self.ask(self.store.forget_counts(before)).await
    }
}

#[async_trait]
impl Privacy for Access {
    async fn accounts(&self) -> Result<Vec<AccountId>, StoreError> {
        self.ask(self.store.accounts()).await
    }

    async fn redact(&self, outdated: Outdated) -> Result<usize, StoreError> {
        self.ask(self.store.redact(outdated)).await
    }

    async fn forget(&self, outdated: Outdated) -> Result<usize, StoreError> {
        self.ask(self.store.forget(outdated)).await
    }

    async fn find_person(&self, search: PersonSearch) -> Result<PersonFound, StoreError> {
        self.ask(self.store.find_person(search)).await
    }

    async fn erase(&self, messages: Vec<MessageId>, received: Vec<MessageId>) -> Result<usize, StoreError> {
        self.ask(self.store.erase(messages, received)).await
    }

    async fn erase_consents(&self, viewer: Viewer, number: Number) -> Result<usize, StoreError> {
        self.ask(self.store.erase_consents(viewer, number)).await
    }

    async fn pseudonym_key(&self) -> Result<PseudonymKey, StoreError> {
        self.ask(self.store.pseudonym_key()).await
    }

    async fn erase_traces(&self, viewer: Viewer, number: Number) -> Result<usize, StoreError> {
        self.ask(self.store.erase_traces(viewer, number)).await
    }
}

#[async_trait]
impl AppStore for Access {
    async fn app_records(&self, keys: Vec<AppKey>) -> Result<Vec<Option<AppRecord>>, StoreError> {
        self.ask(self.store.app_records(keys)).await
    }

    async fn list_app_records(&self, filter: AppFilter) -> Result<Vec<AppRecord>, StoreError> {
        self.ask(self.store.list_app_records(filter)).await
    }

    async fn write_app_records(
        &self,
        writes: Vec<AppWrite>,
        counts: Vec<AppCount>,
    ) -> Result<AppWritten, StoreError> {
        self.ask(self.store.write_app_records(writes, counts)).await
    }

    async fn count_app_records(
        &self,
        account: AccountId,
        kind: AppKind,
        label: Box<str>,
    ) -> Result<u64, StoreError> {
        self.ask(self.store.count_app_records(account, kind, label)).await
    }

    async fn forget_app_records(&self, now: Time, most: usize) -> Result<usize, StoreError> {
        self.ask(self.store.forget_app_records(now, most)).await
    }
}

#[async_trait]
impl RecipientStore for Access {
    async fn add_recipients(
        &self,
        audience: AudienceKey,
        recipients: Vec<(Number, Box<str>)>,
    ) -> Result<Vec<usize>, StoreError> {
        self.ask(self.store.add_recipients(audience, recipients)).await
    }

    async fn recipients(
        &self,
        audience: AudienceKey,
        wanted: WantedRecipients,
        after: u64,
        limit: usize,
    ) -> Result<Vec<RecipientRow>, StoreError> {
        self.ask(self.store.recipients(audience, wanted, after, limit)).await
    }

    async fn note_results(
        &self,
        audience: AudienceKey,
        results: Vec<(u64, RecipientResult)>,
    ) -> Result<(), StoreError> {
        self.ask(self.store.note_results(audience, results)).await
    }

    async fn count_recipients(&self, audience: AudienceKey) -> Result<RecipientCounts, StoreError> {
        self.ask(self.store.count_recipients(audience)).await
    }

    async fn forget_recipients(&self, audience: AudienceKey, most: usize) -> Result<usize, StoreError> {
        self.ask(self.store.forget_recipients(audience, most)).await
    }

    async fn rewrite_recipients(
        &self,
        audience: AudienceKey,
        changes: Vec<(u64, Box<str>, Box<str>)>,
    ) -> Result<(), StoreError> {
        self.ask(self.store.rewrite_recipients(audience, changes)).await
    }

    async fn next_audience(&self, after: Option<AudienceKey>) -> Result<Option<AudienceKey>, StoreError> {
        self.ask(self.store.next_audience(after)).await
    }
}

#[async_trait]
impl AuditLog for Access {
    async fn note(&self, events: Vec<audit::Event>) -> Result<(), StoreError> {
        self.ask(self.store.note(events)).await
    }

    async fn trail(
        &self,
        filter: audit::Filter,
    ) -> Result<(Vec<audit::Line>, Option<audit::Head>), StoreError> {
        self.ask(self.store.trail(filter)).await
    }

    async fn forget_lines(&self, before: Time, now: Time, most: usize) -> Result<usize, StoreError> {
        self.ask(self.store.forget_lines(before, now, most)).await
    }
}

#[async_trait]
impl Sessions for Access {
    async fn begin_session(&self, session: Session, over: OverSessions) -> Result<(), StoreError> {
        self.ask(self.store.begin_session(session, over)).await
    }

    async fn session(&self, token: TokenHash) -> Result<Option<Session>, StoreError> {
        self.ask(self.store.session(token)).await
    }

    async fn sessions(&self, user: Option<UserId>, most: usize) -> Result<Vec<Session>, StoreError> {
        self.ask(self.store.sessions(user, most)).await
    }

    async fn use_session(&self, session: SessionId, seen: Time, proved: Time) -> Result<(), StoreError> {
        self.ask(self.store.use_session(session, seen, proved)).await
    }

    async fn end_sessions(&self, ended: EndedSessions) -> Result<usize, StoreError> {
        self.ask(self.store.end_sessions(ended)).await
    }

    async fn take_code(&self, user: UserId, step: u64) -> Result<bool, StoreError> {
        self.ask(self.store.take_code(user, step)).await
    }

    async fn keep_link(&self, link: SetupLink, now: Time) -> Result<(), StoreError> {
        self.ask(self.store.keep_link(link, now)).await
    }

    async fn link(&self, token: LinkHash) -> Result<Option<SetupLink>, StoreError> {
        self.ask(self.store.link(token)).await
    }

    async fn take_link(&self, token: LinkHash, now: Time) -> Result<Option<SetupLink>, StoreError> {
        self.ask(self.store.take_link(token, now)).await
    }
}

#[async_trait]
impl MediaStore for Access {
    async fn keep_media(&self, media: Media, most: u64) -> Result<bool, StoreError> {
        self.ask(self.store.keep_media(media, most)).await
    }

    async fn media(&self, id: MessageId) -> Result<Option<Media>, StoreError> {
        self.ask(self.store.media(id)).await
    }

    async fn hold_media(
        &self,
        account: AccountId,
        media: Vec<MessageId>,
        until: Time,
    ) -> Result<Vec<Option<MediaItem>>, StoreError> {
        self.ask(self.store.hold_media(account, media, until)).await
    }

    async fn keep_media_page(&self, page: MediaPage) -> Result<(), StoreError> {
        self.ask(self.store.keep_media_page(page)).await
    }

    async fn media_page(&self, token: PageToken) -> Result<Option<MediaPage>, StoreError> {
        self.ask(self.store.media_page(token)).await
    }

    async fn purge_media(&self, now: Time, most: usize) -> Result<usize, StoreError> {
        self.ask(self.store.purge_media(now, most)).await
    }

    async fn media_after(&self, after: MessageId) -> Result<Option<Media>, StoreError> {
        self.ask(self.store.media_after(after)).await
    }

    async fn rewrite_media(&self, media: Media) -> Result<(), StoreError> {
        self.ask(self.store.rewrite_media(media)).await
    }
}

/// The vault stands before the store that processes share, not behind each process's access to it.
#[async_trait]
impl Measurements for Access {
    async fn measure(&self, measured: Vec<Measured>, since: Time) -> Result<(), StoreError> {
        self.ask(self.store.measure(measured, since)).await
    }

    async fn measured(&self, since: Time) -> Result<Vec<Measured>, StoreError> {
        self.ask(self.store.measured(since)).await
    }
}

#[async_trait]
impl NumberFacts for Access {
    async fn note_reach(&self, reach: Reach, forget: Time) -> Result<(), StoreError> {
        self.ask(self.store.note_reach(reach, forget)).await
    }

    async fn unreached(
        &self,
        rule: DeadRule,
        now: Time,
        behind: Option<(Time, Number)>,
        most: usize,
    ) -> Result<Vec<Unreached>, StoreError> {
        self.ask(self.store.unreached(rule, now, behind, most)).await
    }

    async fn unreached_number(&self, number: Number) -> Result<Option<Unreached>, StoreError> {
        self.ask(self.store.unreached_number(number)).await
    }

    async fn looked_up(&self, numbers: Vec<Number>, now: Time) -> Result<Vec<LookedUp>, StoreError> {
        self.ask(self.store.looked_up(numbers, now)).await
    }

    async fn keep_looked_up(&self, found: Vec<LookedUp>, now: Time) -> Result<(), StoreError> {
        self.ask(self.store.keep_looked_up(found, now)).await
    }
}

#[async_trait]
impl Sealing for Access {
    async fn sealing_keys(&self) -> Result<Vec<SealingKey>, StoreError> {
        self.ask(self.store.sealing_keys()).await
    }

    async fn note_sealing_keys(&self, keys: Vec<SealingKey>) -> Result<(), StoreError> {
        self.ask(self.store.note_sealing_keys(keys)).await
    }

    async fn forget_sealing_keys(&self, names: Vec<Box<str>>) -> Result<(), StoreError> {
        self.ask(self.store.forget_sealing_keys(names)).await
    }

    async fn bodies(
        &self,
        rows: BodyRows,
        after: MessageId,
        most: usize,
    ) -> Result<Vec<(MessageId, Body)>, StoreError> {
        self.ask(self.store.bodies(rows, after, most)).await
    }

    async fn rewrite_bodies(&self, rows: BodyRows, changes: Vec<BodyChange>) -> Result<(), StoreError> {
        self.ask(self.store.rewrite_bodies(rows, changes)).await
    }

    async fn rewrite_document(
        &self,
        resource: (Box<str>, Box<str>),
        old: Box<str>,
        new: Box<str>,
    ) -> Result<(), StoreError> {
        self.ask(self.store.rewrite_document(resource, old, new)).await
    }
}

#[async_trait]
impl Usage for Access {
    async fn add_used(&self, used: Vec<Used>, now: Time) -> Result<(), StoreError> {
        self.ask(self.store.add_used(used, now)).await
    }

    async fn used(&self, whats: Vec<Box<str>>, now: Time) -> Result<Vec<Used>, StoreError> {
        self.ask(self.store.used(whats, now)).await
    }
}
