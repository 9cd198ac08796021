//! Packages in several versions: each costs a build and a part of the program, so `dependencies.toml` says why.

use super::graph::Graph;
use super::{Allowed, none};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// A package that may stand in several versions.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Duplicate {
    name: String,
    /// The lines of compatible versions, such as `0.4` or `2`.
    versions: BTreeSet<String>,
    reason: String,
}

/// The line of versions that `version` is compatible with, by Cargo's rules: `1.2.3` is of `1`, `0.4.3` of `0.4`.
fn line(version: &str) -> String {
    let mut numbers = version.split('.');
    let major = numbers.next().unwrap();
    if major == "0" { format!("0.{}", numbers.next().unwrap()) } else { major.to_owned() }
}

/// Each package that stands in several versions, with their lines.
fn found() -> BTreeMap<String, BTreeSet<String>> {
    let mut lines: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for package in Graph::read().foreign() {
        lines.entry(package.name.clone()).or_default().insert(line(&package.version));
    }
    lines.retain(|_, lines| lines.len() > 1);
    lines
}

#[test]
fn every_duplicate_is_allowed_with_a_reason() {
    let (allowed, found) = (Allowed::read().duplicate, found());
    let mut complaints = Vec::new();
    for (name, lines) in &found {
        if !allowed.iter().any(|duplicate| duplicate.name == *name && duplicate.versions == *lines) {
            complaints.push(format!("{name} is needed in versions {lines:?}: bring them together, or say why not in dependencies.toml (cargo tree -i {name}@VERSION)"));
        }
    }
    for Duplicate { name, versions, reason } in &allowed {
        if found.get(name) != Some(versions) {
            complaints
                .push(format!("{name} isn't needed in versions {versions:?}: correct dependencies.toml"));
        }
        if reason.trim().is_empty() {
            complaints.push(format!("{name} has no reason in dependencies.toml"));
        }
    }
    none(&complaints);
}

#[test]
fn versions_of_a_line_are_compatible() {
    assert_eq!(["1.2.3", "0.4.3", "0.10.0", "12.0.0-rc.1"].map(line), ["1", "0.4", "0.10", "12"]);
}
