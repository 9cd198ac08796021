//! Changes that users make of themselves: passwords, and keys of one-time codes.

use super::{Edit, Registry, RegistryError, none};
use crate::base32;
use crate::mint;
use crate::secret::Secret;
use crate::user::{TOTP, UserDocument};
use postrider_core::time::Time;
use std::sync::Arc;

/// Octets of a new key of one-time codes: as many as SHA-1 gives (RFC 4226, section 4).
const CODE_KEY_LENGTH: usize = 20;

/// A new key of one-time codes, in base32.
///
/// # Errors
/// When the system has no randomness to give.
pub fn new_code_key() -> Result<String, RegistryError> {
    let mut octets = [0; CODE_KEY_LENGTH];
    getrandom::fill(&mut octets).map_err(|_| RegistryError::Interrupted)?;
    Ok(base32::encode(&octets))
}

/// A new secret for a session or a link: 32 random letters and digits.
///
/// # Errors
/// When the system has no randomness to give.
pub fn new_token() -> Result<String, RegistryError> {
    mint::token().map_err(|_| RegistryError::Interrupted)
}

impl Registry {
    /// Sets a user's password.
    pub async fn set_password(
        self: &Arc<Self>,
        user: &str,
        password: String,
        who: &str,
        now: Time,
    ) -> Result<(), RegistryError> {
        let set = move |document: &mut UserDocument| document.password = Some(Secret::Literal(password));
        self.change_user(user, Edit::default(), set, who, now).await
    }

    /// Sets the key of a user's one-time codes, in base32, or takes it away.
    pub async fn set_code_key(
        self: &Arc<Self>,
        user: &str,
        key: Option<String>,
        who: &str,
        now: Time,
    ) -> Result<(), RegistryError> {
        let set = move |document: &mut UserDocument| document.totp = key.map(Secret::Literal);
        self.change_user(user, Edit::forgetting(&[TOTP]), set, who, now).await
    }

    async fn change_user(
        self: &Arc<Self>,
        user: &str,
        edit: Edit,
        change: impl FnOnce(&mut UserDocument) + Send + 'static,
        who: &str,
        now: Time,
    ) -> Result<(), RegistryError> {
        let of = user.to_owned();
        let changed = move |old: Option<UserDocument>| {
            let mut document = old.ok_or_else(|| none::<UserDocument>(&of))?;
            change(&mut document);
            Ok(document)
        };
        self.change(user, who, now, edit, changed).await.map(|_| ())
    }
}
