//! Requests as the simulated provider reads them: HTTP/1.1 with a Content-Length, or without a body.

use bytes::{Buf, BytesMut};
use std::io::{self, ErrorKind};
use url::Url;

/// A request.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) url: Url,
    /// The type of the body; empty for none.
    pub(crate) content_type: String,
    pub(crate) body: Vec<u8>,
}

impl Request {
    /// Takes the first request out of what was read, if all of it is there.
    pub(crate) fn take(input: &mut BytesMut) -> io::Result<Option<Self>> {
        let Some(end) = input.windows(4).position(|window| window == b"\r\n\r\n") else { return Ok(None) };
        let head = std::str::from_utf8(input.get(..end).unwrap_or_default()).map_err(|_| strange())?;
        let mut lines = head.split("\r\n");
        let target = lines.next().and_then(|line| line.split(' ').nth(1)).ok_or_else(strange)?;
        let url = format!("http://localhost{target}").parse().map_err(|_| strange())?;
        let field = |wanted: &str| {
            lines.clone().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                name.eq_ignore_ascii_case(wanted).then(|| value.trim().to_owned())
            })
        };
        let content_type = field("content-type").unwrap_or_default();
        let length = field("content-length").and_then(|length| length.parse().ok());
        let (start, length) = (end + 4, length.unwrap_or(0));
        if input.len() < start + length {
            return Ok(None);
        }
        input.advance(start);
        Ok(Some(Self { url, content_type, body: input.split_to(length).to_vec() }))
    }
}

fn strange() -> io::Error {
    io::Error::new(ErrorKind::InvalidData, "this is not HTTP/1.1 with a Content-Length")
}
