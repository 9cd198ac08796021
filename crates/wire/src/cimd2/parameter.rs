//! Parameters (section 4): three digits, `:`, a value and a tab, in any order.

use super::frame::TAB;

/// The codes of parameters.
pub mod code {
    /// User identity.
    pub const USER: u16 = 10;
    /// Password.
    pub const PASSWORD: u16 = 11;
    /// Subaddress.
    pub const SUBADDRESS: u16 = 12;
    /// Window size.
    pub const WINDOW: u16 = 19;
    /// Destination address.
    pub const DESTINATION: u16 = 21;
    /// Originating address.
    pub const ORIGIN: u16 = 23;
    /// Alphanumeric originating address.
    pub const NAME: u16 = 27;
    /// Data coding scheme.
    pub const CODING: u16 = 30;
    /// User data header, with its length octet, in hexadecimal digits.
    pub const HEADER: u16 = 32;
    /// User data, a text.
    pub const TEXT: u16 = 33;
    /// Binary user data, in hexadecimal digits.
    pub const BINARY: u16 = 34;
    /// More messages to send.
    pub const MORE: u16 = 44;
    /// Validity period, relative.
    pub const VALIDITY: u16 = 50;
    /// Validity period, absolute.
    pub const VALID_UNTIL: u16 = 51;
    /// Protocol identifier.
    pub const PROTOCOL: u16 = 52;
    /// First delivery time, relative.
    pub const FIRST: u16 = 53;
    /// First delivery time, absolute.
    pub const FIRST_AT: u16 = 54;
    /// Reply path.
    pub const REPLY_PATH: u16 = 55;
    /// Status report request, a sum of flags.
    pub const REPORTS: u16 = 56;
    /// Cancel mode: 0 all messages to a destination, 1 all of the application, 2 one message.
    pub const CANCEL_MODE: u16 = 59;
    /// Service centre time stamp.
    pub const STAMP: u16 = 60;
    /// Status code.
    pub const STATUS: u16 = 61;
    /// Status error code.
    pub const STATUS_ERROR: u16 = 62;
    /// Discharge time.
    pub const DISCHARGED: u16 = 63;
    /// Tariff class.
    pub const TARIFF: u16 = 64;
    /// Service description.
    pub const SERVICE: u16 = 65;
    /// Count of waiting messages.
    pub const COUNT: u16 = 66;
    /// Priority.
    pub const PRIORITY: u16 = 67;
    /// Delivery request mode: 0 counts waiting messages, 1 delivers one, 2 delivers all.
    pub const REQUEST_MODE: u16 = 68;
    /// Get parameter.
    pub const GET: u16 = 500;
    /// Service centre time.
    pub const TIME: u16 = 501;
    /// Error code.
    pub const ERROR: u16 = 900;
    /// Error text.
    pub const ERROR_TEXT: u16 = 901;
}

/// The parameters of a frame. What is no parameter is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameters<'a> {
    octets: &'a [u8],
}

impl<'a> Parameters<'a> {
    /// None.
    pub const EMPTY: Self = Self { octets: &[] };

    pub(super) const fn new(octets: &'a [u8]) -> Self {
        Self { octets }
    }

    /// Code and value of each, in their order.
    pub fn iter(&self) -> impl Iterator<Item = (u16, &'a [u8])> + use<'a> {
        self.octets.split(|octet| *octet == TAB).filter_map(|parameter| {
            let (code, rest) = parameter.split_at_checked(3)?;
            let value = rest.strip_prefix(b":")?;
            let is_number = code.iter().all(u8::is_ascii_digit);
            let code = std::str::from_utf8(code).ok().filter(|_| is_number)?.parse().ok()?;
            Some((code, value))
        })
    }

    /// The value of the first with this code.
    #[must_use]
    pub fn get(&self, code: u16) -> Option<&'a [u8]> {
        self.iter().find(|(found, _)| *found == code).map(|(_, value)| value)
    }

    /// The number that the first with this code says.
    #[must_use]
    pub fn number<N: std::str::FromStr>(&self, code: u16) -> Option<N> {
        std::str::from_utf8(self.get(code)?.trim_ascii()).ok()?.parse().ok()
    }
}
