//! Numbers and texts, masked for roles that don't see them whole.

/// The digits that stay at the start of a number: its country, and a little more.
const START: usize = 4;
/// The digits that stay at its end.
const END: usize = 2;

/// A number or name with its middle hidden: `+4477****23`. What has too few characters is hidden whole.
#[must_use]
pub fn mask_number(address: &str) -> String {
    let (sign, rest) = if let Some(rest) = address.strip_prefix('+') { ("+", rest) } else { ("", address) };
    let is_number = !rest.is_empty() && rest.bytes().all(|octet| octet.is_ascii_digit());
    if !is_number {
        // A name such as `Shop` is the sender's, and nobody's secret.
        return address.to_owned();
    }
    if rest.len() <= START + END {
        return format!("{sign}****");
    }
    format!("{sign}{}****{}", &rest[..START], &rest[rest.len() - END..])
}

/// A text as its length alone: `(160 characters, hidden)`.
#[must_use]
pub fn mask_text(text: &str) -> String {
    match text.chars().count() {
        1 => "(1 character, hidden)".to_owned(),
        count => format!("({count} characters, hidden)"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_masked_number_shows_where_it_is_and_not_whose() {
        for (address, masked) in [
            ("+447700900123", "+4477****23"),
            ("447700900123", "4477****23"),
            ("+1500555", "+1500****55"),
            ("60006", "****"),
            ("+150055", "+****"),
            ("Shop", "Shop"),
            ("", ""),
            ("+", "+"),
        ] {
            assert_eq!(mask_number(address), masked, "{address}");
        }
    }

    #[test]
    fn a_masked_text_shows_its_length_alone() {
        assert_eq!(mask_text("Code é1"), "(7 characters, hidden)");
        assert_eq!(mask_text("x"), "(1 character, hidden)");
        assert_eq!(mask_text(""), "(0 characters, hidden)");
    }
}
