//! Contacts as cards: vCard 2.1, 3.0 (RFC 2426) and 4.0 (RFC 6350), as they come from telephones and address books, of any size, piece
//! by piece.

use super::document::{Contact, TEXT_MAX};
use encoding_rs::{Encoding, WINDOWS_1252};
use postrider_core::number::Number;
use postrider_core::numbering::Country;

/// The most octets that are kept of one card. Pictures don't count: they are passed over.
const CARD_MAX: usize = 64 * 1024;
/// The longest line of which anything is kept.
const LINE_MAX: usize = 16 * 1024;

/// A card.
#[derive(Clone, Debug, PartialEq)]
pub struct Card {
    /// The line on which it begins, from 1.
    pub line: u64,
    /// What it is called, for people.
    pub name: String,
    /// The contact, or what is wrong with the card.
    pub contact: Result<Contact, String>,
}

/// A reader of cards that come piece by piece.
#[derive(Clone, Debug)]
pub struct Cards {
    home: Option<Country>,
    line: Vec<u8>,
    /// The number of the line that is read, from 1.
    at: u64,
    /// The card that is read: where it began, and its lines so far, put together again.
    card: Option<(u64, Vec<Vec<u8>>)>,
    size: usize,
}

impl Cards {
    /// A reader. Numbers without a country code are those of this country.
    #[must_use]
    pub const fn new(home: Option<Country>) -> Self {
        Self { home, line: Vec::new(), at: 1, card: None, size: 0 }
    }

    /// Takes a piece in; returns the cards that it completes.
    pub fn take(&mut self, piece: &[u8]) -> Vec<Card> {
        let mut cards = Vec::new();
        for octet in piece {
            if *octet == b'\n' {
                cards.extend(self.end_line());
                self.at += 1;
            } else if self.line.len() < LINE_MAX {
                self.line.push(*octet);
            }
        }
        cards
    }

    /// What the end of the file completes. A card without its end is wrong.
    pub fn end(&mut self) -> Vec<Card> {
        let mut cards: Vec<Card> = self.end_line().into_iter().collect();
        if let Some((line, _)) = self.card.take() {
            let contact = Err("the card has no end".to_owned());
            cards.push(Card { line, name: String::new(), contact });
        }
        cards
    }

    fn end_line(&mut self) -> Option<Card> {
        let line = std::mem::take(&mut self.line);
        let mut line = line.strip_suffix(b"\r").map_or(line.clone(), <[u8]>::to_vec);
        if self.at == 1 {
            line = line.strip_prefix(b"\xEF\xBB\xBF").map_or(line.clone(), <[u8]>::to_vec);
        }
        let word = line.trim_ascii().to_ascii_uppercase();
        if word == b"BEGIN:VCARD" {
            (self.card, self.size) = (Some((self.at, Vec::new())), 0);
            return None;
        }
        let (begun, lines) = self.card.as_mut()?;
        if word == b"END:VCARD" {
            let card = read(*begun, lines, self.home, self.size > CARD_MAX);
            self.card = None;
            return Some(card);
        }
        if is_dropped(&line) {
            line.truncate(NAME_KEPT);
        } else if line.starts_with(b" ") && lines.last().is_some_and(|last| is_dropped(last)) {
            return None;
        }
        self.size += line.len();
        if self.size <= CARD_MAX {
            put_together(lines, line);
        }
        None
    }
}

/// What is kept of a property that isn't read.
const NAME_KEPT: usize = 5;

/// Whether a line is of a property that isn't read: a picture or the like.
fn is_dropped(line: &[u8]) -> bool {
    const DROPPED: [&[u8]; 3] = [b"PHOTO", b"LOGO", b"SOUND"];
    let upper = line.get(..NAME_KEPT).unwrap_or(line).to_ascii_uppercase();
    DROPPED.iter().any(|name| upper.starts_with(name))
}

/// Adds a line to those of a card: to the one before if that goes on, by a blank at its beginning or, in quoted-printable, by a sign
/// at the end of the one before.
fn put_together(lines: &mut Vec<Vec<u8>>, line: Vec<u8>) {
    if let Some(last) = lines.last_mut() {
        let is_quoted = is_quoted_printable(last) && last.ends_with(b"=");
        if is_quoted {
            last.pop();
            last.extend_from_slice(&line);
            return;
        }
        if let Some(rest) = line.strip_prefix(b" ").or_else(|| line.strip_prefix(b"\t")) {
            last.extend_from_slice(rest);
            return;
        }
    }
    lines.push(line);
}

