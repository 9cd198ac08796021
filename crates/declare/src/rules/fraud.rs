//! Reads rules against fraud.

use super::account::classes;
use crate::fraud::{ConversionDocument, FraudActionWord, FraudDocument, VelocityDocument};
use crate::mistake::Notes;
use postrider_core::fraud::{ConversionFloor, FraudRule, Velocity};
use std::sync::Arc;
use std::time::Duration;

const TEN_MINUTES: Duration = Duration::from_secs(600);
const HOUR: Duration = Duration::from_secs(3_600);

/// The rule that is declared at a place.
pub(super) fn fraud(document: &FraudDocument, place: &str, notes: &Notes<'_>) -> Arc<FraudRule> {
    if document.classes.is_empty() {
        notes.key("classes").wrong("this can't be empty", "write a class at least");
    }
    let rule = format!("{place}.fraud");
    let usual = preset(document);
    let or = |given: &Option<VelocityDocument>, usual| given.as_ref().map_or(usual, |it| Some(velocity(it)));
    let read = FraudRule {
        key: FraudRule::key_of(&rule),
        rule: rule.into(),
        classes: classes(&document.classes),
        per_number: or(&document.per_number, usual.per_number),
        per_range: or(&document.per_range, usual.per_range),
        per_prefix: or(&document.per_prefix, usual.per_prefix),
        sequence: or(&document.sequence, usual.sequence),
        new_countries: document.new_countries.unwrap_or(usual.new_countries),
        countries: document.countries.iter().map(|country| **country).collect(),
        refuses: document.action == FraudActionWord::Refuse,
        conversion: document.conversion.as_ref().map_or(usual.conversion, |it| Some(floor(it))),
    };
    if !read.holds_anything() {
        notes.wrong("this holds nothing", "set a limit, or write preset = \"standard\"");
    }
    Arc::new(read)
}

/// The limits of the preset, if there is one.
fn preset(document: &FraudDocument) -> FraudRule {
    if document.preset.is_none() {
        return FraudRule::default();
    }
    FraudRule {
        per_number: Some(Velocity { most: 5, per: TEN_MINUTES }),
        per_range: Some(Velocity { most: 20, per: TEN_MINUTES }),
        per_prefix: Some(Velocity { most: 1_000, per: HOUR }),
        sequence: Some(Velocity { most: 10, per: TEN_MINUTES }),
        new_countries: true,
        conversion: Some(ConversionFloor { least: 10, of: 100 }),
        ..FraudRule::default()
    }
}

fn velocity(document: &VelocityDocument) -> Velocity {
    Velocity { most: document.most, per: document.per.get() }
}

const fn floor(document: &ConversionDocument) -> ConversionFloor {
    ConversionFloor { least: document.least, of: document.of }
}
