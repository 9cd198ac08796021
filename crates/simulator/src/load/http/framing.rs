//! Requests and answers of HTTP/1.1 that have a Content-Length.

use bytes::{Buf, BytesMut};
use std::io::{self, ErrorKind};

/// Takes the first message out of what was read, if all of it is there: its first line and its body.
///
/// # Errors
/// When the head is not understood here.
pub(super) fn take(input: &mut BytesMut) -> io::Result<Option<(String, BytesMut)>> {
    let Some(end) = input.windows(4).position(|window| window == b"\r\n\r\n") else { return Ok(None) };
    let head = std::str::from_utf8(input.get(..end).unwrap_or_default()).map_err(|_| strange())?;
    let mut lines = head.split("\r\n");
    let first_line = lines.next().unwrap_or_default().to_owned();
    let length = lines.find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then_some(value.trim().parse::<usize>().ok())?
    });
    let (start, length) = (end + 4, length.ok_or_else(strange)?);
    if input.len() < start + length {
        return Ok(None);
    }
    input.advance(start);
    Ok(Some((first_line, input.split_to(length))))
}

/// The error of a head that is not understood here.
pub(super) fn strange() -> io::Error {
    io::Error::new(ErrorKind::InvalidData, "this is not HTTP/1.1 with a Content-Length")
}
