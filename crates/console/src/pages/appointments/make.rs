//! An appointment is made of a form.

use super::{HERE, page};
use crate::form::Form;
use crate::pages::owned::{address, ask};
use crate::visitor::{Visitor, render};
use axum::body::Bytes;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// What the form has.
#[derive(Default)]
pub(super) struct Draft {
    pub(super) to: String,
    /// A date and time by the recipient's clocks.
    pub(super) at: String,
    pub(super) zone: String,
    /// How long before it reminders are sent, with commas between.
    pub(super) remind: String,
    pub(super) text: String,
    pub(super) from: String,
    pub(super) reference: String,
}

#[derive(Deserialize)]
struct Made {
    id: String,
}

impl Draft {
    /// An empty form, with the reminders that are usual.
    pub(super) fn usual() -> Self {
        Self { remind: "24h, 2h".into(), ..Self::default() }
    }

    fn read(form: &Form) -> Self {
        let get = |name: &str| form.get(name).to_owned();
        Self {
            to: get("to"),
            at: get("at"),
            zone: get("zone"),
            remind: get("remind"),
            text: form.whole("text").replace("\r\n", "\n"),
            from: get("from"),
            reference: get("reference"),
        }
    }

    /// The document of the API.
    fn document(&self) -> Value {
        let spans: Vec<&str> = self.remind.split([',', '\n', ' ']).filter(|span| !span.is_empty()).collect();
        let mut document = Map::from_iter([
            ("to".to_owned(), json!(self.to)),
            ("at".to_owned(), json!(self.at)),
            ("remind".to_owned(), json!(spans)),
            ("text".to_owned(), json!(self.text)),
        ]);
        for (name, value) in [("zone", &self.zone), ("from", &self.from), ("reference", &self.reference)] {
            if !value.is_empty() {
                document.insert(name.to_owned(), json!(value));
            }
        }
        document.into()
    }
}

/// Makes one. What is wrong is shown above the form, which keeps what it had.
pub(in crate::pages) async fn make(visitor: Visitor, body: Bytes) -> Response {
    let form = Form::read(&body);
    let (draft, account) = (Draft::read(&form), form.get("account"));
    match ask(&visitor, account).post::<Made>("/v1/appointments", &draft.document()).await {
        Ok(Made { id }) => {
            Redirect::to(&address(&format!("{HERE}/{id}"), account, &[("done", "made")])).into_response()
        }
        Err(failed) => match page(&visitor, &form, draft, Some(failed.clone())).await {
            Ok(page) => (StatusCode::UNPROCESSABLE_ENTITY, render(&page)).into_response(),
            Err(_) => visitor.refused(failed, HERE),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_becomes_an_appointment() {
        let form = Form::read(
            b"to=%2B491700000001&at=2030-01-31T14%3A30&zone=&remind=24h%2C+2h&text=See+you+at+%7B%7B+time+%7D%7D&from=60006",
        );
        assert_eq!(
            Draft::read(&form).document(),
            json!({
                "to": "+491700000001", "at": "2030-01-31T14:30", "remind": ["24h", "2h"], "text": "See you at {{ time }}",
                "from": "60006",
            })
        );
    }
}
