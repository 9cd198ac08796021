//! The book: what the ledger remembers, and the entries that it makes on a page. It does no work of its own and knows no
//! clock; the ledger's task hands in what arrived.

use super::page::Page;
use super::receipts::Early;
use super::remembered::Remembered;
use super::repeats::Repeats;
use super::requests::Requests;
use crate::consent::Holdings;
use crate::inbound_notices::inbound_notices;
use crate::inbox::Post;
use crate::learned_forms::LearnedForms;
use crate::meters::RetryReason;
use crate::naming::{Learning, PartKey, ReceiptNaming};
use crate::upstreams::View;
use postrider_core::contract::{Answer, EndedText};
use postrider_core::delivery::{
    Change, Delivery, Event, FaultKind, Outcome, PartOutcome, Queue, Routing, State, step,
};
use postrider_core::id::MessageId;
use postrider_core::inbound::parts::{InboundPart, PARTS_WAIT, PartsKey};
use postrider_core::inbound::{Inbound, Received};
use postrider_core::message::Message;
use postrider_core::notice::Notice;
use postrider_core::retention::Kept;
use postrider_core::route::UpstreamId;
use postrider_core::rules::Rules;
use postrider_core::stream::OtherEvent;
use std::collections::HashSet;
use std::sync::Arc;

/// Messages whose receipts are matched from memory; those of all others are looked up in the store.
const SENT_MAX: usize = 65_536;
/// Early receipts matched from memory.
pub(super) const PARKED_MAX: usize = 16_384;
/// Keys of parts whose end is known, kept to tell a repeated receipt from an early one.
const ENDED_MAX: usize = 32_768;
/// Messages that ended with something of them under way, kept so that they end once.
const OVER_MAX: usize = 16_384;

/// The ledger's memory.
pub(super) struct Book {
    /// Messages of one part that were sent, by the key of the part.
    pub(super) sent: Remembered<Delivery>,
    /// Receipts that came before their message was known, by the reference in the receipt.
    pub(super) parked: Remembered<Early>,
    /// The same references, by all keys that they may turn out to stand for.
    pub(super) early: Remembered<PartKey>,
    /// The forms in which carriers spell their references.
    pub(super) learning: Learning,
    /// Parts whose end is known.
    pub(super) ended: Remembered<Ended>,
    /// Messages that have ended while something of them may be under way yet, such as a second copy.
    over: Remembered<(), MessageId>,
    /// Messages from handsets that came lately, to know those that the network brings again.
    pub(super) repeats: Repeats,
    /// Requests to opt out, to opt in and for help.
    requests: Requests,
    /// Upstreams of which the log was told that they don't report every part.
    partial: HashSet<UpstreamId>,
    /// Upstreams of which the log was told that they say one thing and then another.
    pub(super) contradictory: HashSet<UpstreamId>,
    /// How long this node keeps what accounts say nothing about.
    kept: Kept,
}

/// The end of a part.
pub(super) struct Ended {
    pub(super) message: MessageId,
    pub(super) state: State,
}

impl Book {
    pub(super) fn new(forms: Arc<LearnedForms>, holdings: Arc<Holdings>, kept: Kept) -> Self {
        Self {
            sent: Remembered::new(SENT_MAX),
            parked: Remembered::new(PARKED_MAX),
            early: Remembered::new(PARKED_MAX * 3),
            learning: Learning::new(forms),
            ended: Remembered::new(ENDED_MAX),
            over: Remembered::new(OVER_MAX),
            repeats: Repeats::new(),
            requests: Requests::new(holdings),
            partial: HashSet::new(),
            contradictory: HashSet::new(),
            kept,
        }
    }

    pub(super) fn naming(&self, upstream: UpstreamId, view: View<'_>) -> ReceiptNaming {
        self.learning.naming(upstream, view.rules)
    }

    /// Enters what arrived on the page. What memory doesn't know is left among the page's unknown receipts.
    pub(super) fn enter(
        &mut self,
        post: Post,
        mut identify: impl FnMut() -> MessageId,
        view: View<'_>,
        page: &mut Page,
    ) {
        for (upstream, answers) in post.answers {
            self.enter_answers(upstream, answers, view, page);
        }
        for (delivery, event) in post.events {
            self.enter_event(delivery, event, view, page);
        }
        for upstream in post.taught {
            self.look_at_parked(upstream, page);
        }
        let references = post.matched.iter().map(|(upstream, report)| (*upstream, report.reference.clone()));
        page.record.unparked.extend(references);
        let matched = post.matched.into_iter().map(|(upstream, report)| (upstream, vec![report]));
        self.enter_reports(post.reports.into_iter().chain(matched), view, page);
        self.enter_replies(post.replies, view, page);
        for upstream in post.lost {
            self.repeats.lost(upstream, page.now);
        }
        for (upstream, at) in post.lost_elsewhere {
            self.repeats.lost(upstream, at);
        }
        self.requests.enter_refused(&mut identify, view.rules, page);
        self.enter_inbound(post.inbound, identify, view, page);
        let at = page.now;
        page.record.events.extend(post.told.into_iter().map(|event| OtherEvent { at, ..event }));
        page.acks.extend(post.acks);
    }

