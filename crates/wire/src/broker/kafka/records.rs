//! Batches of records, version 2.

use super::fields::{Reader, put_varint, put_varint_octets};
use crate::broker::Malformed;
use bytes::{Buf, BufMut, Bytes, BytesMut};

/// Octets of a batch before its length ends to count: the offset and the length.
const HEAD: usize = 12;
/// Octets behind the length until the checksum's end: the leader's epoch, the version, the checksum.
const UNCHECKED: usize = 9;
/// Bits of a batch's attributes: it is compressed, part of a transaction, or only marks the end of one.
const COMPRESSED: i16 = 0x07;
const TRANSACTIONAL: i16 = 0x10;
const CONTROL: i16 = 0x20;

/// A record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// Its place in the partition.
    pub offset: i64,
    /// When it was made, in milliseconds since 1970.
    pub time: i64,
    /// Its key.
    pub key: Option<Bytes>,
    /// Its content.
    pub value: Bytes,
    /// Its headers.
    pub headers: Vec<(String, Bytes)>,
}

impl Record {
    /// The value of a header, if it is a text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.and_then(|(_, value)| std::str::from_utf8(value).ok())
    }
}

/// Writes records as one batch, uncompressed. The broker gives them their offsets.
pub fn write_batch(to: &mut BytesMut, records: &[Record]) {
    let first = records.first().map_or(0, |record| record.time);
    let last = records.iter().map(|record| record.time).max().unwrap_or(0);
    let mut checked = BytesMut::new();
    checked.put_i16(0);
    let many = i32::try_from(records.len()).unwrap_or(i32::MAX);
    checked.put_i32(many - 1);
    checked.put_i64(first);
    checked.put_i64(last);
    // Without a producer's id, epoch and sequence.
    checked.put_i64(-1);
    checked.put_i16(-1);
    checked.put_i32(-1);
    checked.put_i32(many);
    for (place, record) in (0..).zip(records) {
        let mut octets = BytesMut::new();
        put_record(&mut octets, record, place, record.time.saturating_sub(first));
        put_varint_octets(&mut checked, &octets);
    }
    to.put_i64(0);
    super::fields::put_length(to, checked.len() + UNCHECKED);
    to.put_i32(0);
    to.put_i8(2);
    to.put_u32(crc32c(&checked));
    to.put_slice(&checked);
}

fn put_record(to: &mut BytesMut, record: &Record, place: i64, later: i64) {
    to.put_i8(0);
    put_varint(to, later);
    put_varint(to, place);
    match &record.key {
        Some(key) => put_varint_octets(to, key),
        None => put_varint(to, -1),
    }
    put_varint_octets(to, &record.value);
    put_varint(to, i64::try_from(record.headers.len()).unwrap_or(i64::MAX));
    for (name, value) in &record.headers {
        put_varint_octets(to, name.as_bytes());
        put_varint_octets(to, value);
    }
}

/// Transactions that were given up: the producer, and its first offset in the transaction.
pub type GivenUp = (i64, i64);

/// The records of batches without those of transactions that were given up, and the offset behind them. The last batch may be cut
/// short by the broker.
///
/// # Errors
/// A batch is damaged, compressed or of an older version.
pub fn read_batches(
    mut octets: Bytes,
    given_up: &[GivenUp],
) -> Result<(Vec<Record>, Option<i64>), Malformed> {
    let (mut records, mut next) = (Vec::new(), None);
    let mut ended = Vec::new();
    while octets.len() > HEAD {
        let mut reader = Reader(octets.clone());
        let (base, length) = (reader.i64()?, reader.i32()?);
        let length = usize::try_from(length).map_err(|_| Malformed("a batch has a negative length"))?;
        if octets.len() < HEAD + length {
            break;
        }
        octets.advance(HEAD);
        let batch = read_batch(base, octets.split_to(length))?;
        next = Some(batch.next);
        let is_given_up = |(producer, first): &GivenUp| {
            *producer == batch.producer && *first <= base && !ended.contains(&(*producer, *first))
        };
        let of = given_up.iter().find(|one| batch.is_transactional && is_given_up(one));
        match of {
            // The mark at the end of a transaction.
            Some(transaction) if batch.is_control => ended.push(*transaction),
            Some(_) => {}
            None if batch.is_control => {}
            None => records.extend(batch.records),
        }
    }
    Ok((records, next))
}

