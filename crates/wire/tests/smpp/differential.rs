//! An implementation by others reads what we write and writes it the same.

use crate::random::{Fields, fields};
use bytes::BytesMut;
use postrider_wire::smpp::{Encode, Status};
use proptest::prelude::*;
use rusmpp::Command;
use rusmpp::decode::DecodeWithLength;
use rusmpp::encode::{Length, owned::Encode as _};

/// Kinds that only SMPP 3.3 has, which the other doesn't know.
fn is_known_there(fields: &Fields) -> bool {
    !matches!(fields.kind, 15..=17 | 32..=34)
}

/// Parameters of vendors, which may stand in any PDU that has parameters at all.
fn vendor_tlvs() -> impl Strategy<Value = Vec<(u16, Vec<u8>)>> {
    proptest::collection::vec((0x1400..0x3FFF_u16, proptest::collection::vec(any::<u8>(), 0..100)), 0..4)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn the_same_octets(fields in fields(vendor_tlvs()).prop_filter("in 3.4 or 5.0", is_known_there)) {
        let fields = plain(fields);
        let lists = fields.lists();
        let mut ours = BytesMut::new();
        fields.pdu(&lists).encode(Status::ROK, 7, &mut ours).unwrap();
        let mut rest = BytesMut::from(&ours[4..]);
        let length = rest.len();
        let (command, _) = Command::decode(&mut rest, length).map_err(|error| TestCaseError::fail(format!("{error:?}")))?;
        prop_assert_eq!(command.length() + 4, ours.len());
        let mut theirs = BytesMut::from(&ours[..4]);
        command.encode(&mut theirs);
        prop_assert_eq!(theirs, ours);
    }
}

/// What the other is strict about: ASCII, times of full length, and vendors' parameters only where there is room for them.
fn plain(mut fields: Fields) -> Fields {
    let ascii = |string: &mut Vec<u8>| string.iter_mut().for_each(|octet| *octet = b'0' + *octet % 10);
    fields.short.iter_mut().for_each(ascii);
    ascii(&mut fields.message_id);
    ascii(&mut fields.source.2);
    ascii(&mut fields.destination.2);
    for (address, _, _) in &mut fields.others {
        ascii(&mut address.2);
    }
    for time in &mut fields.times {
        *time = if time.len() % 2 == 0 { Vec::new() } else { b"261121225032000+".to_vec() };
    }
    if matches!(fields.kind, 4 | 6 | 8..=11 | 13 | 22 | 26) {
        fields.tlvs.clear();
    }
    fields
}
