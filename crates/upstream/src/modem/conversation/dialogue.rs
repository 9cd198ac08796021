//! USSD: the balance on a schedule, people's requests, and what the network asks by itself.

use super::{Ack, Conversation, Phase, Sent};
use crate::modem::ussd::{self, ANSWER, Form};
use postrider_core::contract::Heard;
use postrider_core::stream::{OtherEvent, SIM_BALANCE_LOW};
use postrider_core::time::Time;
use postrider_core::ussd::{Page, Turn};
use postrider_link::carrier::{self, Request};
use postrider_wire::modem::Final;
use std::time::Instant;
use tokio::sync::oneshot;

/// The one dialogue that a modem may have.
#[derive(Debug)]
pub(super) struct Dialogue {
    asker: Asker,
    text: Box<str>,
    form: Form,
    /// When the network must have answered.
    due: Instant,
}

/// Who waits for the network's answer.
#[derive(Debug)]
enum Asker {
    /// The schedule of the balance.
    Schedule,
    /// Somebody.
    Person(oneshot::Sender<Result<Page, String>>),
}

impl Conversation {
    /// Asks for the balance when it is due, and gives up what the network doesn't answer.
    pub(super) fn check_dialogue(&mut self, now: Instant) {
        if self.dialogue.as_ref().is_some_and(|dialogue| dialogue.due <= now) {
            self.todo.push_back((ussd::hang_up(), Sent::Other));
            let patience = ANSWER.as_secs();
            self.end_dialogue(Err(format!("the network didn't answer within {patience} s")));
        }
        let Some(balance) = &self.settings.balance else { return };
        let is_due = self.memory.lock().balance_due.is_none_or(|due| due <= now);
        if is_due && self.dialogue.is_none() {
            self.memory.lock().balance_due = Some(now + balance.every.get());
            let code = balance.code.as_str().into();
            self.dial(code, Asker::Schedule, now);
        }
    }

    /// When to look after the dialogue, and the balance, again.
    pub(super) fn dialogue_deadline(&self) -> Option<Instant> {
        let schedule = self.settings.balance.is_some().then(|| self.memory.lock().balance_due).flatten();
        // While another dialogue is under way, the balance waits for its end.
        self.dialogue.as_ref().map(|dialogue| dialogue.due).or(schedule)
    }

    /// Makes somebody's request.
    pub(super) fn request(&mut self, request: Request, now: Instant) {
        self.dial(request.text, Asker::Person(request.answer), now);
    }

    fn dial(&mut self, text: Box<str>, asker: Asker, now: Instant) {
        let form = self.memory.lock().ussd_form;
        self.dialogue = Some(Dialogue { asker, text, form, due: now + ANSWER });
        self.write_dialled(form);
    }

    fn write_dialled(&mut self, form: Form) {
        let Some(dialogue) = &mut self.dialogue else { return };
        dialogue.form = form;
        match ussd::dial(&dialogue.text, form) {
            Ok(command) => self.todo.push_back((command, Sent::Dial)),
            Err(why) => self.end_dialogue(Err(why)),
        }
    }

    /// The modem took what was dialled, or not. Some modems want it in another form.
    pub(super) fn dialled(&mut self, result: &Final) {
        let Some(dialogue) = &self.dialogue else { return };
        match (result.is_ok(), dialogue.form) {
            (true, form) => self.memory.lock().ussd_form = form,
            (false, Form::Plain) => self.write_dialled(Form::Packed),
            (false, Form::Packed) => self.end_dialogue(Err(format!("the modem refused it ({result})"))),
        }
    }

