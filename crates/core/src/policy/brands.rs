//! Protected brands: senders' names that look like one are refused, whatever alphabet, digits and signs they are written with.

use crate::consent::fold;

/// The fewest letters of a brand that may not be a part of a longer name.
const PART_MIN: usize = 5;
/// The fewest letters of a brand from which one letter may not be wrong, missing or too much.
const MISSPELLED_MIN: usize = 6;

/// A brand that only its owners may use as a sender.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Brand {
    /// Its name.
    pub name: Box<str>,
    /// The name as it looks.
    look: Vec<char>,
}

impl Brand {
    /// This brand; `None` for a name without letters and digits.
    #[must_use]
    pub fn new(name: &str) -> Option<Self> {
        let look = look_of(&fold::words(name).concat());
        (!look.is_empty()).then(|| Self { name: name.trim().into(), look })
    }

    /// Whether a sender's name looks like the brand, or has it as a part.
    #[must_use]
    pub fn is_imitated_by(&self, sender: &str) -> bool {
        let words = fold::words(sender);
        let whole = look_of(&words.concat());
        whole == self.look
            || words.iter().any(|word| look_of(word) == self.look)
            || self.look.len() >= PART_MIN && whole.windows(self.look.len()).any(|part| part == self.look)
            || self.look.len() >= MISSPELLED_MIN && is_one_off(&whole, &self.look)
    }
}

/// A folded text as it looks: characters that look alike are one.
fn look_of(folded: &str) -> Vec<char> {
    let mut look: Vec<char> = Vec::with_capacity(folded.len());
    for character in folded.chars().map(alike) {
        match (look.last(), character) {
            (Some('r'), 'n') => put_last(&mut look, 'm'),
            (Some('v'), 'v') => put_last(&mut look, 'w'),
            _ => look.push(character),
        }
    }
    look
}

fn put_last(look: &mut [char], character: char) {
    if let Some(last) = look.last_mut() {
        *last = character;
    }
}

/// The Latin letter that a character in lower case looks like, as a small or as a capital letter.
const fn alike(character: char) -> char {
    match character {
        '0' | 'о' | 'ο' | 'σ' => 'o',
        '1' | 'i' | 'і' | 'ι' | 'ӏ' => 'l',
        '3' | 'е' | 'ε' | 'э' | 'з' => 'e',
        '4' | 'а' | 'α' => 'a',
        '5' | 'ѕ' => 's',
        '7' | 'т' | 'τ' => 't',
        '8' | 'в' | 'β' | 'ь' => 'b',
        '9' | 'q' => 'g',
        'с' => 'c',
        'р' | 'ρ' => 'p',
        'у' | 'υ' | 'γ' => 'y',
        'х' | 'χ' => 'x',
        'к' | 'κ' => 'k',
        'м' | 'μ' => 'm',
        'н' | 'η' => 'h',
        'ν' => 'v',
        'ј' => 'j',
        'ω' => 'w',
        'ζ' => 'z',
        other => other,
    }
}

/// Whether one text becomes the other by one letter more, less or otherwise.
fn is_one_off(one: &[char], other: &[char]) -> bool {
    let (short, long) = if one.len() <= other.len() { (one, other) } else { (other, one) };
    if long.len() - short.len() > 1 {
        return false;
    }
    let same = short.iter().zip(long).take_while(|(one, other)| one == other).count();
    let rest = long.get(same + 1..).unwrap_or_default();
    let skipped = if short.len() == long.len() { same + 1 } else { same };
    short.get(skipped..).unwrap_or_default() == rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_imitates_a_brand_by_its_look() {
        let (paypal, amazon, dhl) = ("PayPal", "Amazon", "DHL");
        for (brand, sender, is_imitated) in [
            (paypal, "PayPal", true),
            (paypal, "paypal", true),
            (paypal, "PAY-PAL", true),
            (paypal, "PayPaI", true),
            (paypal, "P\u{430}yP\u{430}l", true),
            (paypal, "P4yPa1", true),
            (paypal, "PayPal Info", true),
            (paypal, "myPayPal24", true),
            (paypal, "PayPall", true),
            (paypal, "PayPl", true),
            (paypal, "P\u{e4}yPal", true),
            (paypal, "Payment", false),
            (paypal, "PayBack", false),
            (amazon, "Arnazon", true),
            (amazon, "\u{391}M\u{391}ZON", true),
            (amazon, "Amazone", true),
            (amazon, "Amazing", false),
            (dhl, "dhl", true),
            (dhl, "D.H.L", true),
            (dhl, "DHL Paket", true),
            (dhl, "DHLX", false),
            (dhl, "Sadhlyn", false),
        ] {
            assert_eq!(Brand::new(brand).unwrap().is_imitated_by(sender), is_imitated, "{brand} {sender}");
        }
        assert_eq!(Brand::new(" - "), None);
    }
}
