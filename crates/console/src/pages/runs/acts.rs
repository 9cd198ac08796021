//! What is done with a campaign or a batch: launched, approved, paused, resumed, canceled; tested, paced, filled and deleted.

use super::{Kind, make};
use crate::api::{Failed, path};
use crate::form::Form;
use crate::frame::Frame;
use crate::pages::owned::{address, ask, leads};
use crate::visitor::Visitor;
use askama::Template;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery};
use axum::http::{HeaderMap, Method};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// What an action leads back with.
const DONE: [(&str, &str); 7] = [
    ("arm", "armed"),
    ("launch", "run-launched"),
    ("approve", "approved"),
    ("pause", "paused"),
    ("resume", "resumed"),
    ("cancel", "run-canceled"),
    ("stop", "stopped"),
];

/// What became of added recipients.
#[derive(Deserialize)]
struct Added {
    added: u64,
    doubled: u64,
    invalid: u64,
    mistakes: Vec<Mistake>,
}

#[derive(Deserialize)]
struct Mistake {
    line: u64,
    detail: String,
}

#[derive(Template)]
#[template(path = "run_added.html")]
struct AddedPage {
    frame: Frame,
    added: Added,
    back: String,
}

/// The page of one.
fn here(kind: Kind, id: &str) -> String {
    format!("{}/{id}", kind.here())
}

/// Does it. To cancel, the word must be typed: what is canceled can't be taken up again. So must the word that launches a broadcast;
/// to stop one nothing must be.
pub(in crate::pages) async fn act(
    visitor: Visitor,
    kind: Kind,
    Path((id, action)): Path<(String, String)>,
    body: Bytes,
) -> Response {
    let form = Form::read(&body);
    let account = form.get("account");
    let done = async {
        let known = DONE.iter().find(|(known, _)| *known == action);
        let (action, word) = known.ok_or_else(Failed::not_found)?;
        if *action == "cancel" || (*action == "launch" && kind.is_broadcast()) {
            form.confirmed(action)?;
        }
        ask(&visitor, account).act(Method::POST, &path(&[kind.list(), &id, action]), None).await?;
        Ok(if *action == "launch" && kind.is_broadcast() { "launched" } else { word })
    };
    leads(&visitor, done.await, &here(kind, &id), account)
}

/// Sends its message to some numbers at once.
pub(in crate::pages) async fn test(
    visitor: Visitor,
    kind: Kind,
    Path(id): Path<String>,
    body: Bytes,
) -> Response {
    let form = Form::read(&body);
    let account = form.get("account");
    let done = async {
        form.needed("to")?;
        let wanted =
            json!({ "to": numbers(form.get("to")), "variables": variables(form.whole("variables")) });
        ask(&visitor, account).act(Method::POST, &path(&[kind.list(), &id, "test"]), Some(&wanted)).await
    };
    leads(&visitor, done.await.map(|()| "tested"), &here(kind, &id), account)
}

/// Numbers, separated by lines, commas or semicolons.
fn numbers(text: &str) -> Vec<&str> {
    text.split(['\n', ',', ';']).map(str::trim).filter(|number| !number.is_empty()).collect()
}

/// The values of variables, a line each: `name = Ann`.
fn variables(lines: &str) -> Map<String, Value> {
    let pairs = lines.lines().filter_map(|line| line.split_once('='));
    let value = |text: &str| text.parse::<i64>().map_or_else(|_| json!(text), |number| json!(number));
    pairs.map(|(name, text)| (name.trim().to_owned(), value(text.trim()))).collect()
}

/// Names the text that all others get.
pub(in crate::pages) async fn choose(
    visitor: Visitor,
    kind: Kind,
    Path(id): Path<String>,
    body: Bytes,
) -> Response {
    let form = Form::read(&body);
    let account = form.get("account");
    let done = async {
        let winner = json!({ "variant": form.needed("variant")? });
        ask(&visitor, account).act(Method::PUT, &path(&[kind.list(), &id, "winner"]), Some(&winner)).await
    };
    leads(&visitor, done.await.map(|()| "changed"), &here(kind, &id), account)
}

