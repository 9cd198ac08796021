//! Receipts and handsets' messages as SMS-STATUS-REPORT and SMS-DELIVER.

use crate::carrier::State;
use crate::carrier::intake::Moment;
use crate::carrier::mail::{Inbound, Mail, Receipt};
use crate::carrier::part::UDHI;
use postrider_text::{Encoding, coding, gsm, header, septets};
use postrider_wire::modem::tpdu::{self, Address, Deliver, Kind, Stamp, Status, StatusReport};
use postrider_wire::smpp::{self, Ton};

/// A letter as a modem writes it.
#[derive(Clone, Debug)]
pub(super) struct Letter {
    pub(super) mail: Mail,
    /// Hexadecimal digits, service centre and all.
    pub(super) digits: String,
    /// The octets without the service centre's address.
    pub(super) length: usize,
}

impl Letter {
    pub(super) fn of(mail: Mail, centre: &Address, moment: Moment) -> Self {
        let octets = match &mail {
            Mail::Receipt(receipt) => report(receipt, moment).write(),
            Mail::Inbound(inbound) => deliver(inbound, moment).write(),
        };
        let (digits, length) = tpdu::digits(&octets, Some(centre));
        Self { mail, digits, length }
    }

    pub(super) const fn is_report(&self) -> bool {
        matches!(self.mail, Mail::Receipt(_))
    }
}

/// The reference that a modem gives a part with this identifier.
pub(super) const fn reference(id: u64) -> u8 {
    (id & 0xFF) as u8
}

fn report(receipt: &Receipt, moment: Moment) -> StatusReport {
    StatusReport {
        reference: reference(receipt.id),
        to: address(&receipt.handset.address()),
        submitted: Some(stamp(receipt.submitted)),
        done: Some(stamp(moment.clock)),
        status: Status(match receipt.state {
            State::Delivered => 0x00,
            State::Accepted => 0x01,
            State::Enroute => 0x22,
            State::Undeliverable => 0x43,
            State::Rejected => 0x42,
            State::Expired => 0x46,
            State::Deleted => 0x48,
            State::Unknown => 0x49,
        }),
    }
}

fn stamp(clock: u64) -> Stamp {
    /// The clock of the service centre is an hour ahead of UTC.
    const QUARTERS: i8 = 4;
    Stamp::of(i64::try_from(clock).unwrap_or_default().saturating_mul(1_000), QUARTERS)
}

fn deliver(inbound: &Inbound, moment: Moment) -> Deliver {
    let encoding = coding::of_data_coding(inbound.data_coding).encoding;
    let has_header = inbound.esm_class & UDHI != 0 && header::split_off(&inbound.octets).is_some();
    let (length, data) = packed(encoding, has_header, &inbound.octets);
    Deliver {
        more: false,
        status_report: false,
        has_header,
        reply_path: false,
        from: address(&inbound.handset.address()),
        protocol: 0,
        coding: coding::dcs(encoding, coding::of_data_coding(inbound.data_coding).class).unwrap_or_default(),
        stamp: Some(stamp(moment.clock)),
        length,
        data: data.into(),
    }
}

/// The length and the octets of user data, whose septets come one to an octet.
fn packed(encoding: Encoding, has_header: bool, octets: &[u8]) -> (u8, Vec<u8>) {
    let short = |length: usize| u8::try_from(length).unwrap_or(u8::MAX);
    if encoding != Encoding::Gsm7 {
        return (short(octets.len()), octets.to_vec());
    }
    let head = match octets.first() {
        Some(length) if has_header => usize::from(*length) + 1,
        _ => 0,
    };
    let (head, units) = octets.split_at_checked(head).unwrap_or((&[], octets));
    let fill = if head.is_empty() { 0 } else { septets::fill_bits(head.len()) };
    let mut data = head.to_vec();
    septets::pack(units, fill, &mut data);
    (short((head.len() * 8).div_ceil(7) + units.len()), data)
}

fn address(address: &smpp::Address<'_>) -> Address {
    let text = String::from_utf8_lossy(address.digits);
    if address.ton == Ton::ALPHANUMERIC {
        let (mut units, mut packed) = (Vec::new(), Vec::new());
        // A name that the alphabet lacks is shown as far as it goes.
        let _ = gsm::encode(&text, &mut units);
        septets::pack(&units, 0, &mut packed);
        return Address::name(units.len(), &packed);
    }
    let kind = if address.ton == Ton::INTERNATIONAL { Kind::INTERNATIONAL } else { Kind::UNKNOWN };
    Address::number(kind, &text)
}
