//! Parts at the edges: exactly full, one over, a pair or a grapheme on the cut.

use postrider_text::header::{self, Concat, Ports, Reference};
use postrider_text::national::{Language, Languages, Shifts};
use postrider_text::segment::{
    Cost, MAX_PARTS, Options, ReferenceWidth, Segments, cost, join, split, split_octets,
};
use postrider_text::{Encoding, ucs2};

fn with_width(reference: ReferenceWidth) -> Options {
    Options { reference, ..Options::default() }
}

fn summary(text: &str, options: &Options) -> (Encoding, usize, usize, usize) {
    let Cost { encoding, units, parts, units_left, .. } = cost(text, options);
    (encoding, units, parts, units_left)
}

fn lengths(segments: &Segments) -> Vec<usize> {
    segments.parts.iter().map(|part| part.data.len()).collect()
}

#[test]
fn septets_fill_160_153_152() {
    let (eight, sixteen) = (with_width(ReferenceWidth::Eight), with_width(ReferenceWidth::Sixteen));
    let gsm7 = Encoding::Gsm7;
    assert_eq!(summary("", &eight), (gsm7, 0, 1, 160));
    assert_eq!(summary(&"a".repeat(160), &eight), (gsm7, 160, 1, 0));
    assert_eq!(summary(&"a".repeat(161), &eight), (gsm7, 161, 2, 145));
    assert_eq!(summary(&"a".repeat(306), &eight), (gsm7, 306, 2, 0));
    assert_eq!(summary(&"a".repeat(307), &eight), (gsm7, 307, 3, 152));
    assert_eq!(summary(&"a".repeat(304), &sixteen), (gsm7, 304, 2, 0));
    assert_eq!(summary(&"a".repeat(305), &sixteen), (gsm7, 305, 3, 151));
    assert_eq!(lengths(&split(&"a".repeat(307), 1, &eight)), [153, 153, 1]);
    assert_eq!(lengths(&split(&"a".repeat(305), 1, &sixteen)), [152, 152, 1]);
}

#[test]
fn units_fill_70_67_66() {
    let (eight, sixteen) = (with_width(ReferenceWidth::Eight), with_width(ReferenceWidth::Sixteen));
    let ucs2 = Encoding::Ucs2;
    assert_eq!(summary(&"я".repeat(70), &eight), (ucs2, 70, 1, 0));
    assert_eq!(summary(&"я".repeat(71), &eight), (ucs2, 71, 2, 63));
    assert_eq!(summary(&"я".repeat(134), &eight), (ucs2, 134, 2, 0));
    assert_eq!(summary(&"я".repeat(135), &eight), (ucs2, 135, 3, 66));
    assert_eq!(summary(&"я".repeat(133), &sixteen), (ucs2, 133, 3, 65));
}

#[test]
fn octets_fill_140_134_133() {
    let (eight, sixteen) = (with_width(ReferenceWidth::Eight), with_width(ReferenceWidth::Sixteen));
    assert_eq!(lengths(&split_octets(&[], 1, &eight)), [0]);
    assert_eq!(lengths(&split_octets(&[7; 140], 1, &eight)), [140]);
    assert_eq!(lengths(&split_octets(&[7; 141], 1, &eight)), [134, 7]);
    assert_eq!(lengths(&split_octets(&[7; 269], 1, &eight)), [134, 134, 1]);
    assert_eq!(lengths(&split_octets(&[7; 267], 1, &sixteen)), [133, 133, 1]);
    let ports = Some(Ports { destination: 2948, source: 9200 });
    let push = split_octets(&[7; 134], 1, &Options { ports, ..eight });
    assert_eq!(lengths(&push), [128, 6]);
    assert_eq!(header::ports(&push.parts[1].header), ports);
}

#[test]
fn an_escape_pair_moves_to_the_next_part_whole() {
    let text = format!("{}€{}", "a".repeat(152), "b".repeat(152));
    assert_eq!(summary(&text, &Options::default()), (Encoding::Gsm7, 306, 3, 152));
    assert_eq!(lengths(&split(&text, 1, &Options::default())), [152, 153, 1]);
}

#[test]
fn a_surrogate_pair_moves_to_the_next_part_whole() {
    let text = format!("{}😀{}", "я".repeat(66), "я".repeat(65));
    let segments = split(&text, 1, &Options::default());
    assert_eq!(lengths(&segments), [132, 134]);
    assert!(ucs2::decode(&segments.parts[1].data).starts_with('😀'));
}

