mod menus;

use super::*;
use crate::automation::{
    Agreement, Automation, GroupChanges, Hours, LowBalance, Pattern, RuleId, SenderLimit, Then, Trigger,
    Unanswered, When, conflict,
};
use crate::delivery::{Outcome, State};
use crate::id::MessageId;
use crate::inbound::{Address, Inbound};
use crate::message::{Body, Encoding};
use crate::numbers::{Destination, Holder, Numbers, OwnNumber};
use crate::route::UpstreamId;
use crate::rules::testing;
use jiff::tz::TimeZone;
use menus::menu;
use std::collections::BTreeMap;

const ACCOUNT: AccountId = AccountId(1);
const MINUTE: i64 = 60_000;

fn template(source: &str) -> Option<Template> {
    Some(Template::parse(source, Trigger::Received.variables()).unwrap())
}

fn rule(id: u32, name: &str, when: When, reply: &str) -> Rule {
    let then = Then { reply: template(reply), stop: true, ..Then::default() };
    let when = When { typos: true, ..when };
    Rule { id: RuleId(id), name: name.into(), account: ACCOUNT, order: 100, when, then, limit: None }
}

fn keywords(words: &[&str]) -> When {
    When { keywords: words.iter().map(|word| Box::from(*word)).collect(), ..When::default() }
}

fn rules(automation: Vec<Rule>) -> Rules {
    let mut rules = Rules::new(1, vec![testing::account()], Vec::new(), crate::route::Table::default());
    rules.automation = Automation::new(automation, Vec::new());
    rules.numbers = Numbers::new(vec![OwnNumber {
        spellings: vec![Sender::parse("60006").unwrap(), Sender::parse("+447700900999").unwrap()],
        upstreams: Vec::new(),
        holder: Some(Holder { account: ACCOUNT, destination: Destination::List }),
        keywords: BTreeMap::new(),
        consent: Default::default(),
    }]);
    rules
}

fn address(text: &str) -> Address {
    Address { given: text.into(), understood: Sender::parse(text).ok() }
}

fn received(from: &str, to: &str, text: &str) -> Received {
    Received {
        intent: None,
        id: MessageId::from_number(7),
        upstream: UpstreamId(1),
        at: Time(0),
        account: Some(ACCOUNT),
        keyword: None,
        parts: 1,
        missing: 0,
        tags: Box::default(),
        price: None,
        inbound: Inbound {
            from: address(from),
            to: address(to),
            body: Body::Text(text.into()),
            encoding: Encoding::Gsm7,
            flash: false,
            reference: None,
            parameters: Box::default(),
        },
    }
}

/// A handset that writes to rules, which remember it.
struct Handset<'a> {
    rules: &'a Rules,
    from: &'a str,
    memory: Memory,
    now: i64,
}

impl<'a> Handset<'a> {
    fn new(rules: &'a Rules, from: &'a str) -> Self {
        Self { rules, from, memory: Memory::default(), now: 1_000_000_000_000 }
    }

    fn says(&mut self, text: &str) -> Decision {
        let received = received(self.from, "60006", text);
        self.now += 1_000;
        let now = Time(self.now);
        let decision = decide(self.rules, ACCOUNT, &Occasion::Received(&received), &self.memory, now);
        self.memory = decision.memory.clone();
        decision
    }

    /// The texts that are sent when it says this.
    fn hears(&mut self, text: &str) -> Vec<String> {
        sent(&self.says(text))
    }
}

fn sent(decision: &Decision) -> Vec<String> {
    let text = |action: &Action| match action {
        Action::Send(sending) => Some(sending.text.to_string()),
        _ => None,
    };
    decision.actions.iter().filter_map(text).collect()
}

