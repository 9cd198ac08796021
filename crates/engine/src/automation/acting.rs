//! Decisions of rules are carried out: messages are sent, groups of contacts change, and what no message tells of is posted.

use super::sending::{Cause, Later, Sending};
use crate::archive::Records;
use crate::consent::Changes;
use postrider_core::account::{Account, AccountId};
use postrider_core::automation::{
    Action, Agreement, Decision, Membership, Memory, Occasion, Rule, WrongTemplate, decide, posted_text,
};
use postrider_core::consent::{Change, Scope, Source};
use postrider_core::contract::{Cancel, Decided, RuleEvent, RuleServices, StoreError};
use postrider_core::id::MessageId;
use postrider_core::number::Number;
use postrider_core::principal::Viewer;
use postrider_core::rules::Rules;
use postrider_core::time::Time;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// How long until applications that aren't there yet are looked for again.
const AWAIT: Duration = Duration::from_secs(1);

/// The applications that do things for rules. The program starts them after the engine.
pub(crate) type Services = OnceLock<Arc<dyn RuleServices>>;

/// Carries out what rules decide.
pub(crate) struct Acting {
    pub(crate) sending: Arc<Sending>,
    pub(crate) services: Arc<Services>,
    pub(crate) records: Arc<Records>,
    pub(crate) changes: Changes,
}

/// Why messages are canceled.
#[derive(Clone, Copy)]
pub(crate) enum Canceling<'a> {
    /// Rules say so.
    Rules,
    /// Their recipient has replied, with this message.
    Reply(&'a MessageId),
}

/// What was done.
#[derive(Default)]
pub(crate) struct Done {
    /// What became of the messages, in their order.
    pub(crate) sent: Vec<Decided>,
    /// The groups, and why one could not be changed.
    pub(crate) groups: Vec<(Membership, Option<String>)>,
    /// The messages that were canceled.
    pub(crate) canceled: Vec<MessageId>,
}

impl Acting {
    /// Cancels messages to a number that wait in the queue and were accepted before a time: those that a reply cancels, or
    /// all that are due later. What leaves meanwhile isn't canceled.
    ///
    /// # Errors
    /// When the store can't be asked.
    pub(crate) async fn cancel_scheduled(
        &self,
        account: AccountId,
        to: Number,
        before: Time,
        why: Canceling<'_>,
    ) -> Result<Vec<MessageId>, StoreError> {
        let mut canceled = Vec::new();
        for scheduled in self.records.store.scheduled_to(vec![(account, to)]).await? {
            let is_meant = matches!(why, Canceling::Rules) || scheduled.cancel_on_reply;
            if is_meant && scheduled.message.time() < before {
                let reason = match why {
                    Canceling::Rules => "by a rule".into(),
                    Canceling::Reply(by) => format!("the recipient replied with {by}").into(),
                };
                let viewer = Viewer::Account(account);
                if self.records.cancel(viewer, scheduled.message, Some(reason)).await? == Cancel::Done {
                    canceled.push(scheduled.message);
                }
            }
        }
        metrics::counter!("postrider_canceled_by_replies_total").increment(canceled.len() as u64);
        Ok(canceled)
    }

    /// Sends the messages of a decision, and changes groups, each once.
    ///
    /// # Errors
    /// Something can't be done now. What was done before it is passed over when it is tried again.
    pub(crate) async fn act(
        &self,
        account: &Account,
        decision: &Decision,
        cause: &Cause<'_>,
        rules: &Rules,
    ) -> Result<Done, Later> {
        let (mut groups, mut canceled) = (Vec::new(), Vec::new());
        for action in &decision.actions {
            if let Action::CancelScheduled(to) = action {
                let of_rule = self.cancel_scheduled(account.id, *to, cause.at, Canceling::Rules).await;
                canceled.extend(of_rule.map_err(|error| super::later(&error))?);
            }
            if let Action::Consent(agreement) = action {
                let kept = self.keep(account.id, agreement, cause, rules).await;
                kept.map_err(|error| super::later(&error))?;
            }
            if let Action::Group(membership) = action {
                let services = self.services.get().ok_or(Later(AWAIT))?;
                let refused = services.set_member(account.id, membership).await;
                groups.push((membership.clone(), refused.map_err(|error| super::later(&error))?));
            }
        }
        let sent = self.sending.send(account, decision, cause).await?;
        Ok(Done { sent, groups, canceled })
    }

