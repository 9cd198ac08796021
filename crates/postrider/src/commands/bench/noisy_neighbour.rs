//! What one account's queue means for another account: the first queues many messages, the second sends one every now and
//! then, and their way to the carrier is timed.

mod phase;

use super::Args;
use super::gateway::Gateway;
use super::setup::{STANDSTILL, bound, smpp_plan, start_carrier, start_load, start_smpp};
use crate::clock;
use crate::failure::Failure;
use crate::terminal::{complain, say};
use phase::Phase;
use postrider_simulator::carrier::{Carrier, Heard};
use postrider_simulator::load::{Load, Pace, SmppPlan};
use serde_json::Value;
use std::convert::Infallible;
use std::path::Path;
use std::time::Duration;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

/// The account whose messages are timed: its name, login and password in the configuration.
const QUIET: &str = "quiet";

/// The numbers that its messages go to begin here, far from those of the other account, and each phase has so many.
const QUIET_NUMBERS: u64 = 448_000_000_000;
const NUMBERS_OF_PHASE: u64 = 10_000_000;

/// Messages a second of that account: one every 50 ms.
const QUIET_RATE: f64 = 20.0;

/// How long that account is timed before the other begins.
const ALONE: Duration = Duration::from_secs(10);

/// Nobody waits longer for a queue to build up.
const LONGEST: Duration = Duration::from_hours(24);

/// The gateway and its carrier, and the phases measured so far.
struct Measurement {
    carrier: Carrier,
    gateway: Gateway,
    phases: Vec<Phase>,
}

/// Times messages of account `quiet` before account `bench` queues so many, meanwhile, and while they wait.
pub(super) async fn run(args: &Args, program: &Path, messages: u64) -> Result<(), Failure> {
    let carrier = start_carrier(args, usize::try_from(messages).unwrap_or(usize::MAX)).await?;
    let gateway = Gateway::start(args, program).await?;
    bound(args, &carrier).await?;
    let mut measurement = Measurement { carrier, gateway, phases: Vec::new() };
    complain(&format!("Timing an account alone for {} s.", ALONE.as_secs()));
    measurement.time("alone", None, tokio::time::sleep(ALONE)).await?;
    complain(&format!("Timing it while another account queues {messages} messages."));
    let pace = Pace { rate: (args.rate > 0.0).then_some(args.rate), duration: LONGEST, most: Some(messages) };
    let queueing = start_load(args, &measurement.gateway, pace).await?;
    measurement.time("while they are queued", Some(&queueing), queueing.sent()).await?;
    complain(&format!("Timing it for {} s while they wait.", args.duration.as_secs_f64()));
    measurement.time("while they wait", Some(&queueing), tokio::time::sleep(args.duration)).await?;
    show(&measurement.phases, args.json);
    Ok(())
}

impl Measurement {
    /// Times messages of the quiet account until `end`, and those that are under way then until they have arrived.
    async fn time<T>(
        &mut self,
        name: &'static str,
        queueing: Option<&Load>,
        end: impl Future<Output = T>,
    ) -> Result<(), Failure> {
        let (start, before) = (clock::now(), self.carrier.counts().accepted);
        let heard = self.carrier.listen();
        let pace = Pace { rate: Some(QUIET_RATE), duration: LONGEST, most: None };
        let plan = SmppPlan {
            first_number: QUIET_NUMBERS + self.phases.len() as u64 * NUMBERS_OF_PHASE,
            hears_arrivals: true,
            ..smpp_plan(QUIET, &self.gateway, pace)?
        };
        let load = start_smpp(plan).await?;
        let sent = async {
            let _ = end.await;
            let sent = load.progress().submitted;
            // Those that have not arrived then are shown.
            let _ = tokio::time::timeout(STANDSTILL, load.until(|progress| progress.arrived >= sent)).await;
            sent
        };
        let sent = tokio::select! {
            never = hear(&load, heard) => match never {},
            sent = sent => sent,
        };
        let (report, carried) = (load.report(), self.carrier.counts().accepted);
        let quiet = report.progress.arrived + self.phases.iter().map(Phase::arrived).sum::<u64>();
        let queued = queueing.map_or(0, |load| load.progress().accepted);
        self.phases.push(Phase {
            name,
            sent,
            backlog: queued.saturating_sub(carried.saturating_sub(quiet)),
            carried_per_second: (carried - before) as f64 / start.elapsed().as_secs_f64(),
            report,
        });
        Ok(())
    }
}

/// Tells the load of each of its messages that the carrier has accepted.
async fn hear(load: &Load, mut heard: Receiver<Heard>) -> Infallible {
    loop {
        match heard.recv().await {
            Ok(heard) => {
                if let Ok(number) = heard.part.destination.parse()
                    && number >= QUIET_NUMBERS
                {
                    load.arrived(number, clock::now());
                }
            }
            Err(RecvError::Lagged(missed)) => {
                complain(&format!("{missed} messages came to the carrier too fast to be told apart."));
            }
            // The carrier has ended, and the measurement with it.
            Err(RecvError::Closed) => std::future::pending().await,
        }
    }
}

fn show(phases: &[Phase], as_json: bool) {
    if as_json {
        let document = Value::from_iter(phases.iter().map(Phase::json));
        say(&serde_json::to_string_pretty(&document).unwrap_or_default());
        return;
    }
    say(&phase::heading());
    for phase in phases {
        say(&phase.line());
    }
}
