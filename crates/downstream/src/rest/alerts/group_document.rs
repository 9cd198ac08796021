//! Groups of people on call, as requests declare them and answers show them.

use crate::rest::moment;
use crate::rest::problem::Problem;
use axum::http::StatusCode;
use jiff::civil::DateTime;
use postrider_apps::alert::{Group, Member, Override, Rotation, Shift, Step};
use postrider_declare::Span;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use utoipa::ToSchema;

/// Somebody who is on call.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = OnCallPerson)]
pub(in crate::rest) struct PersonDocument {
    /// The name, unique in the group.
    #[schema(max_length = 64)]
    name: String,
    /// The number.
    number: String,
}

/// Turns of people, one after the other.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = OnCallRotation)]
pub(in crate::rest) struct RotationDocument {
    /// Names, in the order of their turns.
    people: Vec<String>,
    /// When the first turn begins, by the clocks of the zone. Every turn ends at this time of day.
    #[schema(example = "2026-01-05T09:00:00")]
    start: String,
    /// The days of a turn, 1 to 365. Default: 7.
    #[serde(default = "week")]
    #[schema(minimum = 1, maximum = 365, default = 7)]
    days: u16,
}

/// A time in which somebody else is on duty.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = OnCallOverride)]
pub(in crate::rest) struct OverrideDocument {
    /// Who is on duty.
    person: String,
    /// From when, by the clocks of the zone.
    #[schema(example = "2026-12-24T09:00:00")]
    from: String,
    /// Until when.
    #[schema(example = "2026-12-27T09:00:00")]
    until: String,
}

/// A step of an escalation.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = EscalationStepRequest)]
pub(in crate::rest) struct StepRequest {
    /// Who is told: names, `on_call`, `next` or `everybody`.
    tell: Vec<String>,
    /// The wait for an acknowledgement until the next step: seconds, or a span such as `5m`, from 10s to 12h. Default: `5m`.
    #[serde(default)]
    wait: Option<Span>,
}

/// A group of people on call.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AlertGroupRequest)]
pub(in crate::rest) struct GroupRequest {
    /// The people.
    #[schema(min_items = 1, max_items = 100)]
    people: Vec<PersonDocument>,
    /// The time zone of turns and overrides, such as `Europe/Berlin`. Default: `UTC`.
    #[serde(default)]
    zone: Option<String>,
    /// Who is on duty when. Default: everybody always.
    #[serde(default)]
    rotation: Option<RotationDocument>,
    /// Who stands in for whom. Of several at one time the last one holds.
    #[serde(default)]
    overrides: Vec<OverrideDocument>,
    /// The steps. Default: who is on call, after 5 minutes who is next, after 5 more everybody.
    #[serde(default)]
    steps: Vec<StepRequest>,
    /// How often all steps are done again while nobody acknowledges, 0 to 20. Default: 2.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 20, default = 2)]
    repeat: Option<u8>,
    /// The sender of texts. Answers come to it: a number that the account owns. Default: the account's.
    #[serde(default)]
    from: Option<String>,
    /// Whether `RES 12` in an answer resolves an alert. Senders of texts can be forged. Default: true.
    #[serde(default)]
    #[schema(default = true)]
    resolve_by_reply: Option<bool>,
    /// Whether its people may open alerts by a text to `from`, such as `ALERT pump 3 is on fire`. Senders of texts can be forged.
    /// Default: false.
    #[serde(default)]
    #[schema(default = false)]
    report_by_text: Option<bool>,
}

/// A step of an escalation.
#[derive(Serialize, ToSchema)]
#[schema(as = EscalationStep)]
pub(in crate::rest) struct StepView {
    /// Who is told.
    tell: Vec<String>,
    /// The wait for an acknowledgement until the next step, in seconds.
    wait: u64,
    /// The step as a sentence.
    says: String,
}

/// A group of people on call.
#[derive(Serialize, ToSchema)]
#[schema(as = AlertGroup)]
pub(in crate::rest) struct GroupView {
    /// Its name.
    name: String,
    /// The people.
    people: Vec<PersonDocument>,
    /// The time zone of turns and overrides.
    zone: String,
    /// Who is on duty when; absent: everybody always.
    #[serde(skip_serializing_if = "Option::is_none")]
    rotation: Option<RotationDocument>,
    /// Who stands in for whom.
    overrides: Vec<OverrideDocument>,
    /// The steps.
    steps: Vec<StepView>,
    /// How often all steps are done again.
    repeat: u8,
    /// The sender of texts; absent: the account's.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    /// Whether an answer may resolve an alert.
    resolve_by_reply: bool,
    /// Whether its people may open alerts by text.
    report_by_text: bool,
}

/// A time in which the same people are on call.
#[derive(Serialize, ToSchema)]
#[schema(as = OnCallShift)]
pub(in crate::rest) struct ShiftView {
    /// Who is on call; nobody before a rotation begins.
    people: Vec<String>,
    /// From when.
    #[schema(format = "date-time")]
    from: String,
    /// Until when; absent: for ever.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "date-time")]
    until: Option<String>,
}

const fn week() -> u16 {
    7
}

/// Repetitions of a group that says nothing.
const REPEAT: u8 = 2;
/// The wait of a step that says nothing.
const WAIT: Duration = Duration::from_mins(5);

fn wrong(field: &'static str, detail: String) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_alert_group", detail).at(field)
}

fn wall_time(field: &'static str, text: &str) -> Result<DateTime, Problem> {
    let has_offset = text.ends_with(['Z', 'z']) || text.contains('[');
    let read = text.parse().ok().filter(|_| !has_offset);
    read.ok_or_else(|| {
        wrong(
            field,
            format!("'{text}' is no time by the zone's clocks: write one such as 2026-01-31T09:00:00"),
        )
    })
}

