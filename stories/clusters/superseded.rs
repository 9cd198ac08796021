//! Two processes take themselves for the same node: the later one has its place, and the earlier one says so and ends,
//! rather than keep clients to whom it can tell nothing.

use super::company::{never_more_binds, strict_carrier};
use super::shared::Database;
use crate::harness::{Plan, within};
use postrider_simulator::carrier::Settings;
use postrider_wire::smpp::Reason;
use postrider_wire::smpp::pdu::BindMode;

/// The exit code that keeps a service manager from starting it again.
const SUPERSEDED: i32 = 5;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_whose_place_another_has_says_so_once_and_ends() {
    let carrier = strict_carrier(1, Settings::default()).await;
    let plan =
        Plan::simple(carrier.address()).with("node.number = 1").shared(&Database::new("superseded").url());
    let mut first = plan.clone().start().await;
    let mut client = first.smpp("shop", BindMode::Transceiver).await;
    first.http("shop").send("+491700000001", "before").await;
    within("the first message", carrier.accepted_at_least(1)).await;

    let second = plan.start().await;
    assert_eq!(within("the client to be told", client.ended()).await, Reason::Unbound);
    let status = within("the first process to end", first.ended()).await;
    assert_eq!(status.code(), Some(SUPERSEDED), "{status}");
    let log = first.log();
    assert_eq!(
        log.matches("another process has opened the store as this node, and has its place").count(),
        1,
        "{log}"
    );
    // Whatever else was being asked of the store at that moment may say so too, once.
    let complaints = log.lines().filter(|line| line.contains("another process")).count();
    assert!(complaints <= 4, "{log}");

    second.http("shop").send("+491700000002", "after").await;
    within("the second message", carrier.accepted_at_least(2)).await;
    never_more_binds(&carrier);
}
