//! What the first message needs: a carrier, a route, an account and a number. What is there already stays.

use super::HERE;
use crate::api::{Failed, path};
use crate::pages::messages::names;
use crate::pages::secret;
use crate::texts::title;
use crate::visitor::Visitor;
use axum::http::Method;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Where `postrider simulate` listens if nothing else is said.
const SIMULATED_PORT: u16 = 22_775;
/// The number that the phone answers to.
const OWN_NUMBER: &str = "60006";

/// Secrets that were made, by their places.
#[derive(Default, Deserialize)]
struct Made {
    #[serde(default)]
    secrets: BTreeMap<String, String>,
}

/// Declares what is missing, and shows the key of a new account.
pub(in crate::pages) async fn declare(visitor: Visitor) -> Response {
    if !visitor.who.may("write_configuration") {
        return visitor.refused(Failed::forbidden(), HERE);
    }
    match declared(&visitor).await {
        Ok(made) if made.secrets.is_empty() => Redirect::to(HERE).into_response(),
        Ok(made) => {
            let secrets = made.secrets.into_iter().collect();
            secret::show(&visitor, ("accounts", title("New secrets")), secrets, None, HERE)
        }
        Err(failed) => visitor.refused(failed, HERE),
    }
}

async fn declared(visitor: &Visitor) -> Result<Made, Failed> {
    let put = async |place: [&str; 2], document: Value| {
        visitor.ask.send::<Made>(Method::PUT, &path(&place), Some(&document)).await
    };
    if names(visitor, "upstreams").await?.is_empty() {
        let upstream = json!({ "host": "127.0.0.1", "port": SIMULATED_PORT, "system_id": "postrider" });
        put(["upstreams", "simulated"], upstream).await?;
    }
    if names(visitor, "routes").await?.is_empty() {
        let upstreams = names(visitor, "upstreams").await?;
        put(["routes", "everywhere"], json!({ "upstreams": upstreams })).await?;
    }
    let accounts = names(visitor, "accounts").await?;
    let mut made = Made::default();
    let account = match accounts.first() {
        Some(account) => account.clone(),
        None => {
            made = put(["accounts", "first"], json!({ "keys": [{ "name": "first" }] })).await?;
            "first".to_owned()
        }
    };
    if names(visitor, "numbers").await?.is_empty() {
        put(["numbers", OWN_NUMBER], json!({ "account": account })).await?;
    }
    Ok(made)
}
