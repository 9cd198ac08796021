//! Groups of people on call: who has the turn, and by which steps people are told.

use super::tabs;
use crate::api::{Failed, path};
use crate::form::Form;
use crate::frame::Frame;
use crate::pages::owned::{Owner, address, ask};
use crate::visitor::{Visitor, render};
use askama::Template;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::{Map, Value, json};

pub(super) const HERE: &str = "/console/on-call";

#[derive(Deserialize)]
struct Person {
    name: String,
    number: String,
}

#[derive(Deserialize)]
struct Rotation {
    people: Vec<String>,
    start: String,
    days: u16,
}

#[derive(Deserialize)]
struct Override {
    person: String,
    from: String,
    until: String,
}

#[derive(Deserialize)]
struct Step {
    tell: Vec<String>,
    wait: u64,
    says: String,
}

/// A group, as the API tells of it.
#[derive(Deserialize)]
struct Group {
    name: String,
    people: Vec<Person>,
    zone: String,
    rotation: Option<Rotation>,
    overrides: Vec<Override>,
    steps: Vec<Step>,
    repeat: u8,
    from: Option<String>,
    resolve_by_reply: bool,
    #[serde(default)]
    report_by_text: bool,
}

#[derive(Default, Deserialize)]
struct Groups {
    groups: Vec<Group>,
}

/// A time in which the same people are on call.
#[derive(Deserialize)]
struct Shift {
    people: Vec<String>,
    from: String,
    until: Option<String>,
}

#[derive(Deserialize)]
struct OnCall {
    shifts: Vec<Shift>,
}

/// What the form of a group has: lists as lines.
#[derive(Clone, Default)]
struct Draft {
    name: String,
    people: String,
    zone: String,
    turns: String,
    start: String,
    days: String,
    overrides: String,
    steps: String,
    repeat: String,
    from: String,
    by_reply: bool,
    by_text: bool,
}

impl Draft {
    fn read(form: &Form) -> Self {
        let get = |name: &str| form.get(name).to_owned();
        Self {
            name: get("name"),
            people: get("people"),
            zone: get("zone"),
            turns: get("turns"),
            start: get("start"),
            days: get("days"),
            overrides: get("overrides"),
            steps: get("steps"),
            repeat: get("repeat"),
            from: get("from"),
            by_reply: form.get("by_reply") == "on",
            by_text: form.get("by_text") == "on",
        }
    }

    /// A group as its form shows it.
    fn of(group: &Group) -> Self {
        let lines = |lines: Vec<String>| lines.join("\n");
        let person = |person: &Person| format!("{} {}", person.name, person.number);
        let step = |step: &Step| format!("{}: {}s", step.tell.join(", "), step.wait);
        let stands_in = |it: &Override| format!("{} {} {}", it.person, it.from, it.until);
        let rotation = group.rotation.as_ref();
        Self {
            name: group.name.clone(),
            people: lines(group.people.iter().map(person).collect()),
            zone: group.zone.clone(),
            turns: rotation.map_or_else(String::new, |rotation| rotation.people.join(", ")),
            start: rotation.map_or_else(String::new, |rotation| rotation.start.clone()),
            days: rotation.map_or_else(String::new, |rotation| rotation.days.to_string()),
            overrides: lines(group.overrides.iter().map(stands_in).collect()),
            steps: lines(group.steps.iter().map(step).collect()),
            repeat: group.repeat.to_string(),
            from: group.from.clone().unwrap_or_default(),
            by_reply: group.resolve_by_reply,
            by_text: group.report_by_text,
        }
    }

    /// The document of the API.
    fn document(&self) -> Result<Value, Failed> {
        let mut document = Map::new();
        let people: Result<Vec<Value>, Failed> = rows(&self.people).map(person).collect();
        document.insert("people".into(), people?.into());
        document.insert("resolve_by_reply".into(), self.by_reply.into());
        document.insert("report_by_text".into(), self.by_text.into());
        for (name, text) in [("zone", &self.zone), ("from", &self.from)] {
            if !text.is_empty() {
                document.insert(name.into(), json!(text));
            }
        }
        if !self.start.is_empty() {
            let days = number("days", if self.days.is_empty() { "7" } else { &self.days })?;
            let rotation = json!({ "people": words(&self.turns), "start": self.start, "days": days });
            document.insert("rotation".into(), rotation);
        }
        if !self.repeat.is_empty() {
            document.insert("repeat".into(), number("repeat", &self.repeat)?.into());
        }
        let overrides: Result<Vec<Value>, Failed> = rows(&self.overrides).map(stands_in).collect();
        document.insert("overrides".into(), overrides?.into());
        document.insert("steps".into(), rows(&self.steps).map(step).collect::<Vec<_>>().into());
        Ok(document.into())
    }
}

