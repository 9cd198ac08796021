//! The table of routes, and how a message's route is found.

use super::after_receipt::AfterReceipt;
use super::conditions::{Conditions, Mismatch};
use super::index::Index;
use super::strategy::{EXPLORE_USUAL, Load, Ranking, RouteUpstream, Strategy, Weights};
use super::{Plan, UpstreamId};
use crate::account::AccountId;
use crate::message::{Body, Class};
use crate::number::Number;
use crate::numbering::{Destination, NetworkCode, Prefix};
use crate::quality::Place;
use crate::rewriting::Rewriting;
use crate::sender::Sender;
use crate::time::Time;
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// The order of routes that say none.
pub const ORDER_USUAL: u32 = 100;

/// A route: messages that meet its conditions go by its upstreams, unless a route before it takes them.
#[derive(Clone, Debug, Default)]
pub struct Route {
    /// Its name, unique.
    pub name: Box<str>,
    /// Its place: lower ones are before higher ones. Of routes with one place, that with the longest prefix that fits decides.
    pub order: u32,
    /// The conditions that a message must meet, all of them.
    pub conditions: Conditions,
    /// How its upstreams are ranked.
    pub strategy: Strategy,
    /// How much each measure counts for the score.
    pub weights: Weights,
    /// The share of messages that go by an upstream other than the best one, in percent.
    pub explore: u8,
    /// The least share that its upstreams must deliver, in percent; those that don't come last. 0 asks for nothing.
    pub least_delivered: u8,
    /// Its upstreams, in the order in which they are declared.
    pub upstreams: Vec<RouteUpstream>,
    /// What it changes of its messages.
    pub rewriting: Option<Arc<Rewriting>>,
    /// When its messages go by another upstream though one took them; `None` is never.
    pub after_receipt: Option<Arc<AfterReceipt>>,
}

impl Route {
    /// A route of numbers with this prefix (digits; none for all numbers) over upstreams in order.
    #[must_use]
    pub fn by_prefix(name: &str, prefix: &str, upstreams: &[UpstreamId]) -> Self {
        let prefixes = prefix.parse().into_iter().collect();
        Self {
            name: name.into(),
            order: ORDER_USUAL,
            conditions: Conditions { prefixes, ..Conditions::default() },
            strategy: Strategy::Priority,
            weights: Weights::default(),
            explore: EXPLORE_USUAL,
            least_delivered: 0,
            upstreams: upstreams.iter().map(|upstream| RouteUpstream::plain(*upstream)).collect(),
            rewriting: None,
            after_receipt: None,
        }
    }

    /// Whether it goes by this upstream.
    #[must_use]
    pub fn has(&self, upstream: UpstreamId) -> bool {
        self.upstreams.iter().any(|it| it.upstream == upstream)
    }

    /// How its upstreams are ranked for a message to this place.
    #[must_use]
    pub const fn ranking<'a>(&self, load: &'a dyn Load, place: Place, dice: u64) -> Ranking<'a> {
        let Self { strategy, weights, explore, least_delivered, .. } = *self;
        Ranking { strategy, weights, explore, least_delivered, load, place, dice }
    }

    /// The plan that keeps the order of the declaration.
    fn declared_plan(&self) -> Plan {
        Plan { route: self.name.clone(), upstreams: self.upstreams.iter().map(|it| it.upstream).collect() }
    }
}

/// What routes look at of a message.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// Whose it is.
    pub account: AccountId,
    /// Its sender, as the client wants it.
    pub from: Option<&'a Sender>,
    /// Its recipient.
    pub to: Number,
    /// What is known of the recipient's number.
    pub destination: Destination,
    /// The recipient's network, if it is known.
    pub network: Option<NetworkCode>,
    /// Its purpose.
    pub class: Class,
    /// Its content.
    pub body: &'a Body,
    /// Words that its client has marked it with, a line for each.
    pub tags: Option<&'a str>,
    /// How many parts it has.
    pub parts: u8,
    /// When it is.
    pub now: Time,
}

