//! The fields of a line: separated by commas, with texts in quotation marks and lists in brackets.

/// What stands behind a prefix such as `+CSQ:`, trimmed.
#[must_use]
pub fn after<'a>(line: &'a str, prefix: &str) -> Option<&'a str> {
    Some(line.strip_prefix(prefix)?.strip_prefix(':')?.trim())
}

/// The fields, without quotation marks. A comma in quotation marks or brackets separates nothing.
#[must_use]
pub fn split(text: &str) -> Vec<&str> {
    let (mut fields, mut start, mut depth, mut quoted) = (Vec::new(), 0, 0_usize, false);
    for (at, octet) in text.bytes().enumerate() {
        match octet {
            b'"' => quoted = !quoted,
            b'(' if !quoted => depth += 1,
            b')' if !quoted => depth = depth.saturating_sub(1),
            b',' if !quoted && depth == 0 => {
                fields.push(bare(text.get(start..at).unwrap_or_default()));
                start = at + 1;
            }
            _ => {}
        }
    }
    fields.push(bare(text.get(start..).unwrap_or_default()));
    fields
}

fn bare(field: &str) -> &str {
    let field = field.trim();
    field.strip_prefix('"').and_then(|inner| inner.strip_suffix('"')).unwrap_or(field)
}

/// The numbers of a list such as `(0-2,4)` or `(1)`; what is no number is left out.
#[must_use]
pub fn numbers(list: &str) -> Vec<u8> {
    let inner = list.trim().trim_start_matches('(').trim_end_matches(')');
    let range = |item: &str| -> Option<std::ops::RangeInclusive<u8>> {
        let item = item.trim();
        match item.split_once('-') {
            Some((from, to)) => Some(from.trim().parse().ok()?..=to.trim().parse().ok()?),
            None => item.parse().ok().map(|number: u8| number..=number),
        }
    };
    inner.split(',').filter_map(range).flatten().collect()
}
