//! The columns of tables that keep values of the core. Each line is a field, behind the columns that keep it. What a table
//! has besides stands in [`crate::copy`], which knows whole tables.
//!
//! A new column of `message` stands here and in the migrations, and nowhere else.

use super::{Column, Damaged, Kept, Kind, Sink, Source, Stored};
use postrider_core::account::AccountId;
use postrider_core::client_part::ClientPart;
use postrider_core::consent::Change;
use postrider_core::contract::Accept;
use postrider_core::conversation::{Conversation, Note};
use postrider_core::delivery::{Outcome, PartSet};
use postrider_core::id::MessageId;
use postrider_core::inbound::Received;
use postrider_core::inbound::parts::InboundPart;
use postrider_core::message::{Class, Message};
use postrider_core::number::Number;
use postrider_core::policy::Counted;
use postrider_core::report::EndedMessage;
use postrider_core::route::UpstreamId;
use postrider_core::time::Time;
use std::sync::Arc;

/// Declares which columns keep the fields of a type, in the table's order, and by which alias queries know the table.
macro_rules! declare {
    ($type:ident as $alias:literal { $($($column:ident: $kind:ident),+ = $field:ident;)+ }) => {
        impl Stored for $type {
            const COLUMNS: &'static [Column] =
                &[$($(Column { name: stringify!($column), kind: Kind::$kind }),+),+];
            const SELECTED: &'static str =
                concat!($($(", ", $alias, ".", stringify!($column)),+),+).split_at(2).1;

            fn write<'v>(&'v self, sink: &mut impl Sink<'v>) {
                $(self.$field.keep(sink);)+
            }

            fn read<'r>(source: &mut impl Source<'r>) -> Result<Self, Damaged> {
                Ok(Self {
                    $($field: Kept::read(source)
                        .map_err(|found| Damaged { columns: stringify!($($column),+), found })?,)+
                })
            }
        }
    };
}

declare! {
    Message as "m" {
        id: Big = id;
        account: Big = account;
        class: Small = class;
        sender: Text = from;
        recipient: Big = to;
        text: Text, encoding: Small, header: Octets, data: Octets = body;
        parts: Small = parts;
        due: Big = due;
        expires: Big = expires;
        reference: Text = reference;
        metadata: Text = metadata;
        callback: Text = callback;
        receipts: Small = receipts;
        via: Small = via;
        flash: Flag = flash;
        parameters: Octets = parameters;
        known_as: Text = known_as;
        exempt: Flag = exempt;
        hold: Text = hold;
        plan: Text = plan;
        tried: Text = tried;
        price: Big, costs: Text, terms: Text = charge;
        ordering_key: Text = ordering_key;
        cancel_on_reply: Flag = cancel_on_reply;
        tags: Text = tags;
    }
}

/// The columns of a part that waits for others, behind those of the part as a message.
const OF_PARTS: [Column; 7] = [
    Column { name: "cut_kind", kind: Kind::Small },
    Column { name: "cut_reference", kind: Kind::Int },
    Column { name: "cut_total", kind: Kind::Small },
    Column { name: "cut_number", kind: Kind::Small },
    Column { name: "cut_alphabet", kind: Kind::Small },
    Column { name: "wait_until", kind: Kind::Big },
    Column { name: "joined", kind: Kind::Big },
];

/// See [`OF_PARTS`]; queries know the table by the alias of messages.
const OF_PARTS_SELECTED: &str =
    ", m.cut_kind, m.cut_reference, m.cut_total, m.cut_number, m.cut_alphabet, m.wait_until, m.joined";

impl Stored for ClientPart {
    const COLUMNS: &'static [Column] = {
        const COLUMNS: [Column; Message::COLUMNS.len() + OF_PARTS.len()] =
            joined(Message::COLUMNS, &OF_PARTS, OF_PARTS[0]);
        &COLUMNS
    };
    const SELECTED: &'static str = {
        const SELECTED: [u8; Message::SELECTED.len() + OF_PARTS_SELECTED.len()] =
            joined(Message::SELECTED.as_bytes(), OF_PARTS_SELECTED.as_bytes(), b' ');
        match str::from_utf8(&SELECTED) {
            Ok(selected) => selected,
            Err(_) => "",
        }
    };

    fn write<'v>(&'v self, sink: &mut impl Sink<'v>) {
        self.message.write(sink);
        self.cut.keep(sink);
        self.until.keep(sink);
        self.joined.keep(sink);
    }

    fn read<'r>(source: &mut impl Source<'r>) -> Result<Self, Damaged> {
        let message = Arc::new(Message::read(source)?);
        let damaged = |columns| move |found| Damaged { columns, found };
        Ok(Self {
            message,
            cut: Kept::read(source).map_err(damaged("cut"))?,
            until: Kept::read(source).map_err(damaged("wait_until"))?,
            joined: Kept::read(source).map_err(damaged("joined"))?,
        })
    }
}

/// One list behind the other; together they have `N` members.
const fn joined<T: Copy, const N: usize>(mut first: &[T], mut second: &[T], fill: T) -> [T; N] {
    let mut all = [fill; N];
    let mut room: &mut [T] = &mut all;
    while let [next, rest @ ..] = room {
        match (first, second) {
            ([head, tail @ ..], _) => (*next, first) = (*head, tail),
            ([], [head, tail @ ..]) => (*next, second) = (*head, tail),
            ([], []) => {}
        }
        room = rest;
    }
    all
}

