//! Whose receipt it is: memory is asked first, then the store, and what neither knows is parked.

use super::{Ended, Ledger, PARKED_MAX, Page};
use crate::names::{Candidate, Name, choose};
use postrider_core::contract::{Parked, StoreError};
use postrider_core::delivery::{Delivery, Event};
use postrider_core::number::Number;
use postrider_core::receipt::Report;
use postrider_core::route::UpstreamId;

/// A receipt of whose message memory knows nothing.
pub(super) struct Unknown {
    upstream: UpstreamId,
    report: Report,
    /// What its part may be known by.
    candidates: Vec<Candidate>,
    /// Whether it is kept if nothing is found.
    parks: bool,
}

impl Ledger {
    /// Learns how carriers spell their names, and which receipts were early when the gateway stopped, and looks at each
    /// again: its message may have become known in the last moment.
    pub(crate) async fn recall(&mut self) -> Result<(), StoreError> {
        self.shared.learnt.take_in(self.shared.store.learnt().await?);
        for Parked { upstream, report, .. } in self.shared.store.parked(PARKED_MAX).await? {
            self.remember_early(upstream, &report, &self.names.way(upstream).candidates(&report));
            self.shared.inbox.put(|post| post.reports.push((upstream, vec![report])));
        }
        Ok(())
    }

    pub(super) fn remember_early(&mut self, upstream: UpstreamId, report: &Report, candidates: &[Candidate]) {
        let name = (upstream, report.reference.clone());
        for candidate in candidates {
            self.early.insert(candidate.name.clone(), name.clone());
        }
        self.parked.insert(name, report.clone());
    }

    /// Looks at the parked receipts of an upstream again: what is known of its names has changed.
    pub(super) fn look_at_parked(&self, upstream: UpstreamId) {
        let reports: Vec<Report> = self.parked.of(upstream).cloned().collect();
        if !reports.is_empty() {
            self.shared.inbox.put(|post| post.reports.push((upstream, reports)));
        }
    }

    /// Has receipts looked at again that came before the names of what was stepped last.
    pub(super) fn look_for_early(&self, page: &mut Page) {
        if self.parked.is_empty() {
            return;
        }
        let early = page.awaited_last().filter_map(|name| self.early.get(&name));
        let early = early.filter_map(|raw| Some((raw.0, vec![self.parked.get(raw)?.clone()])));
        let early: Vec<_> = early.collect();
        page.again.extend(early);
    }

