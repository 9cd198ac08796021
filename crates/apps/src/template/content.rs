//! The content of a template, and what is wrong with it.

use super::compiled::{Compiled, NotFilled, Values, scalar};
use postrider_core::template::{Scalar, WrongTemplate};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// The longest name of a template or a variable, in octets.
pub const NAME_MAX: usize = 64;
/// The most languages of a template.
pub const LANGUAGES_MAX: usize = 50;
/// The most variables of a template.
pub const VARIABLES_MAX: usize = 50;

/// Texts, and the variables in them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Content {
    /// What it is for, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Box<str>>,
    /// The language that is taken where there is no text in the recipient's: one of `texts`.
    pub language: Box<str>,
    /// The text of each language, by tags of BCP 47 in small letters.
    pub texts: BTreeMap<Box<str>, Box<str>>,
    /// What is known of variables. Those that aren't listed must be given a value.
    #[serde(default)]
    pub variables: BTreeMap<Box<str>, Variable>,
    /// The identifier of the sending entity in India's register (DLT).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dlt_entity_id: Option<Box<str>>,
    /// The identifier of the template in India's register (DLT).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dlt_template_id: Option<Box<str>>,
}

/// What is known of a variable.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Variable {
    /// Its value where none is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<Value>,
    /// A value for previews.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub example: Option<Value>,
}

/// A mistake in a content.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct WrongContent {
    /// The field, such as `texts.de`.
    pub field: String,
    /// What is wrong, and what to do.
    pub detail: String,
}

/// Whether a text may be the name of a template, a group or the like: small letters, digits, `-` and `_`.
#[must_use]
pub fn is_name(text: &str) -> bool {
    let is_sign = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    (1..=NAME_MAX).contains(&text.len()) && text.chars().all(is_sign) && !text.starts_with(['-', '_'])
}

/// Whether a text looks like a language's tag: `de`, `pt-br`, `zh-hant`.
fn is_language(text: &str) -> bool {
    let mut parts = text.split('-');
    let is_primary =
        |part: &str| (2..=3).contains(&part.len()) && part.chars().all(|c| c.is_ascii_lowercase());
    let is_part =
        |part: &str| (1..=8).contains(&part.len()) && part.chars().all(|c| c.is_ascii_alphanumeric());
    parts.next().is_some_and(is_primary) && parts.all(is_part) && text.len() <= 35
}

impl Content {
    /// The same, with tags of languages in small letters.
    #[must_use]
    pub fn normal(self) -> Self {
        let small = |text: Box<str>| text.to_ascii_lowercase().into_boxed_str();
        let texts = self.texts.into_iter().map(|(language, text)| (small(language), text)).collect();
        Self { language: small(self.language), texts, ..self }
    }

    /// Checks everything, and fills each text in once.
    ///
    /// # Errors
    /// The first mistake.
    pub fn check(&self) -> Result<(), WrongContent> {
        if self.texts.len() > LANGUAGES_MAX {
            return wrong("texts", format!("there are at most {LANGUAGES_MAX} languages"));
        }
        if !self.texts.contains_key(&self.language) {
            let detail = format!("there is no text in '{}': 'language' names one of 'texts'", self.language);
            return wrong("language", detail);
        }
        if let Some(language) = self.texts.keys().find(|language| !is_language(language)) {
            return wrong("texts", format!("'{language}' is no language: write tags such as en or pt-BR"));
        }
        self.check_variables()?;
        let compiled = Compiled::of("", 0, self).map_err(|(language, error)| in_text(&language, &error))?;
        let samples = self.samples(&compiled);
        for language in self.texts.keys() {
            match compiled.text(Some(language), &samples) {
                Ok(_) | Err(NotFilled::Missing(_)) => {}
                Err(NotFilled::Wrong(error)) => return Err(in_text(language, &error)),
            }
        }
        Ok(())
    }

    fn check_variables(&self) -> Result<(), WrongContent> {
        if self.variables.len() > VARIABLES_MAX {
            return wrong("variables", format!("there are at most {VARIABLES_MAX} variables"));
        }
        for (name, variable) in &self.variables {
            let mut values = [&variable.default, &variable.example].into_iter().flatten();
            if values.any(|value| scalar(value).is_none()) {
                let detail = "a value is a text, a number, true or false".to_owned();
                return wrong(&format!("variables.{name}"), detail);
            }
        }
        for (field, id) in
            [("dlt_entity_id", &self.dlt_entity_id), ("dlt_template_id", &self.dlt_template_id)]
        {
            let is_id = |id: &str| (1..=30).contains(&id.len()) && id.chars().all(|c| c.is_ascii_digit());
            if id.as_deref().is_some_and(|id| !is_id(id)) {
                return wrong(field, format!("{field} must have 1 to 30 digits"));
            }
        }
        Ok(())
    }

    /// A value for each variable: its example, its default, or 1.
    #[must_use]
    pub fn samples(&self, compiled: &Compiled) -> Values {
        let sample = |name: &str| {
            let known = self.variables.get(name);
            let given = known.and_then(|variable| variable.example.as_ref().or(variable.default.as_ref()));
            given.and_then(scalar).unwrap_or(Scalar::Text("1".into()))
        };
        compiled.names().into_iter().map(|name| (name.into(), sample(name))).collect()
    }
}

fn wrong<T>(field: &str, detail: String) -> Result<T, WrongContent> {
    Err(WrongContent { field: field.to_owned(), detail })
}

fn in_text(language: &str, error: &WrongTemplate) -> WrongContent {
    WrongContent { field: format!("texts.{language}"), detail: error.to_string() }
}
