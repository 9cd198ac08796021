//! Documents of resources as texts that are sealed.

use crate::vault::{NotOpened, Vault, key_name};
use std::fmt::Write;

/// What a sealed document begins with. No document in JSON does.
const SEALED: &str = "sealed:";

fn place(kind: &str, name: &str) -> Vec<u8> {
    [b"document\0", kind.as_bytes(), b"\0", name.as_bytes()].concat()
}

/// A document as it is kept; `None` if it is kept as it is.
pub(super) fn seal(vault: &Vault, kind: &str, name: &str, document: &str) -> Option<Box<str>> {
    let sealed = vault.seal(&place(kind, name), document.as_bytes())?;
    let mut text = String::with_capacity(SEALED.len() + 2 * sealed.len());
    text.push_str(SEALED);
    for octet in sealed {
        // Writing to a string can't fail.
        let _ = write!(text, "{octet:02x}");
    }
    Some(text.into())
}

/// The document in a text; `None` if the text is the document.
pub(super) fn open(vault: &Vault, kind: &str, name: &str, text: &str) -> Option<Result<Box<str>, NotOpened>> {
    let sealed = octets(text)?;
    let opened = sealed.and_then(|sealed| vault.open(&place(kind, name), &sealed));
    Some(
        opened.and_then(|octets| String::from_utf8(octets).map(Into::into).map_err(|_| NotOpened::Malformed)),
    )
}

/// Whether a text is sealed.
pub(super) fn is_sealed(text: &str) -> bool {
    octets(text).is_some()
}

/// The name of the key that a text was sealed with; empty if it is in clear.
pub(super) fn sealed_with(text: &str) -> String {
    let sealed = octets(text).and_then(Result::ok);
    sealed.as_deref().and_then(key_name).unwrap_or_default().to_owned()
}

fn octets(text: &str) -> Option<Result<Vec<u8>, NotOpened>> {
    let digits = text.strip_prefix(SEALED)?.as_bytes();
    let octet =
        |pair: &[u8]| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok().filter(|_| pair.len() == 2);
    Some(digits.chunks(2).map(octet).collect::<Option<Vec<u8>>>().ok_or(NotOpened::Malformed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_opened_under_its_own_name_alone() {
        let vault = Vault::new([("a".into(), [1; 32])].into(), Some("a")).unwrap();
        let sealed = seal(&vault, "account", "shop", "{\"secret\":1}").unwrap();
        assert!(!sealed.contains("secret") && sealed_with(&sealed) == "a");
        assert_eq!(open(&vault, "account", "shop", &sealed), Some(Ok("{\"secret\":1}".into())));
        assert_eq!(open(&vault, "account", "desk", &sealed), Some(Err(NotOpened::Wrong("a".into()))));
        assert_eq!(open(&vault, "account", "shop", "sealed:0"), Some(Err(NotOpened::Malformed)));
        assert_eq!((open(&vault, "account", "shop", "{}"), &*sealed_with("{}")), (None, ""));
    }
}
