//! Bad manners by name, from the command line and from files, and the list of them.

use super::handsets::Written;
use crate::failure::Failure;
use crate::terminal::{Style, paint, print, say};
use clap::ValueEnum;
use postrider_declare::Span;
use postrider_simulator::carrier;
use postrider_simulator::manner::{self, Chosen, Manner, Side, Unknown};
use serde::Deserialize;
use std::path::Path;
use std::time::Duration;

/// How the list of manners is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Form {
    /// For people.
    Table,
    /// For the manual.
    Markdown,
}

/// Manners from the start, and others that replace them later.
#[derive(Clone, Debug, Default)]
pub(super) struct Script {
    /// The manners at the start.
    pub(super) always: Vec<Chosen>,
    /// The manners from a time on, counted from the start; each replaces those before.
    pub(super) changes: Vec<(Duration, Vec<Chosen>)>,
    /// Texts of handsets, at a time counted from the start.
    pub(super) writes: Vec<(Duration, Written)>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    manners: Vec<String>,
    #[serde(default)]
    at: Vec<At>,
    #[serde(default)]
    write: Vec<Write>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Write {
    after: Span,
    from: String,
    to: String,
    text: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct At {
    after: Span,
    manners: Vec<String>,
}

impl Script {
    /// Reads a file.
    pub(super) fn open(path: &Path) -> Result<Self, Failure> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| Failure::usage(format!("{} can't be read: {error}", path.display())))?;
        Self::read(&text).map_err(|error| Failure::usage(format!("{}: {error}", path.display())))
    }

    fn read(text: &str) -> Result<Self, String> {
        let file: File = toml::from_str(text).map_err(|error| error.to_string())?;
        let mut changes = Vec::new();
        for at in file.at {
            let after = at.after.read().map_err(|error| error.to_string())?;
            changes.push((after, chosen(&at.manners)?));
        }
        changes.sort_by_key(|(after, _)| *after);
        let mut writes = Vec::new();
        for Write { after, from, to, text } in file.write {
            let after = after.read().map_err(|error| error.to_string())?;
            writes.push((after, Written { from, to, text }));
        }
        writes.sort_by_key(|(after, _)| *after);
        Ok(Self { always: chosen(&file.manners)?, changes, writes })
    }

    /// Adds manners that hold at every time.
    pub(super) fn add(&mut self, manners: &[Chosen]) {
        self.always.extend_from_slice(manners);
        for (_, changed) in &mut self.changes {
            changed.extend_from_slice(manners);
        }
    }

    /// Fails if a manner isn't for a carrier.
    pub(super) fn check(&self) -> Result<(), Failure> {
        for manners in std::iter::once(&self.always).chain(self.changes.iter().map(|(_, manners)| manners)) {
            settings(&carrier::Settings::default(), manners).map_err(|error| wrong(&error))?;
        }
        Ok(())
    }
}

/// A carrier's settings with manners.
pub(super) fn settings(plain: &carrier::Settings, manners: &[Chosen]) -> Result<carrier::Settings, Unknown> {
    let mut settings = plain.clone();
    manners.iter().try_for_each(|manner| manner.carrier(&mut settings))?;
    Ok(settings)
}

/// The failure for an invalid manner.
pub(super) fn wrong(error: &Unknown) -> Failure {
    Failure::usage(error.to_string()).help("`postrider simulate --list-manners` lists them")
}

fn chosen(words: &[String]) -> Result<Vec<Chosen>, String> {
    words.iter().map(|words| Chosen::read(words).map_err(|error| error.to_string())).collect()
}

/// Prints the list of manners.
pub(super) fn list(form: Form) {
    match form {
        Form::Markdown => print(&markdown()),
        Form::Table => table(),
    }
}

fn table() {
    let width = manner::all().map(|manner| title(manner).len()).max().unwrap_or(0);
    for (side, words) in [
        (Side::Carrier, "Carriers (--manner)"),
        (Side::Either, "Carriers and clients"),
        (Side::Client, "Clients (--client with --manner)"),
    ] {
        say(&paint(Style::Strong, &format!("{words}:")));
        for manner in manner::all().filter(|manner| manner.side() == side) {
            say(&format!("  {:<width$}  {}", title(manner), manner.habit));
            if let Some(value) = manner.value {
                let choice = format!("{}; {} if none is given", value.hint, value.usual);
                say(&format!("  {:<width$}  {}", "", paint(Style::Faint, &choice)));
            }
        }
        say("");
    }
}

fn title(manner: &Manner) -> String {
    let value = if manner.value.is_some() { "[=VALUE]" } else { "" };
    format!("{}{value}", manner.name)
}

