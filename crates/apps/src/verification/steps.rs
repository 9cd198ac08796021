//! The states of a verification, and what moves it. Nothing here knows the code.

use super::form::Form;
use crate::kept::Document;
use postrider_core::contract::AppKind;
use postrider_core::id::MessageId;
use postrider_core::number::Number;
use postrider_core::route::UpstreamId;
use postrider_core::time::Time;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How long a code is valid if nothing is said.
pub const VALID_DEFAULT: Duration = Duration::from_mins(10);
/// The shortest time for which a code may be valid.
pub const VALID_MIN: Duration = Duration::from_mins(1);
/// The longest time for which a code may be valid.
pub const VALID_MAX: Duration = Duration::from_hours(1);
/// How often a code is sent at most.
pub const SENDS_MAX: u8 = 5;
/// How often a code is checked at most.
pub const CHECKS_MAX: u8 = 5;
/// How long after each sending a code is not sent again.
pub const COOLDOWNS: [Duration; 4] =
    [Duration::from_secs(30), Duration::from_secs(60), Duration::from_secs(120), Duration::from_secs(120)];
/// How long a verification that has ended can be looked up.
const REMEMBERED: Duration = Duration::from_hours(24);

/// The state of a verification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The code was sent, and can be checked.
    Pending,
    /// The right code was told.
    Approved,
    /// The account canceled it.
    Canceled,
    /// Too many wrong codes were told.
    MaxAttemptsReached,
    /// The code was not told in time.
    Expired,
}

impl Status {
    /// All states, in the order of a filter.
    pub const ALL: [Self; 5] =
        [Self::Pending, Self::Approved, Self::Expired, Self::MaxAttemptsReached, Self::Canceled];

    /// The state as it is written: nobody writes that a code has expired.
    pub(super) const fn written(self) -> Self {
        match self {
            Self::Expired => Self::Pending,
            other => other,
        }
    }

    /// Its word in the API and in metrics.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Approved => "approved",
            Self::Canceled => "canceled",
            Self::MaxAttemptsReached => "max_attempts_reached",
            Self::Expired => "expired",
        }
    }
}

/// A verification.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verification {
    /// Its identifier, which nobody can guess.
    pub id: Box<str>,
    /// The digits of the number.
    pub(super) number: u64,
    /// What it is for, in the account's own words. A number has one live verification for each.
    pub purpose: Box<str>,
    /// The form of its messages.
    pub form: Form,
    /// The sender, if it isn't the account's usual one.
    pub from: Option<Box<str>>,
    /// The digits of the code.
    pub digits: u8,
    /// The state, as it was written; see [`Verification::status`].
    pub(super) status: Status,
    /// When it began, in milliseconds.
    pub(super) created: i64,
    /// Until when the code is valid, in milliseconds.
    pub(super) expires: i64,
    /// How often the code was sent.
    pub sends: u8,
    /// How often a wrong code was told.
    pub checks: u8,
    /// When the code was sent last, in milliseconds.
    pub(super) sent: i64,
    /// The message that was sent last, and its upstream.
    pub(super) message: Option<(u64, u32)>,
    /// When it is to be sent again if there is no receipt until then, in milliseconds.
    pub(super) again: Option<i64>,
    /// Whether its number is a test number, which gets no message.
    pub is_test: bool,
}

/// What a start does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// It begins a verification.
    Begin,
    /// It sends the code of the live one again.
    SendAgain,
    /// It only shows the live one, whose code was sent a moment ago.
    Show,
    /// It is refused until then: the code was sent as often as it may be.
    MaxSends(Time),
    /// It is refused until then: too many wrong codes were told.
    LockedOut(Time),
}

impl Verification {
    /// The number.
    #[must_use]
    pub fn to(&self) -> Option<Number> {
        Number::from_digits(self.number)
    }

    /// Its state now.
    #[must_use]
    pub fn status(&self, now: Time) -> Status {
        match self.status {
            Status::Pending if now >= self.expires_at() => Status::Expired,
            status => status,
        }
    }

    /// When it began.
    #[must_use]
    pub const fn created_at(&self) -> Time {
        Time(self.created)
    }

    /// Until when its code is valid.
    #[must_use]
    pub const fn expires_at(&self) -> Time {
        Time(self.expires)
    }

    /// From when on the code may be sent again; `None` if it may not.
    #[must_use]
    pub fn next_send_at(&self) -> Option<Time> {
        let cooldown = COOLDOWNS.get(usize::from(self.sends.max(1)) - 1)?;
        let next = Time(self.sent) + *cooldown;
        (self.status == Status::Pending && next < self.expires_at()).then_some(next)
    }

    /// The message that was sent last.
    #[must_use]
    pub fn message(&self) -> Option<MessageId> {
        self.message.map(|(id, _)| MessageId::from_number(id))
    }

    /// The upstream of that message, as it was planned.
    pub(super) fn upstream(&self) -> Option<UpstreamId> {
        self.message.map(|(_, upstream)| UpstreamId(upstream))
    }

