//! Templates that are ready to be filled in, many times.

use super::content::Content;
use postrider_core::template::{Scalar, Template, WrongTemplate};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Values of variables, by name.
pub type Values = BTreeMap<Box<str>, Scalar>;

/// A version of a template, compiled.
#[derive(Clone, Debug)]
pub struct Compiled {
    /// Its name.
    pub name: Box<str>,
    /// Its version.
    pub version: u32,
    /// The identifier of the sending entity in India's register (DLT).
    pub dlt_entity_id: Option<Box<str>>,
    /// The identifier of the template in India's register (DLT).
    pub dlt_template_id: Option<Box<str>>,
    language: Box<str>,
    texts: BTreeMap<Box<str>, Text>,
    defaults: Values,
}

#[derive(Clone, Debug)]
struct Text {
    template: Template,
    names: Vec<String>,
}

/// Why a template gives no text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotFilled {
    /// These variables have no value, and need one.
    #[error("{}", missing(.0))]
    Missing(Vec<String>),
    /// Anything else.
    #[error("{0}")]
    Wrong(WrongTemplate),
}

fn missing(names: &[String]) -> String {
    format!("variables without a value: {}", names.join(", "))
}

impl Compiled {
    /// Compiles all texts.
    ///
    /// # Errors
    /// The language of a text that is wrong, and what is.
    pub fn of(name: &str, version: u32, content: &Content) -> Result<Self, (Box<str>, WrongTemplate)> {
        let mut texts = BTreeMap::new();
        for (language, source) in &content.texts {
            let template = Template::parse(source, language).map_err(|error| (language.clone(), error))?;
            let names = template.names();
            texts.insert(language.clone(), Text { template, names });
        }
        let defaults = content
            .variables
            .iter()
            .filter_map(|(name, variable)| Some((name.clone(), scalar(variable.default.as_ref()?)?)));
        Ok(Self {
            name: name.into(),
            version,
            dlt_entity_id: content.dlt_entity_id.clone(),
            dlt_template_id: content.dlt_template_id.clone(),
            language: content.language.clone(),
            texts,
            defaults: defaults.collect(),
        })
    }

    /// The names of all variables in its texts.
    #[must_use]
    pub fn names(&self) -> BTreeSet<&str> {
        self.texts.values().flat_map(|text| &text.names).map(String::as_str).collect()
    }

    /// The names of variables that have no default.
    #[must_use]
    pub fn needed(&self) -> BTreeSet<&str> {
        self.names().into_iter().filter(|name| !self.defaults.contains_key(*name)).collect()
    }

    /// The language whose text is taken for this one: of its tag, of the longest beginning of it that there is, or the
    /// template's own.
    #[must_use]
    pub fn language(&self, wanted: Option<&str>) -> &str {
        let wanted = wanted.unwrap_or_default().to_ascii_lowercase();
        let mut tag = wanted.as_str();
        loop {
            if let Some((found, _)) = self.texts.get_key_value(tag) {
                return found;
            }
            match tag.rsplit_once('-') {
                Some((beginning, _)) => tag = beginning,
                None => return &self.language,
            }
        }
    }

    /// The text for a language, with these values in it.
    ///
    /// # Errors
    /// A value is missing, or the text is too long.
    pub fn text(&self, language: Option<&str>, values: &Values) -> Result<String, NotFilled> {
        let nothing = || NotFilled::Wrong(WrongTemplate::Syntax("there is no text".into()));
        let text = self.texts.get(self.language(language)).ok_or_else(nothing)?;
        let defaults = self.defaults.iter().filter(|(name, _)| !values.contains_key(*name));
        let all = defaults.chain(values).filter(|(name, _)| text.names.iter().any(|used| **used == ***name));
        let filled = text.template.fill(all.map(|(name, value)| (&**name, value)));
        filled.map_err(|error| match error {
            WrongTemplate::NoValue => NotFilled::Missing(self.without_value(text, values)),
            other => NotFilled::Wrong(other),
        })
    }

    /// The names without which no text can be made where only these have values, whatever these are.
    #[must_use]
    pub fn never_filled(&self, given: &BTreeSet<&str>) -> BTreeSet<String> {
        // What a condition leaves out needs no value: what is missing in either case is needed.
        let missing = |sample: Scalar| -> Option<BTreeSet<String>> {
            let values: Values = given.iter().map(|name| ((*name).into(), sample.clone())).collect();
            let mut all = BTreeSet::new();
            for language in self.texts.keys() {
                match self.text(Some(language), &values) {
                    Err(NotFilled::Missing(names)) => all.extend(names),
                    Err(NotFilled::Wrong(_)) => return None,
                    Ok(_) => {}
                }
            }
            Some(all)
        };
        let (yes, no) = (missing(Scalar::Whole(1)), missing(Scalar::Flag(false)));
        match (yes, no) {
            (Some(yes), Some(no)) => yes.intersection(&no).cloned().collect(),
            (Some(one), None) | (None, Some(one)) => one,
            (None, None) => BTreeSet::new(),
        }
    }

    /// The names whose values are missing: without each of them, the text can't be made though all others are there.
    fn without_value(&self, text: &Text, values: &Values) -> Vec<String> {
        let is_known = |name: &str| values.contains_key(name) || self.defaults.contains_key(name);
        let unknown: Vec<&String> = text.names.iter().filter(|name| !is_known(name)).collect();
        let sample = Scalar::Text("1".into());
        let is_needed = |name: &String| {
            let others =
                unknown.iter().filter(|other| **other != name).map(|other| (other.as_str(), &sample));
            let known = self.defaults.iter().filter(|(name, _)| !values.contains_key(*name)).chain(values);
            let all = known.map(|(name, value)| (&**name, value)).chain(others);
            text.template.fill(all) == Err(WrongTemplate::NoValue)
        };
        unknown.iter().filter(|name| is_needed(name)).map(|name| (*name).clone()).collect()
    }
}

/// A value of JSON as a value of a variable; `None` for lists, objects and null.
#[must_use]
pub fn scalar(value: &Value) -> Option<Scalar> {
    match value {
        Value::String(text) => Some(Scalar::Text(text.as_str().into())),
        Value::Bool(flag) => Some(Scalar::Flag(*flag)),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => Some(Scalar::Whole(whole)),
            None => number.as_f64().map(Scalar::Number),
        },
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}
