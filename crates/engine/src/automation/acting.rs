//! Decisions of rules are carried out: messages are sent, groups of contacts change, and what no message tells of is posted.

use super::sending::{Cause, Later, Sending};
use postrider_core::account::Account;
use postrider_core::automation::{Action, Decision, Membership, Memory, Occasion, Rule, decide};
use postrider_core::contract::{Decided, RuleEvent, RuleServices, StoreError};
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
}

/// What was done.
#[derive(Default)]
pub(crate) struct Done {
    /// What became of the messages, in their order.
    pub(crate) sent: Vec<Decided>,
    /// The groups, and why one could not be changed.
    pub(crate) groups: Vec<(Membership, Option<String>)>,
}

impl Acting {
    /// Sends the messages of a decision, and changes groups, each once.
    ///
    /// # Errors
    /// Something can't be done now. What was done before it is passed over when it is tried again.
    pub(crate) async fn act(
        &self,
        account: &Account,
        decision: &Decision,
        cause: &Cause<'_>,
    ) -> Result<Done, Later> {
        let mut groups = Vec::new();
        for action in &decision.actions {
            if let Action::Group(membership) = action {
                let services = self.services.get().ok_or(Later(AWAIT))?;
                let refused = services.set_member(account.id, membership).await;
                groups.push((membership.clone(), refused.map_err(|error| super::later(&error))?));
            }
        }
        let sent = self.sending.send(account, decision, cause).await?;
        Ok(Done { sent, groups })
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
        self.post(rule, occasion, &none, &decision, key, at).await.map_err(|error| super::later(&error))?;
        let cause = Cause { key, by: rule.when.trigger.word(), again: true };
        let sent = self.sending.send(account, &decision, &cause).await?;
        tracing::info!(rule = %rule.name, messages = sent.len(), "a rule acts");
        super::count(&decision);
        Ok(())
    }

    /// Has an event that no message tells of posted to the account's webhook and to the rule's own URL, as the decision says.
    pub(crate) async fn post(
        &self,
        rule: &Rule,
        occasion: &Occasion<'_>,
        call: &BTreeMap<String, String>,
        decision: &Decision,
        key: &str,
        at: Time,
    ) -> Result<(), StoreError> {
        for action in &decision.actions {
            let (url, cause) = match action {
                Action::Webhook => (None, key.to_owned()),
                Action::Post(_) => (rule.then.url.clone(), format!("{key}/url")),
                Action::Send(_) | Action::Tag(_) | Action::Group(_) => continue,
            };
            let services = self.services.get().ok_or_else(not_started)?;
            let event = RuleEvent {
                cause,
                rule: rule.name.clone(),
                event: rule.when.trigger.word(),
                at,
                facts: occasion.facts(),
                call: call.clone(),
                url,
            };
            services.post(rule.account, event).await?;
        }
        Ok(())
    }
}

fn not_started() -> StoreError {
    StoreError::Unavailable("applications have not started yet".into())
}
