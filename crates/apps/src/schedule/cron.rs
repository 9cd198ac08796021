//! Cron expressions: minute, hour, day of the month, month and day of the week, as crontab(5) has them.

use jiff::civil::{Date, DateTime, Time};
use jiff::{ToSpan, Zoned};

/// Days that are looked at for the next time: leap days are at most eight years apart, each on another day of the week.
const DAYS_MAX: usize = 366 * 40;
const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
/// Short forms, and what they stand for.
const NAMED: [(&str, &str); 6] = [
    ("@hourly", "0 * * * *"),
    ("@daily", "0 0 * * *"),
    ("@midnight", "0 0 * * *"),
    ("@weekly", "0 0 * * 0"),
    ("@monthly", "0 0 1 * *"),
    ("@yearly", "0 0 1 1 *"),
];

/// A cron expression. Of the numbers of a field, each is a bit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cron {
    minutes: u64,
    hours: u64,
    days: u64,
    /// Whether the last day of a month counts (`L`).
    last_day: bool,
    months: u64,
    weekdays: u64,
    /// Days of the week of which only the so-manyth in a month counts (`1#2`).
    nth: Vec<(u8, i8)>,
    /// Whether days of the month and of the week are both restricted: then either is enough.
    either: bool,
}

impl Cron {
    /// Reads an expression.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let named = NAMED.iter().find(|(name, _)| text.eq_ignore_ascii_case(name));
        let text = named.map_or(text, |(_, meaning)| meaning);
        let fields: Vec<&str> = text.split_whitespace().collect();
        let [minutes, hours, days, months, weekdays] = fields[..] else {
            return Err(format!(
                "'{text}' has {} fields: write minute, hour, day, month and day of the week, such as '0 9 * * 1-5'",
                fields.len()
            ));
        };
        let mut cron = Self {
            minutes: field(minutes, 0, 59, &[])?,
            hours: field(hours, 0, 23, &[])?,
            days: 0,
            last_day: false,
            months: field(months, 1, 12, &MONTHS)?,
            weekdays: 0,
            nth: Vec::new(),
            either: !days.starts_with('*') && !weekdays.starts_with('*'),
        };
        for item in days.split(',') {
            if item.eq_ignore_ascii_case("l") {
                cron.last_day = true;
            } else {
                cron.days |= field(item, 1, 31, &[])?;
            }
        }
        for item in weekdays.split(',') {
            match item.split_once('#') {
                Some((day, place)) => {
                    let place = place.parse().ok().filter(|place| (1..=5).contains(place));
                    let place = place.ok_or_else(|| format!("'{item}' is no day of the week: write 1#2"))?;
                    let day = number(day, 0, 7, &WEEKDAYS)? % 7;
                    cron.nth.push((day, place));
                }
                None => cron.weekdays |= field(item, 0, 7, &WEEKDAYS)?,
            }
        }
        // Sunday is 0 and 7.
        if cron.weekdays & (1 << 7) != 0 {
            cron.weekdays |= 1;
        }
        Ok(cron)
    }

    fn takes(&self, date: Date) -> bool {
        if self.months & (1 << date.month()) == 0 {
            return false;
        }
        let weekday = date.weekday().to_sunday_zero_offset();
        let place = (date.day() - 1) / 7 + 1;
        let by_day = self.days & (1 << date.day()) != 0 || self.last_day && date == date.last_of_month();
        let by_weekday = self.weekdays & (1 << weekday) != 0
            || self.nth.iter().any(|(day, nth)| i8::try_from(*day) == Ok(weekday) && *nth == place);
        if self.either { by_day || by_weekday } else { by_day && by_weekday }
    }

    /// The first time of day that is later than `after`, if one is given.
    fn time(&self, after: Option<Time>) -> Option<Time> {
        let hours = (0..24_i8).filter(|hour| self.hours & (1 << hour) != 0);
        let minutes = || (0..60_i8).filter(|minute| self.minutes & (1 << minute) != 0);
        let mut times = hours.flat_map(|hour| minutes().filter_map(move |it| Time::new(hour, it, 0, 0).ok()));
        times.find(|time| after.is_none_or(|after| *time > after))
    }

    /// The next wall time after this one.
    fn next_wall_time(&self, after: DateTime) -> Option<DateTime> {
        let mut date = after.date();
        let mut later_than = Some(after.time());
        for _ in 0..DAYS_MAX {
            if self.takes(date)
                && let Some(time) = self.time(later_than)
            {
                return Some(date.to_datetime(time));
            }
            date = date.checked_add(1.day()).ok()?;
            later_than = None;
        }
        None
    }

    /// The next moment after this one, by the clocks of its zone. A wall time that a change of clocks leaves out is moved behind the change;
    /// one that comes twice counts the first time.
    pub(super) fn next(&self, after: &Zoned) -> Option<Zoned> {
        let mut wall = after.datetime();
        loop {
            wall = self.next_wall_time(wall)?;
            let moment = after.time_zone().to_ambiguous_zoned(wall).compatible().ok()?;
            if moment > *after {
                return Some(moment);
            }
        }
    }
}

