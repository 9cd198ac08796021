//! Texts that clients cut themselves: their parts are put together when all are there, or have been waited for long enough.
//!
//! Whichever node stored a part looks at its text; whichever comes first joins it. A look at all texts finds what a node left
//! behind that is gone, and a look by the clock what stays incomplete.

use crate::arrivals::Arrivals;
use crate::clock::Clock;
use crate::inbox::Inbox;
use crate::intake::{Reception, credit_of, is_counted};
use crate::peers::Peers;
use postrider_core::cause::{Cause, Code};
use postrider_core::client_part::{ClientPart, REMEMBERED, Standing, Text, TextKey, texts};
use postrider_core::contract::{Accept, Beside, Joined, NotJoined, PartsWanted, Prepared, Store, StoreError};
use postrider_core::delivery::{Delivery, Event};
use postrider_core::id::MessageId;
use postrider_core::message::Message;
use postrider_core::principal::Viewer;
use postrider_core::time::Time;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval, sleep};

/// How often it is looked for texts whose parts were waited for long enough.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Parts that are looked at together.
const MOST: usize = 500;
/// How long parts that came again wait for the end of their message.
const REPEATED_WAIT: Duration = Duration::from_secs(300);
/// Puts texts together.
pub(crate) struct Collecting {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) reception: Arc<Reception>,
    pub(crate) arrivals: Arc<Arrivals>,
    pub(crate) peers: Arc<Peers>,
    pub(crate) inbox: Arc<Inbox>,
}

/// Nodes by their number and since when they run: a process that takes a node's number is another one.
type Living = BTreeSet<(u8, Time)>;

