//! Menus and polls that get no answer in time: a notice that is due then waits beside what is remembered of the sender, so that any
//! node does what the rule wants, once.

use super::sending::{Cause, Later};
use super::{Automating, Known, count, later, words};
use postrider_core::account::Account;
use postrider_core::automation::{Action, Decision, Memory, time_out};
use postrider_core::contract::RuleEvent;
use postrider_core::inbound::Received;
use postrider_core::notice::{Lane, Notice, What};
use postrider_core::rules::Rules;
use std::collections::BTreeMap;

/// The event that webhooks are told.
const EVENT: &str = "timed_out";

/// The notice that is due when the menu or poll that a message has begun is over, if something is done then.
pub(super) fn notice(cause: &Notice, rules: &Rules, before: &Memory, decision: &Decision) -> Option<Notice> {
    if cause.lane == Lane::Timeouts {
        return None;
    }
    let (rule, until) = decision.memory.sender.begun(&before.sender)?;
    let is_wanted = rules.automation.times_out(rule);
    // Nobody has it in hand: whichever node looks first when it is due takes it.
    is_wanted.then(|| Notice { lane: Lane::Timeouts, failed: 0, due: until, owned: false, ..cause.clone() })
}

impl Automating {
    /// Does what is to be done if the menu or poll still waits that the notice's message has begun.
    pub(super) async fn time_out(&self, notice: &Notice) -> Result<(), Later> {
        let rules = self.rules.load_full();
        let known = self.known(notice, &rules).await.map_err(|error| later(&error))?;
        let (decision, told) = match (&notice.what, rules.account(notice.account())) {
            (What::Received { received, .. }, Some(account)) => {
                self.act_on_timeout(notice, received, account, &rules, &known).await?
            }
            _ => (None, None),
        };
        // Where nothing is done, what is remembered stays as it is.
        let unchanged = Decision { memory: known.memory.clone(), ..Decision::default() };
        let decision = decision.unwrap_or(unchanged);
        count(&decision);
        self.record(notice, &rules, &known, &decision, told).await
    }

    async fn act_on_timeout(
        &self,
        notice: &Notice,
        received: &Received,
        account: &Account,
        rules: &Rules,
        known: &Known,
    ) -> Result<(Option<Decision>, Option<String>), Later> {
        let now = self.clock.now();
        if let Some((rule, until)) = known.memory.sender.menu
            && until > now
            && rules.automation.times_out(rule)
        {
            // It was begun anew meanwhile.
            return Err(Later(until.since(now)));
        }
        let Some(decision) = time_out(rules, account.id, received, &known.memory, now) else {
            return Ok((None, None));
        };
        let by = notice.id.number().to_string();
        let key = format!("{by}/timeout");
        self.tell_webhook(&decision, &key, received, account).await?;
        let cause = Cause { key: &key, by: &by, inbound: Some(received.id), at: now, again: true };
        let done = self.acting.act(account, &decision, &cause, rules).await?;
        let told = words::told(&decision, &done);
        Ok((Some(decision), told))
    }

    /// Has the account's webhook told, if the rule wants it.
    async fn tell_webhook(
        &self,
        decision: &Decision,
        key: &str,
        received: &Received,
        account: &Account,
    ) -> Result<(), Later> {
        let rule = decision.considered.first().map(|considered| considered.rule.clone());
        let Some(rule) = rule.filter(|_| decision.actions.contains(&Action::Webhook)) else { return Ok(()) };
        let inbound = &received.inbound;
        let event = RuleEvent {
            cause: key.to_owned(),
            rule,
            event: EVENT,
            at: self.clock.now(),
            facts: vec![
                ("inbound_id", received.id.to_string().into()),
                ("from", inbound.from.shown().into()),
                ("to", inbound.to.shown().into()),
            ],
            call: BTreeMap::new(),
            url: None,
            text: None,
        };
        self.acting.tell(account.id, event).await.map_err(|error| later(&error))
    }
}
