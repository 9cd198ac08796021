//! Messages of random texts and octets come back as they were written.

use postrider_wire::mm7::{Address, Content, Dialect, Envelope, Operation, Submit, read, write};
use proptest::collection::vec;
use proptest::prelude::*;

proptest! {
    #[test]
    fn any_octets_are_harmless(octets in vec(any::<u8>(), 0..300)) {
        crate::target::body(&octets);
    }

    #[test]
    fn texts_and_media_come_back(
        subject in "[^\\p{C}\\s]{1,40}",
        to in "[0-9]{5,15}",
        octets in vec(any::<u8>(), 0..3_000),
        kind in prop_oneof![Just("image/jpeg"), Just("video/mp4"), Just("text/plain; charset=utf-8")],
    ) {
        let submit = Submit {
            to: vec![Address::number(to)],
            subject: Some(subject),
            content: Some("c".into()),
            ..Submit::default()
        };
        let envelope =
            Envelope { transaction: "7".into(), dialect: Dialect::default(), operation: Operation::SubmitReq(submit) };
        let media = [Content { content_type: kind.into(), name: "1.x".into(), octets }];
        let packaged = write(&envelope, Some("c"), &media);
        let found = read(&packaged.content_type, &packaged.body).unwrap();
        prop_assert_eq!(found.envelope, envelope);
        prop_assert_eq!(&found.contents[1..], &media);
    }
}
