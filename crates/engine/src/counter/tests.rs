//! A counter step by step, with paused time.

use super::*;
use async_trait::async_trait;
use postrider_core::contract::{Answer, Desk, Leased, StoreError};
use postrider_core::delivery::{Event, PartOutcome, Unanswered};
use postrider_core::node::{Lease, Muster, Presence};
use postrider_core::receipt::Report;
use postrider_core::reference::ReferenceForm;
use std::collections::BTreeMap;
use std::sync::atomic::AtomicI64;

const WINDOW: usize = 4;

/// A node that is alone.
struct Alone;

#[async_trait]
impl Nodes for Alone {
    fn number(&self) -> u8 {
        1
    }

    fn is_alone(&self) -> bool {
        true
    }

    async fn beat(&self, _: &Presence) -> Result<Muster, StoreError> {
        Ok(Muster { now: Time(0), was_dead: false, nodes: Vec::new() })
    }

    async fn hold(&self, leases: Vec<Lease>) -> Result<Vec<Lease>, StoreError> {
        Ok(leases)
    }

    async fn let_go(&self, _: Vec<Lease>) -> Result<(), StoreError> {
        Ok(())
    }

    async fn rescue(&self) -> Result<usize, StoreError> {
        Ok(0)
    }

    async fn matched(&self, _: usize) -> Result<Vec<(UpstreamId, Report)>, StoreError> {
        Ok(Vec::new())
    }

    async fn gathered(&self, _: usize) -> Result<Vec<Delivery>, StoreError> {
        Ok(Vec::new())
    }

    async fn news(&self) -> News {
        std::future::pending().await
    }

    fn tell(&self, _: Vec<News>) {}
}

struct Hands(AtomicI64);

impl Clock for Hands {
    fn now(&self) -> Time {
        Time(self.0.load(Ordering::Relaxed))
    }
}

pub(super) struct Bench {
    clock: Arc<Hands>,
    inbox: Arc<Inbox>,
    pub(super) counter: Arc<Counter>,
}

pub(super) fn upstream(rate: Option<f64>) -> Upstream {
    Upstream {
        id: UpstreamId(1),
        name: "acme".into(),
        enabled: true,
        rate,
        window: WINDOW,
        binds: 1,
        reference_form: ReferenceForm::Auto,
        parts_wait: postrider_core::inbound::parts::PARTS_WAIT,
        one_receipt: false,
        unanswered: Unanswered::USUAL,
        retries: postrider_core::retry::Retries::default(),
        reserved: postrider_core::rules::RESERVED_USUAL,
        full_at: None,
        limits: postrider_core::budget::PartLimits::default(),
        bind_limits: postrider_core::budget::PartLimits::default(),
        each_bind: Vec::new(),
        not_from: Vec::new(),
        ask: None,
        carrier: None,
        carriage: postrider_core::carriage::Carriage::default(),
        place: "x".into(),
    }
}

impl Bench {
    /// A counter that keeps its bind, with a link that is up, over a queue that is empty.
    pub(super) fn open(rate: Option<f64>) -> Self {
        let clock = Arc::new(Hands(AtomicI64::new(1_000)));
        let inbox: Arc<Inbox> = Arc::default();
        let nodes: Arc<dyn Nodes> = Arc::new(Alone);
        let counter = Counter::new(
            &upstream(rate),
            Arc::clone(&clock) as _,
            Arc::clone(&inbox),
            nodes,
            Arc::new(Holdings::none()),
            Arc::default(),
        );
        counter.assign([0].into());
        counter.trust(instant() + Duration::from_hours(1));
        counter.link(0, LinkState::Up);
        let mut state = counter.state();
        let wanted = state.shelf.begin_lease().unwrap();
        state.shelf.leased(&wanted, Leased::default());
        drop(state);
        Self { clock, inbox, counter: Arc::new(counter) }
    }

    fn pass(&self, ms: i64) {
        self.clock.0.fetch_add(ms, Ordering::Relaxed);
    }

    /// Puts new messages of so many parts on the shelf.
    fn shelve(&self, count: u64, parts: u8) {
        for id in 0..count {
            let delivery = delivery(id, parts);
            assert!(self.counter.promise(&delivery.message, self.clock.now()));
            self.counter.keep([delivery]);
        }
    }

