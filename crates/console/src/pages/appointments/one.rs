//! One appointment: its reminders, the answer, and what is done about it.

use super::{Appointment, HERE};
use crate::api::path;
use crate::form::Form;
use crate::frame::Frame;
use crate::pages::owned::{Owner, ask, leads};
use crate::texts::title;
use crate::visitor::Visitor;
use askama::Template;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery};
use axum::http::Method;
use axum::response::Response;
use serde_json::json;

#[derive(Template)]
#[template(path = "appointment.html")]
struct AppointmentPage {
    frame: Frame,
    owner: Owner,
    it: Appointment,
}

impl AppointmentPage {
    fn back(&self) -> String {
        self.owner.at(HERE, &[])
    }
}

pub(in crate::pages) async fn show(
    visitor: Visitor,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let form = Form::read(query.unwrap_or_default().as_bytes());
    let page = async {
        let owner = Owner::of(&visitor, &form).await?;
        let it = owner.ask(&visitor).get(&path(&["appointments", &id]), &[]).await?;
        Ok(AppointmentPage { frame: visitor.frame("appointments", title("Appointment")), owner, it })
    };
    visitor.show(page.await)
}

/// Gives it another time.
pub(in crate::pages) async fn move_to(visitor: Visitor, Path(id): Path<String>, body: Bytes) -> Response {
    let form = Form::read(&body);
    let done = async {
        let at = json!({ "at": form.needed("at")? });
        let address = path(&["appointments", &id, "move"]);
        ask(&visitor, form.get("account")).act(Method::POST, &address, Some(&at)).await
    };
    leads(&visitor, done.await.map(|()| "moved"), &format!("{HERE}/{id}"), form.get("account"))
}

/// Cancels it. Its recipient isn't told.
pub(in crate::pages) async fn cancel(visitor: Visitor, Path(id): Path<String>, body: Bytes) -> Response {
    let form = Form::read(&body);
    let account = form.get("account");
    let done = ask(&visitor, account).act(Method::DELETE, &path(&["appointments", &id]), None).await;
    leads(&visitor, done.map(|()| "withdrawn"), &format!("{HERE}/{id}"), account)
}