/// Sets how fast messages are handed in.
pub(in crate::pages) async fn pace(
    visitor: Visitor,
    kind: Kind,
    Path(id): Path<String>,
    body: Bytes,
) -> Response {
    let form = Form::read(&body);
    let account = form.get("account");
    let done = async {
        form.needed("per_minute")?;
        let pace = make::pace(form.get("per_minute"), form.get("ramp"))?;
        ask(&visitor, account).act(Method::PUT, &path(&[kind.list(), &id, "pace"]), pace.as_ref()).await
    };
    leads(&visitor, done.await.map(|()| "changed"), &here(kind, &id), account)
}

/// Adds recipients from a file or a pasted table. Lines of numbers alone need no head.
pub(in crate::pages) async fn add(
    visitor: Visitor,
    kind: Kind,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let form = Form::of(&headers, &body);
    let account = form.get("account");
    let file = form.whole("file");
    let csv = headed(if file.trim().is_empty() { form.whole("csv") } else { file });
    let added = match csv.trim() {
        "" => Err(Failed::wrong("csv", "choose a file, or paste a table")),
        _ => {
            ask(&visitor, account).send_csv(Method::POST, &path(&[kind.list(), &id, "recipients"]), csv).await
        }
    };
    match added {
        Ok(Added { doubled: 0, invalid: 0, .. }) => {
            leads(&visitor, Ok("recipients"), &here(kind, &id), account)
        }
        Ok(added) => {
            let (frame, back) =
                (visitor.frame(kind.place(), "Recipients"), address(&here(kind, &id), account, &[]));
            visitor.show(Ok(AddedPage { frame, added, back }))
        }
        Err(failed) => leads(&visitor, Err(failed), &here(kind, &id), account),
    }
}

/// A table with a head: lines of numbers alone get one.
fn headed(table: &str) -> String {
    let first = table.lines().next().unwrap_or_default();
    let is_number = first.trim().chars().all(|c| c.is_ascii_digit() || "+ -().".contains(c));
    if is_number && !first.trim().is_empty() { format!("to\n{table}") } else { table.to_owned() }
}

/// All recipients as a file, with what became of the message to each.
pub(in crate::pages) async fn export(
    visitor: Visitor,
    kind: Kind,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let account = Form::read(query.unwrap_or_default().as_bytes()).get("account").to_owned();
    let at = path(&[kind.list(), &id, "recipients", "csv"]);
    match ask(&visitor, &account).file(&at, &[], &format!("{}-{id}.csv", kind.list())).await {
        Ok(file) => file,
        Err(failed) => visitor.refused(failed, &visitor.here),
    }
}

/// Deletes one that was not launched, or has ended.
pub(in crate::pages) async fn remove(
    visitor: Visitor,
    kind: Kind,
    Path(id): Path<String>,
    body: Bytes,
) -> Response {
    let form = Form::read(&body);
    let account = form.get("account");
    let done = async {
        form.confirmed("delete")?;
        ask(&visitor, account).act(Method::DELETE, &path(&[kind.list(), &id]), None).await
    };
    match done.await {
        Ok(()) => Redirect::to(&address(kind.here(), account, &[("done", "deleted")])).into_response(),
        Err(failed) => visitor.refused(failed, &address(&here(kind, &id), account, &[])),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recipients_are_pasted_with_a_head_or_without() {
        assert_eq!(headed("+447700900123\n+447700900124"), "to\n+447700900123\n+447700900124");
        assert_eq!(headed("to,name\n+447700900123,Ann"), "to,name\n+447700900123,Ann");
        assert_eq!(headed(""), "");
    }

    #[test]
    fn a_test_has_numbers_and_values() {
        assert_eq!(numbers("+447700900123, +447700900124\r\n"), ["+447700900123", "+447700900124"]);
        assert_eq!(Value::from(variables("name = Ann\nn=3\nx")), json!({ "name": "Ann", "n": 3 }));
    }
}
