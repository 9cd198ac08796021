//! Imports of contacts as CSV, workbooks or cards, however large, in bounded memory: first for trial, then for good. What was imported stays when the
//! request breaks off, and a repetition changes nothing of it.

use super::file::{File, Found, wrong_file};
use crate::rest::Rest;
use crate::rest::answer::json;
use crate::rest::caller::Owned;
use crate::rest::client::Client;
use crate::rest::payload::BODY_TIMEOUT;
use crate::rest::problem::{Problem, ProblemDocument};
use crate::rest::query;
use axum::extract::{RawQuery, Request, State};
use axum::http::header::{ACCEPT, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use postrider_apps::contact::{Contact, Merging, Put};
use postrider_apps::csv;
use postrider_core::account::Account;
use postrider_core::contract::StoreError;
use postrider_core::message::Body;
use postrider_core::number::Number;
use postrider_core::submission::{Refusal, Submission};
use serde::Serialize;
use std::collections::HashSet;
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};

/// Rows that are imported together.
const PAGE: usize = 500;
/// The most rows of one import: their numbers are held, to tell which come twice.
const ROWS_MAX: usize = 1_000_000;
/// The most findings that an answer in JSON lists.
const FINDINGS_MAX: usize = 100;
/// The most octets of a report in CSV.
const REPORT_MAX: usize = 64 * 1024 * 1024;

/// How rows are imported.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it only describes the parameters")]
pub(in crate::rest) struct ImportQuery {
    /// `false` imports. Default: `true`, which only says what would become of the rows.
    dry_run: Option<bool>,
    /// `true` has what rows say take the place of what is known. Default: `false`, which fills in what isn't known.
    overwrite: Option<bool>,
    /// A group that all of them are added to.
    group: Option<String>,
    /// `true` has the findings tell of every row, also of those without fault: `new`, `changed` or `same`.
    all_rows: Option<bool>,
}

/// What became of rows, or would.
#[derive(Default, Serialize, ToSchema)]
pub(in crate::rest) struct ImportResult {
    /// Whether nothing was changed.
    dry_run: bool,
    /// Rows.
    rows: u64,
    /// Rows that are contacts.
    valid: u64,
    /// Rows that are wrong, and are passed over.
    invalid: u64,
    /// Rows whose number came before, and that are passed over.
    doubled: u64,
    /// Contacts that are new.
    new: u64,
    /// Contacts that change.
    changed: u64,
    /// Contacts that are so already.
    same: u64,
    /// Contacts whose numbers have opted out or are blocked. They are imported, and get no messages.
    opted_out: u64,
    /// Contacts that no message can be sent to, for want of a route or a price, say. They are told in a dry run alone.
    unroutable: u64,
    /// The first 100 findings: with `Accept: text/csv` all of them are the answer.
    findings: Vec<ImportFinding>,
}

/// A row of which there is something to be told.
#[derive(Serialize, ToSchema)]
pub(in crate::rest) struct ImportFinding {
    /// The line on which it begins, from 1.
    line: u64,
    /// The first cell.
    value: String,
    /// What it is: `invalid`, `doubled`, `opted_out`, `unroutable` or `external_id_taken`; with `all_rows` also `new`, `changed` or `same`.
    finding: &'static str,
    /// What is wrong, and what to do.
    detail: String,
}

/// An import under way.
struct Import<'r> {
    rest: &'r Rest,
    account: &'r Account,
    overwrite: bool,
    all_rows: bool,
    group: Option<Box<str>>,
    seen: HashSet<u64>,
    page: Vec<(u64, String, Contact)>,
    result: ImportResult,
    /// All findings as CSV, if that is wanted.
    report: Option<String>,
}

