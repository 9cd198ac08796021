//! The protocol of Apache Kafka, as far as a client needs it that produces with all acknowledgements, fetches, and commits offsets of a
//! group that it is no member of.
//!
//! The versions of requests are those that brokers from 0.11 on have and that Kafka 4 has kept (KIP-896). None of them is of the
//! flexible kind, so that lengths are fixed integers.

mod fields;
mod partitioner;
mod records;
pub mod request;
pub mod response;

pub use partitioner::partition;
pub use records::{GivenUp, Record, read_batches, write_batch};

use super::Malformed;
use bytes::{Buf, Bytes, BytesMut};

/// The longest response, in octets. A broker answers with one whole batch, however few octets were asked for.
const RESPONSE_MAX: usize = 64 << 20;

/// Octets of a fetch that are asked for.
pub const FETCH_MAX: u32 = 1 << 20;

/// Errors of brokers that a client acts on; others are told by [`error_text`].
pub mod error {
    /// The offset is no longer kept, or was never there.
    pub const OFFSET_OUT_OF_RANGE: i16 = 1;
}

/// What a broker answers to one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// The number that the request had.
    pub correlation: i32,
    /// Its content, which the request's kind says how to read.
    pub body: Bytes,
}

/// Takes a response from a buffer; `None` if it isn't there to its end.
///
/// # Errors
/// It is too long, or too short to be one.
pub fn decode(buffer: &mut BytesMut) -> Result<Option<Response>, Malformed> {
    let Some(length) = buffer.first_chunk::<4>().map(|length| i32::from_be_bytes(*length)) else {
        return Ok(None);
    };
    let length = usize::try_from(length).map_err(|_| Malformed("a length is negative"))?;
    if !(4..=RESPONSE_MAX).contains(&length) {
        return Err(Malformed("a response is too short or too long"));
    }
    if buffer.len() < length + 4 {
        return Ok(None);
    }
    buffer.advance(4);
    let mut body = buffer.split_to(length).freeze();
    Ok(Some(Response { correlation: body.get_i32(), body }))
}

/// What an error of a broker means, and what to do; the names are those of the protocol.
#[must_use]
pub fn error_text(code: i16) -> String {
    let text = match code {
        1 => "OFFSET_OUT_OF_RANGE",
        2 => "CORRUPT_MESSAGE",
        3 => "UNKNOWN_TOPIC_OR_PARTITION: make the topic",
        5 => "LEADER_NOT_AVAILABLE: a partition has no leader now",
        6 => "NOT_LEADER_OR_FOLLOWER: a partition has another leader now",
        7 => "REQUEST_TIMED_OUT",
        10 => "MESSAGE_TOO_LARGE: raise max.message.bytes of the topic",
        14 => "COORDINATOR_LOAD_IN_PROGRESS",
        15 => "COORDINATOR_NOT_AVAILABLE",
        16 => "NOT_COORDINATOR",
        17 => "INVALID_TOPIC_EXCEPTION",
        19 => "NOT_ENOUGH_REPLICAS: fewer than min.insync.replicas are there",
        20 => "NOT_ENOUGH_REPLICAS_AFTER_APPEND",
        22 | 25 => "the group has members: give Postrider a group of its own",
        29 => "TOPIC_AUTHORIZATION_FAILED: permit the user to use the topic",
        30 => "GROUP_AUTHORIZATION_FAILED: permit the user to use the group",
        31 => "CLUSTER_AUTHORIZATION_FAILED",
        33 => "UNSUPPORTED_SASL_MECHANISM: PLAIN must be enabled",
        35 => "UNSUPPORTED_VERSION: brokers from version 0.11 on can be used",
        58 => "SASL_AUTHENTICATION_FAILED: user or password is wrong",
        _ => return format!("error {code}"),
    };
    format!("{text} ({code})")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn responses_are_taken_one_by_one() {
        let octets = [0, 0, 0, 6, 0, 0, 0, 7, 1, 2, 0, 0, 0, 4, 0, 0, 0, 8];
        let (mut buffer, mut found) = (BytesMut::new(), Vec::new());
        for octet in octets {
            buffer.extend_from_slice(&[octet]);
            found.extend(decode(&mut buffer).unwrap());
        }
        let response =
            |correlation, body: &'static [u8]| Response { correlation, body: Bytes::from_static(body) };
        assert_eq!(found, [response(7, &[1, 2]), response(8, &[])]);
    }

    #[test]
    fn lengths_have_bounds() {
        for octets in [&[0xFF, 0xFF, 0xFF, 0xFF][..], &[0, 0, 0, 3], &[0x7F, 0, 0, 0]] {
            assert!(decode(&mut BytesMut::from(octets)).is_err(), "{octets:?}");
        }
    }

    #[test]
    fn errors_are_told_with_their_codes() {
        assert_eq!(error_text(3), "UNKNOWN_TOPIC_OR_PARTITION: make the topic (3)");
        assert_eq!(error_text(99), "error 99");
    }
}
