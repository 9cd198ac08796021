//! The straight line of a message on its way in: checked, judged, planned, sealed, made durable.

mod counting;
mod fraud;
mod promises;

pub(crate) use counting::Lately;
pub(crate) use fraud::{FraudWatch, keep_telling};

use crate::account_quotas::counted;
use crate::arrivals::Arrivals;
use crate::clock::{Clock, instant};
use crate::consent::{Holdings, count_held};
use crate::identifiers::Identifiers;
use crate::known_numbers::{KnownNumbers, KnownOfBatch};
use crate::peers::Peers;
use crate::store_health::StoreHealth;
use crate::submissions::Submissions;
use crate::traffic;
use crate::upstreams::Upstreams;
use arc_swap::ArcSwap;
use postrider_core::account::{Account, AccountId};
use postrider_core::client_part::{ClientPart, Cut, PARTS_WAIT, wait_until};
use postrider_core::consent::Register;
use postrider_core::contract::{
    Accept, Accepted, Beside, Busy, Explained, Joined, NotJoined, Once, Prepared, Store, StoreError,
};
use postrider_core::decision::{Decider, Trace};
use postrider_core::fraud::FraudFacts;
use postrider_core::id::MessageId;
use postrider_core::message::{self, Message};
use postrider_core::money::Credit;
use postrider_core::node::LIFE;
use postrider_core::numbering::country_of;
use postrider_core::policy::{self, Counts, Facts, Held, Holder};
use postrider_core::route::{Plan, UpstreamId};
use postrider_core::rules::Rules;
use postrider_core::submission::{Refusal, Submission};
use postrider_core::time::Time;
use promises::Promises;
use std::slice;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// The reception of messages, and the parts that it works with.
pub(crate) struct Reception {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) health: Arc<StoreHealth>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) rules: Arc<ArcSwap<Rules>>,
    pub(crate) upstreams: Arc<Upstreams>,
    pub(crate) peers: Arc<Peers>,
    pub(crate) identifiers: Arc<Identifiers>,
    pub(crate) submissions: Arc<Submissions>,
    pub(crate) arrivals: Arc<Arrivals>,
    pub(crate) holdings: Arc<Holdings>,
    /// The messages that frequency caps count, judged here a moment ago.
    pub(crate) lately: Lately,
    /// What rules against fraud look at.
    pub(crate) fraud: FraudWatch,
    /// Whether new messages are refused: the gateway is shutting down.
    pub(crate) draining: Arc<AtomicBool>,
    pub(crate) counted: Arc<traffic::Counted>,
    pub(crate) known_numbers: Arc<KnownNumbers>,
}

/// The line of one batch: everything by which its messages are judged.
struct Line<'a> {
    reception: &'a Reception,
    account: &'a Account,
    rules: &'a Rules,
    facts: Facts<'a>,
    /// The share of the account's rate that is this node's.
    share: f64,
    now: Time,
}

