//! Killed with SIGKILL at random moments under load, the gateway loses nothing that it has accepted, and what it sends
//! twice is no more than what was in flight, and marked.

use crate::crowd::{Customers, Deaths, Dice};
use crate::harness::{Gateway, Plan, Webhook, carrier_with, within};
use postrider_simulator::carrier::{Carrier, Delay, Recording, Settings};
use std::time::Duration;

/// How often the gateway is killed.
const KILLS: usize = 24;
/// What may be in flight to the carrier: so many parts on each of so many binds.
const WINDOW: u64 = 25;
const BINDS: u64 = 2;
/// Messages that each customer sends between two kills at most, so that the story comes to an end.
const MORE: usize = 250;
/// How long the end may take: what was accepted meanwhile is sent, and all of it is told.
const AFTERMATH: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_accepted_is_delivered_though_the_gateway_is_killed_again_and_again() {
    let mut dice = Dice::thrown();
    let carrier = slow_carrier(dice.seed()).await;
    let webhook = Webhook::listen().await;
    let mut gateway = plan(&carrier, &webhook).start().await;
    let mut customers = Customers::start(&[&gateway], webhook);
    let mut deaths = Deaths::default();

    for round in 0..KILLS {
        customers.send(MORE);
        under_load(&carrier, &mut dice).await;
        die(&mut gateway, &carrier, &mut deaths).await;
        if round % 4 == 3 {
            // Now and then it doesn't even come to be ready.
            gateway.begin_again();
            tokio::time::sleep(Duration::from_millis(dice.below(400))).await;
            die(&mut gateway, &carrier, &mut deaths).await;
        }
        gateway.start_again().await;
    }

    let promises = customers.stop();
    tokio::time::timeout(AFTERMATH, promises.all_told()).await.unwrap_or_else(|_| {
        panic!("after {AFTERMATH:?} customers were not told of {:?}", promises.untold());
    });
    gateway.stop().await;
    let books = gateway.books().messages();
    let again = deaths.judge(&carrier.accepted(), &books, &promises.accepted());
    assert!(again.iter().sum::<u64>() > 0, "the story needs deaths with something in flight");
}

async fn die(gateway: &mut Gateway, carrier: &Carrier, deaths: &mut Deaths) {
    gateway.kill().await;
    // What was on the wire has come then.
    within("the connections to end", carrier.until(|counts| counts.connections == 0)).await;
    deaths.note("", WINDOW * BINDS);
}

/// A carrier that takes its time, so that the window is in use.
async fn slow_carrier(seed: u64) -> Carrier {
    let span = |least, most| Delay::between(Duration::from_millis(least), Duration::from_millis(most));
    carrier_with(Settings {
        answer_delay: span(5, 40),
        receipt_delay: span(0, 100),
        recording: Recording::Parts(1_000_000),
        seed,
        ..Settings::default()
    })
    .await
}

fn plan(carrier: &Carrier, webhook: &Webhook) -> Plan {
    Plan::simple(carrier.address())
        .with(&format!("upstreams.acme.window = {WINDOW}\nupstreams.acme.binds = {BINDS}"))
        .with("log.level = 'info'")
        .account("web")
        .webhook("web", webhook)
}

/// Waits for a random moment at which the carrier is being sent to.
async fn under_load(carrier: &Carrier, dice: &mut Dice) {
    let enough = carrier.counts().submitted + 1 + dice.below(300);
    within("parts to come", carrier.until(|counts| counts.submitted >= enough)).await;
    tokio::time::sleep(Duration::from_micros(dice.below(50_000))).await;
}
