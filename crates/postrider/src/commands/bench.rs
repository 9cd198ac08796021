//! `bench`: measures the whole chain on this machine. The carrier and the clients run in this process, the
//! gateway in one of its own, so that what it costs can be told apart.

mod backlog;
mod carrier;
mod compare;
mod configuration;
mod figures;
mod gateway;
mod inbound;
mod kernel;
mod noisy_neighbour;
mod opt_outs;
mod provider;
mod setup;
mod throughput;
mod usage;

use crate::failure::Failure;
use clap::{Parser, ValueEnum};
use postrider_declare::Span;
use std::path::PathBuf;
use std::time::Duration;

/// Measure the gateway on this machine
#[derive(Clone, Debug, Parser)]
#[command(after_help = "\
Examples:
  postrider bench                                 at full speed, for a minute
  postrider bench --rate 10000                    how long clients wait at this rate
  postrider bench --door rest-batch               over HTTP, 1,000 messages at a time
  postrider bench --door rest --webhooks          over HTTP, with a webhook for each message
  postrider bench --opt-outs 10000000             with ten million opt-outs
  postrider bench --backlog 1000000               memory and restart with a million queued
  postrider bench --noisy-neighbour 1000000       one account's delay while another queues a million
  postrider bench --noisy-neighbour 1000000 --urgent --upstream-rate 100
                                                  how long a one-time password takes behind a million offers
  postrider bench --provider telnyx               by a provider over HTTP, with callbacks
  postrider bench --upstream-protocol ucp         to a carrier that speaks EMI/UCP, with receipts
  postrider bench --inbound webhook               messages from handsets, posted to a webhook
  postrider bench --compare ./postrider-before    this program and another build, five times in turn
  postrider bench --with-and-without encryption   what encryption at rest costs, five times in turn
  postrider bench --config bench/full.toml --fill 'sh bench/fill.sh' --compare-config bench/bench.toml
                                                  with everything on and with nothing, five times in turn
  POSTRIDER_STORE=postgres://... postrider bench --config bench/bench-postgres.toml --nodes 4

It starts a gateway of its own and uses the ports 2775, 8080, 22775 and 28080 of this machine. The message
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
    /// Over HTTP, receive a webhook for each message too, at 127.0.0.1:28080. A message is complete when its webhook came
    #[arg(long, conflicts_with_all = ["backlog", "noisy_neighbour"])]
    webhooks: bool,
    /// Events that a webhook may hold, instead of the configuration's, 1 to 100
    #[arg(long, value_name = "COUNT", requires = "webhooks", value_parser = clap::value_parser!(u8).range(1..=100))]
    webhook_batch: Option<u8>,
    /// Queue so many messages while the carrier is down, and see what that means for memory and a restart
    #[arg(long, value_name = "COUNT", conflicts_with_all = ["noisy_neighbour", "compare"])]
    backlog: Option<u64>,
    /// Queue so many messages of one account, and see how long messages of another account take to the carrier
    /// meanwhile. The carrier gets 1,000 messages a second, or what --upstream-rate says
    #[arg(long, value_name = "COUNT", alias = "noisy-neighbor", conflicts_with = "compare")]
    noisy_neighbour: Option<u64>,
    /// With --noisy-neighbour: the one account's messages are of class marketing, the other's of class otp
    #[arg(long, requires = "noisy_neighbour")]
    urgent: bool,
    /// Have handsets write instead, and see how fast the application is told: over SMPP, or by its webhook
    #[arg(long, value_enum, value_name = "WAY", conflicts_with_all = ["backlog", "noisy_neighbour", "compare", "webhooks"])]
    inbound: Option<inbound::To>,
    /// Send by a provider over HTTP, as this preset describes it, instead of by SMPP
    #[arg(long, value_name = "PRESET", conflicts_with_all = ["backlog", "noisy_neighbour", "inbound", "nodes"])]
    provider: Option<String>,
    /// Measure this program and another build of it in turn; clients and carrier are always this program's. Other work
    /// on the machine changes figures by up to 30 %, so only figures measured in turn can be compared
    #[arg(long, value_name = "PROGRAM")]
    compare: Option<PathBuf>,
    /// Measure with the configuration of --config and this one in turn, such as with bench/full.toml and with bench/bench.toml. --fill is
    /// for the first
    #[arg(long, value_name = "FILE", requires = "config", conflicts_with_all = ["compare", "backlog", "inbound", "noisy_neighbour"])]
    compare_config: Option<PathBuf>,
    /// Measure the gateway with a feature, and without it as the other one, in turn: encryption at rest, the stream of events, or as
    /// many opt-outs as --opt-outs says
    #[arg(long, value_enum, value_name = "FEATURE",
          conflicts_with_all = ["compare", "compare_config", "backlog", "noisy_neighbour", "inbound", "provider"])]
    with_and_without: Option<compare::Feature>,
    /// With --compare, --compare-config and --with-and-without, how often each of the two is measured
    #[arg(long, value_name = "COUNT", default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..))]
    turns: u16,
    /// Have the store in the PostgreSQL database that the environment variable POSTRIDER_STORE names, whatever the configuration says
    #[arg(long)]
    postgres: bool,
    /// A shell command to run before the gateway starts, in every turn, such as one that makes a database anew
    #[arg(long, value_name = "COMMAND")]
    prepare: Option<String>,
    /// A shell command to run once the gateway is ready, such as one that imports tariffs
    #[arg(long, value_name = "COMMAND")]
    fill: Option<String>,
    /// The gateway to measure, instead of this program: another build of it
    #[arg(long, value_name = "PROGRAM")]
    program: Option<PathBuf>,
    #[command(flatten)]
    upstream: configuration::Upstream,
    #[command(flatten)]
    carrier: carrier::Carrier,
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
    /// Have so many numbers opted out, none of which gets messages; with the embedded store only
    #[arg(long, value_name = "COUNT", default_value_t = 0, conflicts_with = "config")]
    opt_outs: u64,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Features of the gateway that are switched otherwise than the configuration says
    #[arg(skip)]
    switches: configuration::Switches,
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
    if args.webhooks && args.door == Door::Smpp {
        return Err(Failure::usage("receipts of messages over SMPP don't come by webhook")
            .help("add `--door rest` or `--door rest-batch`"));
    }
    let program = match &args.program {
        Some(program) => program.clone(),
        None => std::env::current_exe()
            .map_err(|error| Failure::failed(format!("can't find this program: {error}")))?,
    };
    if let Some(other) = &args.compare {
        compare::builds(&args, &program, other).await
    } else if let Some(feature) = args.with_and_without {
        compare::switched(&args, &program, feature).await
    } else if let Some(other) = &args.compare_config {
        compare::configurations(&args, &program, other).await
    } else if let Some(messages) = args.backlog {
        backlog::run(&args, &program, messages).await
    } else if let Some(to) = args.inbound {
        inbound::run(&args, &program, to).await
    } else if let Some(messages) = args.noisy_neighbour {
        noisy_neighbour::run(&args, &program, messages).await
    } else {
        throughput::measure(&args, &program).await?.show(args.json);
        Ok(())
    }
}

fn time(text: &str) -> Result<Duration, String> {
    Span::new(text).read().map_err(|error| error.to_string())
}
