//! What rules want though nobody writes: timers go off, and upstreams' links and conversations are watched. One node does it, that which does the
//! chores.

use super::acting::Acting;
use crate::clock::Clock;
use crate::peers::Peers;
use crate::upstreams::Upstreams;
use arc_swap::ArcSwap;
use postrider_core::automation::{Occasion, Rule, RuleId, Trigger, Unanswered};
use postrider_core::contract::ConversationFilter;
use postrider_core::conversation::{Conversation, ConversationState};
use postrider_core::id::MessageId;
use postrider_core::principal::Viewer;
use postrider_core::route::UpstreamId;
use postrider_core::rules::{Rules, Upstream};
use postrider_core::time::Time;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval};

/// How often it is looked.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// How often conversations are looked at.
const CONVERSATIONS_EVERY: Duration = Duration::from_secs(10);
/// Conversations that are looked at together, and how often in a row.
const AT_ONCE: usize = 500;
const PAGES_MAX: usize = 20;
/// How late a timer may go off: the gateway may have been away.
const LATE_MAX: Duration = Duration::from_mins(10);

/// Watches the clock and the links, and the parts that it works with.
pub(crate) struct ClockEvents {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) rules: Arc<ArcSwap<Rules>>,
    pub(crate) upstreams: Arc<Upstreams>,
    pub(crate) peers: Arc<Peers>,
    pub(crate) acting: Arc<Acting>,
}

/// What was dealt with lately.
#[derive(Default)]
struct Done {
    /// The last time at which a timer went off.
    timers: BTreeMap<RuleId, Time>,
    /// Since when an upstream is down, where that lasted long enough and was told.
    links: BTreeMap<(RuleId, UpstreamId), Time>,
    /// Since when handsets wait in conversations of which was told.
    waits: BTreeMap<(RuleId, MessageId), Time>,
    /// When conversations were looked at.
    conversations: Time,
}

/// What all rules of one look see, so that who tells of an end has seen each beginning that was told.
struct Seen {
    now: Time,
    /// The upstreams of which no link is up on any node, and since when.
    down: BTreeMap<UpstreamId, Time>,
}

/// A conversation as rules tell of it.
fn unanswered(conversation: &Conversation) -> Unanswered {
    Unanswered {
        conversation: conversation.id.to_string().into(),
        handset: conversation.ends.handset.clone(),
        number: conversation.ends.number.clone(),
        assignee: conversation.assignee.clone().unwrap_or_default(),
    }
}

