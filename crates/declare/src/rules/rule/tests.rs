use crate::document::{Documents, Set};
use crate::mistake::{Found, Mistake};
use crate::rules::{Declared, Ids, whole};
use crate::tree::Node;
use postrider_core::automation::UrlForm;
use std::sync::Arc;

const AROUND: &str = "[accounts.shop]\n[accounts.desk]\n[upstreams.acme]\nhost = 'x'\nsystem_id = 'x'\n\
    [numbers.60006]\naccount = 'shop'\naliases = ['6006']\n[numbers.70007]\naccount = 'desk'\n\
    [accounts.news.webhook]\nurl = 'https://news.example/'\nsecret = 'whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz'\n\
    [accounts.news.billing]\ntariff = 'retail'\ncurrency = 'EUR'\nlow_balance = '5'\n";

fn read(text: &str) -> Result<Declared, Vec<String>> {
    let found = Found::default();
    let node: Node = toml::from_str(&format!("{AROUND}{text}")).unwrap();
    let documents: Documents = crate::read_table(&node, &found.notes()).unwrap();
    let mut mistakes = found.into_mistakes();
    let set = Set::of_file(documents, &mut mistakes);
    let mut ids = Ids::default();
    for ((kind, name), id) in ids.missing(&set).into_iter().zip(1..) {
        ids.set(&kind, &name, id);
    }
    whole(Arc::new(set), &ids, 3, mistakes).map_err(|all| all.0.iter().map(Mistake::to_string).collect())
}

#[test]
fn a_rule_is_read_with_all_that_it_names() {
    let rules = read(
        "[rules.hours]\naccount = 'shop'\nwhen = { keywords = ['Hours', 'Open'], numbers = ['60006'], senders = ['+44'] }\n\
         then = { reply = 'We open at 9, {{ from }}' }\n\
         [rules.more]\naccount = 'shop'\nwhen.keywords = ['more']\n\
         then = { reply = '1 hours', choices = [{ answer = '1', reply = '9 to 5' }, { answer = '2', go_to = 'more' }] }\n\
         [rules.alert]\naccount = 'desk'\nwhen = { event = 'called' }\n\
         token = '0123456789abcdefghij'\nthen = { forward_to = ['+447700900123'], text = '{{ call.host }}' }\n\
         [rules.off]\naccount = 'shop'\nenabled = false\nthen = { reply = 'x' }\n",
    )
    .unwrap()
    .rules;
    let shop = rules.accounts().find(|account| &*account.name == "shop").unwrap().id;
    let [hours, more] = rules.automation.of(shop) else { panic!("{:?}", rules.automation.of(shop)) };
    assert_eq!((&*hours.name, &*more.name), ("hours", "more"));
    assert_eq!(hours.when.keywords, ["hours".into(), "open".into()]);
    assert_eq!(hours.when.numbers, ["60006".into(), "6006".into()].into());
    assert_eq!(more.then.choices.as_ref().unwrap().choices["2"].go_to, Some(more.id));
    let called = rules.automation.called(&crate::hash_key("0123456789abcdefghij")).unwrap();
    assert_eq!(&*called.name, "alert");
    assert!(rules.automation.wants_received(shop) && !rules.automation.wants_received(called.account));
}

fn rule(text: &str) -> String {
    format!("[rules.x]\naccount = 'shop'\n{text}")
}

fn check(cases: &[(String, &str)]) {
    for (text, mistake) in cases {
        assert_eq!(read(text).map(drop).unwrap_err(), [*mistake], "{text}");
    }
}

