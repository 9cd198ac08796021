//! Calls of rules' own addresses, and questions about rules.

use super::acting::Acting;
use super::sending::{Cause, Later, sendings};
use super::{Automating, wrote_before};
use crate::clock::Clock;
use crate::identifiers::Identifiers;
use arc_swap::ArcSwap;
use async_trait::async_trait;
use postrider_core::account::AccountId;
use postrider_core::automation::{Memory, Occasion, Rule, RuleId, decide};
use postrider_core::contract::{Automation, Busy, Decided, Store, StoreError};
use postrider_core::inbound::Received;
use postrider_core::principal::Viewer;
use postrider_core::rules::Rules;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// How often a rule that another one's URL goes on with is decided anew.
const TRIES: usize = 5;

/// Answers calls, and the parts that it works with.
pub(crate) struct Calls {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) rules: Arc<ArcSwap<Rules>>,
    pub(crate) identifiers: Arc<Identifiers>,
    pub(crate) acting: Arc<Acting>,
    pub(crate) automating: Arc<Automating>,
}

#[async_trait]
impl Automation for Calls {
    async fn call(
        &self,
        rule: &Rule,
        fields: &BTreeMap<String, String>,
        once: Option<&str>,
    ) -> Result<Vec<Decided>, Busy> {
        let (rules, now) = (self.rules.load_full(), self.clock.now());
        let Some(account) = rules.account(rule.account) else { return Ok(Vec::new()) };
        let decision = decide(&rules, rule.account, &Occasion::Called(rule, fields), &Memory::default(), now);
        let id = self.identifiers.next(now);
        let (key, again) = match once {
            Some(once) => (format!("call {} {once}", rule.id.0), true),
            None => (format!("call {id}"), false),
        };
        super::count(&decision);
        let posted = self
            .acting
            .post(&rules, rule, &Occasion::Called(rule, fields), fields, &decision, &key, now)
            .await;
        posted.map_err(|_| Busy::Store)?;
        let cause = Cause { key: &key, by: "call", inbound: None, at: now, again };
        let sent = self.acting.sending.send_now(account, &decision, &cause).await;
        tracing::info!(rule = %rule.name, messages = sendings(&decision).count(), "a rule is called");
        Ok(sent)
    }

    async fn go_on(
        &self,
        account: AccountId,
        received: &Arc<Received>,
        from: RuleId,
        to: &str,
    ) -> Result<String, Busy> {
        for _ in 0..TRIES {
            match self.automating.go_on(account, received, from, to).await {
                // What is remembered of the sender has changed meanwhile.
                Err(Later(Duration::ZERO)) => {}
                done => return done.map_err(|Later(_)| Busy::Store),
            }
        }
        Err(Busy::Store)
    }

    async fn memory(&self, account: AccountId, received: &Received) -> Result<Memory, StoreError> {
        let sender = postrider_core::automation::known_as(&received.inbound.from);
        let mut memory = Memory::read(&self.store.rule_states(account, sender).await?);
        if !memory.is_known {
            memory.is_known = wrote_before(&*self.store, Viewer::Account(account), received).await?;
        }
        Ok(memory)
    }

    async fn votes(&self, rule: RuleId) -> Result<Vec<(Box<str>, u64)>, StoreError> {
        self.store.votes(rule).await
    }
}
