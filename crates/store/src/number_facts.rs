//! How both engines keep what was looked up of numbers, and which were not reached.

use postrider_core::lookup::Assignment;
use std::time::Duration;

/// A length of time in milliseconds, as a column has it.
pub(crate) fn millis(length: Duration) -> i64 {
    i64::try_from(length.as_millis()).unwrap_or(i64::MAX)
}

/// The assignment with this number; what this version doesn't know is unknown.
pub(crate) const fn assignment(number: i16) -> Assignment {
    match number {
        1 => Assignment::Assigned,
        2 => Assignment::Unassigned,
        _ => Assignment::Unknown,
    }
}

/// Its number.
pub(crate) const fn assignment_number(assignment: Assignment) -> i16 {
    match assignment {
        Assignment::Unknown => 0,
        Assignment::Assigned => 1,
        Assignment::Unassigned => 2,
    }
}