fn rows(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty())
}

fn words(text: &str) -> Vec<&str> {
    text.split(',').map(str::trim).filter(|word| !word.is_empty()).collect()
}

fn number(field: &str, text: &str) -> Result<u16, Failed> {
    text.parse().map_err(|_| Failed::wrong(field, &format!("'{text}' is no whole number")))
}

/// Somebody: `ann +447700900001`.
fn person(line: &str) -> Result<Value, Failed> {
    let wrong = || Failed::wrong("people", &format!("'{line}' has no number: write ann +447700900001"));
    let (name, number) = line.split_once(char::is_whitespace).ok_or_else(wrong)?;
    Ok(json!({ "name": name, "number": number.trim() }))
}

/// Who stands in: `ann 2030-12-24T09:00 2030-12-27T09:00`.
fn stands_in(line: &str) -> Result<Value, Failed> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let [person, from, until] = words.as_slice() else {
        let detail = format!("'{line}' is no time: write ann 2030-12-24T09:00 2030-12-27T09:00");
        return Err(Failed::wrong("overrides", &detail));
    };
    Ok(json!({ "person": person, "from": from, "until": until }))
}

/// A step: `on_call, next: 5m`.
fn step(line: &str) -> Value {
    match line.split_once(':') {
        Some((tell, wait)) => json!({ "tell": words(tell), "wait": wait.trim() }),
        None => json!({ "tell": words(line) }),
    }
}

/// A group of the list, with who is on call.
struct Listed {
    group: Group,
    now: Vec<String>,
}

#[derive(Template)]
#[template(path = "on_call.html")]
struct OnCallPage {
    frame: Frame,
    owner: Owner,
    groups: Vec<Listed>,
    draft: Draft,
    failed: Option<Failed>,
}

#[derive(Template)]
#[template(path = "on_call_group.html")]
struct GroupPage {
    frame: Frame,
    owner: Owner,
    group: Group,
    shifts: Vec<Shift>,
    draft: Draft,
    failed: Option<Failed>,
}

impl OnCallPage {
    fn tabs(&self) -> [(&str, String, bool); 3] {
        tabs(&self.frame, &self.owner, HERE)
    }

    fn one(&self, name: &str) -> String {
        self.owner.at(&format!("{HERE}/{name}"), &[])
    }
}

impl GroupPage {
    fn back(&self) -> String {
        self.owner.at(HERE, &[])
    }
}

pub(in crate::pages) async fn list(visitor: Visitor, RawQuery(query): RawQuery) -> Response {
    let form = Form::read(query.unwrap_or_default().as_bytes());
    let draft = Draft {
        by_reply: true,
        zone: visitor.liked.zone.iana_name().unwrap_or("UTC").into(),
        ..Draft::default()
    };
    visitor.show(listed(&visitor, &form, draft, None).await)
}

async fn listed(
    visitor: &Visitor,
    form: &Form,
    draft: Draft,
    failed: Option<Failed>,
) -> Result<OnCallPage, Failed> {
    let owner = Owner::of(visitor, form).await?;
    let Groups { groups } = owner.list(visitor, "/v1/alerts/groups", &[]).await?;
    let mut shown = Vec::new();
    for group in groups {
        let now = shifts(visitor, &owner, &group.name, "1").await?;
        let now = now.into_iter().next().map_or_else(Vec::new, |shift| shift.people);
        shown.push(Listed { group, now });
    }
    Ok(OnCallPage { frame: visitor.frame("alerts", "On call"), owner, groups: shown, draft, failed })
}

async fn shifts(visitor: &Visitor, owner: &Owner, group: &str, limit: &str) -> Result<Vec<Shift>, Failed> {
    let at = path(&["alerts", "groups", group, "on-call"]);
    let OnCall { shifts } = owner.ask(visitor).get(&at, &[("limit", limit)]).await?;
    Ok(shifts)
}

pub(in crate::pages) async fn one(
    visitor: Visitor,
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let form = Form::read(query.unwrap_or_default().as_bytes());
    visitor.show(shown(&visitor, &name, &form, None).await)
}

async fn shown(
    visitor: &Visitor,
    name: &str,
    form: &Form,
    failed: Option<(Draft, Failed)>,
) -> Result<GroupPage, Failed> {
    let owner = Owner::of(visitor, form).await?;
    let group: Group = owner.ask(visitor).get(&path(&["alerts", "groups", name]), &[]).await?;
    let shifts = shifts(visitor, &owner, name, "10").await?;
    let (draft, failed) = match failed {
        Some((draft, failed)) => (draft, Some(failed)),
        None => (Draft::of(&group), None),
    };
    Ok(GroupPage { frame: visitor.frame("alerts", "On call"), owner, group, shifts, draft, failed })
}

