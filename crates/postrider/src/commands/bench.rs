//! `bench`: measures the whole chain on this machine. The carrier and the clients run in this process, the
//! gateway in one of its own, so that what it costs can be told apart.

mod backlog;
mod figures;
mod gateway;

use super::simulate::delay;
use crate::failure::{Failure, plain};
use crate::terminal::complain;
use clap::{Parser, ValueEnum};
use figures::Figures;
use gateway::{Gateway, own_cpu};
use postrider_declare::Span;
use postrider_simulator::carrier::{Carrier, Counts, Delay, ReceiptsTo, Recording, Settings};
use postrider_simulator::load::{HttpPlan, Load, Pace, SmppPlan};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// Where the gateway listens and where its carrier is expected, as `bench/bench.toml` has it.
const SMPP: &str = "127.0.0.1:2775";
const HTTP: &str = "127.0.0.1:8080";
const CARRIER: &str = "127.0.0.1:22775";

/// Numbers that no carrier has a fate for.
const FIRST_NUMBER: u64 = 447_000_000_000;

/// More messages a second than anybody will see here; room is made for their digests.
const EXPECTED_RATE: f64 = 50_000.0;

/// Without any progress for so long, what is missing is given up.
const STANDSTILL: Duration = Duration::from_secs(20);
/// When no bind has moved for so long, several nodes have shared them out: they look at it every second.
const SETTLED: Duration = Duration::from_secs(3);

/// Measure the gateway on this machine
#[derive(Debug, Parser)]
#[command(after_help = "\
Examples:
  postrider bench                                 at full speed, for a minute
  postrider bench --rate 10000                    how long clients wait at this rate
  postrider bench --door rest-batch               over HTTP, 1,000 messages at a time
  postrider bench --backlog 1000000               memory and restart with a million queued
  POSTRIDER_STORE=postgres://... postrider bench --config bench/bench-postgres.toml --nodes 4