impl Asked<'_> {
    /// The place that upstreams are measured towards.
    #[must_use]
    pub fn place(&self) -> Place {
        Place::new(self.network, &self.destination)
    }
}

/// A route, and its plan as it is declared.
#[derive(Clone, Debug)]
struct Entry {
    route: Route,
    plan: Arc<Plan>,
}

/// All routes, in the order in which they are tried.
#[derive(Clone, Debug, Default)]
pub struct Table {
    entries: Vec<Entry>,
    index: Index,
    /// The routes that have such a rule, by name.
    after_receipts: BTreeMap<Box<str>, Arc<AfterReceipt>>,
    /// The places of each route.
    names: HashMap<Box<str>, Vec<usize>>,
}

impl Table {
    /// A table of these routes. Of two that are equal but for their names, the first is tried first.
    #[must_use]
    pub fn new(routes: Vec<Route>) -> Self {
        let rule = |route: &Route| Some((route.name.clone(), Arc::clone(route.after_receipt.as_ref()?)));
        let after_receipts = routes.iter().filter_map(rule).collect();
        let split = |route: Route| {
            // A route with several prefixes stands at several places: each prefix has its own length.
            let mut lengths: Vec<u8> = route.conditions.prefixes.iter().map(|it| it.length()).collect();
            lengths.sort_unstable();
            lengths.dedup();
            let lengths = if lengths.is_empty() { vec![0] } else { lengths };
            lengths.into_iter().map(move |length| (length, route.clone()))
        };
        let mut placed: Vec<(u8, Route)> = routes.into_iter().flat_map(split).collect();
        placed.sort_by_key(|(length, route)| (route.order, Reverse(*length)));
        let index = Index::new(placed.iter().map(|(length, route)| (*length, &route.conditions)));
        let mut names: HashMap<Box<str>, Vec<usize>> = HashMap::new();
        for (place, (_, route)) in placed.iter().enumerate() {
            names.entry(route.name.clone()).or_default().push(place);
        }
        let entry = |(_, route): (u8, Route)| Entry { plan: Arc::new(route.declared_plan()), route };
        Self { entries: placed.into_iter().map(entry).collect(), index, after_receipts, names }
    }

    /// The routes, in the order in which they are tried. One with prefixes of several lengths is there several times.
    pub fn routes(&self) -> impl Iterator<Item = &Route> {
        self.entries.iter().map(|entry| &entry.route)
    }

    /// When messages that this route has planned go by another upstream though one took them.
    #[must_use]
    pub fn after_receipt(&self, route: &str) -> Option<&AfterReceipt> {
        self.after_receipts.get(route).map(|rule| &**rule)
    }

    /// The first route that takes the message.
    #[must_use]
    pub fn find(&self, asked: &Asked<'_>) -> Option<&Route> {
        self.place(asked).map(|place| &self.entries[place].route)
    }

    fn place(&self, asked: &Asked<'_>) -> Option<usize> {
        let takes = |place: usize| self.entries[place].route.conditions.mismatch(asked).is_none();
        self.index.first(asked, takes)
    }

    /// The plan of a message, and its route. `dice` is any number that differs from message to message.
    #[must_use]
    pub fn plan(&self, asked: &Asked<'_>, load: &dyn Load, dice: u64) -> Option<(Arc<Plan>, &Route)> {
        self.plan_at(self.place(asked)?, asked, load, dice)
    }

    /// The plan by the route of this name, if it takes the message, whichever are before it.
    #[must_use]
    pub fn plan_by(
        &self,
        name: &str,
        asked: &Asked<'_>,
        load: &dyn Load,
        dice: u64,
    ) -> Option<(Arc<Plan>, &Route)> {
        let takes = |place: &&usize| self.entries[**place].route.conditions.mismatch(asked).is_none();
        let place = *self.names.get(name)?.iter().find(takes)?;
        self.plan_at(place, asked, load, dice)
    }