fn is_quoted_printable(line: &[u8]) -> bool {
    let head = line.split(|octet| *octet == b':').next().unwrap_or_default();
    head.to_ascii_uppercase().windows(16).any(|window| window == b"QUOTED-PRINTABLE")
}

/// A property of a card.
struct Property {
    name: String,
    /// Its parameters in capital letters, each with its name, which is empty in version 2.1.
    parameters: Vec<(String, String)>,
    value: String,
}

impl Property {
    fn read(line: &[u8]) -> Option<Self> {
        let colon = colon(line)?;
        let head = String::from_utf8_lossy(line.get(..colon)?).into_owned();
        let mut parts = outside_quotes(&head, ';').into_iter();
        let name = parts.next()?;
        // Cards of some makers have groups: `item1.TEL`.
        let name = name.rsplit('.').next()?.trim().to_ascii_uppercase();
        let parameters: Vec<(String, String)> = parts
            .map(|part| {
                let (name, value) = part.split_once('=').unwrap_or(("", part));
                (name.trim().to_ascii_uppercase(), value.trim().replace('"', "").to_ascii_uppercase())
            })
            .collect();
        let mut value = line.get(colon + 1..)?.to_vec();
        if parameters.iter().any(|(_, value)| value == "QUOTED-PRINTABLE") {
            value = unquoted(&value);
        }
        let charset = parameters.iter().find(|(name, _)| name == "CHARSET");
        let encoding = charset.and_then(|(_, label)| Encoding::for_label(label.as_bytes()));
        Some(Self { name, parameters, value: decoded(&value, encoding) })
    }

    /// Whether it is of a type, in whichever way the version says so.
    fn is(&self, wanted: &str) -> bool {
        let of_type = |(name, value): &(String, String)| {
            (name.is_empty() || name == "TYPE") && value.split(',').any(|word| word.trim() == wanted)
        };
        self.parameters.iter().any(of_type)
    }

    /// How much it is preferred: less is more.
    fn preference(&self) -> u8 {
        let pref = self.parameters.iter().find(|(name, _)| name == "PREF");
        match pref.and_then(|(_, value)| value.parse().ok()) {
            Some(pref) => pref,
            None if self.is("PREF") => 1,
            None => 100,
        }
    }
}

/// The colon behind a property's name and parameters, which quotes may hold another one in.
fn colon(line: &[u8]) -> Option<usize> {
    let mut is_quoted = false;
    line.iter().position(|octet| {
        is_quoted ^= *octet == b'"';
        *octet == b':' && !is_quoted
    })
}

fn outside_quotes(text: &str, sign: char) -> Vec<&str> {
    let mut is_quoted = false;
    text.split(|c: char| {
        is_quoted ^= c == '"';
        c == sign && !is_quoted
    })
    .collect()
}

/// The octets of quoted-printable (RFC 2045, 6.7).
fn unquoted(value: &[u8]) -> Vec<u8> {
    let mut octets = Vec::with_capacity(value.len());
    let mut rest = value;
    while let Some((first, behind)) = rest.split_first() {
        rest = behind;
        let code = behind.get(..2).and_then(|code| str::from_utf8(code).ok());
        match code.and_then(|code| u8::from_str_radix(code, 16).ok()).filter(|_| *first == b'=') {
            Some(octet) => {
                octets.push(octet);
                rest = behind.get(2..).unwrap_or_default();
            }
            None => octets.push(*first),
        }
    }
    octets
}

/// A text in its character set: UTF-8 if nothing is said, and Windows' if it isn't that.
fn decoded(octets: &[u8], encoding: Option<&'static Encoding>) -> String {
    match (encoding, str::from_utf8(octets)) {
        (Some(encoding), _) => encoding.decode(octets).0.into_owned(),
        (None, Ok(text)) => text.to_owned(),
        (None, Err(_)) => WINDOWS_1252.decode(octets).0.into_owned(),
    }
}

/// The parts of a value between these signs, without backslashes.
fn parts(value: &str, sign: char) -> Vec<String> {
    let (mut parts, mut part) = (Vec::new(), String::new());
    let mut rest = value.chars();
    while let Some(c) = rest.next() {
        match c {
            '\\' => match rest.next() {
                Some('n' | 'N') => part.push(' '),
                Some(other) => part.push(other),
                None => {}
            },
            c if c == sign => parts.push(std::mem::take(&mut part)),
            c => part.push(c),
        }
    }
    parts.push(part);
    parts.into_iter().map(|part| part.trim().to_owned()).collect()
}