It starts a gateway of its own and uses the ports 2775, 8080 and 22775 of this machine. The message
store is made anew each time; a disk that syncs slowly shows, so measure on the disk you'll use.")]
pub(crate) struct Args {
    /// Messages a second; 0 is as many as possible
    #[arg(long, value_name = "RATE", default_value_t = 0.0)]
    rate: f64,
    /// How long to send
    #[arg(long, value_name = "TIME", value_parser = time, default_value = "60s")]
    duration: Duration,
    /// Which way clients send: smpp, with receipts back to the client; rest, one message a request; or rest-batch,
    /// 1,000 messages a request
    #[arg(long, value_enum, default_value_t = Door::Smpp, hide_possible_values = true)]
    door: Door,
    /// SMPP sessions of the clients, up to the 16 that the configuration allows, or HTTP connections, up to 1,000
    #[arg(long, value_name = "COUNT", default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=1000))]
    binds: u16,
    /// Messages of an SMPP session that may be unanswered, 1 to 1,000
    #[arg(long, value_name = "COUNT", default_value_t = 100, value_parser = clap::value_parser!(u16).range(1..=1000))]
    window: u16,
    /// How long the carrier takes to deliver a message
    #[arg(long, value_name = "TIME", value_parser = delay, default_value = "1s")]
    receipts_after: Delay,
    /// Have the carrier bring each receipt on the bind on which its message came; otherwise any bind may bring it
    #[arg(long)]
    same_bind: bool,
    /// Queue so many messages while the carrier is down, and see what that means for memory and a restart
    #[arg(long, value_name = "COUNT")]
    backlog: Option<u64>,
    /// The configuration, instead of the one that all figures of the project are measured with; its ports must be
    /// the same
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The directory of the new store, instead of the one for temporary files
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Measure so many nodes side by side; they need a configuration with a store that they share, and take the ports
    /// behind those of the first
    #[arg(long, value_name = "COUNT", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=16))]
    nodes: u16,
    /// The process of a PostgreSQL server on this machine whose CPU time is measured too: the first line of its
    /// `postmaster.pid`
    #[arg(long, value_name = "PID")]
    postmaster: Option<u32>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Which way clients send.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Door {
    /// SMPP, with receipts back to the client
    Smpp,
    /// HTTP, one message a request
    Rest,
    /// HTTP, 1,000 messages a request
    RestBatch,
}

impl Door {
    /// Messages in a request.
    const fn batch(self) -> usize {
        match self {
            Self::Smpp | Self::Rest => 1,
            Self::RestBatch => 1_000,
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Smpp => "smpp",
            Self::Rest => "rest",
            Self::RestBatch => "rest-batch",
        }
    }
}

/// Measures, and prints what came of it.
pub(crate) async fn run(args: Args) -> Result<(), Failure> {
    if let Some(messages) = args.backlog {
        return backlog::run(&args, messages).await;
    }
    let expected = if args.rate > 0.0 { args.rate } else { EXPECTED_RATE };
    let carrier = start_carrier(&args, (expected * args.duration.as_secs_f64()) as usize).await?;
    let gateway = Gateway::start(&args).await?;
    within("the gateway to bind to the carrier", carrier.until(|counts| counts.binds > 0)).await?;
    if args.nodes > 1 {
        within("the nodes to have shared out their binds", settled(&carrier)).await?;
    }
    let before = (gateway.cpu()?, own_cpu()?, gateway.database_cpu()?);
    let pace = Pace { rate: (args.rate > 0.0).then_some(args.rate), duration: args.duration, most: None };
    let load = start_load(&args, &gateway, pace).await?;
    complain(&format!("Sending for {} s.", args.duration.as_secs_f64()));
    load.sent().await;
    complain("Waiting for the last receipts.");
    complete(args.door, &load, &carrier).await;
    let cpu = (gateway.cpu()? - before.0, own_cpu()? - before.1);
    let database_cpu = gateway.database_cpu()?.zip(before.2).map(|(after, before)| after - before);
    let figures = Figures {
        door: args.door,
        report: load.report(),
        carrier: carrier.counts(),
        cpu,
        database_cpu,
        peak: gateway.peak()?,
    };
    figures.show(args.json);
    Ok(())
}

/// Waits until binds no longer move from node to node.
async fn settled(carrier: &Carrier) {
    let standing = || (carrier.counts().binds, carrier.counts().binds_granted);
    let mut before = standing();
    loop {
        tokio::time::sleep(SETTLED).await;
        let now = standing();
        if now == before {
            return;
        }
        before = now;
    }
}

async fn start_carrier(args: &Args, expected: usize) -> Result<Carrier, Failure> {
    let settings = Settings {
        system_id: Some("carrier".to_owned()),
        password: Some("carrier".to_owned()),
        receipt_delay: args.receipts_after,
        receipts_to: if args.same_bind { ReceiptsTo::SameBind } else { ReceiptsTo::Any },
        window: 1_000,
        recording: Recording::Counts(expected),
        ..Settings::default()
    };
    Carrier::start(CARRIER, settings).await.map_err(|error| {
        let why = error.to_string();
        Failure::failed(format!("can't listen at {CARRIER} as a carrier: {}", plain(&why)))
            .help("stop the simulator that runs there: the benchmark needs its port")
    })
}

async fn start_load(args: &Args, gateway: &Gateway, pace: Pace) -> Result<Load, Failure> {
    let sender = "Postrider".to_owned();
    let started = match args.door {
        Door::Smpp => {
            let plan = SmppPlan {
                addresses: gateway.smpp()?,
                system_id: "bench".to_owned(),
                password: "bench".to_owned(),
                binds: args.binds.into(),
                window: args.window.into(),
                pace,
                first_number: FIRST_NUMBER,
                sender,
            };
            Load::smpp(plan).await
        }
        Door::Rest | Door::RestBatch => {
            let plan = HttpPlan {
                address: address(HTTP)?,
                key: gateway.key().to_owned(),
                connections: args.binds.into(),
                batch: args.door.batch(),
                pace,
                first_number: FIRST_NUMBER,
                sender,
            };
            Load::http(plan).await
        }
    };
    started.map_err(|error| Failure::failed(format!("the clients can't start: {error}")))
}

fn address(text: &str) -> Result<SocketAddr, Failure> {
    text.parse().map_err(|error| Failure::failed(format!("{text}: {error}")))
}

fn time(text: &str) -> Result<Duration, String> {
    Span::new(text).read().map_err(|error| error.to_string())
}

/// Waits until every message accepted has come to its end: for SMPP that its receipt is back at the client, for
/// HTTP that the gateway has taken it. Gives up when nothing moves any more.
async fn complete(door: Door, load: &Load, carrier: &Carrier) {
    let accepted = load.progress().accepted;
    let taken = |counts: &Counts| counts.receipts_taken;
    loop {
        let before = (load.progress().receipts, taken(&carrier.counts()));
        let done = async {
            match door {
                Door::Smpp => drop(load.completed().await),
                Door::Rest | Door::RestBatch => drop(carrier.until(|counts| taken(counts) >= accepted).await),
            }
        };
        if tokio::time::timeout(STANDSTILL, done).await.is_ok() {
            return;
        }
        if before == (load.progress().receipts, taken(&carrier.counts())) {
            complain(&format!("No progress for {} s: giving up the rest.", STANDSTILL.as_secs()));
            return;
        }
    }
}

/// Waits for something that should happen soon.
async fn within<T>(what: &str, event: impl Future<Output = T>) -> Result<T, Failure> {
    tokio::time::timeout(STANDSTILL, event).await.map_err(|_| {
        Failure::failed(format!("timed out after {} s waiting for {what}", STANDSTILL.as_secs()))
    })
}
