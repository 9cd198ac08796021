//! Clients that speak TLS to a plain port, or plain HTTP to a port that wants TLS. They get an answer in clear that says so,
//! since anything else looks like a broken network.

use super::door::Door;
use std::io;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The first octet of a TLS handshake (RFC 8446, section 5.1). No HTTP request begins with it.
pub(super) const HANDSHAKE: u8 = 0x16;
/// The answer to TLS at a plain port.
pub(super) const WANTS_PLAIN: &str =
    "this port speaks plain HTTP: write http:// in the URL, or use the port of HTTPS";
/// The answer to plain HTTP at a port that wants TLS.
const WANTS_TLS: &str = "this port speaks HTTPS: write https:// in the URL";
/// The octets that are read before the answer: what stays unread makes the system drop it.
const READ_MAX: usize = 16 << 10;

/// Whether the client begins with a method of HTTP rather than a TLS handshake. Nothing is taken from the stream.
pub(super) async fn speaks_plainly(stream: &TcpStream) -> io::Result<bool> {
    let mut first = [0];
    let count = stream.peek(&mut first).await?;
    Ok(count > 0 && first[0].is_ascii_uppercase())
}

/// Tells a client without TLS what the port wants.
pub(super) async fn turn_away(mut stream: TcpStream, door: &Door) -> io::Result<()> {
    let mut sent = vec![0; READ_MAX];
    let _ = stream.read(&mut sent).await?;
    stream.write_all(&door.answer_stranger(WANTS_TLS)).await?;
    stream.shutdown().await
}
