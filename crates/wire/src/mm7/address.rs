//! Addresses of multimedia messages.

use super::xml::Element;

/// The kind of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressKind {
    /// A telephone number.
    Number,
    /// A short code, or a name.
    ShortCode,
    /// An address of electronic mail.
    Mail,
}

/// An address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// Its kind.
    pub kind: AddressKind,
    /// Its text.
    pub text: String,
}

impl Address {
    /// A telephone number with these digits, with `+` or without.
    #[must_use]
    pub fn number(text: impl Into<String>) -> Self {
        Self { kind: AddressKind::Number, text: text.into() }
    }

    /// A short code or a name.
    #[must_use]
    pub fn short_code(text: impl Into<String>) -> Self {
        Self { kind: AddressKind::ShortCode, text: text.into() }
    }

    pub(super) fn write(&self) -> Element {
        let name = match self.kind {
            AddressKind::Number => "Number",
            AddressKind::ShortCode => "ShortCode",
            AddressKind::Mail => "RFC2822Address",
        };
        Element::text(name, self.text.as_str())
    }

    /// The first address in an element. Up to version 5.1 some addresses are the element's own text.
    pub(super) fn read(place: &Element) -> Option<Self> {
        let bare = place.text.trim();
        let own = || (!bare.is_empty()).then(|| Self::of_text(bare));
        place.children.iter().find_map(Self::of).or_else(own)
    }

    /// All addresses in an element that messages are delivered to.
    pub(super) fn read_all(place: &Element) -> impl Iterator<Item = Self> {
        let is_shown_only = |child: &&Element| child.attribute("displayOnly") == Some("true");
        place.children.iter().filter(move |child| !is_shown_only(child)).filter_map(Self::of)
    }

    fn of(element: &Element) -> Option<Self> {
        let kind = match &*element.name {
            "Number" => AddressKind::Number,
            "ShortCode" => AddressKind::ShortCode,
            "RFC2822Address" => AddressKind::Mail,
            _ => return None,
        };
        let text = element.text.trim();
        (!text.is_empty()).then(|| Self { kind, text: text.to_owned() })
    }

    fn of_text(text: &str) -> Self {
        let is_number = text.trim_start_matches('+').bytes().all(|octet| octet.is_ascii_digit());
        let kind = match (is_number, text.contains('@')) {
            (true, _) => AddressKind::Number,
            (false, true) => AddressKind::Mail,
            (false, false) => AddressKind::ShortCode,
        };
        Self { kind, text: text.to_owned() }
    }
}
