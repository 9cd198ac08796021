//! Which way a message goes: a table from the start of the number to upstreams, in order.

use crate::number::Number;
use std::collections::HashMap;

/// An upstream's number in the store; its name is what people use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UpstreamId(pub u32);

/// Numbers that start so go these ways, the first that is up before the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// Its name, unique.
    pub name: Box<str>,
    /// The first digits of the numbers it takes, without `+`; empty takes all.
    pub prefix: Box<str>,
    /// The ways out, best first.
    pub upstreams: Vec<UpstreamId>,
}

/// All routes; the longest prefix that matches wins.
#[derive(Clone, Debug, Default)]
pub struct Table {
    routes: Vec<Route>,
    by_prefix: HashMap<(u8, u64), usize>,
    lengths: Vec<u8>,
}

/// The way chosen for a message, and the rule that chose it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan<'a> {
    /// The route that took it.
    pub route: &'a Route,
    /// The way out.
    pub upstream: UpstreamId,
    /// Why this one of the route's upstreams.
    pub why: Why,
}

/// Why an upstream was chosen among those of its route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// It is the first.
    First,
    /// Those before it are down.
    OthersDown,
    /// An attempt elsewhere failed.
    OthersFailed,
    /// All are down; it will be waited for.
    AllDown,
}

impl Table {
    /// A table of these routes. Of two routes with one prefix the first wins.
    #[must_use]
    pub fn new(routes: Vec<Route>) -> Self {
        let mut table = Self { routes, ..Self::default() };
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

    /// The route of the longest prefix that the number starts with.
    #[must_use]
    pub fn find(&self, number: Number) -> Option<&Route> {
        let digits = number.digits();
        let count = digits.ilog10() + 1;
        self.lengths.iter().filter(|length| u32::from(**length) <= count).find_map(|length| {
            let start = if *length == 0 { 0 } else { digits / 10u64.pow(count - u32::from(*length)) };
            self.by_prefix.get(&(*length, start)).and_then(|index| self.routes.get(*index))
        })
    }
}

/// Chooses a way: the upstreams that are up in order, a different one at each further attempt, and the
/// first when all are down, since a message waits for its way rather than fail.
///
/// `None` when no route leads there.
pub fn plan(table: &Table, to: Number, attempt: u16, up: impl Fn(UpstreamId) -> bool) -> Option<Plan<'_>> {
    let route = table.find(to)?;
    let first = *route.upstreams.first()?;
    let standing = route.upstreams.iter().filter(|upstream| up(**upstream)).count();
    if standing == 0 {
        return Some(Plan { route, upstream: first, why: Why::AllDown });
    }
    let turn = usize::from(attempt) % standing;
    let upstream = *route.upstreams.iter().filter(|upstream| up(**upstream)).nth(turn)?;
    let why = match (upstream == first, attempt) {
        (true, _) => Why::First,
        (false, 0) => Why::OthersDown,
        (false, _) => Why::OthersFailed,
    };
    Some(Plan { route, upstream, why })
}

/// The next upstream of the route behind `from`: the first of them that is up, or else the first of them, which is waited
/// for.
///
/// `None` behind the last, and where no route leads from there any more.
pub fn behind(
    table: &Table,
    to: Number,
    from: UpstreamId,
    up: impl Fn(UpstreamId) -> bool,
) -> Option<UpstreamId> {
    let route = table.find(to)?;
    let place = route.upstreams.iter().position(|upstream| *upstream == from)?;
    let rest = route.upstreams.get(place + 1..)?;
    rest.iter().find(|upstream| up(**upstream)).or_else(|| rest.first()).copied()
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
            assert_eq!(&*plan(&table, number(to), 0, |_| true).unwrap().route.name, name, "{to}");
        }
        assert_eq!(plan(&table(), number("+9991234567"), 0, |_| true), None);
        assert_eq!(plan(&Table::default(), number("+9991234567"), 0, |_| true), None);
    }

    #[test]
    fn behind_one_upstream_comes_the_next_that_is_up() {
        let way = |name: &str, prefix: &str, upstreams: &[UpstreamId]| Route {
            name: name.into(),
            prefix: prefix.into(),
            upstreams: upstreams.into(),
        };
        let table = Table::new(vec![way("britain", "44", &[A, B, C])]);
        let to = number("+447700900123");
        let next = |from, up: &[UpstreamId]| behind(&table, to, from, |upstream| up.contains(&upstream));
        assert_eq!(next(A, &[A, B, C]), Some(B));
        assert_eq!(next(A, &[A, C]), Some(C));
        assert_eq!(next(A, &[A]), Some(B), "it is waited for");
        assert_eq!(next(C, &[A, B, C]), None);
        assert_eq!(next(UpstreamId(9), &[A, B, C]), None);
    }

    #[test]
    fn the_order_holds_unless_one_is_down_or_has_failed() {
        let table = table();
        let to = number("+447700900123");
        let choose = |attempt, up: &[UpstreamId]| {
            let plan = plan(&table, to, attempt, |upstream| up.contains(&upstream)).unwrap();
            (plan.upstream, plan.why)
        };
        assert_eq!(choose(0, &[B, C]), (B, Why::First));
        assert_eq!(choose(1, &[B, C]), (C, Why::OthersFailed));
        assert_eq!(choose(2, &[B, C]), (B, Why::First));
        assert_eq!(choose(0, &[C]), (C, Why::OthersDown));
        assert_eq!(choose(5, &[]), (B, Why::AllDown));
    }
}
