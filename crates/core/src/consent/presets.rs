//! Presets: what the law of a country asks of messages, as far as the gateway enforces it, and the rules that it comes from.

use super::calendars::CalendarSet;
use crate::message::Class;

/// A preset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preset {
    /// United States: the Telephone Consumer Protection Act.
    Tcpa,
    /// European Union: the General Data Protection Regulation and the ePrivacy Directive.
    Gdpr,
    /// Canada: Canada's Anti-Spam Legislation.
    Casl,
    /// India: the regulations of TRAI on commercial communications.
    Trai,
}

/// A rule that a preset enforces, in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Enforced {
    /// What the gateway does.
    pub words: &'static str,
    /// The rule that asks for it.
    pub cites: &'static str,
}

pub(super) const fn enforced(words: &'static str, cites: &'static str) -> Enforced {
    Enforced { words, cites }
}

/// Marketing alone.
const MARKETING: [bool; Class::ALL.len()] = [false, false, false, true];
/// No class.
const NONE: [bool; Class::ALL.len()] = [false; Class::COUNT];

/// What [`Preset::Tcpa`] enforces.
const TCPA: &[Enforced] = &[
    enforced(
        "Marketing needs a recorded consent of the recipient, with the text that was shown.",
        "47 CFR 64.1200(a)(2) and (f)(9): prior express written consent",
    ),
    enforced(
        "Marketing waits from 21:00 to 8:00 in the recipient's zone. Where the zone is not known, it waits while it is night in any zone of the number.",
        "47 CFR 64.1200(c)(1)",
    ),
    enforced(
        "Where a state is stricter, its hours hold for numbers with its area codes (calendar `us_states`).",
        "laws of the states: `postrider policy us_states`",
    ),
    enforced(
        "STOP, QUIT, END, REVOKE, OPT OUT, CANCEL, UNSUBSCRIBE and what means the same end all messages at once.",
        "47 CFR 64.1200(a)(10), in force since 2025-04-11: at most ten business days",
    ),
    enforced(
        "One confirmation follows at once, without advertising, and nothing after it.",
        "47 CFR 64.1200(a)(12): within five minutes",
    ),
];

/// What [`Preset::Gdpr`] enforces.
const GDPR: &[Enforced] = &[
    enforced("Marketing needs a recorded consent of the recipient.", "Directive 2002/58/EC, Article 13(1)"),
    enforced(
        "A consent is kept with its source, text, time and proof.",
        "Regulation (EU) 2016/679, Article 7(1): the controller demonstrates the consent",
    ),
    enforced(
        "STOP withdraws, as easily as the consent was given, and ends messages at once.",
        "Regulation (EU) 2016/679, Articles 7(3) and 21(3)",
    ),
];

/// What [`Preset::Casl`] enforces.
const CASL: &[Enforced] = &[
    enforced(
        "Marketing needs a recorded consent of the recipient.",
        "Canada's Anti-Spam Legislation (S.C. 2010, c. 23), sections 6(1)(a) and 13: the sender proves the consent",
    ),
    enforced(
        "The built-in answers name the account, and say how the messages are stopped.",
        "S.C. 2010, c. 23, sections 6(2)(a) and 6(2)(c)",
    ),
    enforced(
        "STOP, ARRET and what means the same end messages at once.",
        "S.C. 2010, c. 23, section 11(3): at most ten business days",
    ),
];

/// What [`Preset::Trai`] enforces.
const TRAI: &[Enforced] = &[
    enforced(
        "Marketing needs a recorded consent of the recipient.",
        "Telecom Commercial Communications Customer Preference Regulations, 2018 (TCCCPR)",
    ),
    enforced(
        "Marketing waits from 21:00 to 10:00 in India.",
        "TCCCPR 2018: time bands of promotional messages",
    ),
    enforced(
        "Sender, template and entity go to the carrier as the message's parameters; the carrier checks their registration (DLT).",
        "TCCCPR 2018: registration of senders, headers and content templates",
    ),
    enforced("STOP ends messages at once.", "TCCCPR 2018: revocation of consent"),
];

impl Preset {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Tcpa, Self::Gdpr, Self::Casl, Self::Trai];

    /// The word in settings.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Tcpa => "tcpa",
            Self::Gdpr => "gdpr",
            Self::Casl => "casl",
            Self::Trai => "trai",
        }
    }

    /// The first and the last minute of the day that are quiet for marketing, the last one not within.
    #[must_use]
    pub const fn quiet(self) -> Option<(u16, u16)> {
        match self {
            Self::Tcpa => Some((21 * 60, 8 * 60)),
            Self::Trai => Some((21 * 60, 10 * 60)),
            Self::Gdpr | Self::Casl => None,
        }
    }

    /// The calendars that hold besides.
    #[must_use]
    pub const fn calendars(self) -> &'static [CalendarSet] {
        match self {
            Self::Tcpa => &[CalendarSet::UsStates],
            Self::Gdpr | Self::Casl | Self::Trai => &[],
        }
    }

    /// The classes that need a recorded consent.
    #[must_use]
    pub const fn needs_consent(self) -> [bool; Class::ALL.len()] {
        match self {
            Self::Tcpa | Self::Gdpr | Self::Casl | Self::Trai => MARKETING,
        }
    }

    /// The classes that opt-outs don't stop.
    #[must_use]
    pub const fn spared(self) -> [bool; Class::ALL.len()] {
        NONE
    }

    /// What it enforces.
    #[must_use]
    pub const fn enforces(self) -> &'static [Enforced] {
        match self {
            Self::Tcpa => TCPA,
            Self::Gdpr => GDPR,
            Self::Casl => CASL,
            Self::Trai => TRAI,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_says_what_it_enforces_and_cites_the_rule() {
        for preset in Preset::ALL {
            assert!(preset.enforces().len() >= 3);
            for Enforced { words, cites } in preset.enforces() {
                assert!(words.ends_with('.') && !cites.is_empty(), "{preset:?}");
            }
            let says_when = preset.enforces().iter().any(|enforced| enforced.words.contains("waits from"));
            assert_eq!(says_when, preset.quiet().is_some(), "{preset:?}");
            assert!(!preset.needs_consent()[Class::Otp as usize], "a code waits for nothing");
        }
    }
}
