//! Accounts: keys, logins, webhooks, limits and money.

mod billing;
mod rerating;
mod sheet;
mod statement;

pub(super) use billing::bill;
pub(super) use rerating::{page as rerating, rerate};
pub(super) use sheet::page as sheet;
pub(super) use statement::{page as statement, top_up};

use super::live::Sums;
use super::secret;
use super::system::Nodes;
use crate::api::{Failed, path};
use crate::form::Form;
use crate::frame::Frame;
use crate::texts::title;
use crate::visitor::{Visitor, render};
use crate::words::{Badge, Tone};
use askama::Template;
use axum::body::Bytes;
use axum::extract::Path;
use axum::http::Method;
use axum::response::{IntoResponse, Redirect, Response};
use billing::{Billing, Priced};
use serde::Deserialize;
use serde_json::{Value, json};
use statement::Balance;
use std::collections::BTreeMap;

const HERE: &str = "/console/accounts";
/// Pages of 500 messages that are told again while a browser waits.
const REPLAY_PAGES_MAX: usize = 100;

/// An account, as the API tells of it.
#[derive(Deserialize)]
struct Account {
    name: String,
    enabled: bool,
    origin: String,
    keys: Vec<Key>,
    #[serde(default)]
    keys_used: BTreeMap<String, String>,
    smpp: Option<Smpp>,
    webhook: Option<Webhook>,
    rate: Option<f64>,
    request_rate: u32,
    parts_max: u8,
    #[serde(default)]
    allow_to: Vec<String>,
    #[serde(default)]
    countries: Vec<String>,
    queue_max: Option<u64>,
    /// The most parts in a while, by its name: `day`.
    #[serde(default)]
    quota: BTreeMap<String, u64>,
    class: String,
    valid_for: String,
    billing: Option<Billing>,
}

/// What was told again, as the API tells of it.
#[derive(Deserialize)]
struct Replayed {
    next: Option<String>,
}

#[derive(Deserialize)]
struct Key {
    name: String,
    scopes: Vec<String>,
    #[serde(default)]
    allow: Vec<String>,
    expires: Option<String>,
}

#[derive(Deserialize)]
struct Smpp {
    system_id: String,
    sessions: u32,
    window: u32,
    #[serde(default)]
    allow: Vec<String>,
}

#[derive(Deserialize)]
struct Webhook {
    url: String,
    batch: u8,
}

/// A post to the webhook.
#[derive(Deserialize)]
struct Attempt {
    at: String,
    event: String,
    events: u64,
    attempt: u64,
    delivered: bool,
    result: String,
    again_at: Option<String>,
}

#[derive(Deserialize)]
struct Attempts {
    attempts: Vec<Attempt>,
}

/// The outcome of a test event.
#[derive(Deserialize)]
struct Tested {
    delivered: bool,
    result: String,
}

#[derive(Deserialize)]
struct Accounts {
    accounts: Vec<Account>,
}

/// Secrets that were made, by their places.
#[derive(Deserialize)]
struct Made {
    #[serde(default)]
    secrets: BTreeMap<String, String>,
}

impl Account {
    fn badge(&self, frame: &Frame) -> Badge {
        match self.enabled {
            true => Badge::new(Tone::Good, frame.t("Enabled")),
            false => Badge::new(Tone::Quiet, frame.t("Disabled")),
        }
    }
}

#[derive(Template)]
#[template(path = "accounts.html")]
struct AccountsPage {
    frame: Frame,
    accounts: Vec<Account>,
    /// What passes through this node, by account.
    traffic: BTreeMap<String, Sums>,
    /// What each has; `None` for who sees no prices.
    balances: Option<Vec<Owned>>,
}

/// What an account has, with its name.
#[derive(Deserialize)]
struct Owned {
    account: String,
    #[serde(flatten)]
    balance: Balance,
}

#[derive(Deserialize)]
struct AllBalances {
    balances: Vec<Owned>,
}

/// What passes through, as far as accounts are concerned.
#[derive(Deserialize)]
struct Traffic {
    accounts: Vec<Passing>,
}

#[derive(Deserialize)]
struct Passing {
    name: String,
    #[serde(flatten)]
    sums: Sums,
}

impl AccountsPage {
    /// What an account has, in each of its currencies.
    fn balances_of<'p>(&'p self, name: &'p str) -> impl Iterator<Item = &'p Balance> {
        let all = self.balances.iter().flatten();
        all.filter(move |owned| owned.account == name).map(|owned| &owned.balance)
    }
}

