//! Top-ups. Each has an idempotency key, so that one that is repeated is made once.

use super::entries::EntryView;
use super::{BalanceView, of_name, view};
use crate::rest::Rest;
use crate::rest::answer::json;
use crate::rest::caller::ByAdministrator;
use crate::rest::messages::{conflict, key_of};
use crate::rest::payload::{Payload, parse};
use crate::rest::problem::{Problem, ProblemDocument};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use postrider_core::contract::{Added, Posted, Posting};
use postrider_core::money::{Amount, EntryKind, NotAnAmount};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;

/// The longest note, in octets.
const NOTE_MAX: usize = 500;

/// Credit to be added.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TopUpRequest)]
pub(in crate::rest) struct TopUpRequest {
    /// How much, in the currency of the account's billing: a decimal number in a text. Below zero it is taken away.
    #[schema(example = "100.00")]
    amount: Option<String>,
    /// In the place of `amount`: as much as is lacking until so much is available; nothing if nothing is lacking. So of several that
    /// answer one low balance, one adds.
    #[schema(example = "100.00")]
    to: Option<String>,
    /// What it is for, up to 500 octets.
    note: Option<String>,
}

/// A top-up that was made.
#[derive(Serialize, ToSchema)]
#[schema(as = TopUp)]
pub(in crate::rest) struct TopUpView {
    /// Its entry.
    entry: EntryView,
    /// The balance now.
    balance: BalanceView,
}

/// Adds credit to an account's balance. The header `Idempotency-Key` is needed: with the same key and amount nothing is added
/// again, and the answer (200 instead of 201) shows the entry that was made. Keys are remembered for good.
#[utoipa::path(
    post, path = "/v1/accounts/{name}/top-ups", tag = "money", operation_id = "topUpAccount", request_body = TopUpRequest,
    params(
        ("name" = String, Path, description = "The account's name."),
        ("Idempotency-Key" = String, Header, description = "1 to 255 characters, one key for each top-up."),
    ),
    responses(
        (status = 201, description = "It is in the balance.", body = TopUpView),
        (status = 200, description = "It was in the balance before, or nothing was lacking.", body = TopUpView),
        (status = "4XX", description = "Nothing was added.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(in crate::rest) async fn top_up(
    State(rest): State<Arc<Rest>>,
    ByAdministrator(who): ByAdministrator,
    Path(name): Path<String>,
    headers: HeaderMap,
    Payload(body): Payload,
) -> Result<Response, Problem> {
    let request: TopUpRequest = parse(&body)?;
    let key = key_of(&headers)?.ok_or_else(keyless)?;
    let added = added(request.amount.as_deref(), request.to.as_deref())?;
    if request.note.as_ref().is_some_and(|note| note.len() > NOTE_MAX) {
        return Err(invalid("note", format!("a note has at most {NOTE_MAX} octets")));
    }
    let rules = rest.live.rules();
    let account =
        of_name(&name, &rules).map_err(|_| Problem::not_found(format!("there is no account '{name}'")))?;
    let billing = account.billing.as_ref().ok_or_else(|| unbilled(&name))?;
    let posting = Posting {
        account: account.id,
        currency: billing.currency(),
        kind: EntryKind::TopUp,
        added,
        limit: None,
        key: key.into(),
        note: request.note.map(Into::into),
        who,
        at: rest.live.now(),
    };
    let (status, entry, balance) = match rest.credits.post(posting).await? {
        Posted::Now(entry, balance) if entry.posted == Amount::ZERO => (StatusCode::OK, entry, balance),
        Posted::Now(entry, balance) => (StatusCode::CREATED, entry, balance),
        Posted::Before(entry, balance) => (StatusCode::OK, entry, balance),
        Posted::Conflict | Posted::Unpaid => return Err(conflict()),
    };
    let balance = view(account.id, billing.currency(), balance, false, &rules);
    Ok(json(status, &TopUpView { entry: EntryView::of(&entry, &rules), balance }))
}

/// What a request adds.
fn added(amount: Option<&str>, to: Option<&str>) -> Result<Added, Problem> {
    let read = |field: &'static str, text: &str| {
        text.parse::<Amount>().map_err(|why: NotAnAmount| invalid(field, why.to_string()))
    };
    match (amount, to) {
        (Some(amount), None) => match read("amount", amount)? {
            Amount::ZERO => Err(invalid("amount", "nothing is added by 0.00".to_owned())),
            amount => Ok(Added::Amount(amount)),
        },
        (None, Some(to)) => match read("to", to)? {
            target if target <= Amount::ZERO => Err(invalid("to", format!("{target} is not above zero"))),
            target => Ok(Added::UpTo(target)),
        },
        (None, None) => Err(invalid("amount", "give an amount, or `to`".to_owned())),
        (Some(_), Some(_)) => Err(invalid("to", "give an amount or `to`, not both".to_owned())),
    }
}

fn keyless() -> Problem {
    let detail = "a top-up needs the header Idempotency-Key, so that a repetition is not a second one";
    Problem::bad("idempotency_key_needed", detail).at("Idempotency-Key")
}

fn invalid(field: &'static str, detail: String) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_top_up", detail).at(field)
}

pub(super) fn unbilled(name: &str) -> Problem {
    let detail = format!("the account '{name}' is not billed: give it a table `billing` first");
    Problem::new(StatusCode::CONFLICT, "not_billed", detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_top_up_has_an_amount_or_a_target() {
        let read = |amount, to| added(amount, to).map_err(|problem| problem.field.unwrap_or_default());
        let units = |units: i64| Amount(units * 1_000_000);
        assert_eq!(read(Some("10"), None), Ok(Added::Amount(units(10))));
        assert_eq!(read(Some("-10"), None), Ok(Added::Amount(units(-10))));
        assert_eq!(read(None, Some("100.00")), Ok(Added::UpTo(units(100))));
        for (amount, to, field) in [
            (None, None, "amount"),
            (Some("0"), None, "amount"),
            (Some("ten"), None, "amount"),
            (None, Some("0"), "to"),
            (None, Some("-5"), "to"),
            (Some("1"), Some("2"), "to"),
        ] {
            assert_eq!(read(amount, to).unwrap_err(), field.into(), "{amount:?} {to:?}");
        }
    }
}
