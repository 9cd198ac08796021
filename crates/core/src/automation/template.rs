//! Templates of texts: placeholders, defaults, conditions and a few pure filters. No loops; values are never read as templates.

use crate::automation::occasion::Values;
use minijinja::value::Value;
use minijinja::{Environment, ErrorKind, UndefinedBehavior, filters};
use std::fmt;
use std::sync::Arc;

/// The longest template, in octets.
pub const SOURCE_MAX: usize = 4_096;
/// The longest text that a template makes, in characters.
pub const OUTPUT_MAX: usize = 1_600;
/// Steps that rendering may take. An octet that is copied counts too, a little.
const FUEL: u64 = 10_000;
/// The name of the only template of an environment.
const NAME: &str = "text";

/// A text with placeholders.
#[derive(Clone)]
pub struct Template {
    environment: Arc<Environment<'static>>,
    source: Box<str>,
}

/// Why a text is no template, or can't be filled in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WrongTemplate {
    /// Over the limit.
    #[error("the template has {0} octets; {SOURCE_MAX} are allowed")]
    TooLong(usize),
    /// A statement that templates don't have.
    #[error("templates have no '{0}': they have if, elif, else and endif")]
    Statement(Box<str>),
    /// A placeholder that nothing fills.
    #[error("nothing is called '{0}'")]
    Unknown(Box<str>),
    /// Anything else, in the engine's words.
    #[error("{0}")]
    Syntax(Box<str>),
    /// A placeholder without a value, and without a default.
    #[error("a placeholder has no value: give it a default, as in {{{{ name | default(\"you\") }}}}")]
    NoValue,
    /// The text has grown over the limit.
    #[error("the text has {0} characters; {OUTPUT_MAX} are allowed")]
    OutputTooLong(usize),
    /// Rendering took too long.
    #[error("the template takes too many steps")]
    Fuel,
}

impl Template {
    /// Reads a template whose placeholders have these names.
    ///
    /// # Errors
    /// The mistake in words.
    pub fn parse(source: &str, known: &[&'static str]) -> Result<Self, WrongTemplate> {
        if source.len() > SOURCE_MAX {
            return Err(WrongTemplate::TooLong(source.len()));
        }
        check_statements(source)?;
        let mut environment = Environment::empty();
        environment.set_fuel(Some(FUEL));
        environment.set_undefined_behavior(UndefinedBehavior::SemiStrict);
        environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
        environment.add_filter("default", filters::default);
        environment.add_filter("upper", filters::upper);
        environment.add_filter("lower", filters::lower);
        environment.add_filter("title", filters::title);
        environment.add_filter("trim", filters::trim);
        environment.add_template_owned(NAME, source.to_owned()).map_err(|error| syntax(&error))?;
        let template = Self { environment: Arc::new(environment), source: source.into() };
        template.check_names(known)?;
        // A wrong filter shows only when it is used.
        let texts = known.iter().map(|name| (*name, "x".into())).collect();
        match template.fill(&Values { texts, ..Values::default() }) {
            Err(WrongTemplate::NoValue) | Ok(_) => Ok(template),
            Err(wrong) => Err(wrong),
        }
    }

    fn check_names(&self, known: &[&'static str]) -> Result<(), WrongTemplate> {
        let Ok(template) = self.environment.get_template(NAME) else { return Ok(()) };
        let mut names: Vec<String> = template.undeclared_variables(false).into_iter().collect();
        names.sort_unstable();
        match names.into_iter().find(|name| !known.contains(&&**name) && name != GROUPS) {
            Some(name) => Err(WrongTemplate::Unknown(name.into())),
            None => Ok(()),
        }
    }

    /// The template as it was written.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The text with these values in it. What the groups of a pattern took are `match[0]`, `match[1]`…; the fields of a call are
    /// `call.name`.
    ///
    /// # Errors
    /// A value is missing, or the text is too long.
    pub fn fill(&self, values: &Values) -> Result<String, WrongTemplate> {
        let groups: Value = values.groups.iter().map(|group| Value::from(&**group)).collect();
        let call = values.call.iter().map(|(name, value)| (name.as_str(), Value::from(&**value)));
        let named = values.texts.iter().map(|(name, value)| (*name, Value::from(&**value)));
        let values = Value::from_pairs(named.chain([(GROUPS, groups), (CALL, Value::from_pairs(call))]));
        let template = self.environment.get_template(NAME).map_err(|error| syntax(&error))?;
        let text = template.render(values).map_err(|error| match error.kind() {
            ErrorKind::UndefinedError => WrongTemplate::NoValue,
            ErrorKind::OutOfFuel => WrongTemplate::Fuel,
            _ => syntax(&error),
        })?;
        let characters = text.chars().count();
        if characters > OUTPUT_MAX { Err(WrongTemplate::OutputTooLong(characters)) } else { Ok(text) }
    }
}

/// The name of what a pattern's groups took.
const GROUPS: &str = "match";
/// The name of the fields that an address was called with.
const CALL: &str = "call";

/// Templates have conditions only.
fn check_statements(source: &str) -> Result<(), WrongTemplate> {
    for statement in source.split("{%").skip(1) {
        let words = statement.trim_start_matches(['-', '+']).trim_start();
        let word: String = words.chars().take_while(char::is_ascii_alphabetic).collect();
        if !["if", "elif", "else", "endif"].contains(&&*word) {
            return Err(WrongTemplate::Statement(word.into()));
        }
    }
    Ok(())
}

fn syntax(error: &minijinja::Error) -> WrongTemplate {
    WrongTemplate::Syntax(error.detail().map_or_else(|| error.kind().to_string(), str::to_owned).into())
}

impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Template({:?})", self.source)
    }
}

