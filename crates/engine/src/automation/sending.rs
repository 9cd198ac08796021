//! The messages that rules send: ordinary messages of their accounts, each stored once.

use crate::clock::Clock;
use crate::intake::Reception;
use postrider_core::account::Account;
use postrider_core::automation::{Action, Decision, Sending as Wanted};
use postrider_core::contract::{Accepted, Decided, Once, Refused, Store};
use postrider_core::id::MessageId;
use postrider_core::message::{Body, Receipts, Via};
use postrider_core::submission::Submission;
use postrider_core::time::Time;
use std::sync::Arc;
use std::time::Duration;

/// How long until what the store would not take is tried again.
const RETRY: Duration = Duration::from_secs(1);

/// Sends what rules want sent.
pub(crate) struct Sending {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) reception: Arc<Reception>,
}

/// What set rules off.
pub(crate) struct Cause<'a> {
    /// What makes keys of its messages: the same for the same occasion, and for no other of the account.
    pub(crate) key: &'a str,
    /// A message's identifier or a word, for the metadata of what is sent.
    pub(crate) by: &'a str,
    /// The message from a handset.
    pub(crate) inbound: Option<MessageId>,
    /// When it happened.
    pub(crate) at: Time,
    /// Whether it may have been dealt with before.
    pub(crate) again: bool,
}

/// It can't be done now: so long until it is tried again.
pub(crate) struct Later(pub(crate) Duration);

impl Sending {
    /// Sends the messages of a decision, each once.
    ///
    /// # Errors
    /// One can't be sent now. Those before it are sent, and are passed over when it is tried again.
    pub(crate) async fn send(
        &self,
        account: &Account,
        decision: &Decision,
        cause: &Cause<'_>,
    ) -> Result<Vec<Decided>, Later> {
        let mut sent = Vec::new();
        for (index, wanted) in sendings(decision).enumerate() {
            sent.push(self.send_one(account, wanted, index, cause).await?);
        }
        Ok(sent)
    }

    /// The same, where nobody would try again: what can't be sent now is refused.
    pub(crate) async fn send_now(
        &self,
        account: &Account,
        decision: &Decision,
        cause: &Cause<'_>,
    ) -> Vec<Decided> {
        let mut sent = Vec::new();
        for (index, wanted) in sendings(decision).enumerate() {
            sent.push(self.send_one(account, wanted, index, cause).await.unwrap_or_else(|Later(after)| {
                let detail = format!("it can't be sent now: try again in {} ms", after.as_millis()).into();
                Decided::Refused(Refused { code: "rate_limited".into(), detail, field: None })
            }));
        }
        sent
    }

    /// What was decided when it was tried before.
    async fn before(&self, account: &Account, once: &str) -> Result<Option<Decided>, Later> {
        let before = self.store.once(account.id, once).await.map_err(|_| Later(RETRY))?;
        Ok(before.and_then(|once| once.decided.into_iter().next()))
    }

    async fn send_one(
        &self,
        account: &Account,
        wanted: &Wanted,
        index: usize,
        cause: &Cause<'_>,
    ) -> Result<Decided, Later> {
        let once: Box<str> = format!("rule {}/{index}", cause.key).into();
        if cause.again
            && let Some(decided) = self.before(account, &once).await?
        {
            return Ok(decided);
        }
        let submission = self.submission(wanted, cause.by);
        let prepared = self.reception.prepare(account, vec![submission]).await.map_err(|_| Later(RETRY))?;
        let prepared = match prepared.into_iter().next() {
            Some(Ok(prepared)) => prepared,
            Some(Err(refusal)) => {
                if let Some(wait) = refusal.wait() {
                    return Err(Later(wait));
                }
                tracing::warn!(account = %account.name, rule = %wanted.rule, %refusal, "a rule's message is refused");
                return Ok(counted(Decided::Refused(Refused::from(&refusal))));
            }
            None => return Err(Later(RETRY)),
        };
        let decided = Decided::Accepted(prepared.message.id);
        let decision =
            Once { account: account.id, key: once, request: [0; 32], decided: vec![decided.clone()] };
        match self.reception.commit(vec![prepared], Some(decision)).await {
            Ok(Accepted::Now { refused }) => Ok(counted(match refused.into_iter().next() {
                Some((_, refusal)) => Decided::Refused(Refused::from(&refusal)),
                None => decided,
            })),
            // It was sent before a crash.
            Ok(Accepted::Before(before)) => Ok(before.into_iter().next().unwrap_or(decided)),
            Ok(Accepted::Conflict) => Ok(decided),
            Err(_busy) => Err(Later(RETRY)),
        }
    }

    fn submission(&self, wanted: &Wanted, by: &str) -> Submission {
        let Wanted { rule, to, from, text, after, cancel_on_reply } = wanted;
        Submission {
            to: to.to_string(),
            from: from.as_ref().map(ToString::to_string),
            body: Some(Body::Text(text.clone())),
            send_at: (*after > Duration::ZERO).then(|| self.clock.now() + *after),
            // Neither needs an escape.
            metadata: Some(format!(r#"{{"rule":"{rule}","set_off_by":"{by}"}}"#)),
            receipts: Receipts::None,
            via: Some(Via::Rule),
            cancel_on_reply: *cancel_on_reply,
            ..Submission::default()
        }
    }
}

/// The messages of a decision.
pub(crate) fn sendings(decision: &Decision) -> impl Iterator<Item = &Wanted> {
    decision.actions.iter().filter_map(|action| match action {
        Action::Send(wanted) => Some(wanted),
        Action::Webhook
        | Action::Post(_)
        | Action::Tag(_)
        | Action::Group(_)
        | Action::CancelScheduled(_)
        | Action::Consent(_) => None,
    })
}

fn counted(decided: Decided) -> Decided {
    let result = if matches!(decided, Decided::Accepted(_)) { "accepted" } else { "refused" };
    metrics::counter!("postrider_rule_messages_total", "result" => result).increment(1);
    decided
}
