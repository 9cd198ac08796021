//! Measures reports over scattered traffic: 200 accounts, each with three senders, to five networks each. The store is filled by large
//! pages, and each is told. Run it with `--release`; arguments: messages, days that they are spread over, directory or URL of an empty
//! PostgreSQL database.

#![expect(clippy::disallowed_methods, reason = "a measurement of time")]
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a measurement prints, and ends when it fails")]
#![allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "times of a measurement")]

use postrider_core::account::AccountId;
use postrider_core::cause::Code;
use postrider_core::contract::Store;
use postrider_core::delivery::{Outcome, State};
use postrider_core::id::MessageId;
use postrider_core::message::Message;
use postrider_core::number::Number;
use postrider_core::numbering::{Numbering, NumberingPlan};
use postrider_core::report::{Dimension, EndedMessage, ReportCounts, ReportFilter, hour_of};
use postrider_core::route::UpstreamId;
use postrider_core::sender::Sender;
use postrider_core::time::Time;
use postrider_store::{postgres, sqlite};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// 2025-06-16T00:00:00Z.
const START: Time = Time(1_750_032_000_000);
const ACCOUNTS: u64 = 200;
const NETWORKS: u64 = 40;
/// Ends that are counted at once: many more than bookkeeping takes, so that most of an hour's are one row.
const PAGE: u64 = 400_000;

/// Mixes a number well (splitmix64).
fn mixed(n: u64) -> u64 {
    let z = n.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

fn numbering() -> Numbering {
    let ranges = (0..NETWORKS).map(|it| format!("4470{it:02},234{it:02},network {it}\n"));
    let text: String = std::iter::once("prefix,mccmnc,name\n".to_owned()).chain(ranges).collect();
    Numbering::with(Some(Arc::new(NumberingPlan::read(text.as_bytes()).unwrap())))
}

/// A message that has ended: nine of ten delivered, within a second to a minute.
fn ended(n: u64, apart: f64) -> (EndedMessage, Outcome) {
    let dice = mixed(n);
    let account = dice % ACCOUNTS;
    let network = (account * 7 + (dice >> 8) % 5) % NETWORKS;
    let accepted = START + Duration::from_millis((n as f64 * apart) as u64);
    let message = Message {
        account: AccountId(1 + account as u32),
        from: Some(Sender::parse(&format!("s{account}-{}", (dice >> 16) % 3)).unwrap()),
        to: Number::from_digits(447_000_000_000 + network * 10_000_000 + (dice >> 24) % 10_000_000).unwrap(),
        ..postrider_core::testing::message(MessageId::first_at(accepted))
    };
    let failed = (dice >> 48).is_multiple_of(10);
    let error = [Code::ValidityEnded, Code::RecipientBlocked, Code::Undeliverable][(dice >> 52) as usize % 3];
    let outcome = Outcome {
        state: if failed { State::Undelivered } else { State::Delivered },
        upstream: UpstreamId(1 + (network % 4) as u32),
        reference: None,
        error: failed.then(|| error.into()),
        sent_at: Some(accepted),
        done_at: accepted + Duration::from_millis(1_000 << ((dice >> 56) % 6)),
        parts: 1,
        possible_duplicate: false,
    };
    (EndedMessage::from(&message), outcome)
}

async fn open(place: &Path) -> Arc<dyn Store> {
    match place.to_str() {
        Some(url) if url.starts_with("postgres") => {
            postgres::Postgres::open(url, postgres::Settings::default()).await.unwrap()
        }
        _ => sqlite::Sqlite::open(place, sqlite::Settings::default()).unwrap(),
    }
}

async fn fill(store: &dyn Store, total: u64, days: u64) {
    let (numbering, apart) = (numbering(), days as f64 * 86_400_000.0 / total as f64);
    let started = Instant::now();
    let mut from = store.reported_to().await.unwrap();
    let mut counting = Duration::ZERO;
    for first in (0..total).step_by(PAGE as usize) {
        let mut counts = ReportCounts::default();
        for n in first..(first + PAGE).min(total) {
            let (message, outcome) = ended(n, apart);
            counts.count(&message, &outcome, &numbering);
        }
        let mut to = from;
        to.page += 1;
        let began = Instant::now();
        assert!(store.count(from, to, counts).await.unwrap());
        counting += began.elapsed();
        from = to;
        println!("{} of {total} counted after {:?}", (first + PAGE).min(total), started.elapsed());
    }
    let each = counting.as_micros() as f64 / total as f64;
    println!("{total} messages of {days} days counted in {:?}, {each:.2} us each", started.elapsed());
}

async fn ask(store: &dyn Store, hours: (i64, i64), by: &[Dimension]) {
    let (from, until) = (hour_of(START) + hours.0, hour_of(START) + hours.1);
    let filter = ReportFilter { from, until, by: by.to_vec(), ..ReportFilter::default() };
    let words: Vec<&str> = by.iter().map(|by| by.word()).collect();
    let mut took = Vec::new();
    let mut sums = Vec::new();
    for _ in 0..3 {
        let started = Instant::now();
        sums = store.report(filter.clone(), 200_001).await.unwrap();
        took.push(started.elapsed());
    }
    let messages: u64 = sums.iter().map(|sum| sum.sums.messages).sum();
    println!(
        "hours {} to {} by [{}]: {messages} messages, {} sums, {took:?}",
        hours.0,
        hours.1,
        words.join(", "),
        sums.len()
    );
}

#[tokio::main]
async fn main() {
    let argument =
        |n: usize, default: u64| std::env::args().nth(n).map_or(default, |text| text.parse().unwrap());
    let (total, days) = (argument(1, 10_000_000), argument(2, 1));
    let temporary = tempfile::tempdir().unwrap();
    let place = std::env::args().nth(3).map_or(temporary.path().to_owned(), PathBuf::from);
    let store = open(&place).await;
    fill(&*store, total, days).await;
    let hours = 24 * days.cast_signed();
    for by in [
        &[][..],
        &[Dimension::Account],
        &[Dimension::Country, Dimension::Network],
        &[Dimension::Upstream, Dimension::Network],
        &[Dimension::Account, Dimension::Sender],
        &[Dimension::Day, Dimension::Account],
        &[Dimension::Hour],
    ] {
        ask(&*store, (0, hours), by).await;
        ask(&*store, (1, hours - 1), by).await;
    }
    store.close().await;
}
