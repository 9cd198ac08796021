//! The presets that the program has.

use crate::lookup::LookupPreset;
use crate::preset::{Invalid, Preset};

macro_rules! embedded {
    ($($name:literal),+ $(,)?) => {
        /// The names of the presets, and their files.
        const ALL: &[(&str, &str)] = &[$(($name, include_str!(concat!("../presets/", $name, ".toml")))),+];
    };
}

embedded!(
    "africastalking",
    "android-gateway",
    "aws",
    "aws-sns",
    "azure",
    "bandwidth",
    "bird",
    "clickatell",
    "httpsms",
    "infobip",
    "infobip-mms",
    "jasmin",
    "kannel",
    "messagebird",
    "msg91",
    "mtn",
    "oneapi",
    "parlayx",
    "playsms",
    "plivo",
    "postrider",
    "sinch",
    "telnyx",
    "twilio",
    "vonage",
    "vonage-messages",
);

/// The presets of look-ups, and their files.
const LOOKUPS: &[(&str, &str)] = &[
    ("postrider", include_str!("../presets/lookups/postrider.toml")),
    ("twilio", include_str!("../presets/lookups/twilio.toml")),
    ("vonage", include_str!("../presets/lookups/vonage.toml")),
];

/// The names of the presets of look-ups, in order.
pub fn lookup_names() -> impl Iterator<Item = &'static str> {
    LOOKUPS.iter().map(|(name, _)| *name)
}

/// A preset of look-ups of the program's own.
#[must_use]
pub fn find_lookup(name: &str) -> Option<Result<LookupPreset, Invalid>> {
    LOOKUPS.iter().find(|(known, _)| *known == name).map(|(_, text)| LookupPreset::parse(text))
}

/// The names of the presets, in order.
pub fn names() -> impl Iterator<Item = &'static str> {
    ALL.iter().map(|(name, _)| *name)
}

/// The text of a preset.
#[must_use]
pub fn text(name: &str) -> Option<&'static str> {
    ALL.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

/// A preset of the program's own.
#[must_use]
pub fn find(name: &str) -> Option<Result<Preset, Invalid>> {
    text(name).map(Preset::parse)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cases;
    use crate::fields::FIELDS;

    #[test]
    fn every_case_of_every_preset_holds() {
        let mut failed = Vec::new();
        for name in names() {
            match find(name).unwrap() {
                Err(error) => failed.push(format!("{name}: {error}")),
                Ok(preset) => {
                    assert_eq!(&*preset.name, name);
                    let results = cases::run(&preset);
                    assert!(results.len() >= 3, "{name} has too few cases");
                    failed.extend(
                        results
                            .into_iter()
                            .filter_map(|case| Some(format!("{name}, {}: {}", case.name, case.failure?))),
                    );
                }
            }
        }
        assert!(failed.is_empty(), "{}", failed.join("\n\n"));
    }

    #[test]
    fn the_manual_has_every_preset_and_every_field() {
        let page = include_str!("../../../docs/src/http-upstreams.md");
        for name in names() {
            let preset = find(name).unwrap().unwrap();
            let row = format!("| `{name}` | {} | {} |", preset.title, preset.about);
            assert!(page.contains(&row), "docs/src/http-upstreams.md lacks\n{row}");
        }
        for (name, meaning) in FIELDS {
            let row = format!("| `{{{name}}}` | {meaning} |");
            assert!(page.contains(&row), "docs/src/http-upstreams.md lacks\n{row}");
        }
    }
}
