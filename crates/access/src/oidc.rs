//! Signing in at an identity provider: OpenID Connect Core 1.0, the authorization code flow with PKCE (RFC 7636).

mod claims;
mod discovery;
mod flow;
mod key;
mod sign_in;
mod token;

pub use flow::{Flow, Returned};
pub use sign_in::Begun;

use discovery::Discovery;
use postrider_core::time::Time;
use postrider_core::user::Role;
use postrider_http::Connector;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;

/// How long what the provider says of itself is used without asking again.
const DISCOVERY_KEPT: Duration = Duration::from_hours(1);

/// What is agreed with a provider.
#[derive(Clone, PartialEq, Eq)]
pub struct OidcSettings {
    /// What the button for signing in says.
    pub label: Box<str>,
    /// The provider's identifier, an address.
    pub issuer: Box<str>,
    /// The identifier of this gateway there.
    pub client_id: Box<str>,
    /// The secret of this gateway there; `None` for a public client.
    pub client_secret: Option<Box<str>>,
    /// The address of this gateway to which the provider leads back.
    pub redirect_uri: Box<str>,
    /// What is asked for besides `openid`.
    pub scopes: Vec<Box<str>>,
    /// The claim that a new user's name is made of.
    pub name_claim: Box<str>,
    /// The claim whose values decide the role.
    pub roles_claim: Box<str>,
    /// The role for a value of that claim; `*` is any. Without any, declared users alone come in.
    pub roles: Vec<(Box<str>, Role)>,
    /// The claim with the name of the account, for roles that have one.
    pub account_claim: Option<Box<str>>,
    /// Whether a user is made of whoever signs in first.
    pub creates_users: bool,
}

impl fmt::Debug for OidcSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OidcSettings").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}

/// A provider, and what it says of itself.
pub(crate) struct Oidc {
    settings: OidcSettings,
    connector: Connector,
    known: Mutex<Option<(Time, Arc<Discovery>)>>,
}

impl Oidc {
    pub(crate) fn new(settings: OidcSettings, connector: Connector) -> Self {
        Self { settings, connector, known: Mutex::default() }
    }

    /// What the provider has said of itself, if it was asked. This waits for nothing.
    fn asked(&self) -> Option<Arc<Discovery>> {
        let known = self.known.try_lock().ok()?;
        known.as_ref().map(|(_, discovery)| Arc::clone(discovery))
    }

    /// What the provider says of itself, asked for at most once an hour.
    async fn discovery(&self, now: Time) -> Result<Arc<Discovery>, String> {
        let mut known = self.known.lock().await;
        if let Some((at, discovery)) = &*known
            && now.since(*at) < DISCOVERY_KEPT
        {
            return Ok(Arc::clone(discovery));
        }
        let discovery = Arc::new(Discovery::ask(&self.connector, &self.settings.issuer).await?);
        *known = Some((now, Arc::clone(&discovery)));
        Ok(discovery)
    }
}
