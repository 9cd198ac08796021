//! The plan of a message, and the choice among its upstreams, over tables as large operators have them.

use crate::Case;
use postrider_core::account::AccountId;
use postrider_core::message::{Body, Class};
use postrider_core::number::Number;
use postrider_core::numbering::Numbering;
use postrider_core::route::idle::Idle;
use postrider_core::route::{Asked, Conditions, Route, Table, UpstreamId};
use postrider_core::time::Time;
use std::hint::black_box;

pub(crate) const CASES: &[Case] = &[
    Case { name: "plan/first_upstream", rounds: 20_000, run: first_upstream },
    Case { name: "plan/second_upstream", rounds: 20_000, run: second_upstream },
    Case { name: "plan/of_10000_rules", rounds: 20_000, run: of_many_rules },
];

/// 600 routes with prefixes of one to six digits, two upstreams each.
fn table() -> Table {
    let prefixes = (1..=9)
        .chain((10..=99).step_by(3))
        .chain((100..=999).step_by(9))
        .chain((100_000..=999_999).step_by(1_957));
    Table::new(prefixes.map(by_prefix).collect())
}

fn by_prefix(prefix: u32) -> Route {
    let upstreams = [UpstreamId(prefix % 7), UpstreamId(7)];
    Route::by_prefix(&format!("to-{prefix}"), &prefix.to_string(), &upstreams)
}

/// 10,000 routes: half by prefix, half for an account and a country.
fn many_rules() -> Table {
    let countries = ["GB", "DE", "US", "FR", "IN"].map(|code| code.parse().expect("a country"));
    let by_account = (0..5_000u32).map(|n| Route {
        conditions: Conditions {
            accounts: vec![AccountId(n / 5)],
            countries: vec![countries[n as usize % 5]],
            ..Conditions::default()
        },
        ..Route::by_prefix(&format!("account-{n}"), "", &[UpstreamId(1)])
    });
    Table::new((100_000..105_000).map(by_prefix).chain(by_account).collect())
}

fn numbers() -> Vec<Number> {
    (1..=97).filter_map(|n| Number::from_digits(n * 10_203_040_506)).collect()
}

/// The plan of the longest prefix, and its first upstream.
fn first_upstream(rounds: u32) {
    choose(&table(), rounds, |_| true);
}

/// The same while the first upstream of each plan is down.
fn second_upstream(rounds: u32) {
    choose(&table(), rounds, |upstream| upstream.0 == 7);
}

fn of_many_rules(rounds: u32) {
    choose(&many_rules(), rounds, |_| true);
}

fn choose(table: &Table, rounds: u32, up: impl Fn(UpstreamId) -> bool) {
    let (numbering, numbers) = (Numbering::default(), numbers());
    let body = Body::Text("Your code is 1234".into());
    for (to, account) in numbers.iter().cycle().zip(0..rounds) {
        let asked = Asked {
            account: AccountId(account % 1_000),
            from: None,
            to: *to,
            destination: numbering.find(*to, Time(0)),
            network: None,
            class: Class::Otp,
            body: &body,
            tags: None,
            parts: 1,
            now: Time(0),
        };
        let plan = black_box(table).plan(&asked, &Idle, account.into());
        black_box(plan.and_then(|(plan, _)| plan.choose(0, &up)));
    }
}
