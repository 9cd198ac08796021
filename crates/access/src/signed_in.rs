//! Users who have signed in: what their session lets them do, and what they do with their own passwords, codes and sessions.

use crate::access::{Access, NotAllowed};
use crate::code;
use postrider_core::contract::{EndedSessions, StoreError};
use postrider_core::principal::Principal;
use postrider_core::user::{CodeKey, Permission, Session, User, UserId};
use postrider_declare::{base32, check_password, hash_key, new_code_key};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

/// How exactly it is kept when a session was used last.
const SEEN_EVERY: Duration = Duration::from_mins(1);
/// The most sessions of a list.
const SESSIONS_MAX: usize = 1_000;

/// A user who has signed in.
#[derive(Clone)]
pub struct SignedIn {
    /// The user.
    pub user: Arc<User>,
    /// What they may do, and whose messages they see.
    pub principal: Principal,
    /// The session.
    pub session: Session,
    /// The address that this request comes from.
    pub address: IpAddr,
    /// Whether they must make a key of one-time codes before they do anything else.
    pub needs_codes: bool,
}

/// The proof of somebody who has signed in already.
#[derive(Clone, Copy)]
pub enum FreshProof<'a> {
    /// The password.
    Password(&'a str),
    /// A one-time code.
    Code(&'a str),
}

impl SignedIn {
    /// Whether they may do this, fresh proof aside.
    #[must_use]
    pub fn may(&self, permission: Permission) -> bool {
        !self.needs_codes && self.principal.may(permission)
    }
}

impl Access {
    /// The user whose session this token is of; `None` if it is over, or the user may not come in any more.
    ///
    /// # Errors
    /// When the store is away.
    pub async fn signed_in(&self, token: &str, address: IpAddr) -> Result<Option<SignedIn>, StoreError> {
        let Some(session) = self.sessions.session(hash_key(token)).await? else { return Ok(None) };
        let now = self.now();
        let users = self.users();
        let user = users.with_id(session.user).filter(|_| !session.is_over(&self.settings.limits, now));
        let Some((user, principal)) = user.and_then(|user| Some((user, self.principal(user, address).ok()?)))
        else {
            return Ok(None);
        };
        if now.since(session.seen) >= SEEN_EVERY {
            self.sessions.use_session(session.id, now, session.proved).await?;
        }
        Ok(Some(self.of_session(user, principal, session, address)))
    }

    /// What a user may do who comes from this address; or why they may not come in.
    pub(crate) fn principal(&self, user: &User, address: IpAddr) -> Result<Principal, &'static str> {
        if !user.enabled {
            return Err("the user is disabled");
        }
        if !user.is_allowed(address) {
            return Err("the user may not come from this address");
        }
        let rules = self.live.rules();
        let account = match user.account.map(|account| rules.account(account)) {
            // Without its account it would see all of them.
            Some(None) => return Err("there is no such account"),
            Some(Some(account)) if !account.enabled => return Err("the account is disabled"),
            Some(Some(account)) => Some(Arc::clone(account)),
            None => None,
        };
        Ok(Principal::user(user.name.clone(), user.role, account))
    }

    pub(crate) fn of_session(
        &self,
        user: &Arc<User>,
        principal: Principal,
        session: Session,
        address: IpAddr,
    ) -> SignedIn {
        // Whoever signs in at the provider proves there what it asks for.
        let has_proof = user.code_key.is_some() || user.subject.is_some();
        let needs_codes = !has_proof && self.settings.codes_required.contains(&user.role);
        SignedIn { principal, user: Arc::clone(user), session, address, needs_codes }
    }

    /// Whether the user must prove again who they are before they do this.
    #[must_use]
    pub fn needs_proof(&self, signed_in: &SignedIn, permission: Permission) -> bool {
        permission.needs_fresh_proof() && !signed_in.session.is_fresh(&self.settings.limits, self.now())
    }

    /// Takes a fresh proof: for the next minutes no other is asked for. Whoever has one-time codes proves by a code.
    ///
    /// # Errors
    /// When it is wrong, or the store is away.
    pub async fn prove(&self, signed_in: &SignedIn, proof: FreshProof<'_>) -> Result<(), NotAllowed> {
        let (user, address) = (&signed_in.user, signed_in.address);
        self.unlocked(address, &user.name)?;
        match proof {
            FreshProof::Code(given) if user.code_key.is_some() => {
                self.check_code(user, given, address).await?;
            }
            FreshProof::Password(given) if user.code_key.is_none() => {
                self.check_password(user, given, address).await?;
            }
            _ => return Err(self.wrong(address, &user.name, "the proof is of another kind")),
        }
        let now = self.now();
        self.sessions.use_session(signed_in.session.id, now, now).await?;
        self.note(user, address, "session.proved", subject(&signed_in.session)).await;
        Ok(())
    }

    async fn check_password(&self, user: &User, given: &str, address: IpAddr) -> Result<(), NotAllowed> {
        if !self.passwords.verify(user.proof.as_ref(), given).await {
            return Err(self.wrong(address, &user.name, "the password is wrong"));
        }
        self.right(address, &user.name);
        Ok(())
    }

    /// Changes a user's own password. Their other sessions end.
    ///
    /// # Errors
    /// When the old one is wrong, the new one isn't good enough, or the file declares the user.
    pub async fn change_password(
        &self,
        signed_in: &SignedIn,
        old: &str,
        new: &str,
    ) -> Result<(), NotAllowed> {
        let (user, address) = (&signed_in.user, signed_in.address);
        self.unlocked(address, &user.name)?;
        self.check_password(user, old, address).await?;
        check_password(new, &user.name).map_err(NotAllowed::Unfit)?;
        let who = signed_in.principal.recorded_as();
        self.registry.set_password(&user.name, new.to_owned(), &who, self.now()).await?;
        let others = EndedSessions::OthersOfUser(user.id, signed_in.session.id);
        self.sessions.end_sessions(others).await?;
        Ok(())
    }

    /// A new key of one-time codes, in base32. It is in force once a code of it was given: [`Access::set_code_key`].
    ///
    /// # Errors
    /// When the system has no randomness to give.
    pub fn new_code_key(&self) -> Result<String, NotAllowed> {
        Ok(new_code_key()?)
    }

    /// Puts a key of one-time codes in force, which a code of it proves to be in the user's app. Their other sessions end.
    ///
    /// # Errors
    /// When the code is wrong, or the file declares the user.
    pub async fn set_code_key(&self, signed_in: &SignedIn, key: &str, given: &str) -> Result<(), NotAllowed> {
        let unfit = || NotAllowed::Unfit("this is no key of one-time codes: begin again".into());
        let octets = base32::decode(key).filter(|octets| octets.len() >= 16).ok_or_else(unfit)?;
        let (user, now) = (&signed_in.user, self.now());
        let Some(step) = code::matching(&CodeKey(octets.into()), given, now) else {
            let detail = "the code is wrong: is the clock of the device that shows it right?";
            return Err(NotAllowed::Unfit(detail.into()));
        };
        let who = signed_in.principal.recorded_as();
        self.registry.set_code_key(&user.name, Some(key.to_owned()), &who, now).await?;
        self.sessions.take_code(user.id, step).await?;
        let others = EndedSessions::OthersOfUser(user.id, signed_in.session.id);
        self.sessions.end_sessions(others).await?;
        Ok(())
    }

    /// Takes a user's key of one-time codes away: they sign in by password alone until they make another.
    ///
    /// # Errors
    /// When there is no such user, or the file declares it.
    pub async fn remove_code_key(&self, user: &str, who: &str) -> Result<(), NotAllowed> {
        Ok(self.registry.set_code_key(user, None, who, self.now()).await?)
    }

    /// Ends the session of a user who signs out.
    ///
    /// # Errors
    /// When the store is away.
    pub async fn sign_out(&self, signed_in: &SignedIn) -> Result<(), StoreError> {
        self.sessions.end_sessions(EndedSessions::One(signed_in.session.id)).await?;
        self.note(&signed_in.user, signed_in.address, "session.ended", subject(&signed_in.session)).await;
        Ok(())
    }

    /// Sessions of a user, or of all, that aren't over; the one that was used last first.
    ///
    /// # Errors
    /// When the store is away.
    pub async fn sessions(&self, user: Option<UserId>) -> Result<Vec<(Arc<User>, Session)>, StoreError> {
        let (users, now) = (self.users(), self.now());
        let sessions = self.sessions.sessions(user, SESSIONS_MAX).await?;
        let living = sessions.into_iter().filter(|session| !session.is_over(&self.settings.limits, now));
        Ok(living.filter_map(|session| Some((Arc::clone(users.with_id(session.user)?), session))).collect())
    }

    /// Ends sessions; returns how many.
    ///
    /// # Errors
    /// When the store is away.
    pub async fn end_sessions(&self, which: EndedSessions) -> Result<usize, StoreError> {
        self.sessions.end_sessions(which).await
    }
}

fn subject(session: &Session) -> String {
    format!("session {}", session.id.0)
}
