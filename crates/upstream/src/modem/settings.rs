//! What a modem's upstream runs with: its settings as they are declared, and its PIN.

use crate::Limits;
use metrics::Label;
use postrider_declare::upstream::modem::{Device, ModemUpstream};
use postrider_declare::{Secrets, Written};
use postrider_wire::modem::tpdu::{Address, Kind};
use std::fmt;
use std::ops::{Deref, DerefMut};

/// Everything about one modem. The declared settings of its upstream are read as its own: `settings.baud`.
#[derive(Clone)]
pub struct Settings {
    /// The upstream's name, for logs and metrics.
    pub name: Box<str>,
    /// Its place among the upstream's modems.
    pub index: usize,
    /// How many modems the upstream has.
    pub count: usize,
    /// The line to it.
    pub device: Written<Device>,
    /// The number of its SIM; empty if none is declared.
    pub number: String,
    /// Time limits that are not declared.
    pub limits: Limits,
    declared: ModemUpstream,
    pub(super) pin: Option<Box<str>>,
}

impl Settings {
    /// The settings of each modem of an upstream, as they are declared.
    #[must_use]
    pub fn each(name: &str, declared: &ModemUpstream, secrets: &Secrets) -> Vec<Self> {
        let count = declared.modems.len().max(1);
        let one = |index, device: &Written<Device>, number: &str, pin: &str| Self {
            name: name.into(),
            index,
            count,
            device: device.clone(),
            number: number.to_owned(),
            limits: Limits::default(),
            declared: declared.clone(),
            pin: secrets.get(pin).map(Into::into),
        };
        let single = declared.device.iter().map(|device| one(0, device, &declared.number, "pin"));
        let several = declared.modems.iter().enumerate();
        let several =
            several.map(|(index, modem)| one(index, &modem.device, &modem.number, &modem.pin_name()));
        single.chain(several).collect()
    }

    /// The labels of its metrics: the upstream and, of several modems, the device.
    pub(super) fn labels(&self) -> Vec<Label> {
        let mut labels = vec![Label::new("upstream", self.name.to_string())];
        if self.count > 1 {
            labels.push(Label::new("device", self.device.text().to_owned()));
        }
        labels
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