/// A batch that was read.
struct Batch {
    is_control: bool,
    is_transactional: bool,
    producer: i64,
    records: Vec<Record>,
    /// The offset behind it.
    next: i64,
}

/// Reads one batch, whose offset and length are read.
fn read_batch(base: i64, octets: Bytes) -> Result<Batch, Malformed> {
    let mut reader = Reader(octets);
    let _epoch = reader.i32()?;
    if reader.i8()? != 2 {
        return Err(Malformed("a batch is of an older version than 2, which clients write since Kafka 0.11"));
    }
    let checksum = reader.i32()?.cast_unsigned();
    if crc32c(&reader.0) != checksum {
        return Err(Malformed("the checksum of a batch is wrong"));
    }
    let attributes = reader.i16()?;
    if attributes & COMPRESSED != 0 {
        return Err(Malformed("a batch is compressed: set compression.type=uncompressed on the topic"));
    }
    let next = base.saturating_add(i64::from(reader.i32()?)).saturating_add(1);
    let (first, _last, producer) = (reader.i64()?, reader.i64()?, reader.i64()?);
    let (_epoch, _sequence) = (reader.i16()?, reader.i32()?);
    let records = reader.list(|reader| {
        let one = reader.varint_octets()?.ok_or(Malformed("a record is missing"))?;
        read_record(base, first, &mut Reader(one))
    })?;
    let (is_control, is_transactional) = (attributes & CONTROL != 0, attributes & TRANSACTIONAL != 0);
    Ok(Batch { is_control, is_transactional, producer, records, next })
}

fn read_record(base: i64, first: i64, reader: &mut Reader) -> Result<Record, Malformed> {
    reader.i8()?;
    let time = first.saturating_add(reader.varint()?);
    let offset = base.saturating_add(reader.varint()?);
    let key = reader.varint_octets()?;
    let value = reader.varint_octets()?.unwrap_or_default();
    let many = usize::try_from(reader.varint()?).map_err(|_| Malformed("a record has no headers"))?;
    let mut headers = Vec::new();
    for _ in 0..many {
        let name = reader.varint_octets()?.unwrap_or_default();
        let name = String::from_utf8(name.to_vec()).map_err(|_| Malformed("a header is not UTF-8"))?;
        headers.push((name, reader.varint_octets()?.unwrap_or_default()));
    }
    Ok(Record { offset, time, key, value, headers })
}

/// The table of CRC-32C (Castagnoli), reflected.
const TABLE: [u32; 256] = table();

const fn table() -> [u32; 256] {
    let mut table = [0; 256];
    let mut index = 0;
    while index < 256 {
        let (mut value, mut bit) = (index as u32, 0);
        while bit < 8 {
            value = if value & 1 == 1 { (value >> 1) ^ 0x82F6_3B78 } else { value >> 1 };
            bit += 1;
        }
        #[expect(clippy::indexing_slicing, reason = "the loop ends before the table does")]
        {
            table[index] = value;
        }
        index += 1;
    }
    table
}