#[test]
fn a_keyword_goes_before_a_pattern_and_a_pattern_before_any_text() {
    let order = When { pattern: Some(Pattern::parse(r"order (\d+)").unwrap()), ..When::default() };
    let rules = rules(vec![
        rule(1, "any", When::default(), "What?"),
        rule(2, "order", order, "Order {{ match[1] }}"),
        rule(3, "hours", keywords(&["hours", "open"]), "We open at 9, {{ from }}. {{ rest }}"),
    ]);
    for (text, reply, reason) in [
        ("Hours? on sunday", "We open at 9, +447700900123. on sunday", "hours true the keyword is 'hours'"),
        ("OPEN", "We open at 9, +447700900123. ", "hours true the keyword is 'open'"),
        (
            "huors",
            "We open at 9, +447700900123. ",
            "hours true the first word is one typo away from the keyword 'hours'",
        ),
        ("my ORDER 77 please", "Order 77", "order true the text matches the pattern"),
        ("hello", "What?", "any true it takes every text"),
    ] {
        let decision = Handset::new(&rules, "+447700900123").says(text);
        assert_eq!(sent(&decision), [reply], "{text}");
        let last = decision.considered.last().unwrap();
        assert_eq!(format!("{} {} {}", last.rule, last.acts, last.reason), reason);
        let Some(Action::Send(sending)) = decision.actions.first() else { panic!() };
        assert_eq!((&*sending.to, sending.from.as_deref()), ("+447700900123", Some("60006")));
    }
}

#[test]
fn conditions_on_number_sender_time_and_first_contact_hold() {
    let zone = TimeZone::UTC;
    let with = |id, name: &str, order, when| Rule { order, ..rule(id, name, when, name) };
    let rules = rules(vec![
        with(1, "number", 1, When { numbers: ["70007".into()].into(), ..When::default() }),
        with(2, "short", 2, When { senders: vec!["123".into()], ..When::default() }),
        with(3, "british", 3, When { senders: vec!["+44".into()], ..When::default() }),
        // 2001-09-09T01:46 is a Sunday.
        with(
            4,
            "sunday",
            4,
            When { hours: Some(Hours::new(zone.clone(), &[6], &[(0, 120)])), ..When::default() },
        ),
        with(5, "first", 5, When { first_contact: true, ..When::default() }),
        with(6, "any", 6, When::default()),
    ]);
    let decide = |from: &str, to: &str, now: i64, is_known| {
        let received = received(from, to, "x");
        let memory = Memory { is_known, ..Memory::default() };
        let decision = decide(&rules, ACCOUNT, &Occasion::Received(&received), &memory, Time(now));
        sent(&decision).concat()
    };
    let sunday = 1_000_000_000_000;
    for (from, to, now, is_known, reply) in [
        ("+4915112345678", "70007", 0, true, "number"),
        ("123", "60006", 0, true, "short"),
        ("+1234567890", "60006", 0, true, "any"),
        ("+447700900123", "60006", 0, true, "british"),
        ("+4915112345678", "60006", sunday, true, "sunday"),
        ("+4915112345678", "60006", sunday + 14 * MINUTE, true, "any"),
        ("+4915112345678", "60006", 0, false, "first"),
    ] {
        assert_eq!(decide(from, to, now, is_known), reply, "{from} {to} {now}");
    }
}

#[test]
fn a_rule_that_does_not_stop_leaves_the_message_to_others() {
    let mut tag = rule(1, "tag", When::default(), "");
    tag.order = 1;
    tag.then = Then { tags: vec!["seen".into()], ..Then::default() };
    let mut forward = rule(2, "forward", keywords(&["urgent"]), "");
    forward.then = Then {
        reply: None,
        send_to: vec!["+447700900456".into(), "+447700900457".into()],
        text: template("{{ from }}: {{ text }}"),
        webhook: true,
        after: Duration::from_secs(60),
        stop: true,
        ..Then::default()
    };
    let rules = rules(vec![tag, forward, rule(3, "any", When::default(), "Thanks")]);
    let decision = Handset::new(&rules, "+447700900123").says("urgent: fire");
    let sending = |to: &str| {
        Action::Send(Sending {
            rule: "forward".into(),
            to: to.into(),
            from: Some("60006".into()),
            text: "+447700900123: urgent: fire".into(),
            after: Duration::from_secs(60),
            cancel_on_reply: false,
        })
    };
    let expected =
        [Action::Tag("seen".into()), Action::Webhook, sending("+447700900456"), sending("+447700900457")];
    assert_eq!(decision.actions, expected);
}

