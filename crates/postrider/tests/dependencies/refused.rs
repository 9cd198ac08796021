//! Refused packages: `dependencies.toml` says why each may not come along.

use super::graph::Graph;
use super::{Allowed, none};
use serde::Deserialize;

/// A package that may not be needed, by whomever.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Refused {
    name: String,
    reason: String,
}

#[test]
fn no_refused_package_comes_along() {
    let graph = Graph::read();
    let present = |refused: &Refused| graph.foreign().any(|package| package.name == refused.name);
    let found = Allowed::read().refused.into_iter().filter(present);
    none(&found.map(|Refused { name, reason }| format!("{name} is refused: {reason}")).collect::<Vec<_>>());
}
