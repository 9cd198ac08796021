//! Rows become messages, each once.

use super::ends::row_end;
use super::{AT_ONCE, OutboxReader};
use crate::fields;
use futures_util::future::join_all;
use postrider_core::account::Account;
use postrider_core::contract::{
    Accepted, Decided, Once, OutboxRow, Prepared, Refused, RowDecision, RowEnd, StoreError,
};
use postrider_core::principal::Viewer;
use postrider_core::submission::{Refusal, Submission};
use ring::digest::{SHA256, digest};
use std::collections::BTreeSet;
use std::time::Duration;

/// The longest key of a row, in octets: idempotency keys have a limit.
const KEY_MAX: usize = 200;
/// The longest pause for an account that is too fast.
const PAUSE_MAX: Duration = Duration::from_secs(10);

/// The pause while the gateway takes no messages.
const BUSY: Duration = Duration::from_secs(1);

/// Decisions on rows, by their keys.
type Decisions = Vec<(Box<str>, RowDecision)>;

impl OutboxReader {
    /// Sends rows that wait. Returns whether there may be more.
    pub(super) async fn send(&self) -> Result<bool, StoreError> {
        let Some(account) = self.account().filter(|account| account.enabled) else {
            return Err(StoreError::Unavailable(format!(
                "there is no account {} that may send",
                self.account
            )));
        };
        let rows = self.table.claim(AT_ONCE).await?;
        let may_be_more = rows.len() == AT_ONCE;
        if rows.is_empty() {
            return Ok(false);
        }
        let (mut decisions, rows) = self.find_accepted(&account, rows).await?;
        let pause = self.send_rows(&account, rows, &mut decisions).await?;
        self.tell(decisions).await?;
        if let Some(pause) = pause {
            tokio::time::sleep(pause.min(PAUSE_MAX)).await;
        }
        Ok(may_be_more || pause.is_some())
    }

    /// Takes out rows that became messages before a crash, or before the database was away.
    async fn find_accepted(
        &self,
        account: &Account,
        rows: Vec<OutboxRow>,
    ) -> Result<(Decisions, Vec<OutboxRow>), StoreError> {
        let (mut decisions, mut ends, mut others) = (Vec::new(), Vec::new(), Vec::new());
        for row in rows {
            let found = match row.intended {
                Some(message) => self.parts.archive.history(Viewer::Account(account.id), message).await?,
                None => None,
            };
            let Some(found) = found else {
                others.push(row);
                continue;
            };
            let message = found.message.id;
            decisions.push((row.key, RowDecision::Accepted(message)));
            // Its end may have been passed over, as the row did not name the message then.
            ends.extend(found.outcome.as_ref().map(|outcome| row_end(message, outcome)));
        }
        self.tell_ends(&mut decisions, ends).await?;
        Ok((decisions, others))
    }

    async fn tell_ends(&self, decisions: &mut Decisions, ends: Vec<RowEnd>) -> Result<(), StoreError> {
        if ends.is_empty() {
            return Ok(());
        }
        self.tell(std::mem::take(decisions)).await?;
        self.table.end(ends).await
    }

    /// Sends rows. Returns how long to wait if the account was too fast for some.
    async fn send_rows(
        &self,
        account: &Account,
        rows: Vec<OutboxRow>,
        decisions: &mut Decisions,
    ) -> Result<Option<Duration>, StoreError> {
        let mut asked = Vec::new();
        for row in rows {
            match submission(&row) {
                Ok(submission) => asked.push((row, submission)),
                Err(why) => decisions.push((row.key, RowDecision::Refused(why))),
            }
        }
        let submissions = asked.iter().map(|(_, submission)| submission.clone()).collect();
        let prepared = self.parts.intake.prepare(account, submissions).await?;
        let (mut ready, mut pause) = (Vec::new(), None);
        for ((row, _), prepared) in asked.into_iter().zip(prepared) {
            match prepared {
                Ok(prepared) => ready.push((row, prepared)),
                Err(refusal) if refusal.wait().is_some() => {
                    pause = pause.max(refusal.wait());
                    decisions.push((row.key, RowDecision::Later));
                }
                Err(refusal) => {
                    let decided = self.refused_or_before(account, &row, &refusal).await?;
                    decisions.push((row.key, decided));
                }
            }
        }
        let intended = ready.iter().map(|(row, prepared)| (row.key.clone(), prepared.message.id)).collect();
        let held: BTreeSet<Box<str>> = self.table.intend(intended).await?.into_iter().collect();
        ready.retain(|(row, _)| held.contains(&row.key));
        let commits = ready.into_iter().map(|(row, prepared)| self.commit(account, row, prepared));
        let committed = join_all(commits).await;
        if committed.iter().any(|(_, decision)| *decision == RowDecision::Later) {
            pause = pause.max(Some(BUSY));
        }
        decisions.extend(committed);
        Ok(pause)
    }

