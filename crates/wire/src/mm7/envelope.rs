//! The SOAP message of a request or an answer.

use super::dialect::Dialect;
use super::operation::Operation;
use super::xml::{self, Element, XmlError};
use std::fmt;

/// The namespace of SOAP 1.1.
const SOAP: &str = "http://schemas.xmlsoap.org/soap/envelope/";
/// The longest identifier of a transaction that is taken.
const TRANSACTION_MAX: usize = 256;

/// A request or an answer with its transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// The identifier that an answer has in common with its request.
    pub transaction: String,
    /// The release that it is written in.
    pub dialect: Dialect,
    /// What it says.
    pub operation: Operation,
}

/// Why a text is no message of MM7.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EnvelopeError {
    /// It is no XML.
    Xml(XmlError),
    /// It is no envelope of SOAP with a body.
    NoEnvelope,
    /// What is in the body isn't known, or lacks what it must have.
    Unknown(String),
}

impl fmt::Display for EnvelopeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Xml(error) => error.fmt(f),
            Self::NoEnvelope => f.write_str("no envelope of SOAP with a body"),
            Self::Unknown(name) => write!(f, "the element '{name}' isn't known, or lacks what it must have"),
        }
    }
}

impl std::error::Error for EnvelopeError {}

impl Envelope {
    /// The message as XML.
    #[must_use]
    pub fn write(&self) -> String {
        let namespace = &self.dialect.namespace;
        let transaction = Element::text("TransactionID", self.transaction.as_str())
            .with("xmlns", namespace)
            .with("env:mustUnderstand", "1");
        let (name, behind) = self.operation.write();
        let body = match &self.operation {
            Operation::Fault(words) => fault(words, None),
            _ => {
                let mut elements = vec![Element::text("MM7Version", &*self.dialect.version)];
                elements.extend(behind);
                let element = Element::of(name, elements).with("xmlns", namespace);
                match &self.operation {
                    Operation::RelayError(status) | Operation::VaspError(status) => {
                        fault(&status.text, Some(element))
                    }
                    _ => element,
                }
            }
        };
        let envelope = Element::of(
            "env:Envelope",
            vec![Element::of("env:Header", vec![transaction]), Element::of("env:Body", vec![body])],
        )
        .with("xmlns:env", SOAP);
        let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        envelope.write(&mut text);
        text
    }

    /// Reads a message. Prefixes don't matter, nor does the order of elements.
    ///
    /// # Errors
    /// See [`EnvelopeError`].
    pub fn read(text: &str) -> Result<Self, EnvelopeError> {
        let root = xml::parse(text).map_err(EnvelopeError::Xml)?;
        let body = root.child("Body").filter(|_| root.name == "Envelope").ok_or(EnvelopeError::NoEnvelope)?;
        let element = body.children.first().ok_or(EnvelopeError::NoEnvelope)?;
        let header = root.child("Header");
        let transaction: String = header
            .and_then(|header| header.value("TransactionID"))
            .unwrap_or_default()
            .chars()
            .take(TRANSACTION_MAX)
            .collect();
        let id = header.and_then(|header| header.child("TransactionID"));
        let operation = match &*element.name {
            "Fault" => read_fault(element),
            _ => Operation::read(element).ok_or_else(|| EnvelopeError::Unknown(element.name.clone()))?,
        };
        let dialect =
            dialect([Some(element), id, header, Some(body), Some(&root)].into_iter().flatten(), element);
        Ok(Self { transaction, dialect, operation })
    }

    /// An answer to it: in the same transaction and release.
    #[must_use]
    pub fn answer(&self, operation: Operation) -> Self {
        Self { transaction: self.transaction.clone(), dialect: self.dialect.clone(), operation }
    }
}

/// A fault of SOAP, with details if there are some.
fn fault(words: &str, detail: Option<Element>) -> Element {
    let mut elements = vec![Element::text("faultcode", "env:Client"), Element::text("faultstring", words)];
    elements.extend(detail.map(|detail| Element::of("detail", vec![detail])));
    Element::of("env:Fault", elements)
}

/// What a fault says: its details if they are of MM7, or else its words.
fn read_fault(fault: &Element) -> Operation {
    let detail = fault.child("detail").and_then(|detail| detail.children.iter().find_map(Operation::read));
    let words = fault.value("faultstring").or_else(|| fault.value("faultcode")).unwrap_or("no words");
    detail.unwrap_or_else(|| Operation::Fault(words.to_owned()))
}

/// The release of a message: the namespace of MM7 that one of these elements declares, and the version in the request.
fn dialect<'e>(places: impl Iterator<Item = &'e Element>, element: &Element) -> Dialect {
    let usual = Dialect::default();
    let namespace = places
        .flat_map(|place| &place.attributes)
        .find(|(name, value)| name.starts_with("xmlns") && Dialect::is_namespace(value))
        .map(|(_, value)| value.as_str().into());
    let version = element.value("MM7Version").map(Into::into);
    Dialect { namespace: namespace.unwrap_or(usual.namespace), version: version.unwrap_or(usual.version) }
}