/// The table of the manual.
fn markdown() -> String {
    let mut text = String::from("| manner | whose | who has it | value |\n|---|---|---|---|\n");
    for manner in manner::all() {
        let whose = match manner.side() {
            Side::Carrier => "carrier",
            Side::Client => "client",
            Side::Either => "both",
        };
        let value = match manner.value {
            Some(value) => format!("{}; `{}` if none is given", value.hint, value.usual),
            None => String::new(),
        };
        text.push_str(&format!("| `{}` | {whose} | {} | {value} |\n", manner.name, manner.habit));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    const PAGE: &str = include_str!("../../../../../docs/src/zoo.md");

    #[test]
    fn reads_a_file_with_times() {
        let text = "manners = ['receipt-twice']\n\
                    [[at]]\nafter = '10s'\nmanners = []\n\
                    [[at]]\nafter = '5s'\nmanners = ['answer-id=hex', 'rate=7']";
        let mut script = Script::read(text).unwrap();
        script.add(&[Chosen::read("one-octet-writes").unwrap()]);
        let names =
            |manners: &[Chosen]| -> Vec<&str> { manners.iter().map(|chosen| chosen.manner().name).collect() };
        assert_eq!(names(&script.always), ["receipt-twice", "one-octet-writes"]);
        let changes: Vec<(u64, usize)> =
            script.changes.iter().map(|(after, manners)| (after.as_secs(), manners.len())).collect();
        assert_eq!(changes, [(5, 3), (10, 1)]);
        let plain = carrier::Settings::default();
        assert_eq!(settings(&plain, &script.changes[0].1).unwrap().throttle, Some(7));
    }

    #[test]
    fn says_what_is_wrong_with_a_file() {
        for (text, words) in [
            ("manners = ['receipt-twise']", "the nearest is `receipt-twice`"),
            ("manner = []", "unknown field `manner`"),
            ("[[at]]\nafter = 'soon'\nmanners = []", "soon"),
        ] {
            let error = Script::read(text).unwrap_err();
            assert!(error.contains(words), "{error}");
        }
        assert!(Script::read("manners = ['hangs-up']").unwrap().check().is_err(), "a client's");
    }

    #[test]
    fn the_manual_lists_every_manner() {
        assert!(
            PAGE.contains(&markdown()),
            "put what `postrider simulate --list-manners markdown` prints into docs/src/zoo.md"
        );
    }

    /// Each habit says by what it is tested: manners, whose stories a test of theirs holds to this list, or files with tests.
    #[test]
    fn every_habit_of_the_manual_is_tested_by_what_it_says() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let is_habit =
            |line: &&str| line.starts_with("| ") && line.as_bytes().get(2).is_some_and(u8::is_ascii_digit);
        let habits: Vec<&str> = PAGE.lines().filter(is_habit).collect();
        assert!(habits.len() > 100, "{}", habits.len());
        for (number, habit) in (1..).zip(&habits) {
            let cells: Vec<&str> = habit.trim_matches('|').split(" |").map(str::trim).collect();
            assert_eq!(cells.len(), 5, "{habit}");
            assert_eq!(cells[0], number.to_string(), "{habit}");
            let tests: Vec<&str> = cells[4].split('`').skip(1).step_by(2).collect();
            assert!(!tests.is_empty(), "nothing tests this: {habit}");
            for test in tests {
                let is_manner = manner::all().any(|manner| test.split('=').next() == Some(manner.name));
                let file = || std::fs::read_to_string(root.join(test)).unwrap_or_default();
                let is_test = || file().contains("#[test]") || file().contains("#[tokio::test");
                assert!(is_manner || is_test(), "`{test}` tests nothing, says: {habit}");
            }
        }
    }

    #[test]
    fn every_setting_that_meets_a_habit_is_there() {
        let settings = include_str!("../../../../../docs/src/settings.md");
        let is_habit =
            |line: &&str| line.starts_with("| ") && line.as_bytes().get(2).is_some_and(u8::is_ascii_digit);
        for habit in PAGE.lines().filter(is_habit) {
            let cell = habit.trim_matches('|').split(" |").nth(3).unwrap_or_default();
            for setting in cell.split('`').skip(1).step_by(2) {
                let name = setting.rsplit('.').next().unwrap_or_default();
                assert!(
                    settings.contains(&format!("- `{name}` (")),
                    "there is no setting `{setting}`: {habit}"
                );
            }
        }
    }

    /// The habits in the manual: the rows of its first table, without those that list manners.
    #[test]
    fn every_manner_plays_a_habit_of_the_manual() {
        let habits = PAGE.replace(&markdown(), "");
        let named: BTreeSet<&str> = habits.split('`').skip(1).step_by(2).collect();
        for manner in manner::all() {
            let is_named = named.iter().any(|name| name.split('=').next() == Some(manner.name));
            assert!(is_named, "no habit in docs/src/zoo.md is played by `{}`", manner.name);
        }
    }
}
