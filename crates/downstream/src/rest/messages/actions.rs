//! Actions on many messages that wait, and messages that ended undelivered, sent again.

mod jobs;
mod order;
mod resend;
mod selection;

pub(in crate::rest) use jobs::*;

use crate::rest::Rest;
use crate::rest::answer::json;
use crate::rest::caller::ByAdministrator;
use crate::rest::list;
use crate::rest::moment;
use crate::rest::payload::{Payload, parse};
use crate::rest::problem::{Problem, ProblemDocument};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use postrider_core::contract::{Action, BULK_MAX, Bulk, BulkDone, Filter};
use postrider_core::id::MessageId;
use postrider_core::rules::Rules;
use postrider_core::sender::Sender;
use postrider_core::submission::SCHEDULE_MAX;
use postrider_core::time::Time;
use postrider_declare::ClassWord;
use selection::SelectionDocument;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;

/// The longest reason, in characters.
const REASON_MAX: usize = 200;

/// What is done with the messages of a selection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = MessageAction)]
pub(in crate::rest) enum ActionWord {
    /// Queued messages are canceled.
    Cancel,
    /// Queued messages fail, with the code `ended_by_operator`.
    Fail,
    /// Queued messages go by the upstream in `to`.
    Move,
    /// Queued messages go by the routes in force.
    Reroute,
    /// Queued messages are from the sender in `from`.
    SetSender,
    /// Queued messages are due at the time in `at`. How long they may wait once due stays.
    Reschedule,
    /// Queued messages are of the class in `class` from now on.
    Reclassify,
    /// Queued messages that wait for another attempt, or were held back, are due at once. Scheduled messages keep their time.
    RetryNow,
    /// Queued messages that rules against fraud hold go on.
    Release,
    /// Messages that ended undelivered are sent again, as new messages. One message is sent again once.
    Resend,
}

/// An action on all messages of a selection.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::rest) struct ActionRequest {
    /// What is done.
    action: ActionWord,
    /// Which messages are meant: those that meet all conditions. Default: all.
    #[serde(default)]
    select: SelectionDocument,
    /// The name of the upstream, of `move`.
    #[serde(default)]
    to: Option<String>,
    /// The sender, of `set_sender`.
    #[serde(default)]
    from: Option<String>,
    /// The time, of `reschedule`: RFC 3339.
    #[serde(default)]
    at: Option<String>,
    /// The class, of `reclassify`.
    #[serde(default)]
    class: Option<ClassWord>,
    /// Why, up to 200 characters. The timelines of the messages show it, but for `retry_now` and `reclassify`.
    #[serde(default)]
    reason: Option<String>,
    /// Whether the messages are counted only.
    #[serde(default = "yes")]
    dry_run: bool,
    /// The `next` of the answer before.
    #[serde(default)]
    cursor: Option<String>,
    /// Whether it goes on in the background. The answer comes at once then, with 202, and says where to follow it. Default: `false`.
    #[serde(default)]
    background: bool,
}

const fn yes() -> bool {
    true
}

