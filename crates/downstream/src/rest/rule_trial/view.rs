//! What a trial of rules answers.

use super::request::Trial;
use crate::rest::moment;
use postrider_core::automation::{Action, Agreement, Considered, Decision, Membership, Sending};
use postrider_core::consent::Intent;
use postrider_core::rules::Rules;
use postrider_core::time::Time;
use serde::Serialize;
use std::time::Duration;
use utoipa::ToSchema;

/// What would happen, and why.
#[derive(Serialize, ToSchema)]
#[schema(as = RuleTrial)]
pub(in crate::rest) struct TrialView {
    /// The account whose rules were looked at; absent if nobody has declared the number.
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<String>,
    /// What the text asks for by law: `stop`, `start` or `help`. The gateway acts on it itself, and no rule gets it.
    #[serde(skip_serializing_if = "Option::is_none")]
    asks: Option<&'static str>,
    /// What would be done, in order.
    actions: Vec<ActionView>,
    /// The rules that were looked at, in order, and what was found.
    considered: Vec<ConsideredView>,
    /// What would be done if the handset gave no answer to the menu or poll; absent if nothing would.
    #[serde(skip_serializing_if = "Option::is_none")]
    timed_out: Option<TimedOutView>,
}

/// What would be done if no answer came.
#[derive(Serialize, ToSchema)]
#[schema(as = RuleTimeout)]
struct TimedOutView {
    /// When.
    #[schema(format = "date-time")]
    at: String,
    /// What, in order.
    actions: Vec<ActionView>,
}

/// Something that would be done.
#[derive(Serialize, ToSchema)]
#[schema(as = RuleAction)]
#[serde(tag = "action", rename_all = "snake_case")]
enum ActionView {
    /// A message would be sent.
    Send {
        /// The rule.
        rule: String,
        /// The recipient.
        to: String,
        /// The sender; absent if it is the account's own.
        #[serde(skip_serializing_if = "Option::is_none")]
        from: Option<String>,
        /// The text.
        text: String,
        /// When, if later than at once.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(format = "date-time")]
        send_at: Option<String>,
    },
    /// The account's webhook would be told.
    Webhook {},
    /// The rule's own URL would be told, and its answer might reply or go on with another rule.
    Post {
        /// The URL.
        url: String,
    },
    /// A number would be added to a group of contacts.
    AddTo {
        /// The group.
        group: String,
        /// The number.
        number: String,
    },
    /// A number would be taken from a group of contacts.
    TakeFrom {
        /// The group.
        group: String,
        /// The number.
        number: String,
    },
    /// The account's messages to a number that wait for a later time would be canceled.
    CancelScheduled {
        /// The number.
        number: String,
    },
    /// A consent of a number to messages of the account would be recorded.
    Consent {
        /// The number.
        number: String,
        /// The purpose of the messages.
        purpose: String,
    },
    /// The message would be marked with a word.
    Tag {
        /// The word.
        tag: String,
    },
}

/// A rule that was looked at.
#[derive(Serialize, ToSchema)]
#[schema(as = ConsideredRule)]
struct ConsideredView {
    /// Its name.
    rule: String,
    /// Whether it acts.
    acts: bool,
    /// Why.
    reason: String,
}

impl TrialView {
    pub(super) fn of(trial: &Trial, rules: &Rules) -> Self {
        let account = trial.account.and_then(|account| rules.account(account));
        let considered = |Considered { rule, acts, reason }: &Considered| ConsideredView {
            rule: rule.to_string(),
            acts: *acts,
            reason: reason.to_string(),
        };
        Self {
            account: account.map(|account| account.name.to_string()),
            asks: trial.asks.map(Intent::word),
            actions: actions(&trial.decision, trial.at, rules),
            considered: trial.decision.considered.iter().map(considered).collect(),
            timed_out: trial.timed_out.as_ref().map(|(at, decision)| TimedOutView {
                at: moment::write(*at),
                actions: actions(decision, *at, rules),
            }),
        }
    }
}

fn actions(decision: &Decision, at: Time, rules: &Rules) -> Vec<ActionView> {
    decision.actions.iter().map(|action| shown(action, at, rules)).collect()
}

fn shown(action: &Action, at: Time, rules: &Rules) -> ActionView {
    match action {
        Action::Send(Sending { rule, to, from, text, after, .. }) => ActionView::Send {
            rule: rule.to_string(),
            to: to.to_string(),
            from: from.as_ref().map(ToString::to_string),
            text: text.to_string(),
            send_at: (*after > Duration::ZERO).then(|| moment::write(at + *after)),
        },
        Action::Webhook => ActionView::Webhook {},
        Action::Post(rule) => {
            let url = rules.automation.rule(*rule).and_then(|rule| rule.then.url.as_deref());
            ActionView::Post { url: url.unwrap_or_default().to_owned() }
        }
        Action::Consent(Agreement { number, purpose, .. }) => {
            ActionView::Consent { number: number.to_string(), purpose: purpose.to_string() }
        }
        Action::CancelScheduled(number) => ActionView::CancelScheduled { number: number.to_string() },
        Action::Tag(tag) => ActionView::Tag { tag: tag.to_string() },
        Action::Group(Membership { number, group, is_member }) => {
            let (group, number) = (group.to_string(), number.to_string());
            if *is_member {
                ActionView::AddTo { group, number }
            } else {
                ActionView::TakeFrom { group, number }
            }
        }
    }
}
