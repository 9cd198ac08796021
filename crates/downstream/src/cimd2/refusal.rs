//! Refusals as error codes of CIMD2 (parameter 900, section 5.2). From 990 on they are the gateway's own.

use crate::sessions::intake::Unaccepted;
use crate::sessions::login::NotAdmitted;
use postrider_core::carriage::Uncarried;
use postrider_core::contract::Busy;
use postrider_core::submission::Refusal;
use postrider_wire::cimd2::ErrorCode;

/// The account has not enough credit.
const INSUFFICIENT_CREDIT: u16 = 990;
/// The account has spent what it may on this day.
const DAILY_CAP_REACHED: u16 = 991;
/// The recipient got as many messages as a frequency cap allows.
const FREQUENCY_CAP: u16 = 992;

/// The most characters of an error text (parameter 901).
const WORDS_MAX: usize = 64;

/// The error code of a message that isn't taken on, and the reason in words.
pub(super) fn unaccepted(why: &Unaccepted) -> (ErrorCode, String) {
    let (code, words) = match why {
        Unaccepted::Refused(refusal) => (refused(refusal), refusal.to_string()),
        Unaccepted::Busy(busy) => (self::busy(busy), busy.to_string()),
    };
    let is_printable = |character: &char| matches!(character, ' '..='~');
    (ErrorCode(code), words.chars().filter(is_printable).take(WORDS_MAX).collect())
}

const fn refused(refusal: &Refusal) -> u16 {
    match refusal {
        Refusal::Recipient(_)
        | Refusal::RecipientNotAllowed
        | Refusal::CountryNotAllowed(_)
        | Refusal::RouteNotAllowed(_)
        | Refusal::Undeliverable(_)
        | Refusal::NoPrice
        | Refusal::BelowCost
        | Refusal::NoRoute(_)
        | Refusal::Uncarried(
            Uncarried::Origin | Uncarried::ShortCode(_) | Uncarried::MediaOnly | Uncarried::NoLink,
        ) => 300,
        Refusal::OptedOut | Refusal::RecipientBlocked | Refusal::NoConsent | Refusal::FraudSuspected(_) => {
            323
        }
        Refusal::InsufficientCredit => INSUFFICIENT_CREDIT,
        Refusal::DailyCap(_) => DAILY_CAP_REACHED,
        Refusal::FrequencyCap { .. } | Refusal::Duplicate(_) => FREQUENCY_CAP,
        Refusal::Sender(_)
        | Refusal::SenderNotAllowed
        | Refusal::SenderProtected(_)
        | Refusal::Uncarried(_) => 306,
        Refusal::TooManyMedia(_)
        | Refusal::SubjectTooLong(_)
        | Refusal::Empty
        | Refusal::TextTooLong(_)
        | Refusal::DataTooLong(_)
        | Refusal::TooManyParts { .. } => 302,
        Refusal::Validity => 305,
        Refusal::Schedule | Refusal::Past | Refusal::NoZone => 308,
        Refusal::ReferenceTooLong
        | Refusal::MetadataTooLong
        | Refusal::OrderingKey
        | Refusal::Tags
        | Refusal::ParameterTooLong(..)
        | Refusal::TooManyParameters(_)
        | Refusal::ParameterTwice(_) => 3,
        Refusal::AccountDisabled => 9,
        Refusal::TooFast { .. }
        | Refusal::QuotaReached { .. }
        | Refusal::QueueFull { .. }
        | Refusal::TooManyCollected => 10,
    }
}

const fn busy(busy: &Busy) -> u16 {
    match busy {
        Busy::Full => 10,
        Busy::Store | Busy::Draining => 6,
    }
}

/// The error code of a refused login.
pub(super) const fn not_admitted(why: NotAdmitted) -> ErrorCode {
    match why {
        NotAdmitted::Wrong => ErrorCode::LOGIN,
        NotAdmitted::Disabled => ErrorCode(103),
        NotAdmitted::Full => ErrorCode(102),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use postrider_core::number::NotANumber;
    use std::time::Duration;

    #[test]
    fn every_refusal_has_its_code() {
        for (why, code) in [
            (Refusal::Recipient(NotANumber::Empty), 300),
            (Refusal::NoRoute(None), 300),
            (Refusal::OptedOut, 323),
            (Refusal::SenderNotAllowed, 306),
            (Refusal::TextTooLong(1), 302),
            (Refusal::Validity, 305),
            (Refusal::Past, 308),
            (Refusal::InsufficientCredit, 990),
            (Refusal::FrequencyCap { most: 1, per: "1d".into(), retry_after: Duration::ZERO }, 992),
            (Refusal::AccountDisabled, 9),
            (Refusal::TooFast { retry_after: Duration::ZERO }, 10),
        ] {
            let (found, words) = unaccepted(&Unaccepted::Refused(why.clone()));
            assert_eq!(found, ErrorCode(code), "{why}");
            assert!(!words.is_empty() && words.len() <= 64, "{words}");
        }
        for (why, code) in [(Busy::Full, 10), (Busy::Store, 6), (Busy::Draining, 6)] {
            assert_eq!(unaccepted(&Unaccepted::Busy(why)).0, ErrorCode(code));
        }
    }
}
