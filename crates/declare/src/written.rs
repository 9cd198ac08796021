//! Values that documents write as texts, read once and kept with the text as it was written.

use crate::describe::Kind;
use crate::figures::number;
use crate::json::Json;
use crate::mistake::Notes;
use crate::setting::{Setting, unexpected};
use crate::tree::{Node, Value};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use postrider_core::account::Network;
use postrider_core::numbering::{Country, NetworkCode};
use postrider_core::route::NetworkMatch;
use postrider_core::sender::Sender;
use postrider_core::time::Time;
use std::fmt::{self, Display};
use std::net::{IpAddr, Ipv6Addr};
use std::ops::Deref;

/// A type whose values documents write as texts.
pub trait FromText: Sized {
    /// Reads a text, or says what is wrong with it and, behind `: write `, what to write.
    fn from_text(text: &str) -> Result<Self, String>;
}

/// A value, and its text as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written<T> {
    text: Box<str>,
    value: T,
}

impl<T: FromText> Written<T> {
    /// Reads a text.
    pub fn read(text: &str) -> Result<Self, String> {
        Ok(Self { text: text.into(), value: T::from_text(text)? })
    }
}

impl<T> Written<T> {
    /// The text as it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// A value with its text.
    pub(crate) fn of(text: &str, value: T) -> Self {
        Self { text: text.into(), value }
    }
}

impl<T> Deref for Written<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> Display for Written<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl<T: FromText + Clone + PartialEq> Setting for Written<T> {
    fn kind() -> Kind {
        Kind::Text
    }

    fn read(node: &Node, notes: &Notes<'_>) -> Option<Self> {
        match &node.value {
            Value::Text(text) => notes.take(Self::read(text)),
            _ => unexpected(node, "a text in quotes", notes),
        }
    }

    fn write(&self) -> Json {
        Json::text(String::from(self.text.clone()))
    }
}

impl FromText for IpAddr {
    fn from_text(text: &str) -> Result<Self, String> {
        text.parse().map_err(|_| {
            format!("invalid address '{text}': write an address of this machine, such as 192.0.2.7")
        })
    }
}

impl FromText for Network {
    fn from_text(text: &str) -> Result<Self, String> {
        Self::parse(text).map_err(|error| error.to_string())
    }
}

impl FromText for Country {
    fn from_text(text: &str) -> Result<Self, String> {
        text.parse().map_err(|error: postrider_core::numbering::NotACountry| error.to_string())
    }
}

impl FromText for NetworkCode {
    fn from_text(text: &str) -> Result<Self, String> {
        text.parse().map_err(|_| {
            format!("'{text}' is no mobile network: write its country and network code, such as 26201")
        })
    }
}

impl FromText for NetworkMatch {
    fn from_text(text: &str) -> Result<Self, String> {
        text.parse().map_err(|error: postrider_core::numbering::NotANetworkCode| error.to_string())
    }
}

impl FromText for Sender {
    fn from_text(text: &str) -> Result<Self, String> {
        Self::parse(text).map_err(|error| error.to_string())
    }
}

/// The tag of an optional parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tag(pub u16);

impl FromText for Tag {
    fn from_text(text: &str) -> Result<Self, String> {
        let tag = number(text).and_then(|number| u16::try_from(number).ok());
        tag.map(Self).ok_or_else(|| format!("invalid tag '{text}': write 0x1403, or 5123"))
    }
}

/// The first digits of international numbers, without `+`; none for all numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prefix(pub Box<str>);

impl FromText for Prefix {
    fn from_text(text: &str) -> Result<Self, String> {
        if !text.bytes().all(|octet| octet.is_ascii_digit()) || text.starts_with('0') || text.len() > 15 {
            let help =
                "write the first digits of international numbers without '+', up to 15, such as 44 or 447700";
            return Err(format!("invalid prefix '{text}': {help}"));
        }
        Ok(Self(text.into()))
    }
}

/// A host name or an address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HostName(pub Box<str>);

impl FromText for HostName {
    fn from_text(text: &str) -> Result<Self, String> {
        if is_host(text) {
            Ok(Self(text.into()))
        } else {
            Err(format!(
                "invalid host '{text}': write a host name or an address alone; the port has a setting of its own"
            ))
        }
    }
}

