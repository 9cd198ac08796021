//! Automation at work: what rules want of messages from handsets and of ends of messages is done, once.
//!
//! The ledger leaves a notice on the lane of rules beside the message itself. Here it is decided what follows, and sent under an
//! idempotency key made of the notice's number. Then one transaction keeps what rules remember and takes the notice away. So a crash
//! in between repeats the decision and nothing else.

pub(crate) mod acting;
pub(crate) mod calls;
pub(crate) mod clock_events;
pub(crate) mod sending;
mod timeouts;
mod words;

use crate::clock::Clock;
use crate::inbound_notices::replies;
use crate::outbox::Lanes;
use acting::{Acting, Canceling};
use arc_swap::ArcSwap;
use postrider_core::account::{Account, AccountId};
use postrider_core::automation::{
    Action, Decision, Memory, Occasion, Rule, RuleId, StateRow, Trigger, decide, go_on,
};
use postrider_core::contract::{Automated, InboundFilter, Store, StoreError, Told};
use postrider_core::id::MessageId;
use postrider_core::inbound::Received;
use postrider_core::notice::{Attempt, Lane, Notice, What};
use postrider_core::numbers::Destination;
use postrider_core::principal::Viewer;
use postrider_core::rules::Rules;
use postrider_core::time::Time;
use sending::{Cause, Later};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;

/// Notices that are dealt with at once.
const MOST: usize = 64;
/// How long until what could not be done is tried again.
const RETRY: Duration = Duration::from_secs(1);

/// Does what rules want, and the parts that it works with.
pub(crate) struct Automating {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) rules: Arc<ArcSwap<Rules>>,
    pub(crate) lanes: Arc<Lanes>,
    pub(crate) acting: Arc<Acting>,
}

/// What is remembered of the sender of a message.
#[derive(Default)]
struct Known {
    memory: Memory,
    rows: Vec<StateRow>,
}

impl Automating {
    /// Deals with the notices of a lane for as long as the gateway runs: those of one sender one after the other.
    pub(crate) async fn keep_doing(self: Arc<Self>, lane: Lane) {
        loop {
            let mut by_sender: BTreeMap<_, Vec<Notice>> = BTreeMap::new();
            for notice in self.lanes.take(lane, MOST).await {
                by_sender.entry((notice.account(), sender(&notice))).or_default().push(notice);
            }
            let mut tasks = JoinSet::new();
            for notices in by_sender.into_values() {
                tasks.spawn(Arc::clone(&self).deal_with(notices));
            }
            while tasks.join_next().await.is_some() {}
        }
    }

    async fn deal_with(self: Arc<Self>, notices: Vec<Notice>) {
        for notice in notices {
            let is_timeout = notice.lane == Lane::Timeouts;
            let done = if is_timeout { self.time_out(&notice).await } else { self.run(&notice).await };
            match done {
                Ok(()) => self.lanes.settled(notice.lane, notice.id),
                Err(Later(after)) => {
                    let (again, failed) = (Some(self.clock.now() + after), notice.failed.saturating_add(1));
                    let told = Told { notice: notice.id, again, failed, attempt: None };
                    self.lanes.told(notice.lane, vec![told]);
                }
            }
        }
    }

    async fn run(&self, notice: &Notice) -> Result<(), Later> {
        let rules = self.rules.load_full();
        let known = self.known(notice, &rules).await.map_err(|error| later(&error))?;
        let occasion = occasion(&notice.what);
        let (decision, told) = match rules.account(notice.account()).zip(occasion) {
            None => (Decision::default(), None),
            Some((account, (occasion, at))) => {
                let decision = decide(&rules, account.id, &occasion, &known.memory, at);
                let key = notice.id.number().to_string();
                let inbound = received(&notice.what).map(|received| received.id);
                let cause = Cause { key: &key, by: &key, inbound, at, again: notice.failed > 0 };
                let canceled = self.cancel_awaiting(&notice.what).await.map_err(|error| later(&error))?;
                let mut done = self.acting.act(account, &decision, &cause, &rules).await?;
                done.canceled.extend(canceled);
                let told = words::told(&decision, &done);
                (decision, told)
            }
        };
        count(&decision);
        self.record(notice, &rules, &known, &decision, told).await
    }

