//! `postrider template`: writes, approves, previews, shows and deletes templates of messages.

use super::table::{self, cell};
use crate::client::Connection;
use crate::failure::{EXIT_CODES, Failure};
use crate::terminal::{self, Style, paint};
use clap::Subcommand;
use serde_json::{Map, Value, json};

const HELP: &str = "\
A template has a text for each language, with variables. Each write is a new version, and the version that
was approved last is sent. Use an account's key.

Examples:
  postrider template put welcome --text 'en=Hello {{ name | default(\"there\") }}!' --text 'de=Hallo {{ name }}!'
  postrider template approve welcome 1
  postrider template preview welcome --language de --variable name=Ann
  postrider template sheet welcome > recipients.csv
  postrider send --template welcome --variable name=Ann +447700900123";

/// Write, approve, preview and delete templates of messages.
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
    /// Write a new version, which is sent once it is approved
    #[command(after_help = "Example:\n  postrider template put welcome --text 'en=Hello {{ name }}!'")]
    Put(Put),
    /// Approve a version: from now on it is sent
    #[command(after_help = "Example:\n  postrider template approve welcome 2", disable_version_flag = true)]
    Approve {
        /// The template's name
        name: String,
        /// The version
        version: u32,
    },
    /// Show the text that a template makes, and its parts
    #[command(
        after_help = "Example:\n  postrider template preview welcome --variable name=Ann",
        disable_version_flag = true
    )]
    Preview {
        /// The template's name
        name: String,
        /// The version; the newest if none is given
        #[arg(long)]
        version: Option<u32>,
        #[command(flatten)]
        filling: Filling,
    },
    /// Show a template
    #[command(after_help = "Example:\n  postrider template get welcome", disable_version_flag = true)]
    Get {
        /// The template's name
        name: String,
        /// The version; the newest if none is given
        #[arg(long)]
        version: Option<u32>,
    },
    /// List templates
    #[command(after_help = "Example:\n  postrider template list")]
    List(Page),
    /// List the versions of a template, the newest first
    #[command(after_help = "Example:\n  postrider template versions welcome")]
    Versions {
        /// The template's name
        name: String,
        #[command(flatten)]
        page: Page,
    },
    /// Print a table of CSV for its recipients: a column for each variable, and an example
    #[command(
        after_help = "Example:\n  postrider template sheet welcome > recipients.csv",
        disable_version_flag = true
    )]
    Sheet {
        /// The template's name
        name: String,
        /// The version; the newest if none is given
        #[arg(long)]
        version: Option<u32>,
    },
    /// Delete a template with all its versions
    #[command(after_help = "Example:\n  postrider template delete welcome")]
    Delete {
        /// The template's name
        name: String,
    },
}

/// A page of a list.
#[derive(Debug, clap::Args)]
pub(super) struct Page {
    /// The most entries, 1 to 500
    #[arg(long, default_value_t = 50)]
    limit: u16,
    /// The cursor at the end of the previous page
    #[arg(long)]
    cursor: Option<String>,
}

impl Page {
    /// The parameters of the request.
    pub(super) fn query(&self) -> Vec<(&'static str, String)> {
        let cursor = self.cursor.clone().map(|cursor| ("cursor", cursor));
        [("limit", self.limit.to_string())].into_iter().chain(cursor).collect()
    }
}

/// What a template is filled in with.
#[derive(Debug, clap::Args)]
pub(super) struct Filling {
    /// The recipient's language, such as `pt-BR`
    #[arg(long)]
    language: Option<String>,
    /// The value of a variable; a number, true and false are read as such
    #[arg(long = "variable", value_name = "NAME=VALUE")]
    variables: Vec<String>,
}

impl Filling {
    /// Sets the fields of a document that were given.
    pub(super) fn fill(&self, document: &mut Map<String, Value>) -> Result<(), Failure> {
        if let Some(language) = &self.language {
            document.insert("language".into(), json!(language));
        }
        if !self.variables.is_empty() {
            document.insert("variables".into(), Value::Object(pairs(&self.variables, scalar)?));
        }
        Ok(())
    }
}

/// A number, true or false, or else a text. A number that would lose its leading zeros or `+` stays a text.
pub(super) fn scalar(text: &str) -> Value {
    let Ok(value) = serde_json::from_str::<Value>(text) else { return json!(text) };
    let written = value.to_string();
    if (value.is_number() || value.is_boolean()) && written == text { value } else { json!(text) }
}

/// Arguments of the form `NAME=VALUE` as an object.
pub(super) fn pairs(given: &[String], read: fn(&str) -> Value) -> Result<Map<String, Value>, Failure> {
    let pair = |given: &String| {
        let (name, value) = given
            .split_once('=')
            .ok_or_else(|| Failure::usage(format!("'{given}' has no '=': write NAME=VALUE")))?;
        Ok((name.to_owned(), read(value)))
    };
    given.iter().map(pair).collect()
}

#[derive(Debug, clap::Args)]
struct Put {
    /// The template's name: small letters, digits, `-` and `_`
    name: String,
    /// The text of a language
    #[arg(long = "text", value_name = "LANGUAGE=TEXT", required = true)]
    texts: Vec<String>,
    /// The language that is taken where there is no text in the recipient's; the first one that is given if not
    #[arg(long)]
    language: Option<String>,
    /// What it is for
    #[arg(long)]
    description: Option<String>,
    /// The value of a variable where none is given
    #[arg(long = "default", value_name = "NAME=VALUE")]
    defaults: Vec<String>,
    /// The value of a variable in previews
    #[arg(long = "example", value_name = "NAME=VALUE")]
    examples: Vec<String>,
    /// The identifier of the sending entity in India's register (DLT)
    #[arg(long)]
    dlt_entity_id: Option<String>,
    /// The identifier of the template in India's register (DLT)
    #[arg(long)]
    dlt_template_id: Option<String>,
}