#[test]
fn a_rule_acts_for_a_sender_as_often_as_its_limit_says() {
    let mut away = rule(1, "away", When::default(), "We are away.");
    away.limit = Some(SenderLimit { most: 1, per: Duration::from_hours(24) });
    let rules = rules(vec![away]);
    let mut handset = Handset::new(&rules, "+447700900123");
    assert_eq!(handset.hears("a"), ["We are away."]);
    assert_eq!(handset.hears("b"), [""; 0]);
    handset.now += 24 * 60 * MINUTE;
    assert_eq!(handset.hears("c"), ["We are away."]);
    assert_eq!(Handset::new(&rules, "+447700900124").hears("a"), ["We are away."], "others have their own");
}

#[test]
fn robots_are_left_alone_until_they_have_been_quiet() {
    let rules = rules(vec![rule(1, "any", When::default(), "Thanks")]);
    // One says the same again and again.
    let mut handset = Handset::new(&rules, "+447700900123");
    let heard = (0..20).map(|_| handset.hears("I am away").len()).sum::<usize>();
    assert_eq!(heard, 3);
    assert_eq!(handset.hears("Something else").len(), 0, "it goes on");
    handset.now += 61 * MINUTE;
    assert_eq!(handset.hears("I am away").len(), 1);
    // One says something else each time.
    let mut handset = Handset::new(&rules, "+447700900124");
    let heard = (0..500).map(|n| handset.hears(&format!("Ticket {n}")).len()).sum::<usize>();
    assert_eq!(heard, 30);
    handset.now += 59 * MINUTE;
    assert_eq!(handset.hears("Ticket 501").len(), 0);
    // What comes from our own numbers, or from a name, is never answered.
    assert_eq!(Handset::new(&rules, "+447700900999").hears("x").len(), 0);
    assert_eq!(Handset::new(&rules, "Bank").hears("x").len(), 0);
}

#[test]
fn a_rule_is_for_messages_of_its_upstreams() {
    let of = |upstream| When { upstreams: vec![UpstreamId(upstream)], ..keywords(&["hi"]) };
    let (first, second) = (rule(1, "first", of(1), "One"), rule(2, "second", of(2), "Two"));
    assert_eq!(conflict::conflict(&first, &second), None);
    let any = rule(3, "any", keywords(&["hi"]), "Any");
    assert!(conflict::conflict(&first, &any).is_some());
    // Messages come by the first upstream.
    let both = rules(vec![first, second.clone()]);
    assert_eq!(Handset::new(&both, "+447700900123").hears("hi"), ["One"]);
    let others = rules(vec![second]);
    let decision = Handset::new(&others, "+447700900123").says("hi");
    assert_eq!(decision.considered[0].reason, Reason::OtherUpstream);
}

#[test]
fn the_text_for_a_chat_has_what_a_pattern_took() {
    let order = When { pattern: Some(Pattern::parse(r"order (\d+)").unwrap()), ..When::default() };
    let mut rule = rule(1, "order", order, "x");
    rule.then.text = template("{{ from }} ordered {{ match[1] }} on {{ date | default('a day') }}");
    let (rules, message) = (rules(Vec::new()), received("+447700900123", "60006", "Order 77"));
    let text = posted_text(&rules, &rule, &Occasion::Received(&message), Time(0));
    assert_eq!(text.as_deref(), Ok("+447700900123 ordered 77 on a day"));
    rule.then.text = template("{{ date }}");
    assert_eq!(
        posted_text(&rules, &rule, &Occasion::Received(&message), Time(0)),
        Err(WrongTemplate::NoValue)
    );
}

