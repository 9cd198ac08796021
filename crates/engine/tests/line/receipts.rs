//! Receipts find their messages, however their carrier spells names.

use crate::house::*;
use postrider_core::contract::{Archive, Desk, Late, Outbox};
use postrider_core::delivery::{Delivery, PartOutcome, State};
use postrider_core::id::MessageId;
use postrider_core::principal::Viewer;
use postrider_core::receipt::{Report, Reported};
use postrider_core::reference::ReferenceForm;
use std::sync::Arc;
use std::time::Duration;

/// A receipt from the handset with this number.
fn from(handset: u64, reference: &str) -> Report {
    Report { between: [Some(handset), Some(12_345)], ..report(reference, Reported::Delivered) }
}

/// Sends a message to a number, to which the carrier gives this name.
async fn sent(house: &House, desk: &Arc<dyn Desk>, to: u64, reference: &str) -> MessageId {
    let id = house.submit(to_number(to)).await;
    answer(desk, take_one(desk).await, vec![accepted(reference)]);
    // What was answered is recorded once this is.
    hear(desk, vec![report("settles the inbox", Reported::Underway)]).await;
    id
}

const HANDSET: u64 = 447_700_900_100;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_carrier_that_answers_in_hex_and_reports_in_decimal_is_understood_and_learnt() {
    let house = House::open().await;
    let desk = house.up(FIRST);
    for n in 0..3u64 {
        let id = sent(&house, &desk, HANDSET + n, &format!("00B8BE{n:02X}")).await;
        hear(&desk, vec![from(HANDSET + n, &(0xB8_BE00 + n).to_string())]).await;
        assert_eq!(house.state(id).await, State::Delivered, "{n}");
        let shown =
            house.engine.history(Viewer::Everything, id).await.unwrap().unwrap().outcome.unwrap().reference;
        assert_eq!(shown.as_deref(), Some(&*format!("00B8BE{n:02X}")), "as the carrier gave it");
    }
    let learnt = |house: &House| {
        let views = house.engine.upstreams();
        views.iter().find(|view| view.id == FIRST).and_then(|view| view.learnt)
    };
    assert_eq!(learnt(&house), Some(ReferenceForm::HexThenDecimal));

    drop(desk);
    let house = house.restart().await;
    assert_eq!(learnt(&house), Some(ReferenceForm::HexThenDecimal), "it is kept");

    house.engine.apply(rules_at("elsewhere.example:2775"));
    assert_eq!(learnt(&house), None, "what another carrier does is another thing");
    // Identifiers are made of the time, which stands still here.
    house.pass(Duration::from_secs(1));
    let desk = house.up(FIRST);
    for n in 0..3u64 {
        let id = sent(&house, &desk, HANDSET + n, &format!("{}", 0xB8_BF00 + n)).await;
        hear(&desk, vec![from(HANDSET + n, &format!("{:X}", 0xB8_BF00 + n))]).await;
        assert_eq!(house.state(id).await, State::Delivered, "{n}");
    }
    assert_eq!(learnt(&house), Some(ReferenceForm::DecimalThenHex));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receipt_that_comes_twice_at_once_is_told_once_before_the_form_is_learnt_too() {
    let house = House::open().await;
    let desk = house.up(FIRST);
    let before = sent(&house, &desk, HANDSET + 1, "B8BE20").await;
    hear(&desk, vec![from(HANDSET + 1, &0xB8_BE20.to_string())]).await;
    // Who has taken a notice lately is handed the next ones straight from memory.
    assert_eq!(house.end().await.0, before);

    let id = sent(&house, &desk, HANDSET, "B8BE19").await;
    let receipt = || from(HANDSET, &0xB8_BE19.to_string());
    hear(&desk, vec![receipt(), receipt()]).await;
    let told: Vec<_> = house.engine.take(LANE, 10).await;
    let told: Vec<MessageId> = told.iter().map(|notice| MessageId::from_number(notice.id.number())).collect();
    assert_eq!(told, [id], "the client is told once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_that_could_be_anothers_is_told_by_the_handset() {
    let house = House::open().await;
    let desk = house.up(FIRST);
    // In hexadecimal 16 is the second one's name, in decimal it is the first one's.
    let first = sent(&house, &desk, HANDSET, "10").await;
    let second = sent(&house, &desk, HANDSET + 1, "16").await;
    hear(&desk, vec![from(HANDSET, "16")]).await;
    assert_eq!((house.state(first).await, house.state(second).await), (State::Delivered, State::Sent));
    let strangers = from(999_999_999, "22");
    hear(&desk, vec![strangers]).await;
    assert_eq!(house.state(second).await, State::Sent, "what is nobody's is guessed to be nobody's");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn case_and_zeros_make_no_difference_before_or_after_a_restart() {
    let house = House::open().await;
    let desk = house.up(FIRST);
    let one = sent(&house, &desk, HANDSET, "0972660181").await;
    let two = sent(&house, &desk, HANDSET, "3F2504E0-4F89-41D3-9A0C-0305E82C3301").await;
    hear(&desk, vec![from(HANDSET, "972660181")]).await;
    assert_eq!(house.state(one).await, State::Delivered);
    drop(desk);
    let house = house.restart().await;
    let lower = report("3f2504e0-4f89-41d3-9a0c-0305e82c3301", Reported::Delivered);
    hear(&house.up(FIRST), vec![lower]).await;
    assert_eq!(house.state(two).await, State::Delivered);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_early_receipt_in_another_spelling_finds_its_message() {
    let house = House::open().await;
    let desk = house.up(FIRST);
    let id = house.submit(to_number(HANDSET)).await;
    let delivery = take_one(&desk).await;
    hear(&desk, vec![from(HANDSET, "12107289")]).await;
    answer(&desk, delivery, vec![accepted("B8BE19")]);
    assert_eq!(house.end().await.0, id);
    assert_eq!(house.engine.unmatched(10).await.unwrap(), []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receipt_may_come_by_another_way_to_the_same_carrier() {
    let house = House::open().await;
    let desk = house.up(FIRST);
    let id = sent(&house, &desk, HANDSET, "a1").await;
    hear(&house.desk(SECOND), vec![from(HANDSET, "A1")]).await;
    assert_eq!(house.state(id).await, State::Delivered);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_unmatched_is_shown_with_what_is_likely_and_matched_once_the_form_is_taught() {
    let house = House::open().await;
    let desk = house.up(FIRST);
    let id = sent(&house, &desk, HANDSET, "ABC").await;
    hear(&desk, vec![from(HANDSET, "414243")]).await;
    let unmatched = house.engine.unmatched(10).await.unwrap();
    let [(parked, likely)] = &unmatched[..] else { panic!("{unmatched:?}") };
    assert_eq!((&*parked.report.reference, parked.upstream), ("414243", FIRST));
    assert_eq!(likely.iter().map(|entry| entry.message.id).collect::<Vec<_>>(), [id]);

    house.engine.apply(rules_with(ReferenceForm::Octets));
    assert_eq!(house.end().await.0, id);
    assert_eq!(house.engine.unmatched(10).await.unwrap(), []);
}

/// A receipt that has two names.
fn of_two(reference: &str, also: &str) -> Report {
    Report { also: Some(also.into()), ..from(HANDSET, reference) }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_names_the_one_counts_that_is_a_messages_of_the_handset() {
    for form in [ReferenceForm::Auto, ReferenceForm::Same, ReferenceForm::HexThenDecimal] {
        let house = House::open().await;
        house.engine.apply(rules_with(form));
        let desk = house.up(FIRST);
        let spelled = |name: u64| match form {
            ReferenceForm::HexThenDecimal => name.to_string(),
            _ => format!("{name:x}"),
        };
        let other = sent(&house, &desk, HANDSET + 1, "a1").await;
        let first = sent(&house, &desk, HANDSET, "a2").await;
        // Nobody's, and then another's.
        hear(&desk, vec![of_two("wrong", &spelled(0xA2))]).await;
        assert_eq!(house.state(first).await, State::Delivered, "{form:?}");
        let second = sent(&house, &desk, HANDSET, "a3").await;
        hear(&desk, vec![of_two(&spelled(0xA1), &spelled(0xA3))]).await;
        assert_eq!(house.state(second).await, State::Delivered, "{form:?}");
        assert_eq!(house.state(other).await, State::Sent, "{form:?}");
        // One that has ended, and a repetition.
        let third = sent(&house, &desk, HANDSET, "a4").await;
        hear(&desk, vec![of_two(&spelled(0xA3), &spelled(0xA4))]).await;
        assert_eq!(house.state(third).await, State::Delivered, "{form:?}");
        hear(&desk, vec![of_two("wrong", &spelled(0xA4))]).await;
        assert_eq!(house.engine.unmatched(10).await.unwrap(), [], "{form:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_early_receipt_of_two_names_is_kept_with_both() {
    let house = House::open().await;
    hear(&house.up(FIRST), vec![of_two("wrong", "00A2")]).await;
    let house = house.restart().await;
    let desk = house.up(FIRST);
    let id = house.submit(to_number(HANDSET)).await;
    answer(&desk, take_one(&desk).await, vec![accepted("a2")]);
    assert_eq!(house.end().await.0, id);
    assert_eq!(house.engine.unmatched(10).await.unwrap(), []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_receipt_is_about_all_parts_where_the_carrier_means_it_so() {
    for restarted in [false, true] {
        let mut house = House::open().await;
        house.engine.apply(rules_of(ReferenceForm::Auto, true));
        let mut desk = house.up(FIRST);
        let id = house.submit(text(&"long ".repeat(60))).await;
        answer(&desk, take_one(&desk).await, vec![accepted("a0"), accepted("a1")]);
        hear(&desk, vec![report("settles the inbox", Reported::Underway)]).await;
        assert_eq!(house.state(id).await, State::Sent);
        if restarted {
            drop(desk);
            house = house.restart().await;
            house.engine.apply(rules_of(ReferenceForm::Auto, true));
            desk = house.up(FIRST);
        }
        hear(&desk, vec![report("a1", Reported::Delivered)]).await;
        assert_eq!(house.state(id).await, State::Delivered, "{restarted}");
    }
}

/// Sends a message whose answer is missed, and tells its name later.
async fn named_late(house: &House, desk: &Arc<dyn Desk>, name: &str) -> (MessageId, Delivery) {
    let id = house.submit(to_number(HANDSET)).await;
    let delivery = take_one(desk).await;
    answer(desk, delivery.clone(), vec![PartOutcome::Unanswered]);
    let late = Late { delivery, part: 0, parts: 1, reference: name.into() };
    desk.named_late(vec![late]);
    hear(desk, vec![report("settles the inbox", Reported::Underway)]).await;
    house.pass(Duration::from_mins(5));
    (id, take_one(desk).await)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_receipt_of_a_copy_whose_answer_was_late_finds_its_message() {
    // While the second copy is under way, and once it is sent.
    for answered in [false, true] {
        let house = House::open().await;
        let desk = house.up(FIRST);
        let (id, second) = named_late(&house, &desk, "00A1").await;
        assert!(second.possible_duplicate);
        if answered {
            answer(&desk, second.clone(), vec![accepted("a2")]);
        }
        hear(&desk, vec![from(HANDSET, "a1")]).await;
        assert_eq!(house.end().await.1.state, State::Delivered, "{answered}");
        if !answered {
            answer(&desk, second, vec![accepted("a2")]);
        }
        // What comes of the other copy changes nothing, and nobody is told again.
        hear(&desk, vec![Report { reported: Reported::Undelivered, ..from(HANDSET, "a2") }]).await;
        assert_eq!(house.state(id).await, State::Delivered, "{answered}");
        let next = sent(&house, &desk, HANDSET, "b1").await;
        hear(&desk, vec![from(HANDSET, "b1")]).await;
        assert_eq!(house.end().await.0, next, "{answered}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_receipt_of_the_second_copy_counts_as_well() {
    let house = House::open().await;
    let desk = house.up(FIRST);
    let (id, second) = named_late(&house, &desk, "a1").await;
    answer(&desk, second, vec![accepted("a2")]);
    hear(&desk, vec![from(HANDSET, "a2")]).await;
    assert_eq!(house.end().await.1.state, State::Delivered);
    drop(desk);
    let house = house.restart().await;
    let late = Report { reported: Reported::Undelivered, ..from(HANDSET, "a1") };
    hear(&house.up(FIRST), vec![late]).await;
    assert_eq!(house.state(id).await, State::Delivered);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receipt_may_come_before_the_late_answer() {
    let house = House::open().await;
    let desk = house.up(FIRST);
    let id = house.submit(to_number(HANDSET)).await;
    let delivery = take_one(&desk).await;
    answer(&desk, delivery.clone(), vec![PartOutcome::Unanswered]);
    hear(&desk, vec![from(HANDSET, "a1")]).await;
    desk.named_late(vec![Late { delivery, part: 0, parts: 1, reference: "A1".into() }]);
    assert_eq!(house.end().await.0, id);
    assert_eq!(house.engine.unmatched(10).await.unwrap(), []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receipt_with_an_unknown_state_is_in_the_timeline_and_the_next_one_counts() {
    let house = House::open().await;
    let desk = house.up(FIRST);
    let id = sent(&house, &desk, HANDSET, "a1").await;
    let unclear = Report { error: Some("BLOCKED".into()), ..report("a1", Reported::Unclear) };
    hear(&desk, vec![unclear]).await;
    let history = house.engine.history(Viewer::Everything, id).await.unwrap().unwrap();
    let remarks: Vec<&str> = history.remarks.iter().map(|(_, remark)| &**remark).collect();
    assert_eq!(remarks, ["a receipt came with an unknown state: BLOCKED"]);
    assert_eq!(house.state(id).await, State::Sent);
    hear(&desk, vec![from(HANDSET, "a1")]).await;
    assert_eq!(house.state(id).await, State::Delivered);
}
