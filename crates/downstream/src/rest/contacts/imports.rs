//! Imports of contacts that outlast their request: looked at whole first, and imported once that is asked for.

use super::file::{File, Found};
use super::import::Options;
use crate::rest::Rest;
use crate::rest::answer::json;
use crate::rest::caller::Owned;
use crate::rest::client::Client;
use crate::rest::list::{self, PageQuery};
use crate::rest::moment;
use crate::rest::payload::BODY_TIMEOUT;
use crate::rest::problem::{Problem, ProblemDocument};
use axum::body::{Body, Bytes};
use axum::extract::{Path, RawQuery, Request, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use futures_util::stream::unfold;
use postrider_apps::csv;
use postrider_apps::import::{FoundRow, Import, ImportState, NewImport, NotImported, Staging};
use postrider_core::account::AccountId;
use postrider_core::contract::StoreError;
use serde::Serialize;
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};

/// How rows are imported.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it only describes the parameters")]
pub(in crate::rest) struct ImportJobQuery {
    /// `true` has what rows say take the place of what is known. Default: `false`, which fills in what isn't known.
    overwrite: Option<bool>,
    /// A group that all of them are added to.
    group: Option<String>,
    /// `true` has the report tell of every row, also of those without fault: `new`, `changed` or `same`.
    all_rows: Option<bool>,
}

/// The state of an import.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ImportState)]
pub(in crate::rest) enum ImportStateWord {
    /// The file comes.
    Receiving,
    /// Rows are looked at. Nothing is changed.
    Checking,
    /// All rows were looked at: it can be applied.
    Checked,
    /// Contacts are changed.
    Applying,
    /// All contacts were changed.
    Done,
    /// Contacts become what they were before.
    Undoing,
    /// Contacts are what they were before, unless they have changed since.
    Undone,
    /// The file did not come to its end, or can't be read.
    Failed,
}

impl From<ImportState> for ImportStateWord {
    fn from(state: ImportState) -> Self {
        match state {
            ImportState::Receiving => Self::Receiving,
            ImportState::Checking => Self::Checking,
            ImportState::Checked => Self::Checked,
            ImportState::Applying => Self::Applying,
            ImportState::Done => Self::Done,
            ImportState::Undoing => Self::Undoing,
            ImportState::Undone => Self::Undone,
            ImportState::Failed => Self::Failed,
        }
    }
}

/// An import of contacts, and how far it has come.
#[derive(Serialize, ToSchema)]
#[schema(as = Import)]
pub(in crate::rest) struct ImportView {
    /// Its identifier.
    id: String,
    /// Its state.
    state: ImportStateWord,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// Whether what rows say takes the place of what is known.
    overwrite: bool,
    /// A group that all of them are added to.
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<String>,
    /// Rows that have come.
    rows: u64,
    /// Rows that are contacts.
    valid: u64,
    /// Rows that are wrong, and are passed over.
    invalid: u64,
    /// Rows whose number came before, and that are passed over.
    doubled: u64,
    /// Rows that were looked at.
    checked: u64,
    /// Contacts that are new.
    new: u64,
    /// Contacts that change.
    changed: u64,
    /// Contacts that are so already.
    same: u64,
    /// Contacts whose numbers have opted out or are blocked. They are imported, and get no messages.
    opted_out: u64,
    /// Contacts that no message can be sent to, for want of a route or a price, say.
    unroutable: u64,
    /// Contacts that were imported.
    applied: u64,
    /// Contacts that are what they were before, or gone again, since it was undone.
    restored: u64,
    /// Contacts that had changed since the import, and stay as they are although it was undone.
    left: u64,
    /// Who made it.
    author: String,
    /// When it was made.
    #[schema(format = "date-time")]
    created_at: String,
    /// When it changed last.
    #[schema(format = "date-time")]
    updated_at: String,
}

impl From<&Import> for ImportView {
    fn from(it: &Import) -> Self {
        let text = |text: &Option<Box<str>>| text.as_deref().map(str::to_owned);
        Self {
            id: it.id.to_string(),
            state: it.state.into(),
            reason: text(&it.reason),
            overwrite: it.overwrite,
            group: text(&it.group),
            rows: it.rows,
            valid: it.valid,
            invalid: it.invalid,
            doubled: it.doubled,
            checked: it.checked,
            new: it.new,
            changed: it.changed,
            same: it.same,
            opted_out: it.opted_out,
            unroutable: it.unroutable,
            applied: it.applied,
            restored: it.restored,
            left: it.left,
            author: it.author.to_string(),
            created_at: moment::write(it.created_at()),
            updated_at: moment::write(it.updated_at()),
        }
    }
}

