//! SMPP 3.3, 3.4 and 5.0: frames, PDUs, TLVs, receipts and the session that carries them.
//! No sockets, no clock and no policy: bytes and the time come in, bytes and events go out.

pub mod address;
pub mod frame;
pub mod header;
pub mod pdu;
mod read;
pub mod receipt;
pub mod session;
pub mod status;
pub mod time;
pub mod tlv;
mod write;

pub use address::{Address, Npi, Ton};
pub use frame::{Frame, FrameError};
pub use header::{Command, Header};
pub use pdu::Pdu;
pub use read::DecodeError;
pub use session::{Event, Reason, RequestError, RespondError, Role, Session, Settings, State};
pub use status::Status;
pub use tlv::{TlvBuilder, Tlvs};
pub use write::{Encode, EncodeError, Problem, Writer};
