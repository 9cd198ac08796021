use super::super::document::tests::run;
use super::*;
use crate::run::Pace;

fn time(text: &str) -> Time {
    Time(text.parse::<Timestamp>().unwrap().as_millisecond())
}

fn text(at: Time) -> String {
    Timestamp::from_millisecond(at.0).unwrap().to_string()
}

const WORKDAYS: [bool; 7] = [true, true, true, true, true, false, false];

fn hours(span: (u16, u16), days: [bool; 7], zone: &str) -> SendingHours {
    SendingHours { span: Some((span.0 * 60, span.1 * 60)), days, zone: Some(zone.into()), daily_cap: None }
}

fn until(hours: &SendingHours, at: &str) -> Option<String> {
    hours.stands_still(None, time(at)).map(|still| text(still.until))
}

#[test]
fn a_run_goes_on_the_next_morning_that_is_meant() {
    let berlin = hours((9, 18), WORKDAYS, "Europe/Berlin");
    for (at, goes_on) in [
        // 2026-07-03 is a Friday.
        ("2026-07-03T06:59:59Z", Some("2026-07-03T07:00:00Z")),
        ("2026-07-03T07:00:00Z", None),
        ("2026-07-03T15:59:59Z", None),
        ("2026-07-03T16:00:00Z", Some("2026-07-06T07:00:00Z")),
        ("2026-07-05T10:00:00Z", Some("2026-07-06T07:00:00Z")),
    ] {
        assert_eq!(until(&berlin, at).as_deref(), goes_on, "{at}");
    }
    let never = SendingHours { days: [false; 7], ..hours((9, 9), [false; 7], "UTC") };
    assert!(never.is_never() && !berlin.is_never() && !SendingHours::default().is_never());
}

#[test]
fn the_morning_is_by_the_clock_of_the_day_on_which_clocks_change() {
    let berlin = hours((9, 18), [false; 7], "Europe/Berlin");
    for (at, goes_on) in [
        // Clocks go forward on 2026-03-29, and back on 2026-10-25, both at 01:00 UTC.
        ("2026-03-28T17:00:00Z", "2026-03-29T07:00:00Z"),
        ("2026-10-24T16:00:00Z", "2026-10-25T08:00:00Z"),
    ] {
        assert_eq!(until(&berlin, at).as_deref(), Some(goes_on), "{at}");
    }
    // A beginning that clocks skip is as much later.
    let night = SendingHours { span: Some((150, 240)), ..berlin };
    assert_eq!(until(&night, "2026-03-29T00:00:00Z").as_deref(), Some("2026-03-29T01:30:00Z"));
}

#[test]
fn hours_pass_midnight_but_days_end_there() {
    let night = hours((20, 2), WORKDAYS, "America/New_York");
    for (at, goes_on) in [
        // A Monday evening, and the night to Tuesday.
        ("2026-07-06T23:59:00Z", Some("2026-07-07T00:00:00Z")),
        ("2026-07-07T05:59:59Z", None),
        ("2026-07-07T06:00:00Z", Some("2026-07-08T00:00:00Z")),
        // After Friday's midnight it is a Saturday there; the night to Monday begins at its midnight.
        ("2026-07-11T03:59:59Z", None),
        ("2026-07-11T04:00:00Z", Some("2026-07-13T04:00:00Z")),
    ] {
        assert_eq!(until(&night, at).as_deref(), goes_on, "{at}");
    }
}

#[test]
fn a_weekday_is_that_of_the_zone() {
    // Sunday evening of UTC is Monday in Auckland.
    let auckland = hours((8, 20), [true, false, false, false, false, false, false], "Pacific/Auckland");
    assert_eq!(until(&auckland, "2026-07-05T20:00:00Z"), None);
    assert_eq!(until(&auckland, "2026-07-06T20:00:00Z").as_deref(), Some("2026-07-12T20:00:00Z"));
}

