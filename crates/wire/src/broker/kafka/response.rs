//! Responses.

use super::fields::Reader;
use super::records::GivenUp;
use crate::broker::Malformed;
use bytes::Bytes;

/// Where a broker is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Its number.
    pub id: i32,
    /// Its host's name.
    pub host: String,
    /// Its port.
    pub port: u16,
}

/// A partition of a topic, and the broker that leads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Partition {
    /// 0, or an error.
    pub error: i16,
    /// Its number.
    pub index: i32,
    /// The number of the broker, -1 without one.
    pub leader: i32,
}

/// The brokers, and a topic's partitions in the order of their numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metadata {
    /// The brokers.
    pub nodes: Vec<Node>,
    /// Topics: an error or 0, the name, the partitions.
    pub topics: Vec<(i16, String, Vec<Partition>)>,
}

/// Something of a partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfPartition<T> {
    /// The partition's number.
    pub index: i32,
    /// 0, or an error.
    pub error: i16,
    /// What is told of it.
    pub value: T,
}

/// A kind of request: its key, and the earliest and latest version that a broker takes.
pub type Versions = (i16, i16, i16);

/// An error or 0, and the requests that the broker takes.
///
/// # Errors
/// It is malformed.
pub fn api_versions(body: Bytes) -> Result<(i16, Vec<Versions>), Malformed> {
    let mut reader = Reader(body);
    let error = reader.i16()?;
    Ok((error, reader.list(|reader| Ok((reader.i16()?, reader.i16()?, reader.i16()?)))?))
}

/// The error, or 0, with which a login begins.
///
/// # Errors
/// It is malformed.
pub fn sasl_plain(body: Bytes) -> Result<i16, Malformed> {
    Reader(body).i16()
}

/// The error, or 0, with which a login ends, and the reason.
///
/// # Errors
/// It is malformed.
pub fn sasl_login(body: Bytes) -> Result<(i16, Option<String>), Malformed> {
    let mut reader = Reader(body);
    Ok((reader.i16()?, reader.nullable_text()?))
}

fn node(reader: &mut Reader) -> Result<Node, Malformed> {
    let (id, host) = (reader.i32()?, reader.text()?);
    let port = u16::try_from(reader.i32()?).map_err(|_| Malformed("a port is none"))?;
    Ok(Node { id, host, port })
}

/// Brokers and partitions.
///
/// # Errors
/// It is malformed.
pub fn metadata(body: Bytes) -> Result<Metadata, Malformed> {
    let mut reader = Reader(body);
    let nodes = reader.list(|reader| {
        let node = node(reader)?;
        reader.nullable_text()?;
        Ok(node)
    })?;
    let _controller = reader.i32()?;
    let topics = reader.list(|reader| {
        let (error, name) = (reader.i16()?, reader.text()?);
        let _is_internal = reader.i8()?;
        let mut partitions = reader.list(|reader| {
            let partition = Partition { error: reader.i16()?, index: reader.i32()?, leader: reader.i32()? };
            reader.list(Reader::i32)?;
            reader.list(Reader::i32)?;
            Ok(partition)
        })?;
        partitions.sort_unstable_by_key(|partition| partition.index);
        Ok((error, name, partitions))
    })?;
    Ok(Metadata { nodes, topics })
}

/// What is told of partitions, topic by topic.
fn by_partition<T>(
    reader: &mut Reader,
    mut one: impl FnMut(&mut Reader) -> Result<OfPartition<T>, Malformed>,
) -> Result<Vec<OfPartition<T>>, Malformed> {
    let topics = reader.list(|reader| {
        reader.text()?;
        reader.list(&mut one)
    })?;
    Ok(topics.into_iter().flatten().collect())
}

/// The first offset of what each partition has taken on.
///
/// # Errors
/// It is malformed.
pub fn produce(body: Bytes) -> Result<Vec<OfPartition<i64>>, Malformed> {
    by_partition(&mut Reader(body), |reader| {
        let (index, error, value) = (reader.i32()?, reader.i16()?, reader.i64()?);
        let _time = reader.i64()?;
        Ok(OfPartition { index, error, value })
    })
}

/// What was fetched of a partition, for [`super::read_batches`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// Transactions that were given up.
    pub given_up: Vec<GivenUp>,
    /// The batches.
    pub batches: Bytes,
}

/// What was fetched of each partition.
///
/// # Errors
/// It is malformed.
pub fn fetch(body: Bytes) -> Result<Vec<OfPartition<Fetched>>, Malformed> {
    let mut reader = Reader(body);
    let _throttled = reader.i32()?;
    by_partition(&mut reader, |reader| {
        let (index, error) = (reader.i32()?, reader.i16()?);
        // The last offset, and the last that no open transaction holds back.
        let _marks = (reader.i64()?, reader.i64()?);
        let given_up = reader.list(|reader| Ok((reader.i64()?, reader.i64()?)))?;
        let value = Fetched { given_up, batches: reader.long_octets()? };
        Ok(OfPartition { index, error, value })
    })
}

