//! Licences of dependencies: each package is under licences that `dependencies.toml` accepts.

use super::expression::permits;
use super::graph::{Graph, Package};
use super::{Allowed, none};
use serde::Deserialize;

/// An accepted licence.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Licence {
    id: String,
    reason: String,
}

fn permitted(package: &Package, accepted: &impl Fn(&str) -> bool) -> bool {
    package.license.as_deref().is_some_and(|expression| permits(expression, accepted))
}

#[test]
fn every_package_is_under_an_accepted_licence() {
    let accepted = Allowed::read().licence;
    let accepts = |id: &str| accepted.iter().any(|licence| licence.id == id);
    let graph = Graph::read();
    let refused = graph.foreign().filter(|package| !permitted(package, &accepts));
    let complaint = |package: &Package| {
        let licence = package.license.as_deref().unwrap_or("no licence");
        format!(
            "{} {} is under {licence}: accept it in dependencies.toml, or use another package",
            package.name, package.version
        )
    };
    none(&refused.map(complaint).collect::<Vec<_>>());
}

#[test]
fn every_accepted_licence_is_needed_and_has_a_reason() {
    let accepted = Allowed::read().licence;
    let graph = Graph::read();
    let needed = |id: &str| {
        let others = |other: &str| other != id && accepted.iter().any(|licence| licence.id == other);
        graph.foreign().any(|package| !permitted(package, &others))
    };
    let mut complaints = Vec::new();
    for Licence { id, reason } in &accepted {
        if !needed(id) {
            complaints.push(format!("no package needs {id}: remove it from dependencies.toml"));
        }
        if reason.trim().is_empty() {
            complaints.push(format!("{id} has no reason in dependencies.toml"));
        }
    }
    none(&complaints);
}
