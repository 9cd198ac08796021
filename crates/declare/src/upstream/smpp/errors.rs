//! What codes with which a carrier refuses mean.

use crate::describe::Kind;
use crate::figures::number;
use crate::json::Json;
use crate::limit::check_count;
use crate::mistake::Notes;
use crate::setting::Setting;
use crate::tree::Node;
use crate::words;
use postrider_core::delivery::FaultKind;
use postrider_wire::smpp::Status;
use std::collections::BTreeMap;
use std::ops::Deref;

/// The most codes that are read otherwise than usual.
const ERRORS_MAX: usize = 256;

/// Meanings of a carrier's codes that differ from the standard, by the codes' numbers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Errors {
    written: BTreeMap<String, FaultKind>,
    by_code: Vec<(u32, FaultKind)>,
}

impl Deref for Errors {
    type Target = [(u32, FaultKind)];

    fn deref(&self) -> &Self::Target {
        &self.by_code
    }
}

impl Setting for Errors {
    fn kind() -> Kind {
        <BTreeMap<String, FaultKind>>::kind()
    }

    fn read(node: &Node, notes: &Notes<'_>) -> Option<Self> {
        let mut errors = Self { written: Setting::read(node, notes)?, by_code: Vec::new() };
        check_count(errors.written.len(), ERRORS_MAX, notes);
        for (code, kind) in &errors.written {
            let status = Status::from_name(code).map(|status| status.0).or_else(|| number(code));
            match status.filter(|status| *status != 0) {
                None => notes.key(code).wrong("invalid code", "write 0x0B, 1027 or ESME_RINVDSTADR"),
                Some(status) if errors.by_code.iter().any(|(before, _)| *before == status) => {
                    notes.key(code).wrong(format_args!("0x{status:02X} is given twice"), "");
                }
                Some(status) => errors.by_code.push((status, *kind)),
            }
        }
        Some(errors)
    }

    fn write(&self) -> Json {
        self.written.write()
    }
}

words! {
    /// The treatment of a message that the carrier refused with a code.
    impl ErrorAction for FaultKind {
        /// Another attempt, later, by whichever upstream of the route is next.
        Temporary = "retry",
        /// It was too fast: slower, and the message again. It costs no attempt.
        Throttled = "throttled",
        /// A queue is full, mostly the recipient's: another attempt, later. Only many recipients at once make it slower.
        QueueFull = "queue_full",
        /// At once by the next upstream of the route; behind the last it is `rejected`.
        Elsewhere = "elsewhere",
        /// Nothing: it is `rejected`.
        Permanent = "never",
        /// The link sends nothing for the time of `pause`, and the message goes later. It costs no attempt.
        Paused = "pause",
    }
}
