//! GSM and LTE modems by AT commands (3GPP TS 27.005 and 27.007), in PDU mode.
//!
//! [`Session`] is our end, the terminal: commands one at a time, their results, and what the modem says by itself.
//! [`Device`] is the modem's end, which the simulator plays. [`tpdu`] has the messages themselves (3GPP TS 23.040).

mod command;
mod device;
pub mod error;
pub mod fields;
mod lines;
mod result;
mod session;
pub mod tpdu;
mod unsolicited;

pub use command::Command;
pub use device::{Device, Input};
pub use error::{Cme, Cms};
pub use lines::LINE_MAX;
pub use result::Final;
pub use session::{Event, Reason, Session, Settings, Wrong};
pub use unsolicited::Unsolicited;
