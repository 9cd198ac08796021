//! The form of URLs to which the gateway posts, before anything is known of where they lead.

use url::Url;

/// The longest URL, in octets.
pub(crate) const URL_MAX: usize = 2_048;

/// Reads an http or https URL without user name and password.
///
/// # Errors
/// What is wrong with it, and what to write.
pub(crate) fn read_url(text: &str) -> Result<Url, String> {
    if text.len() > URL_MAX {
        return Err("a URL has at most 2,048 characters".into());
    }
    // The parser drops some of these without a word.
    if let Some(stray) = text.chars().find(|letter| letter.is_whitespace() || letter.is_control()) {
        return Err(format!("a URL has no {}: remove it", name(stray)));
    }
    let scheme = text.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
    match scheme.as_deref() {
        Some("http" | "https") => {}
        Some(_) => return Err("only http and https URLs can be posted to".into()),
        None => return Err(without_scheme(text)),
    }
    let url = Url::parse(text).map_err(|error| format!("invalid URL ({error}): write https://host/path"))?;
    if !url.has_host() {
        return Err("the URL has no host: write https://host/path".into());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("a URL with user name and password would show them in logs: leave them out".into());
    }
    Ok(url)
}

fn name(stray: char) -> &'static str {
    match stray {
        '\n' | '\r' => "line end",
        stray if stray.is_whitespace() => "space",
        _ => "control character",
    }
}

/// What to write where the scheme is missing. A user name is not repeated: a password may follow it.
fn without_scheme(text: &str) -> String {
    let rest = text.trim_start_matches('/');
    let is_host =
        rest.starts_with(|first: char| first.is_ascii_alphanumeric() || first == '[') && !rest.contains('@');
    match rest.split_once(':') {
        Some((scheme, after)) if !after.starts_with(|port: char| port.is_ascii_digit()) && is_host => {
            format!("'{scheme}:' is not supported: only http and https URLs can be posted to")
        }
        _ if is_host => format!("the URL has no scheme: write https://{rest}"),
        _ => "invalid URL: write https://host/path".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_with_a_url_is_told() {
        let cases = [
            ("", "invalid URL: write https://host/path"),
            ("x.example/hook", "the URL has no scheme: write https://x.example/hook"),
            ("//x.example/hook", "the URL has no scheme: write https://x.example/hook"),
            ("localhost:8080/hook", "the URL has no scheme: write https://localhost:8080/hook"),
            ("127.0.0.1", "the URL has no scheme: write https://127.0.0.1"),
            ("mailto:a", "'mailto:' is not supported"),
            ("user:secret@x.example", "invalid URL: write"),
            ("ftp://x.example/", "only http and https"),
            ("https://x.example/hook\n", "a URL has no line end"),
            ("https://x.example/\r\nhook", "a URL has no line end"),
            (" https://x.example/", "a URL has no space"),
            ("https://x.example/a b", "a URL has no space"),
            ("https://x.example/\u{0}", "a URL has no control character"),
            ("https://", "invalid URL (empty host)"),
            ("https://x.example:99999/", "invalid URL (invalid port number)"),
            ("https://me:secret@x.example/", "would show them in logs"),
        ];
        for (text, expected) in cases {
            let error = read_url(text).unwrap_err();
            assert!(error.starts_with(expected) || error.contains(expected), "{text:?}: {error}");
        }
        assert!(read_url(&format!("https://x.example/{}", "x".repeat(2_048))).is_err());
        for fine in ["https://x.example", "HTTP://x.example:8080/a?b=c", "https://[::1]/"] {
            assert!(read_url(fine).is_ok(), "{fine}");
        }
    }
}
