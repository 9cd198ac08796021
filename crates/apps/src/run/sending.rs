//! Some hundred recipients of a run at a time: their messages are handed in, and what became of each is written down.

use super::chunk::{Chunk, NOTHING_TO_SEND, Stop};
use super::desk::{NotDone, Runs};
use super::document::{CHUNK, Run, RunState};
use super::making::Makers;
use super::opt_outs::MANY_OPT_OUTS;
use crate::kept::Kept;
use postrider_core::account::Account;
use postrider_core::contract::{
    Accepted, Busy, Decided, Once, Recipient, RecipientResult, StoreError, WantedRecipients,
};
use postrider_core::id::MessageId;
use postrider_core::number::Number;
use postrider_core::submission::VALIDITY_MAX;
use std::collections::BTreeMap;
use std::time::Duration;

/// Why a run is paused whose links have no domain any more.
const NO_LINKS: &str = "no_link_domain";
/// How long a run waits when the gateway is busy.
const BUSY: Duration = Duration::from_millis(500);

/// Recipients whose turn it is.
struct Picked {
    recipients: Vec<Recipient>,
    /// The place behind which the next ones are looked for, once all of these have a result.
    end: u64,
}

/// What came of a chunk.
enum Handed {
    /// These are the results, in the order of the recipients; what stands in the way of those behind.
    Done(Picked, Vec<RecipientResult>, Option<Stop>),
    /// Nothing is known yet.
    Wait(Duration),
}

impl Runs {
    /// Hands in the next recipients. Returns whether there may be more to do at once.
    pub(super) async fn send(&self, kept: Kept<Run>) -> Result<bool, StoreError> {
        let (run, now) = (&kept.value, self.now());
        if run.schedule.not_after.is_some_and(|not_after| now.0 >= not_after) {
            return self.end(&kept, RunState::Done, Some("too_late")).await;
        }
        let rules = self.parts.live.rules();
        let Some(account) = rules.account(kept.account).filter(|account| account.enabled) else {
            return self.halt(&kept, &Stop::Pause("account_disabled")).await;
        };
        if self.pause_if_it_fails(&kept).await? {
            return Ok(false);
        }
        if run.is_waiting_for_results() {
            return self.choose(&kept).await;
        }
        if self.has_many_opt_outs(&kept).await? {
            return self.halt(&kept, &Stop::Pause(MANY_OPT_OUTS)).await;
        }
        if run.stands_still(now).is_some() {
            return self.stand_still(account, &kept).await;
        }
        let Some(size) = self.room(account, run.chunk(now)) else {
            return self.halt(&kept, &Stop::Wait(BUSY)).await;
        };
        let Some(picked) = self.pick(&kept, size).await? else { return self.end_pass(&kept).await };
        if picked.recipients.is_empty() {
            return self.note(&kept, picked, Vec::new()).await;
        }
        match self.hand_in(account, &kept, picked).await? {
            Handed::Wait(time) => self.halt(&kept, &Stop::Wait(time)).await,
            Handed::Done(picked, results, stop) => {
                let goes_on = self.note(&kept, picked, results).await?;
                match stop {
                    Some(stop) => self.halt(&kept, &stop).await,
                    None => Ok(goes_on),
                }
            }
        }
    }

    /// The run waits for its hours, or for the next day. Idempotency keys are kept for a day only, so what was handed in just before a
    /// crash is written down first, not when it goes on.
    async fn stand_still(&self, account: &Account, kept: &Kept<Run>) -> Result<bool, StoreError> {
        if let Some(once) = self.parts.archive.once(account.id, &kept.value.idempotency_key()).await?
            && let Some(picked) = self.pick(kept, once.decided.len().max(1)).await?
            && let Handed::Done(picked, results, _) =
                self.handed_before(account, kept, picked, once.decided).await?
        {
            return self.note(kept, picked, results).await;
        }
        let now = self.now();
        self.rewrite(kept.account, kept.value.kind, kept.value.id, |run| {
            if let Some(still) = run.stands_still(now).filter(|_| run.state == RunState::Running) {
                let last = run.schedule.not_after.unwrap_or(i64::MAX);
                run.next = still.until.0.min(last);
            }
        })
        .await?;
        Ok(false)
    }

