//! What a CIMD2 upstream runs with: its settings as they are declared, its password, and TLS made ready.

use crate::Limits;
use postrider_declare::Secrets;
use postrider_declare::upstream::Speaks;
use postrider_declare::upstream::cimd2::Cimd2Upstream;
use postrider_link::connect::Dialer;
use postrider_link::tls::Tls;
use std::fmt;
use std::ops::{Deref, DerefMut};

/// Everything about one CIMD2 upstream. The declared settings are read as its own: `settings.window`.
#[derive(Clone)]
pub struct Settings {
    /// Its name, for logs and metrics.
    pub name: Box<str>,
    /// TLS, if it is declared: its files are read before an upstream starts.
    pub tls: Option<Tls>,
    /// Time limits that are not declared.
    pub limits: Limits,
    declared: Cimd2Upstream,
    pub(super) password: Box<str>,
}

impl Settings {
    /// The settings as they are declared, without TLS.
    #[must_use]
    pub fn new(name: &str, declared: &Cimd2Upstream, secrets: &Secrets) -> Self {
        Self {
            name: name.into(),
            tls: None,
            limits: Limits::default(),
            declared: declared.clone(),
            password: secrets.get("password").unwrap_or_default().into(),
        }
    }

    /// The number of links that [`run`](super::run) keeps.
    #[must_use]
    pub fn links(&self) -> usize {
        self.declared.traits().links()
    }

    /// How its hosts are reached.
    pub(super) fn dialer(&self) -> Dialer {
        let local = self.connection.bind_ip.as_ref().map(|address| **address);
        Dialer { tls: self.tls.clone(), local, patience: self.limits.connect }
    }
}

impl Deref for Settings {
    type Target = Cimd2Upstream;

    fn deref(&self) -> &Cimd2Upstream {
        &self.declared
    }
}

impl DerefMut for Settings {
    fn deref_mut(&mut self) -> &mut Cimd2Upstream {
        &mut self.declared
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings").field("name", &self.name).finish_non_exhaustive()
    }
}
