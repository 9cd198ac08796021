//! SMS-SUBMIT, read as the world reads submissions.

use crate::carrier::part::{Submission, UDHI};
use postrider_text::{Encoding, coding, septets};
use postrider_wire::modem::tpdu::{Submit, Validity};
use postrider_wire::smpp::{Address, Npi, Tlvs, Ton};

/// A submission with what it is read from.
pub(super) struct Submitted {
    recipient: String,
    is_international: bool,
    sender: String,
    has_header: bool,
    wants_report: bool,
    protocol: u8,
    coding: u8,
    /// The seconds that the service centre tries.
    validity: String,
    user_data: Vec<u8>,
}

impl Submitted {
    /// Reads a message; `number` is the SIM's own.
    pub(super) fn of(submit: &Submit, number: &str) -> Self {
        let validity = match submit.validity {
            Validity::Relative(value) => Validity::span(value).as_secs().to_string(),
            _ => String::new(),
        };
        Self {
            recipient: submit.to.digits().unwrap_or_default().to_owned(),
            is_international: submit.to.kind.is_international(),
            sender: number.trim_start_matches('+').to_owned(),
            has_header: submit.has_header,
            wants_report: submit.wants_report,
            protocol: submit.protocol,
            coding: submit.coding,
            validity,
            user_data: unpacked(submit),
        }
    }

    pub(super) fn submission(&self) -> Submission<'_> {
        let recipient = self.recipient.as_bytes();
        Submission {
            service_type: b"",
            source: Address::international(self.sender.as_bytes()),
            destination: if self.is_international {
                Address::international(recipient)
            } else {
                Address::new(Ton::UNKNOWN, Npi::UNKNOWN, recipient)
            },
            esm_class: if self.has_header { UDHI } else { 0 },
            protocol_id: self.protocol,
            priority_flag: 0,
            replace_if_present: 0,
            schedule_delivery_time: &[],
            validity_period: self.validity.as_bytes(),
            registered_delivery: self.wants_report.into(),
            data_coding: self.coding,
            user_data: &self.user_data,
            tlvs: Tlvs::EMPTY,
        }
    }
}

/// The user data with septets one to an octet.
fn unpacked(submit: &Submit) -> Vec<u8> {
    if coding::of_dcs(submit.coding).encoding != Encoding::Gsm7 {
        return submit.data.to_vec();
    }
    let head = match submit.data.first() {
        Some(length) if submit.has_header => usize::from(*length) + 1,
        _ => 0,
    };
    let (head, packed) = submit.data.split_at_checked(head).unwrap_or((&[], &submit.data));
    let fill = if head.is_empty() { 0 } else { septets::fill_bits(head.len()) };
    let count = usize::from(submit.length).saturating_sub((head.len() * 8).div_ceil(7));
    [head, &septets::unpack(packed, count, fill)].concat()
}
