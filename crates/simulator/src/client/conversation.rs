//! A client's conversation over one or several connections: its progress, and its next step.

use super::piece::{Piece, pieces};
use super::report::{Report, Sent};
use super::settings::{Errand, Response, Settings};
use crate::twist;
use postrider_wire::smpp::pdu::{
    Bind, CancelSm, DataSmResp, DeliverSmResp, QuerySm, ReplaceSm, SubmitSm, UnbindResp,
};
use postrider_wire::smpp::receipt::{self, narrow};
use postrider_wire::smpp::{
    Address, Command, Event, Pdu, Reason, RequestError, Session, State, Status, Tlvs,
};
use std::time::Instant;

/// The token of a request.
#[derive(Clone, Copy, Debug)]
pub(super) enum Token {
    Bind,
    Piece(usize),
    Errand(Command),
}

/// The step that follows an event, once its borrow has ended.
enum Step {
    Nothing,
    Respond { sequence: u32, command: Command },
    Unbind { sequence: u32 },
    Close(String),
}

#[derive(Debug)]
pub(super) struct Conversation {
    settings: Settings,
    pieces: Vec<Piece>,
    report: Report,
    /// The piece that is sent next.
    next: usize,
    /// Deliveries that came so far.
    deliveries: usize,
    errands_sent: usize,
    has_hung_up: bool,
    /// Whether there is nothing left to say.
    is_over: bool,
}

impl Conversation {
    pub(super) fn new(settings: Settings) -> Self {
        let pieces = pieces(&settings);
        let sent = pieces.iter().map(|piece| Sent { text: piece.text, ..Sent::default() }).collect();
        Self {
            settings,
            pieces,
            report: Report { sent, ..Report::default() },
            next: 0,
            deliveries: 0,
            errands_sent: 0,
            has_hung_up: false,
            is_over: false,
        }
    }

    pub(super) fn settings(&self) -> &Settings {
        &self.settings
    }

    pub(super) fn is_over(&self) -> bool {
        self.is_over
    }

    pub(super) fn report(self) -> Report {
        self.report
    }

    /// Binds on a new connection.
    pub(super) fn begin(&mut self, session: &mut Session<Token>, now: Instant) {
        let settings = &self.settings;
        let bind = Bind {
            system_type: settings.system_type.as_bytes(),
            interface_version: settings.version,
            address_range: settings.address_range.as_bytes(),
            ..Bind::new(settings.mode, settings.system_id.as_bytes(), settings.password.as_bytes())
        };
        match session.request(&bind, Token::Bind, now) {
            // The session is told what it would hear later, so that it lets requests through now.
            Ok(sequence) if settings.hurried => {
                let command = Command(settings.mode.command().0 | Command::GENERIC_NACK.0);
                session.input().extend_from_slice(&twist::pdu(command, sequence, &[0]));
            }
            Ok(_) => {}
            Err(error) => self.end(format!("the bind can't be written: {error}")),
        }
    }

    fn end(&mut self, words: String) {
        self.report.endings.push(words);
        self.is_over = true;
    }

    /// Does everything there is to do at `now`. The answer is whether the connection goes on.
    pub(super) fn turn(&mut self, session: &mut Session<Token>, now: Instant, until: Instant) -> bool {
        if self.is_over {
            return false;
        }
        session.tick(now);
        while let Some(step) = self.step(session, now) {
            match step {
                Step::Nothing => {}
                Step::Respond { sequence, command } => self.respond(session, sequence, command, now),
                Step::Unbind { sequence } => {
                    // A session that is over takes no answer.
                    let _ = session.respond(sequence, Status::ROK, &UnbindResp, now);
                }
                Step::Close(words) => {
                    self.is_over = self.is_done() && self.has_receipts();
                    // Unanswered texts are sent again on the next connection, where that is allowed.
                    self.next =
                        self.report.sent.iter().position(|sent| sent.status.is_none()).unwrap_or(self.next);
                    self.report.endings.push(words);
                    return false;
                }
            }
        }
        if now >= until {
            self.end("patience was over".to_owned());
            return false;
        }
        self.send(session, now);
        self.leave_if_done(session, now)
    }

