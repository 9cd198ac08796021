//! What a rule against fraud holds doesn't leave before somebody releases it, and what was released isn't held any more. A rule that
//! refuses lets through about as many messages as it allows.

use super::{Check, Faults};
use crate::seen::{Event, Offered, Seen};
use postrider_core::account::{Account, AccountId};
use postrider_core::fraud::{FraudRule, Velocity};
use postrider_core::id::MessageId;
use postrider_core::message::Message;
use postrider_core::time::Time;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

/// How many times as many messages as a rule allows may pass a process: what came before a stretch fades while it goes on.
const FADING: usize = 2;

/// Messages that are held, and rules that refuse.
pub(crate) struct Held {
    held: BTreeSet<MessageId>,
    /// Those that somebody releases, heard of or not.
    releasing: BTreeSet<MessageId>,
    /// Those whose release was heard of.
    released: BTreeSet<MessageId>,
    refusing: BTreeMap<AccountId, Arc<FraudRule>>,
    /// When messages passed a rule that refuses, by the node that counts them, and by range.
    passed: BTreeMap<(u8, AccountId, u64), VecDeque<Time>>,
    /// The processes that count for a node at once: of several nodes one may be put in another's place.
    processes: usize,
}

impl Held {
    /// Of accounts with these rules, at so many nodes.
    pub(crate) fn new(accounts: &[Account], nodes: u8) -> Self {
        let refusing = |account: &Account| {
            let rule = account.policy.fraud.iter().find(|rule| rule.refuses)?;
            Some((account.id, Arc::clone(rule)))
        };
        Self {
            held: BTreeSet::new(),
            releasing: BTreeSet::new(),
            released: BTreeSet::new(),
            refusing: accounts.iter().filter_map(refusing).collect(),
            passed: BTreeMap::new(),
            processes: if nodes > 1 { 2 } else { 1 },
        }
    }

    fn offer(&mut self, event: &Event, message: &Message, faults: &mut Faults) {
        if message.hold.is_some() {
            self.held.insert(message.id);
        }
        let Some(rule) = self.refusing.get(&message.account) else { return };
        let Some(Velocity { most, per }) =
            rule.per_range.filter(|_| rule.looks_at(message.class, message.to))
        else {
            return;
        };
        let range = (event.node, message.account, message.to.digits() / 1_000);
        let passed = self.passed.entry(range).or_default();
        while passed.front().is_some_and(|at| *at + per < event.at) {
            passed.pop_front();
        }
        passed.push_back(event.at);
        if passed.len() > most as usize * FADING * self.processes {
            faults.tell(message.id, format!("{} messages passed where {most} are allowed", passed.len()));
        }
    }
}

impl Check for Held {
    fn name(&self) -> &'static str {
        "held"
    }

    fn see(&mut self, event: &Event, faults: &mut Faults) {
        match &event.seen {
            Seen::Offered { messages, .. } => {
                messages.iter().for_each(|Offered { message, .. }| self.offer(event, message, faults));
            }
            // A process counts for itself.
            Seen::Died(node) => self.passed.retain(|(of, _, _), _| of != node),
            Seen::Releasing(message) => {
                self.releasing.insert(*message);
            }
            Seen::Released(message) => {
                self.released.insert(*message);
            }
            Seen::Taken(taken) => {
                let message = taken.message.id;
                if self.held.contains(&message) && !self.releasing.contains(&message) {
                    faults.tell(message, "it is sent though it is held");
                }
            }
            Seen::Final { message, history: Some(history) }
                if self.released.contains(message) && history.message.hold.is_some() =>
            {
                faults.tell(*message, "it was released, and is held yet");
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::samples::{Fed, UPSTREAM, id, message, taken};
    use postrider_core::policy::Policy;
    use std::time::Duration;

    fn offered(message: Message) -> Seen {
        let messages = vec![Offered { message: Arc::new(message), upstream: UPSTREAM }];
        Seen::Offered { batch: 1, messages, key: None }
    }

    fn account(rule: FraudRule) -> Account {
        let policy = Policy { fraud: vec![Arc::new(rule)], ..Policy::default() };
        Account { policy, ..crate::scenario::plain_account(1) }
    }

    #[test]
    fn what_is_held_leaves_once_it_is_released() {
        let mut held = Fed::new(Held::new(&[], 1));
        for number in [1, 2] {
            held.see(offered(Message { hold: Some("a rule".into()), ..message(number) }));
        }
        held.see(offered(message(3)));
        assert_eq!((held.see(taken(1)), held.see(taken(3))), (1, 0));
        held.see(Seen::Releasing(id(2)));
        assert_eq!(held.see(taken(2)), 0);
    }

    #[test]
    fn a_rule_that_refuses_lets_few_through() {
        let per_range = Some(Velocity { most: 2, per: Duration::from_secs(10) });
        let rule = FraudRule { per_range, refuses: true, classes: [true; 4], ..FraudRule::default() };
        let mut held = Fed::new(Held::new(&[account(rule)], 1));
        let mut offers = |at, number| {
            held.at = at;
            held.see(offered(message(number)))
        };
        let faults: Vec<usize> = (1..=5).map(|number| offers(0, number)).collect();
        assert_eq!((faults, offers(20_000, 6)), (vec![0, 0, 0, 0, 1], 0));
    }
}
