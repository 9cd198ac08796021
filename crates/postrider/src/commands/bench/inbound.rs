//! How many messages from handsets the chain carries, from the network to the application, and what they cost.

mod posts;

use super::Args;
use super::figures::{mebibytes, percent, whole};
use super::gateway::Gateway;
use super::setup::{STANDSTILL, bound, smpp_plan, start_carrier, start_smpp};
use super::usage::{Reading, Usage};
use crate::clock;
use crate::failure::Failure;
use crate::terminal::{Style, complain, paint, say};
use clap::ValueEnum;
use postrider_simulator::carrier::Carrier;
use postrider_simulator::load::{Load, Pace, SmppPlan};
use posts::Posts;
use serde_json::{Value, json};
use std::path::Path;
use std::time::{Duration, Instant};

/// The number that handsets write to, as `bench/inbound.toml` has it.
const NUMBER: &str = "12345";
/// The first handset.
const FIRST_HANDSET: u64 = 491_700_000_000;
/// How many handsets write, one after the other.
const HANDSETS: u64 = 1_000_000;
/// Messages that the network has ready at most, beyond what the gateway has taken.
const READY_MAX: u64 = 8_000;
/// How often it is looked how far the gateway has come.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// Where messages from handsets go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum To {
    /// To the account's SMPP sessions
    Sessions,
    /// To the account's webhook, one message a post
    Webhook,
}

impl To {
    /// The configuration to measure with.
    pub(super) const fn configuration(self) -> &'static str {
        match self {
            Self::Sessions => include_str!("../../../../../bench/inbound.toml"),
            Self::Webhook => include_str!("../../../../../bench/inbound-webhook.toml"),
        }
    }
}

/// Who is told.
enum Told {
    Sessions(Load),
    Webhook(Posts),
}

impl Told {
    async fn start(args: &Args, to: To, gateway: &Gateway) -> Result<Self, Failure> {
        match to {
            To::Sessions => {
                let pace = Pace { rate: None, duration: args.duration, most: Some(0) };
                let (binds, window) = (args.binds.into(), args.window.into());
                let plan = SmppPlan { binds, window, ..smpp_plan("bench", gateway, pace)? };
                start_smpp(plan).await.map(Self::Sessions)
            }
            To::Webhook => Posts::listen().await.map(Self::Webhook),
        }
    }

    /// Messages that were told so far, repeated ones counted again.
    fn count(&self) -> u64 {
        match self {
            // These clients send nothing, so that nothing that comes is a receipt of theirs.
            Self::Sessions(load) => load.progress().strangers,
            Self::Webhook(posts) => posts.count(),
        }
    }
}

/// What was measured.
struct Figures {
    taken: u64,
    told: u64,
    /// How long the network wrote, and how long it took until the last message was told.
    writing: Duration,
    telling: Duration,
    usage: Usage,
    peak: u64,
}

/// Measures, and prints what came of it.
pub(super) async fn run(args: &Args, program: &Path, to: To) -> Result<(), Failure> {
    let carrier = start_carrier(args, 0).await?;
    let gateway = Gateway::start(args, program).await?;
    bound(args, &carrier).await?;
    let told = Told::start(args, to, &gateway).await?;
    let before = Reading::take(&gateway)?;
    complain(&format!("Handsets write for {} s.", args.duration.as_secs_f64()));
    let start = clock::now();
    write(args, &carrier, start).await;
    let writing = start.elapsed();
    complain("Waiting until all of it is told.");
    let taken = settled(&carrier, &told).await;
    let figures = Figures {
        taken,
        told: told.count(),
        writing,
        telling: start.elapsed(),
        usage: Reading::take(&gateway)?.since(&before),
        peak: gateway.peak()?,
    };
    figures.show(args.json);
    Ok(())
}

/// Has handsets write as fast as the gateway takes it, or at the rate that was asked for.
async fn write(args: &Args, carrier: &Carrier, start: Instant) {
    let mut written = 0;
    while start.elapsed() < args.duration {
        let due = if args.rate > 0.0 { (args.rate * start.elapsed().as_secs_f64()) as u64 } else { u64::MAX };
        let most = due.min(carrier.counts().inbound_taken + READY_MAX);
        for number in written..most {
            let from = (FIRST_HANDSET + number % HANDSETS).to_string();
            carrier.say("carrier", &from, NUMBER, &format!("This is message {number}"));
        }
        written = written.max(most);
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Waits until everything that the gateway has taken is told, or nothing moves any more. Returns how much it has taken.
async fn settled(carrier: &Carrier, told: &Told) -> u64 {
    let standing = || (carrier.counts().inbound_taken, told.count());
    let (mut before, mut since) = (standing(), clock::now());
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        let now = standing();
        if now != before {
            (before, since) = (now, clock::now());
        }
        let (taken, told) = now;
        let is_quiet = since.elapsed() > Duration::from_secs(1);
        if is_quiet && told >= taken {
            return taken;
        }
        if since.elapsed() > STANDSTILL {
            complain(&format!("No progress for {} s: giving up the rest.", STANDSTILL.as_secs()));
            return taken;
        }
    }
}

impl Figures {
    fn per_second(count: u64, time: Duration) -> f64 {
        count as f64 / time.as_secs_f64().max(f64::MIN_POSITIVE)
    }

    fn per_100_000(&self, seconds: f64) -> f64 {
        seconds * 100_000.0 / self.taken.max(1) as f64
    }

    fn show(&self, as_json: bool) {
        if as_json {
            say(&serde_json::to_string_pretty(&self.json()).unwrap_or_default());
            return;
        }
        let rows = [
            ("messages taken", whole(self.taken as f64)),
            ("messages taken a second", whole(Self::per_second(self.taken, self.writing))),
            ("messages told a second", whole(Self::per_second(self.told, self.telling))),
            (
                "gateway CPU-seconds per 100,000 messages",
                format!("{:.2}", self.per_100_000(self.usage.gateway)),
            ),
            (
                "network's and application's, for comparison",
                format!("{:.2}", self.per_100_000(self.usage.own)),
            ),
            ("gateway peak memory", mebibytes(self.peak)),
            (
                "processors idle / stolen",
                format!("{} / {}", percent(self.usage.machine.idle), percent(self.usage.machine.stolen)),
            ),
            ("lost", whole(self.taken.saturating_sub(self.told) as f64)),
            ("told twice", whole(self.told.saturating_sub(self.taken) as f64)),
        ];
        for (name, value) in rows {
            say(&format!("{name:<46}{}", paint(Style::Strong, &value)));
        }
    }

    fn json(&self) -> Value {
        json!({
            "taken": self.taken,
            "taken_per_second": Self::per_second(self.taken, self.writing),
            "told": self.told,
            "told_per_second": Self::per_second(self.told, self.telling),
            "gateway_cpu_seconds_per_100000": self.per_100_000(self.usage.gateway),
            "own_cpu_seconds_per_100000": self.per_100_000(self.usage.own),
            "gateway_peak_bytes": self.peak,
            "lost": self.taken.saturating_sub(self.told),
            "told_twice": self.told.saturating_sub(self.taken),
        })
    }
}
