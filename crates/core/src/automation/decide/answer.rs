//! Answers to menus and polls.

use super::{Considered, Deciding, Reason};
use crate::automation::{Choice, Choices, Occasion, Rule, fold, keyword_and_rest};
use std::sync::Arc;

impl Deciding<'_> {
    /// The menu or poll that waits for the sender's answer.
    fn asked(&self) -> Option<(Arc<Rule>, Choices)> {
        let Occasion::Received(_) = self.occasion else { return None };
        let rule = self.rules.automation.rule(self.before.sender.menu(self.now)?)?;
        let choices = rule.then.choices.clone()?;
        (rule.account == self.account).then(|| (Arc::clone(rule), choices))
    }

    /// Takes the text for the answer that a menu or poll waits for; false if it is none.
    pub(super) fn is_answer(&mut self) -> bool {
        let Some((rule, choices)) = self.asked() else { return false };
        let word = self.occasion.text().and_then(keyword_and_rest).map(|(word, _)| word);
        let Some((word, choice)) = word.and_then(|word| choices.choices.get_key_value(&word)) else {
            return false;
        };
        self.answer(&rule, &choices, word, choice);
        true
    }

    /// Asks once more, where a menu or poll waits for another answer than came.
    pub(super) fn asks_again(&mut self) -> bool {
        let Some((rule, choices)) = self.asked() else { return false };
        let Some(otherwise) = &choices.otherwise else { return false };
        let considered = Considered { rule: rule.name.clone(), acts: true, reason: Reason::OtherAnswer };
        self.decision.considered.push(considered);
        self.set_time(&rule);
        self.reply(&rule, otherwise);
        true
    }

    /// Begins a menu or a poll: the answer may stand behind the keyword already.
    pub(super) fn ask(&mut self, rule: &Arc<Rule>) {
        let Some(choices) = &rule.then.choices else { return };
        let rest = self.occasion.text().and_then(keyword_and_rest).map_or("", |(_, rest)| rest);
        let word = rest.split_whitespace().next().and_then(fold);
        match word.and_then(|word| choices.choices.get_key_value(&word)) {
            Some((word, choice)) => self.answer(rule, choices, word, choice),
            None => self.wait_for_answer(rule, choices),
        }
    }

    fn wait_for_answer(&mut self, rule: &Arc<Rule>, choices: &Choices) {
        self.decision.memory.sender.menu = Some((rule.id, self.now + choices.wait));
        if let Some(reply) = &rule.then.reply {
            self.reply(rule, reply);
        }
    }

    fn answer(&mut self, rule: &Arc<Rule>, choices: &Choices, word: &str, choice: &Choice) {
        let reason = Reason::Answer(word.into());
        self.decision.considered.push(Considered { rule: rule.name.clone(), acts: true, reason });
        self.set_time(rule);
        self.values.texts.insert("choice", word.into());
        self.decision.memory.sender.menu = None;
        if choices.poll && !self.vote(rule, choices, word) {
            return;
        }
        self.tag(&choice.tags);
        self.change_groups(rule, &choice.groups);
        self.cancel_scheduled(rule, choice.cancel_scheduled);
        self.consent(rule, choice.consent.as_deref(), rule.then.reply.as_ref());
        if let Some(reply) = &choice.reply {
            self.reply(rule, reply);
        }
        if let Some(next) = choice.go_to.and_then(|next| self.rules.automation.rule(next)).map(Arc::clone)
            && let Some(choices) = &next.then.choices
        {
            self.wait_for_answer(&next, choices);
        }
    }

    /// Counts an answer to a poll; false if the sender answered before, and is told so.
    fn vote(&mut self, rule: &Arc<Rule>, choices: &Choices, word: &str) -> bool {
        let memory = self.decision.memory.rules.entry(rule.id).or_default();
        if let (Some(_), Some(again)) = (&memory.choice, &choices.again) {
            self.reply(rule, again);
            return false;
        }
        memory.choice = Some(word.into());
        true
    }
}