/// The bits of a field: `*`, `5`, `1-5`, `*/15`, `10-50/20`, and lists of these.
fn field(text: &str, low: u8, high: u8, names: &[&str]) -> Result<u64, String> {
    let mut bits = 0;
    for item in text.split(',') {
        let (range, step) = match item.split_once('/') {
            Some((range, step)) => {
                let wrong = || format!("'{item}' has no step from 1 to {high}");
                let step = step.parse().ok().filter(|step| (1..=high).contains(step)).ok_or_else(wrong)?;
                (range, step)
            }
            None => (item, 1),
        };
        let (first, last) = match range.split_once('-') {
            _ if range == "*" => (low, high),
            Some((first, last)) => (number(first, low, high, names)?, number(last, low, high, names)?),
            None => {
                let first = number(range, low, high, names)?;
                (first, if item.contains('/') { high } else { first })
            }
        };
        if first > last {
            return Err(format!("'{item}' begins behind its end"));
        }
        bits |= (first..=last).step_by(step.into()).fold(0, |bits: u64, number| bits | 1 << number);
    }
    Ok(bits)
}

fn number(text: &str, low: u8, high: u8, names: &[&str]) -> Result<u8, String> {
    let by_name = names.iter().position(|name| text.eq_ignore_ascii_case(name));
    let named = by_name.and_then(|place| u8::try_from(place).ok()).map(|place| place + low);
    let number = named.or_else(|| text.parse().ok()).filter(|number| (low..=high).contains(number));
    number.ok_or_else(|| format!("'{text}' is no number from {low} to {high}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(cron: &str, after: &str, count: usize) -> Vec<String> {
        let cron = Cron::parse(cron).unwrap();
        let mut at: Zoned = after.parse().unwrap();
        let mut found = Vec::new();
        for _ in 0..count {
            at = cron.next(&at).unwrap();
            found.push(at.strftime("%a %Y-%m-%dT%H:%M%:z").to_string());
        }
        found
    }

    #[test]
    fn times_follow_from_the_expression() {
        let start = "2027-01-15T08:00[Europe/Berlin]";
        for (cron, expected) in [
            ("0 9 * * 1-5", ["Fri 2027-01-15T09:00+01:00", "Mon 2027-01-18T09:00+01:00"]),
            ("*/20 8 * * *", ["Fri 2027-01-15T08:20+01:00", "Fri 2027-01-15T08:40+01:00"]),
            ("0 8 * * *", ["Sat 2027-01-16T08:00+01:00", "Sun 2027-01-17T08:00+01:00"]),
            ("30 7 1,15 * *", ["Mon 2027-02-01T07:30+01:00", "Mon 2027-02-15T07:30+01:00"]),
            ("0 12 L * *", ["Sun 2027-01-31T12:00+01:00", "Sun 2027-02-28T12:00+01:00"]),
            ("0 10 * * mon#1", ["Mon 2027-02-01T10:00+01:00", "Mon 2027-03-01T10:00+01:00"]),
            ("0 0 29 feb *", ["Tue 2028-02-29T00:00+01:00", "Sun 2032-02-29T00:00+01:00"]),
            ("0 6 13 * 5", ["Fri 2027-01-22T06:00+01:00", "Fri 2027-01-29T06:00+01:00"]),
            ("5/30 9 * * 7", ["Sun 2027-01-17T09:05+01:00", "Sun 2027-01-17T09:35+01:00"]),
            ("@monthly", ["Mon 2027-02-01T00:00+01:00", "Mon 2027-03-01T00:00+01:00"]),
        ] {
            assert_eq!(next(cron, start, 2), expected, "{cron}");
        }
    }

    #[test]
    fn a_change_of_clocks_leaves_no_time_out_and_has_none_twice() {
        let spring = "2027-03-27T12:00[Europe/Berlin]";
        assert_eq!(
            next("30 2 * * *", spring, 2),
            ["Sun 2027-03-28T03:30+02:00", "Mon 2027-03-29T02:30+02:00"]
        );
        let nightly = "2027-03-28T01:00[Europe/Berlin]";
        assert_eq!(
            next("30 2,3 * * *", nightly, 2),
            ["Sun 2027-03-28T03:30+02:00", "Mon 2027-03-29T02:30+02:00"]
        );
        let autumn = "2027-10-30T12:00[Europe/Berlin]";
        assert_eq!(
            next("30 2 * * *", autumn, 2),
            ["Sun 2027-10-31T02:30+02:00", "Mon 2027-11-01T02:30+01:00"]
        );
    }

    #[test]
    fn what_is_no_expression_says_why() {
        for wrong in [
            "",
            "* * * *",
            "60 * * * *",
            "* 24 * * *",
            "* * 0 * *",
            "* * * 13 *",
            "* * * * 8",
            "5-1 * * * *",
            "*/0 * * * *",
            "x * * * *",
            "* * * * 1#6",
            "1,,2 * * * *",
            "@often",
        ] {
            assert!(Cron::parse(wrong).is_err(), "{wrong}");
        }
        let never = Cron::parse("0 0 31 feb *").unwrap();
        assert_eq!(never.next(&"2027-01-15T08:00[UTC]".parse().unwrap()), None);
    }
}
