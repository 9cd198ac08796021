//! Descriptions of settings. The reference and the API's schemas are made of them.

/// A table: its settings, and what it is for.
#[derive(Clone, Debug)]
pub struct Table {
    /// The name of its type, unique among all tables.
    pub name: &'static str,
    /// Its purpose.
    pub text: &'static str,
    /// Its settings.
    pub fields: Vec<Field>,
}

/// A setting of a table.
#[derive(Clone, Debug)]
pub struct Field {
    /// Its key.
    pub name: &'static str,
    /// Its purpose.
    pub text: &'static str,
    /// The type of its value.
    pub kind: Kind,
    /// The values allowed of that type.
    pub bounds: Bounds,
    /// The default.
    pub default: Default,
    /// The tags of the tables that have it, where a tag in the table says which settings it has; empty for all.
    pub only: Vec<&'static str>,
}

/// The settings of tables that a tag tells apart. A setting that several have alike is among them once.
pub(crate) fn together(tagged: Vec<(&'static str, Vec<Field>)>) -> Vec<Field> {
    let tags = tagged.len();
    let mut all: Vec<Field> = Vec::new();
    for (tag, fields) in tagged {
        for field in fields {
            let alike = |it: &&mut Field| {
                (it.name, it.text, &it.default, &it.bounds)
                    == (field.name, field.text, &field.default, &field.bounds)
            };
            match all.iter_mut().find(alike) {
                Some(same) => same.only.push(tag),
                None => all.push(Field { only: vec![tag], ..field }),
            }
        }
    }
    for field in &mut all {
        if field.only.len() == tags {
            field.only.clear();
        }
    }
    all
}

/// The default of a setting.
#[derive(Clone, Debug, PartialEq)]
pub enum Default {
    /// It can't be left out.
    Required,
    /// A value. `null`, empty lists and empty tables stand for nothing, whose meaning the setting's text says.
    Value(serde_json::Value),
}

/// The type of a value.
#[derive(Clone, Debug)]
pub enum Kind {
    /// A text.
    Text,
    /// `true` or `false`.
    Flag,
    /// A whole number from 0.
    Whole {
        /// The largest one that the type holds.
        most: u64,
    },
    /// A number.
    Number,
    /// A length of time.
    Span,
    /// A secret, or where it is.
    Secret,
    /// An optional parameter of SMPP.
    Parameter,
    /// One of several words.
    Words(&'static Words),
    /// A table of settings.
    Table(Table),
    /// A list.
    List(Box<Kind>),
    /// A table whose keys are free.
    Map(Box<Kind>),
}

/// The words that a setting takes.
#[derive(Clone, Copy, Debug)]
pub struct Words {
    /// The name of their type.
    pub name: &'static str,
    /// The choice that they make.
    pub text: &'static str,
    /// Each word, and what it means.
    pub words: &'static [(&'static str, &'static str)],
}

/// The values that a setting takes of its type.
#[derive(Clone, Debug, PartialEq)]
pub enum Bounds {
    /// All of them.
    All,
    /// Whole numbers, both ends included.
    Whole(u64, u64),
    /// Numbers above this.
    Above(f64),
    /// Lengths of time, both ends included, as people write them.
    Spans(&'static str, &'static str),
    /// Texts of printable ASCII characters, of so many to so many.
    Ascii(usize, usize),
    /// At most so many elements.
    Count(usize),
    /// Names: 1 to 64 of `a-z`, `0-9`, `.`, `_` and `-`, the first a letter or a digit.
    Names,
}

/// A text of several lines on one line.
#[must_use]
pub fn on_one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<&str>>().join(" ")
}

impl Bounds {
    /// The bounds as people say them, such as `from 1 to 64`; `None` for all values.
    #[must_use]
    pub fn words(&self) -> Option<String> {
        Some(match self {
            Self::All | Self::Names => return None,
            Self::Whole(least, most) => format!("from {} to {}", grouped(*least), grouped(*most)),
            Self::Above(number) => format!("above {number}"),
            Self::Spans(least, most) => format!("from {least} to {most}"),
            Self::Ascii(0, most) => format!("up to {most} printable ASCII characters"),
            Self::Ascii(least, most) => format!("{least} to {most} printable ASCII characters"),
            Self::Count(most) => format!("at most {}", grouped(u64::try_from(*most).unwrap_or(u64::MAX))),
        })
    }
}

/// A number with its thousands apart: `10,000`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

impl Field {
    /// The setting's text, bounds and default in sentences.
    #[must_use]
    pub fn sentences(&self) -> String {
        let mut text = on_one_line(self.text);
        if let Some(bounds) = self.bounds.words() {
            let bounds = bounds[..1].to_uppercase() + &bounds[1..];
            text = match text.split_once(" Default: ") {
                Some((text, default)) => format!("{text} {bounds}. Default: {default}"),
                None => format!("{text} {bounds}."),
            };
        }
        if let Some(default) = self.default.words() {
            text = format!("{text} Default: {default}.");
        }
        text
    }
}

impl Default {
    /// The default as it is written in a file; `None` where the setting's text says what it means to leave it out.
    #[must_use]
    pub fn words(&self) -> Option<String> {
        use serde_json::Value;
        match self {
            Self::Required => None,
            Self::Value(value) => match value {
                Value::Null => None,
                Value::Bool(yes) => Some(yes.to_string()),
                Value::Number(number) => Some(number.to_string()),
                Value::String(text) if text.is_empty() => None,
                Value::String(text) => Some(format!("`{text}`")),
                Value::Array(items) if items.is_empty() => None,
                Value::Array(_) => Some(format!("`{value}`")),
                Value::Object(fields) if fields.values().all(Value::is_number) && !fields.is_empty() => {
                    let fields: Vec<String> =
                        fields.iter().map(|(key, value)| format!("{key} = {value}")).collect();
                    Some(format!("`{{ {} }}`", fields.join(", ")))
                }
                Value::Object(_) => None,
            },
        }
    }
}