impl Import<'_> {
    fn find(&mut self, line: u64, value: &str, finding: &'static str, detail: String) {
        if let Some(report) = &mut self.report
            && report.len() < REPORT_MAX
        {
            csv::write(report, [line.to_string().as_str(), value, finding, &detail]);
        }
        if self.result.findings.len() < FINDINGS_MAX {
            self.result.findings.push(ImportFinding { line, value: value.to_owned(), finding, detail });
        }
    }

    /// Takes what a file has brought, in its order.
    async fn take(&mut self, found: Vec<Found>) -> Result<(), Problem> {
        for Found { line, value, contact } in found {
            self.result.rows += 1;
            if self.seen.len() >= ROWS_MAX {
                return Err(wrong_file(&format!(
                    "line {line}: an import has at most {ROWS_MAX} rows: cut the file"
                )));
            }
            match contact {
                Err(detail) => {
                    self.result.invalid += 1;
                    self.find(line, &value, "invalid", detail);
                }
                Ok(contact) if !self.seen.insert(contact.number) => {
                    self.result.doubled += 1;
                    self.find(line, &value, "doubled", "the number came in a line before".to_owned());
                }
                Ok(mut contact) => {
                    contact.groups.extend(self.group.clone());
                    self.result.valid += 1;
                    self.page.push((line, value, contact));
                }
            }
            if self.page.len() == PAGE {
                self.keep().await?;
            }
        }
        Ok(())
    }

    /// Imports what has come, or looks what would become of it.
    async fn keep(&mut self) -> Result<(), Problem> {
        let page = std::mem::take(&mut self.page);
        for (line, value, contact) in &page {
            let Some(number) = contact.number() else { continue };
            if let Some(kind) = self.rest.consent.forbids(number, self.account.id) {
                self.result.opted_out += 1;
                self.find(
                    *line,
                    value,
                    "opted_out",
                    format!("there is an entry of this number: {}", kind.word()),
                );
            } else if self.result.dry_run
                && let Some(refusal) = self.unroutable(number).await?
            {
                self.result.unroutable += 1;
                self.find(*line, value, "unroutable", refusal.to_string());
            }
        }
        let contacts: Vec<Contact> = page.iter().map(|(.., contact)| contact.clone()).collect();
        let (account, dry_run) = (self.account.id, self.result.dry_run);
        let merging = if dry_run { Merging::Trial } else { Merging::Request };
        let put = self.rest.apps.contacts.merge(account, &contacts, self.overwrite, merging).await?;
        for ((line, value, _), put) in page.iter().zip(put) {
            match put {
                Ok(put) => {
                    let (counted, word) = match put {
                        Put::New => (&mut self.result.new, "new"),
                        Put::Changed => (&mut self.result.changed, "changed"),
                        Put::Same => (&mut self.result.same, "same"),
                    };
                    *counted += 1;
                    if self.all_rows {
                        self.find(*line, value, word, String::new());
                    }
                }
                Err(other) => {
                    (self.result.valid, self.result.invalid) =
                        (self.result.valid - 1, self.result.invalid + 1);
                    let detail = format!("another contact has this external_id: {other}");
                    self.find(*line, value, "external_id_taken", detail);
                }
            }
        }
        Ok(())
    }

    /// Why no message can be sent to a number, if none can.
    async fn unroutable(&self, number: Number) -> Result<Option<Refusal>, StoreError> {
        let body = Some(Body::Text("x".into()));
        let submission = Submission { to: number.to_string(), body, ..Submission::default() };
        let explained = self.rest.intake.explain(self.account, submission).await?;
        Ok(explained.decided.err().filter(|refusal| {
            matches!(
                refusal,
                Refusal::NoRoute(_)
                    | Refusal::RecipientNotAllowed
                    | Refusal::CountryNotAllowed(_)
                    | Refusal::Undeliverable(_)
                    | Refusal::NoPrice
                    | Refusal::BelowCost
            )
        }))
    }
}

/// What a query says of an import.
pub(super) struct Options {
    dry_run: bool,
    pub(super) overwrite: bool,
    pub(super) group: Option<Box<str>>,
    pub(super) all_rows: bool,
}

