//! The answers that a poll has had so far.

use super::Rest;
use super::answer::json;
use super::caller::ByAdministrator;
use super::problem::{Problem, ProblemDocument};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use postrider_core::automation::{Choices, Rule};
use postrider_core::rules::Rules;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use utoipa::ToSchema;

/// The answers of a poll.
#[derive(Serialize, ToSchema)]
pub(super) struct Votes {
    /// The answers, and how many senders gave each.
    votes: Vec<VoteCount>,
}

/// How many senders gave an answer.
#[derive(Serialize, ToSchema)]
struct VoteCount {
    /// The answer.
    answer: String,
    /// The number of senders.
    votes: u64,
}

/// Counts the answers to a poll.
#[utoipa::path(
    get, path = "/v1/rules/{name}/votes", operation_id = "countVotes", tag = "declarations",
    params(("name" = String, Path, description = "The rule's name.")),
    responses(
        (status = 200, description = "The answers.", body = Votes),
        (status = 404, description = "There is no such poll.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn votes(
    State(rest): State<Arc<Rest>>,
    _administrator: ByAdministrator,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let rules = rest.live.rules();
    let none = || Problem::not_found(format!("there is no poll '{name}' in force"));
    let (rule, choices) = poll(&rules, &name).ok_or_else(none)?;
    let mut counts: BTreeMap<String, u64> =
        choices.choices.keys().map(|answer| (answer.to_string(), 0)).collect();
    for (answer, count) in rest.automation.votes(rule.id).await? {
        *counts.entry(answer.into()).or_default() += count;
    }
    let votes = counts.into_iter().map(|(answer, votes)| VoteCount { answer, votes }).collect();
    Ok(json(StatusCode::OK, &Votes { votes }))
}

fn poll<'r>(rules: &'r Rules, name: &str) -> Option<(&'r Arc<Rule>, &'r Choices)> {
    let rule = rules.automation.named(name)?;
    let choices = rule.then.choices.as_ref().filter(|choices| choices.poll)?;
    Some((rule, choices))
}
