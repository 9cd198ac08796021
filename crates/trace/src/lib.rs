//! Traffic of SMPP, UCP, CIMD2, modems and HTTP, recorded for operators: a ring of recent PDUs and frames for each connection, live views, fields by name, and files
//! that Wireshark reads. Passwords are never recorded. Texts and numbers are masked unless they are asked for.
//!
//! Recording is always on, so that operators can look at a failure after it happened. It costs a look at each PDU's header
//! and a copy of its octets. Everything else is done only for a viewer.

mod address;
mod cutter;
mod describe;
mod exchanges;
mod framed;
mod lines;
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
mod web;

pub use cutter::KEPT_MAX;
pub use describe::{Content, Described, Parameter, Value, describe};
pub use exchanges::{Exchanges, Moment};
pub use live::{LIVE_MAX, Live, TooMany};
pub use packet::{Direction, Ends, Origin, Packet, Party};
pub use pcapng::pcapng;
pub use recorded::Recorded;
pub use recorder::Recorder;
pub use ring::{OCTETS_MAX, PDUS_MAX};
pub use tape::Tape;
pub use wanted::Wanted;
