//! Policy: what an account may send to whom. Facts in, verdict out.

use crate::account::Account;
use crate::numbering::Undeliverable;
use crate::route::SenderMatch;
use crate::sender::Sender;
use crate::submission::{Draft, PARTS_MAX, Refusal};
use crate::time::Time;

/// The limits that an account is held to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// The starts of numbers (digits, without `+`) that it may send to, and short codes as a whole; empty is everywhere.
    pub recipients: Vec<Box<str>>,
    /// The most parts of one message.
    pub parts_max: u8,
    /// The numbers that it is refused.
    pub refused: Vec<Undeliverable>,
    /// The senders that it may use, besides its default; empty is every sender.
    pub senders: Vec<SenderMatch>,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            recipients: Vec::new(),
            parts_max: PARTS_MAX,
            refused: Undeliverable::USUAL.into(),
            senders: Vec::new(),
        }
    }
}

/// The facts that decisions need. They are read once for a batch, before any message of it is judged.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Facts {}

/// The decision on a draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It goes.
    Allow,
    /// It goes, but not before this.
    Hold(Time),
    /// It doesn't go.
    Refuse(Refusal),
}

/// Judges whether the account may send this draft.
#[must_use]
pub fn judge(draft: &Draft, account: &Account, _facts: &Facts, _now: Time) -> Verdict {
    if !account.enabled {
        return Verdict::Refuse(Refusal::AccountDisabled);
    }
    if draft.parts > account.policy.parts_max {
        let (needed, allowed) = (draft.parts.into(), account.policy.parts_max);
        return Verdict::Refuse(Refusal::TooManyParts { needed, allowed });
    }
    if !account.policy.recipients.is_empty() {
        let digits = draft.to.digits().to_string();
        let is_short = draft.to.is_short_code();
        let is_start = |start: &str| if is_short { digits == start } else { digits.starts_with(start) };
        if !account.policy.recipients.iter().any(|start| is_start(start)) {
            return Verdict::Refuse(Refusal::RecipientNotAllowed);
        }
    }
    if !may_use(draft.from.as_ref(), account) {
        return Verdict::Refuse(Refusal::SenderNotAllowed);
    }
    Verdict::Allow
}

/// Whether the account may use this sender.
fn may_use(sender: Option<&Sender>, account: &Account) -> bool {
    let senders = &account.policy.senders;
    let Some(sender) = sender.filter(|sender| account.default_sender.as_ref() != Some(sender)) else {
        return true;
    };
    senders.is_empty() || senders.iter().any(|allowed| allowed.takes(sender))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Body;
    use crate::rules::testing::account;
    use crate::submission::{Submission, validate};
    use crate::time::Time;

    #[test]
    fn an_account_uses_its_own_senders() {
        let senders = vec![SenderMatch::new("Shop*"), SenderMatch::new("+447700900123")];
        let account = Account {
            policy: Policy { senders, ..Policy::default() },
            default_sender: Sender::parse("Usual").ok(),
            ..account()
        };
        for (from, allowed) in [
            (None, true),
            (Some("Usual"), true),
            (Some("SHOP 24"), true),
            (Some("+447700900123"), true),
            (Some("Bank"), false),
            (Some("+447700900124"), false),
        ] {
            let submission = Submission {
                to: "+447700900123".into(),
                from: from.map(Into::into),
                body: Some(Body::Text("Hi".into())),
                ..Submission::default()
            };
            let draft = validate(submission, &account, Time(0)).unwrap();
            let verdict = judge(&draft, &account, &Facts::default(), Time(0));
            assert_eq!(verdict == Verdict::Refuse(Refusal::SenderNotAllowed), !allowed, "{from:?}");
        }
    }

    #[test]
    fn an_account_is_held_to_its_policy() {
        let open = account();
        let closed = Account { enabled: false, ..account() };
        let british = Account {
            policy: Policy { recipients: vec!["44".into(), "35".into()], parts_max: 2, ..Policy::default() },
            ..account()
        };
        let long = "x".repeat(400);
        let cases = [
            (&open, "+447700900123", "hi", None),
            (&closed, "+447700900123", "hi", Some("account_disabled")),
            (&british, "+447700900123", "hi", None),
            (&british, "+15005550006", "hi", Some("recipient_not_allowed")),
            // A short code begins with no country code.
            (&british, "44123", "hi", Some("recipient_not_allowed")),
            (&british, "+447700900123", &*long, Some("too_many_parts")),
        ];
        for (account, to, text, code) in cases {
            let submission =
                Submission { to: to.into(), body: Some(Body::Text(text.into())), ..Submission::default() };
            let draft = validate(submission, account, Time(0)).unwrap();
            let refused = match judge(&draft, account, &Facts::default(), Time(0)) {
                Verdict::Refuse(refusal) => Some(refusal.code()),
                Verdict::Allow | Verdict::Hold(_) => None,
            };
            assert_eq!(refused, code, "{to} {text}");
        }
    }
}