    fn enter_event(&mut self, mut delivery: Delivery, event: Event, view: View<'_>, page: &mut Page) {
        if let (Event::Silent, Some(reference)) = (&event, &delivery.reference) {
            let key = self.naming(delivery.upstream, view).key(reference).into();
            self.sent.remove(&(delivery.upstream, key));
        }
        if self.is_over(&delivery) {
            return;
        }
        if event == Event::Silent {
            self.tell_of_parts(&delivery, view);
        }
        let gives_reference = matches!(event, Event::Named { .. });
        if self.step(&mut delivery, event, view, page) && gives_reference {
            let naming = self.naming(delivery.upstream, view);
            if let Some(change) = page.last() {
                naming.set_keys(&mut change.awaited);
            }
            self.look_for_early(page);
        }
    }

    /// Tells, once, of an upstream whose receipts never come for all parts of a message.
    fn tell_of_parts(&mut self, delivery: &Delivery, view: View<'_>) {
        let (upstream, reported) = (delivery.upstream, delivery.reported.count());
        let lacks = reported > 0 && reported < u32::from(delivery.parts);
        if lacks && !view.one_receipt(upstream) && self.partial.insert(upstream) {
            tracing::warn!(
                upstream = view.name(upstream),
                id = %delivery.message.id,
                "receipts came for {reported} of a message's {} parts only; if the carrier reports all parts by one receipt, \
                 declare receipts.parts = 'one'",
                delivery.parts
            );
        }
    }

    /// Steps one delivery and puts the change on the page; tells whether there was one.
    pub(super) fn step(
        &mut self,
        delivery: &mut Delivery,
        event: Event,
        view: View<'_>,
        page: &mut Page,
    ) -> bool {
        let before = delivery.state;
        let Some(change) = step(delivery, event, &view, page.now) else { return false };
        if delivery.state == State::Unknown || delivery.state.is_final() && delivery.possible_duplicate {
            self.over.insert(delivery.message.id, ());
        }
        // The receipt of one part of several changes nothing that a line says.
        if delivery.state != before || change.remark.is_some() {
            tell_log(&change, delivery);
        }
        if let Some(outcome) = &change.outcome {
            view.upstreams.qualities.count(&delivery.message, outcome, view.rules);
            view.upstreams.senders.count(&delivery.message, outcome);
            page.record.redacted.extend(ended_texts(&delivery.message, outcome, view.rules, self.kept));
            let notice = Notice::of_end_for_rules(&delivery.message, outcome, view.rules, page.now);
            page.record.notices.extend(notice);
            self.requests.note_end(&delivery.message, outcome);
        }
        if let Queue::Return(back) = &change.queue {
            view.upstreams.qualities.count(&delivery.message, &back.attempt, view.rules);
            view.upstreams.senders.count(&delivery.message, &back.attempt);
            metrics::counter!("postrider_failed_over_total", "upstream" => view.name(back.attempt.upstream))
                .increment(1);
        }
        page.record.changes.push(change);
        true
    }

    fn enter_answers(&mut self, upstream: UpstreamId, answers: Vec<Answer>, view: View<'_>, page: &mut Page) {
        let naming = self.naming(upstream, view);
        let mut settled = 0;
        for Answer { mut delivery, parts, outcomes } in answers {
            let weight = usize::from(delivery.message.parts);
            if self.is_over(&delivery) {
                // The other copy has arrived meanwhile.
                settled += weight;
                continue;
            }
            if outcomes.iter().any(is_throttled) {
                page.aside.throttled.push(upstream);
            }
            let why = RetryReason::of(&outcomes);
            let stepped = self.step(&mut delivery, Event::Answered { parts, outcomes }, view, page);
            if let Some(why) = why.filter(|_| !stepped || page.ends_in_queue()) {
                page.aside.retried.push((upstream, why));
            }
            if !stepped {
                page.aside.unsent.push((upstream, delivery));
                continue;
            }
            settled += weight;
            if let Some(change) = page.last() {
                naming.set_keys(&mut change.awaited);
            }
            // Also while other parts are still to be sent: the receipts of those taken may be here.
            self.await_receipt(delivery, page);
        }
        if settled > 0 {
            *page.settled.entry(upstream).or_default() += settled;
        }
    }

