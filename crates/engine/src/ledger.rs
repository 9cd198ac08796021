//! The ledger: the one place where what happened to deliveries is stepped and recorded.
//!
//! It takes everything that arrived since its last record, steps each delivery, and hands the store one
//! transaction. Only then are carriers acknowledged, windows freed and clients told. Since one record ends
//! before the next begins, what the store holds is always complete up to some moment; and since whatever
//! arrives meanwhile waits together, batches form by themselves.

mod receipts;
mod remembered;

use crate::dispatch::Counter;
use crate::ends;
use crate::engine::Shared;
use crate::inbox::{Ack, Answers, Inbox, Post};
use crate::meters::Again;
use crate::names::{Name, Names};
use postrider_core::contract::{Answer, Record, StoreError};
use postrider_core::delivery::{Change, Delivery, Event, FaultKind, PartOutcome, Queue, State, Ways, step};
use postrider_core::id::MessageId;
use postrider_core::notice::Notice;
use postrider_core::receipt::Report;
use postrider_core::route::UpstreamId;
use postrider_core::time::Time;
use remembered::Remembered;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

/// Messages whose receipts are matched from memory; those of all others are looked up in the store.
const SENT_MAX: usize = 65_536;
/// Early receipts matched from memory.
const PARKED_MAX: usize = 16_384;
/// Names of parts whose end is known, kept to tell a repeated receipt from an early one.
const ENDED_MAX: usize = 32_768;
/// Messages that ended with something of them under way, kept so that they end once.
const OVER_MAX: usize = 16_384;
/// How long until a record that the store refused is tried again.
const RETRY: Duration = Duration::from_millis(250);
/// Tries of which the log tells one.
const TRIES_TOLD: u32 = 40;

pub(crate) struct Ledger {
    shared: Arc<Shared>,
    /// Messages of one part that were sent, by the carrier's name for them.
    sent: Remembered<Delivery>,
    /// Receipts that came before their message was known, by the name in the receipt.
    parked: Remembered<Report>,
    /// The same names, by all that their parts may turn out to be known by.
    early: Remembered<Name>,
    /// How carriers spell their names.
    names: Names,
    /// Parts whose end is known.
    ended: Remembered<Ended>,
    /// Messages that have ended while something of them may be under way yet, such as a second copy.
    over: Remembered<(), MessageId>,
    /// Upstreams of which it was told that they don't report every part.
    partial: HashSet<UpstreamId>,
    /// Upstreams of which it was told that they say one thing and then another.
    fickle: HashSet<UpstreamId>,
}

/// How a part ended.
struct Ended {
    message: MessageId,
    state: State,
}

/// What is collected for one record.
#[derive(Default)]
struct Page {
    record: Record,
    freed: HashMap<UpstreamId, usize>,
    /// Deliveries of several parts that this page deals with.
    open: HashMap<MessageId, Delivery>,
    /// Receipts to look at again once this page is recorded. They stay parked until then: their carriers may have
    /// been told that they are kept.
    again: Vec<(UpstreamId, Vec<Report>)>,
    now: Time,
}