impl Put {
    fn document(&self) -> Result<Value, Failure> {
        let texts = pairs(&self.texts, |text| json!(text))?;
        let first = self.texts.first().and_then(|text| text.split_once('=')).map(|(language, _)| language);
        let language = self.language.as_deref().or(first);
        let mut variables: Map<String, Value> = Map::new();
        for (field, given) in [("default", &self.defaults), ("example", &self.examples)] {
            for (name, value) in pairs(given, scalar)? {
                let variable = variables.entry(name).or_insert_with(|| json!({}));
                if let Some(variable) = variable.as_object_mut() {
                    variable.insert(field.to_owned(), value);
                }
            }
        }
        let mut document = json!({ "language": language, "texts": texts, "variables": variables });
        let optional = [
            ("description", &self.description),
            ("dlt_entity_id", &self.dlt_entity_id),
            ("dlt_template_id", &self.dlt_template_id),
        ];
        if let Some(fields) = document.as_object_mut() {
            fields.extend(
                optional.into_iter().filter_map(|(name, text)| Some((name.into(), json!(text.as_ref()?)))),
            );
        }
        Ok(document)
    }
}

const PATH: &str = "templates";

/// Runs the verb.
pub(crate) async fn run(args: Args) -> Result<(), Failure> {
    let client = args.connection.client().await?;
    let version = |version: &Option<u32>| version.map(|version| ("version", version.to_string()));
    match &args.verb {
        Verb::Put(put) => {
            let written = client.put(&[PATH, &put.name], &put.document()?).await?;
            table::show(&written, args.json, show);
        }
        Verb::Approve { name, version } => {
            let approved = client.post(&[PATH, name, "approve"], &json!({ "version": version })).await?;
            table::show(&approved, args.json, show);
        }
        Verb::Preview { name, version, filling } => {
            let mut document = Map::new();
            document.extend(version.map(|version| ("version".to_owned(), json!(version))));
            filling.fill(&mut document)?;
            let preview = client.post(&[PATH, name, "preview"], &document.into()).await?;
            table::show(&preview, args.json, |preview| {
                terminal::say(&cell(preview, "text"));
                let about = ["language", "encoding", "parts", "characters"]
                    .map(|field| format!("{field} {}", cell(preview, field)));
                terminal::say(&paint(Style::Faint, &about.join(", ")));
            });
        }
        Verb::Get { name, version: wanted } => {
            let query: Vec<_> = version(wanted).into_iter().collect();
            table::show(&client.get(&[PATH, name], &query).await?, args.json, show);
        }
        Verb::Sheet { name, version: wanted } => {
            let query: Vec<_> = version(wanted).into_iter().collect();
            terminal::print_table(&client.text(&[PATH, name, "sheet"], &query).await?);
        }
        Verb::List(page) => {
            let columns = [("NAME", "name"), ("LATEST", "latest"), ("APPROVED", "approved")];
            let found = client.get(&[PATH], &page.query()).await?;
            table::show(&found, args.json, |found| table::rows(found, PATH, &columns));
        }
        Verb::Versions { name, page } => {
            let columns = [
                ("VERSION", "version"),
                ("STATE", "state"),
                ("WRITTEN", "written_at"),
                ("AUTHOR", "author"),
                ("APPROVED BY", "approved_by"),
            ];
            let found = client.get(&[PATH, name, "versions"], &page.query()).await?;
            table::show(&found, args.json, |found| table::rows(found, "versions", &columns));
        }
        Verb::Delete { name } => {
            if client.delete(&[PATH, name], &[]).await?.is_none() {
                return Err(Failure::refused(format!("there is no template '{name}'")));
            }
            terminal::say(&format!("deleted {name}"));
        }
    }
    Ok(())
}

fn show(template: &Value) {
    let title = format!("{} {}", cell(template, "name"), cell(template, "version"));
    terminal::say(&paint(Style::Strong, &title));
    for field in
        ["state", "author", "approved_by", "description", "language", "dlt_entity_id", "dlt_template_id"]
    {
        if template.get(field).is_some() {
            let value = cell(template, field);
            terminal::say(&format!("  {} {value}", paint(Style::Faint, &format!("{field:<15}"))));
        }
    }
    for (language, text) in template.get("texts").and_then(Value::as_object).into_iter().flatten() {
        let text = text.as_str().unwrap_or_default();
        terminal::say(&format!("  {} {text}", paint(Style::Faint, &format!("{language:<15}"))));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        put: Put,
    }

    #[test]
    fn a_template_has_what_was_given() {
        let line = Line::parse_from([
            "put",
            "welcome",
            "--text",
            "en=a=b",
            "--text",
            "de=c",
            "--default",
            "n=2",
            "--example",
            "n=007",
        ]);
        let expected = json!({ "language": "en", "texts": { "en": "a=b", "de": "c" },
            "variables": { "n": { "default": 2, "example": "007" } } });
        assert_eq!(line.put.document().ok(), Some(expected));
    }

    #[test]
    fn values_that_look_like_numbers_are_numbers() {
        for (text, value) in
            [("3", json!(3)), ("1.5", json!(1.5)), ("true", json!(true)), ("+44", json!("+44"))]
        {
            assert_eq!(scalar(text), value, "{text}");
        }
        assert_eq!((scalar("007"), scalar("[1]"), scalar("")), (json!("007"), json!("[1]"), json!("")));
    }
}
