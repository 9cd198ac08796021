//! Templates in requests to send: their texts are filled in before anything else is looked at.

use super::invalid;
use crate::rest::Rest;
use crate::rest::media::NamedMedia;
use crate::rest::problem::Problem;
use axum::http::StatusCode;
use postrider_apps::template::{Compiled, NotFilled, Values, scalar};
use postrider_core::account::AccountId;
use postrider_core::contract::StoreError;
use postrider_declare::{Endpoints, ParameterDocument};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// The most templates of one request.
const TEMPLATES_MAX: usize = 20;

/// What the messages of a request may refer to.
#[derive(Clone, Copy)]
pub(in crate::rest) struct Context<'t> {
    /// Where a `callback_url` may lead; `None` if messages may have none.
    pub(in crate::rest) callbacks: Option<Endpoints>,
    /// The templates that they name.
    pub(in crate::rest) templates: &'t Approved,
    /// The media that they name.
    pub(in crate::rest) media: &'t NamedMedia,
}

/// No templates.
static NONE: Approved = Approved(BTreeMap::new());
/// No media.
static NO_MEDIA: NamedMedia = NamedMedia::NONE;

impl From<Option<Endpoints>> for Context<'_> {
    fn from(callbacks: Option<Endpoints>) -> Self {
        Self { callbacks, templates: &NONE, media: &NO_MEDIA }
    }
}

/// A template, and what it is filled in with.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::rest) struct TemplateUse {
    /// Its name.
    name: String,
    /// Its version, which must have been approved. Default: the approved one.
    #[serde(default)]
    #[schema(minimum = 1)]
    version: Option<u32>,
    /// The recipient's language, such as `pt-BR`. Default: the template's own.
    #[serde(default)]
    language: Option<String>,
    /// The values of its variables: texts, numbers, true or false.
    #[serde(default)]
    #[schema(value_type = std::collections::HashMap<String, Value>)]
    variables: BTreeMap<String, Value>,
}

/// The approved templates that a request names.
#[derive(Debug, Default)]
pub(in crate::rest) struct Approved(BTreeMap<(String, Option<u32>), Compiled>);

/// As much of a request as says which templates it needs.
#[derive(Deserialize)]
struct Naming {
    #[serde(default)]
    template: Option<Named>,
    #[serde(default)]
    messages: Vec<Naming>,
}

#[derive(Deserialize)]
struct Named {
    name: String,
    #[serde(default)]
    version: Option<u32>,
}

impl Approved {
    /// Looks the templates up that a body names. Bodies without any cost a look for the word.
    ///
    /// # Errors
    /// There are too many, or the store can't be read.
    pub(in crate::rest) async fn of(rest: &Rest, account: AccountId, body: &[u8]) -> Result<Self, Problem> {
        let named = named(body);
        if named.len() > TEMPLATES_MAX {
            let detail = format!("{} templates are named; {TEMPLATES_MAX} are allowed", named.len());
            return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "too_many_templates", detail));
        }
        Self::find(rest, account, named).await.map_err(Into::into)
    }

    async fn find(
        rest: &Rest,
        account: AccountId,
        named: Vec<(String, Option<u32>)>,
    ) -> Result<Self, StoreError> {
        let mut found = BTreeMap::new();
        for (name, version) in named {
            if let Some(compiled) = rest.apps.templates.compiled(account, &name, version).await? {
                found.insert((name, version), compiled);
            }
        }
        Ok(Self(found))
    }
}

/// The templates that a body names, each once. What can't be read is told when it is read whole.
fn named(body: &[u8]) -> Vec<(String, Option<u32>)> {
    let has_word = str::from_utf8(body).is_ok_and(|body| body.contains("\"template\""));
    let naming = has_word.then(|| serde_json::from_slice::<Naming>(body).ok()).flatten();
    let Some(Naming { template, messages }) = naming else { return Vec::new() };
    let each = template.into_iter().chain(messages.into_iter().filter_map(|message| message.template));
    let mut named: Vec<_> = each.map(|template| (template.name, template.version)).collect();
    named.sort_unstable();
    named.dedup();
    named
}

impl TemplateUse {
    /// The text; the template's identifiers become parameters, unless the message has its own.
    pub(super) fn text(
        self,
        templates: &Approved,
        parameters: &mut BTreeMap<String, ParameterDocument>,
    ) -> Result<String, Problem> {
        let Some(template) = templates.0.get(&(self.name.clone(), self.version)) else {
            let detail = format!("there is no approved template '{}': write and approve one", self.name);
            return Err(invalid("unknown_template", "template.name", detail));
        };
        for (name, id) in
            [("dlt_entity_id", &template.dlt_entity_id), ("dlt_template_id", &template.dlt_template_id)]
        {
            if let Some(id) = id {
                let value = ParameterDocument::Text(id.to_string());
                parameters.entry(name.to_owned()).or_insert(value);
            }
        }
        fill(template, self.language.as_deref(), &self.variables)
    }
}

