//! Requests as they go over the wire.

use crate::Target;
use std::fmt::{Display, Write};

/// A request whose head is being written. Values of fields must be without control characters.
#[derive(Debug)]
pub struct Request {
    head: String,
}

impl Request {
    /// A request of this method to a target.
    #[must_use]
    pub fn new(method: &str, target: &Target) -> Self {
        let mut head = String::with_capacity(512);
        for part in [method, " ", &target.path, " HTTP/1.1\r\nhost: ", &target.authority, "\r\n"] {
            head.push_str(part);
        }
        Self { head }
    }

    /// Adds a field.
    #[must_use]
    pub fn field(mut self, name: &str, value: impl Display) -> Self {
        // A string takes whatever is written.
        let _ = write!(self.head, "{name}: {value}\r\n");
        self
    }

    /// The octets of the whole request, with this body.
    #[must_use]
    pub fn with_body(self, body: &[u8]) -> Vec<u8> {
        let mut octets = self.field("content-length", body.len()).head.into_bytes();
        octets.reserve_exact(body.len() + 2);
        octets.extend_from_slice(b"\r\n");
        octets.extend_from_slice(body);
        octets
    }

    /// The octets of the whole request, without a body.
    #[must_use]
    pub fn without_body(self) -> Vec<u8> {
        let mut octets = self.head.into_bytes();
        octets.extend_from_slice(b"\r\n");
        octets
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_written_as_http() {
        let target = Target::new("http://a.example:8080/x?y=1".parse().unwrap()).unwrap();
        let request = Request::new("POST", &target).field("x", 7).with_body(b"{}");
        let expected = "POST /x?y=1 HTTP/1.1\r\nhost: a.example:8080\r\nx: 7\r\ncontent-length: 2\r\n\r\n{}";
        assert_eq!(request, expected.as_bytes());
        let request = Request::new("GET", &target).without_body();
        assert_eq!(request, b"GET /x?y=1 HTTP/1.1\r\nhost: a.example:8080\r\n\r\n");
    }
}
