//! Calendars: the hours and days at which the rules of a state or a country permit marketing, by the first digits of numbers.

use super::presets::{Enforced, enforced};
use crate::number::Number;
use jiff::civil::{self, Date};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

/// A set of calendars that a policy may keep to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CalendarSet {
    /// States of the United States whose hours are stricter than the federal ones.
    UsStates,
    /// France.
    France,
}

/// The hours of one place.
#[derive(Debug, PartialEq, Eq)]
pub struct Calendar {
    /// The place.
    name: &'static str,
    /// First digits of its numbers.
    prefixes: &'static [u64],
    /// The first minute of each day of the week at which messages go out, and the first at which they don't any more; Monday is the
    /// first day. `None`: none go out on it.
    open: [Option<(u16, u16)>; 7],
    /// Whether none go out on holidays.
    holidays: Option<Holidays>,
}

/// The holidays of a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Holidays {
    France,
}

const fn daily(from: u16, until: u16) -> [Option<(u16, u16)>; 7] {
    [Some((from * 60, until * 60)); 7]
}

/// Every day alike but for Sunday.
const fn but_sundays(from: u16, until: u16, sunday: Option<(u16, u16)>) -> [Option<(u16, u16)>; 7] {
    let mut open = daily(from, until);
    open[6] = sunday;
    open
}

const fn state(name: &'static str, prefixes: &'static [u64], open: [Option<(u16, u16)>; 7]) -> Calendar {
    Calendar { name, prefixes, open, holidays: None }
}

/// The calendars of [`CalendarSet::UsStates`], by area code.
const US_STATES: &[Calendar] = &[
    state("Connecticut", &[1203, 1475, 1860, 1959], daily(9, 20)),
    state(
        "Florida",
        &[
            1239, 1305, 1321, 1324, 1352, 1386, 1407, 1448, 1561, 1645, 1656, 1689, 1727, 1728, 1754, 1772,
            1786, 1813, 1850, 1863, 1904, 1941, 1954,
        ],
        daily(8, 20),
    ),
    state("Maryland", &[1227, 1240, 1301, 1410, 1443, 1667], daily(8, 20)),
    state("Oklahoma", &[1405, 1539, 1572, 1580, 1918], daily(8, 20)),
    state(
        "Texas",
        &[
            1210, 1214, 1254, 1281, 1325, 1346, 1361, 1409, 1430, 1432, 1469, 1512, 1682, 1713, 1726, 1737,
            1806, 1817, 1830, 1832, 1903, 1915, 1936, 1940, 1945, 1956, 1972, 1979,
        ],
        but_sundays(9, 21, Some((12 * 60, 21 * 60))),
    ),
    state("Washington", &[1206, 1253, 1360, 1425, 1509, 1564], daily(8, 20)),
];

/// The calendar of [`CalendarSet::France`].
const FRANCE: &[Calendar] = &[Calendar {
    name: "France",
    prefixes: &[33],
    open: but_sundays(8, 20, None),
    holidays: Some(Holidays::France),
}];

/// What [`CalendarSet::UsStates`] enforces.
const OF_US_STATES: &[Enforced] = &[
    enforced(
        "Numbers of Florida get marketing from 8:00 to 20:00.",
        "Florida Telephone Solicitation Act, Fla. Stat. 501.616(6)",
    ),
    enforced(
        "Numbers of Texas get marketing from 9:00 to 21:00, on Sundays from 12:00.",
        "Texas Business and Commerce Code 301.051; chapter 302 names text messages since 2025-09-01",
    ),
    enforced("Numbers of Washington get marketing from 8:00 to 20:00.", "RCW 80.36.390"),
    enforced(
        "Numbers of Oklahoma get marketing from 8:00 to 20:00.",
        "Oklahoma Telephone Solicitation Act of 2022, title 15 section 775C",
    ),
    enforced(
        "Numbers of Maryland get marketing from 8:00 to 20:00.",
        "Maryland Stop the Spam Calls Act of 2023, Commercial Law title 14",
    ),
    enforced("Numbers of Connecticut get marketing from 9:00 to 20:00.", "Conn. Gen. Stat. 42-288a"),
];

/// What [`CalendarSet::France`] enforces.
const OF_FRANCE: &[Enforced] = &[enforced(
    "Numbers of France get marketing from 8:00 to 20:00, and none on Sundays and holidays.",
    "Rules of the French operators for commercial messages; consent itself is article L. 34-5 of the Code des postes et des communications \u{e9}lectroniques",
)];

impl CalendarSet {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::UsStates, Self::France];

    /// The word in settings.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::UsStates => "us_states",
            Self::France => "france",
        }
    }

    /// What it enforces.
    #[must_use]
    pub const fn enforces(self) -> &'static [Enforced] {
        match self {
            Self::UsStates => OF_US_STATES,
            Self::France => OF_FRANCE,
        }
    }

    const fn calendars(self) -> &'static [Calendar] {
        match self {
            Self::UsStates => US_STATES,
            Self::France => FRANCE,
        }
    }

    /// The calendar of a number.
    #[must_use]
    pub fn of(self, number: Number) -> Option<&'static Calendar> {
        self.calendars().iter().find(|calendar| calendar.covers(number))
    }
}

