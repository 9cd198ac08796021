//! New secrets, made of the system's randomness, and the forms in which they are kept.

use argon2::Argon2;
use argon2::password_hash::PasswordHasher;
use argon2::password_hash::phc::PasswordHash;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use postrider_core::account::KeyHash;
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// The start of every API key made here, so that scanners for leaked secrets can know it.
const KEY_PREFIX: &str = "pr_";
/// Random characters of an API key: 190 bits.
const KEY_LENGTH: usize = 32;
/// The longest password that SMPP carries (SMPP 3.4, 4.1.1: 9 octets with the terminator).
const PASSWORD_LENGTH: usize = 8;
/// The start of a webhook's signing key (Standard Webhooks).
pub(crate) const WEBHOOK_PREFIX: &str = "whsec_";
/// Octets of the key of a webhook's signatures.
const WEBHOOK_LENGTH: usize = 32;
/// The start of a hashed key.
const HASH_PREFIX: &str = "sha256:";

const LETTERS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// The system has no randomness to give, or not the memory to hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the system could not make a secret just now")]
pub(crate) struct NoSecret;

/// A new API key: `pr_` and 32 random letters and digits.
pub(crate) fn key() -> Result<String, NoSecret> {
    Ok(format!("{KEY_PREFIX}{}", random_text(KEY_LENGTH)?))
}

/// A new token of an address: 32 random letters and digits.
pub(crate) fn token() -> Result<String, NoSecret> {
    random_text(KEY_LENGTH)
}

/// A new SMPP password: 8 random letters and digits, which is all that SMPP has room for.
pub(crate) fn password() -> Result<String, NoSecret> {
    random_text(PASSWORD_LENGTH)
}

/// A new key for a webhook's signatures.
pub(crate) fn webhook_secret() -> Result<String, NoSecret> {
    let mut octets = [0; WEBHOOK_LENGTH];
    getrandom::fill(&mut octets).map_err(|_| NoSecret)?;
    Ok(format!("{WEBHOOK_PREFIX}{}", STANDARD.encode(octets)))
}

/// The hash by which an API key is known.
pub fn hash_key(key: &str) -> KeyHash {
    Sha256::digest(key.as_bytes()).into()
}

/// A key's hash as it stands where a key may stand.
pub(crate) fn write_hash(hash: &KeyHash) -> String {
    let mut text = HASH_PREFIX.to_owned();
    for octet in hash {
        // Writing into a text can't fail.
        let _ = write!(text, "{octet:02x}");
    }
    text
}

/// The hash, if this is one rather than a key.
pub(crate) fn read_hash(text: &str) -> Option<KeyHash> {
    let digits = text.strip_prefix(HASH_PREFIX).filter(|digits| digits.len() == 64)?;
    let mut hash = [0; 32];
    for (octet, pair) in hash.iter_mut().zip(digits.as_bytes().chunks_exact(2)) {
        *octet = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(hash)
}

/// A password as the store keeps it: a PHC string of argon2id. Slow by intent; not for a task that others wait on.
pub(crate) fn hash_password(password: &str) -> Result<String, NoSecret> {
    let hash = Argon2::default().hash_password(password.as_bytes()).map_err(|_| NoSecret)?;
    Ok(hash.to_string())
}

/// Whether this is a hashed password rather than a password.
pub(crate) fn is_password_hash(text: &str) -> bool {
    text.starts_with("$argon2id$") && PasswordHash::new(text).is_ok()
}

/// Letters and digits, each as likely as any other.
fn random_text(length: usize) -> Result<String, NoSecret> {
    let mut text = String::with_capacity(length);
    while text.len() < length {
        let mut octets = [0; 64];
        getrandom::fill(&mut octets).map_err(|_| NoSecret)?;
        // 248 is the largest multiple of 62 in an octet: what lies above would favour the first letters.
        let fair = octets.iter().filter(|octet| **octet < 248);
        text.extend(fair.map(|octet| char::from(LETTERS[usize::from(octet % 62)])).take(length - text.len()));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_have_their_form_and_never_repeat() {
        let key_made = key().unwrap();
        assert_eq!((key_made.len(), &key_made[..3]), (35, "pr_"));
        assert_ne!(key_made, key().unwrap());
        assert_eq!(password().unwrap().len(), 8);
        assert_ne!(password().unwrap(), password().unwrap());
        let secret = webhook_secret().unwrap();
        assert_eq!(STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap().len(), 32);
    }

    #[test]
    fn a_hash_reads_back_and_a_key_is_no_hash() {
        let hash = hash_key("pr_abc");
        assert_eq!(read_hash(&write_hash(&hash)), Some(hash));
        for text in [
            "pr_abc",
            "sha256:",
            &format!("sha256:{}", "g".repeat(64)),
            &format!("sha256:{}", "é".repeat(32)),
        ] {
            assert_eq!(read_hash(text), None, "{text}");
        }
    }
}
