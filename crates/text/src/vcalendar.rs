//! Events of a calendar (vCalendar 1.0), in the octets of a message to an application's port.

use crate::vcard::line;

/// The port of vCalendars (WAP-259; IANA `wap-vcal`).
pub const VCALENDAR_PORT: u16 = 9_205;

/// An event.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Event<'a> {
    /// What the calendar shows.
    pub summary: &'a str,
    /// The beginning in UTC, as `20261129T083000Z`.
    pub start: &'a str,
    /// The end, in the same form.
    pub end: Option<&'a str>,
    /// The place.
    pub location: Option<&'a str>,
}

/// Writes an event. Characters beyond ASCII are UTF-8.
#[must_use]
pub fn write(event: &Event<'_>) -> Vec<u8> {
    let mut text = String::from("BEGIN:VCALENDAR\r\nVERSION:1.0\r\nBEGIN:VEVENT\r\n");
    line("SUMMARY", event.summary, &mut text);
    line("DTSTART", event.start, &mut text);
    if let Some(end) = event.end {
        line("DTEND", end, &mut text);
    }
    if let Some(location) = event.location {
        line("LOCATION", location, &mut text);
    }
    text.push_str("END:VEVENT\r\nEND:VCALENDAR\r\n");
    text.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_has_its_properties_and_nothing_that_a_value_makes_up() {
        let plain = Event { summary: "Dentist", start: "20261129T083000Z", ..Event::default() };
        let expected = "BEGIN:VCALENDAR\r\nVERSION:1.0\r\nBEGIN:VEVENT\r\nSUMMARY:Dentist\r\nDTSTART:20261129T083000Z\r\n\
                        END:VEVENT\r\nEND:VCALENDAR\r\n";
        assert_eq!(write(&plain), expected.as_bytes());
        let event = Event {
            summary: "Z\u{e4}hne\r\nDTSTART:1",
            end: Some("20261129T090000Z"),
            location: Some("A;B"),
            ..plain
        };
        let written = String::from_utf8(write(&event)).unwrap();
        assert!(written.contains("\r\nSUMMARY;CHARSET=UTF-8:Z\u{e4}hneDTSTART:1\r\n"), "{written}");
        assert!(
            written.contains("\r\nDTEND:20261129T090000Z\r\nLOCATION:A\\;B\r\nEND:VEVENT\r\n"),
            "{written}"
        );
    }
}
