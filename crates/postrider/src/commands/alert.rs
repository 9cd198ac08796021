//! `postrider alert`: shows, acknowledges and resolves alerts; manages their sources, and groups of people on call.

use super::table::{self, cell};
use crate::client::{Client, Connection};
use crate::failure::{EXIT_CODES, Failure};
use crate::terminal::{self, Style, paint};
use clap::{Subcommand, ValueEnum};
use serde_json::{Map, Value, json};
use std::path::PathBuf;

const HELP: &str = "\
Sources report alerts: monitoring tools by webhook. Groups of people are texted step by step until
somebody acknowledges. Use an account's key.

Examples:
  postrider alert set-group ops ops.json
  postrider alert set-source prometheus --format alertmanager --group ops
  postrider alert list --state firing
  postrider alert ack 12 --note \"on my way\"";

/// Manage alerts, and who is on call.
#[derive(Debug, clap::Args)]
#[command(after_help = format!("{HELP}\n\n{EXIT_CODES}"))]
pub(crate) struct Args {
    #[command(subcommand)]
    verb: Verb,
    /// Print the gateway's answer as JSON
    #[arg(long, global = true)]
    json: bool,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// List alerts, the newest first
    #[command(after_help = "Example:\n  postrider alert list --state firing")]
    List {
        /// Only alerts in this state: firing, acknowledged or resolved
        #[arg(long)]
        state: Option<String>,
        /// Only alerts of this group
        #[arg(long)]
        group: Option<String>,
        /// The most alerts that are looked at, 1 to 500
        #[arg(long, default_value_t = 50)]
        limit: u16,
        /// The cursor at the end of the previous page
        #[arg(long)]
        cursor: Option<String>,
    },
    /// Show an alert with its history
    #[command(after_help = "Example:\n  postrider alert get 12")]
    Get {
        /// Its number
        number: u64,
    },
    /// Acknowledge an alert: nobody is told of it any more
    #[command(after_help = "Example:\n  postrider alert ack 12 --by ann --note \"on my way\"")]
    Ack(Act),
    /// Say that an alert is over
    #[command(after_help = "Example:\n  postrider alert resolve 12 --note \"disk replaced\"")]
    Resolve(Act),
    /// Report something as a source does: the file has the body of its webhook
    #[command(after_help = "Example:\n  postrider alert report prometheus webhook.json")]
    Report {
        /// The source
        source: String,
        /// The file
        file: PathBuf,
    },
    /// List groups of people on call
    #[command(after_help = "Example:\n  postrider alert groups")]
    Groups,
    /// Show a group
    #[command(after_help = "Example:\n  postrider alert get-group ops --json")]
    GetGroup {
        /// Its name
        name: String,
    },
    /// Declare a group from a file of JSON
    #[command(after_help = "Example:\n  postrider alert set-group ops ops.json")]
    SetGroup {
        /// Its name
        name: String,
        /// The file, as `PUT /v1/alerts/groups/{name}` takes it
        file: PathBuf,
    },
    /// Remove a group
    #[command(after_help = "Example:\n  postrider alert remove-group ops")]
    RemoveGroup {
        /// Its name
        name: String,
    },
    /// Show who is on call now and next
    #[command(after_help = "Example:\n  postrider alert on-call ops")]
    OnCall {
        /// The group
        group: String,
        /// The most shifts, 1 to 100
        #[arg(long, default_value_t = 10)]
        limit: u16,
    },
    /// List sources
    #[command(after_help = "Example:\n  postrider alert sources")]
    Sources,
    /// Declare a source
    #[command(
        after_help = "Example:\n  postrider alert set-source prometheus --format alertmanager --group ops --heartbeat 5m"
    )]
    SetSource(SetSource),
    /// Remove a source
    #[command(after_help = "Example:\n  postrider alert remove-source prometheus")]
    RemoveSource {
        /// Its name
        name: String,
    },
}

#[derive(Debug, clap::Args)]
struct Act {
    /// Its number
    number: u64,
    /// Who does it
    #[arg(long)]
    by: Option<String>,
    /// A comment
    #[arg(long)]
    note: Option<String>,
}

/// The form of a source's reports.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    Alertmanager,
    Grafana,
    #[value(name = "uptime_kuma", alias = "uptime-kuma")]
    UptimeKuma,
    Zabbix,
    Json,
    Cap,
    Heartbeat,
}

