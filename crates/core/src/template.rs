//! Templates of texts in a sandbox: placeholders, defaults, conditions, plurals and a few pure filters. No loops, no functions, no
//! access to anything; values are never read as templates. Steps and lengths are limited.

mod plural;

use minijinja::value::{Rest, Value};
use minijinja::{Environment, Error, ErrorKind, UndefinedBehavior, filters};
use plural::Plural;
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

/// A template, compiled.
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

/// A value of a placeholder.
#[derive(Clone, Debug, PartialEq)]
pub enum Scalar {
    /// A text. It is never read as a template.
    Text(Box<str>),
    /// A whole number.
    Whole(i64),
    /// Another number.
    Number(f64),
    /// True or false, for conditions.
    Flag(bool),
}

impl From<&Scalar> for Value {
    fn from(scalar: &Scalar) -> Self {
        match scalar {
            Scalar::Text(text) => Self::from(&**text),
            Scalar::Whole(number) => Self::from(*number),
            Scalar::Number(number) => Self::from(*number),
            Scalar::Flag(flag) => Self::from(*flag),
        }
    }
}

/// The value or, where it is missing or an empty text, the other one.
fn or_default(value: Value, other: Option<Value>) -> Value {
    let is_empty = value.is_undefined() || value.as_str().is_some_and(|text| text.trim().is_empty());
    if is_empty { other.unwrap_or_else(|| Value::from("")) } else { value }
}

impl Template {
    /// Reads a template. The language (BCP 47, such as `pt-BR`) decides how `plural` counts. Unknown filters and wrong forms of a
    /// plural show only when they are used: whoever has values to try should fill it in once.
    ///
    /// # Errors
    /// The mistake in words.
    pub fn parse(source: &str, language: &str) -> Result<Self, WrongTemplate> {
        if source.len() > SOURCE_MAX {
            return Err(WrongTemplate::TooLong(source.len()));
        }
        check_statements(source)?;
        let mut environment = Environment::empty();
        environment.set_fuel(Some(FUEL));
        environment.set_undefined_behavior(UndefinedBehavior::SemiStrict);
        environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
        environment.add_filter("default", or_default);
        environment.add_filter("upper", filters::upper);
        environment.add_filter("lower", filters::lower);
        environment.add_filter("title", filters::title);
        environment.add_filter("trim", filters::trim);
        let plural = Plural::of(language);
        environment
            .add_filter("plural", move |count: Value, forms: Rest<String>| pluralize(plural, &count, &forms));
        environment.add_template_owned(NAME, source.to_owned()).map_err(|error| syntax(&error))?;
        Ok(Self { environment: Arc::new(environment), source: source.into() })
    }

    /// The names of its placeholders, in the order of the alphabet.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let Ok(template) = self.environment.get_template(NAME) else { return Vec::new() };
        let mut names: Vec<String> = template.undeclared_variables(false).into_iter().collect();
        names.sort_unstable();
        names
    }

    /// The template as it was written.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The text with these values in it.
    ///
    /// # Errors
    /// A value is missing, or the text is too long.
    pub fn fill<'v>(
        &self,
        values: impl IntoIterator<Item = (&'v str, &'v Scalar)>,
    ) -> Result<String, WrongTemplate> {
        self.render(Value::from_pairs(values.into_iter().map(|(name, value)| (name, Value::from(value)))))
    }

    pub(crate) fn render(&self, values: Value) -> Result<String, WrongTemplate> {
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

/// The form for a count: `{{ parcels | plural("parcel", "parcels") }}`.
fn pluralize(plural: Plural, count: &Value, forms: &[String]) -> Result<String, Error> {
    let wrong = |detail: String| Error::new(ErrorKind::InvalidOperation, detail);
    let needed = plural.forms();
    if forms.len() != needed.len() {
        let detail = format!(
            "plural takes {} forms in this language ({}); {} are given",
            needed.len(),
            needed.join(", "),
            forms.len()
        );
        return Err(wrong(detail));
    }
    if count.is_undefined() {
        return Err(Error::from(ErrorKind::UndefinedError));
    }
    let written = count.to_string();
    let number: f64 =
        written.trim().parse().map_err(|_| wrong("plural counts a number, and this is none".to_owned()))?;
    let place = plural.place(number);
    forms.get(place).cloned().ok_or_else(|| wrong(format!("plural has no form for {number}")))
}

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

fn syntax(error: &Error) -> WrongTemplate {
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

    fn fill(source: &str, language: &str, count: i64) -> Result<String, WrongTemplate> {
        let values = [("n", Scalar::Whole(count)), ("name", Scalar::Text("{{ n }}".into()))];
        let template = Template::parse(source, language)?;
        template.fill(values.iter().map(|(name, value)| (*name, value)))
    }

    #[test]
    fn plurals_follow_the_language() {
        let english = "{{ n }} {{ n | plural('parcel', 'parcels') }}";
        assert_eq!(fill(english, "en-GB", 1).as_deref(), Ok("1 parcel"));
        assert_eq!(fill(english, "en", 0).as_deref(), Ok("0 parcels"));
        let russian = "{{ n | plural('посылка', 'посылки', 'посылок') }}";
        for (count, word) in [(1, "посылка"), (22, "посылки"), (11, "посылок"), (5, "посылок")]
        {
            assert_eq!(fill(russian, "ru", count).as_deref(), Ok(word), "{count}");
        }
        let wrong = fill(english, "ru", 1).unwrap_err().to_string();
        assert_eq!(wrong, "plural takes 3 forms in this language (one, few, many); 2 are given");
        assert!(matches!(fill("{{ name | plural('a', 'b') }}", "en", 1), Err(WrongTemplate::Syntax(_))));
        assert_eq!(fill("{{ other | plural('a', 'b') }}", "en", 1), Err(WrongTemplate::NoValue));
    }

    #[test]
    fn a_template_tells_its_placeholders_and_values_stay_values() {
        let source = "{% if vip %}Dear {{ name }}{% else %}{{ name | default('Hi') }}{% endif %} {{ n }}";
        assert_eq!(Template::parse(source, "en").unwrap().names(), ["n", "name", "vip"]);
        assert_eq!(fill(source, "en", 3).as_deref(), Ok("{{ n }} 3"));
        assert_eq!(fill("{{ missing }}", "en", 1), Err(WrongTemplate::NoValue));
        assert!(fill("{{ range(3) }}", "en", 1).is_err(), "there are no functions");
    }
}
