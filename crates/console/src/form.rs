//! Forms, as browsers send them.

mod multipart;

use crate::api::Failed;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use url::form_urlencoded;

/// The fields of a form, or the parameters of a query.
#[derive(Clone, Debug, Default)]
pub(crate) struct Form(Vec<(String, String)>);

impl Form {
    /// Reads `name=value&…`.
    pub(crate) fn read(octets: &[u8]) -> Self {
        Self(form_urlencoded::parse(octets).into_owned().collect())
    }

    /// Reads a form of either encoding: `name=value&…`, or parts, of which one may be a file.
    pub(crate) fn of(headers: &HeaderMap, octets: &[u8]) -> Self {
        let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        match multipart::boundary(kind) {
            Some(boundary) => Self(multipart::read(octets, boundary)),
            None => Self::read(octets),
        }
    }

    /// The octets of a file in a form of parts; `None` without one.
    pub(crate) fn file<'o>(headers: &HeaderMap, octets: &'o [u8], name: &str) -> Option<&'o [u8]> {
        let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let parts = multipart::parts(octets, multipart::boundary(kind)?);
        parts.into_iter().find(|(found, value)| *found == name && !value.is_empty()).map(|(_, value)| value)
    }

    /// Gives a field a value, whatever it had.
    pub(crate) fn set(&mut self, name: &str, value: String) {
        self.0.retain(|(found, _)| found != name);
        self.0.push((name.to_owned(), value));
    }

    /// The value of a field without white space around it; empty if there is none.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(found, _)| found == name).map_or("", |(_, value)| value.trim())
    }

    /// The value of a field as it was written: white space may be part of a password.
    pub(crate) fn whole(&self, name: &str) -> &str {
        self.0.iter().find(|(found, _)| found == name).map_or("", |(_, value)| value)
    }

    /// The fields whose names begin with this: what follows in their names, and their values as they were written.
    pub(crate) fn all<'f>(&'f self, begins: &'f str) -> impl Iterator<Item = (&'f str, &'f str)> {
        self.0.iter().filter_map(move |(name, value)| Some((name.strip_prefix(begins)?, value.as_str())))
    }

    /// The value of a field that must have one.
    pub(crate) fn needed(&self, name: &str) -> Result<&str, Failed> {
        match self.get(name) {
            "" => Err(Failed::wrong(name, &format!("'{name}' is empty: fill it in"))),
            value => Ok(value),
        }
    }

    /// Refuses what wasn't confirmed by typing this word.
    pub(crate) fn confirmed(&self, word: &str) -> Result<(), Failed> {
        if self.get("confirm") == word {
            return Ok(());
        }
        let detail = format!("nothing was changed: type '{word}' to confirm");
        let failed = Failed::new(StatusCode::BAD_REQUEST, "not_confirmed", detail);
        Err(Failed { field: Some("confirm".into()), ..failed })
    }
}

/// A key that makes a repetition of a form harmless. Without random numbers there is none, and what is sent twice is done twice.
pub(crate) fn once() -> String {
    let mut octets = [0; 18];
    getrandom::fill(&mut octets).map_or_else(|_| String::new(), |()| URL_SAFE_NO_PAD.encode(octets))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read() {
        let form = Form::read(b"to=%2B447700900123&text=+a%0D%0Ab+&confirm=acme");
        assert_eq!(
            (form.get("to"), form.get("text"), form.whole("text")),
            ("+447700900123", "a\r\nb", " a\r\nb ")
        );
        assert_eq!(form.get("nothing"), "");
        assert!(form.needed("nothing").is_err());
        assert!(form.confirmed("acme").is_ok() && form.confirmed("other").is_err());
    }
}