impl Line<'_> {
    fn prepare(&self, submission: Submission) -> Result<Prepared, Refusal> {
        let mut decision = self.decider().decide(submission, None)?;
        let upstream = self.upstream(&decision.plan);
        let upstream = upstream.ok_or_else(|| Refusal::NoRoute(country_of(decision.draft.to)))?;
        let remark = decision.held.as_ref().map(told);
        let (content, cleared) = (decision.content, decision.cleared);
        let draft = &mut decision.draft;
        let cut = draft.cut.take();
        if cut.is_some() {
            // The draft counts all parts of its text, of which this is one.
            draft.parts = 1;
            if !self.reception.arrivals.has_room(self.account.id) {
                return Err(Refusal::TooManyCollected);
            }
        }
        self.reception.submissions.pass(self.account, self.share, draft.parts, self.now)?;
        self.reception.upstreams.limiting.queues.pass(self.account)?;
        let (quotas, counted) = (&self.reception.submissions.quotas, counted(self.account, self.rules));
        quotas.pass(self.account, counted, self.share, (draft.parts, self.now))?;
        let id = self.reception.identifiers.identify(draft.to, draft.parts, self.now);
        self.note_planned(&decision.plan, upstream);
        let message = message::seal(decision, self.account, id, self.now);
        let part = cut.map(|cut| Box::new(self.part(&message, cut)));
        let counts = is_counted(self.account, &message);
        let beside = Beside { counts, content, remark };
        Ok(Prepared { message, upstream, part, credit: credit_of(self.account), beside, cleared })
    }

    fn decider(&self) -> Decider<'_> {
        let Self { reception, account, rules, ref facts, now, .. } = *self;
        Decider { rules, account, facts, load: &*reception.upstreams, now }
    }

    /// The upstream of a plan that is to send a new message.
    fn upstream(&self, plan: &Plan) -> Option<UpstreamId> {
        let upstreams = &self.reception.upstreams;
        let up = |upstream| upstreams.is_up(upstream);
        if self.rules.limits_backlogs() {
            plan.choose_roomy(up, |upstream| !upstreams.is_full(upstream))
        } else {
            plan.choose(0, up).map(|(upstream, _)| upstream)
        }
    }

    /// Takes note of what a message adds to the backlog of its upstream, if backlogs are limited.
    fn note_planned(&self, plan: &Plan, upstream: UpstreamId) {
        let upstreams = &self.reception.upstreams;
        if !self.rules.limits_backlogs() {
            return;
        }
        upstreams.planned(upstream);
        let first_up = plan.choose(0, |upstream| upstreams.is_up(upstream)).map(|(first, _)| first);
        if let Some(full) = first_up.filter(|first| *first != upstream) {
            let name = self.rules.upstream(full).map_or_else(String::new, |full| full.name.to_string());
            metrics::counter!("postrider_overflowed_total", "upstream" => name).increment(1);
        }
    }

    /// Decides as [`Line::prepare`] does, and says what was looked at. Nothing is counted.
    fn explain(&self, submission: Submission) -> Explained {
        let mut trace = Trace::default();
        let decided = self.decider().decide(submission, Some(&mut trace));
        let upstream = decided.as_ref().ok().and_then(|decision| self.upstream(&decision.plan));
        let sealed = decided.map(|decision| {
            let id = self.reception.identifiers.next(self.now);
            message::seal(decision, self.account, id, self.now)
        });
        let all = || self.rules.upstreams().map(|upstream| upstream.id);
        let up = all().filter(|upstream| self.reception.upstreams.is_up(*upstream)).collect();
        let full = all().filter(|upstream| self.reception.upstreams.is_full(*upstream)).collect();
        Explained { trace, decided: sealed, upstream, up, full, now: self.now }
    }

    fn part(&self, message: &Arc<Message>, cut: Cut) -> ClientPart {
        let wait = self.account.login.as_ref().map_or(PARTS_WAIT, |login| login.parts_wait);
        let until = wait_until(message, wait, self.now);
        ClientPart { message: Arc::clone(message), cut, until, joined: None }
    }
}

impl Reception {
    /// Checks, judges, plans and seals each submission.
    pub(crate) async fn prepare(
        &self,
        account: &Account,
        submissions: Vec<Submission>,
    ) -> Result<Vec<Result<Prepared, Refusal>>, StoreError> {
        self.holdings.until_known().await;
        let now = self.clock.now();
        let rules = self.rules.load_full();
        let known = self.known_numbers.of_batch(&rules, account, &submissions, now).await;
        let mut counts = self.lately.counts(&*self.store, account, &submissions, now).await?;
        let shared = self.fraud.shared(&*self.store, account, &submissions, now).await?;
        let register = self.holdings.read();
        let share = self.peers.share_of_rate(account.id);
        let mut sightings = self.fraud.sightings(account);
        let prepare = |submission| {
            let refusable = FraudWatch::refusable(account, &submission);
            let fraud = sightings.as_deref().map(|sightings| FraudFacts { sightings, shared: &shared });
            let mut facts = facts(&register, &counts, &known, fraud);
            facts.volume = self.submissions.quotas.volume(account, &rules, now);
            let line = Line { reception: self, account, rules: &rules, facts, share, now };
            let prepared = line.prepare(submission);
            if let Ok(Prepared { message, part: None, beside, .. }) = &prepared
                && beside.counts
            {
                // The next one of the batch may be to the same recipient.
                let counted = policy::Counted::of(message, beside.content);
                counts.add(counted);
                self.lately.note(counted, now);
            }
            match (sightings.as_deref_mut(), &prepared, refusable) {
                (Some(sightings), Ok(prepared), _) => self.fraud.note(sightings, account, prepared, now),
                (Some(sightings), Err(Refusal::FraudSuspected(why)), Some(whom)) => {
                    FraudWatch::note_refused(sightings, account, whom, why, now);
                }
                _ => {}
            }
            prepared
        };
        let prepared: Vec<_> = submissions.into_iter().map(prepare).collect();
        for refusal in prepared.iter().filter_map(|prepared| prepared.as_ref().err()) {
            count_one(refusal);
            if let Refusal::NoRoute(country) = refusal {
                self.counted.unroutable(*country, now);
            }
        }
        Ok(prepared)
    }

