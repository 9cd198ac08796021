//! Posts to webhooks that failed, of all accounts and nodes; and told again.

use super::Rest;
use super::answer::json;
use super::caller::ByAdministrator;
use super::list;
use super::payload::{Payload, parse};
use super::problem::{Problem, ProblemDocument};
use super::{moment, query};
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use postrider_apps::failed_post::{FailedPost, FailedPostFilter};
use postrider_core::account::AccountId;
use postrider_core::contract::StoreError;
use postrider_core::principal::Viewer;
use postrider_core::rules::Rules;
use postrider_core::time::Time;
use serde::{Deserialize, Serialize};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use utoipa::{IntoParams, ToSchema};

/// How often what failed is written to the store.
const EVERY: Duration = Duration::from_secs(2);
/// Posts that one request looks at whose events are told again.
const AT_ONCE: usize = 200;
const PARAMETERS: [&str; 7] = ["account", "endpoint", "since", "until", "given_up", "limit", "cursor"];

/// Which failed posts are listed.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it only describes the parameters")]
pub(super) struct FailedPostQuery {
    /// The account's name.
    account: Option<String>,
    /// A part of the URL.
    endpoint: Option<String>,
    /// At or after this: RFC 3339, or a length of time before now, such as `1h`.
    since: Option<String>,
    /// Before this, likewise.
    until: Option<String>,
    /// `true` for those that aren't posted again by themselves, `false` for those that are.
    given_up: Option<bool>,
    /// The most entries of the page, 1 to 500. Default: 50.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<usize>,
    /// The `next` of the page before.
    cursor: Option<String>,
}

/// A post to a webhook that failed.
#[derive(Serialize, ToSchema)]
#[schema(as = FailedPost)]
pub(super) struct FailedPostView {
    /// Its identifier.
    id: String,
    /// When it was over.
    #[schema(format = "date-time")]
    at: String,
    /// The account; absent if it is no more.
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<String>,
    /// The URL, without user, password and query; empty if there was none.
    endpoint: String,
    /// The identifier of its event, or of the first of several.
    event: String,
    /// How many events it had.
    events: usize,
    /// How many posts of it there had been, with this one.
    attempt: u16,
    /// The outcome in words: the status and the time that it took, or why there was no answer.
    result: String,
    /// When it is posted again; absent if it was given up.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "date-time")]
    again_at: Option<String>,
    /// How many of its events can be told again. Opt-outs, and what URLs of rules are told, can't.
    replayable: usize,
}

impl FailedPostView {
    fn of(post: &FailedPost, rules: &Rules) -> Self {
        Self {
            id: post.id.to_string(),
            at: moment::write(post.at()),
            account: rules.account(AccountId(post.account)).map(|account| account.name.to_string()),
            endpoint: post.endpoint.to_string(),
            event: post.event.to_string(),
            events: post.events,
            attempt: post.number,
            result: post.result.to_string(),
            again_at: post.again.map(|again| moment::write(Time(again))),
            replayable: post.messages.len(),
        }
    }
}