#[test]
fn the_end_of_a_message_sets_off_what_waits_for_it() {
    let of = |id, name: &str, trigger: Trigger, reply: &str| {
        let reply = Template::parse(reply, trigger.variables()).unwrap();
        let mut rule = rule(id, name, When { trigger, ..When::default() }, "");
        rule.then.reply = Some(reply);
        rule
    };
    let rules = rules(vec![
        of(1, "thanks", Trigger::Delivered, "How was it?"),
        of(2, "sorry", Trigger::Failed, "{{ id }} to {{ to }}: {{ state }} {{ error | default('') }}"),
    ]);
    let part = crate::client_part::testing::part(9, 1, 2, crate::client_part::testing::utf8("hello"));
    let mut message = Arc::unwrap_or_clone(part.message);
    for (state, text) in [
        (State::Delivered, "How was it?".to_owned()),
        (State::Expired, format!("{} to {}: expired ", message.id, message.to)),
    ] {
        let outcome = Outcome {
            state,
            upstream: UpstreamId(1),
            reference: None,
            error: None,
            sent_at: None,
            done_at: Time(0),
            parts: 1,
            possible_duplicate: false,
        };
        assert!(rules.automation.wants_ended(&message, state));
        let occasion = Occasion::Ended(&message, &outcome);
        assert_eq!(sent(&decide(&rules, ACCOUNT, &occasion, &Memory::default(), Time(0))), [text]);
    }
    message.via = crate::message::Via::Rule;
    assert!(!rules.automation.wants_ended(&message, State::Delivered), "rules don't set off rules");
}

#[test]
fn groups_and_urls_are_actions_of_messages_and_their_ends() {
    let number = crate::number::Number::parse_recipient("+447700900123").unwrap();
    let member =
        |group: &str, is_member| Action::Group(Membership { number, group: group.into(), is_member });
    let mut join = rule(1, "join", keywords(&["join"]), "x");
    join.then.reply = None;
    join.then.groups = GroupChanges { add_to: Some("news".into()), take_from: Some("others".into()) };
    join.then.url = Some("https://x.example/".into());
    let rules = rules(vec![join.clone()]);
    let decided = |from: &str| {
        let received = received(from, "60006", "JOIN");
        decide(&rules, ACCOUNT, &Occasion::Received(&received), &Memory::default(), Time(0))
    };
    let expected = [member("news", true), member("others", false), Action::Post(RuleId(1))];
    assert_eq!(decided("+447700900123").actions, expected);
    let named = decided("Bank");
    assert_eq!(named.actions, [Action::Post(RuleId(1))], "a name is no contact");
    assert_eq!(named.considered.last().unwrap().reason, Reason::NoNumber);
    // The recipient, where a message has ended.
    let mut failed = join;
    failed.when = When { trigger: Trigger::Failed, ..When::default() };
    let rules = self::rules(vec![failed]);
    let part = crate::client_part::testing::part(9, 1, 2, crate::client_part::testing::utf8("hello"));
    let outcome = Outcome {
        state: State::Undelivered,
        upstream: UpstreamId(1),
        reference: None,
        error: None,
        sent_at: None,
        done_at: Time(0),
        parts: 1,
        possible_duplicate: false,
    };
    let occasion = Occasion::Ended(&part.message, &outcome);
    let decision = decide(&rules, ACCOUNT, &occasion, &Memory::default(), Time(0));
    let to = part.message.to;
    assert!(decision.actions.contains(&Action::Group(Membership {
        number: to,
        group: "news".into(),
        is_member: true
    })));
}

#[test]
fn an_answer_of_a_menu_changes_groups() {
    let mut rule = menu(1, "menu", keywords(&["menu"]), "1 daily", &[("1", "Thanks", 0)]);
    let choices = rule.then.choices.as_mut().unwrap();
    choices.choices.get_mut("1").unwrap().groups.add_to = Some("daily".into());
    let rules = rules(vec![rule]);
    let received = received("+447700900123", "60006", "menu 1");
    let decision = decide(&rules, ACCOUNT, &Occasion::Received(&received), &Memory::default(), Time(0));
    assert!(matches!(&decision.actions[..], [Action::Group(_), Action::Send(_)]), "{:?}", decision.actions);
}

