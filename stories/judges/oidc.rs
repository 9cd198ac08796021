//! People sign in to the console at an identity provider that others wrote, in Chromium.

use super::tools::node;
use crate::harness::{Plan, carrier};
use serde_json::{Value, json};
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::time::{Duration, timeout};

#[tokio::test]
async fn users_sign_in_at_an_identity_provider() {
    let carrier = carrier().await;
    let mut command = node("oidc.js");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn().unwrap();
    let mut said = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    // The provider prints warnings of its own before.
    while !line.starts_with("{\"issuer\"") {
        line.clear();
        assert_ne!(said.read_line(&mut line).await.unwrap(), 0, "the provider ended");
    }
    let place: Value = serde_json::from_str(&line).unwrap();
    let (issuer, back) = (place["issuer"].as_str().unwrap(), place["back"].as_str().unwrap());
    let settings = format!(
        "[sign_in.oidc]\nlabel = 'Company'\nissuer = '{issuer}'\nclient_secret = 'secret of the gateway'\ncreate_users = true\n\
         redirect_uri = '{back}/console/sign-in/provider'\nroles.sms-ops = 'operator'\n"
    );
    let gateway = Plan::simple(carrier.address()).with(&settings).start().await;
    // Keys of an account of the file are made there.
    gateway.admin().put("/v1/accounts/desk", &json!({})).await.with(201);
    let port = gateway.url().rsplit(':').next().unwrap().parse::<u16>().unwrap();
    let order = json!({ "port": port, "chromium": "/usr/bin/chromium" });
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(format!("{order}\n").as_bytes()).await.unwrap();
    let mut complaints = String::new();
    let ended = timeout(Duration::from_secs(240), said.read_to_string(&mut complaints)).await;
    ended.expect("it takes too long").unwrap();
    let status = child.wait().await.unwrap();
    // The provider gives advice of its own, too.
    let complaints: Vec<&str> =
        complaints.lines().filter(|line| !line.starts_with("oidc-provider NOTICE")).collect();
    assert!(complaints.is_empty() && status.success(), "{status}: {complaints:#?}");
    let ann = gateway.admin().get("/v1/users/ann").await.ok();
    assert_eq!((&ann["role"], &ann["subject"]), (&json!("operator"), &json!("id-of-ann")));
}
