//! Messages out, and the answers to them.

use super::{Conversation, Flight, Phase, Sent};
use crate::modem::answer;
use crate::modem::encode::{Encoded, submit};
use crate::modem::names::Recipient;
use postrider_core::delivery::PartOutcome;
use postrider_core::time::Time;
use postrider_link::carrier::{self, Part, Unsent};
use postrider_wire::modem::fields::{after, split};
use postrider_wire::modem::tpdu;
use postrider_wire::modem::{Cms, Command, Final};
use std::time::Instant;

/// The modem itself failed (3GPP TS 27.005, 3.2.5).
const MODEM_FAILURE: Final = Final::Cms(Cms(300));
/// As many messages in a row may fail by the modem's fault before it is started anew.
const FAILURES_MAX: u8 = 3;

impl Conversation {
    /// Writes a part.
    pub(super) fn submit(
        &mut self,
        part: &Part<'_, Encoded>,
        now: Instant,
        clock: Time,
    ) -> Result<(), Unsent> {
        let Part { token, delivery, encoded, number } = part;
        // A link asks for no other parts than there are.
        let Some(one) = encoded.parts.get(usize::from(*number)) else { return Err(Unsent::NotNow) };
        if !matches!(self.phase, Phase::Up(_)) || !self.todo.is_empty() {
            return Err(Unsent::NotNow);
        }
        let message = &delivery.message;
        let octets = submit(message, encoded, one, &self.settings, clock).write();
        let (digits, length) = tpdu::digits(&octets, self.settings.centre().as_ref());
        let command = Command::new(format!("AT+CMGS={length}"))
            .with_payload(digits)
            .expecting("+CMGS")
            .within(self.settings.timers.response_timeout.get());
        let flight = Flight { token: *token, to: message.to.digits(), at: clock };
        if self.session.request(command, Sent::Part(flight), now).is_none() {
            return Err(Unsent::NotNow);
        }
        self.is_in_flight = true;
        Ok(())
    }

    /// A part was answered.
    pub(super) fn answered(&mut self, flight: Flight, result: &Final, lines: &[Box<str>]) {
        self.is_in_flight = false;
        self.failures = if *result == MODEM_FAILURE { self.failures + 1 } else { 0 };
        let (outcome, status) = if result.is_ok() {
            let said = lines.iter().find_map(|line| after(line, "+CMGS"));
            let reference = said.and_then(|rest| split(rest).first()?.parse().ok());
            (PartOutcome::Accepted(reference.map(|reference| self.name(flight, reference))), "ok")
        } else {
            answer::refused(result, &self.settings.errors)
        };
        self.told.push_back(carrier::Event::Answered { token: flight.token, outcome, status, load: None });
        if self.failures >= FAILURES_MAX {
            self.give_up("the modem failed again and again");
        }
    }

    /// A part was not answered in time. One whose text was never asked for was not sent.
    pub(super) fn missed(&mut self, flight: Flight, serial: u32, written: bool) {
        self.is_in_flight = false;
        let token = flight.token;
        self.told.push_back(if written {
            self.given_up = Some(flight);
            carrier::Event::Unanswered { token, request: serial }
        } else {
            carrier::Event::Answered { token, outcome: PartOutcome::NotSent, status: "no_prompt", load: None }
        });
        self.call();
    }

    /// The answer to a part that was given up came after all.
    pub(super) fn late(&mut self, request: u32, reference: u8) {
        let Some(flight) = self.given_up.take() else { return };
        let reference = self.name(flight, reference);
        self.told.push_back(carrier::Event::Late { request, reference });
    }

    fn name(&self, flight: Flight, reference: u8) -> Box<str> {
        let settings = &self.settings;
        let to = Recipient::new(settings.device.text(), &flight.to.to_string(), settings.receipt_digits);
        self.memory.lock().names.give(to, reference, flight.at.0)
    }
}
