//! The command palette: pages, actions and things by their names, as somebody types.

use super::messages::names;
use crate::api::{path, with_query};
use crate::form::Form;
use crate::frame::Frame;
use crate::visitor::{Visitor, render};
use askama::Template;
use axum::extract::RawQuery;
use axum::response::Response;

/// The most entries that are shown.
const FOUND_MAX: usize = 12;

/// An entry of the palette.
struct Entry {
    /// What it is, for people.
    kind: String,
    label: String,
    address: String,
    /// The same question to the API, if there is one.
    curl: Option<String>,
}

/// What pages of the navigation ask of the API, first of all.
const ASKED: [(&str, &str); 21] = [
    ("live", "/v1/traffic"),
    ("messages", "/v1/messages"),
    ("templates", "/v1/templates"),
    ("campaigns", "/v1/campaigns"),
    ("contacts", "/v1/contacts"),
    ("inbox", "/v1/conversations"),
    ("alerts", "/v1/alerts"),
    ("appointments", "/v1/appointments"),
    ("verifications", "/v1/verifications"),
    ("broadcasts", "/v1/broadcasts"),
    ("opt-outs", "/v1/opt-outs"),
    ("upstreams", "/v1/upstreams"),
    ("routes", "/v1/routes"),
    ("numbers", "/v1/numbers"),
    ("automation", "/v1/rules"),
    ("quality", "/v1/quality"),
    ("unmatched", "/v1/receipts/unmatched"),
    ("accounts", "/v1/accounts"),
    ("reports", "/v1/reports"),
    ("users", "/v1/users"),
    ("system", "/v1/nodes"),
];

/// A question to the API, for a shell.
fn curl(path: &str) -> String {
    format!("curl -H \"Authorization: Bearer $POSTRIDER_KEY\" \"$POSTRIDER_URL{path}\"")
}

#[derive(Template)]
#[template(path = "found.html")]
struct FoundPart {
    frame: Frame,
    entries: Vec<Entry>,
}

/// Kinds of things: as the API calls them, and what somebody needs to see them.
const THINGS: [(&str, &str); 4] = [
    ("accounts", "read_accounts"),
    ("upstreams", "read_configuration"),
    ("tariffs", "read_prices"),
    ("users", "read_users"),
];

/// Actions: their addresses, what somebody needs, and whether it is for those alone who see all accounts.
const ACTIONS: [(&str, &str, bool); 18] = [
    ("/console/compose", "send_messages", false),
    ("/console/campaigns#make", "send_messages", false),
    ("/console/contact-import", "send_messages", false),
    ("/console/broadcasts#make", "send_messages", false),
    ("/console/appointments#make", "send_messages", false),
    ("/console/verifications#start", "send_messages", false),
    ("/console/new-upstream", "write_configuration", true),
    ("/console/add/routes", "write_configuration", true),
    ("/console/add/limits", "write_configuration", true),
    ("/console/add/numbers", "write_configuration", true),
    ("/console/add/rules", "write_configuration", true),
    ("/console/message-actions", "operate", true),
    ("/console/schedules", "send_messages", false),
    ("/console/accounts#add", "write_accounts", true),
    ("/console/users#add", "write_users", true),
    ("/console/tariffs#import", "write_prices", true),
    ("/console/opt-outs", "write_consent", false),
    ("/console/first", "write_configuration", true),
];

pub(super) async fn found(visitor: Visitor, RawQuery(query): RawQuery) -> Response {
    let form = Form::read(query.unwrap_or_default().as_bytes());
    let wanted = form.get("q");
    let frame = visitor.frame("", "Find");
    let mut entries = places(&frame, wanted);
    entries.extend(actions(&frame, wanted));
    if !wanted.is_empty() {
        entries.extend(things(&visitor, &frame, wanted).await);
        entries.truncate(FOUND_MAX - 1);
        if frame.may("read_messages") {
            let kind = frame.t("Messages").to_owned();
            let address = with_query("/console/messages", &[("q", wanted)]);
            let curl = Some(curl(&with_query("/v1/messages", &[("to", wanted)])));
            entries.push(Entry { kind, label: frame.t1("Search for {0}", wanted), address, curl });
        }
    }
    entries.truncate(FOUND_MAX);
    render(&FoundPart { frame, entries })
}

