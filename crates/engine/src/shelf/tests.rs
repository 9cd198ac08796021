//! A shelf step by step.

use super::*;
use postrider_core::message::Message;
use postrider_core::route::UpstreamId;
use postrider_core::time::Time;
use std::sync::Arc;

const BIG: AccountId = AccountId(1);
const SMALL: AccountId = AccountId(2);

fn delivery(id: u64, account: AccountId, class: Class, parts: u8) -> Delivery {
    let message = Message {
        account,
        class,
        parts,
        expires: Time(1),
        ..postrider_core::testing::message(MessageId::from_number(id))
    };
    Delivery::new(Arc::new(message), UpstreamId(1))
}

/// A shelf that knows that its queue is empty.
fn known() -> Shelf {
    let mut shelf = Shelf::new();
    let wanted = shelf.begin_lease().unwrap();
    assert!(!shelf.leased(&wanted, Leased::default()));
    shelf
}

/// Offers a new message; tells whether it came straight.
fn offer(shelf: &mut Shelf, delivery: Delivery) -> bool {
    let (class, account) = place(&delivery);
    let promised = shelf.promise(class, account, true);
    if promised {
        shelf.keep(delivery);
    } else {
        shelf.leave(class, account);
    }
    promised
}

fn ids(shelf: &mut Shelf, count: usize) -> Vec<u64> {
    (0..count).filter_map(|_| shelf.pop_if(|_| true)).map(|delivery| delivery.message.id.number()).collect()
}

#[test]
fn messages_of_one_account_keep_their_order() {
    let mut shelf = known();
    for id in 0..100 {
        assert!(offer(&mut shelf, delivery(id, BIG, Class::Transactional, 1)));
    }
    assert_eq!(ids(&mut shelf, 200), (0..100).collect::<Vec<_>>());
    assert_eq!(shelf.len(), 0);
}

#[test]
fn urgent_classes_go_first() {
    let mut shelf = known();
    for (id, class) in [(1, Class::Marketing), (2, Class::Transactional), (3, Class::Otp)] {
        offer(&mut shelf, delivery(id, BIG, class, 1));
    }
    assert_eq!(ids(&mut shelf, 3), [3, 2, 1]);
}

#[test]
fn one_account_with_a_million_delays_another_by_one_turn() {
    let mut shelf = known();
    let mut straight = 0;
    while offer(&mut shelf, delivery(straight, BIG, Class::Transactional, 1)) {
        straight += 1;
    }
    assert_eq!(straight, SHARED as u64, "the rest waits in the store");
    assert!(offer(&mut shelf, delivery(1_000_000, SMALL, Class::Transactional, 1)), "it has room of its own");
    assert!(ids(&mut shelf, QUANTUM + 1).contains(&1_000_000));
}

#[test]
fn accounts_take_turns_by_parts() {
    let mut shelf = known();
    for id in 0..80 {
        offer(&mut shelf, delivery(id, BIG, Class::Transactional, 1));
        offer(&mut shelf, delivery(1_000 + id, SMALL, Class::Transactional, 8));
    }
    let mut parts = [0, 0];
    for _ in 0..72 {
        let next = shelf.pop_if(|_| true).unwrap();
        parts[usize::from(next.message.account == SMALL)] += usize::from(next.message.parts);
    }
    assert!(parts[0].abs_diff(parts[1]) <= QUANTUM, "{parts:?}");
}

#[test]
fn a_message_longer_than_a_turn_goes_in_the_end() {
    let mut shelf = known();
    offer(&mut shelf, delivery(1, BIG, Class::Transactional, 60));
    for id in 2..100 {
        offer(&mut shelf, delivery(id, SMALL, Class::Transactional, 1));
    }
    let order = ids(&mut shelf, 99);
    let place = order.iter().position(|id| *id == 1).unwrap();
    assert!((40..80).contains(&place), "{place}");
}

