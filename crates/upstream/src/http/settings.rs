//! What an HTTP upstream runs with: its settings as they are declared, the provider with its secrets, and TLS made ready.

use super::client::ClientSettings;
use crate::Limits;
use postrider_core::time::Time;
use postrider_declare::Secrets;
use postrider_declare::upstream::http::HttpUpstream;
use postrider_http::Dial;
use postrider_link::tls::Tls;
use postrider_provider::{Provider, Surroundings};
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

/// Why an upstream can't be used as it is declared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotUsable(pub String);

impl fmt::Display for NotUsable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for NotUsable {}

/// Everything about one HTTP upstream. The declared settings are read as its own: `settings.window`.
#[derive(Clone)]
pub struct Settings {
    /// Its name, for logs and metrics.
    pub name: Box<str>,
    /// TLS, if it is declared: its files are read before an upstream starts.
    pub tls: Option<Tls>,
    /// Time limits that are not declared.
    pub limits: Limits,
    declared: HttpUpstream,
    pub(super) provider: Provider,
    /// The URL of callbacks.
    pub(super) callback: Option<Box<str>>,
    pub(super) callback_key: Option<Box<str>>,
}

impl Settings {
    /// What its client is made with.
    pub(super) fn client(&self, dial: Arc<dyn Dial>) -> ClientSettings {
        ClientSettings {
            tls: self.tls.clone(),
            connections: self.window.into(),
            connect: self.limits.connect,
            response: self.response_timeout.get(),
            dial,
        }
    }

    /// What recordings must not show.
    pub(super) fn secrets(&self) -> Vec<Box<str>> {
        self.callback_key.iter().cloned().chain(self.provider.secrets()).collect()
    }

    /// The settings as they are declared, without TLS.
    ///
    /// # Errors
    /// The preset, or a value that it needs, is missing.
    pub fn new(name: &str, declared: &HttpUpstream, secrets: &Secrets) -> Result<Self, NotUsable> {
        Ok(Self {
            name: name.into(),
            tls: None,
            limits: Limits::default(),
            declared: declared.clone(),
            provider: declared.provider(secrets).map_err(NotUsable)?,
            callback: declared.callback_url(name, secrets).map(Into::into),
            callback_key: secrets.get("callback_key").map(Into::into),
        })
    }

    /// What requests are made with at this time.
    pub(super) fn surroundings<'a>(
        &'a self,
        now: Time,
        nonce: &'a str,
        token: Option<&'a str>,
    ) -> Surroundings<'a> {
        Surroundings { callback: self.callback.as_deref(), now, nonce, token }
    }
}

impl Deref for Settings {
    type Target = HttpUpstream;

    fn deref(&self) -> &HttpUpstream {
        &self.declared
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings").field("name", &self.name).finish_non_exhaustive()
    }
}
