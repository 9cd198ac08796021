//! Every alphabet table against a listing of the code points of 3GPP TS 23.038, 6.2.1 and annex A.

#![expect(clippy::unwrap_used, reason = "a listing that does not read is a failed test")]

use postrider_text::gsm;
use postrider_text::national::{self, Language, Shifts};

/// The listing: a title for each table, then 128 code points, `----` where the specification has no character.
const LISTING: &str = include_str!("golden/tables.txt");

struct Golden {
    language: Option<Language>,
    is_locking: bool,
    characters: Vec<Option<char>>,
}

fn listing() -> Vec<Golden> {
    let mut tables = Vec::new();
    let mut lines = LISTING.lines();
    while let Some(title) = lines.next() {
        let (name, kind) = title.split_once(' ').unwrap();
        let rows = lines.by_ref().take(8).flat_map(|row| row.split_once(": ").unwrap().1.split(' '));
        let character = |code| u32::from_str_radix(code, 16).ok().map(|code| char::from_u32(code).unwrap());
        tables.push(Golden {
            language: Language::from_name(name),
            is_locking: kind == "locking",
            characters: rows.map(character).collect(),
        });
    }
    tables
}

const ESCAPE: u8 = 0x1B;

#[test]
fn the_listing_is_complete() {
    let tables = listing();
    assert_eq!(tables.len(), 2 + 12 + 13);
    assert!(tables.iter().all(|table| table.characters.len() == 128));
    let named = tables.iter().filter(|table| table.language.is_some()).count();
    assert_eq!(named, 12 + 13);
}

#[test]
fn locking_tables_are_the_specifications() {
    for table in listing().iter().filter(|table| table.is_locking) {
        let shifts = Shifts { locking: table.language, single: None };
        for (code, &golden) in (0..128).zip(&table.characters) {
            if code == ESCAPE {
                continue;
            }
            let expected = golden.unwrap_or(char::REPLACEMENT_CHARACTER).to_string();
            assert_eq!(national::decode(&[code], shifts), expected, "{:?} {code:#04x}", table.language);
            let Some(golden) = golden else { continue };
            let mut septets = Vec::new();
            national::encode(&golden.to_string(), shifts, &mut septets).unwrap();
            assert_eq!(septets, [code], "{:?} {golden}", table.language);
        }
    }
}

#[test]
fn single_shift_tables_are_the_specifications() {
    for table in listing().iter().filter(|table| !table.is_locking) {
        let shifts = Shifts { locking: None, single: table.language };
        for (code, &golden) in (0..128).zip(&table.characters) {
            if code == ESCAPE {
                continue;
            }
            // What the table lacks is shown as the default alphabet has it.
            let expected = golden.map_or_else(|| gsm::decode(&[code]), String::from);
            assert_eq!(
                national::decode(&[ESCAPE, code], shifts),
                expected,
                "{:?} {code:#04x}",
                table.language
            );
            let Some(golden) = golden else { continue };
            let mut septets = Vec::new();
            national::encode(&golden.to_string(), shifts, &mut septets).unwrap();
            let mut back = gsm::decode(&septets);
            if septets[0] == ESCAPE {
                back = national::decode(&septets, shifts);
            }
            assert_eq!(back, golden.to_string(), "{:?}", table.language);
        }
    }
}

#[test]
fn the_default_tables_are_the_fast_ones() {
    for first in 0..=255 {
        for second in 0..=255 {
            let septets = [first, second];
            assert_eq!(gsm::decode(&septets), national::decode(&septets, Shifts::NONE));
        }
    }
    for character in '\0'..='\u{FFFF}' {
        let text = character.to_string();
        let (mut fast, mut slow) = (Vec::new(), Vec::new());
        let fast_result = gsm::encode(&text, &mut fast);
        assert_eq!(fast_result, national::encode(&text, Shifts::NONE, &mut slow));
        assert_eq!(fast, slow);
        assert_eq!(gsm::units(&text), fast_result.map(|()| fast.len()));
        assert_eq!(gsm::contains(character), fast_result.is_ok());
    }
}

#[test]
fn a_character_that_a_table_has_twice_is_sent_with_its_lowest_code() {
    let shifts = Shifts { locking: Some(Language::Hindi), single: Some(Language::Hindi) };
    let mut septets = Vec::new();
    national::encode("*¡", shifts, &mut septets).unwrap();
    assert_eq!(septets, [ESCAPE, 0x0B, ESCAPE, 0x13]);
    assert_eq!(national::decode(&[ESCAPE, 0x18, ESCAPE, 0x15], shifts), "*¡");
}

#[test]
fn escapes_that_lead_nowhere_are_shown_as_the_specification_says() {
    assert_eq!(gsm::decode(&[ESCAPE, b'a']), "a");
    assert_eq!(gsm::decode(&[ESCAPE, 0x0D]), "\r");
    assert_eq!(gsm::decode(&[ESCAPE, ESCAPE, 0x65]), " e");
    assert_eq!(gsm::decode(&[b'x', ESCAPE]), "x ");
    assert_eq!(gsm::decode(&[ESCAPE, 0x80, 0xFF]), "\u{FFFD}\u{FFFD}");
}

#[test]
fn says_what_is_missing_and_leaves_the_output_alone() {
    let mut out = vec![1, 2];
    let missing = gsm::encode("a€ü`b", &mut out).unwrap_err();
    assert_eq!((missing.character, missing.position), ('`', 6));
    assert_eq!(out, [1, 2]);
    let not_a_character = "\u{FFFF}";
    for language in Language::ALL {
        let shifts = Shifts { locking: Some(language), single: Some(language) };
        assert!(national::encode(not_a_character, shifts, &mut out).is_err());
    }
}

#[test]
fn every_letter_of_a_locking_table_has_one_code() {
    for table in listing().iter().filter(|table| table.is_locking) {
        let mut characters: Vec<_> = table.characters.iter().flatten().collect();
        let all = characters.len();
        characters.sort_unstable();
        characters.dedup();
        assert_eq!(characters.len(), all, "{:?}", table.language);
    }
}