#[derive(Debug, clap::Args)]
struct SetSource {
    /// Its name
    name: String,
    /// The form of its reports
    #[arg(long)]
    format: Format,
    /// The group that is told
    #[arg(long)]
    group: String,
    /// The silence after which it is an alert itself, 10s to 31d
    #[arg(long)]
    heartbeat: Option<String>,
    /// The template of titles, for the format json
    #[arg(long)]
    title: Option<String>,
    /// The template of what an alert is known by
    #[arg(long, requires = "title")]
    key_template: Option<String>,
    /// The template of states
    #[arg(long, requires = "title")]
    state: Option<String>,
    /// The template of severities
    #[arg(long, requires = "title")]
    severity: Option<String>,
    /// The path of a list with an alert in each item
    #[arg(long, requires = "title")]
    each: Option<String>,
}

impl SetSource {
    fn document(&self) -> Value {
        let format = self.format.to_possible_value().map(|value| value.get_name().replace('-', "_"));
        let texts = [
            ("title", &self.title),
            ("key", &self.key_template),
            ("state", &self.state),
            ("severity", &self.severity),
            ("each", &self.each),
        ];
        let fields = given(&texts);
        let mut document = given(&[("heartbeat", &self.heartbeat)]);
        document.insert("format".into(), json!(format));
        document.insert("group".into(), json!(self.group));
        if !fields.is_empty() {
            document.insert("fields".into(), Value::Object(fields));
        }
        Value::Object(document)
    }
}

/// The texts that were given, by name.
fn given(texts: &[(&str, &Option<String>)]) -> Map<String, Value> {
    texts.iter().filter_map(|(name, text)| Some(((*name).to_owned(), json!(text.as_ref()?)))).collect()
}

const PATH: &str = "alerts";
const GROUPS: &str = "groups";
const SOURCES: &str = "sources";

/// Runs the verb.
pub(crate) async fn run(args: Args) -> Result<(), Failure> {
    let client = args.connection.client().await?;
    let json = args.json;
    match &args.verb {
        Verb::List { state, group, limit, cursor } => {
            let texts = [("state", state), ("group", group), ("cursor", cursor)];
            let given = texts.into_iter().filter_map(|(name, text)| Some((name, text.clone()?)));
            let query: Vec<_> = [("limit", limit.to_string())].into_iter().chain(given).collect();
            table::show(&client.get(&[PATH], &query).await?, json, list);
        }
        Verb::Get { number } => {
            let found = client.find(&[PATH, &number.to_string()]).await?;
            table::show(&found.ok_or_else(|| missing(*number))?, json, show);
        }
        Verb::Ack(act) => table::show(&self::act(&client, act, "acknowledge").await?, json, show),
        Verb::Resolve(act) => table::show(&self::act(&client, act, "resolve").await?, json, show),
        Verb::Report { source, file } => {
            let body = read(file)?;
            let kind =
                if body.trim_start().starts_with('<') { "application/xml" } else { "application/json" };
            let came = client.post_text(&[PATH, SOURCES, source, "reports"], kind, &body).await?;
            table::show(&came, json, came_of_it);
        }
        verb => return declare(&client, verb, json).await,
    }
    Ok(())
}

