//! Reads routes, over upstreams and for accounts that there are.

use super::Ids;
use crate::account::AccountDocument;
use crate::document::Set;
use crate::mistake::Notes;
use crate::route::{AFFIX_MAX, AfterReceiptDocument, ReplacementDocument, RewriteDocument, RouteDocument};
use crate::rule::DayWord;
use crate::suggest::suggest;
use crate::upstream::UpstreamDocument;
use postrider_core::account::AccountId;
use postrider_core::automation::Hours;
use postrider_core::message::Class;
use postrider_core::numbering::Prefix;
use postrider_core::rewriting::{Replacement, Rewriting};
use postrider_core::route::{
    AfterReceipt, COST_UNIT, Conditions, Route, RouteUpstream, SenderMatch, UpstreamId, Weights,
};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The highest cost of a part.
const COST_MAX: f64 = 1_000_000.0;

/// All routes, no two of which take the same messages.
pub(super) fn read(set: &Set, ids: &Ids, notes: &Notes<'_>) -> Vec<Route> {
    let mut plain: BTreeMap<(u32, Prefix), &str> = BTreeMap::new();
    let mut routes = Vec::new();
    for (name, entry) in &set.routes {
        let notes = notes.key(name);
        let route = Reading { set, ids, document: &entry.document, notes: &notes }.route();
        if route.conditions.are_prefixes_alone() {
            let prefixes = &route.conditions.prefixes;
            for prefix in if prefixes.is_empty() { &[Prefix::NONE] } else { &**prefixes } {
                if let Some(other) = plain.insert((route.order, *prefix), name) {
                    let what = format!("the route '{other}' has the same, '{prefix}'");
                    let is_first = entry.document.prefix.0.parse().unwrap_or(Prefix::NONE) == *prefix;
                    let key = if is_first { "prefix" } else { "prefixes" };
                    notes.key(key).wrong(what, "write another one, another `order`, or a condition");
                }
            }
        }
        routes.push(route);
    }
    routes
}

/// Replacements in texts.
fn replacements(documents: &[ReplacementDocument], notes: &Notes<'_>) -> Vec<Replacement> {
    let read = |(index, document): (usize, &ReplacementDocument)| {
        let notes = notes.index(index);
        for (key, text) in [("find", &document.find), ("with", &document.with)] {
            let count = text.chars().count();
            if count > AFFIX_MAX {
                notes.key(key).wrong(
                    format_args!("{count} characters are too many"),
                    format_args!("at most {AFFIX_MAX} are allowed"),
                );
            }
        }
        let replacement = Replacement::new(&document.find, &document.with);
        if replacement.is_none() {
            notes.key("find").wrong("this can't be empty", "write what is to be replaced");
        }
        replacement
    };
    documents.iter().enumerate().filter_map(read).collect()
}

/// One document, and what it is read with.
struct Reading<'a> {
    set: &'a Set,
    ids: &'a Ids,
    document: &'a RouteDocument,
    notes: &'a Notes<'a>,
}