    /// What a start for its number and purpose does now.
    pub(super) fn on_start(&self, now: Time) -> Step {
        match self.status {
            Status::MaxAttemptsReached if now < self.expires_at() => Step::LockedOut(self.expires_at()),
            Status::Pending if now < self.expires_at() => match self.next_send_at() {
                Some(next) if now < next => Step::Show,
                Some(_) => Step::SendAgain,
                None if now < Time(self.sent) + COOLDOWNS[0] => Step::Show,
                None => Step::MaxSends(self.expires_at()),
            },
            _ => Step::Begin,
        }
    }

    /// The code is sent now, as this message.
    pub(super) fn send(&mut self, now: Time, message: Option<(MessageId, UpstreamId)>) {
        self.sends += 1;
        self.sent = now.0;
        self.message = message.map(|(id, upstream)| (id.number(), upstream.0));
    }

    /// A code was told while it was pending. Returns its state then.
    pub(super) fn check(&mut self, is_right: bool) -> Status {
        if is_right {
            self.status = Status::Approved;
        } else {
            self.checks += 1;
            if self.checks >= CHECKS_MAX {
                self.status = Status::MaxAttemptsReached;
            }
        }
        if self.status != Status::Pending {
            self.again = None;
        }
        self.status
    }

    /// It is canceled.
    pub(super) fn cancel(&mut self) {
        self.status = Status::Canceled;
        self.again = None;
    }
}

impl Document for Verification {
    const KIND: AppKind = AppKind::Verification;

    fn id(&self) -> Box<str> {
        self.id.clone()
    }

    fn person(&self) -> Option<Number> {
        self.to()
    }

    fn due(&self) -> Option<Time> {
        self.again.map(Time)
    }

    fn expires(&self) -> Option<Time> {
        Some(self.expires_at() + REMEMBERED)
    }

    /// Its state as it was written, by which it is listed.
    fn labels(&self) -> Option<Vec<Box<str>>> {
        Some(vec![self.status.word().into()])
    }
}

/// Which verification of a number and a purpose is live.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Live {
    /// The digits of the number.
    pub(super) number: u64,
    /// The purpose.
    pub(super) purpose: Box<str>,
    /// The verification's identifier.
    pub(super) verification: Box<str>,
    /// Until when its code is valid, in milliseconds.
    pub(super) expires: i64,
}

impl Live {
    /// Its name.
    pub(super) fn name(number: Number, purpose: &str) -> Box<str> {
        format!("{number} {purpose}").into()
    }
}

impl Document for Live {
    const KIND: AppKind = AppKind::LiveVerification;

    fn id(&self) -> Box<str> {
        format!("+{} {}", self.number, self.purpose).into()
    }

    fn person(&self) -> Option<Number> {
        Number::from_digits(self.number)
    }

    fn expires(&self) -> Option<Time> {
        Some(Time(self.expires) + REMEMBERED)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NUMBER: u64 = 447_700_900_123;

    fn begun() -> Verification {
        let mut begun = Verification {
            id: "v".into(),
            number: NUMBER,
            purpose: "".into(),
            form: Form::default(),
            from: None,
            digits: 6,
            status: Status::Pending,
            created: 0,
            expires: 600_000,
            sends: 0,
            checks: 0,
            sent: 0,
            message: None,
            again: None,
            is_test: false,
        };
        begun.send(Time(0), None);
        begun
    }

    fn at(seconds: i64) -> Time {
        Time(seconds * 1_000)
    }

    #[test]
    fn a_start_shows_sends_again_and_gives_up() {
        let mut it = begun();
        for (sent, cooldown) in [(0, 30), (40, 60), (110, 120), (240, 120)] {
            assert_eq!(it.on_start(at(sent + cooldown - 1)), Step::Show, "{sent}");
            assert_eq!(it.on_start(at(sent + cooldown)), Step::SendAgain, "{sent}");
            let next = [40, 110, 240, 400].into_iter().find(|next| *next > sent).unwrap();
            it.send(at(next), None);
        }
        assert_eq!((it.sends, it.next_send_at()), (SENDS_MAX, None));
        assert_eq!(it.on_start(at(429)), Step::Show);
        assert_eq!(it.on_start(at(431)), Step::MaxSends(at(600)));
        assert_eq!(it.on_start(at(600)), Step::Begin);
    }

    #[test]
    fn wrong_codes_lock_it_until_it_would_have_expired() {
        let mut it = begun();
        for _ in 1..CHECKS_MAX {
            assert_eq!(it.check(false), Status::Pending);
        }
        assert_eq!(it.check(false), Status::MaxAttemptsReached);
        assert_eq!(it.on_start(at(599)), Step::LockedOut(at(600)));
        assert_eq!(it.on_start(at(600)), Step::Begin);
    }

    #[test]
    fn what_has_ended_begins_anew() {
        let mut approved = begun();
        assert_eq!(approved.check(true), Status::Approved);
        let mut canceled = begun();
        canceled.cancel();
        for it in [approved, canceled] {
            assert_eq!(it.on_start(at(1)), Step::Begin);
        }
        assert_eq!((begun().status(at(599)), begun().status(at(600))), (Status::Pending, Status::Expired));
    }

    #[test]
    fn a_live_one_is_found_by_number_and_purpose() {
        let live = Live { number: NUMBER, purpose: "pay".into(), verification: "v".into(), expires: 0 };
        assert_eq!(live.id(), Live::name(Number::from_digits(NUMBER).unwrap(), "pay"));
    }
}