#[test]
fn mistakes_in_conditions_are_told_with_what_to_write() {
    check(&[
        (
            "[rules.x]\naccount = 'shp'\nthen.reply = 'x'".to_owned(),
            "rules.x.account: there is no account 'shp': did you mean 'shop'?",
        ),
        (
            "[rules.test]\naccount = 'shop'\nthen.reply = 'x'".to_owned(),
            "rules.test: a rule can't be named 'test': write another name",
        ),
        (
            rule(""),
            "rules.x.then: the rule does nothing: write reply, forward_to, webhook, url, tags, add_to, take_from, cancel_scheduled, consent or choices",
        ),
        (
            rule("when.keywords = ['a b']\nthen.reply = 'x'"),
            "rules.x.when.keywords[0]: invalid keyword 'a b': write one word with a letter or a digit in it",
        ),
        (
            rule("when.keywords = ['caf\u{e9}', 'CAFE']\nthen.reply = 'x'"),
            "rules.x.when.keywords[1]: it is given twice",
        ),
        (
            rule("when = { keywords = ['a'], pattern = 'b' }\nthen.reply = 'x'"),
            "rules.x.when.pattern: a rule has keywords or a pattern, not both: make two rules of it",
        ),
        (
            rule("when.numbers = ['70007']\nthen.reply = 'x'"),
            "rules.x.when.numbers[0]: the number '70007' is not the account's: declare account = \"shop\" there, or name another",
        ),
        (
            rule("when.hours = ['9-17']\nthen.reply = 'x'"),
            "rules.x.when.hours[0]: invalid hours '9-17': write from when until when, such as 09:00-17:00",
        ),
        (
            rule("when.zone = 'Berlin'\nthen.reply = 'x'"),
            "rules.x.when.zone: there is no time zone 'Berlin': write one of IANA's names, such as Europe/Berlin",
        ),
        (
            rule("when.event = 'timer'\nthen = { forward_to = ['+447700900123'], text = 'x' }"),
            "rules.x.when.at: a timer needs a time: write one, such as at = [\"09:00\"]",
        ),
        (
            rule("when.event = 'balance_low'\nthen = { forward_to = ['+447700900123'], text = 'x' }"),
            "rules.x.when.event: no balance of the account 'shop' is ever low: declare billing.low_balance there",
        ),
        (
            rule(
                "when = { event = 'link_up', upstreams = ['acne'] }\nthen = { forward_to = ['+447700900123'], text = 'x' }",
            ),
            "rules.x.when.upstreams[0]: there is no upstream 'acne': did you mean 'acme'?",
        ),
        (
            rule("when = { event = 'delivered', keywords = ['a'] }\nthen.reply = 'x'"),
            "rules.x.when.keywords: the event 'delivered' has no keywords: leave it out, or write event = \"received\"",
        ),
    ]);
}

#[test]
fn mistakes_in_actions_are_told_with_what_to_write() {
    check(&[
        (
            rule("when.event = 'link_down'\nthen.reply = 'x'"),
            "rules.x.then.reply: the event 'link_down' has nobody to reply to: write forward_to and text",
        ),
        (rule("then.reply = '{{ frm }}'"), "rules.x.then.reply: nothing is called 'frm'"),
        (rule("then.webhook = true"), "rules.x.then.webhook: the account 'shop' has no webhook: declare it"),
        (
            rule("then.mail = 'me@x.example'\nthen.reply = 'x'"),
            "rules.x.then.mail: Postrider sends no mail yet: write webhook or forward_to",
        ),
        (
            rule("then.add_to = 'My friends'"),
            "rules.x.then.add_to: invalid group 'My friends': write up to 64 small letters, digits, '-' and '_', a letter or a digit first",
        ),
        (
            rule("then = { add_to = 'friends', take_from = 'friends' }"),
            "rules.x.then.take_from: the number is added to the same group: leave one of them out",
        ),
        (
            rule("when = { event = 'timer', at = ['09:00'] }\nthen.add_to = 'friends'"),
            "rules.x.then.add_to: the event 'timer' has nobody who could be in a group: leave it out",
        ),
        (
            rule("then.url = 'https://x.example/'"),
            "rules.x.then.url: the account 'shop' has no webhook: declare it: its secret signs what is posted to URLs of rules",
        ),
        (
            "[rules.x]\naccount = 'news'\nthen.url = 'http://x.example/'".to_owned(),
            "rules.x.then.url: anybody on the way can read what http carries: write https, or allow it with `webhook.allow_http`",
        ),
        (
            rule("then = { reply = 'x', choices = [{ answer = '1', go_to = 'y' }] }"),
            "rules.x.then.choices[0].go_to: there is no rule 'y': did you mean 'x'?",
        ),
        (
            rule("then.reply = 'x'\n[rules.y]\naccount = 'shop'\nthen.reply = 'y'"),
            "rules.y.order: the rule 'x' takes every text too: give one of them a lower order, or stop = false",
        ),
        (
            rule("when.event = 'called'\nthen = { forward_to = ['+447700900123'], text = 'x' }"),
            "rules.x.token: the token is missing",
        ),
    ]);
}

