//! Extra services (field `XSer`, section 5.1.2): a row of type, length and data, all in hexadecimal digits.

use crate::hex;
use bytes::BytesMut;

/// The types of extra services.
pub mod kind {
    /// A user data header, with its length octet.
    pub const UDH: u8 = 0x01;
    /// A TP-DCS.
    pub const DCS: u8 = 0x02;
    /// The message type.
    pub const MESSAGE_TYPE: u8 = 0x03;
    /// The message's reference.
    pub const REFERENCE: u8 = 0x04;
    /// Privacy.
    pub const PRIVACY: u8 = 0x05;
    /// Urgency.
    pub const URGENCY: u8 = 0x06;
    /// A request for an acknowledgement.
    pub const ACKNOWLEDGEMENT: u8 = 0x07;
    /// Message updating.
    pub const UPDATING: u8 = 0x08;
    /// The number to call back.
    pub const CALL_BACK: u8 = 0x09;
    /// The response code.
    pub const RESPONSE: u8 = 0x0A;
    /// The teleservice.
    pub const TELESERVICE: u8 = 0x0B;
    /// The billing identifier, a text.
    pub const BILLING: u8 = 0x0C;
    /// Single shot.
    pub const SINGLE_SHOT: u8 = 0x0D;
    /// The type of number of the originator.
    pub const ORIGINATOR_TON: u8 = 0x0E;
    /// The numbering plan of the originator.
    pub const ORIGINATOR_NPI: u8 = 0x0F;
    /// The type of number of the recipient.
    pub const RECIPIENT_TON: u8 = 0x10;
    /// The numbering plan of the recipient.
    pub const RECIPIENT_NPI: u8 = 0x11;
    /// The original time of submission.
    pub const SUBMITTED: u8 = 0x12;
    /// The type of the destination's network.
    pub const NETWORK: u8 = 0x13;
}

/// Appends an extra service of at most 255 octets; more are cut off.
pub fn write(kind: u8, data: &[u8], out: &mut BytesMut) {
    let data = data.get(..usize::from(u8::MAX)).unwrap_or(data);
    out.extend_from_slice(&hex::pair(kind));
    // Cut to 255 before.
    out.extend_from_slice(&hex::pair(data.len() as u8));
    hex::write(data, out);
}

/// The extra services in their order, as type and data. What is cut short ends the row.
#[must_use]
pub fn read(field: &[u8]) -> Vec<(u8, Vec<u8>)> {
    let octets = hex::read(field.get(..field.len() / 2 * 2).unwrap_or_default()).unwrap_or_default();
    let mut services = Vec::new();
    let mut rest = octets.as_slice();
    while let [kind, length, after @ ..] = rest {
        let Some((data, after)) = after.split_at_checked((*length).into()) else { break };
        services.push((*kind, data.to_vec()));
        rest = after;
    }
    services
}