    /// Cancels what waits for a reply of the sender of a message.
    async fn cancel_awaiting(&self, what: &What) -> Result<Vec<MessageId>, StoreError> {
        let Some(received) = received(what) else { return Ok(Vec::new()) };
        let Some((account, number)) = replies(received) else { return Ok(Vec::new()) };
        let why = Canceling::Reply(&received.id);
        self.acting.cancel_scheduled(account, number, received.at, why).await
    }

    /// Goes on with a rule, as the URL of another one has answered. Returns what became of it, in words.
    async fn go_on(
        &self,
        account: AccountId,
        received: &Arc<Received>,
        from: RuleId,
        to: &str,
    ) -> Result<String, Later> {
        let rules = self.rules.load_full();
        let rule = match branch(&rules, account, to) {
            Ok(rule) => rule,
            Err(why) => return Ok(why),
        };
        let Some(account) = rules.account(account) else { return Ok(String::new()) };
        let what = What::Received { account: account.id, received: Arc::clone(received) };
        let (id, due) = (received.id.into(), received.at);
        let notice = Notice { id, lane: Lane::Automation, what, failed: 0, due, owned: false };
        let known = self.known(&notice, &rules).await.map_err(|error| later(&error))?;
        let decision = go_on(&rules, rule, received, &known.memory, received.at);
        let key = format!("{}/{}/{}", received.id, from.0, rule.id.0);
        let by = received.id.to_string();
        let cause = Cause { key: &key, by: &by, inbound: Some(received.id), at: received.at, again: true };
        let done = self.acting.act(account, &decision, &cause, &rules).await?;
        count(&decision);
        let told = words::told(&decision, &done);
        self.record(&notice, &rules, &known, &decision, told).await?;
        Ok(format!("goes on with the rule '{to}'"))
    }

    /// Keeps what rules did, all or nothing, and takes the notice away.
    async fn record(
        &self,
        notice: &Notice,
        rules: &Rules,
        known: &Known,
        decision: &Decision,
        told: Option<String>,
    ) -> Result<(), Later> {
        let mut notices = further_notices(notice, rules, decision);
        self.lanes.promise(notices.iter_mut());
        notices.extend(timeouts::notice(notice, rules, &known.memory, decision));
        let automated = Automated {
            lane: notice.lane,
            notice: notice.id,
            before: known.rows.iter().find(|row| row.rule.0 == 0).map(|row| row.value.clone()),
            rows: rows(notice, known, decision),
            tags: tags(decision),
            notices: notices.clone(),
            attempt: told.map(|result| Attempt { at: self.clock.now(), result: result.into() }),
            now: self.clock.now(),
        };
        match self.store.automated(automated).await {
            Ok(true) => {
                self.lanes.offer(notices);
                Ok(())
            }
            // Another node dealt with another message of the sender meanwhile.
            Ok(false) => {
                self.lanes.withdraw(notices.into_iter());
                Err(Later(Duration::ZERO))
            }
            Err(error) => {
                self.lanes.withdraw(notices.into_iter());
                Err(later(&error))
            }
        }
    }

    /// What is remembered of the sender of a message.
    async fn known(&self, notice: &Notice, rules: &Rules) -> Result<Known, StoreError> {
        let What::Received { account, received } = &notice.what else { return Ok(Known::default()) };
        let rows = self.store.rule_states(*account, sender(notice)).await?;
        let mut memory = Memory::read(&rows);
        let minds = rules.automation.of(*account).iter().any(|rule| rule.when.first_contact);
        if minds && !memory.is_known {
            memory.is_known = wrote_before(&*self.store, Viewer::Account(*account), received).await?;
        }
        Ok(Known { memory, rows })
    }
}

/// Whether the sender wrote to the account before this message.
async fn wrote_before(store: &dyn Store, viewer: Viewer, received: &Received) -> Result<bool, StoreError> {
    let filter = InboundFilter {
        from: Some(received.inbound.from.shown().into()),
        before: Some(received.id),
        ..InboundFilter::all(viewer, 1)
    };
    Ok(!store.inbound(filter).await?.is_empty())
}

/// The message from a handset, if it is one.
fn received(what: &What) -> Option<&Received> {
    match what {
        What::Received { received, .. } => Some(received),
        What::Ended { .. } | What::Consent { .. } => None,
    }
}

