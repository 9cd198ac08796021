//! Numbers that nobody seems to have, as our own messages show: listed, looked at, and cleared.

use super::Rest;
use super::answer::json;
use super::caller::ByAdministrator;
use super::list::{self, PageQuery};
use super::problem::{Problem, ProblemDocument};
use super::query::pairs;
use crate::rest::moment;
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use postrider_core::dead::{DeadRule, Unreached};
use postrider_core::number::Number;
use postrider_core::submission::Refusal;
use postrider_core::time::Time;
use serde::Serialize;
use std::str::FromStr;
use std::sync::Arc;
use utoipa::ToSchema;

/// A number that messages did not reach, and none since.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = DeadNumber)]
pub(super) struct DeadNumberView {
    /// The number in international form.
    number: String,
    /// Whether it counts as dead: messages to it are refused, unless the account's `refuse_to` leaves that out.
    dead: bool,
    /// How many messages failed.
    failures: u32,
    /// When the first of them failed.
    #[schema(format = "date-time")]
    first: String,
    /// When the last of them failed.
    #[schema(format = "date-time")]
    last: String,
    /// When it is forgotten, if nothing fails until then.
    #[schema(format = "date-time")]
    until: String,
}

/// Dead numbers.
#[derive(Serialize, ToSchema)]
pub(super) struct DeadNumberList {
    /// The numbers, the last that failed first.
    dead_numbers: Vec<DeadNumberView>,
    /// The cursor of the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

impl DeadNumberView {
    fn of(unreached: &Unreached, rule: DeadRule, now: Time) -> Self {
        Self {
            number: unreached.number.to_string(),
            dead: unreached.is_dead(rule, now),
            failures: unreached.failures,
            first: moment::write(unreached.first),
            last: moment::write(unreached.last),
            until: moment::write(unreached.until(rule)),
        }
    }
}

/// The last number of a page.
struct Behind(Time, Number);

impl FromStr for Behind {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (last, digits) = text.split_once('-').ok_or(())?;
        let number = Number::from_digits(digits.parse().map_err(drop)?).ok_or(())?;
        Ok(Self(Time(last.parse().map_err(drop)?), number))
    }
}

/// Lists dead numbers: messages to them failed for good (`dead_numbers` of the settings says how often and how long), and none was
/// delivered since.
#[utoipa::path(
    get, path = "/v1/dead-numbers", tag = "operations", operation_id = "listDeadNumbers", params(PageQuery),
    responses(
        (status = 200, description = "Dead numbers, the last that failed first.", body = DeadNumberList),
        (status = "4XX", description = "The request is wrong.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn list(
    State(rest): State<Arc<Rest>>,
    _administrator: ByAdministrator,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let (mut limit, mut behind) = (list::PAGE, None);
    for (name, value) in pairs(query.as_deref().unwrap_or_default(), &["limit", "cursor"])? {
        match &*name {
            "limit" => limit = list::limit(&value)?,
            _ => behind = list::cursor(&value)?.map(|Behind(last, number)| (last, number)),
        }
    }
    let found = rest.dead_numbers.dead_numbers(behind, limit + 1).await?;
    let (rule, now) = (rest.dead_numbers.rule(), rest.live.now());
    let (page, next) = list::page(&found, limit, |it| format!("{}-{}", it.last.0, it.number.digits()));
    let dead_numbers = page.iter().map(|it| DeadNumberView::of(it, rule, now)).collect();
    Ok(json(StatusCode::OK, &DeadNumberList { dead_numbers, next }))
}

fn read(number: &str) -> Result<Number, Problem> {
    let number = Number::parse_recipient(number);
    number.map_err(|why| Problem::from(&Refusal::Recipient(why)).at("number"))
}

fn missing() -> Problem {
    Problem::not_found("no message to the number failed, or one was delivered since")
}

/// Shows what is kept of a number that messages did not reach, dead or not yet.
#[utoipa::path(
    get, path = "/v1/dead-numbers/{number}", tag = "operations", operation_id = "getDeadNumber",
    params(("number" = String, Path, description = "The number in international form, such as `+447700900123`.")),
    responses(
        (status = 200, description = "What is kept of it.", body = DeadNumberView),
        (status = 404, description = "No message to it failed, or one was delivered since.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 422, description = "It is no number.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn show(
    State(rest): State<Arc<Rest>>,
    _administrator: ByAdministrator,
    Path(number): Path<String>,
) -> Result<Response, Problem> {
    let found = rest.dead_numbers.unreached(read(&number)?).await?.ok_or_else(missing)?;
    let view = DeadNumberView::of(&found, rest.dead_numbers.rule(), rest.live.now());
    Ok(json(StatusCode::OK, &view))
}

/// Clears a number: its failures are forgotten, and messages to it are accepted again.
///
/// Other nodes hear of it within half a minute.
#[utoipa::path(
    delete, path = "/v1/dead-numbers/{number}", tag = "operations", operation_id = "clearDeadNumber",
    params(("number" = String, Path, description = "The number in international form, such as `+447700900123`.")),
    responses(
        (status = 204, description = "It is cleared."),
        (status = 404, description = "No message to it failed, or one was delivered since.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 422, description = "It is no number.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn clear(
    State(rest): State<Arc<Rest>>,
    _administrator: ByAdministrator,
    Path(number): Path<String>,
) -> Result<StatusCode, Problem> {
    let is_cleared = rest.dead_numbers.clear(read(&number)?).await?;
    if is_cleared { Ok(StatusCode::NO_CONTENT) } else { Err(missing()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_shown_with_its_failures() {
        let number = Number::from_digits(447_700_900_123).unwrap();
        let (first, last) = (Time(0), Time(3 * 86_400_000));
        let unreached = Unreached { number, failures: 3, first, last };
        let view = DeadNumberView::of(&unreached, DeadRule::default(), last);
        assert_eq!(
            serde_json::to_value(view).unwrap(),
            serde_json::json!({
                "number": "+447700900123", "dead": true, "failures": 3, "first": "1970-01-01T00:00:00.000Z",
                "last": "1970-01-04T00:00:00.000Z", "until": "1970-04-04T00:00:00.000Z",
            })
        );
    }

    #[test]
    fn a_cursor_is_the_last_of_a_page() {
        let read = |text: &str| text.parse::<Behind>().map(|Behind(last, number)| (last.0, number.digits()));
        assert_eq!(read("259200000-447700900123"), Ok((259_200_000, 447_700_900_123)));
        for wrong in ["", "5", "x-447700900123", "5-0", "5-x"] {
            assert_eq!(read(wrong), Err(()), "{wrong}");
        }
    }
}
