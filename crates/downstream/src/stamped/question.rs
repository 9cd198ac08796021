//! Questions about a message that is named by its recipient and time stamp: how it stands, and whether it can be taken back
//! or be given another text.

use super::naming::reference;
use crate::sessions::speaks::Speaks;
use postrider_core::account::Account;
use postrider_core::contract::{Archive, Cancel, Entry, Filter, StoreError};
use postrider_core::message::Body;
use postrider_core::number::Number;
use postrider_core::principal::Viewer;

/// Pages of messages that are looked through at most.
const PAGES_MAX: usize = 20;

/// A question about one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Question {
    /// The recipient as the client wrote it.
    pub(crate) to: String,
    /// The digits of its time stamp.
    pub(crate) stamp: String,
    pub(crate) wish: Wish,
}

/// The wish of a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    /// How does it stand?
    State,
    /// Take it back.
    Cancel,
    /// Give it another text.
    Replace(Body),
}

/// What came of a question.
#[derive(Debug)]
pub(crate) enum Found {
    /// The message.
    Message(Box<Entry>),
    /// It was done as wished.
    Done,
    /// It is too late: the message is being sent, or was.
    TooLate,
    /// There is no such message.
    Missing,
    /// The store can't be asked just now.
    Busy,
}

impl Question {
    /// Looks the message up, and does what is wished.
    pub(super) async fn ask(&self, archive: &dyn Archive, account: &Account, speaks: Speaks) -> Found {
        let Ok(to) = Number::parse_recipient_in(&self.to, account.country) else { return Found::Missing };
        let entry = match self.find(archive, account, speaks, to).await {
            Ok(Some(entry)) => entry,
            Ok(None) => return Found::Missing,
            Err(_) => return Found::Busy,
        };
        let id = entry.message.id;
        let done = match &self.wish {
            Wish::State => return Found::Message(Box::new(entry)),
            Wish::Cancel => archive.cancel(Viewer::Account(account.id), id).await,
            Wish::Replace(body) => archive.replace(account.id, id, body.clone()).await,
        };
        match done {
            Ok(Cancel::Done) => Found::Done,
            Ok(Cancel::TooLate(_)) => Found::TooLate,
            Ok(Cancel::Missing) => Found::Missing,
            Err(_) => Found::Busy,
        }
    }

    async fn find(
        &self,
        archive: &dyn Archive,
        account: &Account,
        speaks: Speaks,
        to: Number,
    ) -> Result<Option<Entry>, StoreError> {
        let mut filter = Filter {
            to: Some(to),
            reference: Some(reference(speaks, &self.stamp)),
            ..Filter::all(Viewer::Account(account.id), 1)
        };
        for _ in 0..PAGES_MAX {
            let mut page = archive.list(filter.clone()).await?;
            if let Some(entry) = page.entries.pop() {
                return Ok(Some(entry));
            }
            let Some(next) = page.next else { break };
            filter.before = Some(next);
        }
        Ok(None)
    }
}