impl Ledger {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self {
            names: Names::new(Arc::clone(&shared)),
            shared,
            sent: Remembered::new(SENT_MAX),
            parked: Remembered::new(PARKED_MAX),
            early: Remembered::new(PARKED_MAX * 3),
            ended: Remembered::new(ENDED_MAX),
            over: Remembered::new(OVER_MAX),
            partial: HashSet::new(),
            fickle: HashSet::new(),
        }
    }

    /// Keeps the ledger for as long as the gateway runs.
    pub(crate) async fn keep(mut self) {
        let inbox = Arc::clone(&self.shared.inbox);
        loop {
            let shared = &self.shared;
            let post = inbox.take(shared.settings.patience.among(shared.fellows.count())).await;
            self.turn_page(post, &inbox).await;
        }
    }

    async fn turn_page(&mut self, post: Post, inbox: &Inbox) {
        let mut page = Page { now: self.shared.clock.now(), ..Page::default() };
        for (upstream, Answers { answers, .. }) in post.answers {
            self.take_answers(upstream, answers, &mut page);
        }
        for (mut delivery, event) in post.events {
            if let (Event::Silent, Some(reference)) = (&event, &delivery.reference) {
                let key = self.names.way(delivery.upstream).key(reference).into();
                self.sent.remove(&(delivery.upstream, key));
            }
            if self.is_over(&delivery) {
                continue;
            }
            if event == Event::Silent {
                self.tell_of_parts(&delivery);
            }
            let is_name = matches!(event, Event::Named { .. });
            if self.take(&mut delivery, event, &mut page) && is_name {
                if let Some(change) = page.record.changes.last_mut() {
                    self.names.way(delivery.upstream).name(&mut change.awaited);
                }
                self.look_for_early(&mut page);
            }
        }
        post.taught.into_iter().for_each(|upstream| self.look_at_parked(upstream));
        let names = post.matched.iter().map(|(upstream, report)| (*upstream, report.reference.clone()));
        page.record.unparked.extend(names);
        let matched = post.matched.into_iter().map(|(upstream, report)| (upstream, vec![report]));
        let reports = post.reports.into_iter().chain(matched);
        let mut unknown = self.take_reports(reports, &mut page);
        unknown.extend(self.take_replies(post.replies, &mut page));
        self.look_up(unknown, &mut page).await;
        self.write(page, post.acks, inbox).await;
    }

    /// Tells, once, of an upstream whose receipts never come for all parts of a message.
    fn tell_of_parts(&mut self, delivery: &Delivery) {
        let (upstream, reported) = (delivery.upstream, delivery.reported.count());
        let lacks = reported > 0 && reported < u32::from(delivery.parts);
        if lacks && !self.shared.one_receipt(upstream) && self.partial.insert(upstream) {
            tracing::warn!(
                upstream = self.shared.name(upstream),
                id = %delivery.message.id,
                "receipts came for {reported} of a message's {} parts only; if the carrier reports all parts by one receipt, \
                 declare receipts.parts = 'one'",
                delivery.parts
            );
        }
    }

    /// Steps one delivery and keeps what came of it on the page.
    fn take(&mut self, delivery: &mut Delivery, event: Event, page: &mut Page) -> bool {
        let before = delivery.state;
        match step(delivery, event, &*self.shared, page.now) {
            Some(change) => {
                if delivery.state == State::Unknown
                    || delivery.state.is_final() && delivery.possible_duplicate
                {
                    self.over.insert(delivery.message.id, ());
                }
                // The receipt of one part of several changes nothing that a line says.
                if delivery.state != before || change.remark.is_some() {
                    tell_log(&change, delivery);
                }
                page.record.changes.push(change);
                true
            }
            None => false,
        }
    }

    fn take_answers(&mut self, upstream: UpstreamId, answers: Vec<Answer>, page: &mut Page) {
        let counter = self.shared.counter(upstream);
        let way = self.names.way(upstream);
        let mut freed = 0;
        for Answer { mut delivery, parts, outcomes } in answers {
            let weight = usize::from(delivery.message.parts);
            if self.is_over(&delivery) {
                // The other copy has arrived meanwhile.
                freed += weight;
                continue;
            }
            if let (Some(counter), true) = (&counter, outcomes.iter().any(is_throttled)) {
                // Said again of one message, it says more of the number than of our rate.
                if delivery.throttled == 0 {
                    counter.throttled(page.now);
                }
                metrics::counter!("postrider_throttled_total", "upstream" => self.shared.name(upstream))
                    .increment(1);
            }
            let why = Again::why(&outcomes);
            let event = Event::Answered { parts, outcomes };
            let taken = self.take(&mut delivery, event, page);
            if let (Some(counter), Some(why)) = (&counter, why)
                && (!taken || page.ends_in_queue())
            {
                counter.meters.again(why);
            }
            if !taken {
                give_back(counter.as_ref(), delivery);
                continue;
            }
            freed += weight;
            if let Some(change) = page.record.changes.last_mut() {
                way.name(&mut change.awaited);
            }
            // Also while other parts are still to be sent: the receipts of those taken may be here.
            self.await_receipt(delivery, page);
        }
        *page.freed.entry(upstream).or_default() += freed;
    }

    /// Whether it has ended though this copy of it doesn't know.
    fn is_over(&self, delivery: &Delivery) -> bool {
        !self.over.is_empty() && self.over.contains(&delivery.message.id)
    }

    /// Remembers what was sent; receipts that came before their message was known are looked at again once it is. What may
    /// have been sent twice, and so may have two names, is left to the store, which knows both.
    fn await_receipt(&mut self, delivery: Delivery, page: &mut Page) {
        self.look_for_early(page);
        if delivery.parts > 1 || delivery.possible_duplicate {
            return;
        }
        if let Some(name) = page.awaited_last().next() {
            self.sent.insert(name, delivery);
        }
    }

    /// Makes the page durable, then tells all who wait for that.
    async fn write(&mut self, page: Page, acks: Vec<Ack>, inbox: &Inbox) {
        let mut record = page.record;
        self.shared.lanes.promise(record.changes.iter_mut().filter_map(|change| change.notice.as_mut()));
        let notices: Vec<Notice> = record.changes.iter().filter_map(|change| change.notice.clone()).collect();
        let record = Arc::new(record);
        if !record.is_empty() {
            let mut tries = 0;
            while let Err(error) = self.shared.store.record(Arc::clone(&record)).await {
                self.pause(&error, tries).await;
                tries += 1;
            }
            if tries > 0 {
                tracing::info!(tries, "what happened to messages is recorded again");
            }
        }
        ends::count(&record.changes);
        for ack in acks {
            // Nobody waits any more when the carrier's session has ended.
            let _gone = ack.send(Ok(()));
        }
        for (upstream, parts) in page.freed {
            if let Some(counter) = self.shared.counter(upstream) {
                counter.recorded(parts);
            }
        }
        self.shared.requeued(&record.changes);
        self.shared.left_in_lanes(self.shared.lanes.offer(notices));
        if !page.again.is_empty() {
            inbox.put(|post| post.reports.extend(page.again));
        }
    }

    async fn pause(&self, error: &StoreError, tries: u32) {
        if matches!(error, StoreError::Superseded) {
            // What is to be recorded is another process's to find out.
            return std::future::pending().await;
        }
        if tries.is_multiple_of(TRIES_TOLD) {
            tracing::error!(%error, tries, "can't record what happened to messages; nothing is lost, trying again");
        }
        metrics::counter!("postrider_store_errors_total").increment(1);
        tokio::time::sleep(RETRY).await;
    }
}

