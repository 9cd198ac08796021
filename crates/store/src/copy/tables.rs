//! The tables that make up a store. Those that keep values of the core are declared in [`crate::table::declared`].

use crate::table::declared::Place;
use crate::table::{Cell, Column, Kind, Stored, names};
use postrider_core::client_part::ClientPart;
use postrider_core::consent::Change;
use postrider_core::conversation::{Conversation, Note};
use postrider_core::delivery::Outcome;
use postrider_core::inbound::Received;
use postrider_core::inbound::parts::InboundPart;
use postrider_core::message::Message;
use postrider_core::policy::Counted;

/// How a copy goes on that was interrupted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Resumed {
    /// Behind the last row that was carried: rows are only ever added, in the order of their keys.
    Behind,
    /// From the beginning, passing over what is there: rows are only ever added.
    Over,
    /// From nothing: rows come and go.
    Anew,
}

/// A table.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Table {
    /// Its name.
    pub(crate) name: &'static str,
    /// Its columns, in groups as they are declared. The first ones are its key.
    columns: &'static [&'static [Column]],
    /// How many columns are its key.
    pub(crate) key: usize,
    /// How a copy goes on.
    pub(crate) resumed: Resumed,
    /// Whether new rows are numbered by the engine.
    pub(crate) numbered: bool,
}

/// A row, in the order of its table's columns.
pub(super) type Row = Vec<Cell<'static>>;

/// A table with these columns, which a copy carries from nothing.
macro_rules! table {
    ($table:ident, $key:literal, $($group:tt)+) => {
        Table {
            name: stringify!($table),
            columns: &[$(table!(@ $group)),+],
            key: $key,
            resumed: Resumed::Anew,
            numbered: false,
        }
    };
    (@ { $($column:ident: $kind:ident),+ }) => {
        &[$(Column { name: stringify!($column), kind: Kind::$kind }),+]
    };
    (@ $type:ident) => { $type::COLUMNS };
}

