//! An engine that stores in the time that it is told, and has the notices that it is given.

use crate::testing;
use async_trait::async_trait;
use postrider_core::account::{Account, AccountId, Login, LongForm, Proof};
use postrider_core::audit;
use postrider_core::contract::{
    Accepted, Archive, AuditLog, Beside, Bulk, BulkDone, Busy, Cancel, ConversationChange,
    ConversationFilter, Entry, Events, EventsWanted, Explained, Filter, History, InboundFilter, Intake, Live,
    Once, Outbox, Page, Parked, Prepared, ReplayWanted, Replayed, StoreError, Told,
};
use postrider_core::conversation::{Conversation, Ends, Note};
use postrider_core::delivery::{Outcome, State};
use postrider_core::id::MessageId;
use postrider_core::inbound::Received;
use postrider_core::message::{Body, Message};
use postrider_core::notice::{Attempt, Lane, Notice, What};
use postrider_core::principal::Viewer;
use postrider_core::quota::Allowance;
use postrider_core::route::UpstreamId;
use postrider_core::rules::Rules;
use postrider_core::submission::{Refusal, Submission};
use postrider_core::time::Time;
use postrider_text::{Alphabet, NameAlphabet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::sleep;

pub(crate) const ACCOUNT: AccountId = AccountId(1);

#[derive(Default)]
struct Inside {
    submitted: Vec<Submission>,
    store_takes: Duration,
    is_disabled: bool,
    notices: Vec<Notice>,
    told: Vec<Told>,
    given_back: Vec<Notice>,
    sessions: Vec<(AccountId, bool)>,
}

#[derive(Default)]
pub(crate) struct Engine {
    inside: Mutex<Inside>,
    has_notices: Notify,
}

impl Engine {
    pub(crate) fn new() -> Arc<Self> {
        Arc::default()
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap()
    }

    pub(crate) fn store_takes(&self, time: Duration) {
        self.inside().store_takes = time;
    }

    pub(crate) fn disable_account(&self) {
        self.inside().is_disabled = true;
    }

    pub(crate) fn put_notice(&self, number: u64) {
        self.inside().notices.push(notice(number));
        self.has_notices.notify_one();
    }

    /// The messages that were handed in.
    pub(crate) fn submitted(&self) -> Vec<Submission> {
        self.inside().submitted.clone()
    }

    /// Puts a notice of this.
    pub(crate) fn put(&self, number: u64, what: What) {
        self.inside().notices.push(Notice { what, ..notice(number) });
        self.has_notices.notify_one();
    }

    /// The notices that were told, whether they are told again, and how often that failed.
    pub(crate) fn told(&self) -> Vec<(u64, bool, u16)> {
        let told = |told: &Told| (told.notice.number(), told.again.is_some(), told.failed);
        self.inside().told.iter().map(told).collect()
    }

    pub(crate) fn given_back(&self) -> Vec<u64> {
        self.inside().given_back.iter().map(|notice| notice.id.number()).collect()
    }

    /// Sessions that were opened and closed.
    pub(crate) fn sessions(&self) -> Vec<(AccountId, bool)> {
        self.inside().sessions.clone()
    }

    /// Whether the session is open.
    pub(crate) fn is_open(&self) -> bool {
        self.inside().sessions.last().is_some_and(|(_, open)| *open)
    }
}

fn notice(number: u64) -> Notice {
    let outcome = Outcome {
        state: State::Delivered,
        upstream: UpstreamId(1),
        reference: None,
        error: None,
        sent_at: Some(Time(0)),
        done_at: Time(1),
        parts: 1,
        possible_duplicate: false,
    };
    let message = Arc::new(testing::message(MessageId::from_number(number)));
    let id = message.id.into();
    let what = What::Ended { message, outcome };
    Notice { id, lane: Lane::Sessions(ACCOUNT), what, failed: 0, due: Time(0), owned: true }
}

fn account(enabled: bool) -> Account {
    let login = Login {
        user: "shop".into(),
        proof: Proof::Referred("secret".into()),
        sessions_max: 2,
        window: 2,
        allowed: Vec::new(),
        alphabet: Alphabet::default(),
        drops_nul: false,
        parts_wait: std::time::Duration::from_secs(60),
        receipts_as_data: false,
        name_alphabet: NameAlphabet::default(),
        long: LongForm::default(),
    };
    Account { enabled, login: Some(Arc::new(login)), ..testing::account() }
}

#[async_trait]
impl Intake for Engine {
    async fn prepare(
        &self,
        _: &Account,
        submissions: Vec<Submission>,
    ) -> Result<Vec<Result<Prepared, Refusal>>, StoreError> {
        self.inside().submitted.extend(submissions.iter().cloned());
        let prepared = |(number, _)| {
            let message = Arc::new(testing::message(MessageId::from_number(number)));
            Ok(Prepared {
                message,
                upstream: UpstreamId(1),
                part: None,
                credit: None,
                beside: Beside::default(),
                cleared: 0,
            })
        };
        Ok((1..).zip(submissions).map(prepared).collect())
    }

    async fn explain(&self, _: &Account, _: Submission) -> Result<Explained, StoreError> {
        Err(StoreError::Unavailable("nobody asks".to_owned()))
    }

    async fn decide(
        &self,
        _: &Account,
        _: Vec<Submission>,
    ) -> Result<Vec<Result<Arc<Message>, Refusal>>, StoreError> {
        Err(StoreError::Unavailable("nobody asks".to_owned()))
    }

    async fn commit(&self, _: Vec<Prepared>, _: Option<Once>) -> Result<Accepted, Busy> {
        let time = self.inside().store_takes;
        sleep(time).await;
        Ok(Accepted::ALL)
    }

    async fn converted(&self, _: &Account, _: MessageId) -> Result<bool, StoreError> {
        Ok(false)
    }
}

#[async_trait]
impl Outbox for Engine {
    async fn take(&self, _: Lane, most: usize) -> Vec<Notice> {
        loop {
            let taken: Vec<Notice> = {
                let notices = &mut self.inside().notices;
                let most = most.min(notices.len());
                notices.drain(..most).collect()
            };
            if !taken.is_empty() {
                return taken;
            }
            self.has_notices.notified().await;
        }
    }

    fn told(&self, _: Lane, told: Vec<Told>) {
        self.inside().told.extend(told);
    }

    fn give_back(&self, _: Lane, notices: Vec<Notice>) {
        self.inside().given_back.extend(notices);
    }
}

impl Live for Engine {
    fn rules(&self) -> Arc<Rules> {
        Arc::new(testing::rules(account(!self.inside().is_disabled)))
    }

    fn now(&self) -> Time {
        Time(0)
    }

    fn sending(&self, _: &Account) -> Option<Allowance> {
        None
    }

    fn session(&self, account: AccountId, open: bool) {
        self.inside().sessions.push((account, open));
    }

    fn sessions_elsewhere(&self, _: AccountId) -> u32 {
        0
    }
}

/// Nothing is asked of it.
#[async_trait]
impl AuditLog for Engine {
    async fn note(&self, _: Vec<audit::Event>) -> Result<(), StoreError> {
        Ok(())
    }

    async fn trail(&self, _: audit::Filter) -> Result<(Vec<audit::Line>, Option<audit::Head>), StoreError> {
        Ok((Vec::new(), None))
    }

    async fn forget_lines(&self, _: Time, _: Time, _: usize) -> Result<usize, StoreError> {
        Ok(0)
    }
}

/// Nothing is asked of it.
#[async_trait]
impl Archive for Engine {
    async fn history(&self, _: Viewer, _: MessageId) -> Result<Option<History>, StoreError> {
        Ok(None)
    }

    async fn list(&self, _: Filter) -> Result<Page, StoreError> {
        Ok(Page::default())
    }

    async fn retell(&self, _: AccountId, _: Vec<MessageId>) -> Result<Replayed, StoreError> {
        Ok(Replayed::default())
    }

    async fn replay(&self, _: ReplayWanted) -> Result<Replayed, StoreError> {
        Ok(Replayed::default())
    }

    async fn received(
        &self,
        _: Viewer,
        _: MessageId,
    ) -> Result<Option<(Arc<Received>, Vec<Attempt>)>, StoreError> {
        Ok(None)
    }

    async fn inbound(&self, _: InboundFilter) -> Result<Vec<Arc<Received>>, StoreError> {
        Ok(Vec::new())
    }

    async fn events(&self, _: EventsWanted, _: Duration) -> Result<Events, StoreError> {
        Ok(Events::default())
    }

    async fn conversations(&self, _: ConversationFilter) -> Result<Vec<Conversation>, StoreError> {
        Ok(Vec::new())
    }

    async fn conversation(
        &self,
        _: Viewer,
        _: MessageId,
    ) -> Result<Option<(Conversation, Vec<Note>)>, StoreError> {
        Ok(None)
    }

    async fn open_conversation(&self, _: Ends) -> Result<Option<Conversation>, StoreError> {
        Ok(None)
    }

    async fn change_conversation(
        &self,
        _: Viewer,
        _: ConversationChange,
    ) -> Result<Option<Conversation>, StoreError> {
        Ok(None)
    }

    async fn messages(&self, _: AccountId, _: Vec<MessageId>) -> Result<Vec<Arc<Message>>, StoreError> {
        Ok(Vec::new())
    }

    async fn once(&self, _: AccountId, _: &str) -> Result<Option<Once>, StoreError> {
        Ok(None)
    }

    async fn unmatched(&self, _: usize) -> Result<Vec<(Parked, Vec<Entry>)>, StoreError> {
        Ok(Vec::new())
    }

    async fn cancel(&self, _: Viewer, _: MessageId) -> Result<Cancel, StoreError> {
        Ok(Cancel::Missing)
    }

    async fn act(&self, _: Bulk) -> Result<BulkDone, StoreError> {
        Ok(BulkDone::default())
    }

    async fn replace(&self, _: AccountId, _: MessageId, _: Body) -> Result<Cancel, StoreError> {
        Ok(Cancel::Missing)
    }
}
