//! What both engines know of the removal of texts.

/// `retention.account` of messages from handsets that belong to nobody.
pub(crate) const NOBODY: i64 = -1;

/// How much later than messages the texts of clients' parts are removed: parts of a text may wait an hour for the others. In
/// numbers of identifiers, whose milliseconds are 22 bits up.
pub(crate) const PARTS_LATER: i64 = 3_600_000 << 22;

/// A stretch of an account's rows, in the order of identifiers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Walk {
    /// The account, or [`NOBODY`].
    pub(crate) account: i64,
    /// Behind this one.
    pub(crate) after: i64,
    /// Before this one.
    pub(crate) before: i64,
    /// At most so many.
    pub(crate) most: usize,
}
