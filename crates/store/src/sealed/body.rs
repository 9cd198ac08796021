//! Bodies of messages as values that are sealed.

use crate::codes::Code;
use crate::vault::{NotOpened, Vault};
use crate::{multimedia, several};
use postrider_core::id::MessageId;
use postrider_core::message::{Body, Encoding};

const TEXT: u8 = 0;
const DATA: u8 = 1;
const PARTS: u8 = 2;
const MULTIMEDIA: u8 = 3;

/// The place of a body: the row that has it.
fn place(id: MessageId) -> [u8; 12] {
    let mut place = *b"body\0\0\0\0\0\0\0\0";
    place.iter_mut().skip(4).zip(id.number().to_be_bytes()).for_each(|(to, from)| *to = from);
    place
}

/// A body as it is kept; `None` if it is kept as it is.
pub(super) fn seal(vault: &Vault, id: MessageId, body: &Body) -> Option<Body> {
    vault.active()?;
    let octets = write(body)?;
    Some(Body::Sealed(vault.seal(&place(id), &octets)?.into()))
}

/// The body in a sealed value.
pub(super) fn open(vault: &Vault, id: MessageId, sealed: &[u8]) -> Result<Body, NotOpened> {
    read(&vault.open(&place(id), sealed)?).ok_or(NotOpened::Malformed)
}

/// The octets of a body; `None` if there is nothing to seal.
fn write(body: &Body) -> Option<Vec<u8>> {
    match body {
        Body::Text(text) => Some([&[TEXT], text.as_bytes()].concat()),
        Body::Data { encoding, header, data } => {
            let (code, length) = (u8::try_from(encoding.code()).ok()?, u8::try_from(header.len()).ok()?);
            Some([&[DATA, code, length], &**header, &**data].concat())
        }
        Body::Parts(parts) => Some([&[PARTS], &*several::write(parts)].concat()),
        Body::Multimedia(media) => Some([&[MULTIMEDIA], &*multimedia::write(media)].concat()),
        Body::Redacted | Body::Sealed(_) => None,
    }
}

fn read(octets: &[u8]) -> Option<Body> {
    match octets {
        [TEXT, text @ ..] => Some(Body::Text(str::from_utf8(text).ok()?.into())),
        [DATA, code, length, rest @ ..] => {
            let (header, data) = rest.split_at_checked((*length).into())?;
            let encoding = Encoding::from_code((*code).into())?;
            Some(Body::Data { encoding, header: header.into(), data: data.into() })
        }
        [PARTS, parts @ ..] => Some(Body::Parts(several::read(parts)?)),
        [MULTIMEDIA, media @ ..] => Some(Body::Multimedia(Box::new(multimedia::read(media)?))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use postrider_core::message::Octets;

    #[test]
    fn each_body_is_read_as_it_was_written() {
        let part = |n: u8| Octets { encoding: Encoding::Gsm7, header: [n].into(), data: [n, n].into() };
        let bodies = [
            Body::Text("".into()),
            Body::Text("h\u{e9}llo\0".into()),
            Body::Data { encoding: Encoding::Octets, header: [5, 0].into(), data: [0xff].into() },
            Body::Data { encoding: Encoding::Ucs2, header: Box::default(), data: Box::default() },
            Body::Parts([part(1), part(2)].into()),
            Body::Multimedia(Box::new(crate::conformance::samples::multimedia())),
        ];
        for body in bodies {
            assert_eq!(read(&write(&body).unwrap()), Some(body));
        }
        assert_eq!(write(&Body::Redacted), None);
        for wrong in [&b""[..], b"\x07x", b"\x00\xff", b"\x01\x00\x05a"] {
            assert_eq!(read(wrong), None, "{wrong:?}");
        }
    }
}
