//! The matching of receipts: memory is asked first, then the store, and a receipt that neither knows is parked.

use super::book::{Book, Ended};
use super::page::{Page, Unknown};
use crate::naming::{Candidate, PartKey, choose};
use crate::upstreams::View;
use postrider_core::contract::Parked;
use postrider_core::delivery::{Delivery, Event, State};
use postrider_core::id::MessageId;
use postrider_core::number::Number;
use postrider_core::receipt::Report;
use postrider_core::route::UpstreamId;
use postrider_core::time::Time;
use std::time::Duration;

/// How long after a receipt that waits for its message another with its reference is taken to be about the same message.
/// An answer comes within a link's time limit, and carriers give a reference to the next message much later.
pub(super) const SAME_MESSAGE: Duration = Duration::from_secs(60);

/// A receipt that came before its message was known.
pub(super) struct Early {
    report: Report,
    came: Time,
}

impl Early {
    /// Whether it stands against a later receipt with its reference: the first that ends a message counts.
    fn stands_against(&self, report: &Report, now: Time) -> bool {
        self.report.reported.state() != report.reported.state() && now - SAME_MESSAGE < self.came
    }
}

/// A receipt whose part is known.
struct Matched<'a> {
    /// The upstream that brought it.
    upstream: UpstreamId,
    report: Report,
    /// The candidate that found it.
    found: &'a Candidate,
    /// The part of the message.
    part: u8,
}

impl Book {
    /// Remembers a receipt that was parked before the gateway stopped.
    pub(super) fn recall(&mut self, upstream: UpstreamId, report: Report, came: Time, view: View<'_>) {
        let reference = (upstream, report.reference.clone());
        if self.parked.get(&reference).is_none_or(|first| !first.stands_against(&report, came)) {
            let candidates = self.naming(upstream, view).candidates(&report);
            self.remember_early(upstream, Early { report, came }, &candidates);
        }
    }

    fn remember_early(&mut self, upstream: UpstreamId, early: Early, candidates: &[Candidate]) {
        let reference = (upstream, early.report.reference.clone());
        for candidate in candidates {
            self.early.insert(candidate.key.clone(), reference.clone());
        }
        self.parked.insert(reference, early);
    }

    /// Has the parked receipts of an upstream looked at again: what is known of its references has changed.
    pub(super) fn look_at_parked(&self, upstream: UpstreamId, page: &mut Page) {
        let reports: Vec<Report> = self.parked.of(upstream).map(|early| early.report.clone()).collect();
        if !reports.is_empty() {
            page.again.push((upstream, reports));
        }
    }

    /// Has receipts looked at again that came before the message that was stepped last.
    pub(super) fn look_for_early(&self, page: &mut Page) {
        if self.parked.is_empty() {
            return;
        }
        let early = page.awaited_last().filter_map(|key| self.early.get(&key));
        let early = early.filter_map(|raw| Some((raw.0, vec![self.parked.get(raw)?.report.clone()])));
        let early: Vec<_> = early.collect();
        page.again.extend(early);
    }

    /// Enters receipts. What memory doesn't know is left among the page's unknown ones.
    pub(super) fn enter_reports(
        &mut self,
        reports: impl Iterator<Item = (UpstreamId, Vec<Report>)>,
        view: View<'_>,
        page: &mut Page,
    ) {
        for (upstream, reports) in reports {
            let naming = self.naming(upstream, view);
            for report in reports {
                let unknown = match naming.only(&report) {
                    Some(key) => self.enter_certain(upstream, Candidate::certain(key), report, view, page),
                    None => self.enter_likely(upstream, naming.candidates(&report), report, view, page),
                };
                page.unknown.extend(unknown);
            }
        }
    }

    /// Enters what carriers said of parts when they were asked. They were waited for a moment ago: those that aren't any
    /// more have come to their end.
    pub(super) fn enter_replies(
        &mut self,
        replies: Vec<(UpstreamId, Report)>,
        view: View<'_>,
        page: &mut Page,
    ) {
        for (upstream, report) in replies {
            let certain = Candidate::certain((upstream, report.reference.clone()));
            let unknown = self.enter_certain(upstream, certain, report, view, page);
            page.unknown.extend(unknown.map(|unknown| Unknown { parks: false, ..unknown }));
        }
    }

    /// A receipt that can be about one part only.
    fn enter_certain(
        &mut self,
        upstream: UpstreamId,
        candidate: Candidate,
        report: Report,
        view: View<'_>,
        page: &mut Page,
    ) -> Option<Unknown> {
        if let Some(delivery) = self.sent.remove(&candidate.key) {
            let matched = Matched { upstream, report, found: &candidate, part: 0 };
            self.enter_sent(delivery, matched, view, page);
        } else if self.ended.contains(&candidate.key) {
            self.enter_repeated(&candidate.key, &report, view);
        } else {
            return Some(Unknown { upstream, report, candidates: vec![candidate], parks: true });
        }
        None
    }

