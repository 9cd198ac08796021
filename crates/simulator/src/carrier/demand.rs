//! A carrier's demands on messages, and the status that each is refused with.

use super::part::{Submission, UDHI};
use postrider_wire::smpp::Status;
use postrider_wire::smpp::tlv::tag;

/// Something that a message must have, or must not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Demand {
    /// This service_type.
    ServiceType(String),
    /// An optional parameter with this tag.
    Parameter(u16),
    /// These mode bits in esm_class (SMPP 3.4 section 5.2.12).
    Mode(u8),
    /// A recipient that begins with `+`.
    Plus,
    /// A recipient that begins with a digit.
    NoPlus,
    /// No relative validity_period of more than so many days.
    ValidityDays(u32),
    /// No validity_period.
    NoValidity,
    /// No validity_period that is absolute.
    NoAbsoluteValidity,
    /// No user data header.
    NoHeader,
    /// No sar_* parameters.
    NoSar,
    /// No message_payload.
    NoPayload,
    /// No data_coding but these.
    Codings(Vec<u8>),
    /// No more octets of text than this, headers included.
    Octets(usize),
    /// This registered_delivery.
    RegisteredDelivery(u8),
    /// Zeros for protocol_id, priority_flag and replace_if_present_flag.
    Zeros,
    /// No characters of the GSM alphabet's extension.
    NoExtension,
}

const MODE: u8 = 0x03;

/// The escape before a character of the GSM alphabet's extension (3GPP TS 23.038 section 6.2.1.1).
const ESCAPE: u8 = 0x1B;

impl Demand {
    /// The status that refuses a message; `None` if it meets the demand.
    pub(super) fn objection(&self, message: &Submission<'_>) -> Option<Status> {
        let (is_met, status) = match self {
            Self::ServiceType(service_type) => {
                (message.service_type == service_type.as_bytes(), Status::RINVSERTYP)
            }
            Self::Parameter(tag) => (message.tlvs.get(*tag).is_some(), Status::RMISSINGOPTPARAM),
            Self::Mode(mode) => (message.esm_class & MODE == *mode, Status::RINVESMCLASS),
            Self::Plus => (message.destination.digits.starts_with(b"+"), Status::RINVDSTADR),
            Self::NoPlus => (!message.destination.digits.starts_with(b"+"), Status::RINVDSTADR),
            Self::ValidityDays(most) => {
                (relative_days(message.validity_period).is_none_or(|days| days <= *most), Status::RINVEXPIRY)
            }
            Self::NoValidity => (message.validity_period.is_empty(), Status::RINVEXPIRY),
            Self::NoAbsoluteValidity => {
                let relative = message.validity_period.ends_with(b"R");
                (message.validity_period.is_empty() || relative, Status::RINVEXPIRY)
            }
            Self::NoHeader => (message.esm_class & UDHI == 0, Status::RINVESMCLASS),
            Self::NoSar => (message.tlvs.get(tag::SAR_TOTAL_SEGMENTS).is_none(), Status::ROPTPARNOTALLWD),
            Self::NoPayload => (message.tlvs.get(tag::MESSAGE_PAYLOAD).is_none(), Status::ROPTPARNOTALLWD),
            Self::Codings(codings) => (codings.contains(&message.data_coding), Status::RINVDCS),
            Self::Octets(most) => (message.user_data.len() <= *most, Status::RINVMSGLEN),
            Self::RegisteredDelivery(wanted) => {
                (message.registered_delivery == *wanted, Status::RINVREGDLVFLG)
            }
            Self::Zeros if message.priority_flag != 0 => (false, Status::RINVPRTFLG),
            Self::Zeros if message.replace_if_present != 0 => (false, Status::RINVREPFLAG),
            Self::Zeros => (message.protocol_id == 0, Status::RSYSERR),
            Self::NoExtension => {
                (message.data_coding != 0 || !message.split().1.contains(&ESCAPE), Status::RINVDCS)
            }
        };
        (!is_met).then_some(status)
    }
}

/// The whole days of a relative time, with years of 365 and months of 30 (SMPP 3.4 section 7.1.1.2); `None` for others.
fn relative_days(time: &[u8]) -> Option<u32> {
    let digits = time.strip_suffix(b"000R").filter(|digits| digits.len() == 12)?;
    let pair = |at: usize| std::str::from_utf8(digits.get(at..at + 2)?).ok()?.parse::<u32>().ok();
    Some(pair(0)? * 365 + pair(2)? * 30 + pair(4)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_days_of_a_relative_time() {
        assert_eq!(relative_days(b"000002235959000R"), Some(2));
        assert_eq!(relative_days(b"010103000000000R"), Some(398));
        assert_eq!(relative_days(b"261122120000000+"), None);
    }
}
