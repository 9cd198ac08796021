//! Cookies, read and written.

use axum::http::header::COOKIE;
use axum::http::{HeaderMap, HeaderValue};

/// The value of a cookie, if the browser sent it.
pub(crate) fn read<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let all = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = all.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(found, _)| *found == name).map(|(_, value)| value)
}

/// The header that sets a cookie, which scripts can't read, for so many seconds; 0 takes it away.
pub(crate) fn set(name: &str, value: &str, seconds: u32) -> HeaderValue {
    let cookie = format!("{name}={value}; Path=/console; HttpOnly; SameSite=Strict; Max-Age={seconds}");
    // Names and values are made here, of letters and digits.
    HeaderValue::try_from(cookie).unwrap_or(HeaderValue::from_static(""))
}

/// The same for a cookie that the browser also sends when another site leads it here.
pub(crate) fn set_for_return(name: &str, value: &str, seconds: u32) -> HeaderValue {
    let cookie = format!("{name}={value}; Path=/console; HttpOnly; SameSite=Lax; Max-Age={seconds}");
    HeaderValue::try_from(cookie).unwrap_or(HeaderValue::from_static(""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_found_among_others() {
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, HeaderValue::from_static("a=1; session=x=y;b=2"));
        headers.append(COOKIE, HeaderValue::from_static("c=3"));
        for (name, value) in [("a", Some("1")), ("session", Some("x=y")), ("c", Some("3")), ("d", None)] {
            assert_eq!(read(&headers, name), value, "{name}");
        }
    }

    #[test]
    fn no_script_and_no_other_site_gets_a_cookie() {
        let header = set("a", "b", 60);
        let text = header.to_str().unwrap();
        assert!(text.contains("HttpOnly") && text.contains("SameSite=Strict") && text.contains("Max-Age=60"));
    }
}