#[test]
fn a_grapheme_moves_whole_unless_that_takes_another_part() {
    let thumb = "👍🏽";
    let roomy = format!("{}{thumb}{}", "я".repeat(65), "я".repeat(10));
    assert_eq!(lengths(&split(&roomy, 1, &Options::default())), [130, 28]);
    // Here the thumb would push the last letter into a third part.
    let full = format!("{}{thumb}{}", "я".repeat(65), "я".repeat(65));
    assert_eq!(lengths(&split(&full, 1, &Options::default())), [134, 134]);
    assert_eq!(cost(&full, &Options::default()).parts, 2);
    // A grapheme longer than a part is cut where it must be.
    let endless = format!("e{}", "\u{301}".repeat(100));
    assert_eq!(lengths(&split(&endless, 1, &Options::default())), [134, 68]);
}

#[test]
fn names_the_character_that_forces_ucs2() {
    let cost_of = |text| cost(text, &Options::default());
    assert_eq!(cost_of("naïve ’").forced_by, Some(('ï', 2)));
    assert_eq!(cost_of("€uro").forced_by, None);
    let turkish = Options { languages: Languages::NONE.with(Language::Turkish), ..Options::default() };
    assert_eq!(cost("ışık 😀", &turkish).forced_by, Some(('😀', 5)));
}

#[test]
fn every_part_says_which_it_is() {
    let text = "a".repeat(400);
    for (width, reference) in [
        (ReferenceWidth::Eight, Reference::Eight(0xCD)),
        (ReferenceWidth::Sixteen, Reference::Sixteen(0xABCD)),
    ] {
        let segments = split(&text, 0xABCD, &with_width(width));
        for (part, number) in segments.parts.iter().zip(1..) {
            assert_eq!(header::concat(&part.header), Some(Concat { reference, total: 3, number }));
        }
    }
    let segments = split(&text, 0xABCD, &Options::default());
    assert_eq!(segments.parts[0].header, [0x00, 3, 0xCD, 3, 1]);
    assert!(split("short", 1, &Options::default()).parts[0].header.is_empty());
}

#[test]
fn too_long_a_text_gives_no_parts() {
    let longest = "a".repeat(153 * MAX_PARTS);
    assert_eq!(split(&longest, 1, &Options::default()).parts.len(), MAX_PARTS);
    let longer = longest + "a";
    assert!(split(&longer, 1, &Options::default()).parts.is_empty());
    assert_eq!(cost(&longer, &Options::default()).parts, MAX_PARTS + 1);
    assert!(split_octets(&[0; 134 * MAX_PARTS + 1], 1, &Options::default()).parts.is_empty());
}

/// Options that allow one language, and what a text then takes.
fn national(language: Language, text: &str) -> (Cost, Segments) {
    let options = Options { languages: Languages::NONE.with(language), ..Options::default() };
    (cost(text, &options), split(text, 9, &options))
}

#[test]
fn national_tables_take_their_room_in_every_part() {
    // Three letters that only the single shift table has, two septets each.
    let (cost, segments) = national(Language::Spanish, "camión, adiós, está");
    assert_eq!(cost.shifts, Shifts { locking: None, single: Some(Language::Spanish) });
    assert_eq!((cost.units, cost.parts, cost.room), (22, 1, 155));
    assert_eq!(segments.parts[0].header, [0x24, 1, 2]);

    // All letters are in the locking table.
    let (cost, segments) = national(Language::Turkish, &"ğ".repeat(155));
    assert_eq!(cost.shifts, Shifts { locking: Some(Language::Turkish), single: None });
    assert_eq!((cost.units, cost.parts, cost.room), (155, 1, 155));
    assert_eq!(segments.parts[0].header, [0x25, 1, 1]);

    // Hindi with capitals: both tables, and 16 septets of header with the concatenation.
    let text = "नमस्ते, SMS ".repeat(20);
    let (cost, segments) = national(Language::Hindi, &text);
    assert_eq!(cost.shifts, Shifts { locking: Some(Language::Hindi), single: Some(Language::Hindi) });
    assert_eq!((cost.units, cost.parts, cost.room), (300, 3, 146));
    assert_eq!(segments.parts[1].header, [0x00, 3, 9, 3, 2, 0x24, 1, 6, 0x25, 1, 6]);
    assert_eq!(join(segments.encoding, &segments.parts), text);
}

#[test]
fn the_plainest_of_equally_cheap_encodings_is_taken() {
    let all = Options { languages: Language::ALL.into_iter().collect(), latin1: true, ..Options::default() };
    assert_eq!(cost("price: 5 € {net}", &all).shifts, Shifts::NONE);
    assert_eq!(cost("ça va", &all).encoding, Encoding::Latin1);
    let no_latin1 = Options { latin1: false, ..all };
    assert_eq!(cost("ya está", &no_latin1).shifts, Shifts { locking: None, single: Some(Language::Spanish) });
    assert_eq!(cost("你好", &all).encoding, Encoding::Ucs2);
    // 140 braces take 280 septets, but 140 octets.
    assert_eq!(cost(&"{".repeat(140), &all).encoding, Encoding::Latin1);
    assert_eq!(cost(&"{".repeat(140), &no_latin1).parts, 2);
}