/// Declares a group. What is wrong is shown above the form, which keeps what it had.
pub(in crate::pages) async fn keep(visitor: Visitor, body: Bytes) -> Response {
    let form = Form::read(&body);
    let (draft, account) = (Draft::read(&form), form.get("account"));
    let done: Result<(), Failed> = async {
        let at = path(&["alerts", "groups", form.needed("name")?]);
        ask(&visitor, account).act(Method::PUT, &at, Some(&draft.document()?)).await
    }
    .await;
    let Err(failed) = done else {
        let to = address(&format!("{HERE}/{}", draft.name), account, &[("done", "changed")]);
        return Redirect::to(&to).into_response();
    };
    let kept = Some((draft.clone(), failed.clone()));
    if let Ok(page) = shown(&visitor, &draft.name, &form, kept).await {
        return (StatusCode::UNPROCESSABLE_ENTITY, render(&page)).into_response();
    }
    match listed(&visitor, &form, draft, Some(failed.clone())).await {
        Ok(page) => (StatusCode::UNPROCESSABLE_ENTITY, render(&page)).into_response(),
        Err(_) => visitor.refused(failed, HERE),
    }
}

/// Removes a group, for which its name must be typed.
pub(in crate::pages) async fn delete(visitor: Visitor, Path(name): Path<String>, body: Bytes) -> Response {
    let form = Form::read(&body);
    let account = form.get("account");
    let done: Result<(), Failed> = async {
        form.confirmed(&name)?;
        ask(&visitor, account).act(Method::DELETE, &path(&["alerts", "groups", &name]), None).await
    }
    .await;
    match done {
        Ok(()) => Redirect::to(&address(HERE, account, &[("done", "deleted")])).into_response(),
        Err(failed) => visitor.refused(failed, &address(&format!("{HERE}/{name}"), account, &[])),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_become_a_group() {
        let form = Form::read(
            b"name=ops&people=ann+%2B447700900001%0D%0Abob+%2B447700900002&zone=Europe%2FLondon&turns=ann%2C+bob&start=2030-01-07T09%3A00\
              &days=&overrides=bob+2030-12-24T09%3A00+2030-12-27T09%3A00&steps=on_call%3A+5m%0D%0Aeverybody&repeat=2&from=60006&by_reply=on&by_text=on",
        );
        assert_eq!(
            Draft::read(&form).document().unwrap(),
            json!({
                "people": [{ "name": "ann", "number": "+447700900001" }, { "name": "bob", "number": "+447700900002" }],
                "zone": "Europe/London", "from": "60006", "repeat": 2, "resolve_by_reply": true, "report_by_text": true,
                "rotation": { "people": ["ann", "bob"], "start": "2030-01-07T09:00", "days": 7 },
                "overrides": [{ "person": "bob", "from": "2030-12-24T09:00", "until": "2030-12-27T09:00" }],
                "steps": [{ "tell": ["on_call"], "wait": "5m" }, { "tell": ["everybody"] }],
            })
        );
    }

    #[test]
    fn a_group_stays_what_it_is_through_its_form() {
        let group: Group = serde_json::from_value(json!({
            "name": "ops", "people": [{ "name": "ann", "number": "+447700900001" }], "zone": "UTC", "repeat": 2, "resolve_by_reply": true,
            "report_by_text": true, "rotation": { "people": ["ann"], "start": "2030-01-07T09:00:00", "days": 14 }, "overrides": [],
            "steps": [{ "tell": ["on_call", "next"], "wait": 300, "says": "text" }],
        }))
        .unwrap();
        let document = Draft::of(&group).document().unwrap();
        assert_eq!(document["steps"], json!([{ "tell": ["on_call", "next"], "wait": "300s" }]));
        assert_eq!(document["rotation"]["days"], 14);
        assert_eq!(document["report_by_text"], true);
    }

    #[test]
    fn mistakes_name_their_field() {
        for (field, draft) in [
            ("people", Draft { people: "ann".into(), ..Draft::default() }),
            ("overrides", Draft { overrides: "ann tomorrow".into(), ..Draft::default() }),
            ("repeat", Draft { repeat: "often".into(), ..Draft::default() }),
        ] {
            assert_eq!(draft.document().unwrap_err().field.as_deref(), Some(field));
        }
    }
}
