//! Numbers that handsets write to: whose they are, and where their messages go.

use super::routes::written;
use crate::api::Failed;
use crate::frame::Frame;
use crate::visitor::Visitor;
use askama::Template;
use axum::response::Response;
use serde::Deserialize;
use serde_json::Value;

#[derive(Template)]
#[template(path = "numbers.html")]
struct NumbersPage {
    frame: Frame,
    numbers: Vec<Number>,
}

#[derive(Deserialize)]
struct Numbers {
    numbers: Vec<Number>,
}

#[derive(Deserialize)]
struct Number {
    name: String,
    number: Option<String>,
    account: Option<String>,
    #[serde(default)]
    aliases: Vec<String>,
    #[serde(default)]
    keywords: Value,
    #[serde(default)]
    deliver_to: Value,
    #[serde(default)]
    upstreams: Vec<String>,
    origin: String,
}

impl Number {
    /// The number itself: its name, unless it has another one.
    fn number(&self) -> &str {
        self.number.as_deref().unwrap_or(&self.name)
    }

    fn deliver_to(&self) -> String {
        written(&self.deliver_to)
    }

    /// Keywords with their accounts: `JOIN → shop`.
    fn keywords(&self) -> Vec<String> {
        let fields = self.keywords.as_object();
        fields.into_iter().flatten().map(|(word, account)| format!("{word} → {}", written(account))).collect()
    }
}

pub(super) async fn list(visitor: Visitor) -> Response {
    let numbers: Result<Numbers, Failed> = visitor.ask.get("/v1/numbers", &[]).await;
    let page = |Numbers { numbers }| NumbersPage { frame: visitor.frame("numbers", "Numbers"), numbers };
    visitor.show(numbers.map(page))
}
