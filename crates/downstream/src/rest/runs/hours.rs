//! The hours, the days and the daily cap of a campaign or a batch.

use super::make::wrong;
use super::view::RunView;
use super::{not_done, number};
use crate::rest::Rest;
use crate::rest::answer::json;
use crate::rest::caller::Owned;
use crate::rest::moment;
use crate::rest::payload::parse;
use crate::rest::problem::Problem;
use axum::http::StatusCode;
use axum::response::Response;
use postrider_apps::run::{RunKind, SendingHours, StandsStill, WhyStill};
use postrider_declare::{ClockSpan, DayWord, FromText, Zone};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The word for each recipient's own zone.
const RECIPIENT: &str = "recipient";
/// The field, where something is wrong with its zone.
const ZONE: &str = "sending_hours.zone";

/// At which hours, on which days, and to how many recipients a day messages are handed in. Nothing in it lifts all of it.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SendingHours)]
pub(in crate::rest) struct SendingHoursDocument {
    /// From when until when, not included; the end may be on the next day. Default: at any time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "09:00-18:00")]
    hours: Option<String>,
    /// The days of the week, from midnight to midnight: `mon`, `tue`, `wed`, `thu`, `fri`, `sat`, `sun`. Default: all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<String>)]
    days: Vec<DayWord>,
    /// The time zone of both: a name, or `recipient` for each recipient's own. It must be given with `hours` or `days`. The day of
    /// `daily_cap` is that of the named zone, and otherwise that of UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "Europe/Berlin")]
    zone: Option<String>,
    /// The most recipients a day who get a message. Default: any number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 10_000_000)]
    daily_cap: Option<u64>,
}

impl SendingHoursDocument {
    /// What it says; `None` if that is nothing.
    pub(super) fn read(self) -> Result<Option<SendingHours>, Problem> {
        let span = self.hours.as_deref().map(ClockSpan::from_text).transpose();
        let span = span.map_err(|error| wrong("sending_hours.hours", error))?;
        let is_timed = span.is_some() || !self.days.is_empty();
        let zone = match self.zone.as_deref() {
            None if is_timed => {
                let detail = "give the zone of hours and days: a name, or 'recipient'";
                return Err(wrong(ZONE, detail.into()));
            }
            None | Some(RECIPIENT) => None,
            Some(name) => {
                Zone::from_text(name).map_err(|error| wrong(ZONE, error))?;
                Some(name.trim().into())
            }
        };
        let days = DayWord::ALL.map(|day| self.days.contains(&day));
        let hours =
            SendingHours { span: span.map(|span| (span.0, span.1)), days, zone, daily_cap: self.daily_cap };
        Ok(Some(hours).filter(|_| is_timed || self.daily_cap.is_some()))
    }
}

impl From<&SendingHours> for SendingHoursDocument {
    fn from(it: &SendingHours) -> Self {
        let clock = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
        let days =
            DayWord::ALL.into_iter().zip(it.days).filter_map(|(day, is_meant)| is_meant.then_some(day));
        let days: Vec<DayWord> = days.collect();
        let is_timed = it.span.is_some() || !days.is_empty();
        let zone = it.zone.as_deref().or(Some(RECIPIENT).filter(|_| is_timed));
        Self {
            hours: it.span.map(|(from, until)| format!("{}-{}", clock(from), clock(until))),
            days,
            zone: zone.map(Into::into),
            daily_cap: it.daily_cap,
        }
    }
}

/// Why nothing is handed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = WaitingReason)]
pub(in crate::rest) enum WaitingWord {
    /// It is outside its hours, or none of its days.
    OutsideHours,
    /// As many recipients as it may have in a day have got a message.
    DailyCap,
}

/// Why a campaign or a batch stands still, and when it goes on by itself.
#[derive(Serialize, ToSchema)]
#[schema(as = Waiting)]
pub(in crate::rest) struct WaitingView {
    /// Why.
    reason: WaitingWord,
    /// When it goes on; absent if `not_after` comes first.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "date-time")]
    until: Option<String>,
}

impl WaitingView {
    pub(super) fn of(still: StandsStill, not_after: Option<i64>) -> Self {
        let reason = match still.why {
            WhyStill::OutsideHours => WaitingWord::OutsideHours,
            WhyStill::DailyCap => WaitingWord::DailyCap,
        };
        let is_late = not_after.is_some_and(|last| still.until.0 >= last);
        Self { reason, until: (!is_late).then(|| moment::write(still.until)) }
    }
}

/// Sets the hours of one, or lifts them.
pub(super) async fn set(
    rest: &Rest,
    kind: RunKind,
    owned: &Owned,
    id: &str,
    body: &[u8],
) -> Result<Response, Problem> {
    let hours = parse::<SendingHoursDocument>(body)?.read()?;
    let set = rest.apps.runs.set_sending_hours(owned.account.id, kind, number(kind, id)?, hours).await;
    let run = set.map_err(|error| not_done(kind, error))?;
    Ok(json(StatusCode::OK, &RunView::of(&run, rest.live.now())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use postrider_core::time::Time;
    use serde_json::{Value, json};

    fn read(document: Value) -> Option<Option<SendingHours>> {
        serde_json::from_value::<SendingHoursDocument>(document).unwrap().read().ok()
    }

    #[test]
    fn hours_are_shown_as_they_were_written() {
        for written in [
            json!({ "hours": "09:00-18:00", "days": ["mon", "fri"], "zone": "Europe/Berlin", "daily_cap": 500 }),
            json!({ "hours": "20:00-24:00", "zone": "recipient" }),
            json!({ "daily_cap": 500 }),
        ] {
            let hours = read(written.clone()).unwrap().unwrap();
            assert_eq!(serde_json::to_value(SendingHoursDocument::from(&hours)).unwrap(), written);
        }
        assert_eq!(read(json!({})), Some(None));
        for wrong in [
            json!({ "hours": "9-18", "zone": "UTC" }),
            json!({ "hours": "09:00-09:00", "zone": "UTC" }),
            json!({ "hours": "09:00-18:00" }),
            json!({ "days": ["mon"], "zone": "Mars/Base" }),
        ] {
            assert_eq!(read(wrong.clone()), None, "{wrong}");
        }
    }

    #[test]
    fn an_end_that_is_too_late_is_not_promised() {
        let still = StandsStill { why: WhyStill::DailyCap, until: Time(86_400_000) };
        let shown = |last| serde_json::to_value(WaitingView::of(still, last)).unwrap();
        assert_eq!(shown(None), json!({ "reason": "daily_cap", "until": "1970-01-02T00:00:00.000Z" }));
        assert_eq!(shown(Some(86_400_000)), json!({ "reason": "daily_cap" }));
    }
}
