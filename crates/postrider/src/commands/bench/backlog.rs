//! What a queue of many messages means for the gateway: its memory, how fast it is there again after it was killed, and
//! how fast the queue goes out once the carrier is back.

use super::Args;
use super::figures::{mebibytes, millis, whole};
use super::gateway::Gateway;
use super::setup::{STANDSTILL, start_carrier, start_load};
use crate::clock;
use crate::failure::Failure;
use crate::terminal::{Style, complain, paint, say};
use postrider_simulator::carrier::Carrier;
use postrider_simulator::load::Pace;
use serde_json::json;
use std::path::Path;
use std::time::Duration;

/// Nobody waits longer for a backlog to build up.
const LONGEST: Duration = Duration::from_hours(24);

/// What was measured.
struct Figures {
    queued: u64,
    queued_per_second: f64,
    /// Memory with everything queued, in octets.
    memory: u64,
    restart: Duration,
    /// Memory just after the restart.
    memory_restarted: u64,
    received: u64,
    received_per_second: f64,
    duplicates: u64,
    /// The most memory while the queue went out.
    peak: u64,
}

/// Queues `messages`, kills the gateway, starts it again, and lets the carrier come back.
pub(super) async fn run(args: &Args, program: &Path, messages: u64) -> Result<(), Failure> {
    let mut gateway = Gateway::start(args, program).await?;
    let pace = Pace { rate: (args.rate > 0.0).then_some(args.rate), duration: LONGEST, most: Some(messages) };
    let load = start_load(args, &gateway, pace).await?;
    complain(&format!("Queueing {} messages with the carrier down.", whole(messages as f64)));
    load.sent().await;
    let report = load.report();
    drop(load);
    let memory = gateway.resident()?;
    complain("Killing the gateway and starting it again.");
    let restart = gateway.restart().await?;
    let memory_restarted = gateway.resident()?;
    let queued = report.progress.accepted;
    complain("Starting the carrier.");
    let start = clock::now();
    let carrier = start_carrier(args, usize::try_from(messages).unwrap_or(usize::MAX)).await?;
    drain(&carrier, queued).await;
    let counts = carrier.counts();
    let figures = Figures {
        queued,
        queued_per_second: queued as f64 / report.accepting.as_secs_f64(),
        memory,
        restart,
        memory_restarted,
        received: counts.accepted,
        received_per_second: counts.accepted as f64 / start.elapsed().as_secs_f64(),
        duplicates: counts.duplicates,
        peak: gateway.peak()?,
    };
    figures.show(args.json);
    Ok(())
}

/// Waits until the carrier has everything, or nothing more comes.
async fn drain(carrier: &Carrier, messages: u64) {
    loop {
        let before = carrier.counts().accepted;
        let all = carrier.until(|counts| counts.accepted - counts.duplicates >= messages);
        if tokio::time::timeout(STANDSTILL, all).await.is_ok() {
            return;
        }
        if carrier.counts().accepted == before {
            complain(&format!("No message arrived for {} s: giving up the rest.", STANDSTILL.as_secs()));
            return;
        }
    }
}

impl Figures {
    /// Messages accepted that never reached the carrier.
    fn lost(&self) -> u64 {
        self.queued.saturating_sub(self.received - self.duplicates)
    }

    fn show(&self, as_json: bool) {
        if as_json {
            let document = json!({
                "queued": self.queued,
                "queued_per_second": self.queued_per_second,
                "gateway_bytes_queued": self.memory,
                "restart_us": self.restart.as_micros() as u64,
                "gateway_bytes_restarted": self.memory_restarted,
                "received_per_second": self.received_per_second,
                "gateway_peak_bytes": self.peak,
                "lost": self.lost(),
                "duplicates": self.duplicates,
            });
            say(&serde_json::to_string_pretty(&document).unwrap_or_default());
            return;
        }
        let rows = [
            ("messages queued", whole(self.queued as f64)),
            ("messages queued a second", whole(self.queued_per_second)),
            ("gateway memory with all queued", mebibytes(self.memory)),
            ("killed and started again until ready", millis(self.restart)),
            ("gateway memory after the restart", mebibytes(self.memory_restarted)),
            ("messages sent to the carrier a second", whole(self.received_per_second)),
            ("gateway peak memory since the restart", mebibytes(self.peak)),
            ("lost", whole(self.lost() as f64)),
            ("duplicates", whole(self.duplicates as f64)),
        ];
        for (name, value) in rows {
            say(&format!("{name:<46}{}", paint(Style::Strong, &value)));
        }
    }
}
