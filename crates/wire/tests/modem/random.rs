//! Random octets and messages.

use postrider_wire::modem::tpdu::{
    Address, Incoming, Kind, Stamp, Status, StatusReport, Submit, Validity, digits, read_submit,
};
use proptest::collection::vec;
use proptest::prelude::*;

fn address() -> impl Strategy<Value = Address> {
    ("[0-9*#abc]{1,20}", any::<u8>()).prop_map(|(digits, kind)| {
        // Any type but that of names.
        Address::number(Kind(kind & 0x8F | 0x10), &digits)
    })
}

proptest! {
    #[test]
    fn any_octets_are_harmless(octets in vec(any::<u8>(), 0..300)) {
        crate::target::stream(&octets);
    }

    #[test]
    fn messages_come_back(to in address(), flags in any::<u8>(), data in vec(any::<u8>(), 0..141), vp in any::<u8>()) {
        let submit = Submit {
            rejects_duplicates: flags & 1 != 0,
            wants_report: flags & 2 != 0,
            has_header: flags & 4 != 0,
            reply_path: flags & 8 != 0,
            reference: flags,
            to,
            protocol: flags,
            coding: 0x04,
            validity: if flags & 16 == 0 { Validity::Unsaid } else { Validity::Relative(vp) },
            length: u8::try_from(data.len()).unwrap(),
            data: data.into(),
        };
        let (pdu, length) = digits(&submit.write(), Some(&Address::number(Kind::INTERNATIONAL, "491722270000")));
        prop_assert_eq!(read_submit(pdu.as_bytes(), Some(length)), Ok(submit));
    }

    #[test]
    fn reports_come_back(to in address(), ms in 0..4_000_000_000_i64, quarters in -79..80_i8, status in any::<u8>()) {
        let stamp = Some(Stamp::of(ms * 1_000, quarters)).filter(|stamp| (1_990..2_090).contains(&stamp.at.year));
        let report = StatusReport { reference: status, to, submitted: stamp, done: None, status: Status(status) };
        let (pdu, length) = digits(&report.write(), None);
        prop_assert_eq!(Incoming::read(pdu.as_bytes(), Some(length)), Ok(Incoming::Report(report)));
    }
}
