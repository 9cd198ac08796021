//! Plural forms of languages for whole numbers, after the rules of Unicode's CLDR.

/// How a language counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Plural {
    /// One form for all.
    None,
    /// 1, and all others.
    One,
    /// 0 and 1, and all others.
    ZeroAndOne,
    /// Russian and its neighbours: 1 21 31, 2 to 4 22 to 24, all others.
    Eastern,
    /// Polish: 1, 2 to 4 22 to 24, all others.
    Polish,
    /// Czech and Slovak: 1, 2 to 4, all others.
    Czech,
    /// Lithuanian.
    Lithuanian,
    /// Latvian.
    Latvian,
    /// Romanian.
    Romanian,
    /// Slovenian.
    Slovenian,
    /// Hebrew: 1, 2, all others.
    Hebrew,
    /// Arabic.
    Arabic,
}

impl Plural {
    /// How a language counts (BCP 47); what isn't known counts as English does.
    pub(super) fn of(language: &str) -> Self {
        let primary = language.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase();
        match primary.as_str() {
            "ja" | "zh" | "ko" | "vi" | "th" | "id" | "ms" | "lo" | "my" | "km" => Self::None,
            "fr" | "pt" | "hi" | "bn" | "fa" | "am" | "gu" | "kn" | "zu" | "hy" => Self::ZeroAndOne,
            "ru" | "uk" | "be" | "sr" | "hr" | "bs" => Self::Eastern,
            "pl" => Self::Polish,
            "cs" | "sk" => Self::Czech,
            "lt" => Self::Lithuanian,
            "lv" => Self::Latvian,
            "ro" | "mo" => Self::Romanian,
            "sl" => Self::Slovenian,
            "he" | "iw" => Self::Hebrew,
            "ar" => Self::Arabic,
            _ => Self::One,
        }
    }

    /// The names of its forms, in the order in which templates give them.
    pub(super) const fn forms(self) -> &'static [&'static str] {
        match self {
            Self::None => &["other"],
            Self::One | Self::ZeroAndOne => &["one", "other"],
            Self::Eastern | Self::Polish => &["one", "few", "many"],
            Self::Czech | Self::Lithuanian | Self::Romanian => &["one", "few", "other"],
            Self::Latvian => &["zero", "one", "other"],
            Self::Slovenian => &["one", "two", "few", "other"],
            Self::Hebrew => &["one", "two", "other"],
            Self::Arabic => &["zero", "one", "two", "few", "many", "other"],
        }
    }

    /// The place of the form for a number. Of what isn't whole it is the last one.
    pub(super) fn place(self, number: f64) -> usize {
        let last = self.forms().len() - 1;
        let number = number.abs();
        if number.fract() != 0.0 || number >= 1e15 {
            return last;
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it is whole, positive and small enough"
        )]
        let n = number as u64;
        let (tens, hundreds) = (n % 10, n % 100);
        let teens = (11..=19).contains(&hundreds);
        let few = (2..=4).contains(&tens) && !(12..=14).contains(&hundreds);
        match self {
            Self::None => 0,
            Self::One => usize::from(n != 1),
            Self::ZeroAndOne => usize::from(n > 1),
            Self::Eastern if tens == 1 && hundreds != 11 => 0,
            Self::Polish | Self::Czech | Self::Romanian | Self::Hebrew if n == 1 => 0,
            Self::Eastern | Self::Polish if few => 1,
            Self::Czech if (2..=4).contains(&n) => 1,
            Self::Lithuanian if tens == 1 && !teens => 0,
            Self::Lithuanian if tens > 1 && !teens => 1,
            Self::Latvian if tens == 0 || teens => 0,
            Self::Latvian if tens == 1 => 1,
            Self::Romanian if n == 0 || (1..=19).contains(&hundreds) => 1,
            Self::Slovenian if (1..=2).contains(&hundreds) => usize::from(hundreds == 2),
            Self::Slovenian if (3..=4).contains(&hundreds) => 2,
            Self::Hebrew if n == 2 => 1,
            Self::Arabic => arabic(n),
            _ => last,
        }
    }
}

fn arabic(n: u64) -> usize {
    match (n, n % 100) {
        (0, _) => 0,
        (1, _) => 1,
        (2, _) => 2,
        (_, 3..=10) => 3,
        (_, 11..=99) => 4,
        _ => 5,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_their_forms() {
        for (language, number, form) in [
            ("de", 1.0, "one"),
            ("de", 0.0, "other"),
            ("de", 1.5, "other"),
            ("fr-CA", 0.0, "one"),
            ("fr", 2.0, "other"),
            ("ja", 1.0, "other"),
            ("ru", 21.0, "one"),
            ("ru", 111.0, "many"),
            ("uk", 3.0, "few"),
            ("pl", 21.0, "many"),
            ("pl", 104.0, "few"),
            ("cs", 4.0, "few"),
            ("cs", 22.0, "other"),
            ("lt", 21.0, "one"),
            ("lt", 11.0, "other"),
            ("lt", 2.0, "few"),
            ("lv", 10.0, "zero"),
            ("lv", 21.0, "one"),
            ("ro", 119.0, "few"),
            ("ro", 20.0, "other"),
            ("sl", 101.0, "one"),
            ("sl", 2.0, "two"),
            ("sl", 103.0, "few"),
            ("he", 2.0, "two"),
            ("ar", 0.0, "zero"),
            ("ar", 105.0, "few"),
            ("ar", 111.0, "many"),
            ("ar", 100.0, "other"),
        ] {
            let plural = Plural::of(language);
            assert_eq!(plural.forms()[plural.place(number)], form, "{language} {number}");
        }
    }
}
