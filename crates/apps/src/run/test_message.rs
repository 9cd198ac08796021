//! The message of a run to one number, at once, so that somebody sees it on a handset before all others do.

use super::desk::{NotDone, Runs};
use super::document::{Outgoing, Run, RunKind};
use super::personal::Personal;
use postrider_core::account::{Account, AccountId};
use postrider_core::contract::{Accepted, StoreError};
use postrider_core::id::MessageId;
use postrider_core::message::Body;
use postrider_core::number::Number;
use postrider_core::submission::Submission;

impl Runs {
    /// Sends a run's message to one number at once, as a test: that of a variant by its name, if there are several. Without a name it
    /// is the first. Variables that are not given have the examples of the template.
    ///
    /// # Errors
    /// Why it is not sent.
    pub async fn test(
        &self,
        account: &Account,
        (kind, id): (RunKind, u64),
        variant: Option<&str>,
        number: Number,
        personal: &Personal,
    ) -> Result<MessageId, NotDone> {
        let kept = self.find(account.id, kind, id).await?.ok_or(NotDone::Missing)?;
        let outgoing = tested(&kept.value, variant)?;
        let gone = || NotDone::Wrong("template.name", "the template is gone".into());
        let maker = self.maker(&kept, &outgoing, &[]).await?.ok_or_else(gone)?;
        let made = maker.message(number, &self.with_examples(account.id, &outgoing, personal).await?);
        let wrong = |detail: Box<str>| {
            NotDone::Wrong("variables", format!("{detail}: give them, or the template examples"))
        };
        let mut submission = made.map_err(|refused| wrong(refused.detail))?;
        (submission.send_at, submission.send_at_local) = (None, None);
        submission.reference = Some(format!("{}-test", kept.value.reference()));
        self.send_test(account, submission, outgoing.shorten_links).await
    }

    async fn with_examples(
        &self,
        account: AccountId,
        outgoing: &Outgoing,
        given: &Personal,
    ) -> Result<Personal, NotDone> {
        let mut personal = given.clone();
        let Some(named) = &outgoing.template else { return Ok(personal) };
        let version = self.version_of(account, outgoing).await?;
        let found = self.templates.version(account, &named.name, version).await?;
        for (name, variable) in found.into_iter().flat_map(|(_, version)| version.content.variables) {
            if let Some(example) = variable.example {
                personal.variables.entry(name).or_insert(example);
            }
        }
        Ok(personal)
    }

    async fn send_test(
        &self,
        account: &Account,
        mut submission: Submission,
        shorten: bool,
    ) -> Result<MessageId, NotDone> {
        let mut links = None;
        if let (true, Some(Body::Text(text))) = (shorten, &mut submission.body) {
            let shortened = self.links.shorten(text).await?;
            *text = shortened.text.as_str().into();
            links = Some(shortened);
        }
        let prepared = self.parts.intake.prepare(account, vec![submission]).await?;
        let lost = || StoreError::Unavailable("the message was not prepared".into());
        let prepared = prepared.into_iter().next().ok_or_else(lost)??;
        let message = prepared.message.clone();
        if let Some(links) = links {
            self.links.keep(account.id, vec![(message.id, message.to, message.due, links)]).await?;
        }
        match self.parts.intake.commit(vec![prepared], None).await? {
            Accepted::Now { mut refused } => match refused.pop() {
                Some((_, refusal)) => Err(refusal.into()),
                None => Ok(message.id),
            },
            _ => Ok(message.id),
        }
    }
}

/// What a test sends.
pub(super) fn tested(run: &Run, variant: Option<&str>) -> Result<Outgoing, NotDone> {
    let unknown = |name: &str| NotDone::Wrong("variant", format!("there is no variant '{name}'"));
    match (&run.trial, variant) {
        (None, None) => Ok(run.outgoing.clone()),
        (None, Some(name)) => Err(unknown(name)),
        (Some(trial), name) => {
            let named = |name: &str| trial.variants.iter().find(|variant| *variant.name == *name);
            let variant = name.map_or(trial.variants.first(), named);
            Ok(variant.ok_or_else(|| unknown(name.unwrap_or_default()))?.outgoing(run))
        }
    }
}
