//! The hours, the days and the number of recipients a day that a run keeps to. All of it is decided from the time alone: a run that
//! stands still has nothing written down but when it is looked at next.

use super::document::Run;
use jiff::civil::{Date, Time as Clock};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use postrider_core::consent::{QuietHours, SPREAD, spread};
use postrider_core::number::Number;
use postrider_core::time::Time;
use serde::{Deserialize, Serialize};

/// The most recipients a day that a cap may be.
pub const DAILY_CAP_MAX: u64 = 10_000_000;
/// How far ahead the end of a run is sought: three boundaries a day, for a year.
const BOUNDARIES_MAX: usize = 3 * 366;

/// When a run hands recipients in, and how many a day.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SendingHours {
    /// The first minute of the day, and the first one after it that is no longer meant; a span may pass midnight. `None` is the whole day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub span: Option<(u16, u16)>,
    /// The days of the week that are meant, from midnight to midnight; Monday is the first. None at all are all of them.
    #[serde(default)]
    pub days: [bool; 7],
    /// The zone of both; `None` is that of each recipient.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<Box<str>>,
    /// The most recipients a day who get a message. Without a zone it is the day of UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub daily_cap: Option<u64>,
}

/// Recipients of a day who got a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Today {
    /// The day, by its zone: the number of days since 1970.
    day: i64,
    accepted: u64,
}

/// Why a run stands still.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhyStill {
    /// It is outside its hours, or none of its days.
    OutsideHours,
    /// As many recipients as it may have in a day have got a message.
    DailyCap,
}

/// A run stands still.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StandsStill {
    /// Why.
    pub why: WhyStill,
    /// When it goes on.
    pub until: Time,
}

/// How a run goes on from a moment, if nothing comes between.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Forecast {
    /// When the last recipient is handed in; `None` if that is more than a year ahead.
    pub finishes: Option<Time>,
    /// Recipients for whom it is too late then.
    pub late: u64,
}

impl SendingHours {
    fn zone(&self) -> TimeZone {
        let named = self.zone.as_deref().and_then(|zone| TimeZone::get(zone).ok());
        named.unwrap_or(TimeZone::UTC)
    }

    /// The times of day and days at which nothing leaves: what these hours leave out.
    fn quiet(&self) -> QuietHours {
        let (from, until) = self.span.unwrap_or_default();
        let days = if self.days.contains(&true) { self.days.map(|is_meant| !is_meant) } else { [false; 7] };
        QuietHours { from: until, until: from, days, ..QuietHours::default() }
    }

    /// When the run itself must stand still. In recipients' zones it hands in on its days, by UTC, and each message waits for the hours
    /// of its recipient.
    fn closed(&self) -> QuietHours {
        let quiet = self.quiet();
        if self.zone.is_some() { quiet } else { QuietHours { from: 0, until: 0, ..quiet } }
    }

    /// Whether nothing would ever leave.
    pub(super) fn is_never(&self) -> bool {
        self.closed().first_in(&self.zone(), Time(0)).is_none()
            || self.span.is_some_and(|(from, to)| from == to)
    }

    /// When a message leaves that could leave at `at`, if it must wait for the hours at its recipient's place. `own` is the recipient's
    /// zone, if it is known.
    pub(super) fn leaves_at(&self, number: Number, own: Option<TimeZone>, at: Time) -> Option<Time> {
        if self.zone.is_some() || (self.span.is_none() && !self.days.contains(&true)) {
            return None;
        }
        let own: Vec<TimeZone> = own.into_iter().collect();
        let opens = self.quiet().over_at(number, &own, at)?;
        let minutes = self.span.map_or(24 * 60, |(from, until)| (until + 24 * 60 - from) % (24 * 60));
        // Not all leave at the stroke of the hour, unless the hours are short.
        let is_spread = u64::from(minutes) * 60 > 2 * SPREAD.as_secs() || minutes == 0;
        Some(if is_spread { opens + spread(number) } else { opens })
    }

    fn date(&self, at: Time) -> Date {
        let at = Timestamp::from_millisecond(at.0).unwrap_or(Timestamp::UNIX_EPOCH);
        self.zone().to_datetime(at).date()
    }

    /// The day that it is in the zone, by its number.
    fn day(&self, at: Time) -> i64 {
        let midnight = self.date(at).to_zoned(TimeZone::UTC).map(|it| it.timestamp().as_second());
        midnight.unwrap_or_default().div_euclid(24 * 60 * 60)
    }

    /// How many recipients got a message on the day that it is.
    fn used(&self, today: Option<Today>, now: Time) -> u64 {
        let day = self.day(now);
        today.filter(|today| today.day == day).map_or(0, |today| today.accepted)
    }