#[test]
fn a_menu_says_what_follows_without_an_answer() {
    let menu = |timed_out: &str| {
        let choices = "choices = [{ answer = '1', reply = 'x' }]";
        rule(&format!("then = {{ reply = '1?', {choices}, timed_out = {timed_out} }}"))
    };
    let rules = read(&menu("{ forward_to = ['+447700900123'], tags = ['silent'] }")).unwrap().rules;
    let read = rules.automation.named("x").unwrap();
    let timed_out = read.then.choices.as_ref().unwrap().timed_out.as_ref().unwrap();
    assert_eq!(timed_out.text.as_ref().unwrap().source(), "{{ from }} has not answered");
    assert_eq!((&*timed_out.send_to[0], &*timed_out.tags[0]), ("+447700900123", "silent"));
    assert!(rules.automation.times_out(read.id));
    let at = "rules.x.then.timed_out";
    let mistakes = [
        ("{}", format!("{at}: nothing is done: write reply, forward_to, webhook, tags, add_to or take_from")),
        (
            "{ text = 'x', tags = ['a'] }",
            format!("{at}.text: nobody is told: write forward_to, or leave it out"),
        ),
        ("{ reply = '{{ frm }}' }", format!("{at}.reply: nothing is called 'frm'")),
        ("{ webhook = true }", format!("{at}.webhook: the account 'shop' has no webhook: declare it")),
        (
            "{ forward_to = ['x'] }",
            format!(
                "{at}.forward_to[0]: 'x' (U+0078) is a letter: write the number in digits, such as +447700900123"
            ),
        ),
    ];
    for (timed_out, mistake) in mistakes {
        check(&[(menu(timed_out), &mistake)]);
    }
    check(&[(
        rule("then = { reply = 'x', timed_out = { tags = ['a'] } }"),
        "rules.x.then.timed_out: there are no choices: write choices, or leave it out",
    )]);
}

#[test]
fn a_chat_is_told_a_text_and_needs_no_webhook() {
    for (then, form) in [
        ("form = 'slack'", UrlForm::Slack),
        ("form = 'teams'", UrlForm::Teams),
        ("form = 'text'", UrlForm::Text),
        ("form = 'telegram', chat = '-1001234'", UrlForm::Telegram { chat: "-1001234".into() }),
        ("form = 'telegram', chat = '@shop_desk'", UrlForm::Telegram { chat: "@shop_desk".into() }),
    ] {
        let rules = read(&rule(&format!("then = {{ url = 'https://x.example/', {then} }}"))).unwrap().rules;
        let read = rules.automation.named("x").unwrap();
        assert_eq!(read.then.form, form);
        assert_eq!(read.then.text.as_ref().unwrap().source(), "{{ from }}: {{ text }}");
    }
    let to_chat = "then = { url = 'https://x.example/', form = 'telegram'";
    check(&[
        (
            rule(&format!("{to_chat} }}")),
            "rules.x.then.chat: the chat is missing: write its number, or the name of a channel with '@'",
        ),
        (
            rule(&format!("{to_chat}, chat = 'desk' }}")),
            "rules.x.then.chat: invalid chat 'desk': write a number such as -1001234567890, or a name such as @channel",
        ),
        (
            rule("then = { url = 'https://x.example/', form = 'slack', chat = '@a' }"),
            "rules.x.then.chat: only a bot of Telegram has chats: write form = \"telegram\", or leave it out",
        ),
        (
            rule("then = { reply = 'x', form = 'slack' }"),
            "rules.x.then.form: there is no URL: write url, or leave it out",
        ),
        (
            rule("when.event = 'link_down'\nthen = { url = 'https://x.example/', form = 'slack' }"),
            "rules.x.then.text: the text is missing: write what is sent",
        ),
        (
            rule("then = { url = 'http://x.example/', form = 'slack' }"),
            "rules.x.then.url: anybody on the way can read what http carries: write https, or allow it with `webhook.allow_http`",
        ),
    ]);
}

#[test]
fn what_a_rule_names_stays_declared() {
    use crate::rules::unnamed;
    use crate::{AccountDocument, NumberDocument};
    let set = read("[rules.x]\naccount = 'shop'\nwhen.numbers = ['60006']\nthen.reply = 'x'").unwrap().set;
    assert!(unnamed::<NumberDocument>("60006", &set).is_err());
    assert!(unnamed::<NumberDocument>("70007", &set).is_ok());
    assert!(unnamed::<AccountDocument>("shop", &set).unwrap_err().contains("the number '60006'"));
}

