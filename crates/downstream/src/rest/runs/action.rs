//! What is done with a campaign, a batch or a broadcast.

use super::view::RunView;
use super::{not_done, number};
use crate::rest::Rest;
use crate::rest::answer::json;
use crate::rest::caller::Owned;
use crate::rest::moment;
use crate::rest::problem::Problem;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use postrider_apps::run::{Run, RunKind, RunState};
use postrider_core::pause::Mode;
use postrider_core::time::Time;
use postrider_declare::{Condition, PauseDocument, SelectorDocument, Written};
use serde::Deserialize;
use std::time::Duration;
use utoipa::ToSchema;

/// How long messages of a stopped broadcast are held while they are canceled.
const STOPPING: Duration = Duration::from_hours(1);

/// What is done.
#[cfg(test)]
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = RunAction)]
pub(in crate::rest) enum ActionWord {
    /// No more recipients can be added, and a broadcast waits to be launched.
    Arm,
    /// No more recipients can be added, and it is sent. A campaign that a user of the console launches waits for approval, and so does
    /// every broadcast.
    Launch,
    /// The same, by the word that batches have for it.
    Seal,
    /// A campaign or broadcast that awaits approval is sent.
    Approve,
    /// Nothing more is handed in until it is resumed.
    Pause,
    /// It goes on.
    Resume,
    /// Nothing more is handed in, and messages that wait are canceled.
    Cancel,
    /// The same, by the word that broadcasts have for it.
    Stop,
}

/// Does it.
pub(super) async fn act(
    rest: &Rest,
    kind: RunKind,
    owned: &Owned,
    id: &str,
    action: &str,
) -> Result<Response, Problem> {
    let (account, id, runs) = (owned.account.id, number(kind, id)?, &rest.apps.runs);
    let is_person = owned.caller.role.is_some();
    let who = if kind == RunKind::Broadcast { owned.person() } else { owned.caller.recorded_as() };
    let done = match action {
        "launch" | "seal" => runs.launch(account, kind, id, &who, is_person).await,
        "approve" => runs.approve(account, kind, id, &who).await,
        "pause" => runs.pause(account, kind, id).await,
        "resume" => runs.resume(account, kind, id).await,
        "arm" => runs.arm(account, kind, id).await,
        "cancel" | "stop" => runs.cancel(account, kind, id).await,
        other => {
            let detail = format!(
                "'{other}' is no action: use arm, launch, seal, approve, pause, resume, stop or cancel"
            );
            return Err(Problem::not_found(detail));
        }
    };
    let run = done.map_err(|error| not_done(kind, error))?;
    match run.state {
        RunState::Paused => hold(rest, owned, &run, None).await?,
        // Canceling many messages takes a while: none of them leaves meanwhile.
        RunState::Canceling if kind == RunKind::Broadcast => {
            hold(rest, owned, &run, Some(rest.live.now() + STOPPING)).await?;
        }
        _ => release(rest, owned, &run).await?,
    }
    Ok(json(StatusCode::OK, &RunView::of(&run, rest.live.now())))
}

/// Holds the messages of a paused run that were handed in before: by a pause, as operators declare it, with the reference as its
/// name.
async fn hold(rest: &Rest, owned: &Owned, run: &Run, until: Option<Time>) -> Result<(), Problem> {
    let name = run.reference();
    let document = PauseDocument {
        name: name.clone(),
        reason: format!("the {} is {}", run.kind.word(), if until.is_some() { "stopped" } else { "paused" }),
        until: until.and_then(|until| Written::read(&moment::write(until)).ok()),
        mode: Mode::Hold,
        conditions: SelectorDocument {
            accounts: vec![owned.account.name.to_string()],
            references: vec![name.clone()],
            ..SelectorDocument::default()
        },
    };
    let who = owned.caller.recorded_as();
    rest.registry.put::<PauseDocument>(&name, document, &who, rest.live.now()).await?;
    Ok(())
}

/// Lets messages of a run go that are held, if they are.
pub(super) async fn release(rest: &Rest, owned: &Owned, run: &Run) -> Result<(), Problem> {
    let name = run.reference();
    if !rest.live.rules().pauses.iter().any(|pause| *pause.name == *name) {
        return Ok(());
    }
    let (who, now) = (owned.caller.recorded_as(), rest.live.now());
    rest.registry.delete::<PauseDocument>(&name, true, Condition::None, &who, now).await?;
    Ok(())
}

/// Deletes one.
pub(super) async fn delete(rest: &Rest, kind: RunKind, owned: &Owned, id: &str) -> Result<Response, Problem> {
    let removed = rest.apps.runs.remove(owned.account.id, kind, number(kind, id)?).await;
    removed.map_err(|error| not_done(kind, error))?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