/// Whether a label has what is searched for, each word of it somewhere.
fn fits(label: &str, wanted: &str) -> bool {
    let label = label.to_lowercase();
    wanted.to_lowercase().split_whitespace().all(|word| label.contains(word))
}

fn places(frame: &Frame, wanted: &str) -> Vec<Entry> {
    let entry = |place: &'static str| Entry {
        kind: frame.t("Page").to_owned(),
        label: frame.label(place).to_owned(),
        address: format!("/console/{place}"),
        curl: ASKED.iter().find(|(known, _)| *known == place).map(|(_, path)| curl(path)),
    };
    let places = frame.places().map(|place| place.name);
    places.filter(|place| fits(frame.label(place), wanted) || fits(place, wanted)).map(entry).collect()
}

fn actions(frame: &Frame, wanted: &str) -> Vec<Entry> {
    let is_theirs = |needs: &str, of_all: bool| frame.may(needs) && (!of_all || frame.sees_all());
    let actions = ACTIONS.into_iter().filter(|(_, needs, of_all)| is_theirs(needs, *of_all));
    let labels = actions.map(|(address, _, _)| (address, label(frame, address)));
    let entry = |(address, label): (&str, &str)| Entry {
        kind: frame.t("Action").to_owned(),
        label: label.to_owned(),
        address: address.to_owned(),
        curl: None,
    };
    labels.filter(|(_, label)| fits(label, wanted)).map(entry).collect()
}

/// What an action is called.
fn label<'t>(frame: &'t Frame, address: &str) -> &'t str {
    match address {
        "/console/compose" => frame.t("Write a message"),
        "/console/campaigns#make" => frame.t("Prepare a campaign"),
        "/console/contact-import" => frame.t("Import contacts"),
        "/console/broadcasts#make" => frame.t("Arm a broadcast"),
        "/console/appointments#make" => frame.t("Make an appointment"),
        "/console/verifications#start" => frame.t("Verify a number"),
        "/console/new-upstream" => frame.t("Add an upstream"),
        "/console/add/routes" => frame.t("Add a route"),
        "/console/add/limits" => frame.t("Add a limit"),
        "/console/add/numbers" => frame.t("Add a number"),
        "/console/add/rules" => frame.t("Add a rule"),
        "/console/message-actions" => frame.t("Cancel or move many messages"),
        "/console/schedules" => frame.t("Make a schedule"),
        "/console/accounts#add" => frame.t("Add an account"),
        "/console/users#add" => frame.t("Add a user"),
        "/console/tariffs#import" => frame.t("Import a tariff"),
        "/console/opt-outs" => frame.t("Add an opt-out"),
        _ => frame.t("Text a simulated phone"),
    }
}

/// What is declared with such a name. A kind that can't be listed has none.
async fn things(visitor: &Visitor, frame: &Frame, wanted: &str) -> Vec<Entry> {
    let mut entries = Vec::new();
    for (kind, needs) in THINGS {
        if !frame.may(needs) || !frame.sees_all() {
            continue;
        }
        let names = names(visitor, kind).await.unwrap_or_default();
        let entry = |name: String| {
            let address = format!("/console/{kind}/{name}");
            let curl = Some(curl(&path(&[kind, &name])));
            Entry { kind: frame.label(kind).to_owned(), label: name, address, curl }
        };
        entries.extend(names.into_iter().filter(|name| fits(name, wanted)).map(entry));
    }
    entries
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_word_must_be_somewhere() {
        assert!(fits("Unmatched receipts", "rec un") && fits("Live", ""));
        assert!(!fits("Unmatched receipts", "rec x"));
    }
}
