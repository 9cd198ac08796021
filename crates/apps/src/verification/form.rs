//! The form of a message with a code: its text, and the lines by which handsets fill codes in.
//!
//! - WebOTP and Apple's domain-bound codes: the last line is `@`, the host, a space, `#` and the code.
//! - Android's SMS Retriever: a line has the eleven characters of the app's hash, and the message at most 140 octets.

use super::languages;

/// The longest message that SMS Retriever takes, in octets.
const RETRIEVER_MAX: usize = 140;
/// The characters of an app's hash.
const HASH: usize = 11;
/// The longest name, in characters.
const NAME_MAX: usize = 30;
/// The longest name of a host (RFC 1035, section 2.3.4).
const DOMAIN_MAX: usize = 253;
/// The longest part of a host's name.
const LABEL_MAX: usize = 63;

/// The form of a message with a code.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Form {
    /// The language, as a tag of BCP 47.
    pub language: Option<Box<str>>,
    /// The name before the text, such as that of a product.
    pub name: Option<Box<str>>,
    /// The host of the web page that asks for the code.
    pub domain: Option<Box<str>>,
    /// The hash of the Android app that asks for the code.
    pub app_hash: Option<Box<str>>,
}

/// Why a form is wrong: the field, and the reason in words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct WrongForm {
    /// The field.
    pub field: &'static str,
    /// The reason.
    pub detail: Box<str>,
}

impl Form {
    /// Checks all fields.
    ///
    /// # Errors
    /// The first that is wrong.
    pub fn check(&self) -> Result<(), WrongForm> {
        let wrong = |field, detail: String| Err(WrongForm { field, detail: detail.into() });
        if let Some(name) = &self.name
            && (name.trim().is_empty()
                || name.chars().count() > NAME_MAX
                || name.chars().any(char::is_control))
        {
            return wrong("name", format!("'{name}' must have 1 to {NAME_MAX} characters on one line"));
        }
        if let Some(domain) = self.domain.as_deref().filter(|domain| !is_host(domain)) {
            let detail =
                format!("'{domain}' is no host: write it in ASCII and small letters, such as shop.example");
            return wrong("domain", detail);
        }
        if let Some(hash) = self.app_hash.as_deref().filter(|hash| !is_hash(hash)) {
            return wrong(
                "app_hash",
                format!("'{hash}' must have the 11 characters of an app's hash (base64)"),
            );
        }
        let longest = self.text(&"0".repeat(super::DIGITS_MAX.into()));
        if self.app_hash.is_some() && longest.len() > RETRIEVER_MAX {
            let detail = format!(
                "the message has up to {} octets with it, and SMS Retriever takes {RETRIEVER_MAX}: shorten name or domain",
                longest.len()
            );
            return wrong("app_hash", detail);
        }
        Ok(())
    }

    /// The message with a code.
    #[must_use]
    pub fn text(&self, code: &str) -> String {
        let mut text = self.name.as_ref().map(|name| format!("{name}: ")).unwrap_or_default();
        text.push_str(&languages::sentence(self.language.as_deref()).replace("{code}", code));
        if let Some(hash) = &self.app_hash {
            text.push_str(&format!("\n\n{hash}"));
        }
        if let Some(domain) = &self.domain {
            text.push_str(if self.app_hash.is_some() { "\n" } else { "\n\n" });
            text.push_str(&format!("@{domain} #{code}"));
        }
        text
    }
}

/// Whether a text is the name of a host as browsers compare it.
fn is_host(text: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty()
            && label.len() <= LABEL_MAX
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|octet| octet.is_ascii_lowercase() || octet.is_ascii_digit() || octet == b'-')
    };
    text.len() <= DOMAIN_MAX && text.contains('.') && text.split('.').all(is_label)
}

/// Whether a text is the hash of an Android app.
fn is_hash(text: &str) -> bool {
    text.len() == HASH
        && text.bytes().all(|octet| octet.is_ascii_alphanumeric() || octet == b'+' || octet == b'/')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(domain: Option<&str>, app_hash: Option<&str>) -> Form {
        let (domain, app_hash) = (domain.map(Into::into), app_hash.map(Into::into));
        Form { domain, app_hash, ..Form::default() }
    }

    /// The last line as <https://wicg.github.io/sms-one-time-codes/> has it, and Apple's and Google's examples.
    #[test]
    fn a_code_is_bound_to_a_host_by_the_last_line() {
        let text = form(Some("www.example.com"), None).text("123456");
        assert_eq!(text, "Your verification code is 123456.\n\n@www.example.com #123456");
    }

    /// The hash stands on a line of its own, as in Android's example.
    #[test]
    fn an_android_app_finds_its_hash() {
        let text = form(None, Some("FA+9qCX9VSu")).text("123456");
        assert_eq!(text, "Your verification code is 123456.\n\nFA+9qCX9VSu");
        let both = form(Some("example.com"), Some("FA+9qCX9VSu")).text("1234");
        assert_eq!(both, "Your verification code is 1234.\n\nFA+9qCX9VSu\n@example.com #1234");
    }

    #[test]
    fn a_name_and_a_language_are_in_front() {
        let form = Form { name: Some("Shop".into()), language: Some("de-AT".into()), ..Form::default() };
        assert_eq!(
            (form.check(), form.text("4711")),
            (Ok(()), "Shop: Ihr Bestätigungscode lautet 4711.".into())
        );
    }

    #[test]
    fn what_no_handset_would_take_is_refused() {
        for (domain, hash, field) in [
            (Some("Example.com"), None, "domain"),
            (Some("https://example.com"), None, "domain"),
            (Some("example.com:8080"), None, "domain"),
            (Some("localhost"), None, "domain"),
            (Some("a..b"), None, "domain"),
            (Some("-a.example"), None, "domain"),
            (None, Some("FA+9qCX9VS"), "app_hash"),
            (None, Some("FA+9qCX9VS-"), "app_hash"),
        ] {
            assert_eq!(form(domain, hash).check().unwrap_err().field, field, "{domain:?} {hash:?}");
        }
        let long = format!("{}.{}.example", "a".repeat(60), "b".repeat(20));
        assert_eq!(form(Some(&long), None).check(), Ok(()));
        assert_eq!(form(Some(&long), Some("FA+9qCX9VSu")).check().unwrap_err().field, "app_hash");
        for name in ["", "a\nb", &"x".repeat(31)] {
            let form = Form { name: Some(name.into()), ..Form::default() };
            assert_eq!(form.check().unwrap_err().field, "name");
        }
    }
}