impl Reading<'_> {
    fn route(&self) -> Route {
        Route {
            name: self.document.name.as_str().into(),
            order: self.document.order,
            conditions: self.conditions(),
            strategy: self.document.strategy,
            weights: Weights {
                cost: self.document.score.cost.into(),
                time: self.document.score.time.into(),
                delivered: self.document.score.delivered.into(),
                converted: self.document.score.converted.into(),
            },
            explore: self.document.explore,
            least_delivered: self.document.least_delivered,
            upstreams: self.upstreams(),
            rewriting: self.document.rewrite.as_ref().map(|rewrite| Arc::new(self.rewriting(rewrite))),
            after_receipt: self
                .document
                .after_receipt
                .as_ref()
                .map(|rule| Arc::new(self.after_receipt(rule))),
        }
    }

    fn after_receipt(&self, document: &AfterReceiptDocument) -> AfterReceipt {
        let notes = self.notes.key("after_receipt");
        if document.states.is_empty() {
            notes.key("states").wrong("no end is named", "name one, or leave `after_receipt` out");
        }
        if self.document.upstreams.len() < 2 {
            notes.wrong("there is no next upstream", "the route needs two upstreams at least");
        }
        let has = |class: Class| document.classes.iter().any(|word| Class::from(*word) == class);
        AfterReceipt {
            states: document.states.iter().map(|word| (*word).into()).collect(),
            classes: Class::ALL.map(|class| document.classes.is_empty() || has(class)),
            within: document.within.get(),
        }
    }

    fn rewriting(&self, document: &RewriteDocument) -> Rewriting {
        let notes = self.notes.key("rewrite");
        for (key, text) in [("text_before", &document.text_before), ("text_after", &document.text_after)] {
            let count = text.chars().count();
            if count > AFFIX_MAX {
                notes.key(key).wrong(
                    format_args!("{count} characters are too many"),
                    format_args!("at most {AFFIX_MAX} are allowed"),
                );
            }
        }
        Rewriting {
            senders: document.senders.iter().map(|sender| (**sender).clone()).collect(),
            replaces: document.replace,
            least_delivered: document.least_delivered,
            replacements: replacements(&document.text_replace, &notes.key("text_replace")),
            text_before: document.text_before.as_str().into(),
            text_after: document.text_after.as_str().into(),
            gsm_spelling: document.gsm_spelling,
        }
    }

    fn conditions(&self) -> Conditions {
        let document = self.document;
        let parts = (document.parts_min, document.parts_max);
        if parts.0 > parts.1 {
            let what = format!("{} is more than parts_max, which is {}", parts.0, parts.1);
            self.notes.key("parts_min").wrong(what, "");
        }
        Conditions {
            accounts: self.accounts(),
            senders: self.texts("senders", &document.senders).map(SenderMatch::new).collect(),
            prefixes: self.prefixes(),
            countries: document.countries.iter().map(|country| **country).collect(),
            networks: document.networks.iter().map(|network| **network).collect(),
            kinds: document.types.clone(),
            classes: document.classes.iter().map(|class| (*class).into()).collect(),
            tags: self.texts("tags", &document.tags).map(Into::into).collect(),
            words: self.texts("text_contains", &document.text_contains).map(Into::into).collect(),
            parts: (parts != (1, postrider_core::submission::PARTS_MAX)).then_some(parts),
            encodings: document.encodings.clone(),
            hours: self.hours(),
            percent: document.percent,
            salt: salt(&document.name),
        }
    }

    /// Texts that aren't empty.
    fn texts<'t>(&self, setting: &str, texts: &'t [String]) -> impl Iterator<Item = &'t str> {
        for (index, text) in texts.iter().enumerate() {
            if text.trim().is_empty() {
                self.notes.key(setting).index(index).wrong("this can't be empty", "");
            }
        }
        texts.iter().map(String::as_str)
    }

    fn accounts(&self) -> Vec<AccountId> {
        let notes = self.notes.key("accounts");
        let known = |name: &str| self.set.accounts.contains_key(name);
        let names = || self.set.accounts.keys().map(String::as_str);
        each_known("account", &self.document.accounts, known, names, &notes);
        self.document.accounts.iter().map(|name| AccountId(self.ids.get::<AccountDocument>(name))).collect()
    }

    fn prefixes(&self) -> Vec<Prefix> {
        let document = self.document;
        for (index, prefix) in document.prefixes.iter().enumerate() {
            if prefix.0.is_empty() {
                let help = "write a digit at least";
                self.notes.key("prefixes").index(index).wrong("a prefix can't be empty", help);
            }
        }
        let all = std::iter::once(&document.prefix).chain(&document.prefixes);
        all.filter_map(|prefix| prefix.0.parse().ok()).collect()
    }

    fn hours(&self) -> Option<Hours> {
        let document = self.document;
        if document.hours.is_empty() && document.days.is_empty() {
            return None;
        }
        let days = if document.days.is_empty() { &DayWord::ALL[..] } else { &document.days };
        let days: Vec<u8> = days.iter().map(|day| day.number()).collect();
        let times: Vec<(u16, u16)> = document.hours.iter().map(|span| (span.0, span.1)).collect();
        Some(Hours::new(document.zone.0.clone(), &days, &times))
    }

    fn upstreams(&self) -> Vec<RouteUpstream> {
        let (document, notes) = (self.document, self.notes.key("upstreams"));
        if document.upstreams.is_empty() {
            notes.wrong("a route needs at least one upstream", "");
        }
        let known = |name: &str| self.set.upstreams.contains_key(name);
        each_known(
            "upstream",
            &document.upstreams,
            known,
            || self.set.upstreams.keys().map(String::as_str),
            &notes,
        );
        self.check_named("costs", document.costs.keys());
        self.check_named("weights", document.weights.keys());
        if !document.upstreams.is_empty()
            && document.upstreams.iter().all(|name| document.weights.get(name) == Some(&0))
        {
            self.notes.key("weights").wrong("no upstream has a share", "give one of them 1 or more");
        }
        let read = |name: &String| RouteUpstream {
            upstream: UpstreamId(self.ids.get::<UpstreamDocument>(name)),
            cost: document.costs.get(name).and_then(|cost| self.cost(name, *cost)),
            weight: document.weights.get(name).copied().unwrap_or(1),
            network: self
                .set
                .upstreams
                .get(name)
                .and_then(|entry| entry.document.network.as_deref().copied()),
        };
        document.upstreams.iter().map(read).collect()
    }

    /// A cost in millionths.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range is checked")]
    fn cost(&self, upstream: &str, cost: f64) -> Option<u64> {
        if (0.0..=COST_MAX).contains(&cost) {
            return Some((cost * COST_UNIT).round() as u64);
        }
        let help = format!("write 0 to {COST_MAX}");
        self.notes.key("costs").key(upstream).wrong(format_args!("{cost} is out of range"), help);
        None
    }

    /// Notes names that aren't among the route's upstreams.
    fn check_named<'n>(&self, setting: &str, names: impl Iterator<Item = &'n String>) {
        for name in names.filter(|name| !self.document.upstreams.contains(name)) {
            let meant = suggest(name, self.document.upstreams.iter().map(String::as_str));
            let meant = meant.map_or_else(String::new, |meant| format!("did you mean '{meant}'?"));
            self.notes
                .key(setting)
                .key(name)
                .wrong(format_args!("'{name}' is no upstream of this route"), meant);
        }
    }
}