/// A template with these values in it.
///
/// # Errors
/// A variable is unknown or missing, a value is none, or the text is too long.
pub(in crate::rest) fn fill(
    template: &Compiled,
    language: Option<&str>,
    variables: &BTreeMap<String, Value>,
) -> Result<String, Problem> {
    let names = template.names();
    let mut values = Values::new();
    for (name, value) in variables {
        let field = || format!("template.variables.{name}");
        if !names.contains(&**name) {
            let all = names.iter().copied().collect::<Vec<_>>().join(", ");
            let detail = format!("the template has no variable '{name}'; its variables are {all}");
            return Err(wrong("unknown_variable", detail).at(field()));
        }
        let read = scalar(value).ok_or_else(|| {
            wrong("invalid_variable", "a value is a text, a number, true or false".to_owned()).at(field())
        })?;
        values.insert(name.as_str().into(), read);
    }
    template.text(language, &values).map_err(|error| {
        let (code, field) = match &error {
            NotFilled::Missing(names) if names.len() == 1 => {
                ("missing_variable", format!("template.variables.{}", names.join("")))
            }
            NotFilled::Missing(_) => ("missing_variable", "template.variables".to_owned()),
            NotFilled::Wrong(_) => ("invalid_template", "template".to_owned()),
        };
        wrong(code, error.to_string()).at(field)
    })
}

fn wrong(code: &'static str, detail: String) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, code, detail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rest::messages::request::read;
    use postrider_apps::template::{Content, Variable};
    use postrider_core::message::Body;
    use serde_json::json;

    fn approved() -> Approved {
        let content = Content {
            language: "en".into(),
            texts: [("en", "Hi {{ name }}: {{ code }}"), ("de", "Hallo {{ name }}: {{ code }}")]
                .map(|(language, text)| (language.into(), text.into()))
                .into(),
            variables: [("name".into(), Variable { default: Some(json!("you")), example: None })].into(),
            dlt_template_id: Some("1107".into()),
            ..Content::default()
        };
        let compiled = Compiled::of("code", 3, &content).unwrap();
        Approved([(("code".to_owned(), None), compiled)].into())
    }

    fn sent(template: &str) -> Result<(Body, usize), (String, String)> {
        let templates = approved();
        let body = format!(r#"{{"to":"+447700900123","template":{template}}}"#);
        let context = Context { templates: &templates, ..Context::from(None) };
        let item = read(body.as_bytes(), context).unwrap().items.remove(0).submission;
        let told = |problem: Problem| (problem.code.into(), problem.field.unwrap_or_default().into());
        item.map(|it| (it.body.unwrap(), it.parameters.len())).map_err(told)
    }

    #[test]
    fn a_template_gives_the_text_and_its_identifiers() {
        let text = |text: &str| Ok((Body::Text(text.into()), 1));
        assert_eq!(sent(r#"{"name":"code","variables":{"code":7}}"#), text("Hi you: 7"));
        assert_eq!(
            sent(r#"{"name":"code","language":"de-AT","variables":{"code":"{{x}}","name":"Ann"}}"#),
            text("Hallo Ann: {{x}}")
        );
    }

    #[test]
    fn mistakes_are_told_before_anything_is_sent() {
        for (template, code, field) in [
            (r#"{"name":"other"}"#, "unknown_template", "template.name"),
            (r#"{"name":"code","version":9}"#, "unknown_template", "template.name"),
            (r#"{"name":"code"}"#, "missing_variable", "template.variables.code"),
            (r#"{"name":"code","variables":{"cod":1}}"#, "unknown_variable", "template.variables.cod"),
            (r#"{"name":"code","variables":{"code":[1]}}"#, "invalid_variable", "template.variables.code"),
        ] {
            assert_eq!(sent(template), Err((code.into(), field.into())), "{template}");
        }
    }

    #[test]
    fn the_templates_of_a_body_are_found() {
        let list =
            br#"{"messages":[{"template":{"name":"b"}},{"text":"x"},{"template":{"name":"a","version":2}},
            {"template":{"name":"b"}}]}"#;
        assert_eq!(named(list), [("a".to_owned(), Some(2)), ("b".to_owned(), None)]);
        assert_eq!(named(br#"{"to":"1","text":"x"}"#), []);
        assert_eq!(named(br#"{"template":7}"#), []);
    }
}
