//! Reports of the centre: what became of a message, and whether it was read.

use postrider_core::receipt::{Report, Reported};
use postrider_wire::mm7::{Address, AddressKind, DeliveryReport, MmStatus, ReadReply};

/// The receipt that a report is.
pub(super) fn delivery(report: &DeliveryReport) -> Report {
    let reported = match &report.status {
        MmStatus::Retrieved | MmStatus::Read | MmStatus::Deleted => Reported::Delivered,
        MmStatus::Expired => Reported::Expired,
        MmStatus::Rejected => Reported::Rejected,
        MmStatus::Indeterminate => Reported::Unknown,
        MmStatus::Forwarded | MmStatus::Deferred => Reported::Underway,
        MmStatus::Unrecognised => Reported::Undelivered,
        // Words of centres for handsets without MMS, and for those out of reach.
        MmStatus::Other(word) => match &*word.to_ascii_lowercase() {
            "notsupported" | "unreachable" => Reported::Undelivered,
            _ => Reported::Unclear,
        },
    };
    let words = report.text.as_ref().map(|text| format!("{} {text}", report.status.word()));
    let error = words.unwrap_or_else(|| report.status.word().to_owned());
    let between = [number(report.recipient.as_ref()), number(report.sender.as_ref())];
    let has_error = reported != Reported::Delivered;
    Report {
        between,
        error: has_error.then(|| shortened(&error)),
        ..Report::new(report.message.as_str(), reported)
    }
}

/// The receipt that the news of reading is: what is read, or was deleted there, has been delivered.
pub(super) fn read(reply: &ReadReply) -> Report {
    let between = [number(reply.recipient.as_ref()), number(reply.sender.as_ref())];
    Report { between, ..Report::new(reply.message.as_str(), Reported::Delivered) }
}

fn shortened(words: &str) -> Box<str> {
    words.chars().filter(|character| !character.is_control()).take(80).collect::<String>().into()
}

fn number(address: Option<&Address>) -> Option<u64> {
    let address = address.filter(|address| address.kind == AddressKind::Number)?;
    address.text.trim_start_matches('+').parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_a_state() {
        use Reported::{Delivered, Expired, Rejected, Unclear, Undelivered, Underway, Unknown};
        for (status, reported, error) in [
            (MmStatus::Retrieved, Delivered, None),
            (MmStatus::Expired, Expired, Some("Expired x")),
            (MmStatus::Rejected, Rejected, Some("Rejected x")),
            (MmStatus::Indeterminate, Unknown, Some("Indeterminate x")),
            (MmStatus::Forwarded, Underway, Some("Forwarded x")),
            (MmStatus::Deferred, Underway, Some("Deferred x")),
            (MmStatus::Unrecognised, Undelivered, Some("Unrecognised x")),
            (MmStatus::Other("NotSupported".into()), Undelivered, Some("NotSupported x")),
            (MmStatus::Other("Lost".into()), Unclear, Some("Lost x")),
        ] {
            let report = delivery(&DeliveryReport {
                message: "m1".into(),
                recipient: Some(Address::number("+447700900123")),
                sender: Some(Address::short_code("60006")),
                date: None,
                status,
                text: Some("x".into()),
            });
            assert_eq!((report.reported, report.error.as_deref()), (reported, error));
            assert_eq!((&*report.reference, report.between), ("m1", [Some(447_700_900_123), None]));
        }
    }
}
