//! Times: `yymmddhhmmss`, as the service centre's clock shows them (section 4.2).

use crate::smpp::time::Civil;

/// The digits of a moment.
#[must_use]
pub fn stamp(at: Civil) -> [u8; 12] {
    let mut digits = [0; 12];
    // A remainder of a hundred fits.
    let parts = [at.year.rem_euclid(100) as u8, at.month, at.day, at.hour, at.minute, at.second];
    for (pair, part) in digits.as_chunks_mut::<2>().0.iter_mut().zip(parts) {
        *pair = [b'0' + part / 10, b'0' + part % 10];
    }
    digits
}

/// The relative validity period (TP-VP; 3GPP TS 23.040, 9.2.3.12.1) that is the longest of at most so many minutes, or 0 for
/// less than the shortest of five minutes.
#[must_use]
pub const fn relative(minutes: u64) -> u8 {
    const HALF_DAY: u64 = 12 * 60;
    const DAY: u64 = 24 * 60;
    // Each range ends where the next begins, so all of them fit.
    match minutes {
        0..=9 => 0,
        10..=720 => (minutes / 5 - 1) as u8,
        721..=1_440 => ((minutes - HALF_DAY) / 30 + 143) as u8,
        1_441..=2_879 => 167,
        2_880..=43_200 => (minutes / DAY + 166) as u8,
        43_201..=50_399 => 196,
        50_400..=635_040 => (minutes / (7 * DAY) + 192) as u8,
        _ => 255,
    }
}

/// The moment that twelve digits say. Years before 90 are of this century.
#[must_use]
pub fn read(digits: &[u8]) -> Option<Civil> {
    if digits.len() != 12 || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let (pairs, _) = digits.as_chunks::<2>();
    let part = |index: usize| pairs.get(index).map_or(0, |[tens, ones]| (tens - b'0') * 10 + (ones - b'0'));
    let year = i32::from(part(0)) + if part(0) < 90 { 2_000 } else { 1_900 };
    let at = Civil { year, month: part(1), day: part(2), hour: part(3), minute: part(4), second: part(5) };
    at.is_valid().then_some(at)
}

/// The minutes that a relative period means (TP-VP; 3GPP TS 23.040, 9.2.3.12.1).
#[must_use]
pub const fn minutes(relative: u8) -> u64 {
    const DAY: u64 = 24 * 60;
    let value = relative as u64;
    match relative {
        0..=143 => (value + 1) * 5,
        144..=167 => DAY / 2 + (value - 143) * 30,
        168..=196 => (value - 166) * DAY,
        197..=255 => (value - 192) * 7 * DAY,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relative_periods_are_read_as_they_were_written() {
        assert!((1..=255).all(|value| relative(minutes(value)) == value));
        for (value, expected) in
            [(0, 5), (11, 60), (143, 720), (144, 750), (167, 1_440), (168, 2_880), (255, 635_040)]
        {
            assert_eq!(minutes(value), expected, "{value}");
        }
    }

    #[test]
    fn times_are_read_as_they_were_written() {
        let at = Civil { year: 2026, month: 11, day: 29, hour: 8, minute: 30, second: 7 };
        assert_eq!(read(&stamp(at)), Some(at));
        for wrong in [&b"26112908300"[..], b"261329083007", b"2611290830xx", b""] {
            assert_eq!(read(wrong), None, "{}", wrong.escape_ascii());
        }
    }
}
