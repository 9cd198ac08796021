//! The dependencies, held to `dependencies.toml`: licences, packages in several versions, refused packages, unused ones.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a panic is how a test fails")]

mod duplicates;
mod expression;
mod graph;
mod licences;
mod map;
mod refused;
mod sources;
mod unused;

use serde::Deserialize;
use std::path::{Path, PathBuf};

/// What `dependencies.toml` allows, each entry with its reason.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Allowed {
    licence: Vec<licences::Licence>,
    duplicate: Vec<duplicates::Duplicate>,
    refused: Vec<refused::Refused>,
}

impl Allowed {
    fn read() -> Self {
        toml::from_str(&std::fs::read_to_string(root().join("dependencies.toml")).unwrap()).unwrap()
    }
}

/// The root of the repository.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// Fails with all complaints, a line each.
fn none(complaints: &[String]) {
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}
