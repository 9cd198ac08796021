//! Checks the passwords of logins: slowly where it must, quickly when the same login comes again.

use crate::mint::hash_password;
use argon2::Argon2;
use argon2::password_hash::PasswordVerifier;
use argon2::password_hash::phc::PasswordHash;
use hmac::{Hmac, KeyInit, Mac};
use postrider_core::account::Proof;
use sha2::Sha256;
use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use subtle::ConstantTimeEq;
use tokio::sync::{OnceCell, Semaphore};

/// The most good logins that are remembered; all are forgotten when there would be more.
const REMEMBERED_MAX: usize = 10_000;
/// The longest password that is looked at, in octets.
const PASSWORD_MAX: usize = 128;
/// Checks at once: each takes tens of milliseconds of a core and 19 MiB.
const CHECKS_MAX: usize = 2;
/// Checks that may wait; more are turned away, so that a flood of wrong passwords can't hold up memory.
const WAITING_MAX: usize = 1_000;

type Tag = [u8; 32];

/// Checks passwords against proofs. A wrong password costs a check, whether its user is known or not; checks wait for each
/// other, so that wrong passwords take no more than `CHECKS_MAX` cores.
///
/// A password that was right is remembered as a keyed hash in memory, so that a thousand sessions that come back at once
/// are let in at once. A wrong one is never remembered.
pub struct Passwords {
    /// A key as long as a block of SHA-256.
    secret: [u8; 64],
    good: Mutex<HashSet<Tag>>,
    checks: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
    decoy: OnceCell<Option<Box<str>>>,
    /// Checks that were made.
    made: AtomicU64,
}

impl Passwords {
    /// A checker that remembers nothing yet. `Err` if the system has no randomness to give.
    pub fn new() -> Result<Self, getrandom::Error> {
        let mut secret = [0; 64];
        getrandom::fill(&mut secret)?;
        Ok(Self {
            secret,
            good: Mutex::default(),
            checks: Arc::new(Semaphore::new(CHECKS_MAX)),
            waiting: Arc::new(Semaphore::new(WAITING_MAX)),
            decoy: OnceCell::new(),
            made: AtomicU64::new(0),
        })
    }

    /// Whether the password is right, if that can be said at once: it is the one that the file refers to, or was right before.
    #[must_use]
    pub fn recognizes(&self, proof: Option<&Proof>, password: &str) -> bool {
        if password.len() > PASSWORD_MAX {
            return false;
        }
        match proof {
            Some(Proof::Referred(right)) => self.tag("", password).ct_eq(&self.tag("", right)).into(),
            Some(Proof::Hash(hash)) => {
                let tag = self.tag(hash, password);
                self.good.lock().unwrap_or_else(PoisonError::into_inner).contains(&tag)
            }
            None => false,
        }
    }

    /// Whether the password is right. To say that it isn't takes the same work whether the user is known or not, and
    /// wherever the password is kept.
    pub async fn verify(&self, proof: Option<&Proof>, password: &str) -> bool {
        if self.recognizes(proof, password) {
            return true;
        }
        if password.len() > PASSWORD_MAX {
            return false;
        }
        match proof {
            Some(Proof::Hash(hash)) => {
                let right = self.check(hash.clone(), password.into()).await;
                if right {
                    self.remember(self.tag(hash, password));
                }
                right
            }
            Some(Proof::Referred(_)) | None => {
                if let Some(hash) = self.decoy().await {
                    self.check(hash, password.into()).await;
                }
                false
            }
        }
    }

    /// A hash of nobody's password.
    async fn decoy(&self) -> Option<Box<str>> {
        let make = || async {
            let hash = tokio::task::spawn_blocking(|| hash_password("nobody"));
            hash.await.ok()?.ok().map(String::into_boxed_str)
        };
        self.decoy.get_or_init(make).await.clone()
    }

    async fn check(&self, hash: Box<str>, password: Box<str>) -> bool {
        let Ok(_waits) = self.waiting.try_acquire() else { return false };
        let Ok(permit) = Arc::clone(&self.checks).acquire_owned().await else { return false };
        self.made.fetch_add(1, Ordering::Relaxed);
        let check = tokio::task::spawn_blocking(move || {
            // The permit goes with the work: a caller that goes away doesn't end it.
            let _permit = permit;
            let parsed = PasswordHash::new(&hash);
            parsed.is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
        });
        check.await.unwrap_or(false)
    }

    fn remember(&self, tag: Tag) {
        let mut good = self.good.lock().unwrap_or_else(PoisonError::into_inner);
        if good.len() >= REMEMBERED_MAX {
            good.clear();
        }
        good.insert(tag);
    }

    /// A keyed hash of both: a new password changes the hash, and so forgets the old one.
    fn tag(&self, hash: &str, password: &str) -> Tag {
        let mut mac = <Hmac<Sha256>>::new(&self.secret.into());
        mac.update(hash.as_bytes());
        mac.update(&[0]);
        mac.update(password.as_bytes());
        mac.finalize().into_bytes().into()
    }
}

impl std::fmt::Debug for Passwords {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Passwords")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Times differ from machine to machine; the checks that are made don't.
    #[tokio::test]
    async fn a_wrong_password_costs_one_check_whoever_it_is_of() {
        let passwords = Passwords::new().unwrap();
        let hash = Proof::Hash(hash_password("hush1234").unwrap().into());
        let referred = Proof::Referred("hush1234".into());
        for (count, proof) in (1..).zip([Some(&hash), Some(&referred), None]) {
            assert!(!passwords.verify(proof, "wrong").await);
            assert_eq!(passwords.made.load(Ordering::Relaxed), count, "{proof:?}");
        }
        for proof in [&hash, &hash, &referred] {
            assert!(passwords.verify(Some(proof), "hush1234").await);
        }
        assert_eq!(passwords.made.load(Ordering::Relaxed), 4, "a right one is checked once");
    }

    #[tokio::test]
    async fn only_the_right_password_is_right_however_often_it_comes() {
        let passwords = Passwords::new().unwrap();
        let hash = Proof::Hash(hash_password("hush1234").unwrap().into());
        let referred = Proof::Referred("hush1234".into());
        for _ in 0..2 {
            for proof in [&hash, &referred] {
                assert!(passwords.verify(Some(proof), "hush1234").await);
                assert!(!passwords.verify(Some(proof), "hush1235").await);
                assert!(!passwords.verify(Some(proof), "").await);
            }
            assert!(!passwords.verify(None, "nobody").await);
        }
        assert_eq!(passwords.good.lock().unwrap().len(), 1);
        let long = "x".repeat(200);
        assert!(!passwords.verify(Some(&Proof::Referred(long.as_str().into())), &long).await);
    }
}