    fn step(&mut self, session: &mut Session<Token>, now: Instant) -> Option<Step> {
        Some(match session.next(now)? {
            Event::Request { sequence, pdu } => {
                let command = match &pdu {
                    Pdu::DeliverSm(pdu) => {
                        self.deliver(Command::DELIVER_SM, pdu.esm_class, &pdu.tlvs, pdu.text())
                    }
                    Pdu::DataSm(pdu) => self.deliver(Command::DATA_SM, pdu.esm_class, &pdu.tlvs, pdu.text()),
                    _ => return Some(Step::Nothing),
                };
                Step::Respond { sequence, command }
            }
            Event::Response { token, status, pdu, .. } => {
                self.answered(token, status, &pdu);
                Step::Nothing
            }
            // The bind that was taken for granted is answered after all.
            Event::LateResponse { status, pdu: Pdu::BindResp(_), .. } => {
                self.report.binds.push(status);
                Step::Nothing
            }
            Event::Unbind { sequence } => Step::Unbind { sequence },
            Event::Closed(Reason::Unbound) => Step::Close(String::new()),
            Event::Closed(reason) => Step::Close(reason.to_string()),
            _ => Step::Nothing,
        })
    }

    fn answered(&mut self, token: Token, status: Status, pdu: &Pdu<'_>) {
        match token {
            Token::Bind if self.settings.hurried => {}
            Token::Bind => {
                self.report.binds.push(status);
                // A server that didn't know it for a bind may know the next.
                if !status.is_ok() && !matches!(pdu, Pdu::GenericNack(_)) {
                    self.end(format!("the bind was refused: {status}"));
                }
            }
            Token::Errand(command) => self.report.errands.push((command, status)),
            Token::Piece(index) => {
                let id = match pdu {
                    Pdu::SubmitSmResp(pdu) => String::from_utf8_lossy(pdu.message_id).into_owned(),
                    _ => String::new(),
                };
                if let Some(sent) = self.report.sent.get_mut(index) {
                    (sent.status, sent.id) = (Some(status), id);
                }
            }
        }
    }

    /// Takes in what is delivered, and returns what it is.
    fn deliver(&mut self, command: Command, esm_class: u8, tlvs: &Tlvs<'_>, text: &[u8]) -> Command {
        let refused = self.settings.responses.get(self.deliveries).is_some();
        self.deliveries += 1;
        if refused {
            return command;
        }
        let text = narrow(text);
        let report = receipt::Report::read(esm_class, tlvs, &text);
        let id = report.as_ref().and_then(receipt::Report::id).map(String::from_utf8_lossy);
        let sent = id.and_then(|id| self.report.sent.iter_mut().find(|sent| sent.id == id && !id.is_empty()));
        match (sent, report.and_then(|report| report.state)) {
            (Some(sent), Some(state)) => sent.receipts.push(state.stat().to_owned()),
            _ => self.report.strays += 1,
        }
        command
    }

    fn respond(&self, session: &mut Session<Token>, sequence: u32, command: Command, now: Instant) {
        let status = match self.settings.responses.get(self.deliveries - 1) {
            None => Status::ROK,
            Some(Response::Status(status)) => *status,
            Some(Response::Never) => return,
        };
        // A session that is over has nobody to be answered.
        let _ = if command == Command::DATA_SM {
            session.respond(sequence, status, &DataSmResp::default(), now)
        } else {
            session.respond(sequence, status, &DeliverSmResp::default(), now)
        };
    }

