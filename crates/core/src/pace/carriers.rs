//! A pace before carriers that throttle, each in its own way.

use super::*;
use std::collections::VecDeque;

/// Parts that may be unanswered at once.
const WINDOW: usize = 1_000;

/// How a carrier throttles.
#[derive(Clone, Copy, Debug)]
enum Carrier {
    /// It takes so many parts in each second by its clock.
    EachSecond(f64),
    /// It takes so many parts a second, and a burst of a tenth of that, at least of two.
    Bucket(f64),
    /// The same with bursts of a whole second, as the simulator has it.
    DeepBucket(f64),
    /// It throttles this share of all parts, whatever the rate.
    Share(f64),
    /// Both a share, and everything above a rate.
    Both(f64, f64),
}

/// A carrier at work.
struct Desk {
    carrier: Carrier,
    tokens: f64,
    dice: u64,
}

impl Desk {
    fn new(carrier: Carrier) -> Self {
        Self { carrier, tokens: 0.0, dice: 1 }
    }

    fn is_unlucky(&mut self, share: f64) -> bool {
        self.dice = self.dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.dice >> 33) as f64) < share * (1u64 << 31) as f64
    }

    fn pass(&mut self, ms: i64) {
        match self.carrier {
            Carrier::EachSecond(rate) if ms % 1_000 == 0 => self.tokens = rate,
            Carrier::Bucket(rate) | Carrier::Both(_, rate) => {
                self.tokens = (self.tokens + rate / 1_000.0).min((rate / 10.0).max(2.0));
            }
            Carrier::DeepBucket(rate) => self.tokens = (self.tokens + rate / 1_000.0).min(rate),
            Carrier::EachSecond(_) | Carrier::Share(_) => {}
        }
    }

    fn takes(&mut self) -> bool {
        let share = match self.carrier {
            Carrier::Share(share) | Carrier::Both(share, _) => share,
            _ => 0.0,
        };
        if self.is_unlucky(share) {
            return false;
        }
        if matches!(self.carrier, Carrier::Share(_)) {
            return true;
        }
        let takes = self.tokens >= 1.0;
        self.tokens -= f64::from(u8::from(takes));
        takes
    }
}

/// Sends all that is permitted for `seconds`, with answers after `latency` milliseconds. Returns parts sent and taken a second,
/// over the time from `since` seconds on.
fn run(pace: &mut Pace, carrier: Carrier, latency: i64, begin: i64, seconds: i64, since: i64) -> (f64, f64) {
    let mut desk = Desk::new(carrier);
    let mut answers: VecDeque<(i64, usize, usize)> = VecDeque::new();
    let (mut sent, mut taken, mut under_way) = (0, 0, 0);
    for ms in 0..seconds * 1_000 {
        let now = Time(begin + ms);
        desk.pass(ms);
        while answers.front().is_some_and(|(at, ..)| *at <= ms) {
            let (_, took, threw) = answers.pop_front().unwrap();
            under_way -= took + threw;
            pace.answered(Answers { parts: took + threw, taken: took, throttled: threw, again: 0 }, now);
        }
        let count = pace.permits(now).min(WINDOW - under_way);
        under_way += count;
        pace.spend(count, now);
        let took = (0..count).filter(|_| desk.takes()).count();
        if count > 0 {
            answers.push_back((ms + latency, took, count - took));
        }
        if ms >= since * 1_000 {
            sent += count;
            taken += took;
        }
    }
    let end = Time(begin + seconds * 1_000);
    pace.answered(Answers { parts: under_way, ..Answers::default() }, end);
    let span = (seconds - since) as f64;
    (sent as f64 / span, taken as f64 / span)
}

/// The complaints of a whole table, and nothing if there are none.
fn complain(complaints: &[String]) {
    assert!(complaints.is_empty(), "{} cases:\n{}", complaints.len(), complaints.join("\n"));
}

#[test]
fn a_fixed_rate_is_found_and_kept() {
    let mut complaints = Vec::new();
    for rate in [5.0, 20.0, 100.0, 1_000.0, 3_000.0] {
        for latency in [2, 50, 300, 1_000] {
            for limit in [Some(rate * 1.2), Some(rate * 10.0), None] {
                for carrier in [Carrier::EachSecond(rate), Carrier::Bucket(rate), Carrier::DeepBucket(rate)] {
                    let mut pace = Pace::new(limit, Time(0));
                    let (sent, taken) = run(&mut pace, carrier, latency, 0, 120, 30);
                    let case =
                        format!("{carrier:?}, {latency} ms, limit {limit:?}: {sent} sent, {taken} taken");
                    let most = rate.min(WINDOW as f64 * 1_000.0 / latency as f64);
                    // Of few parts a second, one may make more than a tenth.
                    let one = if rate < 10.0 { 1.0 } else { 0.0 };
                    if taken < most * 0.9 - one || sent > rate * 1.1 + one {
                        complaints.push(case);
                    }
                }
            }
        }
    }
    complain(&complaints);
}