/// The earliest offset of each partition.
///
/// # Errors
/// It is malformed.
pub fn earliest(body: Bytes) -> Result<Vec<OfPartition<i64>>, Malformed> {
    by_partition(&mut Reader(body), |reader| {
        let (index, error, _time) = (reader.i32()?, reader.i16()?, reader.i64()?);
        Ok(OfPartition { index, error, value: reader.i64()? })
    })
}

/// An error or 0, and the broker that keeps a group's offsets.
///
/// # Errors
/// It is malformed.
pub fn find_coordinator(body: Bytes) -> Result<(i16, Node), Malformed> {
    let mut reader = Reader(body);
    let error = reader.i16()?;
    if error != 0 {
        return Ok((error, Node { id: -1, host: String::new(), port: 0 }));
    }
    Ok((error, node(&mut reader)?))
}

/// The offset that a group goes on at in each partition, -1 without one.
///
/// # Errors
/// It is malformed.
pub fn offset_fetch(body: Bytes) -> Result<Vec<OfPartition<i64>>, Malformed> {
    by_partition(&mut Reader(body), |reader| {
        let (index, value) = (reader.i32()?, reader.i64()?);
        reader.nullable_text()?;
        Ok(OfPartition { index, error: reader.i16()?, value })
    })
}

/// Whether each partition's offset is kept.
///
/// # Errors
/// It is malformed.
pub fn offset_commit(body: Bytes) -> Result<Vec<OfPartition<()>>, Malformed> {
    by_partition(&mut Reader(body), |reader| {
        Ok(OfPartition { index: reader.i32()?, error: reader.i16()?, value: () })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn octets(hex: &str) -> Bytes {
        let digits: Vec<u8> = hex.bytes().filter(u8::is_ascii_hexdigit).collect();
        let pairs = digits.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16));
        pairs.collect::<Result<Vec<u8>, _>>().unwrap().into()
    }

    /// The octets are those that `kafka-python` 2.0.2 writes for the same responses.
    #[test]
    fn responses_are_read() {
        let of = |index, error, value| OfPartition { index, error, value };
        let found = metadata(octets(
            "00000002000000010002683100002384ffff00000002000268320000238500047261636b000000010000000100000001740000000002000000000001000000020000000200000001000000020000000100000002000500000000ffffffff000000010000000100000000",
        ));
        let node = |id, host: &str, port| Node { id, host: host.into(), port };
        let partition = |error, index, leader| Partition { error, index, leader };
        let expected = Metadata {
            nodes: vec![node(1, "h1", 9092), node(2, "h2", 9093)],
            topics: vec![(0, "t".into(), vec![partition(5, 0, -1), partition(0, 1, 2)])],
        };
        assert_eq!(found.unwrap(), expected);
        let found =
            produce(octets("0000000100017400000001000000020000000000000000004dffffffffffffffff00000000"));
        assert_eq!(found.unwrap(), [of(2, 0, 77)]);
        let found = fetch(octets(
            "000000000000000100017400000002000000020000000000000000000a000000000000000a0000000000000003616263000000030001ffffffffffffffffffffffffffffffffffffffffffffffff",
        ));
        let batches = |index, error, batches: &'static [u8]| {
            let value = Fetched { given_up: Vec::new(), batches: Bytes::from_static(batches) };
            OfPartition { index, error, value }
        };
        assert_eq!(found.unwrap(), [batches(2, 0, b"abc"), batches(3, 1, b"")]);
        let found = earliest(octets("0000000100017400000001000000020000ffffffffffffffff0000000000000005"));
        assert_eq!(found.unwrap(), [of(2, 0, 5)]);
        assert_eq!(
            find_coordinator(octets("0000000000010002683100002384")).unwrap(),
            (0, node(1, "h1", 9092))
        );
        assert_eq!(find_coordinator(octets("000f")).unwrap().0, 15);
        let found = offset_fetch(octets(
            "000000010001740000000200000000ffffffffffffffff00000000000000020000000000000009ffff0000",
        ));
        assert_eq!(found.unwrap(), [of(0, 0, -1), of(2, 0, 9)]);
        let found = offset_commit(octets("0000000100017400000001000000020000"));
        assert_eq!(found.unwrap(), [OfPartition { index: 2, error: 0, value: () }]);
        let found = api_versions(octets("00000000000200000000000700010004000b"));
        assert_eq!(found.unwrap(), (0, vec![(0, 0, 7), (1, 4, 11)]));
        assert_eq!(sasl_plain(octets("0021")).unwrap(), 33);
        assert_eq!(sasl_login(octets("003a 0002 6e6f 00000000")).unwrap(), (58, Some("no".into())));
    }

    #[test]
    fn no_octets_make_a_reader_fail_otherwise_than_by_an_error() {
        let whole = octets(
            "00000001 00000001 0001 68 00002384 ffff 00000001 00000001 0000 0001 74 00 00000001 0000 00000000 00000001 00000000 00000000",
        );
        for length in 0..whole.len() {
            assert!(metadata(whole.slice(..length)).is_err(), "{length}");
        }
        assert_eq!(metadata(whole).unwrap().nodes.len(), 1);
    }
}
