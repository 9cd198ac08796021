//! User data of messages from handsets, for protocols that carry header and data apart.

use postrider_core::message::Body;
use postrider_text::user_data::{Content, UserData as Whole};
use postrider_text::{Alphabet, Encoding, coding, header};

/// User data, and what is said of it besides.
#[derive(Debug)]
pub(crate) struct UserData<'a> {
    /// The TP-DCS (3GPP TS 23.038, 4).
    pub(crate) coding: u8,
    /// The header, without its length octet; empty for none.
    pub(crate) header: &'a [u8],
    /// Septets one to an octet, UCS-2 or octets.
    pub(crate) data: Vec<u8>,
}

impl UserData<'_> {
    /// Whether the handset showed it at once.
    pub(crate) fn is_flash(&self) -> bool {
        coding::of_dcs(self.coding).is_flash()
    }
}

/// How the characters of such a TP-DCS are carried.
pub(crate) fn encoding(dcs: u8) -> Encoding {
    let coding = coding::of_dcs(dcs);
    // Nobody here decompresses texts.
    if coding.compressed { Encoding::Octets } else { coding.encoding }
}

/// A text where it is whole; octets with their header where it is a part, has ports, or is no text.
pub(crate) fn read(data: &UserData<'_>) -> (Encoding, Body) {
    let encoding = encoding(data.coding);
    let prefixed = header::prefixed(data.header, &data.data).unwrap_or_else(|_| data.data.clone());
    let whole = Whole {
        data_coding: coding::data_coding(encoding, None),
        has_header: !data.header.is_empty(),
        octets: if data.header.is_empty() { &data.data } else { &prefixed },
        concat: None,
        ports: None,
        alphabet: Alphabet::Gsm7,
    };
    let body = match whole.read() {
        Content::Text(text) => Body::Text(text.into()),
        Content::Octets { encoding, header, data } => {
            Body::Data { encoding, header: header.into(), data: data.into() }
        }
    };
    (encoding, body)
}
