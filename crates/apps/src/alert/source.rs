//! Sources: what reports, in which form, and to which group it is told.

use super::format::Format;
use crate::kept::Document;
use minijinja::{Environment, UndefinedBehavior, context, filters};
use postrider_core::contract::AppKind;
use postrider_core::time::Time;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::Duration;

/// The longest template, in octets.
const TEMPLATE_MAX: usize = 2_048;
/// Steps that filling in a template may take.
const FUEL: u64 = 10_000;
/// The shortest silence that is an alarm.
pub(super) const HEARTBEAT_MIN: Duration = Duration::from_secs(10);
/// The longest silence that is an alarm.
pub(super) const HEARTBEAT_MAX: Duration = Duration::from_hours(31 * 24);

/// A source of alerts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// Its name, unique in the account.
    pub name: Box<str>,
    /// The form of its reports.
    pub format: Format,
    /// The group that is told.
    pub group: Box<str>,
    /// Where a report of JSON has what; `None` for the usual names.
    pub fields: Option<Fields>,
    /// The silence after which it is an alert itself, in milliseconds.
    pub heartbeat: Option<u64>,
}

impl Source {
    /// The silence after which it is an alert itself.
    #[must_use]
    pub fn heartbeat(&self) -> Option<Duration> {
        self.heartbeat.map(Duration::from_millis)
    }
}

/// Templates that make an alert of JSON. They name the whole body as `body`, and each item of the list as `item`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fields {
    /// The path of a list with an alert in each item; `None`: the body is one alert.
    pub each: Option<Box<str>>,
    /// What an alert is known by; `None` is its title.
    pub key: Option<Box<str>>,
    /// What is wrong.
    pub title: Box<str>,
    /// The state: `ok`, `resolved`, `up`, `0` and the like say that it is over.
    pub state: Option<Box<str>>,
    /// How bad it is.
    pub severity: Option<Box<str>>,
}

/// Why a source isn't declared.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct WrongSource {
    /// The field.
    pub field: &'static str,
    /// What is wrong, and what to write.
    pub detail: String,
}

impl Source {
    /// Checks what a document says by itself.
    ///
    /// # Errors
    /// The first mistake.
    pub(super) fn check(&self) -> Result<(), WrongSource> {
        let wrong = |field, detail: String| Err(WrongSource { field, detail });
        if let Some(heartbeat) = self.heartbeat()
            && !(HEARTBEAT_MIN..=HEARTBEAT_MAX).contains(&heartbeat)
        {
            return wrong("heartbeat", "heartbeat must be from 10s to 31d".into());
        }
        if self.format == Format::Heartbeat && self.heartbeat.is_none() {
            return wrong(
                "heartbeat",
                "a source of the format 'heartbeat' needs the field 'heartbeat'".into(),
            );
        }
        match &self.fields {
            Some(_) if self.format != Format::Json => {
                wrong("fields", "only sources of the format 'json' have fields".into())
            }
            Some(fields) => fields.compile().map(drop),
            None => Ok(()),
        }
    }
}

/// Templates of a source, ready to be filled in.
pub(super) struct Compiled(Environment<'static>);

impl Fields {
    pub(super) fn compile(&self) -> Result<Compiled, WrongSource> {
        let mut environment = Environment::empty();
        environment.set_fuel(Some(FUEL));
        environment.set_undefined_behavior(UndefinedBehavior::Chainable);
        environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
        environment.add_filter("default", filters::default);
        environment.add_filter("upper", filters::upper);
        environment.add_filter("lower", filters::lower);
        environment.add_filter("trim", filters::trim);
        environment.add_filter("replace", filters::replace);
        let all = [("key", &self.key), ("state", &self.state), ("severity", &self.severity)];
        let given = all.into_iter().filter_map(|(name, template)| Some((name, template.as_deref()?)));
        for (name, template) in given.chain([("title", &*self.title)]) {
            let wrong = |detail: String| WrongSource { field: "fields", detail };
            if template.len() > TEMPLATE_MAX {
                return Err(wrong(format!("the template of '{name}' has over {TEMPLATE_MAX} octets")));
            }
            let added = environment.add_template_owned(name, template.to_owned());
            added.map_err(|error| wrong(format!("the template of '{name}' is wrong: {error}")))?;
        }
        Ok(Compiled(environment))
    }
}

impl Compiled {
    /// The text that a template makes of an item of a body; `None` if the source has no such template.
    pub(super) fn fill(&self, name: &str, body: &Value, item: &Value) -> Result<Option<String>, String> {
        let Ok(template) = self.0.get_template(name) else { return Ok(None) };
        let scope = context! { body => value(body), item => value(item) };
        template.render(scope).map(Some).map_err(|error| error.to_string())
    }
}

/// A tree as templates see it.
fn value(tree: &Value) -> minijinja::Value {
    match tree {
        Value::Null => minijinja::Value::from(()),
        Value::Bool(yes) => (*yes).into(),
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => whole.into(),
            (None, Some(float)) => float.into(),
            (None, None) => number.to_string().into(),
        },
        Value::String(text) => text.as_str().into(),
        Value::Array(list) => list.iter().map(value).collect::<Vec<_>>().into(),
        Value::Object(members) => {
            let members = members.iter().map(|(name, member)| (name.clone(), value(member)));
            members.collect::<BTreeMap<_, _>>().into()
        }
    }
}

impl Document for Source {
    const KIND: AppKind = AppKind::AlertSource;

    fn id(&self) -> Box<str> {
        self.name.clone()
    }
}

/// When a source reported last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceState {
    /// The source's name.
    pub(super) name: Box<str>,
    /// When it reported last, in milliseconds.
    pub(super) last: i64,
    /// Whether it is silent for too long, and that was told.
    pub is_silent: bool,
    /// When it is looked at again, in milliseconds.
    pub(super) due: Option<i64>,
}

impl SourceState {
    /// When it reported last.
    #[must_use]
    pub const fn last_at(&self) -> Time {
        Time(self.last)
    }
}

impl Document for SourceState {
    const KIND: AppKind = AppKind::AlertSourceState;

    fn id(&self) -> Box<str> {
        self.name.clone()
    }

    fn due(&self) -> Option<Time> {
        self.due.map(Time)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(format: Format, heartbeat: Option<u64>, title: Option<&str>) -> Source {
        let fields = title.map(|title| Fields { title: title.into(), ..Fields::default() });
        Source { name: "s".into(), format, group: "ops".into(), fields, heartbeat }
    }

    #[test]
    fn mistakes_name_their_field() {
        for (wrong, field) in [
            (source(Format::Heartbeat, None, None), "heartbeat"),
            (source(Format::Json, Some(9_999), None), "heartbeat"),
            (source(Format::Cap, None, Some("x")), "fields"),
            (source(Format::Json, None, Some("{{ a")), "fields"),
        ] {
            assert_eq!(wrong.check().unwrap_err().field, field);
        }
        assert_eq!(source(Format::Json, Some(10_000), Some("{{ body.a }}")).check(), Ok(()));
    }

    #[test]
    fn a_template_has_fuel() {
        let fields = Fields {
            title: "{% for a in item %}{% for b in item %}x{% endfor %}{% endfor %}".into(),
            ..Fields::default()
        };
        let item = Value::Array(vec![Value::Null; 1_000]);
        assert!(fields.compile().unwrap().fill("title", &Value::Null, &item).is_err());
    }
}
