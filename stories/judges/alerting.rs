//! Tools of monitoring report alerts: Debian's Alertmanager and Apprise, as they are.

use super::tools;
use crate::harness::{Gateway, Http, Plan, carrier, eventually, free_port, key_of};
use postrider_simulator::carrier::Part;
use serde_json::{Value, json};
use std::path::Path;
use std::process::Stdio;
use tokio::process::{Child, Command};

const ANN: &str = "+447700900001";

/// Declares Ann, who is on call alone, and a source.
async fn declare(shop: &Http, name: &str, format: &str) -> String {
    let group =
        json!({ "people": [{ "name": "ann", "number": ANN }], "steps": [{ "tell": ["ann"], "wait": "1h" }] });
    shop.put("/v1/alerts/groups/ops", &group).await.with(201);
    let source = json!({ "format": format, "group": "ops" });
    let source = shop.put(&format!("/v1/alerts/sources/{name}"), &source).await.with(201);
    source["reports_to"].as_str().unwrap().to_owned()
}

/// An Alertmanager that reports to an address, with a key in the given fields of `http_config`.
fn alertmanager(folder: &Path, address: &str, key: &str) -> (Child, String) {
    let configuration = format!(
        "route: {{ receiver: sms, group_by: ['...'], group_wait: 0s, group_interval: 1s, repeat_interval: 1h }}\n\
         receivers:\n- name: sms\n  webhook_configs:\n  - url: '{address}'\n    send_resolved: true\n    http_config: {{ {key} }}\n"
    );
    let file = folder.join("alertmanager.yml");
    std::fs::write(&file, configuration).unwrap();
    let listen = format!("127.0.0.1:{}", free_port());
    let mut command = Command::new("prometheus-alertmanager");
    command
        .arg(format!("--config.file={}", file.display()))
        .arg(format!("--storage.path={}", folder.join("data").display()))
        .arg(format!("--web.listen-address={listen}"))
        .arg("--cluster.listen-address=");
    let child = command.stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true).spawn();
    (child.expect("`./test` installs prometheus-alertmanager"), format!("http://{listen}/api/v2/alerts"))
}

/// Tells Alertmanager of an alert as Prometheus does; `ends` says that it is over.
async fn fire(manager: &str, ends: Option<&str>) {
    let mut alert = json!({ "labels": { "alertname": "DiskFull", "instance": "db1", "severity": "critical" },
        "annotations": { "summary": "Disk of db1 is full" }, "startsAt": "2026-01-01T00:00:00Z" });
    if let Some(ends) = ends {
        alert["endsAt"] = json!(ends);
    }
    let client = reqwest::Client::new();
    let post = async || {
        let request = client.post(manager).header("content-type", "application/json");
        let response = request.body(json!([alert]).to_string()).send().await.ok()?;
        response.status().is_success().then_some(())
    };
    eventually("Alertmanager to take an alert", post).await;
}

async fn alert(gateway: &Gateway, state: &str) -> Value {
    let shop = gateway.http("shop");
    let look = async || {
        let page = shop.get(&format!("/v1/alerts?state={state}")).await.ok();
        page["alerts"].get(0).cloned()
    };
    eventually("the alert", look).await
}

#[tokio::test]
async fn alertmanager_reports_with_a_bearer_token() {
    judge_alertmanager(&format!("authorization: {{ credentials: '{}' }}", key_of("shop"))).await;
}

#[tokio::test]
async fn alertmanager_reports_with_a_password() {
    judge_alertmanager(&format!("basic_auth: {{ username: alertmanager, password: '{}' }}", key_of("shop")))
        .await;
}

async fn judge_alertmanager(key: &str) {
    let carrier = carrier().await;
    let folder = tempfile::tempdir().unwrap();
    let mut gateway = Plan::simple(carrier.address()).start().await;
    let path = declare(&gateway.http("shop"), "prometheus", "alertmanager").await;
    let (mut manager, address) = alertmanager(folder.path(), &format!("{}{path}", gateway.url()), key);
    fire(&address, None).await;
    let firing = alert(&gateway, "firing").await;
    assert_eq!((&firing["title"], &firing["severity"]), (&json!("Disk of db1 is full"), &json!("critical")));
    let told = async || carrier.accepted().first().map(Part::text);
    let text = eventually("the text", told).await;
    assert_eq!(text, "Alert 1: Disk of db1 is full (critical). Reply ACK 1");
    fire(&address, Some("2026-01-01T00:00:01Z")).await;
    assert_eq!(alert(&gateway, "resolved").await["number"], firing["number"]);
    manager.kill().await.unwrap();
    gateway.stop().await;
}

#[tokio::test]
async fn apprise_notifies() {
    let carrier = carrier().await;
    let mut gateway = Plan::simple(carrier.address()).start().await;
    let path = declare(&gateway.http("shop"), "apprise", "json").await;
    let url = format!("json://any:{}@{}{path}", key_of("shop"), gateway.http_address());
    for (kind, body, state) in [("failure", "no space left", "firing"), ("success", "done", "resolved")] {
        let request = json!({ "url": url, "title": "Backup", "body": body, "type": kind });
        tools::run(tools::python("apprise_client.py"), &request).await;
        let alert = alert(&gateway, state).await;
        assert_eq!((&alert["number"], &alert["title"]), (&json!(1), &json!("Backup: no space left")));
    }
    gateway.stop().await;
}
