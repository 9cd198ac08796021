//! When a message is to be sent: at a moment, or when a clock shows a time.

use super::invalid;
use crate::rest::moment;
use crate::rest::problem::Problem;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use postrider_core::time::Time;

/// The zone of the recipient.
const RECIPIENT: &str = "recipient";

/// When a message is to be sent.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::rest) enum Schedule {
    /// Not before this moment; at once if there is none.
    At(Option<Time>),
    /// Not before the recipient's clock shows this.
    AtRecipients(DateTime),
}

impl Schedule {
    /// Reads the fields `send_at` and `send_zone`.
    pub(in crate::rest) fn read(send_at: Option<&str>, zone: Option<&str>) -> Result<Self, Problem> {
        let wrong_time = |error: String| invalid("invalid_schedule", "send_at", error);
        let Some(zone) = zone else {
            return send_at.map(moment::read).transpose().map(Self::At).map_err(wrong_time);
        };
        let wrong_zone = |error: String| invalid("invalid_schedule", "send_zone", error);
        let Some(text) = send_at else {
            return Err(wrong_zone("'send_zone' is the zone of 'send_at', which is missing".into()));
        };
        if moment::read(text).is_ok() {
            return Err(wrong_zone(
                "'send_at' has an offset from UTC: leave out the offset or 'send_zone'".into(),
            ));
        }
        let local: DateTime = text
            .parse()
            .map_err(|_| wrong_time(format!("'{}' is not a time: write 2030-01-31T09:00:00", shown(text))))?;
        if zone == RECIPIENT {
            return Ok(Self::AtRecipients(local));
        }
        let zone = TimeZone::get(zone).map_err(|_| {
            wrong_zone(format!("there is no zone '{}': write Europe/Berlin, or recipient", shown(zone)))
        })?;
        let zoned = local.to_zoned(zone).map_err(|_| wrong_time("the time is out of range".into()))?;
        Ok(Self::At(Some(Time(zoned.timestamp().as_millisecond()))))
    }
}

/// The start of a text, in which nothing steers a terminal.
fn shown(text: &str) -> String {
    text.chars().take(40).filter(|sign| !sign.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_an_offset_or_a_zone() {
        let at = |ms| Ok(Schedule::At(Some(Time(ms))));
        for (send_at, zone, expected) in [
            (None, None, Ok(Schedule::At(None))),
            (Some("2030-01-31T09:00:00Z"), None, at(1_896_080_400_000)),
            (Some("2030-01-31T09:00:00"), Some("Europe/Berlin"), at(1_896_076_800_000)),
            (Some("2030-01-31T09:00"), Some("UTC"), at(1_896_080_400_000)),
            (
                Some("2030-01-31T09:00:00"),
                Some("recipient"),
                Ok(Schedule::AtRecipients("2030-01-31T09:00:00".parse().unwrap())),
            ),
            (Some("2030-01-31T09:00:00"), None, Err("send_at")),
            (Some("2030-01-31T09:00:00Z"), Some("recipient"), Err("send_zone")),
            (Some("2030-01-31T09:00:00"), Some("Europe/Nowhere"), Err("send_zone")),
            (Some("soon"), Some("recipient"), Err("send_at")),
            (None, Some("recipient"), Err("send_zone")),
        ] {
            let found = Schedule::read(send_at, zone).map_err(|problem| problem.field.unwrap_or_default());
            assert_eq!(found, expected.map_err(Into::into), "{send_at:?} {zone:?}");
        }
    }
}
