//! The page of the manual on backups, whose commands a story runs as they stand there.

use std::collections::BTreeSet;

use postrider_store::conformance::cluster::Cluster;

const PAGE: &str = include_str!("../../docs/src/backup.md");

/// The page's commands, on a cluster.
pub(crate) struct Manual<'c> {
    cluster: &'c Cluster,
    names: Vec<(&'static str, String)>,
}

impl<'c> Manual<'c> {
    /// With the names that the page has, and values that a story may have.
    pub(crate) fn of(cluster: &'c Cluster, database: &str) -> Self {
        let names = vec![
            ("ARCHIVE", cluster.beside("archive")),
            ("BASE", cluster.beside("base")),
            ("DATABASE", database.to_owned()),
        ];
        let given = ["MOMENT", "PGDATA", "stop", "start", "set", "PATH"];
        let known: BTreeSet<&str> = names.iter().map(|(name, _)| *name).chain(given).collect();
        assert_eq!(defined(&commands("Backup of PostgreSQL")), known, "the page uses other names");
        Self { cluster, names }
    }

    /// Runs what stands under a heading.
    pub(crate) fn follow(&self, heading: &str) -> String {
        self.follow_with(heading, &[])
    }

    /// The same, with further names.
    pub(crate) fn follow_with(&self, heading: &str, names: &[(&str, &str)]) -> String {
        let mut all: Vec<(&str, &str)> =
            self.names.iter().map(|(name, value)| (*name, value.as_str())).collect();
        all.extend(names);
        self.cluster.shell(&commands(heading), &all)
    }
}

/// The blocks of `sh` under a heading, before the next one.
fn commands(heading: &str) -> String {
    let mut commands = String::new();
    let (mut is_there, mut is_block) = (false, false);
    for line in PAGE.lines() {
        match line {
            "```sh" => is_block = true,
            "```" => is_block = false,
            _ if is_block && is_there => commands += &format!("{line}\n"),
            _ if line.starts_with('#') && !is_block => {
                is_there = line.trim_start_matches(['#', ' ']) == heading;
            }
            _ => {}
        }
    }
    assert!(!commands.is_empty(), "the page has no commands under '{heading}'");
    commands
}

/// What lines begin with that give a name to something.
fn defined(commands: &str) -> BTreeSet<&str> {
    let statements = commands.lines().flat_map(|line| match line.starts_with("set ") {
        true => line.split("; ").collect::<Vec<_>>(),
        false => vec![line],
    });
    let name = |statement: &'_ str| statement.find(['=', '(', ' ']).unwrap_or(statement.len());
    statements.map(|statement| &statement[..name(statement)]).filter(|name| *name != "export").collect()
}
