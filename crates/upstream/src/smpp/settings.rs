//! What an SMPP upstream runs with: its settings as they are declared, its passwords, and TLS made ready.

use crate::Limits;
use postrider_declare::Secrets;
use postrider_declare::upstream::Speaks;
use postrider_declare::upstream::smpp::SmppUpstream;
pub(super) use postrider_declare::upstream::smpp::{
    Flash, LongText as Long, Mode, PortForm, Text, ValidityForm,
};
use postrider_link::connect::{Dialer, Host};
use postrider_link::tls::Tls;
pub(super) use postrider_text::Alphabet;
use postrider_wire::smpp::pdu::BindMode;
use std::fmt;
use std::ops::{Deref, DerefMut};

/// Everything about one SMPP upstream. The declared settings are read as its own: `settings.window`.
#[derive(Clone)]
pub struct Settings {
    /// Its name, for logs and metrics.
    pub name: Box<str>,
    /// TLS, if it is declared: its files are read before an upstream starts.
    pub tls: Option<Tls>,
    /// Time limits that are not declared.
    pub limits: Limits,
    declared: SmppUpstream,
    password: Box<str>,
    receiver_password: Box<str>,
}

/// The name and password of a bind (SMPP 3.4, 4.1.1).
#[derive(Clone, Copy)]
pub(super) struct Login<'a> {
    pub(super) system_id: &'a str,
    pub(super) password: &'a str,
}

impl Settings {
    /// The settings as they are declared, without TLS.
    #[must_use]
    pub fn new(name: &str, declared: &SmppUpstream, secrets: &Secrets) -> Self {
        let password = secrets.get("password").unwrap_or_default();
        Self {
            name: name.into(),
            tls: None,
            limits: Limits::default(),
            declared: declared.clone(),
            password: password.into(),
            receiver_password: secrets.get("receiver.password").unwrap_or(password).into(),
        }
    }

    /// The number of links that [`run`](super::run) keeps, and so the indexes that it gives to
    /// [`Desk::link`](postrider_core::contract::Desk::link): transmitting links first.
    #[must_use]
    pub fn links(&self) -> usize {
        self.declared.traits().links()
    }

    /// What a bind of this kind says.
    pub(super) fn login(&self, mode: BindMode) -> Login<'_> {
        let receiver = self.receiver.as_ref().filter(|_| mode == BindMode::Receiver);
        match receiver {
            Some(receiver) => Login {
                system_id: receiver.system_id.as_deref().unwrap_or(&self.system_id),
                password: &self.receiver_password,
            },
            None => Login { system_id: &self.system_id, password: &self.password },
        }
    }

    /// Where a bind of this kind is made, in the order in which the hosts are tried.
    pub(super) fn hosts(&self, mode: BindMode) -> Vec<Host> {
        let hosts = match mode {
            BindMode::Receiver => self.receiver_hosts(),
            BindMode::Transmitter | BindMode::Transceiver => self.declared.hosts(),
        };
        hosts.into_iter().map(|host| Host { name: host.name, port: host.port }).collect()
    }

    /// How its hosts are reached.
    pub(super) fn dialer(&self) -> Dialer {
        let local = self.connection.bind_ip.as_ref().map(|address| **address);
        Dialer { tls: self.tls.clone(), local, patience: self.limits.connect }
    }
}

impl Deref for Settings {
    type Target = SmppUpstream;

    fn deref(&self) -> &SmppUpstream {
        &self.declared
    }
}

impl DerefMut for Settings {
    fn deref_mut(&mut self) -> &mut SmppUpstream {
        &mut self.declared
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings").field("name", &self.name).finish_non_exhaustive()
    }
}
