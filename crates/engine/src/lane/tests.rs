//! A lane step by step.

use super::*;
use postrider_core::account::AccountId;
use postrider_core::delivery::{Outcome, State};
use postrider_core::id::MessageId;
use postrider_core::message::{Class, Message, Via};
use postrider_core::notice::{Lane, What};
use postrider_core::route::UpstreamId;
use std::sync::Arc;

fn notice(id: u64) -> Notice {
    let message = Arc::new(Message {
        class: Class::Otp,
        expires: Time(1),
        via: Via::Session,
        ..postrider_core::testing::message(MessageId::from_number(id))
    });
    let outcome = Outcome {
        state: State::Delivered,
        upstream: UpstreamId(1),
        reference: None,
        error: None,
        sent_at: None,
        done_at: Time(0),
        parts: 1,
        possible_duplicate: false,
    };
    let (id, lane) = (message.id.into(), Lane::Sessions(AccountId(1)));
    Notice { id, lane, what: What::Ended { message, outcome }, failed: 0, due: Time(0), owned: true }
}

fn due(ids: impl IntoIterator<Item = u64>) -> Due {
    Due { notices: ids.into_iter().map(notice).collect(), next: None }
}

fn ids(notices: &[Notice]) -> Vec<u64> {
    notices.iter().map(|notice| notice.id.number()).collect()
}

/// A lane whose first look found the store empty and that somebody attends.
fn attended() -> LaneState {
    let mut lane = LaneState::new();
    lane.take(0, Time(0));
    assert!(lane.begin_look());
    lane.found(Due::default(), 10);
    assert!(!lane.has_more());
    lane
}

fn offer(lane: &mut LaneState, id: u64, now: Time) {
    let owned = lane.promise(now);
    lane.offer(Notice { owned, ..notice(id) });
}

#[test]
fn a_fresh_notice_goes_straight_through_an_attended_lane() {
    let mut lane = attended();
    offer(&mut lane, 1, Time(1));
    assert_eq!(ids(&lane.take(10, Time(1))), [1]);
    lane.settled(None);
    assert!(lane.in_hand == 0 && lane.window.count() == 0 && !lane.has_more());
}

#[test]
fn an_unattended_lane_leaves_notices_in_the_store() {
    let mut lane = attended();
    offer(&mut lane, 1, Time(60_000));
    assert!(lane.begin_look() && lane.take(10, Time(60_000)).is_empty());
}

#[test]
fn who_has_notices_in_hand_attends_their_lane() {
    let mut lane = attended();
    offer(&mut lane, 1, Time(1));
    lane.take(10, Time(1));
    assert!(lane.promise(Time(60_000)));
    lane.settled(None);
    assert!(!lane.promise(Time(60_000)));
}

#[test]
fn older_ones_go_first() {
    let mut lane = LaneState::new();
    lane.take(0, Time(0));
    offer(&mut lane, 3, Time(1));
    assert!(lane.begin_look());
    lane.found(due([1, 2]), 2);
    offer(&mut lane, 4, Time(1));
    assert_eq!(ids(&lane.take(10, Time(1))), [1, 2]);
    assert!(lane.begin_look());
    lane.found(due([3, 4]), 10);
    assert_eq!(ids(&lane.take(10, Time(1))), [3, 4]);
    assert!(!lane.has_more());
}

#[test]
fn a_steady_stream_comes_past_the_store_again_after_a_look_that_found_it_short() {
    let mut lane = LaneState::new();
    lane.take(0, Time(0));
    let owned = lane.promise(Time(1));
    assert!(!owned && lane.begin_look());
    // It was recorded while the look went on, and so was not found.
    lane.offer(Notice { owned, ..notice(1) });
    lane.found(Due::default(), 10);
    assert!(lane.has_more(), "it is looked for");
    assert!(lane.promise(Time(1)), "but keeps nobody back");
}

#[test]
fn what_is_left_during_a_look_is_looked_for_again() {
    let mut lane = LaneState::new();
    assert!(lane.begin_look());
    lane.look_again();
    lane.found(due([1]), 10);
    lane.take(10, Time(1));
    assert!(lane.begin_look());
}

#[test]
fn what_is_told_again_is_looked_for_in_its_time() {
    let mut lane = attended();
    for (id, again) in [(1, 15_500), (2, 5_500)] {
        offer(&mut lane, id, Time(1));
        lane.take(10, Time(1));
        lane.settled(Some(Time(again)));
    }
    assert_eq!(lane.later(), Some(Time(5_500)));
    lane.take(10, Time(5_499));
    assert!(!lane.has_more());
    lane.take(10, Time(5_500));
    assert!(lane.begin_look());
    // The store knows of the other one.
    lane.found(Due { next: Some(Time(15_500)), ..due([2]) }, 10);
    assert_eq!((ids(&lane.take(10, Time(5_500))), lane.later()), (vec![2], Some(Time(15_500))));
}

#[test]
fn what_was_given_back_comes_first_and_what_is_too_much_goes_to_the_store() {
    let mut lane = attended();
    for id in 0..READY_MAX as u64 + 5 {
        offer(&mut lane, id, Time(1));
    }
    assert!(lane.window.has_backlog());
    let taken = lane.take(3, Time(1));
    lane.window.found([notice(9_999)], true);
    assert_eq!(lane.give_back(taken), [NoticeId::from_number(2)]);
    assert_eq!(ids(&lane.take(3, Time(1))), [0, 1, 3]);
}

#[test]
fn what_nobody_tells_is_given_up() {
    let mut lane = attended();
    offer(&mut lane, 1, Time(1));
    assert!(lane.give_up(Time(1)).is_empty(), "somebody attends it");
    lane.abandon();
    assert_eq!(lane.give_up(Time(1)), [NoticeId::from_number(1)]);
    assert!(lane.has_more() && lane.give_up(Time(1)).is_empty());
}