fn boxed(texts: Vec<String>) -> Vec<Box<str>> {
    texts.into_iter().map(String::into_boxed_str).collect()
}

impl GroupRequest {
    /// The group of this name.
    pub(super) fn read(self, name: Box<str>) -> Result<Group, Problem> {
        let rotation = |RotationDocument { people, start, days }| {
            Ok::<_, Problem>(Rotation { people: boxed(people), start: wall_time("rotation", &start)?, days })
        };
        let stands_in = |OverrideDocument { person, from, until }| {
            let (from, until) = (wall_time("overrides", &from)?, wall_time("overrides", &until)?);
            Ok::<_, Problem>(Override { person: person.into(), from, until })
        };
        let step = |StepRequest { tell, wait }: StepRequest| {
            let wait = wait.map(|wait| wait.read()).transpose();
            let wait = wait.map_err(|error| wrong("steps", error.to_string()))?.unwrap_or(WAIT);
            Ok::<_, Problem>(Step {
                tell: boxed(tell),
                wait: u64::try_from(wait.as_millis()).unwrap_or(u64::MAX),
            })
        };
        let member = |PersonDocument { name, number }| Member { name: name.into(), number: number.into() };
        Ok(Group {
            name,
            people: self.people.into_iter().map(member).collect(),
            zone: self.zone.unwrap_or_else(|| "UTC".into()).into(),
            rotation: self.rotation.map(rotation).transpose()?,
            overrides: self.overrides.into_iter().map(stands_in).collect::<Result<_, Problem>>()?,
            steps: self.steps.into_iter().map(step).collect::<Result<_, Problem>>()?,
            repeat: self.repeat.unwrap_or(REPEAT),
            from: self.from.map(String::into_boxed_str),
            resolve_by_reply: self.resolve_by_reply.unwrap_or(true),
            report_by_text: self.report_by_text.unwrap_or(false),
        })
    }
}

fn texts(texts: &[Box<str>]) -> Vec<String> {
    texts.iter().map(ToString::to_string).collect()
}

impl From<&Group> for GroupView {
    fn from(group: &Group) -> Self {
        let member =
            |it: &Member| PersonDocument { name: it.name.to_string(), number: it.number.to_string() };
        let rotation = |it: &Rotation| RotationDocument {
            people: texts(&it.people),
            start: it.start.to_string(),
            days: it.days,
        };
        let stands_in = |it: &Override| OverrideDocument {
            person: it.person.to_string(),
            from: it.from.to_string(),
            until: it.until.to_string(),
        };
        let step = |it: &Step| StepView { tell: texts(&it.tell), wait: it.wait / 1_000, says: it.says() };
        Self {
            name: group.name.to_string(),
            people: group.people.iter().map(member).collect(),
            zone: group.zone.to_string(),
            rotation: group.rotation.as_ref().map(rotation),
            overrides: group.overrides.iter().map(stands_in).collect(),
            steps: group.steps.iter().map(step).collect(),
            repeat: group.repeat,
            from: group.from.as_deref().map(Into::into),
            resolve_by_reply: group.resolve_by_reply,
            report_by_text: group.report_by_text,
        }
    }
}

impl From<&Shift> for ShiftView {
    fn from(shift: &Shift) -> Self {
        let (from, until) = (moment::write(shift.from), shift.until.map(moment::write));
        Self { people: texts(&shift.people), from, until }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rest::payload::parse;

    fn read(body: &str) -> Result<Group, Problem> {
        parse::<GroupRequest>(body.as_bytes())?.read("ops".into())
    }

    #[test]
    fn every_field_arrives() {
        let body = r#"{"people":[{"name":"ann","number":"+447700900001"}],"zone":"Europe/London","repeat":0,"from":"60006",
            "rotation":{"people":["ann"],"start":"2026-01-05T09:00"},"resolve_by_reply":false,"report_by_text":true,
            "overrides":[{"person":"ann","from":"2026-01-06T00:00","until":"2026-01-07T00:00"}],
            "steps":[{"tell":["on_call"],"wait":"90s"},{"tell":["ann"]}]}"#;
        let group = read(body).unwrap();
        assert_eq!(
            (group.rotation.as_ref().unwrap().days, group.repeat, group.resolve_by_reply),
            (7, 0, false)
        );
        assert!(group.report_by_text);
        assert_eq!((group.steps[0].wait, group.steps[1].wait), (90_000, 300_000));
        let shown = serde_json::to_value(GroupView::from(&group)).unwrap();
        assert_eq!(shown["rotation"]["start"], "2026-01-05T09:00:00");
        assert_eq!(shown["overrides"][0]["until"], "2026-01-07T00:00:00");
    }

    #[test]
    fn mistakes_name_their_field() {
        for (more, field) in [
            (r#""rotation":{"people":["ann"],"start":"2026-01-05T09:00Z"}"#, "rotation"),
            (r#""rotation":{"people":["ann"],"start":"Monday"}"#, "rotation"),
            (r#""overrides":[{"person":"ann","from":"x","until":"y"}]"#, "overrides"),
            (r#""steps":[{"tell":["ann"],"wait":"soon"}]"#, "steps"),
            (r#""colour":"red""#, "colour"),
        ] {
            let body = format!(r#"{{"people":[{{"name":"ann","number":"+447700900001"}}],{more}}}"#);
            let found = read(&body).unwrap_err().field;
            assert!(found.as_deref().is_some_and(|found| found.starts_with(field)), "{body}: {found:?}");
        }
    }
}
