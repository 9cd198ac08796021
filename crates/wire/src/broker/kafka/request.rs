//! Requests, each with the number under which it is answered.

use super::FETCH_MAX;
use super::fields::{put_length, put_octets, put_text};
use bytes::{BufMut, BytesMut};

/// A kind of request in the version that is spoken.
#[derive(Clone, Copy)]
struct Api {
    key: i16,
    version: i16,
}

const PRODUCE: Api = Api { key: 0, version: 3 };
const FETCH: Api = Api { key: 1, version: 4 };
const LIST_OFFSETS: Api = Api { key: 2, version: 1 };
const METADATA: Api = Api { key: 3, version: 1 };
const OFFSET_COMMIT: Api = Api { key: 8, version: 2 };
const OFFSET_FETCH: Api = Api { key: 9, version: 1 };
const FIND_COORDINATOR: Api = Api { key: 10, version: 0 };
const SASL_HANDSHAKE: Api = Api { key: 17, version: 1 };
const API_VERSIONS: Api = Api { key: 18, version: 0 };
const SASL_AUTHENTICATE: Api = Api { key: 36, version: 0 };

/// Keys and versions of all requests that a client makes.
pub const NEEDED: [(i16, i16); 7] = [
    (PRODUCE.key, PRODUCE.version),
    (FETCH.key, FETCH.version),
    (LIST_OFFSETS.key, LIST_OFFSETS.version),
    (METADATA.key, METADATA.version),
    (OFFSET_COMMIT.key, OFFSET_COMMIT.version),
    (OFFSET_FETCH.key, OFFSET_FETCH.version),
    (FIND_COORDINATOR.key, FIND_COORDINATOR.version),
];

/// Who asks, and under which number.
#[derive(Clone, Copy, Debug)]
pub struct Head<'a> {
    /// The number.
    pub correlation: i32,
    /// The client's name.
    pub client: &'a str,
}

fn frame(head: Head<'_>, api: Api, body: impl FnOnce(&mut BytesMut)) -> BytesMut {
    let mut to = BytesMut::new();
    to.put_i32(0);
    to.put_i16(api.key);
    to.put_i16(api.version);
    to.put_i32(head.correlation);
    put_text(&mut to, head.client);
    body(&mut to);
    let length = u32::try_from(to.len() - 4).unwrap_or(u32::MAX);
    if let Some(place) = to.first_chunk_mut::<4>() {
        *place = length.to_be_bytes();
    }
    to
}

/// Asks which requests the broker takes.
#[must_use]
pub fn api_versions(head: Head<'_>) -> BytesMut {
    frame(head, API_VERSIONS, |_| {})
}

/// Asks to log in by user and password.
#[must_use]
pub fn sasl_plain(head: Head<'_>) -> BytesMut {
    frame(head, SASL_HANDSHAKE, |to| put_text(to, "PLAIN"))
}

/// Logs in.
#[must_use]
pub fn sasl_login(head: Head<'_>, user: &str, password: &str) -> BytesMut {
    frame(head, SASL_AUTHENTICATE, |to| put_octets(to, format!("\0{user}\0{password}").as_bytes()))
}

/// Asks for the brokers, and the partitions of topics.
#[must_use]
pub fn metadata(head: Head<'_>, topics: &[&str]) -> BytesMut {
    frame(head, METADATA, |to| {
        put_length(to, topics.len());
        for topic in topics {
            put_text(to, topic);
        }
    })
}

/// Hands in batches of a topic, by partition. The broker answers when all replicas in step have them, or after this time.
#[must_use]
pub fn produce(head: Head<'_>, topic: &str, batches: &[(i32, BytesMut)], patience_ms: i32) -> BytesMut {
    frame(head, PRODUCE, |to| {
        // No transaction; all replicas.
        to.put_i16(-1);
        to.put_i16(-1);
        to.put_i32(patience_ms);
        put_length(to, 1);
        put_text(to, topic);
        put_length(to, batches.len());
        for (partition, batch) in batches {
            to.put_i32(*partition);
            put_octets(to, batch);
        }
    })
}