    /// Steps the deliveries that memory knows; returns the receipts of which it knows nothing.
    pub(super) fn take_reports(
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

    /// Steps deliveries by what carriers said of them when they were asked; returns those of which memory knows nothing.
    /// They were waited for a moment ago: what isn't any more has come to its end.
    pub(super) fn take_replies(
        &mut self,
        replies: Vec<(UpstreamId, Report)>,
        page: &mut Page,
    ) -> Vec<Unknown> {
        let mut unknown = Vec::new();
        for (upstream, report) in replies {
            let certain = Candidate::certain((upstream, report.reference.clone()));
            let rest = self.take_named(upstream, certain, report, page);
            unknown.extend(rest.map(|rest| Unknown { parks: false, ..rest }));
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
            self.take_again(&candidate.name, &report);
        } else {
            return Some(Unknown { upstream, report, candidates: vec![candidate], parks: true });
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
        } else if report.also.is_none()
            && let Some(name) = self.ended(&candidates)
        {
            self.take_again(&name, &report);
        } else {
            // Of two names the first may be that of a message that has long ended, and the second the right one.
            return Some(Unknown { upstream, report, candidates, parks: true });
        }
        None
    }

    /// What a receipt is likeliest about, if it is known to have ended.
    fn ended(&self, candidates: &[Candidate]) -> Option<Name> {
        let likeliest = candidates.iter().filter(|candidate| candidate.likeliest);
        likeliest.map(|it| &it.name).find(|name| self.ended.contains(name)).cloned()
    }

    /// A receipt for what has ended. A carrier that now says something else is told of, once; what it said first stands.
    fn take_again(&mut self, name: &Name, report: &Report) {
        metrics::counter!("postrider_dlr_repeated_total").increment(1);
        let (Some(ended), Some(state)) = (self.ended.get(name), report.reported.state()) else { return };
        if ended.state == state {
            return;
        }
        let (upstream, id) = (self.shared.name(name.0), ended.message);
        let (ended, said) = (ended.state.word(), state.word());
        if self.fickle.insert(name.0) {
            tracing::warn!(
                upstream,
                %id,
                ended,
                said,
                "a receipt contradicts the one that ended its message, which stays as it ended; more of the kind are counted"
            );
        } else {
            tracing::debug!(upstream, %id, ended, said, "a receipt contradicts the one that ended its message");
        }
        metrics::counter!("postrider_dlr_contradicted_total", "upstream" => upstream).increment(1);
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

    pub(super) fn take_report(
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
        let state = report.reported.state();
        let taken = self.take(delivery, Event::Reported { part, report }, page);
        if let Some(state) = state.filter(|_| taken) {
            self.ended.insert(found.name.clone(), Ended { message: delivery.message.id, state });
        }
        taken
    }

    fn learn(&mut self, found: &Candidate, report: &Report, recipient: Number) {
        if self.names.learn(found, report, recipient) {
            self.look_at_parked(found.name.0);
        }
    }

    /// Finds in the store what memory doesn't know; what it doesn't know either is parked.
    pub(super) async fn look_up(&mut self, unknown: Vec<Unknown>, page: &mut Page) {
        if unknown.is_empty() {
            return;
        }
        let names = unknown.iter().flat_map(|unknown| &unknown.candidates).map(|it| it.name.clone());
        let names: Vec<Name> = names.collect();
        let mut tries = 0;
        let mut found = loop {
            match self.shared.store.find(names.clone()).await {
                Ok(found) => break found.into_iter(),
                Err(error) => {
                    self.pause(&error, tries).await;
                    tries += 1;
                }
            }
        };
        for Unknown { upstream, report, candidates, parks } in unknown {
            let mut found: Vec<_> = found.by_ref().take(candidates.len()).collect();
            let recipient =
                |it: &Option<(Delivery, u8)>| it.as_ref().map(|(delivery, _)| delivery.message.to);
            let to: Vec<Option<Number>> = found.iter().map(recipient).collect();
            let chosen = choose(&report, &candidates, &to);
            match chosen.and_then(|chosen| Some((&candidates[chosen], found[chosen].take()?))) {
                Some((chosen, (delivery, part))) => {
                    let id = delivery.message.id;
                    if self.ended.get(&chosen.name).is_some_and(|ended| ended.message == id) {
                        // It has ended on this very page, of which the store doesn't know yet.
                        self.take_again(&chosen.name, &report);
                        continue;
                    }
                    let known = self.sent.remove(&chosen.name).or_else(|| page.open.remove(&id));
                    let mut delivery = known.unwrap_or(delivery);
                    self.learn(chosen, &report, delivery.message.to);
                    self.take_report(&mut delivery, part, upstream, report, chosen, page);
                    page.open.insert(id, delivery);
                }
                None if !parks => {}
                None => {
                    if report.also.is_some()
                        && let Some(name) = self.ended(&candidates)
                    {
                        self.take_again(&name, &report);
                        continue;
                    }
                    if candidates.iter().any(|candidate| page.awaits(&candidate.name)) {
                        page.again.push((upstream, vec![report.clone()]));
                    }
                    self.park(upstream, report, &candidates, page);
                }
            }
        }
    }

    pub(super) fn park(
        &mut self,
        upstream: UpstreamId,
        report: Report,
        candidates: &[Candidate],
        page: &mut Page,
    ) {
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
}
