//! Actions that go on in the background: begun, followed, listed and stopped.

use super::{ActionRequest, Stretch, carry_out, order};
use crate::rest::Rest;
use crate::rest::answer::json;
use crate::rest::caller::ByAdministrator;
use crate::rest::list::{self, PageQuery};
use crate::rest::masking::mask_digits;
use crate::rest::moment;
use crate::rest::payload::parse;
use crate::rest::problem::{Problem, ProblemDocument};
use async_trait::async_trait;
use axum::extract::{Path, RawQuery, State};
use axum::http::header::LOCATION;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use postrider_apps::action::{
    ActionJob, ActionState, ActionStep, ActsOnMessages, NewAction, NotActed, NotStopped,
};
use postrider_core::audit::{ActorKind, Event};
use postrider_core::contract::{BulkDone, StoreError};
use serde::Serialize;
use serde_json::{Value, json as document};
use std::sync::Arc;
use utoipa::ToSchema;

/// The state of an action in the background.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = MessageActionState)]
pub(in crate::rest) enum ActionStateWord {
    /// Messages are counted. Nothing is done yet.
    Counting,
    /// It is done, some messages after others.
    Acting,
    /// It has come to its end.
    Done,
    /// Somebody has stopped it. What was done stays done.
    Stopped,
    /// It can't go on: what it names is no more, say.
    Failed,
}

impl From<ActionState> for ActionStateWord {
    fn from(state: ActionState) -> Self {
        match state {
            ActionState::Counting => Self::Counting,
            ActionState::Acting => Self::Acting,
            ActionState::Done => Self::Done,
            ActionState::Stopped => Self::Stopped,
            ActionState::Failed => Self::Failed,
        }
    }
}

/// An action on many messages in the background, and how far it has come.
#[derive(Serialize, ToSchema)]
#[schema(as = MessageActionJob)]
pub(in crate::rest) struct ActionJobView {
    /// Its identifier.
    id: String,
    /// Its state.
    state: ActionStateWord,
    /// What is done, and with which messages, as it was asked for. Its times are moments; what was accepted later is not meant.
    #[schema(value_type = Object)]
    order: Value,
    /// Whether messages are counted only.
    dry_run: bool,
    /// Messages that were counted: all of them once it is `acting`.
    total: u64,
    /// Those with which it was done.
    done: u64,
    /// Those with which it could not be done. Messages that were sent or ended after they were counted are neither.
    left: u64,
    /// How often it went on after the node that worked on it was gone. Each time up to 1,000 messages may be missing in `done`.
    interrupted: u32,
    /// Why it failed, or what it waits for.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
    /// Why it was begun.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// Who began it.
    author: String,
    /// When it was begun.
    #[schema(format = "date-time")]
    created_at: String,
    /// When it changed last.
    #[schema(format = "date-time")]
    updated_at: String,
}

impl From<&ActionJob> for ActionJobView {
    fn from(job: &ActionJob) -> Self {
        let text = |text: &Option<Box<str>>| text.as_deref().map(str::to_owned);
        Self {
            id: job.id.to_string(),
            state: job.state.into(),
            order: job.order.clone(),
            dry_run: job.dry_run,
            total: job.total,
            done: job.done,
            left: job.left,
            interrupted: job.interrupted,
            problem: text(&job.problem),
            reason: text(&job.reason),
            author: job.author.to_string(),
            created_at: moment::write(job.created_at()),
            updated_at: moment::write(job.updated_at()),
        }
    }
}

