//! Messages that a node had in hand when it stopped, or was taken for dead. The store doesn't know which of them were on the
//! wire. An account's messages of a class leave a node in their order, so those that were are the oldest of them: no more than
//! may be in flight, or answered and not recorded.

use postrider_core::account::AccountId;
use postrider_core::delivery::Delivery;
use postrider_core::message::Class;
use std::collections::BTreeMap;

/// Parts that were taken for sent, by class and account, since an unmarked message of theirs came by.
#[derive(Debug, Default)]
pub(super) struct Doubts(BTreeMap<(Class, AccountId), usize>);

impl Doubts {
    /// Whether the next message of its account and class may have been on the wire when a node stopped, of whose parts `most`
    /// may have been.
    pub(super) fn may_have_been_sent(&mut self, delivery: &Delivery, most: usize) -> bool {
        let place = (delivery.message.class, delivery.message.account);
        if !delivery.possible_duplicate {
            self.0.remove(&place);
            return false;
        }
        let parts = self.0.entry(place).or_default();
        let may = *parts < most;
        *parts += usize::from(delivery.message.parts);
        may
    }
}
