//! Automation: the rules that answer handsets, and a tester that says which would act, and why.

use super::routes::written;
use crate::api::Failed;
use crate::form::Form;
use crate::frame::Frame;
use crate::visitor::Visitor;
use askama::Template;
use axum::extract::RawQuery;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Map, Value, json};

#[derive(Template)]
#[template(path = "automation.html")]
struct AutomationPage {
    frame: Frame,
    rules: Vec<Rule>,
    tried: Trial,
    outcome: Option<Outcome>,
    failed: Option<Failed>,
}

#[derive(Deserialize)]
struct Rules {
    rules: Vec<Rule>,
}

#[derive(Deserialize)]
struct Rule {
    name: String,
    account: Option<String>,
    #[serde(default = "yes")]
    enabled: bool,
    #[serde(default)]
    when: Map<String, Value>,
    #[serde(default)]
    then: Map<String, Value>,
    origin: String,
}

const fn yes() -> bool {
    true
}

impl Rule {
    fn when(&self) -> Vec<(String, String)> {
        lines(&self.when)
    }

    fn then(&self) -> Vec<(String, String)> {
        lines(&self.then)
    }
}

/// Settings that are as usual, which say nothing.
const USUAL: [(&str, &str); 7] = [
    ("event", "received"),
    ("typos", "true"),
    ("zone", "UTC"),
    ("lasting", "1m"),
    ("later", "0s"),
    ("stop", "true"),
    ("wait", "10m"),
];

/// The settings that are given, with their values in a line.
fn lines(fields: &Map<String, Value>) -> Vec<(String, String)> {
    let given = fields.iter().map(|(name, value)| (name.replace('_', " "), written(value)));
    let is_usual = |name: &str, value: &str| USUAL.contains(&(name, value));
    given.filter(|(name, value)| !value.is_empty() && value != "false" && !is_usual(name, value)).collect()
}

/// A message from a handset that is tried.
struct Trial {
    from: String,
    to: String,
    text: String,
}

/// What would happen.
#[derive(Deserialize)]
struct Outcome {
    account: Option<String>,
    actions: Vec<Map<String, Value>>,
    considered: Vec<Considered>,
}

#[derive(Deserialize)]
struct Considered {
    rule: String,
    acts: bool,
    reason: String,
}

impl Outcome {
    /// Each action: what is done, and with what.
    fn actions(&self) -> Vec<(String, Vec<(String, String)>)> {
        let action = |fields: &Map<String, Value>| {
            let others: Map<_, _> = fields
                .iter()
                .filter(|(name, _)| *name != "action")
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect();
            (fields.get("action").map_or_else(String::new, written).replace('_', " "), lines(&others))
        };
        self.actions.iter().map(action).collect()
    }
}

pub(super) async fn page(visitor: Visitor, RawQuery(query): RawQuery) -> Response {
    let form = Form::read(query.unwrap_or_default().as_bytes());
    let [from, to, text] = ["from", "to", "text"].map(|name| form.get(name).to_owned());
    visitor.show(shown(&visitor, Trial { from, to, text }).await)
}

async fn shown(visitor: &Visitor, tried: Trial) -> Result<AutomationPage, Failed> {
    let Rules { rules } = visitor.ask.get("/v1/rules", &[]).await?;
    let (outcome, failed) = if tried.to.is_empty() {
        (None, None)
    } else {
        let message = json!({ "from": tried.from, "to": tried.to, "text": tried.text });
        match visitor.ask.post("/v1/rules/test", &message).await {
            Ok(outcome) => (Some(outcome), None),
            Err(failed) => (None, Some(failed)),
        }
    };
    Ok(AutomationPage { frame: visitor.frame("automation", "Automation"), rules, tried, outcome, failed })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_are_shown_with_what_they_need() {
        let outcome = json!({
            "actions": [{ "action": "send", "rule": "hello", "to": "+447700900123", "text": "Hi", "from": null }],
            "considered": [{ "rule": "hello", "acts": true, "reason": "the keyword is there" }],
        });
        let outcome: Outcome = serde_json::from_value(outcome).unwrap();
        let [(action, fields)] = &outcome.actions()[..] else { panic!("one action") };
        assert_eq!((action.as_str(), fields.len()), ("send", 3));
    }
}
