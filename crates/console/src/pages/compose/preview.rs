//! A draft as it will arrive: encoding, parts, characters that cost, and the way that the first recipient's message takes.

use super::{Draft, groups};
use crate::amount::Amount;
use crate::api::{Failed, with_query};
use crate::form::Form;
use crate::frame::Frame;
use crate::pages::explanation::Explanation;
use crate::pages::owned::ask;
use crate::visitor::{Visitor, render};
use askama::Template;
use axum::body::Bytes;
use axum::response::Response;
use serde::Deserialize;
use serde_json::json;

/// The part of the page that shows a draft.
#[derive(Template)]
#[template(path = "compose_preview.html")]
struct PreviewPart {
    frame: Frame,
    shown: Option<Shown>,
    /// Why it could not be sent.
    failed: Option<Failed>,
    recipients: u64,
    /// Whether contacts of groups are among them, whose messages may differ in price.
    has_groups: bool,
    from: String,
}

struct Shown {
    measured: Measured,
    pieces: Vec<Piece>,
    explained: Option<Explanation>,
}

/// What the API says of a text.
#[derive(Deserialize)]
struct Measured {
    encoding: String,
    parts: u64,
    characters: Option<u64>,
    units_left: u64,
    units_per_part: u64,
    forced_by: Vec<Cost>,
}

/// A character that the GSM alphabet lacks.
#[derive(Deserialize)]
struct Cost {
    character: char,
    instead: Option<String>,
}

/// A piece of the text: plain, or one character that costs.
#[derive(Debug, PartialEq, Eq)]
struct Piece {
    text: String,
    /// Whether it costs, and what could stand in its place.
    costs: Option<Option<String>>,
}

impl PreviewPart {
    /// What all messages cost, if each costs what the first does, with the currency.
    fn total(&self) -> Option<(String, &str)> {
        let price = self.shown.as_ref()?.explained.as_ref()?.price.as_ref()?;
        let total = Amount::read(&price.total).times(self.recipients);
        Some((self.frame.amount(&total.to_string()), &price.currency))
    }

    /// The sender as the recipient sees it, as far as that is known.
    fn sender(&self) -> &str {
        let explained = self.shown.as_ref().and_then(|shown| shown.explained.as_ref());
        match explained.and_then(|explained| explained.from.as_deref()) {
            Some(from) => from,
            None if self.from.is_empty() => self.frame.t("The account's own"),
            None => &self.from,
        }
    }
}

/// Shows a draft.
pub(in crate::pages) async fn preview(visitor: Visitor, body: Bytes) -> Response {
    let draft = Draft::read(&Form::read(&body));
    let (shown, failed) = match shown(&visitor, &draft).await {
        Ok(shown) => (shown, None),
        Err(failed) => (None, Some(failed)),
    };
    let members = groups::members(&ask(&visitor, &draft.account), &draft.groups).await;
    let recipients = draft.recipients().len() as u64 + members.unwrap_or(0);
    let (frame, has_groups) = (visitor.frame("compose", "Compose"), !draft.groups.is_empty());
    render(&PreviewPart { frame, shown, failed, recipients, has_groups, from: draft.from })
}

async fn shown(visitor: &Visitor, draft: &Draft) -> Result<Option<Shown>, Failed> {
    if draft.text.trim().is_empty() {
        return Ok(None);
    }
    let measured: Measured =
        visitor.ask.post("/v1/messages/preview", &json!({ "to": [], "text": draft.text })).await?;
    let explained = match draft.recipients().first() {
        None => None,
        Some(to) => {
            let message = draft.message(&json!(to), visitor)?;
            let address = with_query("/v1/messages/explain", &[("account", &draft.account)]);
            Some(visitor.ask.post(&address, &message).await?)
        }
    };
    Ok(Some(Shown { pieces: pieces(&draft.text, &measured.forced_by), measured, explained }))
}

/// The text with each character that costs apart.
fn pieces(text: &str, costs: &[Cost]) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    for character in text.chars() {
        let costs = costs.iter().find(|cost| cost.character == character).map(|cost| cost.instead.clone());
        match pieces.last_mut() {
            Some(last) if costs.is_none() && last.costs.is_none() => last.text.push(character),
            _ => pieces.push(Piece { text: character.to_string(), costs }),
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_that_cost_stand_apart() {
        let costs =
            [Cost { character: '’', instead: Some("'".into()) }, Cost { character: '😀', instead: None }];
        let piece = |text: &str, costs| Piece { text: text.into(), costs };
        assert_eq!(
            pieces("It’s 😀", &costs),
            [
                piece("It", None),
                piece("’", Some(Some("'".into()))),
                piece("s ", None),
                piece("😀", Some(None))
            ]
        );
        assert_eq!(pieces("", &costs), []);
    }
}
