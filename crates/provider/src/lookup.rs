//! Look-ups of numbers: how a provider is asked about a number, and how its answer is read.

use crate::account::Values;
use crate::answer::Reply;
use crate::encoding::OctetsForm;
use crate::node::Node;
use crate::path::Path;
use crate::preset::{Basic, Invalid, Variables, check_flat, check_headers};
use crate::request::{Outgoing, Unwritable, add_header, append_query, put_header, url};
use crate::template::{Scope, Template};
use crate::tree::{self, Form};
use postrider_core::lookup::{Assignment, Said};
use postrider_core::number::Number;
use serde::Deserialize;
use serde_json::Value;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The largest file of a preset, in octets.
const SIZE_MAX: usize = 64 * 1024;
/// The places of a number: with `+` and without.
const FIELDS: [&str; 2] = ["number", "digits"];

/// The description of a provider of look-ups.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LookupPreset {
    /// The name, by which declarations refer to it.
    pub name: Box<str>,
    /// The provider and its interface, for people.
    pub title: Box<str>,
    /// The provider's own documentation.
    #[serde(default)]
    pub documentation: Box<str>,
    /// What the operator has to give.
    #[serde(default)]
    pub variables: Variables,
    request: LookupRequest,
    answer: LookupAnswer,
    #[serde(default, rename = "case")]
    cases: Vec<LookupCase>,
}

/// How a provider is asked.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct LookupRequest {
    #[serde(default = "get")]
    method: Box<str>,
    /// The URL. A place at the very beginning is put in as it is; all others are percent-encoded.
    url: Template,
    #[serde(default)]
    headers: BTreeMap<Box<str>, Template>,
    query: Option<Node>,
    form: Option<Node>,
    json: Option<Node>,
    basic: Option<Basic>,
}

/// How an answer is read.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct LookupAnswer {
    #[serde(default)]
    format: Form,
    /// Statuses, beside 200 to 299, whose bodies are answers.
    #[serde(default)]
    also: Vec<u16>,
    /// Where the provider says whether it could answer, and the values that say so. Without it every answer counts.
    success: Option<Words>,
    /// Where the network's code is; the first path that has one.
    #[serde(default)]
    mccmnc: Vec<Path>,
    /// Where its two parts are, if they are apart.
    mcc: Option<Path>,
    mnc: Option<Path>,
    /// The values that say that somebody has the number.
    assigned: Option<Words>,
    /// The values that say that nobody has it.
    unassigned: Option<Words>,
}

/// A place in an answer, and values of it, whatever their case.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Words {
    path: Path,
    is: Vec<Box<str>>,
}

/// An answer, and what it says.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct LookupCase {
    #[serde(default = "ok")]
    status: u16,
    answer: String,
    #[serde(default)]
    network: Option<Box<str>>,
    #[serde(default)]
    assignment: Option<Box<str>>,
    #[serde(default)]
    fails: bool,
}

fn get() -> Box<str> {
    "GET".into()
}

const fn ok() -> u16 {
    200
}

impl Words {
    fn hold(&self, tree: &Value) -> bool {
        let said = self.path.first(tree).and_then(tree::shown);
        said.is_some_and(|said| self.is.iter().any(|word| word.eq_ignore_ascii_case(&said)))
    }
}

impl LookupPreset {
    /// Reads a preset.
    ///
    /// # Errors
    /// What is wrong with it, with its line.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        if text.len() > SIZE_MAX {
            return Err(Invalid(format!("the preset has more than {SIZE_MAX} octets")));
        }
        let preset: Self = toml::from_str(text).map_err(|error| Invalid(error.to_string()))?;
        preset.check().map_err(Invalid)?;
        Ok(preset)
    }

    fn check(&self) -> Result<(), String> {
        let request = &self.request;
        if request.form.is_some() && request.json.is_some() {
            return Err("a request has one body: form or json".to_owned());
        }
        for node in [&request.form, &request.query].into_iter().flatten() {
            check_flat(node)?;
        }
        check_headers(&request.headers)?;
        let mut unknown = None;
        let mut visit = |template: &Template| {
            let is_known = |place: &str| self.variables.contains_key(place) || FIELDS.contains(&place);
            if let Some(place) = template.places().find(|place| !is_known(place)) {
                unknown.get_or_insert_with(|| place.to_owned());
            }
        };
        visit(&request.url);
        request.headers.values().for_each(&mut visit);
        for node in [&request.query, &request.form, &request.json].into_iter().flatten() {
            node.each_template(&mut visit);
        }
        if let Some(Basic { user, password }) = &request.basic {
            visit(user);
            visit(password);
        }
        match unknown {
            Some(place) => Err(format!(
                "the place '{{{place}}}' is neither a variable of the preset nor 'number' or 'digits'"
            )),
            None => Ok(()),
        }
    }

    /// Tries its cases; what is otherwise than they say.
    #[must_use]
    pub fn failed_cases(&self) -> Vec<String> {
        let failed = |case: &LookupCase| {
            let reply = Reply { status: case.status, body: case.answer.as_bytes() };
            let said = self.answer.read(&reply);
            let told = said.as_ref().map(|said| {
                let network = said.network.map(|code| code.to_string());
                (network, said.assignment.word())
            });
            let wanted = (case.network.as_deref(), case.assignment.as_deref().unwrap_or("unknown"));
            let holds = match &told {
                Ok((network, assignment)) => !case.fails && (network.as_deref(), *assignment) == wanted,
                Err(_) => case.fails,
            };
            (!holds).then(|| format!("{}: {told:?}", case.answer))
        };
        self.cases.iter().filter_map(failed).collect()
    }
}

