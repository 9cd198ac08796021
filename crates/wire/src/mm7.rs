//! MM7: the interface between a centre for multimedia messages (MMSC, "relay/server") and providers of services (VASP), 3GPP TS
//! 23.140, 8.7 and annex L. Requests are SOAP 1.1 over HTTP, with the media as attachments (MIME `multipart/related`).
//!
//! [`Packaged`] is an HTTP body with its type. [`Envelope`] is the SOAP message in it, [`Content`] a medium beside it.

mod address;
mod base64;
mod dialect;
mod envelope;
mod mime;
mod operation;
mod package;
mod smil;
mod status;
mod xml;

pub use address::{Address, AddressKind};
pub use base64::encode_line as base64_line;
pub use dialect::Dialect;
pub use envelope::{Envelope, EnvelopeError};
pub use mime::MimeError;
pub use operation::{Deliver, DeliveryReport, Operation, ReadReply, Submit};
pub use package::{Content, NotRead, Packaged, Read, read, write};
pub use status::{Class, MmStatus, Status};
pub use xml::XmlError;
