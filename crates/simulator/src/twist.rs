//! Bad manners on the wire: what a session has written as it should is rewritten PDU by PDU before a socket gets it.
//! The session never learns of it, so that any two manners go together. Other modules decide which manners a session has.

mod draft;
mod parameters;
mod rule;
mod twister;

pub use rule::{Octets, Rule, Sequence, Twist, Which};
pub(crate) use twister::Twister;

use postrider_wire::smpp::{Command, Header, Status};

/// A PDU of these octets after its header, for [`Twist::Before`] and [`Twist::After`].
pub(crate) fn pdu(command: Command, sequence: u32, body: &[u8]) -> Vec<u8> {
    let mut octets = Vec::with_capacity(body.len() + 16);
    draft::write(&mut octets, Header { length: 0, command, status: Status::ROK, sequence }, body);
    octets
}
