//! Who hears of a message from a handset, in this order: words of consent are dealt with by the gateway and go no further than the
//! account; then come the account's applications; then its rules.

use postrider_core::account::AccountId;
use postrider_core::contract::{Store, StoreError};
use postrider_core::inbound::Received;
use postrider_core::notice::{Lane, Notice, NoticeId, What};
use postrider_core::number::Number;
use postrider_core::numbers::Owner;
use postrider_core::rules::Rules;
use postrider_core::sender::Sender;
use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

/// The notices of a message, for the account that it belongs to. Without a rule that may want it there is none for rules.
pub(crate) fn inbound_notices(received: &Arc<Received>, owner: &Owner, rules: &Rules) -> Vec<Notice> {
    let mut notices: Vec<Notice> = received.notices(owner).collect();
    if received.intent.is_none() && rules.automation.wants_received(owner.account) {
        notices.push(for_rules(received, owner.account));
    }
    notices
}

/// The notice on the lane of rules.
fn for_rules(received: &Arc<Received>, account: AccountId) -> Notice {
    let what = What::Received { account, received: Arc::clone(received) };
    let (id, due) = (received.id.into(), received.at);
    Notice { id, lane: Lane::Automation, what, failed: 0, due, owned: false }
}

/// The account and the number of the sender, if the message may be a reply that cancels others: it is no word of consent.
pub(crate) fn replies(received: &Received) -> Option<(AccountId, Number)> {
    match (received.account, received.intent, &received.inbound.from.understood) {
        (Some(account), None, Some(Sender::Number(number))) => Some((account, *number)),
        _ => None,
    }
}

/// The notices on the lane of rules of messages that no rule wants, but that cancel some message that waits for a reply.
///
/// # Errors
/// When the store can't be read.
pub(crate) async fn awaited_replies<'n>(
    store: &dyn Store,
    inbound: &[Arc<Received>],
    notices: impl Iterator<Item = &'n Notice>,
) -> Result<Vec<Notice>, StoreError> {
    let of_rules = notices.filter(|notice| notice.lane == Lane::Automation);
    let wanted: HashSet<NoticeId> = of_rules.map(|notice| notice.id).collect();
    let is_other = |received: &&Arc<Received>| {
        replies(received).is_some() && !wanted.contains(&NoticeId::from(received.id))
    };
    let others = || inbound.iter().filter(is_other);
    let recipients: BTreeSet<_> = others().filter_map(|received| replies(received)).collect();
    if recipients.is_empty() {
        return Ok(Vec::new());
    }
    let scheduled = store.scheduled_to(recipients.into_iter().collect()).await?;
    let awaited: BTreeSet<_> =
        scheduled.iter().filter(|it| it.cancel_on_reply).map(|it| (it.account, it.to)).collect();
    let is_awaited = |received: &&Arc<Received>| {
        replies(received).is_some_and(|(account, number)| awaited.contains(&(account, number)))
    };
    Ok(others().filter(is_awaited).filter_map(|it| Some(for_rules(it, it.account?))).collect())
}
