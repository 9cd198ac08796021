//! Pages of the stream of events: what was recorded in one transaction, packed into a few octets an event.
//!
//! A page begins with the version of its form. An event begins with its kind: the code of the state of a message's end, or
//! one of those below. Numbers are in groups of seven bits, the lowest first.

mod pack;

use crate::codes::Code;
use pack::{Packer, Unpacker};
use postrider_core::account::AccountId;
use postrider_core::consent::Change;
use postrider_core::contract::{AppWrite, EndedMessages, Events, EventsWanted, JoinedParts, Record};
use postrider_core::delivery::{Outcome, State};
use postrider_core::id::MessageId;
use postrider_core::inbound::Received;
use postrider_core::principal::Viewer;
use postrider_core::report::EndedMessage;
use postrider_core::stream::{EventFilter, EventPosition, OtherEvent, RECEIVED, StreamEvent, type_of_end};
use postrider_core::time::Time;
use std::borrow::Cow;
use std::collections::HashMap;

/// The version of the form of pages.
const VERSION: u8 = 1;
/// A message from a handset that belongs to an account.
const OWNED: u8 = 0x40;
/// A message from a handset that belongs to nobody.
const UNOWNED: u8 = 0x41;
/// Another event.
const OTHER: u8 = 0x80;
/// Pages that are read at once at most.
pub(crate) const PAGES_MAX: usize = 256;

/// A page that is to be written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct EventPage {
    /// When the last of it happened.
    pub(crate) at: Time,
    /// Its events; none: there is no page.
    pub(crate) octets: Vec<u8>,
}

impl EventPage {
    /// The page of a record.
    pub(crate) fn of_record(record: &Record) -> Self {
        Self::of_record_without(record, &[])
    }

    /// The page of a record, without the changes at these places, in rising order: their messages had ended before.
    pub(crate) fn of_record_without(record: &Record, again: &[usize]) -> Self {
        let mut page = Writer::default();
        for (place, change) in record.changes.iter().enumerate() {
            if let Some(outcome) = &change.outcome
                && again.binary_search(&place).is_err()
            {
                page.ended(change.account, change.message, outcome.state, change.at);
            }
        }
        record.inbound.iter().for_each(|received| page.received(received));
        page.changes(record.consent.iter().map(|change| &**change));
        record.events.iter().for_each(|event| page.other(event));
        page.finish()
    }

    /// The page of changes of what holds of numbers.
    pub(crate) fn of_changes<'c>(changes: impl Iterator<Item = &'c Change>) -> Self {
        let mut page = Writer::default();
        page.changes(changes);
        page.finish()
    }

    /// The page of what applications tell.
    pub(crate) fn of_apps(writes: &[AppWrite]) -> Self {
        let mut page = Writer::default();
        writes.iter().filter_map(AppWrite::told).for_each(|event| page.other(event));
        page.finish()
    }

    /// The page of messages that were put together.
    pub(crate) fn of_joined(joined: &[JoinedParts]) -> Self {
        let mut page = Writer::default();
        joined.iter().filter_map(|joined| joined.received.as_ref()).for_each(|it| page.received(it));
        page.changes(joined.iter().flat_map(|joined| &joined.consent).map(|change| &**change));
        page.finish()
    }
}

/// A page that is being packed.
#[derive(Default)]
struct Writer {
    packer: Packer,
    at: Time,
    /// The message of the last event: identifiers near each other need few octets.
    last: u64,
}

impl Writer {
    fn begin(&mut self, kind: u8, at: Time) {
        if self.packer.0.is_empty() {
            self.packer.octet(VERSION);
        }
        self.packer.octet(kind);
        self.at = self.at.max(at);
    }

    fn message(&mut self, message: MessageId) {
        let number = message.number();
        self.packer.signed(number.wrapping_sub(self.last).cast_signed());
        self.last = number;
    }

    fn ended(&mut self, account: AccountId, message: MessageId, state: State, at: Time) {
        self.begin(u8::try_from(state.code()).unwrap_or(0), at);
        self.packer.number(account.0.into());
        self.message(message);
    }

    fn received(&mut self, received: &Received) {
        self.begin(received.account.map_or(UNOWNED, |_| OWNED), received.at);
        if let Some(account) = received.account {
            self.packer.number(account.0.into());
        }
        self.message(received.id);
    }

    fn changes<'c>(&mut self, changes: impl Iterator<Item = &'c Change>) {
        changes.filter_map(OtherEvent::of_change).for_each(|event| self.other(&event));
    }

    fn other(&mut self, event: &OtherEvent) {
        self.begin(OTHER, event.at);
        self.packer.number(event.account.map_or(0, |account| u64::from(account.0) + 1));
        self.packer.signed(event.at.0);
        self.packer.text(&event.kind);
        self.packer.number(event.facts.len() as u64);
        for (name, value) in &event.facts {
            self.packer.text(name);
            self.packer.text(value);
        }
    }

    fn finish(self) -> EventPage {
        EventPage { at: self.at, octets: self.packer.0 }
    }
}