    /// Decides on a submission without keeping anything, and says what was looked at on the way.
    pub(crate) async fn explain(
        &self,
        account: &Account,
        submission: Submission,
    ) -> Result<Explained, StoreError> {
        self.holdings.until_known().await;
        let now = self.clock.now();
        let rules = self.rules.load_full();
        let asked = slice::from_ref(&submission);
        let known = self.known_numbers.of_batch(&rules, account, asked, now).await;
        let counts = self.lately.counts(&*self.store, account, asked, now).await?;
        let shared = self.fraud.shared(&*self.store, account, asked, now).await?;
        let register = self.holdings.read();
        let sightings = self.fraud.sightings(account);
        let fraud = sightings.as_deref().map(|sightings| FraudFacts { sightings, shared: &shared });
        let mut facts = facts(&register, &counts, &known, fraud);
        facts.volume = self.submissions.quotas.volume(account, &rules, now);
        Ok(Line { reception: self, account, rules: &rules, facts, share: 1.0, now }.explain(submission))
    }

    /// Makes messages durable. It is carried through even when the caller goes away.
    pub(crate) async fn commit(
        self: &Arc<Self>,
        prepared: Vec<Prepared>,
        once: Option<Once>,
    ) -> Result<Accepted, Busy> {
        if self.draining.load(Ordering::Relaxed) {
            return Err(Busy::Draining);
        }
        let storing = self.submissions.begin_storing(prepared.len()).ok_or(Busy::Full)?;
        let reception = Arc::clone(self);
        // In a task of its own: what is stored must be sent on even when the client has gone.
        let stored = tokio::spawn(async move {
            let accepted = reception.collect_and_store(prepared, once).await;
            drop(storing);
            accepted
        });
        stored.await.unwrap_or(Err(Busy::Store))
    }

    /// Makes parts of texts that clients cut themselves durable, and then messages.
    async fn collect_and_store(&self, prepared: Vec<Prepared>, once: Option<Once>) -> Result<Accepted, Busy> {
        if prepared.iter().all(|prepared| prepared.part.is_none()) {
            return self.store(prepared, once).await;
        }
        let (mut parts, mut places, mut messages) = (Vec::new(), Vec::new(), Vec::new());
        for (place, mut prepared) in prepared.into_iter().enumerate() {
            match prepared.part.take() {
                Some(part) => parts.push(*part),
                None => {
                    places.push(place);
                    messages.push(prepared);
                }
            }
        }
        self.collect(parts).await?;
        if messages.is_empty() {
            return Ok(Accepted::ALL);
        }
        let in_all = |(place, refusal)| places.get(place).map(|place| (*place, refusal));
        Ok(match self.store(messages, once).await? {
            Accepted::Now { refused } => {
                Accepted::Now { refused: refused.into_iter().filter_map(in_all).collect() }
            }
            other => other,
        })
    }

    async fn collect(&self, parts: Vec<ClientPart>) -> Result<(), Busy> {
        let (count, texts): (_, Vec<_>) = (parts.len(), parts.iter().map(ClientPart::key).collect());
        self.store.collect(parts).await.map_err(|error| self.refuse_all(&error, count))?;
        self.health.set(None);
        metrics::counter!("postrider_client_parts_total").increment(count as u64);
        self.arrivals.add(texts);
        Ok(())
    }

    /// Makes messages durable that were put together from parts, and brings them to their counters. Returns the places of
    /// those that their accounts can't pay.
    pub(crate) async fn join(
        &self,
        prepared: Vec<(Prepared, Vec<MessageId>)>,
    ) -> Result<Vec<usize>, StoreError> {
        if prepared.is_empty() {
            return Ok(Vec::new());
        }
        let (mut promises, now) = (Promises::default(), self.clock.now());
        let make =
            |(prepared, parts)| Joined { accept: promises.make(&self.upstreams, prepared, now), parts };
        let joined: Vec<Joined> = prepared.into_iter().map(make).collect();
        let accounts: Vec<_> = joined.iter().map(|joined| joined.accept.message.account).collect();
        for Joined { accept, parts } in &joined {
            self.arrivals.gone(accept.message.account, parts.len());
        }
        match self.store.join(joined).await {
            Ok(NotJoined { joined_before, unpaid }) => {
                let unpaid: Vec<usize> = unpaid.into_iter().map(|(place, _)| place).collect();
                let mut left_out = [joined_before, unpaid.clone()].concat();
                left_out.sort_unstable();
                self.count_accepted(&accounts, &left_out, now);
                promises.keep(&left_out);
                Ok(unpaid)
            }
            Err(error) => {
                self.disown(promises.withdraw());
                self.health.set(Some(&error));
                Err(error)
            }
        }
    }

