//! Status reports (operation 23): receipts, named by the recipient and the time stamp of the message.

use super::Settings;
use crate::stamped::namesakes::{self, Meant, Shared};
use postrider_core::receipt::{Report, Reported};
use postrider_wire::cimd2::parameter::code;
use postrider_wire::cimd2::{Parameters, status};

/// The report, and the name that it came under; `None` if it names no message.
pub(super) fn read(
    report: &Parameters<'_>,
    settings: &Settings,
    names: &Shared,
) -> Option<(Report, Box<str>)> {
    let text = |code| report.get(code).map(|value| String::from_utf8_lossy(value.trim_ascii()).into_owned());
    let recipient = text(code::DESTINATION).filter(|recipient| !recipient.is_empty())?;
    let stamp = text(code::STAMP).filter(|stamp| !stamp.is_empty())?;
    let reported = reported(report.number(code::STATUS));
    let name = namesakes::name(&recipient, settings.receipt_digits, &stamp);
    let Meant { name: reference, also } = names.lock().meant(&name, reported.state().is_some());
    let between = [number(&recipient), text(code::ORIGIN).and_then(|origin| number(&origin))];
    let error = if reported == Reported::Delivered { None } else { error(report) };
    Some((Report { reference, also, between, reported, error }, name))
}

/// The meaning of a status code (parameter 061).
const fn reported(status: Option<u16>) -> Reported {
    match status {
        Some(4) => Reported::Delivered,
        Some(2) => Reported::Expired,
        Some(3 | 6) => Reported::Undelivered,
        Some(7..=9) => Reported::Deleted,
        Some(0 | 1 | 5) => Reported::Underway,
        _ => Reported::Unclear,
    }
}

/// The status error code with its meaning; of an unknown status that status.
fn error(report: &Parameters<'_>) -> Option<Box<str>> {
    let status = report.get(code::STATUS).unwrap_or_default();
    if reported(report.number(code::STATUS)) == Reported::Unclear {
        return Some(format!("status {}", String::from_utf8_lossy(status)).into());
    }
    let code: u16 = report.number(code::STATUS_ERROR).filter(|code| *code != 0)?;
    Some(match status::name(code) {
        Some(name) => format!("{code} {name}").into(),
        None => code.to_string().into(),
    })
}

fn number(address: &str) -> Option<u64> {
    address.trim_start_matches('+').parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cimd2::testing::settings;
    use postrider_wire::cimd2::Frame;

    fn report(parameters: &str) -> Option<Report> {
        let content = format!("23:004\t{parameters}");
        let frame = Frame::read(content.as_bytes()).unwrap();
        read(&frame.parameters, &settings(|_| ()), &Shared::default()).map(|(report, _)| report)
    }

    #[test]
    fn a_status_is_a_state_and_its_error_the_cause() {
        use Reported::{Deleted, Delivered, Expired, Unclear, Undelivered, Underway};
        for (status, error, reported, cause) in [
            ("4", "", Delivered, None),
            ("2", "062:29\t", Expired, Some("29 absent subscriber")),
            ("3", "062:1\t", Undelivered, Some("1 unknown subscriber")),
            ("6", "062:60\t", Undelivered, Some("60 no paging response")),
            ("9", "", Deleted, None),
            ("1", "", Underway, None),
            ("5", "062:777\t", Underway, Some("777")),
            ("42", "", Unclear, Some("status 42")),
            ("", "", Unclear, Some("status ")),
        ] {
            let read = report(&format!(
                "021:447700900123\t060:971107131212\t061:{status}\t{error}063:971107131225\t"
            ));
            let read = read.unwrap();
            assert_eq!((read.reported, read.error.as_deref()), (reported, cause), "{status}");
            assert_eq!(
                (&*read.reference, read.between[0]),
                ("3a4eec47490e:971107131212", Some(447_700_900_123))
            );
        }
    }

    #[test]
    fn a_report_without_time_stamp_names_nothing() {
        assert_eq!(report("021:447700900123\t061:4\t"), None);
        assert_eq!(report("060:971107131212\t061:4\t"), None);
    }
}
