//! Routing: a table from the first digits of a number to the ranked plan of its upstreams.

use crate::number::Number;
use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// An upstream's number in the store; its name is what people use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UpstreamId(pub u32);

/// A route: numbers with these first digits go by these upstreams, the first that is up before the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// Its name, unique.
    pub name: Box<str>,
    /// The first digits of the numbers it takes, without `+`; empty takes all.
    pub prefix: Box<str>,
    /// The upstreams, best first.
    pub upstreams: Vec<UpstreamId>,
}

/// All routes; the longest prefix that matches wins.
#[derive(Clone, Debug, Default)]
pub struct Table {
    routes: Vec<Route>,
    plans: Vec<Arc<Plan>>,
    by_prefix: HashMap<(u8, u64), usize>,
    lengths: Vec<u8>,
}

/// The ranked plan of a message: its route's upstreams, best first. It is made once, when the message is accepted, and kept
/// with the message; retries and fail-over walk it.
///
/// Its short form, as text, is `1,2 world`: the upstreams' numbers, and the route's name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// The name of the route that made it.
    pub route: Box<str>,
    /// The upstreams, best first.
    pub upstreams: Box<[UpstreamId]>,
}

/// Why an upstream was chosen among those of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// It is the first.
    First,
    /// Those before it are down.
    OthersDown,
    /// An attempt by another failed.
    OthersFailed,
    /// All are down; it will be waited for.
    AllDown,
}

impl Plan {
    /// Chooses an upstream: those that are up in order, a different one at each further attempt, and the first when all are
    /// down, since a message waits for its way rather than fail. `None` for a plan without upstreams.
    pub fn choose(&self, attempt: u16, up: impl Fn(UpstreamId) -> bool) -> Option<(UpstreamId, Why)> {
        let first = *self.upstreams.first()?;
        let standing = self.upstreams.iter().filter(|upstream| up(**upstream)).count();
        if standing == 0 {
            return Some((first, Why::AllDown));
        }
        let turn = usize::from(attempt) % standing;
        let upstream = *self.upstreams.iter().filter(|upstream| up(**upstream)).nth(turn)?;
        let why = match (upstream == first, attempt) {
            (true, _) => Why::First,
            (false, 0) => Why::OthersDown,
            (false, _) => Why::OthersFailed,
        };
        Some((upstream, why))
    }

    /// The next upstream behind `from`: the first of them that is up, or else the first of them, which is waited for.
    /// `None` behind the last, and where the plan doesn't have `from`.
    pub fn behind(&self, from: UpstreamId, up: impl Fn(UpstreamId) -> bool) -> Option<UpstreamId> {
        let place = self.upstreams.iter().position(|upstream| *upstream == from)?;
        let rest = self.upstreams.get(place + 1..)?;
        rest.iter().find(|upstream| up(**upstream)).or_else(|| rest.first()).copied()
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, upstream) in self.upstreams.iter().enumerate() {
            let comma = if place == 0 { "" } else { "," };
            write!(f, "{comma}{}", upstream.0)?;
        }
        write!(f, " {}", self.route)
    }
}

/// A text is no short form of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a plan")]
pub struct NotAPlan;

impl FromStr for Plan {
    type Err = NotAPlan;

    fn from_str(text: &str) -> Result<Self, NotAPlan> {
        let (numbers, route) = text.split_once(' ').ok_or(NotAPlan)?;
        let number = |number: &str| number.parse().map(UpstreamId).map_err(|_| NotAPlan);
        let upstreams = numbers.split(',').filter(|number| !number.is_empty()).map(number);
        Ok(Self { route: route.into(), upstreams: upstreams.collect::<Result<_, _>>()? })
    }
}

impl Table {
    /// A table of these routes. Of two routes with one prefix the first wins.
    #[must_use]
    pub fn new(routes: Vec<Route>) -> Self {
        let plan = |route: &Route| {
            Arc::new(Plan { route: route.name.clone(), upstreams: route.upstreams.clone().into() })
        };
        let plans = routes.iter().map(plan).collect();
        let mut table = Self { routes, plans, ..Self::default() };
        for (index, route) in table.routes.iter().enumerate() {
            let length = u8::try_from(route.prefix.len()).unwrap_or(u8::MAX);
            let value = route.prefix.parse().unwrap_or(0);
            table.by_prefix.entry((length, value)).or_insert(index);
            if !table.lengths.contains(&length) {
                table.lengths.push(length);
            }
        }
        table.lengths.sort_unstable_by(|a, b| b.cmp(a));
        table
    }

    /// The routes, as they were given.
    #[must_use]
    pub fn routes(&self) -> &[Route] {
        &self.routes
    }