impl Collecting {
    /// Puts texts together for as long as the gateway runs.
    pub(crate) async fn keep_joining(self: Arc<Self>) {
        while let Err(error) = self.look_at_all().await {
            tell(&error);
            sleep(LOOK_EVERY).await;
        }
        let (mut looks, mut living) = (interval(LOOK_EVERY), Living::new());
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                _ = looks.tick() => if let Err(error) = self.look(&mut living).await {
                    tell(&error);
                },
                () = self.arrivals.some() => self.join_arrived().await,
            }
        }
    }

    async fn join_arrived(&self) {
        let keys = self.arrivals.take();
        if let Err(error) = self.join(&keys).await {
            tell(&error);
            self.arrivals.put_back(keys);
            sleep(LOOK_EVERY).await;
        }
    }

    /// Puts the text of a part that waits into the caller's hands, with what came of it; nothing if somebody else joined it.
    pub(crate) async fn take(&self, part: &ClientPart) -> Result<Option<Delivery>, StoreError> {
        let key = part.key();
        let parts = self.parts_of(std::slice::from_ref(&key)).await?.remove(&key).unwrap_or_default();
        let mut texts = texts(&parts, self.clock.now()).into_iter().map(|(text, _)| text);
        let found = texts.find(|text| text.ids().contains(&part.message.id));
        match found {
            Some(text) => self.join_in_hand(&text).await,
            None => Ok(None),
        }
    }

    /// Makes a text a message in this node's hands; nothing if somebody else joined it.
    async fn join_in_hand(&self, text: &Text<'_>) -> Result<Option<Delivery>, StoreError> {
        let Some((prepared, parts)) = self.reception.put_together(text) else { return Ok(None) };
        self.arrivals.gone(prepared.message.account, parts.len());
        self.join_free(prepared, parts).await
    }

    /// Makes parts a message in this node's hands that isn't sent and costs nothing; nothing if somebody else joined it. Should
    /// the node die before it has ended the message, its time is over all the same.
    async fn join_free(
        &self,
        prepared: Prepared,
        parts: Vec<MessageId>,
    ) -> Result<Option<Delivery>, StoreError> {
        let Prepared { message, upstream, beside, .. } = prepared;
        let now = self.clock.now();
        let message =
            Arc::new(Message { charge: None, expires: now.min(message.expires), ..(*message).clone() });
        let accept = Accept { message: Arc::clone(&message), upstream, owned: true, credit: None, beside };
        let left_out = self.store.join(vec![Joined { accept, parts }]).await?;
        Ok((left_out == NotJoined::default()).then(|| Delivery::new(message, upstream)))
    }

    /// Ends texts that their accounts can't pay.
    async fn end_unpaid(&self, unpaid: Vec<(Prepared, Vec<MessageId>)>) -> Result<(), StoreError> {
        let mut ended = Vec::new();
        for (prepared, parts) in unpaid {
            metrics::counter!("postrider_client_texts_total", "result" => "unpaid").increment(1);
            if let Some(delivery) = self.join_free(prepared, parts).await? {
                ended.push((delivery, Event::Forbidden(Code::InsufficientCredit)));
            }
        }
        if ended.is_empty() { Ok(()) } else { self.inbox.happen(ended).await }
    }

    /// Looks for texts that are overdue, and at all of them when a node is gone that was `living` at the last look.
    async fn look(&self, living: &mut Living) -> Result<(), StoreError> {
        let nodes: Living = self.peers.nodes().iter().map(|node| (node.number, node.since)).collect();
        if !living.is_subset(&nodes) {
            self.look_at_all().await?;
        }
        *living = nodes;
        self.look_for_overdue().await
    }

    /// Looks at all texts that wait: one may have become whole when nobody was there to see it.
    async fn look_at_all(&self) -> Result<(), StoreError> {
        let mut after = None;
        loop {
            let parts = self.store.client_parts(PartsWanted::Waiting { after, most: MOST }).await?;
            after = parts.last().map(|part| part.message.id);
            self.join(&keys(&parts)).await?;
            if parts.len() < MOST {
                return Ok(());
            }
        }
    }

    async fn look_for_overdue(&self) -> Result<(), StoreError> {
        let by = self.clock.now();
        let parts = self.store.client_parts(PartsWanted::Overdue { by, most: MOST }).await?;
        self.join(&keys(&parts)).await
    }

    /// Puts together what is whole or overdue of these texts.
    async fn join(&self, keys: &[TextKey]) -> Result<(), StoreError> {
        if keys.is_empty() {
            return Ok(());
        }
        let mut whole = Vec::new();
        for parts in self.parts_of(keys).await?.values() {
            for (text, standing) in texts(parts, self.clock.now()) {
                match standing {
                    Standing::Waiting(_) => {}
                    Standing::Repeated(of) => self.repeat(&text, of).await?,
                    Standing::Whole | Standing::Overdue => {
                        whole.extend(self.reception.put_together(&text));
                        let result = if text.is_whole() { "whole" } else { "incomplete" };
                        metrics::counter!("postrider_client_texts_total", "result" => result).increment(1);
                    }
                }
            }
        }
        let unpaid = self.reception.join(whole.clone()).await?;
        let unpaid = unpaid.into_iter().filter_map(|place| whole.get(place).cloned()).collect();
        self.end_unpaid(unpaid).await
    }

    /// The parts of these texts, and of others with the same recipient and reference.
    async fn parts_of(&self, keys: &[TextKey]) -> Result<BTreeMap<TextKey, Vec<ClientPart>>, StoreError> {
        let wanted = PartsWanted::OfTexts { keys: keys.to_vec(), since: self.clock.now() - REMEMBERED };
        let mut by_text: BTreeMap<TextKey, Vec<ClientPart>> = BTreeMap::new();
        for part in self.store.client_parts(wanted).await? {
            by_text.entry(part.key()).or_default().push(part);
        }
        Ok(by_text)
    }

    /// Parts of a message came again after it was put together. Their client hears of them as of the message, once it has
    /// ended; if that takes long, it doesn't.
    async fn repeat(&self, text: &Text<'_>, of: MessageId) -> Result<(), StoreError> {
        let end = self.store.history(Viewer::Everything, of).await?.and_then(|history| history.outcome);
        if end.is_none() && self.clock.now() < text.until() + REPEATED_WAIT {
            return Ok(());
        }
        metrics::counter!("postrider_client_texts_total", "result" => "repeated").increment(1);
        let Some(end) = end else { return self.store.repeat(text.ids(), of).await };
        let Some(delivery) = self.join_in_hand(text).await? else { return Ok(()) };
        self.inbox.happen(vec![(delivery, Event::Repeated { of, end: Box::new(end) })]).await
    }
}

/// The texts of parts, each once.
fn keys(parts: &[ClientPart]) -> Vec<TextKey> {
    let keys: BTreeMap<TextKey, ()> = parts.iter().map(|part| (part.key(), ())).collect();
    keys.into_keys().collect()
}

fn tell(error: &StoreError) {
    tracing::warn!(%error, "parts of long texts can't be put together just now; it is tried again");
}

impl Reception {
    /// The message that a text becomes.
    fn put_together(&self, text: &Text<'_>) -> Option<(Prepared, Vec<MessageId>)> {
        let part = text.parts().next()?;
        let (body, now) = (text.body(), self.clock.now());
        let parts = postrider_core::submission::count_parts(&body).ok()?;
        let id = self.identifiers.identify(part.message.to, parts, now);
        let message = text.message(id, body, parts);
        let plan = &message.plan;
        let up = |upstream| self.upstreams.is_up(upstream);
        let upstream = plan.choose(0, up).map(|(upstream, _)| upstream)?;
        let rules = self.rules.load();
        let account = rules.account(message.account);
        let credit = account.and_then(|account| credit_of(account));
        let counts = account.is_some_and(|account| is_counted(account, &message));
        let held = |hold| Cause::with_detail(Code::FraudSuspected, hold).to_string().into();
        let remark = message.hold.clone().map(held);
        let beside = Beside { counts, remark, ..Beside::default() };
        let message = Arc::new(message);
        Some((Prepared { message, upstream, part: None, credit, beside, cleared: 0 }, text.ids()))
    }
}
