//! `postrider contact` and `postrider group`: contacts, their groups, imports and exports.

use super::table::{self, cell};
use super::template::{Page, pairs};
use crate::client::{Client, Connection};
use crate::failure::{EXIT_CODES, Failure};
use crate::terminal::{self, Style, paint};
use clap::Subcommand;
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};

/// The most octets of a file that are imported in one request.
const CHUNK_MAX: usize = 4 * 1024 * 1024;

const HELP: &str = "\
A contact is a number with a name, a language, groups, tags and fields, which templates have as variables. Use an
account's key. An import is a trial unless --apply is given; what a trial finds is printed line by line.

Examples:
  postrider contact put +447700900123 --name Ann --language en --group news --field city=London
  postrider contact list --segment \"country = 'GB' and tag != 'old'\"
  postrider contact import customers.csv
  postrider contact import customers.csv --apply
  postrider contact export > contacts.csv";

const JOB_HELP: &str = "\
The gateway keeps the rows, looks at each, and waits until the import is applied. It goes on after restarts.

Examples:
  id=$(postrider contact job make customers.xlsx --group news)
  postrider contact job get $id
  postrider contact job report $id > findings.csv
  postrider contact job apply $id
  postrider contact job undo $id";

/// Manage contacts: numbers with names, languages, groups, tags and fields.
#[derive(Debug, clap::Args)]
#[command(after_help = format!("{HELP}\n\n{EXIT_CODES}"))]
pub(crate) struct ContactArgs {
    #[command(subcommand)]
    verb: Contact,
    /// Print the gateway's answer as JSON
    #[arg(long, global = true)]
    json: bool,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Debug, Subcommand)]
enum Contact {
    /// Keep a contact, in the place of what was known of the number
    Put(Put),
    /// Show a contact
    Get {
        /// The number
        number: String,
    },
    /// List contacts by number
    List {
        #[command(flatten)]
        select: Select,
        #[command(flatten)]
        page: Page,
    },
    /// Count contacts, and those of them who opted out
    Count {
        #[command(flatten)]
        select: Select,
    },
    /// Import a file: CSV, a workbook (.xlsx) or cards (.vcf); or say what would become of it
    Import {
        /// The file. The first line of a table names the columns: number, name, language, zone, groups, tags, and fields such as
        /// age:number
        file: PathBuf,
        /// Import it, rather than only say what would become of it
        #[arg(long)]
        apply: bool,
        /// Have the file take the place of what is known, rather than fill in what isn't
        #[arg(long)]
        overwrite: bool,
        /// A group that all of them are added to
        #[arg(long)]
        group: Option<String>,
    },
    /// Import a file that is looked at whole first, and goes on after restarts of the gateway
    #[command(subcommand, after_help = JOB_HELP)]
    Job(Job),
    /// Print contacts as CSV, in the form that imports take
    Export,
    /// Forget a contact
    Delete {
        /// The number
        number: String,
    },
}

#[derive(Debug, Subcommand)]
enum Job {
    /// Send a file, and print the identifier of its import
    Make {
        /// The file: CSV, a workbook (.xlsx) or cards (.vcf)
        file: PathBuf,
        /// Have the file take the place of what is known, rather than fill in what isn't
        #[arg(long)]
        overwrite: bool,
        /// A group that all of them are added to
        #[arg(long)]
        group: Option<String>,
        /// Have the report tell of every row, also of those without fault
        #[arg(long)]
        all_rows: bool,
    },
    /// Show an import, and how far it has come
    Get {
        /// Its identifier
        id: String,
    },
    /// List imports, the newest first
    List(Page),
    /// Print what an import found out, as CSV
    Report {
        /// Its identifier
        id: String,
    },
    /// Have the contacts of a checked import changed
    Apply {
        /// Its identifier
        id: String,
    },
    /// Undo an import: contacts that have not changed since become what they were
    Undo {
        /// Its identifier
        id: String,
    },
    /// Delete an import; contacts stay
    Delete {
        /// Its identifier
        id: String,
    },
}

#[derive(Debug, clap::Args)]
struct Select {
    /// In this group
    #[arg(long)]
    group: Option<String>,
    /// With this tag
    #[arg(long)]
    tag: Option<String>,
    /// For which this holds, such as `country = 'DE' and age >= 18`
    #[arg(long)]
    segment: Option<String>,
}

