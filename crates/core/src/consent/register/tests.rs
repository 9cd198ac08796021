//! Tests of the register.

use super::*;
use std::collections::BTreeSet;

const SHOP: AccountId = AccountId(1);
const BANK: AccountId = AccountId(2);

fn number(digits: u64) -> Number {
    Number::from_digits(digits).unwrap()
}

fn sender(text: &str) -> Sender {
    Sender::parse(text).unwrap()
}

#[test]
fn an_opt_out_holds_for_its_scope_and_no_other() {
    let to = number(447_700_900_123);
    let (code, name) = (sender("60006"), sender("Shop"));
    let cases: [(Scope, [bool; 5]); 6] = [
        // Of shop from 60006, from Shop, from nothing; of bank from 60006, from nothing.
        (Scope::opt_out(None, None), [true, true, true, true, true]),
        (Scope::opt_out(Some(SHOP), None), [true, true, true, false, false]),
        (Scope::opt_out(Some(SHOP), Some(&code)), [true, false, true, false, false]),
        (Scope::opt_out(None, Some(&code)), [true, false, false, true, false]),
        (Scope::block(Some(BANK)), [false, false, false, true, true]),
        (Scope::consent(SHOP, "marketing"), [false; 5]),
    ];
    for (scope, expected) in cases {
        let mut register = Register::default();
        assert!(register.insert(to, &scope) && !register.insert(to, &scope));
        let forbids = |account, sender| register.forbids(to, account, sender, Class::Marketing).is_some();
        let found = [
            forbids(SHOP, Some(&code)),
            forbids(SHOP, Some(&name)),
            forbids(SHOP, None),
            forbids(BANK, Some(&code)),
            forbids(BANK, None),
        ];
        assert_eq!(found, expected, "{scope:?}");
        assert!(register.forbids(number(447_700_900_124), SHOP, Some(&code), Class::Otp).is_none());
        assert!(register.contains(to, &scope) && register.count(scope.kind) == 1);
        assert!(register.remove(to, &scope) && !register.remove(to, &scope));
        assert!(!register.contains(to, &scope) && register.count(scope.kind) == 0);
    }
}

#[test]
fn what_forbids_messages_to_an_erased_number_is_found_by_its_pseudonym() {
    let (mut register, key) = (Register::default(), PseudonymKey::new([7; 16]));
    let (to, scope) = (number(447_700_900_123), Scope::opt_out(Some(SHOP), None));
    register.insert(key.of(to), &scope);
    assert!(register.forbids(to, SHOP, None, Class::Otp).is_none(), "the key is missing");
    register.set_key(key);
    assert!(register.forbids(to, SHOP, None, Class::Otp).is_some());
    assert!(register.forbids(number(447_700_900_124), SHOP, None, Class::Otp).is_none());
    assert!(register.holds(to, &scope) && !register.contains(to, &scope));
    register.remove(key.of(to), &scope);
    assert_eq!((register.pseudonym_of(to), register.holds(to, &scope)), (None, false));
}

#[test]
fn opt_outs_may_spare_classes_and_blocks_spare_none() {
    let (mut register, to) = (Register::default(), number(447_700_900_123));
    register.spare([(SHOP, [false, true, false, false])]);
    register.insert(to, &Scope::opt_out(None, None));
    for (account, class, expected) in [
        (SHOP, Class::Otp, false),
        (SHOP, Class::Transactional, true),
        (SHOP, Class::Marketing, true),
        (BANK, Class::Otp, true),
    ] {
        assert_eq!(register.forbids(to, account, None, class).is_some(), expected, "{account:?} {class:?}");
    }
    register.insert(to, &Scope::block(None));
    assert!(register.forbids(to, SHOP, None, Class::Otp).is_some());
}

#[test]
fn the_version_changes_with_whatever_may_forbid_more() {
    let (mut register, to) = (Register::default(), number(447_700_900_123));
    let mut before = 0;
    let mut changes = |register: &Register, expected: bool| {
        assert_eq!(register.version() != before, expected, "{}", register.version());
        before = register.version();
    };
    changes(&register, true);
    register.insert(to, &Scope::opt_out(None, None));
    changes(&register, true);
    register.insert(to, &Scope::opt_out(None, None));
    register.remove(to, &Scope::opt_out(None, None));
    changes(&register, false);
    register.spare([]);
    changes(&register, true);
    register.set_key(PseudonymKey::new([7; 16]));
    changes(&register, true);
}

#[test]
fn a_number_is_forbidden_for_as_long_as_anything_holds() {
    let (mut register, to) = (Register::default(), number(447_700_900_123));
    let scopes = [Scope::opt_out(Some(SHOP), None), Scope::block(None), Scope::opt_out(None, None)];
    scopes.iter().for_each(|scope| assert!(register.insert(to, scope)));
    for scope in &scopes {
        assert!(register.forbids(to, SHOP, None, Class::Otp).is_some());
        register.remove(to, scope);
    }
    assert!(register.forbids(to, SHOP, None, Class::Otp).is_none());
}

#[test]
fn consent_is_of_an_account_and_a_purpose() {
    let (mut register, to) = (Register::default(), number(447_700_900_123));
    register.insert(to, &Scope::consent(SHOP, "marketing"));
    for (account, purposes, expected) in [
        (SHOP, &["marketing"][..], true),
        (SHOP, &["news", "marketing"], true),
        (SHOP, &[], true),
        (SHOP, &["news"], false),
        (BANK, &["marketing"], false),
    ] {
        let purposes: Vec<Box<str>> = purposes.iter().map(|purpose| (*purpose).into()).collect();
        assert_eq!(register.has_consent(to, account, &purposes), expected, "{account:?} {purposes:?}");
    }
}

/// The same as a set, whatever is entered and struck out: neighbours, shared slots, growth, the ends of shards.
#[test]
fn it_is_exact() {
    let mut register = Register::default();
    let scopes: Vec<Scope> = (1..4).map(|account| Scope::opt_out(Some(AccountId(account)), None)).collect();
    let mut expected = BTreeSet::new();
    let mut dice = 1_u64;
    for _ in 0..200_000 {
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let digits = 447_700_000_000 + (dice >> 33) % 30_000;
        let scope = usize::try_from(dice >> 20).unwrap() % 3;
        if dice >> 60 < 9 {
            assert_eq!(register.insert(number(digits), &scopes[scope]), expected.insert((digits, scope)));
        } else {
            assert_eq!(register.remove(number(digits), &scopes[scope]), expected.remove(&(digits, scope)));
        }
    }
    for digits in 447_700_000_000..447_700_030_000 {
        for (index, scope) in scopes.iter().enumerate() {
            assert_eq!(register.contains(number(digits), scope), expected.contains(&(digits, index)));
        }
    }
    assert_eq!(register.count(Kind::OptOut), expected.len());
}

#[test]
fn no_two_numbers_fall_together() {
    let mut places = BTreeSet::new();
    for digits in [100, 101, 999_999, 447_700_900_123, 447_700_900_124, 999_999_999_999_999] {
        assert!(places.insert(place(number(digits))), "{digits}");
    }
}

#[test]
fn an_entry_takes_less_than_fifteen_octets() {
    let (mut register, scope) = (Register::default(), Scope::opt_out(Some(SHOP), None));
    for count in 1..=3_200_000_u64 {
        register.insert(number(447_700_000_000 + count * 7), &scope);
        if count % 200_000 == 0 && count >= 2_600_000 {
            let each = register.memory() as f64 / count as f64;
            assert!(each < 15.0, "{count} entries take {each} octets each");
        }
    }
}
