//! Contents that the gateway builds for an application of the handset: WAP push, business cards, events of a calendar, and bookmarks.

use crate::rest::messages::request::invalid;
use crate::rest::problem::Problem;
use jiff::Timestamp;
use postrider_core::number::Number;
use postrider_text::{ota, vcalendar, vcard, wap};
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

/// An event of a calendar (vCalendar 1.0).
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = VCalendar)]
pub(in crate::rest) struct EventRequest {
    /// What the calendar shows.
    summary: String,
    /// The beginning, RFC 3339 with its offset.
    #[schema(format = "date-time")]
    start: String,
    /// The end, RFC 3339 with its offset.
    #[serde(default)]
    #[schema(format = "date-time")]
    end: Option<String>,
    /// The place.
    #[serde(default)]
    location: Option<String>,
}

/// A bookmark for the handset's browser (OTA Settings 7.0).
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::rest) struct OtaBookmark {
    /// The name that the handset shows.
    name: String,
    /// The URL.
    #[schema(format = "uri")]
    url: String,
}

/// What a request asks to be built.
pub(super) struct Asked {
    pub(super) wap_push: Option<WapPush>,
    pub(super) vcard: Option<CardRequest>,
    pub(super) vcalendar: Option<EventRequest>,
    pub(super) ota_bookmark: Option<OtaBookmark>,
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
/// Several are asked for, or a value can't be.
pub(super) fn build(asked: Asked) -> Result<Option<Built>, Problem> {
    let Asked { wap_push, vcard, vcalendar, ota_bookmark } = asked;
    let all = [
        wap_push.map(|push| ("wap_push", push.build())),
        vcard.map(|card| ("vcard", card.build())),
        vcalendar.map(|event| ("vcalendar", event.build())),
        ota_bookmark.map(|bookmark| ("ota_bookmark", bookmark.build())),
    ];
    let mut given = all.into_iter().flatten();
    let first = given.next();
    if let (Some((one, _)), Some((other, _))) = (&first, given.next()) {
        return Err(invalid("invalid_data", other, format!("give '{one}' or '{other}', not both")));
    }
    first.map(|(_, built)| built).transpose()
}

impl WapPush {
    fn build(&self) -> Result<Built, Problem> {
        check_url(&self.url, "wap_push.url")?;
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

impl EventRequest {
    fn build(&self) -> Result<Built, Problem> {
        if self.summary.trim().is_empty() {
            return Err(invalid("invalid_data", "vcalendar.summary", "an event needs a summary"));
        }
        let start = moment(&self.start, "vcalendar.start")?;
        let end = self.end.as_deref().map(|end| moment(end, "vcalendar.end")).transpose()?;
        // The form has the order of the moments.
        if end.as_ref().is_some_and(|end| *end < start) {
            return Err(invalid("invalid_data", "vcalendar.end", "the end is before the start"));
        }
        let event = vcalendar::Event {
            summary: self.summary.trim(),
            start: &start,
            end: end.as_deref(),
            location: self.location.as_deref(),
        };
        let octets = vcalendar::write(&event);
        let destination_port = vcalendar::VCALENDAR_PORT;
        Ok(Built { field: "vcalendar", octets, destination_port, source_port: 0 })
    }
}

impl OtaBookmark {
    fn build(&self) -> Result<Built, Problem> {
        if self.name.trim().is_empty() {
            return Err(invalid("invalid_data", "ota_bookmark.name", "a bookmark needs a name"));
        }
        check_url(&self.url, "ota_bookmark.url")?;
        let octets = ota::bookmark(self.name.trim(), &self.url);
        let (destination_port, source_port) = (ota::SETTINGS_PORT, ota::SETTINGS_SOURCE_PORT);
        Ok(Built { field: "ota_bookmark", octets, destination_port, source_port })
    }
}

fn check_url(url: &str, field: &'static str) -> Result<(), Problem> {
    if url.contains(':') && url.bytes().all(|octet| octet.is_ascii_graphic()) {
        return Ok(());
    }
    let detail = "not a URL: write it whole, such as https://example.com/, with other characters as %XX";
    Err(invalid("invalid_data", field, detail))
}

/// A moment as calendars write it, in UTC.
fn moment(text: &str, field: &'static str) -> Result<String, Problem> {
    let read: Result<Timestamp, _> = text.parse();
    let moment = read.map_err(|_| {
        let detail = format!("'{text}' is not a time: write it as 2026-11-29T08:30:00+01:00");
        invalid("invalid_data", field, detail)
    })?;
    Ok(moment.strftime("%Y%m%dT%H%M%SZ").to_string())
}
