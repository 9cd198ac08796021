//! Long messages from handsets: their parts are put together when all are there, or were waited for long enough.
//!
//! Whichever node stored a part looks at its message; whichever comes first joins it. A look by the clock finds what a node
//! left behind that died, and what stays incomplete.

use crate::clock::{Clock, instant};
use crate::consent::{Asked, Holdings, notice};
use crate::identifiers::Identifiers;
use crate::inbound_notices::{awaited_replies, inbound_notices};
use crate::ledger::Settling;
use crate::outbox::Lanes;
use crate::streams::Streams;
use arc_swap::ArcSwap;
use postrider_core::consent::{Asking, Change, Scope, respond};
use postrider_core::contract::{InboundPartsWanted, JoinedParts, Store, StoreError};
use postrider_core::id::MessageId;
use postrider_core::inbound::Received;
use postrider_core::inbound::parts::{
    Assembly, InboundPart, PARTS_REMEMBERED, PartsKey, Standing, assemblies,
};
use postrider_core::notice::NoticeId;
use postrider_core::number::Number;
use postrider_core::rules::Rules;
use postrider_core::time::Time;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};

/// How often it is looked for messages whose parts were waited for long enough.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Messages that are looked at together.
const MOST: usize = 500;

/// The messages of which parts were stored.
#[derive(Default)]
pub(crate) struct PartsArrived {
    keys: Mutex<BTreeSet<PartsKey>>,
    arrived: Notify,
}

impl PartsArrived {
    /// Takes note of parts that were stored.
    pub(crate) fn add(&self, keys: impl IntoIterator<Item = PartsKey>) {
        let mut all = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        let before = all.len();
        all.extend(keys);
        if all.len() > before {
            self.arrived.notify_one();
        }
    }

    fn take(&self) -> Vec<PartsKey> {
        let mut all = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        let mut taken = Vec::new();
        while taken.len() < MOST
            && let Some(key) = all.pop_first()
        {
            taken.push(key);
        }
        if !all.is_empty() {
            self.arrived.notify_one();
        }
        taken
    }
}

/// Puts long messages together.
pub(crate) struct Assembling {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) rules: Arc<ArcSwap<Rules>>,
    pub(crate) identifiers: Arc<Identifiers>,
    pub(crate) lanes: Arc<Lanes>,
    pub(crate) streams: Arc<Streams>,
    pub(crate) arrived: Arc<PartsArrived>,
    pub(crate) holdings: Arc<Holdings>,
    pub(crate) settling: Arc<Settling>,
}

impl Assembling {
    /// Puts messages together for as long as the gateway runs.
    pub(crate) async fn keep_assembling(self) {
        while let Err(error) = self.look_at_all().await {
            tell(&error);
            sleep(LOOK_EVERY).await;
        }
        let mut next_look = instant();
        loop {
            // Either way it is looked what there is to do.
            let _ = timeout(next_look.saturating_duration_since(instant()), self.arrived.arrived.notified())
                .await;
            let keys = self.arrived.take();
            if let Err(error) = self.join(&keys).await {
                tell(&error);
                sleep(LOOK_EVERY).await;
                self.arrived.add(keys);
            }
            if next_look <= instant() {
                if let Err(error) = self.look_for_overdue().await {
                    tell(&error);
                }
                next_look = instant() + LOOK_EVERY;
            }
        }
    }

    /// Looks at all messages that wait: one may have become whole when nobody was there to see it.
    async fn look_at_all(&self) -> Result<(), StoreError> {
        let mut after = None;
        loop {
            let parts = self.store.inbound_parts(InboundPartsWanted::Waiting { after, most: MOST }).await?;
            after = parts.last().map(|part| part.id);
            self.join(&keys(&parts)).await?;
            if parts.len() < MOST {
                return Ok(());
            }
        }
    }

    async fn look_for_overdue(&self) -> Result<(), StoreError> {
        let by = self.clock.now();
        let parts = self.store.inbound_parts(InboundPartsWanted::Overdue { by, most: MOST }).await?;
        self.join(&keys(&parts)).await
    }

