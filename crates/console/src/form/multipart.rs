//! Forms in parts (RFC 7578): browsers send files so.

/// The boundary of a form's parts, by the type of its body; `None` for a form of another type.
pub(super) fn boundary(kind: &str) -> Option<&str> {
    let parameters = kind.strip_prefix("multipart/form-data")?;
    let named = parameters.split(';').find_map(|parameter| parameter.trim().strip_prefix("boundary="))?;
    Some(named.trim_matches('"')).filter(|boundary| !boundary.is_empty())
}

/// The names of the parts, and their values as texts.
pub(super) fn read(octets: &[u8], boundary: &str) -> Vec<(String, String)> {
    let text = |(name, value): (&str, &[u8])| (name.to_owned(), String::from_utf8_lossy(value).into_owned());
    parts(octets, boundary).into_iter().map(text).collect()
}

/// The names and the octets of the parts. What is no part is left out.
pub(super) fn parts<'o>(octets: &'o [u8], boundary: &str) -> Vec<(&'o str, &'o [u8])> {
    let delimiter = format!("\r\n--{boundary}");
    // The first delimiter has no end of a line before it.
    let Some(mut rest) = octets.strip_prefix(&delimiter.as_bytes()[2..]) else { return Vec::new() };
    let mut found = Vec::new();
    while let Some(end) = find(rest, delimiter.as_bytes()) {
        found.extend(part(&rest[..end]));
        rest = &rest[end + delimiter.len()..];
    }
    found
}

/// The name and the value of a part.
fn part(part: &[u8]) -> Option<(&str, &[u8])> {
    let part = part.strip_prefix(b"\r\n")?;
    let head_end = find(part, b"\r\n\r\n")?;
    let head = std::str::from_utf8(&part[..head_end]).ok()?;
    let is_disposition = |line: &&str| line.to_ascii_lowercase().starts_with("content-disposition:");
    let disposition = head.lines().find(is_disposition)?;
    let name = disposition.split(';').find_map(|parameter| parameter.trim().strip_prefix("name=\""))?;
    Some((name.trim_end_matches('"'), &part[head_end + 4..]))
}

fn find(octets: &[u8], wanted: &[u8]) -> Option<usize> {
    octets.windows(wanted.len()).position(|window| window == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORM: &[u8] = b"--xX\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nretail\r\n\
        --xX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\nContent-Type: text/csv\r\n\r\n\
        prefix,price\r\n44,--xX\r\n\r\n--xX\r\nContent-Disposition: form-data; name=\"none\"\r\n\r\n\r\n--xX--\r\n";

    #[test]
    fn parts_are_read_with_their_names() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(
            read(FORM, "xX"),
            [pair("name", "retail"), pair("file", "prefix,price\r\n44,--xX\r\n"), pair("none", "")]
        );
        assert!(read(b"--other\r\n", "xX").is_empty() && read(b"", "xX").is_empty());
    }

    #[test]
    fn the_type_of_a_body_names_the_boundary() {
        assert_eq!(boundary("multipart/form-data; boundary=----WebKit1"), Some("----WebKit1"));
        assert_eq!(boundary("multipart/form-data; charset=utf-8; boundary=\"a b\""), Some("a b"));
        assert_eq!(boundary("multipart/form-data; boundary="), None);
        assert_eq!(boundary("application/x-www-form-urlencoded"), None);
    }
}