    /// A receipt that may be about one of several parts: memory decides only if it has one for the same handset, or if
    /// the receipt tells of none.
    fn enter_likely(
        &mut self,
        upstream: UpstreamId,
        candidates: Vec<Candidate>,
        report: Report,
        view: View<'_>,
        page: &mut Page,
    ) -> Option<Unknown> {
        let is_it = |candidate: &&Candidate| {
            self.sent.get(&candidate.key).is_some_and(|delivery| report.is_of(delivery.message.to))
        };
        let likeliest = if report.between == [None, None] { candidates.first() } else { None };
        let found = candidates.iter().find(is_it).or(likeliest);
        if let Some((found, delivery)) = found.and_then(|it| Some((it, self.sent.remove(&it.key)?))) {
            self.learn(found, &report, delivery.message.to, view, page);
            let matched = Matched { upstream, report, found, part: 0 };
            self.enter_sent(delivery, matched, view, page);
        } else if report.also.is_none()
            && let Some(key) = self.ended(&candidates)
        {
            self.enter_repeated(&key, &report, view);
        } else {
            // Of two references the first may be that of a message that has long ended, and the second the right one.
            return Some(Unknown { upstream, report, candidates, parks: true });
        }
        None
    }

    /// The part that a receipt is likeliest about, if that is known to have ended.
    fn ended(&self, candidates: &[Candidate]) -> Option<PartKey> {
        let likeliest = candidates.iter().filter(|candidate| candidate.likeliest);
        likeliest.map(|it| &it.key).find(|key| self.ended.contains(key)).cloned()
    }

    /// A receipt for what has ended. A carrier that now says something else is told of, once; what it said first stands.
    fn enter_repeated(&mut self, key: &PartKey, report: &Report, view: View<'_>) {
        metrics::counter!("postrider_dlr_repeated_total").increment(1);
        let (Some(ended), Some(state)) = (self.ended.get(key), report.reported.state()) else { return };
        if ended.state != state {
            let (message, ended) = (ended.message, ended.state);
            self.tell_of_contradiction(key.0, Some(message), [ended, state], view);
        }
    }

    /// Tells of a carrier that said the first, and then the second of one message; of each carrier once.
    fn tell_of_contradiction(
        &mut self,
        upstream: UpstreamId,
        message: Option<MessageId>,
        [ended, said]: [State; 2],
        view: View<'_>,
    ) {
        let (is_first, upstream) = (self.contradictory.insert(upstream), view.name(upstream));
        let (id, ended, said) = (message.map(tracing::field::display), ended.word(), said.word());
        if is_first {
            tracing::warn!(
                upstream,
                id,
                ended,
                said,
                "a receipt contradicts the one that ended its message, which stays as it ended; more of the kind are counted"
            );
        } else {
            tracing::debug!(
                upstream,
                id,
                ended,
                said,
                "a receipt contradicts the one that ended its message"
            );
        }
        metrics::counter!("postrider_dlr_contradicted_total", "upstream" => upstream).increment(1);
    }

    /// A receipt for a message of one part that memory has.
    fn enter_sent(&mut self, mut delivery: Delivery, matched: Matched<'_>, view: View<'_>, page: &mut Page) {
        let found = matched.found;
        let taken = self.enter_report(&mut delivery, matched, view, page);
        // One that returned to the queue is the store's until it is sent again.
        if !taken || delivery.state == State::Sent {
            self.sent.insert(found.key.clone(), delivery);
        }
    }

    /// Steps the message of a receipt; tells whether that changed anything.
    fn enter_report(
        &mut self,
        delivery: &mut Delivery,
        Matched { upstream, mut report, found, part }: Matched<'_>,
        view: View<'_>,
        page: &mut Page,
    ) -> bool {
        if self.is_over(delivery) {
            return false;
        }
        let spelled = std::mem::replace(&mut report.reference, found.key.1.clone());
        if !self.parked.is_empty() {
            let spelled = (upstream, spelled);
            if self.parked.remove(&spelled).is_some() {
                page.record.unparked.push(spelled);
            }
        }
        let state = report.reported.state();
        let taken = self.step(delivery, Event::Reported { part, report }, view, page);
        if let Some(state) = state.filter(|_| taken) {
            self.ended.insert(found.key.clone(), Ended { message: delivery.message.id, state });
        }
        taken
    }

