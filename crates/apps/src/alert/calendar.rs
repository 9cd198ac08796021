//! Who is on call when. Turns and overrides are of wall time: a turn ends at nine whether or not the clocks changed meanwhile.

use super::group::{EVERYBODY, Group, Member, NEXT, ON_CALL, Rotation};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use postrider_core::time::Time;

/// A time in which the same people are on call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shift {
    /// Who is; nobody before a rotation begins.
    pub people: Vec<Box<str>>,
    /// From when.
    pub from: Time,
    /// Until when; `None` for ever.
    pub until: Option<Time>,
}

/// The moment at which the zone's clocks show this. A time that they skip is later by what they skip; of one that they show twice
/// it is the first.
fn moment(at: DateTime, zone: &TimeZone) -> Time {
    let zoned = zone.to_ambiguous_zoned(at).compatible();
    Time(zoned.map_or(i64::MAX, |zoned| zoned.timestamp().as_millisecond()))
}

/// What the zone's clocks show.
fn wall(at: Time, zone: &TimeZone) -> DateTime {
    let timestamp = Timestamp::from_millisecond(at.0).unwrap_or(Timestamp::UNIX_EPOCH);
    zone.to_datetime(timestamp)
}

impl Rotation {
    /// When a turn begins, the first being 0; `None` beyond the calendar.
    fn begins(&self, turn: i64, zone: &TimeZone) -> Option<Time> {
        let days = turn.checked_mul(self.days.into())?;
        let span = jiff::Span::new().try_days(days).ok()?;
        Some(moment(self.start.checked_add(span).ok()?, zone))
    }

    /// The turn at this time; `None` before the first.
    fn turn(&self, now: Time, zone: &TimeZone) -> Option<i64> {
        if now < moment(self.start, zone) {
            return None;
        }
        let passed = wall(now, zone).date().since(self.start.date()).ok()?.get_days();
        let mut turn = i64::from(passed) / i64::from(self.days.max(1));
        // The clocks may show a time twice, and the day has an earlier part.
        while turn > 0 && self.begins(turn, zone).is_some_and(|begins| begins > now) {
            turn -= 1;
        }
        while self.begins(turn + 1, zone).is_some_and(|begins| begins <= now) {
            turn += 1;
        }
        Some(turn)
    }

    fn person(&self, turn: i64) -> Option<&str> {
        let count = i64::try_from(self.people.len()).ok().filter(|count| *count > 0)?;
        let place = usize::try_from(turn.rem_euclid(count)).ok()?;
        self.people.get(place).map(|name| &**name)
    }
}

impl Group {
    /// The names of those who are on call.
    pub(super) fn on_call(&self, now: Time) -> Vec<&str> {
        let zone = self.time_zone();
        let stands_in = self
            .overrides
            .iter()
            .rev()
            .find(|it| (moment(it.from, &zone)..moment(it.until, &zone)).contains(&now));
        match (stands_in, &self.rotation) {
            (Some(it), _) => vec![&it.person],
            (None, Some(rotation)) => {
                rotation.turn(now, &zone).and_then(|turn| rotation.person(turn)).into_iter().collect()
            }
            (None, None) => self.people.iter().map(|member| &*member.name).collect(),
        }
    }

    /// The name of who is on call after them: the first of the coming turns who isn't now.
    fn next(&self, now: Time) -> Option<&str> {
        let rotation = self.rotation.as_ref()?;
        let zone = self.time_zone();
        let present = self.on_call(now);
        let first = rotation.turn(now, &zone).map_or(0, |turn| turn + 1);
        let turns = i64::try_from(rotation.people.len()).unwrap_or(0);
        (first..first + turns).filter_map(|turn| rotation.person(turn)).find(|name| !present.contains(name))
    }

    /// The people whom a step names, each once. A step that would reach nobody reaches everybody.
    pub(super) fn reached(&self, tell: &[Box<str>], now: Time) -> Vec<&Member> {
        let mut names: Vec<&str> = Vec::new();
        for who in tell {
            match &**who {
                ON_CALL => names.extend(self.on_call(now)),
                NEXT => names.extend(self.next(now)),
                EVERYBODY => names.extend(self.people.iter().map(|member| &*member.name)),
                name => names.push(name),
            }
        }
        let mut reached: Vec<&Member> = self.people.iter().filter(|it| names.contains(&&*it.name)).collect();
        if reached.is_empty() {
            reached = self.people.iter().collect();
        }
        reached
    }

    /// The shifts from a time on, at most so many.
    #[must_use]
    pub fn shifts(&self, from: Time, most: usize) -> Vec<Shift> {
        let zone = self.time_zone();
        let mut shifts: Vec<Shift> = Vec::new();
        let mut at = Some(from);
        // Overrides may change nothing: each is looked at once.
        for _ in 0..most + 2 * self.overrides.len() {
            let Some(begin) = at else { break };
            let people: Vec<Box<str>> = self.on_call(begin).into_iter().map(Into::into).collect();
            at = self.change_after(begin, &zone);
            if let Some(last) = shifts.last_mut().filter(|last| last.people == people) {
                last.until = at;
            } else if shifts.len() == most {
                break;
            } else {
                shifts.push(Shift { people, from: begin, until: at });
            }
        }
        shifts
    }

