//! What the codes of carriers mean that refuse with small numbers, as those of UCP and CIMD2 do.

use crate::describe::Kind;
use crate::json::Json;
use crate::limit::check_count;
use crate::mistake::Notes;
use crate::setting::Setting;
use crate::tree::Node;
use postrider_core::delivery::FaultKind;
use std::collections::BTreeMap;
use std::ops::Deref;

/// The most codes that are read otherwise than usual.
const CODES_MAX: usize = 256;
/// The largest code of either protocol.
const CODE_MAX: u16 = 999;

/// Meanings of a carrier's codes that differ from the usual ones, by the codes' numbers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Codes {
    written: BTreeMap<String, FaultKind>,
    by_code: Vec<(u16, FaultKind)>,
}

impl Deref for Codes {
    type Target = [(u16, FaultKind)];

    fn deref(&self) -> &Self::Target {
        &self.by_code
    }
}

impl Setting for Codes {
    fn kind() -> Kind {
        <BTreeMap<String, FaultKind>>::kind()
    }

    fn read(node: &Node, notes: &Notes<'_>) -> Option<Self> {
        let mut codes = Self { written: Setting::read(node, notes)?, by_code: Vec::new() };
        check_count(codes.written.len(), CODES_MAX, notes);
        for (code, kind) in &codes.written {
            match code.parse().ok().filter(|code| (1..=CODE_MAX).contains(code)) {
                None => notes.key(code).wrong("invalid code", "write a number such as 04 or 300"),
                Some(number) if codes.by_code.iter().any(|(before, _)| *before == number) => {
                    notes.key(code).wrong(format_args!("{number} is given twice"), "");
                }
                Some(number) => codes.by_code.push((number, *kind)),
            }
        }
        Some(codes)
    }

    fn write(&self) -> Json {
        self.written.write()
    }
}
