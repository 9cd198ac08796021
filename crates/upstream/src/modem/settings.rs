//! What a modem's upstream runs with: its settings as they are declared, and its PIN.

use crate::Limits;
use postrider_declare::Secrets;
use postrider_declare::upstream::Speaks;
use postrider_declare::upstream::modem::ModemUpstream;
use postrider_wire::modem::tpdu::{Address, Kind};
use std::fmt;
use std::ops::{Deref, DerefMut};

/// Everything about one modem. The declared settings are read as its own: `settings.baud`.
#[derive(Clone)]
pub struct Settings {
    /// Its name, for logs and metrics.
    pub name: Box<str>,
    /// Time limits that are not declared.
    pub limits: Limits,
    declared: ModemUpstream,
    pub(super) pin: Option<Box<str>>,
}

impl Settings {
    /// The settings as they are declared.
    #[must_use]
    pub fn new(name: &str, declared: &ModemUpstream, secrets: &Secrets) -> Self {
        Self {
            name: name.into(),
            limits: Limits::default(),
            declared: declared.clone(),
            pin: secrets.get("pin").map(Into::into),
        }
    }

    /// The number of links that [`run`](super::run) keeps.
    #[must_use]
    pub fn links(&self) -> usize {
        self.declared.traits().links()
    }

    /// The service centre, unless the SIM's own counts.
    pub(super) fn centre(&self) -> Option<Address> {
        let number = self.service_centre.trim_start_matches('+');
        (!number.is_empty()).then(|| Address::number(Kind::INTERNATIONAL, number))
    }
}

impl Deref for Settings {
    type Target = ModemUpstream;

    fn deref(&self) -> &ModemUpstream {
        &self.declared
    }
}

impl DerefMut for Settings {
    fn deref_mut(&mut self) -> &mut ModemUpstream {
        &mut self.declared
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings").field("name", &self.name).finish_non_exhaustive()
    }
}
