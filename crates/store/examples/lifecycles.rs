//! Measures whole lives of messages: accepted, taken, reported, told; durable at each step, in batches as a
//! busy gateway makes them. Run it with `--release`; arguments: messages, lanes, messages a batch, batches that
//! wait for their receipts in each lane, directory (kept) or URL of an empty PostgreSQL database.

#![expect(clippy::disallowed_methods, reason = "a measurement of time")]
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a measurement prints, and ends when it fails")]

use postrider_core::account::AccountId;
use postrider_core::contract::{Accept, Beside, Record, Store, Told};
use postrider_core::delivery::{Awaited, Change, Delivery, Outcome, Queue, State};
use postrider_core::id::MessageId;
use postrider_core::message::{Body, Message, Via};
use postrider_core::notice::{Lane, Notice};
use postrider_core::number::Number;
use postrider_core::route::{Plan, UpstreamId};
use postrider_core::time::Time;
use postrider_store::{postgres, sqlite};
use std::collections::{HashMap, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

const START: Time = Time(1_750_000_000_000);
/// Ten million messages a day.
const MESSAGES_PER_SECOND: u64 = 116;
const ACCOUNTS: f64 = 200.0;
/// The plans of messages, by eight routes.
static PLANS: LazyLock<[Arc<Plan>; 8]> = LazyLock::new(|| {
    std::array::from_fn(|route| {
        let upstreams = (1..=4).map(UpstreamId).collect();
        Arc::new(Plan { route: format!("route {route}").into(), upstreams })
    })
});

/// What all lanes share.
struct Run {
    store: Arc<dyn Store>,
    next: AtomicU64,
    total: u64,
    batch: u64,
    waiting: usize,
}

/// Mixes a number well (splitmix64).
fn mixed(n: u64) -> u64 {
    let z = n.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

fn message(n: u64) -> Arc<Message> {
    let dice = mixed(n);
    let due = START + Duration::from_millis(n * 1000 / MESSAGES_PER_SECOND);
    let account = ((dice >> 11) as f64 / (1u64 << 53) as f64).powi(3) * ACCOUNTS;
    Arc::new(Message {
        account: AccountId(1 + account as u32),
        to: Number::from_digits(447_700_000_000 + dice % 1_000_000).unwrap(),
        body: Body::Text(
            format!("Your parcel {dice:020} is on its way and comes today between ten and one").into(),
        ),
        due,
        expires: due + Duration::from_hours(24),
        via: if dice.is_multiple_of(2) { Via::Webhook } else { Via::Session },
        plan: Arc::clone(&PLANS[(dice % 8) as usize]),
        ..postrider_core::testing::message(MessageId::from_number(
            MessageId::first_at(due).number() + n % 16_384,
        ))
    })
}

fn upstream(message: &Message) -> UpstreamId {
    UpstreamId(1 + (message.to.digits() % 4) as u32)
}

fn reference(message: &Message) -> Box<str> {
    format!("{:010x}", mixed(message.id.number()) >> 24).into()
}

fn change(message: &Arc<Message>) -> Change {
    Change::none(&Delivery::new(Arc::clone(message), upstream(message)), message.due)
}

fn taken(message: &Arc<Message>) -> Change {
    let awaited = Awaited {
        upstream: upstream(message),
        reference: reference(message),
        given: None,
        part: 0,
        parts: 1,
        possible_duplicate: false,
    };
    Change { queue: Queue::Leave, awaited: vec![awaited], ..change(message) }
}

fn reported(message: &Arc<Message>) -> Change {
    let outcome = Outcome {
        state: State::Delivered,
        upstream: upstream(message),
        reference: Some(reference(message)),
        error: None,
        sent_at: Some(message.due),
        done_at: message.due + Duration::from_secs(3),
        parts: 1,
        possible_duplicate: false,
    };
    let notice = Notice::of_end(message, &outcome, outcome.done_at);
    let notice = notice.map(|notice| Notice { owned: true, ..notice });
    let arrived = vec![(upstream(message), reference(message))];
    Change { arrived, outcome: Some(outcome), notice, ..change(message) }
}

fn told(message: &Arc<Message>) -> Told {
    Told { notice: message.id.into(), again: None, failed: 0, attempt: None }
}

type Batch = Vec<Arc<Message>>;

impl Run {
    fn batch(&self) -> Batch {
        let first = self.next.fetch_add(self.batch, Ordering::Relaxed);
        (first..(first + self.batch).min(self.total)).map(message).collect()
    }

    async fn accept(&self, batch: &Batch) -> Duration {
        let accept = |message: &Arc<Message>| Accept {
            message: Arc::clone(message),
            upstream: upstream(message),
            owned: true,
            credit: None,
            beside: Beside::default(),
        };
        let started = Instant::now();
        if !batch.is_empty() {
            self.store.accept(batch.iter().map(accept).collect(), None).await.unwrap();
        }
        started.elapsed()
    }

    async fn record(&self, batch: Option<&Batch>, step: fn(&Arc<Message>) -> Change) {
        if let Some(batch) = batch {
            let record = Record { changes: batch.iter().map(step).collect(), ..Record::default() };
            self.store.record(Arc::new(record)).await.unwrap();
        }
    }

    async fn told(&self, batch: Option<&Batch>) {
        if let Some(batch) = batch {
            let mut lanes: HashMap<Lane, Vec<Told>> = HashMap::new();
            for message in batch {
                let lane = match message.via {
                    Via::Session => Lane::Sessions(message.account),
                    _ => Lane::Webhooks,
                };
                lanes.entry(lane).or_default().push(told(message));
            }
            let tell = |(lane, told)| {
                let store = Arc::clone(&self.store);
                async move { store.told(lane, told).await.unwrap() }
            };
            lanes.into_iter().map(tell).collect::<JoinSet<()>>().join_all().await;
        }
    }

    /// One lane: each round accepts a batch while earlier batches take their later steps.
    async fn lane(self: Arc<Self>) -> Vec<Duration> {
        let mut waiting: VecDeque<Batch> = VecDeque::new();
        let (mut accepted, mut ended): (Option<Batch>, Option<Batch>) = (None, None);
        let mut latencies = Vec::new();
        loop {
            let batch = self.batch();
            let full = waiting.len() >= self.waiting || batch.is_empty();
            let heard = if full { waiting.pop_front() } else { None };
            if batch.is_empty() && accepted.is_none() && heard.is_none() && ended.is_none() {
                return latencies;
            }
            let (latency, ..) = tokio::join!(
                self.accept(&batch),
                self.record(accepted.as_ref(), taken),
                self.record(heard.as_ref(), reported),
                self.told(ended.as_ref()),
            );
            if !batch.is_empty() {
                latencies.push(latency);
            }
            waiting.extend(accepted.replace(batch).filter(|batch| !batch.is_empty()));
            accepted = accepted.filter(|batch| !batch.is_empty());
            ended = heard;
        }
    }
}

/// CPU seconds in user and system mode, as `stat` of a process or a thread has them.
fn cpu_seconds(stat: &str) -> f64 {
    let after_name = stat.rsplit(") ").next().unwrap();
    let fields: Vec<&str> = after_name.split(' ').collect();
    (fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap()) / 100.0
}

/// CPU seconds of the embedded store's thread.
fn writer_seconds() -> f64 {
    std::fs::read_dir("/proc/self/task")
        .unwrap()
        .filter_map(|thread| std::fs::read_to_string(thread.unwrap().path().join("stat")).ok())
        .filter(|stat| stat.contains("(store)"))
        .map(|stat| cpu_seconds(&stat))
        .sum()
}

fn status(name: &str) -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    status.lines().find(|line| line.starts_with(name)).unwrap_or_default().to_owned()
}

async fn open(place: &Path) -> Arc<dyn Store> {
    match place.to_str() {
        Some(url) if url.starts_with("postgres") => {
            postgres::Postgres::open(url, postgres::Settings::default()).await.unwrap()
        }
        _ => sqlite::Sqlite::open(place, sqlite::Settings::default()).unwrap(),
    }
}

fn main() {
    let argument =
        |n: usize, default: u64| std::env::args().nth(n).map_or(default, |text| text.parse().unwrap());
    let (total, lanes, batch) = (argument(1, 500_000), argument(2, 8), argument(3, 100));
    let temporary = tempfile::tempdir().unwrap();
    let place = std::env::args().nth(5).map_or(temporary.path().to_owned(), PathBuf::from);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let store = runtime.block_on(open(&place));
    let waiting = usize::try_from(argument(4, 25)).unwrap();
    let run = Arc::new(Run { store: Arc::clone(&store), next: AtomicU64::new(0), total, batch, waiting });
    let started = Instant::now();
    let mut latencies = runtime.block_on(async {
        let lanes: Vec<_> = (0..lanes).map(|_| tokio::spawn(Arc::clone(&run).lane())).collect();
        let mut latencies = Vec::new();
        for lane in lanes {
            latencies.extend(lane.await.unwrap());
        }
        latencies
    });
    let seconds = started.elapsed().as_secs_f64();
    let cpu = cpu_seconds(&std::fs::read_to_string("/proc/self/stat").unwrap());
    let writer = writer_seconds();
    runtime.block_on(store.close());
    latencies.sort();
    let hundreds_of_thousands = total as f64 / 100_000.0;
    println!("{total} lives in {seconds:.2} s: {:.0} a second", total as f64 / seconds);
    println!(
        "CPU seconds per 100,000: {:.2} in all, {:.2} in the store's thread",
        cpu / hundreds_of_thousands,
        writer / hundreds_of_thousands
    );
    println!(
        "accept: p50 {:?}, p99 {:?}, max {:?}",
        latencies[latencies.len() / 2],
        latencies[latencies.len() * 99 / 100],
        latencies[latencies.len() - 1]
    );
    println!("{}", status("VmHWM"));
}
