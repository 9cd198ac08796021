//! How carriers answer who asks about a message.

use super::Manner;
use super::value::{number, status};
use crate::twist::{Twist, Which};

/// The place of message_state in query_sm_resp (SMPP 3.4 section 4.8.2).
const STATE: usize = 2;

pub(super) const MANNERS: &[Manner] = &[
    Manner::carrier("query-refused", "answers query_sm with this status", |to, value| {
        to.octets.twist(Which::QueryResp, Twist::Status(status(value)?.0));
        to.octets.twist(Which::QueryResp, Twist::Body(Vec::new()));
        Ok(())
    })
    .takes("STATUS", "0x03"),
    Manner::carrier("query-state", "answers query_sm with this message_state", |to, value| {
        to.octets.twist(Which::QueryResp, Twist::Field(STATE, vec![number(value)?]));
        Ok(())
    })
    .takes("NUMBER", "1"),
    Manner::carrier("query-unanswered", "never answers query_sm", |to, _| {
        to.octets.twist(Which::QueryResp, Twist::Vanish);
        Ok(())
    }),
];