#[derive(Template)]
#[template(path = "account.html")]
struct AccountPage {
    frame: Frame,
    account: Account,
    /// Open SMPP sessions, by node.
    sessions: Vec<(u8, u32)>,
    tested: Option<Tested>,
    /// The last posts to its webhook, the newest first.
    attempts: Vec<Attempt>,
    /// What it has; `None` for who may not see it.
    balances: Option<Vec<Balance>>,
    /// The tariffs that it can be billed by.
    tariffs: Vec<Priced>,
}

impl AccountPage {
    fn may_change_keys(&self) -> bool {
        self.frame.may("write_keys") && self.account.origin != "file"
    }

    fn is_billed_by(&self, tariff: &str) -> bool {
        self.account.billing.as_ref().is_some_and(|billing| billing.tariff == tariff)
    }

    /// What the form for billing has in a field.
    fn billing_value(&self, field: &str) -> &str {
        let Some(billing) = &self.account.billing else { return "" };
        match field {
            "credit" => &billing.credit,
            "limit" => billing.limit.as_deref().unwrap_or_default(),
            "monthly_fee" => billing.monthly_fee.as_deref().unwrap_or_default(),
            "low_balance" => billing.low_balance.as_deref().unwrap_or_default(),
            _ => billing.daily_cap.as_deref().unwrap_or_default(),
        }
    }
}

pub(super) async fn list(visitor: Visitor) -> Response {
    // A customer has one account, and no list.
    if let Some(own) = &visitor.who.account {
        return Redirect::to(&format!("{HERE}/{own}")).into_response();
    }
    visitor.show(all(&visitor).await)
}

async fn all(visitor: &Visitor) -> Result<AccountsPage, Failed> {
    let Accounts { accounts } = visitor.ask.get("/v1/accounts", &[]).await?;
    let Traffic { accounts: passing } = visitor.ask.get("/v1/traffic", &[]).await?;
    let balances = match visitor.who.may("read_prices") {
        true => Some(visitor.ask.get::<AllBalances>("/v1/balances", &[]).await?.balances),
        false => None,
    };
    let traffic = passing.into_iter().map(|passing| (passing.name, passing.sums)).collect();
    Ok(AccountsPage { frame: visitor.frame("accounts", "Accounts"), accounts, traffic, balances })
}

pub(super) async fn one(visitor: Visitor, Path(name): Path<String>) -> Response {
    visitor.show(found(&visitor, &name, None).await)
}

async fn found(visitor: &Visitor, name: &str, tested: Option<Tested>) -> Result<AccountPage, Failed> {
    let account: Account = visitor.ask.get(&path(&["accounts", name]), &[]).await?;
    let sessions = if visitor.who.may("read_system") {
        let Nodes { nodes } = visitor.ask.get("/v1/nodes", &[]).await?;
        nodes.iter().filter_map(|node| Some((node.number, *node.of_accounts.get(name)?))).collect()
    } else {
        Vec::new()
    };
    let Attempts { attempts } = match account.webhook {
        Some(_) => visitor.ask.get(&path(&["accounts", name, "webhook", "attempts"]), &[]).await?,
        None => Attempts { attempts: Vec::new() },
    };
    let balances = match visitor.who.may("read_prices") {
        true => Some(statement::balances(visitor, name).await?),
        false => None,
    };
    let tariffs = billing::tariffs(visitor).await?;
    let frame = visitor.frame("accounts", &account.name);
    Ok(AccountPage { frame, account, sessions, tested, attempts, balances, tariffs })
}

/// Adds an account with one key, and shows its secrets.
pub(super) async fn add(visitor: Visitor, body: Bytes) -> Response {
    let form = Form::read(&body);
    let (name, system_id) = (form.get("name"), form.get("system_id"));
    let smpp = if system_id.is_empty() { Value::Null } else { json!({ "system_id": system_id }) };
    let document = json!({ "keys": [{ "name": "first" }], "smpp": smpp });
    let at = path(&["accounts", name]);
    if visitor.ask.get::<Account>(&at, &[]).await.is_ok() {
        return visitor.refused(Failed::taken(format!("there is an account '{name}' already")), HERE);
    }
    match visitor.ask.send::<Made>(Method::PUT, &at, Some(&document)).await {
        Ok(made) => show_made(&visitor, name, made).await,
        Err(failed) => visitor.refused(failed, HERE),
    }
}