/// Asks for records from these offsets on, by partition. The broker answers at once if it has any, or after this time.
#[must_use]
pub fn fetch(head: Head<'_>, topic: &str, offsets: &[(i32, i64)], wait_ms: i32) -> BytesMut {
    frame(head, FETCH, |to| {
        to.put_i32(-1);
        to.put_i32(wait_ms);
        to.put_i32(1);
        to.put_u32(FETCH_MAX);
        // Only what was committed of transactions.
        to.put_i8(1);
        put_length(to, 1);
        put_text(to, topic);
        put_length(to, offsets.len());
        for (partition, offset) in offsets {
            to.put_i32(*partition);
            to.put_i64(*offset);
            to.put_u32(FETCH_MAX);
        }
    })
}

/// Asks for the earliest offsets that partitions have.
#[must_use]
pub fn earliest(head: Head<'_>, topic: &str, partitions: &[i32]) -> BytesMut {
    frame(head, LIST_OFFSETS, |to| {
        to.put_i32(-1);
        put_length(to, 1);
        put_text(to, topic);
        put_length(to, partitions.len());
        for partition in partitions {
            to.put_i32(*partition);
            to.put_i64(-2);
        }
    })
}

/// Asks who keeps the offsets of a group.
#[must_use]
pub fn find_coordinator(head: Head<'_>, group: &str) -> BytesMut {
    frame(head, FIND_COORDINATOR, |to| put_text(to, group))
}

/// Asks for the offsets of a group.
#[must_use]
pub fn offset_fetch(head: Head<'_>, group: &str, topic: &str, partitions: &[i32]) -> BytesMut {
    frame(head, OFFSET_FETCH, |to| {
        put_text(to, group);
        put_length(to, 1);
        put_text(to, topic);
        put_length(to, partitions.len());
        for partition in partitions {
            to.put_i32(*partition);
        }
    })
}

/// Keeps offsets of a group, as nobody's member, for as long as the broker keeps offsets.
#[must_use]
pub fn offset_commit(head: Head<'_>, group: &str, topic: &str, offsets: &[(i32, i64)]) -> BytesMut {
    frame(head, OFFSET_COMMIT, |to| {
        put_text(to, group);
        to.put_i32(-1);
        put_text(to, "");
        to.put_i64(-1);
        put_length(to, 1);
        put_text(to, topic);
        put_length(to, offsets.len());
        for (partition, offset) in offsets {
            to.put_i32(*partition);
            to.put_i64(*offset);
            to.put_i16(-1);
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The octets are those that `kafka-python` 2.0.2 writes for the same requests.
    #[test]
    fn requests_are_written_as_others_write_them() {
        let head = Head { correlation: 7, client: "me" };
        let hex =
            |octets: BytesMut| octets.iter().fold(String::new(), |hex, octet| hex + &format!("{octet:02x}"));
        let written = [
            (metadata(head, &["a", "b"]), "00000016000300010000000700026d6500000002000161000162"),
            (
                produce(head, "t", &[(2, BytesMut::from(&b"xyz"[..]))], 1000),
                "0000002a000000030000000700026d65ffffffff000003e80000000100017400000001000000020000000378797a",
            ),
            (
                fetch(head, "t", &[(2, 9)], 500),
                "00000038000100040000000700026d65ffffffff000001f4000000010010000001000000010001740000000100000002000000000000000900100000",
            ),
            (
                earliest(head, "t", &[2]),
                "00000027000200010000000700026d65ffffffff000000010001740000000100000002fffffffffffffffe",
            ),
            (find_coordinator(head, "g"), "0000000f000a00000000000700026d65000167"),
            (
                offset_fetch(head, "g", "t", &[0, 2]),
                "00000022000900010000000700026d6500016700000001000174000000020000000000000002",
            ),
            (
                offset_commit(head, "g", "t", &[(2, 9)]),
                "00000036000800020000000700026d65000167ffffffff0000ffffffffffffffff0000000100017400000001000000020000000000000009ffff",
            ),
            (api_versions(head), "0000000c001200000000000700026d65"),
            (sasl_plain(head), "00000013001100010000000700026d650005504c41494e"),
            (sasl_login(head, "me", "p@ss"), "00000018002400000000000700026d6500000008006d650070407373"),
        ];
        for (octets, expected) in written {
            assert_eq!(hex(octets), expected);
        }
    }
}
