//! Messages from handsets as lists, look-ups and webhooks show them.

use crate::rest::media::{MediaView, subject, views};
use crate::rest::messages::EncodingWord;
use crate::rest::moment;
use postrider_core::consent::{Intent, may_ask_to_stop};
use postrider_core::inbound::Received;
use postrider_core::message::Body;
use postrider_core::principal::Viewer;
use postrider_core::rules::Rules;
use postrider_declare::tell_parameters;
use postrider_text::header;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// A message from a handset.
#[derive(Serialize, ToSchema)]
#[schema(as = ReceivedMessage)]
pub(crate) struct ReceivedView<'a> {
    /// Its identifier: a number of up to 19 digits, as a string.
    #[schema(example = "381234567890123456")]
    id: String,
    /// The account that it belongs to; only administrators see this. Absent if nobody has declared the number.
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<String>,
    /// The sender: the handset.
    from: String,
    /// The number, short code or name that was written to.
    to: String,
    /// The text. Administrators see it only if the message belongs to nobody.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
    /// The subject, if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<&'a str>,
    /// Its pictures, videos and sounds, if it came as MMS.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    media: Vec<MediaView>,
    /// The octets in hexadecimal, if it is no text.
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<String>,
    /// The user data header of the octets in hexadecimal, without its length.
    #[serde(skip_serializing_if = "Option::is_none")]
    udh: Option<String>,
    /// The port that it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    destination_port: Option<u16>,
    /// The port that it is from.
    #[serde(skip_serializing_if = "Option::is_none")]
    source_port: Option<u16>,
    /// How the network carried it. A text in a character set of its own, such as Shift-JIS, is `octets`.
    encoding: EncodingWord,
    /// The number of its parts.
    parts: u8,
    /// The number of parts that did not come in time; the text lacks them. Absent if it is whole.
    #[serde(skip_serializing_if = "is_none")]
    missing_parts: u8,
    /// Whether it is shown at once and not kept (flash).
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    flash: bool,
    /// The keyword that it was assigned by.
    #[serde(skip_serializing_if = "Option::is_none")]
    keyword: Option<&'a str>,
    /// Whether it asks to opt out (`stop`), to opt in (`start`) or for help (`help`): the gateway has acted on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    asks: Option<&'static str>,
    /// `stop`, if the text seems to ask to opt out without being a request that is recognised: somebody should look at it.
    #[serde(skip_serializing_if = "Option::is_none")]
    may_ask: Option<&'static str>,
    /// Words that rules have marked it with.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    #[schema(value_type = Vec<String>)]
    tags: &'a [Box<str>],
    /// What its account pays for it, a decimal number in a text, if it pays anything.
    #[serde(skip_serializing_if = "Option::is_none")]
    price: Option<String>,
    /// The currency of the price (ISO 4217).
    #[serde(skip_serializing_if = "Option::is_none")]
    currency: Option<String>,
    /// The upstream that brought it.
    upstream: String,
    /// The network's reference of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    carrier_reference: Option<&'a str>,
    /// Optional SMPP parameters from the carrier by name or tag, in hexadecimal.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    parameters: BTreeMap<String, String>,
    /// Whether its text was removed: retention says how long texts are kept.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    redacted: bool,
    /// When it came.
    #[schema(format = "date-time")]
    received_at: String,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields so")]
const fn is_none(parts: &u8) -> bool {
    *parts == 0
}

