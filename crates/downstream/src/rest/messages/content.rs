//! What a message is to carry, as its fields in JSON say it: a text, octets, or either for an application's port.

use super::EncodingWord;
use super::request::invalid;
use crate::rest::problem::Problem;
use postrider_core::message::Body;
use postrider_text::header::{self, Element, Ports};
use postrider_text::{Encoding, gsm, ucs2};

/// The fields that say what to carry.
pub(super) struct Content {
    /// A text that isn't empty.
    pub(super) text: Option<String>,
    pub(super) data: Option<String>,
    pub(super) udh: Option<String>,
    pub(super) encoding: Option<EncodingWord>,
    pub(super) destination_port: Option<u16>,
    pub(super) source_port: Option<u16>,
}

impl Content {
    /// A text or data, or nothing; not both.
    pub(super) fn body(self) -> Result<Option<Body>, Problem> {
        let ports = self.ports()?;
        let Some(data) = &self.data else {
            return match (&self.udh, self.encoding) {
                (None, None) => Ok(self.text.map(|text| text_for(text, ports))),
                (Some(_), _) => {
                    Err(invalid("invalid_data", "udh", "a header belongs to 'data': a text gets its own"))
                }
                (None, Some(_)) => Err(invalid(
                    "invalid_data",
                    "encoding",
                    "an encoding belongs to 'data': a text gets the best one",
                )),
            };
        };
        if self.text.is_some() {
            return Err(invalid("invalid_data", "data", "give 'text' or 'data', not both"));
        }
        let header = match ports {
            Some(ports) => header_of(ports),
            None => octets("udh", self.udh.as_deref().unwrap_or_default())?,
        };
        let encoding = self.encoding.unwrap_or(EncodingWord::Octets).into();
        Ok(Some(Body::Data { encoding, header: header.into(), data: octets("data", data)?.into() }))
    }

    fn ports(&self) -> Result<Option<Ports>, Problem> {
        match (self.destination_port, self.source_port, &self.udh) {
            (Some(_), _, Some(_)) => {
                Err(invalid("invalid_data", "udh", "give ports or the whole header, not both"))
            }
            (None, Some(_), _) => Err(invalid(
                "invalid_data",
                "source_port",
                "a port to come from belongs to a 'destination_port'",
            )),
            (destination, source, _) => {
                Ok(destination.map(|destination| Ports { destination, source: source.unwrap_or(0) }))
            }
        }
    }
}

/// A text: as it is, or encoded for an application.
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
    // Six octets fit in any header.
    header::build(&[Element::Ports16(ports)]).unwrap_or_default()
}

/// The octets that a text in hexadecimal means; spaces don't count.
pub(super) fn octets(field: &'static str, text: &str) -> Result<Vec<u8>, Problem> {
    let wrong = || invalid("invalid_data", field, "write octets in hexadecimal, such as 0A1B2C");
    crate::resource::hex(text).ok_or_else(wrong)
}
