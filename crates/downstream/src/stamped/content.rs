//! The content of a submission: user data and header apart, and what is said of them, as a body and parameters.

use super::conversation::Reading;
use crate::sessions::body::{self, Content, Habits, Raw, coding, protocol_id};
use postrider_core::message::Parameter;
use postrider_core::submission::{Submission, VALIDITY_MAX};
use postrider_core::time::Time;
use postrider_text::{Alphabet, coding as codings};
use postrider_wire::smpp::Tlvs;
use postrider_wire::smpp::time::Civil;
use std::time::Duration;

/// The user data header indicator of esm_class (SMPP 3.4, 5.2.12).
const UDHI: u8 = 0x40;
const MINUTE_MS: i64 = 60_000;

/// User data, and what is said of it.
#[derive(Debug)]
pub(crate) struct UserData {
    /// The TP-DCS (3GPP TS 23.038, 4).
    pub(crate) dcs: u8,
    /// The message class that is said apart from it.
    pub(crate) class: Option<u8>,
    /// The header with its length octet; empty for none.
    pub(crate) header: Vec<u8>,
    /// Septets one to an octet or characters of the client's alphabet, UCS-2 or octets.
    pub(crate) data: Vec<u8>,
    /// The TP-PID; 0 says nothing.
    pub(crate) protocol: u8,
    /// The alphabet of `data` where the TP-DCS says the default alphabet.
    pub(crate) alphabet: Alphabet,
}

impl UserData {
    /// Puts it into a submission.
    pub(crate) fn fill(&self, submission: &mut Submission) {
        let octets = [&*self.header, &*self.data].concat();
        let raw = Raw {
            esm_class: if self.header.is_empty() { 0 } else { UDHI },
            data_coding: self.data_coding(),
            octets: &octets,
            tlvs: Tlvs::EMPTY,
        };
        // No text of these protocols ends with a zero that is none of its characters.
        let habits = Habits { alphabet: self.alphabet, drops_nul: false, from_zero: false };
        let Content { body, cut, flash } = body::read(&raw, habits);
        let own = coding(&raw);
        submission
            .parameters
            .extend::<Vec<Parameter>>(own.into_iter().chain(protocol_id(self.protocol)).collect());
        (submission.body, submission.cut, submission.flash) = (Some(body), cut, flash);
    }

    /// SMPP's `data_coding` for the TP-DCS: they differ where SMPP names character sets of its own.
    fn data_coding(&self) -> u8 {
        let read = codings::of_dcs(self.dcs);
        let says_more = read.compressed || read.delete_after_reading || read.waiting.is_some();
        if says_more || self.dcs >= 0x80 && self.dcs < 0xF0 {
            return self.dcs;
        }
        codings::data_coding(read.encoding, read.class.or(self.class))
    }
}

/// The alphabet of a client's texts where a protocol writes an octet for each character.
pub(crate) const fn alphabet(declared: Alphabet) -> Alphabet {
    match declared {
        Alphabet::Gsm7Packed | Alphabet::Ucs2 => Alphabet::Gsm7,
        other => other,
    }
}

impl Reading {
    /// The moment that a clock of the clients' shows.
    pub(crate) fn moment(&self, civil: Civil) -> Time {
        Time(civil.unix_ms().saturating_sub(i64::from(self.offset) * MINUTE_MS))
    }

    /// What the clients' clock shows.
    pub(crate) fn civil(&self, at: Time) -> Civil {
        Civil::from_unix_ms(at.0.saturating_add(i64::from(self.offset) * MINUTE_MS))
    }

    /// Sets when a submission is sent first, and until when it may be. A validity beyond what the gateway keeps is the
    /// longest that it keeps. Returns whether the end comes after the beginning.
    pub(crate) fn times(
        &self,
        submission: &mut Submission,
        first: Option<Time>,
        until: Option<Time>,
    ) -> bool {
        submission.send_at = first.filter(|at| *at > self.now);
        let Some(until) = until else { return true };
        let from = submission.send_at.unwrap_or(self.now);
        submission.valid_for = Some(until.since(from).clamp(Duration::from_secs(1), VALIDITY_MAX));
        until > from
    }
}
