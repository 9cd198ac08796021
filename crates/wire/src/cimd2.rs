//! CIMD2 (Nokia SMS Centre, CIMD Interface Specification): frames, parameters, special characters, and the session that
//! carries them. No sockets, no clock and no policy.

pub mod error;
pub mod frame;
pub mod parameter;
pub mod session;
pub mod special;
pub mod status;
pub mod time;

pub use crate::exchange::Role;
pub use error::ErrorCode;
pub use frame::{Frame, FrameError, Op};
pub use parameter::Parameters;
pub use session::{Event, Session};
