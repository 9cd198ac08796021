//! UCP as a link's conversation: one session, the meaning of its operations, and the operations of ours.

use super::Settings;
use super::answer::{fault, login_refused};
use super::encode::{Encoded, encode};
use super::submit::{Submit, login};
use super::{inbound, notification};
use crate::meters::Meters;
use crate::refusal;
use crate::stamped::closed;
use crate::stamped::namesakes::{self, Shared};
use postrider_core::contract::{Heard, Unheard};
use postrider_core::delivery::{Fault, PartOutcome};
use postrider_core::message::Message;
use postrider_core::time::Time;
use postrider_link::carrier::{self, Part, Token, Unsent};
use postrider_wire::exchange::{Reason, RequestError};
use postrider_wire::ucp::{Answer, ErrorCode, Event, Operation, Ot, Outcome, Role, Session};
use std::sync::Arc;
use std::time::Instant;

/// The token of a request of ours.
#[derive(Debug)]
pub enum Sent {
    Login,
    /// A part of a message, and the digits of the number that it is for.
    Part(Token, u64),
}

/// An operation of the carrier to acknowledge.
#[derive(Debug)]
pub struct Ack {
    trn: u8,
    ot: Ot,
    /// Recipient and time stamp, which the answer gives back.
    sm: Box<[u8]>,
    /// The name under which a receipt came that ends its part.
    ended: Option<Box<str>>,
}

/// One session.
pub struct Conversation {
    settings: Arc<Settings>,
    session: Session<Sent>,
    submit: Submit,
    names: Shared,
    meters: Meters,
    /// Whether that nobody needs to log in is still to be told.
    is_open: bool,
    /// Operations of the carrier that are answered at once, and how: with an error, or well.
    at_once: Vec<(u8, Ot, Option<ErrorCode>)>,
}

impl Conversation {
    /// A session that asks to be let in.
    pub(super) fn begin(settings: &Arc<Settings>, names: &Shared, now: Instant) -> Self {
        let own = settings.session();
        let mut session = Session::new(Role::Client, own, settings.login.as_bytes(), now);
        let is_open = settings.login.is_empty();
        if is_open {
            session.log_in();
        } else {
            let sent = login(settings, |operation| session.request(operation, Sent::Login, now));
            debug_assert!(sent.is_ok(), "a new session has room in its window");
        }
        Self {
            session,
            submit: Submit::default(),
            names: names.clone(),
            meters: Meters::new(&settings.name),
            is_open,
            at_once: Vec::new(),
            settings: Arc::clone(settings),
        }
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
        if std::mem::take(&mut self.is_open) {
            return Some(carrier::Event::LoggedIn);
        }
        let mut lets_in = false;
        let told = loop {
            let Self { settings, names, meters, at_once, .. } = self;
            let told = match self.session.next(now) {
                None => break None,
                Some(Event::Result { token: Sent::Part(token, recipient), outcome, .. }) => {
                    Some(answered(token, recipient, &outcome, settings, names))
                }
                Some(Event::Result { token: Sent::Login, outcome, .. }) => {
                    lets_in = matches!(outcome, Outcome::Done { .. });
                    Some(logged_in(&outcome, settings))
                }
                Some(Event::TimedOut { token: Sent::Part(token, _), serial }) => {
                    Some(carrier::Event::Unanswered { token, request: serial })
                }
                Some(Event::TimedOut { token: Sent::Login, .. }) => Some(carrier::Event::Closed {
                    reason: String::from("the login was not answered in time"),
                    is_lost: true,
                }),
                Some(Event::Late { serial, outcome }) => {
                    tracing::debug!(upstream = %settings.name, serial, "an answer came too late");
                    // Its part's recipient is not known any more, but the answer has it.
                    reference(&outcome, "", settings, names)
                        .map(|reference| carrier::Event::Late { request: serial, reference })
                }
                Some(Event::Operation { trn, operation }) => {
                    asked(trn, &operation, settings, names, meters, at_once)
                }
                Some(Event::Malformed(wrong)) => {
                    meters.malformed(&wrong);
                    None
                }
                Some(Event::Closed(reason)) => Some(closed(&reason)),
            };
            if told.is_some() {
                break told;
            }
        };
        if lets_in {
            self.session.log_in();
            // Some service centres hand out what waits for us only after an alert.
            self.probe(now);
        }
        for (trn, ot, error) in self.at_once.drain(..) {
            let sm: &[u8] = if ot == Ot::ALERT { b"0000" } else { b"" };
            self.session.answer(
                trn,
                ot,
                &match error {
                    None => Answer::Done { mvp: b"", sm },
                    Some(code) => Answer::Refused { code, sm: b"" },
                },
            );
        }
        told
    }

    fn encode(&self, message: &Message) -> Result<(u8, Encoded), Fault> {
        refusal::check_carried(&self.settings.carriage(), message.to, message.from.as_ref())?;
        let encoded = encode(message, self.settings.text_alphabet, self.settings.parts_max)?;
        Ok((u8::try_from(encoded.parts.len()).unwrap_or(u8::MAX), encoded))
    }

