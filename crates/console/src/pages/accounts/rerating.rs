//! What an account was charged for messages of some days, and would be by its tariff as it is now; and the correction of it.

use crate::amount::Amount;
use crate::api::{Failed, path};
use crate::form::Form;
use crate::frame::Frame;
use crate::texts::title;
use crate::visitor::{Visitor, render};
use askama::Template;
use axum::body::Bytes;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::json;

/// What was found, as the API tells of it.
#[derive(Deserialize)]
struct Found {
    days: String,
    currency: Option<String>,
    messages: u64,
    parts: u64,
    charged: String,
    rerated: String,
    corrected: String,
    owed: String,
    open: u64,
    unpriced: u64,
    repriced: Vec<Repriced>,
    repriced_more: u64,
}

#[derive(Deserialize)]
struct Repriced {
    id: String,
    to: String,
    parts: u64,
    before: String,
    now: String,
    charged: String,
    rerated: String,
}

#[derive(Template)]
#[template(path = "rerating.html")]
struct ReratingPage {
    frame: Frame,
    name: String,
    form: Form,
    found: Option<Result<Found, Failed>>,
}

impl Found {
    fn is_owed(&self) -> bool {
        !Amount::read(&self.owed).is_zero()
    }
}

pub(in crate::pages) async fn page(visitor: Visitor, Path(name): Path<String>) -> Response {
    visitor.show(filled(&visitor, name, Form::default(), None))
}

fn filled(
    visitor: &Visitor,
    name: String,
    form: Form,
    found: Option<Result<Found, Failed>>,
) -> Result<ReratingPage, Failed> {
    if !visitor.who.sees_all() || !visitor.who.may("write_prices") {
        return Err(Failed::forbidden());
    }
    let frame = visitor.frame("accounts", title("Price again"));
    Ok(ReratingPage { frame, name, form, found })
}

/// Looks at the messages of the days of a form; posts the difference if its amount was typed.
pub(in crate::pages) async fn rerate(visitor: Visitor, Path(name): Path<String>, body: Bytes) -> Response {
    let form = Form::read(&body);
    let back = format!("/console/accounts/{name}");
    let posts = !form.get("amount").is_empty();
    let asked = async {
        let since = form.needed("since")?;
        let until = Some(form.get("until")).filter(|until| !until.is_empty());
        if posts && form.get("amount") != form.get("again") {
            let failed = Failed::new(
                StatusCode::BAD_REQUEST,
                "not_confirmed",
                "nothing was posted: the amounts differ",
            );
            return Err(Failed { field: Some("again".to_owned()), ..failed });
        }
        let document = json!({ "since": since, "until": until, "post": posts });
        visitor.ask.post::<Found>(&path(&["accounts", &name, "reratings"]), &document).await
    };
    match asked.await {
        Ok(_) if posts => Redirect::to(&format!("{back}/statement?done=corrected")).into_response(),
        Err(failed) if failed.code == "proof_needed" => visitor.refused(failed, &format!("{back}/rerating")),
        found => {
            let status = found.as_ref().err().map_or(StatusCode::OK, |failed| failed.status);
            match filled(&visitor, name, form, Some(found)) {
                Ok(page) => (status, render(&page)).into_response(),
                Err(failed) => visitor.refused(failed, &back),
            }
        }
    }
}