/// A page of failed posts.
#[derive(Serialize, ToSchema)]
pub(super) struct FailedPostList {
    /// The posts, the newest first.
    failed_posts: Vec<FailedPostView>,
    /// The `cursor` of the next page; absent if this is the last. A page that isn't the last may be short.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// Which events are told again.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = FailedPostReplay)]
pub(super) struct ReplayFailed {
    /// Of posts that were given up at or after this: RFC 3339, or a length of time before now, such as `1h`.
    since: String,
    /// Of those before this, likewise. Default: now.
    #[serde(default)]
    until: Option<String>,
    /// The account's name. Default: all.
    #[serde(default)]
    account: Option<String>,
    /// A part of the URL.
    #[serde(default)]
    endpoint: Option<String>,
    /// The `next` of the answer before.
    #[serde(default)]
    cursor: Option<String>,
}

/// What is told again.
#[derive(Default, Serialize, ToSchema)]
#[schema(as = FailedPostsReplayed)]
pub(super) struct ReplayedView {
    /// Failed posts that were looked at.
    posts: usize,
    /// Ends of messages that are told again.
    ended: usize,
    /// Messages from handsets that are told again.
    received: usize,
    /// The `cursor` of the next request; absent if this was the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

fn missing() -> Problem {
    Problem::not_found("there is no such failed post")
}

fn account(name: &str, rules: &Rules) -> Result<AccountId, Problem> {
    let found = list::account(name, Viewer::Everything, rules)?.and_then(Viewer::account);
    found.ok_or_else(|| query::wrong("account", &format!("there is no account '{name}'")))
}

/// Lists posts to webhooks that failed, of all accounts and nodes, the newest first. The last 10,000 of an account are kept, for seven days.
#[utoipa::path(
    get, path = "/v1/failed-posts", operation_id = "listFailedPosts", tag = "operations", params(FailedPostQuery),
    responses(
        (status = 200, description = "A page.", body = FailedPostList),
        (status = 400, description = "A parameter is wrong.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn failed_posts(
    State(rest): State<Arc<Rest>>,
    _administrator: ByAdministrator,
    RawQuery(given): RawQuery,
) -> Result<Response, Problem> {
    let (rules, now) = (rest.live.rules(), rest.live.now());
    let (mut filter, mut limit, mut before) = (FailedPostFilter::default(), list::PAGE, None);
    for (name, value) in query::pairs(given.as_deref().unwrap_or_default(), &PARAMETERS)? {
        match name.as_str() {
            "account" => filter.account = Some(account(&value, &rules)?),
            "endpoint" => filter.endpoint = Some(value),
            "since" => filter.since = list::time("since", &value, now)?,
            "until" => filter.until = list::time("until", &value, now)?,
            "given_up" => {
                let wrong = |_| query::wrong("given_up", "must be true or false");
                filter.given_up = Some(value.parse().map_err(wrong)?);
            }
            "limit" => limit = list::limit(&value)?,
            _ => before = list::cursor(&value)?,
        }
    }
    let (found, next) = rest.apps.failed_posts.list(&filter, before, limit).await?;
    let failed_posts = found.iter().map(|post| FailedPostView::of(post, &rules)).collect();
    Ok(json(StatusCode::OK, &FailedPostList { failed_posts, next: next.map(|next| next.to_string()) }))
}

/// Tells the account's webhook again of the events of a failed post. Each has the `webhook-id` that it had.
#[utoipa::path(
    post, path = "/v1/failed-posts/{id}/replay", operation_id = "replayFailedPost", tag = "operations",
    params(("id" = String, Path, description = "Its identifier.")),
    responses(
        (status = 200, description = "They are told again.", body = ReplayedView),
        (status = 404, description = "There is none.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn replay_failed_post(
    State(rest): State<Arc<Rest>>,
    _administrator: ByAdministrator,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let number = id.parse().map_err(|_| missing())?;
    let post = rest.apps.failed_posts.show(number).await?.ok_or_else(missing)?;
    let mut told = ReplayedView::default();
    retell(&rest, &post, &mut told).await?;
    Ok(json(StatusCode::OK, &told))
}

/// Tells webhooks again of the events of all posts that were given up since a time. A request looks at some hundred posts; `next` says where
/// the following one goes on.
#[utoipa::path(
    post, path = "/v1/failed-posts/replay", operation_id = "replayFailedPosts", tag = "operations", request_body = ReplayFailed,
    responses(
        (status = 200, description = "They are told again.", body = ReplayedView),
        (status = "4XX", description = "The request is wrong.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn replay_failed_posts(
    State(rest): State<Arc<Rest>>,
    _administrator: ByAdministrator,
    Payload(body): Payload,
) -> Result<Response, Problem> {
    let request: ReplayFailed = parse(&body)?;
    let (rules, now) = (rest.live.rules(), rest.live.now());
    let until = request.until.as_deref().map_or(Ok(None), |until| list::time("until", until, now))?;
    let filter = FailedPostFilter {
        account: request.account.as_deref().map(|name| account(name, &rules)).transpose()?,
        endpoint: request.endpoint,
        since: list::time("since", &request.since, now)?,
        until,
        given_up: Some(true),
    };
    let before = request.cursor.as_deref().map_or(Ok(None), list::cursor)?;
    let (posts, next) = rest.apps.failed_posts.list(&filter, before, AT_ONCE).await?;
    let mut told = ReplayedView { next: next.map(|next| next.to_string()), ..ReplayedView::default() };
    for post in &posts {
        retell(&rest, post, &mut told).await?;
    }
    Ok(json(StatusCode::OK, &told))
}

async fn retell(rest: &Rest, post: &FailedPost, told: &mut ReplayedView) -> Result<(), Problem> {
    let again = rest.archive.retell(AccountId(post.account), post.message_ids()).await?;
    told.posts += 1;
    told.ended += again.ended;
    told.received += again.received;
    Ok(())
}

impl Rest {
    /// Keeps posts of this node that failed, until it is told to stop, and once more then.
    pub async fn keep_failed_posts(self: Arc<Self>, stopped: impl Future<Output = ()>) {
        let mut stopped = pin!(stopped);
        loop {
            let ends = tokio::select! {
                () = &mut stopped => true,
                () = tokio::time::sleep(EVERY) => false,
            };
            if let Err(error) = self.keep_failed().await {
                tracing::warn!(%error, "failed posts to webhooks could not be kept");
            }
            if ends {
                return;
            }
        }
    }

    async fn keep_failed(&self) -> Result<(), StoreError> {
        let failed = self.attempts.take_failed();
        if failed.is_empty() { Ok(()) } else { self.apps.failed_posts.note(failed).await }
    }
}