    /// A row that is refused now may have been accepted before: then its repetition was refused.
    async fn refused_or_before(
        &self,
        account: &Account,
        row: &OutboxRow,
        refusal: &Refusal,
    ) -> Result<RowDecision, StoreError> {
        let before = self.parts.archive.once(account.id, &self.once_key(row)).await?;
        let accepted = before.and_then(|once| once.accepted().next());
        Ok(accepted.map_or_else(|| RowDecision::Refused(Refused::from(refusal)), RowDecision::Accepted))
    }

    /// Makes a row's message durable.
    async fn commit(&self, account: &Account, row: OutboxRow, prepared: Prepared) -> (Box<str>, RowDecision) {
        let message = prepared.message.id;
        let once = Once {
            account: account.id,
            key: self.once_key(&row).into(),
            request: fingerprint(&row),
            decided: vec![Decided::Accepted(message)],
        };
        let decision = match self.parts.intake.commit(vec![prepared], Some(once)).await {
            Ok(Accepted::Now { refused }) => match refused.into_iter().next() {
                None => RowDecision::Accepted(message),
                Some((_, refusal)) => RowDecision::Refused(Refused::from(&refusal)),
            },
            Ok(Accepted::Before(before)) => match before.into_iter().next() {
                Some(Decided::Accepted(message)) => RowDecision::Accepted(message),
                Some(Decided::Refused(refused)) => RowDecision::Refused(refused),
                None => RowDecision::Later,
            },
            Ok(Accepted::Conflict) => RowDecision::Refused(reused(&row)),
            Err(busy) => {
                tracing::debug!(outbox = &*self.name, %busy, "a row is sent later");
                RowDecision::Later
            }
        };
        (row.key, decision)
    }

    fn once_key(&self, row: &OutboxRow) -> String {
        format!("outbox {} {}", self.name, row.key)
    }

    /// Writes decisions into their rows.
    async fn tell(&self, decisions: Decisions) -> Result<(), StoreError> {
        let of = |wanted: fn(&RowDecision) -> bool| {
            decisions.iter().filter(|(_, decision)| wanted(decision)).count()
        };
        let accepted = of(|decision| matches!(decision, RowDecision::Accepted(_)));
        let refused = of(|decision| matches!(decision, RowDecision::Refused(_)));
        if !decisions.is_empty() {
            self.table.decide(decisions).await?;
            self.count("accepted", accepted);
            self.count("refused", refused);
        }
        Ok(())
    }
}

/// The submission that a row asks for.
fn submission(row: &OutboxRow) -> Result<Submission, Refused> {
    if row.key.is_empty() || row.key.len() > KEY_MAX {
        let detail = format!("the row's key has {} octets; 1 to {KEY_MAX} are allowed", row.key.len());
        return Err(fields::refused(("invalid_key", detail)));
    }
    let mut submission = Submission::default();
    for (column, value) in &row.fields {
        let name = match *column {
            "recipient" => "to",
            "sender" => "from",
            other => other,
        };
        fields::set(&mut submission, name, value).map_err(fields::refused)?;
    }
    Ok(submission)
}

/// What tells a row from another one that has its key later.
fn fingerprint(row: &OutboxRow) -> [u8; 32] {
    let all = format!("{:?}", row.fields);
    let mut octets = [0; 32];
    octets.copy_from_slice(digest(&SHA256, all.as_bytes()).as_ref());
    octets
}

fn reused(row: &OutboxRow) -> Refused {
    let detail =
        format!("another row with the key {} was sent within the last day: keys are not used twice", row.key);
    fields::refused(("idempotency_key_reused", detail))
}
