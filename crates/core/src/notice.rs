//! Notices: what applications are told, and on which lane.

use crate::account::AccountId;
use crate::automation::RuleId;
use crate::consent::Change;
use crate::delivery::{Outcome, State};
use crate::id::MessageId;
use crate::inbound::Received;
use crate::message::{Message, Via};
use crate::rules::Rules;
use crate::time::Time;
use std::sync::Arc;

/// The identifier of a notice, unique on its lane.
///
/// A message ends once, so the notice of its end has the message's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NoticeId(u64);

impl NoticeId {
    /// The identifier with this number.
    #[must_use]
    pub const fn from_number(number: u64) -> Self {
        Self(number)
    }

    /// Its number.
    #[must_use]
    pub const fn number(self) -> u64 {
        self.0
    }
}

impl From<MessageId> for NoticeId {
    fn from(message: MessageId) -> Self {
        Self(message.number())
    }
}

/// A lane of notices: whoever is told them. Notices of one lane are told in their order, apart from other lanes'.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lane {
    /// The sessions of an account (SMPP).
    Sessions(AccountId),
    /// Webhooks.
    Webhooks,
    /// The gateway's own rules (automation).
    Automation,
    /// Menus and polls of rules whose time is over, if no answer came: messages that began them, due then.
    Timeouts,
    /// The URL of a rule.
    Rule(RuleId),
}

/// A notice to an application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Its identifier.
    pub id: NoticeId,
    /// The lane: whoever is told.
    pub lane: Lane,
    /// The subject.
    pub what: What,
    /// How often telling it has failed.
    pub failed: u16,
    /// When it may be told at the earliest.
    pub due: Time,
    /// Whether it is in this node's hands, so that nobody need lease it.
    pub owned: bool,
}

/// The subject of a notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// A message of theirs has ended.
    Ended {
        /// The message.
        message: Arc<Message>,
        /// Its end.
        outcome: Outcome,
    },
    /// A handset has written to a number of theirs.
    Received {
        /// The account that has the number.
        account: AccountId,
        /// The message.
        received: Arc<Received>,
    },
    /// A recipient has opted out of their messages, or in again.
    Consent {
        /// The account whose messages it is about.
        account: AccountId,
        /// The change.
        change: Arc<Change>,
    },
}

impl Notice {
    /// The account that is told.
    #[must_use]
    pub fn account(&self) -> AccountId {
        match &self.what {
            What::Ended { message, .. } => message.account,
            What::Received { account, .. } | What::Consent { account, .. } => *account,
        }
    }

    /// Says of an ended message that the carrier may have had it twice.
    pub fn mark(&mut self) {
        if let What::Ended { outcome, .. } = &mut self.what {
            outcome.possible_duplicate = true;
        }
    }

    /// The notice that a message has ended, if a rule may want to hear of that.
    #[must_use]
    pub fn of_end_for_rules(
        message: &Arc<Message>,
        outcome: &Outcome,
        rules: &Rules,
        now: Time,
    ) -> Option<Self> {
        rules.automation.wants_ended(message, outcome.state).then(|| Self {
            id: message.id.into(),
            lane: Lane::Automation,
            what: What::Ended { message: Arc::clone(message), outcome: outcome.clone() },
            failed: 0,
            due: now,
            owned: false,
        })
    }

    /// The notice that a message has ended, if its client wants to hear of that.
    #[must_use]
    pub fn of_end(message: &Arc<Message>, outcome: &Outcome, now: Time) -> Option<Self> {
        let lane = match message.via {
            Via::Asking | Via::Rule | Via::Verification => return None,
            Via::Session => Lane::Sessions(message.account),
            Via::Webhook => Lane::Webhooks,
        };
        let is_wanted = message.receipts.include(outcome.state == State::Delivered);
        is_wanted.then(|| Self {
            id: message.id.into(),
            lane,
            what: What::Ended { message: Arc::clone(message), outcome: outcome.clone() },
            failed: 0,
            due: now,
            owned: false,
        })
    }
}

/// One attempt to tell a notice, kept for the message's timeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// When.
    pub at: Time,
    /// The result in words: `200 in 31 ms`, `connection refused`.
    pub result: Box<str>,
}
