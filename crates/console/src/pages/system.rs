//! The nodes, and how the store keeps values.

use crate::api::Failed;
use crate::frame::Frame;
use crate::visitor::{Visitor, render};
use crate::words::{Badge, Tone};
use askama::Template;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use std::collections::BTreeMap;

/// A node, as the API tells of it.
#[derive(Deserialize)]
pub(super) struct Node {
    pub(super) number: u8,
    this: bool,
    address: String,
    version: String,
    since: String,
    silent: bool,
    leads: bool,
    up: Vec<String>,
    /// Sessions of SMPP clients, by account.
    #[serde(rename = "sessions")]
    pub(super) of_accounts: BTreeMap<String, u32>,
}

impl Node {
    fn badge(&self, frame: &Frame) -> Badge {
        if self.silent {
            Badge::new(Tone::Bad, frame.t("Silent"))
        } else {
            Badge::new(Tone::Good, frame.t("Runs"))
        }
    }

    fn sessions(&self) -> u32 {
        self.of_accounts.values().sum()
    }
}

#[derive(Deserialize)]
pub(super) struct Nodes {
    pub(super) nodes: Vec<Node>,
}

/// How values are encrypted, as the API tells of it.
#[derive(Deserialize)]
struct Encryption {
    active: Option<String>,
    to_change: Vec<String>,
    clear: bool,
}

#[derive(Template)]
#[template(path = "system.html")]
struct SystemPage {
    frame: Frame,
    nodes: Vec<Node>,
    encryption: Encryption,
    /// What reading the configuration file again has changed, if somebody asked for it.
    reloaded: Option<Result<Vec<String>, Failed>>,
}

/// What a reload changed, in words.
#[derive(Deserialize)]
struct Reloaded {
    changes: Vec<String>,
}

pub(super) async fn page(visitor: Visitor) -> Response {
    visitor.show(found(&visitor, None).await)
}

/// Reads the configuration file again, and shows what that changed, or each mistake.
pub(super) async fn reload(visitor: Visitor) -> Response {
    let answer = visitor.ask.send(Method::POST, "/v1/reload", None).await;
    let status = answer.as_ref().err().map_or(StatusCode::OK, |failed: &Failed| failed.status);
    let reloaded = answer.map(|Reloaded { changes }| changes);
    match found(&visitor, Some(reloaded)).await {
        Ok(page) => (status, render(&page)).into_response(),
        Err(failed) => visitor.refused(failed, "/console/system"),
    }
}

async fn found(
    visitor: &Visitor,
    reloaded: Option<Result<Vec<String>, Failed>>,
) -> Result<SystemPage, Failed> {
    let Nodes { nodes } = visitor.ask.get("/v1/nodes", &[]).await?;
    let encryption = visitor.ask.get("/v1/encryption", &[]).await?;
    Ok(SystemPage { frame: visitor.frame("system", "Nodes and system"), nodes, encryption, reloaded })
}
