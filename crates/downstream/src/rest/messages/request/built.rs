//! Contents that the gateway builds for an application of the handset: WAP push, and business cards.

use crate::rest::messages::request::invalid;
use crate::rest::problem::Problem;
use postrider_core::number::Number;
use postrider_text::{vcard, wap};
use serde::Deserialize;
use utoipa::ToSchema;

/// A WAP push: the handset shows a link, or opens it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::rest) struct WapPush {
    /// The URL.
    #[schema(format = "uri")]
    url: String,
    /// What the handset shows (a service indication). Without it the handset opens the URL, or asks whether it may (service
    /// loading).
    #[serde(default)]
    title: Option<String>,
}

/// A business card (vCard 2.1).
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = VCard)]
pub(in crate::rest) struct CardRequest {
    /// The name that the handset shows.
    name: String,
    /// The telephone number in international form, such as `+447700900123`.
    phone: String,
    /// An address of electronic mail.
    #[serde(default)]
    email: Option<String>,
    /// An organisation.
    #[serde(default)]
    organisation: Option<String>,
}

/// Octets for an application's port.
pub(super) struct Built {
    /// The field that they are built from.
    pub(super) field: &'static str,
    pub(super) octets: Vec<u8>,
    pub(super) destination_port: u16,
    pub(super) source_port: u16,
}

/// Builds the content of a request, if it asks for one.
///
/// # Errors
/// Both are asked for, or a value can't be.
pub(super) fn build(push: Option<WapPush>, card: Option<CardRequest>) -> Result<Option<Built>, Problem> {
    match (push, card) {
        (None, None) => Ok(None),
        (Some(_), Some(_)) => Err(invalid("invalid_data", "vcard", "give 'wap_push' or 'vcard', not both")),
        (Some(push), None) => push.build().map(Some),
        (None, Some(card)) => card.build().map(Some),
    }
}

impl WapPush {
    fn build(&self) -> Result<Built, Problem> {
        let is_url = self.url.contains(':') && self.url.bytes().all(|octet| octet.is_ascii_graphic());
        if !is_url {
            let detail =
                "not a URL: write it whole, such as https://example.com/, with other characters as %XX";
            return Err(invalid("invalid_data", "wap_push.url", detail));
        }
        let octets = match self.title.as_deref().map(str::trim).filter(|title| !title.is_empty()) {
            Some(title) => wap::indication(&self.url, title),
            None => wap::loading(&self.url),
        };
        let (destination_port, source_port) = (wap::PUSH_PORT, wap::PUSH_SOURCE_PORT);
        Ok(Built { field: "wap_push", octets, destination_port, source_port })
    }
}

impl CardRequest {
    fn build(&self) -> Result<Built, Problem> {
        if self.name.trim().is_empty() {
            return Err(invalid("invalid_data", "vcard.name", "a card needs a name"));
        }
        let phone = Number::parse(&self.phone)
            .map_err(|why| invalid("invalid_data", "vcard.phone", why.to_string()))?;
        let card = vcard::Card {
            name: self.name.trim(),
            phone: &format!("+{}", phone.digits()),
            email: self.email.as_deref(),
            organisation: self.organisation.as_deref(),
        };
        let octets = vcard::write(&card);
        Ok(Built { field: "vcard", octets, destination_port: vcard::VCARD_PORT, source_port: 0 })
    }
}
