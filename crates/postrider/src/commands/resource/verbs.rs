//! The verbs that all kinds of declared things have.

use super::{Kind, edit, links};
use crate::client::{Client, entries};
use crate::commands::table;
use crate::failure::Failure;
use crate::terminal::{self, Style, paint};
use clap::Subcommand;
use serde_json::Value;
use std::path::PathBuf;

const LIST: &str = "\
Examples:
  postrider account list
  postrider upstream list --json

Exit codes: `postrider --help` lists them.";

const SHOW: &str = "\
Secrets are not shown.

Examples:
  postrider upstream show acme
  postrider account show shop > shop.toml && postrider account put shop --file shop.toml

Exit codes: `postrider --help` lists them.";

const PUT: &str = "\
Fields that are not given stay as they are. `postrider config reference` lists the fields.

Examples:
  postrider upstream put acme host=smpp.example.net system_id=me password=s3cret
  postrider upstream put acme tls.verify=system window=50
  postrider route put world 'upstreams=[\"acme\"]'
  postrider account put shop sender=Shop rate=50

Exit codes: `postrider --help` lists them.";

const DELETE: &str = "\
What something else refers to can't be deleted: routes go before their upstreams.

Examples:
  postrider route delete world
  postrider upstream delete acme

Exit codes: `postrider --help` lists them.";

/// What can be done with a declared thing.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// List what is declared
    #[command(after_help = LIST)]
    List,
    /// Show one as it would stand in the configuration file
    #[command(after_help = SHOW)]
    Show {
        /// Its name
        name: String,
    },
    /// Declare one, or change one
    #[command(after_help = PUT)]
    Put {
        /// Its name
        name: String,
        /// What to set, as FIELD=VALUE; `smpp.window=50` sets a field of a table, `rate=` goes back to the default
        #[arg(value_name = "FIELD=VALUE", conflicts_with = "file")]
        fields: Vec<String>,
        /// Declare what this TOML file says; `-` reads standard input
        #[arg(long)]
        file: Option<PathBuf>,
    },
    /// Delete one
    #[command(after_help = DELETE)]
    Delete {
        /// Its name
        name: String,
        /// Delete it even if it is the last of its kind, after which nothing is sent
        #[arg(long)]
        allow_empty: bool,
    },
}

/// Runs a verb on a kind.
pub(super) async fn run(kind: Kind, verb: Verb, client: &Client, json: bool) -> Result<(), Failure> {
    match verb {
        Verb::List => {
            let answer = client.get(&[kind.plural], &[]).await?;
            entries(&answer, kind.plural)?;
            table::show(&answer, json, |answer| list(kind, answer));
            Ok(())
        }
        Verb::Show { name } => {
            let answer = client.find(&[kind.plural, &name]).await?.ok_or_else(|| missing(kind, &name))?;
            table::show(&answer, json, |answer| show(kind, &name, answer));
            Ok(())
        }
        Verb::Put { name, fields, file } => put(kind, &name, &fields, file, client, json).await,
        Verb::Delete { name, allow_empty } => {
            let query = [("allow_empty", allow_empty.to_string())];
            client.delete(&[kind.plural, &name], &query).await?.ok_or_else(|| missing(kind, &name))?;
            terminal::say(&format!("deleted the {} {name}", kind.name));
            Ok(())
        }
    }
}

fn missing(kind: Kind, name: &str) -> Failure {
    Failure::refused(format!("there is no {} `{name}`", kind.name))
        .help(format!("`postrider {} list` shows those there are", kind.name))
}

async fn put(
    kind: Kind,
    name: &str,
    fields: &[String],
    file: Option<PathBuf>,
    client: &Client,
    json: bool,
) -> Result<(), Failure> {
    let path = [kind.plural, name];
    let before = client.find(&path).await?;
    let document = match file {
        Some(file) => edit::read_file(&file)?,
        None => edit::changed(edit::document(before.as_ref()), fields, kind.mistakes)?,
    };
    let mistakes = (kind.mistakes)(&document);
    if let [first, more @ ..] = &mistakes[..] {
        let what = more.iter().fold(first.clone(), |all, line| format!("{all}\n       {line}"));
        return Err(Failure::usage(what)
            .help(format!("`postrider config reference {}` explains the fields", kind.plural)));
    }
    let answer = client.put(&path, &document).await?;
    table::show(&answer, json, |answer| {
        let done = if before.is_some() { "changed" } else { "declared" };
        terminal::say(&format!("{done} the {} {}", kind.name, paint(Style::Strong, name)));
        for (place, secret) in answer.get("secrets").and_then(Value::as_object).into_iter().flatten() {
            let secret = secret.as_str().unwrap_or_default();
            terminal::say(&format!("  {place} = {secret}   (shown this once)"));
        }
    });
    Ok(())
}

fn list(kind: Kind, answer: &Value) {
    let mut rows = entries(answer, kind.plural).unwrap_or_default().to_vec();
    for row in &mut rows {
        let words = links::short(row);
        if let Some(links) = row.get_mut("links") {
            *links = words.into();
        }
    }
    let none = format!("no {} yet: `postrider {} put NAME` declares one", kind.plural, kind.name);
    table::print(kind.columns, &rows, &none, |name, value| match (name, value) {
        ("enabled", "false") => Some(Style::Doubtful),
        ("links", words) if words.contains("down") => Some(Style::Bad),
        ("name", _) => Some(Style::Strong),
        _ => None,
    });
}

/// As it would stand in the file; where it is declared and how its links stand is said in comments.
fn show(kind: Kind, name: &str, answer: &Value) {
    let text = |field: &str| answer.get(field).and_then(Value::as_str);
    let changed = text("updated_at").map(|at| format!(", changed {at}")).unwrap_or_default();
    terminal::say(&paint(
        Style::Faint,
        &format!("# declared in the {}{changed}", text("origin").unwrap_or("?")),
    ));
    for line in links::lines(answer).into_iter().chain(links::learnt(answer)) {
        terminal::say(&paint(Style::Faint, &format!("# {line}")));
    }
    terminal::print(&edit::toml(kind.plural, name, &edit::document(Some(answer))));
}
