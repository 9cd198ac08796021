//! Reports of monitoring tools, whatever their form was.

use postrider_core::time::Time;

/// The longest title, in characters.
pub(super) const TITLE_MAX: usize = 300;
/// The longest detail, in characters.
pub(super) const DETAIL_MAX: usize = 1_000;
/// The longest severity, in characters.
const SEVERITY_MAX: usize = 30;

/// Whether something is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Condition {
    /// It is.
    Firing,
    /// It is over.
    Resolved,
}

/// One report of a tool about one thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Signal {
    /// What the thing is known by, in its tool's words: one key or several, each of which names it.
    pub(super) keys: Vec<String>,
    /// Whether it is wrong.
    pub(super) condition: Condition,
    /// What is wrong, on one line.
    pub(super) title: String,
    /// More about it.
    pub(super) detail: Option<String>,
    /// How bad it is, in the tool's words.
    pub(super) severity: Option<String>,
    /// When it is over though nobody says so.
    pub(super) ends: Option<Time>,
}

impl Signal {
    /// A report of this.
    pub(super) fn new(key: impl Into<String>, condition: Condition, title: &str) -> Self {
        let title = one_line(title, TITLE_MAX);
        let title = if title.is_empty() { "alert without a title".to_owned() } else { title };
        Self { keys: vec![key.into()], condition, title, detail: None, severity: None, ends: None }
    }

    /// The same, with more about it.
    pub(super) fn with_detail(mut self, detail: Option<String>) -> Self {
        self.detail = detail.map(|text| cut(text.trim(), DETAIL_MAX)).filter(|text| !text.is_empty());
        self
    }

    /// The same, this bad.
    pub(super) fn with_severity(mut self, severity: Option<String>) -> Self {
        self.severity = severity.map(|text| one_line(&text, SEVERITY_MAX)).filter(|text| !text.is_empty());
        self
    }
}

/// A text on one line, without control characters, of at most so many characters.
pub(super) fn one_line(text: &str, most: usize) -> String {
    let words = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    cut(&words.collect::<Vec<_>>().join(" "), most)
}

/// A text of at most so many characters. Dots stand for what is left out.
pub(super) fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let kept: String = text.chars().take(most.saturating_sub(3)).collect();
    format!("{}...", kept.trim_end())
}
