//! Signing in: a name, a password and, if the user has them, a one-time code become a session.

use crate::access::{Access, NotAllowed};
use crate::code;
use crate::signed_in::SignedIn;
use postrider_core::principal::Principal;
use postrider_core::time::Time;
use postrider_core::user::{Session, SessionId, TokenHash, User};
use postrider_declare::{hash_key, new_token};
use std::net::IpAddr;
use std::sync::Arc;

/// The most characters of a browser's name that are kept.
const AGENT_MAX: usize = 120;

/// What tokens of sessions begin with, so that no key is one.
const PREFIX: &str = "ps_";

/// Whether this is the token of a session rather than a key.
#[must_use]
pub fn is_session_token(text: &str) -> bool {
    text.starts_with(PREFIX)
}

/// What somebody signs in with.
#[derive(Clone, Copy)]
pub struct Credentials<'a> {
    /// The user's name.
    pub name: &'a str,
    /// The password.
    pub password: &'a str,
    /// The one-time code; empty if none was given.
    pub code: &'a str,
    /// The address that they come from.
    pub address: IpAddr,
    /// The browser's own name.
    pub agent: &'a str,
}

/// A session that has begun.
#[derive(Clone)]
pub struct NewSession {
    /// Its token, for a cookie. It is told this once.
    pub token: String,
    /// Who has signed in.
    pub signed_in: SignedIn,
}

impl Access {
    /// Signs somebody in. What is wrong isn't told, and to say that something is takes the same work whether the user is known
    /// or not.
    ///
    /// # Errors
    /// When the name, the password or the code is wrong, or the store is away.
    pub async fn sign_in(&self, given: Credentials<'_>) -> Result<NewSession, NotAllowed> {
        let Credentials { name, password, code, address, agent } = given;
        self.unlocked(address, name)?;
        let users = self.users();
        let known = match users.named(name) {
            Some(user) => self.principal(user, address).map(|principal| (user, principal)),
            None => Err("there is no such user"),
        };
        let proof = known.as_ref().ok().and_then(|(user, _)| user.proof.as_ref());
        let is_right = self.passwords.verify(proof, password).await;
        let (user, principal) = match known {
            // Their provider lets them in, and nobody goes around it.
            Ok((user, _)) if user.subject.is_some() => {
                return Err(self.wrong(address, name, "the user signs in at the provider"));
            }
            Ok(known) if is_right => known,
            Ok((user, _)) if user.proof.is_none() => {
                return Err(self.wrong(address, name, "the user has no password yet"));
            }
            Ok(_) => return Err(self.wrong(address, name, "the password is wrong")),
            Err(why) => return Err(self.wrong(address, name, why)),
        };
        self.check_code(user, code, address).await?;
        self.right(address, name);
        let session = self.begin(user, principal, address, agent, self.now()).await?;
        self.note(user, address, "session.begun", format!("user {}", user.name)).await;
        metrics::counter!("postrider_sign_ins_total").increment(1);
        Ok(session)
    }

    /// Checks a code, if the user has a key of codes.
    pub(crate) async fn check_code(
        &self,
        user: &User,
        given: &str,
        address: IpAddr,
    ) -> Result<(), NotAllowed> {
        let Some(key) = &user.code_key else { return Ok(()) };
        self.codes_unlocked(user.id)?;
        let step = code::matching(key, given, self.now());
        let taken = match step {
            Some(step) => self.sessions.take_code(user.id, step).await?,
            None => false,
        };
        if taken { Ok(()) } else { Err(self.wrong_code(address, user)) }
    }

    /// Begins the session of a user who proved who they are at a time.
    pub(crate) async fn begin(
        &self,
        user: &Arc<User>,
        principal: Principal,
        address: IpAddr,
        agent: &str,
        proved: Time,
    ) -> Result<NewSession, NotAllowed> {
        let (token, number) = (format!("{PREFIX}{}", new_token()?), hash_key(&new_token()?));
        let now = self.now();
        let session = Session {
            id: session_id(&number),
            token: hash_key(&token),
            user: user.id,
            created: now,
            seen: now,
            proved,
            address: address.to_string().into(),
            agent: agent.chars().filter(|c| !c.is_control()).take(AGENT_MAX).collect::<String>().into(),
        };
        self.sessions.begin_session(session.clone(), self.settings.limits.over(now)).await?;
        let signed_in = self.of_session(user, principal, session, address);
        Ok(NewSession { token, signed_in })
    }
}

/// A number of 63 random bits, never 0.
fn session_id(random: &TokenHash) -> SessionId {
    let mut octets = [0; 8];
    octets.copy_from_slice(&random[..8]);
    SessionId((u64::from_be_bytes(octets) >> 1).max(1))
}
