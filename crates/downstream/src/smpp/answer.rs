//! Refusals as command_status: what a client's software understands without reading our words.

use postrider_core::carriage::Uncarried;
use postrider_core::contract::Busy;
use postrider_core::submission::Refusal;
use postrider_wire::smpp::Status;

/// The recipient has opted out. SMPP leaves 0x400 to 0x4FF to each vendor (5.0 section 4.7.6).
pub(super) const OPTED_OUT: Status = Status(0x410);
/// The number is blocked.
pub(super) const RECIPIENT_BLOCKED: Status = Status(0x411);
/// There is no consent of the recipient.
pub(super) const NO_CONSENT: Status = Status(0x412);
/// The recipient got as many messages as a frequency cap allows.
pub(super) const FREQUENCY_CAP: Status = Status(0x413);

/// The account has not enough credit.
pub(super) const INSUFFICIENT_CREDIT: Status = Status(0x414);
/// The account has spent what it may on this day.
pub(super) const DAILY_CAP_REACHED: Status = Status(0x415);
/// A message with the same recipient, sender and content was accepted a while ago.
pub(super) const DUPLICATE: Status = Status(0x416);
/// It looks like fraud.
pub(super) const FRAUD_SUSPECTED: Status = Status(0x417);

/// The status for a submission that isn't taken on. A number that no route leads to is an invalid destination to
/// clients: trying it again as it is won't help.
pub(super) const fn refusal(refusal: &Refusal) -> Status {
    match refusal {
        Refusal::Recipient(_)
        | Refusal::RecipientNotAllowed
        | Refusal::CountryNotAllowed(_)
        | Refusal::RouteNotAllowed(_)
        | Refusal::Undeliverable(_)
        | Refusal::NoPrice
        | Refusal::BelowCost
        | Refusal::NoRoute(_) => Status::RINVDSTADR,
        Refusal::InsufficientCredit => INSUFFICIENT_CREDIT,
        Refusal::DailyCap(_) => DAILY_CAP_REACHED,
        Refusal::Uncarried(
            Uncarried::Origin | Uncarried::ShortCode(_) | Uncarried::MediaOnly | Uncarried::NoLink,
        ) => Status::RINVDSTADR,
        Refusal::OptedOut => OPTED_OUT,
        Refusal::RecipientBlocked => RECIPIENT_BLOCKED,
        Refusal::NoConsent => NO_CONSENT,
        Refusal::FrequencyCap { .. } => FREQUENCY_CAP,
        Refusal::Duplicate(_) => DUPLICATE,
        Refusal::FraudSuspected(_) => FRAUD_SUSPECTED,
        Refusal::Sender(_)
        | Refusal::SenderNotAllowed
        | Refusal::SenderProtected(_)
        | Refusal::Uncarried(_) => Status::RINVSRCADR,
        Refusal::TooManyMedia(_)
        | Refusal::SubjectTooLong(_)
        | Refusal::Empty
        | Refusal::TextTooLong(_)
        | Refusal::DataTooLong(_)
        | Refusal::TooManyParts { .. } => Status::RINVMSGLEN,
        Refusal::Validity => Status::RINVEXPIRY,
        Refusal::Schedule | Refusal::Past | Refusal::NoZone => Status::RINVSCHED,
        Refusal::ReferenceTooLong | Refusal::MetadataTooLong | Refusal::OrderingKey | Refusal::Tags => {
            Status::RINVOPTPARAMVAL
        }
        Refusal::ParameterTooLong(..) => Status::RINVPARLEN,
        Refusal::TooManyParameters(_) | Refusal::ParameterTwice(_) => Status::RINVOPTPARSTREAM,
        Refusal::AccountDisabled => Status::RSUBMITFAIL,
        Refusal::TooFast { .. } | Refusal::QuotaReached { .. } => Status::RTHROTTLED,
        Refusal::TooManyCollected | Refusal::QueueFull { .. } => Status::RMSGQFUL,
    }
}

/// The status for what could not be stored just now; clients try both again.
pub(super) const fn busy(busy: &Busy) -> Status {
    match busy {
        Busy::Full => Status::RMSGQFUL,
        Busy::Store | Busy::Draining => Status::RSYSERR,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use postrider_core::budget::Period;
    use postrider_core::fraud::Suspicion;
    use postrider_core::id::MessageId;
    use postrider_core::number::NotANumber;
    use postrider_core::sender::NotASender;
    use std::time::Duration;

    #[test]
    fn every_refusal_has_its_status() {
        for (why, status) in [
            (Refusal::Recipient(NotANumber::Empty), 0x0B),
            (Refusal::NoRoute(None), 0x0B),
            (Refusal::RecipientNotAllowed, 0x0B),
            (Refusal::CountryNotAllowed(None), 0x0B),
            (Refusal::QueueFull { most: 1 }, 0x14),
            (Refusal::QuotaReached { most: 1, period: Period::Day, retry_after: Duration::ZERO }, 0x58),
            (Refusal::SenderNotAllowed, 0x0A),
            (Refusal::SenderProtected("Shop".into()), 0x0A),
            (Refusal::Duplicate(MessageId::from_number(1)), 0x416),
            (Refusal::Sender(NotASender::Empty), 0x0A),
            (Refusal::TextTooLong(1), 0x01),
            (Refusal::TooManyParts { needed: 9, allowed: 1 }, 0x01),
            (Refusal::Validity, 0x62),
            (Refusal::Schedule, 0x61),
            (Refusal::ParameterTooLong(0x1400, 256), 0xC2),
            (Refusal::TooManyParameters(17), 0xC0),
            (Refusal::OptedOut, 0x410),
            (Refusal::RecipientBlocked, 0x411),
            (Refusal::NoConsent, 0x412),
            (Refusal::InsufficientCredit, 0x414),
            (Refusal::DailyCap(None), 0x415),
            (Refusal::FraudSuspected(Suspicion { rule: "".into(), why: "".into() }), 0x417),
            (Refusal::NoPrice, 0x0B),
            (Refusal::BelowCost, 0x0B),
            (Refusal::FrequencyCap { most: 1, per: "1d".into(), retry_after: Duration::ZERO }, 0x413),
            (Refusal::AccountDisabled, 0x45),
            (Refusal::TooFast { retry_after: Duration::ZERO }, 0x58),
        ] {
            assert_eq!(refusal(&why), Status(status), "{why}");
        }
    }

    #[test]
    fn clients_try_again_what_could_not_be_stored() {
        for (why, status) in [(Busy::Full, 0x14), (Busy::Store, 0x08), (Busy::Draining, 0x08)] {
            assert_eq!(busy(&why), Status(status));
        }
    }
}
