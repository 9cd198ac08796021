//! Exports of contacts as CSV, however many there are, in a form that imports again.

use super::one::Wanted;
use super::table::{header, row, type_of};
use crate::rest::Rest;
use crate::rest::caller::Owned;
use crate::rest::problem::{Problem, ProblemDocument};
use axum::body::{Body, Bytes};
use axum::extract::{RawQuery, State};
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::Response;
use futures_util::stream::unfold;
use postrider_apps::contact::ContactFilter;
use postrider_apps::csv;
use postrider_core::account::AccountId;
use postrider_core::contract::StoreError;
use std::collections::BTreeMap;
use std::sync::Arc;
use utoipa::IntoParams;

/// Contacts that are read at once.
const PAGE: usize = 500;
/// The most fields that get a column.
const FIELDS_MAX: usize = 200;

/// Conditions on the contacts of an export.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it only describes the parameters")]
pub(in crate::rest) struct ExportQuery {
    /// In this group.
    group: Option<String>,
    /// With this tag.
    tag: Option<String>,
    /// For which this holds, such as `country = 'DE' and age >= 18`.
    segment: Option<String>,
}

type Fields = Vec<(Box<str>, &'static str)>;

/// An export under way.
struct Export {
    rest: Arc<Rest>,
    account: AccountId,
    filter: ContactFilter,
    fields: Fields,
}

/// The next thing that an export writes.
enum Stage {
    Header,
    Behind(Option<Box<str>>),
    Done,
}

/// Exports contacts as CSV, with a column for each field, in the form that imports take. Texts that spreadsheets would take for
/// formulas have an apostrophe before them.
#[utoipa::path(
    get, path = "/v1/contacts/csv", operation_id = "exportContacts", tag = "contacts", params(ExportQuery),
    responses(
        (status = 200, description = "The contacts.", body = String, content_type = "text/csv"),
        (status = 400, description = "A parameter is wrong.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(in crate::rest) async fn export_contacts(
    State(rest): State<Arc<Rest>>,
    owned: Owned,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let filter = Wanted::read(query.as_deref(), &["group", "tag", "segment"])?.filter;
    let account = owned.account.id;
    let fields = fields(&rest, account, &filter).await?;
    let export = Export { rest, account, filter, fields };
    let lines = unfold((export, Stage::Header), async |(export, stage)| match export.lines(stage).await {
        Ok(Some((lines, stage))) => Some((Ok(Bytes::from(lines)), (export, stage))),
        Ok(None) => None,
        // The body breaks off, so that nobody takes it for whole.
        Err(error) => Some((Err(error), (export, Stage::Done))),
    });
    let mut response = Response::new(Body::from_stream(lines));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    headers.insert(CONTENT_DISPOSITION, HeaderValue::from_static("attachment"));
    Ok(response)
}

/// The fields that contacts have, with their types; a text where they have several.
async fn fields(rest: &Rest, account: AccountId, filter: &ContactFilter) -> Result<Fields, StoreError> {
    let mut fields: BTreeMap<Box<str>, &'static str> = BTreeMap::new();
    let mut after = None;
    loop {
        let (found, next) = rest.apps.contacts.list(account, filter, after, PAGE).await?;
        for (name, value) in found.iter().flat_map(|(contact, _)| &contact.fields) {
            let (kind, has_room) = (type_of(value), fields.len() < FIELDS_MAX);
            match fields.get_mut(name) {
                Some(known) if *known != kind => *known = "",
                None if has_room => drop(fields.insert(name.clone(), kind)),
                Some(_) | None => {}
            }
        }
        after = next;
        if after.is_none() {
            return Ok(fields.into_iter().collect());
        }
    }
}

impl Export {
    async fn lines(&self, stage: Stage) -> Result<Option<(String, Stage)>, StoreError> {
        let mut lines = String::new();
        let after = match stage {
            Stage::Done => return Ok(None),
            Stage::Behind(after) => after,
            Stage::Header => {
                csv::write(&mut lines, header(&self.fields).iter().map(String::as_str));
                None
            }
        };
        let contacts = &self.rest.apps.contacts;
        let (found, next) = contacts.list(self.account, &self.filter, after, PAGE).await?;
        for (contact, _) in &found {
            csv::write(&mut lines, row(contact, &self.fields).iter().map(String::as_str));
        }
        let stage = next.map_or(Stage::Done, |next| Stage::Behind(Some(next)));
        Ok(Some((lines, stage)))
    }
}