/// Shows secrets of an account, with a sheet for the customer if a password for SMPP is among them.
async fn show_made(visitor: &Visitor, name: &str, made: Made) -> Response {
    let sheet = match made.secrets.get("smpp.password") {
        Some(password) => {
            let account: Option<Account> = visitor.ask.get(&path(&["accounts", name]), &[]).await.ok();
            account.map(|account| sheet::of(visitor, &account, Some(password)))
        }
        None => None,
    };
    let secrets = made.secrets.into_iter().collect();
    secret::show(visitor, ("accounts", title("New secrets")), secrets, sheet, &format!("{HERE}/{name}"))
}

pub(super) async fn add_key(visitor: Visitor, Path(name): Path<String>, body: Bytes) -> Response {
    let form = Form::read(&body);
    let document = json!({ "name": form.get("name") });
    let back = format!("{HERE}/{name}");
    match visitor.ask.send::<Made>(Method::POST, &path(&["accounts", &name, "keys"]), Some(&document)).await {
        Ok(made) => show_made(&visitor, &name, made).await,
        Err(failed) => visitor.refused(failed, &back),
    }
}

pub(super) async fn revoke_key(
    visitor: Visitor,
    Path((name, key)): Path<(String, String)>,
    body: Bytes,
) -> Response {
    let back = format!("{HERE}/{name}");
    let done = match Form::read(&body).confirmed(&key) {
        Ok(()) => visitor.ask.act(Method::DELETE, &path(&["accounts", &name, "keys", &key]), None).await,
        Err(failed) => Err(failed),
    };
    changed(&visitor, done, &back)
}

pub(super) async fn enable(visitor: Visitor, Path(name): Path<String>, body: Bytes) -> Response {
    let enabled = Form::read(&body).get("enabled") == "true";
    let document = json!({ "enabled": enabled });
    let done = visitor.ask.act(Method::PATCH, &path(&["accounts", &name]), Some(&document)).await;
    changed(&visitor, done, &format!("{HERE}/{name}"))
}

pub(super) async fn smpp_password(visitor: Visitor, Path(name): Path<String>) -> Response {
    let back = format!("{HERE}/{name}");
    let at = path(&["accounts", &name, "smpp", "password"]);
    match visitor.ask.send::<Made>(Method::POST, &at, None).await {
        Ok(made) => show_made(&visitor, &name, made).await,
        Err(failed) => visitor.refused(failed, &back),
    }
}

pub(super) async fn webhook_secret(visitor: Visitor, Path(name): Path<String>) -> Response {
    let at = path(&["accounts", &name, "webhook", "secret"]);
    match visitor.ask.send::<Made>(Method::POST, &at, None).await {
        Ok(made) => show_made(&visitor, &name, made).await,
        Err(failed) => visitor.refused(failed, &format!("{HERE}/{name}")),
    }
}

/// Posts a test event, and shows the outcome on the page.
pub(super) async fn test_webhook(visitor: Visitor, Path(name): Path<String>) -> Response {
    let at = path(&["accounts", &name, "webhook", "test"]);
    let page = async {
        let tested = visitor.ask.send::<Tested>(Method::POST, &at, None).await?;
        found(&visitor, &name, Some(tested)).await
    };
    match page.await {
        Ok(page) => render(&page),
        Err(failed) => visitor.refused(failed, &format!("{HERE}/{name}")),
    }
}

/// Tells the account's applications again what they were told of a time. What a browser waits for is limited: the rest goes by the
/// API.
pub(super) async fn replay(visitor: Visitor, Path(name): Path<String>, body: Bytes) -> Response {
    let form = Form::read(&body);
    let done = async {
        let mut request = json!({ "since": visitor.moment("since", form.needed("since")?)? });
        if !form.get("until").is_empty() {
            request["until"] = json!(visitor.moment("until", form.get("until"))?);
        }
        let at = path(&["accounts", &name, "replay"]);
        for _ in 0..REPLAY_PAGES_MAX {
            let Replayed { next } = visitor.ask.post(&at, &request).await?;
            let Some(next) = next else { return Ok(()) };
            request["cursor"] = json!(next);
        }
        Err(Failed::wrong(
            "until",
            "only the newest 50,000 are told again: choose a shorter time, or `postrider account replay`",
        ))
    };
    let back = format!("{HERE}/{name}");
    match done.await {
        Ok(()) => Redirect::to(&format!("{back}?done=replayed")).into_response(),
        Err(failed) => visitor.refused(failed, &back),
    }
}

fn changed(visitor: &Visitor, done: Result<(), Failed>, back: &str) -> Response {
    match done {
        Ok(()) => Redirect::to(&format!("{back}?done=changed")).into_response(),
        Err(failed) => visitor.refused(failed, back),
    }
}
