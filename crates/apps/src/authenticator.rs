//! One-time passwords by authenticator apps: TOTP (RFC 6238).

use crate::apps::Parts;
use crate::kept::{Document, TRIES, contended, find, keep, key};
use crate::random::{NoRandomness, from_hex, hex, identifier, octets};
use crate::verification::{Held, held_check, of_check};
use postrider_access::code;
use postrider_core::account::AccountId;
use postrider_core::contract::{AppKind, AppWrite, AppWritten, StoreError};
use postrider_core::time::Time;
use postrider_core::user::CodeKey;
use postrider_declare::base32;
use serde::{Deserialize, Serialize};

/// The longest name of an issuer or a user, in characters.
pub const NAME_MAX: usize = 64;
/// Octets of a key: as many as SHA-1 makes (RFC 4226, section 4).
const KEY: usize = 20;
/// An enrolment of an authenticator app.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Authenticator {
    /// Its identifier, which nobody can guess.
    pub id: Box<str>,
    /// Whose codes they are, in the account's own words.
    pub name: Box<str>,
    /// Who asks for them, as the app shows it.
    pub issuer: Box<str>,
    /// The key, in hexadecimal.
    key: Secret,
    /// When it began, in milliseconds.
    created: i64,
    /// Whether a right code was told once: until then the app may not have the key.
    pub is_verified: bool,
    /// The step of the last right code. Neither it nor an earlier one is right again.
    last_step: Option<u64>,
}

/// A key that no log shows.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Secret(String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("(secret)")
    }
}

/// What the app is given when it is enrolled, once.
#[derive(Clone, PartialEq, Eq)]
pub struct Enrolled {
    /// The enrolment.
    pub authenticator: Authenticator,
    /// The key, in base32.
    pub secret: String,
    /// The address that the app reads as a QR code.
    pub address: String,
}

/// Why an authenticator was not enrolled, or its code not checked.
#[derive(Debug, thiserror::Error)]
pub enum NotDone {
    /// There is no authenticator of this identifier.
    #[error("there is no authenticator with this identifier")]
    Missing,
    /// Too many wrong codes were told.
    #[error("too many wrong codes were told of this authenticator")]
    Held(Held),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The operating system has no random numbers to give.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
}

impl Document for Authenticator {
    const KIND: AppKind = AppKind::Authenticator;

    fn id(&self) -> Box<str> {
        self.id.clone()
    }
}

impl Authenticator {
    /// When it began.
    #[must_use]
    pub const fn created_at(&self) -> Time {
        Time(self.created)
    }

    /// Takes a code. Returns whether it is right, and was not used before.
    fn take(&mut self, given: &str, now: Time) -> bool {
        let key = CodeKey(from_hex(&self.key.0).unwrap_or_default().into());
        let step =
            code::matching(&key, given, now).filter(|step| self.last_step.is_none_or(|last| *step > last));
        self.last_step = step.or(self.last_step);
        self.is_verified |= step.is_some();
        step.is_some()
    }
}

/// Authenticator apps of accounts' users.
pub struct Authenticators {
    parts: Parts,
}

impl Authenticators {
    pub(crate) fn new(parts: Parts) -> Self {
        Self { parts }
    }

    /// Enrols an authenticator. Its key is told this once.
    ///
    /// # Errors
    /// When the store can't be written.
    pub async fn enrol(&self, account: AccountId, name: &str, issuer: &str) -> Result<Enrolled, NotDone> {
        let (now, key) = (self.parts.live.now(), octets::<KEY>()?);
        let authenticator = Authenticator {
            id: identifier(now)?,
            name: name.into(),
            issuer: issuer.into(),
            key: Secret(hex(&key)),
            created: now.0,
            is_verified: false,
            last_step: None,
        };
        let write = keep(account, &authenticator, 0)?;
        self.parts.store.write_app_records(vec![write], Vec::new()).await?;
        let secret = base32::encode(&key);
        let address = code::address(issuer, name, &secret);
        Ok(Enrolled { authenticator, secret, address })
    }

    /// Checks a code. One that is wrong and one that was used get one answer.
    ///
    /// # Errors
    /// There is nothing to check, or a limit holds it back.
    pub async fn check(
        &self,
        account: AccountId,
        id: &str,
        given: &str,
    ) -> Result<(Authenticator, bool), NotDone> {
        for _ in 0..TRIES {
            let found = find::<Authenticator>(&*self.parts.store, account, id).await?;
            let mut kept = found.ok_or(NotDone::Missing)?;
            let now = self.parts.live.now();
            let is_right = kept.value.take(given, now);
            let counts = of_check(account, id, !is_right, now);
            let write = keep(account, &kept.value, kept.version)?;
            match self.parts.store.write_app_records(vec![write], counts).await? {
                AppWritten::Done => return Ok((kept.value, is_right)),
                AppWritten::Changed => {}
                AppWritten::Limited { count, stretch } => {
                    return Err(NotDone::Held(held_check(count, stretch)));
                }
            }
        }
        Err(contended().into())
    }

    /// An authenticator of an account.
    ///
    /// # Errors
    /// When the store can't be read.
    pub async fn show(&self, account: AccountId, id: &str) -> Result<Option<Authenticator>, StoreError> {
        Ok(find::<Authenticator>(&*self.parts.store, account, id).await?.map(|kept| kept.value))
    }

    /// Forgets an authenticator. Returns whether there was one.
    ///
    /// # Errors
    /// When the store can't be written.
    pub async fn forget(&self, account: AccountId, id: &str) -> Result<bool, StoreError> {
        for _ in 0..TRIES {
            let Some(kept) = find::<Authenticator>(&*self.parts.store, account, id).await? else {
                return Ok(false);
            };
            let write = AppWrite::Forget(key::<Authenticator>(account, id), kept.version);
            if self.parts.store.write_app_records(vec![write], Vec::new()).await? == AppWritten::Done {
                return Ok(true);
            }
        }
        Err(contended())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238, appendix B.
    #[test]
    fn a_code_is_right_once() {
        let mut it = Authenticator {
            id: "a".into(),
            name: "ann".into(),
            issuer: "Shop".into(),
            key: Secret(hex(b"12345678901234567890")),
            created: 0,
            is_verified: false,
            last_step: None,
        };
        let at = |seconds: i64| Time(seconds * 1_000);
        assert!(!it.take("287083", at(59)) && !it.is_verified);
        assert!(it.take("287082", at(59)) && it.is_verified);
        assert!(!it.take("287082", at(60)), "used");
        assert!(it.take("081804", at(1_111_111_109)));
        assert!(!it.take("287082", at(59)), "earlier than the last one");
        assert!(!format!("{it:?}").contains("3132"));
    }
}
