//! What is known of the number that a message goes to.

use super::country::Country;
use super::kind::NumberKind;

/// What is known of a number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Destination {
    /// Its country; none for numbers of the whole world, and short codes.
    pub country: Option<Country>,
    /// The kind of line.
    pub kind: NumberKind,
    /// Its network's place in the numbering plan.
    pub network: Option<u32>,
    /// Whether its first digits are a calling code.
    pub is_allocated: bool,
    /// Whether numbers of its calling code have so many digits.
    pub has_length: bool,
    /// Whether nobody has it, as a look-up says, or our own messages.
    pub is_dead: bool,
    /// Whether its kind is known, and numbers of the kind have so many digits.
    pub is_of_kind: bool,
}

/// A number that no message can be delivered to, as far as its digits say, or that costs more than a message should.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Undeliverable {
    /// Its first digits are no calling code.
    Unallocated,
    /// No number of its country has so many digits.
    WrongLength,
    /// Its kind is this.
    Kind(NumberKind),
    /// Nobody has it, as a look-up says, or our own messages.
    Dead,
}

impl Undeliverable {
    /// What is refused where an account says nothing.
    pub const USUAL: [Self; 6] = [
        Self::Unallocated,
        Self::WrongLength,
        Self::Kind(NumberKind::Fixed),
        Self::Kind(NumberKind::Premium),
        Self::Kind(NumberKind::Satellite),
        Self::Dead,
    ];

    /// The word for it in settings.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Unallocated => "unallocated",
            Self::WrongLength => "wrong_length",
            Self::Kind(kind) => kind.word(),
            Self::Dead => "dead",
        }
    }
}

impl Destination {
    /// Why the number is refused by those who refuse these.
    #[must_use]
    pub fn refused(&self, refused: &[Undeliverable]) -> Option<Undeliverable> {
        let holds = |why: &Undeliverable| match why {
            Undeliverable::Unallocated => !self.is_allocated,
            Undeliverable::WrongLength => {
                self.is_allocated && !self.has_length && self.kind != NumberKind::ShortCode
            }
            Undeliverable::Kind(kind) => self.is_allocated && self.kind == *kind,
            Undeliverable::Dead => self.is_dead,
        };
        refused.iter().copied().find(holds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::Number;
    use crate::numbering::Numbering;
    use crate::time::Time;

    #[test]
    fn numbers_that_take_no_messages_are_told_apart() {
        for (number, expected) in [
            ("+447700900123", None),
            ("+12025550123", None),
            ("60006", None),
            ("+999123456789", Some("unallocated")),
            ("+2101234567", Some("unallocated")),
            ("+44770090012345", Some("wrong_length")),
            ("+4477009", Some("wrong_length")),
            ("+442071234567", Some("fixed")),
            ("+449012345678", Some("premium")),
            ("+19005550123", Some("premium")),
            ("+881612345678", Some("satellite")),
            ("+448001234567", None),
        ] {
            let found = Numbering::default().find(Number::parse_recipient(number).unwrap(), Time(0));
            assert_eq!(found.refused(&Undeliverable::USUAL).map(Undeliverable::word), expected, "{number}");
            assert_eq!(found.refused(&[]), None);
        }
    }
}