/// A host name or an address, with a port of its own if it has one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostAndPort {
    /// The name or the address.
    pub name: Box<str>,
    /// The port.
    pub port: Option<u16>,
}

impl FromText for HostAndPort {
    fn from_text(text: &str) -> Result<Self, String> {
        host_and_port(text).ok_or_else(|| {
            format!("invalid host '{text}': write smpp2.example.net, 192.0.2.7:2776 or [2001:db8::7]:2776")
        })
    }
}

/// A host with its port. An IPv6 address with a port needs brackets.
fn host_and_port(text: &str) -> Option<HostAndPort> {
    let bracketed = text.strip_prefix('[').and_then(|rest| rest.split_once("]:"));
    let (name, port) = match (bracketed, text.rsplit_once(':')) {
        (Some((name, port)), _) => (name, Some(port.parse().ok()?)),
        (None, Some((name, port))) if !name.contains(':') => (name, Some(port.parse().ok()?)),
        _ => (text, None),
    };
    (is_host(name) && port != Some(0)).then(|| HostAndPort { name: name.into(), port })
}

/// Whether a text is a name or an address and nothing more. Among hosts, only IPv6 addresses have colons.
fn is_host(text: &str) -> bool {
    let printable = text.bytes().all(|octet| (0x21..0x7F).contains(&octet));
    let fits = (1..=253).contains(&text.len()) && printable && !text.contains(['/', '@', '[', ']']);
    fits && (!text.contains(':') || text.parse::<Ipv6Addr>().is_ok())
}

impl<T: FromText + Default> Default for Written<T> {
    /// An empty text, which stands where a value is missing.
    fn default() -> Self {
        Self { text: "".into(), value: T::default() }
    }
}

/// When something ceases to be valid: a day to its end in UTC, or a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expiry(pub Time);

impl FromText for Expiry {
    fn from_text(text: &str) -> Result<Self, String> {
        let day = || text.parse::<Date>().ok()?.tomorrow().ok()?.to_zoned(TimeZone::UTC).ok();
        let time = text.parse::<Timestamp>().ok().or_else(|| day().map(|day| day.timestamp()));
        let wrong = || format!("invalid time '{text}': write 2027-01-31 or 2027-01-31T12:00:00Z");
        time.map(|time| Self(Time(time.as_millisecond()))).ok_or_else(wrong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_a_name_or_an_address_alone() {
        for right in ["smpp.example.net", "192.0.2.1", "2001:db8::1", "::1"] {
            assert!(is_host(right), "{right}");
        }
        for wrong in [
            "",
            "smpp.example.net:2775",
            "192.0.2.1:2775",
            "[::1]",
            "[::1]:2775",
            "x y",
            "smpp://x",
            "me@x",
            "é",
        ] {
            assert!(!is_host(wrong), "{wrong}");
        }
    }

    #[test]
    fn a_host_may_have_a_port_of_its_own() {
        let read = |text| host_and_port(text).map(|host| (host.name.into_string(), host.port));
        for (text, name, port) in [
            ("smpp2.example.net", "smpp2.example.net", None),
            ("smpp2.example.net:3550", "smpp2.example.net", Some(3550)),
            ("192.0.2.7:1", "192.0.2.7", Some(1)),
            ("2001:db8::7", "2001:db8::7", None),
            ("[2001:db8::7]:2776", "2001:db8::7", Some(2776)),
        ] {
            assert_eq!(read(text), Some((name.to_owned(), port)), "{text}");
        }
        for wrong in ["", "x:", "x:0", "x:65536", ":2775", "[::1]", "[::1]:", "smpp://x", "a b", "é"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn an_expiry_is_the_end_of_a_day_or_a_time() {
        let read = |text: &str| Expiry::from_text(text).map(|expiry| expiry.0.0);
        assert_eq!(read("2027-01-31"), Ok(1_801_440_000_000));
        assert_eq!(read("2027-02-01T00:00:00Z"), Ok(1_801_440_000_000));
        assert_eq!(read("2027-02-01T01:00:00+01:00"), Ok(1_801_440_000_000));
        for wrong in ["", "soon", "2027-02-30", "31.01.2027"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
