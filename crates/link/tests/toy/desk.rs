//! A desk with what a test puts on it, which notes what it is brought.

use async_trait::async_trait;
use postrider_core::account::{Account, AccountId};
use postrider_core::contract::{
    Answer, Desk, Heard, Late, LinkState, Live, RemoteLinks, StoreError, Unheard,
};
use postrider_core::delivery::{Delivery, PartOutcome};
use postrider_core::id::MessageId;
use postrider_core::message::{Body, Message};
use postrider_core::quota::Allowance;
use postrider_core::receipt::Report;
use postrider_core::route::UpstreamId;
use postrider_core::rules::Rules;
use postrider_core::time::Time;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::sync::watch;

#[derive(Default)]
struct Inside {
    waiting: VecDeque<Delivery>,
    overdue: Vec<Unheard>,
    answers: Vec<Answer>,
    late: Vec<(u8, String)>,
    replies: Vec<String>,
    links: Vec<(usize, LinkState)>,
    fails: bool,
    /// The parts that the bind may take by limits of its own; `None` is without limit.
    room: Option<usize>,
}

pub(crate) struct TestDesk {
    inside: Mutex<Inside>,
    /// Rises with each message that is put on the desk.
    work: watch::Sender<u64>,
    /// Whether the binds are this node's; if not, how long answers may be waited for.
    lease: watch::Sender<Result<(), Duration>>,
    /// How many receipts were kept, once they are.
    kept: watch::Sender<usize>,
}

impl TestDesk {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            inside: Mutex::default(),
            work: watch::Sender::new(0),
            lease: watch::Sender::new(Ok(())),
            kept: watch::Sender::new(0),
        })
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap()
    }

    /// A message with as many parts as the text has words.
    pub(crate) fn put(&self, text: &str) {
        self.put_message(message(text));
    }

    pub(crate) fn put_message(&self, message: Message) {
        self.inside().waiting.push_back(Delivery::new(Arc::new(message), UpstreamId(1)));
        self.work.send_modify(|seen| *seen += 1);
    }

    pub(crate) fn put_question(&self, id: &str) {
        let part = Unheard { message: Arc::new(message("asked")), key: id.into(), given: id.into() };
        self.inside().overdue.push(part);
        self.work.send_modify(|seen| *seen += 1);
    }

    /// The store fails from now on.
    pub(crate) fn fail(&self) {
        self.inside().fails = true;
    }

    /// The bind may take so many parts more.
    pub(crate) fn limit_bind(&self, parts: usize) {
        self.inside().room = Some(parts);
    }

    pub(crate) fn lend(&self, lease: Result<(), Duration>) {
        // What it was before doesn't matter.
        let _ = self.lease.send_replace(lease);
    }

    pub(crate) fn waiting(&self) -> usize {
        self.inside().waiting.len()
    }

    /// What came of each part brought back so far, in the order that it came.
    pub(crate) fn outcomes(&self) -> Vec<PartOutcome> {
        let inside = self.inside();
        inside
            .answers
            .iter()
            .flat_map(|answer| &answer.outcomes)
            .map(|(_, outcome)| outcome.clone())
            .collect()
    }

    /// The numbers of the parts that were answered.
    pub(crate) fn parts(&self) -> Vec<u8> {
        let inside = self.inside();
        inside.answers.iter().flat_map(|answer| &answer.outcomes).map(|(part, _)| *part).collect()
    }

    pub(crate) fn late(&self) -> Vec<(u8, String)> {
        self.inside().late.clone()
    }

    pub(crate) fn replies(&self) -> Vec<String> {
        self.inside().replies.clone()
    }

    pub(crate) fn kept(&self) -> usize {
        *self.kept.borrow()
    }

    /// How the link stands.
    pub(crate) fn link(&self, link: usize) -> Option<LinkState> {
        self.inside().links.iter().rev().find(|(index, _)| *index == link).map(|(_, state)| state.clone())
    }

    /// Why the link is down, and when it is tried again.
    pub(crate) fn down(&self, link: usize) -> (String, Duration) {
        match self.link(link) {
            Some(LinkState::Down { reason, retry_in }) => (reason, retry_in),
            other => panic!("{other:?}"),
        }
    }
}

fn message(text: &str) -> Message {
    Message {
        body: Body::Text(text.into()),
        parts: text.split(' ').count() as u8,
        ..postrider_core::testing::message(MessageId::from_number(7))
    }
}

#[async_trait]
impl Desk for TestDesk {
    fn take(&self, parts: usize) -> Vec<Delivery> {
        let waiting = &mut self.inside().waiting;
        let mut taken = Vec::new();
        let mut left = parts;
        while left > 0
            && let Some(delivery) = waiting.pop_front()
        {
            left = left.saturating_sub(usize::from(delivery.message.parts));
            taken.push(delivery);
        }
        taken
    }

    fn room_of_bind(&self, _bind: usize) -> Result<usize, Duration> {
        match self.inside().room {
            Some(0) => Err(Duration::from_secs(1)),
            room => Ok(room.unwrap_or(usize::MAX)),
        }
    }

    fn spent_by_bind(&self, _: usize, parts: usize) {
        let room = &mut self.inside().room;
        *room = room.map(|room| room.saturating_sub(parts));
    }

    async fn work(&self, seen: u64) -> u64 {
        *self.work.subscribe().wait_for(|now| *now > seen).await.unwrap()
    }

    fn answered(&self, answers: Vec<Answer>) {
        self.inside().answers.extend(answers);
    }

    fn named_late(&self, late: Vec<Late>) {
        self.inside().late.extend(late.into_iter().map(|late| (late.part, late.reference.into())));
    }

    async fn heard(&self, heard: Vec<Heard>) -> Result<(), StoreError> {
        tokio::time::sleep(Duration::from_millis(5)).await;
        if self.inside().fails {
            return Err(StoreError::Unavailable("full".to_owned()));
        }
        self.kept.send_modify(|kept| *kept += heard.len());
        Ok(())
    }

    fn ask(&self, most: usize) -> Vec<Unheard> {
        let overdue = &mut self.inside().overdue;
        let most = most.min(overdue.len());
        overdue.drain(..most).collect()
    }

    fn replied(&self, replies: Vec<Report>) {
        self.inside().replies.extend(replies.into_iter().map(|report| report.reference.into()));
    }

    fn loaded(&self, _: u8) {}

    fn link(&self, link: usize, state: LinkState) {
        self.inside().links.push((link, state));
    }

    fn remote_links(&self) -> RemoteLinks {
        RemoteLinks::default()
    }

    async fn admitted(&self, _: usize) {
        self.lease.subscribe().wait_for(Result::is_ok).await.unwrap().unwrap();
    }

    async fn dismissed(&self, _: usize) -> Duration {
        self.lease.subscribe().wait_for(Result::is_err).await.unwrap().unwrap_err()
    }
}

/// The time that the toy protocol doesn't look at.
pub(crate) struct NoTime;

impl Live for NoTime {
    fn rules(&self) -> Arc<Rules> {
        Arc::default()
    }

    fn now(&self) -> Time {
        Time(0)
    }

    fn sending(&self, _: &Account) -> Option<Allowance> {
        None
    }

    fn session(&self, _: AccountId, _: bool) {}

    fn sessions_elsewhere(&self, _: AccountId) -> u32 {
        0
    }
}
