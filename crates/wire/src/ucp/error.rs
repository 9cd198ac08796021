//! Error codes of negative results (section 7.1).

use std::fmt;

/// An error code, 0 to 99.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ErrorCode(pub u8);

impl ErrorCode {
    /// The checksum is wrong.
    pub const CHECKSUM: Self = Self(1);
    /// The syntax is wrong.
    pub const SYNTAX: Self = Self(2);
    /// The system doesn't support the operation.
    pub const UNSUPPORTED: Self = Self(3);
    /// The operation is not allowed, such as before the login.
    pub const NOT_ALLOWED: Self = Self(4);
    /// The recipient's address is invalid.
    pub const ADDRESS: Self = Self(6);
    /// The authentication failed.
    pub const AUTHENTICATION: Self = Self(7);
    /// The time period is invalid.
    pub const PERIOD: Self = Self(22);
    /// The message type is not supported.
    pub const MESSAGE_TYPE: Self = Self(23);
    /// The message is too long.
    pub const TOO_LONG: Self = Self(24);
    /// No such message is there.
    pub const NOT_FOUND: Self = Self(27);
    /// A system error.
    pub const SYSTEM: Self = Self(55);

    /// The number that a field says, and 99 for what is none.
    #[must_use]
    pub fn read(field: &[u8]) -> Self {
        let number = std::str::from_utf8(field).ok().and_then(|digits| digits.trim().parse().ok());
        Self(number.filter(|number| *number < 100).unwrap_or(99))
    }

    /// Its two digits.
    #[must_use]
    pub const fn digits(self) -> [u8; 2] {
        [b'0' + self.0 / 10 % 10, b'0' + self.0 % 10]
    }

    /// Its meaning, if it has one in the specification.
    #[must_use]
    pub const fn name(self) -> Option<&'static str> {
        Some(match self.0 {
            1 => "checksum error",
            2 => "syntax error",
            3 => "operation not supported",
            4 => "operation not allowed",
            5 => "call barring active",
            6 => "recipient invalid",
            7 => "authentication failure",
            8 => "legitimisation code for all calls invalid",
            9 => "group address invalid",
            10 => "repetition not allowed",
            11 => "legitimisation code for repetition invalid",
            12 => "priority call not allowed",
            13 => "legitimisation code for priority call invalid",
            14 => "urgent message not allowed",
            15 => "legitimisation code for urgent message invalid",
            16 => "reverse charging not allowed",
            17 => "legitimisation code for reverse charging invalid",
            18 => "deferred delivery not allowed",
            19 => "new authentication code invalid",
            20 => "new legitimisation code invalid",
            21 => "standard text invalid",
            22 => "time period invalid",
            23 => "message type not supported",
            24 => "message too long",
            25 => "requested standard text invalid",
            26 => "message type invalid for this pager",
            27 => "message not found",
            28 => "character set invalid",
            30 => "subscriber hung up",
            31 => "fax group not supported",
            32 => "fax message type not supported",
            33 => "address already in list",
            34 => "address not in list",
            35 => "list full",
            36 => "replacement protocol identifier in use",
            37 => "delivery in progress",
            38 => "message forwarded",
            50 => "low network status",
            51 => "legitimisation code for standard text invalid",
            53 => "partially successful",
            54 => "not successful",
            55 => "system error",
            _ => return None,
        })
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => write!(f, "{:02} {name}", self.0),
            None => write!(f, "{:02}", self.0),
        }
    }
}
