//! Reports: counts are added with the place up to which they were made, once.

use super::Place;
use super::samples::{BANK, SHOP, UPSTREAM, message, outcome};
use postrider_core::contract::Store;
use postrider_core::delivery::State;
use postrider_core::id::MessageId;
use postrider_core::message::Message;
use postrider_core::numbering::Numbering;
use postrider_core::report::{
    Dimension, EndedMessage, ReportCounts, ReportFilter, ReportSum, day_of, hour_of, hour_start,
};
use postrider_core::stream::EventPosition;

fn counts(messages: &[(&Message, State)]) -> ReportCounts {
    let mut counts = ReportCounts::default();
    for (message, state) in messages {
        counts.count(&EndedMessage::from(*message), &outcome(*state), &Numbering::default());
    }
    counts
}

const fn place_of(page: u64) -> EventPosition {
    EventPosition { page, events: 1 }
}

async fn report(store: &dyn Store, filter: ReportFilter) -> Vec<ReportSum> {
    let hour = hour_of(message(1).created());
    let filter = ReportFilter { from: hour, until: hour + 1, ..filter };
    store.report(filter, 100).await.expect("it is reported")
}

/// What was counted up to a place is counted once, and adds up.
pub async fn what_has_ended_is_counted_once(place: &impl Place) {
    let store = place.open().await;
    let (one, other) = (message(1), Message { account: BANK, ..message(2) });
    let start = store.reported_to().await.expect("it is read");
    assert_eq!(start, EventPosition::START);
    let first = counts(&[(&one, State::Delivered), (&other, State::Expired)]);
    assert!(store.count(start, place_of(7), first.clone()).await.expect("counted"));
    assert!(!store.count(start, place_of(7), first.clone()).await.expect("it is answered"), "counted before");
    assert_eq!(store.reported_to().await.expect("it is read"), place_of(7));
    assert!(store.count(place_of(7), place_of(9), first).await.expect("counted"));
    let all: u64 = report(&*store, ReportFilter::default()).await.iter().map(|sum| sum.sums.messages).sum();
    assert_eq!(all, 4);
    let filter = ReportFilter { by: vec![Dimension::Account, Dimension::Country], ..ReportFilter::default() };
    let by_account = report(&*store, filter).await;
    let lines: Vec<_> = by_account
        .iter()
        .map(|sum| (&*sum.values[0], &*sum.values[1], sum.state, sum.sums.messages))
        .collect();
    assert_eq!(lines, [("1", "GB", State::Delivered, 2), ("2", "GB", State::Expired, 2)]);
    assert!(by_account[0].latency.is_some() && by_account[1].latency.is_none());
    let filter = ReportFilter {
        account: Some(SHOP),
        upstream: Some(UPSTREAM),
        country: "GB".parse().ok(),
        network: Some("".into()),
        ..ReportFilter::default()
    };
    assert_eq!(report(&*store, filter).await.len(), 1);
    let nowhere = ReportFilter { sender: Some("nobody".into()), ..ReportFilter::default() };
    assert_eq!(report(&*store, nowhere).await, []);
    store.forget_counts(hour_of(one.created()) + 24).await.expect("forgotten");
    assert_eq!(report(&*store, ReportFilter::default()).await, []);
}

/// Whole days are read from sums of days, other hours from those of hours, and both say the same. A day is forgotten whole.
pub async fn days_and_hours_say_the_same(place: &impl Place) {
    let store = place.open().await;
    let day = day_of(hour_of(message(1).created()));
    let at = |hour: i64| Message { id: MessageId::first_at(hour_start(day + hour)), ..message(1) };
    let messages: Vec<Message> = (-30..60).map(at).collect();
    let ended: Vec<_> = messages.iter().map(|message| (message, State::Delivered)).collect();
    let (first, last) = ended.split_at(47);
    assert!(store.count(EventPosition::START, place_of(1), counts(first)).await.expect("counted"));
    assert!(store.count(place_of(1), place_of(2), counts(last)).await.expect("counted"));
    let asked = async |from: i64, until: i64, by: &[Dimension]| {
        let filter =
            ReportFilter { from: day + from, until: day + until, by: by.to_vec(), ..Default::default() };
        let sums = store.report(filter, 1_000).await.expect("it is reported");
        sums.iter().map(|sum| sum.sums.messages).sum::<u64>()
    };
    for (from, until, expected) in [
        (-30, 60, 90),
        (-24, 48, 72),
        (-25, 49, 74),
        (1, 23, 22),
        (0, 24, 24),
        (0, 0, 0),
        (5, 30, 25),
        (48, 99, 12),
    ] {
        for by in [&[][..], &[Dimension::Day], &[Dimension::Hour], &[Dimension::Account]] {
            assert_eq!(asked(from, until, by).await, expected, "{from} to {until} by {by:?}");
        }
    }
    store.forget_counts(day + 23).await.expect("forgotten");
    assert_eq!((asked(-30, 60, &[]).await, asked(-30, 60, &[Dimension::Hour]).await), (60, 60));
}
