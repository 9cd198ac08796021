//! CIMD2 as a link's conversation: one session, the meaning of its operations, and the operations of ours.

use super::Settings;
use super::answer::{error, fault, login_refused};
use super::encode::{Encoded, common, encode};
use super::{inbound, report};
use crate::meters::Meters;
use crate::refusal;
use crate::stamped::closed;
use crate::stamped::namesakes::{self, Shared};
use postrider_core::contract::{Heard, Unheard};
use postrider_core::delivery::{Fault, PartOutcome};
use postrider_core::message::Message;
use postrider_core::time::Time;
use postrider_link::carrier::{self, Part, Token, Unsent};
use postrider_wire::cimd2::frame::Header;
use postrider_wire::cimd2::parameter::code;
use postrider_wire::cimd2::{Event, Op, Parameters, Role, Session};
use postrider_wire::exchange::{Reason, RequestError};
use std::sync::Arc;
use std::time::Instant;

/// The token of a request of ours.
#[derive(Debug)]
pub enum Sent {
    Login,
    Logout,
    /// A part of a message, and the digits of the number that it is for.
    Part(Token, u64),
}

/// A request of the carrier to acknowledge.
#[derive(Debug)]
pub struct Ack {
    request: Header,
    /// The name under which a receipt came that ends its part.
    ended: Option<Box<str>>,
}

/// One session.
pub struct Conversation {
    settings: Arc<Settings>,
    session: Session<Sent>,
    names: Shared,
    meters: Meters,
}

impl Conversation {
    /// A session that asks to be let in.
    ///
    /// # Errors
    /// In words, when the login can't be written.
    pub(super) fn begin(settings: &Arc<Settings>, names: &Shared, now: Instant) -> Result<Self, String> {
        let mut session = Session::new(Role::Client, settings.session(), settings.checksum, now);
        let window = settings.window.to_string();
        let mut login: Vec<(u16, &[u8])> =
            vec![(code::USER, settings.user.as_bytes()), (code::PASSWORD, settings.password.as_bytes())];
        if settings.window > 1 {
            login.push((code::WINDOW, window.as_bytes()));
        }
        let sent = session.request(Op::LOGIN, &login, Sent::Login, now);
        sent.map_err(|_| String::from("a new session has no room for the login"))?;
        let (names, meters) = (names.clone(), Meters::new(&settings.name));
        Ok(Self { session, names, meters, settings: Arc::clone(settings) })
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
        let Self { settings, names, meters, .. } = self;
        loop {
            let told = match self.session.next(now)? {
                Event::Response { token: Sent::Part(token, recipient), parameters, .. } => {
                    Some(answered(token, recipient, &parameters, settings, names))
                }
                Event::Response { token: Sent::Login, parameters, .. } => {
                    let event = logged_in(&parameters, settings);
                    if matches!(event, carrier::Event::LoggedIn) {
                        self.session.log_in();
                    }
                    Some(event)
                }
                Event::TimedOut { token: Sent::Part(token, _), serial } => {
                    Some(carrier::Event::Unanswered { token, request: serial })
                }
                Event::TimedOut { token: Sent::Login, .. } => Some(carrier::Event::Closed {
                    reason: String::from("the login was not answered in time"),
                    is_lost: true,
                }),
                Event::Response { token: Sent::Logout, .. } | Event::TimedOut { token: Sent::Logout, .. } => {
                    None
                }
                Event::Late { serial, parameters } => {
                    tracing::debug!(upstream = %settings.name, serial, "an answer came too late");
                    // Its part's recipient is not known any more, but the answer has it.
                    reference(&parameters, "", settings, names)
                        .map(|reference| carrier::Event::Late { request: serial, reference })
                }
                Event::Request { header, parameters } => {
                    Some(asked(header, &parameters, settings, names, meters))
                }
                Event::Malformed(wrong) => {
                    meters.malformed(&wrong);
                    None
                }
                Event::Closed(reason) => Some(closed(&reason)),
            };
            if told.is_some() {
                return told;
            }
        }
    }

    fn encode(&self, message: &Message) -> Result<(u8, Encoded), Fault> {
        refusal::check_carried(&self.settings.carriage(), message.to, message.from.as_ref())?;
        let encoded = encode(message, self.settings.parts_max)?;
        Ok((u8::try_from(encoded.parts.len()).unwrap_or(u8::MAX), encoded))
    }