impl Page {
    /// Whether what was stepped last goes back into the queue.
    fn ends_in_queue(&self) -> bool {
        self.record.changes.last().is_some_and(|change| matches!(change.queue, Queue::Put { .. }))
    }

    /// The names by which what was stepped last is waited for.
    fn awaited_last(&self) -> impl Iterator<Item = Name> {
        let awaited = self.record.changes.last().map(|change| change.awaited.as_slice()).unwrap_or_default();
        awaited.iter().map(|awaited| (awaited.upstream, awaited.reference.clone()))
    }

    /// Whether this very page is the one that makes the store wait for this receipt.
    fn awaits(&self, name: &Name) -> bool {
        let is_it =
            |change: &Change| change.awaited.iter().any(|a| a.upstream == name.0 && a.reference == name.1);
        self.record.changes.iter().any(is_it)
    }
}

fn is_throttled((_, outcome): &(u8, PartOutcome)) -> bool {
    matches!(outcome, PartOutcome::Refused(fault) if fault.kind == FaultKind::Throttled)
}

/// Back on the shelf: nothing happened that needs recording.
fn give_back(counter: Option<&Arc<Counter>>, delivery: Delivery) {
    if let Some(counter) = counter {
        counter.put_back(delivery);
    }
}

fn tell_log(change: &Change, delivery: &Delivery) {
    tracing::debug!(
        target: "message",
        id = %delivery.message.id,
        to = ?delivery.message.to,
        state = delivery.state.word(),
        upstream = delivery.upstream.0,
        reference = delivery.reference.as_deref(),
        error = change.outcome.as_ref().and_then(|outcome| outcome.error.as_deref()).or(change.remark.as_deref()),
        "{}",
        delivery.state.word(),
    );
}