/// A whole value, which has no parts.
fn whole(value: &str) -> String {
    parts(value, '\0').concat()
}

/// A word as the name of a tag: small letters and digits, with hyphens for all else.
fn tag(word: &str) -> Option<Box<str>> {
    let sign = |c: char| if c.is_ascii_alphanumeric() || c == '_' { c.to_ascii_lowercase() } else { '-' };
    let name: String = word.chars().map(sign).collect();
    let name = name.trim_matches(['-', '_']);
    (!name.is_empty()).then(|| name.into())
}

fn read(line: u64, lines: &[Vec<u8>], home: Option<Country>, is_too_long: bool) -> Card {
    let properties: Vec<Property> = lines.iter().filter_map(|line| Property::read(line)).collect();
    let find = |name: &str| properties.iter().find(|property| property.name == name);
    let formatted = find("FN").map(|property| whole(&property.value));
    let structured = find("N").map(|property| {
        let parts = parts(&property.value, ';');
        let part = |place: usize| parts.get(place).map_or("", String::as_str);
        format!("{} {}", part(1), part(0)).trim().to_owned()
    });
    let name = formatted.filter(|name| !name.is_empty()).or(structured).unwrap_or_default();
    let contact = if is_too_long {
        Err(format!("the card has more than {CARD_MAX} octets"))
    } else {
        contact(&properties, &name, home)
    };
    Card { line, name, contact }
}

fn contact(properties: &[Property], name: &str, home: Option<Country>) -> Result<Contact, String> {
    let find = |name: &str| properties.iter().find(|property| property.name == name);
    let text = |name: &str| find(name).map(|property| whole(&property.value)).filter(|text| !text.is_empty());
    let short = |text: &String| text.chars().count() <= TEXT_MAX;
    let mut contact = Contact { number: number(properties, home)?.digits(), ..Contact::default() };
    contact.name = Some(name).filter(|name| !name.is_empty()).map(Into::into);
    contact.language = text("LANG").map(|tag| tag.to_ascii_lowercase().into());
    contact.zone = text("TZ").filter(|zone| jiff::tz::TimeZone::get(zone).is_ok()).map(Into::into);
    let uid = text("UID").filter(short);
    contact.external_id = uid.map(|uid| uid.strip_prefix("urn:uuid:").unwrap_or(&uid).into());
    for category in properties.iter().filter(|property| property.name == "CATEGORIES") {
        contact.tags.extend(parts(&category.value, ',').iter().filter_map(|word| tag(word)));
    }
    let part = |name: &str, place: usize| {
        let parts = find(name).map(|property| parts(&property.value, ';'))?;
        parts.into_iter().nth(place).filter(|part| !part.is_empty())
    };
    let fields = [
        ("organisation", part("ORG", 0)),
        ("title", text("TITLE")),
        ("email", text("EMAIL")),
        ("birthday", text("BDAY")),
        ("city", part("ADR", 3)),
    ];
    for (field, value) in fields {
        contact.fields.extend(value.filter(short).map(|value| (field.into(), value.into())));
    }
    contact.check().map_err(|wrong| format!("{}: {}", wrong.field, wrong.detail))?;
    Ok(contact)
}

