//! The content of a message, from its fields in JSON: a text or octets, possibly for an application's port.

use super::EncodingWord;
use super::request::invalid;
use crate::rest::problem::Problem;
use postrider_core::message::Body;
use postrider_text::coding::of_data_coding;
use postrider_text::header::{self, Element, Ports};
use postrider_text::{Encoding, gsm, ucs2};

/// The fields of the content.
pub(super) struct Content {
    /// The text, not empty.
    pub(super) text: Option<String>,
    pub(super) data: Option<String>,
    pub(super) udh: Option<String>,
    pub(super) encoding: Option<EncodingWord>,
    /// SMPP's `data_coding`, which goes on with the data as it is.
    pub(super) data_coding: Option<u8>,
    pub(super) destination_port: Option<u16>,
    pub(super) source_port: Option<u16>,
}

impl Content {
    /// The body; `None` if there is neither text nor data.
    ///
    /// # Errors
    /// Fields exclude each other, or are not hexadecimal.
    pub(super) fn body(self) -> Result<Option<Body>, Problem> {
        let ports = self.ports()?;
        let Some(data) = &self.data else {
            return match (&self.udh, self.encoding) {
                (None, None) => Ok(self.text.map(|text| text_for(text, ports))),
                (Some(_), _) => {
                    Err(invalid("invalid_data", "udh", "'udh' needs 'data': a text gets its own header"))
                }
                (None, Some(_)) => Err(invalid(
                    "invalid_data",
                    "encoding",
                    "'encoding' needs 'data': a text gets the best encoding",
                )),
            };
        };
        if self.text.is_some() {
            return Err(invalid("invalid_data", "data", "give 'text' or 'data', not both"));
        }
        let header = match ports {
            Some(ports) => header_of(ports),
            None => udh(self.udh.as_deref().unwrap_or_default())?,
        };
        let of_coding = || self.data_coding.map(|coding| of_data_coding(coding).encoding);
        let encoding = self.encoding.map(Into::into).or_else(of_coding).unwrap_or(Encoding::Octets);
        Ok(Some(Body::Data { encoding, header: header.into(), data: octets("data", data)?.into() }))
    }

    fn ports(&self) -> Result<Option<Ports>, Problem> {
        match (self.destination_port, self.source_port, &self.udh) {
            (Some(_), _, Some(_)) => Err(invalid("invalid_data", "udh", "give ports or 'udh', not both")),
            (None, Some(_), _) => {
                Err(invalid("invalid_data", "source_port", "'source_port' needs a 'destination_port'"))
            }
            (destination, source, _) => {
                Ok(destination.map(|destination| Ports { destination, source: source.unwrap_or(0) }))
            }
        }
    }
}

/// A text as it is, or encoded for an application's port.
fn text_for(text: String, ports: Option<Ports>) -> Body {
    let Some(ports) = ports else { return Body::Text(text.into_boxed_str()) };
    let mut data = Vec::new();
    let encoding = match gsm::encode(&text, &mut data) {
        Ok(()) => Encoding::Gsm7,
        Err(_) => {
            ucs2::encode(&text, &mut data);
            Encoding::Ucs2
        }
    };
    Body::Data { encoding, header: header_of(ports).into(), data: data.into() }
}

fn header_of(ports: Ports) -> Vec<u8> {
    // Six octets fit into any header: this can't fail.
    header::build(&[Element::Ports16(ports)]).unwrap_or_default()
}

/// A user data header in hexadecimal, without its length octet.
fn udh(text: &str) -> Result<Vec<u8>, Problem> {
    let header = octets("udh", text)?;
    if header::is_header(&header) {
        return Ok(header);
    }
    let detail = "this is no user data header: its elements must fill it, each an identifier, a length and so many octets";
    Err(invalid("invalid_data", "udh", detail))
}

/// The octets of a text in hexadecimal. Spaces are ignored.
pub(super) fn octets(field: &'static str, text: &str) -> Result<Vec<u8>, Problem> {
    let wrong = || invalid("invalid_data", field, "not hexadecimal: write octets such as 0A1B2C");
    postrider_declare::hex(text).ok_or_else(wrong)
}