/// The sender of a message from a handset, as rules know it; empty for other things.
fn sender(notice: &Notice) -> Box<str> {
    match &notice.what {
        What::Received { received, .. } => postrider_core::automation::known_as(&received.inbound.from),
        What::Ended { .. } | What::Consent { .. } => Box::default(),
    }
}

/// What happened, and when: conditions hold as of then, however late it is dealt with.
fn occasion(what: &What) -> Option<(Occasion<'_>, Time)> {
    match what {
        What::Received { received, .. } => Some((Occasion::Received(received), received.at)),
        What::Ended { message, outcome } => Some((Occasion::Ended(message, outcome), outcome.done_at)),
        // No rule may act on an opt-out.
        What::Consent { .. } => None,
    }
}

fn rows(notice: &Notice, known: &Known, decision: &Decision) -> Vec<StateRow> {
    match &notice.what {
        What::Received { account, received } => {
            decision.memory.rows(&known.memory, *account, &sender(notice), received.at)
        }
        What::Ended { .. } | What::Consent { .. } => Vec::new(),
    }
}

fn tags(decision: &Decision) -> Vec<Box<str>> {
    let mut tags: Vec<Box<str>> = Vec::new();
    for action in &decision.actions {
        if let Action::Tag(tag) = action
            && !tags.contains(tag)
        {
            tags.push(tag.clone());
        }
    }
    tags
}

/// The rule that an answer goes on with.
///
/// # Errors
/// Why there is none, in words.
fn branch<'a>(rules: &'a Rules, account: AccountId, to: &str) -> Result<&'a Arc<Rule>, String> {
    let rule = rules.automation.named(to).filter(|rule| rule.account == account);
    let rule =
        rule.ok_or_else(|| format!("it can't go on with the rule '{to}': the account has none in force"))?;
    if rule.when.trigger != Trigger::Received {
        return Err(format!("it can't go on with the rule '{to}', which waits for another event"));
    }
    if rule.then.url.is_some() {
        return Err(format!("it can't go on with the rule '{to}', which has a URL of its own"));
    }
    Ok(rule)
}

/// The notices that tell webhooks and rules' own URLs of the message.
fn further_notices(notice: &Notice, rules: &Rules, decision: &Decision) -> Vec<Notice> {
    let account = rules.account(notice.account());
    let has_webhook = account.is_some_and(|account: &Arc<Account>| account.webhook.is_some());
    let tells_chat = |rule: RuleId| rules.automation.rule(rule).is_some_and(|rule| rule.then.form.is_text());
    if notice.lane == Lane::Timeouts {
        // The webhook was told of the message before; of its timeout it is told by an event.
        return Vec::new();
    }
    let further = |lane| Notice { lane, failed: 0, owned: false, ..notice.clone() };
    let mut notices = Vec::new();
    for action in &decision.actions {
        let lane = match action {
            Action::Webhook if has_webhook && !is_told(notice, rules) => Lane::Webhooks,
            Action::Post(rule) if has_webhook || tells_chat(*rule) => Lane::Rule(*rule),
            _ => continue,
        };
        if notices.iter().all(|notice: &Notice| notice.lane != lane) {
            notices.push(further(lane));
        }
    }
    notices
}

/// Whether the account's webhook is told of the message in any case.
fn is_told(notice: &Notice, rules: &Rules) -> bool {
    match &notice.what {
        What::Received { account, received } => {
            let (upstream, inbound) = (received.upstream, &received.inbound);
            let owner = rules.numbers.owner(upstream, &inbound.to, inbound.text());
            owner.is_some_and(|owner| {
                matches!(owner.destination, Destination::Webhook | Destination::Both)
                    && owner.account == *account
            })
        }
        What::Ended { message, outcome } => {
            let notice = Notice::of_end(message, outcome, notice.due);
            notice.is_some_and(|notice| notice.lane == Lane::Webhooks)
        }
        What::Consent { .. } => true,
    }
}

fn count(decision: &Decision) {
    for considered in decision.considered.iter().filter(|considered| considered.acts) {
        metrics::counter!("postrider_rules_total", "rule" => considered.rule.to_string()).increment(1);
    }
}

fn later(error: &StoreError) -> Later {
    tracing::warn!(%error, "what rules want can't be done just now; it is tried again");
    Later(RETRY)
}