/// The number that messages go to: of a mobile before all others, and of those the preferred one.
fn number(properties: &[Property], home: Option<Country>) -> Result<Number, String> {
    let telephones = properties.iter().filter(|property| {
        property.name == "TEL" && !["FAX", "PAGER", "MODEM"].iter().any(|kind| property.is(kind))
    });
    let is_mobile = |property: &&Property| ["CELL", "MOBILE", "IPHONE"].iter().any(|kind| property.is(kind));
    let best = telephones.min_by_key(|property| (!is_mobile(property), property.preference()));
    let text = best.map(|property| whole(&property.value)).ok_or("the card has no number")?;
    // RFC 3966: parameters behind the number say nothing that is needed here.
    let digits = match text.get(..4).filter(|scheme| scheme.eq_ignore_ascii_case("tel:")) {
        Some(_) => text.get(4..).unwrap_or_default().split(';').next().unwrap_or_default(),
        None => &text,
    };
    Number::parse_recipient_in(digits, home)
        .map_err(|error| format!("'{digits}' is not a valid number: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn cards(text: &[u8], piece: usize) -> Vec<Card> {
        let mut reader = Cards::new(Some("GB".parse().unwrap()));
        let mut cards = Vec::new();
        for piece in text.chunks(piece) {
            cards.extend(reader.take(piece));
        }
        cards.extend(reader.end());
        cards
    }

    fn one(text: &[u8]) -> Contact {
        let whole = cards(text, usize::MAX);
        for piece in [1, 3, 17] {
            assert_eq!(cards(text, piece), whole, "{piece}");
        }
        whole[0].contact.clone().unwrap()
    }

    #[test]
    fn a_card_of_version_2_1_has_octets_in_quoted_printable() {
        let contact = one(b"BEGIN:VCARD\r\nVERSION:2.1\r\nN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:M=C3=BCller;J=C3=\r\n=B6rg\r\n\
            TEL;HOME:020 7946 0999\r\nTEL;CELL;PREF:07700 900123\r\nORG;CHARSET=ISO-8859-1:Caf\xE9\r\n\
            PHOTO;ENCODING=BASE64;JPEG:\r\n /9j/4AAQ\r\n\r\nEND:VCARD\r\n");
        assert_eq!((contact.name.as_deref(), contact.number), (Some("Jörg Müller"), 447_700_900_123));
        assert_eq!(contact.fields["organisation"], json!("Café"));
    }

    #[test]
    fn a_card_of_version_3_has_folded_lines_and_escapes() {
        let contact = one(b"\xEF\xBB\xBFBEGIN:VCARD\nVERSION:3.0\nFN:Ann\\, the \n first\nitem1.TEL;type=CELL;type=VOICE;type=pref:\n +44 7700 900124\n\
            TEL;TYPE=\"work,fax\":+442079460999\nCATEGORIES:VIP,Shoe lovers\nEMAIL;TYPE=INTERNET:ann@example.com\nADR;TYPE=HOME:;;1 High St;Leeds;;LS1;UK\nEND:VCARD");
        assert_eq!((contact.name.as_deref(), contact.number), (Some("Ann, the first"), 447_700_900_124));
        assert_eq!(contact.tags.iter().map(|tag| &**tag).collect::<Vec<_>>(), ["shoe-lovers", "vip"]);
        assert_eq!(
            (&contact.fields["email"], &contact.fields["city"]),
            (&json!("ann@example.com"), &json!("Leeds"))
        );
    }

    #[test]
    fn a_card_of_version_4_has_uris_and_preferences() {
        let contact = one(b"BEGIN:VCARD\nVERSION:4.0\nUID:urn:uuid:4fbe8971-0bc3-424c-9c26-36c3e1eff6b1\nFN:Eve\nLANG:pt-BR\nTZ:Europe/London\n\
            TEL;VALUE=uri;PREF=2;TYPE=\"voice,cell\":tel:+44-7700-900125;ext=5\nTEL;VALUE=uri;PREF=1;TYPE=cell:tel:+44-7700-900126\nEND:VCARD\n");
        assert_eq!((contact.number, contact.language.as_deref()), (447_700_900_126, Some("pt-br")));
        assert_eq!(contact.external_id.as_deref(), Some("4fbe8971-0bc3-424c-9c26-36c3e1eff6b1"));
        assert_eq!(contact.zone.as_deref(), Some("Europe/London"));
    }

    #[test]
    fn what_is_wrong_with_a_card_is_told_with_its_line() {
        let text = format!(
            "BEGIN:VCARD\nFN:No number\nEND:VCARD\n\nBEGIN:VCARD\nFN:Wrong\nTEL:12\nEND:VCARD\nBEGIN:VCARD\nFN:Picture\nTEL:07700900127\nPHOTO:{}\nEND:VCARD\nBEGIN:VCARD\nFN:Long\n{}END:VCARD\nBEGIN:VCARD\nFN:Open\n",
            "A".repeat(10 * LINE_MAX),
            "X-A:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n".repeat(2_000),
        );
        let found = cards(text.as_bytes(), 100);
        let told: Vec<_> = found.iter().map(|card| (card.line, &*card.name, card.contact.is_ok())).collect();
        assert_eq!(
            told,
            [
                (1, "No number", false),
                (5, "Wrong", false),
                (9, "Picture", true),
                (14, "Long", false),
                (2_017, "", false)
            ]
        );
    }
}
