//! One attempt to log in.

use super::Subject;
use super::bound::Bound;
use super::session::{Heard, ProbeSession, Request, Response};
use crate::smpp::settings::{Mode, Settings};
use postrider_link::doctor::{Reachable, first_of};
use postrider_link::now;
use postrider_trace::Recorded;
use postrider_wire::smpp::pdu::BindMode;
use postrider_wire::smpp::{Reason, Status};
use tokio::time::timeout;

/// Why a login came to nothing.
pub(super) enum NotBound {
    Refused(Status),
    Silent,
    HungUp(String),
    NotSmpp(String),
    Unwritten(String),
    /// What answers there speaks TLS, and none is declared; the fingerprint of the certificate that it showed.
    Encrypted(String),
}

impl NotBound {
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
    subject: &Subject,
    settings: &Settings,
    place: &Reachable,
) -> Result<(Bound, Response), NotBound> {
    let sending = match settings.mode {
        Mode::Transceiver => BindMode::Transceiver,
        Mode::Pair | Mode::Transmitter => BindMode::Transmitter,
    };
    let (sending, answer) = bind_as(subject, settings, place, sending).await?;
    let receiving = if settings.mode == Mode::Pair {
        let (ours, theirs) = (settings.hosts(BindMode::Transmitter), settings.hosts(BindMode::Receiver));
        let place = match theirs.first().filter(|other| **other != place.host && !ours.contains(other)) {
            Some(host) => first_of(&settings.dialer(), host).await.ok_or(NotBound::Silent)?,
            None => place.clone(),
        };
        Some(bind_as(subject, settings, &place, BindMode::Receiver).await?.0)
    } else {
        None
    };
    Ok((Bound { settings: settings.clone(), sending, receiving }, answer))
}

async fn bind_as(
    subject: &Subject,
    settings: &Settings,
    place: &Reachable,
    mode: BindMode,
) -> Result<(ProbeSession, Response), NotBound> {
    let lost = |error: std::io::Error| NotBound::HungUp(format!("the connection was lost: {error}"));
    let opened = timeout(settings.limits.connect, settings.dialer().open(&place.host, place.address)).await;
    let (stream, ends) = opened.map_err(|_| NotBound::Silent)?.map_err(lost)?;
    let tape = subject.recorder.upstream(&settings.name, settings.links(), ends);
    let stream = Box::new(Recorded::new(stream, tape));
    let begun = ProbeSession::begin(stream, settings, mode);
    let mut visit = begun.map_err(|error| NotBound::Unwritten(error.to_string()))?;
    let until = now() + settings.limits.bind;
    loop {
        match visit.hear(until).await {
            Some(Heard::Response(Request::Bind, answer)) if answer.status.is_ok() => {
                return Ok((visit, answer));
            }
            Some(Heard::Response(Request::Bind, answer)) => return Err(NotBound::Refused(answer.status)),
            Some(Heard::Over(Reason::Unframeable(error))) => {
                return Err(NotBound::NotSmpp(error.to_string()));
            }
            Some(Heard::Over(Reason::SessionInit) | Heard::Unanswered(_)) | None => {
                return Err(NotBound::Silent);
            }
            Some(Heard::Over(reason)) => return Err(NotBound::HungUp(reason.to_string())),
            Some(Heard::Incoming(brought)) => {
                visit.acknowledge(brought.sequence, brought.command, Status::RX_T_APPN);
            }
            Some(Heard::Response(..)) => {}
        }
    }
}

/// Logs in once more as it was let in before.
pub(super) async fn again(subject: &Subject, settings: &Settings, place: &Reachable) -> Option<Bound> {
    bind(subject, settings, place).await.ok().map(|(bound, _)| bound)
}