    /// The route of the longest prefix that the number starts with. A short code begins with no country code, so that only a
    /// prefix of all its digits, or none, is one of it.
    #[must_use]
    pub fn find(&self, number: Number) -> Option<&Route> {
        self.index(number).and_then(|index| self.routes.get(index))
    }

    fn index(&self, number: Number) -> Option<usize> {
        let digits = number.digits();
        let count = digits.ilog10() + 1;
        let is_prefix =
            |length: u32| length <= count && (length == 0 || length == count || !number.is_short_code());
        self.lengths.iter().filter(|length| is_prefix(u32::from(**length))).find_map(|length| {
            let start = if *length == 0 { 0 } else { digits / 10u64.pow(count - u32::from(*length)) };
            self.by_prefix.get(&(*length, start)).copied()
        })
    }
}

/// The plan of a message to this number. `None` when no route leads there.
#[must_use]
pub fn plan(table: &Table, to: Number) -> Option<&Arc<Plan>> {
    table.plans.get(table.index(to)?).filter(|plan| !plan.upstreams.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: UpstreamId = UpstreamId(1);
    const B: UpstreamId = UpstreamId(2);
    const C: UpstreamId = UpstreamId(3);

    fn table() -> Table {
        let route = |name: &str, prefix: &str, upstreams: &[UpstreamId]| Route {
            name: name.into(),
            prefix: prefix.into(),
            upstreams: upstreams.into(),
        };
        Table::new(vec![
            route("world", "", &[A]),
            route("britain", "44", &[B, C]),
            route("jersey", "441534", &[C]),
            route("nowhere", "999", &[]),
        ])
    }

    fn number(text: &str) -> Number {
        Number::parse(text).unwrap()
    }

    #[test]
    fn the_longest_prefix_wins() {
        let cases = [("+15005550006", "world"), ("+447700900123", "britain"), ("+441534123456", "jersey")];
        for (to, name) in cases {
            let table = table();
            assert_eq!(&*plan(&table, number(to)).unwrap().route, name, "{to}");
        }
        assert_eq!(plan(&table(), number("+9991234567")), None);
        assert_eq!(plan(&Table::default(), number("+9991234567")), None);
    }

    #[test]
    fn a_short_code_has_a_route_of_its_own_or_that_of_all_numbers() {
        let route =
            |name: &str, prefix: &str| Route { name: name.into(), prefix: prefix.into(), upstreams: vec![A] };
        let found = |routes: Vec<Route>, code: &str| {
            let table = Table::new(routes);
            plan(&table, Number::parse_recipient(code).unwrap()).map(|plan| plan.route.clone())
        };
        let routes = || vec![route("britain", "44"), route("vote", "44123")];
        assert_eq!(found(routes(), "44123").as_deref(), Some("vote"));
        assert_eq!(found(routes(), "44124"), None);
        let all = [routes(), vec![route("world", "")]].concat();
        assert_eq!(found(all, "44124").as_deref(), Some("world"));
    }

    #[test]
    fn behind_one_upstream_comes_the_next_that_is_up() {
        let plan = Plan { route: "britain".into(), upstreams: [A, B, C].into() };
        let next = |from, up: &[UpstreamId]| plan.behind(from, |upstream| up.contains(&upstream));
        assert_eq!(next(A, &[A, B, C]), Some(B));
        assert_eq!(next(A, &[A, C]), Some(C));
        assert_eq!(next(A, &[A]), Some(B), "it is waited for");
        assert_eq!(next(C, &[A, B, C]), None);
        assert_eq!(next(UpstreamId(9), &[A, B, C]), None);
    }

    #[test]
    fn the_order_holds_unless_one_is_down_or_has_failed() {
        let table = table();
        let plan = plan(&table, number("+447700900123")).unwrap();
        let choose = |attempt, up: &[UpstreamId]| plan.choose(attempt, |id| up.contains(&id)).unwrap();
        assert_eq!(choose(0, &[B, C]), (B, Why::First));
        assert_eq!(choose(1, &[B, C]), (C, Why::OthersFailed));
        assert_eq!(choose(2, &[B, C]), (B, Why::First));
        assert_eq!(choose(0, &[C]), (C, Why::OthersDown));
        assert_eq!(choose(5, &[]), (B, Why::AllDown));
    }

    #[test]
    fn a_plan_reads_back_its_short_form() {
        for text in ["1 world", "12,3 route of two words", " nowhere"] {
            assert_eq!(text.parse::<Plan>().map(|plan| plan.to_string()), Ok(text.to_owned()));
        }
        for bad in ["", "1", "x world", "1,-2 world"] {
            assert_eq!(bad.parse::<Plan>(), Err(NotAPlan), "{bad}");
        }
    }
}
