//! Policy: what an account may send to whom. Facts in, verdict out.

use crate::account::Account;
use crate::consent::{Kind, QuietHours, Register};
use crate::message::Class;
use crate::numbering::Undeliverable;
use crate::route::SenderMatch;
use crate::sender::Sender;
use crate::submission::{Draft, PARTS_MAX, Refusal};
use crate::time::Time;
use std::time::Duration;

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
    /// The starts of numbers that it must not send to.
    pub blocked: Vec<Box<str>>,
    /// The classes that need a recorded consent of the recipient.
    pub needs_consent: [bool; Class::ALL.len()],
    /// The purposes of consents that count; empty is any.
    pub purposes: Vec<Box<str>>,
    /// When messages wait.
    pub quiet: Option<QuietHours>,
    /// The longest that messages may wait once due, by the places of their classes among [`Class::ALL`]; `None` is as long
    /// as their validity.
    pub deadlines: [Option<Duration>; Class::COUNT],
    /// The senders that it may use, besides its default; empty is every sender.
    pub senders: Vec<SenderMatch>,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            recipients: Vec::new(),
            parts_max: PARTS_MAX,
            refused: Undeliverable::USUAL.into(),
            spared: [false; Class::COUNT],
            blocked: Vec::new(),
            needs_consent: [false; Class::COUNT],
            purposes: Vec::new(),
            quiet: None,
            deadlines: [None; Class::COUNT],
            senders: Vec::new(),
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
pub fn judge(draft: &Draft, account: &Account, facts: &Facts<'_>, now: Time) -> Verdict {
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
    if draft.exempt {
        return Verdict::Allow;
    }
    if !may_use(draft.from.as_ref(), account) {
        return Verdict::Refuse(Refusal::SenderNotAllowed);
    }
    forbidden(draft, account, facts).map_or_else(|| wait(draft, account, now), Verdict::Refuse)
}

/// Why the recipient must not be written to, if so.
fn forbidden(draft: &Draft, account: &Account, facts: &Facts<'_>) -> Option<Refusal> {
    let policy = &account.policy;
    let digits = || draft.to.digits().to_string();
    let is_blocked = |digits: String| policy.blocked.iter().any(|start| digits.starts_with(&**start));
    if !policy.blocked.is_empty() && !draft.to.is_short_code() && is_blocked(digits()) {
        return Some(Refusal::RecipientBlocked);
    }
    let register = facts.register?;
    let scope = register.forbids(draft.to, account.id, draft.from.as_ref(), draft.class);
    match scope.map(|scope| scope.kind) {
        Some(Kind::Block) => return Some(Refusal::RecipientBlocked),
        Some(Kind::OptOut | Kind::Consent) => return Some(Refusal::OptedOut),
        None => {}
    }
    let lacks = policy.needs_consent[draft.class as usize]
        && !register.has_consent(draft.to, account.id, &policy.purposes);
    lacks.then_some(Refusal::NoConsent)
}

/// Whether it waits until quiet hours are over.
fn wait(draft: &Draft, account: &Account, now: Time) -> Verdict {
    let leaves = draft.send_at.map_or(now, |at| at.max(now));
    let quiet = account.policy.quiet.as_ref();
    quiet
        .and_then(|quiet| quiet.held_until(draft.to, draft.class, leaves))
        .map_or(Verdict::Allow, Verdict::Hold)
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

    #[test]
    fn consent_blocks_and_quiet_hours_are_judged_in_this_order() {
        use crate::consent::Scope;
        let night =
            QuietHours { from: 21 * 60, until: 8 * 60, classes: [false, false, false, true], zone: None };
        let account = Account {
            policy: Policy {
                blocked: vec!["4478".into()],
                needs_consent: [false, false, false, true],
                purposes: vec!["news".into()],
                quiet: Some(night),
                ..Policy::default()
            },
            ..account()
        };
        let number = |text: &str| crate::number::Number::parse(text).unwrap();
        let (agreed, stopped) = ("+447700900001", "+447700900002");
        let mut register = Register::default();
        for to in [agreed, stopped] {
            register.insert(number(to), &Scope::consent(account.id, "news"));
        }
        register.insert(number("+447700900003"), &Scope::consent(account.id, "other"));
        register.insert(number(stopped), &Scope::opt_out(Some(account.id), None));
        // 23:00 and 12:00 in London.
        let (at_night, at_noon) = (Time(1_769_900_400_000), Time(1_769_860_800_000));
        for (to, class, now, expected) in [
            (agreed, Class::Marketing, at_noon, "allow"),
            (agreed, Class::Marketing, at_night, "hold"),
            (agreed, Class::Otp, at_night, "allow"),
            (stopped, Class::Marketing, at_noon, "opted_out"),
            (stopped, Class::Otp, at_noon, "opted_out"),
            ("+447700900003", Class::Marketing, at_noon, "no_consent"),
            ("+447700900003", Class::Transactional, at_noon, "allow"),
            ("+447800900003", Class::Otp, at_noon, "recipient_blocked"),
        ] {
            let submission = Submission {
                to: to.into(),
                body: Some(Body::Text("x".into())),
                class: Some(class),
                ..Submission::default()
            };
            let mut draft = validate(submission, &account, now).unwrap();
            let facts = Facts { register: Some(&register) };
            let found = match judge(&draft, &account, &facts, now) {
                Verdict::Allow => "allow",
                Verdict::Hold(_) => "hold",
                Verdict::Refuse(refusal) => refusal.code(),
            };
            assert_eq!(found, expected, "{to} {class:?}");
            draft.exempt = true;
            assert_eq!(judge(&draft, &account, &facts, now), Verdict::Allow, "an answer to STOP goes out");
        }
    }
}
