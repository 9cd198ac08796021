//! The network of a modem's SIM: its balance, and codes that are dialled.

use super::shown;
use crate::api::{Failed, path};
use crate::form::Form;
use crate::visitor::Visitor;
use axum::body::Bytes;
use axum::extract::Path;
use axum::response::Response;
use serde::Deserialize;
use serde_json::json;

/// The network of a modem.
pub(super) struct Network {
    pub(super) balances: Vec<(String, Balance)>,
    pub(super) answer: Option<Answer>,
}

/// The balance of the SIM.
#[derive(Deserialize)]
pub(super) struct Balance {
    pub(super) amount: Option<f64>,
    pub(super) text: String,
    pub(super) at: String,
}

/// What the network answered to a code.
#[derive(Deserialize)]
pub(super) struct Answer {
    pub(super) text: String,
    /// Whether the network waits for an answer.
    #[serde(rename = "continue")]
    pub(super) waits: bool,
}

impl Network {
    /// What is known of it, with the answer to a code. `devices` are the upstream's modems, if there are several.
    pub(super) async fn of(visitor: &Visitor, name: &str, devices: &[&str], answer: Option<Answer>) -> Self {
        let address = path(&["upstreams", name, "balance"]);
        let mut balances = Vec::new();
        // Until it was asked for, there is no balance.
        if devices.is_empty() {
            let balance = visitor.ask.get(&address, &[]).await.ok();
            balances.extend(balance.map(|balance| (String::new(), balance)));
        }
        for device in devices {
            let balance = visitor.ask.get(&address, &[("device", *device)]).await.ok();
            balances.extend(balance.map(|balance| ((*device).to_owned(), balance)));
        }
        Self { balances, answer }
    }
}

/// Dials a code, and shows the upstream's page with the answer.
pub(in crate::pages) async fn ask(visitor: Visitor, Path(name): Path<String>, body: Bytes) -> Response {
    let form = Form::read(&body);
    let asked = async {
        let device = Some(form.get("device")).filter(|device| !device.is_empty());
        let document = json!({ "text": form.needed("text")?, "device": device });
        visitor.ask.post::<Answer>(&path(&["upstreams", &name, "ussd"]), &document).await
    };
    match asked.await {
        Ok(answer) => visitor.show(shown(&visitor, &name, "", Some(answer)).await),
        Err(failed) => refused(&visitor, failed, &name),
    }
}

fn refused(visitor: &Visitor, failed: Failed, name: &str) -> Response {
    visitor.refused(failed, &format!("/console{}", path(&["upstreams", name]).trim_start_matches("/v1")))
}