/// What came of an action.
#[derive(Serialize, ToSchema)]
#[schema(as = MessageActionResult)]
pub(in crate::rest) struct ActionAnswer {
    /// The action.
    action: ActionWord,
    /// Whether messages were counted only.
    dry_run: bool,
    /// Messages that the selection is about.
    selected: usize,
    /// Those with which it was done.
    done: usize,
    /// Those with which it could not be done: they are being sent just now, have been, or can't go that way.
    left: usize,
    /// The `cursor` of the next request, if there are more messages to look at: a request looks at 20,000.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// Acts on all messages of a selection, or counts them.
///
/// A request looks at 20,000 messages, the newest first; `next` says where the following one goes on. Nothing is done unless
/// `dry_run` is false. With `background` all messages that were accepted before the request are counted, and then acted on, also after
/// a restart.
#[utoipa::path(
    post, path = "/v1/messages/actions", operation_id = "actOnMessages", tag = "messages", request_body = ActionRequest,
    responses(
        (status = 200, description = "What was done, or would be.", body = ActionAnswer),
        (status = 202, description = "It goes on in the background, at the address in `Location`.", body = ActionJobView),
        (status = "4XX", description = "Nothing was done.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(in crate::rest) async fn act(
    State(rest): State<Arc<Rest>>,
    ByAdministrator(who): ByAdministrator,
    Payload(body): Payload,
) -> Result<Response, Problem> {
    let request: ActionRequest = parse(&body)?;
    if request.background {
        return jobs::begin(&rest, &request, &body, who).await;
    }
    let before = request.cursor.as_deref().map_or(Ok(None), list::cursor)?;
    let stretch = Stretch { before, most: BULK_MAX, dry_run: request.dry_run };
    let result = carry_out(&rest, &request, &who, stretch).await?;
    Ok(json(StatusCode::OK, &request.answer(result)))
}

/// Some of the messages of a selection.
struct Stretch {
    /// Older than this one.
    before: Option<MessageId>,
    /// How many are looked at.
    most: usize,
    /// Whether they are counted only.
    dry_run: bool,
}

/// Acts on some of the messages of a selection, or counts them.
async fn carry_out(
    rest: &Rest,
    request: &ActionRequest,
    who: &str,
    stretch: Stretch,
) -> Result<BulkDone, Problem> {
    let (rules, now) = (rest.live.rules(), rest.live.now());
    let (filter, selector) = request.select.read(request.action, &rules, now)?;
    let filter = Filter { before: stretch.before, ..filter };
    let reason = request.reason()?;
    match request.waiting(&rules, now)? {
        Some(action) => {
            let reason = reason.map(|reason| format!("{reason} ({who})").into());
            let Stretch { most, dry_run, .. } = stretch;
            Ok(rest.archive.act(Bulk { filter, selector, action, reason, dry_run, most }).await?)
        }
        None => resend::resend(rest, filter, &selector, &stretch, &rules).await,
    }
}

impl ActionRequest {
    /// The action on messages that wait; `None` for one on those that ended.
    fn waiting(&self, rules: &Rules, now: Time) -> Result<Option<Action>, Problem> {
        self.check_fields()?;
        let upstream = self.to.as_deref().map(|name| selection::upstream("to", name, rules)).transpose()?;
        let needs = |field: &str| wrong(field, format!("the action needs '{field}'"));
        Ok(match self.action {
            ActionWord::Cancel => Some(Action::Cancel),
            ActionWord::Fail => Some(Action::Fail),
            ActionWord::Reroute => Some(Action::Reroute),
            ActionWord::SetSender => {
                let text = self.from.as_deref().ok_or_else(|| needs("from"))?;
                let sender = Sender::parse(text).map_err(|why| wrong("from", why.to_string()))?;
                Some(Action::SetSender(sender))
            }
            ActionWord::Reschedule => {
                let text = self.at.as_deref().ok_or_else(|| needs("at"))?;
                let at = moment::read(text).map_err(|why| wrong("at", why))?;
                if at > now + SCHEDULE_MAX {
                    return Err(wrong("at", "the time must be within a year"));
                }
                Some(Action::Reschedule(at.max(now)))
            }
            ActionWord::Move => Some(Action::Move(upstream.ok_or_else(|| needs("to"))?)),
            ActionWord::Reclassify => {
                Some(Action::Reclassify(self.class.ok_or_else(|| needs("class"))?.into()))
            }
            ActionWord::RetryNow => Some(Action::RetryNow),
            ActionWord::Release => Some(Action::Release),
            ActionWord::Resend => None,
        })
    }

    /// Notes what is given and is of another action.
    fn check_fields(&self) -> Result<(), Problem> {
        for (field, is_given, action, word) in [
            ("to", self.to.is_some(), ActionWord::Move, "move"),
            ("from", self.from.is_some(), ActionWord::SetSender, "set_sender"),
            ("at", self.at.is_some(), ActionWord::Reschedule, "reschedule"),
            ("class", self.class.is_some(), ActionWord::Reclassify, "reclassify"),
        ] {
            if is_given && self.action != action {
                let detail = format!("'{field}' is for the action '{word}'; conditions are in 'select'");
                return Err(wrong(field, detail));
            }
        }
        Ok(())
    }

    fn reason(&self) -> Result<Option<&str>, Problem> {
        let reason = self.reason.as_deref().map(str::trim).filter(|reason| !reason.is_empty());
        if reason
            .is_some_and(|reason| reason.chars().count() > REASON_MAX || reason.chars().any(char::is_control))
        {
            return Err(wrong("reason", format!("a reason has one line of at most {REASON_MAX} characters")));
        }
        Ok(reason)
    }

    fn answer(&self, result: BulkDone) -> ActionAnswer {
        ActionAnswer {
            action: self.action,
            dry_run: self.dry_run,
            selected: result.selected,
            done: result.done,
            left: result.left,
            next: result.next.map(|next| next.to_string()),
        }
    }
}

fn wrong(field: &str, detail: impl Into<Box<str>>) -> Problem {
    Problem::bad("invalid_request", detail).at(field)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Result<Option<Action>, Option<Box<str>>> {
        let request: ActionRequest = parse(body.as_bytes()).map_err(|problem| problem.field)?;
        request.reason().map_err(|problem| problem.field)?;
        request.waiting(&Rules::default(), Time(0)).map_err(|problem| problem.field)
    }

    #[test]
    fn an_action_has_what_it_needs_and_nothing_else() {
        use postrider_core::message::Class;
        for (body, expected) in [
            (r#"{"action":"cancel"}"#, Ok(Some(Action::Cancel))),
            (r#"{"action":"retry_now","reason":"the link is back"}"#, Ok(Some(Action::RetryNow))),
            (
                r#"{"action":"reclassify","class":"marketing"}"#,
                Ok(Some(Action::Reclassify(Class::Marketing))),
            ),
            (r#"{"action":"fail","reason":"a mistake"}"#, Ok(Some(Action::Fail))),
            (r#"{"action":"reroute"}"#, Ok(Some(Action::Reroute))),
            (
                r#"{"action":"set_sender","from":"Club"}"#,
                Ok(Some(Action::SetSender(Sender::parse("Club").unwrap()))),
            ),
            (
                r#"{"action":"reschedule","at":"1970-01-02T00:00:00Z"}"#,
                Ok(Some(Action::Reschedule(Time(86_400_000)))),
            ),
            (r#"{"action":"resend"}"#, Ok(None)),
            (r#"{"action":"set_sender"}"#, Err(Some("from".into()))),
            (r#"{"action":"set_sender","from":"a sender that is much too long"}"#, Err(Some("from".into()))),
            (r#"{"action":"cancel","from":"Club"}"#, Err(Some("from".into()))),
            (r#"{"action":"reschedule","at":"soon"}"#, Err(Some("at".into()))),
            (r#"{"action":"reschedule","at":"1990-01-02T00:00:00Z"}"#, Err(Some("at".into()))),
            (r#"{"action":"move"}"#, Err(Some("to".into()))),
            (r#"{"action":"move","to":"nowhere"}"#, Err(Some("to".into()))),
            (r#"{"action":"reclassify"}"#, Err(Some("class".into()))),
            (r#"{"action":"cancel","class":"otp"}"#, Err(Some("class".into()))),
            (r#"{"action":"cancel","reason":"two\nlines"}"#, Err(Some("reason".into()))),
        ] {
            assert_eq!(read(body), expected, "{body}");
        }
        let request: ActionRequest = parse(br#"{"action":"cancel"}"#).unwrap();
        assert!(request.dry_run, "nothing is done by chance");
    }
}
