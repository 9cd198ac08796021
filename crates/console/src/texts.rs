//! The texts of the console. Pages have them in English; `texts/` has a catalogue for each other language: an English text,
//! and in the next line, after a tab, its translation. What a catalogue lacks is shown in English.

use std::collections::HashMap;
use std::sync::OnceLock;

/// A language of the console.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    English,
    German,
    Arabic,
}

impl Language {
    pub(crate) const ALL: [Self; 3] = [Self::English, Self::German, Self::Arabic];

    /// Its tag (RFC 5646).
    pub(crate) const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
            Self::Arabic => "ar",
        }
    }

    /// Its name in itself.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::German => "Deutsch",
            Self::Arabic => "العربية",
        }
    }

    /// The direction in which it is written.
    pub(crate) const fn direction(self) -> &'static str {
        match self {
            Self::English | Self::German => "ltr",
            Self::Arabic => "rtl",
        }
    }

    /// What stands between thousands.
    pub(crate) const fn group(self) -> &'static str {
        match self {
            Self::English => ",",
            Self::German => ".",
            Self::Arabic => "٬",
        }
    }

    /// What stands before tenths.
    pub(crate) const fn point(self) -> &'static str {
        match self {
            Self::English => ".",
            Self::German => ",",
            Self::Arabic => "٫",
        }
    }

    /// The language of a tag.
    pub(crate) fn of(tag: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.tag() == tag)
    }

    /// A text of the console in this language.
    pub(crate) fn text(self, english: &str) -> &str {
        self.catalogue().and_then(|catalogue| catalogue.get(english)).unwrap_or(&english)
    }

    fn catalogue(self) -> Option<&'static HashMap<&'static str, &'static str>> {
        static GERMAN: OnceLock<HashMap<&str, &str>> = OnceLock::new();
        static ARABIC: OnceLock<HashMap<&str, &str>> = OnceLock::new();
        match self {
            Self::English => None,
            Self::German => Some(GERMAN.get_or_init(|| read(include_str!("../texts/de.txt")))),
            Self::Arabic => Some(ARABIC.get_or_init(|| read(include_str!("../texts/ar.txt")))),
        }
    }
}

/// A title of a page in English. It does nothing but mark it as a text that catalogues must have.
pub(crate) const fn title(english: &str) -> &str {
    english
}

/// The pairs of a catalogue.
fn read(catalogue: &'static str) -> HashMap<&'static str, &'static str> {
    let mut pairs = HashMap::new();
    let mut english = "";
    for line in catalogue.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        match line.strip_prefix('\t') {
            Some(translated) => drop(pairs.insert(english, translated)),
            None => english = line,
        }
    }
    pairs
}

/// A text with `{0}` and `{1}` filled in.
pub(crate) fn fill(text: &str, values: &[&str]) -> String {
    let mut filled = text.to_owned();
    for (place, value) in values.iter().enumerate() {
        filled = filled.replace(&format!("{{{place}}}"), value);
    }
    filled
}

#[cfg(test)]
mod tests;
