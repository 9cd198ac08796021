//! Test numbers: fixed codes without messages.

use crate::rest::Rest;
use crate::rest::answer::json;
use crate::rest::caller::{ByAccount, Owned};
use crate::rest::payload::{Payload, parse};
use crate::rest::problem::{Problem, ProblemDocument};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use postrider_apps::verification::TestNumber;
use postrider_core::account::Account;
use postrider_core::number::Number;
use postrider_core::submission::Refusal;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;

/// The fixed code of a number.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::rest) struct TestNumberRequest {
    /// The code, 4 to 10 digits.
    #[schema(pattern = "^[0-9]{4,10}$")]
    code: String,
}

/// A number with a fixed code.
#[derive(Serialize, ToSchema)]
#[schema(as = TestNumber)]
pub(in crate::rest) struct TestNumberView {
    /// The number.
    number: String,
    /// Its code.
    code: String,
}

/// The test numbers of an account.
#[derive(Serialize, ToSchema)]
pub(in crate::rest) struct TestNumberList {
    /// The numbers.
    test_numbers: Vec<TestNumberView>,
}

fn number(text: &str, account: &Account) -> Result<Number, Problem> {
    let number = Number::parse_recipient_in(text, account.country);
    number.map_err(|error| Problem::from(&Refusal::Recipient(error)).at("number"))
}

/// Lists the account's test numbers, which get a fixed code and no message.
#[utoipa::path(
    get, path = "/v1/verifications/test-numbers", operation_id = "listTestNumbers", tag = "verifications",
    responses((status = 200, description = "The test numbers.", body = TestNumberList)),
)]
pub(in crate::rest) async fn list_test_numbers(
    State(rest): State<Arc<Rest>>,
    owned: Owned,
) -> Result<Response, Problem> {
    let found = rest.apps.verifications.test_numbers(owned.account.id).await?;
    let view = |TestNumber { number, code }| TestNumberView { number: number.into(), code: code.into() };
    let test_numbers = found.into_iter().map(view).collect();
    Ok(json(StatusCode::OK, &TestNumberList { test_numbers }))
}

/// Gives a number a fixed code, for tests. Verifications of it send no message, and no limit of sending counts them.
#[utoipa::path(
    put, path = "/v1/verifications/test-numbers/{number}", operation_id = "setTestNumber", tag = "verifications",
    request_body = TestNumberRequest, params(("number" = String, Path, description = "The number, with `+` written as `%2B`.")),
    responses(
        (status = 200, description = "The test number.", body = TestNumberView),
        (status = "4XX", description = "The request is wrong.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(in crate::rest) async fn set_test_number(
    State(rest): State<Arc<Rest>>,
    ByAccount(account): ByAccount,
    Path(given): Path<String>,
    Payload(body): Payload,
) -> Result<Response, Problem> {
    let number = number(&given, &account)?;
    let TestNumberRequest { code } = parse(&body)?;
    if !TestNumber::is_code(&code) {
        let detail = "code must have 4 to 10 digits";
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_verification", detail).at("code"));
    }
    rest.apps.verifications.set_test_number(account.id, number, Some(&code)).await?;
    Ok(json(StatusCode::OK, &TestNumberView { number: number.to_string(), code }))
}

/// Makes a test number an ordinary one again.
#[utoipa::path(
    delete, path = "/v1/verifications/test-numbers/{number}", operation_id = "removeTestNumber", tag = "verifications",
    params(("number" = String, Path, description = "The number, with `+` written as `%2B`.")),
    responses(
        (status = 204, description = "It is an ordinary number."),
        (status = 404, description = "It is no test number.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 422, description = "It is no number.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(in crate::rest) async fn remove_test_number(
    State(rest): State<Arc<Rest>>,
    ByAccount(account): ByAccount,
    Path(given): Path<String>,
) -> Result<Response, Problem> {
    let number = number(&given, &account)?;
    if rest.apps.verifications.set_test_number(account.id, number, None).await? {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    Err(Problem::not_found("this number is no test number of the account"))
}
