//! What holds for every text and for every string of octets.

use postrider_text::header::{self, Concat, Element, Ports, Reference};
use postrider_text::national::{self, Language, Languages, Shifts};
use postrider_text::segment::{self, MAX_PARTS, Options, ReferenceWidth, cost, join, split, split_octets};
use postrider_text::{Encoding, coding, gsm, latin1, septets, transliterate, ucs2};
use proptest::collection::vec;
use proptest::prelude::*;

/// A character of one alphabet or another, so that texts of each come up.
fn character() -> impl Strategy<Value = char> {
    prop_oneof![
        8 => prop::char::range(' ', '~').prop_filter("the alphabet has no grave accent", |&c| c != '`'),
        2 => prop::sample::select("€{}[]^~|\\@£¥èΔΦÅ\r\n\u{c}".chars().collect::<Vec<_>>()),
        1 => prop::sample::select("ğışŞİçáãõêÔ".chars().collect::<Vec<_>>()),
    ]
}

/// A text in the default alphabet, in one or two languages of India, of emoji, or of anything at all.
fn text() -> impl Strategy<Value = String> {
    let gsm = vec(character(), 0..700);
    let indic = vec(prop_oneof![4 => prop::char::range('\u{901}', '\u{97F}'), 1 => character()], 0..400);
    let emoji =
        prop::sample::select(vec!["😀", "👍🏽", "👨\u{200D}👩\u{200D}👧", "🇩🇪", "e\u{301}", "क्षि", "я", "a"]);
    prop_oneof![
        gsm.prop_map(String::from_iter),
        indic.prop_map(String::from_iter),
        vec(emoji, 0..120).prop_map(|parts| parts.concat()),
        vec(any::<char>(), 0..200).prop_map(String::from_iter),
    ]
    // A mark at the start of UCS-2 says how to read it, and is not read as text.
    .prop_filter("byte order mark", |text| !text.starts_with(['\u{FEFF}', '\u{FFFE}']))
}

fn language() -> impl Strategy<Value = Language> {
    prop::sample::select(Language::ALL.to_vec())
}

fn options() -> impl Strategy<Value = Options> {
    let languages = vec(language(), 0..3).prop_map(Languages::from_iter);
    let ports = prop::option::of((any::<u16>(), any::<u16>()));
    (any::<bool>(), languages, any::<bool>(), ports).prop_map(|(wide, languages, latin1, ports)| Options {
        reference: if wide { ReferenceWidth::Sixteen } else { ReferenceWidth::Eight },
        languages,
        latin1,
        ucs2_only: false,
        ports: ports.map(|(destination, source)| Ports { destination, source }),
    })
}

fn concat() -> impl Strategy<Value = Concat> {
    let reference =
        prop_oneof![any::<u8>().prop_map(Reference::Eight), any::<u16>().prop_map(Reference::Sixteen)];
    let parts = (1..=255u8).prop_flat_map(|total| (Just(total), 1..=total));
    (reference, parts).prop_map(|(reference, (total, number))| Concat { reference, total, number })
}

/// An element without borrowed contents; those are added by the property itself.
fn element() -> impl Strategy<Value = Element<'static>> {
    let locking = language().prop_filter("no locking table", |language| language.has_locking());
    prop_oneof![
        concat().prop_map(Element::Concat),
        any::<(u8, u8)>().prop_map(|(destination, source)| Element::Ports8(destination, source)),
        any::<(u16, u16)>().prop_map(|(destination, source)| Element::Ports16(Ports { destination, source })),
        language().prop_map(Element::SingleShift),
        locking.prop_map(Element::LockingShift),
    ]
}

/// The units that a part's data takes in its encoding.
fn units(encoding: Encoding, data: &[u8]) -> usize {
    if encoding == Encoding::Ucs2 { data.len() / 2 } else { data.len() }
}

