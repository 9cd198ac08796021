//! What holds of numbers, as this node knows it.

use postrider_core::cause::Code;
use postrider_core::consent::{Change, Kept, Kind, PseudonymKey, Register, Scope};
use postrider_core::delivery::Delivery;
use postrider_core::number::Number;
use postrider_core::policy::{Held, Holder};
use postrider_core::rules::Rules;
use postrider_core::time::Time;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{PoisonError, RwLock, RwLockReadGuard};
use tokio::sync::Notify;

/// What holds of numbers. Nothing is sent before all of it is known; of nothing is anything known at first.
#[derive(Default)]
pub(crate) struct Holdings {
    register: RwLock<Register>,
    /// Whether all that the store has is known.
    are_known: AtomicBool,
    /// Called then. Who waits goes on in the order of coming.
    known: Notify,
}

impl Holdings {
    /// Nothing holds of any number.
    #[cfg(any(test, doc))]
    pub(crate) fn none() -> Self {
        let none = Self::default();
        none.set_known();
        none
    }

    /// Whether all that the store has is known.
    pub(crate) fn are_known(&self) -> bool {
        self.are_known.load(Ordering::Acquire)
    }

    /// Waits until all that the store has is known.
    pub(crate) async fn until_known(&self) {
        let known = self.known.notified();
        if !self.are_known() {
            known.await;
        }
    }

    /// All that the store has is known from now on.
    pub(crate) fn set_known(&self) {
        self.are_known.store(true, Ordering::Release);
        self.known.notify_waiters();
    }

    /// The register, for as long as the guard lives: a batch, and never across an `await`.
    pub(crate) fn read(&self) -> RwLockReadGuard<'_, Register> {
        self.register.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// What stands for a number that was erased and of which something holds yet.
    pub(crate) fn pseudonym_of(&self, number: Number) -> Option<Number> {
        self.read().pseudonym_of(number)
    }

    /// What stands for a number, by the key of pseudonyms.
    pub(crate) fn set_key(&self, key: PseudonymKey) {
        self.register.write().unwrap_or_else(PoisonError::into_inner).set_key(key);
    }

    /// Has a change that lifts something lift it of the number's pseudonym, where the number was erased.
    pub(crate) fn aim(&self, change: &mut Change) {
        let register = self.read();
        let erased = register.pseudonym_of(change.number).filter(|it| register.contains(*it, &change.scope));
        if let Some(pseudonym) = erased.filter(|_| !change.holds) {
            change.number = pseudonym;
        }
    }

    /// Whether exactly this holds of a number.
    pub(crate) fn holds(&self, number: Number, scope: &Scope) -> bool {
        self.read().holds(number, scope)
    }

    /// Takes in changes, in their order.
    pub(super) fn take_in(&self, changes: &[Kept]) {
        let mut register = self.register.write().unwrap_or_else(PoisonError::into_inner);
        for Kept { change, .. } in changes {
            register.apply(change);
        }
        for kind in Kind::ALL {
            metrics::gauge!("postrider_numbers", "holds" => kind.word()).set(register.count(kind) as f64);
        }
        metrics::gauge!("postrider_numbers_bytes").set(register.memory() as f64);
    }

    /// Takes in what rules say of accounts.
    pub(crate) fn apply(&self, rules: &Rules) {
        let mut register = self.register.write().unwrap_or_else(PoisonError::into_inner);
        register.spare(rules.accounts().map(|account| (account.id, account.policy.spared)));
        register
            .hush(rules.accounts().filter_map(|account| Some((account.id, account.policy.quiet.clone()?))));
        register.bar(rules.accounts().map(|account| (account.id, account.policy.blocked.clone())));
    }
}

/// Whether a message may leave.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Leaving {
    /// Now.
    Now,
    /// Not yet.
    Later(Held),
    /// Never, for this reason.
    Never(Code),
}

/// Whether a delivery may leave now. One of which the carrier has parts goes on.
pub(crate) fn leaving(register: &Register, delivery: &Delivery, now: Time) -> Leaving {
    let message = &delivery.message;
    if message.exempt || register.is_idle() {
        return Leaving::Now;
    }
    let (to, account, class) = (message.to, message.account, message.class);
    // What was judged a moment ago needn't be looked up again.
    let is_cleared = delivery.cleared == register.version();
    if !is_cleared && let Some(scope) = register.forbids(to, account, message.from.as_ref(), class) {
        let blocked = scope.kind == Kind::Block;
        return Leaving::Never(if blocked { Code::RecipientBlocked } else { Code::OptedOut });
    }
    if register.bars(to, account) {
        return Leaving::Never(Code::RecipientBlocked);
    }
    if delivery.taken.count() > 0 {
        return Leaving::Now;
    }
    let quiet = register.held_until(to, account, class, now);
    quiet.map_or(Leaving::Now, |(until, hours)| Leaving::Later(Held { until, why: Holder::Quiet(hours) }))
}

/// Counts a message that is held back.
pub(crate) fn count_held(held: &Held) {
    metrics::counter!("postrider_held_total", "reason" => held.cause().code.word()).increment(1);
}

/// Counts changes.
pub(crate) fn count<'c>(changes: impl IntoIterator<Item = &'c Change>) {
    for change in changes {
        let what = if change.holds { "added" } else { "lifted" };
        let (holds, source) = (change.scope.kind.word(), change.source.word());
        metrics::counter!("postrider_consent_changes_total", "holds" => holds, "change" => what, "source" => source)
            .increment(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use postrider_core::id::MessageId;
    use postrider_core::route::UpstreamId;
    use std::sync::Arc;

    #[test]
    fn a_stop_behind_the_judgement_is_seen_when_the_message_leaves() {
        let mut register = Register::default();
        register.insert(Number::from_digits(447_700_900_999).unwrap(), &Scope::opt_out(None, None));
        let message = Arc::new(postrider_core::testing::message(MessageId::from_number(1)));
        let (to, scope) = (message.to, Scope::opt_out(Some(message.account), None));
        let mut delivery = Delivery::new(message, UpstreamId(1));
        delivery.cleared = register.version();
        assert_eq!(leaving(&register, &delivery, Time(0)), Leaving::Now);
        register.insert(to, &scope);
        assert_eq!(leaving(&register, &delivery, Time(0)), Leaving::Never(Code::OptedOut));
        delivery.cleared = 0;
        assert_eq!(leaving(&register, &delivery, Time(0)), Leaving::Never(Code::OptedOut));
        register.remove(to, &scope);
        assert_eq!(leaving(&register, &delivery, Time(0)), Leaving::Now);
    }
}