    fn send(&mut self, part: &Part<'_, Encoded>, now: Instant, clock: Time) -> Result<(), Unsent> {
        let Part { token, delivery, encoded, number } = part;
        let Self { submit, session, settings, .. } = self;
        // A link asks for no other parts than there are.
        let Some(one) = encoded.parts.get(usize::from(*number)) else { return Err(Unsent::NotNow) };
        let to = delivery.message.to.digits();
        let sent = submit.write(&delivery.message, (encoded, one), settings, clock, |operation| {
            session.request(operation, Sent::Part(*token, to), now)
        });
        match sent.map_err(Unsent::Unwritable)? {
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
        let Ack { trn, ot, sm, ended } = ack;
        if kept {
            return self.session.answer(trn, ot, &Answer::Done { mvp: b"", sm: &sm });
        }
        if let Some(name) = ended {
            self.names.lock().not_kept(&name);
        }
        self.session.answer(trn, ot, &Answer::Refused { code: ErrorCode::SYSTEM, sm: b"" });
    }

    fn ask(&mut self, _: Unheard, _: Instant) {
        // Operation 55 is answered by operations 57, which few service centres know.
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

    fn leave(&mut self, _: Instant) {
        // UCP has no word for it: the connection is closed.
        self.session.close(Reason::Left);
    }

    fn disconnected(&mut self, reason: String) {
        self.session.close(Reason::Disconnected(reason));
    }
}

fn logged_in(outcome: &Outcome<'_>, settings: &Settings) -> carrier::Event<Ack> {
    match outcome {
        Outcome::Done { .. } => carrier::Event::LoggedIn,
        Outcome::Refused { code, sm } => login_refused(*code, sm, &settings.errors),
        Outcome::Unreadable => {
            login_refused(ErrorCode::SYNTAX, b"the answer can't be read", &settings.errors)
        }
    }
}

fn answered(
    token: Token,
    recipient: u64,
    outcome: &Outcome<'_>,
    settings: &Settings,
    names: &Shared,
) -> carrier::Event<Ack> {
    let (status, outcome) = match outcome {
        Outcome::Done { .. } => {
            ("ack", PartOutcome::Accepted(reference(outcome, &recipient.to_string(), settings, names)))
        }
        Outcome::Refused { code, sm } => {
            // A carrier's own codes share a label, so that none can make labels without end.
            let status = code.name().unwrap_or("own");
            (status, PartOutcome::Refused(fault(*code, sm, &settings.errors)))
        }
        Outcome::Unreadable => {
            let fault = fault(ErrorCode::SYSTEM, b"the answer can't be read", &settings.errors);
            ("unreadable", PartOutcome::Refused(fault))
        }
    };
    carrier::Event::Answered { token, outcome, status, load: None }
}

/// The name of an accepted part: its recipient and the time stamp behind the colon of the answer. Without a recipient of ours
/// that of the answer counts.
fn reference(
    outcome: &Outcome<'_>,
    recipient: &str,
    settings: &Settings,
    names: &Shared,
) -> Option<Box<str>> {
    let Outcome::Done { sm, .. } = outcome else { return None };
    let sm = String::from_utf8_lossy(sm);
    let (address, stamp) = sm.rsplit_once(':').unwrap_or(("", &sm));
    let (address, stamp) = (address.trim(), stamp.trim());
    let recipient = if recipient.is_empty() { address } else { recipient };
    if stamp.is_empty() || recipient.is_empty() {
        return None;
    }
    let name = namesakes::name(recipient, settings.receipt_digits, stamp);
    Some(names.lock().give(&name))
}

/// What an operation of the carrier brings, if it is to be acknowledged later; another is answered at once.
fn asked(
    trn: u8,
    operation: &Operation<'_>,
    settings: &Settings,
    names: &Shared,
    meters: &Meters,
    at_once: &mut Vec<(u8, Ot, Option<ErrorCode>)>,
) -> Option<carrier::Event<Ack>> {
    let ot = operation.ot();
    let Operation::Message(Ot::DELIVER | Ot::NOTIFY, message) = operation else {
        let is_known = matches!(ot, Ot::ALERT | Ot::INQUIRED | Ot::DELETED);
        at_once.push((trn, ot, (!is_known).then_some(ErrorCode::UNSUPPORTED)));
        return None;
    };
    let sm = [message.adc, b":", message.scts].concat().into();
    let mut ack = Ack { trn, ot, sm, ended: None };
    if ot == Ot::DELIVER {
        let inbound = inbound::read(message, settings.text_alphabet);
        return Some(carrier::Event::Brought { heard: Some(Heard::Inbound(Box::new(inbound))), ack });
    }
    let heard = match notification::read(message, settings, names) {
        Some((report, name)) => {
            ack.ended = report.reported.state().map(|_| name);
            Some(Heard::Report(report))
        }
        None => {
            meters.unreadable();
            None
        }
    };
    Some(carrier::Event::Brought { heard, ack })
}