    /// When a turn or an override next begins or ends.
    fn change_after(&self, at: Time, zone: &TimeZone) -> Option<Time> {
        let turn = self
            .rotation
            .as_ref()
            .and_then(|rotation| rotation.begins(rotation.turn(at, zone).map_or(0, |turn| turn + 1), zone));
        let ends = self.overrides.iter().flat_map(|it| [moment(it.from, zone), moment(it.until, zone)]);
        ends.chain(turn).filter(|end| *end > at).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::group::Override;
    use crate::alert::group::testing::group;

    fn at(text: &str) -> Time {
        Time(text.parse::<Timestamp>().unwrap().as_millisecond())
    }

    /// London goes to summer time on the 29th of March 2026 and back on the 25th of October.
    #[test]
    fn a_turn_ends_at_the_same_wall_time_whatever_the_clocks_do() {
        let group = group();
        for (time, expected) in [
            ("2026-01-05T08:59:59Z", None),
            ("2026-01-05T09:00:00Z", Some("ann")),
            ("2026-01-12T08:59:59Z", Some("ann")),
            ("2026-01-12T09:00:00Z", Some("bob")),
            ("2026-03-30T07:59:59Z", Some("bob")),
            ("2026-03-30T08:00:00Z", Some("ann")),
            ("2026-10-26T08:59:59Z", Some("bob")),
            ("2026-10-26T09:00:00Z", Some("ann")),
            ("2030-01-07T09:00:00Z", Some("bob")),
        ] {
            assert_eq!(group.on_call(at(time)).first().copied(), expected, "{time}");
        }
    }

    /// At 01:30 on the 25th of October London's clocks show the same time a second time an hour later.
    #[test]
    fn a_turn_that_begins_in_the_doubled_hour_begins_once() {
        let mut group = group();
        let rotation = group.rotation.as_mut().unwrap();
        (rotation.start, rotation.days) = ("2026-10-24T01:30".parse().unwrap(), 1);
        let on_call = |time| group.on_call(at(time))[0].to_owned();
        assert_eq!(on_call("2026-10-25T00:29:59Z"), "ann");
        assert_eq!(on_call("2026-10-25T00:30:00Z"), "bob");
        assert_eq!(on_call("2026-10-25T01:10:00Z"), "bob", "the clocks show 01:10 again");
        assert_eq!(on_call("2026-10-26T01:29:59Z"), "bob");
        assert_eq!(on_call("2026-10-26T01:30:00Z"), "ann");
    }

    #[test]
    fn the_last_override_holds() {
        let mut group = group();
        let over = |person: &str, from: &str, until: &str| Override {
            person: person.into(),
            from: from.parse().unwrap(),
            until: until.parse().unwrap(),
        };
        group.overrides = vec![
            over("bob", "2026-01-06T00:00", "2026-01-08T00:00"),
            over("carl", "2026-01-07T00:00", "2026-01-07T12:00"),
        ];
        let names = |time| group.on_call(at(time));
        assert_eq!(names("2026-01-05T23:59:59Z"), ["ann"]);
        assert_eq!(names("2026-01-06T00:00:00Z"), ["bob"]);
        assert_eq!(names("2026-01-07T00:00:00Z"), ["carl"]);
        assert_eq!(names("2026-01-07T12:00:00Z"), ["bob"]);
        assert_eq!(names("2026-01-08T00:00:00Z"), ["ann"]);
        let shifts = group.shifts(at("2026-01-01T00:00:00Z"), 7);
        let people: Vec<&str> = shifts.iter().map(|it| it.people.first().map_or("", |name| name)).collect();
        assert_eq!(people, ["", "ann", "bob", "carl", "bob", "ann", "bob"]);
        assert!(shifts.windows(2).all(|pair| pair[0].until == Some(pair[1].from)), "no gap and no overlap");
    }

    #[test]
    fn a_step_reaches_each_once_and_never_nobody() {
        let group = group();
        let reached = |tell: &[&str], time| -> Vec<String> {
            let tell: Vec<Box<str>> = tell.iter().map(|who| (*who).into()).collect();
            group.reached(&tell, at(time)).iter().map(|member| member.name.to_string()).collect()
        };
        let now = "2026-01-06T00:00:00Z";
        assert_eq!(reached(&["on_call"], now), ["ann"]);
        assert_eq!(reached(&["next", "ann", "on_call"], now), ["ann", "bob"]);
        assert_eq!(reached(&["everybody"], now), ["ann", "bob", "carl"]);
        assert_eq!(
            reached(&["on_call"], "2026-01-01T00:00:00Z"),
            ["ann", "bob", "carl"],
            "nobody is on call yet"
        );
    }
}
