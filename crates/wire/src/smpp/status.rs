//! command_status: the codes of SMPP 3.4 and 5.0, their names, and what each means in a sentence.
//! The reaction to a status, such as a retry, is the adapters' affair.

use std::fmt;

/// A command_status as it stands in a header (SMPP 3.4 section 5.1.3, 5.0 section 4.7.6). Any value is kept, since
/// carriers have their own from 0x400 upwards.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Status(pub u32);

macro_rules! statuses {
    ($($constant:ident = $value:literal, $meaning:literal;)*) => {
        impl Status {
            $(#[doc = concat!("`ESME_", stringify!($constant), "`, ", stringify!($value), ": ", $meaning)]
            pub const $constant: Self = Self($value);)*

            /// The name in the specification, such as `ESME_RTHROTTLED`; `None` for a carrier's own code.
            pub fn name(self) -> Option<&'static str> {
                match self.0 {
                    $($value => Some(concat!("ESME_", stringify!($constant))),)*
                    _ => None,
                }
            }

            /// The status with this name, such as `ESME_RTHROTTLED`.
            pub fn from_name(name: &str) -> Option<Self> {
                let named = [$((concat!("ESME_", stringify!($constant)), Self($value))),*];
                named.into_iter().find(|(known, _)| *known == name).map(|(_, status)| status)
            }

            /// What the code means, in a sentence; `None` for a carrier's own code.
            pub fn meaning(self) -> Option<&'static str> {
                match self.0 {
                    $($value => Some($meaning),)*
                    _ => None,
                }
            }
        }

        /// Every status that has a name.
        #[cfg(test)]
        pub(crate) const NAMED: &[Status] = &[$(Status::$constant),*];
    };
}

