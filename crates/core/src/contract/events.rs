//! Questions about the stream of events.

use crate::stream::{EventFilter, EventPosition, StreamEvent};

/// Which events are asked for.
#[derive(Clone, Debug)]
pub struct EventsWanted {
    /// Which ones of all.
    pub filter: EventFilter,
    /// Those behind this place; `None` for none yet, to learn where the stream ends.
    pub after: Option<EventPosition>,
    /// At most so many.
    pub most: usize,
}

/// A stretch of the stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Events {
    /// The events, each with the place behind it.
    pub events: Vec<(EventPosition, StreamEvent)>,
    /// The place up to which it was looked.
    pub next: EventPosition,
    /// Whether more may be behind that place already.
    pub more: bool,
    /// Whether events between the place that was asked for and the first of these are not kept any more.
    pub forgotten: bool,
}
