//! Commands that people run beside a gateway: what they need is said at once, with help.

use crate::harness::{Gateway, Plan, carrier, free_port};
use serde_json::json;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

const PROGRAM: &str = env!("CARGO_BIN_EXE_postrider");

/// Runs a command without keys in its environment.
fn run(directory: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new(PROGRAM);
    command.args(arguments).current_dir(directory);
    command.env_remove("POSTRIDER_KEY").env_remove("POSTRIDER_ADMIN_KEY").env_remove("POSTRIDER_URL");
    told(command.output().unwrap())
}

fn told(output: Output) -> (Option<i32>, String, String) {
    let text = |octets: Vec<u8>| String::from_utf8(octets).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

/// Runs a command with an administrator's key; returns its exit code, what it printed and what it complained of.
pub(crate) async fn administer(gateway: &Gateway, arguments: &[&str]) -> (Option<i32>, String, String) {
    let url = gateway.url();
    let options = ["--url", &url, "--key", crate::harness::ADMIN_KEY];
    let arguments: Vec<String> = arguments.iter().chain(&options).map(|text| (*text).to_owned()).collect();
    let run = move || run(&std::env::temp_dir(), &arguments.iter().map(String::as_str).collect::<Vec<_>>());
    tokio::task::spawn_blocking(run).await.unwrap()
}

#[test]
fn a_command_without_a_key_says_so_and_waits_for_no_gateway() {
    let place = tempfile::tempdir().unwrap();
    let (here, far) = (format!("http://127.0.0.1:{}", free_port()), "http://192.0.2.1:8080".to_owned());
    for url in [here, far] {
        let began = Instant::now();
        let (code, _, complained) = run(place.path(), &["account", "list", "--url", &url, "--wait", "10m"]);
        assert_eq!(code, Some(2), "{complained}");
        assert!(complained.contains("no key was given") && complained.contains("--data"), "{complained}");
        assert!(began.elapsed() < Duration::from_secs(120), "it waited for a gateway");
    }
}

#[tokio::test]
async fn the_secret_of_a_webhook_is_rotated() {
    let carrier = carrier().await;
    let gateway = Plan::simple(carrier.address()).start().await;
    let webhook = json!({ "webhook": { "url": "https://club.example/hook" } });
    let made = gateway.admin().put("/v1/accounts/club", &webhook).await.with(201);
    let first = made["secrets"]["webhook.secret"].as_str().unwrap().to_owned();
    let (code, said, complained) =
        administer(&gateway, &["account", "webhook-secret", "rotate", "club"]).await;
    assert!(code == Some(0) && complained.contains("save this secret now"), "{complained}");
    assert!(said.starts_with("whsec_") && said.lines().count() == 1 && said.trim() != first, "{said}");
    let (code, said, complained) = administer(&gateway, &["account", "webhook-secret", "drop", "club"]).await;
    assert!(code == Some(0) && said.contains("only the new secret signs"), "{said}{complained}");
    gateway.admin().put("/v1/accounts/plain", &json!({})).await.with(201);
    let (code, _, complained) = administer(&gateway, &["account", "webhook-secret", "rotate", "plain"]).await;
    assert!(code != Some(0) && complained.contains("has no webhook"), "{complained}");
}

#[test]
fn a_file_is_checked_by_either_way_of_naming_it() {
    let place = tempfile::tempdir().unwrap();
    std::fs::write(place.path().join("right.toml"), "[smpp]\nenabled = false\n").unwrap();
    std::fs::write(place.path().join("wrong.toml"), "[smpp]\nenabled = 'no'\n").unwrap();
    for (arguments, expected) in [
        (&["check", "right.toml"][..], 0),
        (&["check", "--config", "right.toml"], 0),
        (&["check", "wrong.toml"], 2),
        (&["check", "--config", "wrong.toml"], 2),
        (&["check", "--config", "right.toml", "right.toml"], 2),
    ] {
        let (code, said, complained) = run(place.path(), arguments);
        assert_eq!(code, Some(expected), "{arguments:?}: {said}{complained}");
    }
    let (_, help, _) = run(place.path(), &["check", "--help"]);
    assert!(help.contains("--config"), "{help}");
}

/// Another user may not read the store, and is told so rather than that there is none.
#[tokio::test]
async fn a_backup_by_another_user_names_the_right_one() {
    let id = told(Command::new("id").arg("-u").output().unwrap()).1;
    if id.trim() != "0" {
        println!("skipped: only root can run a command as another user");
        return;
    }
    let gateway = Plan::new().start().await;
    let place = tempfile::tempdir().unwrap();
    let program = place.path().join("postrider");
    std::fs::copy(PROGRAM, &program).unwrap();
    open_to_all(place.path());
    let data = gateway.folder().join("data");
    let mut command = Command::new("setpriv");
    command.args(["--reuid=65534", "--regid=65534", "--clear-groups", "--"]).arg(&program);
    command.arg("backup").arg("--data").arg(&data).arg(place.path().join("copy.db"));
    let (code, _, complained) = told(command.current_dir("/").output().unwrap());
    assert_eq!(code, Some(1), "{complained}");
    assert!(complained.contains("as the user that the gateway runs as"), "{complained}");
    let (code, _, complained) = run(place.path(), &["backup", "--data", data.to_str().unwrap(), "copy.db"]);
    assert_eq!(code, Some(0), "{complained}");
}

fn open_to_all(directory: &Path) {
    std::fs::set_permissions(directory, std::fs::Permissions::from_mode(0o777)).unwrap();
}
