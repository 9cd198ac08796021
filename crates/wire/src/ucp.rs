//! EMI/UCP 3.5 to 5.x: frames, operations, results, and the session that carries them. No sockets, no clock and no policy.
//! Sections are those of the EMI/UCP Interface, version 4.0 and later.

pub mod error;
mod fields;
pub mod frame;
pub mod name;
pub mod operation;
pub mod reason;
pub mod result;
pub mod session;
pub mod time;
pub mod xser;

pub use crate::exchange::Role;
pub use error::ErrorCode;
pub use frame::{Frame, FrameError, Header, Kind};
pub use operation::{Malformed, Message, Operation, Ot};
pub use result::{Answer, Outcome};
pub use session::{Event, Session};
