//! What `bench/instructions` counts of the engine: a message's way over a shelf, and over a page of the ledger. Each function
//! prepares what it needs and then does one thing so many times; nothing else calls them.

pub use crate::ledger::measured::page;

use crate::shelf::Shelf;
use postrider_core::account::AccountId;
use postrider_core::contract::Leased;
use postrider_core::delivery::Delivery;
use postrider_core::id::MessageId;
use postrider_core::message::{Body, Message, Via};
use postrider_core::number::Number;
use postrider_core::route::{Plan, UpstreamId};
use postrider_core::time::Time;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

pub(crate) const NOW: Time = Time(1_795_301_432_500);
pub(crate) const ACME: UpstreamId = UpstreamId(1);
/// Accounts that share the shelf.
const ACCOUNTS: u32 = 10;
/// Messages on the shelf while it is measured.
const READY: u32 = 1_000;

/// A delivery of one part to be sent by [`ACME`].
pub(crate) fn delivery(number: u32) -> Option<Delivery> {
    let message = Message {
        account: AccountId(number % ACCOUNTS),
        to: Number::from_digits(447_700_900_000 + u64::from(number))?,
        body: Body::Text("Your parcel is here: come & get it.".into()),
        due: NOW,
        expires: NOW + Duration::from_hours(24),
        via: Via::Session,
        plan: Arc::new(Plan { route: "world".into(), upstreams: [ACME].into() }),
        ..postrider_core::testing::message(MessageId::from_number(
            MessageId::first_at(NOW).number() + u64::from(number),
        ))
    };
    Some(Delivery::new(Arc::new(message), ACME))
}

/// Messages taken off a shelf of several accounts in turn, and put on it again.
pub fn shelf(rounds: u32) {
    let mut shelf = Shelf::new();
    // A lease that finds nothing: the shelf knows then that no message waits in the store.
    if let Some(wanted) = shelf.begin_lease() {
        shelf.leased(&wanted, Leased::default());
    }
    for waiting in (0..READY).filter_map(delivery) {
        offer(&mut shelf, waiting);
    }
    for _ in 0..rounds {
        if let Some(next) = shelf.pop_if(|_| true) {
            offer(&mut shelf, black_box(next));
        }
    }
}

fn offer(shelf: &mut Shelf, delivery: Delivery) {
    if shelf.promise(delivery.message.class, delivery.message.account, true) {
        shelf.keep(delivery);
    }
}
