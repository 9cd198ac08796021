//! How often what happened at a carrier. Numbers only, cheap enough to be kept for every message.

/// A carrier's counts since it was started; stopping and restarting doesn't reset them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Connections open now.
    pub connections: u64,
    /// Of these, bound now.
    pub binds: u64,
    /// Of these, bound as receiver or transceiver.
    pub receivers: u64,
    /// Binds granted so far.
    pub binds_granted: u64,
    /// Binds refused so far.
    pub binds_refused: u64,
    /// Parts that came, however they were answered.
    pub submitted: u64,
    /// Parts given a message_id.
    pub accepted: u64,
    /// Parts answered with an error other than ESME_RTHROTTLED.
    pub refused: u64,
    /// Parts answered with ESME_RTHROTTLED.
    pub throttled: u64,
    /// Parts not answered, by intention.
    pub unanswered: u64,
    /// Parts accepted of which an identical one (source, destination, text) was accepted before.
    pub duplicates: u64,
    /// Receipts written to a client, repetitions included.
    pub receipts_sent: u64,
    /// Receipts that a client has answered with ESME_ROK.
    pub receipts_taken: u64,
    /// Receipts that a client has answered with a final error, and which it doesn't get again.
    pub receipts_refused: u64,
    /// Questions about messages (query_sm), however they were answered.
    pub queries: u64,
    /// Parts of messages from handsets that a client has answered with ESME_ROK.
    pub inbound_taken: u64,
    /// Parts of messages from handsets that a client has answered with a final error.
    pub inbound_refused: u64,
    /// Receipts and messages that can't be delivered for now: nobody is bound to receive them, or the window is full.
    pub waiting: u64,
    /// Receipts and messages thrown away because too many were waiting.
    pub dropped: u64,
}
