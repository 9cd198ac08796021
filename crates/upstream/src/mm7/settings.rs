//! What an MM7 upstream runs with: its settings as they are declared, its secrets, and TLS made ready.

use crate::Limits;
use crate::http::NotUsable;
use crate::http::client::ClientSettings;
use postrider_declare::Secrets;
use postrider_declare::upstream::mm7::Mm7Upstream;
use postrider_http::Tcp;
use postrider_link::tls::Tls;
use postrider_wire::mm7::Dialect;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;
use url::Url;

/// Everything about one MM7 upstream. The declared settings are read as its own: `settings.window`.
#[derive(Clone)]
pub struct Settings {
    /// Its name, for logs and metrics.
    pub name: Box<str>,
    /// TLS, if it is declared: its files are read before an upstream starts.
    pub tls: Option<Tls>,
    /// Time limits that are not declared.
    pub limits: Limits,
    declared: Mm7Upstream,
    pub(super) centre: Url,
    pub(super) password: Option<Box<str>>,
    pub(super) callback_key: Option<Box<str>>,
}

impl Settings {
    /// The settings as they are declared, without TLS.
    ///
    /// # Errors
    /// The centre's URL is none.
    pub fn new(name: &str, declared: &Mm7Upstream, secrets: &Secrets) -> Result<Self, NotUsable> {
        let centre =
            declared.url.0.parse().map_err(|error| NotUsable(format!("the URL of the centre: {error}")))?;
        Ok(Self {
            name: name.into(),
            tls: None,
            limits: Limits::default(),
            declared: declared.clone(),
            centre,
            password: secrets.get("password").map(Into::into),
            callback_key: secrets.get("callback_key").map(Into::into),
        })
    }

    /// What its client is made with.
    pub(super) fn client(&self) -> ClientSettings {
        ClientSettings {
            tls: self.tls.clone(),
            connections: self.window.into(),
            connect: self.limits.connect,
            response: self.response_timeout.get(),
            dial: Arc::new(Tcp),
        }
    }

    /// The release that requests are written in.
    pub(super) fn dialect(&self) -> Dialect {
        Dialect::new(&self.release, &self.version)
    }
}

impl Deref for Settings {
    type Target = Mm7Upstream;

    fn deref(&self) -> &Mm7Upstream {
        &self.declared
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings").field("name", &self.name).finish_non_exhaustive()
    }
}
