//! Quiet hours: times of day at the recipient's place at which messages of some classes wait.

use super::calendars::{Calendar, CalendarSet};
use super::zones::zones;
use crate::message::Class;
use crate::number::Number;
use crate::time::Time;
use jiff::civil;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use std::slice;
use std::time::Duration;

/// The stretch over which messages that were held leave, so that they don't all leave at once.
pub const SPREAD: Duration = Duration::from_mins(15);
/// Steps in the search for a time that is quiet nowhere: two a zone and day.
const STEPS_MAX: usize = 64;

/// Quiet hours.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QuietHours {
    /// The first minute of the day that is quiet.
    pub from: u16,
    /// The first minute after it that is not; an earlier one than `from` is on the next day.
    pub until: u16,
    /// The classes that wait, by their places among [`Class::ALL`].
    pub classes: [bool; Class::ALL.len()],
    /// The zone of all recipients; otherwise each has those of the number.
    pub zone: Option<TimeZone>,
    /// The days of the week that are quiet from midnight to midnight; Monday is the first.
    pub days: [bool; 7],
    /// Dates that are.
    pub dates: Vec<QuietDate>,
    /// Calendars that hold besides, each for numbers of its places.
    pub calendars: Vec<CalendarSet>,
}

/// A day that is quiet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuietDate {
    /// The year; `None` is every year.
    pub year: Option<i16>,
    /// The month, from 1.
    pub month: i8,
    /// The day, from 1.
    pub day: i8,
}

impl QuietHours {
    /// Until when a message of this class to the number must wait that could go out at `at`, if it must.
    ///
    /// It is quiet if it is quiet in any of the zones that the number may be in. Where these leave no time of day, the most
    /// populous one counts. Where nothing is known of the number, UTC does. `own` are the number's own zones, if it has some.
    #[must_use]
    pub fn held_until(&self, number: Number, own: &[TimeZone], class: Class, at: Time) -> Option<Time> {
        if !self.waits(class) {
            return None;
        }
        Some(self.over_at(number, own, at)? + spread(number))
    }

    /// When the quiet time is over that it is for the number at `at`; `None` if it isn't quiet there. As [`Self::held_until`], but
    /// whatever the class, and not spread.
    #[must_use]
    pub fn over_at(&self, number: Number, own: &[TimeZone], at: Time) -> Option<Time> {
        let known = match own {
            [] => self.zone.as_ref().map_or_else(|| zones(number), slice::from_ref),
            own => own,
        };
        let utc = [TimeZone::UTC];
        let known = if known.is_empty() { &utc[..] } else { known };
        let at = Timestamp::from_millisecond(at.0).ok()?;
        let calendar = self.calendar(number, own);
        if !known.iter().any(|zone| self.end(at, zone, calendar).is_some()) {
            return None;
        }
        let end = self.common(at, known, calendar).or_else(|| self.common(at, known.get(..1)?, calendar))?;
        // Otherwise the most populous zone isn't quiet.
        (end != at).then(|| Time(end.as_millisecond()))
    }

    /// The first moment from `at` on that isn't quiet in this zone, calendars aside.
    #[must_use]
    pub fn first_in(&self, zone: &TimeZone, at: Time) -> Option<Time> {
        let at = Timestamp::from_millisecond(at.0).ok()?;
        Some(Time(self.common(at, slice::from_ref(zone), None)?.as_millisecond()))
    }

    /// Whether messages of this class wait at some time of the day.
    #[must_use]
    pub fn waits(&self, class: Class) -> bool {
        let has_days = self.days.contains(&true) || !self.dates.is_empty() || !self.calendars.is_empty();
        self.classes[class as usize] && (self.from != self.until || has_days)
    }

