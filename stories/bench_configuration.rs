//! The configuration with everything on that load tools measure against: it runs, is filled, and carries messages.

use crate::harness::{ADMIN_KEY, Gateway, Plan, carrier};
use std::process::Command;

const KEY: &str = "the-key-of-load-tools-12345";

/// `bench/full.toml`, with the simulated carrier in the place of that of load tools.
fn plan(carrier: std::net::SocketAddr) -> Plan {
    let text = include_str!("../bench/full.toml")
        .replace("port = 22775", &format!("port = {}", carrier.port()))
        .replace("system_id = \"carrier\"", "system_id = \"postrider\"")
        .replace("password = \"carrier\"", "password = \"pw\"");
    let plan = Plan::new().with(&text);
    plan.env("POSTRIDER_BENCH_KEY", KEY).env("POSTRIDER_BENCH_ADMIN", "the-key-of-who-fills-it-12345")
}

/// Runs `bench/fill.sh` with fewer ranges and rates.
async fn fill(gateway: &Gateway) {
    let url = gateway.url();
    let run = move || {
        let mut command = Command::new("sh");
        command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/../../bench/fill.sh"));
        command.arg(env!("CARGO_BIN_EXE_postrider"));
        command.env("POSTRIDER_KEY", ADMIN_KEY).env("POSTRIDER_URL", url);
        command.env("RANGES", "2000").env("RATES", "2000");
        command.output().unwrap()
    };
    let output = tokio::task::spawn_blocking(run).await.unwrap();
    assert!(output.status.success(), "{output:?}");
}

#[tokio::test]
async fn the_full_configuration_is_filled_and_carries_messages() {
    let carrier = carrier().await;
    let gateway = plan(carrier.address()).start().await;
    fill(&gateway).await;
    let bench = gateway.stranger().with_key(Some(KEY));
    let balances = gateway.admin().get("/v1/balances").await.ok();
    assert!(balances.to_string().contains("10000000"), "{balances}");
    let to = "+441000009123";
    let id = bench.send(to, "Hello").await;
    let message = bench.message_in(&id, "delivered").await;
    // The rate of the longest prefix is 0.03 and a digit.
    assert!(message["price"].as_str().unwrap().starts_with("0.03"), "{message}");
    let lookup = gateway.admin().get("/v1/lookup/441000009123").await.ok();
    assert_eq!(lookup["network"]["mccmnc"], "23411", "{lookup}");
}
