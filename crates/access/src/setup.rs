//! Links by which users set their passwords, once: the first owner, new users, and those who have forgotten theirs.

use crate::access::{Access, NotAllowed};
use postrider_core::contract::{EndedSessions, StoreError};
use postrider_core::time::Time;
use postrider_core::user::{Role, SetupLink, User};
use postrider_declare::{
    Condition, Origin, RegistryError, Secret, UserDocument, check_password, hash_key, new_token, none,
};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

/// How long the first owner's link is valid.
const FIRST: Duration = Duration::from_hours(1);
/// How long the link of a user is valid.
const OF_USER: Duration = Duration::from_hours(72);
/// The name that the first owner gets who chooses none.
const FIRST_OWNER: &str = "owner";

/// A link that was made.
#[derive(Clone)]
pub struct NewLink {
    /// Its token: the end of its address. It is told this once.
    pub token: String,
    /// When it ceases to be valid.
    pub expires: Time,
}

impl NewLink {
    /// The path of the page that it leads to.
    #[must_use]
    pub fn path(&self) -> String {
        format!("/console/setup/{}", self.token)
    }
}

/// Whose password a link sets.
#[derive(Clone, Debug)]
pub enum SetupFor {
    /// The first owner's, who chooses a name as well.
    FirstOwner,
    /// This user's.
    User(Arc<User>),
}

impl Access {
    /// A link for the first owner; `None` if an owner can sign in.
    ///
    /// # Errors
    /// When the store is away.
    pub async fn first_link(&self) -> Result<Option<NewLink>, NotAllowed> {
        if self.users().has_owner() {
            return Ok(None);
        }
        self.make_link(None, FIRST).await.map(Some)
    }

    /// A link by which a user sets a password. The one before stays in force until then.
    ///
    /// # Errors
    /// When there is no such user, or the store is away.
    pub async fn link_for(&self, user: &str) -> Result<NewLink, NotAllowed> {
        let declared = self.registry.declared();
        let entry = declared.set.users.get(user).ok_or_else(|| none::<UserDocument>(user))?;
        if entry.origin == Origin::File {
            return Err(RegistryError::ReadOnly.into());
        }
        self.make_link(declared.users.named(user), OF_USER).await
    }

    async fn make_link(&self, user: Option<&Arc<User>>, valid: Duration) -> Result<NewLink, NotAllowed> {
        let (token, now) = (new_token()?, self.now());
        let link =
            SetupLink { token: hash_key(&token), user: user.map(|user| user.id), expires: now + valid };
        let expires = link.expires;
        self.sessions.keep_link(link, now).await?;
        Ok(NewLink { token, expires })
    }

    /// Whose password a link sets.
    ///
    /// # Errors
    /// When it was used or has expired, or the store is away.
    pub async fn setup_for(&self, token: &str) -> Result<SetupFor, NotAllowed> {
        let found = self.sessions.link(hash_key(token)).await?;
        let link = found.filter(|link| link.expires > self.now()).ok_or(NotAllowed::Link)?;
        self.target(&link)
    }

    fn target(&self, link: &SetupLink) -> Result<SetupFor, NotAllowed> {
        let users = self.users();
        match link.user {
            // Whoever has the link of a first owner is none once there is another.
            None if users.has_owner() => Err(NotAllowed::Link),
            None => Ok(SetupFor::FirstOwner),
            Some(id) => {
                let user = users.with_id(id).filter(|user| user.enabled);
                user.cloned().map(SetupFor::User).ok_or(NotAllowed::Link)
            }
        }
    }

    /// Uses a link: sets the password, and ends the sessions of the user. Returns the name to sign in by. `name` is what the
    /// first owner chooses; others have one.
    ///
    /// # Errors
    /// When the link was used or has expired, the password isn't good enough, or the store is away.
    pub async fn set_up(
        &self,
        token: &str,
        name: &str,
        password: &str,
        address: IpAddr,
    ) -> Result<Box<str>, NotAllowed> {
        self.unlocked(address, "")?;
        let target = match self.setup_for(token).await {
            Err(NotAllowed::Link) => {
                self.wrong(address, "", "the link is none");
                return Err(NotAllowed::Link);
            }
            target => target?,
        };
        let name: Box<str> = match &target {
            SetupFor::User(user) => user.name.clone(),
            SetupFor::FirstOwner if name.trim().is_empty() => FIRST_OWNER.into(),
            SetupFor::FirstOwner => name.trim().into(),
        };
        check_password(password, &name).map_err(NotAllowed::Unfit)?;
        // Of several who use it at once one gets it.
        let link = self.sessions.take_link(hash_key(token), self.now()).await?.ok_or(NotAllowed::Link)?;
        match self.target(&link)? {
            SetupFor::FirstOwner => self.declare_owner(&name, password).await?,
            SetupFor::User(user) => {
                let who = format!("{}{}", postrider_core::principal::USER_PREFIX, user.name);
                self.registry.set_password(&name, password.to_owned(), &who, self.now()).await?;
                self.end_all(&user).await?;
            }
        }
        if let Some(user) = self.users().named(&name) {
            self.note(user, address, "password.set", format!("user {name}")).await;
        }
        Ok(name)
    }

    async fn end_all(&self, user: &User) -> Result<(), StoreError> {
        self.sessions.end_sessions(EndedSessions::OfUser(user.id)).await.map(drop)
    }

    async fn declare_owner(&self, name: &str, password: &str) -> Result<(), NotAllowed> {
        let secret = Some(Secret::Literal(password.to_owned()));
        let document = UserDocument { password: secret, ..UserDocument::new(Role::Owner) };
        let who = format!("{}{name}", postrider_core::principal::USER_PREFIX);
        // An owner who was declared and has no password yet is another way in: `postrider user link`.
        self.registry.put_if(name, document, Condition::Missing, &who, self.now()).await?;
        Ok(())
    }
}
