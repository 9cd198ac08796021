//! Error codes (parameter 900, section 5.2).

use std::fmt;

/// An error code, 0 to 999; 0 is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ErrorCode(pub u16);

impl ErrorCode {
    /// Unexpected operation.
    pub const UNEXPECTED: Self = Self(1);
    /// Syntax error.
    pub const SYNTAX: Self = Self(2);
    /// Operation failed.
    pub const FAILED: Self = Self(9);
    /// Invalid login.
    pub const LOGIN: Self = Self(100);
    /// Generic failure of a delivery to the application.
    pub const NOT_TAKEN: Self = Self(710);

    /// Its meaning, if it has one in the specification.
    #[must_use]
    pub const fn name(self) -> Option<&'static str> {
        Some(match self.0 {
            0 => "no error",
            1 => "unexpected operation",
            2 => "syntax error",
            3 => "unsupported parameter",
            4 => "connection to service centre lost",
            5 => "no response from service centre",
            6 => "general system error",
            7 => "information not found",
            8 => "parameter in wrong form",
            9 => "requested operation failed",
            10 => "temporary congestion",
            100 => "invalid login",
            101 => "incorrect access type",
            102 => "too many users with this login",
            103 => "login refused by service centre",
            104 => "invalid window size",
            105 => "windowing disabled",
            106 => "virtual service centre barring",
            107 => "invalid subaddress",
            108 => "alias account, login refused",
            300 => "incorrect destination address",
            301 => "incorrect number of destinations",
            302 => "syntax error in user data",
            303 => "incorrect combination of user data",
            304 => "incorrect data coding scheme",
            305 => "incorrect validity period",
            306 => "incorrect originator address",
            307 => "incorrect protocol identifier",
            308 => "incorrect first delivery parameter",
            309 => "incorrect reply path",
            310 => "incorrect status report request",
            311 => "incorrect cancel enabled parameter",
            312 => "incorrect priority",
            313 => "incorrect tariff class",
            314 => "incorrect service description",
            315 => "incorrect transport type",
            316 => "incorrect message type",
            318 => "incorrect more messages parameter",
            319 => "incorrect operation timer",
            320 => "incorrect dialogue identifier",
            321 => "incorrect alphanumeric originator",
            322 => "invalid data for alphanumeric originator",
            323 => "closed user group rejection",
            324 => "licence exceeded",
            400 => "incorrect address",
            401 => "incorrect time stamp",
            500 => "incorrect time stamp",
            501 => "incorrect delivery request mode",
            502 => "incorrect delivery request",
            600 => "incorrect time stamp",
            601 => "incorrect address",
            602 => "incorrect cancel mode",
            603 => "incorrect combination of parameters",
            700 => "delivery OK",
            710 => "generic failure",
            711 => "data coding scheme not supported",
            712 => "user data header not supported",
            730 => "unknown subscriber",
            800 => "changing password failed",
            801 => "changing password not allowed",
            900 => "unsupported item requested",
            _ => return None,
        })
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => write!(f, "{} {name}", self.0),
            None => write!(f, "{}", self.0),
        }
    }
}