    /// The network says something by USSD; `state` is that of 3GPP TS 27.007, 7.15.
    pub(super) fn network_says(&mut self, state: u8, text: &str, coding: Option<u8>) {
        let text: Box<str> = ussd::read(text, coding).into();
        if self.dialogue.is_some() {
            return self.end_dialogue(match state {
                0 | 2 => Ok(Page { text, goes_on: false }),
                1 => Ok(Page { text, goes_on: true }),
                3 => Err("another terminal has answered".to_owned()),
                4 => Err("the network doesn't do that".to_owned()),
                _ => Err("the network gave up".to_owned()),
            });
        }
        let was_open = std::mem::replace(&mut self.is_asked, state == 1);
        match state {
            1 if self.hangs_up || !matches!(self.phase, Phase::Up(_)) => {
                self.todo.push_back((ussd::hang_up(), Sent::Other));
                (self.is_asked, self.hangs_up) = (false, false);
            }
            1 => {
                let code = self.found.number.clone();
                let turn = Turn { session: "sim".into(), from: "".into(), code, text, is_first: !was_open };
                self.told.push_back(carrier::Event::Dialled { dialogue: 0, turn });
            }
            // Nothing is expected: it tells something, or ends.
            _ => self.hangs_up = false,
        }
    }

    /// Answers the network as a menu says, or hangs up.
    pub(super) fn answer_network(&mut self, page: Option<Page>) {
        let command = match &page {
            Some(page) => ussd::dial(&page.text, self.memory.lock().ussd_form).ok(),
            None => None,
        };
        match command {
            Some(command) => {
                self.hangs_up = page.is_some_and(|page| !page.goes_on);
                self.todo.push_back((command, Sent::Other));
            }
            None => {
                (self.is_asked, self.hangs_up) = (false, false);
                self.todo.push_back((ussd::hang_up(), Sent::Other));
            }
        }
    }

    /// Ends the dialogue; whoever asked is told.
    fn end_dialogue(&mut self, answer: Result<Page, String>) {
        let Some(dialogue) = self.dialogue.take() else { return };
        match (dialogue.asker, answer) {
            (Asker::Person(person), answer) => {
                if let Ok(page) = &answer {
                    self.find_balance(&dialogue.text, &page.text);
                }
                // Somebody who went away needs no answer.
                let _ = person.send(answer);
            }
            (Asker::Schedule, Ok(page)) => {
                if page.goes_on {
                    self.todo.push_back((ussd::hang_up(), Sent::Other));
                }
                self.find_balance(&dialogue.text, &page.text);
            }
            (Asker::Schedule, Err(why)) => {
                let (upstream, device) = (&*self.settings.name, self.settings.device.text());
                tracing::warn!(upstream, device, %why, "the balance of the SIM can't be asked for");
            }
        }
    }

    /// Looks for the balance in the answer to its code.
    fn find_balance(&mut self, code: &str, text: &str) {
        let Some(balance) = self.settings.balance.as_ref().filter(|balance| balance.code == code) else {
            return;
        };
        let (upstream, device) = (&*self.settings.name, self.settings.device.text());
        let amount = balance.pattern.find(text);
        self.ussd.balance(self.settings.index, text, amount);
        let Some(amount) = amount else {
            tracing::warn!(
                upstream,
                device,
                text,
                "'balance.pattern' finds no amount in the network's answer"
            );
            return;
        };
        self.gauges.balance(amount);
        let is_low = balance.low.is_some_and(|low| amount < low);
        let was_low = std::mem::replace(&mut self.memory.lock().is_balance_low, is_low);
        if is_low && !was_low {
            let low = balance.low.unwrap_or_default();
            tracing::warn!(upstream, device, amount, low, "the balance of the SIM is low: top it up");
            let facts = [
                ("upstream", upstream.to_owned()),
                ("device", device.to_owned()),
                ("balance", amount.to_string()),
                ("low", low.to_string()),
            ];
            let facts = facts.map(|(name, value)| (name.to_owned().into(), value.into()));
            let event =
                OtherEvent { kind: SIM_BALANCE_LOW.into(), account: None, at: Time(0), facts: facts.into() };
            self.told
                .push_back(carrier::Event::Brought { heard: Some(Heard::Event(event)), ack: Ack::Nothing });
        }
    }
}
