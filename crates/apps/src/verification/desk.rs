//! The desk where accounts start, check, show and cancel verifications.

use super::code::{CodeSecret, matches};
use super::conversion;
use super::form::{Form, WrongForm};
use super::limits::{Held, held_check, of_check};
use super::steps::{Status, VALID_MAX, Verification};
use crate::apps::Parts;
use crate::kept::{Document, Kept, TRIES, contended, find, keep, read};
use crate::random::NoRandomness;
use postrider_core::account::AccountId;
use postrider_core::contract::{AppFilter, AppKind, AppWritten, Busy, StoreError};
use postrider_core::submission::Refusal;
use postrider_core::time::Time;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use tokio::sync::OnceCell;

/// One-time passwords by message.
pub struct Verifications {
    pub(super) parts: Parts,
    secret: OnceCell<CodeSecret>,
}

/// A request to start a verification.
#[derive(Clone, Debug, Default)]
pub struct StartRequest {
    /// The number as it was written.
    pub to: String,
    /// What it is for.
    pub purpose: Box<str>,
    /// The form of the message.
    pub form: Form,
    /// The sender, if it isn't the account's usual one.
    pub from: Option<Box<str>>,
    /// The digits of the code; `None` for the usual number.
    pub digits: Option<u8>,
    /// How long the code is valid; `None` for the usual time.
    pub valid_for: Option<Duration>,
    /// How long after the first sending the code is sent again by another upstream if there is no receipt; `None` for never.
    pub resend_after: Option<Duration>,
    /// The address of who asks for the code, for limits.
    pub address: Option<Box<str>>,
}

/// A verification that was started, or is live.
#[derive(Clone, Debug)]
pub struct Started {
    /// The verification.
    pub verification: Verification,
    /// Whether the code was sent now.
    pub is_sent: bool,
}

/// Why no verification was started.
#[derive(Debug, thiserror::Error)]
pub enum NotStarted {
    /// The form of the message is wrong.
    #[error(transparent)]
    Form(#[from] WrongForm),
    /// The message is refused.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// A limit holds it back.
    #[error("{}", held(.0))]
    Held(Held),
    /// The message can't be stored now.
    #[error(transparent)]
    Busy(#[from] Busy),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The operating system has no random numbers to give.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
}

/// The result of a check.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The verification.
    pub verification: Verification,
    /// Whether the code is the right one.
    pub is_right: bool,
}

/// Why a code was not checked.
#[derive(Debug, thiserror::Error)]
pub enum NotChecked {
    /// There is no pending verification of this identifier.
    #[error("there is no pending verification with this identifier: it may be approved, canceled or expired")]
    Missing,
    /// A limit holds it back.
    #[error("{}", held(.0))]
    Held(Held),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The operating system has no random numbers to give.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
}

/// What a limit does, in words.
fn held(held: &Held) -> &'static str {
    match held.code {
        "max_sends_reached" => "the code was sent five times: it is not sent again before it expires",
        "max_checks_reached" => {
            "five wrong codes were told: a new verification of this number may start later"
        }
        "number_limited" => "too many codes were sent to this number",
        "address_limited" => "too many codes were sent for this address",
        "network_limited" => "too many codes were sent for addresses of this network",
        "prefix_limited" => "too many codes were sent to numbers that begin like this one",
        "account_limited" => "this account has sent too many codes",
        _ => "too many wrong codes were told of this number",
    }
}

/// The secret of codes, as it is kept.
#[derive(Serialize, Deserialize)]
struct KeptSecret {
    octets: String,
}

const SECRET: &str = "verification";
/// Verifications that are read at once where few of them may be listed.
const READ_AT_ONCE: usize = 1_000;

impl Document for KeptSecret {
    const KIND: AppKind = AppKind::Secret;

    fn id(&self) -> Box<str> {
        SECRET.into()
    }
}

impl Verifications {
    pub(crate) fn new(parts: Parts) -> Self {
        Self { parts, secret: OnceCell::new() }
    }

    pub(super) fn now(&self) -> Time {
        self.parts.live.now()
    }

    /// The secret that codes are derived from. The first node that needs it makes it.
    pub(super) async fn secret(&self) -> Result<&CodeSecret, NotChecked> {
        self.secret.get_or_try_init(|| self.read_secret()).await
    }

    async fn read_secret(&self) -> Result<CodeSecret, NotChecked> {
        let (store, gateway) = (&*self.parts.store, AccountId(0));
        for _ in 0..TRIES {
            if let Some(kept) = find::<KeptSecret>(store, gateway, SECRET).await? {
                let wrong = || StoreError::Damaged("the secret of verifications can't be read".into());
                return Ok(CodeSecret::read(&kept.value.octets).ok_or_else(wrong)?);
            }
            let new = KeptSecret { octets: CodeSecret::make()? };
            store.write_app_records(vec![keep(gateway, &new, 0)?], Vec::new()).await?;
        }
        Err(contended().into())
    }

