//! The plan of a message, and the choice among its upstreams: `route::plan` over a table as a large operator has it.

use crate::Case;
use postrider_core::number::Number;
use postrider_core::route::{Route, Table, UpstreamId, plan};
use std::hint::black_box;

pub(crate) const CASES: &[Case] = &[
    Case { name: "plan/first_upstream", rounds: 20_000, run: first_upstream },
    Case { name: "plan/second_upstream", rounds: 20_000, run: second_upstream },
];

/// 600 routes with prefixes of one to six digits, two upstreams each.
fn table() -> Table {
    let prefixes = (1..=9)
        .chain((10..=99).step_by(3))
        .chain((100..=999).step_by(9))
        .chain((100_000..=999_999).step_by(1_957));
    let route = |prefix: u32| Route {
        name: format!("to-{prefix}").into(),
        prefix: prefix.to_string().into(),
        upstreams: vec![UpstreamId(prefix % 7), UpstreamId(7)],
    };
    Table::new(prefixes.map(route).collect())
}

fn numbers() -> Vec<Number> {
    (1..=97).filter_map(|n| Number::from_digits(n * 10_203_040_506)).collect()
}

/// The plan of the longest prefix, and its first upstream.
fn first_upstream(rounds: u32) {
    choose(rounds, |_| true);
}

/// The same while the first upstream of each plan is down.
fn second_upstream(rounds: u32) {
    choose(rounds, |upstream| upstream.0 == 7);
}

fn choose(rounds: u32, up: impl Fn(UpstreamId) -> bool) {
    let (table, numbers) = (table(), numbers());
    for to in numbers.iter().cycle().take(usize::try_from(rounds).expect("few rounds")) {
        black_box(plan(black_box(&table), *to).and_then(|plan| plan.choose(0, &up)));
    }
}
