//! The embedded store: what it costs to take messages, in batches as they come under load.

use crate::Case;
use postrider_core::contract::{Accept, Beside, Store};
use postrider_core::id::MessageId;
use postrider_core::message::{Body, Message, Via};
use postrider_core::number::Number;
use postrider_core::route::{Plan, UpstreamId};
use postrider_core::time::Time;
use postrider_store::sqlite::{Settings, Sqlite};
use std::sync::Arc;
use std::time::Duration;

pub(crate) const CASES: &[Case] = &[Case { name: "store/accept", rounds: 10_000, run: accept }];

/// Messages of one transaction.
const BATCH: u32 = 100;
const NOW: Time = Time(1_795_301_432_500);

/// Messages accepted, and durable.
fn accept(rounds: u32) {
    let directory = tempfile::tempdir().expect("there is room for a store");
    let settings = Settings { gather: Duration::ZERO, ..Settings::default() };
    let store = Sqlite::open(directory.path(), settings).expect("a store can be made");
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime starts");
    runtime.block_on(async {
        for first in (0..rounds).step_by(BATCH as usize) {
            let batch = (first..first + BATCH).map(message).collect();
            store.accept(batch, None).await.expect("the store takes messages");
        }
        store.close().await;
    });
}

fn message(n: u32) -> Accept {
    let message = Message {
        to: Number::from_digits(447_700_900_000 + u64::from(n)).expect("a valid number"),
        body: Body::Text("Your parcel is here: come & get it.".into()),
        due: NOW,
        expires: NOW + Duration::from_hours(24),
        via: Via::Session,
        plan: Arc::new(Plan { route: "world".into(), upstreams: [UpstreamId(1)].into() }),
        ..postrider_core::testing::message(MessageId::from_number(
            MessageId::first_at(NOW).number() + u64::from(n),
        ))
    };
    Accept {
        message: Arc::new(message),
        upstream: UpstreamId(1),
        owned: true,
        credit: None,
        beside: Beside::default(),
    }
}
