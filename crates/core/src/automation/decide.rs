//! The decision: which rules an occasion sets off, what they do, and why.

mod answer;
mod matching;
mod reason;
#[cfg(test)]
mod tests;
mod timing_out;

pub use reason::{Considered, Reason};
pub use timing_out::time_out;

use crate::account::AccountId;
use crate::automation::occasion::Values;
use crate::automation::{GroupChanges, Memory, Occasion, Rule, RuleId, Template, WrongTemplate};
use crate::inbound::Received;
use crate::number::Number;
use crate::rules::Rules;
use crate::sender::Sender;
use crate::time::Time;
use matching::Meant;
use std::sync::Arc;
use std::time::Duration;

/// Something to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// A message is sent.
    Send(Sending),
    /// The account's webhook is told of what happened.
    Webhook,
    /// The rule's own URL is told of what happened.
    Post(RuleId),
    /// The message is marked with a word.
    Tag(Box<str>),
    /// A number is added to a group of contacts, or taken out.
    Group(Membership),
    /// The account's messages to a number that wait for a later time are canceled.
    CancelScheduled(Number),
    /// A number consents to messages.
    Consent(Agreement),
}

/// A number that is to be in a group of contacts, or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership {
    /// The number.
    pub number: Number,
    /// The group.
    pub group: Box<str>,
    /// Whether it is to be in it.
    pub is_member: bool,
}

/// A number's consent to messages of a purpose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agreement {
    /// The rule's name.
    pub rule: Box<str>,
    /// The number.
    pub number: Number,
    /// The purpose.
    pub purpose: Box<str>,
    /// The question that was answered, if a menu asked one.
    pub shown: Option<Box<str>>,
}

/// A message that a rule sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sending {
    /// The rule's name.
    pub rule: Box<str>,
    /// The recipient.
    pub to: Box<str>,
    /// The sender; `None` is the account's own.
    pub from: Option<Box<str>>,
    /// The text.
    pub text: Box<str>,
    /// How much later it goes out.
    pub after: Duration,
    /// Whether it is canceled if its recipient writes before.
    pub cancel_on_reply: bool,
}

/// The decision on an occasion.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Decision {
    /// What is to be done, in order.
    pub actions: Vec<Action>,
    /// The rules that were looked at, in order, and what was found.
    pub considered: Vec<Considered>,
    /// What rules remember from now on; of occasions without a sender it means nothing.
    pub memory: Memory,
}

/// Decides what an occasion sets off among the rules of an account.
#[must_use]
pub fn decide(
    rules: &Rules,
    account: AccountId,
    occasion: &Occasion<'_>,
    memory: &Memory,
    now: Time,
) -> Decision {
    let mut deciding = Deciding::new(rules, account, occasion, memory, now);
    deciding.run();
    deciding.decision.memory.is_known = true;
    deciding.decision
}

/// Decides what a rule does with a message that another rule's URL has answered to go on with this one. The conditions of the rule
/// don't matter.
#[must_use]
pub fn go_on(rules: &Rules, rule: &Arc<Rule>, received: &Received, memory: &Memory, now: Time) -> Decision {
    let occasion = Occasion::Received(received);
    let mut deciding = Deciding::new(rules, rule.account, &occasion, memory, now);
    deciding.silence = deciding.silence(received);
    let considered = Considered { rule: rule.name.clone(), acts: true, reason: Reason::GoneOn };
    deciding.decision.considered.push(considered);
    deciding.act_within_limit(rule);
    deciding.decision.memory.is_known = true;
    deciding.decision
}

/// The text that a rule's own URL is told of an occasion, where it is told in a form of text.
///
/// # Errors
/// A value is missing, or the text is too long.
pub fn posted_text(
    rules: &Rules,
    rule: &Rule,
    occasion: &Occasion<'_>,
    at: Time,
) -> Result<String, WrongTemplate> {
    let memory = Memory::default();
    let mut deciding = Deciding::new(rules, rule.account, occasion, &memory, at);
    deciding.set_time(rule);
    deciding.set_groups(rule);
    rule.then.text.as_ref().map_or_else(|| Ok(String::new()), |text| text.fill(&deciding.values))
}

/// A decision that is being made.
struct Deciding<'a> {
    rules: &'a Rules,
    account: AccountId,
    occasion: &'a Occasion<'a>,
    before: &'a Memory,
    now: Time,
    values: Values,
    /// Why rules send nothing, if they don't.
    silence: Option<Reason>,
    decision: Decision,
}

impl<'a> Deciding<'a> {
    fn new(
        rules: &'a Rules,
        account: AccountId,
        occasion: &'a Occasion<'a>,
        before: &'a Memory,
        now: Time,
    ) -> Self {
        let name = rules.account(account).map_or("", |account| &account.name);
        let decision = Decision { memory: before.clone(), ..Decision::default() };
        let values = occasion.values(name);
        Self { rules, account, occasion, before, now, values, silence: None, decision }
    }

    fn run(&mut self) {
        if let Occasion::Received(received) = self.occasion {
            let text = received.inbound.text().unwrap_or_default();
            self.decision.memory.sender.hear(text, self.now);
            self.silence = self.silence(received);
        }
        if self.is_answer() {
            return;
        }
        let automation = &self.rules.automation;
        let meant = Meant::of(automation.of(self.account), self.occasion.text());
        for rule in automation.of(self.account).iter().filter(|rule| self.occasion.is_for(rule)) {
            let (matches, reason) = self.matches(rule, &meant);
            if matches && rule.then.stop && reason == Reason::AnyText && self.asks_again() {
                return;
            }
            self.decision.considered.push(Considered { rule: rule.name.clone(), acts: matches, reason });
            if matches {
                self.act_within_limit(rule);
                if rule.then.stop {
                    return;
                }
            }
        }
        self.asks_again();
    }