    fn send(&mut self, part: &Part<'_, Encoded>, now: Instant, clock: Time) -> Result<(), Unsent> {
        let Part { token, delivery, encoded, number } = part;
        // A link asks for no other parts than there are.
        let Some(own) = encoded.parts.get(usize::from(*number)) else { return Err(Unsent::NotNow) };
        let common = common(&delivery.message, &self.settings, clock);
        let all = common.iter().chain(own);
        let parameters: Vec<(u16, &[u8])> = all.map(|(code, value)| (*code, value.as_slice())).collect();
        let sent = Sent::Part(*token, delivery.message.to.digits());
        match self.session.request(Op::SUBMIT, &parameters, sent, now) {
            Ok(_) => Ok(()),
            Err(RequestError::WindowFull | RequestError::NotNow) => Err(Unsent::NotNow),
        }
    }

    fn window_free(&self) -> usize {
        self.session.window_free()
    }

    fn outstanding(&self) -> usize {
        self.session.outstanding()
    }

    fn acknowledge(&mut self, ack: Ack, kept: bool, _: Instant) {
        if kept {
            return self.session.answer(ack.request, &[]);
        }
        if let Some(name) = ack.ended {
            self.names.lock().not_kept(&name);
        }
        // A refusal would be the end of it: what has no answer comes again.
        self.session.forget(ack.request);
    }

    fn ask(&mut self, _: Unheard, _: Instant) {
        // Operation 04 is not asked: its answer would be one more way of naming a part.
    }

    fn probe(&mut self, now: Instant) {
        if self.session.settings().keepalive.is_some() {
            self.session.probe(now);
        }
    }

    fn probed(&self) -> Option<Instant> {
        self.session.probed()
    }

    fn heard(&self) -> Instant {
        self.session.heard()
    }

    fn leave(&mut self, now: Instant) {
        // The carrier's answer isn't waited for: the connection is closed behind the logout.
        let _ = self.session.request(Op::LOGOUT, &[], Sent::Logout, now);
        self.session.close(Reason::Left);
    }

    fn disconnected(&mut self, reason: String) {
        self.session.close(Reason::Disconnected(reason));
    }
}

fn logged_in(answer: &Parameters<'_>, settings: &Settings) -> carrier::Event<Ack> {
    match error(answer) {
        None => carrier::Event::LoggedIn,
        Some((error, said)) => login_refused(error, said, &settings.errors),
    }
}

fn answered(
    token: Token,
    recipient: u64,
    answer: &Parameters<'_>,
    settings: &Settings,
    names: &Shared,
) -> carrier::Event<Ack> {
    let (status, outcome) = match error(answer) {
        None => ("ok", PartOutcome::Accepted(reference(answer, &recipient.to_string(), settings, names))),
        // A carrier's own codes share a label, so that none can make labels without end.
        Some((error, said)) => {
            (error.name().unwrap_or("own"), PartOutcome::Refused(fault(error, said, &settings.errors)))
        }
    };
    carrier::Event::Answered { token, outcome, status, load: None }
}

/// The name of an accepted part: its recipient and the time stamp of the answer. Without a recipient of ours that of the
/// answer counts.
fn reference(
    answer: &Parameters<'_>,
    recipient: &str,
    settings: &Settings,
    names: &Shared,
) -> Option<Box<str>> {
    let text = |code| String::from_utf8_lossy(answer.get(code).unwrap_or_default().trim_ascii()).into_owned();
    let (address, stamp) = (text(code::DESTINATION), text(code::STAMP));
    let recipient = if recipient.is_empty() { &address } else { recipient };
    if stamp.is_empty() || recipient.is_empty() || error(answer).is_some() {
        return None;
    }
    let name = namesakes::name(recipient, settings.receipt_digits, &stamp);
    Some(names.lock().give(&name))
}

/// What a request of the carrier brings.
fn asked(
    request: Header,
    parameters: &Parameters<'_>,
    settings: &Settings,
    names: &Shared,
    meters: &Meters,
) -> carrier::Event<Ack> {
    let mut ack = Ack { request, ended: None };
    if request.op == Op::DELIVER {
        let heard = Some(Heard::Inbound(Box::new(inbound::read(parameters))));
        return carrier::Event::Brought { heard, ack };
    }
    let heard = match report::read(parameters, settings, names) {
        Some((report, name)) => {
            ack.ended = report.reported.state().map(|_| name);
            Some(Heard::Report(report))
        }
        None => {
            meters.unreadable();
            None
        }
    };
    carrier::Event::Brought { heard, ack }
}
