//! The hours, the days and the daily cap of a campaign or a batch: as the API tells of them, and as forms have them.

use super::{Kind, Run};
use crate::api::{Failed, path};
use crate::form::Form;
use crate::frame::Frame;
use crate::pages::owned::{ask, leads};
use crate::visitor::Visitor;
use axum::body::Bytes;
use axum::extract::Path;
use axum::http::Method;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// The days of the week: words of the API.
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
/// The word for each recipient's own zone.
const RECIPIENT: &str = "recipient";

#[derive(Deserialize)]
pub(super) struct SendingHours {
    hours: Option<String>,
    #[serde(default)]
    days: Vec<String>,
    zone: Option<String>,
    daily_cap: Option<u64>,
}

/// Why one stands still, and until when.
#[derive(Deserialize)]
pub(super) struct Waiting {
    reason: String,
    until: Option<String>,
}

/// What a form has.
#[derive(Clone, Default)]
pub(super) struct HoursDraft {
    pub(super) from: String,
    pub(super) until: String,
    days: Vec<String>,
    /// A zone, `recipient`, or nothing for that of whoever looks.
    zone: String,
    pub(super) daily_cap: String,
}

fn day<'f>(frame: &'f Frame, word: &str) -> &'f str {
    match word {
        "mon" => frame.t("Monday"),
        "tue" => frame.t("Tuesday"),
        "wed" => frame.t("Wednesday"),
        "thu" => frame.t("Thursday"),
        "fri" => frame.t("Friday"),
        "sat" => frame.t("Saturday"),
        _ => frame.t("Sunday"),
    }
}

impl SendingHours {
    /// The hours and the days, in words; nothing if only the cap is set.
    pub(super) fn times(&self, frame: &Frame) -> String {
        let days: Vec<&str> = self.days.iter().map(|word| day(frame, word)).collect();
        let hours = self.hours.as_deref().map(|hours| hours.replace('-', "–")).unwrap_or_default();
        let given = [hours, days.join(", ")].into_iter().filter(|text| !text.is_empty());
        given.collect::<Vec<_>>().join(" · ")
    }

    /// By which clock.
    pub(super) fn clock<'f>(&'f self, frame: &'f Frame) -> Option<&'f str> {
        let zone = self.zone.as_deref()?;
        Some(if zone == RECIPIENT { frame.t("by the clock of each recipient") } else { zone })
    }

    pub(super) const fn daily_cap(&self) -> Option<u64> {
        self.daily_cap
    }
}

impl Waiting {
    /// Why, and when it goes on.
    pub(super) fn words(&self, frame: &Frame) -> String {
        let why = match self.reason.as_str() {
            "daily_cap" => frame.t("As many recipients as it may have in a day have got its message."),
            _ => frame.t("It is outside its hours."),
        };
        let then = match &self.until {
            Some(until) => frame.t1("It goes on by itself: {0}.", frame.exactly(until)),
            None => frame.t("It does not go on: the last moment of sending comes first.").to_owned(),
        };
        format!("{why} {then}")
    }
}

impl Run {
    /// The form for its hours.
    pub(super) fn hours(&self) -> HoursDraft {
        let Some(it) = &self.sending_hours else { return HoursDraft::default() };
        let (from, until) = it.hours.as_deref().and_then(|hours| hours.split_once('-')).unwrap_or_default();
        HoursDraft {
            from: from.to_owned(),
            // Fields of browsers have no 24:00.
            until: if until == "24:00" { "00:00".to_owned() } else { until.to_owned() },
            days: it.days.clone(),
            zone: it.zone.clone().unwrap_or_default(),
            daily_cap: it.daily_cap.map(|cap| cap.to_string()).unwrap_or_default(),
        }
    }
}

impl HoursDraft {
    pub(super) fn read(form: &Form) -> Self {
        let get = |name: &str| form.get(name).to_owned();
        let days = form.all("days").filter(|(rest, _)| rest.is_empty()).map(|(_, day)| day.to_owned());
        Self {
            from: get("hours_from"),
            until: get("hours_until"),
            days: days.collect(),
            zone: get("hours_zone"),
            daily_cap: get("daily_cap"),
        }
    }