    /// So many more got one.
    fn count(&self, today: Option<Today>, accepted: u64, now: Time) -> Today {
        Today { day: self.day(now), accepted: self.used(today, now) + accepted }
    }

    /// How many recipients may get a message today.
    fn room(&self, today: Option<Today>, now: Time) -> u64 {
        let Some(cap) = self.daily_cap else { return u64::MAX };
        cap.saturating_sub(self.used(today, now))
    }

    /// Whether nothing may be handed in at this moment, and until when.
    fn stands_still(&self, today: Option<Today>, now: Time) -> Option<StandsStill> {
        let (closed, zone) = (self.closed(), self.zone());
        let opens = closed.first_in(&zone, now)?;
        if opens > now {
            return Some(StandsStill { why: WhyStill::OutsideHours, until: opens });
        }
        if self.room(today, now) > 0 {
            return None;
        }
        let midnight = self.date(now).tomorrow().ok()?.to_zoned(zone.clone()).ok()?.timestamp();
        let until = closed.first_in(&zone, Time(midnight.as_millisecond()))?;
        Some(StandsStill { why: WhyStill::DailyCap, until })
    }

    /// The next moment at which what holds may change: a midnight, or an end or a beginning of the hours.
    fn boundary(&self, after: Time) -> Option<Time> {
        let (zone, today) = (self.zone(), self.date(after));
        let span = self.span.filter(|_| self.zone.is_some());
        let minutes = [Some(0), span.map(|span| span.0), span.map(|span| span.1 % (24 * 60))];
        let mut moments = Vec::with_capacity(6);
        for date in [today, today.checked_add(1.day()).ok()?] {
            for minute in minutes.into_iter().flatten() {
                let clock =
                    Clock::new((minute / 60).try_into().ok()?, (minute % 60).try_into().ok()?, 0, 0).ok()?;
                let moment = date.to_datetime(clock).to_zoned(zone.clone()).ok()?.timestamp();
                moments.push(Time(moment.as_millisecond()));
            }
        }
        moments.into_iter().filter(|moment| *moment > after).min()
    }
}

impl Run {
    /// The hours that it keeps to: those of any time if it has none.
    fn hours(&self) -> SendingHours {
        self.schedule.sending_hours.clone().unwrap_or_default()
    }

    /// Whether nothing is handed in now because of its hours, its days or its cap.
    #[must_use]
    pub fn stands_still(&self, now: Time) -> Option<StandsStill> {
        self.schedule.sending_hours.as_ref()?.stands_still(self.today, now)
    }

    /// How many recipients may be handed in together now.
    pub(super) fn room_today(&self, now: Time) -> usize {
        let room = self.schedule.sending_hours.as_ref().map_or(u64::MAX, |hours| hours.room(self.today, now));
        usize::try_from(room).unwrap_or(usize::MAX).max(1)
    }

    /// So many recipients more got a message today.
    pub(super) fn count_today(&mut self, accepted: u64, now: Time) {
        self.today = Some(self.hours().count(self.today, accepted, now));
    }

    /// How so many recipients would be handed in from a moment on: at its pace, in its hours, so many a day, and not after its last
    /// moment. `None` if nothing says how fast it is.
    #[must_use]
    pub fn forecast(&self, recipients: u64, from: Time) -> Option<Forecast> {
        let hours = self.hours();
        let per_minute = match self.pace {
            Some(pace) => u64::from(pace.per_minute.max(1)),
            // As fast as can be: all of a day's in a moment.
            None => hours.daily_cap.map(|_| u64::MAX)?,
        };
        let last = self.schedule.not_after.unwrap_or(i64::MAX);
        let (mut left, mut at, mut today) = (recipients, from, self.today);
        for _ in 0..BOUNDARIES_MAX {
            if at.0 >= last {
                break;
            }
            if let Some(still) = hours.stands_still(today, at) {
                at = still.until;
                continue;
            }
            let Some(end) = hours.boundary(at) else { break };
            let millis = end.0.min(last).abs_diff(at.0);
            let room = hours.room(today, at);
            let handed_in =
                (u128::from(per_minute) * u128::from(millis) / 60_000).min(u128::from(room.min(left)));
            let handed_in = u64::try_from(handed_in).unwrap_or(left);
            left -= handed_in;
            if left == 0 {
                let took = u128::from(handed_in) * 60_000 / u128::from(per_minute);
                let finishes = Time(at.0.saturating_add(i64::try_from(took).unwrap_or(i64::MAX)));
                return Some(Forecast { finishes: Some(finishes), late: 0 });
            }
            today = Some(hours.count(today, handed_in, at));
            at = if handed_in == room { at } else { end };
        }
        let is_late = self.schedule.not_after.is_some();
        Some(Forecast { finishes: None, late: if is_late { left } else { 0 } })
    }
}

#[cfg(test)]
mod run_tests;
#[cfg(test)]
mod tests;