#[test]
fn a_share_that_is_throttled_at_any_rate_slows_nothing_down() {
    let mut complaints = Vec::new();
    for share in [0.01, 0.05, 0.1, 0.3, 0.5] {
        for limit in [20.0, 100.0, 1_800.0] {
            for latency in [2, 50, 300, 1_000] {
                let mut pace = Pace::new(Some(limit), Time(0));
                let (sent, taken) = run(&mut pace, Carrier::Share(share), latency, 0, 120, 30);
                let most = limit.min(WINDOW as f64 * 1_000.0 / latency as f64);
                // Half of 20 parts are few to tell chance from a limit by.
                let least = if share * 20.0 > limit * 0.4 { 0.7 } else { 0.9 };
                if sent < most * least {
                    complaints.push(format!("{share} of {limit}, {latency} ms: {sent} sent, {taken} taken"));
                }
            }
        }
    }
    complain(&complaints);
}

/// From the first second on, as `postrider bench --errors 0.05 --rate 1800` and `--throttle 200 --rate 220` have it.
#[test]
fn the_first_minute_is_nearly_as_good_as_any() {
    let mut pace = Pace::new(Some(1_800.0), Time(0));
    let (sent, _) = run(&mut pace, Carrier::Share(0.05), 20, 0, 60, 0);
    assert!(sent > 1_750.0, "{sent}");
    for carrier in [Carrier::Bucket(200.0), Carrier::DeepBucket(200.0), Carrier::EachSecond(200.0)] {
        let mut pace = Pace::new(Some(220.0), Time(0));
        let (sent, taken) = run(&mut pace, carrier, 20, 0, 60, 0);
        assert!(sent < 210.0 && taken > 190.0, "{carrier:?}: {sent} sent, {taken} taken");
    }
}

#[test]
fn a_share_and_a_rate_are_told_apart() {
    for (share, rate) in [(0.05, 100.0), (0.05, 1_000.0), (0.2, 500.0)] {
        let mut pace = Pace::new(Some(rate * 3.0), Time(0));
        let (sent, taken) = run(&mut pace, Carrier::Both(share, rate), 50, 0, 120, 30);
        assert!(taken >= rate * 0.9, "{share} and {rate}: {sent} sent, {taken} taken");
        assert!(
            sent <= rate * 1.1 / (1.0 - share) + rate * 0.15,
            "{share} and {rate}: {sent} sent, {taken} taken"
        );
    }
}

#[test]
fn the_rate_comes_back_soon_when_nothing_is_throttled_any_more() {
    let mut pace = Pace::new(Some(1_000.0), Time(0));
    run(&mut pace, Carrier::Bucket(50.0), 50, 0, 30, 29);
    assert!(pace.rate().unwrap() < 60.0 && pace.is_held());
    let (sent, _) = run(&mut pace, Carrier::Share(0.0), 50, 30_000, 10, 9);
    assert!(sent > 900.0 && !pace.is_held(), "{sent}");
}

#[test]
fn a_flood_is_stopped_at_once() {
    let mut pace = Pace::new(None, Time(0));
    let (sent, _) = run(&mut pace, Carrier::EachSecond(10.0), 5, 0, 2, 1);
    assert!(sent < 100.0, "{sent} in the second second");
}

/// Sends so many messages of one part each, those that were throttled first, with a window of ten that is answered every few
/// milliseconds. Returns how often each was throttled.
fn send_again(messages: usize, carrier: Carrier, every: i64) -> Vec<usize> {
    let mut pace = Pace::new(None, Time(0));
    let mut desk = Desk { tokens: 50.0, ..Desk::new(carrier) };
    let mut throttled = vec![0; messages];
    let mut queue: VecDeque<usize> = (0..messages).collect();
    for ms in 1.. {
        desk.pass(ms);
        let count = if ms % every == 0 { pace.permits(Time(ms)).min(10).min(queue.len()) } else { 0 };
        if count == 0 {
            continue;
        }
        pace.spend(count, Time(ms));
        let sent: Vec<usize> = queue.drain(..count).collect();
        let refused: Vec<usize> = sent.into_iter().filter(|_| !desk.takes()).collect();
        let again = refused.iter().filter(|message| throttled[**message] > 0).count();
        let first = refused.len() - again;
        let taken = count - refused.len();
        pace.answered(Answers { parts: count, taken, throttled: first, again }, Time(ms));
        for message in refused.into_iter().rev() {
            throttled[message] += 1;
            queue.push_front(message);
        }
        if queue.is_empty() {
            break;
        }
    }
    throttled
}

#[test]
fn what_is_throttled_once_is_hardly_throttled_again() {
    let mut complaints = Vec::new();
    for rate in [10.0, 50.0, 200.0] {
        for every in [1, 5, 20, 50] {
            let throttled = send_again(150, Carrier::DeepBucket(rate), every);
            let most = throttled.iter().max().unwrap();
            let all: usize = throttled.iter().sum();
            if *most > 3 || all > 100 {
                complaints.push(format!("{rate} a second, every {every} ms: {all} in all, {most} for one"));
            }
        }
    }
    complain(&complaints);
}