/// Runs a verb about groups and sources.
async fn declare(client: &Client, verb: &Verb, json: bool) -> Result<(), Failure> {
    match verb {
        Verb::Groups => {
            let columns = [("NAME", "name"), ("ZONE", "zone"), ("FROM", "from")];
            table::show(&client.get(&[PATH, GROUPS], &[]).await?, json, |page| {
                table::rows(page, GROUPS, &columns);
            });
        }
        Verb::GetGroup { name } => {
            let found = client.find(&[PATH, GROUPS, name]).await?;
            let found = found.ok_or_else(|| Failure::refused(format!("there is no group {name}")))?;
            table::show(&found, json, group);
        }
        Verb::SetGroup { name, file } => {
            let document: Value = serde_json::from_str(&read(file)?)
                .map_err(|error| Failure::usage(format!("{}: {error}", file.display())))?;
            table::show(&client.put(&[PATH, GROUPS, name], &document).await?, json, group);
        }
        Verb::RemoveGroup { name } => removed(client, GROUPS, name).await?,
        Verb::OnCall { group, limit } => {
            let query = [("limit", limit.to_string())];
            let shifts = client.get(&[PATH, GROUPS, group, "on-call"], &query).await?;
            let columns = [("FROM", "from"), ("UNTIL", "until"), ("PEOPLE", "people")];
            table::show(&shifts, json, |page| table::rows(page, "shifts", &columns));
        }
        Verb::Sources => {
            let columns =
                [("NAME", "name"), ("FORMAT", "format"), ("GROUP", "group"), ("REPORTS TO", "reports_to")];
            table::show(&client.get(&[PATH, SOURCES], &[]).await?, json, |page| {
                table::rows(page, SOURCES, &columns);
            });
        }
        Verb::SetSource(source) => {
            let set = client.put(&[PATH, SOURCES, &source.name], &source.document()).await?;
            table::show(&set, json, |set| {
                terminal::say(&format!("{} reports to {}", cell(set, "name"), cell(set, "reports_to")));
            });
        }
        Verb::RemoveSource { name } => removed(client, SOURCES, name).await?,
        Verb::List { .. } | Verb::Get { .. } | Verb::Ack(_) | Verb::Resolve(_) | Verb::Report { .. } => {}
    }
    Ok(())
}

async fn act(client: &Client, act: &Act, verb: &str) -> Result<Value, Failure> {
    let document = Value::Object(given(&[("by", &act.by), ("note", &act.note)]));
    client.post(&[PATH, &act.number.to_string(), verb], &document).await
}

async fn removed(client: &Client, kind: &str, name: &str) -> Result<(), Failure> {
    if client.delete(&[PATH, kind, name], &[]).await?.is_none() {
        return Err(Failure::refused(format!("there is no {} {name}", kind.trim_end_matches('s'))));
    }
    terminal::say(&format!("{name} is removed"));
    Ok(())
}

fn missing(number: u64) -> Failure {
    Failure::refused(format!("there is no alert {number}"))
}

fn read(file: &PathBuf) -> Result<String, Failure> {
    std::fs::read_to_string(file).map_err(|error| Failure::usage(format!("{}: {error}", file.display())))
}

/// The fields of an alert, in the order of the output.
const FIELDS: [&str; 10] = [
    "state",
    "title",
    "severity",
    "detail",
    "source",
    "group",
    "count",
    "opened_at",
    "next_step_at",
    "acknowledged_by",
];

fn show(alert: &Value) {
    terminal::say(&paint(Style::Strong, &cell(alert, "number")));
    for field in FIELDS.into_iter().filter(|field| alert.get(field).is_some()) {
        let value = cell(alert, field);
        terminal::say(&format!("  {} {value}", paint(Style::Faint, &format!("{field:<15}"))));
    }
    for line in alert.get("history").and_then(Value::as_array).map_or(&[][..], Vec::as_slice) {
        terminal::say(&format!("  {} {}", paint(Style::Faint, &cell(line, "at")), cell(line, "what")));
    }
}

fn group(group: &Value) {
    terminal::say(&paint(Style::Strong, &cell(group, "name")));
    for step in group.get("steps").and_then(Value::as_array).map_or(&[][..], Vec::as_slice) {
        terminal::say(&format!("  {}", cell(step, "says")));
    }
}

fn came_of_it(answer: &Value) {
    for field in ["opened", "repeated", "resolved"] {
        terminal::say(&format!("{field}: {}", cell(answer, field)));
    }
}

fn list(page: &Value) {
    let columns = [
        ("NUMBER", "number"),
        ("OPENED", "opened_at"),
        ("STATE", "state"),
        ("GROUP", "group"),
        ("BY", "acknowledged_by"),
        ("TITLE", "title"),
    ];
    table::rows(page, PATH, &columns);
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        source: SetSource,
    }

    #[test]
    fn a_source_has_what_was_given() {
        let line = ["set-source", "kuma", "--format", "uptime-kuma", "--group", "ops", "--heartbeat", "5m"];
        let expected = json!({ "format": "uptime_kuma", "group": "ops", "heartbeat": "5m" });
        assert_eq!(Line::parse_from(line).source.document(), expected);
        let line = ["set-source", "own", "--format", "json", "--group", "ops", "--title", "{{ body.x }}"];
        let expected = json!({ "format": "json", "group": "ops", "fields": { "title": "{{ body.x }}" } });
        assert_eq!(Line::parse_from(line).source.document(), expected);
    }
}
