//! How many messages of an account wait, where that is limited: beyond the limit new ones are refused.

use crate::backlog::Backlog;
use arc_swap::ArcSwap;
use postrider_core::account::{Account, AccountId};
use postrider_core::delivery::Delivery;
use postrider_core::rules::Rules;
use postrider_core::submission::Refusal;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The backlogs of accounts with a limit. Other accounts are not counted.
#[derive(Debug, Default)]
pub(crate) struct AccountQueues(ArcSwap<BTreeMap<AccountId, Arc<Backlog>>>);

impl AccountQueues {
    /// Takes on the limits that the rules say. What is known of a backlog stays.
    pub(crate) fn configure(&self, rules: &Rules) {
        let before = self.0.load();
        let limited = |account: &Arc<Account>| {
            let most = account.queue_max?;
            let backlog = before.get(&account.id).cloned().unwrap_or_default();
            backlog.limit(Some(most));
            Some((account.id, backlog))
        };
        self.0.store(Arc::new(rules.accounts().filter_map(limited).collect()));
    }

    /// Lets one more message of the account wait.
    ///
    /// # Errors
    /// When as many wait as may.
    pub(crate) fn pass(&self, account: &Account) -> Result<(), Refusal> {
        let Some(most) = account.queue_max else { return Ok(()) };
        let all = self.0.load();
        let Some(backlog) = all.get(&account.id) else { return Ok(()) };
        if backlog.is_full() {
            return Err(Refusal::QueueFull { most });
        }
        backlog.planned();
        Ok(())
    }

    /// Takes note of messages that were given to an upstream.
    pub(crate) fn given(&self, deliveries: &[Delivery]) {
        let all = self.0.load();
        if all.is_empty() {
            return;
        }
        for delivery in deliveries {
            if let Some(backlog) = all.get(&delivery.message.account) {
                backlog.given(1, 0);
            }
        }
    }

    /// The store is about to count what waits.
    pub(crate) fn begin_count(&self) {
        self.0.load().values().for_each(|backlog| backlog.begin_count());
    }

    /// Takes on how many messages of each account wait, as the store has counted them.
    pub(crate) fn counted(&self, waiting: &[(AccountId, u64)]) {
        for (account, backlog) in &**self.0.load() {
            let found = waiting.iter().find(|(id, _)| id == account);
            backlog.counted(found.map_or(0, |(_, count)| *count));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;
    use postrider_core::route::Table;

    fn limited(most: Option<u32>) -> (Account, Rules) {
        let account = Account { queue_max: most, ..testing::account() };
        (account.clone(), Rules::new(1, vec![account], Vec::new(), Table::default()))
    }

    #[test]
    fn no_more_messages_wait_than_may() {
        let queues = AccountQueues::default();
        let (account, rules) = limited(Some(2));
        queues.configure(&rules);
        assert_eq!((queues.pass(&account), queues.pass(&account)), (Ok(()), Ok(())));
        assert_eq!(queues.pass(&account), Err(Refusal::QueueFull { most: 2 }));
        queues.begin_count();
        queues.counted(&[(account.id, 1)]);
        assert_eq!(queues.pass(&account), Ok(()), "the store knows better");
        queues.configure(&rules);
        assert!(queues.pass(&account).is_err(), "a reload forgets nothing");
        let (free, rules) = limited(None);
        queues.configure(&rules);
        assert_eq!(queues.pass(&free), Ok(()));
    }
}
