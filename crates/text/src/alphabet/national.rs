//! The national language shift tables (3GPP TS 23.038, 6.2.1.2 and annex A), one file a language.
//! Which of them a text should use is for [`crate::segment`]; how a message says so is for [`crate::header`].

mod bengali;
mod gujarati;
mod hindi;
mod kannada;
mod language;
mod malayalam;
mod oriya;
mod portuguese;
mod punjabi;
mod spanish;
mod tamil;
mod telugu;
mod turkish;
mod urdu;

pub use language::{Language, Languages};

use super::NotInAlphabet;
use super::gsm::{DEFAULT, EXTENSION, decode_next};
use super::table::{ESCAPE, Table};

/// The tables in force for a message or a part of one. The default is the default alphabet with its extension.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct Shifts {
    /// Whose locking shift table takes the place of the default alphabet.
    pub locking: Option<Language>,
    /// Whose single shift table takes the place of the extension table.
    pub single: Option<Language>,
}

impl Shifts {
    /// Neither table replaced.
    pub const NONE: Self = Self { locking: None, single: None };

    fn tables(self) -> (&'static Table, &'static Table) {
        let basic = self.locking.and_then(locking).unwrap_or(&DEFAULT);
        (basic, self.single.map_or(&EXTENSION, single))
    }

    /// Septets that a character takes: one, two with its escape, none if neither table has it.
    pub(crate) fn width(self, character: char) -> Option<usize> {
        let (basic, shifted) = self.tables();
        match basic.code(character) {
            Some(_) => Some(1),
            None => shifted.code(character).map(|_| 2),
        }
    }
}

/// Appends `text` to `out` as septets, one to an octet, under the tables given.
///
/// # Errors
/// The first character that neither table has; `out` is then as it was.
pub fn encode(text: &str, shifts: Shifts, out: &mut Vec<u8>) -> Result<(), NotInAlphabet> {
    let (basic, shifted) = shifts.tables();
    let start = out.len();
    for (position, character) in text.char_indices() {
        if let Some(septet) = basic.code(character) {
            out.push(septet);
        } else if let Some(septet) = shifted.code(character) {
            out.extend_from_slice(&[ESCAPE, septet]);
        } else {
            out.truncate(start);
            return Err(NotInAlphabet { character, position });
        }
    }
    Ok(())
}

/// The number of septets that [`encode`] would append.
///
/// # Errors
/// The first character that neither table has.
pub fn units(text: &str, shifts: Shifts) -> Result<usize, NotInAlphabet> {
    let mut units = 0;
    for (position, character) in text.char_indices() {
        units += shifts.width(character).ok_or(NotInAlphabet { character, position })?;
    }
    Ok(units)
}

/// Reads septets, one to an octet, as [`super::gsm::decode`] does but under the tables given. A code for which
/// the locking shift table has no character gives U+FFFD.
pub fn decode(septets: &[u8], shifts: Shifts) -> String {
    let (basic, shifted) = shifts.tables();
    let mut text = String::with_capacity(septets.len());
    let mut rest = septets;
    while let Some((character, after)) = decode_next(rest, basic, shifted) {
        text.push(character);
        rest = after;
    }
    text
}

/// The locking shift table of a language; Spanish has none.
fn locking(language: Language) -> Option<&'static Table> {
    macro_rules! tables {
        ($($name:ident: $module:ident),* $(,)?) => {
            match language {
                $(Language::$name => {
                    static TABLE: Table = Table::new($module::LOCKING);
                    Some(&TABLE)
                })*
                Language::Spanish => None,
            }
        };
    }
    tables! {
        Turkish: turkish, Portuguese: portuguese, Bengali: bengali, Gujarati: gujarati, Hindi: hindi,
        Kannada: kannada, Malayalam: malayalam, Oriya: oriya, Punjabi: punjabi, Tamil: tamil, Telugu: telugu,
        Urdu: urdu,
    }
}

/// The single shift table of a language; all have one.
fn single(language: Language) -> &'static Table {
    macro_rules! tables {
        ($($name:ident: $module:ident),* $(,)?) => {
            match language {
                $(Language::$name => {
                    static TABLE: Table = Table::new($module::SINGLE);
                    &TABLE
                })*
            }
        };
    }
    tables! {
        Turkish: turkish, Spanish: spanish, Portuguese: portuguese, Bengali: bengali, Gujarati: gujarati,
        Hindi: hindi, Kannada: kannada, Malayalam: malayalam, Oriya: oriya, Punjabi: punjabi, Tamil: tamil,
        Telugu: telugu, Urdu: urdu,
    }
}
