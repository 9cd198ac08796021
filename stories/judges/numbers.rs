//! A DNS server that others wrote (dnslib) is asked for ENUM records: the network of a number decides about its route.

use super::tools;
use crate::harness::{Plan, carrier, free_port};
use serde_json::json;
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, BufReader};

#[tokio::test]
async fn the_network_that_a_dns_server_names_chooses_the_route() {
    let port = free_port();
    let mut command = tools::python("enum_server.py");
    command.arg(port.to_string()).stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
    let mut server = command.spawn().unwrap();
    let mut lines = BufReader::new(server.stdout.take().unwrap()).lines();
    assert_eq!(lines.next_line().await.unwrap().as_deref(), Some("ready"));

    let (first, second) = (carrier().await, carrier().await);
    let gateway = Plan::simple(first.address())
        .upstream("second", second.address())
        .with("[routes.ee]\norder = 1\nnetworks = ['23430']\nupstreams = ['second']")
        .with(&format!(
            "[lookups.porting]\nprotocol = 'enum'\nserver = '127.0.0.1:{port}'\ndomain = 'e164.example.net'\n\
             no_name = 'unassigned'\ntime_limit = '10s'"
        ))
        .start()
        .await;
    let admin = gateway.admin();
    let known = admin.get("/v1/lookup/+447700900123").await.with(200);
    assert_eq!(known["network"]["mccmnc"], "23430");
    assert_eq!(known["looked_up"]["provider"], "porting");
    let unknown = admin.get("/v1/lookup/+447700900199").await.with(200);
    assert_eq!((&unknown["deliverable"], &unknown["reason"]), (&json!(false), &json!("dead")));

    let shop = gateway.http("shop");
    let message = json!({ "to": "+447700900123", "text": "Hello" });
    let explained = admin.post("/v1/messages/explain?account=shop", &message).await.with(200);
    assert_eq!(explained["routing"]["plan"], json!(["second"]));
    let refused = shop.post("/v1/messages", &json!({ "to": "+447700900199", "text": "Hello" })).await;
    assert_eq!(refused.with(422)["code"], "undeliverable_recipient");
}
