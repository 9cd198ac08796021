//! Policy: what an account may send to whom. Facts in, verdict out.

use crate::account::Account;
use crate::consent::{Kind, Register};
use crate::message::Class;
use crate::numbering::Undeliverable;
use crate::submission::{Draft, PARTS_MAX, Refusal};
use crate::time::Time;

/// The limits that an account is held to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// The starts of numbers (digits, without `+`) that it may send to, and short codes as a whole; empty is everywhere.
    pub recipients: Vec<Box<str>>,
    /// The most parts of one message.
    pub parts_max: u8,
    /// The classes that opt-outs don't stop, by their places among [`Class::ALL`]; blocks stop them too.
    pub spared: [bool; Class::ALL.len()],
    /// The numbers that it is refused.
    pub refused: Vec<Undeliverable>,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            recipients: Vec::new(),
            parts_max: PARTS_MAX,
            refused: Undeliverable::USUAL.into(),
            spared: [false; 3],
        }
    }
}

/// The facts that decisions need. They are read once for a batch, before any message of it is judged.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct Facts<'a> {
    /// What holds of numbers; `None` forbids nothing.
    pub register: Option<&'a Register>,
}

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
pub fn judge(draft: &Draft, account: &Account, facts: &Facts<'_>, _now: Time) -> Verdict {
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
    let scope = facts
        .register
        .filter(|_| !draft.exempt)
        .and_then(|register| register.forbids(draft.to, account.id, draft.from.as_ref(), draft.class));
    match scope.map(|scope| scope.kind) {
        Some(Kind::Block) => Verdict::Refuse(Refusal::RecipientBlocked),
        Some(Kind::OptOut | Kind::Consent) => Verdict::Refuse(Refusal::OptedOut),
        None => Verdict::Allow,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Body;
    use crate::rules::testing::account;
    use crate::submission::{Submission, validate};
    use crate::time::Time;

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
