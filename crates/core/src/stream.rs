//! The stream of events that applications follow (`GET /v1/events`).
//!
//! Whatever is recorded in one transaction is a page of the stream; the store numbers pages in the order in which they become
//! visible. Ends of messages and messages from handsets are events without a row of their own: a page names them, and what is
//! told of them is read from their tables. Another kind of event is an [`OtherEvent`] in
//! [`Record::events`](crate::contract::Record::events).

use crate::account::AccountId;
use crate::consent::{Change, Kind, Source};
use crate::delivery::{Outcome, State};
use crate::inbound::Received;
use crate::message::Message;
use crate::principal::Viewer;
use crate::time::Time;
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// The type of the event that a message came from a handset.
pub const RECEIVED: &str = "message.received";
/// The types of other events, in the order of their names. Whoever adds a kind of event adds its type here.
pub const OTHER_TYPES: [&str; 12] = [
    APPOINTMENT_CANCELED,
    APPOINTMENT_CONFIRMED,
    APPOINTMENT_MOVE_REQUESTED,
    BALANCE_LOW,
    BATCH_PAUSED,
    BROADCAST_FALLBACK,
    BROADCAST_PAUSED,
    CAMPAIGN_PAUSED,
    LINK_CLICKED,
    OPT_OUT_ADDED,
    OPT_OUT_LIFTED,
    SIM_BALANCE_LOW,
];
/// The types of the events that a recipient has answered a reminder.
pub const APPOINTMENT_CANCELED: &str = "appointment.canceled";
/// It was confirmed.
pub const APPOINTMENT_CONFIRMED: &str = "appointment.confirmed";
/// Another time is wanted.
pub const APPOINTMENT_MOVE_REQUESTED: &str = "appointment.move_requested";
/// The type of the event that those are written to anew whom a broadcast has not reached in time.
pub const BROADCAST_FALLBACK: &str = "broadcast.fallback";
/// The types of the events that the gateway paused a batch, a broadcast or a campaign by itself.
pub const BATCH_PAUSED: &str = "batch.paused";
/// A broadcast.
pub const BROADCAST_PAUSED: &str = "broadcast.paused";
/// A campaign.
pub const CAMPAIGN_PAUSED: &str = "campaign.paused";
/// The type of the event that a recipient has followed a short link for the first time.
pub const LINK_CLICKED: &str = "link.clicked";
/// The type of the event that the balance of an upstream's SIM has become low.
pub const SIM_BALANCE_LOW: &str = "sim_balance.low";
/// The type of the event that what an account may spend has become low.
pub const BALANCE_LOW: &str = "balance.low";
/// The type of the event that a recipient has opted out.
pub const OPT_OUT_ADDED: &str = "opt_out.added";
/// The type of the event that an opt-out was lifted, such as by START.
pub const OPT_OUT_LIFTED: &str = "opt_out.lifted";

/// The type of the event that a message ended so.
#[must_use]
pub const fn type_of_end(state: State) -> &'static str {
    match state {
        State::Queued => "message.queued",
        State::Sent => "message.sent",
        State::Delivered => "message.delivered",
        State::Undelivered => "message.undelivered",
        State::Expired => "message.expired",
        State::Rejected => "message.rejected",
        State::Failed => "message.failed",
        State::Unknown => "message.unknown",
        State::Canceled => "message.canceled",
    }
}

/// All types of events that there are.
pub fn types() -> impl Iterator<Item = &'static str> {
    let ends = State::ALL.into_iter().filter(|state| state.is_final()).map(type_of_end);
    ends.chain([RECEIVED]).chain(OTHER_TYPES)
}

/// A place in the stream: behind so many events of a page. Written `PAGE-EVENTS`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct EventPosition {
    /// The page's number, from 1.
    pub page: u64,
    /// How many of its events are before this place.
    pub events: u32,
}

impl EventPosition {
    /// Before everything that is kept.
    pub const START: Self = Self { page: 0, events: 0 };
}

impl fmt::Display for EventPosition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.page, self.events)
    }
}

/// A text that is no place in the stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an event's id is two numbers with a '-' between them, such as 1042-3")]
pub struct NotAPosition;

impl FromStr for EventPosition {
    type Err = NotAPosition;

