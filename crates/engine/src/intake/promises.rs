//! Places on shelves that are promised to messages while they are stored.

use crate::counter::Counter;
use crate::upstreams::Upstreams;
use postrider_core::account::AccountId;
use postrider_core::contract::{Accept, Prepared};
use postrider_core::delivery::Delivery;
use postrider_core::id::MessageId;
use postrider_core::message::Class;
use postrider_core::route::UpstreamId;
use postrider_core::time::Time;
use std::sync::Arc;

/// The promises of one batch.
#[derive(Default)]
pub(super) struct Promises {
    /// Messages that the batch has so far.
    count: usize,
    shelves: Vec<Promised>,
}

/// The promises of one upstream's shelf.
struct Promised {
    counter: Arc<Counter>,
    /// Messages with a place on the shelf, by their place in the batch.
    deliveries: Vec<(usize, Delivery)>,
    /// Messages without one: they are left in the store.
    left: Vec<(usize, Class, AccountId)>,
}

impl Promises {
    /// Asks the message's counter for a place on its shelf.
    pub(super) fn make(&mut self, upstreams: &Upstreams, prepared: Prepared, now: Time) -> Accept {
        let Prepared { message, upstream, credit, beside, cleared, .. } = prepared;
        let place = self.count;
        self.count += 1;
        let mut owned = false;
        if let Some(shelf) = self.shelf(upstreams, upstream) {
            // Behind which others a message with an ordering key leaves, the store knows.
            owned = message.ordering_key.is_none() && shelf.counter.promise(&message, now);
            if owned {
                let delivery = Delivery::new(Arc::clone(&message), upstream);
                shelf.deliveries.push((place, Delivery { cleared, ..delivery }));
            } else {
                shelf.left.push((place, message.class, message.account));
            }
        }
        Accept { message, upstream, owned, credit, beside }
    }

    fn shelf(&mut self, upstreams: &Upstreams, upstream: UpstreamId) -> Option<&mut Promised> {
        let index = match self.shelves.iter().position(|shelf| shelf.counter.id == upstream) {
            Some(index) => index,
            None => {
                let counter = upstreams.get(upstream)?;
                self.shelves.push(Promised { counter, deliveries: Vec::new(), left: Vec::new() });
                self.shelves.len() - 1
            }
        };
        self.shelves.get_mut(index)
    }

    /// The batch is durable, but for what the store refused, in these places.
    pub(super) fn keep(self, refused: &[usize]) {
        let is_refused = |place: usize| refused.contains(&place);
        for Promised { counter, deliveries, left } in self.shelves {
            let (withdrawn, kept): (Vec<_>, Vec<_>) =
                deliveries.into_iter().partition(|(place, _)| is_refused(*place));
            for (_, delivery) in withdrawn {
                counter.withdraw(delivery.message.class, delivery.message.account);
            }
            if !kept.is_empty() {
                counter.keep(kept.into_iter().map(|(_, delivery)| delivery));
            }
            let mut left = left.into_iter().filter(|(place, ..)| !is_refused(*place)).peekable();
            if left.peek().is_some() {
                counter.leave(left.map(|(_, class, account)| (class, account)));
                counter.queued();
            }
        }
    }

    /// Gives the places back; returns the messages that had one.
    pub(super) fn withdraw(self) -> Vec<MessageId> {
        let mut promised = Vec::new();
        for Promised { counter, deliveries, .. } in self.shelves {
            for (_, delivery) in deliveries {
                counter.withdraw(delivery.message.class, delivery.message.account);
                promised.push(delivery.message.id);
            }
        }
        promised
    }
}
