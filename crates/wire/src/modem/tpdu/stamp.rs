//! Time stamps (3GPP TS 23.040, 9.2.3.11): seven octets of swapped digits, the last of them the offset from UTC.

use crate::smpp::time::Civil;

/// The years of the previous century begin here.
const CENTURY_SPLIT: u8 = 90;
const QUARTER_MS: i64 = 15 * 60_000;
/// The bit of the zone's octet that stands for a minus.
const MINUS: u8 = 0x08;

/// A moment by a clock with a known offset from UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// The clock's time.
    pub at: Civil,
    /// The quarters of an hour that it is ahead of UTC, -79 to 79.
    pub quarters: i8,
}

impl Stamp {
    /// The moment so many milliseconds after 1970 began, by such a clock.
    #[must_use]
    pub fn of(unix_ms: i64, quarters: i8) -> Self {
        let local = unix_ms.saturating_add(i64::from(quarters) * QUARTER_MS);
        Self { at: Civil::from_unix_ms(local), quarters }
    }

    /// Milliseconds since 1970.
    #[must_use]
    pub fn unix_ms(&self) -> i64 {
        self.at.unix_ms() - i64::from(self.quarters) * QUARTER_MS
    }

    /// Reads a time stamp; `None` if it is no time. Some service centres leave it empty.
    #[must_use]
    pub fn read(octets: [u8; 7]) -> Option<Self> {
        let [year, month, day, hour, minute, second, zone] = octets;
        let year = pair(year)?;
        let century = if year >= CENTURY_SPLIT { 1_900 } else { 2_000 };
        let at = Civil {
            year: century + i32::from(year),
            month: pair(month)?,
            day: pair(day)?,
            hour: pair(hour)?,
            minute: pair(minute)?,
            second: pair(second)?,
        };
        let size = i8::try_from(pair(zone & !MINUS)?).ok()?;
        let quarters = if zone & MINUS == 0 { size } else { -size };
        at.is_valid().then_some(Self { at, quarters })
    }

    /// The octets.
    #[must_use]
    pub fn write(&self) -> [u8; 7] {
        let Civil { year, month, day, hour, minute, second } = self.at;
        // A remainder of a hundred fits.
        let year = year.rem_euclid(100) as u8;
        let zone = swapped(self.quarters.unsigned_abs() % 80);
        let zone = if self.quarters < 0 { zone | MINUS } else { zone };
        let [year, month, day, hour, minute, second] = [year, month, day, hour, minute, second].map(swapped);
        [year, month, day, hour, minute, second, zone]
    }
}

/// The number of two swapped digits.
fn pair(octet: u8) -> Option<u8> {
    let (tens, ones) = (octet & 0x0F, octet >> 4);
    (tens < 10 && ones < 10).then_some(tens * 10 + ones)
}

/// Two digits, swapped.
const fn swapped(number: u8) -> u8 {
    (number % 10) << 4 | (number / 10 % 10)
}