    fn plan_at(
        &self,
        place: usize,
        asked: &Asked<'_>,
        load: &dyn Load,
        dice: u64,
    ) -> Option<(Arc<Plan>, &Route)> {
        let Entry { route, plan } = &self.entries[place];
        if route.upstreams.is_empty() {
            return None;
        }
        let ranked = route.ranking(load, asked.place(), dice).rank(&route.upstreams);
        let plan = match ranked {
            None => Arc::clone(plan),
            Some(upstreams) => Arc::new(Plan { route: route.name.clone(), upstreams }),
        };
        Some((plan, route))
    }

    /// The route of this name, with why it doesn't take the message.
    #[must_use]
    pub fn tried_by(&self, name: &str, asked: &Asked<'_>) -> Option<(&Route, Option<Mismatch>)> {
        let place = *self.names.get(name)?.first()?;
        let route = &self.entries[place].route;
        Some((route, route.conditions.mismatch(asked)))
    }

    /// The routes up to the one that takes the message, each with why it doesn't. It is for people; it looks at every route.
    pub fn tried<'a>(&'a self, asked: &'a Asked<'_>) -> impl Iterator<Item = (&'a Route, Option<Mismatch>)> {
        let end = self.place(asked).map_or(self.entries.len(), |place| place + 1);
        let tried = self.entries.iter().take(end);
        tried.map(|entry| (&entry.route, entry.route.conditions.mismatch(asked)))
    }
}