/// A message's place in the queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// The message.
    pub(crate) id: MessageId,
    /// The upstream that sends it.
    pub(crate) upstream: UpstreamId,
    /// Whose message it is.
    pub(crate) account: AccountId,
    /// Its class.
    pub(crate) class: Class,
    /// When it may be sent at the earliest.
    pub(crate) due: Time,
    /// When it must not be sent any more.
    pub(crate) expires: Time,
    /// Attempts that failed.
    pub(crate) failed: u16,
    /// Parts that the carrier has taken.
    pub(crate) taken: PartSet,
    /// Whether the carrier may have had it.
    pub(crate) possible_duplicate: bool,
    /// In whose hands it is; 0 is nobody's.
    pub(crate) owner: i64,
    /// It leaves behind the earlier ones of its account with the same key.
    pub(crate) ordering_key: Option<Box<str>>,
    /// The recipient, if something that it does may cancel the message.
    pub(crate) scheduled_to: Option<Number>,
}

/// The place of a message that is accepted, and is in the hands of `owner` if somebody sends it at once.
pub(crate) fn place(accept: &Accept, owner: i64) -> Place {
    let message = &*accept.message;
    Place {
        id: message.id,
        upstream: accept.upstream,
        account: message.account,
        class: message.class,
        due: message.leaves_from(),
        expires: message.expires,
        failed: 0,
        taken: PartSet::default(),
        possible_duplicate: false,
        owner: if accept.owned { owner } else { 0 },
        ordering_key: message.ordering_key.clone(),
        scheduled_to: message.scheduled_to(),
    }
}

declare! {
    Place as "q" {
        id: Big = id;
        upstream: Big = upstream;
        account: Big = account;
        class: Small = class;
        due: Big = due;
        expires: Big = expires;
        failed: Int = failed;
        taken: Big = taken;
        possible_duplicate: Flag = possible_duplicate;
        owner: Small = owner;
        ordering_key: Text = ordering_key;
        scheduled_to: Big = scheduled_to;
    }
}

// Some of a message's columns.
declare! {
    EndedMessage as "m" {
        id: Big = id;
        account: Big = account;
        sender: Text = from;
        recipient: Big = to;
        parts: Small = parts;
        plan: Text = plan;
        tried: Text = tried;
        price: Big, costs: Text, terms: Text = charge;
    }
}

// The table's key stands before them: `id`, the message.
declare! {
    Outcome as "o" {
        state: Small = state;
        upstream: Big = upstream;
        reference: Text = reference;
        error: Text = error;
        sent_at: Big = sent_at;
        done_at: Big = done_at;
        parts: Small = parts;
        possible_duplicate: Flag = possible_duplicate;
    }
}

declare! {
    Received as "i" {
        id: Big = id;
        upstream: Big = upstream;
        at: Big = at;
        account: Big = account;
        keyword: Text = keyword;
        intent: Small = intent;
        parts: Small = parts;
        missing: Small = missing;
        tags: Text = tags;
        from_given: Text, from_understood: Text, to_given: Text, to_understood: Text,
        text: Text, encoding: Small, header: Octets, data: Octets, carried: Small, flash: Flag,
        reference: Text, parameters: Octets = inbound;
        price: Big, currency: Text = price;
    }
}

// Behind the table's key, `sequence`.
declare! {
    Change as "c" {
        id: Big = id;
        at: Big = at;
        number: Big = number;
        kind: Small, account: Big, covers: Text = scope;
        holds: Flag = holds;
        source: Small = source;
        reason: Text = reason;
        who: Text = by;
        inbound: Big = inbound;
        obtained: Text = obtained;
        shown: Text = shown;
        proof: Text = proof;
    }
}

declare! {
    Counted as "f" {
        recipient: Big = to;
        at: Big = at;
        message: Big = message;
        account: Big = account;
        class: Small = class;
        content: Big = content;
    }
}

declare! {
    InboundPart as "p" {
        id: Big = id;
        upstream: Big = upstream;
        wait_until: Big = until;
        joined: Big = joined;
        sender: Text, recipient: Text, kind: Small, common: Big, total: Small = key;
        number: Small = number;
        from_given: Text, from_understood: Text, to_given: Text, to_understood: Text,
        text: Text, encoding: Small, header: Octets, data: Octets, carried: Small, flash: Flag,
        reference: Text, parameters: Octets = inbound;
    }
}

// The number of its conversation stands behind them.
declare! {
    Note as "n" {
        id: Big = id;
        at: Big = at;
        author: Text = author;
        text: Text, encoding: Small, header: Octets, data: Octets = body;
    }
}

declare! {
    Conversation as "c" {
        id: Big = id;
        account: Big, number: Text, handset: Text = ends;
        state: Small = state;
        assignee: Text = assignee;
        updated: Big = updated;
        waiting_since: Big = waiting_since;
        last_reply: Big = last_reply;
        claimed_by: Text = claimed_by;
        claimed_at: Big = claimed_at;
        assigned_at: Big = assigned_at;
        last_in: Big = last_in;
        read_marks: Text = read_marks;
    }
}
