//! The languages that have shift tables, and sets of them. Not their characters: those are in a file each.

/// A language with national language shift tables (3GPP TS 23.038, 6.2.1.2.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Language {
    /// Turkish.
    Turkish = 1,
    /// Spanish, which has a single shift table only.
    Spanish = 2,
    /// Portuguese.
    Portuguese = 3,
    /// Bengali and Assamese.
    Bengali = 4,
    /// Gujarati.
    Gujarati = 5,
    /// Hindi.
    Hindi = 6,
    /// Kannada.
    Kannada = 7,
    /// Malayalam.
    Malayalam = 8,
    /// Oriya.
    Oriya = 9,
    /// Punjabi.
    Punjabi = 10,
    /// Tamil.
    Tamil = 11,
    /// Telugu.
    Telugu = 12,
    /// Urdu.
    Urdu = 13,
}

impl Language {
    /// All of them, in the order of their identifiers.
    pub const ALL: [Self; 13] = [
        Self::Turkish,
        Self::Spanish,
        Self::Portuguese,
        Self::Bengali,
        Self::Gujarati,
        Self::Hindi,
        Self::Kannada,
        Self::Malayalam,
        Self::Oriya,
        Self::Punjabi,
        Self::Tamil,
        Self::Telugu,
        Self::Urdu,
    ];

    /// The national language identifier, 1 to 13.
    pub fn identifier(self) -> u8 {
        self as u8
    }

    /// The language of an identifier; none for those the specification reserves.
    pub fn from_identifier(identifier: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.identifier() == identifier)
    }

    /// Whether there is a locking shift table; a single shift table there always is.
    pub fn has_locking(self) -> bool {
        self != Self::Spanish
    }

    /// The English name, in lower case, as a configuration would write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Turkish => "turkish",
            Self::Spanish => "spanish",
            Self::Portuguese => "portuguese",
            Self::Bengali => "bengali",
            Self::Gujarati => "gujarati",
            Self::Hindi => "hindi",
            Self::Kannada => "kannada",
            Self::Malayalam => "malayalam",
            Self::Oriya => "oriya",
            Self::Punjabi => "punjabi",
            Self::Tamil => "tamil",
            Self::Telugu => "telugu",
            Self::Urdu => "urdu",
        }
    }

    /// The language of a [`name`](Self::name), in whatever case.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.name().eq_ignore_ascii_case(name))
    }
}

/// A set of languages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct Languages(u16);

impl Languages {
    /// No language.
    pub const NONE: Self = Self(0);

    /// The set with one more language.
    #[must_use]
    pub const fn with(self, language: Language) -> Self {
        Self(self.0 | 1 << language as u8)
    }

    /// Whether the set has the language.
    pub const fn contains(self, language: Language) -> bool {
        self.0 & 1 << language as u8 != 0
    }

    /// Whether the set has no language.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The languages of the set, in the order of their identifiers.
    pub fn iter(self) -> impl Iterator<Item = Language> + Clone {
        Language::ALL.into_iter().filter(move |&language| self.contains(language))
    }
}

impl FromIterator<Language> for Languages {
    fn from_iter<I: IntoIterator<Item = Language>>(languages: I) -> Self {
        languages.into_iter().fold(Self::NONE, Self::with)
    }
}
