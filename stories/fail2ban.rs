//! The packaged filter for fail2ban finds the address in the log's lines of wrong keys and logins, and nothing in others.

use crate::harness::{Client, Gateway, Http, Plan, carrier};
use postrider_wire::smpp::pdu::BindMode;
use std::io::Write;
use std::process::{Command, Stdio};

/// Prints the address of each line of the input that an expression of the filter matches. fail2ban puts an expression in the
/// place of `<HOST>`, and searches for the whole as Python's `re` does.
const SEARCH: &str = r#"
import configparser, re, sys
filter = configparser.RawConfigParser()
filter.read(sys.argv[1])
host = r"(?:::f{4,6}:)?(?P<host>[\w\-.^_:]*\w)"
found = [re.compile(line.replace("<HOST>", host)) for line in filter["Definition"]["failregex"].splitlines() if line]
for line in sys.stdin:
    matches = [match for match in (expression.search(line) for expression in found) if match]
    if matches:
        print(matches[0].group("host"))
"#;

fn found(log: &str) -> Vec<String> {
    let filter = concat!(env!("CARGO_MANIFEST_DIR"), "/../../packaging/fail2ban/filter.conf");
    let mut python = Command::new("python3");
    python.args(["-c", SEARCH, filter]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut python = python.spawn().unwrap();
    python.stdin.take().unwrap().write_all(log.as_bytes()).unwrap();
    let output = python.wait_with_output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

/// Wrong keys and logins, one of them with a name that looks like a field, and right ones.
async fn guess(gateway: &Gateway) {
    let wrong = Http::new(&gateway.url(), Some("pr_nobodys_0123456789abcdefghij"));
    assert_eq!(wrong.get("/v1/messages").await.status, 401);
    gateway.http("shop").get("/v1/messages").await.ok();
    for user in ["nobody", "\"peer\":\"::\"", "peer=::2 "] {
        let client = Client::connect(gateway.smpp_address()).await;
        client.bind(BindMode::Transmitter, user, "wrong").await.unwrap_err();
    }
    gateway.smpp("shop", BindMode::Transmitter).await.unbind().await;
}

#[tokio::test]
async fn whoever_guesses_is_found_in_both_formats_of_the_log() {
    let carrier = carrier().await;
    for format in ["json", "pretty"] {
        let plan = Plan::simple(carrier.address()).with(&format!("log.format = '{format}'"));
        let gateway = plan.start().await;
        guess(&gateway).await;
        gateway.says("a bind was refused").await;
        assert_eq!(found(&gateway.log()), ["127.0.0.1"; 4], "{format}: {}", gateway.log());
    }
}