#[derive(Debug, clap::Args)]
struct Put {
    /// The number
    number: String,
    /// The name of the person
    #[arg(long)]
    name: Option<String>,
    /// Their language, such as `pt-BR`
    #[arg(long)]
    language: Option<String>,
    /// Their time zone, such as `Europe/Berlin`
    #[arg(long)]
    zone: Option<String>,
    /// What another system calls them
    #[arg(long)]
    external_id: Option<String>,
    /// Where they agreed to get messages
    #[arg(long)]
    consent_source: Option<String>,
    /// A group that they are in
    #[arg(long = "group")]
    groups: Vec<String>,
    /// A word that they are found by
    #[arg(long = "tag")]
    tags: Vec<String>,
    /// What else is known
    #[arg(long = "field", value_name = "NAME=VALUE")]
    fields: Vec<String>,
}

impl Select {
    fn query(&self) -> Vec<(&'static str, String)> {
        let conditions = [("group", &self.group), ("tag", &self.tag), ("segment", &self.segment)];
        conditions.into_iter().filter_map(|(name, value)| Some((name, value.clone()?))).collect()
    }
}

impl Put {
    fn document(&self) -> Result<Value, Failure> {
        let fields = pairs(&self.fields, super::template::scalar)?;
        let mut document = Map::new();
        for (name, text) in [
            ("name", &self.name),
            ("language", &self.language),
            ("zone", &self.zone),
            ("external_id", &self.external_id),
            ("consent_source", &self.consent_source),
        ] {
            document.extend(text.as_ref().map(|text| (name.to_owned(), json!(text))));
        }
        document.insert("groups".to_owned(), json!(self.groups));
        document.insert("tags".to_owned(), json!(self.tags));
        document.insert("fields".to_owned(), fields.into());
        Ok(document.into())
    }
}

const PATH: &str = "contacts";

/// Runs the verb.
pub(crate) async fn run(args: ContactArgs) -> Result<(), Failure> {
    let client = args.connection.client().await?;
    let none = |number: &str| Failure::refused(format!("there is no contact {number}"));
    match &args.verb {
        Contact::Put(put) => {
            let kept = client.put(&[PATH, &put.number], &put.document()?).await?;
            table::show(&kept, args.json, show);
        }
        Contact::Get { number } => {
            let found = client.find(&[PATH, number]).await?.ok_or_else(|| none(number))?;
            table::show(&found, args.json, show);
        }
        Contact::List { select, page } => {
            let mut query = page.query();
            query.extend(select.query());
            let columns = [
                ("NUMBER", "number"),
                ("NAME", "name"),
                ("LANGUAGE", "language"),
                ("GROUPS", "groups"),
                ("TAGS", "tags"),
            ];
            let found = client.get(&[PATH], &query).await?;
            table::show(&found, args.json, |found| table::rows(found, PATH, &columns));
        }
        Contact::Count { select } => {
            let found = client.get(&[PATH, "count"], &select.query()).await?;
            table::show(&found, args.json, |found| {
                let (contacts, opted_out) = (cell(found, "contacts"), cell(found, "opted_out"));
                terminal::say(&format!("{contacts} contacts, {opted_out} of them opted out"));
            });
        }
        Contact::Import { file, apply, overwrite, group } => {
            let mut query = vec![("dry_run", (!apply).to_string()), ("overwrite", overwrite.to_string())];
            query.extend(group.clone().map(|group| ("group", group)));
            // A trial sees the whole file, to tell which numbers come twice.
            let most = if *apply { CHUNK_MAX } else { usize::MAX };
            import(&client, file, &query, most, args.json).await?;
        }
        Contact::Job(job) => run_job(&client, job, args.json).await?,
        Contact::Export => terminal::print_table(&client.get_text(&[PATH, "csv"]).await?),
        Contact::Delete { number } => {
            client.delete(&[PATH, number], &[]).await?.ok_or_else(|| none(number))?;
            terminal::say(&format!("forgot {number}"));
        }
    }
    Ok(())
}

const JOBS: &str = "imports";