    fn from_str(text: &str) -> Result<Self, NotAPosition> {
        let (page, events) = text.split_once('-').ok_or(NotAPosition)?;
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|octet| octet.is_ascii_digit());
        if !is_number(page) || !is_number(events) {
            return Err(NotAPosition);
        }
        let page: i64 = page.parse().map_err(|_| NotAPosition)?;
        Ok(Self { page: page.unsigned_abs(), events: events.parse().map_err(|_| NotAPosition)? })
    }
}

/// An event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StreamEvent {
    /// A message has ended.
    Ended {
        /// The message.
        message: Arc<Message>,
        /// Its end.
        outcome: Outcome,
    },
    /// A message came from a handset.
    Received(Arc<Received>),
    /// Something else happened.
    Other(OtherEvent),
}

/// An event that no other table holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtherEvent {
    /// Its type, one of [`OTHER_TYPES`].
    pub kind: Cow<'static, str>,
    /// The account that it concerns; `None` for one that only administrators see.
    pub account: Option<AccountId>,
    /// When it happened.
    pub at: Time,
    /// What is to be known of it, by name. Names and values are shown as they are.
    pub facts: Vec<(Cow<'static, str>, Box<str>)>,
}

impl OtherEvent {
    /// The event of a change of what holds of a number: of opt-outs alone.
    #[must_use]
    pub fn of_change(change: &Change) -> Option<Self> {
        let Change { id, at, number, scope, holds, source, reason, by, inbound, .. } = change;
        if scope.kind != Kind::OptOut || *source == Source::Erasure {
            return None;
        }
        let sender = Some(&scope.only).filter(|sender| !sender.is_empty());
        let facts = [
            ("id", Some(id.to_string().into())),
            ("number", Some(number.to_string().into())),
            ("sender", sender.cloned()),
            ("source", Some(source.word().into())),
            ("reason", reason.clone()),
            ("by", by.clone()),
            ("inbound_id", inbound.map(|inbound| inbound.to_string().into())),
        ];
        let given = facts.into_iter().filter_map(|(name, value)| Some((name.into(), value?)));
        let kind = if *holds { OPT_OUT_ADDED } else { OPT_OUT_LIFTED };
        Some(Self { kind: kind.into(), account: scope.account, at: *at, facts: given.collect() })
    }
}

/// Which events somebody wants to see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventFilter {
    /// Visible to this viewer.
    pub viewer: Viewer,
    /// Only events of these types; `None` for all.
    pub types: Option<BTreeSet<Box<str>>>,
}

impl EventFilter {
    /// Whether it wants an event of this type that concerns this account, or none.
    #[must_use]
    pub fn wants(&self, account: Option<AccountId>, kind: &str) -> bool {
        let is_visible = match self.viewer {
            Viewer::Everything => true,
            Viewer::Account(own) => account == Some(own),
        };
        is_visible && self.types.as_ref().is_none_or(|types| types.contains(kind))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_reads_back_what_it_writes() {
        let position = EventPosition { page: 1042, events: 3 };
        assert_eq!(position.to_string(), "1042-3");
        assert_eq!("1042-3".parse(), Ok(position));
        for bad in ["", "7", "-3", "7-", "+7-3", "7-x", "7-3-1", "9223372036854775808-1", "1-4294967296"] {
            assert_eq!(bad.parse::<EventPosition>(), Err(NotAPosition), "{bad}");
        }
    }

    #[test]
    fn the_type_of_an_end_names_its_state() {
        for state in State::ALL {
            assert_eq!(type_of_end(state), format!("message.{}", state.word()));
        }
        let mut types: Vec<_> = types().collect();
        types.sort_unstable();
        types.dedup();
        assert_eq!(types.len(), 8 + OTHER_TYPES.len());
    }

    #[test]
    fn a_filter_is_of_a_viewer_and_of_types() {
        let own = AccountId(1);
        let all = |viewer| EventFilter { viewer, types: None };
        assert!(all(Viewer::Everything).wants(None, RECEIVED));
        assert!(all(Viewer::Account(own)).wants(Some(own), RECEIVED));
        assert!(!all(Viewer::Account(own)).wants(None, RECEIVED));
        assert!(!all(Viewer::Account(own)).wants(Some(AccountId(2)), RECEIVED));
        let received = EventFilter { types: Some([RECEIVED.into()].into()), ..all(Viewer::Everything) };
        assert!(received.wants(None, RECEIVED));
        assert!(!received.wants(None, type_of_end(State::Delivered)));
    }
}