    /// The calendar of the number's place. A number that has zones of its own, other than its place has, is elsewhere.
    fn calendar(&self, number: Number, own: &[TimeZone]) -> Option<&'static Calendar> {
        let is_there = own.is_empty() || own.iter().any(|zone| zones(number).contains(zone));
        self.calendars.iter().find_map(|set| set.of(number)).filter(|_| is_there)
    }

    /// The hours that hold for a number, and their zone: `21:00-08:00 in Europe/Berlin`. `own` are the number's own zones.
    #[must_use]
    pub fn words(&self, number: Number, own: &[TimeZone]) -> Box<str> {
        let clock = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
        let zone = own.first().or(self.zone.as_ref()).and_then(TimeZone::iana_name);
        let place = zone.map_or_else(|| "at the recipient's place".to_owned(), |zone| format!("in {zone}"));
        let mut times = Vec::new();
        if self.from != self.until {
            times.push(format!("{}-{}", clock(self.from), clock(self.until)));
        }
        let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"].iter().zip(self.days);
        times.extend(days.filter(|(_, is_quiet)| *is_quiet).map(|(day, _)| (*day).to_owned()));
        if !self.dates.is_empty() {
            times.push("quiet dates".to_owned());
        }
        times.extend(self.calendar(number, own).map(|calendar| format!("the hours of {}", calendar.name())));
        format!("{} {place}", times.join(", ")).into()
    }

    /// The first moment from `at` on that is quiet in none of these zones.
    fn common(&self, at: Timestamp, zones: &[TimeZone], calendar: Option<&Calendar>) -> Option<Timestamp> {
        let mut moment = at;
        for _ in 0..STEPS_MAX {
            match zones.iter().find_map(|zone| self.end(moment, zone, calendar)) {
                Some(end) => moment = end,
                None => return Some(moment),
            }
        }
        None
    }

    fn is_quiet_day(&self, date: civil::Date) -> bool {
        let weekday = usize::try_from(date.weekday().to_monday_zero_offset()).unwrap_or_default();
        let is_it = |quiet: &QuietDate| {
            quiet.year.is_none_or(|year| year == date.year())
                && (quiet.month, quiet.day) == (date.month(), date.day())
        };
        self.days.get(weekday).is_some_and(|is_quiet| *is_quiet) || self.dates.iter().any(is_it)
    }

    /// The end of the quiet hours, or the quiet day, that a moment is in, if it is in some.
    fn end(&self, at: Timestamp, zone: &TimeZone, calendar: Option<&Calendar>) -> Option<Timestamp> {
        self.own_end(at, zone).or_else(|| calendar?.end(at, zone))
    }

    /// The same, calendars aside.
    fn own_end(&self, at: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let local = at.to_zoned(zone.clone()).datetime();
        if self.is_quiet_day(local.date()) {
            let midnight = local.date().checked_add(1.day()).ok()?.to_datetime(civil::Time::midnight());
            return Some(midnight.to_zoned(zone.clone()).ok()?.timestamp());
        }
        let minute = u16::try_from(i32::from(local.hour()) * 60 + i32::from(local.minute())).ok()?;
        let (is_quiet, is_next_day) = if self.from <= self.until {
            ((self.from..self.until).contains(&minute), false)
        } else {
            (minute >= self.from || minute < self.until, minute >= self.from)
        };
        if !is_quiet {
            return None;
        }
        let date = if is_next_day { local.date().checked_add(1.day()).ok()? } else { local.date() };
        let (hour, minute) = (i8::try_from(self.until / 60).ok()?, i8::try_from(self.until % 60).ok()?);
        let end = date.to_datetime(civil::time(hour, minute, 0, 0)).to_zoned(zone.clone()).ok()?.timestamp();
        // Where clocks are put back, the end may come twice.
        (end > at).then_some(end).or_else(|| at.checked_add(1.hour()).ok())
    }
}

