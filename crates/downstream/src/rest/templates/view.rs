//! Templates as answers show them.

use crate::rest::moment;
use postrider_apps::template::{Content, Template, Variable, Version};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// The content of a template.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TemplateContent)]
pub(in crate::rest) struct ContentDocument {
    /// What it is for, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    /// The language that is taken where there is no text in the recipient's: one of `texts`.
    #[schema(example = "en")]
    language: String,
    /// The text of each language, by tags such as `de` or `pt-BR`: up to 50, of up to 4,096 octets each. Placeholders are
    /// `{{ name }}`, `{{ name | default("you") }}`; conditions `{% if name %}…{% else %}…{% endif %}`; plurals
    /// `{{ count | plural("parcel", "parcels") }}`.
    texts: BTreeMap<String, String>,
    /// What is known of variables. Those that aren't listed must be given a value.
    #[serde(default)]
    variables: BTreeMap<String, VariableDocument>,
    /// The identifier of the sending entity in India's register (DLT). Messages get it as parameter `dlt_entity_id`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(pattern = "^[0-9]{1,30}$")]
    dlt_entity_id: Option<String>,
    /// The identifier of the template in India's register (DLT). Messages get it as parameter `dlt_template_id`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(pattern = "^[0-9]{1,30}$")]
    dlt_template_id: Option<String>,
}

/// What is known of a variable.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TemplateVariable)]
pub(in crate::rest) struct VariableDocument {
    /// Its value where none is given: a text, a number, true or false. Default: a value must be given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Value>)]
    default: Option<Value>,
    /// A value for previews.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Value>)]
    example: Option<Value>,
}

impl From<ContentDocument> for Content {
    fn from(it: ContentDocument) -> Self {
        let boxed = |text: Option<String>| text.map(String::into_boxed_str);
        let variable = |(name, it): (String, VariableDocument)| {
            (name.into(), Variable { default: it.default, example: it.example })
        };
        Self {
            description: boxed(it.description),
            language: it.language.into(),
            texts: it.texts.into_iter().map(|(language, text)| (language.into(), text.into())).collect(),
            variables: it.variables.into_iter().map(variable).collect(),
            dlt_entity_id: boxed(it.dlt_entity_id),
            dlt_template_id: boxed(it.dlt_template_id),
        }
    }
}

impl From<Content> for ContentDocument {
    fn from(it: Content) -> Self {
        let text = |text: Option<Box<str>>| text.map(String::from);
        let variable = |(name, it): (Box<str>, Variable)| {
            (name.into(), VariableDocument { default: it.default, example: it.example })
        };
        Self {
            description: text(it.description),
            language: it.language.into(),
            texts: it.texts.into_iter().map(|(language, text)| (language.into(), text.into())).collect(),
            variables: it.variables.into_iter().map(variable).collect(),
            dlt_entity_id: text(it.dlt_entity_id),
            dlt_template_id: text(it.dlt_template_id),
        }
    }
}

/// The state of a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::rest) enum TemplateState {
    /// It is not approved, and not sent.
    Draft,
    /// It is what is sent.
    Approved,
    /// It was approved, and another version is sent now. A message may still name it.
    Replaced,
}

/// A version of a template.
#[derive(Serialize, ToSchema)]
#[schema(as = Template)]
pub(in crate::rest) struct TemplateView {
    /// The template's name.
    name: String,
    /// The version, from 1.
    version: u32,
    /// Its state.
    state: TemplateState,
    /// Who wrote it.
    author: String,
    /// When it was written.
    #[schema(format = "date-time")]
    written_at: String,
    /// Who approved it; absent if nobody has.
    #[serde(skip_serializing_if = "Option::is_none")]
    approved_by: Option<String>,
    #[serde(flatten)]
    content: ContentDocument,
}

impl TemplateView {
    /// A version of a template whose approved version is this.
    pub(super) fn of(version: Version, approved: Option<u32>) -> Self {
        let state = match &version.approved_by {
            None => TemplateState::Draft,
            Some(_) if approved == Some(version.version) => TemplateState::Approved,
            Some(_) => TemplateState::Replaced,
        };
        Self {
            written_at: moment::write(version.written_at()),
            name: version.name.into(),
            version: version.version,
            state,
            author: version.author.into(),
            approved_by: version.approved_by.map(Into::into),
            content: version.content.into(),
        }
    }
}

/// A template of a list.
#[derive(Serialize, ToSchema)]
pub(in crate::rest) struct TemplateEntry {
    /// Its name.
    name: String,
    /// Its newest version.
    latest: u32,
    /// The version that is sent; absent while none is approved.
    #[serde(skip_serializing_if = "Option::is_none")]
    approved: Option<u32>,
}

impl From<&Template> for TemplateEntry {
    fn from(it: &Template) -> Self {
        Self { name: it.name.to_string(), latest: it.latest, approved: it.approved }
    }
}
