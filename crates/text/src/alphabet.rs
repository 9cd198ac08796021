//! The alphabets that texts are carried in, one module each. What a text needs of them is for [`crate::segment`].

mod foreign;
pub mod gsm;
pub mod latin1;
pub mod national;
pub(crate) mod table;
pub mod ucs2;
mod unnamed;

pub use foreign::Charset;
pub use unnamed::{Alphabet, NameAlphabet};

use std::fmt;

/// A character that the alphabet asked for does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotInAlphabet {
    /// The first such character.
    pub character: char,
    /// Where it starts in the text, in bytes.
    pub position: usize,
}

impl NotInAlphabet {
    /// The character `rest` starts with, `rest` being the end of `text`.
    fn at(text: &str, rest: &str, character: char) -> Self {
        Self { character, position: text.len() - rest.len() }
    }
}

impl fmt::Display for NotInAlphabet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let code = u32::from(self.character);
        write!(f, "the alphabet has no U+{code:04X}, the character at byte {}", self.position)
    }
}

impl std::error::Error for NotInAlphabet {}
