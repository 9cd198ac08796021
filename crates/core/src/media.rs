//! Media of messages: pictures, videos and sounds that go beside a text (MMS).
//!
//! A message names its media ([`MediaItem`]); their octets are in the store. Where a way carries no media, the message goes as a
//! text with the link of a page that shows them.

mod kind;

use crate::account::AccountId;
use crate::id::MessageId;
use crate::number::Number;
use crate::time::Time;
pub use kind::{MediaClass, MediaType};
use std::fmt;
use std::sync::Arc;

/// The most media of one message.
pub const ITEMS_MAX: usize = 10;
/// The largest medium that any gateway takes, in octets.
pub const SIZE_MAX: usize = 50 * 1024 * 1024;
/// The longest subject, in characters (3GPP TS 23.140 leaves it open; handsets show about so many).
pub const SUBJECT_MAX: usize = 40;

/// A medium of a message. Its octets are in the store, by its identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MediaItem {
    /// Its identifier.
    pub id: MessageId,
    /// Its type, by its octets.
    pub kind: MediaType,
    /// Its size in octets.
    pub size: u32,
    /// The fingerprint of its octets: equal media have equal ones.
    pub print: u64,
}

/// A text with media.
#[derive(Clone, PartialEq, Eq)]
pub struct Multimedia {
    /// The subject; empty for none.
    pub subject: Box<str>,
    /// The text; empty for none.
    pub text: Box<str>,
    /// The URL of the page that shows the media, if there is one.
    pub link: Option<Box<str>>,
    /// The media, in their order; at least one.
    pub items: Box<[MediaItem]>,
}

impl Multimedia {
    /// The text that a way without media carries: subject, text and the link.
    #[must_use]
    pub fn as_text(&self) -> String {
        let link = self.link.as_deref().unwrap_or_default();
        let head = [&*self.subject, &*self.text].into_iter().filter(|text| !text.is_empty());
        let head = head.collect::<Vec<&str>>().join("\n");
        if head.is_empty() || link.is_empty() { head + link } else { format!("{head} {link}") }
    }

    /// The URL of the octets of a medium, by its place from 0.
    #[must_use]
    pub fn item_link(&self, place: usize) -> Option<String> {
        self.link.as_ref().map(|link| format!("{link}/{place}"))
    }
}

impl fmt::Debug for Multimedia {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Multimedia({} octets, {:?})", self.text.len(), self.items)
    }
}

/// A medium with its octets, as the store keeps it.
#[derive(Clone, PartialEq, Eq)]
pub struct Media {
    /// What a message names.
    pub item: MediaItem,
    /// The account that gave it; `None` where a handset sent it.
    pub account: Option<AccountId>,
    /// The handset that sent it, if one did.
    pub person: Option<Number>,
    /// When it is deleted.
    pub expires: Time,
    /// Whether the store has encrypted the octets, which it opens before anybody else sees them.
    pub sealed: bool,
    /// The octets.
    pub octets: Arc<[u8]>,
}

impl fmt::Debug for Media {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Media({:?}, until {:?})", self.item, self.expires)
    }
}

/// The SHA-256 of the secret in a page's URL.
pub type PageToken = [u8; 32];

/// A page that shows the media of a message to everybody who has its URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MediaPage {
    /// The hash of the secret in its URL.
    pub token: PageToken,
    /// Whose it is.
    pub account: AccountId,
    /// The media that it shows.
    pub items: Box<[MessageId]>,
    /// When it is deleted.
    pub expires: Time,
}

/// The fingerprint of octets (FNV-1a): the same on every node and in every version.
#[must_use]
pub fn fingerprint(octets: &[u8]) -> u64 {
    octets.iter().fold(0xCBF2_9CE4_8422_2325, |hash, octet| {
        (hash ^ u64::from(*octet)).wrapping_mul(0x0000_0100_0000_01B3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn multimedia(subject: &str, text: &str, link: Option<&str>) -> Multimedia {
        let item = MediaItem { id: MessageId::from_number(1), kind: MediaType::Jpeg, size: 3, print: 7 };
        Multimedia {
            subject: subject.into(),
            text: text.into(),
            link: link.map(Into::into),
            items: [item].into(),
        }
    }

    #[test]
    fn a_way_without_media_carries_a_text_with_the_link() {
        let link = Some("https://gw.example/m/x");
        for (subject, text, link, expected) in [
            ("", "Look", link, "Look https://gw.example/m/x"),
            ("Hi", "Look", link, "Hi\nLook https://gw.example/m/x"),
            ("Hi", "", link, "Hi https://gw.example/m/x"),
            ("", "", link, "https://gw.example/m/x"),
            ("", "Look", None, "Look"),
        ] {
            assert_eq!(multimedia(subject, text, link).as_text(), expected);
        }
        let body = multimedia("", "", link);
        assert_eq!(body.item_link(1).as_deref(), Some("https://gw.example/m/x/1"));
    }
}
