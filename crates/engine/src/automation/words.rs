//! What rules did, in words, for the message's history.

use super::acting::Done;
use super::sending::sendings;
use postrider_core::automation::{Considered, Decision, Membership};
use postrider_core::contract::Decided;
use std::fmt::Write;

/// The longest line, in octets.
const LINE_MAX: usize = 500;

/// What rules did: `rule hours: the keyword is 'hours'; sent 381234567890123456`. `None` if they did nothing.
pub(super) fn told(decision: &Decision, done: &Done) -> Option<String> {
    let mut line = String::new();
    for Considered { rule, reason, .. } in
        decision.considered.iter().filter(|it| it.acts || it.reason.is_withheld())
    {
        separate(&mut line);
        // Writing into a text can't fail.
        let _ = write!(line, "rule {rule}: {reason}");
    }
    for (Membership { group, is_member, .. }, refused) in &done.groups {
        separate(&mut line);
        let _ = match (is_member, refused) {
            (true, None) => write!(line, "added to the group {group}"),
            (false, None) => write!(line, "taken from the group {group}"),
            (_, Some(why)) => write!(line, "the group {group} could not be changed: {why}"),
        };
    }
    for message in &done.canceled {
        separate(&mut line);
        let _ = write!(line, "canceled {message}");
    }
    for (wanted, decided) in sendings(decision).zip(&done.sent) {
        separate(&mut line);
        let _ = match decided {
            Decided::Accepted(message) => write!(line, "{} sent {message}", wanted.rule),
            Decided::Refused(refused) => write!(line, "{} could not send: {}", wanted.rule, refused.code),
        };
    }
    line.truncate(line.floor_char_boundary(LINE_MAX));
    (!line.is_empty()).then_some(line)
}

fn separate(line: &mut String) {
    if !line.is_empty() {
        line.push_str("; ");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use postrider_core::automation::{Action, Reason, Sending};
    use postrider_core::contract::Refused;
    use postrider_core::id::MessageId;
    use postrider_core::number::Number;
    use std::time::Duration;

    #[test]
    fn a_line_says_which_rule_acted_and_what_was_sent() {
        let considered = |rule: &str, acts, reason| Considered { rule: rule.into(), acts, reason };
        let wanted = Action::Send(Sending {
            rule: "hours".into(),
            to: "+447700900123".into(),
            from: None,
            text: "9 to 5".into(),
            after: Duration::ZERO,
            cancel_on_reply: false,
        });
        let decision = Decision {
            actions: vec![wanted.clone(), Action::Tag("seen".into()), wanted],
            considered: vec![
                considered("other", false, Reason::OtherKeyword),
                considered("hours", true, Reason::Keyword("hours".into())),
                considered("hours", false, Reason::Empty),
            ],
            ..Decision::default()
        };
        let refused = Refused { code: "no_route".into(), detail: "x".into(), field: None };
        let sent = vec![Decided::Accepted(MessageId::from_number(77)), Decided::Refused(refused)];
        let number = Number::parse_recipient("+447700900123").unwrap();
        let member = |is_member| Membership { number, group: "news".into(), is_member };
        let groups =
            vec![(member(true), None), (member(false), None), (member(true), Some("no room".into()))];
        let line = "rule hours: the keyword is 'hours'; rule hours: nothing is sent: the text is empty; \
                    added to the group news; taken from the group news; the group news could not be changed: no room; \
                    canceled 78; hours sent 77; hours could not send: no_route";
        assert_eq!(
            told(&decision, &Done { sent, groups, canceled: vec![MessageId::from_number(78)] }).as_deref(),
            Some(line)
        );
        assert_eq!(told(&Decision::default(), &Done::default()), None);
    }
}
