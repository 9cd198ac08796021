//! Names of parts. A modem names a part by a number from 0 to 255 that comes again; the day and a digest of the recipient's last
//! digits make a name of it that a status report leads back to, after a restart of the gateway too.

use postrider_wire::modem::tpdu::Stamp;
use postrider_wire::smpp::time::Civil;
use std::collections::VecDeque;

/// The newest parts that are remembered.
const NAMES_MAX: usize = 4_096;
const DAY_MS: i64 = 86_400_000;
/// How far the service centre's clock may be ahead of ours, or the report's time before the answer.
const CLOCK_SLACK_MS: i64 = 10 * 60_000;

/// A part that a modem took.
#[derive(Debug)]
struct Given {
    key: (u64, u8),
    at_ms: i64,
    name: Box<str>,
}

/// The names of parts that a modem took, the newest last.
#[derive(Debug, Default)]
pub(super) struct Names(VecDeque<Given>);

/// The names that a status report may mean.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Meant {
    /// The likeliest.
    pub(super) name: Box<str>,
    /// Another, that counts if the first is nobody's.
    pub(super) also: Option<Box<str>>,
}

/// Which recipient, of which modem.
#[derive(Clone, Copy, Debug)]
pub(super) struct Recipient(u64);

impl Recipient {
    /// The recipient with these last digits.
    pub(super) fn new(device: &str, number: &str, digits: u8) -> Self {
        let from = number.len().saturating_sub(digits.into());
        let tail = number.get(from..).unwrap_or(number);
        // 48 bits of FNV-1a, which stay the same from one version of the gateway to the next: names are kept.
        let mix = |hash: u64, octet: u8| (hash ^ u64::from(octet)).wrapping_mul(0x0000_0100_0000_01B3);
        let hash = device.bytes().chain([0]).chain(tail.bytes()).fold(0xCBF2_9CE4_8422_2325, mix);
        Self(hash >> 16)
    }

    /// The name of a part that got this reference on the day of this moment.
    fn name(self, reference: u8, unix_ms: i64) -> Box<str> {
        let Civil { year, month, day, .. } = Civil::from_unix_ms(unix_ms);
        format!("{:012x}-{reference}-{:02}{month:02}{day:02}", self.0, year.rem_euclid(100)).into()
    }
}

impl Names {
    /// A part was taken at `now_ms`, under this reference: its name.
    pub(super) fn give(&mut self, to: Recipient, reference: u8, now_ms: i64) -> Box<str> {
        let key = (to.0, reference);
        let plain = to.name(reference, now_ms);
        let same = self.0.iter().filter(|given| given.key == key && given.name.starts_with(&*plain)).count();
        let name = if same == 0 { plain } else { format!("{plain}#{}", same + 1).into() };
        if self.0.len() >= NAMES_MAX {
            self.0.pop_front();
        }
        self.0.push_back(Given { key, at_ms: now_ms, name: name.clone() });
        name
    }

    /// A status report came for a part that was submitted then, by the service centre's clock; `None` if it says neither
    /// that nor a part that is known.
    pub(super) fn meant(&self, to: Recipient, reference: u8, submitted: Option<Stamp>) -> Option<Meant> {
        let known = || self.0.iter().rev().filter(|given| given.key == (to.0, reference));
        let at_ms = submitted.map(|stamp| stamp.unix_ms());
        let fits = |given: &&Given| at_ms.is_none_or(|at| given.at_ms <= at.saturating_add(CLOCK_SLACK_MS));
        if let Some(given) = known().find(fits).or_else(|| known().next()) {
            return Some(Meant { name: given.name.clone(), also: None });
        }
        // It was sent before this start of the gateway, whose clock may have shown the day before or after.
        let at_ms = at_ms?;
        let is_early = at_ms.rem_euclid(DAY_MS) < DAY_MS / 2;
        let other = if is_early { at_ms.saturating_sub(DAY_MS) } else { at_ms.saturating_add(DAY_MS) };
        Some(Meant { name: to.name(reference, at_ms), also: Some(to.name(reference, other)) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-29T07:30:00Z.
    const MORNING: i64 = 1_795_937_400_000;
    const HOUR: i64 = 3_600_000;

    fn to(number: &str) -> Recipient {
        Recipient::new("/dev/ttyUSB0", number, 9)
    }

    fn stamp(unix_ms: i64) -> Option<Stamp> {
        Some(Stamp::of(unix_ms, 4))
    }

    #[test]
    fn a_report_leads_to_its_part_in_whatever_form_the_number_is() {
        let mut names = Names::default();
        let name = names.give(to("447700900123"), 7, MORNING);
        assert!(name.ends_with("-7-261129"), "{name}");
        for number in ["447700900123", "07700900123", "0044447700900123"] {
            let meant = names.meant(to(number), 7, stamp(MORNING + 2_000)).unwrap();
            assert_eq!(meant, Meant { name: name.clone(), also: None }, "{number}");
        }
        assert_ne!(names.meant(to("447700900124"), 7, stamp(MORNING)).unwrap().name, name);
        let other_modem = Recipient::new("/dev/ttyUSB1", "447700900123", 9);
        assert_ne!(names.meant(other_modem, 7, stamp(MORNING)).unwrap().name, name);
    }

    #[test]
    fn the_newest_part_before_the_report_is_meant() {
        let mut names = Names::default();
        let first = names.give(to("123"), 7, MORNING);
        let second = names.give(to("123"), 7, MORNING + HOUR);
        assert_eq!(*second, *format!("{first}#2"));
        let meant = |at| names.meant(to("123"), 7, at).unwrap().name;
        assert_eq!(meant(stamp(MORNING + 1_000)), first);
        assert_eq!(meant(stamp(MORNING + HOUR + 1_000)), second);
        assert_eq!(meant(None), second);
        // A clock that is far behind is better than none.
        assert_eq!(meant(stamp(MORNING - 9 * HOUR)), second);
    }

    #[test]
    fn a_part_from_before_the_start_has_its_name_too() {
        let name = Names::default().give(to("123"), 7, MORNING);
        let names = Names::default();
        let meant = names.meant(to("123"), 7, stamp(MORNING + 1_000)).unwrap();
        assert_eq!(meant.name, name);
        // The service centre's clock is a few minutes behind, beyond midnight.
        let midnight = MORNING - MORNING.rem_euclid(DAY_MS);
        let name = Names::default().give(to("123"), 8, midnight + 1_000);
        assert_eq!(names.meant(to("123"), 8, stamp(midnight - 60_000)).unwrap().also, Some(name));
        assert_eq!(names.meant(to("123"), 8, None), None);
    }

    #[test]
    fn the_oldest_are_forgotten() {
        let mut names = Names::default();
        for number in 0..5_000_i64 {
            names.give(to("123"), (number % 256) as u8, MORNING + number * 60_000);
        }
        assert_eq!(names.0.len(), NAMES_MAX);
    }
}