proptest! {
    #[test]
    fn an_encoded_text_reads_back(text in text(), locking in prop::option::of(language()),
                                  single in prop::option::of(language())) {
        let shifts = Shifts { locking, single };
        let mut data = Vec::new();
        if gsm::encode(&text, &mut data).is_ok() {
            prop_assert_eq!(gsm::decode(&data), text.as_str());
            prop_assert_eq!(gsm::units(&text), Ok(data.len()));
        }
        data.clear();
        if national::encode(&text, shifts, &mut data).is_ok() {
            prop_assert_eq!(national::decode(&data, shifts), text.as_str());
            prop_assert_eq!(national::units(&text, shifts), Ok(data.len()));
        }
        data.clear();
        if latin1::encode(&text, &mut data).is_ok() {
            prop_assert_eq!(latin1::decode(&data), text.as_str());
            prop_assert_eq!(latin1::units(&text), Ok(data.len()));
        }
        data.clear();
        ucs2::encode(&text, &mut data);
        prop_assert_eq!(ucs2::decode(&data), text.as_str());
        prop_assert_eq!(ucs2::units(&text) * 2, data.len());
    }

    #[test]
    fn a_missing_character_is_where_it_is_said_to_be(text in text()) {
        let mut data = vec![1, 2, 3];
        match gsm::encode(&text, &mut data) {
            Ok(()) => prop_assert!(text.chars().all(gsm::contains)),
            Err(missing) => {
                prop_assert_eq!(&data, &[1, 2, 3]);
                prop_assert!(text[missing.position..].starts_with(missing.character));
                prop_assert!(text[..missing.position].chars().all(gsm::contains));
                prop_assert!(!gsm::contains(missing.character));
            }
        }
    }

    #[test]
    fn parts_joined_are_the_text(text in text(), reference: u16, options in options()) {
        let segments = split(&text, reference, &options);
        prop_assert_eq!(join(segments.encoding, &segments.parts), text.as_str());
        // Each part can be read alone, so no escape pair and no surrogate pair is cut.
        let read = |part: &segment::Part| segment::decode(segments.encoding, &part.header, &part.data);
        if !text.contains(['\u{FEFF}', '\u{FFFE}']) {
            prop_assert_eq!(segments.parts.iter().map(read).collect::<String>(), text);
        }
    }

    #[test]
    fn the_cost_is_that_of_the_parts(text in text(), reference: u16, options in options()) {
        let cost = cost(&text, &options);
        let segments = split(&text, reference, &options);
        prop_assert!(cost.parts <= MAX_PARTS);
        prop_assert_eq!((cost.encoding, cost.parts), (segments.encoding, segments.parts.len()));
        let taken = |part: &segment::Part| units(segments.encoding, &part.data);
        prop_assert_eq!(cost.units, segments.parts.iter().map(taken).sum::<usize>());
        prop_assert_eq!(cost.units_left, cost.room - segments.parts.last().map_or(0, taken));
        prop_assert_eq!(cost.forced_by.is_some(), cost.encoding == Encoding::Ucs2);
        if let Some((character, index)) = cost.forced_by {
            prop_assert_eq!(text.chars().nth(index), Some(character));
        }
        for (part, number) in segments.parts.iter().zip(1..) {
            prop_assert_eq!(segment::room(segments.encoding, part.header.len()), cost.room);
            prop_assert!(taken(part) <= cost.room);
            prop_assert_eq!(header::shifts(&part.header), cost.shifts);
            prop_assert_eq!(header::ports(&part.header), options.ports);
            let concat = header::concat(&part.header).map(|concat| (concat.number, usize::from(concat.total)));
            prop_assert_eq!(concat, (cost.parts > 1).then_some((number, cost.parts)));
        }
    }

    #[test]
    fn a_part_fits_its_message_when_packed(text in text(), options in options()) {
        let segments = split(&text, 1, &options);
        for part in &segments.parts {
            let header = if part.header.is_empty() { 0 } else { 1 + part.header.len() };
            let length = match segments.encoding {
                Encoding::Gsm7 => septets::packed_length(part.data.len(), septets::fill_bits(header)),
                _ => part.data.len(),
            };
            prop_assert!(header + length <= segment::USER_DATA_OCTETS);
        }
    }

    #[test]
    fn more_choice_never_costs_more(text in text(), options in options()) {
        let plain = Options { languages: Languages::NONE, latin1: false, ..options };
        prop_assert!(cost(&text, &options).parts <= cost(&text, &plain).parts);
        let wide = Options { reference: ReferenceWidth::Sixteen, ..options };
        prop_assert!(cost(&text, &options).parts <= cost(&text, &wide).parts);
    }

    #[test]
    fn octets_joined_are_the_data(data in vec(any::<u8>(), 0..2000), options in options()) {
        let segments = split_octets(&data, 1, &options);
        prop_assert_eq!(segments.encoding, Encoding::Octets);
        prop_assert_eq!(segments.parts.iter().flat_map(|part| part.data.clone()).collect::<Vec<_>>(), data);
        for part in &segments.parts {
            prop_assert!(part.data.len() <= segment::room(Encoding::Octets, part.header.len()));
        }
    }

    #[test]
    fn a_built_header_reads_back(known in vec(element(), 0..8), id in 0x70..=0x7Fu8,
                                 data in vec(any::<u8>(), 0..60)) {
        let mut elements = known;
        elements.push(Element::Other { id, data: &data });
        let built = header::build(&elements).unwrap();
        prop_assert_eq!(header::parse(&built).collect::<Vec<_>>(), elements);
        let whole = header::prefixed(&built, &data).unwrap();
        prop_assert_eq!(header::split_off(&whole), Some((built.as_slice(), data.as_slice())));
    }

    #[test]
    fn whatever_comes_can_be_read(octets in vec(any::<u8>(), 0..300), count in 0..400usize, fill in 0..=255u8,
                                  locking in prop::option::of(language()), data_coding: u8) {
        // Reading never fails and never makes much more of what came.
        prop_assert!(gsm::decode(&octets).chars().count() <= octets.len());
        let shifts = Shifts { locking, single: locking };
        prop_assert!(national::decode(&octets, shifts).chars().count() <= octets.len());
        prop_assert_eq!(latin1::decode(&octets).chars().count(), octets.len());
        prop_assert!(ucs2::decode(&octets).chars().count() <= octets.len() / 2);
        prop_assert!(header::parse(&octets).count() <= octets.len() / 2);
        prop_assert!(septets::unpack(&octets, count, fill).len() <= count);
        let encoding = coding::of_data_coding(data_coding).encoding;
        prop_assert!(segment::decode(encoding, &octets, &octets).chars().count() <= octets.len());
        if let Some((header, rest)) = header::split_off(&octets) {
            prop_assert_eq!(1 + header.len() + rest.len(), octets.len());
        }
    }

    #[test]
    fn a_header_that_parses_can_be_built_again(octets in vec(any::<u8>(), 0..140)) {
        let elements: Vec<_> = header::parse(&octets).collect();
        let built = header::build(&elements).unwrap();
        prop_assert!(octets.starts_with(&built));
    }

    #[test]
    fn packed_septets_unpack(septets in vec(0..128u8, 0..200), fill in 0..7u8) {
        let mut packed = vec![0xAA];
        septets::pack(&septets, fill, &mut packed);
        let packed = &packed[1..];
        if !septets.is_empty() {
            prop_assert_eq!(packed.len(), septets::packed_length(septets.len(), fill));
        }
        prop_assert_eq!(septets::unpack(packed, septets.len(), fill), septets);
    }

    #[test]
    fn a_respelled_text_is_in_the_alphabet_or_untouched(text in text()) {
        let respelled = transliterate::to_gsm(&text);
        prop_assert!(respelled == text || gsm::units(&respelled).is_ok());
        let again = transliterate::to_gsm(&respelled);
        prop_assert_eq!(&again, &respelled);
    }
}
