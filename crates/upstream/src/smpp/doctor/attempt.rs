//! One try to log in.

use super::Patient;
use super::bound::Bound;
use super::reach::{Door, first};
use super::visit::{Answer, Asked, Heard, Visit};
use crate::smpp::settings::{Mode, Settings};
use postrider_link::now;
use postrider_trace::Recorded;
use postrider_wire::smpp::pdu::BindMode;
use postrider_wire::smpp::{Reason, Status};
use tokio::time::timeout;

/// Why nobody was let in.
pub(super) enum Kept {
    Refused(Status),
    Silent,
    HungUp(String),
    NotSmpp(String),
    Unwritten(String),
    /// What answers there speaks TLS, and none is declared; the fingerprint of the certificate that it showed.
    Encrypted(String),
}

impl Kept {
    /// Whether another host would say the same.
    pub(super) fn is_final(&self) -> bool {
        match self {
            Self::Refused(status) => matches!(
                *status,
                Status::RINVPASWD
                    | Status::RINVSYSID
                    | Status::RALYBND
                    | Status::RINVSYSTYP
                    | Status::RBINDFAIL
                    | Status::RPROHIBITED
            ),
            Self::Unwritten(_) => true,
            Self::Silent | Self::HungUp(_) | Self::NotSmpp(_) | Self::Encrypted(_) => false,
        }
    }
}

/// Logs in once; what the carrier said to the bind that sends.
pub(super) async fn bind(
    patient: &Patient,
    settings: &Settings,
    door: &Door,
) -> Result<(Bound, Answer), Kept> {
    let sending = match settings.mode {
        Mode::Transceiver => BindMode::Transceiver,
        Mode::Pair | Mode::Transmitter => BindMode::Transmitter,
    };
    let (sending, answer) = bind_as(patient, settings, door, sending).await?;
    let receiving = if settings.mode == Mode::Pair {
        let other = settings.hosts(BindMode::Receiver).first();
        let door = match other.filter(|other| **other != door.host && !settings.hosts.contains(other)) {
            Some(host) => first(settings, host).await.ok_or(Kept::Silent)?,
            None => door.clone(),
        };
        Some(bind_as(patient, settings, &door, BindMode::Receiver).await?.0)
    } else {
        None
    };
    Ok((Bound { settings: settings.clone(), sending, receiving }, answer))
}

async fn bind_as(
    patient: &Patient,
    settings: &Settings,
    door: &Door,
    mode: BindMode,
) -> Result<(Visit, Answer), Kept> {
    let lost = |error: std::io::Error| Kept::HungUp(format!("the connection was lost: {error}"));
    let opened = timeout(settings.timers.connect, settings.dialer().open(&door.host, door.address)).await;
    let (stream, ends) = opened.map_err(|_| Kept::Silent)?.map_err(lost)?;
    let tape = patient.recorder.upstream(&settings.name, settings.links(), ends);
    let stream = Box::new(Recorded::new(stream, tape));
    let begun = Visit::begin(stream, settings, mode, settings.login(mode));
    let mut visit = begun.map_err(|error| Kept::Unwritten(error.to_string()))?;
    let until = now() + settings.timers.bind;
    loop {
        match visit.hear(until).await {
            Some(Heard::Answer(Asked::Bind, answer)) if answer.status.is_ok() => return Ok((visit, answer)),
            Some(Heard::Answer(Asked::Bind, answer)) => return Err(Kept::Refused(answer.status)),
            Some(Heard::Over(Reason::Unframeable(error))) => return Err(Kept::NotSmpp(error.to_string())),
            Some(Heard::Over(Reason::SessionInit) | Heard::Unanswered(_)) | None => {
                return Err(Kept::Silent);
            }
            Some(Heard::Over(reason)) => return Err(Kept::HungUp(reason.to_string())),
            Some(Heard::Brought(brought)) => {
                visit.acknowledge(brought.sequence, brought.command, Status::RX_T_APPN);
            }
            Some(Heard::Answer(..)) => {}
        }
    }
}

/// Logs in once more as it was let in before.
pub(super) async fn again(patient: &Patient, settings: &Settings, door: &Door) -> Option<Bound> {
    bind(patient, settings, door).await.ok().map(|(bound, _)| bound)
}