    /// Makes messages durable and brings them to their counters.
    async fn store(&self, prepared: Vec<Prepared>, once: Option<Once>) -> Result<Accepted, Busy> {
        let started = instant();
        let mut promises = Promises::default();
        let now = self.clock.now();
        let count = prepared.len();
        let accepts: Vec<Accept> =
            prepared.into_iter().map(|prepared| promises.make(&self.upstreams, prepared, now)).collect();
        let told = told_in_log(&accepts);
        let accounts: Vec<_> = accepts.iter().map(|accept| accept.message.account).collect();
        match self.store.accept(accepts, once).await {
            Ok(Accepted::Now { refused }) => {
                count_refused(&refused);
                tell_log(&told);
                self.health.set(None);
                let left_out: Vec<_> = refused.iter().map(|(place, _)| *place).collect();
                promises.keep(&left_out);
                self.count_accepted(&accounts, &left_out, now);
                metrics::histogram!("postrider_store_accept_seconds").record(started.elapsed().as_secs_f64());
                Ok(Accepted::Now { refused })
            }
            Ok(other) => {
                drop(promises.withdraw());
                Ok(other)
            }
            Err(error) => {
                drop(promises.withdraw());
                Err(self.refuse_all(&error, count))
            }
        }
    }

    /// Counts the accepted messages of a batch: all but those at these places, in rising order.
    fn count_accepted(&self, accounts: &[AccountId], left_out: &[usize], now: Time) {
        metrics::counter!("postrider_accepted_total").increment((accounts.len() - left_out.len()) as u64);
        let is_in = |(place, _): &(usize, &AccountId)| left_out.binary_search(place).is_err();
        self.counted.accepted(accounts.iter().enumerate().filter(is_in).map(|(_, account)| *account), now);
    }

    fn refuse_all(&self, error: &StoreError, count: usize) -> Busy {
        self.health.set(Some(error));
        tracing::debug!(%error, messages = count, "messages were not accepted; their clients were told to try again");
        metrics::counter!("postrider_store_errors_total").increment(1);
        Busy::Store
    }

    /// Makes sure that joined messages which the store would not confirm don't lie there as this node's, if they lie there: a
    /// connection that broke at the wrong moment leaves that open. Then they are sent, as if they had been confirmed.
    fn disown(&self, messages: Vec<MessageId>) {
        if messages.is_empty() {
            return;
        }
        let store = Arc::clone(&self.store);
        tokio::spawn(async move {
            // A node that is away for longer is taken for dead, and loses everything that it had in hand.
            for _ in 0..LIFE.as_secs() * 2 {
                if store.release(messages.clone()).await.is_ok() {
                    return;
                }
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        });
    }
}

fn count_one(refusal: &Refusal) {
    metrics::counter!("postrider_rejected_total", "reason" => refusal.code()).increment(1);
}

fn count_refused(refused: &[(usize, Refusal)]) {
    refused.iter().for_each(|(_, refusal)| count_one(refusal));
}

/// What an account may spend, if it is billed.
pub(crate) fn credit_of(account: &Account) -> Option<Arc<Credit>> {
    account.billing.as_ref().map(|billing| Arc::clone(&billing.credit))
}

/// The facts by which a message is judged.
fn facts<'f>(
    register: &'f Register,
    counts: &'f Counts,
    known: &'f KnownOfBatch,
    fraud: Option<FraudFacts<'f>>,
) -> Facts<'f> {
    let mut facts = Facts::default();
    (facts.register, facts.counts, facts.fraud) = (Some(register), Some(counts), fraud);
    known.add_to(&mut facts);
    facts
}

/// Whether a frequency cap counts the message.
pub(crate) fn is_counted(account: &Account, message: &Message) -> bool {
    !message.exempt && account.policy.counts(message.class)
}

/// What holds a message back, for its timeline.
fn told(held: &Held) -> Box<str> {
    count_held(held);
    if let Holder::Fraud(suspicion) = &held.why {
        fraud::count_suspicion(suspicion);
    }
    held.cause().to_string().into()
}

/// The messages of which the log tells, if it does.
fn told_in_log(accepts: &[Accept]) -> Vec<Arc<Message>> {
    if tracing::enabled!(target: "message", tracing::Level::DEBUG) {
        accepts.iter().map(|accept| Arc::clone(&accept.message)).collect()
    } else {
        Vec::new()
    }
}

fn tell_log(messages: &[Arc<Message>]) {
    for message in messages {
        tracing::debug!(target: "message", id = %message.id, to = ?message.to, state = "queued", "queued");
    }
}