    fn take(&self) -> Vec<Delivery> {
        self.counter.take(usize::MAX)
    }

    fn answer(&self, deliveries: Vec<Delivery>) {
        let answer = |delivery| {
            let outcomes = vec![(0, PartOutcome::Accepted(Some("x".into())))];
            Answer { delivery, parts: 1, outcomes }
        };
        self.counter.answered(deliveries.into_iter().map(answer).collect());
    }
}

pub(super) fn delivery(id: u64, parts: u8) -> Delivery {
    let message = Message {
        parts,
        expires: Time(10_000),
        ..postrider_core::testing::message(MessageId::from_number(id))
    };
    Delivery::new(Arc::new(message), UpstreamId(1))
}

#[tokio::test(start_paused = true)]
async fn an_answer_makes_room_in_the_window_at_once() {
    let bench = Bench::open(None);
    bench.shelve(10, 1);
    let taken = bench.take();
    assert_eq!((taken.len(), bench.take().len()), (WINDOW, 0));
    bench.answer(taken);
    assert_eq!(bench.take().len(), WINDOW, "though nothing is recorded yet");
    assert_eq!(bench.counter.unsettled(), 2 * WINDOW);
}

#[tokio::test(start_paused = true)]
async fn one_late_answer_does_not_stand_for_all() {
    let bench = Bench::open(None);
    assert_eq!(Counter::round_trip(&bench.counter), None);
    Desk::round_trip(&*bench.counter, Duration::from_millis(80));
    assert_eq!(Counter::round_trip(&bench.counter), Some(Duration::from_millis(80)));
    Desk::round_trip(&*bench.counter, Duration::from_millis(880));
    assert_eq!(Counter::round_trip(&bench.counter), Some(Duration::from_millis(180)));
}