    /// Forgets messages that other nodes have taken over: the store knows of both copies. What was entered on the page meanwhile
    /// is marked.
    pub(super) fn give_up(&mut self, taken_over: &[MessageId], page: &mut Page) {
        if taken_over.is_empty() {
            return;
        }
        let taken_over: HashSet<&MessageId> = taken_over.iter().collect();
        self.sent.retain(|delivery| !taken_over.contains(&delivery.message.id));
        for message in &taken_over {
            self.over.remove(message);
            page.open.remove(message);
        }
        let is_meant = |change: &&mut Change| taken_over.contains(&change.message);
        page.record.changes.iter_mut().filter(is_meant).for_each(Change::mark);
    }

    /// Whether what is heard of a message is of no use any more: it has ended, though something of it was under way.
    pub(super) fn is_over(&self, delivery: &Delivery) -> bool {
        !self.over.is_empty() && self.over.contains(&delivery.message.id)
    }

    /// Takes on messages from handsets, with the notices of them, and parts of messages.
    fn enter_inbound(
        &mut self,
        inbound: Vec<(UpstreamId, Inbound)>,
        mut identify: impl FnMut() -> MessageId,
        view: View<'_>,
        page: &mut Page,
    ) {
        for (upstream, mut inbound) in inbound {
            let id = identify();
            let wait = view.rules.upstream(upstream).map_or(PARTS_WAIT, |upstream| upstream.parts_wait);
            if let Some((key, number)) = PartsKey::of(&inbound) {
                let until = page.now + wait;
                page.record.parts.push(InboundPart {
                    id,
                    upstream,
                    until,
                    joined: None,
                    key,
                    number,
                    inbound,
                });
                continue;
            }
            if self.repeats.is_repeat(upstream, &inbound, page.now) {
                metrics::counter!("postrider_inbound_repeated_total", "upstream" => view.name(upstream))
                    .increment(1);
                continue;
            }
            let owner = view.rules.numbers.owner(upstream, &inbound.to, inbound.text());
            inbound.understand_sender(owner.as_ref().map(|owner| owner.account), view.rules, page.now);
            let mut received = Received::new(id, upstream, page.now, inbound, owner.as_ref());
            received.put_price(view.rules);
            self.requests.enter(&mut received, &mut identify, view.rules, page);
            let received = Arc::new(received);
            if let Some(owner) = &owner {
                page.record.notices.extend(inbound_notices(&received, owner, view.rules));
            }
            page.record.inbound.push(received);
        }
    }

    /// Remembers what was sent; receipts that came before their message was known are looked at again once it is. What may
    /// have been sent twice, and so may have two references, is left to the store, which knows both.
    fn await_receipt(&mut self, delivery: Delivery, page: &mut Page) {
        self.look_for_early(page);
        if delivery.parts > 1 || delivery.possible_duplicate {
            return;
        }
        if let Some(key) = page.awaited_last().next() {
            self.sent.insert(key, delivery);
        }
    }
}

/// The texts that go with the end of a message, as its account's retention says.
fn ended_texts(message: &Message, outcome: &Outcome, rules: &Rules, kept: Kept) -> Vec<EndedText> {
    let Some(account) = rules.account(message.account) else { return Vec::new() };
    let (delivered, age) = (outcome.state == State::Delivered, outcome.done_at.since(message.created()));
    if !account.retention.ends_text(kept, delivered, age) {
        return Vec::new();
    }
    let rows = message.known_as.iter().map(|known| known.id).chain([message.id]);
    rows.map(|row| EndedText { message: message.id, row }).collect()
}

fn is_throttled((_, outcome): &(u8, PartOutcome)) -> bool {
    matches!(outcome, PartOutcome::Refused(fault) if fault.kind == FaultKind::Throttled)
}

fn tell_log(change: &Change, delivery: &Delivery) {
    tracing::debug!(
        target: "message",
        id = %delivery.message.id,
        to = ?delivery.message.to,
        state = delivery.state.word(),
        upstream = delivery.upstream.0,
        reference = delivery.reference.as_deref(),
        error = change.outcome.as_ref().and_then(|outcome| outcome.error.as_ref()).map(tracing::field::display),
        remark = change.remark.as_deref(),
        "{}",
        delivery.state.word(),
    );
}

#[cfg(test)]
pub(super) mod tests;