#[test]
fn words_that_the_gateway_acts_on_are_keywords_of_nothing_else() {
    check(&[
        (
            rule("when.keywords = ['Sign-up', 'Opt-Out']\nthen.reply = 'x'"),
            "rules.x.when.keywords[1]: 'Opt-Out' is a word for STOP, on which the gateway acts itself: write another word, or set \
             `stop` of the number to 'nothing'",
        ),
        (
            rule(
                "when.keywords = ['m']\nthen = { reply = 'x', choices = [{ answer = 'Info', reply = 'x' }] }",
            ),
            "rules.x.then.choices[0].answer: 'info' is a word for HELP, on which the gateway acts itself: write another word, or set \
             `stop` of the number to 'nothing'",
        ),
        (
            "[numbers.5]\nkeywords = { alta = 'shop' }".to_owned(),
            "numbers.5.keywords.alta: 'alta' is a word for START, on which the gateway acts itself: write another word, or set \
             `stop` of the number to 'nothing'",
        ),
    ]);
    let plain = "[numbers.5]\naccount = 'shop'\nstop = 'nothing'\nkeywords = { stop = 'desk' }\n";
    let named = rule("when = { keywords = ['stop'], numbers = ['5'] }\nthen.reply = 'x'");
    assert!(read(&format!("{plain}{named}")).is_ok());
    // One of the account's numbers passes the word on.
    let unnamed = rule("when.keywords = ['stop']\nthen.reply = 'x'");
    assert!(read(&format!("{plain}{unnamed}")).is_ok());
}

#[test]
fn a_rule_that_never_acts_is_a_mistake() {
    let first = "[rules.first]\naccount = 'shop'\norder = 10\n";
    let later = "[rules.later]\naccount = 'shop'\n";
    let mistake = "rules.later.order: the rule 'later' never acts: 'first' goes before it, and takes all that it waits for: \
                   give it a lower order, or the other one stop = false";
    for (conditions, others, is_mistake) in [
        ("", "when.keywords = ['a']", true),
        ("when.keywords = ['a', 'b']", "when = { keywords = ['a'], numbers = ['60006'] }", true),
        ("when.keywords = ['a']", "when.keywords = ['a', 'b']", false),
        ("when.first_contact = true", "when.keywords = ['a']", false),
        ("when.may_ask_to_stop = true", "when.keywords = ['a']", false),
        ("when.hours = ['09:00-17:00']", "when.keywords = ['a']", false),
        ("when.senders = ['+44']", "when.senders = ['+4477']", true),
        ("when.senders = ['+4477']", "when.senders = ['+44']", false),
        ("when.event = 'failed'", "when.event = 'failed'", true),
        ("when.event = 'failed'", "when.event = 'delivered'", false),
        ("then.stop = false", "when.keywords = ['a']", false),
    ] {
        let text = format!("{first}{conditions}\nthen.reply = 'x'\n{later}{others}\nthen.reply = 'y'");
        let expected = if is_mistake { vec![mistake.to_owned()] } else { Vec::new() };
        assert_eq!(read(&text).map(drop).err().unwrap_or_default(), expected, "{conditions} | {others}");
    }
    let menu = format!(
        "{first}then = {{ reply = 'x', choices = [{{ answer = '1', go_to = 'later' }}] }}\n\
         {later}when.keywords = ['a']\nthen = {{ reply = 'y', choices = [{{ answer = '1', reply = 'z' }}] }}"
    );
    assert!(read(&menu).is_ok(), "an answer of the menu leads there");
    check(&[(
        rule(
            "when.event = 'delivered'\nthen.reply = 'x'\n[rules.y]\naccount = 'shop'\nwhen.event = 'delivered'\nthen.reply = 'y'",
        ),
        "rules.y.order: the rule 'x' waits for the same event: give one of them a lower order, or stop = false",
    )]);
}

#[test]
fn rules_have_groups_a_url_and_every_event() {
    let rules = read(
        "[rules.join]\naccount = 'news'\nwhen.keywords = ['join']\n\
         then = { add_to = 'readers', take_from = 'others', url = 'https://crm.example/joined', reply = '1 daily', \
         choices = [{ answer = '1', add_to = 'daily' }] }\n\
         [rules.low]\naccount = 'news'\nwhen.event = 'balance_low'\nthen.webhook = true\n\
         [rules.up]\naccount = 'news'\nwhen = { event = 'link_up', upstreams = ['acme'], lasting = '2m' }\n\
         then = { forward_to = ['+447700900123'], text = '{{ upstream }} is up' }\n",
    )
    .unwrap()
    .rules;
    let named = |name| rules.automation.named(name).unwrap();
    let join = &named("join").then;
    assert_eq!(
        (join.groups.add_to.as_deref(), join.groups.take_from.as_deref()),
        (Some("readers"), Some("others"))
    );
    assert_eq!(join.choices.as_ref().unwrap().choices["1"].groups.add_to.as_deref(), Some("daily"));
    assert_eq!(rules.automation.with_url(), [named("join").id]);
    assert_eq!(named("low").when.trigger.word(), "balance_low");
    let up = named("up");
    assert!(rules.automation.by_clock().iter().any(|rule| rule.id == up.id));
}
