//! Reason codes of notifications (section 7.2). Operators may have more of their own.

/// The meaning of a reason code, if it has one in the specification.
#[must_use]
pub const fn name(code: u16) -> Option<&'static str> {
    Some(match code {
        0 | 101 => "unknown subscriber",
        1..=8 => "service temporarily not available",
        9 => "illegal error code",
        10 => "network time-out",
        100 | 106 => "facility not supported",
        102 => "facility not provided",
        103 => "call barred",
        104 => "operation barred",
        105 | 109 | 113 => "service centre congestion",
        107 => "absent subscriber",
        108 => "delivery failed",
        110 => "protocol error",
        111 => "handset not equipped",
        112 => "unknown service centre",
        114 => "illegal handset",
        115 => "handset not a subscriber",
        116 => "error in the handset",
        117 => "lower layer for SMS not provisioned",
        118 | 126 => "system failure",
        119 => "network system failure",
        120 => "HLR system failure",
        121 => "VLR system failure",
        122 => "previous VLR system failure",
        123 => "controlling MSC system failure",
        124 => "visited MSC system failure",
        125 => "EIR system failure",
        127 => "unexpected data value",
        200 => "error in the service centre's address",
        201 => "invalid absolute validity period",
        202 => "message too long",
        203 => "unable to unpack the message",
        204 => "unable to convert to IRA",
        205 => "invalid form of validity period",
        206 => "invalid destination",
        207 => "duplicate submission",
        208 => "invalid message type",
        _ => return None,
    })
}

/// The number that a field says, 0 to 999.
#[must_use]
pub fn read(field: &[u8]) -> Option<u16> {
    let digits = std::str::from_utf8(field).ok()?.trim();
    digits.parse().ok().filter(|code| *code <= 999)
}
