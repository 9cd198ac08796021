//! Tariffs: imported with a look at what would change, shown, exported, and deleted.

mod rates;
mod upload;

pub(super) use upload::{check, import};

use crate::api::{Failed, path};
use crate::form::Form;
use crate::frame::Frame;
use crate::visitor::Visitor;
use askama::Template;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery};
use axum::http::Method;
use axum::response::{IntoResponse, Redirect, Response};
use rates::Rate;
use serde::Deserialize;
use serde_json::Value;
use upload::Checked;

const HERE: &str = "/console/tariffs";
/// The largest tariff whose rates are shown, in octets of CSV.
const SHOWN_MAX: u64 = 4 << 20;

/// A tariff, as the API tells of it.
#[derive(Deserialize)]
struct Tariff {
    name: String,
    rates: u64,
    currency: String,
    octets: u64,
    #[serde(default)]
    imported_at: String,
}

#[derive(Deserialize)]
struct Tariffs {
    tariffs: Vec<Tariff>,
}

/// An account or an upstream, as far as it names a tariff.
#[derive(Deserialize)]
struct Named {
    name: String,
    tariff: Option<String>,
    billing: Option<Value>,
}

#[derive(Deserialize)]
struct Users {
    #[serde(default)]
    accounts: Vec<Named>,
    #[serde(default)]
    upstreams: Vec<Named>,
}

/// Who uses a tariff: the place of its page, and its name.
struct Use {
    place: &'static str,
    name: String,
    tariff: String,
}

#[derive(Template)]
#[template(path = "tariffs.html")]
struct TariffsPage {
    frame: Frame,
    tariffs: Vec<Tariff>,
    uses: Vec<Use>,
    /// What the form for an import has.
    name: String,
    csv: String,
    checked: Option<Checked>,
}

#[derive(Template)]
#[template(path = "tariff.html")]
struct TariffPage {
    frame: Frame,
    tariff: Tariff,
    uses: Vec<Use>,
    /// What is searched for among the rates.
    wanted: String,
    /// The rates found; `None` if there are too many to look through.
    rates: Option<Vec<Rate>>,
}

impl TariffsPage {
    fn uses_of<'t>(&'t self, tariff: &'t str) -> impl Iterator<Item = &'t Use> {
        self.uses.iter().filter(move |each| each.tariff == tariff)
    }
}

pub(super) async fn list(visitor: Visitor, RawQuery(query): RawQuery) -> Response {
    let form = Form::read(query.unwrap_or_default().as_bytes());
    visitor.show(page(&visitor, form.get("name"), "", None).await)
}

async fn page(
    visitor: &Visitor,
    name: &str,
    csv: &str,
    checked: Option<Checked>,
) -> Result<TariffsPage, Failed> {
    let Tariffs { tariffs } = visitor.ask.get("/v1/tariffs", &[]).await?;
    let uses = uses(visitor).await?;
    let frame = visitor.frame("tariffs", "Tariffs");
    Ok(TariffsPage { frame, tariffs, uses, name: name.to_owned(), csv: csv.to_owned(), checked })
}

/// Who uses which tariff, as far as whoever looks may see that.
async fn uses(visitor: &Visitor) -> Result<Vec<Use>, Failed> {
    let mut uses = Vec::new();
    if visitor.who.may("read_accounts") {
        let Users { accounts, .. } = visitor.ask.get("/v1/accounts", &[]).await?;
        let tariff = |account: Named| {
            let tariff = account.billing?.get("tariff")?.as_str()?.to_owned();
            Some(Use { place: "accounts", name: account.name, tariff })
        };
        uses.extend(accounts.into_iter().filter_map(tariff));
    }
    if visitor.who.may("read_configuration") {
        let Users { upstreams, .. } = visitor.ask.get("/v1/upstreams", &[]).await?;
        let tariff =
            |upstream: Named| Some(Use { place: "upstreams", name: upstream.name, tariff: upstream.tariff? });
        uses.extend(upstreams.into_iter().filter_map(tariff));
    }
    Ok(uses)
}

pub(super) async fn one(visitor: Visitor, Path(name): Path<String>, RawQuery(query): RawQuery) -> Response {
    let form = Form::read(query.unwrap_or_default().as_bytes());
    visitor.show(shown(&visitor, &name, form.get("q")).await)
}

async fn shown(visitor: &Visitor, name: &str, wanted: &str) -> Result<TariffPage, Failed> {
    let tariff: Tariff = visitor.ask.get(&path(&["tariffs", name]), &[]).await?;
    let mut uses = uses(visitor).await?;
    uses.retain(|each| each.tariff == name);
    let rates = if tariff.octets <= SHOWN_MAX {
        Some(rates::found(&visitor.ask.text(&path(&["tariffs", name, "csv"])).await?, wanted))
    } else {
        None
    };
    Ok(TariffPage { frame: visitor.frame("tariffs", name), tariff, uses, wanted: wanted.to_owned(), rates })
}

pub(super) async fn export(visitor: Visitor, Path(name): Path<String>) -> Response {
    match visitor.ask.file(&path(&["tariffs", &name, "csv"]), &[], &format!("{name}.csv")).await {
        Ok(file) => file,
        Err(failed) => visitor.refused(failed, HERE),
    }
}

/// Deletes a tariff, for which its name must be typed.
pub(super) async fn delete(visitor: Visitor, Path(name): Path<String>, body: Bytes) -> Response {
    let done = match Form::read(&body).confirmed(&name) {
        Ok(()) => visitor.ask.act(Method::DELETE, &path(&["tariffs", &name]), None).await,
        Err(failed) => Err(failed),
    };
    match done {
        Ok(()) => Redirect::to(&format!("{HERE}?done=deleted")).into_response(),
        Err(failed) => visitor.refused(failed, &format!("{HERE}/{name}")),
    }
}
