//! Tests of policies.

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
fn a_country_has_its_own_senders() {
    let american = [("US".parse().unwrap(), vec![SenderMatch::new("+1500555*")])].into();
    let senders = vec![SenderMatch::new("Shop")];
    let account = Account {
        policy: Policy { senders, senders_by_country: american, ..Policy::default() },
        default_sender: Sender::parse("Usual").ok(),
        ..account()
    };
    for (to, from, allowed) in [
        ("+12125550100", "+15005550006", true),
        ("+12125550100", "Shop", false),
        ("+12125550100", "Usual", false),
        // Canada has the same calling code.
        ("+14165550100", "Shop", true),
        ("+447700900123", "Shop", true),
        ("+447700900123", "Usual", true),
        ("+447700900123", "+15005550006", false),
    ] {
        let submission = Submission {
            to: to.into(),
            from: Some(from.into()),
            body: Some(Body::Text("Hi".into())),
            ..Submission::default()
        };
        let draft = validate(submission, &account, Time(0)).unwrap();
        let verdict = judge(&draft, &account, &Facts::default(), Time(0));
        assert_eq!(verdict == Verdict::Refuse(Refusal::SenderNotAllowed), !allowed, "{from} to {to}");
    }
}

#[test]
fn a_brand_is_used_by_those_alone_whose_senders_name_it() {
    let brands = vec![Brand::new("PayPal").unwrap()];
    let stranger = Account { policy: Policy { brands, ..Policy::default() }, ..account() };
    let senders = vec![SenderMatch::new("PayPal*")];
    let owner = Account { policy: Policy { senders, ..stranger.policy.clone() }, ..account() };
    let usual = Account { default_sender: Sender::parse("PayPal").ok(), ..stranger.clone() };
    for (account, from, refused) in [
        (&stranger, Some("PayPaI"), true),
        (&stranger, Some("Shop"), false),
        (&stranger, Some("+447700900123"), false),
        (&stranger, None, false),
        (&owner, Some("PayPal 24"), false),
        (&usual, None, false),
        (&usual, Some("PayPal"), false),
        (&usual, Some("PayPaI"), true),
    ] {
        let submission = Submission {
            to: "+447700900123".into(),
            from: from.map(Into::into),
            body: Some(Body::Text("Hi".into())),
            ..Submission::default()
        };
        let draft = validate(submission, account, Time(0)).unwrap();
        let verdict = judge(&draft, account, &Facts::default(), Time(0));
        let is_refused = verdict == Verdict::Refuse(Refusal::SenderProtected("PayPal".into()));
        assert_eq!(is_refused, refused, "{from:?}");
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
    let night = QuietHours {
        from: 21 * 60,
        until: 8 * 60,
        classes: [false, false, false, true],
        ..QuietHours::default()
    };
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
        let facts = Facts { register: Some(&register), ..Facts::default() };
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

#[test]
fn a_cap_holds_or_refuses_and_quiet_hours_come_behind_it() {
    let cap = |most, beyond| Cap {
        rule: "accounts.shop.policy.caps[0]".into(),
        most,
        per: std::time::Duration::from_hours(24),
        classes: [false, false, false, true],
        accounts: [].into(),
        beyond,
    };
    let night = QuietHours {
        from: 21 * 60,
        until: 8 * 60,
        classes: [false, false, false, true],
        ..QuietHours::default()
    };
    let with =
        |caps: Vec<Cap>, quiet| Account { policy: Policy { caps, quiet, ..Policy::default() }, ..account() };
    // 12:00 in London, and one message an hour before midnight.
    let (now, hour) = (Time(1_769_860_800_000), std::time::Duration::from_hours(1));
    let mut counts = Counts::default();
    counts.add(Counted {
        message: crate::id::MessageId::from_number(1),
        to: crate::number::Number::parse("+447700900123").unwrap(),
        at: now - 13 * hour,
        account: account().id,
        class: Class::Marketing,
        content: 0,
    });
    let judged = |account: &Account, class| {
        let submission = Submission {
            to: "+447700900123".into(),
            body: Some(Body::Text("x".into())),
            class: Some(class),
            ..Submission::default()
        };
        let draft = validate(submission, account, now).unwrap();
        judge(&draft, account, &Facts { counts: Some(&counts), ..Facts::default() }, now)
    };
    let held = |verdict: Verdict| match verdict {
        Verdict::Hold(held) => Some((held.until, held.cause().to_string())),
        Verdict::Allow | Verdict::Refuse(_) => None,
    };
    let one = with(vec![cap(1, Beyond::Hold)], None);
    let told = "frequency_cap: it waits until 2026-01-31T23:00:00Z: 1 in 1d, by accounts.shop.policy.caps[0]";
    assert_eq!(held(judged(&one, Class::Marketing)), Some((now + 11 * hour, told.to_owned())));
    assert_eq!(judged(&one, Class::Otp), Verdict::Allow);
    assert_eq!(judged(&with(vec![cap(2, Beyond::Hold)], None), Class::Marketing), Verdict::Allow);
    // At 23:00 it is quiet.
    let (until, told) =
        held(judged(&with(vec![cap(1, Beyond::Hold)], Some(night)), Class::Marketing)).unwrap();
    assert!(until >= now + 20 * hour && until < now + 21 * hour, "{told}");
    assert!(told.ends_with("quiet hours 21:00-08:00 at the recipient's place"), "{told}");
    let refused =
        Verdict::Refuse(Refusal::FrequencyCap { most: 1, per: "1d".into(), retry_after: 11 * hour });
    assert_eq!(judged(&with(vec![cap(1, Beyond::Refuse)], None), Class::Marketing), refused);
}