    fn send(&mut self, session: &mut Session<Token>, now: Instant) {
        if !matches!(session.state(), State::BoundTx | State::BoundTrx) {
            return;
        }
        while session.window_free() > 0
            && let Some(piece) = self.pieces.get(self.next)
        {
            if self.report.sent.get(self.next).is_some_and(|sent| sent.status.is_none())
                && let Err(error) = self.submit(session, piece, now)
            {
                return self.end(format!("a text can't be written: {error}"));
            }
            self.next += 1;
        }
        if self.is_answered()
            && session.window_free() > 0
            && let Some(errand) = self.settings.errands.get(self.errands_sent)
        {
            let asked = self.ask(session, *errand, now);
            self.errands_sent += 1;
            if let Err(error) = asked {
                self.end(format!("a request can't be written: {error}"));
            }
        }
    }

    fn submit(&self, session: &mut Session<Token>, piece: &Piece, now: Instant) -> Result<u32, RequestError> {
        let pdu = SubmitSm {
            source: Address::alphanumeric(self.settings.from.as_bytes()),
            destination: Address::international(self.settings.to.as_bytes()),
            esm_class: piece.esm_class,
            registered_delivery: self.settings.registered_delivery,
            data_coding: piece.data_coding,
            short_message: &piece.short_message,
            tlvs: piece.tlvs.tlvs(),
            ..SubmitSm::default()
        };
        session.request(&pdu, Token::Piece(self.next), now)
    }

    fn ask(&self, session: &mut Session<Token>, errand: Errand, now: Instant) -> Result<u32, RequestError> {
        let id = self.report.sent.first().map_or("", |sent| &sent.id).as_bytes();
        let source = Address::alphanumeric(self.settings.from.as_bytes());
        let destination = Address::international(self.settings.to.as_bytes());
        match errand {
            Errand::Query => {
                let pdu = QuerySm { message_id: id, source, tlvs: Tlvs::EMPTY };
                session.request(&pdu, Token::Errand(Command::QUERY_SM), now)
            }
            Errand::Cancel => {
                let pdu =
                    CancelSm { service_type: &[], message_id: id, source, destination, tlvs: Tlvs::EMPTY };
                session.request(&pdu, Token::Errand(Command::CANCEL_SM), now)
            }
            Errand::Replace => {
                let pdu = ReplaceSm {
                    message_id: id,
                    source,
                    schedule_delivery_time: &[],
                    validity_period: &[],
                    registered_delivery: 1,
                    sm_default_msg_id: 0,
                    short_message: b"Another text.",
                    tlvs: Tlvs::EMPTY,
                };
                session.request(&pdu, Token::Errand(Command::REPLACE_SM), now)
            }
        }
    }

    fn is_answered(&self) -> bool {
        self.report.sent.iter().all(|sent| sent.status.is_some())
    }

    /// Whether everything was said and answered.
    fn is_done(&self) -> bool {
        self.is_answered() && self.report.errands.len() == self.settings.errands.len()
    }

    /// Whether every receipt has come that must.
    fn has_receipts(&self) -> bool {
        const FINAL: u8 = 0x01;
        self.settings.registered_delivery & FINAL == 0
            || self.report.sent.iter().all(|sent| {
                sent.status.is_some_and(|status| !status.is_ok())
                    || sent.receipts.iter().any(|stat| {
                        receipt::MessageState::from_stat(stat.as_bytes())
                            .is_some_and(receipt::MessageState::is_final)
                    })
            })
    }

    /// Goes when nothing is left to wait for. The answer is whether the connection goes on.
    fn leave_if_done(&mut self, session: &mut Session<Token>, now: Instant) -> bool {
        if self.settings.hangs_up && !self.has_hung_up && self.is_answered() {
            self.has_hung_up = true;
            self.report.endings.push(String::new());
            return false;
        }
        if !self.is_done() || !self.has_receipts() {
            return true;
        }
        if self.settings.leaves {
            self.end(String::new());
            return false;
        }
        // Once is enough; it ends when this is answered, or wasn't in time.
        let _ = session.unbind(now);
        true
    }
}
