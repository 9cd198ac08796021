//! Starts of verifications: a new one, the code of the live one again, or nothing but a look at it.

use super::code::DIGITS_DEFAULT;
use super::conversion;
use super::desk::{Checked, NotChecked, NotStarted, StartRequest, Started, Verifications};
use super::limits::Held;
use super::sending::Sent;
use super::steps::{Live, Status, Step, VALID_DEFAULT, Verification};
use crate::kept::{Document, Kept, TRIES, contended, find, keep, key};
use crate::random::identifier;
use postrider_core::account::{Account, AccountId};
use postrider_core::contract::AppWrite;
use postrider_core::number::Number;
use postrider_core::submission::Refusal;
use postrider_core::time::Time;

/// The live verification of a number and a purpose, if there is one, with the version of what says so.
#[derive(Default)]
struct Found {
    live: u64,
    verification: Option<Kept<Verification>>,
}

impl Verifications {
    /// Starts a verification. While one of the number and the purpose is live, its code is sent again, or nothing is sent and it
    /// is only shown: so a repetition is harmless.
    ///
    /// # Errors
    /// Why nothing is sent.
    pub async fn start(&self, account: &Account, request: &StartRequest) -> Result<Started, NotStarted> {
        let started = self.try_start(account, request).await;
        conversion::asked(match &started {
            Ok(started) if started.is_sent => "sent",
            Ok(_) => "shown",
            Err(NotStarted::Held(held)) => held.code,
            Err(_) => "refused",
        });
        started
    }

    async fn try_start(&self, account: &Account, request: &StartRequest) -> Result<Started, NotStarted> {
        request.form.check()?;
        let to = Number::parse_recipient_in(&request.to, account.country).map_err(Refusal::Recipient)?;
        for _ in 0..TRIES {
            let now = self.now();
            let found = self.find_live(account, to, &request.purpose).await?;
            let step = found.verification.as_ref().map_or(Step::Begin, |kept| kept.value.on_start(now));
            let (kept, live) = match (step, found.verification) {
                (Step::LockedOut(until), _) => return held("max_checks_reached", until),
                (Step::MaxSends(until), _) => return held("max_sends_reached", until),
                (Step::Show, Some(kept)) if self.is_known(&kept).await? => {
                    return Ok(Started { verification: kept.value, is_sent: false });
                }
                (Step::Show | Step::SendAgain, Some(kept)) => (kept, None),
                (_, _) => self.begin(account, request, to, now, found.live).await?,
            };
            let address = request.address.as_deref();
            match self.send(account, kept, live, address).await? {
                Sent::Done(verification) => return Ok(Started { verification, is_sent: true }),
                Sent::Changed => {}
                Sent::Held(held) => return Err(NotStarted::Held(held)),
            }
        }
        Err(contended().into())
    }

    /// Checks a code of the live verification of a number and a purpose, for whoever has not kept its identifier.
    ///
    /// # Errors
    /// There is nothing to check, or a limit holds it back.
    pub async fn check_of(
        &self,
        account: AccountId,
        to: Number,
        purpose: &str,
        given: &str,
    ) -> Result<Checked, NotChecked> {
        let live = find::<Live>(&*self.parts.store, account, &Live::name(to, purpose)).await?;
        let live = live.ok_or(NotChecked::Missing)?;
        self.check(account, &live.value.verification, given).await
    }

    async fn find_live(&self, account: &Account, to: Number, purpose: &str) -> Result<Found, NotStarted> {
        let store = &*self.parts.store;
        let Some(live) = find::<Live>(store, account.id, &Live::name(to, purpose)).await? else {
            return Ok(Found::default());
        };
        let verification = find::<Verification>(store, account.id, &live.value.verification).await?;
        Ok(Found { live: live.version, verification })
    }

    /// Whether the message with the code was stored: a crash may have come between.
    async fn is_known(&self, kept: &Kept<Verification>) -> Result<bool, NotStarted> {
        let Some(message) = kept.value.message() else { return Ok(true) };
        Ok(!self.parts.archive.messages(kept.account, vec![message]).await?.is_empty())
    }

    /// A new verification, and the write that makes it the live one.
    async fn begin(
        &self,
        account: &Account,
        request: &StartRequest,
        to: Number,
        now: Time,
        live: u64,
    ) -> Result<(Kept<Verification>, Option<AppWrite>), NotStarted> {
        let fixed = self.fixed_code(account.id, to).await?;
        let digits = fixed.as_ref().map(|code| u8::try_from(code.len()).unwrap_or(DIGITS_DEFAULT));
        let value = Verification {
            id: identifier(now)?,
            number: to.digits(),
            purpose: request.purpose.clone(),
            form: request.form.clone(),
            from: request.from.clone(),
            digits: digits.or(request.digits).unwrap_or(DIGITS_DEFAULT),
            status: Status::Pending,
            created: now.0,
            expires: (now + request.valid_for.unwrap_or(VALID_DEFAULT)).0,
            sends: 0,
            checks: 0,
            sent: now.0,
            message: None,
            again: request.resend_after.map(|after| (now + after).0),
            is_test: fixed.is_some(),
        };
        let (id, expires) = (value.id.clone(), value.expires);
        let it = Live { number: to.digits(), purpose: request.purpose.clone(), verification: id, expires };
        let write = keep(account.id, &it, live)?;
        Ok((Kept { account: account.id, value, version: 0 }, Some(write)))
    }
}

fn held(code: &'static str, until: Time) -> Result<Started, NotStarted> {
    Err(NotStarted::Held(Held { code, until }))
}

/// The writes that undo a start whose message was not stored.
pub(super) fn undone(
    before: &Kept<Verification>,
    live: Option<&AppWrite>,
) -> Result<Vec<AppWrite>, NotStarted> {
    let account = before.account;
    if before.version > 0 {
        return Ok(vec![keep(account, &before.value, before.version + 1)?]);
    }
    let mut writes = vec![AppWrite::Forget(key::<Verification>(account, &before.value.id()), 1)];
    if let Some(AppWrite::Keep(record)) = live {
        writes.push(AppWrite::Forget(record.key.clone(), record.version + 1));
    }
    Ok(writes)
}
