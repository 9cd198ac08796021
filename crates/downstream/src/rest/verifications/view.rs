//! Verifications as answers show them.

use crate::rest::moment;
use postrider_apps::verification::{CHECKS_MAX, SENDS_MAX, Status, Verification};
use postrider_core::time::Time;
use serde::Serialize;
use utoipa::ToSchema;

/// The state of a verification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = VerificationStatus)]
pub(in crate::rest) enum StatusWord {
    /// The code was sent, and can be checked.
    Pending,
    /// The right code was told.
    Approved,
    /// The account canceled it.
    Canceled,
    /// Five wrong codes were told.
    MaxAttemptsReached,
    /// The code was not told in time.
    Expired,
}

impl From<Status> for StatusWord {
    fn from(status: Status) -> Self {
        match status {
            Status::Pending => Self::Pending,
            Status::Approved => Self::Approved,
            Status::Canceled => Self::Canceled,
            Status::MaxAttemptsReached => Self::MaxAttemptsReached,
            Status::Expired => Self::Expired,
        }
    }
}

/// A verification. The code is never shown.
#[derive(Serialize, ToSchema)]
#[schema(as = Verification)]
pub(in crate::rest) struct VerificationView {
    /// Its identifier, which nobody can guess.
    #[schema(example = "0193f2a4c1d05b7e9c2f61a8d3e4b5c6")]
    id: String,
    /// The number.
    to: String,
    /// Its purpose; absent if none was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    purpose: Option<String>,
    /// Its state.
    status: StatusWord,
    /// The digits of the code.
    digits: u8,
    /// How often the code was sent.
    sends: u8,
    /// How often it may be sent again.
    sends_left: u8,
    /// From when on a start sends the code again; absent if none does.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "date-time")]
    next_send_at: Option<String>,
    /// How many wrong codes may still be told.
    checks_left: u8,
    /// The message that was sent last; absent for a test number.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    /// Whether its number is a test number: it has a fixed code, and gets no message.
    test: bool,
    /// When it was started.
    #[schema(format = "date-time")]
    created_at: String,
    /// Until when the code is valid.
    #[schema(format = "date-time")]
    expires_at: String,
}

impl VerificationView {
    /// The columns of an export.
    pub(super) const COLUMNS: [&str; 8] =
        ["id", "to", "purpose", "status", "sends", "message", "created_at", "expires_at"];

    /// The cells of its line in an export.
    pub(super) fn cells(self) -> [String; 8] {
        let status = serde_json::to_value(self.status).ok();
        let status = status.as_ref().and_then(|status| status.as_str()).unwrap_or_default().to_owned();
        let (purpose, message) = (self.purpose.unwrap_or_default(), self.message.unwrap_or_default());
        [self.id, self.to, purpose, status, self.sends.to_string(), message, self.created_at, self.expires_at]
    }

    /// A verification as it is now.
    pub(super) fn of(verification: &Verification, now: Time) -> Self {
        let status = verification.status(now);
        let is_pending = status == Status::Pending;
        let left = |most: u8, used: u8| if is_pending { most.saturating_sub(used) } else { 0 };
        Self {
            id: verification.id.to_string(),
            to: verification.to().map(|to| to.to_string()).unwrap_or_default(),
            purpose: Some(verification.purpose.to_string()).filter(|purpose| !purpose.is_empty()),
            status: status.into(),
            digits: verification.digits,
            sends: verification.sends,
            sends_left: left(SENDS_MAX, verification.sends),
            next_send_at: verification.next_send_at().filter(|_| is_pending).map(moment::write),
            checks_left: left(CHECKS_MAX, verification.checks),
            message: verification.message().map(|id| id.to_string()),
            test: verification.is_test,
            created_at: moment::write(verification.created_at()),
            expires_at: moment::write(verification.expires_at()),
        }
    }
}