#[test]
fn while_the_queue_is_unknown_all_goes_by_the_store() {
    let mut shelf = Shelf::new();
    assert!(!offer(&mut shelf, delivery(2, BIG, Class::Otp, 1)));
    let wanted = shelf.begin_lease().unwrap();
    let deliveries = vec![delivery(1, BIG, Class::Otp, 1), delivery(2, BIG, Class::Otp, 1)];
    assert!(!shelf.leased(&wanted, Leased { deliveries, more: Vec::new(), next: None }));
    assert!(
        offer(&mut shelf, delivery(3, BIG, Class::Otp, 1))
            && offer(&mut shelf, delivery(4, SMALL, Class::Otp, 1))
    );
    assert_eq!(ids(&mut shelf, 3), [1, 2, 3]);
}

#[test]
fn a_backlog_of_one_account_holds_up_no_other() {
    let mut shelf = Shelf::new();
    let wanted = shelf.begin_lease().unwrap();
    let deliveries = (0..wanted.each as u64).map(|id| delivery(id, BIG, Class::Otp, 1)).collect();
    assert!(shelf.leased(&wanted, Leased { deliveries, more: vec![(Class::Otp, BIG)], next: None }));
    assert!(!offer(&mut shelf, delivery(1_000_000, BIG, Class::Otp, 1)), "older ones are in the store");
    assert!(offer(&mut shelf, delivery(1_000_001, SMALL, Class::Otp, 1)));
}

#[test]
fn a_lease_that_did_not_visit_all_leaves_the_rest_unknown() {
    let mut shelf = Shelf::new();
    let wanted = shelf.begin_lease().unwrap();
    let deliveries = vec![delivery(1, BIG, Class::Otp, 1)];
    assert!(shelf.leased(&wanted, Leased { deliveries, more: Vec::new(), next: Some(SMALL) }));
    assert!(!shelf.promise(Class::Otp, SMALL, true), "the lease ended before it came to this one");
    let wanted = shelf.begin_lease().unwrap();
    assert_eq!(wanted.from, SMALL);
    assert!(!shelf.leased(&wanted, Leased::default()));
    assert!(shelf.promise(Class::Otp, SMALL, true));
}

#[test]
fn an_account_whose_visit_was_cut_short_has_more() {
    let mut shelf = Shelf::new();
    let wanted = shelf.begin_lease().unwrap();
    let most = wanted.most as u64;
    let deliveries = (0..most).map(|id| {
        let account = if id < most / 2 { SMALL } else { BIG };
        delivery(id, account, Class::Transactional, 1)
    });
    let leased = Leased { deliveries: deliveries.collect(), ..Leased::default() };
    assert!(shelf.leased(&wanted, leased));
    assert!(
        !offer(&mut shelf, delivery(most, BIG, Class::Transactional, 1)),
        "what is left in the store goes first"
    );
    assert!(offer(&mut shelf, delivery(most + 1, SMALL, Class::Transactional, 1)));
}

#[test]
fn an_account_with_plenty_on_the_shelf_is_left_out_of_leases() {
    let mut shelf = known();
    while offer(&mut shelf, delivery(1, BIG, Class::Otp, 1)) {}
    let wanted = shelf.begin_lease().unwrap();
    assert_eq!(wanted.except, [(Class::Otp, BIG)]);
    assert!(!shelf.is_short());
    ids(&mut shelf, SHARED * 3 / 4);
    assert!(shelf.is_short(), "the store has more of it");
    assert!(shelf.begin_lease().unwrap().except.is_empty());
    assert!(!shelf.is_short(), "it is being leased");
}

#[test]
fn what_was_put_back_goes_first_and_what_was_picked_is_gone() {
    let mut shelf = known();
    for id in 1..=3 {
        offer(&mut shelf, delivery(id, BIG, Class::Otp, 1));
    }
    let first = shelf.pop_if(|_| true).unwrap();
    assert!(shelf.pick(Viewer::Account(SMALL), MessageId::from_number(2)).is_none(), "it isn't theirs");
    assert!(shelf.pick(Viewer::Account(BIG), MessageId::from_number(2)).is_some());
    shelf.put_back(first);
    assert_eq!((shelf.len(), ids(&mut shelf, 3)), (2, vec![1, 3]));
}