impl Calendar {
    fn covers(&self, number: Number) -> bool {
        let mut digits = if number.is_short_code() { 0 } else { number.digits() };
        while digits > 0 && !self.prefixes.contains(&digits) {
            digits /= 10;
        }
        digits > 0
    }

    /// The place.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The hours of a date.
    fn open_on(&self, date: Date) -> Option<(u16, u16)> {
        let is_holiday = match self.holidays {
            Some(Holidays::France) => is_holiday_in_france(date),
            None => false,
        };
        let weekday = usize::try_from(date.weekday().to_monday_zero_offset()).unwrap_or_default();
        self.open.get(weekday).copied().flatten().filter(|_| !is_holiday)
    }

    /// When it may be tried again, if a moment is outside its hours: they begin then, or the day ends.
    pub(super) fn end(&self, at: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let local = at.to_zoned(zone.clone()).datetime();
        let minute = u16::try_from(i32::from(local.hour()) * 60 + i32::from(local.minute())).ok()?;
        let next = match self.open_on(local.date()) {
            Some((from, until)) if (from..until).contains(&minute) => return None,
            Some((from, _)) if minute < from => {
                let (hour, minute) = (i8::try_from(from / 60).ok()?, i8::try_from(from % 60).ok()?);
                local.date().to_datetime(civil::time(hour, minute, 0, 0))
            }
            Some(_) | None => local.date().checked_add(1.day()).ok()?.to_datetime(civil::Time::midnight()),
        };
        Some(next.to_zoned(zone.clone()).ok()?.timestamp())
    }
}

/// Whether a date is a holiday in all of France: eight dates, and those that go by Easter.
fn is_holiday_in_france(date: Date) -> bool {
    let fixed = [(1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25)];
    let behind_easter = [1, 39, 50];
    fixed.contains(&(date.month(), date.day()))
        || easter(date.year()).is_some_and(|easter| {
            behind_easter.iter().any(|days| easter.checked_add(i64::from(*days).days()).ok() == Some(date))
        })
}

/// Easter Sunday by the Gregorian calendar (the anonymous algorithm of 1876).
fn easter(year: i16) -> Option<Date> {
    let y = i32::from(year);
    let (a, b, c) = (y % 19, y / 100, y % 100);
    let (d, e) = (b / 4, b % 4);
    let g = (8 * b + 13) / 25;
    let h = (19 * a + b - d - g + 15) % 30;
    let (i, k) = (c / 4, c % 4);
    let l = (32 + 2 * e + 2 * i - h - k) % 7;
    let m = (a + 11 * h + 19 * l) / 433;
    let month = (h + l - 7 * m + 90) / 25;
    let day = (h + l - 7 * m + 33 * month + 19) % 32;
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::consent::zones::zones;
    use std::collections::BTreeSet;

    #[test]
    fn easter_is_found() {
        for (year, month, day) in [
            (2000, 4, 23),
            (2008, 3, 23),
            (2024, 3, 31),
            (2025, 4, 20),
            (2026, 4, 5),
            (2027, 3, 28),
            (2038, 4, 25),
        ] {
            assert_eq!(easter(year), Date::new(year, month, day).ok());
        }
    }

    #[test]
    fn holidays_in_france_are_eleven_a_year() {
        let holidays = |year: i16| {
            let days = Date::new(year, 1, 1).unwrap().series(1.day()).take_while(|day| day.year() == year);
            days.filter(|day| is_holiday_in_france(*day))
                .map(|day| (day.month(), day.day()))
                .collect::<Vec<_>>()
        };
        let of_2026 =
            [(1, 1), (4, 6), (5, 1), (5, 8), (5, 14), (5, 25), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25)];
        assert_eq!(holidays(2026), of_2026);
        assert_eq!(holidays(2027).len(), 11);
    }

    #[test]
    fn a_number_has_the_calendar_of_its_place() {
        let place = |set: CalendarSet, number: &str| {
            set.of(Number::parse_recipient(number).unwrap()).map(Calendar::name)
        };
        for (number, name) in [
            ("+13055550100", Some("Florida")),
            ("+12145550100", Some("Texas")),
            ("+12065550100", Some("Washington")),
            ("+12125550100", None),
            ("+447700900123", None),
            ("+33612345678", None),
            ("13055", None),
        ] {
            assert_eq!(place(CalendarSet::UsStates, number), name, "{number}");
        }
        assert_eq!(place(CalendarSet::France, "+33612345678"), Some("France"));
        assert_eq!(place(CalendarSet::France, "+262692123456"), None);
    }

    #[test]
    fn every_area_code_stands_once_and_has_its_zones() {
        let mut seen = BTreeSet::new();
        for calendar in US_STATES {
            for prefix in calendar.prefixes {
                assert!(seen.insert(prefix), "{prefix} stands twice");
                let number = Number::parse(&format!("+{prefix}5550100")).unwrap();
                assert!((1..=2).contains(&zones(number).len()), "the zones of {prefix} are not known");
            }
        }
    }

    #[test]
    fn every_calendar_is_told_in_words() {
        for set in CalendarSet::ALL {
            for calendar in set.calendars() {
                let tells = |enforced: &&Enforced| enforced.words.contains(calendar.name);
                assert!(set.enforces().iter().any(|enforced| tells(&enforced)), "{}", calendar.name);
            }
        }
    }
}
