//! Templates: texts with variables, written, read by somebody else, and approved.

mod written;

pub(super) use written::{approve, delete, write};

use super::owned::{Owner, ask};
use crate::api::{Failed, path, with_query};
use crate::form::Form;
use crate::frame::Frame;
use crate::texts::title;
use crate::visitor::Visitor;
use crate::words::{Badge, Tone};
use askama::Template;
use axum::extract::{Path, RawQuery};
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const HERE: &str = "/console/templates";

/// A template of the list.
#[derive(Deserialize)]
struct Entry {
    name: String,
    latest: u32,
    approved: Option<u32>,
}

#[derive(Default, Deserialize)]
struct Entries {
    templates: Vec<Entry>,
    next: Option<String>,
}

/// A version of a template, as the API tells of it.
#[derive(Deserialize)]
struct Version {
    name: String,
    version: u32,
    state: String,
    author: String,
    written_at: String,
    approved_by: Option<String>,
    #[serde(default)]
    description: String,
    language: String,
    texts: BTreeMap<String, String>,
    #[serde(default)]
    variables: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
struct Versions {
    versions: Vec<Version>,
}

/// What a text becomes with the examples of its variables.
#[derive(Deserialize)]
struct Preview {
    text: String,
    parts: u64,
    encoding: String,
}

/// The text of a language, and what it becomes; or why it becomes nothing.
struct Text {
    language: String,
    text: String,
    preview: Result<Preview, String>,
}

impl Entry {
    fn badge(&self, frame: &Frame) -> Badge {
        match self.approved {
            None => Badge::new(Tone::Quiet, frame.t("Draft")),
            Some(version) if version < self.latest => {
                Badge::new(Tone::Doubt, &frame.t1("Version {0} is sent; a newer one is a draft", version))
            }
            Some(_) => Badge::new(Tone::Good, frame.t("Approved")),
        }
    }
}

impl Version {
    fn badge(&self, frame: &Frame) -> Badge {
        match self.state.as_str() {
            "approved" => Badge::new(Tone::Good, frame.t("Approved")),
            "replaced" => Badge::new(Tone::Quiet, frame.t("Replaced")),
            _ => Badge::new(Tone::Quiet, frame.t("Draft")),
        }
    }

    /// Who wrote it: a user by name, or a key.
    fn author(&self) -> &str {
        self.author.strip_prefix("user:").unwrap_or(&self.author)
    }

    /// Who approved it.
    fn approver(&self) -> Option<&str> {
        self.approved_by.as_deref().map(|name| name.strip_prefix("user:").unwrap_or(name))
    }

    /// The examples of its variables, a line each: `name = Ann`.
    fn examples(&self) -> String {
        let line = |(name, variable): (&String, &Value)| match variable.get("example") {
            Some(Value::String(text)) => Some(format!("{name} = {text}")),
            Some(Value::Null) | None => None,
            Some(value) => Some(format!("{name} = {value}")),
        };
        self.variables.iter().filter_map(line).collect::<Vec<_>>().join("\n")
    }
}

#[derive(Template)]
#[template(path = "templates.html")]
struct TemplatesPage {
    frame: Frame,
    list: Entries,
    owner: Owner,
}

impl TemplatesPage {
    fn address(&self, name: &str) -> String {
        self.owner.at(&format!("{HERE}/{name}"), &[])
    }

    fn next(&self, cursor: &str) -> String {
        self.owner.at(HERE, &[("cursor", cursor)])
    }
}

#[derive(Template)]
#[template(path = "template.html")]
struct TemplatePage {
    frame: Frame,
    account: String,
    version: Version,
    texts: Vec<Text>,
    versions: Vec<Version>,
    failed: Option<Failed>,
}

impl TemplatePage {
    fn address(&self, version: &u32) -> String {
        self.at("", *version)
    }

    /// The address of the table that is filled in with recipients.
    fn sheet(&self) -> String {
        self.at("/sheet", self.version.version)
    }

    fn at(&self, end: &str, version: u32) -> String {
        let version = version.to_string();
        let query = [("account", self.account.as_str()), ("version", &version)];
        with_query(&format!("{HERE}/{}{end}", self.version.name), &query)
    }

    /// Whether whoever looks wrote this version: somebody else approves it.
    fn is_own(&self) -> bool {
        let who = self.frame.who.as_ref();
        let author = self.version.author.strip_prefix("user:");
        who.is_some_and(|who| who.is_user() && author == Some(&*who.name))
    }
}

pub(super) async fn list(visitor: Visitor, RawQuery(query): RawQuery) -> Response {
    let form = Form::read(query.unwrap_or_default().as_bytes());
    let page = async {
        let owner = Owner::of(&visitor, &form).await?;
        let query = [("cursor", form.get("cursor"))];
        let list = owner.list(&visitor, "/v1/templates", &query).await?;
        Ok(TemplatesPage { frame: visitor.frame("templates", "Templates"), list, owner })
    };
    visitor.show(page.await)
}

pub(super) async fn one(visitor: Visitor, Path(name): Path<String>, RawQuery(query): RawQuery) -> Response {
    let form = Form::read(query.unwrap_or_default().as_bytes());
    visitor.show(shown(&visitor, &name, &form, None).await)
}

/// A table to be filled in with recipients: a column for each variable, and an example.
pub(super) async fn sheet(visitor: Visitor, Path(name): Path<String>, RawQuery(query): RawQuery) -> Response {
    let form = Form::read(query.unwrap_or_default().as_bytes());
    let (at, query) = (path(&["templates", &name, "sheet"]), [("version", form.get("version"))]);
    match ask(&visitor, form.get("account")).file(&at, &query, &format!("{name}.csv")).await {
        Ok(file) => file,
        Err(failed) => visitor.refused(failed, &visitor.here),
    }
}

async fn shown(
    visitor: &Visitor,
    name: &str,
    form: &Form,
    failed: Option<Failed>,
) -> Result<TemplatePage, Failed> {
    let owner = Owner::of(visitor, form).await?;
    let ask = owner.ask(visitor);
    let at = path(&["templates", name]);
    let version: Version = ask.get(&at, &[("version", form.get("version"))]).await?;
    let Versions { versions } = ask.get(&path(&["templates", name, "versions"]), &[]).await?;
    let mut texts = Vec::new();
    for (language, text) in &version.texts {
        let wanted = json!({ "version": version.version, "language": language });
        let preview = ask.post::<Preview>(&path(&["templates", name, "preview"]), &wanted).await;
        let preview = preview.map_err(|failed| failed.detail);
        texts.push(Text { language: language.clone(), text: text.clone(), preview });
    }
    let frame = visitor.frame("templates", title("Template"));
    Ok(TemplatePage { frame, account: owner.account, version, texts, versions, failed })
}