impl Options {
    pub(super) fn read(query: Option<&str>, known: &[&str]) -> Result<Self, Problem> {
        let mut options = Self { dry_run: true, overwrite: false, group: None, all_rows: false };
        for (name, value) in query::pairs(query.unwrap_or_default(), known)? {
            match name.as_str() {
                "dry_run" => options.dry_run = flag(&name, &value)?,
                "overwrite" => options.overwrite = flag(&name, &value)?,
                "all_rows" => options.all_rows = flag(&name, &value)?,
                _ => {
                    crate::rest::templates::check_name(&value)?;
                    options.group = Some(value.into());
                }
            }
        }
        Ok(options)
    }
}

fn flag(name: &str, value: &str) -> Result<bool, Problem> {
    value.parse().map_err(|_| query::wrong(name, "must be true or false"))
}

/// Imports contacts as CSV, as a workbook (XLSX) or as cards (vCard 2.1 to 4.0): first for trial, which changes nothing and says of each
/// row what would become of it.
///
/// The first line names the columns: `number`, `name`, `language`, `zone`, `external_id`, `consent_source`, `groups`, `tags`, and fields
/// of your own, such as `city`, `age:number` or `paid:flag`. Cells are separated by commas, semicolons or tabs. The body may be of any
/// size; what was imported stays when it breaks off, and may be sent again.
#[utoipa::path(
    post, path = "/v1/contacts/import", operation_id = "importContacts", tag = "contacts", params(ImportQuery),
    request_body(
        content(
            (String = "text/csv"),
            (String = "text/vcard"),
            (String = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        ),
        description = "A contact a line, a card, or a row of the first sheet."
    ),
    responses(
        (status = 200, description = "What became of the rows, or would; or all findings as CSV.", content(
            (ImportResult = "application/json"), (String = "text/csv"),
        )),
        (status = "4XX", description = "The request is wrong.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(in crate::rest) async fn import_contacts(
    State(rest): State<Arc<Rest>>,
    owned: Owned,
    RawQuery(query): RawQuery,
    request: Request,
) -> Result<Response, Problem> {
    let options = Options::read(query.as_deref(), &["dry_run", "overwrite", "group", "all_rows"])?;
    if let Some(group) = options.group.as_deref().filter(|_| !options.dry_run) {
        rest.apps.groups.declare(owned.account.id, group).await?;
    }
    let wants_csv = request.headers().get(ACCEPT).is_some_and(|accept| accept == "text/csv");
    let mut import = Import {
        rest: &rest,
        account: &owned.account,
        overwrite: options.overwrite,
        all_rows: options.all_rows,
        group: options.group,
        seen: HashSet::new(),
        page: Vec::new(),
        result: ImportResult { dry_run: options.dry_run, ..ImportResult::default() },
        report: wants_csv.then(|| "line,value,finding,detail\r\n".to_owned()),
    };
    let client = request.extensions().get::<Arc<Client>>().cloned();
    let mut file = File::of(request.headers(), owned.account.country);
    let mut pieces = request.into_body().into_data_stream();
    loop {
        let piece = tokio::time::timeout(BODY_TIMEOUT, pieces.next()).await.map_err(|_| {
            let detail = "nothing more of the body came within 30 seconds: repeat the request";
            Problem::new(StatusCode::REQUEST_TIMEOUT, "request_timeout", detail)
        })?;
        let Some(piece) = piece else { break };
        let piece = piece.map_err(|_| Problem::bad("body_broken", "the body broke off"))?;
        client.as_ref().inspect(|client| client.standing.prove());
        import.take(file.take(&piece)?).await?;
    }
    import.take(file.end()?).await?;
    if let Some(mut sheet) = file.sheet() {
        while let Some(found) = sheet.next().await? {
            import.take(found).await?;
        }
    }
    import.keep().await?;
    Ok(match import.report.take() {
        None => json(StatusCode::OK, &import.result),
        Some(report) => {
            let kind = (CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
            ([kind, (CONTENT_DISPOSITION, HeaderValue::from_static("attachment"))], report).into_response()
        }
    })
}
