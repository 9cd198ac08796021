//! Routes: which upstream a number's messages go to, and a tester that says why.

use super::explanation::Explanation;
use super::messages::names;
use super::settings::tabs;
use crate::api::{Failed, with_query};
use crate::form::Form;
use crate::frame::Frame;
use crate::visitor::Visitor;
use askama::Template;
use axum::extract::RawQuery;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Map, Value, json};

#[derive(Template)]
#[template(path = "routes.html")]
struct RoutesPage {
    frame: Frame,
    routes: Vec<Route>,
    accounts: Vec<String>,
    tried: Trial,
    explained: Option<Explanation>,
    failed: Option<Failed>,
}

/// What is tried.
#[derive(Default)]
struct Trial {
    account: String,
    to: String,
    from: String,
    text: String,
}

#[derive(Deserialize)]
struct Routes {
    routes: Vec<Map<String, Value>>,
}

/// A route as a line of the table.
struct Route {
    name: String,
    order: Option<String>,
    conditions: Vec<(String, String)>,
    strategy: String,
    upstreams: Vec<String>,
    origin: String,
}

impl RoutesPage {
    fn tabs(&self) -> Vec<(&str, String, bool)> {
        tabs(&self.frame, "routes")
    }
}

/// Fields of a route that are no conditions.
const OTHER_FIELDS: [&str; 12] = [
    "name",
    "order",
    "strategy",
    "upstreams",
    "costs",
    "weights",
    "explore",
    "least_delivered",
    "rewrite",
    "origin",
    "updated_at",
    "secrets",
];

impl Route {
    fn of(mut document: Map<String, Value>) -> Self {
        let mut take = |name: &str| document.get_mut(name).map(Value::take);
        let text = |value: Option<Value>| value.map_or_else(String::new, |value| written(&value));
        let (name, order) = (text(take("name")), take("order").filter(|order| !order.is_null()));
        let (strategy, origin) = (text(take("strategy")), text(take("origin")));
        let upstreams = take("upstreams").map_or_else(Vec::new, |list| texts(&list));
        let is_met_by_all = |name: &str, value: &Value| MET_BY_ALL.contains(&(name, written(value).as_str()));
        let is_condition = |(name, value): &(&String, &Value)| {
            !OTHER_FIELDS.contains(&name.as_str()) && !is_empty(value) && !is_met_by_all(name, value)
        };
        let conditions = document.iter().filter(is_condition);
        let conditions = conditions.map(|(name, value)| (name.replace('_', " "), written(value))).collect();
        Self { name, order: order.map(|order| written(&order)), conditions, strategy, upstreams, origin }
    }
}

/// Conditions that every message meets, as the API shows them.
const MET_BY_ALL: [(&str, &str); 4] =
    [("parts_min", "1"), ("parts_max", "64"), ("percent", "100"), ("zone", "UTC")];

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(values) => values.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

/// A value of a declaration in a line.
pub(super) fn written(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(_) => texts(value).join(", "),
        other => other.to_string(),
    }
}

fn texts(list: &Value) -> Vec<String> {
    list.as_array().map_or_else(Vec::new, |list| list.iter().map(written).collect())
}

/// The routes, and what would become of a message if one is given.
pub(super) async fn page(visitor: Visitor, RawQuery(query): RawQuery) -> Response {
    let form = Form::read(query.unwrap_or_default().as_bytes());
    let get = |name: &str| form.get(name).to_owned();
    let tried = Trial { account: get("account"), to: get("to"), from: get("from"), text: get("text") };
    visitor.show(shown(&visitor, tried).await)
}

async fn shown(visitor: &Visitor, tried: Trial) -> Result<RoutesPage, Failed> {
    let Routes { routes } = visitor.ask.get("/v1/routes", &[]).await?;
    let accounts = names(visitor, "accounts").await?;
    let (explained, failed) = match explain(visitor, &tried).await {
        Ok(explained) => (explained, None),
        Err(failed) => (None, Some(failed)),
    };
    let mut routes: Vec<Route> = routes.into_iter().map(Route::of).collect();
    routes.sort_by_key(|route| route.order.as_deref().and_then(|order| order.parse::<i64>().ok()));
    Ok(RoutesPage { frame: visitor.frame("routes", "Routes"), routes, accounts, tried, explained, failed })
}

async fn explain(visitor: &Visitor, tried: &Trial) -> Result<Option<Explanation>, Failed> {
    if tried.to.is_empty() {
        return Ok(None);
    }
    let text = if tried.text.is_empty() { "Test" } else { &tried.text };
    let mut message = json!({ "to": tried.to, "text": text });
    if !tried.from.is_empty() {
        message["from"] = json!(tried.from);
    }
    let address = with_query("/v1/messages/explain", &[("account", &tried.account)]);
    visitor.ask.post(&address, &message).await.map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_shows_its_conditions_in_a_line() {
        let document = json!({
            "name": "uk", "order": 5, "prefix": "44", "countries": [], "text_contains": ["a", "b"], "strategy": "cheapest",
            "upstreams": ["acme", "beta"], "percent": 100, "origin": "file",
        });
        let route = Route::of(document.as_object().unwrap().clone());
        assert_eq!((route.name.as_str(), route.order.as_deref()), ("uk", Some("5")));
        let conditions = [("prefix", "44"), ("text contains", "a, b")];
        assert_eq!(route.conditions, conditions.map(|(name, value)| (name.to_owned(), value.to_owned())));
        assert_eq!((route.upstreams.len(), &*route.origin), (2, "file"));
    }
}