#[test]
fn a_url_may_answer_to_go_on_with_a_menu() {
    let rules = rules(vec![menu(2, "menu", keywords(&["menu"]), "1 hours", &[("1", "9 to 5", 0)])]);
    let received = received("+447700900123", "60006", "what now");
    let rule = rules.automation.named("menu").unwrap();
    let now = 1_000_000_000_000;
    let decision = go_on(&rules, rule, &received, &Memory::default(), Time(now));
    assert_eq!(sent(&decision), ["1 hours"]);
    assert_eq!(decision.considered[0].reason, Reason::GoneOn);
    assert_eq!(decision.memory.sender.menu(Time(now + 1)), Some(RuleId(2)), "it waits for the answer");
    let mut handset = Handset::new(&rules, "+447700900123");
    handset.memory = decision.memory;
    assert_eq!(handset.hears("1"), ["9 to 5"]);
}

#[test]
fn a_low_balance_and_a_link_that_is_up_again_set_off_their_rule_alone() {
    let of = |id, trigger: Trigger, text: &str| {
        let text = Some(Template::parse(text, trigger.variables()).unwrap());
        let when = When { trigger, ..When::default() };
        let mut rule = rule(id, "r", when, "");
        rule.then = Then { text, send_to: vec!["+447700900456".into()], ..Then::default() };
        rule
    };
    let up = Trigger::LinkUp { upstreams: Vec::new(), lasting: Duration::ZERO };
    let unanswered = Trigger::Unanswered { lasting: Duration::ZERO };
    let low = "{{ available }} {{ currency }} of {{ low_balance }}";
    let rules = rules(vec![
        of(1, Trigger::BalanceLow, low),
        of(2, Trigger::BalanceLow, "x"),
        of(3, up, "{{ upstream }}"),
        of(4, unanswered, "{{ handset }} waits at {{ number }} for {{ assignee | default('somebody') }}"),
    ]);
    let [first, _, up, waits] = rules.automation.of(ACCOUNT) else { panic!() };
    let fact = LowBalance { currency: "EUR".into(), available: "4.20".into(), low: "5".into() };
    let text = |occasion: &Occasion<'_>| {
        let decision = decide(&rules, ACCOUNT, occasion, &Memory::default(), Time(0));
        let [Action::Send(sending)] = &decision.actions[..] else { panic!("{decision:?}") };
        sending.text.to_string()
    };
    assert_eq!(text(&Occasion::BalanceLow(first, &fact)), "4.20 EUR of 5");
    assert_eq!(text(&Occasion::LinkUp(up, "acme")), "acme");
    let fact = Unanswered {
        handset: "+4477".into(),
        number: "60006".into(),
        assignee: "ann".into(),
        ..Unanswered::default()
    };
    assert_eq!(text(&Occasion::Unanswered(waits, &fact)), "+4477 waits at 60006 for ann");
}

#[test]
fn a_timer_goes_off_at_its_times() {
    let zone = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
    let when = When {
        trigger: Trigger::Timer { minutes: vec![8 * 60, 2 * 60 + 30] },
        hours: Some(Hours::new(zone, &[0, 6], &[])),
        ..When::default()
    };
    let rule = rule(1, "timer", when, "x");
    let time = |text: &str| Time(text.parse::<jiff::Timestamp>().unwrap().as_millisecond());
    let due = |after: &str, now: &str| rule.timer_due(time(after), time(now)).map(|(_, local)| local);
    for (after, now, local) in [
        ("2026-11-30T06:50:00Z", "2026-11-30T06:59:59Z", None),
        ("2026-11-30T06:50:00Z", "2026-11-30T07:00:01Z", Some("2026-11-30 08:00")),
        ("2026-11-30T07:00:00Z", "2026-11-30T07:05:00Z", None),
        // A Tuesday.
        ("2026-12-01T06:50:00Z", "2026-12-01T07:05:00Z", None),
        // The hour that comes twice has one name.
        ("2026-10-25T00:25:00Z", "2026-10-25T00:31:00Z", Some("2026-10-25 02:30")),
        ("2026-10-25T01:25:00Z", "2026-10-25T01:31:00Z", Some("2026-10-25 02:30")),
    ] {
        assert_eq!(due(after, now).as_deref(), local, "{now}");
    }
}

