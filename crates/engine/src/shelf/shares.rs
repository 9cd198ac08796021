//! Which class goes next: an emergency before everything else, then the most urgent one that waits, unless a less urgent one is
//! behind with its reserved share.

use postrider_core::message::Class;

/// A whole part, in hundredths: shares are in percent.
const PART: i64 = 100;

/// The reserved shares of the classes, and how far each is behind with its own.
#[derive(Debug)]
pub(super) struct Shares {
    reserved: [u8; Class::COUNT],
    /// What each class is behind with, in hundredths of a part; less than nothing after a long message.
    behind: [i64; Class::COUNT],
}

impl Shares {
    /// These shares, in percent, with no class behind.
    pub(super) const fn new(reserved: [u8; Class::COUNT]) -> Self {
        Self { reserved, behind: [0; Class::COUNT] }
    }

    /// Takes on other shares.
    pub(super) const fn set(&mut self, reserved: [u8; Class::COUNT]) {
        self.reserved = reserved;
    }

    /// The class that goes next of those that wait.
    pub(super) fn next(&self, waiting: [bool; Class::COUNT]) -> Option<Class> {
        if waiting[Class::Emergency as usize] {
            return Some(Class::Emergency);
        }
        let waits = |class: &Class| waiting[*class as usize];
        let is_behind = |class: &Class| self.behind[*class as usize] >= PART;
        let due = Class::ALL.into_iter().filter(waits).find(is_behind);
        due.or_else(|| Class::ALL.into_iter().find(waits))
    }

    /// Takes note that so many parts of a class went while these classes waited. Who doesn't wait saves nothing up.
    pub(super) fn went(&mut self, class: Class, parts: u8, waiting: [bool; Class::COUNT]) {
        if class == Class::Emergency {
            // Nobody falls behind meanwhile: a share is one of what emergencies leave.
            return;
        }
        let parts = i64::from(parts);
        for ((behind, reserved), waits) in self.behind.iter_mut().zip(self.reserved).zip(waiting) {
            *behind = if waits { *behind + i64::from(reserved) * parts } else { 0 };
        }
        let own = &mut self.behind[class as usize];
        // By its urgency alone it goes without running into debt.
        *own = if *own >= PART { *own - PART * parts } else { (*own - PART * parts).max((*own).min(0)) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use postrider_core::rules::RESERVED_USUAL;

    /// How many parts of each class go while these wait, in a thousand turns of so many parts each.
    fn shares(reserved: [u8; Class::COUNT], waiting: [bool; Class::COUNT], parts: u8) -> [u32; Class::COUNT] {
        let mut shares = Shares::new(reserved);
        let mut went = [0; Class::COUNT];
        for _ in 0..1_000 {
            let class = shares.next(waiting).unwrap();
            shares.went(class, parts, waiting);
            went[class as usize] += 1;
        }
        went
    }

    #[test]
    fn each_class_that_waits_keeps_its_share() {
        for (reserved, waiting, expected) in [
            (RESERVED_USUAL, [true, true, true, true], [1_000, 0, 0, 0]),
            (RESERVED_USUAL, [false, true, true, true], [0, 850, 100, 50]),
            (RESERVED_USUAL, [false, true, false, true], [0, 950, 0, 50]),
            (RESERVED_USUAL, [false, false, false, true], [0, 0, 0, 1_000]),
            ([0; 4], [false, true, true, true], [0, 1_000, 0, 0]),
            ([0, 0, 50, 50], [false, true, true, true], [0, 0, 500, 500]),
        ] {
            for parts in [1, 3] {
                let went = shares(reserved, waiting, parts);
                let is_near = went.iter().zip(expected).all(|(went, expected)| went.abs_diff(expected) <= 3);
                assert!(is_near, "{reserved:?} {waiting:?}: {went:?}, not {expected:?}");
            }
        }
    }

    #[test]
    fn an_urgent_message_goes_next_however_long_others_had_the_link() {
        let mut shares = Shares::new(RESERVED_USUAL);
        let alone = [false, false, false, true];
        for _ in 0..10_000 {
            shares.went(Class::Marketing, 1, alone);
        }
        assert_eq!(shares.next([false, true, false, true]), Some(Class::Otp));
    }

    #[test]
    fn an_emergency_leaves_no_debts() {
        let mut shares = Shares::new(RESERVED_USUAL);
        for _ in 0..10_000 {
            shares.went(Class::Emergency, 1, [true; Class::COUNT]);
        }
        assert_eq!(shares.next([false, true, true, true]), Some(Class::Otp));
    }

    #[test]
    fn nobody_waits_and_nobody_goes() {
        assert_eq!(Shares::new(RESERVED_USUAL).next([false; Class::COUNT]), None);
    }
}