    fn learn(
        &mut self,
        found: &Candidate,
        report: &Report,
        recipient: Number,
        view: View<'_>,
        page: &mut Page,
    ) {
        if let Some(learnt) = self.learning.learn(found, report, recipient, view.rules) {
            tracing::info!(
                upstream = view.name(learnt.upstream),
                form = learnt.form.word(),
                "learnt how the carrier spells its identifiers in receipts; it is taken for settled"
            );
            self.look_at_parked(learnt.upstream, page);
            page.aside.learnt.push(learnt);
        }
    }

    /// Enters receipts of which memory knew nothing, by what the store `found` for their keys. What it doesn't know either
    /// is parked.
    pub(super) fn enter_found(
        &mut self,
        unknown: Vec<Unknown>,
        found: Vec<Option<(Delivery, u8)>>,
        view: View<'_>,
        page: &mut Page,
    ) {
        let mut found = found.into_iter();
        for unknown in unknown {
            let found = found.by_ref().take(unknown.candidates.len()).collect();
            self.enter_one_found(unknown, found, view, page);
        }
    }

    fn enter_one_found(
        &mut self,
        Unknown { upstream, report, candidates, parks }: Unknown,
        mut found: Vec<Option<(Delivery, u8)>>,
        view: View<'_>,
        page: &mut Page,
    ) {
        if report.also.is_some() {
            self.forget_ended(&candidates, &mut found);
        }
        let recipient = |it: &Option<(Delivery, u8)>| it.as_ref().map(|(delivery, _)| delivery.message.to);
        let to: Vec<Option<Number>> = found.iter().map(recipient).collect();
        let chosen = choose(&report, &candidates, &to);
        let Some((chosen, (delivery, part))) =
            chosen.and_then(|chosen| Some((&candidates[chosen], found[chosen].take()?)))
        else {
            if parks {
                self.enter_strange(upstream, report, &candidates, view, page);
            }
            return;
        };
        let id = delivery.message.id;
        if self.ended.get(&chosen.key).is_some_and(|ended| ended.message == id) {
            // It has ended on this very page, of which the store doesn't know yet.
            self.enter_repeated(&chosen.key, &report, view);
            return;
        }
        let known = self.sent.remove(&chosen.key).or_else(|| page.open.remove(&id));
        let mut delivery = known.unwrap_or(delivery);
        self.learn(chosen, &report, delivery.message.to, view, page);
        let matched = Matched { upstream, report, found: chosen, part };
        let was_sent = delivery.state == State::Sent;
        self.enter_report(&mut delivery, matched, view, page);
        if !(was_sent && delivery.state == State::Queued) {
            page.open.insert(id, delivery);
        }
    }

    /// Leaves out parts that have ended on this very page, of which the store doesn't know yet: of two references the second
    /// counts then.
    fn forget_ended(&self, candidates: &[Candidate], found: &mut [Option<(Delivery, u8)>]) {
        for (candidate, found) in candidates.iter().zip(found) {
            let ended = self.ended.get(&candidate.key);
            found.take_if(|(delivery, _)| ended.is_some_and(|ended| ended.message == delivery.message.id));
        }
    }

    /// A receipt of which neither memory nor the store knows the message.
    fn enter_strange(
        &mut self,
        upstream: UpstreamId,
        report: Report,
        candidates: &[Candidate],
        view: View<'_>,
        page: &mut Page,
    ) {
        if report.also.is_some()
            && let Some(key) = self.ended(candidates)
        {
            self.enter_repeated(&key, &report, view);
            return;
        }
        if candidates.iter().any(|candidate| page.awaits(&candidate.key)) {
            page.again.push((upstream, vec![report.clone()]));
        }
        self.park(upstream, report, candidates, view, page);
    }

    fn park(
        &mut self,
        upstream: UpstreamId,
        report: Report,
        candidates: &[Candidate],
        view: View<'_>,
        page: &mut Page,
    ) {
        let reference = (upstream, report.reference.clone());
        let Some(said) = report.reported.state() else { return };
        if let Some(first) = self.parked.get(&reference) {
            if first.report == report {
                return;
            }
            if first.stands_against(&report, page.now) {
                let ended = first.report.reported.state().unwrap_or(said);
                self.tell_of_contradiction(upstream, None, [ended, said], view);
                return;
            }
        }
        metrics::counter!("postrider_dlr_unmatched_total", "upstream" => view.name(upstream)).increment(1);
        tracing::info!(
            kind = "unmatched receipts",
            upstream = view.name(upstream),
            "a receipt came that matches no message so far: it is kept, see GET /v1/receipts/unmatched"
        );
        self.remember_early(upstream, Early { report: report.clone(), came: page.now }, candidates);
        let likeliest = candidates.first().map(|likeliest| likeliest.key.1.clone());
        let key = likeliest.unwrap_or(reference.1);
        page.record.parked.push(Parked { upstream, report, key, at: page.now });
    }
}