impl<'a> ReceivedView<'a> {
    /// A message as its owner sees it.
    pub(crate) fn own(received: &'a Received, rules: &Rules) -> Self {
        let inbound = &received.inbound;
        let (text, data, header) = match &inbound.body {
            Body::Text(text) => (Some(&**text), None, &[][..]),
            Body::Multimedia(media) => (Some(&*media.text), None, &[][..]),
            Body::Data { header, data, .. } => (None, Some(hexadecimal(data)), &**header),
            // Handsets' messages come part by part.
            Body::Parts(_) | Body::Redacted | Body::Sealed(_) => (None, None, &[][..]),
        };
        let ports = header::ports(header);
        let upstream = rules.upstream(received.upstream);
        Self {
            id: received.id.to_string(),
            account: None,
            from: inbound.from.shown(),
            to: inbound.to.shown(),
            text,
            subject: subject(inbound.body.media()),
            media: views(inbound.body.media(), Some(received.id)),
            data,
            udh: (!header.is_empty()).then(|| hexadecimal(header)),
            destination_port: ports.map(|ports| ports.destination),
            source_port: ports.map(|ports| ports.source),
            encoding: inbound.encoding.into(),
            parts: received.parts,
            missing_parts: received.missing,
            flash: inbound.flash,
            keyword: received.keyword.as_deref(),
            asks: received.intent.map(Intent::word),
            may_ask: text
                .filter(|text| received.intent.is_none() && may_ask_to_stop(text))
                .map(|_| Intent::Stop.word()),
            tags: &received.tags,
            price: received.price.map(|price| price.amount.to_string()),
            currency: received.price.map(|price| price.currency.to_string()),
            upstream: upstream.map_or_else(|| received.upstream.0.to_string(), |it| it.name.to_string()),
            carrier_reference: inbound.reference.as_deref(),
            parameters: tell_parameters(&inbound.parameters),
            redacted: inbound.body == Body::Redacted,
            received_at: moment::write(received.at),
        }
    }

    /// A message as this viewer sees it.
    pub(in crate::rest) fn of(received: &'a Received, rules: &Rules, viewer: Viewer) -> Self {
        let own = Self::own(received, rules);
        let Some(account) = received.account.filter(|account| viewer != Viewer::Account(*account)) else {
            return own;
        };
        let name = rules.account(account).map_or_else(|| account.0.to_string(), |it| it.name.to_string());
        Self {
            account: Some(name),
            text: None,
            subject: None,
            media: Vec::new(),
            data: None,
            udh: None,
            parameters: BTreeMap::new(),
            ..own
        }
    }
}

fn hexadecimal(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{account, received, rules};
    use postrider_core::account::AccountId;
    use postrider_core::message::Encoding;

    #[test]
    fn the_text_is_its_owners_and_what_is_nobodys_an_administrators() {
        let rules = rules(account());
        let show = |received: &Received, viewer| {
            serde_json::to_value(ReceivedView::of(received, &rules, viewer)).unwrap()
        };
        let own = received("Hello");
        let shown = show(&own, Viewer::Account(AccountId(1)));
        let expected = serde_json::json!({
            "id": "7", "from": "+447700900123", "to": "60006", "text": "Hello", "encoding": "gsm7", "parts": 1,
            "upstream": "1", "received_at": "1970-01-01T00:00:05.000Z",
        });
        assert_eq!(shown, expected);
        let shown = show(&own, Viewer::Everything);
        assert_eq!((shown.get("text"), &shown["account"]), (None, &"shop".into()));
        let nobodys = Received { account: None, ..own };
        let shown = show(&nobodys, Viewer::Everything);
        assert_eq!((&shown["text"], shown.get("account")), (&"Hello".into(), None));
    }

    #[test]
    fn octets_are_shown_with_their_ports() {
        let mut received = received("");
        received.inbound.body = Body::Data {
            encoding: Encoding::Octets,
            header: (*b"\x05\x04\x15\x81\x00\x09").into(),
            data: (*b"\x00\xff").into(),
        };
        (received.inbound.encoding, received.inbound.flash, received.missing) = (Encoding::Octets, true, 2);
        let shown = serde_json::to_value(ReceivedView::own(&received, &Rules::default())).unwrap();
        assert_eq!((&shown["data"], &shown["udh"]), (&"00ff".into(), &"050415810009".into()));
        assert_eq!((&shown["destination_port"], &shown["source_port"]), (&5505.into(), &9.into()));
        assert_eq!((&shown["flash"], &shown["missing_parts"]), (&true.into(), &2.into()));
    }
}
