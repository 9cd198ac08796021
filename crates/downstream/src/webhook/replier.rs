//! Replies to handsets: each is an ordinary message of the account, from the number that was written to. A message from a
//! handset is replied to once, however often its notice is posted.

use super::loop_guard::LoopGuard;
use super::reply::Reply;
use postrider_core::account::Account;
use postrider_core::contract::{Accepted, Decided, Intake, Once, Refused};
use postrider_core::inbound::Received;
use postrider_core::message::Body;
use postrider_core::notice::Lane;
use postrider_core::numbers::Numbers;
use postrider_core::submission::Submission;
use postrider_core::time::Time;
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// Submits replies.
pub(super) struct Replier {
    intake: Arc<dyn Intake>,
    guard: LoopGuard,
}

impl Replier {
    pub(super) fn new(intake: Arc<dyn Intake>) -> Self {
        Self { intake, guard: LoopGuard::default() }
    }

    /// Submits replies to a message. Those that are refused are told in the log.
    ///
    /// # Errors
    /// The replies can't be stored now: the words say why.
    pub(super) async fn reply(
        &self,
        received: &Received,
        account: &Account,
        replies: Vec<Reply>,
        numbers: &Numbers,
        lane: Lane,
        now: Time,
    ) -> Result<(), String> {
        if let Some(reason) = self.guard.forbids(account.id, received, replies.len(), numbers) {
            count("withheld", replies.len());
            tracing::warn!(account = %account.name, inbound = %received.id, %reason, "a reply is withheld");
            return Ok(());
        }
        let mut request = Sha256::new();
        for reply in &replies {
            request.update(reply.text.as_bytes());
            request.update([0]);
        }
        let submissions = replies.into_iter().map(|reply| submission(received, reply, now)).collect();
        let prepared = self.intake.prepare(account, submissions).await.map_err(|error| error.to_string())?;
        let (mut accepted, mut decided) = (Vec::new(), Vec::new());
        for result in prepared {
            match result {
                Ok(prepared) => {
                    decided.push(Decided::Accepted(prepared.message.id));
                    accepted.push(prepared);
                }
                Err(refusal) => {
                    count("refused", 1);
                    tracing::warn!(account = %account.name, inbound = %received.id, %refusal, "a reply is refused");
                    decided.push(Decided::Refused(Refused::from(&refusal)));
                }
            }
        }
        if accepted.is_empty() {
            return Ok(());
        }
        let (count_accepted, key) = (accepted.len(), key(received, lane));
        let once = Once { account: account.id, key, request: request.finalize().into(), decided };
        match self.intake.commit(accepted, Some(once)).await {
            Ok(Accepted::Now { refused }) => {
                count("accepted", count_accepted - refused.len());
                count("refused", refused.len());
                Ok(())
            }
            // It was replied to when the notice was posted before.
            Ok(Accepted::Before(_) | Accepted::Conflict) => Ok(()),
            Err(busy) => Err(busy.to_string()),
        }
    }
}

/// The idempotency key of the replies to a message: each URL has its own.
fn key(received: &Received, lane: Lane) -> Box<str> {
    match lane {
        Lane::Rule(rule) => format!("reply to {} by rule {}", received.id, rule.0).into(),
        Lane::Sessions(_) | Lane::Webhooks | Lane::Automation | Lane::Timeouts => {
            format!("reply to {}", received.id).into()
        }
    }
}

fn count(result: &'static str, replies: usize) {
    if replies > 0 {
        metrics::counter!("postrider_webhook_replies_total", "result" => result).increment(replies as u64);
    }
}

fn submission(received: &Received, reply: Reply, now: Time) -> Submission {
    let Reply { text, reference, manner, .. } = reply;
    Submission {
        to: manner.to.unwrap_or_else(|| received.inbound.from.shown()),
        from: Some(manner.from.unwrap_or_else(|| received.inbound.to.shown())),
        body: Some(manner.body.unwrap_or_else(|| Body::Text(text.into()))),
        reference,
        flash: manner.flash,
        valid_for: manner.valid_for,
        send_at: (!manner.after.is_zero()).then(|| now + manner.after),
        receipts: manner.receipts,
        ..Submission::default()
    }
}