#[test]
fn the_cap_is_that_of_a_day_of_the_zone() {
    let capped = SendingHours { daily_cap: Some(10), ..hours((9, 18), WORKDAYS, "Europe/Berlin") };
    let friday = time("2026-07-03T08:00:00Z");
    let seven = Some(capped.count(None, 7, friday));
    assert_eq!((capped.room(seven, friday), capped.stands_still(seven, friday)), (3, None));
    let ten = Some(capped.count(seven, 3, friday));
    let still = capped.stands_still(ten, friday).unwrap();
    assert_eq!((still.why, &*text(still.until)), (WhyStill::DailyCap, "2026-07-06T07:00:00Z"));
    let monday = time("2026-07-06T07:00:00Z");
    assert_eq!((capped.room(ten, monday), capped.stands_still(ten, monday)), (10, None));
    // A larger cap lets it go on at once, and so does none.
    let larger = SendingHours { daily_cap: Some(11), ..capped };
    assert_eq!(larger.stands_still(ten, friday), None);
}

#[test]
fn in_recipients_zones_each_message_waits_for_its_own_hours() {
    let theirs = SendingHours { zone: None, ..hours((9, 18), WORKDAYS, "UTC") };
    let leaves = |number: &str, zone: Option<&str>, at: &str| {
        let number = Number::parse(number).unwrap();
        let zone = zone.map(|zone| TimeZone::get(zone).unwrap());
        theirs.leaves_at(number, zone, time(at)).map(|at| text(at - spread(number)))
    };
    let monday = "2026-07-06T12:00:00Z";
    assert_eq!(leaves("+447700900123", None, monday), None);
    assert_eq!(leaves("+12125550100", None, monday).as_deref(), Some("2026-07-06T13:00:00Z"));
    assert_eq!(leaves("+447700900123", Some("Asia/Tokyo"), monday).as_deref(), Some("2026-07-07T00:00:00Z"));
    assert_eq!(
        leaves("+447700900123", None, "2026-07-03T17:00:00Z").as_deref(),
        Some("2026-07-06T08:00:00Z")
    );
    // The run itself rests on Saturdays and Sundays of UTC, and hands in at any hour of other days.
    assert_eq!(until(&theirs, "2026-07-06T03:00:00Z"), None);
    assert_eq!(until(&theirs, "2026-07-04T03:00:00Z").as_deref(), Some("2026-07-06T00:00:00Z"));
    assert_eq!(
        hours((9, 18), WORKDAYS, "UTC").leaves_at(Number::parse("+12125550100").unwrap(), None, Time(0)),
        None
    );
}

#[test]
fn a_forecast_counts_hours_days_pace_and_cap() {
    let mut it = run(Some(Pace { per_minute: 60, ramp: 0 }));
    it.schedule.sending_hours = Some(hours((9, 18), WORKDAYS, "UTC"));
    let friday = time("2026-07-03T16:00:00Z");
    let finishes = |it: &Run, recipients| it.forecast(recipients, friday).unwrap().finishes.map(text);
    // Two hours are left on Friday: 7,200 recipients.
    assert_eq!(finishes(&it, 7_200).as_deref(), Some("2026-07-03T18:00:00Z"));
    assert_eq!(finishes(&it, 7_260).as_deref(), Some("2026-07-06T09:01:00Z"));
    let capped = SendingHours { daily_cap: Some(3_600), ..it.hours() };
    it.schedule.sending_hours = Some(capped);
    assert_eq!(finishes(&it, 7_260).as_deref(), Some("2026-07-07T09:01:00Z"));
    it.schedule.not_after = Some(time("2026-07-06T09:30:00Z").0);
    assert_eq!(it.forecast(7_260, friday), Some(Forecast { finishes: None, late: 7_260 - 3_600 - 1_800 }));
    // As fast as can be: nothing but the cap says how long it takes.
    (it.pace, it.schedule.not_after) = (None, None);
    assert_eq!(finishes(&it, 7_260).as_deref(), Some("2026-07-07T09:00:00Z"));
    it.schedule.sending_hours = None;
    assert_eq!(it.forecast(7_260, friday), None);
}
