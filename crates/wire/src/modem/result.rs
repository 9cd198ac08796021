//! Final results of commands (ITU-T V.250, 5.7.1; 3GPP TS 27.005 and 27.007).

use super::error::{Cme, Cms, number};
use std::fmt;

/// The final result of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Final {
    /// `OK`.
    Ok,
    /// `ERROR` without more, or a word that means the same.
    Error,
    /// `+CMS ERROR`.
    Cms(Cms),
    /// `+CME ERROR`.
    Cme(Cme),
}

impl Final {
    /// The result that a line is; `None` if it is none.
    #[must_use]
    pub fn read(line: &str) -> Option<Self> {
        match line {
            "OK" => return Some(Self::Ok),
            "ERROR"
            | "NO CARRIER"
            | "BUSY"
            | "NO ANSWER"
            | "NO DIALTONE"
            | "COMMAND NOT SUPPORT"
            | "TOO MANY PARAMETERS" => return Some(Self::Error),
            _ => {}
        }
        // An error in words that nobody knows is an error.
        if let Some(rest) = line.strip_prefix("+CMS ERROR:") {
            return Some(number(rest, |n| Cms(n).name()).map_or(Self::Error, |n| Self::Cms(Cms(n))));
        }
        let rest = line.strip_prefix("+CME ERROR:")?;
        Some(number(rest, |n| Cme(n).name()).map_or(Self::Error, |n| Self::Cme(Cme(n))))
    }

    /// Whether the command was done.
    #[must_use]
    pub const fn is_ok(&self) -> bool {
        matches!(self, Self::Ok)
    }
}

/// The line as a modem writes it.
impl fmt::Display for Final {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ok => f.write_str("OK"),
            Self::Error => f.write_str("ERROR"),
            Self::Cms(cms) => write!(f, "+CMS ERROR: {}", cms.0),
            Self::Cme(cme) => write!(f, "+CME ERROR: {}", cme.0),
        }
    }
}