/// An event as a page has it.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Entry {
    Ended { account: AccountId, message: i64, state: State },
    Received { account: Option<AccountId>, message: i64 },
    Other(OtherEvent),
}

impl Entry {
    fn account(&self) -> Option<AccountId> {
        match self {
            Self::Ended { account, .. } => Some(*account),
            Self::Received { account, .. } => *account,
            Self::Other(event) => event.account,
        }
    }

    fn kind(&self) -> &str {
        match self {
            Self::Ended { state, .. } => type_of_end(*state),
            Self::Received { .. } => RECEIVED,
            Self::Other(event) => &event.kind,
        }
    }
}

/// The entries of a page; `None` if it can't be read.
fn entries(octets: &[u8]) -> Option<Vec<Entry>> {
    let mut unpacker = Unpacker(octets);
    if unpacker.octet()? != VERSION {
        return None;
    }
    let mut entries = Vec::new();
    let mut last = 0;
    while !unpacker.0.is_empty() {
        entries.push(entry(&mut unpacker, &mut last)?);
    }
    Some(entries)
}

fn entry(unpacker: &mut Unpacker<'_>, last: &mut u64) -> Option<Entry> {
    let kind = unpacker.octet()?;
    if kind == OTHER {
        return other(unpacker).map(Entry::Other);
    }
    let account = match kind {
        UNOWNED => None,
        _ => Some(AccountId(u32::try_from(unpacker.number()?).ok()?)),
    };
    *last = last.wrapping_add(unpacker.signed()?.cast_unsigned());
    let message = last.cast_signed();
    match (kind, account) {
        (OWNED | UNOWNED, account) => Some(Entry::Received { account, message }),
        (state, Some(account)) => {
            Some(Entry::Ended { account, message, state: State::from_code(state.into())? })
        }
        _ => None,
    }
}

fn other(unpacker: &mut Unpacker<'_>) -> Option<OtherEvent> {
    let account = match unpacker.number()? {
        0 => None,
        account => Some(AccountId(u32::try_from(account - 1).ok()?)),
    };
    let at = Time(unpacker.signed()?);
    let kind = Cow::Owned(unpacker.text()?.to_owned());
    let mut facts = Vec::new();
    for _ in 0..unpacker.number()? {
        facts.push((Cow::Owned(unpacker.text()?.to_owned()), unpacker.text()?.into()));
    }
    Some(OtherEvent { kind, account, at, facts })
}

/// The events that somebody wants, as far as pages say what they are.
pub(crate) struct Selection {
    wanted: EventsWanted,
    after: EventPosition,
    found: Vec<(EventPosition, Entry)>,
    next: EventPosition,
    /// Whether it is full.
    is_full: bool,
    pages: usize,
}

impl Selection {
    /// Nothing is selected yet, of those behind `after`.
    pub(crate) const fn new(wanted: EventsWanted, after: EventPosition) -> Self {
        Self { wanted, after, found: Vec::new(), next: after, is_full: false, pages: 0 }
    }

    /// Everything behind `after` that is to be counted, at most so many.
    pub(crate) const fn to_count(after: EventPosition, most: usize) -> Self {
        let filter = EventFilter { viewer: Viewer::Everything, types: None };
        Self::new(EventsWanted { filter, after: Some(after), most }, after)
    }

    /// Selects from the next page. Returns whether there is room for more.
    pub(crate) fn take(&mut self, page: u64, octets: &[u8]) -> bool {
        self.pages += 1;
        let entries = entries(octets).unwrap_or_else(|| {
            tracing::warn!(page, "a page of the stream of events can't be read; it is passed over");
            Vec::new()
        });
        let seen = if page == self.after.page { self.after.events } else { 0 };
        for (entry, events) in entries.into_iter().zip(1..).skip(seen as usize) {
            if self.found.len() >= self.wanted.most {
                self.is_full = true;
                return false;
            }
            self.next = EventPosition { page, events };
            if self.wanted.filter.wants(entry.account(), entry.kind()) {
                self.found.push((self.next, entry));
            }
        }
        self.next = self.next.max(EventPosition { page, events: seen });
        true
    }

    /// The ends of messages and the messages from handsets that are to be looked up.
    pub(crate) fn messages(&self) -> (Vec<i64>, Vec<i64>) {
        let (mut ended, mut received) = (Vec::new(), Vec::new());
        for (_, entry) in &self.found {
            match entry {
                Entry::Ended { message, .. } => ended.push(*message),
                Entry::Received { message, .. } => received.push(*message),
                Entry::Other(_) => {}
            }
        }
        (ended, received)
    }

    /// The ends of messages, each once, in the order of messages.
    pub(crate) fn ended(&self) -> Vec<i64> {
        let (mut ended, _) = self.messages();
        ended.sort_unstable();
        ended.dedup();
        ended
    }

