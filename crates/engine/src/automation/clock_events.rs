//! What rules want though nobody writes: timers go off, and upstreams' links are watched. One node does it, that which does the
//! chores.

use super::sending::{Cause, Later, Sending};
use crate::clock::Clock;
use crate::peers::Peers;
use crate::upstreams::Upstreams;
use arc_swap::ArcSwap;
use postrider_core::automation::{Memory, Occasion, Rule, RuleId, Trigger, decide};
use postrider_core::route::UpstreamId;
use postrider_core::rules::Rules;
use postrider_core::time::Time;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval};

/// How often it is looked.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// How late a timer may go off: the gateway may have been away.
const LATE_MAX: Duration = Duration::from_mins(10);

/// Watches the clock and the links, and the parts that it works with.
pub(crate) struct ClockEvents {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) rules: Arc<ArcSwap<Rules>>,
    pub(crate) upstreams: Arc<Upstreams>,
    pub(crate) peers: Arc<Peers>,
    pub(crate) sending: Arc<Sending>,
}

/// What was dealt with lately.
#[derive(Default)]
struct Done {
    /// The last time at which a timer went off.
    timers: BTreeMap<RuleId, Time>,
    /// Since when an upstream is down, where that was told.
    links: BTreeMap<(RuleId, UpstreamId), Time>,
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
        for rule in rules.automation.by_clock() {
            match &rule.when.trigger {
                Trigger::Timer { .. } => self.look_at_timer(rules, rule, now, done).await,
                Trigger::LinkDown { upstreams, lasting } => {
                    let watched = rules.upstreams().filter(|upstream| {
                        upstream.enabled && (upstreams.is_empty() || upstreams.contains(&upstream.id))
                    });
                    for upstream in watched {
                        let place = (rule.id, upstream.id);
                        let Some(since) = self.down_since(upstream.id) else {
                            done.links.remove(&place);
                            continue;
                        };
                        let is_told = done.links.contains_key(&place) || now.since(since) < *lasting;
                        let occasion = Occasion::LinkDown(rule, &upstream.name);
                        let key = format!("{}/{}/{since}", rule.id.0, upstream.id.0);
                        if !is_told && self.fire(rules, rule, &occasion, &key, now).await.is_ok() {
                            done.links.insert(place, since);
                        }
                    }
                }
                Trigger::Received | Trigger::Delivered | Trigger::Failed | Trigger::Called => {}
            }
        }
    }

    /// Since when no link of the upstream is up on any node.
    fn down_since(&self, upstream: UpstreamId) -> Option<Time> {
        let counter = self.upstreams.get(upstream)?;
        if counter.is_up_anywhere() { None } else { counter.down_since() }
    }

    async fn look_at_timer(&self, rules: &Rules, rule: &Arc<Rule>, now: Time, done: &mut Done) {
        let after = done.timers.get(&rule.id).copied().unwrap_or(now - LATE_MAX).max(now - LATE_MAX);
        let Some((due, written)) = rule.timer_due(after, now) else { return };
        // The local time, so that an hour that comes twice in autumn counts once.
        let key = format!("{}/{written}", rule.id.0);
        if self.fire(rules, rule, &Occasion::Timer(rule), &key, due).await.is_ok() {
            done.timers.insert(rule.id, due);
        }
    }

    async fn fire(
        &self,
        rules: &Rules,
        rule: &Rule,
        occasion: &Occasion<'_>,
        key: &str,
        at: Time,
    ) -> Result<(), Later> {
        let Some(account) = rules.account(rule.account) else { return Ok(()) };
        let decision = decide(rules, rule.account, occasion, &Memory::default(), at);
        let by = if matches!(occasion, Occasion::Timer(_)) { "timer" } else { "link_down" };
        let sent = self.sending.send(account, &decision, &Cause { key, by, again: true }).await?;
        tracing::info!(rule = %rule.name, messages = sent.len(), "a rule acts");
        super::count(&decision);
        Ok(())
    }
}
