//! A carrier that speaks CIMD2.

mod letter;
mod submission;

use super::intake::Moment;
use super::mail::Mail;
use super::stamped::{Dialect, Standing, Step};
use super::world::{Client, World};
use postrider_wire::cimd2::frame::Header;
use postrider_wire::cimd2::parameter::code;
use postrider_wire::cimd2::{ErrorCode, Event, Op, Parameters, Role, Session, time};
use postrider_wire::exchange::{self, RequestError};
use postrider_wire::smpp::Status;
use postrider_wire::smpp::pdu::{Bind, BindMode};
use postrider_wire::smpp::time::Civil;
use std::time::Instant;
use submission::Submitted;

/// CIMD2, as carriers speak it.
pub(super) struct Cimd2;

/// An answer to a request.
pub(super) struct Answer {
    request: Header,
    /// The recipient of a submission.
    recipient: Option<Vec<u8>>,
    /// The time stamp of a submission, or an error.
    result: Result<Option<[u8; 12]>, ErrorCode>,
}

impl Answer {
    const fn done(request: Header) -> Self {
        Self { request, recipient: None, result: Ok(None) }
    }

    const fn refused(request: Header, error: ErrorCode) -> Self {
        Self { request, recipient: None, result: Err(error) }
    }
}

impl Dialect for Cimd2 {
    type Session = Session<Mail>;
    type Answer = Answer;

    fn begin(settings: exchange::Settings, now: Instant) -> Session<Mail> {
        Session::new(Role::Server, settings, true, now)
    }

    fn tick(session: &mut Session<Mail>, now: Instant) {
        session.tick(now);
    }

    fn step(session: &mut Session<Mail>, standing: Standing<'_>, moment: Moment) -> Option<Step<Answer>> {
        let Standing { world, number, client, submitted } = standing;
        Some(match (session.next(moment.now)?, client) {
            (Event::Request { header, parameters }, None) if header.op == Op::LOGIN => {
                match admit(world, number, &parameters, moment.now) {
                    Ok(client) => Step::Welcome(client, Answer::done(header)),
                    Err(status) => Step::Answer(Answer::refused(header, error_of(status))),
                }
            }
            (Event::Request { header, parameters }, Some(client)) => match header.op {
                Op::LOGOUT => Step::Leave(Answer::done(header)),
                Op::SUBMIT => match Submitted::read(&parameters, &client.system_id) {
                    Ok(part) => {
                        *submitted += 1;
                        let moment = world.stamped(part.recipient(), moment);
                        let reaction = world.submit(client, &part.submission(), *submitted, moment);
                        let recipient = Some(part.recipient().to_vec());
                        Step::after(reaction, |result| {
                            let result = result.map(|()| Some(stamp(moment.clock))).map_err(error_of);
                            Answer { request: header, recipient, result }
                        })
                    }
                    Err(error) => Step::Answer(Answer::refused(header, error)),
                },
                _ => Step::Answer(Answer::refused(header, ErrorCode::UNEXPECTED)),
            },
            (Event::Request { header, .. }, None) => {
                Step::Answer(Answer::refused(header, ErrorCode::UNEXPECTED))
            }
            (Event::Response { token, parameters, .. }, Some(client)) => {
                let is_taken = parameters.number(code::ERROR).is_none_or(|error: u16| error == 0);
                let status = if is_taken { Status::ROK } else { Status::RX_P_APPN };
                world.answered(client, token, status, moment.now);
                Step::Nothing
            }
            (Event::TimedOut { token, .. }, Some(client)) => {
                world.return_mail(client, token);
                Step::Nothing
            }
            (Event::Closed(_), _) => Step::Close,
            _ => Step::Nothing,
        })
    }

    fn give(session: &mut Session<Mail>, answer: &Answer) {
        let error = answer.result.err().map(|error| error.0.to_string());
        let mut parameters: Vec<(u16, &[u8])> = Vec::with_capacity(2);
        parameters.extend(answer.recipient.as_ref().map(|digits| (code::DESTINATION, digits.as_slice())));
        if let Ok(Some(stamp)) = &answer.result {
            parameters.push((code::STAMP, stamp));
        }
        parameters.extend(error.as_ref().map(|error| (code::ERROR, error.as_bytes())));
        session.answer(answer.request, &parameters);
    }

    fn post(
        session: &mut Session<Mail>,
        mail: Mail,
        _: &Client,
        moment: Moment,
    ) -> Result<u32, RequestError> {
        letter::post(mail, session, moment)
    }
}

/// Whether a client is let in: its user identity is its system_id.
fn admit(world: &mut World, number: u64, login: &Parameters<'_>, now: Instant) -> Result<Client, Status> {
    let user = login.get(code::USER).unwrap_or_default();
    let password = login.get(code::PASSWORD).unwrap_or_default();
    world.bind(number, &Bind::new(BindMode::Transceiver, user, password), now)
}

/// The time stamp of a moment in seconds since 1970.
fn stamp(clock: u64) -> [u8; 12] {
    time::stamp(Civil::from_unix_ms(i64::try_from(clock).unwrap_or_default().saturating_mul(1_000)))
}

/// The error code with which the carrier refuses what in SMPP has this status (CIMD2, section 5.2).
fn error_of(status: Status) -> ErrorCode {
    ErrorCode(match status {
        Status::RINVPASWD | Status::RINVSYSID | Status::RBINDFAIL => 100,
        Status::RALYBND => 102,
        Status::RTHROTTLED | Status::RMSGQFUL => 10,
        Status::RINVDSTADR => 300,
        Status::RSUBMITFAIL => 9,
        Status::RSYSERR | Status::RX_T_APPN => 6,
        _ => 2,
    })
}