    /// The days that can be chosen: the word of each, its name, and whether it is.
    pub(super) fn days<'f>(&self, frame: &'f Frame) -> [(&'static str, &'f str, bool); 7] {
        DAYS.map(|word| (word, day(frame, word), self.days.iter().any(|chosen| chosen == word)))
    }

    /// The zones that can be chosen: the value of each, its name, and whether it is.
    pub(super) fn zones<'f>(&'f self, frame: &'f Frame) -> Vec<(&'f str, &'f str, bool)> {
        let own = frame.zone();
        let mut zones = vec![(own, own, self.zone == own)];
        if !["", own, RECIPIENT].contains(&&*self.zone) {
            zones.push((&*self.zone, &*self.zone, true));
        }
        zones.push((RECIPIENT, frame.t("each recipient"), self.zone == RECIPIENT));
        zones
    }

    /// The document of the API.
    pub(super) fn document(&self) -> Result<Map<String, Value>, Failed> {
        let mut document = Map::new();
        match (&*self.from, &*self.until) {
            ("", "") => {}
            (from, until) if !from.is_empty() && !until.is_empty() => {
                document.insert("hours".into(), json!(format!("{from}-{until}")));
            }
            _ => return Err(Failed::wrong("hours", "hours have a beginning and an end")),
        }
        if !self.days.is_empty() {
            document.insert("days".into(), json!(self.days));
        }
        if !document.is_empty() {
            document.insert("zone".into(), json!(self.zone));
        }
        if !self.daily_cap.is_empty() {
            let wrong = |_| Failed::wrong("daily_cap", "recipients a day are a whole number above 0");
            document.insert("daily_cap".into(), json!(self.daily_cap.parse::<u64>().map_err(wrong)?));
            if !self.zone.is_empty() {
                document.insert("zone".into(), json!(self.zone));
            }
        }
        Ok(document)
    }
}

/// Sets its hours, or lifts them.
pub(in crate::pages) async fn hours(
    visitor: Visitor,
    kind: Kind,
    Path(id): Path<String>,
    body: Bytes,
) -> Response {
    let form = Form::read(&body);
    let account = form.get("account");
    let done = async {
        let hours = HoursDraft::read(&form).document()?.into();
        let at = path(&[kind.list(), &id, "sending_hours"]);
        ask(&visitor, account).act(Method::PUT, &at, Some(&hours)).await
    };
    leads(&visitor, done.await.map(|()| "changed"), &format!("{}/{id}", kind.here()), account)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_says_which_hours() {
        let read = |query: &str| HoursDraft::read(&Form::read(query.as_bytes())).document();
        assert_eq!(
            Value::from(
                read("hours_from=09:00&hours_until=18:00&days=mon&days=tue&hours_zone=Europe/Berlin&daily_cap=500")
                    .unwrap()
            ),
            json!({ "hours": "09:00-18:00", "days": ["mon", "tue"], "zone": "Europe/Berlin", "daily_cap": 500 })
        );
        assert!(read("hours_zone=Europe/Berlin").unwrap().is_empty(), "a zone alone says nothing");
        assert!(read("hours_from=09:00").is_err() && read("daily_cap=many").is_err());
    }

    #[test]
    fn what_is_set_is_in_the_form() {
        let run: Run = serde_json::from_value(json!({
            "id": "7", "state": "waiting", "reference": "campaign-7", "recipients": 4, "accepted": 2, "refused": 1, "author": "ann",
            "created_at": "2030-01-01T00:00:00Z",
            "sending_hours": { "hours": "20:00-24:00", "days": ["sun"], "zone": "Asia/Tokyo", "daily_cap": 9 },
            "waiting": { "reason": "daily_cap", "until": "2030-01-02T00:00:00Z" },
        }))
        .unwrap();
        let written =
            json!({ "hours": "20:00-00:00", "days": ["sun"], "zone": "Asia/Tokyo", "daily_cap": 9 });
        assert_eq!(Value::from(run.hours().document().unwrap()), written);
    }
}
