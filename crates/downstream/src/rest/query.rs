//! Query strings: pairs of names and values. An unknown name is an error, and so is a name given twice.

use super::problem::Problem;
use postrider_declare::suggest;

/// The decoded pairs of a query.
///
/// # Errors
/// A name is not among `known` or is given twice, or the query is not percent-encoded UTF-8.
pub(super) fn pairs(query: &str, known: &[&str]) -> Result<Vec<(String, String)>, Problem> {
    let mut pairs: Vec<(String, String)> = Vec::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let (name, value) = (decode(name)?, decode(value)?);
        if !known.contains(&name.as_str()) {
            let meant = suggest(&name, known.iter().copied());
            let meant = meant.map_or_else(String::new, |meant| format!("; did you mean '{meant}'?"));
            return Err(wrong(&name, &format!("unknown parameter{meant}")));
        }
        if pairs.iter().any(|(given, _)| *given == name) {
            return Err(wrong(&name, "the parameter is given twice: give it once"));
        }
        pairs.push((name, value));
    }
    Ok(pairs)
}

/// The problem that a parameter is wrong.
pub(super) fn wrong(name: &str, detail: &str) -> Problem {
    Problem::bad("invalid_parameter", format!("{name}: {detail}")).at(name)
}

/// The value of the parameter `limit`, from 1 to `most`.
pub(super) fn limit(value: &str, most: usize) -> Result<usize, Problem> {
    let limit = value.parse().ok().filter(|limit| (1..=most).contains(limit));
    limit.ok_or_else(|| wrong("limit", &format!("must be a number from 1 to {most}")))
}

/// A percent-encoded text; `+` is a space.
fn decode(text: &str) -> Result<String, Problem> {
    let mut octets = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(octet) = rest.next() {
        octets.push(match octet {
            b'+' => b' ',
            b'%' => {
                let digit = |octet: Option<u8>| char::from(octet?).to_digit(16);
                let octet = digit(rest.next()).zip(digit(rest.next())).map(|(high, low)| high << 4 | low);
                octet.and_then(|octet| u8::try_from(octet).ok()).ok_or_else(undecodable)?
            }
            other => other,
        });
    }
    String::from_utf8(octets).map_err(|_| undecodable())
}

fn undecodable() -> Problem {
    Problem::bad("invalid_parameter", "the query is not percent-encoded UTF-8")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_decoded() {
        let known = ["a", "b"];
        let read = |query: &str| pairs(query, &known).map_err(|problem| problem.detail);
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(read("a=1&b=%C3%A9+x&&"), Ok(vec![pair("a", "1"), pair("b", "é x")]));
        assert_eq!(read("b"), Ok(vec![pair("b", "")]));
        assert_eq!(read(""), Ok(vec![]));
        for bad in ["a=%", "a=%4", "a=%xx", "a=%FF"] {
            assert!(read(bad).unwrap_err().contains("percent-encoded"), "{bad}");
        }
        assert!(read("aa=1").unwrap_err().contains("did you mean 'a'?"));
        for twice in ["a=1&a=1", "a=1&b=2&%61=3"] {
            assert_eq!(&*read(twice).unwrap_err(), "a: the parameter is given twice: give it once");
        }
    }
}