/// Whether a prefix is one of the number's. A short code begins with no country code, so that only a prefix of all its digits
/// is one of it.
pub(crate) fn is_prefix(prefix: Prefix, to: Number) -> bool {
    prefix.starts(to) && (!to.is_short_code() || u32::from(prefix.length()) == to.digits().ilog10() + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numbering::{NumberKind, Numbering};
    use crate::route::idle::Idle;
    use crate::route::{NetworkMatch, SenderMatch};
    use proptest::prelude::*;

    const A: UpstreamId = UpstreamId(1);
    const B: UpstreamId = UpstreamId(2);
    const C: UpstreamId = UpstreamId(3);

    fn body() -> Body {
        Body::Text("Your code is 1234".into())
    }

    fn asked<'a>(to: &str, body: &'a Body) -> Asked<'a> {
        let to = Number::parse_recipient(to).unwrap();
        Asked {
            account: AccountId(1),
            from: None,
            to,
            destination: Numbering::default().find(to, Time(0)),
            network: None,
            class: Class::Transactional,
            body,
            tags: None,
            parts: 1,
            now: Time(0),
        }
    }

    fn found(routes: Vec<Route>, to: &str) -> Option<String> {
        let table = Table::new(routes);
        table.plan(&asked(to, &body()), &Idle, 0).map(|(plan, _)| plan.route.to_string())
    }

    fn when(name: &str, order: u32, conditions: Conditions) -> Route {
        Route { order, conditions, ..Route::by_prefix(name, "", &[A]) }
    }

    #[test]
    fn the_longest_prefix_wins() {
        let routes = || {
            vec![
                Route::by_prefix("world", "", &[A]),
                Route::by_prefix("britain", "44", &[B, C]),
                Route::by_prefix("jersey", "441534", &[C]),
                Route::by_prefix("nowhere", "999", &[]),
            ]
        };
        for (to, name) in [
            ("+15005550006", Some("world")),
            ("+447700900123", Some("britain")),
            ("+441534123456", Some("jersey")),
            ("+9991234567", None),
        ] {
            assert_eq!(found(routes(), to).as_deref(), name, "{to}");
        }
        assert_eq!(found(Vec::new(), "+447700900123"), None);
    }

    #[test]
    fn a_short_code_has_a_route_of_its_own_or_that_of_all_numbers() {
        let routes =
            || vec![Route::by_prefix("britain", "44", &[A]), Route::by_prefix("vote", "44123", &[A])];
        assert_eq!(found(routes(), "44123").as_deref(), Some("vote"));
        assert_eq!(found(routes(), "44124"), None);
        let all = [routes(), vec![Route::by_prefix("world", "", &[A])]].concat();
        assert_eq!(found(all, "44124").as_deref(), Some("world"));
    }

    #[test]
    fn order_is_before_prefix() {
        let prefixes =
            |prefix: &str| Conditions { prefixes: vec![prefix.parse().unwrap()], ..Conditions::default() };
        let routes = vec![
            when("long", 100, prefixes("447700")),
            when("short", 50, prefixes("44")),
            when("all", 100, Conditions::default()),
        ];
        assert_eq!(found(routes.clone(), "+447700900123").as_deref(), Some("short"));
        assert_eq!(found(routes, "+4915112345678").as_deref(), Some("all"));
    }

    #[test]
    fn a_route_that_is_asked_for_goes_before_others_and_keeps_its_conditions() {
        let german = Conditions { countries: vec!["DE".parse().unwrap()], ..Conditions::default() };
        let table = Table::new(vec![
            when("world", 100, Conditions::default()),
            when("premium", 200, Conditions::default()),
            when("german", 200, german),
        ]);
        let body = body();
        let asked = asked("+447700900123", &body);
        let by = |name| table.plan_by(name, &asked, &Idle, 0).map(|(plan, _)| plan.route.to_string());
        assert_eq!(by("premium").as_deref(), Some("premium"));
        assert_eq!((by("german"), by("nowhere")), (None, None));
        let tried = table.tried_by("german", &asked).map(|(route, why)| (&*route.name, why));
        assert_eq!(tried, Some(("german", Some(Mismatch::Country))));
    }

    #[test]
    fn every_condition_must_be_met() {
        let code = "23410".parse().unwrap();
        let sender = Sender::Name("MyBank".into());
        let text = body();
        let tags = Some("vip\nspring sale");
        let base = Asked { network: Some(code), from: Some(&sender), tags, ..asked("+447700900123", &text) };
        let none = Conditions::default;
        let words = |words: &[&str]| words.iter().map(|word| Box::from(*word)).collect::<Vec<Box<str>>>();
        for (conditions, mismatch) in [
            (none(), None),
            (Conditions { accounts: vec![AccountId(1), AccountId(2)], ..none() }, None),
            (Conditions { accounts: vec![AccountId(2)], ..none() }, Some(Mismatch::Account)),
            (Conditions { countries: vec!["GB".parse().unwrap()], ..none() }, None),
            (Conditions { countries: vec!["DE".parse().unwrap()], ..none() }, Some(Mismatch::Country)),
            (Conditions { networks: vec![NetworkMatch::Network(code)], ..none() }, None),
            (Conditions { networks: vec![NetworkMatch::Country(234)], ..none() }, None),
            (Conditions { networks: vec![NetworkMatch::Country(262)], ..none() }, Some(Mismatch::Network)),
            (Conditions { kinds: vec![NumberKind::Mobile], ..none() }, None),
            (Conditions { kinds: vec![NumberKind::Voip], ..none() }, Some(Mismatch::Type)),
            (Conditions { classes: vec![Class::Transactional], ..none() }, None),
            (Conditions { classes: vec![Class::Otp], ..none() }, Some(Mismatch::Class)),
            (Conditions { senders: vec![SenderMatch::new("mybank")], ..none() }, None),
            (Conditions { senders: vec![SenderMatch::new("My*")], ..none() }, None),
            (Conditions { senders: vec![SenderMatch::new("Shop*")], ..none() }, Some(Mismatch::Sender)),
            (Conditions { tags: words(&["autumn sale", "spring sale"]), ..none() }, None),
            (Conditions { tags: words(&["spring"]), ..none() }, Some(Mismatch::Tag)),
            (Conditions { words: words(&["CODE", "pin"]), ..none() }, None),
            (Conditions { words: words(&["sale"]), ..none() }, Some(Mismatch::Content)),
            (Conditions { parts: Some((1, 2)), ..none() }, None),
            (Conditions { parts: Some((2, 64)), ..none() }, Some(Mismatch::Parts)),
            (Conditions { encodings: vec![postrider_text::Encoding::Gsm7], ..none() }, None),
            (
                Conditions { encodings: vec![postrider_text::Encoding::Ucs2], ..none() },
                Some(Mismatch::Encoding),
            ),
            (Conditions { prefixes: vec!["45".parse().unwrap()], ..none() }, Some(Mismatch::Prefix)),
        ] {
            assert_eq!(conditions.mismatch(&base), mismatch, "{conditions:?}");
            let table = Table::new(vec![when("it", 100, conditions)]);
            assert_eq!(table.find(&base).is_some(), mismatch.is_none());
        }
    }

    #[test]
    fn a_share_of_recipients_is_the_same_ones_each_time() {
        let conditions = Conditions { percent: 25, salt: 7, ..Conditions::default() };
        let table = Table::new(vec![when("trial", 1, conditions), when("rest", 2, Conditions::default())]);
        let body = body();
        let is_trial = |number: u64| {
            let asked = Asked {
                to: Number::from_digits(447_700_900_000 + number).unwrap(),
                ..asked("+447700900123", &body)
            };
            &*table.find(&asked).unwrap().name == "trial"
        };
        let share = (0..10_000).filter(|number| is_trial(*number)).count();
        assert!((2_300..2_700).contains(&share), "{share}");
        assert!((0..100).all(|number| is_trial(number) == is_trial(number)));
    }

    #[test]
    fn tries_are_told_up_to_the_route() {
        let countries =
            |code: &str| Conditions { countries: vec![code.parse().unwrap()], ..Conditions::default() };
        let table = Table::new(vec![
            when("german", 1, countries("DE")),
            when("british", 2, countries("GB")),
            when("world", 3, Conditions::default()),
        ]);
        let body = body();
        let asked = asked("+447700900123", &body);
        let tried: Vec<_> = table.tried(&asked).map(|(route, why)| (&*route.name, why)).collect();
        assert_eq!(tried, [("german", Some(Mismatch::Country)), ("british", None)]);
    }

    proptest! {
        #[test]
        fn the_index_finds_what_a_scan_finds(
            rules in proptest::collection::vec(
                (0u32..3, 0u32..4, 0usize..4, 0usize..7, 0usize..4), 0..30),
            to in 0usize..4, account in 1u32..4, network in 0usize..3,
        ) {
            let prefixes = ["", "44", "447", "4477", "49", "491", "44123"];
            let countries = [None, Some("GB"), Some("DE"), Some("US")];
            let networks = [None, Some("23410"), Some("26201")];
            let routes = rules.iter().enumerate().map(|(place, (order, account, country, prefix, network))| {
                when(&place.to_string(), *order, Conditions {
                    accounts: (*account > 0).then_some(AccountId(*account)).into_iter().collect(),
                    countries: countries[*country].map(|code| code.parse().unwrap()).into_iter().collect(),
                    prefixes: prefixes[*prefix].parse().into_iter().collect(),
                    networks: networks.get(*network).copied().flatten().map_or(
                        if *network == 3 { vec![NetworkMatch::Country(234)] } else { Vec::new() },
                        |code| vec![NetworkMatch::Network(code.parse().unwrap())]),
                    ..Conditions::default()
                })
            }).collect();
            let table = Table::new(routes);
            let to = ["+447700900123", "+4915112345678", "+15005550006", "44123"][to];
            let body = body();
            let asked = Asked {
                account: AccountId(account),
                network: networks[network].map(|code| code.parse().unwrap()),
                ..asked(to, &body)
            };
            let scanned = table.routes().find(|route| route.conditions.mismatch(&asked).is_none());
            prop_assert_eq!(table.find(&asked).map(|it| &it.name), scanned.map(|it| &it.name));
        }
    }
}
