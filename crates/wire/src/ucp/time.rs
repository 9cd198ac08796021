//! Times: `DDMMYYHHmm` and `DDMMYYHHmmss`, as the service centre's clock shows them (section 2.3).

use crate::smpp::time::Civil;

/// The digits of a moment to the second, DDMMYYHHmmss.
#[must_use]
pub fn stamp(at: Civil) -> [u8; 12] {
    let mut digits = [0; 12];
    for (pair, part) in digits.as_chunks_mut::<2>().0.iter_mut().zip(parts(at)) {
        *pair = [b'0' + part / 10, b'0' + part % 10];
    }
    digits
}

/// The digits of a moment to the minute, DDMMYYHHmm.
#[must_use]
pub fn minute(at: Civil) -> [u8; 10] {
    let stamp = stamp(at);
    std::array::from_fn(|index| stamp[index])
}

/// The moment that digits say, with or without seconds. Years before 90 are of this century.
#[must_use]
pub fn read(digits: &[u8]) -> Option<Civil> {
    if !matches!(digits.len(), 10 | 12) || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let (pairs, _) = digits.as_chunks::<2>();
    let part = |index: usize| pairs.get(index).map_or(0, |[tens, ones]| (tens - b'0') * 10 + (ones - b'0'));
    let year = i32::from(part(2)) + if part(2) < 90 { 2_000 } else { 1_900 };
    let at = Civil { year, month: part(1), day: part(0), hour: part(3), minute: part(4), second: part(5) };
    at.is_valid().then_some(at)
}

fn parts(at: Civil) -> [u8; 6] {
    // A remainder of a hundred fits.
    [at.day, at.month, at.year.rem_euclid(100) as u8, at.hour, at.minute, at.second]
}