impl PartialEq for Template {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill(source: &str) -> Result<String, WrongTemplate> {
        let texts = [("from", "+447700900123".into()), ("rest", "{{ from }} <b>".into())].into();
        let groups = vec!["whole".into(), "one".into()];
        let call = [("host".to_owned(), "db1".to_owned())].into();
        Template::parse(source, &["from", "rest", "name", "call"])?.fill(&Values { texts, groups, call })
    }

    #[test]
    fn a_template_is_filled_in_and_values_are_no_templates() {
        for (source, text) in [
            ("Plain: 100%, {ok}", "Plain: 100%, {ok}"),
            ("You are {{ from }}.", "You are +447700900123."),
            ("{{ rest }}", "{{ from }} <b>"),
            ("{{ name | default('you') | title }}", "You"),
            ("{% if rest %}yes{% else %}no{% endif %}", "yes"),
            ("{% if name %}yes{% else %}no{% endif %}", "no"),
            ("{{ match[1] | upper }}", "ONE"),
            ("{{ call.host }} {{ call.what | default('is down') }}", "db1 is down"),
        ] {
            assert_eq!(fill(source).as_deref(), Ok(text), "{source}");
        }
    }

    #[test]
    fn what_a_template_may_not_do_is_a_mistake() {
        let long = "x".repeat(SOURCE_MAX + 1);
        let much = "{{ 'x' * 1601 }}";
        for (source, wrong) in [
            (&*long, WrongTemplate::TooLong(SOURCE_MAX + 1)),
            ("{% for x in y %}{% endfor %}", WrongTemplate::Statement("for".into())),
            ("{%- include 'x' %}", WrongTemplate::Statement("include".into())),
            ("{{ frm }}", WrongTemplate::Unknown("frm".into())),
            ("{{ range(10) }}", WrongTemplate::Unknown("range".into())),
            ("{{ name }}", WrongTemplate::NoValue),
            ("{{ match[9] }}", WrongTemplate::NoValue),
            (much, WrongTemplate::OutputTooLong(1_601)),
            ("{{ 'x' * 900000000 }}", WrongTemplate::Fuel),
        ] {
            assert_eq!(fill(source), Err(wrong), "{}", &source[..source.len().min(40)]);
        }
        for source in ["{{ from", "{{ from | shout }}", "{% if from %}"] {
            assert!(matches!(fill(source), Err(WrongTemplate::Syntax(_))), "{source}");
        }
    }
}
