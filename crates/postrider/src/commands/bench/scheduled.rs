//! What messages cost that are scheduled for one moment: the gateway's memory until then, and how they leave then.

use super::Args;
use super::figures::{mebibytes, millis, whole};
use super::gateway::Gateway;
use super::setup::{STANDSTILL, bound, scheduled_plan, start_carrier};
use crate::clock;
use crate::failure::Failure;
use crate::terminal::{Style, complain, paint, say};
use postrider_simulator::carrier::Carrier;
use postrider_simulator::load::{Load, Pace};
use serde_json::json;
use std::path::Path;
use std::time::{Duration, Instant};

/// Nobody waits longer until all are accepted.
const LONGEST: Duration = Duration::from_hours(24);

/// What was measured.
struct Figures {
    scheduled: u64,
    /// Memory before the first message, and with all of them scheduled, in octets.
    memory_before: u64,
    memory: u64,
    /// Whether all were accepted before their time.
    in_time: bool,
    /// From their time to the first at the carrier.
    first_after: Duration,
    per_second: f64,
    lost: u64,
    duplicates: u64,
    peak: u64,
}

/// Schedules `messages` for one moment, and waits for what happens then.
pub(super) async fn run(args: &Args, program: &Path, messages: u64) -> Result<(), Failure> {
    let carrier = start_carrier(args, usize::try_from(messages).unwrap_or(usize::MAX)).await?;
    let gateway = Gateway::start(args, program).await?;
    bound(args, &carrier).await?;
    let memory_before = gateway.resident()?;
    let (began, due_at) = (clock::now(), clock::timestamp() + args.due_after);
    let pace = Pace { rate: (args.rate > 0.0).then_some(args.rate), duration: LONGEST, most: Some(messages) };
    let plan = scheduled_plan(args, &gateway, pace, format!("{due_at:.3}"))?;
    let load = Load::http(plan)
        .await
        .map_err(|error| Failure::failed(format!("the clients can't start: {error}")))?;
    complain(&format!("Scheduling {} messages for {due_at:.0}.", whole(messages as f64)));
    load.sent().await;
    let due = began + args.due_after;
    let in_time = clock::now() < due;
    let scheduled = load.report().progress.accepted;
    let memory = gateway.resident()?;
    drop(load);
    complain("Waiting for their time.");
    let first = first_arrival(&carrier, due).await?;
    let all = rest_arrives(&carrier, scheduled).await;
    let counts = carrier.counts();
    let figures = Figures {
        scheduled,
        memory_before,
        memory,
        in_time,
        first_after: first.saturating_duration_since(due),
        per_second: counts.accepted as f64 / all.saturating_duration_since(due).as_secs_f64(),
        lost: scheduled.saturating_sub(counts.accepted - counts.duplicates),
        duplicates: counts.duplicates,
        peak: gateway.peak()?,
    };
    figures.show(args.json);
    Ok(())
}

/// When the first message arrives.
async fn first_arrival(carrier: &Carrier, due: Instant) -> Result<Instant, Failure> {
    let longest = due.saturating_duration_since(clock::now()) + STANDSTILL;
    let arrival = tokio::time::timeout(longest, carrier.until(|counts| counts.accepted > 0)).await;
    arrival.map_err(|_| Failure::failed("no scheduled message left at its time"))?;
    Ok(clock::now())
}

/// When the last message has arrived, or nothing more comes.
async fn rest_arrives(carrier: &Carrier, messages: u64) -> Instant {
    loop {
        let before = carrier.counts().accepted;
        let all = carrier.until(|counts| counts.accepted - counts.duplicates >= messages);
        if tokio::time::timeout(STANDSTILL, all).await.is_ok() || carrier.counts().accepted == before {
            return clock::now();
        }
    }
}

impl Figures {
    fn show(&self, as_json: bool) {
        if !self.in_time {
            complain("They were due before all were accepted: give --due-after a longer time.");
        }
        if as_json {
            let document = json!({
                "scheduled": self.scheduled,
                "in_time": self.in_time,
                "gateway_bytes_before": self.memory_before,
                "gateway_bytes_scheduled": self.memory,
                "first_after_us": self.first_after.as_micros() as u64,
                "received_per_second": self.per_second,
                "gateway_peak_bytes": self.peak,
                "lost": self.lost,
                "duplicates": self.duplicates,
            });
            say(&serde_json::to_string_pretty(&document).unwrap_or_default());
            return;
        }
        let rows = [
            ("messages scheduled", whole(self.scheduled as f64)),
            ("gateway memory before", mebibytes(self.memory_before)),
            ("gateway memory with all scheduled", mebibytes(self.memory)),
            ("from their time to the first at the carrier", millis(self.first_after)),
            ("messages sent to the carrier a second since", whole(self.per_second)),
            ("gateway peak memory", mebibytes(self.peak)),
            ("lost", whole(self.lost as f64)),
            ("duplicates", whole(self.duplicates as f64)),
        ];
        for (name, value) in rows {
            say(&format!("{name:<46}{}", paint(Style::Strong, &value)));
        }
    }
}
