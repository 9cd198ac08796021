//! What a person likes: theme, language and time zone, in a cookie.

use crate::cookies;
use crate::texts::Language;
use axum::http::header::ACCEPT_LANGUAGE;
use axum::http::{HeaderMap, HeaderValue};
use jiff::tz::TimeZone;

const COOKIE: &str = "postrider_preferences";
/// A year, in seconds.
const YEAR: u32 = 365 * 24 * 3600;

/// Light or dark.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Theme {
    /// As the system says.
    #[default]
    System,
    Light,
    Dark,
}

impl Theme {
    pub(crate) const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];

    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

/// What a person likes.
#[derive(Clone, Debug)]
pub(crate) struct Preferences {
    pub(crate) theme: Theme,
    pub(crate) language: Language,
    pub(crate) zone: TimeZone,
    /// Whether single letters are commands.
    pub(crate) keys: bool,
}

impl Default for Preferences {
    fn default() -> Self {
        Self { theme: Theme::System, language: Language::English, zone: TimeZone::UTC, keys: true }
    }
}

impl Preferences {
    /// Those of the cookie; without one, the language that the browser asks for.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let mut preferences = Self { language: asked(headers), ..Self::default() };
        for word in cookies::read(headers, COOKIE).unwrap_or_default().split('.') {
            preferences.set(word);
        }
        preferences
    }

    /// Sets what this word of the cookie stands for. Unknown ones are those of another version.
    fn set(&mut self, word: &str) {
        let Some((name, value)) = word.split_once('-') else { return };
        match name {
            "theme" => {
                self.theme = Theme::ALL.into_iter().find(|theme| theme.word() == value).unwrap_or_default();
            }
            "language" => self.language = Language::of(value).unwrap_or(self.language),
            "keys" => self.keys = value == "on",
            "zone" => self.zone = zone(&value.replace('*', "/")).unwrap_or(TimeZone::UTC),
            _ => {}
        }
    }

    /// The same with what a form says.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.set(&format!("{name}-{}", value.replace('/', "*")));
        self
    }

    /// The header that keeps them.
    pub(crate) fn cookie(&self) -> HeaderValue {
        let keys = if self.keys { "on" } else { "off" };
        let (theme, language) = (self.theme.word(), self.language.tag());
        let zone = self.zone.iana_name().unwrap_or("UTC").replace('/', "*");
        cookies::set(COOKIE, &format!("theme-{theme}.language-{language}.keys-{keys}.zone-{zone}"), YEAR)
    }
}

/// A time zone by its name.
fn zone(name: &str) -> Option<TimeZone> {
    TimeZone::get(name).ok()
}

/// The first language of the browser that the console speaks.
fn asked(headers: &HeaderMap) -> Language {
    let asked = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let tags = asked.split(',').filter_map(|part| part.split([';', '-']).next());
    tags.map(str::trim).find_map(Language::of).unwrap_or(Language::English)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::header::COOKIE;

    #[test]
    fn preferences_survive_the_cookie() {
        let liked = Preferences::default()
            .with("theme", "dark")
            .with("language", "de")
            .with("zone", "Europe/Vienna")
            .with("keys", "off");
        let cookie = liked.cookie();
        let pair = cookie.to_str().unwrap().split(';').next().unwrap();
        let headers = HeaderMap::from_iter([(COOKIE, HeaderValue::from_str(pair).unwrap())]);
        let read = Preferences::of(&headers);
        assert_eq!((read.theme, read.language, read.keys), (Theme::Dark, Language::German, false));
        assert_eq!(read.zone.iana_name(), Some("Europe/Vienna"));
    }

    #[test]
    fn the_browser_says_the_language_until_somebody_chooses() {
        let language = |header: &'static str| {
            Preferences::of(&HeaderMap::from_iter([(ACCEPT_LANGUAGE, HeaderValue::from_static(header))]))
                .language
        };
        assert_eq!(language("de-AT,de;q=0.9,en;q=0.5"), Language::German);
        assert_eq!(language("fr, ar;q=0.5"), Language::Arabic);
        assert_eq!(language("xx"), Language::English);
    }

    #[test]
    fn what_is_unknown_changes_nothing() {
        let liked = Preferences::default()
            .with("theme", "pink")
            .with("language", "xx")
            .with("zone", "Nowhere/At_All");
        assert_eq!((liked.theme, liked.language), (Theme::System, Language::English));
        assert_eq!(liked.zone.iana_name(), Some("UTC"));
    }
}
