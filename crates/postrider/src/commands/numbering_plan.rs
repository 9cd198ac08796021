//! `postrider numbering-plan`: the ranges and networks that operators import.

use super::table;
use crate::client::Connection;
use crate::failure::{EXIT_CODES, Failure};
use crate::terminal::{self, say};
use serde_json::Value;
use std::io::Read;
use std::path::{Path, PathBuf};

const HELP: &str = "\
A plan is CSV with a header: prefix,mccmnc,name,type,valid_from. Only the prefix is needed.
A plan with a mistake is refused whole.

Examples:
  postrider numbering-plan import --dry-run plan.csv
  postrider numbering-plan import plan.csv
  postrider numbering-plan export > plan.csv";

/// Manage the numbering plan: which ranges of numbers belong to which network.
#[derive(Debug, clap::Args)]
#[command(after_help = format!("{HELP}\n\n{EXIT_CODES}"))]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Import a plan, in the place of the one before
    Import {
        /// The file, or `-` for standard input
        file: PathBuf,
        /// Only check it
        #[arg(long)]
        dry_run: bool,
        /// Print the gateway's answer as JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        connection: Connection,
    },
    /// Print the plan as it was imported
    Export {
        #[command(flatten)]
        connection: Connection,
    },
    /// Show how large the plan is, and when it was imported
    Show {
        /// Print the gateway's answer as JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        connection: Connection,
    },
    /// Delete the plan
    Delete {
        #[command(flatten)]
        connection: Connection,
    },
}

/// Does it.
pub(crate) async fn run(args: Args) -> Result<(), Failure> {
    match args.command {
        Command::Import { file, dry_run, json, connection } => {
            let octets = read(&file)?;
            let query: &[_] = if dry_run { &[("dry_run", "true".to_owned())] } else { &[] };
            let client = connection.administrator().await?;
            let answer = client.put_octets(&["numbering-plan"], query, "text/csv", &octets).await?;
            table::show(&answer, json, |answer| say(&told(answer)));
        }
        Command::Export { connection } => {
            let text = connection.administrator().await?.get_text(&["numbering-plan", "csv"]).await?;
            terminal::print_table(&text);
        }
        Command::Show { json, connection } => {
            let answer = connection.administrator().await?.get(&["numbering-plan"], &[]).await?;
            table::show(&answer, json, |answer| say(&told(answer)));
        }
        Command::Delete { connection } => {
            let deleted = connection.administrator().await?.delete(&["numbering-plan"], &[]).await?;
            deleted.ok_or_else(|| Failure::failed("there is no numbering plan"))?;
            say("deleted the numbering plan");
        }
    }
    Ok(())
}

fn read(file: &Path) -> Result<Vec<u8>, Failure> {
    let mut octets = Vec::new();
    let read = if file == Path::new("-") {
        std::io::stdin().read_to_end(&mut octets).map(drop)
    } else {
        std::fs::read(file).map(|read| octets = read)
    };
    read.map_err(|error| Failure::failed(format!("can't read {}: {error}", file.display())))?;
    Ok(octets)
}

/// `1000000 ranges, 812 networks, imported 2026-11-29T14:00:00Z`.
fn told(answer: &Value) -> String {
    let cell = |name| table::cell(answer, name);
    let when = cell("imported_at");
    let when = if when.is_empty() { "not imported".to_owned() } else { format!("imported {when}") };
    format!("{} ranges, {} networks, {when}", cell("ranges"), cell("networks"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_plan_is_one_line() {
        let answer = json!({ "ranges": 3, "networks": 2, "imported_at": "2026-11-29T14:00:00Z" });
        assert_eq!(told(&answer), "3 ranges, 2 networks, imported 2026-11-29T14:00:00Z");
        assert_eq!(told(&json!({ "ranges": 3, "networks": 2 })), "3 ranges, 2 networks, not imported");
    }
}