    /// Why rules send nothing because of this message: it comes from a robot, or from ourselves.
    fn silence(&mut self, received: &Received) -> Option<Reason> {
        if received.inbound.from.understood.as_ref().is_some_and(|from| self.rules.numbers.has(from)) {
            return Some(Reason::OwnNumber);
        }
        self.decision.memory.sender.robot(self.now)
    }

    /// Acts for a rule that an occasion sets off, unless it did so often enough for this sender.
    fn act_within_limit(&mut self, rule: &Arc<Rule>) {
        if let (Some(limit), Occasion::Received(_)) = (rule.limit, self.occasion) {
            let memory = self.decision.memory.rules.entry(rule.id).or_default();
            if self.now.since(memory.since) >= limit.per {
                (memory.count, memory.since) = (0, self.now);
            }
            if memory.count >= limit.most {
                return self.note(rule, Reason::Limited);
            }
            memory.count += 1;
        }
        self.act(rule);
    }

    fn act(&mut self, rule: &Arc<Rule>) {
        self.set_time(rule);
        self.tag(&rule.then.tags);
        self.change_groups(rule, &rule.then.groups);
        self.cancel_scheduled(rule, rule.then.cancel_scheduled);
        self.consent(rule, rule.then.consent.as_deref(), None);
        if rule.then.webhook {
            self.decision.actions.push(Action::Webhook);
        }
        if rule.then.url.is_some() {
            self.decision.actions.push(Action::Post(rule.id));
        }
        self.forward(rule, &rule.then.send_to, rule.then.text.as_ref());
        if rule.then.choices.is_some() {
            self.ask(rule);
        } else if let Some(reply) = &rule.then.reply {
            self.reply(rule, reply);
        }
    }

    /// Sends a text to these numbers.
    fn forward(&mut self, rule: &Arc<Rule>, numbers: &[Box<str>], text: Option<&Template>) {
        let Some(text) = text else { return };
        let own = self.occasion.addresses().and_then(|(_, own)| own);
        let is_received = matches!(self.occasion, Occasion::Received(_));
        let from = rule.then.from.clone().or(own.filter(|_| is_received).map(Into::into));
        for to in numbers {
            self.send(rule, to, from.clone(), text);
        }
    }

    fn set_time(&mut self, rule: &Rule) {
        if let Some(hours) = &rule.when.hours {
            let (date, time) = hours.written(self.now);
            self.values.texts.insert("date", date.into());
            self.values.texts.insert("time", time.into());
        }
    }

    fn tag(&mut self, tags: &[Box<str>]) {
        self.decision.actions.extend(tags.iter().cloned().map(Action::Tag));
    }

    /// Adds the number of the other side to a group, or takes it out.
    fn change_groups(&mut self, rule: &Rule, groups: &GroupChanges) {
        for (group, is_member) in [(&groups.add_to, true), (&groups.take_from, false)] {
            match (group, self.occasion.other_number()) {
                (None, _) => {}
                (Some(group), Some(number)) => {
                    let change = Membership { number, group: group.clone(), is_member };
                    self.decision.actions.push(Action::Group(change));
                }
                (Some(_), None) => self.note(rule, Reason::NoNumber),
            }
        }
    }

    /// Cancels what waits for the number of the other side.
    fn cancel_scheduled(&mut self, rule: &Rule, is_wanted: bool) {
        match self.occasion.other_number() {
            _ if !is_wanted => {}
            Some(number) => self.decision.actions.push(Action::CancelScheduled(number)),
            None => self.note(rule, Reason::NoNumber),
        }
    }

    /// Records the consent of the number of the other side.
    fn consent(&mut self, rule: &Rule, purpose: Option<&str>, question: Option<&Template>) {
        match (purpose, self.occasion.other_number()) {
            (None, _) => {}
            (Some(purpose), Some(number)) => {
                let (rule, purpose) = (rule.name.clone(), purpose.into());
                let shown = question.map(|question| question.source().into());
                self.decision.actions.push(Action::Consent(Agreement { rule, number, purpose, shown }));
            }
            (Some(_), None) => self.note(rule, Reason::NoNumber),
        }
    }

    /// Replies to who wrote, from the number that was written to.
    fn reply(&mut self, rule: &Arc<Rule>, text: &Template) {
        if let Occasion::Received(received) = self.occasion
            && !matches!(received.inbound.from.understood, Some(Sender::Number(_) | Sender::Code(_)))
        {
            return self.note(rule, Reason::NoAddress);
        }
        if let Some((to, from)) = self.occasion.addresses() {
            self.send(rule, &to, from.map(Into::into), text);
        }
    }

    fn send(&mut self, rule: &Arc<Rule>, to: &str, from: Option<Box<str>>, text: &Template) {
        if let Some(reason) = self.silence.clone() {
            return self.note(rule, reason);
        }
        match text.fill(&self.values) {
            Err(wrong) => self.note(rule, Reason::Template(wrong)),
            // A condition may leave nothing to send.
            Ok(text) if text.trim().is_empty() => self.note(rule, Reason::Empty),
            Ok(text) => {
                let (after, cancel_on_reply) = (rule.then.after, rule.then.cancel_on_reply);
                let (rule, to, text) = (rule.name.clone(), to.into(), text.into());
                self.decision.memory.sender.sent += 1;
                let sending = Sending { rule, to, from, text, after, cancel_on_reply };
                self.decision.actions.push(Action::Send(sending));
            }
        }
    }

    /// Notes why something isn't done.
    fn note(&mut self, rule: &Rule, reason: Reason) {
        self.decision.considered.push(Considered { rule: rule.name.clone(), acts: false, reason });
    }
}