    /// Puts together what is whole or overdue of these messages.
    async fn join(&self, keys: &[PartsKey]) -> Result<(), StoreError> {
        if keys.is_empty() {
            return Ok(());
        }
        let now = self.clock.now();
        let since = now - PARTS_REMEMBERED;
        let wanted = InboundPartsWanted::Of { keys: keys.to_vec(), since };
        let mut by_key: BTreeMap<PartsKey, Vec<InboundPart>> = BTreeMap::new();
        for part in self.store.inbound_parts(wanted).await? {
            by_key.entry(part.key.clone()).or_default().push(part);
        }
        let (mut joined, mut requests) = (Vec::new(), Vec::new());
        for parts in by_key.values() {
            for (assembly, standing) in assemblies(parts, now) {
                if let Some((parts, asked)) = self.joined(&assembly, standing, now) {
                    joined.push(parts);
                    requests.push(asked);
                }
            }
        }
        if joined.is_empty() {
            return Ok(());
        }
        self.await_replies(&mut joined).await?;
        let left_out = self.store.join_inbound(joined.clone(), MessageId::first_at(since)).await?;
        self.streams.recorded();
        let (mut notices, mut changes, mut all_asked) = (Vec::new(), Vec::new(), Vec::new());
        for (place, (joined, asked)) in joined.into_iter().zip(requests).enumerate() {
            if !left_out.contains(&place) {
                notices.extend(joined.notices);
                changes.extend(joined.consent);
                all_asked.extend(asked);
            }
        }
        if !notices.is_empty() {
            self.lanes.offer(notices);
        }
        if !changes.is_empty() || !all_asked.is_empty() {
            Arc::clone(&self.settling).settle(&changes, Vec::new(), all_asked).await;
        }
        Ok(())
    }

    /// Adds the notices of messages that cancel some message which waits for a reply.
    async fn await_replies(&self, joined: &mut [JoinedParts]) -> Result<(), StoreError> {
        let received: Vec<Arc<Received>> = joined.iter().filter_map(|it| it.received.clone()).collect();
        let notices = joined.iter().flat_map(|joined| &joined.notices);
        for notice in awaited_replies(&*self.store, &received, notices).await? {
            let its = joined.iter_mut().find(|joined| NoticeId::from(joined.of) == notice.id);
            its.into_iter().for_each(|joined| joined.notices.push(notice.clone()));
        }
        Ok(())
    }

    /// What a message asks for: to opt out, to opt in, or help. Its parts were acknowledged one by one, so that it holds from
    /// when it is whole.
    fn request(&self, received: &mut Received, rules: &Rules) -> (Vec<Arc<Change>>, Option<Asked>) {
        let Received { upstream, id, at, inbound, .. } = &*received;
        let asking = Asking { upstream: *upstream, id: *id, at: *at, inbound };
        let holds = |number: Number, scope: &Scope| self.holdings.holds(number, scope);
        let Some(mut response) = respond(asking, &rules.numbers, holds, || self.identifiers.next(*at)) else {
            return (Vec::new(), None);
        };
        response.changes.iter_mut().for_each(|change| self.holdings.aim(change));
        let changes: Vec<Arc<Change>> = response.changes.into_iter().map(Arc::new).collect();
        let change = changes.first().cloned();
        let asked = response.answer.map(|answer| Asked { inbound: *id, change, answer });
        received.intent = Some(response.intent);
        (changes, asked)
    }

    fn joined(
        &self,
        assembly: &Assembly<'_>,
        standing: Standing,
        now: Time,
    ) -> Option<(JoinedParts, Option<Asked>)> {
        let result = match standing {
            Standing::Waiting => return None,
            Standing::Whole => "whole",
            Standing::Incomplete => "incomplete",
            Standing::Repeated(_) => "repeated",
        };
        metrics::counter!("postrider_inbound_long_total", "result" => result).increment(1);
        let parts = assembly.ids();
        if let Standing::Repeated(of) = standing {
            let (consent, notices) = (Vec::new(), Vec::new());
            return Some((JoinedParts { of, parts, received: None, consent, notices }, None));
        }
        let (upstream, mut inbound) = assembly.inbound()?;
        let rules = self.rules.load();
        let owner = rules.numbers.owner(upstream, &inbound.to, inbound.text());
        inbound.understand_sender(owner.as_ref().map(|owner| owner.account), &rules, now);
        let id = self.identifiers.next(now);
        let mut received = assembly.received(id, now, (upstream, inbound), owner.as_ref());
        received.put_price(&rules);
        let (consent, asked) = self.request(&mut received, &rules);
        let received = Arc::new(received);
        let of_inbound = owner.iter().flat_map(|owner| inbound_notices(&received, owner, &rules));
        let of_changes = consent.iter().filter_map(|change| notice(change, &rules));
        let notices = of_inbound.chain(of_changes).collect();
        Some((JoinedParts { of: id, parts, received: Some(received), consent, notices }, asked))
    }
}

/// The messages of parts, each once.
fn keys(parts: &[InboundPart]) -> Vec<PartsKey> {
    let keys: BTreeSet<PartsKey> = parts.iter().map(|part| part.key.clone()).collect();
    keys.into_iter().collect()
}

fn tell(error: &StoreError) {
    tracing::warn!(%error, "long messages from handsets can't be put together just now; it is tried again");
}
