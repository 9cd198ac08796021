//! The messages of a file, each sent once.

use super::report::RowResult;
use super::row::Columns;
use super::watch::Look;
use super::{DropFolder, ROWS_MAX};
use crate::csv::{Row, Rows};
use crate::random::hex;
use postrider_core::account::Account;
use postrider_core::contract::{Accepted, Decided, Once, Prepared, Refused};
use postrider_core::submission::Submission;
use ring::digest::{Context, SHA256};
use std::time::{Duration, SystemTime};

/// Rows that are sent together.
const AT_ONCE: usize = 200;
/// The longest pause until a row is tried again for which the account was too fast.
const PAUSE_MAX: Duration = Duration::from_secs(10);

/// The rows of a file, with its header.
fn rows(octets: &[u8]) -> Result<Vec<Row>, String> {
    let mut reader = Rows::default();
    let mut rows = reader.take(octets).map_err(|error| error.to_string())?;
    rows.extend(reader.end().map_err(|error| error.to_string())?);
    match rows.get(ROWS_MAX + 1) {
        Some(row) => Err(format!("line {}: there are at most {ROWS_MAX} rows", row.line)),
        None => Ok(rows),
    }
}

impl DropFolder {
    /// Sends the rows of a file. The inner result says why the file can't be read.
    ///
    /// # Errors
    /// Not all of it can be sent now.
    pub(super) async fn send(
        &self,
        account: &Account,
        name: &str,
        look: Look,
        octets: &[u8],
    ) -> Result<Result<Vec<RowResult>, String>, String> {
        let rows = match rows(octets) {
            Ok(rows) => rows,
            Err(why) => return Ok(Err(why)),
        };
        let Some((header, rows)) = rows.split_first() else { return Ok(Err("the file is empty".into())) };
        let columns = match Columns::read(header) {
            Ok(columns) => columns,
            Err(why) => return Ok(Err(why)),
        };
        let file = key(name, look, octets);
        let mut results = Vec::with_capacity(rows.len());
        for (place, chunk) in rows.chunks(AT_ONCE).enumerate() {
            let once = format!("drop {file}/{place}");
            let decided = self.send_chunk(account, &columns, chunk, &once).await?;
            let lines = chunk.iter().map(|row| row.line);
            results.extend(lines.zip(decided).map(|(line, decided)| RowResult { line, decided }));
        }
        Ok(Ok(results))
    }

    async fn send_chunk(
        &self,
        account: &Account,
        columns: &Columns,
        rows: &[Row],
        once: &str,
    ) -> Result<Vec<Decided>, String> {
        let before = self.parts.archive.once(account.id, once).await.map_err(|error| error.to_string())?;
        if let Some(before) = before {
            return Ok(before.decided);
        }
        let (mut prepared, mut places) = (Vec::new(), Vec::new());
        let mut decided = Vec::with_capacity(rows.len());
        for (place, row) in rows.iter().enumerate() {
            let made = match columns.submission(row) {
                Ok(submission) => self.prepare(account, submission).await?,
                Err((code, detail)) => Err(Refused { code: code.into(), detail: detail.into(), field: None }),
            };
            decided.push(match made {
                Ok(made) => {
                    let message = made.message.id;
                    prepared.push(*made);
                    places.push(place);
                    Decided::Accepted(message)
                }
                Err(refused) => Decided::Refused(refused),
            });
        }
        if prepared.is_empty() {
            return Ok(decided);
        }
        let (account, key) = (account.id, once.into());
        let keyed = Once { account, key, request: [0; 32], decided: decided.clone() };
        match self.parts.intake.commit(prepared, Some(keyed)).await {
            Ok(Accepted::Now { refused }) => {
                for (index, refusal) in refused {
                    if let Some(it) = places.get(index).and_then(|place| decided.get_mut(*place)) {
                        *it = Decided::Refused(Refused::from(&refusal));
                    }
                }
                Ok(decided)
            }
            Ok(Accepted::Before(before)) => Ok(before),
            Ok(Accepted::Conflict) => Err("its idempotency key was used otherwise".into()),
            Err(busy) => Err(busy.to_string()),
        }
    }

    /// Prepares a message. An account that is too fast is waited for.
    async fn prepare(
        &self,
        account: &Account,
        submission: Submission,
    ) -> Result<Result<Box<Prepared>, Refused>, String> {
        loop {
            let prepared = self.parts.intake.prepare(account, vec![submission.clone()]).await;
            let prepared = prepared.map_err(|error| error.to_string())?;
            match prepared.into_iter().next() {
                Some(Ok(prepared)) => return Ok(Ok(Box::new(prepared))),
                Some(Err(refusal)) => match refusal.wait() {
                    Some(wait) => tokio::time::sleep(wait.min(PAUSE_MAX)).await,
                    None => return Ok(Err(Refused::from(&refusal))),
                },
                None => return Err("the message was not prepared".into()),
            }
        }
    }
}

/// What a file is known by: its name, the time of its last change, and its content. A file that is dropped again is another one.
fn key(name: &str, look: Look, octets: &[u8]) -> String {
    let changed = look.changed.and_then(|at| at.duration_since(SystemTime::UNIX_EPOCH).ok());
    let mut context = Context::new(&SHA256);
    context.update(name.as_bytes());
    context.update(&changed.unwrap_or_default().as_nanos().to_be_bytes());
    context.update(octets);
    let digest = context.finish();
    hex(digest.as_ref().get(..16).unwrap_or_default())
}