    /// The messages that were looked up, and how far that is.
    pub(crate) fn finish_ended(self, ended: Vec<(EndedMessage, Outcome)>, forgotten: bool) -> EndedMessages {
        EndedMessages { ended, next: self.next, more: self.has_more(), forgotten }
    }

    const fn has_more(&self) -> bool {
        self.is_full || self.pages >= PAGES_MAX
    }

    /// The events, with what was looked up. What isn't kept any more is left out.
    pub(crate) fn finish(self, mut told: HashMap<i64, StreamEvent>, forgotten: bool) -> Events {
        let more = self.has_more();
        let events = self.found.into_iter().filter_map(|(position, entry)| match entry {
            Entry::Other(event) => Some((position, StreamEvent::Other(event))),
            Entry::Ended { message, .. } | Entry::Received { message, .. } => {
                // Of a message that was in two nodes' hands a page may have two ends; one is told.
                told.remove(&message).map(|event| (position, event))
            }
        });
        Events { events: events.collect(), next: self.next, more, forgotten }
    }
}

/// The place behind all events of a page.
pub(crate) fn end_of(page: u64, octets: &[u8]) -> EventPosition {
    let events = entries(octets).map_or(0, |entries| entries.len());
    EventPosition { page, events: u32::try_from(events).unwrap_or(u32::MAX) }
}

/// Whether events behind `after` are missing where these are the oldest page that is kept and the newest. A place behind the
/// newest page is one of another store, or of this one before a backup was restored.
pub(crate) fn is_forgotten(after: EventPosition, kept: Option<(u64, u64)>) -> bool {
    match kept {
        Some((oldest, newest)) => after.page > 0 && !(oldest..=newest + 1).contains(&(after.page + 1)),
        None => after.page > 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page() -> EventPage {
        let mut page = Writer::default();
        page.ended(AccountId(1), MessageId::from_number(1 << 61), State::Delivered, Time(5));
        page.ended(AccountId(300), MessageId::from_number(7), State::Failed, Time(9));
        page.other(&opted_out());
        page.finish()
    }

    fn page_of_three() -> Vec<u8> {
        page().octets
    }

    fn opted_out() -> OtherEvent {
        let facts = vec![("number".into(), "+447700900123".into())];
        OtherEvent { kind: "opted_out".into(), account: Some(AccountId(0)), at: Time(-3), facts }
    }

    fn wanted(viewer: Viewer, most: usize) -> EventsWanted {
        EventsWanted { filter: EventFilter { viewer, types: None }, after: None, most }
    }

    #[test]
    fn a_page_reads_back_what_it_packs() {
        let page = page();
        assert_eq!(page.at, Time(9));
        let expected = [
            Entry::Ended { account: AccountId(1), message: 1 << 61, state: State::Delivered },
            Entry::Ended { account: AccountId(300), message: 7, state: State::Failed },
            Entry::Other(opted_out()),
        ];
        assert_eq!(entries(&page.octets).unwrap(), expected);
        assert_eq!(EventPage::of_record(&Record::default()), EventPage::default());
    }

    #[test]
    fn a_page_that_is_cut_short_is_not_read() {
        let octets = page_of_three();
        assert!((1..octets.len()).filter(|end| entries(&octets[..*end]).is_some()).count() <= 3);
        assert_eq!(entries(&[9, 1, 1, 1]), None);
    }

    #[test]
    fn a_selection_goes_on_where_the_last_one_ended() {
        let mut after = EventPosition::START;
        let mut seen = Vec::new();
        loop {
            let mut selection = Selection::new(wanted(Viewer::Everything, 2), after);
            let mut pages = [4, 5].into_iter().skip_while(|page| *page < after.page);
            let room = pages.all(|page| selection.take(page, &page_of_three()));
            seen.extend(selection.found.iter().map(|(position, _)| position.to_string()));
            after = selection.next;
            if room {
                break;
            }
        }
        assert_eq!(seen, ["4-1", "4-2", "4-3", "5-1", "5-2", "5-3"]);
        assert_eq!(after.to_string(), "5-3");
    }

    #[test]
    fn an_account_gets_its_own_and_passes_the_others() {
        let mut selection = Selection::new(wanted(Viewer::Account(AccountId(300)), 9), EventPosition::START);
        assert!(selection.take(4, &page_of_three()));
        assert_eq!(selection.messages(), (vec![7], vec![]));
        assert_eq!(selection.next.to_string(), "4-3");
    }

    #[test]
    fn what_was_purged_is_told() {
        let at = |page| EventPosition { page, events: 1 };
        for (page, kept, expected) in [
            (4, Some((5, 9)), false),
            (9, Some((5, 9)), false),
            (3, Some((5, 9)), true),
            (10, Some((5, 9)), true),
            (4, None, true),
        ] {
            assert_eq!(is_forgotten(at(page), kept), expected, "{page} of {kept:?}");
        }
        assert!(!is_forgotten(EventPosition::START, Some((6, 9))));
    }
}
