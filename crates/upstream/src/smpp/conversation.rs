//! SMPP as a link's conversation: one session, the meaning of its PDUs, and the PDUs of ours.

use super::encode::{Encoded, encode};
use super::incoming::{Ack, Incoming};
use super::meters::Meters;
use super::outgoing::Outgoing;
use super::query::Queries;
use super::settings::Settings;
use super::status::{fault, login_refused};
use crate::refusal;
use postrider_core::contract::Unheard;
use postrider_core::delivery::{Fault, FaultKind, PartOutcome};
use postrider_core::message::Message;
use postrider_core::time::Time;
use postrider_core::ussd::Page;
use postrider_link::carrier::{self, Part, Token, Unsent};
use postrider_wire::smpp::pdu::BindMode;
use postrider_wire::smpp::tlv::tag;
use postrider_wire::smpp::{Event, Pdu, Reason, RequestError, Role, Session, Status};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long an unbind of ours may take.
pub(super) const UNBIND: Duration = Duration::from_secs(2);

/// The token of a request of ours.
#[derive(Clone, Copy, Debug)]
pub(super) enum Sent {
    Bind,
    /// A part of a message.
    Part(Token),
    /// A question about a part.
    Query,
    /// A page of a USSD dialogue.
    Page,
}

/// One session.
pub(super) struct Conversation {
    settings: Arc<Settings>,
    session: Session<Sent>,
    outgoing: Outgoing,
    incoming: Incoming,
    queries: Queries,
    meters: Meters,
    is_bound: bool,
    /// The carrier's unbind, to be answered.
    unbind: Option<u32>,
}

impl Conversation {
    /// A session that asks to be bound.
    pub(super) fn begin(
        settings: &Arc<Settings>,
        mode: BindMode,
        now: Instant,
    ) -> Result<Self, RequestError> {
        let mut session = Session::new(Role::Client, session_settings(settings), now);
        let mut outgoing = Outgoing::default();
        outgoing.bind(&mut session, mode, settings, now)?;
        Ok(Self {
            session,
            outgoing,
            incoming: Incoming::default(),
            queries: Queries::default(),
            meters: Meters::new(&settings.name),
            is_bound: false,
            unbind: None,
            settings: Arc::clone(settings),
        })
    }
}

impl carrier::Conversation for Conversation {
    type Endpoint = Session<Sent>;
    type Encoded = Encoded;
    type Ack = Ack;

    fn endpoint(&mut self) -> &mut Session<Sent> {
        &mut self.session
    }

    fn deadline(&self) -> Option<Instant> {
        self.session.deadline()
    }

    fn tick(&mut self, now: Instant) {
        self.session.tick(now);
    }

    fn next(&mut self, now: Instant) -> Option<carrier::Event<Ack>> {
        let Self { settings, incoming, queries, meters, .. } = self;
        while let Some(event) = self.session.next(now) {
            let told = match event {
                Event::Response { token: Sent::Part(token), status, pdu, .. } => {
                    Some(answered(token, status, &pdu, settings))
                }
                Event::Response { token: Sent::Bind, status, pdu, .. } => {
                    self.is_bound = status.is_ok() && matches!(pdu, Pdu::BindResp(_));
                    let refused = || login_refused(status, &settings.errors);
                    Some(if self.is_bound { carrier::Event::LoggedIn } else { refused() })
                }
                Event::Response { token: Sent::Query, sequence, status, pdu } => {
                    queries.answered(sequence, status, &pdu, settings, meters).map(carrier::Event::Reply)
                }
                Event::TimedOut { token: Sent::Part(token), sequence } => {
                    Some(carrier::Event::Unanswered { token, request: sequence })
                }
                Event::TimedOut { token: Sent::Bind, .. } => Some(carrier::Event::Closed {
                    reason: String::from("the bind was not answered in time"),
                    is_lost: true,
                }),
                Event::Response { token: Sent::Page, status, .. } => {
                    meters.page_answered(status);
                    None
                }
                Event::TimedOut { token: Sent::Page, .. } => {
                    meters.page_answered(Status::RSYSERR);
                    None
                }
                Event::TimedOut { token: Sent::Query, sequence } => {
                    queries.unanswered(sequence, meters);
                    None
                }
                Event::LateResponse { sequence, status, pdu: Pdu::GenericNack(_) } => {
                    meters.nacked(sequence, status);
                    None
                }
                Event::LateResponse { sequence, status, pdu } => late(sequence, status, &pdu, settings),
                Event::Request { sequence, pdu } => incoming.request(sequence, &pdu, settings, now),
                Event::Malformed { header, error } => {
                    meters.malformed(&header, &error);
                    None
                }
                Event::Refused { header, status } => {
                    tracing::debug!(upstream = %settings.name, command = %header.command, %status, "refused");
                    None
                }
                Event::Unbind { sequence } => {
                    self.unbind = Some(sequence);
                    Some(carrier::Event::Leave)
                }
                Event::Closed(reason) => Some(closed(&reason, self.is_bound, meters)),
            };
            if told.is_some() {
                return told;
            }
        }
        incoming.refuse_unknown(&mut self.session, now);
        incoming.dialogues.write(&mut self.session, settings, now);
        let (dialogue, turn) = incoming.dialogues.next()?;
        Some(carrier::Event::Dialled { dialogue, turn })
    }

    fn encode(&self, message: &Message) -> Result<(u8, Encoded), Fault> {
        refusal::check_carried(&self.settings.carriage(), message.to, message.from.as_ref())?;
        let encoded = encode(message, &self.settings.text)?;
        Ok((u8::try_from(encoded.parts.len()).unwrap_or(u8::MAX), encoded))
    }

