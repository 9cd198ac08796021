//! What goes over SMPP links, for whoever runs the gateway: a ring of recent PDUs for each connection, live views of
//! them, their fields by name, and files that Wireshark reads. Passwords never get in here; texts and numbers leave
//! masked unless they are asked for.
//!
//! Everything is recorded all the time, so that what went wrong a moment ago can be looked at. That costs a glance at
//! each PDU's header and a copy of its octets; what takes more is done when somebody looks.

mod address;
mod cutter;
mod describe;
mod live;
mod mask;
mod packet;
mod pcapng;
mod recorded;
mod recorder;
mod ring;
mod secret;
mod tape;
mod wanted;

pub use cutter::KEPT_MAX;
pub use describe::{Content, Described, Parameter, Value, describe};
pub use live::{LIVE_MAX, Live, TooMany};
pub use packet::{Direction, Ends, Origin, Packet, Party};
pub use pcapng::pcapng;
pub use recorded::Recorded;
pub use recorder::Recorder;
pub use ring::{OCTETS_MAX, PDUS_MAX};
pub use tape::Tape;
pub use wanted::Wanted;
