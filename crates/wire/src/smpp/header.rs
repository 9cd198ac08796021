//! The sixteen octets every PDU begins with, and the command_id values they may carry.
//! `frame` checks the length.

use super::Status;
use std::fmt;

/// Octets of a PDU header, and so of the shortest PDU.
pub const HEADER_LEN: usize = 16;

/// The header of a PDU (SMPP 3.4 section 3.2, 5.0 section 3.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// command_length: octets of the whole PDU, these sixteen included.
    pub length: u32,
    /// command_id: the kind of PDU.
    pub command: Command,
    /// command_status: the outcome in a response, without meaning in a request.
    pub status: Status,
    /// sequence_number: chosen by the requester (1 to 0x7FFFFFFF), echoed by the responder.
    pub sequence: u32,
}

impl Header {
    /// Reads a header from the sixteen octets at the start of a PDU.
    #[inline]
    pub fn decode(octets: &[u8; HEADER_LEN]) -> Self {
        let [l0, l1, l2, l3, c0, c1, c2, c3, s0, s1, s2, s3, n0, n1, n2, n3] = *octets;
        Self {
            length: u32::from_be_bytes([l0, l1, l2, l3]),
            command: Command(u32::from_be_bytes([c0, c1, c2, c3])),
            status: Status(u32::from_be_bytes([s0, s1, s2, s3])),
            sequence: u32::from_be_bytes([n0, n1, n2, n3]),
        }
    }

    /// The sixteen octets of this header.
    #[inline]
    pub fn encode(&self) -> [u8; HEADER_LEN] {
        let mut octets = [0; HEADER_LEN];
        octets[0..4].copy_from_slice(&self.length.to_be_bytes());
        octets[4..8].copy_from_slice(&self.command.0.to_be_bytes());
        octets[8..12].copy_from_slice(&self.status.0.to_be_bytes());
        octets[12..16].copy_from_slice(&self.sequence.to_be_bytes());
        octets
    }
}

/// A command_id (SMPP 3.4 section 5.1.2.1, 5.0 section 4.7.5; the last three requests are 3.3 only).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Command(pub u32);

/// The bit that distinguishes a response's command_id from its request's.
const RESPONSE: u32 = 0x8000_0000;

macro_rules! commands {
    ($($constant:ident = $value:literal, $name:literal;)*) => {
        impl Command {
            $(#[doc = concat!("`", $name, "`, ", stringify!($value), ".")]
            pub const $constant: Self = Self($value);)*

            /// The name in the specification, such as `submit_sm`; `None` for an undefined command.
            pub fn name(self) -> Option<&'static str> {
                match self.0 {
                    $($value => Some($name),)*
                    _ => None,
                }
            }
        }
    };
}

commands! {
    GENERIC_NACK = 0x8000_0000, "generic_nack";
    BIND_RECEIVER = 0x0000_0001, "bind_receiver";
    BIND_RECEIVER_RESP = 0x8000_0001, "bind_receiver_resp";
    BIND_TRANSMITTER = 0x0000_0002, "bind_transmitter";
    BIND_TRANSMITTER_RESP = 0x8000_0002, "bind_transmitter_resp";
    QUERY_SM = 0x0000_0003, "query_sm";
    QUERY_SM_RESP = 0x8000_0003, "query_sm_resp";
    SUBMIT_SM = 0x0000_0004, "submit_sm";
    SUBMIT_SM_RESP = 0x8000_0004, "submit_sm_resp";
    DELIVER_SM = 0x0000_0005, "deliver_sm";
    DELIVER_SM_RESP = 0x8000_0005, "deliver_sm_resp";
    UNBIND = 0x0000_0006, "unbind";
    UNBIND_RESP = 0x8000_0006, "unbind_resp";
    REPLACE_SM = 0x0000_0007, "replace_sm";
    REPLACE_SM_RESP = 0x8000_0007, "replace_sm_resp";
    CANCEL_SM = 0x0000_0008, "cancel_sm";
    CANCEL_SM_RESP = 0x8000_0008, "cancel_sm_resp";
    BIND_TRANSCEIVER = 0x0000_0009, "bind_transceiver";
    BIND_TRANSCEIVER_RESP = 0x8000_0009, "bind_transceiver_resp";
    OUTBIND = 0x0000_000B, "outbind";
    ENQUIRE_LINK = 0x0000_0015, "enquire_link";
    ENQUIRE_LINK_RESP = 0x8000_0015, "enquire_link_resp";
    SUBMIT_MULTI = 0x0000_0021, "submit_multi";
    SUBMIT_MULTI_RESP = 0x8000_0021, "submit_multi_resp";
    ALERT_NOTIFICATION = 0x0000_0102, "alert_notification";
    DATA_SM = 0x0000_0103, "data_sm";
    DATA_SM_RESP = 0x8000_0103, "data_sm_resp";
    BROADCAST_SM = 0x0000_0111, "broadcast_sm";
    BROADCAST_SM_RESP = 0x8000_0111, "broadcast_sm_resp";
    QUERY_BROADCAST_SM = 0x0000_0112, "query_broadcast_sm";
    QUERY_BROADCAST_SM_RESP = 0x8000_0112, "query_broadcast_sm_resp";
    CANCEL_BROADCAST_SM = 0x0000_0113, "cancel_broadcast_sm";
    CANCEL_BROADCAST_SM_RESP = 0x8000_0113, "cancel_broadcast_sm_resp";
    PARAM_RETRIEVE = 0x0000_0022, "param_retrieve";
    PARAM_RETRIEVE_RESP = 0x8000_0022, "param_retrieve_resp";
    QUERY_LAST_MSGS = 0x0000_0023, "query_last_msgs";
    QUERY_LAST_MSGS_RESP = 0x8000_0023, "query_last_msgs_resp";
    QUERY_MSG_DETAILS = 0x0000_0024, "query_msg_details";
    QUERY_MSG_DETAILS_RESP = 0x8000_0024, "query_msg_details_resp";
}

impl Command {
    /// Whether this answers a request; generic_nack does.
    #[inline]
    pub const fn is_response(self) -> bool {
        self.0 & RESPONSE != 0
    }

    /// The command_id of the response to this request; `None` for responses, alert_notification and outbind, which have
    /// none.
    #[inline]
    pub const fn response(self) -> Option<Self> {
        match self {
            Self::ALERT_NOTIFICATION | Self::OUTBIND => None,
            Self(id) if id & RESPONSE != 0 => None,
            Self(id) => Some(Self(id | RESPONSE)),
        }
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "command 0x{:08X}", self.0),
        }
    }
}

impl fmt::Debug for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
