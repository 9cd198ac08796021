//! Refusals as error codes of UCP (section 7.1). From 90 on they are the gateway's own.

use crate::sessions::intake::Unaccepted;
use crate::sessions::login::NotAdmitted;
use postrider_core::carriage::Uncarried;
use postrider_core::contract::Busy;
use postrider_core::submission::Refusal;
use postrider_wire::ucp::ErrorCode;

/// The account has not enough credit.
const INSUFFICIENT_CREDIT: ErrorCode = ErrorCode(90);
/// The account has spent what it may on this day.
const DAILY_CAP_REACHED: ErrorCode = ErrorCode(91);
/// The recipient got as many messages as a frequency cap allows.
const FREQUENCY_CAP: ErrorCode = ErrorCode(92);
/// The sender is wrong, or not the account's.
const SENDER: ErrorCode = ErrorCode(93);

/// The most characters of a system message.
const WORDS_MAX: usize = 128;

/// The error code of a message that isn't taken on, and the reason in words.
pub(super) fn unaccepted(why: &Unaccepted) -> (ErrorCode, String) {
    let (code, words) = match why {
        Unaccepted::Refused(refusal) => (refused(refusal), refusal.to_string()),
        Unaccepted::Busy(busy) => (self::busy(busy), busy.to_string()),
    };
    (code, words.chars().take(WORDS_MAX).collect())
}

const fn refused(refusal: &Refusal) -> ErrorCode {
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
        ) => ErrorCode::ADDRESS,
        Refusal::OptedOut | Refusal::RecipientBlocked | Refusal::NoConsent | Refusal::FraudSuspected(_) => {
            ErrorCode(5)
        }
        Refusal::InsufficientCredit => INSUFFICIENT_CREDIT,
        Refusal::DailyCap(_) => DAILY_CAP_REACHED,
        Refusal::FrequencyCap { .. } | Refusal::Duplicate(_) => FREQUENCY_CAP,
        Refusal::Sender(_)
        | Refusal::SenderNotAllowed
        | Refusal::SenderProtected(_)
        | Refusal::Uncarried(_) => SENDER,
        Refusal::TooManyMedia(_)
        | Refusal::SubjectTooLong(_)
        | Refusal::Empty
        | Refusal::TextTooLong(_)
        | Refusal::DataTooLong(_)
        | Refusal::TooManyParts { .. } => ErrorCode::TOO_LONG,
        Refusal::Validity | Refusal::Schedule | Refusal::Past | Refusal::NoZone => ErrorCode::PERIOD,
        Refusal::ReferenceTooLong
        | Refusal::MetadataTooLong
        | Refusal::OrderingKey
        | Refusal::Tags
        | Refusal::ParameterTooLong(..)
        | Refusal::TooManyParameters(_)
        | Refusal::ParameterTwice(_) => ErrorCode::SYNTAX,
        Refusal::AccountDisabled => ErrorCode::AUTHENTICATION,
        Refusal::TooFast { .. } | Refusal::QuotaReached { .. } => ErrorCode::NOT_ALLOWED,
        Refusal::TooManyCollected | Refusal::QueueFull { .. } => ErrorCode(50),
    }
}

const fn busy(busy: &Busy) -> ErrorCode {
    match busy {
        Busy::Full => ErrorCode(50),
        Busy::Store | Busy::Draining => ErrorCode::SYSTEM,
    }
}

/// The error code of a refused login.
pub(super) const fn not_admitted(why: NotAdmitted) -> ErrorCode {
    match why {
        NotAdmitted::Wrong => ErrorCode::AUTHENTICATION,
        NotAdmitted::Disabled | NotAdmitted::Full => ErrorCode::NOT_ALLOWED,
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
            (Refusal::Recipient(NotANumber::Empty), 6),
            (Refusal::NoRoute(None), 6),
            (Refusal::OptedOut, 5),
            (Refusal::SenderNotAllowed, 93),
            (Refusal::TextTooLong(1), 24),
            (Refusal::Validity, 22),
            (Refusal::InsufficientCredit, 90),
            (Refusal::FrequencyCap { most: 1, per: "1d".into(), retry_after: Duration::ZERO }, 92),
            (Refusal::AccountDisabled, 7),
            (Refusal::TooFast { retry_after: Duration::ZERO }, 4),
        ] {
            assert_eq!(unaccepted(&Unaccepted::Refused(why.clone())).0, ErrorCode(code), "{why}");
        }
        for (why, code) in [(Busy::Full, 50), (Busy::Store, 55), (Busy::Draining, 55)] {
            assert_eq!(unaccepted(&Unaccepted::Busy(why)).0, ErrorCode(code));
        }
    }
}
