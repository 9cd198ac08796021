//! What a dead node had in flight may be at the carrier. Each class follows its setting: a code is sent again by the node that
//! takes over, advertising is not.

use super::company::{keeper_first, never_more_binds, strict_carrier};
use super::shared::Database;
use crate::harness::{Plan, eventually, within};
use postrider_simulator::carrier::{Answer, Fate, Settings};

/// Messages of each class in the dead node's hands: more than may have been on the wire.
const IN_HAND: usize = 40;
const WINDOW: u64 = 5;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn advertising_that_a_dead_node_had_under_way_is_not_sent_again() {
    let silent = Settings { fate: Fate::answered(Answer::Never), ..Settings::default() };
    let (carrier, database) = (strict_carrier(1, silent).await, Database::new("in_doubt"));
    let plan = Plan::simple(carrier.address())
        .account("codes")
        .account("adverts")
        .with("accounts.codes.class = 'otp'\naccounts.adverts.class = 'marketing'")
        .with(&format!("upstreams.acme.window = {WINDOW}"))
        .shared(&database.url());
    let (mut one, mut other) = (plan.clone().start().await, plan.start().await);
    let (keeper, _other) = keeper_first(&mut one, &mut other, &carrier).await;
    let code = "491700000001";
    keeper.http("codes").send(&format!("+{code}"), "Your code is 1234").await;
    within("the code", carrier.received_at_least(1)).await;
    for n in 0..IN_HAND {
        keeper.http("adverts").send(&format!("+4917200{n:05}"), "Everything must go").await;
    }
    within("the window to be full", carrier.received_at_least(WINDOW)).await;
    keeper.kill().await;
    carrier.change(|settings| settings.fate = Fate::delivered());

    let all_ended = async || {
        let open = ["queue", "waiting"].map(|table| database.sql(&format!("SELECT count(*) FROM {table}")));
        open.iter().all(|rows| rows.trim() == "0").then_some(())
    };
    eventually("the other node to end everything", all_ended).await;
    let parts = carrier.parts();
    let came = |number: &str| parts.iter().filter(|part| number.ends_with(&*part.destination)).count();
    let messages = database.messages();
    let adverts = messages.values().filter(|message| message.recipient.contains("4917200"));
    for message in adverts.clone() {
        let expected = if message.state == "unknown" { 0..=1 } else { 1..=1 };
        assert!(expected.contains(&came(&message.recipient)), "{message:?}");
    }
    let unknown = adverts.filter(|message| message.state == "unknown").count() as u64;
    assert!(unknown >= WINDOW - 1, "{unknown} of {IN_HAND} count as sent");
    assert_eq!(came(code), 2, "a code is sent again");
    never_more_binds(&carrier);
}
