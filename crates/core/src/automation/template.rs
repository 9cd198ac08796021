//! Templates of rules: their placeholders are known beforehand.

use crate::automation::occasion::Values;
use crate::template;
pub use crate::template::{OUTPUT_MAX, SOURCE_MAX, WrongTemplate};
use minijinja::value::Value;

/// A text with placeholders.
#[derive(Clone, Debug, PartialEq)]
pub struct Template(template::Template);

impl Template {
    /// Reads a template whose placeholders have these names.
    ///
    /// # Errors
    /// The mistake in words.
    pub fn parse(source: &str, known: &[&'static str]) -> Result<Self, WrongTemplate> {
        let template = Self(template::Template::parse(source, "")?);
        let unknown = |name: &String| !known.contains(&&**name) && name != GROUPS;
        if let Some(name) = template.0.names().into_iter().find(unknown) {
            return Err(WrongTemplate::Unknown(name.into()));
        }
        // A wrong filter shows only when it is used.
        let texts = known.iter().map(|name| (*name, "x".into())).collect();
        match template.fill(&Values { texts, ..Values::default() }) {
            Err(WrongTemplate::NoValue) | Ok(_) => Ok(template),
            Err(wrong) => Err(wrong),
        }
    }

    /// The template as it was written.
    #[must_use]
    pub fn source(&self) -> &str {
        self.0.source()
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
        self.0.render(Value::from_pairs(named.chain([(GROUPS, groups), (CALL, Value::from_pairs(call))])))
    }
}

/// The name of what a pattern's groups took.
const GROUPS: &str = "match";
/// The name of the fields that an address was called with.
const CALL: &str = "call";

#[cfg(test)]
mod tests {
    use super::*;

    fn fill(source: &str) -> Result<String, WrongTemplate> {
        let texts =
            [("from", "+447700900123".into()), ("rest", "{{ from }} <b>".into()), ("empty", " ".into())]
                .into();
        let groups = vec!["whole".into(), "one".into()];
        let call = [("host".to_owned(), "db1".to_owned())].into();
        Template::parse(source, &["from", "rest", "empty", "name", "call"])?.fill(&Values {
            texts,
            groups,
            call,
        })
    }

    #[test]
    fn a_template_is_filled_in_and_values_are_no_templates() {
        for (source, text) in [
            ("Plain: 100%, {ok}", "Plain: 100%, {ok}"),
            ("You are {{ from }}.", "You are +447700900123."),
            ("{{ rest }}", "{{ from }} <b>"),
            ("{{ name | default('you') | title }}", "You"),
            ("{{ empty | default('nothing') }}", "nothing"),
            ("{{ from | default('nothing') }}", "+447700900123"),
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
