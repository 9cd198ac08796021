//! Status error codes of status reports (parameter 062, section 5.1.2).

/// The meaning of a status error code, if it has one in the specification.
#[must_use]
pub const fn name(code: u16) -> Option<&'static str> {
    Some(match code {
        1 => "unknown subscriber",
        9 => "illegal subscriber",
        11 => "teleservice not provisioned",
        13 => "call barred",
        15 => "closed user group reject",
        19 => "no SMS support in the handset",
        20 => "error in the handset",
        21 => "facility not supported",
        22 => "memory capacity exceeded",
        29 => "absent subscriber",
        30 => "handset busy for SMS",
        36 => "network or protocol failure",
        44 => "illegal equipment",
        60 => "no paging response",
        61 => "GMSC congestion",
        63 => "HLR time-out",
        64 => "MSC or SGSN time-out",
        70 => "SMRSE/TCP error",
        72 => "congestion towards the handset",
        75 => "GPRS suspended",
        80 => "no paging response by MSC",
        81 => "IMSI detached",
        82 => "roaming restriction",
        83 => "deregistered in HLR for GSM",
        84 => "purged for GSM",
        85 => "no paging response by SGSN",
        86 => "GPRS detached",
        87 => "deregistered in HLR for GPRS",
        88 => "purged for GPRS",
        89 => "unidentified subscriber by MSC",
        90 => "unidentified subscriber by SGSN",
        112 => "originator without credit",
        113 => "recipient without credit",
        114 => "error in the prepaid system",
        _ => return None,
    })
}
