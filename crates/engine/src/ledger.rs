//! The ledger: the one place where what happened to deliveries is stepped and recorded.
//!
//! It takes everything that arrived since its last record, steps each delivery, and hands the store one
//! transaction. Only then are carriers acknowledged, windows freed and clients told. Since one record ends
//! before the next begins, what the store holds is always complete up to some moment; and since whatever
//! arrives meanwhile waits together, batches form by themselves.

use crate::dispatch::Counter;
use crate::ends;
use crate::engine::Shared;
use crate::inbox::{Ack, Inbox, Post};
use crate::meters::Again;
use crate::names::{Candidate, Name, Names, choose};
use postrider_core::contract::{Answer, Parked, Record, StoreError};
use postrider_core::delivery::{Change, Delivery, Event, FaultKind, PartOutcome, Queue, State, Ways, step};
use postrider_core::id::MessageId;
use postrider_core::notice::Notice;
use postrider_core::number::Number;
use postrider_core::receipt::Report;
use postrider_core::route::UpstreamId;
use postrider_core::time::Time;
use std::collections::{HashMap, HashSet, VecDeque};
use std::hash::Hash;
use std::sync::{Arc, PoisonError};
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
    ended: Remembered<()>,
    /// Messages that have ended while something of them may be under way yet, such as a second copy.
    over: Remembered<(), MessageId>,
    /// Upstreams of which it was told that they don't report every part.
    partial: HashSet<UpstreamId>,
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
        }
    }

    /// Learns how carriers spell their names, and which receipts were early when the gateway stopped, and looks at each
    /// again: its message may have become known in the last moment.
    pub(crate) async fn recall(&mut self) -> Result<(), StoreError> {
        let learnt = self.shared.store.learnt().await?;
        self.shared.learnt.write().unwrap_or_else(PoisonError::into_inner).extend(learnt);
        for Parked { upstream, report, .. } in self.shared.store.parked(PARKED_MAX).await? {
            self.remember_early(upstream, &report, &self.names.way(upstream).candidates(&report));
            self.shared.inbox.put(|post| post.reports.push((upstream, vec![report])));
        }
        Ok(())
    }

    fn remember_early(&mut self, upstream: UpstreamId, report: &Report, candidates: &[Candidate]) {
        let name = (upstream, report.reference.clone());
        for candidate in candidates {
            self.early.insert(candidate.name.clone(), name.clone());
        }
        self.parked.insert(name, report.clone());
    }

    /// Looks at the parked receipts of an upstream again: what is known of its names has changed.
    fn look_at_parked(&self, upstream: UpstreamId) {
        let reports: Vec<Report> = self.parked.of(upstream).cloned().collect();
        if !reports.is_empty() {
            self.shared.inbox.put(|post| post.reports.push((upstream, reports)));
        }
    }

    /// Keeps the ledger for as long as the gateway runs.
    pub(crate) async fn keep(mut self) {
        let inbox = Arc::clone(&self.shared.inbox);
        loop {
            let post = inbox.take(self.shared.settings.patience).await;
            self.turn_page(post, &inbox).await;
        }
    }

    async fn turn_page(&mut self, post: Post, inbox: &Inbox) {
        let mut page = Page { now: self.shared.clock.now(), ..Page::default() };
        for (upstream, answers) in post.answers {
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
        let unknown = self.take_reports(reports, &mut page);
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

    /// Has receipts looked at again that came before the names of what was stepped last.
    fn look_for_early(&self, page: &mut Page) {
        if self.parked.is_empty() {
            return;
        }
        let early = page.awaited_last().filter_map(|name| self.early.get(&name));
        let early = early.filter_map(|raw| Some((raw.0, vec![self.parked.get(raw)?.clone()])));
        let early: Vec<_> = early.collect();
        page.again.extend(early);
    }

    /// Steps the deliveries that memory knows; returns the receipts of which it knows nothing.
    fn take_reports(
        &mut self,
        reports: impl Iterator<Item = (UpstreamId, Vec<Report>)>,
        page: &mut Page,
    ) -> Vec<Unknown> {
        let mut unknown = Vec::new();
        for (upstream, reports) in reports {
            let way = self.names.way(upstream);
            for report in reports {
                let rest = match way.only(&report) {
                    Some(name) => self.take_named(upstream, Candidate::certain(name), report, page),
                    None => self.take_likely(upstream, way.candidates(&report), report, page),
                };
                unknown.extend(rest);
            }
        }
        unknown
    }

    /// A receipt whose part can be known by one name only.
    fn take_named(
        &mut self,
        upstream: UpstreamId,
        candidate: Candidate,
        report: Report,
        page: &mut Page,
    ) -> Option<Unknown> {
        if let Some(delivery) = self.sent.remove(&candidate.name) {
            self.take_sent(delivery, upstream, report, &candidate, page);
        } else if self.ended.contains(&candidate.name) {
            metrics::counter!("postrider_dlr_repeated_total").increment(1);
        } else {
            return Some(Unknown { upstream, report, candidates: vec![candidate] });
        }
        None
    }

    /// A receipt whose part may be known by several names: memory decides only if it has one for the same handset, or if
    /// the receipt tells of none.
    fn take_likely(
        &mut self,
        upstream: UpstreamId,
        candidates: Vec<Candidate>,
        report: Report,
        page: &mut Page,
    ) -> Option<Unknown> {
        let is_it = |candidate: &&Candidate| {
            self.sent.get(&candidate.name).is_some_and(|delivery| report.is_of(delivery.message.to))
        };
        let likeliest = if report.between == [None, None] { candidates.first() } else { None };
        let found = candidates.iter().find(is_it).or(likeliest);
        if let Some((found, delivery)) = found.and_then(|it| Some((it, self.sent.remove(&it.name)?))) {
            self.learn(found, &report, delivery.message.to);
            self.take_sent(delivery, upstream, report, found, page);
        } else if report.also.is_none() && self.has_ended(&candidates) {
            metrics::counter!("postrider_dlr_repeated_total").increment(1);
        } else {
            // Of two names the first may be that of a message that has long ended, and the second the right one.
            return Some(Unknown { upstream, report, candidates });
        }
        None
    }

    /// Whether what a receipt is likeliest about is known to have ended.
    fn has_ended(&self, candidates: &[Candidate]) -> bool {
        let likeliest = candidates.iter().filter(|candidate| candidate.likeliest);
        likeliest.map(|it| &it.name).any(|name| self.ended.contains(name))
    }

    /// A receipt for a message of one part that memory has.
    fn take_sent(
        &mut self,
        mut delivery: Delivery,
        upstream: UpstreamId,
        report: Report,
        found: &Candidate,
        page: &mut Page,
    ) {
        if !self.take_report(&mut delivery, 0, upstream, report, found, page) {
            self.sent.insert(found.name.clone(), delivery);
        }
    }

    fn take_report(
        &mut self,
        delivery: &mut Delivery,
        part: u8,
        upstream: UpstreamId,
        mut report: Report,
        found: &Candidate,
        page: &mut Page,
    ) -> bool {
        if self.is_over(delivery) {
            return false;
        }
        let spelled = std::mem::replace(&mut report.reference, found.name.1.clone());
        if !self.parked.is_empty() {
            let spelled = (upstream, spelled);
            if self.parked.remove(&spelled).is_some() {
                page.record.unparked.push(spelled);
            }
        }
        let taken = self.take(delivery, Event::Reported { part, report }, page);
        if taken {
            self.ended.insert(found.name.clone(), ());
        }
        taken
    }

    fn learn(&mut self, found: &Candidate, report: &Report, recipient: Number) {
        if self.names.learn(found, report, recipient) {
            self.look_at_parked(found.name.0);
        }
    }

    /// Finds in the store what memory doesn't know; what it doesn't know either is parked.
    async fn look_up(&mut self, unknown: Vec<Unknown>, page: &mut Page) {
        if unknown.is_empty() {
            return;
        }
        let names = unknown.iter().flat_map(|unknown| &unknown.candidates).map(|it| it.name.clone());
        let names: Vec<Name> = names.collect();
        let mut found = loop {
            match self.shared.store.find(names.clone()).await {
                Ok(found) => break found.into_iter(),
                Err(error) => self.pause(&error).await,
            }
        };
        for Unknown { upstream, report, candidates } in unknown {
            let mut found: Vec<_> = found.by_ref().take(candidates.len()).collect();
            let recipient =
                |it: &Option<(Delivery, u8)>| it.as_ref().map(|(delivery, _)| delivery.message.to);
            let to: Vec<Option<Number>> = found.iter().map(recipient).collect();
            let chosen = choose(&report, &candidates, &to);
            match chosen.and_then(|chosen| Some((&candidates[chosen], found[chosen].take()?))) {
                Some((chosen, (delivery, part))) => {
                    let id = delivery.message.id;
                    let known = self.sent.remove(&chosen.name).or_else(|| page.open.remove(&id));
                    let mut delivery = known.unwrap_or(delivery);
                    self.learn(chosen, &report, delivery.message.to);
                    self.take_report(&mut delivery, part, upstream, report, chosen, page);
                    page.open.insert(id, delivery);
                }
                None if report.also.is_some() && self.has_ended(&candidates) => {
                    metrics::counter!("postrider_dlr_repeated_total").increment(1);
                }
                None => {
                    if candidates.iter().any(|candidate| page.awaits(&candidate.name)) {
                        page.again.push((upstream, vec![report.clone()]));
                    }
                    self.park(upstream, report, &candidates, page);
                }
            }
        }
    }

    fn park(&mut self, upstream: UpstreamId, report: Report, candidates: &[Candidate], page: &mut Page) {
        let name = (upstream, report.reference.clone());
        if report.reported.state().is_none() || self.parked.get(&name) == Some(&report) {
            return;
        }
        metrics::counter!("postrider_dlr_unmatched_total", "upstream" => self.shared.name(upstream))
            .increment(1);
        self.remember_early(upstream, &report, candidates);
        let key = candidates.first().map_or_else(|| name.1.clone(), |likeliest| likeliest.name.1.clone());
        page.record.parked.push(Parked { upstream, report, key, at: page.now });
    }

    /// Makes the page durable, then tells all who wait for that.
    async fn write(&mut self, page: Page, acks: Vec<Ack>, inbox: &Inbox) {
        let mut record = page.record;
        self.shared.lanes.promise(record.changes.iter_mut().filter_map(|change| change.notice.as_mut()));
        let notices: Vec<Notice> = record.changes.iter().filter_map(|change| change.notice.clone()).collect();
        let record = Arc::new(record);
        if !record.is_empty() {
            while let Err(error) = self.shared.store.record(Arc::clone(&record)).await {
                self.pause(&error).await;
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

    async fn pause(&self, error: &StoreError) {
        if matches!(error, StoreError::Superseded) {
            // What is to be recorded is another process's to find out.
            return std::future::pending().await;
        }
        tracing::error!(%error, "can't record what happened to messages; nothing is lost, trying again");
        metrics::counter!("postrider_store_errors_total").increment(1);
        tokio::time::sleep(RETRY).await;
    }
}

/// A receipt of whose message memory knows nothing.
struct Unknown {
    upstream: UpstreamId,
    report: Report,
    /// What its part may be known by.
    candidates: Vec<Candidate>,
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

/// A map that forgets its oldest entries when it is full.
struct Remembered<T, K = Name> {
    most: usize,
    entries: HashMap<K, (u64, T)>,
    order: VecDeque<(u64, K)>,
    stamp: u64,
}

impl<T, K: Clone + Eq + Hash> Remembered<T, K> {
    fn new(most: usize) -> Self {
        Self { most, entries: HashMap::new(), order: VecDeque::new(), stamp: 0 }
    }

    fn insert(&mut self, name: K, value: T) {
        self.stamp += 1;
        self.order.push_back((self.stamp, name.clone()));
        self.entries.insert(name, (self.stamp, value));
        // Entries that were taken out leave their place in the order behind: it is swept as it ages.
        while self.order.len() > self.most * 2 || self.entries.len() > self.most {
            let Some((stamp, name)) = self.order.pop_front() else { break };
            if self.entries.get(&name).is_some_and(|(current, _)| *current == stamp) {
                self.entries.remove(&name);
            }
        }
    }

    fn remove(&mut self, name: &K) -> Option<T> {
        self.entries.remove(name).map(|(_, value)| value)
    }

    fn get(&self, name: &K) -> Option<&T> {
        self.entries.get(name).map(|(_, value)| value)
    }

    fn contains(&self, name: &K) -> bool {
        self.entries.contains_key(name)
    }

    fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

impl<T> Remembered<T> {
    /// What is remembered of one upstream.
    fn of(&self, upstream: UpstreamId) -> impl Iterator<Item = &T> {
        self.entries.iter().filter(move |((of, _), _)| *of == upstream).map(|(_, (_, value))| value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(n: usize) -> Name {
        (UpstreamId(1), n.to_string().into())
    }

    #[test]
    fn memory_is_bounded_and_forgets_the_oldest() {
        let mut memory = Remembered::new(10);
        for n in 0..1_000 {
            memory.insert(name(n), n);
            if n % 3 == 0 {
                assert_eq!(memory.remove(&name(n)), Some(n));
            }
            assert!(memory.entries.len() <= 10 && memory.order.len() <= 20);
        }
        assert_eq!(memory.remove(&name(1)), None);
        assert_eq!(memory.remove(&name(998)), Some(998));
    }

    #[test]
    fn a_name_that_comes_again_is_a_new_entry() {
        let mut memory = Remembered::new(3);
        memory.insert(name(1), "old");
        memory.remove(&name(1));
        memory.insert(name(1), "new");
        memory.insert(name(2), "x");
        memory.insert(name(3), "y");
        assert!(memory.contains(&name(1)));
        memory.insert(name(4), "z");
        assert!(!memory.contains(&name(1)));
    }
}