    /// The next recipients whose turn it is, at most so many; `None` behind the last.
    async fn pick(&self, kept: &Kept<Run>, size: usize) -> Result<Option<Picked>, StoreError> {
        let run = &kept.value;
        let (key, wanted) = (run.key(kept.account), WantedRecipients::All);
        let page = if run.trial.is_some() { CHUNK } else { size };
        let rows = self.parts.recipients.recipients(key, wanted, run.cursor, page).await?;
        let Some(last) = rows.last() else { return Ok(None) };
        let mut end = last.recipient.position;
        let each = rows.into_iter().map(|row| row.recipient);
        let mut recipients: Vec<_> = each.filter(|it| run.is_turn_of(it.position)).collect();
        if recipients.len() > size {
            recipients.truncate(size);
            end = recipients.last().map_or(end, |last| last.position);
        }
        Ok(Some(Picked { recipients, end }))
    }

    /// Everybody whose turn it was has a result.
    async fn end_pass(&self, kept: &Kept<Run>) -> Result<bool, StoreError> {
        let now = self.now();
        self.rewrite(kept.account, kept.value.kind, kept.value.id, |run| {
            if run.state == RunState::Running && run.pass_ended(now) {
                run.end(RunState::Done, None, now);
            }
        })
        .await?;
        Ok(false)
    }

    /// How many recipients may be handed in so that the account's other messages find room: half of what is left of its rate.
    fn room(&self, account: &Account, wanted: usize) -> Option<usize> {
        let Some(allowance) = self.parts.live.sending(account) else { return Some(wanted) };
        let half = usize::try_from(allowance.left / 2).unwrap_or(wanted);
        (half > 0 || allowance.most < 2).then(|| wanted.min(half.max(1)))
    }

    async fn hand_in(
        &self,
        account: &Account,
        kept: &Kept<Run>,
        picked: Picked,
    ) -> Result<Handed, StoreError> {
        let run = &kept.value;
        let key = run.idempotency_key();
        // What was handed in before, by whomever, is not decided again: the crash came before it was written down.
        if let Some(once) = self.parts.archive.once(account.id, &key).await? {
            return self.handed_before(account, kept, picked, once.decided).await;
        }
        let makers = match self.makers(kept).await {
            Ok(Some(makers)) => makers,
            Ok(None) => return Ok(Handed::Done(picked, Vec::new(), Some(Stop::Pause(NOTHING_TO_SEND)))),
            Err(NotDone::Wrong("shorten_links", _)) => {
                return Ok(Handed::Done(picked, Vec::new(), Some(Stop::Pause(NO_LINKS))));
            }
            Err(NotDone::Store(error)) => return Err(error),
            Err(error) => return Err(StoreError::Unavailable(error.to_string())),
        };
        let mut chunk = self.prepare(account, run, &makers, &picked.recipients).await?;
        if !chunk.prepared.is_empty() {
            let decided = chunk.decided.clone();
            let once = Once { account: account.id, key, request: [0; 32], decided };
            match self.parts.intake.commit(std::mem::take(&mut chunk.prepared), Some(once)).await {
                Ok(Accepted::Now { refused }) => chunk.refuse(&refused),
                Ok(Accepted::Before(decided)) => {
                    return self.handed_before(account, kept, picked, decided).await;
                }
                Ok(Accepted::Conflict) => return Ok(Handed::Wait(BUSY)),
                Err(Busy::Store | Busy::Full | Busy::Draining) => return Ok(Handed::Wait(BUSY)),
            }
        }
        Ok(Handed::Done(picked, chunk.decided.into_iter().map(result).collect(), chunk.stop))
    }

    /// What was decided before, of the same recipients: also of those that a smaller chunk leaves out now.
    async fn handed_before(
        &self,
        account: &Account,
        kept: &Kept<Run>,
        mut picked: Picked,
        decided: Vec<Decided>,
    ) -> Result<Handed, StoreError> {
        if decided.len() > picked.recipients.len() {
            picked = self.pick(kept, decided.len()).await?.unwrap_or(picked);
        }
        let results = self.before(account, &picked.recipients, decided).await?;
        Ok(Handed::Done(picked, results, None))
    }

