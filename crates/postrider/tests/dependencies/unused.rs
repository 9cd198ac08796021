//! Unused dependencies: what a manifest asks for, its sources name.

use super::graph::{Dependency, Graph, Package};
use super::{none, root, sources};
use std::path::Path;
use toml::Table;

/// Whether sources that may use `dependency` name it: a test's dependency anywhere, others not only in tests.
fn used(package: &Package, dependency: &Dependency) -> bool {
    let shipped = ["lib", "bin", "custom-build", "proc-macro"];
    let may = |kind: &String| dependency.kind.as_deref() == Some("dev") || shipped.contains(&kind.as_str());
    let targets = package.targets.iter().filter(|target| target.kind.iter().any(may));
    let mut directories = targets.map(|target| target.src_path.parent().unwrap());
    directories.any(|directory| sources::name(directory, &dependency.name))
}

#[test]
fn every_dependency_is_named_in_the_sources() {
    let graph = Graph::read();
    let mut complaints = Vec::new();
    for package in graph.own() {
        for dependency in package.dependencies.iter().filter(|dependency| !used(package, dependency)) {
            let manifest = package.manifest_path.display();
            complaints
                .push(format!("{} doesn't use {}: remove it from {manifest}", package.name, dependency.name));
        }
    }
    none(&complaints);
}

fn manifest(path: &Path) -> Table {
    std::fs::read_to_string(path).unwrap().parse().unwrap()
}

/// The keys of a manifest's table of dependencies.
fn keys<'a>(manifest: &'a Table, table: &str) -> impl Iterator<Item = (&'a String, &'a toml::Value)> {
    manifest.get(table).and_then(|table| table.as_table()).into_iter().flatten()
}

#[test]
fn versions_stand_in_the_workspace_and_nowhere_else() {
    let workspace = manifest(&root().join("Cargo.toml"));
    let offered = workspace["workspace"]["dependencies"].as_table().unwrap();
    let mut wanted = Vec::new();
    let mut complaints = Vec::new();
    for package in Graph::read().own() {
        let manifest = manifest(&package.manifest_path);
        for (name, how) in ["dependencies", "dev-dependencies", "build-dependencies"]
            .iter()
            .flat_map(|table| keys(&manifest, table))
        {
            if how.get("workspace").and_then(toml::Value::as_bool) != Some(true) {
                complaints.push(format!(
                    "{} gives {name} a version of its own: write {name}.workspace = true",
                    package.name
                ));
            }
            wanted.push(name.clone());
        }
    }
    for name in offered.keys().filter(|name| !wanted.contains(name)) {
        complaints.push(format!("no crate uses {name}: remove it from [workspace.dependencies]"));
    }
    none(&complaints);
}

#[test]
fn the_fuzz_targets_use_what_they_ask_for() {
    let fuzz = root().join("fuzz");
    let manifest = manifest(&fuzz.join("Cargo.toml"));
    let unused = keys(&manifest, "dependencies").filter(|(name, _)| !sources::name(&fuzz, name));
    none(&unused.map(|(name, _)| format!("fuzz doesn't use {name}")).collect::<Vec<_>>());
}
