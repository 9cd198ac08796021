//! Parts for tests.

use super::{ClientPart, Cut, CutReference};
use crate::id::MessageId;
use crate::message::{Body, Encoding, Message, Via};
use crate::route::Plan;
use crate::sender::Sender;
use crate::time::Time;
use postrider_text::Alphabet;
use std::sync::Arc;
use std::time::Duration;

/// When parts came.
pub(crate) const NOW: Time = Time(1_800_000_000_000);
/// When the others were waited for long enough.
pub(crate) const LIMIT: Time = Time(NOW.0 + 60_000);

/// The content of a part, in UTF-8.
pub(crate) fn utf8(text: &str) -> (Option<Alphabet>, Vec<u8>) {
    (Some(Alphabet::Utf8), text.as_bytes().to_vec())
}

/// A part of a text: its identifier, which of how many, and its content.
pub(crate) fn part(
    id: u64,
    number: u8,
    total: u8,
    (alphabet, data): (Option<Alphabet>, Vec<u8>),
) -> ClientPart {
    let encoding = match alphabet {
        None => Encoding::Octets,
        Some(Alphabet::Latin1) => Encoding::Latin1,
        Some(Alphabet::Ucs2) => Encoding::Ucs2,
        Some(_) => Encoding::Gsm7,
    };
    let message = Message {
        from: Some(Sender::Code("60006".into())),
        body: Body::Data { encoding, header: [0, 3, 7, total, number].into(), data: data.into() },
        due: NOW,
        expires: NOW + Duration::from_hours(1),
        via: Via::Session,
        plan: Arc::new(Plan { upstreams: Box::default(), route: "world".into() }),
        ..crate::testing::message(MessageId::from_number(id))
    };
    let cut = Cut { reference: CutReference::Eight(7), total, number, alphabet };
    ClientPart { message: Arc::new(message), cut, until: LIMIT, joined: None }
}

/// The octets of a part as a text.
pub(crate) fn content(part: &ClientPart) -> String {
    let Body::Data { data, .. } = &part.message.body else { return String::new() };
    String::from_utf8_lossy(data).into_owned()
}
