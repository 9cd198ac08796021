//! What both engines know of bodies that are encrypted anew.

use postrider_core::contract::BodyRows;

/// The columns of a body.
pub(crate) const COLUMNS: &str = "text, encoding, header, data";

/// The change of a body: of row `$1`, to the columns behind it, from those behind them.
pub(crate) const CHANGED: &str = "SET text = $2, encoding = $3, header = $4, data = $5 WHERE id = $1 \
     AND text IS NOT DISTINCT FROM $6 AND encoding IS NOT DISTINCT FROM $7 AND header IS NOT DISTINCT FROM $8 \
     AND data IS NOT DISTINCT FROM $9";

/// The table of these rows.
pub(crate) const fn table(rows: BodyRows) -> &'static str {
    match rows {
        BodyRows::Messages => "message",
        BodyRows::ClientParts => "client_part",
        BodyRows::Received => "inbound",
        BodyRows::ReceivedParts => "inbound_part",
        BodyRows::Notes => "conversation_note",
    }
}
