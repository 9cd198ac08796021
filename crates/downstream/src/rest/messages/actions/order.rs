//! What is ordered in the background, as it is kept: the request without what is its caller's alone, with moments in the place of
//! lengths of time.

use super::{ActionRequest, wrong};
use crate::rest::moment;
use crate::rest::payload::parse;
use crate::rest::problem::Problem;
use postrider_core::rules::Rules;
use postrider_core::time::Time;
use serde_json::Value;
use std::time::Duration;

/// Members of a request that aren't part of the order.
const OF_THE_CALL: [&str; 4] = ["dry_run", "cursor", "background", "reason"];

/// The order in a request, if nothing is wrong with it. What is accepted after now is not meant.
pub(super) fn order(
    request: &ActionRequest,
    body: &[u8],
    rules: &Rules,
    now: Time,
) -> Result<Value, Problem> {
    if request.cursor.is_some() {
        return Err(wrong("cursor", "in the background all messages are looked at: leave out 'cursor'"));
    }
    request.reason()?;
    request.waiting(rules, now)?;
    let (filter, _) = request.select.read(request.action, rules, now)?;
    let mut order: Value = parse(body)?;
    if let Some(members) = order.as_object_mut() {
        OF_THE_CALL.iter().for_each(|name| drop(members.remove(*name)));
        let select = members.entry("select").or_insert_with(|| Value::Object(Default::default()));
        if let Some(since) = filter.since {
            select["since"] = moment::write(since).into();
        }
        let until = filter.until.unwrap_or(now + Duration::from_millis(1));
        select["until"] = moment::write(until).into();
    }
    Ok(order)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn of(body: &str) -> Result<Value, Option<Box<str>>> {
        let request: ActionRequest = parse(body.as_bytes()).unwrap();
        order(&request, body.as_bytes(), &Rules::default(), Time(10_000_000)).map_err(|problem| problem.field)
    }

    #[test]
    fn an_order_is_the_request_with_moments() {
        let body = r#"{"action":"cancel","select":{"since":"1h","classes":["otp"]},"reason":"x","dry_run":false,"background":true}"#;
        let expected = json!({ "action": "cancel", "select": {
            "since": "1970-01-01T01:46:40.000Z", "until": "1970-01-01T02:46:40.001Z", "classes": ["otp"],
        }});
        assert_eq!(of(body), Ok(expected));
        let until = of(r#"{"action":"resend","select":{"until":"1h"}}"#).unwrap();
        assert_eq!(until["select"], json!({ "until": "1970-01-01T01:46:40.000Z" }));
        let again: ActionRequest = parse(until.to_string().as_bytes()).unwrap();
        assert!(again.dry_run && !again.background, "it says what is done, and not whether");
    }

    #[test]
    fn what_is_wrong_is_said_before_it_begins() {
        for (body, field) in [
            (r#"{"action":"cancel","cursor":"7"}"#, "cursor"),
            (r#"{"action":"move"}"#, "to"),
            (r#"{"action":"cancel","select":{"upstream":"nowhere"}}"#, "upstream"),
            (r#"{"action":"cancel","reason":"two\nlines"}"#, "reason"),
        ] {
            assert_eq!(of(body).unwrap_err().as_deref(), Some(field), "{body}");
        }
    }
}