async fn run_job(client: &Client, job: &Job, is_json: bool) -> Result<(), Failure> {
    let none = |id: &str| Failure::refused(format!("there is no import {id}"));
    match job {
        Job::Make { file, overwrite, group, all_rows } => {
            let mut query = vec![("overwrite", overwrite.to_string()), ("all_rows", all_rows.to_string())];
            query.extend(group.clone().map(|group| ("group", group)));
            let octets = read(file)?;
            let kind = whole_file(file).unwrap_or("text/csv");
            let made = client.import_file(&[PATH, JOBS], &query, kind, &octets).await?;
            table::show(&made, is_json, |made| terminal::say(&cell(made, "id")));
        }
        Job::Get { id } => {
            let found = client.find(&[PATH, JOBS, id]).await?.ok_or_else(|| none(id))?;
            table::show(&found, is_json, show_job);
        }
        Job::List(page) => {
            let columns = [
                ("ID", "id"),
                ("STATE", "state"),
                ("ROWS", "rows"),
                ("VALID", "valid"),
                ("INVALID", "invalid"),
                ("APPLIED", "applied"),
                ("CREATED", "created_at"),
            ];
            let found = client.get(&[PATH, JOBS], &page.query()).await?;
            table::show(&found, is_json, |found| table::rows(found, JOBS, &columns));
        }
        Job::Report { id } => {
            terminal::print_table(&client.get_text(&[PATH, JOBS, id, "report"]).await?);
        }
        Job::Apply { id } => {
            let applied = client.act(&[PATH, JOBS, id, "apply"], &[]).await?;
            table::show(&applied, is_json, show_job);
        }
        Job::Undo { id } => {
            let undone = client.act(&[PATH, JOBS, id, "undo"], &[]).await?;
            table::show(&undone, is_json, show_job);
        }
        Job::Delete { id } => {
            client.delete(&[PATH, JOBS, id], &[]).await?.ok_or_else(|| none(id))?;
            terminal::say(&format!("deleted {id}"));
        }
    }
    Ok(())
}

fn show_job(import: &Value) {
    terminal::say(&paint(Style::Strong, &cell(import, "id")));
    let fields =
        ["state", "reason", "checked", "applied", "rows", "valid", "invalid", "doubled", "new", "changed"];
    let fields = fields.into_iter().chain(["same", "opted_out", "unroutable", "restored", "left"]);
    for field in fields.filter(|field| import.get(field).is_some()) {
        terminal::say(&format!("  {} {}", paint(Style::Faint, &format!("{field:<10}")), cell(import, field)));
    }
}

/// Imports a file, some ten thousand lines at a time. What was imported stays when it breaks off, and may be imported again.
async fn import(
    client: &Client,
    file: &Path,
    query: &[(&str, String)],
    most: usize,
    is_json: bool,
) -> Result<(), Failure> {
    let octets = read(file)?;
    let (kind, pieces) = match whole_file(file) {
        Some(kind) => (kind, vec![(0, octets)]),
        None => ("text/csv", table_pieces(octets, most)),
    };
    if pieces.is_empty() {
        let detail = format!(
            "{} has no rows: its first line names the columns, and each other line is a contact",
            file.display()
        );
        return Err(Failure::usage(detail));
    }
    let mut total = Map::new();
    for (place, (first, piece)) in pieces.iter().enumerate() {
        let answer = client.import_file(&[PATH, "import"], query, kind, piece).await?;
        for (name, value) in answer.as_object().into_iter().flatten() {
            if let Some(more) = value.as_u64() {
                let known = total.get(name).and_then(Value::as_u64).unwrap_or(0);
                total.insert(name.clone(), json!(known + more));
            }
        }
        for finding in answer.get("findings").and_then(Value::as_array).into_iter().flatten() {
            let line = finding.get("line").and_then(Value::as_u64).unwrap_or(0) + first;
            let (value, what) = (cell(finding, "value"), cell(finding, "finding"));
            terminal::complain(&format!("line {line}: {value}: {what}: {}", cell(finding, "detail")));
        }
        if pieces.len() > 1 {
            terminal::complain(&format!("{} of {} parts", place + 1, pieces.len()));
        }
    }
    table::show(&total.into(), is_json, |total| {
        for field in
            ["rows", "valid", "invalid", "doubled", "new", "changed", "same", "opted_out", "unroutable"]
        {
            terminal::say(&format!(
                "{} {}",
                paint(Style::Faint, &format!("{field:<10}")),
                cell(total, field)
            ));
        }
    });
    Ok(())
}

fn read(file: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(file).map_err(|error| Failure::usage(format!("can't read {}: {error}", file.display())))
}

/// A table in pieces of whole lines. What isn't UTF-8, such as the "Unicode text" of Excel, is one piece: the gateway reads it.
fn table_pieces(octets: Vec<u8>, most: usize) -> Vec<(u64, Vec<u8>)> {
    match String::from_utf8(octets) {
        Ok(text) => {
            let pieces = super::run::pieces(&text, true, most).into_iter();
            pieces.map(|(first, piece)| (first, piece.into_bytes())).collect()
        }
        Err(other) => vec![(0, other.into_bytes())],
    }
}

