//! Contacts and groups over HTTP.

mod export;
mod file;
mod groups;
mod import;
mod imports;
mod one;
mod table;
mod view;

pub(super) use export::*;
pub(super) use groups::*;
pub(super) use import::*;
pub(super) use imports::*;
pub(super) use one::*;
pub(super) use view::ContactView;

use super::problem::Problem;
use crate::rest::routing::{ApiRoutes, routes};
use axum::http::StatusCode;
use postrider_apps::contact::NotKept;
use postrider_core::account::Account;
use postrider_core::number::Number;
use postrider_core::submission::Refusal;

/// The routes of contacts and groups.
pub(super) fn routes() -> ApiRoutes {
    ApiRoutes::default()
        .routes(routes!(list_contacts))
        .routes(routes!(export_contacts))
        .routes(routes!(count_contacts))
        .routes(routes!(import_contacts))
        .routes(routes!(list_imports, make_import))
        .routes(routes!(import_job, delete_import))
        .routes(routes!(apply_import))
        .routes(routes!(undo_import))
        .routes(routes!(import_report))
        .routes(routes!(contact, put_contact, delete_contact))
        .routes(routes!(list_groups))
        .routes(routes!(group, put_group, delete_group))
        .routes(routes!(add_member, remove_member))
}

fn number(text: &str, account: &Account) -> Result<Number, Problem> {
    let number = Number::parse_recipient_in(text, account.country);
    number.map_err(|error| Problem::from(&Refusal::Recipient(error)).at("number"))
}

fn not_kept(error: NotKept) -> Problem {
    let detail = error.to_string();
    match error {
        NotKept::Wrong(wrong) => {
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_contact", wrong.detail).at(wrong.field)
        }
        NotKept::Changed | NotKept::Exists => {
            Problem::new(StatusCode::PRECONDITION_FAILED, "precondition_failed", detail)
        }
        NotKept::Taken(_) => {
            Problem::new(StatusCode::CONFLICT, "external_id_taken", detail).at("external_id")
        }
        NotKept::Store(error) => error.into(),
    }
}