#[test]
fn where_nothing_passes_all_is_still_for_a_moment() {
    let mut pace = Pace::new(Some(100.0), Time(0));
    pace.spend(1, Time(0));
    pace.answered(Answers { parts: 1, taken: 0, throttled: 1, again: 0 }, Time(10));
    assert_eq!(pace.permits(Time(50)), 0);
    assert!(pace.permits(Time(300)) > 0);
}

/// Runs one stretch of life after the other, each with a carrier of its own and of so many seconds. Returns parts sent and
/// taken a second from the tenth second of each on.
fn live(pace: &mut Pace, lives: &[(Carrier, i64)], latency: i64) -> Vec<(f64, f64)> {
    let mut begin = 0;
    let mut seen = Vec::new();
    for (carrier, seconds) in lives {
        seen.push(run(pace, *carrier, latency, begin, *seconds, 10));
        begin += seconds * 1_000;
    }
    seen
}

#[test]
fn a_limit_that_falls_and_rises_again_is_followed() {
    let mut complaints = Vec::new();
    for latency in [2, 50, 300] {
        for limit in [Some(2_000.0), None] {
            let mut pace = Pace::new(limit, Time(0));
            for life in 0..3 {
                let begin = life * 140_000;
                for (rate, begin, seconds) in [(1_000.0, begin, 70), (100.0, begin + 70_000, 70)] {
                    let (sent, taken) = run(&mut pace, Carrier::Bucket(rate), latency, begin, seconds, 25);
                    if taken < rate * 0.9 || sent > rate * 1.1 {
                        complaints
                            .push(format!("{rate}, {latency} ms, {limit:?}: {sent} sent, {taken} taken"));
                    }
                }
            }
        }
    }
    complain(&complaints);
}

#[test]
fn a_background_that_comes_and_goes_is_followed() {
    let mut pace = Pace::new(Some(500.0), Time(0));
    let lives = [
        (Carrier::Share(0.3), 40),
        (Carrier::Bucket(100.0), 90),
        (Carrier::Share(0.05), 40),
        (Carrier::Share(0.0), 20),
    ];
    let seen = live(&mut pace, &lives, 50);
    assert!(seen[0].0 > 450.0, "{seen:?}");
    assert!(seen[1].1 > 90.0 && seen[1].0 < 130.0, "{seen:?}");
    assert!(seen[2].0 > 450.0 && seen[3].0 > 450.0, "{seen:?}");
}

#[test]
fn a_share_of_nodes_may_change_while_the_rate_is_held() {
    let mut pace = Pace::new(Some(1_000.0), Time(0));
    run(&mut pace, Carrier::Bucket(200.0), 50, 0, 20, 10);
    assert!(pace.is_held());
    pace.set_limit(Some(100.0));
    let (sent, taken) = run(&mut pace, Carrier::Bucket(200.0), 50, 20_000, 20, 10);
    assert!(!pace.is_held() && sent > 95.0 && taken > 95.0, "{sent} sent, {taken} taken");
    pace.set_limit(Some(1_000.0));
    let (sent, taken) = run(&mut pace, Carrier::Bucket(200.0), 50, 40_000, 40, 10);
    assert!(taken > 180.0 && sent < 220.0, "{sent} sent, {taken} taken");
}

#[test]
fn a_pause_in_the_traffic_says_nothing_of_the_rate() {
    let mut pace = Pace::new(Some(500.0), Time(0));
    run(&mut pace, Carrier::Bucket(100.0), 50, 0, 20, 10);
    let held = pace.rate().unwrap();
    assert!(held < 115.0, "{held}");
    // Half a minute without a message, and then all comes again.
    let (sent, taken) = run(&mut pace, Carrier::Bucket(100.0), 50, 50_000, 30, 10);
    assert!(taken > 90.0 && sent < 110.0, "{sent} sent, {taken} taken");
}

#[test]
fn parts_of_long_messages_count_each() {
    let mut pace = Pace::new(Some(300.0), Time(0));
    let mut desk = Desk::new(Carrier::EachSecond(100.0));
    let (mut sent, mut taken) = (0, 0);
    for ms in 0..40_000 {
        desk.pass(ms);
        if pace.permits(Time(ms)) > 0 {
            pace.spend(5, Time(ms));
            let took = (0..5).filter(|_| desk.takes()).count();
            pace.answered(Answers { parts: 5, taken: took, throttled: 5 - took, again: 0 }, Time(ms));
            if ms >= 10_000 {
                sent += 5;
                taken += took;
            }
        }
    }
    let (sent, taken) = (sent / 30, taken / 30);
    assert!(taken >= 90 && sent <= 110, "{sent} sent, {taken} taken");
}