    /// The code of a verification; `None` if its number is a test number no more.
    pub(super) async fn code(&self, kept: &Kept<Verification>) -> Result<Option<Box<str>>, NotChecked> {
        let verification = &kept.value;
        match verification.to().filter(|_| verification.is_test) {
            Some(number) => Ok(self.fixed_code(kept.account, number).await?),
            None => Ok(Some(self.secret().await?.code(&verification.id, verification.digits).into())),
        }
    }

    /// Checks a code. A wrong one is counted before it is answered, and all wrong ones get one answer.
    ///
    /// # Errors
    /// There is nothing to check, or a limit holds it back.
    pub async fn check(&self, account: AccountId, id: &str, given: &str) -> Result<Checked, NotChecked> {
        for _ in 0..TRIES {
            let found = find::<Verification>(&*self.parts.store, account, id).await?;
            let mut kept = found.ok_or(NotChecked::Missing)?;
            let now = self.now();
            match kept.value.status(now) {
                Status::Pending => {}
                Status::MaxAttemptsReached if now < kept.value.expires_at() => {
                    let held = Held { code: "max_checks_reached", until: kept.value.expires_at() };
                    return Err(NotChecked::Held(held));
                }
                _ => return Err(NotChecked::Missing),
            }
            let is_right = self.code(&kept).await?.is_some_and(|code| matches(&code, given));
            let status = kept.value.check(is_right);
            let subject = kept.value.to().map(|to| to.to_string()).unwrap_or_default();
            let counts = of_check(account, &subject, !is_right, now);
            let write = keep(account, &kept.value, kept.version)?;
            match self.parts.store.write_app_records(vec![write], counts).await? {
                AppWritten::Done => {}
                AppWritten::Changed => continue,
                AppWritten::Limited { count, stretch } => {
                    return Err(NotChecked::Held(held_check(count, stretch)));
                }
            }
            conversion::asked(if is_right { "approved" } else { "wrong_code" });
            if status == Status::Approved {
                conversion::approved(&kept.value, &*self.parts.live);
                self.tell_conversion(&kept).await?;
            }
            return Ok(Checked { verification: kept.value, is_right });
        }
        Err(contended().into())
    }

    /// Tells rules against fraud, and what routes rank by, that a code was entered, if they look at that.
    async fn tell_conversion(&self, kept: &Kept<Verification>) -> Result<(), StoreError> {
        let rules = self.parts.live.rules();
        let (Some(account), Some(message)) = (rules.account(kept.account), kept.value.message()) else {
            return Ok(());
        };
        let policy = &account.policy;
        if policy.converts.contains(&true) || policy.fraud.iter().any(|rule| rule.conversion.is_some()) {
            self.parts.intake.converted(account, message).await?;
        }
        Ok(())
    }

    /// Cancels a pending verification, and returns it.
    ///
    /// # Errors
    /// There is none.
    pub async fn cancel(&self, account: AccountId, id: &str) -> Result<Verification, NotChecked> {
        for _ in 0..TRIES {
            let found = find::<Verification>(&*self.parts.store, account, id).await?;
            let pending = found.filter(|kept| kept.value.status(self.now()) == Status::Pending);
            let mut kept = pending.ok_or(NotChecked::Missing)?;
            kept.value.cancel();
            let write = keep(account, &kept.value, kept.version)?;
            if self.parts.store.write_app_records(vec![write], Vec::new()).await? == AppWritten::Done {
                conversion::asked("canceled");
                return Ok(kept.value);
            }
        }
        Err(contended().into())
    }

    /// A verification of an account, up to a day after it has ended.
    ///
    /// # Errors
    /// When the store can't be read.
    pub async fn show(&self, account: AccountId, id: &str) -> Result<Option<Verification>, StoreError> {
        Ok(find::<Verification>(&*self.parts.store, account, id).await?.map(|kept| kept.value))
    }

    /// Verifications of an account, of all states or of one, the newest first, behind the identifier `after`.
    ///
    /// # Errors
    /// When the store can't be read.
    pub async fn list(
        &self,
        account: AccountId,
        status: Option<Status>,
        after: Option<Box<str>>,
        most: usize,
    ) -> Result<Vec<Verification>, StoreError> {
        let label = status.map(|status| status.written().word().into());
        // Among those that are written as pending are those whose codes have expired: few of a page may be of the one kind.
        let is_mixed = status.is_some_and(|status| status.written() == Status::Pending);
        let at_once = if is_mixed { READ_AT_ONCE } else { most };
        let mut filter = AppFilter {
            after: after.map(|id| (account, id)),
            label,
            backwards: true,
            ..AppFilter::all(AppKind::Verification, Some(account), at_once)
        };
        let (now, mut found) = (self.now(), Vec::new());
        loop {
            let page = self.parts.store.list_app_records(filter.clone()).await?;
            filter.after = page.last().map(|last| (account, last.key.id.clone()));
            let mut is_last = page.len() < at_once;
            for record in page {
                let verification = read::<Verification>(record)?.value;
                // Codes of older ones have all expired.
                is_last |= status == Some(Status::Pending) && verification.created_at() + VALID_MAX <= now;
                if status.is_none_or(|status| verification.status(now) == status) {
                    found.push(verification);
                }
            }
            if is_last || found.len() >= most {
                found.truncate(most);
                return Ok(found);
            }
        }
    }
}
