//! Delivery receipts: recognising one, reading its text (SMPP 3.4 appendix B) and its parameters, and writing our own.
//! Reading is as lenient as carriers are careless; which message a receipt belongs to is decided elsewhere.

mod format;
mod report;
mod state;
mod text;

pub use format::OwnReceipt;
pub use report::{Evidence, NetworkError, Report, is_receipt};
pub use state::MessageState;
pub use text::{ReceiptText, narrow};
