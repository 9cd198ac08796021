//! n8n: its own engine runs a workflow with a node that is made of the gateway's OpenAPI document.

use super::tools::{node, run};
use crate::harness::{Plan, carrier, key_of, within};
use serde_json::Value;

#[tokio::test]
async fn a_workflow_of_n8n_sends_a_message_and_looks_it_up() {
    let (carrier, home) = (carrier().await, tempfile::tempdir().unwrap());
    let gateway = Plan::simple(carrier.address()).start().await;
    let mut command = node("n8n_node.js");
    command.args([&gateway.url(), &key_of("shop"), "+447700900123"]);
    command.env("N8N_USER_FOLDER", home.path()).env("N8N_ENCRYPTION_KEY", "judge");
    let said = run(command, &Value::Null).await;
    let found: Value = serde_json::from_str(said.lines().last().unwrap()).unwrap();
    assert_eq!((&found["to"], &found["reference"]), (&"+447700900123".into(), &"n8n".into()), "{said}");
    let parts = within("the message", carrier.accepted_at_least(1)).await;
    assert_eq!(parts[0].text(), "From n8n");
}
