//! What rules against fraud make of messages.

use super::*;

const NOW: Time = Time(1_800_000_000_000);
const SHOP: AccountId = AccountId(1);
const MINUTE: Duration = Duration::from_secs(60);

fn rule() -> FraudRule {
    FraudRule {
        rule: "policies.otp.fraud".into(),
        key: 7,
        classes: [false, true, false, false],
        ..FraudRule::default()
    }
}

fn number(digits: u64) -> Number {
    Number::from_digits(digits).unwrap()
}

/// The settings that hold the messages to these numbers, one a second; empty where nothing does.
fn held(rule: &FraudRule, shared: &Shared, numbers: impl IntoIterator<Item = u64>) -> Vec<String> {
    let mut sightings = Sightings::default();
    let one = |(second, digits): (usize, u64)| {
        let (to, now) = (number(digits), NOW + Duration::from_secs(second as u64));
        let facts = FraudFacts { sightings: &sightings, shared };
        let found = rule.suspicion(SHOP, None, to, facts, now);
        sightings.note(rule, SHOP, to, now);
        let setting = found.map(|it| it.rule.trim_start_matches("policies.otp.fraud").to_owned());
        setting.unwrap_or_default()
    };
    numbers.into_iter().enumerate().map(one).collect()
}

#[test]
fn velocity_is_held_to_by_number_range_and_prefix() {
    let three = Some(Velocity { most: 3, per: MINUTE });
    let same = [447_700_900_123; 4];
    let near = [447_700_900_000, 447_700_900_300, 447_700_900_600, 447_700_900_900];
    let far = [447_700_000_000, 447_700_300_000, 447_700_600_000, 447_700_900_000];
    let elsewhere = [447_700_000_000, 447_800_000_000, 447_900_000_000, 491_700_000_000];
    for (rule, setting, numbers, is_held) in [
        (FraudRule { per_number: three, ..rule() }, ".per_number", same, true),
        (FraudRule { per_number: three, ..rule() }, ".per_number", near, false),
        (FraudRule { per_range: three, ..rule() }, ".per_range", near, true),
        (FraudRule { per_range: three, ..rule() }, ".per_range", far, false),
        (FraudRule { per_prefix: three, ..rule() }, ".per_prefix", far, true),
        (FraudRule { per_prefix: three, ..rule() }, ".per_prefix", elsewhere, false),
    ] {
        let expected = ["", "", "", if is_held { setting } else { "" }];
        assert_eq!(held(&rule, &Shared::default(), numbers), expected, "{setting} {numbers:?}");
    }
}

#[test]
fn an_attack_stays_held_while_it_goes_on() {
    let rule = FraudRule { per_prefix: Some(Velocity { most: 10, per: MINUTE }), ..rule() };
    let attack = (0..300).map(|n| 447_700_000_000 + n * 3_001);
    let held = held(&rule, &Shared::default(), attack);
    assert!(held.iter().take(10).all(String::is_empty));
    assert!(held.iter().skip(10).all(|setting| setting == ".per_prefix"), "what is held counts, too");
}

#[test]
fn sequential_numbers_are_held_and_scattered_ones_are_not() {
    let rule = FraudRule { sequence: Some(Velocity { most: 5, per: MINUTE }), ..rule() };
    let scattered = (0..50).map(|n| 447_700_000_000 + n * 7_919);
    assert!(held(&rule, &Shared::default(), scattered).iter().all(String::is_empty));
    let sequential = held(&rule, &Shared::default(), (0..20).map(|n| 447_700_900_100 + n * 2));
    assert_eq!(sequential.iter().filter(|it| it.is_empty()).count(), 5);
    assert!(sequential.iter().skip(5).all(|it| it == ".sequence"));
}

#[test]
fn a_country_is_new_until_something_was_delivered_there() {
    let (gb, de, fr) = ("GB".parse().unwrap(), "DE".parse().unwrap(), "FR".parse().unwrap());
    let sightings = Sightings::default();
    let used = |countries: &[Country]| Shared {
        countries: countries.iter().copied().collect(),
        ..Shared::default()
    };
    for (home, named, shared, to, is_held) in [
        (None, vec![], used(&[gb]), 447_700_900_123, false),
        (None, vec![], used(&[gb]), 491_701_234_567, true),
        (None, vec![], used(&[gb, de]), 491_701_234_567, false),
        (None, vec![de], used(&[gb]), 491_701_234_567, false),
        (Some(de), vec![], used(&[]), 491_701_234_567, false),
        (Some(gb), vec![], used(&[]), 491_701_234_567, true),
        (None, vec![fr], used(&[]), 491_701_234_567, true),
        // Nothing is known of the account.
        (None, vec![], used(&[]), 491_701_234_567, false),
    ] {
        let rule = FraudRule { new_countries: true, countries: named, ..rule() };
        let facts = FraudFacts { sightings: &sightings, shared: &shared };
        let found = rule.suspicion(SHOP, home, number(to), facts, NOW);
        assert_eq!(found.is_some(), is_held, "{home:?} {:?} {shared:?} {to}", rule.countries);
    }
}

#[test]
fn codes_that_nobody_enters_are_held_where_conversions_are_fed_back() {
    let rule = FraudRule { conversion: Some(ConversionFloor { least: 10, of: 50 }), ..rule() };
    let prefix = 447_700;
    for (sent, converted, converts, is_held) in [
        (50, 0, true, true),
        (50, 4, true, true),
        (50, 5, true, false),
        (49, 0, true, false),
        (1_000, 0, false, false),
    ] {
        let conversions = [(prefix, Conversions { sent, converted })].into();
        let shared = Shared { conversions, converts, ..Shared::default() };
        let found = held(&rule, &shared, [447_700_900_123]);
        assert_eq!(found == [".conversion"], is_held, "{converted} of {sent}, {converts}");
        assert_eq!(held(&rule, &shared, [491_701_234_567]), [""], "another prefix");
    }
}

#[test]
fn only_its_classes_and_handsets_are_looked_at() {
    let rule = rule();
    assert!(rule.looks_at(Class::Otp, number(447_700_900_123)));
    assert!(!rule.looks_at(Class::Marketing, number(447_700_900_123)));
    assert!(!rule.looks_at(Class::Otp, Number::parse_recipient("60006").unwrap()));
}