fn crc32c(octets: &[u8]) -> u32 {
    let step = |crc: u32, octet: &u8| {
        let index = (crc ^ u32::from(*octet)) & 0xFF;
        let found = usize::try_from(index).ok().and_then(|index| TABLE.get(index));
        found.copied().unwrap_or_default() ^ (crc >> 8)
    };
    !octets.iter().fold(!0, step)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(key: Option<&'static [u8]>, value: &'static [u8]) -> Record {
        let time = 1_700_000_000_000;
        Record {
            time,
            key: key.map(Bytes::from_static),
            value: Bytes::from_static(value),
            ..Record::default()
        }
    }

    #[test]
    fn checksums_are_castagnolis() {
        // RFC 3720, B.4.
        assert_eq!(crc32c(&[0; 32]), 0x8A91_36AA);
        assert_eq!(crc32c(b"123456789"), 0xE306_9283);
    }

    /// The octets are those that `kafka-python` 2.0.2 writes for the same records.
    #[test]
    fn a_batch_is_written_as_others_write_it() {
        let mut to = BytesMut::new();
        let mut one = record(Some(b"k"), b"v");
        one.headers = vec![("h".into(), Bytes::from_static(b"1"))];
        write_batch(&mut to, &[one, record(None, b"two")]);
        let hex = to.iter().fold(String::new(), |hex, octet| hex + &format!("{octet:02x}"));
        let expected = "0000000000000000000000480000000002100e20110000000000010000018bcfe568000000018bcfe56800ffffffffffffffffffffffffffff0000000218000000026b0276020268023112000002010674776f00";
        assert_eq!(hex, expected);
    }

    /// Writes the attributes, offset and producer of a batch that begins there, and its checksum anew.
    fn change(to: &mut BytesMut, begin: usize, attributes: u8, base: u8, producer: u8) {
        to[begin + 7] = base;
        to[begin + 22] = attributes;
        to[begin + 43..begin + 51].copy_from_slice(&i64::from(producer).to_be_bytes());
        let end = begin + HEAD + usize::from(to[begin + 11]);
        let checksum = crc32c(&to[begin + 21..end]);
        to[begin + 17..begin + 21].copy_from_slice(&checksum.to_be_bytes());
    }

    #[test]
    fn batches_are_read_as_they_were_written() {
        let mut to = BytesMut::new();
        let mut second = record(None, b"two");
        second.headers = vec![("id".into(), Bytes::from_static(b"order-7"))];
        second.time += 70;
        write_batch(&mut to, &[record(Some(b"shop"), b"one"), second.clone()]);
        let whole = to.len();
        // Another batch, with offsets from 10 on, and a third that is cut short.
        write_batch(&mut to, &[record(None, b"three")]);
        to[whole + 7] = 10;
        let two = to.len();
        write_batch(&mut to, &[record(None, b"four")]);
        to.truncate(two + 30);
        let (records, next) = read_batches(to.freeze(), &[]).unwrap();
        let told: Vec<_> = records.iter().map(|record| (record.offset, &record.value[..])).collect();
        assert_eq!(told, [(0, &b"one"[..]), (1, b"two"), (10, b"three")]);
        assert_eq!((records[1].header("ID"), records[0].header("id")), (Some("order-7"), None));
        assert_eq!((next, records[0].key.as_deref()), (Some(11), Some(&b"shop"[..])));
        assert_eq!((records[1].time, records[2].time), (second.time, second.time - 70));
        assert_eq!(read_batches(Bytes::new(), &[]).unwrap(), (Vec::new(), None));
    }

    #[test]
    fn transactions_that_were_given_up_are_left_out() {
        let mut to = BytesMut::new();
        // Producer 7 gives up what it writes at 1 and 3; producer 8 commits, and 7's next transaction, too.
        for (base, attributes, producer, value) in [
            (0, 0, 0, &b"plain"[..]),
            (1, 0x10, 7, b"given up"),
            (2, 0x10, 8, b"other"),
            (3, 0x10, 7, b"given up"),
            (4, 0x30, 7, b"mark"),
            (5, 0x10, 7, b"next"),
            (6, 0x30, 7, b"mark"),
            (7, 0x30, 8, b"mark"),
        ] {
            let begin = to.len();
            write_batch(&mut to, &[record(None, value)]);
            change(&mut to, begin, attributes, base, producer);
        }
        let (records, next) = read_batches(to.freeze(), &[(7, 1)]).unwrap();
        let told: Vec<_> = records.iter().map(|record| &record.value[..]).collect();
        assert_eq!((told, next), (vec![&b"plain"[..], b"other", b"next"], Some(8)));
    }

    #[test]
    fn what_is_damaged_compressed_or_old_is_refused() {
        let mut to = BytesMut::new();
        write_batch(&mut to, &[record(None, b"one")]);
        for place in [16, 17, 30, 65] {
            let mut damaged = to.clone();
            damaged[place] ^= 1;
            assert!(read_batches(damaged.freeze(), &[]).is_err(), "{place}");
        }
        change(&mut to, 0, 1, 0, 0);
        assert!(read_batches(to.freeze(), &[]).unwrap_err().0.contains("compressed"));
    }
}
