//! Two nodes are one gateway: what is asked of one is done by whichever can.

use super::company::{MOVED, itself, keeper_first, never_more_binds, nodes, spread, strict_carrier};
use super::shared::Database;
use crate::harness::{Gateway, Plan, carrier_with, eventually, text_to, within};
use postrider_simulator::carrier::{IdForm, Settings};
use postrider_wire::smpp::pdu::{BindMode, CancelSm, QuerySm};
use postrider_wire::smpp::{Address, Pdu, Status};
use serde_json::json;
use std::time::{Duration, Instant};

/// How soon what is declared at one node is in force at the other.
const DECLARED: Duration = Duration::from_secs(1);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_leaves_by_the_node_that_has_the_bind_and_is_reported_where_its_client_is() {
    let carrier = strict_carrier(1, Settings::default()).await;
    let plan = Plan::simple(carrier.address()).account("web").shared(&Database::new("two_nodes").url());
    let (mut one, mut other) = (plan.clone().start().await, plan.start().await);
    let (keeper, other) = keeper_first(&mut one, &mut other, &carrier).await;

    let links = other.admin().get("/v1/upstreams/acme").await.ok()["links"].clone();
    assert_eq!(links, json!([{ "state": "elsewhere" }]), "it says who hasn't it, too");

    let mut client = other.smpp("shop", BindMode::Transceiver).await;
    let id = client.submit(&text_to("+491700000001", b"by the other's bind")).await;
    let receipt = client.receipt().await;
    assert_eq!((receipt.id, receipt.stat.as_str()), (id, "DELIVRD"));

    let id = other.http("web").send("+491700000002", "asked of both").await;
    for node in [&*keeper, &*other] {
        node.http("web").message_in(&id, "delivered").await;
    }
    // What is sent at the one is told at the other, where the account can be told.
    let sender = keeper.smpp("shop", BindMode::Transmitter).await;
    let id = sender.submit(&text_to("+491700000003", b"told elsewhere")).await;
    assert_eq!(client.receipt().await.id, id);
    let seen = async || {
        let views = nodes(keeper).await;
        let view = views.iter().find(|view| view["this"] == false)?.clone();
        (view["sessions"]["shop"] == 1).then_some(view)
    };
    let view = eventually("the keeper to see who tells", seen).await;
    assert_eq!(view["address"], other.http_address().to_string());
    let leading = nodes(other).await.iter().filter(|view| view["leads"] == true).count();
    assert_eq!(leading, 1, "the chores are one node's");
    client.unbind().await;
    never_more_binds(&carrier);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_node_asks_the_carrier_what_became_of_the_messages_of_both() {
    let mut settings = Settings::default();
    settings.fate.receipts.clear();
    let carrier = strict_carrier(2, settings).await;
    let plan = Plan::simple(carrier.address())
        .with("upstreams.acme.binds = 2\nupstreams.acme.receipts.ask_after = '2s'")
        .shared(&Database::new("asks").url());
    let nodes = [plan.clone().start().await, plan.start().await];
    spread(&nodes[0], &carrier, &[1, 1]).await;
    let mut ids = Vec::new();
    for node in &nodes {
        ids.push(node.http("shop").send("+491700000001", "never reported").await);
    }
    for id in &ids {
        nodes[0].http("shop").message_in(id, "delivered").await;
    }
    assert_eq!(carrier.counts().queries, 2, "of each it was asked once");
    never_more_binds(&carrier);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_is_asked_for_and_canceled_at_the_node_that_does_not_have_it() {
    let carrier = strict_carrier(1, Settings::default()).await;
    let plan = Plan::simple(carrier.address())
        // A rate at which messages wait on the shelf of the node with the bind.
        .with("upstreams.acme.rate = 0.2")
        .shared(&Database::new("cancel").url());
    let (mut one, mut other) = (plan.clone().start().await, plan.start().await);
    let (keeper, other) = keeper_first(&mut one, &mut other, &carrier).await;

    keeper.http("shop").send("+491700000000", "goes first").await;
    within("the first to leave", carrier.accepted_at_least(1)).await;
    let web = keeper.http("shop").send("+491700000001", "canceled by HTTP").await;
    let client = keeper.smpp("shop", BindMode::Transceiver).await;
    let by_smpp = client.submit(&text_to("+491700000002", b"canceled by SMPP")).await;

    assert_eq!(other.http("shop").message(&web).await["state"], "queued");
    let client = other.smpp("shop", BindMode::Transceiver).await;
    let query = QuerySm { message_id: by_smpp.as_bytes(), ..QuerySm::default() };
    let answer = client.request(&query).await;
    assert_eq!(answer.status(), Status::ROK);
    assert!(matches!(answer.pdu(), Pdu::QuerySmResp(answer) if answer.message_state == 1), "{answer:?}");

    let answer = other.http("shop").delete(&format!("/v1/messages/{web}")).await;
    assert_eq!(answer.ok()["state"], "canceled");
    let destination = Address::international(b"491700000002");
    let cancel = CancelSm { message_id: by_smpp.as_bytes(), destination, ..CancelSm::default() };
    assert_eq!(client.request(&cancel).await.status(), Status::ROK);
    for id in [web, by_smpp] {
        assert_eq!(keeper.http("shop").message(&id).await["state"], "canceled");
    }
    assert_eq!(carrier.counts().submitted, 1);
}

/// The cancellation is recorded by a node that has the message in hand no more.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_that_was_taken_over_meanwhile_is_not_called_canceled() {
    let (carrier, database) = (strict_carrier(1, Settings::default()).await, Database::new("cancel_late"));
    let node = Plan::simple(carrier.address()).with("node.number = 1").shared(&database.url()).start().await;
    let http = node.http("shop");
    let later = json!({ "to": "+491700000001", "text": "x", "send_at": "2027-06-01T00:00:00Z" });
    let id = http.send_with(later).await;
    // As if the node had stood still just after it took the message in hand, and another one had sent it.
    database.sql(
        "CREATE FUNCTION pass_on() RETURNS trigger LANGUAGE plpgsql AS $$ \
         BEGIN NEW.owner := 77; NEW.possible_duplicate := true; RETURN NEW; END $$; \
         CREATE TRIGGER pass_on BEFORE UPDATE ON queue FOR EACH ROW WHEN (NEW.owner = 1) EXECUTE FUNCTION pass_on()",
    );
    let answer = http.delete(&format!("/v1/messages/{id}")).await;
    assert_eq!((answer.status, &answer.body["code"]), (409, &json!("too_late")), "{}", answer.body);
    assert_eq!(answer.body["state"], "queued");
    assert_eq!(http.message(&id).await["state"], "queued");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_declared_at_one_node_is_in_force_at_the_other_within_a_second() {
    let carrier = strict_carrier(1, Settings::default()).await;
    let plan = Plan::simple(carrier.address()).shared(&Database::new("declared").url());
    let (one, other) = (plan.clone().start().await, plan.start().await);

    let account = json!({ "keys": [{ "name": "main", "key": "the-key-of-account-late" }] });
    let declared = one.admin().put("/v1/accounts/late", &account).await;
    assert!((200..300).contains(&declared.status), "{}", declared.body);
    let since = Instant::now();
    let known = async || {
        let message = json!({ "to": "+491700000001", "text": "known there" });
        let answer = other.http("late").post("/v1/messages", &message).await;
        (answer.status == 202).then_some(())
    };
    eventually("the account to be known at the other node", known).await;
    assert!(since.elapsed() < DECLARED, "it took {:?}", since.elapsed());

    // What both have in their files is no other node's to change, and goes on.
    assert_eq!(one.admin().delete("/v1/accounts/late").await.status / 100, 2);
    let since = Instant::now();
    let gone = async || {
        let answer = other.http("late").get("/v1/messages").await;
        (answer.status == 401).then_some(())
    };
    eventually("the account to be forgotten at the other node", gone).await;
    assert!(since.elapsed() < DECLARED, "it took {:?}", since.elapsed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_node_finds_out_of_a_carriers_identifiers_the_other_knows_within_a_second() {
    let settings = Settings { ids: IdForm::UpperHex, ..Settings::default() };
    let carrier = strict_carrier(1, settings).await;
    let plan =
        Plan::simple(carrier.address()).with("log.level = 'info'").shared(&Database::new("learnt").url());
    let (mut one, mut other) = (plan.clone().start().await, plan.start().await);
    let (keeper, other) = keeper_first(&mut one, &mut other, &carrier).await;

    for number in 1..=4 {
        let id = keeper.http("shop").send(&format!("+49170000000{number}"), "shows it").await;
        keeper.http("shop").message_in(&id, "delivered").await;
    }
    keeper.says("learnt how the carrier spells its identifiers").await;
    let since = Instant::now();
    let known = async || {
        let view = other.admin().get("/v1/upstreams/acme").await.ok();
        (view["ids_learnt"] == "hex_then_decimal").then_some(())
    };
    eventually("the form to be known at the other node", known).await;
    assert!(since.elapsed() < DECLARED, "it took {:?}", since.elapsed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn binds_are_spread_over_the_living_and_never_more_than_configured() {
    let carrier = strict_carrier(4, Settings::default()).await;
    let plan = Plan::simple(carrier.address())
        .with("log.level = 'info'\nupstreams.acme.binds = 4")
        .shared(&Database::new("spread").url());
    let one = plan.clone().start().await;
    spread(&one, &carrier, &[4]).await;
    let mut two = plan.clone().start().await;
    spread(&one, &carrier, &[2, 2]).await;
    let mut three = plan.start().await;
    spread(&one, &carrier, &[1, 1, 2]).await;

    let since = Instant::now();
    three.kill().await;
    spread(&one, &carrier, &[2, 2]).await;
    assert!(since.elapsed() < MOVED, "binds moved after {:?}", since.elapsed());
    one.says("another node is taken for dead").await;

    three.start_again().await;
    spread(&one, &carrier, &[1, 1, 2]).await;
    two.stop().await;
    spread(&one, &carrier, &[2, 2]).await;
    one.says("another node has left").await;
    three.stop().await;
    spread(&one, &carrier, &[4]).await;
    assert_eq!(itself(&one).await["leads"], true);
    never_more_binds(&carrier);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_only_one_node_knows_of_is_bound_by_that_one() {
    let carrier = strict_carrier(3, Settings::default()).await;
    let plan = Plan::simple(carrier.address()).shared(&Database::new("known_to_one").url());
    let _other = plan.clone().start().await;
    let plan = plan.upstream("beta", carrier.address()).upstream("gamma", carrier.address());
    let one = plan.start().await;
    for upstream in ["beta", "gamma"] {
        let up = async || {
            let view = one.admin().get(&format!("/v1/upstreams/{upstream}")).await.ok();
            (view["links"][0]["state"] == "up").then_some(())
        };
        eventually(&format!("{upstream} to be up"), up).await;
    }
    never_more_binds(&carrier);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_carrier_that_ends_one_nodes_session_for_anothers_is_left_with_one() {
    let carrier = carrier_with(Settings { displaces: true, ..Settings::default() }).await;
    let plan = Plan::simple(carrier.address())
        .with("log.level = 'info'\nupstreams.acme.binds = 2\nupstreams.acme.session_timeout = '5m'")
        .shared(&Database::new("displaced").url());
    let (mut one, mut other) = (plan.clone().start().await, plan.start().await);

    let words = "the carrier seems to admit fewer sessions than 'binds' says";
    let gave_way = async || {
        let is_one = one.log().contains(words);
        (is_one || other.log().contains(words)).then_some(is_one)
    };
    let is_one = eventually("one of them to give way", gave_way).await;
    let (away, bound) = if is_one { (&mut one, &mut other) } else { (&mut other, &mut one) };
    let link = async |node: &Gateway| {
        let links = node.admin().get("/v1/upstreams/acme").await.ok()["links"].clone();
        let own = links.as_array().unwrap().iter().find(|link| link["state"] != "elsewhere");
        own.unwrap().clone()
    };
    let down = link(away).await;
    assert_eq!(down["state"], "down");
    assert!(down["reason"].as_str().unwrap().ends_with("whenever another session of this upstream is bound"));
    assert!(down["retry_in"].as_u64().unwrap() > 200, "{down}");
    assert_eq!(link(bound).await["state"], "up");
    let granted = carrier.counts().binds_granted;
    for node in [&*away, &*bound] {
        let id = node.http("shop").send("+491700000001", "by the one session").await;
        node.http("shop").message_in(&id, "delivered").await;
    }
    assert_eq!(carrier.counts().binds_granted, granted, "nobody was displaced meanwhile");

    // It doesn't stay away from a carrier that nobody else is bound to.
    let since = Instant::now();
    bound.stop().await;
    let id = away.http("shop").send("+491700000001", "by the other's session").await;
    away.http("shop").message_in(&id, "delivered").await;
    assert!(since.elapsed() < MOVED, "it came back after {:?}", since.elapsed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_that_want_one_bind_take_turns() {
    let carrier = strict_carrier(1, Settings::default()).await;
    let plan = Plan::simple(carrier.address()).shared(&Database::new("one_bind").url());
    let (mut one, mut other) = (plan.clone().start().await, plan.start().await);
    let (keeper, other) = keeper_first(&mut one, &mut other, &carrier).await;
    let id = other.http("shop").send("+491700000001", "before").await;
    other.http("shop").message_in(&id, "delivered").await;

    keeper.stop().await;
    spread(other, &carrier, &[1]).await;
    let id = other.http("shop").send("+491700000002", "after").await;
    other.http("shop").message_in(&id, "delivered").await;

    keeper.start_again().await;
    spread(other, &carrier, &[0, 1]).await;
    let (keeper, other) = keeper_first(keeper, other, &carrier).await;
    let since = Instant::now();
    keeper.kill().await;
    spread(other, &carrier, &[1]).await;
    assert!(since.elapsed() < MOVED, "the bind moved after {:?}", since.elapsed());
    never_more_binds(&carrier);
}
