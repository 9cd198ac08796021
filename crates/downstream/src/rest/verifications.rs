//! Verifications over HTTP: one-time passwords by message and by authenticator apps.

mod authenticators;
mod check;
mod export;
mod list;
mod start;
mod test_numbers;
mod view;

pub(super) use authenticators::*;
pub(super) use check::*;
pub(super) use export::*;
pub(super) use list::*;
pub(super) use start::*;
pub(super) use test_numbers::*;

use super::problem::Problem;
use crate::rest::routing::{ApiRoutes, routes};
use axum::http::StatusCode;
use postrider_apps::verification::{Held, NotChecked, NotStarted};
use postrider_core::contract::StoreError;
use postrider_core::time::Time;

/// The routes of verifications.
pub(super) fn routes() -> ApiRoutes {
    ApiRoutes::default()
        .routes(routes!(start_verification, list_verifications))
        .routes(routes!(verification, cancel_verification))
        .routes(routes!(check_verification))
        .routes(routes!(check_number))
        .routes(routes!(export_verifications))
        .routes(routes!(list_test_numbers))
        .routes(routes!(set_test_number, remove_test_number))
        .routes(routes!(enrol_authenticator))
        .routes(routes!(authenticator, remove_authenticator))
        .routes(routes!(check_authenticator))
}

fn missing() -> Problem {
    Problem::not_found("there is no such verification")
}

/// A limit holds something back: 429, with when there is room again.
fn held(held: &Held, detail: &str, now: Time) -> Problem {
    let problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, held.code, detail);
    let until = super::moment::write(held.until);
    problem.later(held.until.since(now)).with("until", until.into())
}

fn not_started(error: NotStarted, now: Time) -> Problem {
    let detail = error.to_string();
    match error {
        NotStarted::Form(wrong) => {
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_form", wrong.detail).at(wrong.field)
        }
        NotStarted::Refused(refusal) => Problem::from(&refusal),
        NotStarted::Held(it) => held(&it, &detail, now),
        NotStarted::Busy(busy) => busy.into(),
        NotStarted::Store(error) => error.into(),
        NotStarted::NoRandomness(_) => StoreError::Unavailable(detail).into(),
    }
}

fn not_checked(error: NotChecked, now: Time) -> Problem {
    let detail = error.to_string();
    match error {
        NotChecked::Missing => Problem::not_found(detail),
        NotChecked::Held(it) => held(&it, &detail, now),
        NotChecked::Store(error) => error.into(),
        NotChecked::NoRandomness(_) => StoreError::Unavailable(detail).into(),
    }
}
