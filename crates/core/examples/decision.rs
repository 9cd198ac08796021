//! Measures one routing decision: look-up of the number and plan, over 10,000 routes and a numbering plan of so many ranges.
//!
//!     cargo run --release -p postrider-core --example decision [RANGES]

#![expect(
    clippy::print_stdout,
    clippy::expect_used,
    reason = "an example prints, and ends where it can't go on"
)]
#![expect(clippy::disallowed_methods, reason = "it measures time")]

use postrider_core::account::AccountId;
use postrider_core::message::{Body, Class};
use postrider_core::number::Number;
use postrider_core::numbering::{Numbering, NumberingPlan};
use postrider_core::route::idle::Idle;
use postrider_core::route::{
    Asked, Conditions, NetworkMatch, Route, RouteUpstream, Strategy, Table, UpstreamId,
};
use postrider_core::time::Time;
use std::fmt::Write;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

const ROUTES: u32 = 10_000;
const DECISIONS: usize = 200_000;
const RANGES: u64 = 1_000_000;

/// Numbers spread over the ranges.
fn number(n: u64, ranges: u64) -> Number {
    let (range, rest) = (n.wrapping_mul(0x9E37_79B9_7F4A_7C15) % ranges, n % 1_000);
    Number::from_digits((440_000_000_000 / 10_000 + range) * 1_000 + rest).expect("a number")
}

fn plan(ranges: u64) -> NumberingPlan {
    let mut text = String::from("prefix,mccmnc,name\n");
    for range in 0..ranges {
        let _ = writeln!(text, "{},{},network {}", 44_000_000 + range, 23_400 + range % 100, range % 100);
    }
    NumberingPlan::read(text.as_bytes()).expect("a plan")
}

/// A third by prefix, a third by account and country, a third by account and network; the last takes all.
fn table() -> Table {
    let britain = "GB".parse().expect("a country");
    let route = |n: u32| {
        let name = format!("route-{n}");
        let conditions = match n % 3 {
            0 => Conditions {
                prefixes: vec![(440_000 + n).to_string().parse().expect("a prefix")],
                classes: vec![Class::Marketing],
                ..Conditions::default()
            },
            1 => {
                Conditions { accounts: vec![AccountId(n)], countries: vec![britain], ..Conditions::default() }
            }
            _ => Conditions {
                accounts: vec![AccountId(n % 100)],
                networks: vec![NetworkMatch::Network(
                    (23_400 + n % 100).to_string().parse().expect("a code"),
                )],
                parts: Some((2, 9)),
                ..Conditions::default()
            },
        };
        Route { order: n, conditions, ..Route::by_prefix(&name, "", &[UpstreamId(1)]) }
    };
    let costs = [(1, 20_000), (2, 10_000)];
    let upstreams =
        costs.map(|(id, cost)| RouteUpstream { cost: Some(cost), ..RouteUpstream::plain(UpstreamId(id)) });
    let last = Route {
        order: ROUTES,
        strategy: Strategy::Cheapest,
        upstreams: upstreams.into(),
        ..Route::by_prefix("world", "", &[])
    };
    Table::new((1..ROUTES).map(route).chain([last]).collect())
}

fn main() {
    let ranges = std::env::args().nth(1).and_then(|count| count.parse().ok()).unwrap_or(RANGES);
    let numbering = Numbering::with(Some(Arc::new(plan(ranges))));
    let (table, body) = (table(), Body::Text("Your code is 1234".into()));
    let mut took: Vec<u128> = (0..DECISIONS as u64)
        .map(|n| {
            let to = number(n, ranges);
            let started = Instant::now();
            let destination = numbering.find(to, Time(0));
            let asked = Asked {
                account: AccountId(u32::try_from(n % 1_000).unwrap_or(0)),
                from: None,
                to,
                destination,
                network: numbering.network(&destination).and_then(|network| network.code),
                class: Class::Otp,
                body: &body,
                tags: None,
                parts: 1,
                now: Time(0),
            };
            black_box(table.plan(&asked, &Idle, n));
            started.elapsed().as_nanos()
        })
        .collect();
    took.sort_unstable();
    let at = |share: usize| took[took.len() * share / 100];
    println!("{ROUTES} routes, {ranges} ranges: median {} ns, 99 % {} ns", at(50), at(99));
}