#[test]
fn a_cleared_shelf_holds_nothing_and_knows_nothing() {
    let mut shelf = known();
    offer(&mut shelf, delivery(1, BIG, Class::Otp, 1));
    offer(&mut shelf, delivery(2, SMALL, Class::Marketing, 1));
    assert_eq!(shelf.clear().len(), 2);
    assert!(shelf.len() == 0 && shelf.pop_if(|_| true).is_none());
    assert!(!shelf.promise(Class::Otp, BIG, true) && !shelf.promise(Class::Otp, AccountId(3), true));
}

#[test]
fn the_shelf_is_bounded_however_many_accounts_there_are() {
    let mut shelf = known();
    for account in 0..5_000 {
        for id in 0..50 {
            offer(&mut shelf, delivery(id, AccountId(account), Class::Otp, 1));
        }
    }
    assert!(shelf.len() <= READY_MAX + (Class::COUNT - 1) * URGENT_ROOM);
}

#[test]
fn accounts_that_are_done_are_forgotten() {
    let mut shelf = known();
    for account in 0..1_000 {
        offer(&mut shelf, delivery(1, AccountId(account), Class::Otp, 1));
    }
    ids(&mut shelf, 1_000);
    shelf.begin_lease().unwrap();
    assert_eq!(shelf.each(), SHARED);
}

#[test]
fn messages_that_wait_for_older_ones_never_keep_a_lease_from_finding_those() {
    let mut shelf = known();
    let one = |id| delivery(id, BIG, Class::Transactional, 1);
    // The first is left in the store behind a lease, which says nevertheless that nothing is there.
    assert!(!shelf.promise(Class::Transactional, BIG, false));
    let wanted = shelf.begin_lease().unwrap();
    shelf.leave(Class::Transactional, BIG);
    shelf.leased(&wanted, Leased::default());
    let many = u64::try_from(SHARED).unwrap();
    assert!((1..many).all(|id| offer(&mut shelf, one(id))));
    assert_eq!(ids(&mut shelf, 1), [0_u64; 0]);
    let wanted = shelf.begin_lease().unwrap();
    assert_eq!(wanted.except, []);
    shelf.leased(&wanted, Leased { deliveries: vec![one(0)], ..Leased::default() });
    assert_eq!(ids(&mut shelf, 3), [0, 1, 2]);
}

#[test]
fn a_shelf_full_of_offers_takes_more_urgent_messages() {
    let mut shelf = known();
    // More accounts than have room: each has a few offers on the shelf.
    let mut id = 0;
    for account in 10..10_000 {
        id += 1;
        if !offer(&mut shelf, delivery(id, AccountId(account), Class::Marketing, 1)) {
            break;
        }
        while shelf.len() < READY_MAX
            && offer(&mut shelf, delivery(id, AccountId(account), Class::Marketing, 1))
        {
            id += 1;
        }
    }
    assert_eq!(shelf.len(), READY_MAX);
    assert!(offer(&mut shelf, delivery(1_000_000, SMALL, Class::Otp, 1)), "it comes straight");
    assert_eq!(ids(&mut shelf, 1), [1_000_000]);
    let wanted = shelf.begin_lease().unwrap();
    assert_eq!(wanted.down_to, Class::Transactional, "offers stay in the store");
    ids(&mut shelf, 1);
    assert_eq!(shelf.begin_lease().unwrap().down_to, Class::Marketing, "there is room again");
}

#[test]
fn each_class_keeps_its_share_on_the_shelf() {
    let mut shelf = known();
    shelf.reserve([0, 0, 20, 10]);
    for id in 0..3_000 {
        let class = [Class::Otp, Class::Transactional, Class::Marketing][id as usize % 3];
        offer(&mut shelf, delivery(id, BIG, class, 1));
    }
    let mut went = [0u32; 3];
    ids(&mut shelf, 1_000).into_iter().for_each(|id| went[id as usize % 3] += 1);
    assert!(went[0].abs_diff(700) < 5 && went[1].abs_diff(200) < 5 && went[2].abs_diff(100) < 5, "{went:?}");
}
