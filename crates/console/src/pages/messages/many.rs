//! Many messages at once: counted, and then canceled, moved, put off, tried again or sent again and so on, with a reason. What was begun
//! goes on in the background.

use crate::api::{Failed, with_query};
use crate::clock;
use crate::form::Form;
use crate::frame::Frame;
use crate::pages::messages::{jobs, names};
use crate::visitor::{Visitor, render};
use askama::Template;
use axum::body::Bytes;
use axum::extract::RawQuery;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::{Map, Value, json};

const HERE: &str = "/console/message-actions";
/// How many requests a page makes that counts, of 20,000 messages each.
const REQUESTS_MAX: usize = 20;
/// From this many messages on their number must be typed.
const TYPED_FROM: u64 = 1_000;
const ACTIONS: [&str; 9] =
    ["cancel", "fail", "move", "reroute", "set_sender", "reschedule", "reclassify", "retry_now", "resend"];
const CLASSES: [&str; 4] = ["emergency", "otp", "transactional", "marketing"];
/// The states that messages are sent again in.
const STATES: [&str; 4] = ["failed", "expired", "rejected", "undelivered"];
/// Conditions with one value, and those with several.
const ONE: [&str; 7] = ["account", "upstream", "reference", "since", "until", "error", "state"];
const SEVERAL: [&str; 7] = ["classes", "countries", "networks", "prefixes", "senders", "routes", "tags"];

/// Messages that were counted, added up over the requests.
#[derive(Default, Deserialize)]
struct Counted {
    selected: u64,
    next: Option<String>,
}

/// What was begun in the background.
#[derive(Deserialize)]
struct Begun {
    id: String,
}

#[derive(Template)]
#[template(path = "message_actions.html")]
struct ManyPage {
    frame: Frame,
    form: Form,
    accounts: Vec<String>,
    upstreams: Vec<String>,
    counted: Option<Counted>,
    /// When they were counted: what is accepted later is not among them. Empty where the form has a time of its own.
    counted_at: String,
    failed: Option<Failed>,
}

impl ManyPage {
    fn action(&self) -> &str {
        ACTIONS.into_iter().find(|action| *action == self.form.get("action")).unwrap_or(ACTIONS[0])
    }

    fn is(&self, name: &str, value: &str) -> bool {
        if name == "action" { self.action() == value } else { self.form.get(name) == value }
    }

    fn actions(&self) -> [(&'static str, &str); 9] {
        ACTIONS.map(|action| (action, self.label(action)))
    }

    fn label(&self, action: &str) -> &str {
        label(&self.frame, action)
    }

    /// The button, with what it does to how many.
    fn verb(&self, count: &u64) -> String {
        let count = self.frame.number(count);
        match self.action() {
            "fail" => self.frame.t1("Let {0} messages fail", count),
            "move" => self.frame.t2("Send {0} messages by {1}", count, self.form.get("to")),
            "reroute" => self.frame.t1("Find the way of {0} messages anew", count),
            "set_sender" => self.frame.t2("Send {0} messages from {1}", count, self.form.get("from")),
            "reschedule" => self.frame.t2("Send {0} messages at {1}", count, self.form.get("at")),
            "reclassify" => self.frame.t2("Make {0} messages {1}", count, self.form.get("class")),
            "retry_now" => self.frame.t1("Try {0} messages at once", count),
            "resend" => self.frame.t1("Send {0} messages again", count),
            _ => self.frame.t1("Cancel {0} messages", count),
        }
    }

    fn must_type(&self, count: &u64) -> bool {
        *count >= TYPED_FROM
    }

    fn classes(&self) -> [&'static str; 4] {
        CLASSES
    }

    fn states(&self) -> [(&'static str, String); 4] {
        STATES.map(|state| (state, self.frame.state(state).word))
    }

    /// All that was chosen, for the form that acts.
    fn chosen(&self) -> Vec<(&'static str, &str)> {
        let names = ["action", "to", "class", "from", "at"].into_iter().chain(ONE).chain(SEVERAL);
        let frozen = ("until", &*self.counted_at);
        let chosen = names.map(|name| (name, self.form.get(name))).chain([frozen]);
        chosen.filter(|(_, value)| !value.is_empty()).collect()
    }
}

/// What an action does, in words.
pub(super) fn label<'f>(frame: &'f Frame, action: &str) -> &'f str {
    match action {
        "fail" => frame.t("Let fail"),
        "move" => frame.t("Send by another upstream"),
        "reroute" => frame.t("Find their way anew"),
        "set_sender" => frame.t("Give another sender"),
        "reschedule" => frame.t("Send at another time"),
        "reclassify" => frame.t("Give another class"),
        "retry_now" => frame.t("Try again at once"),
        "release" => frame.t("Let go on"),
        "resend" => frame.t("Send again"),
        _ => frame.t("Cancel"),
    }
}

