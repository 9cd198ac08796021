//! Messages as a file: the list that the page shows, without its limit of one page.

use super::message::Message;
use super::{Filter, MessageList};
use crate::api::Failed;
use crate::preferences::Preferences;
use crate::visitor::Visitor;
use crate::when;
use axum::body::{Body, Bytes};
use axum::extract::RawQuery;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use futures_util::stream::unfold;
use std::convert::Infallible;

/// The most messages of a file.
const MESSAGES_MAX: usize = 100_000;
/// The messages that are asked for at once.
const AT_ONCE: &str = "500";

/// A file that is being written.
struct Export {
    visitor: Visitor,
    filter: Filter,
    written: usize,
    is_over: bool,
    first: Option<MessageList>,
}

/// Writes the messages of a filter as CSV (RFC 4180), as they are found.
pub(in crate::pages) async fn export(visitor: Visitor, RawQuery(query): RawQuery) -> Response {
    if !visitor.who.may("export") {
        return visitor.show(Err::<super::MessagesPage, _>(Failed::forbidden()));
    }
    let filter = Filter::read(query.as_deref());
    // Pages of the list need no proof; a file of all of them does, as other exports do.
    if visitor.who.proof_needed {
        return visitor.refused(Failed::unproved(), &filter.address("/console/messages", filter.by, ""));
    }
    let mut export = Export { visitor, filter, written: 0, is_over: false, first: None };
    // What is wrong with the filter is told before a file begins.
    match export.look().await {
        Ok(list) => export.first = Some(list),
        Err(failed) => return export.visitor.show(Err::<super::MessagesPage, _>(failed)),
    }
    let rows = unfold(export, async |mut export| {
        let octets = export.next().await?;
        Some((Ok::<_, Infallible>(octets), export))
    });
    let headers = [
        (CONTENT_TYPE, "text/csv; charset=utf-8"),
        (CONTENT_DISPOSITION, "attachment; filename=\"messages.csv\""),
    ];
    (headers, Body::from_stream(rows)).into_response()
}

impl Export {
    async fn look(&self) -> Result<MessageList, Failed> {
        let mut asked = self.filter.asked(self.filter.by);
        asked.push(("limit", AT_ONCE));
        self.visitor.ask.get("/v1/messages", &asked).await
    }

    /// The next rows; `None` at the end.
    async fn next(&mut self) -> Option<Bytes> {
        if self.is_over {
            return None;
        }
        let mut octets = String::new();
        let list = match self.first.take() {
            Some(first) => {
                octets = head(&self.visitor.liked);
                first
            }
            // A file that breaks off says so.
            None => match self.look().await {
                Ok(list) => list,
                Err(failed) => {
                    self.is_over = true;
                    return Some(format!("\"incomplete: {}\"\r\n", failed.detail).into());
                }
            },
        };
        self.written += list.messages.len();
        for message in &list.messages {
            octets.push_str(&row(message, &self.visitor.liked));
        }
        self.is_over = list.next.is_none() || self.written >= MESSAGES_MAX;
        self.filter.cursor = list.next.unwrap_or_default();
        Some(octets.into())
    }
}

/// The names of the columns. Times are in the zone of the page, which is named.
fn head(liked: &Preferences) -> String {
    let zone = liked.zone.iana_name().unwrap_or("UTC");
    format!(
        "id,accepted ({zone}),state,to,from,account,upstream,parts,done ({zone}),error,carrier code,reference\r\n"
    )
}

fn row(message: &Message, liked: &Preferences) -> String {
    let time = |at: Option<&str>| {
        let at = at.and_then(when::read).map(|at| at.to_zoned(liked.zone.clone()));
        at.map_or_else(String::new, |at| at.strftime("%Y-%m-%d %H:%M:%S").to_string())
    };
    let error = message.error.as_ref();
    let cells = [
        message.id.clone(),
        time(Some(&message.created_at)),
        message.state.clone(),
        // Without its plus a number is neither a formula nor text.
        message.to.trim_start_matches('+').to_owned(),
        text(message.from.as_deref().map(|from| from.trim_start_matches('+'))),
        text(message.account.as_deref()),
        text(message.upstream.as_deref()),
        message.parts.to_string(),
        time(message.done_at.as_deref()),
        text(error.map(|error| error.code.as_str())),
        text(error.and_then(|error| error.carrier_code.as_deref())),
        text(message.reference.as_deref()),
    ];
    cells.map(|cell| quoted(&cell)).join(",") + "\r\n"
}

/// A text from elsewhere, which no spreadsheet takes for a formula.
fn text(text: Option<&str>) -> String {
    let text = text.unwrap_or_default();
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() }
}

fn quoted(cell: &str) -> String {
    if cell.contains([',', '"', '\r', '\n']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_row_is_safe_in_a_spreadsheet() {
        let message = json!({
            "id": "381234567890123456", "account": "a,b", "state": "failed", "to": "+447700900123", "from": "=HYPERLINK(1)",
            "class": "bulk", "parts": 2, "reference": "say \"hi\"", "created_at": "2030-01-31T09:00:00.000Z",
            "due_at": "2030-01-31T09:00:00.000Z", "expires_at": "2030-02-01T09:00:00.000Z", "possible_duplicate": false,
        });
        let liked = Preferences::default().with("zone", "Europe/Vienna");
        assert!(head(&liked).contains("accepted (Europe/Vienna)"));
        assert_eq!(
            row(&serde_json::from_value(message).unwrap(), &liked),
            "381234567890123456,2030-01-31 10:00:00,failed,447700900123,'=HYPERLINK(1),\"a,b\",,2,,,,\"say \"\"hi\"\"\"\r\n"
        );
    }
}
