//! The errors of modems: `+CMS ERROR` (3GPP TS 27.005, 3.2.5) and `+CME ERROR` (3GPP TS 27.007, 9.2).

use std::fmt;

/// The number of a `+CMS ERROR`: below 128 the network's cause, below 256 the service centre's (TP-FCS), then the modem's,
/// and from 512 on the maker's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cms(pub u16);

impl Cms {
    /// The meaning, for numbers that the specifications give one.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        CMS.iter().find(|(number, _)| *number == self.0).map(|(_, name)| *name)
    }

    /// Whether the number is the maker's own.
    #[must_use]
    pub const fn is_vendors(self) -> bool {
        self.0 >= 512
    }
}

impl fmt::Display for Cms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        shown("CMS", self.0, self.name(), f)
    }
}

/// The number of a `+CME ERROR`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cme(pub u16);

impl Cme {
    /// No SIM.
    pub const NO_SIM: Self = Self(10);
    /// The PIN is needed.
    pub const PIN: Self = Self(11);
    /// The PUK is needed.
    pub const PUK: Self = Self(12);
    /// The SIM is busy.
    pub const BUSY: Self = Self(14);
    /// The PIN is wrong.
    pub const WRONG_PASSWORD: Self = Self(16);

    /// The meaning, for numbers that the specification gives one.
    #[must_use]
    pub const fn name(self) -> Option<&'static str> {
        Some(match self.0 {
            0 => "phone failure",
            1 => "no connection to the phone",
            2 => "phone adaptor link reserved",
            3 => "operation not allowed",
            4 => "operation not supported",
            5 => "phone SIM PIN required",
            10 => "SIM not inserted",
            11 => "SIM PIN required",
            12 => "SIM PUK required",
            13 => "SIM failure",
            14 => "SIM busy",
            15 => "SIM wrong",
            16 => "incorrect password",
            17 => "SIM PIN2 required",
            18 => "SIM PUK2 required",
            20 => "memory full",
            21 => "invalid index",
            22 => "not found",
            23 => "memory failure",
            24 => "text too long",
            25 => "invalid characters in the text",
            26 => "dial string too long",
            27 => "invalid characters in the dial string",
            30 => "no network service",
            31 => "network timeout",
            32 => "emergency calls only",
            40..=47 => "personalisation lock",
            100 => "unknown error",
            103 => "illegal subscriber",
            106 => "illegal modem",
            107 => "packet service not allowed",
            111 => "network not allowed",
            112 => "location area not allowed",
            113 => "roaming not allowed",
            _ => return None,
        })
    }
}

impl fmt::Display for Cme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        shown("CME", self.0, self.name(), f)
    }
}

fn shown(kind: &str, number: u16, name: Option<&str>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match name {
        Some(name) => write!(f, "{kind} {number} {name}"),
        None => write!(f, "{kind} {number}"),
    }
}

/// The number that an error has in words, where a modem was told to write words (`AT+CMEE=2`).
pub(super) fn number(text: &str, names: impl Fn(u16) -> Option<&'static str>) -> Option<u16> {
    let text = text.trim();
    text.parse()
        .ok()
        .or_else(|| (0..=500).find(|n| names(*n).is_some_and(|name| name.eq_ignore_ascii_case(text))))
}

const CMS: &[(u16, &str)] = &[
    (1, "unassigned number"),
    (8, "operator determined barring"),
    (10, "call barred"),
    (17, "network failure"),
    (21, "short message transfer rejected"),
    (22, "congestion"),
    (27, "destination out of service"),
    (28, "unidentified subscriber"),
    (29, "facility rejected"),
    (30, "unknown subscriber"),
    (38, "network out of order"),
    (41, "temporary failure"),
    (42, "congestion"),
    (47, "resources unavailable"),
    (50, "requested facility not subscribed"),
    (69, "requested facility not implemented"),
    (81, "invalid reference value"),
    (95, "invalid message"),
    (96, "invalid message"),
    (97, "invalid message"),
    (98, "invalid message"),
    (99, "invalid message"),
    (111, "protocol error"),
    (127, "interworking"),
    (128, "telematic interworking not supported"),
    (129, "short message type 0 not supported"),
    (130, "cannot replace short message"),
    (143, "unspecified error of the protocol identifier"),
    (144, "alphabet not supported"),
    (145, "message class not supported"),
    (159, "unspecified error of the data coding"),
    (160, "command cannot be actioned"),
    (161, "command unsupported"),
    (175, "unspecified error of a command"),
    (176, "message not supported by the service centre"),
    (192, "service centre busy"),
    (193, "no subscription at the service centre"),
    (194, "service centre failure"),
    (195, "invalid address"),
    (196, "destination barred"),
    (197, "rejected duplicate"),
    (198, "validity period format not supported"),
    (199, "validity period not supported"),
    (208, "SIM storage full"),
    (209, "no storage in the SIM"),
    (210, "error in the modem"),
    (211, "memory capacity exceeded"),
    (212, "SIM toolkit busy"),
    (213, "data download error"),
    (255, "unspecified error"),
    (300, "modem failure"),
    (301, "SMS service of the modem reserved"),
    (302, "operation not allowed"),
    (303, "operation not supported"),
    (304, "invalid PDU parameter"),
    (305, "invalid text parameter"),
    (310, "SIM not inserted"),
    (311, "SIM PIN required"),
    (312, "phone SIM PIN required"),
    (313, "SIM failure"),
    (314, "SIM busy"),
    (315, "SIM wrong"),
    (316, "SIM PUK required"),
    (317, "SIM PIN2 required"),
    (318, "SIM PUK2 required"),
    (320, "memory failure"),
    (321, "invalid memory index"),
    (322, "memory full"),
    (330, "SMSC address unknown"),
    (331, "no network service"),
    (332, "network timeout"),
    (340, "no acknowledgement expected"),
    (500, "unknown error"),
];
