//! Times of day in the recipient's zone.

use crate::consent::zones;
use crate::number::Number;
use crate::time::Time;
use jiff::civil::DateTime;

/// The moment at which a clock shows this time where the number is; where it may be in several zones, the latest of these
/// moments: it is nowhere earlier then. A time that a clock skips is as long after the skip. `None` if nothing is known of the
/// number's zone.
#[must_use]
pub fn moment(local: DateTime, to: Number) -> Option<Time> {
    let moments = zones(to).iter().filter_map(|zone| local.to_zoned(zone.clone()).ok());
    moments.map(|zoned| Time(zoned.timestamp().as_millisecond())).max()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_local_time_is_that_of_the_recipient() {
        for (local, number, expected) in [
            ("2030-01-31T09:00:00", "+447700900123", "2030-01-31T09:00:00Z"),
            ("2030-07-31T09:00:00", "+447700900123", "2030-07-31T08:00:00Z"),
            ("2030-01-31T09:00:00", "+4915112345678", "2030-01-31T08:00:00Z"),
            // Anywhere in North America: the latest is Honolulu's.
            ("2030-01-31T09:00:00", "+15005550006", "2030-01-31T19:00:00Z"),
            // Clocks skip from 02:00 to 03:00.
            ("2030-03-31T02:30:00", "+4915112345678", "2030-03-31T01:30:00Z"),
        ] {
            let found = moment(local.parse().unwrap(), Number::parse(number).unwrap()).unwrap();
            let expected: jiff::Timestamp = expected.parse().unwrap();
            assert_eq!(found.0, expected.as_millisecond(), "{local} {number}");
        }
        assert_eq!(
            moment("2030-01-31T09:00:00".parse().unwrap(), Number::parse_recipient("60006").unwrap()),
            None
        );
    }
}
