//! An SMPP address: type of number, numbering plan and the digits as they stood on the wire.
//! Adapters make telephone numbers of them, by the link's settings.

use std::fmt;

/// An address borrowed from a PDU (SMPP 3.4 sections 5.2.5 to 5.2.9).
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Address<'a> {
    /// addr_ton.
    pub ton: Ton,
    /// addr_npi.
    pub npi: Npi,
    /// The address itself, without its NUL: digits, or text when `ton` is alphanumeric. When written, at most 20
    /// octets, or 64 in data_sm and alert_notification.
    pub digits: &'a [u8],
}

impl<'a> Address<'a> {
    /// An address with the given type of number and numbering plan.
    pub const fn new(ton: Ton, npi: Npi, digits: &'a [u8]) -> Self {
        Self { ton, npi, digits }
    }

    /// An E.164 number in international form, digits only.
    pub const fn international(digits: &'a [u8]) -> Self {
        Self::new(Ton::INTERNATIONAL, Npi::ISDN, digits)
    }

    /// A sender name.
    pub const fn alphanumeric(name: &'a [u8]) -> Self {
        Self::new(Ton::ALPHANUMERIC, Npi::UNKNOWN, name)
    }
}

impl fmt::Debug for Address<'_> {
    /// Type, plan and the last three octets: enough to tell two addresses apart, too few to be a number.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hidden = self.digits.len().saturating_sub(SHOWN);
        let shown = String::from_utf8_lossy(self.digits.get(hidden..).unwrap_or_default());
        write!(f, "{}/{} {}{shown}", self.ton.0, self.npi.0, "*".repeat(hidden.min(MOST_STARS)))
    }
}

/// How much of an address `Debug` shows.
const SHOWN: usize = 3;
/// How much of the length of the hidden digits it shows.
const MOST_STARS: usize = 20;

macro_rules! octet_names {
    ($(#[$meta:meta])* $type:ident { $($constant:ident = $value:literal, $name:literal;)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
        pub struct $type(pub u8);

        impl $type {
            $(#[doc = concat!($name, ", ", stringify!($value), ".")]
            pub const $constant: Self = Self($value);)*

            /// The name of the value; `None` for a reserved one.
            pub fn name(self) -> Option<&'static str> {
                match self.0 {
                    $($value => Some($name),)*
                    _ => None,
                }
            }
        }
    };
}

octet_names! {
    /// Type of number (SMPP 3.4 section 5.2.5).
    Ton {
        UNKNOWN = 0, "unknown";
        INTERNATIONAL = 1, "international";
        NATIONAL = 2, "national";
        NETWORK_SPECIFIC = 3, "network specific";
        SUBSCRIBER = 4, "subscriber number";
        ALPHANUMERIC = 5, "alphanumeric";
        ABBREVIATED = 6, "abbreviated";
    }
}

octet_names! {
    /// Numbering plan indicator (SMPP 3.4 section 5.2.6).
    Npi {
        UNKNOWN = 0, "unknown";
        ISDN = 1, "ISDN (E.163/E.164)";
        DATA = 3, "data (X.121)";
        TELEX = 4, "telex (F.69)";
        LAND_MOBILE = 6, "land mobile (E.212)";
        NATIONAL = 8, "national";
        PRIVATE = 9, "private";
        ERMES = 10, "ERMES";
        INTERNET = 14, "internet (IP)";
        WAP = 18, "WAP client id";
    }
}