/// What a form asks of the API.
fn request(form: &Form, is_dry: bool) -> Value {
    let mut select = Map::new();
    let resends = form.get("action") == "resend";
    for name in ONE.into_iter().filter(|name| resends || !["error", "state"].contains(name)) {
        if !form.get(name).is_empty() {
            select.insert(name.to_owned(), form.get(name).into());
        }
    }
    for name in SEVERAL {
        let values: Vec<_> = form.get(name).split([',', ' ']).filter(|value| !value.is_empty()).collect();
        if !values.is_empty() {
            select.insert(name.to_owned(), values.into());
        }
    }
    let mut request = json!({ "action": form.get("action"), "select": select, "dry_run": is_dry });
    let wanted = match form.get("action") {
        "move" => &["to", "reason"][..],
        "reclassify" => &["class", "reason"],
        "set_sender" => &["from", "reason"],
        _ => &["reason"],
    };
    for name in wanted.iter().filter(|name| !form.get(name).is_empty()) {
        request[name] = form.get(name).into();
    }
    request
}

/// The request of a form, with its times as the API takes them.
fn asked(visitor: &Visitor, form: &Form, is_dry: bool) -> Result<Value, Failed> {
    let mut request = request(form, is_dry);
    if form.get("action") == "reschedule" {
        request["at"] = visitor.moment("at", form.get("at"))?.into();
    }
    Ok(request)
}

/// Counts the messages that a form means. Where there are more than a page looks at, it says so by the place where it goes on.
async fn count(visitor: &Visitor, form: &Form) -> Result<Counted, Failed> {
    let mut request = asked(visitor, form, true)?;
    let mut all = Counted::default();
    for _ in 0..REQUESTS_MAX {
        let one: Counted = visitor.ask.post("/v1/messages/actions", &request).await?;
        all = Counted { selected: all.selected + one.selected, next: one.next };
        match &all.next {
            Some(next) => request["cursor"] = json!(next),
            None => break,
        }
    }
    Ok(all)
}

/// Begins the action in the background.
async fn begin(visitor: &Visitor, form: &Form) -> Result<Begun, Failed> {
    let mut request = asked(visitor, form, false)?;
    request["background"] = json!(true);
    visitor.ask.post("/v1/messages/actions", &request).await
}

async fn filled(visitor: &Visitor, form: Form) -> Result<ManyPage, Failed> {
    if !visitor.who.may("operate") || !visitor.who.sees_all() {
        return Err(Failed::forbidden());
    }
    let frame = visitor.frame("messages", "Many messages at once");
    let (accounts, upstreams) = (names(visitor, "accounts").await?, names(visitor, "upstreams").await?);
    let (counted, counted_at) = (None, String::new());
    Ok(ManyPage { frame, form, accounts, upstreams, counted, counted_at, failed: None })
}

/// The form, and how many messages it means once an action is chosen.
pub(in crate::pages) async fn page(visitor: Visitor, RawQuery(query): RawQuery) -> Response {
    let form = Form::read(query.unwrap_or_default().as_bytes());
    let mut page = match filled(&visitor, form).await {
        Ok(page) => page,
        Err(failed) => return visitor.show(Err::<ManyPage, _>(failed)),
    };
    if page.form.get("count") == "1" {
        let mut form = page.form.clone();
        if form.get("until").is_empty() {
            page.counted_at = clock::now().to_string();
            form.set("until", page.counted_at.clone());
        }
        match count(&visitor, &form).await {
            Ok(counted) => page.counted = Some(counted),
            Err(failed) => page.failed = Some(failed),
        }
    }
    visitor.show(Ok(page))
}

/// Begins it for all that are meant, and leads to where it is followed.
pub(in crate::pages) async fn act(visitor: Visitor, body: Bytes) -> Response {
    let form = Form::read(&body);
    let begun = async {
        let count: u64 = form.get("counted").parse().unwrap_or(TYPED_FROM);
        if count >= TYPED_FROM {
            form.confirmed(&count.to_string())?;
        }
        form.needed("reason")?;
        begin(&visitor, &form).await
    };
    let failed = match begun.await {
        Ok(Begun { id }) => return Redirect::to(&format!("{}/{id}", jobs::HERE)).into_response(),
        Err(failed) => failed,
    };
    match filled(&visitor, form).await {
        Ok(page) if failed.code == "proof_needed" => {
            visitor.refused(failed, &with_query(HERE, &page.chosen()))
        }
        Ok(page) => (failed.status, render(&ManyPage { failed: Some(failed), ..page })).into_response(),
        Err(failed) => visitor.refused(failed, HERE),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_becomes_a_selection() {
        let form = Form::read(b"action=move&to=beta&account=shop&countries=GB,+DE&state=failed&class=otp&reason=outage&since=1h");
        let expected = json!({
            "action": "move", "to": "beta", "reason": "outage", "dry_run": true,
            "select": { "account": "shop", "since": "1h", "countries": ["GB", "DE"] },
        });
        assert_eq!(request(&form, true), expected);
        let again = request(&Form::read(b"action=resend&state=expired&error=0x0B"), false);
        assert_eq!(again["select"], json!({ "state": "expired", "error": "0x0B" }));
    }
}