/// The media type of a file that is sent as a whole; `None` for tables of text, which are cut.
fn whole_file(file: &Path) -> Option<&'static str> {
    let is = |wanted: &str| file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case(wanted));
    if is("xlsx") {
        Some("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
    } else if is("vcf") || is("vcard") {
        Some("text/vcard")
    } else {
        None
    }
}

fn show(contact: &Value) {
    terminal::say(&paint(Style::Strong, &cell(contact, "number")));
    let fields = [
        "country",
        "name",
        "language",
        "zone",
        "external_id",
        "consent_source",
        "groups",
        "tags",
        "fields",
        "created_at",
        "updated_at",
    ];
    for field in fields.into_iter().filter(|field| contact.get(field).is_some()) {
        terminal::say(&format!(
            "  {} {}",
            paint(Style::Faint, &format!("{field:<14}")),
            cell(contact, field)
        ));
    }
}

const GROUP_HELP: &str = "\
A contact is in a group when it names the group. Campaigns are sent to groups. Use an account's key.

Examples:
  postrider group put news --description 'Newsletter'
  postrider group add news +447700900123
  postrider group get news";

/// Manage groups of contacts.
#[derive(Debug, clap::Args)]
#[command(after_help = format!("{GROUP_HELP}\n\n{EXIT_CODES}"))]
pub(crate) struct GroupArgs {
    #[command(subcommand)]
    verb: Group,
    /// Print the gateway's answer as JSON
    #[arg(long, global = true)]
    json: bool,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Debug, Subcommand)]
enum Group {
    /// Keep a group
    Put {
        /// Its name: small letters, digits, `-` and `_`
        name: String,
        /// What it is for
        #[arg(long)]
        description: Option<String>,
    },
    /// Show a group, and how many contacts are in it
    Get {
        /// Its name
        name: String,
    },
    /// List groups
    List(Page),
    /// Add a number to a group
    Add {
        /// The group's name
        name: String,
        /// The number
        number: String,
    },
    /// Take a number out of a group
    Remove {
        /// The group's name
        name: String,
        /// The number
        number: String,
    },
    /// Delete a group that nobody is in
    Delete {
        /// Its name
        name: String,
    },
}

const GROUPS: &str = "groups";

/// Runs the verb.
pub(crate) async fn run_group(args: GroupArgs) -> Result<(), Failure> {
    let client = args.connection.client().await?;
    let say = |group: &Value| {
        let about = [cell(group, "name"), cell(group, "members"), cell(group, "description")];
        terminal::say(about.join("  ").trim_end());
    };
    match &args.verb {
        Group::Put { name, description } => {
            let document = description.as_ref().map_or(json!({}), |text| json!({ "description": text }));
            table::show(&client.put(&[GROUPS, name], &document).await?, args.json, say);
        }
        Group::Get { name } => table::show(&client.get(&[GROUPS, name], &[]).await?, args.json, say),
        Group::List(page) => {
            let columns = [("NAME", "name"), ("DESCRIPTION", "description")];
            let found = client.get(&[GROUPS], &page.query()).await?;
            table::show(&found, args.json, |found| table::rows(found, GROUPS, &columns));
        }
        Group::Add { name, number } => {
            client.put(&[GROUPS, name, "members", number], &json!({})).await?;
            terminal::say(&format!("{number} is in {name}"));
        }
        Group::Remove { name, number } => {
            if client.delete(&[GROUPS, name, "members", number], &[]).await?.is_none() {
                return Err(Failure::refused(format!("{number} was not in {name}")));
            }
            terminal::say(&format!("{number} is not in {name}"));
        }
        Group::Delete { name } => {
            if client.delete(&[GROUPS, name], &[]).await?.is_none() {
                return Err(Failure::refused(format!("there is no group '{name}'")));
            }
            terminal::say(&format!("deleted {name}"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_that_is_no_utf_8_goes_as_it_is() {
        let utf_16: Vec<u8> =
            "\u{feff}number\n+447700900123\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(table_pieces(utf_16.clone(), 8), [(0, utf_16)]);
        assert_eq!(table_pieces(b"number\n1\n2\n".to_vec(), 10).len(), 2);
        assert!(table_pieces(b"number\n".to_vec(), 10).is_empty());
    }
}
