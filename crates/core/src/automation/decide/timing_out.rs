//! Menus and polls to which no answer came.

use super::{Action, Considered, Deciding, Decision, Reason};
use crate::account::AccountId;
use crate::automation::{Memory, Occasion, Rule, TimedOut};
use crate::inbound::Received;
use crate::rules::Rules;
use crate::time::Time;
use std::sync::Arc;

/// Decides what is done since the menu or poll that a message began has got no answer until now. `None` if none has waited for
/// longer than it does: it was answered, begun anew, or is gone.
#[must_use]
pub fn time_out(
    rules: &Rules,
    account: AccountId,
    received: &Received,
    memory: &Memory,
    now: Time,
) -> Option<Decision> {
    let (rule, _) = memory.sender.menu.filter(|(_, until)| *until <= now)?;
    let rule = rules.automation.rule(rule).filter(|rule| rule.account == account)?;
    let timed_out = rule.then.choices.as_ref()?.timed_out.as_ref()?;
    let occasion = Occasion::Received(received);
    let mut deciding = Deciding::new(rules, account, &occasion, memory, now);
    deciding.silence = deciding.still_silent(received);
    deciding.time_out(rule, timed_out);
    Some(deciding.decision)
}

impl Deciding<'_> {
    /// Why nothing is sent because of the sender, as was found before: nothing new is heard of it.
    fn still_silent(&self, received: &Received) -> Option<Reason> {
        if received.inbound.from.understood.as_ref().is_some_and(|from| self.rules.numbers.has(from)) {
            return Some(Reason::OwnNumber);
        }
        (self.decision.memory.sender.quiet_until > self.now).then_some(Reason::Quiet)
    }

    fn time_out(&mut self, rule: &Arc<Rule>, timed_out: &TimedOut) {
        let considered = Considered { rule: rule.name.clone(), acts: true, reason: Reason::TimedOut };
        self.decision.considered.push(considered);
        self.decision.memory.sender.menu = None;
        self.set_time(rule);
        self.set_groups(rule);
        self.tag(&timed_out.tags);
        self.change_groups(rule, &timed_out.groups);
        if timed_out.webhook {
            self.decision.actions.push(Action::Webhook);
        }
        self.forward(rule, &timed_out.send_to, timed_out.text.as_ref());
        if let Some(reply) = &timed_out.reply {
            self.reply(rule, reply);
        }
    }
}
