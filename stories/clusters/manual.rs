//! The page of the manual on backups, whose commands a story runs as they stand there.

use postrider_store::conformance::cluster::Cluster;
use std::collections::BTreeSet;

const PAGE: &str = include_str!("../../docs/src/backup.md");

/// Where it has commands. A story follows each.
const HEADINGS: [&str; 10] = [
    "Backup of PostgreSQL",
    "Archive the WAL",
    "Make a base backup",
    "Recover",
    "Rescue the unarchived WAL",
    "Recover to the end",
    "Recover to a point in time",
    "Start the database",
    "Dump",
    "Restore a dump",
];

/// The page's commands, on a cluster.
pub(crate) struct Manual<'c> {
    cluster: &'c Cluster,
    names: Vec<(&'static str, String)>,
}

impl<'c> Manual<'c> {
    /// With the names that the page has, and values that a story may have.
    pub(crate) fn of(cluster: &'c Cluster, database: &str) -> Self {
        let blocks = PAGE.lines().filter(|line| *line == "```sh").count();
        let known: usize = HEADINGS.iter().map(|heading| blocks_under(heading).len()).sum();
        assert_eq!(known, blocks, "the page has commands that no story follows");
        let names = vec![
            ("ARCHIVE", cluster.beside("archive")),
            ("BASE", cluster.beside("base")),
            ("DUMP", cluster.beside("dump")),
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

/// The commands under a heading, before the next one.
fn commands(heading: &str) -> String {
    let blocks = blocks_under(heading);
    assert!(!blocks.is_empty(), "the page has no commands under '{heading}'");
    blocks.concat()
}

/// The blocks of `sh` under a heading.
fn blocks_under(heading: &str) -> Vec<String> {
    let mut blocks: Vec<String> = Vec::new();
    let (mut is_there, mut is_block) = (false, false);
    for line in PAGE.lines() {
        match line {
            "```" => is_block = false,
            "```sh" => {
                is_block = is_there;
                blocks.extend(is_there.then(String::new));
            }
            _ if is_block => blocks.last_mut().unwrap().extend([line, "\n"]),
            // No line of a block that is passed over begins with it.
            _ if line.starts_with('#') => is_there = line.trim_start_matches(['#', ' ']) == heading,
            _ => {}
        }
    }
    blocks
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
