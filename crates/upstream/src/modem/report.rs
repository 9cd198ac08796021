//! Status reports (SMS-STATUS-REPORT): receipts.

use super::names::{Meant, Names, Recipient};
use super::settings::Settings;
use postrider_core::receipt::{Report, Reported};
use postrider_wire::modem::tpdu::{Status, StatusReport};

/// The receipt; `None` if it names no part.
pub(super) fn read(report: &StatusReport, settings: &Settings, names: &Names) -> Option<Report> {
    let digits = report.to.digits()?;
    let to = Recipient::new(settings.device.text(), digits, settings.receipt_digits);
    let Meant { name: reference, also } = names.meant(to, report.reference, report.submitted)?;
    let reported = reported(report.status);
    let error = (reported != Reported::Delivered).then(|| report.status.to_string().into());
    Some(Report { reference, also, between: [digits.parse().ok(), None], reported, error })
}

/// The meaning of a status (TP-ST, 9.2.3.15).
const fn reported(status: Status) -> Reported {
    match status.0 {
        // Done, if perhaps not confirmed.
        0x00 | 0x01 | 0x03..=0x1F => Reported::Delivered,
        // The service centre still tries.
        0x20..=0x3F => Reported::Underway,
        0x42 => Reported::Rejected,
        0x46 => Reported::Expired,
        0x02 | 0x47 | 0x48 => Reported::Deleted,
        0x49 => Reported::Unknown,
        0x40..=0x7F => Reported::Undelivered,
        _ => Reported::Unclear,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modem::testing::settings;
    use postrider_wire::modem::tpdu::{Address, Kind, Stamp};

    #[test]
    fn a_status_is_a_state_and_its_words() {
        use Reported::{Deleted, Delivered, Expired, Rejected, Unclear, Undelivered, Underway, Unknown};
        for (status, reported, error) in [
            (0x00, Delivered, None),
            (0x01, Delivered, None),
            (0x10, Delivered, None),
            (0x02, Deleted, Some("02 replaced by the service centre")),
            (0x20, Underway, Some("20 congestion")),
            (0x3F, Underway, Some("3F")),
            (0x40, Undelivered, Some("40 remote procedure error")),
            (0x42, Rejected, Some("42 connection rejected by the handset")),
            (0x46, Expired, Some("46 validity period expired")),
            (0x48, Deleted, Some("48 deleted by the service centre")),
            (0x49, Unknown, Some("49 message does not exist")),
            (0x51, Undelivered, Some("51")),
            (0x62, Undelivered, Some("62 no response from the handset")),
            (0x80, Unclear, Some("80")),
        ] {
            let report = StatusReport {
                reference: 7,
                to: Address::number(Kind::INTERNATIONAL, "447700900123"),
                submitted: Some(Stamp::of(1_795_937_400_000, 0)),
                done: None,
                status: Status(status),
            };
            let read = read(&report, &settings(|_| ()), &Names::default()).unwrap();
            assert_eq!((read.reported, read.error.as_deref()), (reported, error), "{status:02X}");
            assert!(read.reference.ends_with("-7-261129"));
            assert_eq!(read.between, [Some(447_700_900_123), None]);
        }
    }
}
