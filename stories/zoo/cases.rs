//! A manner of carriers, or several together, and what is expected of the gateway.

use postrider_simulator::carrier::Settings;
use postrider_simulator::manner::Chosen;

/// Manners, the settings of the upstream that they need, and what becomes of messages.
#[derive(Clone, Copy, Debug)]
pub(super) struct Case {
    pub(super) manners: &'static [&'static str],
    /// Lines of the upstream's table.
    pub(super) settings: &'static str,
    pub(super) expected: Expected,
    /// Whether a handset may get a text twice, as the carrier doesn't say that it has it.
    pub(super) may_repeat: bool,
}

/// What becomes of messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expected {
    /// They arrive, and are reported with this state, once.
    Ends(&'static str),
    /// They are taken, and this many receipts are acknowledged that find no message: they stay as they are.
    Unmatched(u64),
    /// Those of one part arrive and are reported; longer ones are taken, and stay as they are.
    LongUnmatched,
    /// They arrive, the carrier is asked about them more than once without knowing anything, and they stay as they are.
    Asked,
    /// The carrier refuses the bind, and isn't asked again for a while: they wait.
    Waits,
}

impl Case {
    /// Manners that need no setting, and do no harm.
    pub(super) const fn of(manners: &'static [&'static str]) -> Self {
        Self { manners, settings: "", expected: Expected::Ends("DELIVRD"), may_repeat: false }
    }

    pub(super) const fn with(self, settings: &'static str) -> Self {
        Self { settings, ..self }
    }

    pub(super) const fn expect(self, expected: Expected) -> Self {
        Self { expected, ..self }
    }

    pub(super) const fn may_repeat(self) -> Self {
        Self { may_repeat: true, ..self }
    }

    /// A carrier's settings with these manners.
    pub(super) fn carrier(&self) -> Settings {
        let mut settings = Settings::default();
        for words in self.manners {
            Chosen::read(words).unwrap().carrier(&mut settings).unwrap();
        }
        settings
    }

    /// How it is called in failures.
    pub(super) fn name(&self) -> String {
        self.manners.join(" ")
    }
}
