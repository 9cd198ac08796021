//! The map in `ARCHITECTURE.md`: the crates depend on each other exactly as it says.

use super::graph::{Graph, Package};
use super::{none, root};
use std::collections::{BTreeMap, BTreeSet};

/// What the map says of a crate that may use every other.
const ALL: &str = "all of them";
/// What the map says of a crate that uses no other.
const NOTHING: &str = "nothing";
const PREFIX: &str = "postrider-";

/// The crates that each crate uses, as the map says: lines such as `trace → wire, text`, in columns.
fn drawn() -> BTreeMap<String, BTreeSet<String>> {
    let map = std::fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let mut drawn = BTreeMap::new();
    for line in map.lines().filter(|line| line.starts_with("    ") && line.contains('→')) {
        let cells: Vec<&str> = line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect();
        for cells in cells.chunks(3).filter(|cells| cells.len() == 3 && cells[1] == "→") {
            let used: BTreeSet<String> = names(cells[2]).filter(|name| name != NOTHING).collect();
            drawn.extend(names(cells[0]).map(|user| (user, used.clone())));
        }
    }
    drawn
}

fn names(cell: &str) -> impl Iterator<Item = String> + '_ {
    cell.split(',').map(|name| name.trim().to_owned())
}

/// The crates of ours that a crate uses, tests aside.
fn used(package: &Package) -> BTreeSet<String> {
    let own = package.dependencies.iter().filter(|dependency| dependency.kind.is_none());
    own.filter_map(|dependency| dependency.name.strip_prefix(PREFIX)).map(str::to_owned).collect()
}

#[test]
fn crates_depend_on_each_other_as_the_map_says() {
    let drawn = drawn();
    let mut complaints = Vec::new();
    for package in Graph::read().own() {
        let name = package.name.strip_prefix(PREFIX).unwrap_or(&package.name);
        match drawn.get(name) {
            None => complaints.push(format!("ARCHITECTURE.md doesn't say what {name} may use")),
            Some(allowed) if allowed.contains(ALL) || *allowed == used(package) => {}
            Some(allowed) => complaints
                .push(format!("{name} uses {:?}, and ARCHITECTURE.md says {allowed:?}", used(package))),
        }
    }
    none(&complaints);
}
