//! Who hears of a message from a handset, in this order: words of consent are dealt with by the gateway and go no further than the
//! account; then come the account's applications; then its rules.

use postrider_core::inbound::Received;
use postrider_core::notice::{Lane, Notice, What};
use postrider_core::numbers::Owner;
use postrider_core::rules::Rules;
use std::sync::Arc;

/// The notices of a message, for the account that it belongs to. Without a rule that may want it there is none for rules.
pub(crate) fn inbound_notices(received: &Arc<Received>, owner: &Owner, rules: &Rules) -> Vec<Notice> {
    let mut notices: Vec<Notice> = received.notices(owner).collect();
    if received.intent.is_none() && rules.automation.wants_received(owner.account) {
        let what = What::Received { account: owner.account, received: Arc::clone(received) };
        let (id, due) = (received.id.into(), received.at);
        notices.push(Notice { id, lane: Lane::Automation, what, failed: 0, due, owned: false });
    }
    notices
}
