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