#[test]
fn rules_that_both_want_a_message_are_in_conflict() {
    use conflict::{Conflict, conflict};
    let any = rule(1, "any", When::default(), "a");
    let hours = rule(2, "hours", keywords(&["hours", "open"]), "b");
    let opening = rule(3, "opening", keywords(&["opening", "open"]), "c");
    let first =
        rule(4, "first", When { pattern: Some(Pattern::parse("a").unwrap()), ..When::default() }, "d");
    let second = Rule { name: "second".into(), ..first.clone() };
    let later = Rule { order: 101, ..opening.clone() };
    let mut tagging = opening.clone();
    tagging.then.stop = false;
    let on = |number: &str, rule: &Rule| {
        let when = When { numbers: [number.into()].into(), ..rule.when.clone() };
        Rule { when, ..rule.clone() }
    };
    for (one, other, found) in [
        (&any, &hours, None),
        (&any, &any, Some(Conflict::AnyText)),
        (&hours, &opening, Some(Conflict::Keyword("open".into()))),
        (&hours, &later, None),
        (&any, &later, Some(Conflict::NeverActs)),
        (&hours, &tagging, None),
        (&first, &second, Some(Conflict::Pattern)),
        (&on("1", &any), &on("2", &any), None),
        (&on("1", &any), &any, Some(Conflict::AnyText)),
    ] {
        assert_eq!(conflict(one, other), found, "{} {}", one.name, other.name);
    }
}

#[test]
fn what_waits_for_the_other_side_is_canceled() {
    let number = crate::number::Number::parse_recipient("+447700900123").unwrap();
    let mut done = rule(1, "done", keywords(&["done"]), "Thanks");
    done.then.cancel_scheduled = true;
    (done.then.after, done.then.cancel_on_reply) = (Duration::from_hours(24), true);
    let mut menu = menu(2, "menu", keywords(&["menu"]), "1 stop reminding", &[("1", "Gone", 0)]);
    menu.then.choices.as_mut().unwrap().choices.get_mut("1").unwrap().cancel_scheduled = true;
    let rules = rules(vec![done, menu]);
    let decided = |from: &str, text: &str| {
        let received = received(from, "60006", text);
        decide(&rules, ACCOUNT, &Occasion::Received(&received), &Memory::default(), Time(0))
    };
    for text in ["DONE", "menu 1"] {
        let actions = decided("+447700900123", text).actions;
        assert!(
            matches!(&actions[..], [Action::CancelScheduled(of), Action::Send(_)] if *of == number),
            "{text}"
        );
        let later = matches!(&actions[1], Action::Send(sending) if sending.cancel_on_reply);
        assert_eq!(later, text == "DONE");
    }
    let named = decided("Bank", "done");
    assert!(
        !named.actions.iter().any(|action| matches!(action, Action::CancelScheduled(_))),
        "a name gets nothing"
    );
    assert!(named.considered.iter().any(|considered| considered.reason == Reason::NoNumber));
}

#[test]
fn a_menu_asks_for_consent_and_records_what_was_answered() {
    let number = crate::number::Number::parse_recipient("+447700900123").unwrap();
    let question = "Offers by SMS, up to 4 a month? Reply YES";
    let mut join = menu(1, "join", keywords(&["join"]), question, &[("yes", "Welcome", 0)]);
    join.then.choices.as_mut().unwrap().choices.get_mut("yes").unwrap().consent = Some("news".into());
    let rules = rules(vec![join]);
    let mut handset = Handset::new(&rules, "+447700900123");
    assert_eq!(handset.hears("JOIN"), [question]);
    let decision = handset.says("Yes!");
    let agreement =
        Agreement { rule: "join".into(), number, purpose: "news".into(), shown: Some(question.into()) };
    assert_eq!(decision.actions.first(), Some(&Action::Consent(agreement)));
}

#[test]
fn what_may_ask_to_stop_goes_before_any_text() {
    let mut staff =
        rule(1, "staff", When { may_ask_to_stop: true, ..When::default() }, "We are looking at it");
    staff.then.tags = vec!["maybe-stop".into()];
    let rules = rules(vec![staff, rule(2, "any", When::default(), "Hello")]);
    let mut handset = Handset::new(&rules, "+447700900123");
    assert_eq!(handset.hears("wrong number mate"), ["We are looking at it"]);
    assert_eq!(handset.hears("good morning"), ["Hello"]);
}