    /// Records a consent, unless it was recorded when this was tried before.
    async fn keep(
        &self,
        account: AccountId,
        agreement: &Agreement,
        cause: &Cause<'_>,
        rules: &Rules,
    ) -> Result<(), StoreError> {
        let Agreement { rule, number, purpose, shown } = agreement;
        let scope = Scope::consent(account, purpose);
        if cause.again && self.changes.holdings.holds(*number, &scope) {
            return Ok(());
        }
        let change = Change {
            id: self.changes.identifiers.next(cause.at),
            at: cause.at,
            number: *number,
            scope,
            holds: true,
            source: Source::Keyword,
            reason: None,
            by: None,
            inbound: cause.inbound,
            obtained: Some(format!("rule {rule}").into()),
            shown: shown.clone(),
            proof: None,
        };
        self.changes.make(vec![change], rules).await.map(drop)
    }

    /// Decides what an event that no message tells of sets off, and does it.
    ///
    /// # Errors
    /// It can't be done now.
    pub(crate) async fn fire(
        &self,
        rules: &Rules,
        rule: &Rule,
        occasion: &Occasion<'_>,
        key: &str,
        at: Time,
    ) -> Result<(), Later> {
        let Some(account) = rules.account(rule.account) else { return Ok(()) };
        let decision = decide(rules, rule.account, occasion, &Memory::default(), at);
        let none = BTreeMap::new();
        let posted = self.post(rules, rule, occasion, &none, &decision, key, at).await;
        posted.map_err(|error| super::later(&error))?;
        let cause = Cause { key, by: rule.when.trigger.word(), inbound: None, at, again: true };
        let sent = self.sending.send(account, &decision, &cause).await?;
        tracing::info!(rule = %rule.name, messages = sent.len(), "a rule acts");
        super::count(&decision);
        Ok(())
    }

    /// Has an event that no message tells of posted to the account's webhook and to the rule's own URL, as the decision says.
    #[expect(clippy::too_many_arguments, reason = "an event is told with all that is known of it")]
    pub(crate) async fn post(
        &self,
        rules: &Rules,
        rule: &Rule,
        occasion: &Occasion<'_>,
        call: &BTreeMap<String, String>,
        decision: &Decision,
        key: &str,
        at: Time,
    ) -> Result<(), StoreError> {
        for action in &decision.actions {
            let (url, text, cause) = match action {
                Action::Webhook => (None, None, key.to_owned()),
                Action::Post(_) => {
                    let Ok(text) = chat_text(rules, rule, occasion, at) else { continue };
                    (rule.then.url.clone(), text, format!("{key}/url"))
                }
                Action::Send(_)
                | Action::Tag(_)
                | Action::Group(_)
                | Action::CancelScheduled(_)
                | Action::Consent(_) => continue,
            };
            let event = RuleEvent {
                cause,
                rule: rule.name.clone(),
                event: rule.when.trigger.word(),
                at,
                facts: occasion.facts(),
                call: call.clone(),
                url,
                text,
            };
            self.tell(rule.account, event).await?;
        }
        Ok(())
    }

    /// Has an event posted.
    pub(crate) async fn tell(&self, account: AccountId, event: RuleEvent) -> Result<(), StoreError> {
        let services = self.services.get().ok_or_else(not_started)?;
        services.post(account, event).await
    }
}

/// The text for a chat, if the rule tells one.
fn chat_text(
    rules: &Rules,
    rule: &Rule,
    occasion: &Occasion<'_>,
    at: Time,
) -> Result<Option<Box<str>>, WrongTemplate> {
    if !rule.then.form.is_text() {
        return Ok(None);
    }
    let text = posted_text(rules, rule, occasion, at);
    let told = text.inspect_err(|wrong| tracing::warn!(rule = %rule.name, %wrong, "a chat isn't told"));
    told.map(|text| Some(text.into()))
}

fn not_started() -> StoreError {
    StoreError::Unavailable("applications have not started yet".into())
}
