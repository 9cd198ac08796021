//! One end of a connection, as far as its socket is concerned.

use bytes::BytesMut;

/// One end of a connection without its socket, whatever the protocol: octets come in and go out.
///
/// Who holds the socket reads into `input` while `wants_input` holds, and writes and drains `output`.
pub trait Endpoint {
    /// Where to append what the socket gives; there is always room for some KiB.
    fn input(&mut self) -> &mut BytesMut;

    /// Whether it is time to read from the socket: always, unless what was read first has to be dealt with.
    fn wants_input(&self) -> bool {
        true
    }

    /// What to write to the socket.
    fn output(&mut self) -> &mut BytesMut;
}
