//! Measures a large backlog: how long the store takes to open, to give out work and to count it, and how much
//! memory that needs. Run it with `--release`; arguments: messages queued, of which so many are in hand when
//! the process dies.

#![expect(clippy::disallowed_methods, reason = "a measurement of time")]
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a measurement prints, and ends when it fails")]

use postrider_core::account::AccountId;
use postrider_core::contract::{Accept, Beside, Filter, Store, Wanted};
use postrider_core::id::MessageId;
use postrider_core::message::{Body, Class, Message, Via};
use postrider_core::number::Number;
use postrider_core::principal::Viewer;
use postrider_core::route::{Plan, UpstreamId};
use postrider_core::time::Time;
use postrider_store::sqlite::{Settings, Sqlite};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

const START: Time = Time(1_750_000_000_000);
const DAY: Duration = Duration::from_hours(24);
/// The plan of all messages.
static PLAN: LazyLock<Arc<Plan>> =
    LazyLock::new(|| Arc::new(Plan { route: "world".into(), upstreams: (1..=4).map(UpstreamId).collect() }));

fn accept(n: u64, owned: bool) -> Accept {
    let due = START + Duration::from_millis(n);
    let message = Message {
        account: AccountId(1 + (n % 200) as u32),
        to: Number::from_digits(447_700_000_000 + n).unwrap(),
        body: Body::Text(
            format!("Your parcel {n:020} is on its way and comes today between ten and one").into(),
        ),
        due,
        expires: due + DAY,
        via: Via::Webhook,
        plan: Arc::clone(&PLAN),
        ..postrider_core::testing::message(MessageId::first_at(due))
    };
    Accept {
        message: Arc::new(message),
        upstream: UpstreamId(1 + (n % 4) as u32),
        owned,
        credit: None,
        beside: Beside::default(),
    }
}

async fn timed<T>(what: &str, work: impl Future<Output = T>) -> T {
    let started = Instant::now();
    let result = work.await;
    println!("{what}: {:?}", started.elapsed());
    result
}

fn memory() {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    for line in status.lines().filter(|line| line.starts_with("VmHWM") || line.starts_with("VmRSS")) {
        println!("{line}");
    }
}

#[tokio::main]
async fn main() {
    let argument =
        |n: usize, default: u64| std::env::args().nth(n).map_or(default, |text| text.parse().unwrap());
    let (total, in_hand) = (argument(1, 1_000_000), argument(2, 1000));
    let directory = tempfile::tempdir().unwrap();
    let store = Sqlite::open(directory.path(), Settings::default()).unwrap();
    let batches = (0..total).step_by(1000);
    timed("accepting", async {
        for first in batches {
            let batch = (first..(first + 1000).min(total)).map(|n| accept(n, n < in_hand)).collect();
            store.accept(batch, None).await.unwrap();
        }
    })
    .await;
    memory();
    drop(store);

    let open = async { Sqlite::open(directory.path(), Settings::default()).unwrap() };
    let store = timed("opening", open).await;
    let now = START + DAY;
    let wanted =
        Wanted { most: 1000, each: 100, from: AccountId(0), down_to: Class::Marketing, except: Vec::new() };
    let leased = timed("lease of 1000", store.lease(UpstreamId(1), wanted, now)).await.unwrap();
    assert_eq!(leased.deliveries.len() as u64, 1000.min(total / 4));
    timed("nothing is overdue", store.overdue(1000, START)).await.unwrap();
    let known = (1..=4).map(UpstreamId).collect();
    timed("nothing is stranded", store.stranded(known, None, 1000)).await.unwrap();
    let depths = timed("depths", store.depths()).await.unwrap();
    println!("{} MiB", depths.octets >> 20);
    let account = Filter::all(Viewer::Account(AccountId(7)), 50);
    timed("an account's last 50", store.list(account)).await.unwrap();
    let to = Number::from_digits(15_550_001_111);
    let nobody = Filter { to, ..Filter::all(Viewer::Everything, 50) };
    timed("a number that was never sent to", store.list(nobody)).await.unwrap();
    memory();
    timed("closing", store.close()).await;
}
