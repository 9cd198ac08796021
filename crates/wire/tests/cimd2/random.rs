//! Parameters with random values come back as they were written.

use bytes::BytesMut;
use postrider_wire::cimd2::frame::{Header, write};
use postrider_wire::cimd2::{Frame, Op};
use proptest::collection::vec;
use proptest::prelude::*;

proptest! {
    #[test]
    fn any_octets_are_harmless(octets in vec(any::<u8>(), 0..300)) {
        crate::target::stream(&octets);
    }

    #[test]
    fn parameters_come_back(
        op in 0..100_u8,
        number in any::<u8>(),
        with_checksum in any::<bool>(),
        parameters in vec((0..1_000_u16, vec(prop_oneof![Just(b'\n'), 0x20..=0xFF_u8], 0..20)), 0..6),
    ) {
        let given: Vec<(u16, &[u8])> = parameters.iter().map(|(code, value)| (*code, value.as_slice())).collect();
        let header = Header { op: Op(op), number };
        let mut out = BytesMut::new();
        write(header, &given, with_checksum, &mut out);
        let frame = Frame::read(&out[1..out.len() - 1]).unwrap();
        prop_assert_eq!(frame.header, header);
        prop_assert_eq!(frame.parameters.iter().collect::<Vec<_>>(), given);
    }
}
