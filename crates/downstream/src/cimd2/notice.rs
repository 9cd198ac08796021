//! Status reports (operation 23) and messages from handsets (operation 20).

use crate::sessions::pieces::Piece;
use crate::stamped::Ending;
use crate::stamped::conversation::Reading;
use bytes::BytesMut;
use postrider_core::delivery::State;
use postrider_core::inbound::{Address, Received};
use postrider_core::sender::Sender;
use postrider_text::{Encoding, coding};
use postrider_wire::cimd2::parameter::code;
use postrider_wire::cimd2::{special, time};
use postrider_wire::hex;

/// A parameter: its code and value.
pub(super) type Parameter = (u16, Vec<u8>);

/// The status code of a state (parameter 061).
pub(super) const fn status(state: State) -> u8 {
    match state {
        State::Queued | State::Sent => 1,
        State::Expired => 2,
        State::Undelivered | State::Failed | State::Rejected => 3,
        State::Delivered => 4,
        // The last attempt had no answer.
        State::Unknown => 6,
        State::Canceled => 9,
    }
}

/// The parameters of a status report.
pub(super) fn report(ending: &Ending<'_>, reading: Reading) -> Vec<Parameter> {
    let done = time::stamp(reading.civil(ending.outcome.done_at));
    let mut parameters = vec![
        (code::DESTINATION, ending.recipient().into_bytes()),
        (code::STAMP, ending.stamp.as_bytes().to_vec()),
        (code::STATUS, status(ending.outcome.state).to_string().into_bytes()),
    ];
    if let Some(error) = ending.cimd2_error() {
        parameters.push((code::STATUS_ERROR, error.to_string().into_bytes()));
    }
    parameters.push((code::DISCHARGED, done.to_vec()));
    parameters
}

/// The parameters of a piece of a message from a handset.
pub(super) fn deliver(received: &Received, piece: &Piece, reading: Reading) -> Vec<Parameter> {
    let read = coding::of_data_coding(piece.data_coding);
    let dcs = coding::dcs(read.encoding, read.class).unwrap_or_default();
    let mut parameters = vec![
        (code::DESTINATION, address(&received.inbound.to, "")),
        (code::ORIGIN, address(&received.inbound.from, "+")),
        (code::STAMP, time::stamp(reading.civil(received.at)).to_vec()),
    ];
    if dcs != 0 {
        parameters.push((code::CODING, dcs.to_string().into_bytes()));
    }
    if !piece.header.is_empty() {
        // Headers are limited to far less than 255 octets.
        let header = [&[piece.header.len() as u8][..], &piece.header].concat();
        parameters.push((code::HEADER, digits(&header)));
    }
    parameters.push(match read.encoding {
        Encoding::Gsm7 => (code::TEXT, special::write(&piece.octets)),
        _ => (code::BINARY, digits(&piece.octets)),
    });
    parameters
}

fn digits(octets: &[u8]) -> Vec<u8> {
    let mut digits = BytesMut::new();
    hex::write(octets, &mut digits);
    digits.to_vec()
}

/// An address: a number behind this prefix, or digits. Of a name there is none.
fn address(address: &Address, prefix: &str) -> Vec<u8> {
    match &address.understood {
        Some(Sender::Number(number)) => format!("{prefix}{}", number.digits()).into_bytes(),
        Some(Sender::Code(digits)) => digits.as_bytes().to_vec(),
        Some(Sender::Name(_)) | None => address.given.bytes().filter(u8::is_ascii_digit).collect(),
    }
}