impl LookupAnswer {
    fn read(&self, reply: &Reply<'_>) -> Result<Said, String> {
        if !(200..300).contains(&reply.status) && !self.also.contains(&reply.status) {
            return Err(format!("status {}", reply.status));
        }
        let tree = tree::read(self.format, reply.body).ok_or("the answer can't be read")?;
        if self.success.as_ref().is_some_and(|success| !success.hold(&tree)) {
            return Err("the provider could not answer".to_owned());
        }
        let holds = |words: &Option<Words>| words.as_ref().is_some_and(|words| words.hold(&tree));
        let assignment = if holds(&self.unassigned) {
            Assignment::Unassigned
        } else if holds(&self.assigned) {
            Assignment::Assigned
        } else {
            Assignment::Unknown
        };
        Ok(Said { network: self.code(&tree).and_then(|code| code.parse().ok()), assignment })
    }

    fn code(&self, tree: &Value) -> Option<String> {
        let text = |path: &Path| path.first(tree).and_then(tree::shown).filter(|text| !text.is_empty());
        let whole = self.mccmnc.iter().find_map(text);
        whole.or_else(|| Some(text(self.mcc.as_ref()?)? + &text(self.mnc.as_ref()?)?))
    }
}

/// A provider of look-ups, with the values of one account.
#[derive(Clone, Debug)]
pub struct Lookup {
    preset: Arc<LookupPreset>,
    values: Values,
}

struct Places<'a> {
    values: &'a Values,
    number: Number,
}

impl Scope for Places<'_> {
    fn value(&self, name: &str) -> Option<Cow<'_, str>> {
        match name {
            "number" => Some(self.number.to_string().into()),
            "digits" => Some(self.number.digits().to_string().into()),
            name => self.values.get(name).map(Cow::Borrowed),
        }
    }
}

impl Lookup {
    /// The provider of a preset, with an account's values.
    #[must_use]
    pub fn new(preset: Arc<LookupPreset>, values: Values) -> Self {
        let values = values.completed(&preset.variables);
        Self { preset, values }
    }

    /// The request that asks about a number.
    ///
    /// # Errors
    /// Why it can't be made.
    pub fn request(&self, number: Number) -> Result<Outgoing, Unwritable> {
        let form = &self.preset.request;
        let places = Places { values: &self.values, number };
        let scopes: [&dyn Scope; 1] = [&places];
        let mut url = url(&form.url, &places)?;
        if let Some(query) = form.query.as_ref().and_then(|node| node.render(&scopes)) {
            append_query(&mut url, &query);
        }
        let mut request = Outgoing { method: form.method.clone(), url, headers: Vec::new(), body: None };
        for (name, template) in &form.headers {
            add_header(&mut request, name, template, &places)?;
        }
        let bodies = [(Form::Form, &form.form), (Form::Json, &form.json)];
        if let Some((kind, node)) = bodies.into_iter().find_map(|(kind, node)| Some((kind, node.as_ref()?))) {
            request.body = Some(tree::write(kind, &node.render(&scopes).unwrap_or_default()));
            put_header(&mut request, "content-type", kind.media_type().to_owned())?;
        }
        if let Some(basic) = &form.basic
            && let (Some(user), Some(password)) = (basic.user.render(&places), basic.password.render(&places))
        {
            let credentials = OctetsForm::Base64.write(format!("{user}:{password}").as_bytes());
            put_header(&mut request, "authorization", format!("Basic {credentials}"))?;
        }
        Ok(request)
    }

    /// What an answer says.
    ///
    /// # Errors
    /// In words, why it says nothing.
    pub fn read(&self, reply: &Reply<'_>) -> Result<Said, String> {
        self.preset.answer.read(reply)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::presets;

    #[test]
    fn every_case_of_every_preset_holds() {
        for name in presets::lookup_names() {
            let preset = presets::find_lookup(name).unwrap().unwrap();
            assert_eq!(&*preset.name, name);
            assert!(preset.cases.len() >= 2, "{name} has too few cases");
            assert_eq!(preset.failed_cases(), Vec::<String>::new(), "{name}");
        }
    }

    #[test]
    fn a_number_is_asked_about_in_the_forms_that_a_preset_says() {
        let number = Number::parse("+447700900123").unwrap();
        let text = r#"
            name = "own"
            title = "x"
            [variables]
            base_url = { about = "x" }
            key = { about = "x", secret = true }
            [request]
            method = "POST"
            url = "{base_url}/{number}"
            headers = { x-key = "{key}" }
            query = { n = "{digits}" }
            json = { numbers = ["{number}"] }
            basic = { user = "u", password = "{key}" }
            [answer]
        "#;
        let values = Values::new([("base_url", "http://127.0.0.1:1/"), ("key", "k")].into_iter());
        let lookup = Lookup::new(Arc::new(LookupPreset::parse(text).unwrap()), values);
        let request = lookup.request(number).unwrap();
        assert_eq!(request.url.as_str(), "http://127.0.0.1:1/%2B447700900123?n=447700900123");
        assert_eq!(request.body.as_deref(), Some(&br#"{"numbers":["+447700900123"]}"#[..]));
        let headers: Vec<(&str, &str)> =
            request.headers.iter().map(|(name, value)| (&**name, &**value)).collect();
        let expected =
            [("x-key", "k"), ("content-type", "application/json"), ("authorization", "Basic dTpr")];
        assert_eq!(headers, expected);
        assert!(lookup.read(&Reply { status: 500, body: b"{}" }).is_err());
        assert_eq!(lookup.read(&Reply { status: 200, body: b"{}" }), Ok(Said::default()));
        assert!(LookupPreset::parse(&text.replace("{key}", "{kay}")).is_err());
    }
}