/// How long after the end of quiet hours a message to this number leaves, always the same.
#[must_use]
pub fn spread(number: Number) -> Duration {
    let scattered = number.digits().wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
    Duration::from_millis(scattered % u64::try_from(SPREAD.as_millis()).unwrap_or(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> Time {
        Time(text.parse::<Timestamp>().unwrap().as_millisecond())
    }

    fn night() -> QuietHours {
        QuietHours {
            from: 21 * 60,
            until: 8 * 60,
            classes: [false, false, false, true],
            ..QuietHours::default()
        }
    }

    /// The end of the wait, without the spread.
    fn held(quiet: &QuietHours, number: &str, at: &str) -> Option<String> {
        let number = Number::parse(number).unwrap();
        let until = quiet.held_until(number, &[], Class::Marketing, time(at))?;
        Some(Timestamp::from_millisecond((until - spread(number)).0).unwrap().to_string())
    }

    #[test]
    fn marketing_waits_for_the_recipients_morning() {
        for (number, at, until) in [
            ("+12125550100", "2026-07-01T16:00:00Z", None),
            // 21:00 in New York is quiet, 20:59 is not.
            ("+12125550100", "2026-07-02T00:59:00Z", None),
            ("+12125550100", "2026-07-02T01:00:00Z", Some("2026-07-02T12:00:00Z")),
            ("+12125550100", "2026-07-02T11:59:59Z", Some("2026-07-02T12:00:00Z")),
            ("+12125550100", "2026-07-02T12:00:00Z", None),
            ("+447700900123", "2026-01-31T23:00:00Z", Some("2026-02-01T08:00:00Z")),
            ("+919812345678", "2026-07-01T16:00:00Z", Some("2026-07-02T02:30:00Z")),
            // Some zone of North America: from 8:00 in Honolulu to 21:00 in Newfoundland.
            ("+15005550006", "2026-07-01T14:00:00Z", Some("2026-07-01T18:00:00Z")),
            ("+15005550006", "2026-07-01T20:00:00Z", None),
        ] {
            assert_eq!(held(&night(), number, at).as_deref(), until, "{number} at {at}");
        }
    }

    #[test]
    fn both_changes_of_clocks_are_nights_like_others() {
        for (at, until) in [
            // Clocks go forward on 2026-03-08 at 2:00, and back on 2026-11-01.
            ("2026-03-08T03:00:00Z", "2026-03-08T12:00:00Z"),
            ("2026-11-01T03:00:00Z", "2026-11-01T13:00:00Z"),
            ("2026-11-01T06:30:00Z", "2026-11-01T13:00:00Z"),
        ] {
            assert_eq!(held(&night(), "+12125550100", at).as_deref(), Some(until), "{at}");
        }
        // The end itself is in the hour that is left out, or comes twice.
        let odd = QuietHours { from: 60, until: 150, ..night() };
        assert_eq!(
            held(&odd, "+12125550100", "2026-03-08T06:30:00Z").as_deref(),
            Some("2026-03-08T07:30:00Z")
        );
        let odd = QuietHours { from: 23 * 60, until: 90, ..night() };
        assert!(held(&odd, "+12125550100", "2026-11-01T05:00:00Z").is_some());
    }

    #[test]
    fn hours_within_a_day_and_a_zone_of_all() {
        let siesta = QuietHours { from: 13 * 60, until: 15 * 60, ..night() };
        assert_eq!(
            held(&siesta, "+34600000000", "2026-01-01T12:30:00Z").as_deref(),
            Some("2026-01-01T15:00:00Z")
        );
        let berlin = QuietHours { zone: Some(TimeZone::get("Europe/Berlin").unwrap()), ..night() };
        assert_eq!(
            held(&berlin, "+12125550100", "2026-07-01T19:30:00Z").as_deref(),
            Some("2026-07-02T06:00:00Z")
        );
        let never = QuietHours { from: 60, until: 60, ..night() };
        assert_eq!(held(&never, "+12125550100", "2026-07-01T05:00:00Z"), None);
    }

    #[test]
    fn whole_days_are_quiet_from_midnight_to_midnight() {
        let mut sundays = night();
        sundays.days[6] = true;
        sundays.dates = vec![
            QuietDate { year: None, month: 5, day: 1 },
            QuietDate { year: Some(2026), month: 5, day: 2 },
        ];
        for (at, until) in [
            // 2026-06-07 is a Sunday; France is two hours ahead of UTC then.
            ("2026-06-06T18:59:00Z", None),
            ("2026-06-06T19:00:00Z", Some("2026-06-08T06:00:00Z")),
            ("2026-06-07T10:00:00Z", Some("2026-06-08T06:00:00Z")),
            ("2026-06-08T06:00:00Z", None),
            // Friday and Saturday, and then a Sunday.
            ("2026-05-01T10:00:00Z", Some("2026-05-04T06:00:00Z")),
            ("2027-05-02T10:00:00Z", Some("2027-05-03T06:00:00Z")),
            ("2028-05-02T10:00:00Z", None),
        ] {
            assert_eq!(held(&sundays, "+33612345678", at).as_deref(), until, "{at}");
        }
        assert_eq!(
            &*sundays.words(Number::parse("+33612345678").unwrap(), &[]),
            "21:00-08:00, sun, quiet dates at the recipient's place"
        );
        let days_alone = QuietHours { from: 0, until: 0, ..sundays };
        let held_at = |at| held(&days_alone, "+33612345678", at);
        assert_eq!(held_at("2026-06-07T10:00:00Z").as_deref(), Some("2026-06-07T22:00:00Z"));
        assert_eq!(held_at("2026-06-06T21:59:00Z"), None);
    }

    #[test]
    fn calendars_hold_for_numbers_of_their_places() {
        let states = QuietHours { calendars: vec![CalendarSet::UsStates], ..night() };
        for (number, at, until) in [
            // 20:00 in Florida is over, in New York it is not; both are four hours behind UTC.
            ("+13055550100", "2026-07-02T00:00:00Z", Some("2026-07-02T12:00:00Z")),
            ("+13055550100", "2026-07-01T23:59:00Z", None),
            ("+12125550100", "2026-07-02T00:00:00Z", None),
            // Texas: 9:00 on Saturday, noon on Sunday.
            ("+12145550100", "2026-07-04T13:30:00Z", Some("2026-07-04T14:00:00Z")),
            ("+12145550100", "2026-07-05T14:30:00Z", Some("2026-07-05T17:00:00Z")),
            ("+12145550100", "2026-07-05T02:30:00Z", Some("2026-07-05T17:00:00Z")),
            // The west of Florida is an hour behind: both zones count.
            ("+18505550100", "2026-07-01T12:30:00Z", Some("2026-07-01T13:00:00Z")),
        ] {
            assert_eq!(held(&states, number, at).as_deref(), until, "{number} at {at}");
        }
        let france = QuietHours { from: 0, until: 0, calendars: vec![CalendarSet::France], ..night() };
        for (at, until) in [
            ("2026-06-05T10:00:00Z", None),
            // Saturday evening, and Sunday.
            ("2026-06-06T18:00:00Z", Some("2026-06-08T06:00:00Z")),
            // Easter Monday follows Easter, and the 14th of July is a Tuesday.
            ("2026-04-04T19:00:00Z", Some("2026-04-07T06:00:00Z")),
            ("2026-07-14T09:00:00Z", Some("2026-07-15T06:00:00Z")),
        ] {
            assert_eq!(held(&france, "+33612345678", at).as_deref(), until, "{at}");
            assert_eq!(held(&france, "+447700900123", at), None, "{at}");
        }
        let number = |text| Number::parse(text).unwrap();
        assert_eq!(
            &*states.words(number("+13055550100"), &[]),
            "21:00-08:00, the hours of Florida at the recipient's place"
        );
    }

    #[test]
    fn a_number_with_a_zone_of_its_own_is_elsewhere() {
        let states = QuietHours { calendars: vec![CalendarSet::UsStates], ..night() };
        let (florida, at) = (Number::parse("+13055550100").unwrap(), time("2026-07-02T00:30:00Z"));
        let held = |zone: &str| {
            states.held_until(florida, &[TimeZone::get(zone).unwrap()], Class::Marketing, at).is_some()
        };
        assert!(held("America/New_York"), "as in Florida");
        assert!(!held("America/Los_Angeles"), "the hours of California are the federal ones");
    }

    #[test]
    fn a_number_has_its_own_zone() {
        let (number, at) = (Number::parse("+447700900123").unwrap(), time("2026-01-31T12:00:00Z"));
        let own = |name: &str| [TimeZone::get(name).unwrap()];
        let berlin = QuietHours { zone: Some(TimeZone::get("Europe/Berlin").unwrap()), ..night() };
        for quiet in [night(), berlin] {
            assert_eq!(quiet.held_until(number, &[], Class::Marketing, at), None);
            assert_eq!(quiet.held_until(number, &own("Europe/London"), Class::Marketing, at), None);
            let held = quiet.held_until(number, &own("Asia/Tokyo"), Class::Marketing, at).unwrap();
            assert_eq!(held - spread(number), time("2026-01-31T23:00:00Z"));
            assert_eq!(&*quiet.words(number, &own("Asia/Tokyo")), "21:00-08:00 in Asia/Tokyo");
        }
    }

    #[test]
    fn a_country_without_a_common_time_goes_by_its_most_populous_zone() {
        // From Kaliningrad to Kamchatka it is between 8:00 and 21:00 for three hours, and never between 10:00 and 18:00.
        assert_eq!(
            held(&night(), "+79161234567", "2026-07-01T20:00:00Z").as_deref(),
            Some("2026-07-02T06:00:00Z")
        );
        let long = QuietHours { from: 18 * 60, until: 10 * 60, ..night() };
        assert_eq!(
            held(&long, "+79161234567", "2026-07-01T20:00:00Z").as_deref(),
            Some("2026-07-02T07:00:00Z")
        );
        assert_eq!(held(&long, "+79161234567", "2026-07-01T12:00:00Z"), None);
    }

    #[test]
    fn a_code_never_waits_and_what_was_held_leaves_spread() {
        let to = |n: u64| Number::from_digits(12_125_550_100 + n).unwrap();
        let at = time("2026-07-02T01:00:00Z");
        for class in [Class::Otp, Class::Transactional] {
            assert_eq!(night().held_until(to(0), &[], class, at), None);
        }
        let ends: std::collections::BTreeSet<_> =
            (0..100).filter_map(|n| night().held_until(to(n), &[], Class::Marketing, at)).collect();
        let morning = time("2026-07-02T12:00:00Z");
        assert!(ends.len() > 90 && ends.iter().all(|end| *end >= morning && *end < morning + SPREAD));
    }
}