    async fn prepare(
        &self,
        account: &Account,
        run: &Run,
        makers: &Makers,
        recipients: &[Recipient],
    ) -> Result<Chunk, StoreError> {
        let (mut made, mut submissions) = (Vec::with_capacity(recipients.len()), Vec::new());
        let mut targets = Vec::new();
        for recipient in recipients {
            match makers.submission(run, recipient)? {
                Ok((submission, writes)) => {
                    submissions.push(submission);
                    targets.extend(writes);
                    made.push(None);
                }
                Err(refused) => made.push(Some(refused)),
            }
        }
        self.links.keep_targets(targets).await?;
        let results = self.parts.intake.prepare(account, submissions).await?;
        Ok(Chunk::of(made, results))
    }

    /// The results that were decided before. Messages are found by their numbers, since a person who was erased meanwhile leaves an
    /// empty place.
    async fn before(
        &self,
        account: &Account,
        recipients: &[Recipient],
        decided: Vec<Decided>,
    ) -> Result<Vec<RecipientResult>, StoreError> {
        let accepted = decided.iter().filter_map(|decided| match decided {
            Decided::Accepted(message) => Some(*message),
            Decided::Refused(_) => None,
        });
        let messages = self.parts.archive.messages(account.id, accepted.collect()).await?;
        let by_number: BTreeMap<Number, MessageId> =
            messages.into_iter().map(|message| (message.to, message.id)).collect();
        let each = recipients.iter().zip(decided).map(|(recipient, decided)| {
            let message = recipient.number.and_then(|number| by_number.get(&number));
            match (message, decided) {
                (Some(message), _) => RecipientResult::Accepted(*message),
                (None, decided) => result(decided),
            }
        });
        Ok(each.collect())
    }

    /// Writes results down, and then how far the run has come. A crash between the two has the first done again.
    async fn note(
        &self,
        kept: &Kept<Run>,
        picked: Picked,
        results: Vec<RecipientResult>,
    ) -> Result<bool, StoreError> {
        let (run, now) = (&kept.value, self.now());
        let Picked { recipients, end } = picked;
        let last = recipients.get(..results.len()).and_then(<[Recipient]>::last);
        let cursor =
            if results.len() < recipients.len() { last.map(|last| last.position) } else { Some(end) };
        let Some(cursor) = cursor else { return Ok(false) };
        let accepted = results.iter().filter(|result| matches!(result, RecipientResult::Accepted(_))).count();
        let refused = results.len() - accepted;
        let noted = recipients.iter().map(|recipient| recipient.position).zip(results).collect();
        if accepted + refused > 0 {
            self.parts.recipients.note_results(run.key(kept.account), noted).await?;
        }
        metrics::counter!("postrider_run_recipients_total", "kind" => run.kind.word(), "result" => "accepted")
            .increment(accepted as u64);
        metrics::counter!("postrider_run_recipients_total", "kind" => run.kind.word(), "result" => "refused")
            .increment(refused as u64);
        let (from, turn) = (run.cursor, run.turn());
        let written = self
            .rewrite(kept.account, run.kind, run.id, |run| {
                if run.cursor == from && run.turn() == turn {
                    run.advance(cursor, accepted as u64, refused as u64, now);
                }
            })
            .await?;
        Ok(written.is_some_and(|run| run.state == RunState::Running && run.next <= now.0))
    }

    /// The run waits, or is paused. It doesn't go on at once.
    pub(super) async fn halt(&self, kept: &Kept<Run>, stop: &Stop) -> Result<bool, StoreError> {
        let now = self.now();
        self.rewrite(kept.account, kept.value.kind, kept.value.id, |run| {
            if run.state == RunState::Running {
                match stop {
                    Stop::Wait(time) => run.next = (now + (*time).min(VALIDITY_MAX)).0,
                    Stop::Pause(code) => run.pause(code),
                }
            }
        })
        .await?;
        Ok(false)
    }

    async fn end(&self, kept: &Kept<Run>, state: RunState, reason: Option<&str>) -> Result<bool, StoreError> {
        let now = self.now();
        self.rewrite(kept.account, kept.value.kind, kept.value.id, |run| {
            if run.state == RunState::Running {
                run.end(state, reason, now);
            }
        })
        .await?;
        Ok(false)
    }
}

fn result(decided: Decided) -> RecipientResult {
    match decided {
        Decided::Accepted(message) => RecipientResult::Accepted(message),
        Decided::Refused(refused) => RecipientResult::Refused(refused.code),
    }
}