#[tokio::test(start_paused = true)]
async fn an_answer_tells_of_room_for_a_message_that_did_not_fit() {
    let bench = Bench::open(None);
    bench.shelve(2, 3);
    let taken = bench.take();
    assert_eq!(
        (taken.len(), bench.take().len()),
        (1, 0),
        "the window has room for one part, and the next has three"
    );
    let seen = bench.counter.work(0).await;
    let waits = bench.counter.work(seen);
    let answers = async { bench.answer(taken) };
    let (told, ()) = tokio::join!(biased; tokio::time::timeout(Duration::from_secs(1), waits), answers);
    assert!(told.is_ok(), "a link that waits hears of it");
    assert_eq!(bench.take().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn nothing_more_is_given_out_when_too_much_waits_to_be_recorded() {
    let bench = Bench::open(None);
    bench.shelve(1_000, 1);
    let mut answered = 0;
    loop {
        let taken = bench.take();
        if taken.is_empty() {
            break;
        }
        answered += taken.len();
        bench.answer(taken);
    }
    assert_eq!(answered, Flow::unrecorded_max(WINDOW));
    let seen = bench.counter.work(0).await;
    bench.counter.recorded(1);
    bench.counter.work(seen).await;
    assert_eq!(bench.take().len(), WINDOW);
}

#[tokio::test(start_paused = true)]
async fn a_message_whose_time_ran_out_is_not_given_out() {
    let bench = Bench::open(None);
    bench.shelve(1, 1);
    bench.pass(10_000);
    assert!(bench.take().is_empty());
    assert_eq!(bench.inbox.take_now().unwrap().events[0].1, Event::Expired);
}

/// Of what a node had in hand when it stopped: as many as may have been in flight, or answered and not recorded.
#[tokio::test(start_paused = true)]
async fn advertising_that_may_have_been_sent_is_not_given_out_again() {
    let bench = Bench::open(None);
    let most = WINDOW + Flow::unrecorded_max(WINDOW);
    for id in 0..most as u64 + 2 {
        let mut delivery = delivery(id, 1);
        Arc::make_mut(&mut delivery.message).class = Class::Marketing;
        delivery.possible_duplicate = true;
        assert!(bench.counter.promise(&delivery.message, bench.clock.now()));
        bench.counter.keep([delivery]);
    }
    let mut marked = delivery(999, 1);
    marked.possible_duplicate = true;
    assert!(bench.counter.promise(&marked.message, bench.clock.now()));
    bench.counter.keep([marked]);
    let taken: Vec<u64> = bench.take().iter().map(|delivery| delivery.message.id.number()).collect();
    assert_eq!(
        taken,
        [999, most as u64, most as u64 + 1],
        "the transactional one goes again, and what is behind"
    );
    let events = bench.inbox.take_now().unwrap().events;
    assert!(events.len() == most && events.iter().all(|(_, event)| *event == Event::InDoubt));
}

#[tokio::test(start_paused = true)]
async fn nothing_is_given_out_over_binds_that_are_not_surely_kept() {
    let bench = Bench::open(None);
    bench.shelve(1, 1);
    tokio::time::advance(Duration::from_hours(1)).await;
    assert!(bench.take().is_empty());
    bench.counter.trust(instant() + Duration::from_secs(1));
    bench.counter.fence();
    assert!(bench.take().is_empty());
    assert_eq!(bench.counter.dismissed(0).await, Duration::from_millis(500));
    bench.counter.assign([0].into());
    assert_eq!(bench.take().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_rate_is_waited_for() {
    let bench = Bench::open(Some(2.0));
    bench.shelve(4, 1);
    let burst = bench.take().len();
    assert!(burst < 4, "{burst}");
    let seen = bench.counter.work(0).await;
    let began = instant();
    bench.counter.work(seen).await;
    let waited = began.elapsed();
    assert!(waited >= Duration::from_millis(1) && waited <= Duration::from_millis(500), "{waited:?}");
    bench.pass(500);
    assert_eq!(bench.take().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_message_gets_a_place_only_where_it_may_leave_at_once() {
    let bench = Bench::open(None);
    let message = delivery(1, 1).message;
    let later = Message { due: Time(5_000), ..(*message).clone() };
    assert!(!bench.counter.promise(&later, Time(1_000)), "it is not due");
    assert!(bench.counter.promise(&message, Time(1_000)));
    bench.counter.link(0, LinkState::Connecting);
    assert!(!bench.counter.promise(&message, Time(1_000)), "no link is up");
}

#[tokio::test(start_paused = true)]
async fn a_bind_is_waited_for() {
    let bench = Bench::open(None);
    bench.counter.admitted(0).await;
    let other = tokio::time::timeout(Duration::from_secs(60), bench.counter.admitted(1)).await;
    assert!(other.is_err(), "it is another node's");
}

/// A link of 100 parts a second that a million offers keep busy: the time from acceptance to submission of a one-time
/// password, for whom a client comes at any moment.
#[tokio::test(start_paused = true)]
async fn a_one_time_password_overtakes_a_million_offers() {
    let bench = Bench::open(Some(100.0));
    let of = |id: u64, class: Class| {
        let expires = Time(i64::MAX);
        let account = AccountId(if class == Class::Otp { 2 } else { 1 });
        let message = Message {
            class,
            account,
            expires,
            ..postrider_core::testing::message(MessageId::from_number(id))
        };
        Delivery::new(Arc::new(message), UpstreamId(1))
    };
    let offer = |delivery: Delivery| {
        let promised = bench.counter.promise(&delivery.message, bench.clock.now());
        if promised {
            bench.counter.keep([delivery]);
        }
        promised
    };
    let (mut offers, mut accepted, mut waits, mut sent) = (0, BTreeMap::new(), Vec::new(), 0);
    for ms in 0..60_000_i64 {
        // The backlog never ends.
        while offer(of(offers, Class::Marketing)) {
            offers += 1;
        }
        if ms % 37 == 0 {
            let id = 1_000_000_000 + ms.unsigned_abs();
            assert!(offer(of(id, Class::Otp)), "it comes straight to the shelf");
            accepted.insert(id, ms);
        }
        let taken = bench.take();
        sent += taken.len();
        for delivery in &taken {
            waits.extend(accepted.remove(&delivery.message.id.number()).map(|since| ms - since));
        }
        let parts = taken.len();
        bench.answer(taken);
        bench.counter.recorded(parts);
        bench.pass(1);
    }
    waits.sort_unstable();
    assert!((5_900..=6_300).contains(&sent), "the link is busy: {sent}");
    assert!(accepted.len() < 3 && waits.len() > 1_600, "{} waits", waits.len());
    assert!(waits[waits.len() * 99 / 100] < 100, "p99 {} ms", waits[waits.len() * 99 / 100]);
}
