//! A text with media as one column keeps it: subject, text and link, each behind its length in two octets, and of each medium its
//! identifier, fingerprint, size and type.

use postrider_core::id::MessageId;
use postrider_core::media::{MediaItem, MediaType, Multimedia};

/// The number in the column of encodings where there are media.
pub(crate) const ENCODING: i64 = 7;
/// The octets of a medium.
const ITEM: usize = 8 + 8 + 4 + 1;

/// The column's octets.
pub(crate) fn write(media: &Multimedia) -> Vec<u8> {
    let mut block = Vec::new();
    for text in [&*media.subject, &*media.text, media.link.as_deref().unwrap_or_default()] {
        // Longer ones are refused.
        let text = &text[..text.floor_char_boundary(u16::MAX.into())];
        block.extend(u16::try_from(text.len()).unwrap_or(u16::MAX).to_be_bytes());
        block.extend_from_slice(text.as_bytes());
    }
    for item in &media.items {
        block.extend(item.id.number().to_be_bytes());
        block.extend(item.print.to_be_bytes());
        block.extend(item.size.to_be_bytes());
        block.push(item.kind.code());
    }
    block
}

/// The text with media in the column; `None` if it holds something else.
pub(crate) fn read(column: &[u8]) -> Option<Multimedia> {
    let (subject, rest) = text(column)?;
    let (text_, rest) = text(rest)?;
    let (link, rest) = text(rest)?;
    let (items, []) = rest.as_chunks::<ITEM>() else { return None };
    let items = items.iter().map(|octets| item(octets)).collect::<Option<Box<[_]>>>()?;
    let link = (!link.is_empty()).then(|| link.into());
    Some(Multimedia { subject: subject.into(), text: text_.into(), link, items })
}

fn text(octets: &[u8]) -> Option<(&str, &[u8])> {
    let (length, rest) = octets.split_first_chunk()?;
    let (text, rest) = rest.split_at_checked(u16::from_be_bytes(*length).into())?;
    Some((str::from_utf8(text).ok()?, rest))
}

fn item(octets: &[u8]) -> Option<MediaItem> {
    let (id, rest) = octets.split_first_chunk()?;
    let (print, rest) = rest.split_first_chunk()?;
    let (size, rest) = rest.split_first_chunk()?;
    Some(MediaItem {
        id: MessageId::from_number(u64::from_be_bytes(*id)),
        kind: MediaType::from_code(*rest.first()?)?,
        size: u32::from_be_bytes(*size),
        print: u64::from_be_bytes(*print),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::samples::multimedia;

    #[test]
    fn a_text_with_media_reads_back() {
        let media = multimedia();
        let bare = Multimedia { subject: "".into(), text: "".into(), link: None, ..media.clone() };
        for media in [media, bare] {
            let block = write(&media);
            assert_eq!(read(&block), Some(media));
            assert_eq!(read(&block[..block.len() - 1]), None);
        }
        for damaged in [&b""[..], b"\0\x05a", b"\0\0\0\0\0\x01\xff"] {
            assert_eq!(read(damaged), None);
        }
    }
}
