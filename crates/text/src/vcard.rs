//! Business cards (vCard 2.1), in the octets of a message to an application's port.

/// The port of vCards (WAP-259; IANA `wap-vcard`).
pub const VCARD_PORT: u16 = 9_204;

/// The parts of a card.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Card<'a> {
    /// The name that the handset shows.
    pub name: &'a str,
    /// A telephone number, in international form.
    pub phone: &'a str,
    /// An address of electronic mail.
    pub email: Option<&'a str>,
    /// An organisation.
    pub organisation: Option<&'a str>,
}

/// Writes a card. Characters beyond ASCII are UTF-8.
#[must_use]
pub fn write(card: &Card<'_>) -> Vec<u8> {
    let mut text = String::from("BEGIN:VCARD\r\nVERSION:2.1\r\n");
    line("N", card.name, &mut text);
    line("TEL", card.phone, &mut text);
    if let Some(email) = card.email {
        line("EMAIL", email, &mut text);
    }
    if let Some(organisation) = card.organisation {
        line("ORG", organisation, &mut text);
    }
    text.push_str("END:VCARD\r\n");
    text.into_bytes()
}

/// A property. No value can end its line, or its place in a list.
pub(crate) fn line(property: &str, value: &str, text: &mut String) {
    text.push_str(property);
    if !value.is_ascii() {
        text.push_str(";CHARSET=UTF-8");
    }
    text.push(':');
    for character in value.chars().filter(|character| !character.is_control()) {
        if matches!(character, ';' | '\\') {
            text.push('\\');
        }
        text.push(character);
    }
    text.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_has_its_properties_and_nothing_that_a_value_makes_up() {
        let plain = Card { name: "Post Rider", phone: "+447700900123", ..Card::default() };
        let expected = "BEGIN:VCARD\r\nVERSION:2.1\r\nN:Post Rider\r\nTEL:+447700900123\r\nEND:VCARD\r\n";
        assert_eq!(write(&plain), expected.as_bytes());
        let card = Card {
            name: "M\u{fc}ller;\r\nTEL:1",
            phone: "+1",
            email: Some("m@example.com"),
            organisation: Some("A\\B"),
        };
        let written = String::from_utf8(write(&card)).unwrap();
        assert!(written.contains("\r\nN;CHARSET=UTF-8:M\u{fc}ller\\;TEL:1\r\n"), "{written}");
        assert!(written.contains("\r\nEMAIL:m@example.com\r\nORG:A\\\\B\r\n"), "{written}");
        assert_eq!(written.matches("TEL:").count(), 2);
    }
}
