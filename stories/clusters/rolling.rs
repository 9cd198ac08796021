//! A new version is put in place node by node, under load: nobody is refused for good, nothing is lost, nothing comes
//! twice.

use super::company::{never_more_binds, serving, settled, slow, spread, strict_carrier};
use super::shared::Database;
use crate::crowd::{Customers, Deaths};
use crate::harness::{Webhook, within};

const NODES: usize = 3;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_are_restarted_one_after_the_other_and_nobody_notices() {
    let carrier = strict_carrier(NODES, slow(1)).await;
    let (webhook, database) = (Webhook::listen().await, Database::new("rolling"));
    let mut nodes = Vec::new();
    for number in 1..=NODES {
        let plan = serving(number, &carrier, &webhook, &database).with("upstreams.acme.binds = 3");
        nodes.push(plan.start().await);
    }
    let mut customers = Customers::start(&nodes.iter().collect::<Vec<_>>(), webhook);
    customers.go_on();
    for node in &mut nodes {
        spread(node, &carrier, &[1, 1, 1]).await;
        within("messages to be accepted", customers.promises().more_accepted(200)).await;
        node.stop().await;
        within("messages to be accepted by others", customers.promises().more_accepted(200)).await;
        node.start_again().await;
    }
    settled(&mut customers, &database).await;
    for node in &mut nodes {
        node.stop().await;
    }
    Deaths::default().judge(&carrier.accepted(), &database.messages(), &customers.promises().accepted());
    never_more_binds(&carrier);
}
