//! A carrier that speaks EMI/UCP.

mod letter;
mod submission;

use super::intake::Moment;
use super::mail::Mail;
use super::stamped::{Dialect, Standing, Step};
use super::world::{Client, World};
use postrider_wire::exchange::{self, RequestError};
use postrider_wire::hex;
use postrider_wire::smpp::Status;
use postrider_wire::smpp::pdu::{Bind, BindMode};
use postrider_wire::smpp::time::Civil;
use postrider_wire::ucp::operation::Login;
use postrider_wire::ucp::{self, ErrorCode, Event, Operation, Ot, Outcome, Role, Session, time};
use std::time::Instant;
use submission::Submitted;

/// EMI/UCP, as carriers speak it.
pub(super) struct Ucp;

/// An answer to an operation.
pub(super) struct Answer {
    trn: u8,
    ot: Ot,
    /// The system message, or an error.
    result: Result<Box<[u8]>, ErrorCode>,
}

impl Dialect for Ucp {
    type Session = Session<Mail>;
    type Answer = Answer;

    fn begin(settings: exchange::Settings, now: Instant) -> Session<Mail> {
        Session::new(Role::Server, settings, b"", now)
    }

    fn tick(session: &mut Session<Mail>, now: Instant) {
        session.tick(now);
    }

    fn step(session: &mut Session<Mail>, standing: Standing<'_>, moment: Moment) -> Option<Step<Answer>> {
        let Standing { world, number, client, submitted } = standing;
        let answer = |trn, ot, result| Answer { trn, ot, result };
        Some(match (session.next(moment.now)?, client) {
            (Event::Operation { trn, operation: Operation::Login(login) }, _) => {
                match admit(world, number, &login, moment.now) {
                    Ok(client) => Step::Welcome(client, answer(trn, Ot::SESSION, Ok([].into()))),
                    Err(status) => Step::Answer(answer(trn, Ot::SESSION, Err(error_of(status)))),
                }
            }
            (Event::Operation { trn, operation: Operation::Alert(_) }, _) => {
                Step::Answer(answer(trn, Ot::ALERT, Ok((*b"0000").into())))
            }
            (Event::Operation { trn, operation }, Some(client)) => {
                let ot = operation.ot();
                match Submitted::read(&operation, &client.system_id) {
                    Ok(part) => {
                        *submitted += 1;
                        let moment = world.stamped(part.recipient(), moment);
                        let reaction = world.submit(client, &part.submission(), *submitted, moment);
                        let name = name(part.recipient(), moment.clock);
                        Step::after(reaction, |result| {
                            answer(trn, ot, result.map(|()| name).map_err(error_of))
                        })
                    }
                    Err(code) => Step::Answer(answer(trn, ot, Err(code))),
                }
            }
            (Event::Operation { trn, operation }, None) => {
                Step::Answer(answer(trn, operation.ot(), Err(ErrorCode::NOT_ALLOWED)))
            }
            (Event::Result { token, outcome, .. }, Some(client)) => {
                world.answered(client, token, status_of(&outcome), moment.now);
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
        let written = match &answer.result {
            Ok(sm) => ucp::Answer::Done { mvp: b"", sm },
            Err(code) => ucp::Answer::Refused { code: *code, sm: b"" },
        };
        session.answer(answer.trn, answer.ot, &written);
    }

    fn post(
        session: &mut Session<Mail>,
        mail: Mail,
        client: &Client,
        moment: Moment,
    ) -> Result<u32, RequestError> {
        letter::post(mail, session, &client.system_id, moment)
    }
}

/// Whether a client is let in: its login number is its system_id.
fn admit(world: &mut World, number: u64, login: &Login<'_>, now: Instant) -> Result<Client, Status> {
    let password = hex::read(login.pwd).unwrap_or_default();
    world.bind(number, &Bind::new(BindMode::Transceiver, login.oadc, &password), now)
}

/// A part's name: its recipient and when it came.
fn name(recipient: &[u8], clock: u64) -> Box<[u8]> {
    [recipient, b":", &stamp(clock)].concat().into()
}

/// The time stamp of a moment in seconds since 1970.
fn stamp(clock: u64) -> [u8; 12] {
    time::stamp(Civil::from_unix_ms(i64::try_from(clock).unwrap_or_default().saturating_mul(1_000)))
}

/// The error code with which the carrier refuses what in SMPP has this status (EMI/UCP 4.0, 7.1).
fn error_of(status: Status) -> ErrorCode {
    match status {
        Status::RINVPASWD | Status::RINVSYSID | Status::RBINDFAIL => ErrorCode::AUTHENTICATION,
        Status::RALYBND | Status::RTHROTTLED | Status::RINVBNDSTS => ErrorCode::NOT_ALLOWED,
        Status::RINVDSTADR => ErrorCode::ADDRESS,
        Status::RINVMSGLEN => ErrorCode::TOO_LONG,
        Status::RMSGQFUL => ErrorCode(50),
        Status::RSUBMITFAIL => ErrorCode(54),
        Status::RSYSERR | Status::RX_T_APPN => ErrorCode::SYSTEM,
        _ => ErrorCode::SYNTAX,
    }
}

/// The status that in SMPP stands for a client's answer.
fn status_of(outcome: &Outcome<'_>) -> Status {
    match outcome {
        Outcome::Done { .. } => Status::ROK,
        Outcome::Refused { code: ErrorCode(4 | 50 | 55), .. } => Status::RX_T_APPN,
        Outcome::Refused { .. } | Outcome::Unreadable => Status::RX_P_APPN,
    }
}
