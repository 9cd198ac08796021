//! Nodes with addresses of their own, and networks that swallow packets: nobody is told that a connection is gone.

use super::company::{mark, never_more_binds, serving, settled, slow, spread};
use super::house::{House, may_build};
use super::line::Line;
use super::shared::Database;
use crate::crowd::{Customers, Deaths};
use crate::harness::{Gateway, Webhook, eventually, within};
use postrider_simulator::carrier::{Carrier, Part, Settings};
use std::time::{Duration, Instant, SystemTime};

/// What may be in flight to the carrier: so many parts on each of so many binds.
const WINDOW: u64 = 20;
const BINDS: u64 = 2;
/// How long a node may go on sending that the database doesn't hear of, as the manual has it, and how long it may take
/// to be seen here.
const TRUST: Duration = Duration::from_secs(3);
const SEEN: Duration = Duration::from_secs(2);

/// Two nodes in houses of their own, under load.
struct Town {
    nodes: [Gateway; 2],
    customers: Customers,
    carrier: Carrier,
    database: Database<'static>,
    /// The ways to the database. They end with the story.
    _lines: [Line; 2],
    /// After all who live there.
    houses: [House; 2],
}

impl Town {
    /// The carrier is reached from the second house by a wire of its own.
    async fn founded(name: &'static str, manners: Settings, limits: &str) -> Self {
        let houses = [House::build(), House::build()];
        let carrier = Carrier::start((houses[1].carrier.outside, 0), manners).await.unwrap();
        let (webhook, database) = (Webhook::listen_at(houses[0].street.outside).await, Database::new(name));
        let line = async |house: &House| Line::at(house.database.outside, database.address()).await;
        let lines = [line(&houses[0]).await, line(&houses[1]).await];
        let plan = |number: usize| {
            let house: &House = &houses[number - 1];
            serving(number, &carrier, &webhook, &database)
                .with("accounts.web.webhook.allow_http = true")
                .with(limits)
                .shared(&database.url_by(lines[number - 1].address()))
                .in_namespace(house.name(), house.street.inside)
        };
        let nodes = [plan(1).start().await, plan(2).start().await];
        let mut customers = Customers::start(&nodes.each_ref(), webhook);
        customers.go_on();
        spread(&nodes[0], &carrier, &[1, 1]).await;
        within("messages to be accepted", customers.promises().more_accepted(300)).await;
        Self { nodes, customers, carrier, database, _lines: lines, houses }
    }

    /// Waits for the end of all that was accepted, and stops.
    async fn close(&mut self) {
        settled(&mut self.customers, &self.database).await;
        for node in &mut self.nodes {
            node.stop().await;
        }
    }

    /// Whatever was accepted was delivered, and what came twice was marked.
    fn judge(&self, parts: &[Part], deaths: &Deaths) {
        deaths.judge(parts, &self.database.messages(), &self.customers.promises().accepted());
    }
}

fn limits() -> String {
    format!("upstreams.acme.window = {WINDOW}\nupstreams.acme.binds = {BINDS}")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_whose_way_to_the_database_swallows_all_lets_go_of_a_carrier_that_it_still_reaches() {
    if !may_build() {
        return;
    }
    let manners = Settings { max_binds: Some(BINDS as usize), ..slow(1) };
    let mut town = Town::founded("swallowed", manners, &limits()).await;
    let carrier = &town.carrier;

    town.houses[1].database.cut();
    let cut = Instant::now();
    within("the node to let go of its bind", carrier.until(|counts| counts.binds < BINDS)).await;
    assert!(cut.elapsed() < TRUST + SEEN, "it kept its bind for {:?}", cut.elapsed());
    let mut deaths = Deaths::default();
    deaths.note(&mark(2), WINDOW * BINDS);
    let let_go = SystemTime::now();
    spread(&town.nodes[0], carrier, &[2]).await;
    within("messages to be accepted meanwhile", town.customers.promises().more_accepted(200)).await;
    let of_the_other =
        |parts: Vec<Part>| parts.into_iter().any(|part| part.service_type == mark(2) && part.at > let_go);
    assert!(!of_the_other(carrier.parts()), "it sent though it was not trusted");

    town.houses[1].database.mend();
    spread(&town.nodes[0], carrier, &[1, 1]).await;
    let id = town.nodes[1].http("web").send("+491790000003", "back again").await;
    town.nodes[1].http("web").message_in(&id, "delivered").await;
    town.close().await;
    town.judge(&town.carrier.accepted(), &deaths);
    never_more_binds(&town.carrier);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_carrier_whose_way_swallows_all_is_found_out_and_messages_go_by_the_other_node() {
    if !may_build() {
        return;
    }
    let timers = "upstreams.acme.enquire_link = '1s'\nupstreams.acme.response_timeout = '2s'";
    let mut town = Town::founded("found_out", slow(2), &format!("{}\n{timers}", limits())).await;

    let of_second = |part: &&Part| part.service_type == mark(2);
    let bind = town.carrier.accepted().iter().rfind(of_second).unwrap().bind;
    town.houses[1].carrier.cut();
    within("messages to be accepted", town.customers.promises().more_accepted(300)).await;
    town.nodes[1].says("the link is down").await;
    let mut deaths = Deaths::default();
    deaths.note(&mark(2), WINDOW * BINDS);
    town.nodes[1].http("web").send("+491790000004", "by the other").await;
    // Its receipt may be handed to the bind that the carrier takes for living.
    let went =
        async || town.carrier.accepted().iter().any(|part| part.destination == "491790000004").then_some(());
    eventually("the message to go by the other node", went).await;

    let mended = SystemTime::now();
    town.houses[1].carrier.mend();
    let sends = async || {
        let parts = town.carrier.accepted();
        parts.iter().any(|part| part.service_type == mark(2) && part.at > mended).then_some(())
    };
    eventually("the node to send again by its own link", sends).await;
    town.close().await;
    // What lay in the connection that was given up does not come when the wire is mended, after it came by the other.
    let is_late = |part: &Part| part.bind == bind && part.at > mended;
    let (late, parts): (Vec<Part>, Vec<Part>) = town.carrier.accepted().into_iter().partition(is_late);
    assert!(late.is_empty(), "{} parts came late", late.len());
    town.judge(&parts, &deaths);
}
