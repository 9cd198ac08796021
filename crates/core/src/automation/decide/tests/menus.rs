//! Menus and polls.

use super::*;
use crate::automation::{Choice, Choices, SenderMemory, TimedOut};

/// A rule that asks, and waits ten minutes for one of these words, with the reply and the menu that each leads to.
pub(super) fn menu(id: u32, name: &str, when: When, reply: &str, choices: &[(&str, &str, u32)]) -> Rule {
    let mut rule = rule(id, name, when, reply);
    let choice = |(word, reply, go_to): &(&str, &str, u32)| {
        let go_to = (*go_to > 0).then_some(RuleId(*go_to));
        let reply = if reply.is_empty() { None } else { template(reply) };
        (Box::from(*word), Choice { reply, go_to, ..Choice::default() })
    };
    rule.then.choices = Some(Choices {
        choices: choices.iter().map(choice).collect(),
        wait: Duration::from_secs(600),
        otherwise: template("Please answer with one of them."),
        poll: false,
        again: None,
        timed_out: None,
    });
    rule
}

#[test]
fn a_menu_without_an_answer_does_what_it_says_once() {
    let mut asks = menu(1, "menu", keywords(&["menu"]), "1 hours", &[("1", "9 to 5", 0)]);
    asks.then.choices.as_mut().unwrap().timed_out = Some(TimedOut {
        reply: template("Still there, {{ from }}?"),
        send_to: vec!["+447700900456".into()],
        text: template("{{ from }} has not answered '{{ text }}'"),
        webhook: true,
        tags: vec!["silent".into()],
        groups: GroupChanges { add_to: Some("silent".into()), take_from: None },
    });
    let rules = rules(vec![asks]);
    let mut handset = Handset::new(&rules, "+447700900123");
    let begun = handset.says("menu please");
    let (id, until) = begun.memory.sender.begun(&SenderMemory::default()).unwrap();
    assert_eq!((id, until), (RuleId(1), Time(handset.now) + Duration::from_secs(600)));
    assert_eq!(begun.memory.sender.begun(&begun.memory.sender), None, "it waits already");
    let message = received("+447700900123", "60006", "menu please");
    let time_out = |memory: &Memory, now| time_out(&rules, ACCOUNT, &message, memory, now);
    assert_eq!(time_out(&handset.memory, until - Duration::from_millis(1)), None);
    let over = time_out(&handset.memory, until).unwrap();
    assert_eq!(sent(&over), ["+447700900123 has not answered 'menu please'", "Still there, +447700900123?"]);
    assert_eq!(over.actions[0], Action::Tag("silent".into()));
    assert!(over.actions.contains(&Action::Webhook));
    assert_eq!(over.considered[0].reason, Reason::TimedOut);
    assert_eq!(time_out(&over.memory, until), None, "once");
    handset.says("1");
    assert_eq!(time_out(&handset.memory, until), None, "it was answered");
    // Nothing is sent to who was taken for a robot.
    let mut robot = begun.memory;
    robot.sender.quiet_until = until + Duration::from_secs(1);
    let decision = time_out(&robot, until).unwrap();
    assert_eq!((sent(&decision).len(), &decision.actions[0]), (0, &Action::Tag("silent".into())));
}

#[test]
fn a_menu_waits_for_an_answer_for_a_while() {
    let rules = rules(vec![
        menu(1, "menu", keywords(&["menu"]), "1 hours, 2 more", &[("1", "9 to 5", 0), ("2", "", 2)]),
        menu(2, "more", keywords(&["more"]), "1 address, 0 back", &[("1", "High Street", 0), ("0", "", 1)]),
        rule(3, "help", keywords(&["info"]), "Info"),
        rule(4, "any", When::default(), "What?"),
    ]);
    let mut handset = Handset::new(&rules, "+447700900123");
    for (text, reply) in [
        ("1", "What?"),
        ("menu", "1 hours, 2 more"),
        ("2.", "1 address, 0 back"),
        ("7", "Please answer with one of them."),
        ("0", "1 hours, 2 more"),
        ("1", "9 to 5"),
        ("1", "What?"),
        ("menu 2", "1 address, 0 back"),
        ("info", "Info"),
        ("1", "High Street"),
    ] {
        assert_eq!(handset.hears(text), [reply], "{text}");
    }
    assert_eq!(handset.hears("menu"), ["1 hours, 2 more"]);
    handset.now += 601_000;
    assert_eq!(handset.hears("1"), ["What?"], "it waited long enough");
}

#[test]
fn a_poll_counts_one_answer_of_each_sender() {
    let mut poll = menu(
        1,
        "poll",
        keywords(&["vote"]),
        "yes or no?",
        &[("yes", "Thanks for {{ choice }}", 0), ("no", "Thanks", 0)],
    );
    let Some(choices) = &mut poll.then.choices else { panic!() };
    choices.poll = true;
    let mut once = poll.clone();
    once.then.choices.as_mut().unwrap().again = template("You have voted.");
    for (poll, replies, counted) in
        [(poll, ["Thanks for yes", "Thanks"], "no"), (once, ["Thanks for yes", "You have voted."], "yes")]
    {
        let rules = rules(vec![poll]);
        let mut handset = Handset::new(&rules, "+447700900123");
        assert_eq!(handset.hears("vote"), ["yes or no?"]);
        assert_eq!(handset.hears("Yes!"), [replies[0]]);
        assert_eq!(handset.hears("vote NO"), [replies[1]]);
        assert_eq!(handset.memory.rules[&RuleId(1)].choice.as_deref(), Some(counted));
    }
}
