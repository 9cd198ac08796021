//! Words of the API that are written from the core's own: their schemas list what can be there.

#[cfg(test)]
mod description;

/// The state of a message, for descriptions.
#[cfg_attr(not(test), expect(dead_code, reason = "it only describes"))]
pub(crate) struct StateWord;

/// The kind of an event of a timeline, for descriptions.
#[cfg_attr(not(test), expect(dead_code, reason = "it only describes"))]
pub(super) struct EventWord;

/// The kinds of events beside final states.
#[cfg(test)]
pub(super) const EVENTS: [&str; 8] =
    ["part_accepted", "accepted", "routed", "remark", "waits", "sent", "receipt", "notice"];
