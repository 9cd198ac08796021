//! Actions that go on in the background: begun, followed, listed and stopped.

use crate::client::Client;
use crate::commands::page::PageArgs;
use crate::commands::table::{self, cell};
use crate::failure::Failure;
use crate::terminal::{self, Style, paint};
use clap::Subcommand;
use serde_json::{Value, json};

const PATH: [&str; 2] = ["messages", "actions"];

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// List actions in the background, the newest first
    Actions(PageArgs),
    /// Show an action in the background, and how far it has come
    Action {
        /// Its identifier
        id: String,
    },
    /// Stop an action in the background; what was done stays done
    Stop {
        /// Its identifier
        id: String,
    },
}

/// Begins an action.
pub(super) async fn begin(client: &Client, mut request: Value, is_json: bool) -> Result<(), Failure> {
    request["background"] = json!(true);
    let begun = client.post(&PATH, &request).await?;
    let what = if request["dry_run"] == json!(true) { "counting, without doing anything" } else { "begun" };
    table::show(&begun, is_json, |begun| {
        terminal::say(&format!("{what}; follow it with: postrider queue action {}", cell(begun, "id")));
    });
    Ok(())
}

/// Looks at actions, or stops one.
pub(super) async fn run(client: &Client, verb: &Verb, is_json: bool) -> Result<(), Failure> {
    let [messages, actions] = PATH;
    match verb {
        Verb::Actions(page) => {
            let columns = [
                ("ID", "id"),
                ("ACTION", "action"),
                ("STATE", "state"),
                ("TOTAL", "total"),
                ("DONE", "done"),
                ("LEFT", "left"),
                ("AUTHOR", "author"),
                ("REASON", "reason"),
                ("CREATED", "created_at"),
            ];
            let mut found = client.get(&PATH, &page.query()).await?;
            if !is_json {
                name_actions(&mut found);
            }
            table::show(&found, is_json, |found| table::rows(found, actions, &columns));
        }
        Verb::Action { id } => {
            let none = || Failure::refused(format!("there is no action {id}"));
            let found = client.find(&[messages, actions, id]).await?.ok_or_else(none)?;
            table::show(&found, is_json, say);
        }
        Verb::Stop { id } => {
            let stopped = client.act(&[messages, actions, id, "stop"], &[]).await?;
            table::show(&stopped, is_json, say);
        }
    }
    Ok(())
}

/// Puts what is done beside the other members, where columns find it.
fn name_actions(list: &mut Value) {
    for job in list["actions"].as_array_mut().into_iter().flatten() {
        job["action"] = job["order"]["action"].clone();
    }
}

fn say(job: &Value) {
    terminal::say(&paint(Style::Strong, &cell(job, "id")));
    let line = |name: &str, value: &str| {
        terminal::say(&format!("  {} {value}", paint(Style::Faint, &format!("{name:<11}"))));
    };
    for name in ["state", "problem", "total", "done", "left", "interrupted", "author", "reason", "created_at"]
    {
        if job.get(name).is_some() {
            line(name, &cell(job, name));
        }
    }
    line("order", &job["order"].to_string());
}
