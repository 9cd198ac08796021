//! Reads the actions of a rule.

use super::{Reading, check_name};
use crate::check_url;
use crate::endpoint::Endpoints;
use crate::mistake::Notes;
use crate::rule::{ChoiceDocument, EventWord, FormWord, RuleDocument, ThenDocument, TimedOutDocument};
use crate::rules::requests::check_word;
use postrider_core::automation::{
    Choice, Choices, GroupChanges, RuleId, Template, Then, TimedOut, UrlForm, fold,
};
use postrider_core::number::Number;
use std::collections::BTreeMap;

/// The longest tag, in characters.
const TAG_MAX: usize = 32;
/// The longest purpose of messages, in characters.
const PURPOSE_MAX: usize = 64;
/// What is forwarded where nothing else is said.
const FORWARDED: &str = "{{ from }}: {{ text }}";
/// What is told of a sender who has not answered, where nothing else is said.
const NOT_ANSWERED: &str = "{{ from }} has not answered";

impl Reading<'_> {
    pub(super) fn then(&self) -> Then {
        let notes = self.notes.key("then");
        let then = &self.document.then;
        check_absent(then, &notes);
        self.check_needs(&notes);
        Then {
            reply: self.template(then.reply.as_deref(), &notes.key("reply")),
            send_to: send_to(&then.forward_to, &notes),
            text: self.forwarded(&notes),
            from: then.from.as_ref().map(|from| from.to_string().into()),
            webhook: then.webhook,
            url: self.url(&notes.key("url")),
            form: self.form(&notes),
            groups: groups(then.add_to.as_deref(), then.take_from.as_deref(), &notes),
            cancel_scheduled: then.cancel_scheduled,
            consent: purpose(then.consent.as_deref(), &notes),
            tags: tags(&then.tags, &notes.key("tags")),
            after: then.later.get(),
            cancel_on_reply: then.cancel_on_reply,
            choices: self.choices(&notes),
            stop: then.stop,
        }
    }

    /// Notes what the event, or the account, can't give.
    fn check_needs(&self, notes: &Notes<'_>) {
        let (then, event) = (&self.document.then, self.document.when.event);
        let changes_groups = then.add_to.is_some() || then.take_from.is_some();
        let changes = changes_groups || then.cancel_scheduled || then.consent.is_some();
        let tells = then.reply.is_some() || !then.forward_to.is_empty() || then.webhook || then.url.is_some();
        if !tells && !changes && then.tags.is_empty() && then.choices.is_empty() {
            let help = "write reply, forward_to, webhook, url, tags, add_to, take_from, cancel_scheduled, consent or choices";
            notes.wrong("the rule does nothing", help);
        }
        let has_other_side = matches!(event, EventWord::Received | EventWord::Delivered | EventWord::Failed);
        if then.reply.is_some() && !has_other_side {
            let what = format!("the event '{}' has nobody to reply to", event.word());
            notes.key("reply").wrong(what, "write forward_to and text");
        }
        for (key, group) in [("add_to", &then.add_to), ("take_from", &then.take_from)] {
            if group.is_some() && !has_other_side {
                let what = format!("the event '{}' has nobody who could be in a group", event.word());
                notes.key(key).wrong(what, "leave it out");
            }
        }
        if then.cancel_scheduled && !has_other_side {
            let what = format!("the event '{}' has nobody whose messages could be canceled", event.word());
            notes.key("cancel_scheduled").wrong(what, "leave it out");
        }
        if then.cancel_on_reply && then.later.get().is_zero() {
            notes.key("cancel_on_reply").wrong("nothing goes out later", "write later, or leave it out");
        }
        let of_received = [
            ("tags", !then.tags.is_empty()),
            ("choices", !then.choices.is_empty()),
            ("consent", then.consent.is_some()),
        ];
        for (key, is_given) in of_received {
            if is_given && event != EventWord::Received {
                let what = format!("the event '{}' has no message from a handset", event.word());
                notes.key(key).wrong(what, "leave it out");
            }
        }
        self.check_webhook(notes);
        self.check_choices(notes);
    }

    /// Notes a webhook that the account hasn't.
    fn check_webhook(&self, notes: &Notes<'_>) {
        let then = &self.document.then;
        if then.webhook {
            self.check_has_webhook(&notes.key("webhook"), "declare it");
        }
        if then.url.is_some() && then.form == FormWord::Event {
            let help = "declare it: its secret signs what is posted to URLs of rules";
            self.check_has_webhook(&notes.key("url"), help);
        }
    }

    fn check_has_webhook(&self, notes: &Notes<'_>, help: &str) {
        let name = &self.document.account;
        let account = self.set.accounts.get(name);
        if account.is_some_and(|account| account.document.webhook.is_none()) {
            notes.wrong(format_args!("the account '{name}' has no webhook"), help);
        }
    }

    fn check_choices(&self, notes: &Notes<'_>) {
        let then = &self.document.then;
        let of_choices = [
            ("otherwise", then.otherwise.is_some()),
            ("poll", then.poll),
            ("again", then.again.is_some()),
            ("timed_out", then.timed_out.is_some()),
        ];
        for (key, is_given) in of_choices {
            if is_given && then.choices.is_empty() {
                notes.key(key).wrong("there are no choices", "write choices, or leave it out");
            }
        }
        if then.again.is_some() && !then.poll {
            notes.key("again").wrong("only a poll is answered once", "write poll = true, or leave it out");
        }
    }

    /// The form in which the rule's own URL is told.
    fn form(&self, notes: &Notes<'_>) -> UrlForm {
        let then = &self.document.then;
        if then.form != FormWord::Event && then.url.is_none() {
            notes.key("form").wrong("there is no URL", "write url, or leave it out");
        }
        if then.form != FormWord::Telegram && then.chat.is_some() {
            notes
                .key("chat")
                .wrong("only a bot of Telegram has chats", "write form = \"telegram\", or leave it out");
        }
        match then.form {
            FormWord::Event => UrlForm::Event,
            FormWord::Text => UrlForm::Text,
            FormWord::Slack => UrlForm::Slack,
            FormWord::Teams => UrlForm::Teams,
            FormWord::Telegram => UrlForm::Telegram { chat: chat(then.chat.as_deref(), &notes.key("chat")) },
        }
    }

    /// The rule's own URL, to which the account's webhook allows to post.
    fn url(&self, notes: &Notes<'_>) -> Option<Box<str>> {
        let url = self.document.then.url.as_deref()?;
        let account = self.set.accounts.get(&self.document.account);
        let webhook = account.and_then(|account| account.document.webhook.as_ref());
        let may = match webhook {
            Some(webhook) => {
                Endpoints { allow_http: webhook.allow_http, allow_private: webhook.allow_private }
            }
            None if self.document.then.form == FormWord::Event => Endpoints::ANY,
            // A chat needs no webhook, and is held to what one without exceptions may.
            None => Endpoints { allow_http: false, allow_private: false },
        };
        notes.take(check_url(url).and_then(|()| may.check(url)));
        Some(url.into())
    }

    fn template(&self, text: Option<&str>, notes: &Notes<'_>) -> Option<Template> {
        notes.take(Template::parse(text?, self.trigger().variables()))
    }

    fn forwarded(&self, notes: &Notes<'_>) -> Option<Template> {
        let (then, notes) = (&self.document.then, notes.key("text"));
        match &then.text {
            Some(text) => self.template(Some(text), &notes),
            None if then.forward_to.is_empty() && then.form == FormWord::Event => None,
            None if self.document.when.event == EventWord::Received => self.template(Some(FORWARDED), &notes),
            None => {
                notes.wrong("the text is missing", "write what is sent");
                None
            }
        }
    }

    fn choices(&self, notes: &Notes<'_>) -> Option<Choices> {
        let then = &self.document.then;
        if then.choices.is_empty() {
            return None;
        }
        if then.reply.is_none() {
            notes.key("reply").wrong("choices need a reply that asks for them", "write reply");
        }
        let mut choices = BTreeMap::new();
        for (index, document) in then.choices.iter().enumerate() {
            let (notes, list) = (notes.key("choices"), index);
            let notes = notes.index(list);
            let choice = self.choice(document, &notes);
            let answer = fold(&document.answer).filter(|_| document.answer.split_whitespace().count() == 1);
            let answers = notes.key("answer");
            match answer {
                None => answers.wrong(
                    format_args!("invalid answer '{}'", document.answer),
                    "write one word with a letter or a digit in it",
                ),
                Some(answer) => {
                    if self.takes_requests() {
                        check_word(&answer, &answers);
                    }
                    if choices.insert(answer, choice).is_some() {
                        answers.wrong("it is given twice", "");
                    }
                }
            }
        }
        Some(Choices {
            choices,
            wait: then.wait.get(),
            otherwise: self.template(then.otherwise.as_deref(), &notes.key("otherwise")),
            poll: then.poll,
            again: self.template(then.again.as_deref(), &notes.key("again")),
            timed_out: then.timed_out.as_ref().map(|it| self.timed_out(it, &notes.key("timed_out"))),
        })
    }

    /// What is done if no answer comes.
    fn timed_out(&self, document: &TimedOutDocument, notes: &Notes<'_>) -> TimedOut {
        let TimedOutDocument { reply, forward_to, text, webhook, tags: words, add_to, take_from } = document;
        let changes_groups = add_to.is_some() || take_from.is_some();
        if reply.is_none() && forward_to.is_empty() && !webhook && words.is_empty() && !changes_groups {
            notes.wrong("nothing is done", "write reply, forward_to, webhook, tags, add_to or take_from");
        }
        if text.is_some() && forward_to.is_empty() {
            notes.key("text").wrong("nobody is told", "write forward_to, or leave it out");
        }
        if *webhook {
            self.check_has_webhook(&notes.key("webhook"), "declare it");
        }
        TimedOut {
            reply: self.template(reply.as_deref(), &notes.key("reply")),
            send_to: send_to(forward_to, notes),
            text: self.template(text.as_deref().or(Some(NOT_ANSWERED)), &notes.key("text")),
            webhook: *webhook,
            tags: tags(words, &notes.key("tags")),
            groups: groups(add_to.as_deref(), take_from.as_deref(), notes),
        }
    }

    fn choice(&self, document: &ChoiceDocument, notes: &Notes<'_>) -> Choice {
        Choice {
            reply: self.template(document.reply.as_deref(), &notes.key("reply")),
            go_to: document.go_to.as_deref().map(|name| self.menu(name, &notes.key("go_to"))),
            tags: tags(&document.tags, &notes.key("tags")),
            groups: groups(document.add_to.as_deref(), document.take_from.as_deref(), notes),
            cancel_scheduled: document.cancel_scheduled,
            consent: purpose(document.consent.as_deref(), notes),
        }
    }

    /// The menu that a choice leads to.
    fn menu(&self, name: &str, notes: &Notes<'_>) -> RuleId {
        match self.set.rules.get(name).map(|entry| &entry.document) {
            None => check_name("rule", name, false, self.set.rules.keys().map(String::as_str), notes),
            Some(rule) if rule.account != self.document.account => {
                notes.wrong(format_args!("the rule '{name}' is another account's"), "");
            }
            Some(rule) if rule.then.choices.is_empty() => {
                notes.wrong(format_args!("the rule '{name}' has no choices"), "name one that has");
            }
            Some(_) => {}
        }
        RuleId(self.ids.get::<RuleDocument>(name))
    }
}

