//! The quirks of common chips, as far as they show in AT commands.

/// A chip, or the like of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Chip {
    /// One without quirks.
    #[default]
    Plain,
    /// Huawei's sticks: status lines between answers, indices from 0, no acknowledgement of messages.
    Huawei,
    /// SIMCom's: status reports only at once, octets behind the end of messages.
    Simcom,
    /// Quectel's: remaining tries of the PIN by a command of their own, and words when they are ready.
    Quectel,
    /// Wavecom's: a SIM that is busy for long after the PIN, and errors of their own.
    Wavecom,
    /// ZTE's sticks: status reports in a storage of their own.
    Zte,
    /// Cinterion's: modes of notifications unlike the others'.
    Cinterion,
}

/// How many tries of the PIN are left, and who asks how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tries {
    /// `AT+CPINR` (3GPP TS 27.007, 8.65).
    Standard,
    /// `AT+QPINC?`.
    Quectel,
    /// `AT+SPIC`.
    Simcom,
    /// `AT^CPIN?`.
    Huawei,
    /// There is no command.
    Untold,
}

/// What a chip does otherwise than others.
#[derive(Clone, Copy, Debug)]
pub(super) struct Quirks {
    pub(super) maker: &'static str,
    pub(super) model: &'static str,
    /// Whether `AT+CSMS=1` is known: acknowledged messages.
    pub(super) acknowledges: bool,
    /// The values of `AT+CNMI`: mode, messages, reports, buffer.
    pub(super) notify: [&'static [u8]; 4],
    pub(super) first_index: u16,
    /// A line that it says again and again.
    pub(super) chatter: Option<&'static str>,
    /// Questions about the SIM that are answered by "SIM busy" after a start.
    pub(super) busy: u8,
    /// Where status reports are stored.
    pub(super) reports: &'static str,
    /// Octets behind the end of each message.
    pub(super) padding: &'static str,
    /// The error of what the network refuses without a cause.
    pub(super) failure: u16,
    /// Whether USSD goes as hexadecimal digits of packed septets.
    pub(super) packed_ussd: bool,
    pub(super) tries: Tries,
}

impl Chip {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Plain, Self::Huawei, Self::Simcom, Self::Quectel, Self::Wavecom, Self::Zte, Self::Cinterion];

    /// Its name.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Huawei => "huawei",
            Self::Simcom => "simcom",
            Self::Quectel => "quectel",
            Self::Wavecom => "wavecom",
            Self::Zte => "zte",
            Self::Cinterion => "cinterion",
        }
    }

    /// The chip of this name.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|chip| chip.word() == word)
    }

    pub(super) const fn quirks(self) -> Quirks {
        const PLAIN: Quirks = Quirks {
            maker: "Postrider",
            model: "Simulated modem",
            acknowledges: true,
            notify: [&[0, 1, 2, 3], &[0, 1, 2, 3], &[0, 1, 2], &[0, 1]],
            first_index: 1,
            chatter: None,
            busy: 0,
            reports: "SR",
            padding: "",
            failure: 500,
            packed_ussd: false,
            tries: Tries::Standard,
        };
        match self {
            Self::Plain => PLAIN,
            Self::Huawei => Quirks {
                maker: "huawei",
                model: "E3372",
                acknowledges: false,
                notify: [&[0, 1, 2], &[0, 1, 2, 3], &[0, 1, 2], &[0, 1]],
                first_index: 0,
                chatter: Some("^RSSI: 17"),
                packed_ussd: true,
                tries: Tries::Huawei,
                ..PLAIN
            },
            Self::Simcom => Quirks {
                maker: "SIMCOM_Ltd",
                model: "SIM800L",
                notify: [&[0, 1, 2], &[0, 1, 2, 3], &[0, 1], &[0, 1]],
                padding: "FFFF",
                tries: Tries::Simcom,
                ..PLAIN
            },
            Self::Quectel => Quirks {
                maker: "Quectel",
                model: "EC25",
                chatter: Some("+QIND: \"csq\",21,99"),
                reports: "SM",
                tries: Tries::Quectel,
                ..PLAIN
            },
            Self::Wavecom => Quirks {
                maker: "WAVECOM MODEM",
                model: "MULTIBAND 900E 1800",
                busy: 6,
                failure: 515,
                tries: Tries::Untold,
                ..PLAIN
            },
            Self::Zte => Quirks {
                maker: "ZTE INCORPORATED",
                model: "K3565-Z",
                acknowledges: false,
                notify: [&[0, 1, 2], &[0, 1], &[0, 2], &[0, 1]],
                chatter: Some("+ZUSIMR:2"),
                tries: Tries::Untold,
                ..PLAIN
            },
            Self::Cinterion => Quirks {
                maker: "Cinterion",
                model: "MC75i",
                notify: [&[0, 1, 2, 3], &[0, 1, 2, 3], &[0, 1, 2], &[1]],
                ..PLAIN
            },
        }
    }
}
