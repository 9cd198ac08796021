//! Sending of codes: an ordinary message of the account, and the record of it.

use super::conversion;
use super::desk::{NotChecked, NotStarted, Verifications};
use super::limits::{Held, held_send, of_send};
use super::starting::undone;
use super::steps::{SENDS_MAX, Status, Verification};
use crate::kept::{Kept, keep, read};
use postrider_core::account::Account;
use postrider_core::contract::{
    Accepted, AppFilter, AppKind, AppWrite, AppWritten, Decided, Once, Prepared, StoreError,
};
use postrider_core::delivery::State;
use postrider_core::message::{Body, Class, Receipts, Via};
use postrider_core::principal::Viewer;
use postrider_core::submission::{Refusal, Submission};
use postrider_core::time::Time;
use std::time::Duration;

/// Verifications that are looked at together.
const DUE: usize = 100;

/// The result of a sending.
pub(super) enum Sent {
    /// The code is on its way.
    Done(Verification),
    /// The verification changed meanwhile. Nothing was sent.
    Changed,
    /// A limit holds it back.
    Held(Held),
}

impl Verifications {
    /// Sends the code of a verification. `live` is what makes it the live one, if it isn't yet.
    ///
    /// The record is written before the message is stored: a crash between the two leaves a code that isn't sent, never one that
    /// isn't counted. The next start sees that there is no message.
    pub(super) async fn send(
        &self,
        account: &Account,
        kept: Kept<Verification>,
        live: Option<AppWrite>,
        address: Option<&str>,
    ) -> Result<Sent, NotStarted> {
        let now = self.now();
        let (mut after, mut counts, mut message) = (kept.value.clone(), Vec::new(), None);
        if !after.is_test {
            let prepared = self.prepare(account, &kept, now).await?;
            counts = after.to().map(|to| of_send(account, to, address, now)).unwrap_or_default();
            message = Some(prepared);
        }
        after.send(now, message.as_ref().map(|prepared| (prepared.message.id, prepared.upstream)));
        let mut writes = vec![keep(account.id, &after, kept.version)?];
        writes.extend(live.clone());
        match self.parts.store.write_app_records(writes, counts).await? {
            AppWritten::Done => {}
            AppWritten::Changed => return Ok(Sent::Changed),
            AppWritten::Limited { count, stretch } => return Ok(Sent::Held(held_send(count, stretch))),
        }
        if let Some(prepared) = message {
            let upstream = prepared.upstream;
            if let Err(error) = self.commit(&after, prepared, account).await {
                let writes = undone(&kept, live.as_ref())?;
                self.parts.store.write_app_records(writes, Vec::new()).await?;
                return Err(error);
            }
            conversion::sent(&after, upstream, &*self.parts.live);
        }
        Ok(Sent::Done(after))
    }

    async fn prepare(
        &self,
        account: &Account,
        kept: &Kept<Verification>,
        now: Time,
    ) -> Result<Prepared, NotStarted> {
        let it = &kept.value;
        let code = self.code(kept).await.map_err(not_sent)?.unwrap_or_default();
        let submission = Submission {
            to: it.to().map(|to| to.to_string()).unwrap_or_default(),
            from: it.from.as_deref().map(Into::into),
            body: Some(Body::Text(it.form.text(&code).into())),
            class: Some(Class::Otp),
            // A code that comes too late is worth nothing.
            valid_for: Some(it.expires_at().since(now).max(Duration::from_secs(1))),
            metadata: Some(format!(r#"{{"verification":"{}"}}"#, it.id)),
            receipts: Receipts::None,
            via: Some(Via::Verification),
            avoid: it.upstream(),
            ..Submission::default()
        };
        let prepared = self.parts.intake.prepare(account, vec![submission]).await?;
        let lost = || StoreError::Unavailable("the message was not prepared".into());
        Ok(prepared.into_iter().next().ok_or_else(lost)??)
    }

    async fn commit(
        &self,
        after: &Verification,
        prepared: Prepared,
        account: &Account,
    ) -> Result<(), NotStarted> {
        let decided = Decided::Accepted(prepared.message.id);
        let key = format!("verification {}/{}", after.id, prepared.message.id).into();
        let once = Once { account: account.id, key, request: [0; 32], decided: vec![decided] };
        match self.parts.intake.commit(vec![prepared], Some(once)).await? {
            Accepted::Now { refused } => match refused.into_iter().next() {
                Some((_, refusal)) => Err(NotStarted::Refused(refusal)),
                None => Ok(()),
            },
            Accepted::Before(_) | Accepted::Conflict => Ok(()),
        }
    }

    /// Sends codes again, by another upstream where there is one, of which there was no receipt in time.
    ///
    /// # Errors
    /// When the store can't be read or written.
    pub async fn send_again_what_is_due(&self) -> Result<(), StoreError> {
        let filter = AppFilter { due: Some(self.now()), ..AppFilter::all(AppKind::Verification, None, DUE) };
        for record in self.parts.store.list_app_records(filter).await? {
            self.send_again(read(record)?).await?;
        }
        Ok(())
    }

    async fn send_again(&self, mut kept: Kept<Verification>) -> Result<(), StoreError> {
        let it = &mut kept.value;
        it.again = None;
        let is_pending = it.status(self.now()) == Status::Pending && it.sends < SENDS_MAX;
        let rules = self.parts.live.rules();
        let account = rules.account(kept.account).filter(|_| is_pending);
        let has_arrived = match kept.value.message() {
            Some(message) => {
                let history = self.parts.archive.history(Viewer::Account(kept.account), message).await?;
                history.is_some_and(|history| history.state == State::Delivered)
            }
            None => true,
        };
        let Some(account) = account.filter(|_| !has_arrived) else { return self.note(&kept).await };
        match self.send(account, kept.clone(), None, None).await {
            Ok(Sent::Done(_)) => {
                conversion::asked("sent_again");
                Ok(())
            }
            Ok(Sent::Changed) => Ok(()),
            Err(NotStarted::Store(error)) => Err(error),
            Ok(Sent::Held(_)) | Err(_) => self.note(&kept).await,
        }
    }

    /// Keeps a verification that needs nothing more. Where it changed meanwhile, it is looked at again.
    async fn note(&self, kept: &Kept<Verification>) -> Result<(), StoreError> {
        let write = keep(kept.account, &kept.value, kept.version)?;
        self.parts.store.write_app_records(vec![write], Vec::new()).await.map(drop)
    }
}

fn not_sent(error: NotChecked) -> NotStarted {
    match error {
        NotChecked::Store(error) => NotStarted::Store(error),
        NotChecked::NoRandomness(error) => NotStarted::NoRandomness(error),
        NotChecked::Missing | NotChecked::Held(_) => NotStarted::Refused(Refusal::Empty),
    }
}
