//! What is done with a campaign or a batch.

use super::view::RunView;
use super::{not_done, number};
use crate::rest::Rest;
use crate::rest::answer::json;
use crate::rest::caller::Owned;
use crate::rest::problem::Problem;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use postrider_apps::run::{Run, RunKind, RunState};
use postrider_core::pause::Mode;
use postrider_declare::{Condition, PauseDocument};
use serde::Deserialize;
use utoipa::ToSchema;

/// What is done.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = RunAction)]
pub(in crate::rest) enum ActionWord {
    /// No more recipients can be added, and it is sent. A campaign that a user of the console launches waits for approval.
    Launch,
    /// The same, by the word that batches have for it.
    Seal,
    /// A campaign that awaits approval is sent.
    Approve,
    /// Nothing more is handed in until it is resumed.
    Pause,
    /// It goes on.
    Resume,
    /// Nothing more is handed in, and messages that wait are canceled.
    Cancel,
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
    let (who, is_person) = (owned.caller.recorded_as(), owned.caller.role.is_some());
    let done = match action {
        "launch" | "seal" => runs.launch(account, kind, id, &who, is_person).await,
        "approve" => runs.approve(account, kind, id, &who).await,
        "pause" => runs.pause(account, kind, id).await,
        "resume" => runs.resume(account, kind, id).await,
        "cancel" => runs.cancel(account, kind, id).await,
        other => {
            let detail =
                format!("'{other}' is no action: use launch, seal, approve, pause, resume or cancel");
            return Err(Problem::not_found(detail));
        }
    };
    let run = done.map_err(|error| not_done(kind, error))?;
    match run.state {
        RunState::Paused => hold(rest, owned, &run).await?,
        _ => release(rest, owned, &run).await?,
    }
    Ok(json(StatusCode::OK, &RunView::of(&run, rest.live.now())))
}

/// Holds the messages of a paused run that were handed in before: by a pause, as operators declare it, with the reference as its
/// name.
async fn hold(rest: &Rest, owned: &Owned, run: &Run) -> Result<(), Problem> {
    let name = run.reference();
    let document = PauseDocument {
        name: name.clone(),
        reason: format!("the {} is paused", run.kind.word()),
        until: None,
        mode: Mode::Hold,
        upstreams: Vec::new(),
        accounts: vec![owned.account.name.to_string()],
        classes: Vec::new(),
        countries: Vec::new(),
        networks: Vec::new(),
        prefixes: Vec::new(),
        senders: Vec::new(),
        routes: Vec::new(),
        references: vec![name.clone()],
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