/// A page of imports.
#[derive(Serialize, ToSchema)]
pub(in crate::rest) struct ImportList {
    /// The imports, the newest first.
    imports: Vec<ImportView>,
    /// The `cursor` of the next page; absent if this is the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

fn not_imported(error: NotImported) -> Problem {
    let detail = error.to_string();
    match error {
        NotImported::Missing => missing(),
        NotImported::State(_) => Problem::new(StatusCode::CONFLICT, "wrong_state", detail),
        NotImported::Store(error) => error.into(),
        NotImported::NoRandomness(_) => StoreError::Unavailable(detail).into(),
    }
}

fn missing() -> Problem {
    Problem::not_found("there is no such import")
}

fn number(id: &str) -> Result<u64, Problem> {
    id.parse().map_err(|_| missing())
}

impl From<Found> for FoundRow {
    fn from(Found { line, value, contact }: Found) -> Self {
        Self { line, value, contact }
    }
}

/// Takes a file with contacts: CSV, a workbook (XLSX) or cards (vCard). Its rows are kept, and looked at with nothing changed, also after
/// a restart. Once it is `checked` it can be applied.
#[utoipa::path(
    post, path = "/v1/contacts/imports", operation_id = "makeImport", tag = "contacts", params(ImportJobQuery),
    request_body(
        content(
            (String = "text/csv"),
            (String = "text/vcard"),
            (String = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        ),
        description = "A contact a line, a card, or a row of the first sheet."
    ),
    responses(
        (status = 202, description = "The import.", body = ImportView),
        (status = "4XX", description = "The request is wrong.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(in crate::rest) async fn make_import(
    State(rest): State<Arc<Rest>>,
    owned: Owned,
    RawQuery(query): RawQuery,
    request: Request,
) -> Result<Response, Problem> {
    let options = Options::read(query.as_deref(), &["overwrite", "group", "all_rows"])?;
    let (account, author) = (owned.account.id, owned.caller.recorded_as());
    let new = NewImport { overwrite: options.overwrite, group: options.group, all_rows: options.all_rows };
    let begun = rest.apps.imports.begin(account, &author, &new).await;
    let mut staging = begun.map_err(not_imported)?;
    let file = File::of(request.headers(), owned.account.country);
    let import = match receive(&mut staging, file, request).await {
        Ok(()) => staging.end().await?,
        Err(problem) => {
            staging.fail(&problem.detail).await?;
            return Err(problem);
        }
    };
    Ok(json(StatusCode::ACCEPTED, &ImportView::from(&import)))
}

async fn receive(staging: &mut Staging<'_>, mut file: File, request: Request) -> Result<(), Problem> {
    let client = request.extensions().get::<Arc<Client>>().cloned();
    let mut pieces = request.into_body().into_data_stream();
    let rows = |found: Vec<Found>| found.into_iter().map(Into::into).collect();
    loop {
        let piece = tokio::time::timeout(BODY_TIMEOUT, pieces.next()).await.map_err(|_| {
            let detail = "nothing more of the body came within 30 seconds: repeat the request";
            Problem::new(StatusCode::REQUEST_TIMEOUT, "request_timeout", detail)
        })?;
        let Some(piece) = piece else { break };
        let piece = piece.map_err(|_| Problem::bad("body_broken", "the body broke off"))?;
        client.as_ref().inspect(|client| client.standing.prove());
        staging.take(rows(file.take(&piece)?)).await?;
    }
    staging.take(rows(file.end()?)).await?;
    if let Some(mut sheet) = file.sheet() {
        while let Some(found) = sheet.next().await? {
            staging.take(rows(found)).await?;
        }
    }
    Ok(())
}

/// Lists the account's imports, the newest first.
#[utoipa::path(
    get, path = "/v1/contacts/imports", operation_id = "listImports", tag = "contacts", params(PageQuery),
    responses(
        (status = 200, description = "A page.", body = ImportList),
        (status = 400, description = "A parameter is wrong.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(in crate::rest) async fn list_imports(
    State(rest): State<Arc<Rest>>,
    owned: Owned,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let (limit, before) = list::limit_and_cursor(query.as_deref())?;
    let found = rest.apps.imports.list(owned.account.id, before, limit + 1).await?;
    let (page, next) = list::page(&found, limit, |import| import.id.to_string());
    Ok(json(StatusCode::OK, &ImportList { imports: page.iter().map(Into::into).collect(), next }))
}

/// Shows an import, and how far it has come.
#[utoipa::path(
    get, path = "/v1/contacts/imports/{id}", operation_id = "getImport", tag = "contacts",
    params(("id" = String, Path, description = "Its identifier.")),
    responses(
        (status = 200, description = "The import.", body = ImportView),
        (status = 404, description = "There is none.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(in crate::rest) async fn import_job(
    State(rest): State<Arc<Rest>>,
    owned: Owned,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let found = rest.apps.imports.show(owned.account.id, number(&id)?).await?.ok_or_else(missing)?;
    Ok(json(StatusCode::OK, &ImportView::from(&found)))
}

/// Has the contacts of a checked import changed. It goes on after a restart, and may be asked for again.
#[utoipa::path(
    post, path = "/v1/contacts/imports/{id}/apply", operation_id = "applyImport", tag = "contacts",
    params(("id" = String, Path, description = "Its identifier.")),
    responses(
        (status = 202, description = "The import.", body = ImportView),
        (status = 404, description = "There is none.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 409, description = "It is not checked yet, or has failed.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(in crate::rest) async fn apply_import(
    State(rest): State<Arc<Rest>>,
    owned: Owned,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let applied = rest.apps.imports.apply(owned.account.id, number(&id)?).await.map_err(not_imported)?;
    Ok(json(StatusCode::ACCEPTED, &ImportView::from(&applied)))
}

/// Has an import undone that is done: contacts that it made are forgotten, and those that it changed become what they were. What has
/// changed since stays. It goes on after a restart, and may be asked for again.
#[utoipa::path(
    post, path = "/v1/contacts/imports/{id}/undo", operation_id = "undoImport", tag = "contacts",
    params(("id" = String, Path, description = "Its identifier.")),
    responses(
        (status = 202, description = "The import.", body = ImportView),
        (status = 404, description = "There is none.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 409, description = "It is not done.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(in crate::rest) async fn undo_import(
    State(rest): State<Arc<Rest>>,
    owned: Owned,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let undone = rest.apps.imports.undo(owned.account.id, number(&id)?).await.map_err(not_imported)?;
    Ok(json(StatusCode::ACCEPTED, &ImportView::from(&undone)))
}

/// Deletes an import with its rows. Contacts stay as they are; one that is applied goes no further.
#[utoipa::path(
    delete, path = "/v1/contacts/imports/{id}", operation_id = "deleteImport", tag = "contacts",
    params(("id" = String, Path, description = "Its identifier.")),
    responses(
        (status = 204, description = "It is deleted."),
        (status = 404, description = "There is none.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(in crate::rest) async fn delete_import(
    State(rest): State<Arc<Rest>>,
    owned: Owned,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    rest.apps.imports.remove(owned.account.id, number(&id)?).await.map_err(not_imported)?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// What a report has written so far.
enum Stage {
    Header,
    Behind(Option<Box<str>>),
    Done,
}

/// Reports what an import found out: rows that are invalid, doubled, opted out or unroutable, or whose external identifier is taken; of
/// one with `all_rows` every other row as well. It is CSV, in which nothing is a formula.
#[utoipa::path(
    get, path = "/v1/contacts/imports/{id}/report", operation_id = "getImportReport", tag = "contacts",
    params(("id" = String, Path, description = "Its identifier.")),
    responses(
        (status = 200, description = "The findings.", body = String, content_type = "text/csv"),
        (status = 404, description = "There is none.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(in crate::rest) async fn import_report(
    State(rest): State<Arc<Rest>>,
    owned: Owned,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let (id, account) = (number(&id)?, owned.account.id);
    rest.apps.imports.show(account, id).await?.ok_or_else(missing)?;
    let lines = unfold((rest, account, id, Stage::Header), async |(rest, account, id, stage)| {
        match lines(&rest, account, id, stage).await {
            Ok(Some((lines, stage))) => Some((Ok(Bytes::from(lines)), (rest, account, id, stage))),
            Ok(None) => None,
            // The body breaks off, so that nobody takes it for whole.
            Err(error) => Some((Err(error), (rest, account, id, Stage::Done))),
        }
    });
    let mut response = Response::new(Body::from_stream(lines));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    headers.insert(CONTENT_DISPOSITION, HeaderValue::from_static("attachment"));
    Ok(response)
}

async fn lines(
    rest: &Rest,
    account: AccountId,
    id: u64,
    stage: Stage,
) -> Result<Option<(String, Stage)>, StoreError> {
    let mut lines = String::new();
    let after = match stage {
        Stage::Done => return Ok(None),
        Stage::Behind(after) => after,
        Stage::Header => {
            csv::write(&mut lines, ["line", "value", "finding", "detail"]);
            None
        }
    };
    let (findings, next) = rest.apps.imports.findings(account, id, after).await?;
    for it in &findings {
        csv::write(&mut lines, [it.line.to_string().as_str(), &it.value, it.kind.word(), &it.detail]);
    }
    Ok(Some((lines, next.map_or(Stage::Done, |next| Stage::Behind(Some(next))))))
}
