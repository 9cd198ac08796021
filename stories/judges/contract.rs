//! The HTTP API keeps to the description of itself that it serves: schemathesis reads it, and asks everything that it
//! allows and much that it doesn't.

use super::tools;
use crate::harness::{ADMIN_KEY, Plan, carrier, key_of};
use serde_json::Value;
use std::path::Path;
use tokio::process::Command;

#[tokio::test]
async fn the_api_is_what_it_says_it_is_to_a_customer() {
    let carrier = carrier().await;
    let gateway = Plan::simple(carrier.address()).start().await;
    examine(&format!("{}/openapi.json", gateway.url()), &key_of("shop"), gateway.folder()).await;
}

#[tokio::test]
async fn the_api_is_what_it_says_it_is_to_an_administrator() {
    let carrier = carrier().await;
    let gateway = Plan::simple(carrier.address()).start().await;
    examine(&format!("{}/openapi.json", gateway.url()), ADMIN_KEY, gateway.folder()).await;
}

async fn examine(description: &str, key: &str, folder: &Path) {
    let mut command = Command::new(tools::installed("venv/bin/schemathesis"));
    command
        .args(["run", description, "--header", &format!("Authorization: Bearer {key}")])
        .args(["--phases", "examples,coverage,fuzzing", "--max-examples", "15", "--no-shrink"])
        .args(["--seed", "1", "--max-time", "40", "--request-timeout", "10"])
        .args(["--suppress-health-check", "all", "--no-color"])
        // No schema can say which numbers exist: some of what it allows is refused all the same. So many wrong keys are
        // answered 429, as they should be, where the other check wants 401.
        .args(["--exclude-checks", "positive_data_acceptance,ignored_auth"])
        // A table with wrong lines is answered by a list of them: to the judge, any text that is no table is accepted.
        .args(["--exclude-path-regex", "/csv$|/contacts/imports$"])
        // Their answers last for a minute, and for an hour.
        .args(["--exclude-path", "/v1/trace", "--exclude-path", "/v1/events"])
        .current_dir(folder);
    println!("{}", tools::run(command, &Value::Null).await);
}
