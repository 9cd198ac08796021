//! How many messages a second a load and a carrier manage when they talk to each other directly, and what a message
//! costs both of them together: `cargo run --release -p postrider-simulator --example throughput -- [seconds] [rate]`.
#![allow(clippy::print_stdout, reason = "it is what the program is for")]

use postrider_simulator::carrier::{Carrier, Recording, Settings};
use postrider_simulator::load::{Load, Pace, SmppPlan};
use std::error::Error;
use std::time::Duration;

#[tokio::main(worker_threads = 2)]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let seconds: u64 = arguments.next().map_or(Ok(10), |seconds| seconds.parse())?;
    let rate: Option<f64> = arguments.next().map(|rate| rate.parse()).transpose()?;
    let settings = Settings {
        recording: Recording::Counts(seconds as usize * 200_000),
        receipt_delay: Duration::from_millis(100).into(),
        window: 1000,
        ..Settings::default()
    };
    let carrier = Carrier::start("127.0.0.1:0", settings).await?;
    let plan = SmppPlan {
        addresses: vec![carrier.address()],
        system_id: "load".to_owned(),
        password: "load".to_owned(),
        binds: 4,
        window: 100,
        pace: Pace { rate, duration: Duration::from_secs(seconds), most: None },
        first_number: 447_000_000_000,
        sender: "Postrider".to_owned(),
        hears_arrivals: false,
    };
    let before = cpu_seconds()?;
    let load = Load::smpp(plan).await?;
    load.sent().await;
    load.completed().await;
    let cpu = cpu_seconds()? - before;
    let report = load.report();
    let accepted = report.progress.accepted as f64;
    println!("messages            {accepted}");
    println!("accepted a second   {:.0}", accepted / report.accepting.as_secs_f64());
    println!("complete a second   {:.0}", report.progress.receipts as f64 / report.completing.as_secs_f64());
    println!("CPU a message       {:.2} µs", cpu / accepted * 1e6);
    let quantile = |share| report.latency.quantile(share);
    println!(
        "latency             p50 {:?}, p99 {:?}, max {:?}",
        quantile(0.5),
        quantile(0.99),
        report.latency.max()
    );
    println!("missing {}, mismatched {}, {:?}", report.missing, report.mismatched, report.progress);
    println!("{:?}", carrier.counts());
    Ok(())
}

/// What this process has used of the processor, user and system time.
fn cpu_seconds() -> Result<f64, Box<dyn Error>> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks =
        |index: usize| fields.get(index).and_then(|field| field.parse::<f64>().ok()).unwrap_or_default();
    // Ticks of a hundredth of a second, as on every Linux in use.
    Ok((ticks(11) + ticks(12)) / 100.0)
}
