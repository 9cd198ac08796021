//! The two sides of a measurement that are not the gateway: its carrier and its clients.

use super::gateway::Gateway;
use super::{Args, Door};
use crate::failure::{Failure, plain};
use postrider_simulator::carrier::Carrier;
use postrider_simulator::load::{HttpPlan, Load, Pace, SmppPlan};
use std::net::SocketAddr;
use std::time::Duration;

/// Where the gateway listens and where its carrier is expected, as `bench/bench.toml` has it.
pub(super) const SMPP: &str = "127.0.0.1:2775";
pub(super) const HTTP: &str = "127.0.0.1:8080";
pub(super) const CARRIER: &str = "127.0.0.1:22775";
const WEBHOOKS: &str = "127.0.0.1:28080";

/// Numbers that no carrier has a fate for.
const FIRST_NUMBER: u64 = 447_000_000_000;

/// Without any progress for so long, what is missing is given up.
pub(super) const STANDSTILL: Duration = Duration::from_secs(20);
/// When no bind has moved for so long, several nodes have shared them out: they look at it every second.
const SETTLED: Duration = Duration::from_secs(3);

/// Starts the carrier, with room for the digests of so many messages.
pub(super) async fn start_carrier(args: &Args, expected: usize) -> Result<Carrier, Failure> {
    let settings = args.carrier.settings(expected);
    Carrier::start(CARRIER, settings).await.map_err(|error| {
        let why = error.to_string();
        Failure::failed(format!("can't listen at {CARRIER} as a carrier: {}", plain(&why)))
            .help("stop the simulator that runs there: the benchmark needs its port")
    })
}

/// Waits until the gateway has bound to the carrier, and its nodes have shared out the binds.
pub(super) async fn bound(args: &Args, carrier: &Carrier) -> Result<(), Failure> {
    within("the gateway to bind to the carrier", carrier.until(|counts| counts.binds > 0)).await?;
    if args.nodes > 1 {
        within("the nodes to share out their binds", settled(carrier)).await?;
    }
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

/// Begins to send as account `bench`, as the command line says.
pub(super) async fn start_load(args: &Args, gateway: &Gateway, pace: Pace) -> Result<Load, Failure> {
    match args.door {
        Door::Smpp => {
            let (binds, window) = (args.binds.into(), args.window.into());
            start_smpp(SmppPlan { binds, window, ..smpp_plan("bench", gateway, pace)? }).await
        }
        Door::Rest | Door::RestBatch => {
            let plan = http_plan(args, gateway, pace)?;
            Load::http(plan).await.map_err(|error| not_started(&error))
        }
    }
}

fn http_plan(args: &Args, gateway: &Gateway, pace: Pace) -> Result<HttpPlan, Failure> {
    Ok(HttpPlan {
        address: address(HTTP)?,
        key: gateway.key().to_owned(),
        connections: args.binds.into(),
        batch: args.door.batch(),
        pace,
        first_number: FIRST_NUMBER,
        sender: SENDER.to_owned(),
        webhooks: args.webhooks.then(|| address(WEBHOOKS)).transpose()?,
        send_at: None,
    })
}

/// Messages that are to be sent at one moment, 1,000 a request.
pub(super) fn scheduled_plan(
    args: &Args,
    gateway: &Gateway,
    pace: Pace,
    at: String,
) -> Result<HttpPlan, Failure> {
    Ok(HttpPlan { batch: Door::RestBatch.batch(), send_at: Some(at), ..http_plan(args, gateway, pace)? })
}

const SENDER: &str = "Postrider";

/// One bind of an account, whose login and password are its name, with a window of 10.
pub(super) fn smpp_plan(account: &str, gateway: &Gateway, pace: Pace) -> Result<SmppPlan, Failure> {
    Ok(SmppPlan {
        addresses: gateway.smpp()?,
        system_id: account.to_owned(),
        password: account.to_owned(),
        binds: 1,
        window: 10,
        pace,
        first_number: FIRST_NUMBER,
        sender: SENDER.to_owned(),
        hears_arrivals: false,
    })
}

/// Begins to send over SMPP.
pub(super) async fn start_smpp(plan: SmppPlan) -> Result<Load, Failure> {
    Load::smpp(plan).await.map_err(|error| not_started(&error))
}

fn not_started(error: &std::io::Error) -> Failure {
    Failure::failed(format!("the clients can't start: {error}"))
}

pub(super) fn address(text: &str) -> Result<SocketAddr, Failure> {
    text.parse().map_err(|error| Failure::failed(format!("{text}: {error}")))
}

/// Waits for something that should happen soon.
async fn within<T>(what: &str, event: impl Future<Output = T>) -> Result<T, Failure> {
    tokio::time::timeout(STANDSTILL, event).await.map_err(|_| {
        Failure::failed(format!("timed out after {} s waiting for {what}", STANDSTILL.as_secs()))
    })
}