    fn send(&mut self, part: &Part<'_, Encoded>, now: Instant, clock: Time) -> Result<(), Unsent> {
        let sent = self.outgoing.submit(&mut self.session, part, &self.settings, (now, clock));
        sent.map(drop).map_err(|error| match error {
            RequestError::Encode(error) => Unsent::Unwritable(error.to_string()),
            RequestError::WindowFull | RequestError::NotBound(_) | RequestError::NotARequest => {
                Unsent::NotNow
            }
        })
    }

    fn window_free(&self) -> usize {
        self.session.window_free()
    }

    fn outstanding(&self) -> usize {
        self.session.outstanding()
    }

    fn acknowledge(&mut self, ack: Ack, kept: bool, now: Instant) {
        ack.answer(&mut self.session, if kept { Status::ROK } else { Status::RX_T_APPN }, now);
    }

    fn ask(&mut self, part: Unheard, now: Instant) {
        self.queries.ask(&mut self.session, part, &self.settings, now);
    }

    fn probe(&mut self, now: Instant) {
        self.session.ask(now);
    }

    fn probed(&self) -> Option<Instant> {
        self.session.asked()
    }

    fn heard(&self) -> Instant {
        self.session.heard()
    }

    fn leave(&mut self, now: Instant) {
        self.session.leave(self.unbind.take(), now);
    }

    fn show(&mut self, dialogue: u64, page: Option<Page>, _: Instant) {
        // It is written at the turn that follows.
        self.incoming.dialogues.show(dialogue, page);
    }

    fn disconnected(&mut self, reason: String) {
        let reason = match self.session.unfinished() {
            [] => reason,
            begun => format!("{reason} after {}", spelled(begun)),
        };
        self.session.close(Reason::Disconnected(reason));
    }
}

/// The octets of a PDU's header: what may be shown of one, since it has no text and no number.
const SHOWN: usize = 16;

/// The start of an unfinished PDU, which may never have been one.
fn spelled(begun: &[u8]) -> String {
    let shown = begun.get(..SHOWN).unwrap_or(begun);
    let digits: Vec<String> = shown.iter().map(|octet| format!("{octet:02X}")).collect();
    let hint = if begun.iter().all(|octet| matches!(octet, b'\r' | b'\n' | b' '..=b'~')) {
        ", which is text: this isn't SMPP"
    } else {
        " of a PDU"
    };
    format!("{} octets ({}){hint}", begun.len(), digits.join(" "))
}

fn session_settings(settings: &Settings) -> postrider_wire::smpp::Settings {
    let (enquire, response) = (settings.timers.enquire_link.get(), settings.timers.response_timeout.get());
    postrider_wire::smpp::Settings {
        window: settings.window.into(),
        session_init: settings.limits.bind,
        enquire_link: (!enquire.is_zero()).then_some(enquire),
        // In time to know by the end of the response timer whether it is the answer that is missing or the carrier.
        enquire_debtor: Some(response / 2),
        response,
        unbind: UNBIND,
        ..postrider_wire::smpp::Settings::default()
    }
}

fn answered(token: Token, status: Status, pdu: &Pdu<'_>, settings: &Settings) -> carrier::Event<Ack> {
    carrier::Event::Answered {
        token,
        outcome: outcome(status, pdu, &settings.errors),
        // A carrier's own codes share a label, so that none can make labels without end.
        status: status.name().unwrap_or("own"),
        load: congestion(pdu),
    }
}

fn outcome(status: Status, pdu: &Pdu<'_>, own: &[(u32, FaultKind)]) -> PartOutcome {
    match pdu {
        Pdu::SubmitSmResp(answer) if status.is_ok() => {
            let id = answer.message_id.trim_ascii();
            PartOutcome::Accepted((!id.is_empty()).then(|| String::from_utf8_lossy(id).into()))
        }
        _ if status.is_ok() => PartOutcome::Refused(fault(Status::RUNKNOWNERR, own)),
        _ => PartOutcome::Refused(fault(status, own)),
    }
}

/// How loaded the carrier says it is, in per cent (`congestion_state` of SMPP 5.0).
fn congestion(pdu: &Pdu<'_>) -> Option<u8> {
    let Pdu::SubmitSmResp(answer) = pdu else { return None };
    answer.tlvs.number::<u8>(tag::CONGESTION_STATE)
}

/// An answer to a part that was given up: it is of use if it names the part.
fn late(sequence: u32, status: Status, pdu: &Pdu<'_>, settings: &Settings) -> Option<carrier::Event<Ack>> {
    tracing::debug!(upstream = %settings.name, sequence, %status, "an answer came too late");
    match outcome(status, pdu, &settings.errors) {
        PartOutcome::Accepted(Some(reference)) => Some(carrier::Event::Late { request: sequence, reference }),
        _ => None,
    }
}

fn closed(reason: &Reason, was_bound: bool, meters: &Meters) -> carrier::Event<Ack> {
    if matches!(reason, Reason::Unframeable(_)) {
        meters.unframeable();
    }
    let is_lost = matches!(
        reason,
        Reason::SessionInit
            | Reason::EnquireLink
            | Reason::Inactivity
            | Reason::UnbindTimedOut
            | Reason::Disconnected(_)
    );
    let reason = match reason {
        Reason::SessionInit => String::from("the bind was not answered in time"),
        // A carrier that doesn't admit our address, or isn't ready, mostly says no more than this.
        Reason::Disconnected(words) if !was_bound => format!("before the bind was answered, {words}"),
        other => other.to_string(),
    };
    carrier::Event::Closed { reason, is_lost }
}

#[cfg(test)]
mod tests;
