//! Bodies of HTTP requests and answers: a SOAP message alone, or with media.

use super::envelope::{Envelope, EnvelopeError};
use super::mime::{self, MimeError, Part};
use super::{base64, smil};
use std::fmt;

/// The type of a message without media.
const XML: &str = "text/xml; charset=utf-8";
/// The boundaries that are written. Base64 doesn't hold them, and of the XML that is written they begin no line.
const OUTER: &str = "==mm7-message==";
const INNER: &str = "==mm7-content==";
/// The most bodies of parts within each other that are read.
const DEPTH_MAX: usize = 4;

/// The body of an HTTP request or answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packaged {
    /// Its type.
    pub content_type: String,
    /// Its octets.
    pub body: Vec<u8>,
}

/// A medium, or a text, beside a SOAP message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    /// Its type, such as `image/jpeg` or `text/plain; charset=utf-8`.
    pub content_type: String,
    /// The name of its part, such as `1.jpg`: what `Content-Location`, or else `Content-ID`, says.
    pub name: String,
    /// Its octets.
    pub octets: Vec<u8>,
}

/// What was read of a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Read {
    /// The SOAP message.
    pub envelope: Envelope,
    /// The media, presentations included, in their order.
    pub contents: Vec<Content>,
}

/// Why a body isn't read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotRead {
    /// Its type is neither XML nor one of several parts.
    Type(String),
    /// Its parts can't be told apart.
    Mime(MimeError),
    /// None of its parts is a SOAP message, or it is not UTF-8.
    NoSoap,
    /// The SOAP message is none of MM7.
    Envelope(EnvelopeError),
}

impl fmt::Display for NotRead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Type(given) => write!(f, "the type '{given}' is neither XML nor one of several parts"),
            Self::Mime(error) => error.fmt(f),
            Self::NoSoap => f.write_str("there is no SOAP message in UTF-8"),
            Self::Envelope(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for NotRead {}

/// Writes a message. Its media stand in a part of their own, behind their presentation; `text` is the first of them if there is one.
/// The identifier of that part must be what the operation names as its content.
#[must_use]
pub fn write(envelope: &Envelope, content: Option<&str>, media: &[Content]) -> Packaged {
    let soap = envelope.write();
    let Some(id) = content.filter(|_| !media.is_empty()) else {
        return Packaged { content_type: XML.to_owned(), body: soap.into_bytes() };
    };
    let inner = contents(media);
    let soap_head = format!("Content-Type: {XML}\r\nContent-ID: <soap>\r\n");
    let inner_type =
        format!("multipart/related; type=\"application/smil\"; start=\"<smil>\"; boundary=\"{INNER}\"");
    let inner_head = format!("Content-Type: {inner_type}\r\nContent-ID: <{id}>\r\n");
    Packaged {
        content_type: format!("multipart/related; type=\"text/xml\"; start=\"<soap>\"; boundary=\"{OUTER}\""),
        body: mime::write(OUTER, &[(soap_head, soap.as_bytes()), (inner_head, &inner)]),
    }
}

fn contents(media: &[Content]) -> Vec<u8> {
    let is_text = |content: &&Content| content.content_type.starts_with("text/plain");
    let text = media.iter().find(is_text).map(|content| content.name.as_str());
    let shown = media.iter().map(|content| (content.content_type.as_str(), content.name.as_str()));
    let smil = smil::presentation(shown, text);
    let head = |content_type: &str, id: &str, encoding: &str| {
        format!(
            "Content-Type: {content_type}\r\nContent-ID: <{id}>\r\nContent-Location: {id}\r\n\
             Content-Transfer-Encoding: {encoding}\r\n"
        )
    };
    let coded: Vec<Vec<u8>> = media.iter().map(|content| base64::encode(&content.octets)).collect();
    let mut parts = vec![(head("application/smil; charset=utf-8", "smil", "8bit"), smil.as_bytes())];
    let heads = media.iter().map(|content| head(&content.content_type, &content.name, "base64"));
    parts.extend(heads.zip(coded.iter().map(Vec::as_slice)));
    mime::write(INNER, &parts)
}

/// Reads a body of this type.
///
/// # Errors
/// See [`NotRead`].
pub fn read(content_type: &str, body: &[u8]) -> Result<Read, NotRead> {
    let essence = mime::essence(content_type);
    if !essence.starts_with("multipart/") {
        if essence.ends_with("/xml") || essence.ends_with("+xml") || essence.is_empty() {
            return Ok(Read { envelope: envelope(body)?, contents: Vec::new() });
        }
        return Err(NotRead::Type(essence));
    }
    let mut parts = mime::parts(content_type, body).map_err(NotRead::Mime)?;
    let start = mime::parameter(content_type, "start");
    let start = start.as_deref().map(|id| id.trim_start_matches('<').trim_end_matches('>'));
    let is_xml = |part: &Part| mime::essence(part.content_type()).ends_with("xml");
    let named = parts.iter().position(|part| start.is_some() && part.id() == start);
    let place = named.or_else(|| parts.iter().position(is_xml)).ok_or(NotRead::NoSoap)?;
    let soap = parts.remove(place);
    let envelope = envelope(&soap.octets)?;
    let mut contents = Vec::new();
    for part in parts {
        leaves(part, 0, &mut contents)?;
    }
    Ok(Read { envelope, contents })
}

fn envelope(octets: &[u8]) -> Result<Envelope, NotRead> {
    let text = str::from_utf8(octets).map_err(|_| NotRead::NoSoap)?;
    Envelope::read(text).map_err(NotRead::Envelope)
}

/// The media in a part, however deep.
fn leaves(part: Part, depth: usize, to: &mut Vec<Content>) -> Result<(), NotRead> {
    let content_type = part.content_type().to_owned();
    if mime::essence(&content_type).starts_with("multipart/") && depth < DEPTH_MAX {
        for inner in mime::parts(&content_type, &part.octets).map_err(NotRead::Mime)? {
            leaves(inner, depth + 1, to)?;
        }
        return Ok(());
    }
    let name = part.header("content-location").or_else(|| part.id()).unwrap_or_default().to_owned();
    to.push(Content { content_type, name, octets: part.octets });
    Ok(())
}
