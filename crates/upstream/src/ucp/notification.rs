//! Notifications (operation 53): receipts, named by the recipient of the original and its time stamp.

use super::Settings;
use crate::stamped::namesakes::{self, Meant, Shared};
use postrider_core::receipt::{Report, Reported};
use postrider_wire::ucp::operation::Message;
use postrider_wire::ucp::reason;

/// The report of a notification, and the name that it came under; `None` if it names no message.
pub(super) fn read(message: &Message<'_>, settings: &Settings, names: &Shared) -> Option<(Report, Box<str>)> {
    let text = |field: &[u8]| String::from_utf8_lossy(field.trim_ascii()).into_owned();
    let (recipient, stamp) = (text(message.oadc), text(message.scts));
    if recipient.is_empty() || stamp.is_empty() {
        return None;
    }
    let reported = reported(message.dst, message.rsn);
    let name = namesakes::name(&recipient, settings.receipt_digits, &stamp);
    let Meant { name: reference, also } = names.lock().meant(&name, reported.state().is_some());
    let between = [number(message.oadc), number(message.adc)];
    let error = if reported == Reported::Delivered { None } else { error(message) };
    Some((Report { reference, also, between, reported, error }, name))
}

/// The meaning of a status (Dst), and of the reason (Rsn) where the message won't be delivered.
fn reported(status: &[u8], rsn: &[u8]) -> Reported {
    match status {
        b"0" => Reported::Delivered,
        b"1" => Reported::Underway,
        b"2" => undelivered(reason::read(rsn)),
        _ => Reported::Unclear,
    }
}

/// What became of a message that won't be delivered (EMI/UCP 4.0, 7.2).
fn undelivered(reason: Option<u16>) -> Reported {
    match reason {
        // The validity period can't be met.
        Some(201 | 205) => Reported::Expired,
        // The subscriber or the network bars it, or the service centre refuses what is in it.
        Some(100 | 102..=104 | 106 | 111 | 114 | 117 | 202..=204 | 206..=208) => Reported::Rejected,
        _ => Reported::Undelivered,
    }
}

/// The reason with its meaning; of an unknown status that status.
fn error(message: &Message<'_>) -> Option<Box<str>> {
    if !matches!(message.dst, b"0" | b"1" | b"2") {
        return Some(format!("status {}", String::from_utf8_lossy(message.dst)).into());
    }
    let code = reason::read(message.rsn)?;
    Some(match reason::name(code) {
        Some(name) => format!("{code:03} {name}").into(),
        None => format!("{code:03}").into(),
    })
}

fn number(address: &[u8]) -> Option<u64> {
    std::str::from_utf8(address.trim_ascii()).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ucp::testing::settings;

    fn message<'a>(dst: &'a [u8], rsn: &'a [u8]) -> Message<'a> {
        Message { adc: b"1234", oadc: b"447700900123", scts: b"291126083007", dst, rsn, ..Message::default() }
    }

    #[test]
    fn a_status_is_a_state_and_a_reason_its_cause() {
        use Reported::{Delivered, Expired, Rejected, Unclear, Undelivered, Underway};
        for (dst, rsn, reported, error) in [
            ("0", "000", Delivered, None),
            ("1", "108", Underway, Some("108 delivery failed")),
            ("2", "000", Undelivered, Some("000 unknown subscriber")),
            ("2", "107", Undelivered, Some("107 absent subscriber")),
            ("2", "103", Rejected, Some("103 call barred")),
            ("2", "201", Expired, Some("201 invalid absolute validity period")),
            ("2", "208", Rejected, Some("208 invalid message type")),
            ("2", "900", Undelivered, Some("900")),
            ("2", "", Undelivered, None),
            ("", "", Unclear, Some("status ")),
            ("7", "", Unclear, Some("status 7")),
        ] {
            let (settings, names) = (settings(|_| ()), Shared::default());
            let (report, _) = read(&message(dst.as_bytes(), rsn.as_bytes()), &settings, &names).unwrap();
            assert_eq!((report.reported, report.error.as_deref()), (reported, error), "{dst} {rsn}");
            assert_eq!(&*report.reference, "3a4eec47490e:291126083007");
            assert_eq!(report.between, [Some(447_700_900_123), Some(1_234)]);
        }
    }

    #[test]
    fn a_notification_without_time_stamp_names_nothing() {
        let nameless = Message { scts: b"", ..message(b"0", b"") };
        assert_eq!(read(&nameless, &settings(|_| ()), &Shared::default()), None);
    }
}
