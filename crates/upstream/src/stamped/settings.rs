//! What an upstream of UCP or CIMD2 runs with: its settings as they are declared, its secrets, and TLS made ready.

use super::Dialect;
use crate::Limits;
use postrider_declare::Secrets;
use postrider_link::connect::{Dialer, Host};
use postrider_link::tls::Tls;
use postrider_wire::exchange;
use std::fmt;
use std::ops::{Deref, DerefMut};

/// Everything about one upstream. The declared settings are read as its own: `settings.window`.
#[derive(Clone)]
pub struct Settings<D> {
    /// Its name, for logs and metrics.
    pub name: Box<str>,
    /// TLS, if it is declared: its files are read before an upstream starts.
    pub tls: Option<Tls>,
    /// Time limits that are not declared.
    pub limits: Limits,
    declared: D,
    pub(crate) password: Box<str>,
    /// The authentication code of each message, where the protocol has one.
    pub(crate) code: Box<str>,
}

impl<D: Dialect> Settings<D> {
    /// The settings as they are declared, without TLS.
    #[must_use]
    pub fn new(name: &str, declared: &D, secrets: &Secrets) -> Self {
        Self {
            name: name.into(),
            tls: None,
            limits: Limits::default(),
            declared: declared.clone(),
            password: secrets.get("password").unwrap_or_default().into(),
            code: secrets.get("authentication").unwrap_or_default().into(),
        }
    }

    /// The number of links that [`run`](super::run) keeps.
    #[must_use]
    pub fn links(&self) -> usize {
        self.declared.traits().links()
    }

    /// How its hosts are reached.
    pub(super) fn dialer(&self) -> Dialer {
        let local = self.declared.connection().bind_ip.as_ref().map(|address| **address);
        Dialer { tls: self.tls.clone(), local, patience: self.limits.connect }
    }

    pub(super) fn hosts(&self) -> Vec<Host> {
        let hosts = self.declared.connection().hosts(self.declared.port()).into_iter();
        hosts.map(|host| Host { name: host.name, port: host.port }).collect()
    }

    /// The settings of one session.
    pub(crate) fn session(&self) -> exchange::Settings {
        let timers = self.declared.timers();
        let keepalive = timers.keepalive.get();
        exchange::Settings {
            window: self.declared.window().into(),
            login: timers.login_timeout.get(),
            response: timers.response_timeout.get(),
            keepalive: (!keepalive.is_zero()).then_some(keepalive),
            ..exchange::Settings::default()
        }
    }
}

impl<D> Deref for Settings<D> {
    type Target = D;

    fn deref(&self) -> &D {
        &self.declared
    }
}

impl<D> DerefMut for Settings<D> {
    fn deref_mut(&mut self) -> &mut D {
        &mut self.declared
    }
}

impl<D> fmt::Debug for Settings<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings").field("name", &self.name).finish_non_exhaustive()
    }
}