impl ClockEvents {
    /// Watches for as long as the gateway runs.
    pub(crate) async fn keep_watching(self) {
        let mut ticks = interval(LOOK_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut done = Done::default();
        loop {
            ticks.tick().await;
            let rules = self.rules.load_full();
            if self.peers.leads() && !rules.automation.by_clock().is_empty() {
                self.look(&rules, &mut done).await;
            }
        }
    }

    async fn look(&self, rules: &Rules, done: &mut Done) {
        let now = self.clock.now();
        let seen = Seen { now, down: self.links_down(rules) };
        let mut looked_at_conversations = false;
        for rule in rules.automation.by_clock() {
            match &rule.when.trigger {
                Trigger::Timer { .. } => self.look_at_timer(rules, rule, now, done).await,
                Trigger::LinkDown { upstreams, lasting } | Trigger::LinkUp { upstreams, lasting } => {
                    let watched = rules.upstreams().filter(|upstream| {
                        upstream.enabled && (upstreams.is_empty() || upstreams.contains(&upstream.id))
                    });
                    for upstream in watched {
                        self.look_at_link(rules, (rule, *lasting), upstream, &seen, done).await;
                    }
                }
                Trigger::Unanswered { lasting } => {
                    if now.since(done.conversations) >= CONVERSATIONS_EVERY {
                        looked_at_conversations = true;
                        self.look_at_conversations(rules, rule, *lasting, done).await;
                    }
                }
                Trigger::Received
                | Trigger::Delivered
                | Trigger::Failed
                | Trigger::Called
                | Trigger::BalanceLow => {}
            }
        }
        if looked_at_conversations {
            done.conversations = now;
        }
    }

    /// Tells of conversations in which the handset has waited for so long, each time once.
    async fn look_at_conversations(&self, rules: &Rules, rule: &Rule, lasting: Duration, done: &mut Done) {
        let now = self.clock.now();
        let (latest, earliest) = (now - lasting, now - lasting - LATE_MAX);
        let mut filter = ConversationFilter {
            state: Some(ConversationState::Open),
            waiting_since: Some(latest),
            ..ConversationFilter::all(Viewer::Account(rule.account), AT_ONCE)
        };
        done.waits.retain(|(of, _), since| *of != rule.id || *since > earliest);
        for _ in 0..PAGES_MAX {
            let Ok(page) = self.acting.records.store.conversations(filter.clone()).await else { return };
            filter.behind = page.last().map(|last| (last.updated, last.id));
            for conversation in &page {
                let place = (rule.id, conversation.id);
                let Some(since) = conversation.waiting_since.filter(|since| *since > earliest) else {
                    continue;
                };
                if done.waits.get(&place) == Some(&since) {
                    continue;
                }
                let waits = unanswered(conversation);
                let key = format!("{}/{}/{since}", rule.id.0, conversation.id);
                let fired =
                    self.acting.fire(rules, rule, &Occasion::Unanswered(rule, &waits), &key, now).await;
                if fired.is_ok() {
                    done.waits.insert(place, since);
                }
            }
            if page.len() < AT_ONCE {
                return;
            }
        }
    }

    /// Tells that an upstream is down for so long, or that it is up again after that.
    async fn look_at_link(
        &self,
        rules: &Rules,
        (rule, lasting): (&Arc<Rule>, Duration),
        upstream: &Upstream,
        seen: &Seen,
        done: &mut Done,
    ) {
        let place = (rule.id, upstream.id);
        let now = seen.now;
        let tells_of_end = matches!(rule.when.trigger, Trigger::LinkUp { .. });
        let key = |since: Time| format!("{}/{}/{since}", rule.id.0, upstream.id.0);
        match (seen.down.get(&upstream.id).copied(), done.links.get(&place).copied()) {
            (Some(since), None) if now.since(since) >= lasting => {
                let occasion = Occasion::LinkDown(rule, &upstream.name);
                let is_told =
                    tells_of_end || self.acting.fire(rules, rule, &occasion, &key(since), now).await.is_ok();
                if is_told {
                    done.links.insert(place, since);
                }
            }
            (None, Some(since)) => {
                let occasion = Occasion::LinkUp(rule, &upstream.name);
                let is_told =
                    !tells_of_end || self.acting.fire(rules, rule, &occasion, &key(since), now).await.is_ok();
                if is_told {
                    done.links.remove(&place);
                }
            }
            _ => {}
        }
    }

    /// The upstreams of which no link is up on any node, and since when.
    fn links_down(&self, rules: &Rules) -> BTreeMap<UpstreamId, Time> {
        let down_since = |upstream: &Arc<Upstream>| {
            let counter = self.upstreams.get(upstream.id).filter(|counter| !counter.is_up_anywhere())?;
            Some((upstream.id, counter.down_since()?))
        };
        rules.upstreams().filter_map(down_since).collect()
    }

    async fn look_at_timer(&self, rules: &Rules, rule: &Arc<Rule>, now: Time, done: &mut Done) {
        let after = done.timers.get(&rule.id).copied().unwrap_or(now - LATE_MAX).max(now - LATE_MAX);
        let Some((due, written)) = rule.timer_due(after, now) else { return };
        // The local time, so that an hour that comes twice in autumn counts once.
        let key = format!("{}/{written}", rule.id.0);
        if self.acting.fire(rules, rule, &Occasion::Timer(rule), &key, due).await.is_ok() {
            done.timers.insert(rule.id, due);
        }
    }
}