/// Notes actions that nothing here can do yet.
fn check_absent(then: &ThenDocument, notes: &Notes<'_>) {
    if then.mail.is_some() {
        notes.key("mail").wrong("Postrider sends no mail yet", "write webhook or forward_to");
    }
}

/// A chat of Telegram: a number, negative for a group, or the name of a channel.
fn chat(chat: Option<&str>, notes: &Notes<'_>) -> Box<str> {
    let Some(chat) = chat.map(str::trim) else {
        notes.wrong("the chat is missing", "write its number, or the name of a channel with '@'");
        return Box::default();
    };
    let is_number = chat.strip_prefix('-').unwrap_or(chat).bytes().all(|b| b.is_ascii_digit());
    let is_name = chat
        .strip_prefix('@')
        .is_some_and(|name| name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'));
    if !(2..=64).contains(&chat.len()) || !(is_number || is_name) {
        notes.wrong(
            format_args!("invalid chat '{chat}'"),
            "write a number such as -1001234567890, or a name such as @channel",
        );
    }
    chat.into()
}

/// The groups that a number is added to and taken from.
fn groups(add_to: Option<&str>, take_from: Option<&str>, notes: &Notes<'_>) -> GroupChanges {
    for (key, group) in [("add_to", add_to), ("take_from", take_from)] {
        if let Some(group) = group.filter(|group| !is_group(group)) {
            let help = "write up to 64 small letters, digits, '-' and '_', a letter or a digit first";
            notes.key(key).wrong(format_args!("invalid group '{group}'"), help);
        }
    }
    if add_to.is_some() && add_to == take_from {
        notes.key("take_from").wrong("the number is added to the same group", "leave one of them out");
    }
    GroupChanges { add_to: add_to.map(Into::into), take_from: take_from.map(Into::into) }
}

/// The purpose of messages to which somebody consents.
fn purpose(purpose: Option<&str>, notes: &Notes<'_>) -> Option<Box<str>> {
    let purpose = purpose?.trim();
    if purpose.is_empty() || purpose.chars().count() > PURPOSE_MAX {
        let what = format!("invalid purpose '{purpose}'");
        notes
            .key("consent")
            .wrong(what, format_args!("write 1 to {PURPOSE_MAX} characters, such as marketing"));
    }
    Some(purpose.to_lowercase().into())
}

/// Whether a group of contacts may have this name.
fn is_group(name: &str) -> bool {
    let is_sign = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    (1..=64).contains(&name.len()) && name.chars().all(is_sign) && !name.starts_with(['-', '_'])
}

fn send_to(numbers: &[String], notes: &Notes<'_>) -> Vec<Box<str>> {
    let notes = notes.key("forward_to");
    let number = |(index, text): (usize, &String)| {
        let number = notes.index(index).take(Number::parse_recipient(text))?;
        Some(number.to_string().into())
    };
    numbers.iter().enumerate().filter_map(number).collect()
}

fn tags(tags: &[String], notes: &Notes<'_>) -> Vec<Box<str>> {
    for (index, tag) in tags.iter().enumerate() {
        let length = tag.chars().count();
        if length == 0 || length > TAG_MAX || tag.chars().any(char::is_control) {
            notes.index(index).wrong("invalid tag", format_args!("write 1 to {TAG_MAX} characters"));
        }
    }
    tags.iter().map(|tag| tag.as_str().into()).collect()
}
