//! `postrider preset`: the descriptions of HTTP providers that the program has, and checks of one's own.

use super::table;
use crate::failure::Failure;
use crate::terminal::{self, say};
use clap::Subcommand;
use postrider_provider::{Preset, cases, presets};
use serde_json::json;
use std::path::PathBuf;

const HELP: &str = "\
Examples:
  postrider preset list
  postrider preset show twilio
  postrider preset show twilio > mine.toml
  postrider preset check mine.toml";

/// Show and check presets of HTTP providers
#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(crate) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// List the presets and the values that each needs
    List,
    /// Print a preset, to read it or to begin one of your own
    Show {
        /// Its name
        name: String,
    },
    /// Run the cases of a preset, or of all presets
    Check {
        /// A preset's name or file; all presets of the program if nothing is said
        preset: Option<String>,
    },
}

/// Shows or checks presets.
pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    match &args.verb {
        Verb::List => list(),
        Verb::Show { name } => {
            terminal::print(presets::text(name).ok_or_else(|| unknown(name))?);
            Ok(())
        }
        Verb::Check { preset: Some(preset) } => check(preset),
        Verb::Check { preset: None } => presets::names().try_for_each(check),
    }
}

fn list() -> Result<(), Failure> {
    let mut rows = Vec::new();
    for name in presets::names() {
        let preset = find(name)?;
        let of = |secret: bool| {
            let wanted = preset.variables.iter().filter(|(_, variable)| {
                variable.secret == secret && !variable.optional && variable.default.is_none()
            });
            wanted.map(|(name, _)| &**name).collect::<Vec<_>>().join(", ")
        };
        let (values, secrets) = (of(false), of(true));
        rows.push(json!({ "name": name, "title": preset.title, "values": values, "secrets": secrets }));
    }
    let columns = [("NAME", "name"), ("INTERFACE", "title"), ("VALUES", "values"), ("SECRETS", "secrets")];
    table::print(&columns, &rows, "no presets", |_, _| None);
    Ok(())
}

fn check(preset: &str) -> Result<(), Failure> {
    let results = cases::run(&find(preset)?);
    let failed: Vec<String> = results
        .iter()
        .filter_map(|case| Some(format!("the case '{}' fails: {}", case.name, case.failure.as_ref()?)))
        .collect();
    if !failed.is_empty() {
        return Err(Failure::failed(format!("{preset}: {}", failed.join("\n"))));
    }
    say(&format!("{preset}: {} cases hold", results.len()));
    Ok(())
}

/// The preset of this name, or in this file.
fn find(preset: &str) -> Result<Preset, Failure> {
    let invalid = |why: String| Failure::failed(format!("{preset}: {why}"));
    if let Some(found) = presets::find(preset) {
        return found.map_err(|error| invalid(error.to_string()));
    }
    let path = PathBuf::from(preset);
    if !path.exists() {
        return Err(unknown(preset));
    }
    let text = std::fs::read_to_string(path).map_err(|error| invalid(error.to_string()))?;
    Preset::parse(&text).map_err(|error| invalid(error.to_string()))
}

fn unknown(name: &str) -> Failure {
    let names: Vec<&str> = presets::names().collect();
    Failure::failed(format!("there is no preset '{name}'"))
        .help(format!("the presets are {}", names.join(", ")))
}
