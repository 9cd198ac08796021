//! How many tries of the PIN the SIM has left: every maker has a command of its own.

use postrider_wire::modem::fields::{after, split};

/// A command, the beginning of its answer, and which of its fields has the tries.
#[derive(Clone, Copy, Debug)]
pub(super) struct Question {
    pub(super) command: &'static str,
    prefix: &'static str,
    field: usize,
}

/// The questions, in the order in which they are asked.
pub(super) const QUESTIONS: [Question; 5] = [
    // 3GPP TS 27.007, 8.65.
    Question { command: "AT+CPINR", prefix: "+CPINR", field: 1 },
    Question { command: "AT+QPINC?", prefix: "+QPINC", field: 1 },
    Question { command: "AT^CPIN?", prefix: "^CPIN", field: 1 },
    Question { command: "AT+SPIC", prefix: "+SPIC", field: 0 },
    Question { command: "AT#PCT", prefix: "#PCT", field: 0 },
];

impl Question {
    /// The tries that an answer says are left of the PIN.
    pub(super) fn read(&self, lines: &[Box<str>]) -> Option<u8> {
        let answers = || lines.iter().filter_map(|line| after(line, self.prefix)).map(split);
        // Some answers have lines for several codes.
        let of_pin =
            answers().find(|fields| fields.first().is_some_and(|code| matches!(*code, "SIM PIN" | "SC")));
        of_pin.or_else(|| answers().next())?.get(self.field)?.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn makers_say_the_tries_in_their_ways() {
        for (question, lines, tries) in [
            (0, &["+CPINR: SIM PUK,10,10", "+CPINR: SIM PIN,2,3"][..], Some(2)),
            (1, &["+QPINC: \"SC\",3,10"], Some(3)),
            (1, &["+QPINC: \"P2\",3,10", "+QPINC: \"SC\",1,10"], Some(1)),
            (2, &["^CPIN: SIM PIN,3,10,3,10,3"], Some(3)),
            (3, &["+SPIC: 3,10,0,10"], Some(3)),
            (4, &["#PCT: 2"], Some(2)),
            (0, &[], None),
            (0, &["+CPINR: SIM PIN"], None),
        ] {
            let lines: Vec<Box<str>> = lines.iter().map(|line| (*line).into()).collect();
            assert_eq!(QUESTIONS[question].read(&lines), tries, "{lines:?}");
        }
    }
}
