//! A message's body as pieces of user data, for protocols that carry header and data apart, as UCP and CIMD2 do.

use postrider_core::cause::{Cause, Code};
use postrider_core::delivery::{Fault, FaultKind};
use postrider_core::message::{Body, Message};
use postrider_declare::field;
use postrider_text::segment::{self, Options};
use postrider_text::{Encoding, gsm, latin1, ucs2};

/// Parts that a set of parts can name.
const PARTS_MAX: usize = 64;

/// The user data of one part.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    /// Never Latin-1, which the network doesn't know.
    pub(crate) encoding: Encoding,
    /// Without its length octet; empty for none.
    pub(crate) header: Vec<u8>,
    /// Septets one to an octet, UCS-2 or octets.
    pub(crate) data: Vec<u8>,
}

/// Splits a message. A text that the carrier's alphabet lacks characters for, as `holds` says, goes as UCS-2.
///
/// # Errors
/// When it takes more parts than the carrier takes.
pub(crate) fn pieces(
    message: &Message,
    parts_max: u8,
    holds: impl Fn(&str) -> bool,
) -> Result<Vec<Piece>, Fault> {
    let pieces: Vec<Piece> = match &message.body {
        Body::Text(text) => split(text, message.id.reference(), !holds(text)),
        Body::Multimedia(media) => {
            let text = media.as_text();
            split(&text, message.id.reference(), !holds(&text))
        }
        Body::Data { encoding, header, data } => vec![piece(*encoding, header, data)],
        Body::Parts(parts) => {
            parts.iter().map(|part| piece(part.encoding, &part.header, &part.data)).collect()
        }
        Body::Redacted | Body::Sealed(_) => {
            let cause = Cause::with_detail(Code::NotEncodable, "the text was removed".to_owned());
            return Err(Fault { kind: FaultKind::Permanent, cause });
        }
    };
    let most = PARTS_MAX.min(parts_max.into());
    if pieces.is_empty() || pieces.len() > most {
        let detail = format!("the text takes more than the {most} parts that this upstream allows");
        let cause = Cause::with_detail(Code::NotEncodable, detail);
        return Err(Fault { kind: FaultKind::Permanent, cause });
    }
    Ok(pieces)
}

fn split(text: &str, reference: u16, ucs2_only: bool) -> Vec<Piece> {
    let segments = segment::split(text, reference, &Options { ucs2_only, ..Options::default() });
    let piece =
        |part: segment::Part| Piece { encoding: segments.encoding, header: part.header, data: part.data };
    segments.parts.into_iter().map(piece).collect()
}

fn piece(encoding: Encoding, header: &[u8], data: &[u8]) -> Piece {
    let (encoding, data) = match encoding {
        Encoding::Latin1 => recoded(&latin1::decode(data)),
        other => (other, data.to_vec()),
    };
    Piece { encoding, header: header.to_vec(), data }
}

fn recoded(text: &str) -> (Encoding, Vec<u8>) {
    let mut data = Vec::new();
    if gsm::encode(text, &mut data).is_ok() {
        return (Encoding::Gsm7, data);
    }
    ucs2::encode(text, &mut data);
    (Encoding::Ucs2, data)
}

/// The message class (3GPP TS 23.038, 4), from 0 to 3.
pub(crate) fn class(message: &Message) -> Option<u8> {
    if message.flash { Some(0) } else { own_field(message, field::MESSAGE_CLASS).map(|class| class & 0x03) }
}

/// The `protocol_id` that the message came with, if it is other than 0.
pub(crate) fn protocol(message: &Message) -> Option<u8> {
    own_field(message, field::PROTOCOL_ID).filter(|protocol| *protocol != 0)
}

/// A `data_coding` that goes on as it came.
pub(crate) fn own_coding(message: &Message) -> Option<u8> {
    own_field(message, field::DATA_CODING)
}

fn own_field(message: &Message, tag: u16) -> Option<u8> {
    let found = message.parameters.iter().find(|parameter| parameter.tag == tag)?;
    found.value.first().copied()
}
