//! The counter where people come in.

use crate::audit::Auditor;
use crate::clock;
use crate::oidc::{Oidc, OidcSettings};
use crate::wrong_logins::{Noted, WrongLogins};
use postrider_core::audit::{ActorKind, Event};
use postrider_core::contract::{Live, Sessions, StoreError};
use postrider_core::time::Time;
use postrider_core::user::{Role, SessionLimits, User, UserId, Users};
use postrider_declare::{Passwords, Registry, RegistryError};
use postrider_http::Connector;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

/// What is asked of users.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// How long sessions last.
    pub limits: SessionLimits,
    /// Roles whose users must have one-time codes: until they have, they can do nothing else.
    pub codes_required: Vec<Role>,
    /// The identity provider where users sign in, if there is one.
    pub oidc: Option<OidcSettings>,
}

/// Signs users in and out, and knows whose a session is.
pub struct Access {
    pub(crate) registry: Arc<Registry>,
    pub(crate) sessions: Arc<dyn Sessions>,
    pub(crate) live: Arc<dyn Live>,
    pub(crate) auditor: Arc<Auditor>,
    pub(crate) passwords: Arc<Passwords>,
    pub(crate) settings: Settings,
    pub(crate) oidc: Option<Oidc>,
    /// Wrong names and passwords, by address.
    pub(crate) wrong_logins: WrongLogins,
    /// Wrong codes behind a right password, by user: whoever has a password must not guess codes from everywhere.
    pub(crate) wrong_codes: WrongLogins,
}

/// A time in words, at least a second.
fn seconds(time: &Duration) -> String {
    match time.as_secs().max(1) {
        1 => "1 second".to_owned(),
        seconds => format!("{seconds} seconds"),
    }
}

/// Why somebody isn't let in, or may not do something.
#[derive(Debug, thiserror::Error)]
pub enum NotAllowed {
    /// The name, the password or the code is wrong. Which one isn't told.
    #[error("the name, the password or the code is wrong")]
    Wrong,
    /// There were too many wrong ones: guesses aren't looked at for a while.
    #[error("too many wrong attempts: wait {} and try again", seconds(.0))]
    Locked(Duration),
    /// The link was used, has expired or never was one.
    #[error("this link was used already or has expired: ask for a new one")]
    Link,
    /// No provider is set up.
    #[error("nobody signs in at a provider here: set `sign_in.oidc`")]
    NoProvider,
    /// The provider can't be asked; the error says why.
    #[error("the identity provider can't be asked now: {0}")]
    Provider(String),
    /// By what the provider says nobody is let in; the error says why.
    #[error("{0}")]
    ByProvider(String),
    /// The new password or key isn't good enough; the error says why.
    #[error("{0}")]
    Unfit(String),
    /// The change of the declaration was refused.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// The store is away.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Access {
    /// Access for the users that the registry declares.
    #[must_use]
    pub fn new(
        registry: Arc<Registry>,
        sessions: Arc<dyn Sessions>,
        live: Arc<dyn Live>,
        auditor: Arc<Auditor>,
        passwords: Arc<Passwords>,
        settings: Settings,
    ) -> Self {
        Self {
            registry,
            sessions,
            live,
            auditor,
            passwords,
            settings,
            oidc: None,
            wrong_logins: WrongLogins::default(),
            wrong_codes: WrongLogins::default(),
        }
    }

    /// Has users sign in at the provider of the settings, if they name one, which is reached by this.
    #[must_use]
    pub fn reaching_provider_by(mut self, connector: Connector) -> Self {
        self.oidc = self.settings.oidc.clone().map(|settings| Oidc::new(settings, connector));
        self
    }

    /// The users that are declared now.
    #[must_use]
    pub fn users(&self) -> Arc<Users> {
        Arc::clone(&self.registry.declared().users)
    }

    /// How long sessions last.
    #[must_use]
    pub fn limits(&self) -> &SessionLimits {
        &self.settings.limits
    }

    /// The audit log, as doors write it.
    #[must_use]
    pub fn auditor(&self) -> &Arc<Auditor> {
        &self.auditor
    }

    pub(crate) fn now(&self) -> Time {
        self.live.now()
    }

    /// Notes something that a user did.
    pub(crate) async fn note(&self, user: &User, address: IpAddr, action: &str, subject: String) {
        let event = Event {
            at: self.now(),
            who: user.name.clone(),
            role: ActorKind::User,
            address: Some(address.to_string().into()),
            action: action.into(),
            subject: subject.into(),
            outcome: "ok".into(),
            detail: None,
        };
        self.auditor.note(event).await;
    }

    /// Refuses whoever has guessed too much from this address under this name.
    pub(crate) fn unlocked(&self, address: IpAddr, name: &str) -> Result<(), NotAllowed> {
        match self.wrong_logins.locked(address, name, clock::now().into_std()) {
            Some(wait) => Err(NotAllowed::Locked(wait)),
            None => Ok(()),
        }
    }

    /// Refuses codes of a user for whom too many were guessed.
    pub(crate) fn codes_unlocked(&self, user: UserId) -> Result<(), NotAllowed> {
        match self.wrong_codes.locked(counted_for(user), "", clock::now().into_std()) {
            Some(wait) => Err(NotAllowed::Locked(wait)),
            None => Ok(()),
        }
    }

    /// Takes note of a wrong attempt.
    pub(crate) fn wrong(&self, address: IpAddr, name: &str, why: &str) -> NotAllowed {
        metrics::counter!("postrider_auth_failures_total", "interface" => "console").increment(1);
        self.auditor.refused("console", address, name);
        let Noted { line, .. } = self.wrong_logins.wrong(address, name, clock::now().into_std());
        if let Some(left_out) = line.filter(|left_out| *left_out > 0) {
            tracing::warn!(left_out, "refused sign-ins were left out of the log: there were too many");
        }
        if line.is_some() {
            let user: String = name.chars().filter(|c| !c.is_control()).take(32).collect();
            tracing::warn!(peer = %address, user, why, "a sign-in was refused");
        }
        NotAllowed::Wrong
    }

    /// Takes note of a wrong code behind a right password.
    pub(crate) fn wrong_code(&self, address: IpAddr, user: &User) -> NotAllowed {
        self.wrong_codes.wrong(counted_for(user.id), "", clock::now().into_std());
        self.wrong(address, &user.name, "the code is wrong")
    }

    /// Takes note of a right attempt.
    pub(crate) fn right(&self, address: IpAddr, name: &str) {
        self.wrong_logins.right(address, name);
    }
}

/// What stands for the address that wrong codes of a user are counted under.
fn counted_for(user: UserId) -> IpAddr {
    Ipv4Addr::from(user.0).into()
}
