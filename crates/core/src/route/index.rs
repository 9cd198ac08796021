//! The index of routes: which of them can take a message at all, without a look at the others.

use super::conditions::{Conditions, NetworkMatch};
use super::table::Asked;
use crate::account::AccountId;
use crate::numbering::{Country, Prefix, PrefixMap};
use std::collections::HashMap;

/// The most keys of one route: with more of them, its accounts are left out of its keys.
const KEYS_MAX: usize = 100_000;

/// Where a message goes, as far as a route may say it: its most telling condition on the recipient.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Place {
    Anywhere,
    Country(Country),
    Network(NetworkMatch),
    /// The place of a prefix among all prefixes.
    Prefix(u32),
}

/// Routes by their place and account, each list in the order of the table.
#[derive(Clone, Debug, Default)]
pub(super) struct Index {
    lists: HashMap<(Place, Option<AccountId>), Box<[u32]>>,
    prefixes: HashMap<Prefix, u32>,
    map: PrefixMap,
    /// The next shorter prefix of each prefix.
    around: Vec<Option<u32>>,
}

impl Index {
    /// An index of routes in order, each with the length of those of its prefixes that it stands for.
    pub(super) fn new<'a>(routes: impl Iterator<Item = (u8, &'a Conditions)>) -> Self {
        let routes: Vec<_> = routes.collect();
        let mut index =
            Self::of_prefixes(routes.iter().flat_map(|(_, conditions)| conditions.prefixes.iter().copied()));
        let mut lists: HashMap<(Place, Option<AccountId>), Vec<u32>> = HashMap::new();
        for (at, (length, conditions)) in (0u32..).zip(&routes) {
            let places = index.places_of(*length, conditions);
            let by_account = !conditions.accounts.is_empty()
                && places.len().saturating_mul(conditions.accounts.len()) <= KEYS_MAX;
            let accounts: Vec<Option<AccountId>> = match by_account {
                true => conditions.accounts.iter().copied().map(Some).collect(),
                false => vec![None],
            };
            for key in places.iter().flat_map(|place| accounts.iter().map(|account| (*place, *account))) {
                let list = lists.entry(key).or_default();
                if list.last() != Some(&at) {
                    list.push(at);
                }
            }
        }
        index.lists = lists.into_iter().map(|(key, list)| (key, list.into())).collect();
        index
    }

    fn of_prefixes(prefixes: impl Iterator<Item = Prefix>) -> Self {
        let mut sorted: Vec<Prefix> = prefixes.filter(|prefix| prefix.length() > 0).collect();
        sorted.sort_unstable_by_key(|prefix| prefix.order());
        sorted.dedup();
        let mut around = Vec::with_capacity(sorted.len());
        let mut open: Vec<(Prefix, u32)> = Vec::new();
        for (place, prefix) in (0u32..).zip(&sorted) {
            while open.pop_if(|(outer, _)| !outer.covers(*prefix)).is_some() {}
            around.push(open.last().map(|(_, place)| *place));
            open.push((*prefix, place));
        }
        let map = PrefixMap::new(&sorted);
        let prefixes = sorted.into_iter().zip(0u32..).collect();
        Self { lists: HashMap::new(), prefixes, map, around }
    }

    /// The places under which a route is found.
    fn places_of(&self, length: u8, conditions: &Conditions) -> Vec<Place> {
        let prefixes = conditions.prefixes.iter().filter(|prefix| prefix.length() == length);
        let prefixes: Vec<Place> =
            prefixes.filter_map(|prefix| self.prefixes.get(prefix).copied().map(Place::Prefix)).collect();
        if !prefixes.is_empty() {
            prefixes
        } else if !conditions.networks.is_empty() {
            conditions.networks.iter().copied().map(Place::Network).collect()
        } else if !conditions.countries.is_empty() {
            conditions.countries.iter().copied().map(Place::Country).collect()
        } else {
            vec![Place::Anywhere]
        }
    }

    /// The first route that takes the message.
    pub(super) fn first(&self, asked: &Asked<'_>, takes: impl Fn(usize) -> bool) -> Option<usize> {
        let mut lists: Vec<&[u32]> = Vec::with_capacity(16);
        self.each_place(asked, |place| {
            for account in [Some(asked.account), None] {
                lists.extend(self.lists.get(&(place, account)).map(|list| &**list));
            }
        });
        loop {
            let next = lists.iter_mut().filter(|list| !list.is_empty()).min_by_key(|list| list[0])?;
            let (first, rest) = next.split_first()?;
            *next = rest;
            if takes(*first as usize) {
                return Some(*first as usize);
            }
        }
    }

    fn each_place(&self, asked: &Asked<'_>, mut look: impl FnMut(Place)) {
        look(Place::Anywhere);
        if let Some(country) = asked.destination.country {
            look(Place::Country(country));
        }
        if let Some(code) = asked.network {
            look(Place::Network(NetworkMatch::Country(code.mcc)));
            look(Place::Network(NetworkMatch::Network(code)));
        }
        let mut place = if asked.to.is_short_code() {
            // Only a prefix of all its digits is one of a short code.
            let whole = asked.to.to_string().parse().ok();
            whole.and_then(|whole: Prefix| self.prefixes.get(&whole).copied())
        } else {
            self.map.find(asked.to).and_then(|place| u32::try_from(place).ok())
        };
        while let Some(at) = place {
            look(Place::Prefix(at));
            place =
                if asked.to.is_short_code() { None } else { self.around.get(at as usize).copied().flatten() };
        }
    }
}
