//! Pages of the ledger as instruction counts measure them: see [`crate::measured`].

use super::book::Book;
use super::page::Page;
use crate::engine::Settings;
use crate::inbox::Post;
use crate::measured::{ACME, NOW, delivery};
use crate::upstreams::{Upstreams, View};
use postrider_core::contract::Answer;
use postrider_core::delivery::{Delivery, PartOutcome, Unanswered};
use postrider_core::id::MessageId;
use postrider_core::receipt::{Report, Reported};
use postrider_core::reference::ReferenceForm;
use postrider_core::route::Table;
use postrider_core::rules::{Rules, Upstream};
use std::hint::black_box;
use std::sync::Arc;

/// Messages of one page.
const PAGE: u32 = 50;

/// Messages answered on one page and reported delivered on the next.
pub fn page(rounds: u32) {
    let rules = rules();
    let upstreams = Upstreams::default();
    let view = View { rules: &rules, upstreams: &upstreams };
    let mut book = Book::new(Arc::default(), Arc::default(), Settings::default().kept);
    let identify = || MessageId::from_number(0);
    for first in (0..rounds).step_by(PAGE as usize) {
        for post in [answers(first), reports(first)] {
            let mut page = Page { now: NOW, ..Page::default() };
            book.enter(post, identify, view, &mut page);
            black_box(page.record);
        }
    }
}

fn answers(first: u32) -> Post {
    let answer = |(number, delivery): (u32, Delivery)| {
        let outcome = PartOutcome::Accepted(Some(reference(number)));
        Answer { delivery, parts: 1, outcomes: vec![(0, outcome)] }
    };
    let deliveries = (first..first + PAGE).filter_map(|number| Some((number, delivery(number)?)));
    Post { answers: [(ACME, deliveries.map(answer).collect())].into(), ..Post::default() }
}

fn reports(first: u32) -> Post {
    let report = |number| Report {
        reference: reference(number),
        also: None,
        between: [None; 2],
        reported: Reported::Delivered,
        error: None,
    };
    Post { reports: vec![(ACME, (first..first + PAGE).map(report).collect())], ..Post::default() }
}

fn reference(number: u32) -> Box<str> {
    format!("{number:016x}").into()
}

fn rules() -> Rules {
    let acme = Upstream {
        id: ACME,
        name: "acme".into(),
        enabled: true,
        rate: None,
        window: 100,
        binds: 4,
        reference_form: ReferenceForm::Same,
        parts_wait: postrider_core::inbound::parts::PARTS_WAIT,
        one_receipt: false,
        unanswered: Unanswered::USUAL,
        retries: postrider_core::retry::Retries::default(),
        reserved: postrider_core::rules::RESERVED_USUAL,
        full_at: None,
        limits: postrider_core::budget::PartLimits::default(),
        bind_limits: postrider_core::budget::PartLimits::default(),
        each_bind: Vec::new(),
        not_from: Vec::new(),
        ask: None,
        carrier: None,
        carriage: postrider_core::carriage::Carriage::default(),
        place: "smpp.example.net".into(),
    };
    Rules::new(1, Vec::new(), vec![acme], Table::default())
}