/// A page of actions in the background.
#[derive(Serialize, ToSchema)]
#[schema(as = MessageActionList)]
pub(in crate::rest) struct ActionJobList {
    /// The actions, the newest first.
    actions: Vec<ActionJobView>,
    /// The `cursor` of the next page; absent if this is the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

fn missing() -> Problem {
    Problem::not_found("there is no such action")
}

fn number(id: &str) -> Result<u64, Problem> {
    id.parse().map_err(|_| missing())
}

fn not_stopped(error: NotStopped) -> Problem {
    let detail = error.to_string();
    match error {
        NotStopped::Missing => missing(),
        NotStopped::Ended(_) => Problem::new(StatusCode::CONFLICT, "wrong_state", detail),
        NotStopped::Store(error) => error.into(),
        NotStopped::NoRandomness(_) => StoreError::Unavailable(detail).into(),
    }
}

/// Begins an action in the background.
pub(super) async fn begin(
    rest: &Rest,
    request: &ActionRequest,
    body: &[u8],
    who: Box<str>,
) -> Result<Response, Problem> {
    let order = order::order(request, body, &rest.live.rules(), rest.live.now())?;
    let reason = request.reason()?.map(Into::into);
    let new = NewAction { author: who, reason, order, dry_run: request.dry_run };
    let job = rest.apps.actions.begin(&new).await.map_err(not_stopped)?;
    note(rest, &job, "begun").await;
    let mut response = json(StatusCode::ACCEPTED, &ActionJobView::from(&job));
    if let Ok(at) = HeaderValue::from_str(&format!("/v1/messages/actions/{}", job.id)) {
        response.headers_mut().insert(LOCATION, at);
    }
    Ok(response)
}

/// Notes in the audit log what was ordered, and how it ended.
async fn note(rest: &Rest, job: &ActionJob, outcome: &str) {
    let order = mask_digits(&job.order.to_string());
    let detail = document!({
        "order": serde_json::from_str::<Value>(&order).unwrap_or(Value::String(order)), "reason": job.reason,
        "dry_run": job.dry_run, "total": job.total, "done": job.done, "left": job.left,
    });
    let event = Event {
        at: rest.live.now(),
        who: job.author.clone(),
        role: ActorKind::System,
        address: None,
        action: "messages.action".into(),
        subject: format!("action {}", job.id).into(),
        outcome: outcome.into(),
        detail: Some(detail.to_string().into()),
    };
    rest.auditor.note(event).await;
}

/// Lists actions in the background, the newest first. They are kept for 30 days after their end.
#[utoipa::path(
    get, path = "/v1/messages/actions", operation_id = "listMessageActions", tag = "messages", params(PageQuery),
    responses(
        (status = 200, description = "A page.", body = ActionJobList),
        (status = 400, description = "A parameter is wrong.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(in crate::rest) async fn list_actions(
    State(rest): State<Arc<Rest>>,
    _administrator: ByAdministrator,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let (limit, before) = list::limit_and_cursor(query.as_deref())?;
    let found = rest.apps.actions.list(before, limit + 1).await?;
    let (page, next) = list::page(&found, limit, |job| job.id.to_string());
    Ok(json(StatusCode::OK, &ActionJobList { actions: page.iter().map(Into::into).collect(), next }))
}

/// Shows an action in the background, and how far it has come.
#[utoipa::path(
    get, path = "/v1/messages/actions/{id}", operation_id = "getMessageAction", tag = "messages",
    params(("id" = String, Path, description = "Its identifier.")),
    responses(
        (status = 200, description = "The action.", body = ActionJobView),
        (status = 404, description = "There is none.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(in crate::rest) async fn action(
    State(rest): State<Arc<Rest>>,
    _administrator: ByAdministrator,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let found = rest.apps.actions.show(number(&id)?).await?.ok_or_else(missing)?;
    Ok(json(StatusCode::OK, &ActionJobView::from(&found)))
}

/// Stops an action in the background, behind the up to 1,000 messages that are dealt with just now. What was done stays done.
#[utoipa::path(
    post, path = "/v1/messages/actions/{id}/stop", operation_id = "stopMessageAction", tag = "messages",
    params(("id" = String, Path, description = "Its identifier.")),
    responses(
        (status = 200, description = "It goes no further.", body = ActionJobView),
        (status = 404, description = "There is none.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 409, description = "It has come to its end.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(in crate::rest) async fn stop_action(
    State(rest): State<Arc<Rest>>,
    _administrator: ByAdministrator,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let stopped = rest.apps.actions.stop(number(&id)?).await.map_err(not_stopped)?;
    Ok(json(StatusCode::OK, &ActionJobView::from(&stopped)))
}

impl Rest {
    /// Keeps actions on many messages going that were ordered in the background, until it is told to stop.
    pub async fn keep_acting(self: Arc<Self>, stopped: impl Future<Output = ()>) {
        self.apps.actions.keep_going(&*self, stopped).await;
    }
}

#[async_trait]
impl ActsOnMessages for Rest {
    async fn act(&self, step: ActionStep<'_>) -> Result<BulkDone, NotActed> {
        let ActionStep { order, author, reason, before, most, dry_run } = step;
        let read: Result<ActionRequest, Problem> = parse(order.to_string().as_bytes());
        let made = match read {
            Ok(mut request) => {
                request.reason = reason.map(str::to_owned);
                carry_out(self, &request, author, Stretch { before, most, dry_run }).await
            }
            Err(problem) => Err(problem),
        };
        made.map_err(not_acted)
    }

    async fn ended(&self, job: &ActionJob) {
        note(self, job, job.state.word()).await;
    }
}

/// Whether what is wrong passes.
fn not_acted(problem: Problem) -> NotActed {
    let passes = problem.status.is_server_error() || problem.status == StatusCode::TOO_MANY_REQUESTS;
    if let Some(cause) = &problem.cause {
        tracing::warn!(error = %cause, "an action on many messages waits");
    }
    let detail = problem.detail.into_string();
    if passes { NotActed::NotNow(detail) } else { NotActed::Never(detail) }
}