/// Notes names that are given twice, or that nothing has.
pub(super) fn each_known<'n, N: Iterator<Item = &'n str>>(
    what: &str,
    names: &[String],
    known: impl Fn(&str) -> bool,
    all: impl Fn() -> N,
    notes: &Notes<'_>,
) {
    for (index, name) in names.iter().enumerate() {
        let notes = notes.index(index);
        if names.iter().take(index).any(|before| before == name) {
            notes.wrong(format_args!("'{name}' is given twice"), "");
        } else if !known(name) {
            let meant = suggest(name, all());
            let meant = meant.map_or_else(String::new, |meant| format!("did you mean '{meant}'?"));
            notes.wrong(format_args!("there is no {what} '{name}'"), meant);
        }
    }
}

/// A number of a route's name (FNV-1a).
fn salt(name: &str) -> u64 {
    name.bytes()
        .fold(0xCBF2_9CE4_8422_2325, |hash, octet| (hash ^ u64::from(octet)).wrapping_mul(0x100_0000_01B3))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Documents;
    use crate::mistake::{Found, Mistake};
    use crate::tree::Node;
    use postrider_core::route::Strategy;

    fn read_all(text: &str) -> (Vec<Route>, Vec<String>) {
        let around = "[accounts.shop]\n[upstreams.a]\nhost = 'x'\nsystem_id = 'x'\n[upstreams.b]\nhost = 'x'\nsystem_id = 'x'\n";
        let found = Found::default();
        let node: Node = toml::from_str(&format!("{around}{text}")).unwrap();
        let documents: Documents = crate::read_table(&node, &found.notes()).unwrap();
        let mut mistakes = found.into_mistakes();
        let set = Set::of_file(documents, &mut mistakes);
        let found = Found::after(mistakes);
        let routes = read(&set, &Ids::default(), &found.notes().key("routes"));
        (routes, found.into_mistakes().iter().map(Mistake::place).collect())
    }

    #[test]
    fn a_route_has_conditions_and_ranked_upstreams() {
        let text = r#"
            [routes.night]
            order = 10
            prefix = "44"
            prefixes = ["353"]
            countries = ["GB"]
            networks = ["23410", "272"]
            types = ["mobile"]
            accounts = ["shop"]
            senders = ["Shop*"]
            classes = ["otp"]
            text_contains = ["code"]
            parts_max = 2
            encodings = ["gsm7"]
            hours = ["18:00-08:00"]
            days = ["sat", "sun"]
            zone = "Europe/London"
            percent = 50
            upstreams = ["a", "b"]
            strategy = "weighted"
            costs = { a = 0.012345, b = 1 }
            weights = { a = 10 }
        "#;
        let (routes, mistakes) = read_all(text);
        assert_eq!(mistakes, Vec::<String>::new());
        let Route { order, conditions, strategy, upstreams, .. } = &routes[0];
        assert_eq!((*order, conditions.prefixes.len(), conditions.networks.len()), (10, 2, 2));
        assert_eq!(
            (conditions.parts, conditions.percent, conditions.hours.is_some()),
            (Some((1, 2)), 50, true)
        );
        let read: Vec<_> = upstreams.iter().map(|it| (it.cost, it.weight)).collect();
        assert_eq!((*strategy, read), (Strategy::Weighted, vec![(Some(12_345), 10), (Some(1_000_000), 1)]));
    }

    #[test]
    fn routes_differ_by_order_or_a_condition() {
        let (_, mistakes) = read_all(
            "[routes.x]\nupstreams = ['a']\n[routes.y]\norder = 5\nupstreams = ['a']\n\
             [routes.z]\nclasses = ['otp']\nupstreams = ['b']",
        );
        assert_eq!(mistakes, Vec::<String>::new());
        let (_, mistakes) = read_all("[routes.x]\nupstreams = ['a']\n[routes.y]\nupstreams = ['b']");
        assert_eq!(mistakes, ["routes.y.prefix"]);
    }

    #[test]
    fn mistakes_have_their_places() {
        for (line, place) in [
            ("countries = ['UK']", "countries[0]"),
            ("networks = ['23']", "networks[0]"),
            ("types = ['landline']", "types[0]"),
            ("accounts = ['shpo']", "accounts[0]"),
            ("senders = ['']", "senders[0]"),
            ("prefixes = ['']", "prefixes[0]"),
            ("hours = ['8-9']", "hours[0]"),
            ("zone = 'Europe/Londn'", "zone"),
            ("percent = 0", "percent"),
            ("parts_min = 3\nparts_max = 2", "parts_min"),
            ("strategy = 'fast'", "strategy"),
            ("costs = { c = 1 }", "costs.c"),
            ("costs = { a = -1 }", "costs.a"),
            ("weights = { a = 0 }", "weights"),
        ] {
            let (_, mistakes) = read_all(&format!("[routes.x]\nupstreams = ['a']\n{line}"));
            assert_eq!(mistakes, [format!("routes.x.{place}")], "{line}");
        }
    }
}
