//! Messages from handsets: their texts, and their media, which are kept before the message is told.

use postrider_core::contract::{MediaDesk, StoreError};
use postrider_core::inbound::{Address, Inbound};
use postrider_core::media::{ITEMS_MAX, MediaType, Multimedia, SIZE_MAX};
use postrider_core::message::{Body, Encoding};
use postrider_core::number::Number;
use postrider_core::sender::Sender;
use postrider_core::submission::TEXT_MAX;
use postrider_text::gsm;
use postrider_wire::mm7::{self, Content, Deliver};

/// The longest address that is kept, in characters.
const ADDRESS_MAX: usize = 64;
/// The longest subject that is kept of a handset's, in characters.
const SUBJECT_MAX: usize = 160;

/// The message, its media kept. Media beyond the limits of number and size are left out.
///
/// # Errors
/// The store failed.
pub(super) async fn read(
    deliver: &Deliver,
    contents: Vec<Content>,
    desk: &dyn MediaDesk,
) -> Result<Inbound, StoreError> {
    let from = address(deliver.sender.as_ref());
    let to = address(deliver.to.first());
    let person = match &from.understood {
        Some(Sender::Number(number)) => Some(*number),
        _ => None,
    };
    let (texts, media) = sorted(contents);
    let items = keep(person, media, desk).await?;
    let text: String = texts.join("\n").chars().take(TEXT_MAX).collect();
    let encoding = if gsm::units(&text).is_ok() { Encoding::Gsm7 } else { Encoding::Ucs2 };
    let subject: String =
        deliver.subject.iter().flat_map(|subject| subject.chars()).take(SUBJECT_MAX).collect();
    let body = match (items.is_empty(), subject.is_empty()) {
        (true, true) => Body::Text(text.into()),
        (true, false) if text.is_empty() => Body::Text(subject.into()),
        (true, false) => Body::Text(format!("{subject}\n{text}").into()),
        (false, _) => {
            let (subject, text, items) = (subject.into(), text.into(), items.into());
            Body::Multimedia(Box::new(Multimedia { subject, text, link: None, items }))
        }
    };
    let reference = deliver.linked_id.as_deref().map(Into::into);
    Ok(Inbound { from, to, body, encoding, flash: false, reference, parameters: Box::default() })
}

/// Texts, and media. Presentations are neither: they say how a handset shows the others.
fn sorted(contents: Vec<Content>) -> (Vec<String>, Vec<Content>) {
    let (mut texts, mut media) = (Vec::new(), Vec::new());
    for content in contents {
        let essence = content.content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        match &*essence {
            "application/smil" => {}
            "text/plain" => texts.push(String::from_utf8_lossy(&content.octets).trim().to_owned()),
            _ => media.push(content),
        }
    }
    texts.retain(|text| !text.is_empty());
    (texts, media)
}

async fn keep(
    person: Option<Number>,
    media: Vec<Content>,
    desk: &dyn MediaDesk,
) -> Result<Vec<postrider_core::media::MediaItem>, StoreError> {
    let mut items = Vec::new();
    let fits = |content: &Content| !content.octets.is_empty() && content.octets.len() <= SIZE_MAX;
    for content in media.into_iter().filter(fits).take(ITEMS_MAX) {
        let kind = MediaType::sniff(&content.octets).unwrap_or(MediaType::Other);
        items.push(desk.receive(person, kind, content.octets).await?);
    }
    Ok(items)
}

fn address(address: Option<&mm7::Address>) -> Address {
    let given = address.map_or("", |address| &address.text);
    // Some centres write `+491701234567/TYPE=PLMN`, as MM1 does.
    let given = given.split("/TYPE=").next().unwrap_or_default();
    let given: String = given.trim().chars().filter(|c| !c.is_control()).take(ADDRESS_MAX).collect();
    let digits = given.trim_start_matches('+');
    let is_number = address.is_some_and(|address| address.kind == mm7::AddressKind::Number);
    let international = if is_number && digits.len() > 8 { format!("+{digits}") } else { given.clone() };
    Address { understood: Sender::parse(&international).ok(), given: given.into() }
}
