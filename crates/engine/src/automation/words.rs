//! What rules did, in words, for the message's history.

use super::sending::sendings;
use postrider_core::automation::{Considered, Decision};
use postrider_core::contract::Decided;
use std::fmt::Write;

/// The longest line, in octets.
const LINE_MAX: usize = 500;

/// What rules did: `rule hours: the keyword is 'hours'; sent 381234567890123456`. `None` if they did nothing.
pub(super) fn told(decision: &Decision, sent: &[Decided]) -> Option<String> {
    let mut line = String::new();
    for Considered { rule, reason, .. } in
        decision.considered.iter().filter(|it| it.acts || it.reason.is_withheld())
    {
        separate(&mut line);
        // Writing into a text can't fail.
        let _ = write!(line, "rule {rule}: {reason}");
    }
    for (wanted, decided) in sendings(decision).zip(sent) {
        separate(&mut line);
        let _ = match decided {
            Decided::Accepted(message) => write!(line, "{} sent {message}", wanted.rule),
            Decided::Refused(refused) => write!(line, "{} could not send: {}", wanted.rule, refused.code),
        };
    }
    line.truncate(line.floor_char_boundary(LINE_MAX));
    (!line.is_empty()).then_some(line)
}

fn separate(line: &mut String) {
    if !line.is_empty() {
        line.push_str("; ");
    }
}
