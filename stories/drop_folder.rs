//! A program that knows no network drops a file, and its messages are sent once, though the gateway is killed meanwhile.

use crate::harness::{Plan, carrier, eventually};
use postrider_simulator::carrier::Part;
use std::fmt::Write;
use std::fs;

const ROWS: usize = 500;

#[tokio::test]
async fn a_dropped_file_is_sent_once() {
    let carrier = carrier().await;
    let plan = Plan::simple(carrier.address()).with("[node]\ndrop_folder = 'drop'");
    let mut gateway = plan.start().await;
    let shop = gateway.folder().join("drop/shop");
    fs::create_dir_all(&shop).unwrap();
    let mut rows = String::from("to;text\nnobody;Hello\n");
    for row in 0..ROWS {
        writeln!(rows, "+4477009{row:05};Hello {row}").unwrap();
    }
    fs::write(shop.join(".a.csv"), &rows).unwrap();
    fs::rename(shop.join(".a.csv"), shop.join("a.csv")).unwrap();
    let some = async || (carrier.accepted().len() > 20).then_some(());
    eventually("the first messages", some).await;
    gateway.kill().await;
    gateway.start_again().await;
    let report = shop.join("done/a.report.csv");
    let moved = async || (report.exists() && !shop.join("a.csv").exists()).then_some(());
    eventually("the file to be moved", moved).await;
    let report = fs::read_to_string(report).unwrap();
    assert_eq!(report.lines().count(), ROWS + 2);
    assert!(report.lines().nth(1).unwrap().starts_with("2,,invalid_recipient,"), "{report}");
    let sent = async || {
        let mut texts: Vec<String> = carrier.accepted().iter().map(Part::text).collect();
        texts.sort_unstable();
        texts.dedup();
        (texts.len() == ROWS).then_some(())
    };
    eventually("all messages", sent).await;
    let kept = gateway.http("shop").get("/v1/messages?limit=500").await.ok();
    assert_eq!(kept["messages"].as_array().unwrap().len(), ROWS);
    assert!(kept.get("next").is_none(), "each row is one message");
    gateway.stop().await;
}
