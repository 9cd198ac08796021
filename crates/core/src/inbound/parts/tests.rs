//! Parts in every order, doubled and missing.

use super::*;
use crate::inbound::Address;
use crate::sender::Sender;

const NOW: Time = Time(1_800_000_000_000);
const LIMIT: Time = Time(NOW.0 + 120_000);

fn part_of(id: u64, number: u8, total: u8, encoding: Encoding, data: &[u8]) -> InboundPart {
    let address = |text: &str| Address { given: text.into(), understood: Sender::parse(text).ok() };
    let inbound = Inbound {
        from: address("+447700900123"),
        to: address("60006"),
        body: Body::Data { encoding, header: [0, 3, 7, total, number].into(), data: data.into() },
        encoding,
        flash: false,
        reference: None,
        parameters: Box::default(),
    };
    let (key, number) = PartsKey::of(&inbound).unwrap();
    let (id, upstream) = (MessageId::from_number(id), UpstreamId(1));
    InboundPart { id, upstream, until: LIMIT, joined: None, key, number, inbound }
}

fn part(id: u64, number: u8, total: u8, text: &str) -> InboundPart {
    part_of(id, number, total, Encoding::Gsm7, text.as_bytes())
}

fn joined(part: InboundPart, of: u64) -> InboundPart {
    InboundPart { joined: Some(MessageId::from_number(of)), ..part }
}

/// The texts of what comes of parts, and how they stand.
fn told(parts: &[InboundPart], now: Time) -> Vec<(String, Standing)> {
    let told = |(assembly, standing): &(Assembly<'_>, Standing)| {
        let (_, inbound) = assembly.inbound().unwrap();
        let Body::Text(text) = inbound.body else { panic!("{inbound:?}") };
        (text.into_string(), *standing)
    };
    assemblies(parts, now).iter().map(told).collect()
}

#[test]
fn a_message_is_whole_in_whatever_order_its_parts_come() {
    let [a, b, c] = [(1, "one "), (2, "two "), (3, "three")];
    for order in [[a, b, c], [a, c, b], [b, a, c], [b, c, a], [c, a, b], [c, b, a]] {
        let parts: Vec<InboundPart> =
            order.iter().zip(1..).map(|((number, text), id)| part(id, *number, 3, text)).collect();
        assert_eq!(told(&parts, NOW), [("one two three".to_owned(), Standing::Whole)], "{order:?}");
        assert_eq!(told(&parts[..2], NOW)[0].1, Standing::Waiting);
    }
}

#[test]
fn parts_that_come_twice_are_parts_once() {
    let doubled = [part(1, 1, 2, "a"), part(2, 1, 2, "a"), part(3, 2, 2, "b")];
    assert_eq!(told(&doubled, NOW), [("ab".to_owned(), Standing::Whole)]);
    assert_eq!(assemblies(&doubled, NOW)[0].0.ids().len(), 3);
    // One that comes after the message was put together waits, and is then known as what it is.
    let of = MessageId::from_number(9);
    let late = [joined(part(1, 1, 2, "a"), 9), joined(part(2, 2, 2, "b"), 9), part(3, 2, 2, "b")];
    assert_eq!(told(&late, NOW)[0].1, Standing::Waiting);
    assert_eq!(told(&late, LIMIT)[0].1, Standing::Repeated(of));
    let whole = [late.to_vec(), vec![part(4, 1, 2, "a")]].concat();
    assert_eq!(told(&whole, NOW)[0].1, Standing::Repeated(of));
    // Another message that begins alike is none.
    let other = [late[..2].to_vec(), vec![part(3, 1, 2, "a"), part(4, 2, 2, "c")]].concat();
    assert_eq!(told(&other, NOW), [("ac".to_owned(), Standing::Whole)]);
}

#[test]
fn two_messages_with_one_reference_are_kept_apart() {
    let parts = [part(1, 1, 2, "a"), part(2, 1, 2, "c"), part(3, 2, 2, "b"), part(4, 2, 2, "d")];
    let expected = [("ab".to_owned(), Standing::Whole), ("cd".to_owned(), Standing::Whole)];
    assert_eq!(told(&parts, NOW), expected);
}

#[test]
fn what_is_missing_is_marked_when_it_was_waited_for_long_enough() {
    let at = |numbers: &[u8]| {
        let parts: Vec<InboundPart> =
            numbers.iter().map(|number| part(u64::from(*number), *number, 4, &number.to_string())).collect();
        assert_eq!(told(&parts, Time(LIMIT.0 - 1))[0].1, Standing::Waiting);
        let (assembly, _) = &assemblies(&parts, LIMIT)[0];
        let received = assembly.received(MessageId::from_number(7), LIMIT, assembly.inbound().unwrap(), None);
        assert_eq!((received.parts, usize::from(received.missing)), (4, 4 - numbers.len()));
        let [(text, Standing::Incomplete)] = &told(&parts, LIMIT)[..] else { panic!("{numbers:?}") };
        text.clone()
    };
    assert_eq!(at(&[1, 2, 4]), "12[...]4");
    assert_eq!(at(&[2, 3]), "[...]23[...]");
    assert_eq!(at(&[1]), "1[...]");
}

#[test]
fn characters_that_are_cut_in_two_are_whole_again() {
    // A surrogate pair, and an escape of the GSM alphabet.
    let parts = [
        part_of(1, 1, 2, Encoding::Ucs2, b"\x04\x16\xd8\x3d"),
        part_of(2, 2, 2, Encoding::Ucs2, b"\xde\x00"),
    ];
    assert_eq!(told(&parts, NOW)[0].0, "\u{416}\u{1f600}");
    let parts = [part_of(1, 1, 2, Encoding::Gsm7, b"5 \x1b"), part_of(2, 2, 2, Encoding::Gsm7, b"e!")];
    assert_eq!(told(&parts, NOW)[0].0, "5 \u{20ac}!");
    let parts = [part_of(1, 1, 2, Encoding::Gsm7, b"a"), part_of(2, 2, 2, Encoding::Ucs2, b"\x04\x16")];
    assert_eq!(told(&parts, NOW)[0].0, "a\u{416}");
}

#[test]
fn octets_are_joined_behind_their_ports() {
    let with_ports = |id, number, data: &[u8]| {
        let mut part = part_of(id, number, 2, Encoding::Octets, data);
        let header = [5, 4, 0x15, 0x81, 0, 9, 0, 3, 7, 2, number];
        part.inbound.body =
            Body::Data { encoding: Encoding::Octets, header: header.into(), data: data.into() };
        part
    };
    let parts = [with_ports(1, 2, b"\x02\x03"), with_ports(2, 1, b"\x00\x01")];
    let (_, whole) = assemblies(&parts, NOW)[0].0.inbound().unwrap();
    let header = [5, 4, 0x15, 0x81, 0, 9];
    let body = Body::Data { encoding: Encoding::Octets, header: header.into(), data: [0, 1, 2, 3].into() };
    assert_eq!(whole.body, body);
}

#[test]
fn a_message_in_one_piece_is_no_part() {
    let mut single = part(1, 1, 2, "a").inbound;
    single.body = Body::Text("a".into());
    assert_eq!(PartsKey::of(&single), None);
    single.body = Body::Data { encoding: Encoding::Octets, header: [0, 3, 7, 1, 1].into(), data: [1].into() };
    assert_eq!(PartsKey::of(&single), None);
}