statuses! {
    ROK = 0x00, "No error.";
    RINVMSGLEN = 0x01, "The message text is too long, or its length is wrong.";
    RINVCMDLEN = 0x02, "The length of the PDU is wrong for its kind.";
    RINVCMDID = 0x03, "The command is unknown or not supported here.";
    RINVBNDSTS = 0x04, "The command isn't allowed in the state the session is in.";
    RALYBND = 0x05, "This system_id is bound already, or has no bind left.";
    RINVPRTFLG = 0x06, "The priority_flag is out of range.";
    RINVREGDLVFLG = 0x07, "The registered_delivery flags are invalid.";
    RSYSERR = 0x08, "The peer failed for a reason of its own.";
    RINVSRCADR = 0x0A, "The source address isn't valid or isn't allowed.";
    RINVDSTADR = 0x0B, "The destination address isn't valid or isn't served.";
    RINVMSGID = 0x0C, "There is no message with this message_id.";
    RBINDFAIL = 0x0D, "The bind was refused.";
    RINVPASWD = 0x0E, "The password is wrong.";
    RINVSYSID = 0x0F, "The system_id is unknown.";
    RCANCELFAIL = 0x11, "The message couldn't be cancelled.";
    RREPLACEFAIL = 0x13, "The message couldn't be replaced.";
    RMSGQFUL = 0x14, "The message queue is full.";
    RINVSERTYP = 0x15, "The service_type is invalid.";
    RINVNUMDESTS = 0x33, "The number of destinations is invalid.";
    RINVDLNAME = 0x34, "The distribution list doesn't exist.";
    RINVDESTFLAG = 0x40, "The dest_flag is neither an address nor a distribution list.";
    RINVSUBREP = 0x42, "Replacing a message at submission isn't possible as asked.";
    RINVESMCLASS = 0x43, "The esm_class is invalid.";
    RCNTSUBDL = 0x44, "It isn't possible to submit to this distribution list.";
    RSUBMITFAIL = 0x45, "The message was refused.";
    RINVSRCTON = 0x48, "The source's type of number is invalid.";
    RINVSRCNPI = 0x49, "The source's numbering plan is invalid.";
    RINVDSTTON = 0x50, "The destination's type of number is invalid.";
    RINVDSTNPI = 0x51, "The destination's numbering plan is invalid.";
    RINVSYSTYP = 0x53, "The system_type is invalid.";
    RINVREPFLAG = 0x54, "The replace_if_present_flag is invalid.";
    RINVNUMMSGS = 0x55, "The number of messages is invalid.";
    RTHROTTLED = 0x58, "Too many messages a second: the allowed rate is exceeded.";
    RINVSCHED = 0x61, "The scheduled delivery time is invalid.";
    RINVEXPIRY = 0x62, "The validity period is invalid.";
    RINVDFTMSGID = 0x63, "The predefined message doesn't exist.";
    RX_T_APPN = 0x64, "The receiver has a temporary fault: try again.";
    RX_P_APPN = 0x65, "The receiver has a permanent fault: don't try again.";
    RX_R_APPN = 0x66, "The receiver refuses this message.";
    RQUERYFAIL = 0x67, "The query failed.";
    RINVOPTPARSTREAM = 0xC0, "The optional parameters can't be told apart.";
    ROPTPARNOTALLWD = 0xC1, "An optional parameter isn't allowed here.";
    RINVPARLEN = 0xC2, "An optional parameter has a wrong length.";
    RMISSINGOPTPARAM = 0xC3, "An optional parameter that is needed is missing.";
    RINVOPTPARAMVAL = 0xC4, "An optional parameter has a wrong value.";
    RDELIVERYFAILURE = 0xFE, "The message couldn't be delivered.";
    RUNKNOWNERR = 0xFF, "Something failed that has no code of its own.";
    RSERTYPUNAUTH = 0x100, "This service_type isn't authorised for the sender.";
    RPROHIBITED = 0x101, "The sender is prohibited from this operation.";
    RSERTYPUNAVAIL = 0x102, "This service_type is unavailable.";
    RSERTYPDENIED = 0x103, "This service_type is denied.";
    RINVDCS = 0x104, "The data_coding is invalid.";
    RINVSRCADDRSUBUNIT = 0x105, "The source address subunit is invalid.";
    RINVDSTADDRSUBUNIT = 0x106, "The destination address subunit is invalid.";
    RINVBCASTFREQINT = 0x107, "The broadcast frequency interval is invalid.";
    RINVBCASTALIAS_NAME = 0x108, "The broadcast alias name is invalid.";
    RINVBCASTAREAFMT = 0x109, "The broadcast area format is invalid.";
    RINVNUMBCAST_AREAS = 0x10A, "The number of broadcast areas is invalid.";
    RINVBCASTCNTTYPE = 0x10B, "The broadcast content type is invalid.";
    RINVBCASTMSGCLASS = 0x10C, "The broadcast message class is invalid.";
    RBCASTFAIL = 0x10D, "The broadcast failed.";
    RBCASTQUERYFAIL = 0x10E, "The broadcast query failed.";
    RBCASTCANCELFAIL = 0x10F, "The broadcast couldn't be cancelled.";
    RINVBCAST_REP = 0x110, "The number of broadcast repetitions is invalid.";
    RINVBCASTSRVGRP = 0x111, "The broadcast service group is invalid.";
    RINVBCASTCHANIND = 0x112, "The broadcast channel indicator is invalid.";
}

impl Status {
    /// Whether this is ESME_ROK.
    #[inline]
    pub const fn is_ok(self) -> bool {
        self.0 == 0
    }
}

impl fmt::Display for Status {
    /// The name and the number, such as `ESME_RTHROTTLED (0x58)`, or `0x403` for a carrier's own code.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => write!(f, "{name} (0x{:02X})", self.0),
            None => write!(f, "0x{:02X}", self.0),
        }
    }
}

impl fmt::Debug for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_values_rise() {
        assert!(NAMED.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(NAMED.iter().all(|status| status.meaning().is_some_and(|text| text.ends_with('.'))));
    }

    #[test]
    fn shows_a_name_or_the_number() {
        assert_eq!(Status::RTHROTTLED.to_string(), "ESME_RTHROTTLED (0x58)");
        assert_eq!(Status(0x403).to_string(), "0x403");
    }

    #[test]
    fn a_name_finds_its_status() {
        for status in NAMED {
            assert_eq!(status.name().and_then(Status::from_name), Some(*status));
        }
        assert_eq!(Status::from_name("RTHROTTLED"), None);
    }
}