/// All of them, in an order in which what refers comes after what it refers to.
pub(crate) static TABLES: [Table; 47] = [
    table!(resource, 1, { id: Big, kind: Text, name: Text, document: Text, updated: Big, data: Octets }).numbered(),
    table!(resource_change, 1, {
        id: Big, at: Big, who: Text, kind: Text, name: Text, before: Text, after: Text
    })
    .numbered(),
    table!(message, 1, Message).resumed(Resumed::Behind),
    table!(outcome, 1, { id: Big } Outcome).resumed(Resumed::Over),
    table!(part, 2, {
        message: Big, part: Small, state: Small, error: Text, at: Big, reference: Text, sent_at: Big
    })
    .resumed(Resumed::Over),
    table!(queue, 1, Place),
    table!(client_part, 1, ClientPart { damaged: Flag }),
    table!(waiting, 2, {
        upstream: Big, reference: Text, given: Text, message: Big, part: Small, parts: Small, sent_at: Big,
        possible_duplicate: Flag, damaged: Flag
    }),
    table!(notice, 2, { lane: Big, id: Big, what: Small, due: Big, failed: Int, owner: Small }),
    table!(learnt, 1, { upstream: Big, form: Text, place: Text }),
    table!(quality, 3, { stretch: Big, upstream: Big, place: Text, ended: Big, delivered: Big, log_ms: Big, convertible: Big, converted: Big }),
    table!(attempt, 3, { message: Big, at: Big, result: Text }),
    table!(remark, 3, { message: Big, at: Big, text: Text }),
    table!(parked, 1, {
        id: Big, upstream: Big, reference: Text, key: Text, one: Big, other: Big, reported: Small, error: Text,
        at: Big, also: Text, damaged: Flag
    })
    .numbered(),
    table!(inbound, 1, Received),
    table!(inbound_part, 1, InboundPart),
    table!(consent, 1, { sequence: Big } Change { current: Flag }).numbered(),
    table!(pseudonym_key, 1, { one: Small, key: Octets }),
    table!(counted, 3, Counted),
    table!(conversation, 1, Conversation),
    table!(conversation_note, 1, Note { conversation: Big }),
    table!(event_page, 1, { id: Big, at: Big, events: Octets }).numbered(),
    table!(rule_state, 3, { account: Big, sender: Text, rule: Big, value: Text, choice: Text, until: Big }),
    table!(app_record, 3, { account: Big, kind: Text, id: Text, version: Big, person: Text, due: Big, expires: Big, document: Text }),
    table!(app_label, 4, { account: Big, kind: Text, label: Text, id: Text }),
    table!(recipient, 3, {
        account: Big, run: Big, position: Big, number: Big, document: Text, message: Big, refusal: Text
    }),
    table!(app_count, 4, { account: Big, name: Text, subject: Text, stretch: Big, many: Big, expires: Big }),
    table!(balance, 2, { account: Big, currency: Text, posted: Big, reserved: Big, low: Flag }),
    table!(entry, 1, {
        id: Big, account: Big, currency: Text, at: Big, kind: Small, posted: Big, reserved: Big, messages: Big, key: Text,
        note: Text, who: Text
    })
    .numbered(),
    table!(spent, 3, { account: Big, day: Int, country: Text, amount: Big }),
    table!(report, 11, {
        span: Small, hour: Big, account: Big, upstream: Big, country: Text, network: Text, sender: Text, state: Small, error: Text,
        currency: Text, latency: Small, messages: Big, parts: Big, price: Big, cost: Big
    }),
    table!(unreached, 1, { number: Big, failures: Big, first: Big, last: Big }),
    table!(looked_up, 1, { number: Big, network: Text, assignment: Small, provider: Text, at: Big, until: Big }),
    table!(usage, 2, { what: Text, start: Big, until: Big, count: Big }),
    table!(report_place, 1, { one: Small, page: Big, events: Big }),
    table!(search_block, 1, { last: Big, behind: Big, open: Flag }),
    table!(search_filter, 2, { slice: Small, last: Big, words: Octets }),
    table!(retention, 1, { account: Big, messages: Big, parts: Big, inbound: Big }),
    table!(media, 1, {
        id: Big, account: Big, person: Big, kind: Small, size: Big, print: Big, expires: Big, sealed: Flag, octets: Octets
    }),
    table!(media_page, 1, { token: Octets, account: Big, items: Text, expires: Big }),
    table!(sealing_key, 1, { name: Text, checked: Octets }),
    table!(audit, 1, {
        id: Big, at: Big, who: Text, role: Text, address: Text, action: Text, subject: Text, outcome: Text, detail: Text,
        hash: Octets
    }),
    table!(audit_head, 1, { one: Small, sequence: Big, hash: Octets }),
    table!(user_session, 1, {
        id: Big, token: Octets, user_id: Big, created: Big, seen: Big, proved: Big, address: Text, agent: Text
    }),
    table!(user_code, 1, { user_id: Big, step: Big }),
    table!(user_link, 1, { token: Octets, user_id: Big, expires: Big }),
    table!(once, 1, { id: Big, account: Big, key: Text, request: Octets, decided: Text, at: Big }).numbered(),
];

impl Table {
    const fn numbered(self) -> Self {
        Self { numbered: true, ..self }
    }

    const fn resumed(self, resumed: Resumed) -> Self {
        Self { resumed, ..self }
    }

    /// Its columns, in order.
    pub(crate) fn columns(&self) -> impl Iterator<Item = &'static Column> {
        self.columns.iter().copied().flatten()
    }

    /// Names of columns, joined by commas.
    pub(super) fn names(&self) -> String {
        names(self.columns())
    }

    /// Names of the key's columns, joined by commas.
    pub(super) fn key_names(&self) -> String {
        names(self.columns().take(self.key))
    }

    /// The order of keys from the last one back, as `ORDER BY` takes it.
    pub(super) fn backwards(&self) -> String {
        self.key_names().replace(", ", " DESC, ") + " DESC"
    }
}
