//! Logging in: as declared, and where that is refused without a word about the password, in other ways.

use super::super::connect::open;
use super::super::settings::{Mode, Settings};
use super::brought::Brought;
use super::certificate;
use super::finding::{Finding, Step, Value};
use super::reach::Door;
use super::refusal::{is_worth_another_way, meaning};
use super::visit::{Answer, Asked, Heard, Visit};
use super::{Patient, Telling, since, spoken};
use postrider_trace::Recorded;
use postrider_wire::smpp::pdu::BindMode;
use postrider_wire::smpp::{Reason, Status};
use std::time::{Duration, Instant};
use tokio::time::timeout;

/// Words that carriers ask for in `system_type`, tried where the declared one is refused.
const SYSTEM_TYPES: [&str; 6] = ["", "SMPP", "ESME", "VMA", "VMS", "OTA"];
/// The versions of SMPP.
const VERSIONS: [u8; 3] = [0x34, 0x33, 0x50];
/// How long an answer to enquire_link is waited for.
const ENQUIRY: Duration = Duration::from_secs(10);

/// Sessions that were let in, and the settings that did it.
pub(super) struct Bound {
    pub(super) settings: Settings,
    pub(super) sending: Visit,
    pub(super) receiving: Option<Visit>,
}

/// Why nobody was let in.
enum Kept {
    Refused(Status),
    Silent,
    HungUp(String),
    NotSmpp(String),
    Unwritten(String),
}

/// The most hosts at which a login is tried.
const HOSTS_MAX: usize = 3;

/// Logs in at the first of each host's doors that lets in. After a word about name, password or sessions no other host is
/// asked, since they share what they know.
pub(super) async fn anywhere<'a>(
    patient: &Patient,
    tell: &Telling,
    doors: &'a [Door],
) -> Option<(Bound, &'a Door)> {
    let mut tried: Vec<&Door> = Vec::new();
    for door in doors {
        if tried.len() == HOSTS_MAX || tried.iter().any(|tried| tried.host == door.host) {
            continue;
        }
        tried.push(door);
        match login(patient, tell, door).await {
            Ok(bound) => return Some((bound, door)),
            Err(kept) if kept.is_final() => return None,
            Err(_) => {}
        }
    }
    None
}

impl Kept {
    /// Whether another host would say the same.
    fn is_final(&self) -> bool {
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
            Self::Silent | Self::HungUp(_) | Self::NotSmpp(_) => false,
        }
    }
}

/// Logs in at a door, tries other ways where it is worth it, and tells what came of it.
async fn login(patient: &Patient, tell: &Telling, door: &Door) -> Result<Bound, Kept> {
    let settings = &patient.settings;
    let found = Finding::new(Step::Bind, format!("binding as {} at {}", described(settings), door.address));
    let began = Instant::now();
    let kept = match bind(patient, settings, door).await {
        Ok((bound, answer)) => {
            tell.tell(welcomed(found, &answer, settings.login.version, &since(began))).await;
            return Ok(bound);
        }
        Err(kept) => kept,
    };
    tell.tell(turned_away(found, &kept, patient, door).await).await;
    let ways = other_ways(settings, &kept);
    if ways.is_empty() {
        return Err(kept);
    }
    another_way(patient, tell, door, ways).await.ok_or(kept)
}

/// What a bind says, in words.
fn described(settings: &Settings) -> String {
    let mode = match settings.mode {
        Mode::Transceiver => "a transceiver",
        Mode::Pair => "a transmitter and a receiver",
        Mode::Transmitter => "a transmitter",
    };
    let system_type = match &*settings.login.system_type {
        "" => String::new(),
        word => format!(" and system_type {word}"),
    };
    format!("{mode} with SMPP {}{system_type}", version(settings.login.version))
}

/// `3.4` for 0x34.
fn version(octet: u8) -> String {
    format!("{}.{}", octet >> 4, octet & 0x0F)
}

fn welcomed(found: Finding, answer: &Answer, ours: u8, took: &str) -> Finding {
    let name =
        if answer.name.is_empty() { "without a name".to_owned() } else { format!("as {}", answer.name) };
    let speaks = answer.version.map(|theirs| format!(", with SMPP {}", version(theirs))).unwrap_or_default();
    let found = found.well(format!("bound ({took}); the carrier answers {name}{speaks}"));
    match answer.version {
        Some(theirs) if theirs < 0x34 && ours >= 0x34 => found.means(
            "the carrier takes no optional parameters at this version: long texts need a header ('udh8')",
        ),
        _ => found,
    }
}

/// Tells why it was not let in. A port that speaks TLS where none is declared is the likeliest reason for silence.
async fn turned_away(found: Finding, kept: &Kept, patient: &Patient, door: &Door) -> Finding {
    let settings = &patient.settings;
    if !matches!(kept, Kept::Refused(_) | Kept::Unwritten(_))
        && settings.tls.is_none()
        && let Some(shown) = certificate::shown(settings, door).await
    {
        return found
            .failed("what answers there speaks TLS, and none is declared")
            .means("the port is the one for encrypted connections")
            .advice(format!(
                "declare `tls = {{}}`, or ask the carrier for the port without TLS. The SHA-256 of the certificate is {shown}"
            ));
    }
    match kept {
        Kept::Refused(status) => {
            let (means, advice) = meaning(*status, &settings.login, patient.sessions);
            found.failed(format!("refused with {status}")).means(means).advice(advice)
        }
        Kept::Silent => found
            .failed(format!("no answer in {}", spoken(settings.timers.bind)))
            .means("something accepts connections there and says nothing: another port's service, or a carrier that is ill")
            .advice("compare 'host' and 'port' with what the carrier gave you; ask whether its SMPP server is up"),
        Kept::HungUp(why) => found
            .failed(why.clone())
            .means("the carrier ends the connection rather than to answer: mostly it doesn't admit our address")
            .advice("ask the carrier whether it admits the public address of this machine, and on which port"),
        Kept::NotSmpp(why) => found
            .failed(format!("what answers there is not SMPP: {why}"))
            .means("another service listens at this port")
            .advice("compare 'port' with what the carrier gave you"),
        Kept::Unwritten(why) => {
            found.failed(format!("the bind can't be written: {why}")).advice("shorten what the words name")
        }
    }
}

/// Other ways to log in that may work.
fn other_ways(settings: &Settings, kept: &Kept) -> Vec<Settings> {
    let with = |change: &dyn Fn(&mut Settings)| {
        let mut way = settings.clone();
        change(&mut way);
        way.receiver_login = way.receiver_login.map(|login| super::super::settings::Login {
            system_type: way.login.system_type.clone(),
            version: way.login.version,
            ..login
        });
        way
    };
    match kept {
        Kept::Refused(Status::RINVSYSTYP) => SYSTEM_TYPES
            .into_iter()
            .filter(|word| **word != *settings.login.system_type)
            .map(|word| with(&|way| way.login.system_type = word.into()))
            .collect(),
        Kept::Refused(status) if !is_worth_another_way(*status) => Vec::new(),
        Kept::Refused(_) | Kept::HungUp(_) => {
            let other = if settings.mode == Mode::Transceiver { Mode::Pair } else { Mode::Transceiver };
            let modes = [settings.mode, other];
            let versions = VERSIONS.into_iter().filter(|version| *version != settings.login.version);
            let versions = std::iter::once(settings.login.version).chain(versions);
            let ways = versions.flat_map(|version| modes.map(|mode| (mode, version))).skip(1);
            ways.map(|(mode, version)| with(&|way| (way.mode, way.login.version) = (mode, version))).collect()
        }
        Kept::Silent | Kept::NotSmpp(_) | Kept::Unwritten(_) => Vec::new(),
    }
}

/// Tries other ways one after another, until one is let in or a refusal says that it is of no use.
async fn another_way(patient: &Patient, tell: &Telling, door: &Door, ways: Vec<Settings>) -> Option<Bound> {
    let mut tried = Vec::new();
    for way in ways {
        match bind(patient, &way, door).await {
            Ok((bound, answer)) => {
                let found = Finding::new(Step::Bind, format!("binding as {}", described(&way)));
                let found = welcomed(found, &answer, way.login.version, "after others were refused");
                tell.tell(remedied(found, &patient.settings, &way)).await;
                return Some(bound);
            }
            Err(Kept::Refused(status)) => {
                tried.push(format!("{}: {status}", described(&way)));
                if matches!(status, Status::RINVPASWD | Status::RINVSYSID | Status::RALYBND) {
                    break;
                }
            }
            Err(_) => tried.push(format!("{}: not answered", described(&way))),
        }
    }
    let found = Finding::new(Step::Bind, "binding in other ways");
    let found = found.failed(tried.join("; ")).means("none of the usual ways is let in");
    tell.tell(
        found.advice(
            "ask the carrier what its bind must look like: kind, version, system_type, address_range",
        ),
    )
    .await;
    None
}

/// The settings in which the way that was let in differs from what is declared.
fn remedied(found: Finding, declared: &Settings, way: &Settings) -> Finding {
    let mut found = found;
    if way.mode != declared.mode {
        let word = if way.mode == Mode::Pair { "transmitter_receiver" } else { "transceiver" };
        let why = "the carrier refuses the other kind of bind";
        found = found.remedy("mode", word.into(), why);
    }
    if way.login.version != declared.login.version {
        let value = Value::Text(version(way.login.version));
        found = found.remedy("version", value, "the carrier refuses binds of other versions");
    }
    if way.login.system_type != declared.login.system_type {
        let value = Value::Text(way.login.system_type.to_string());
        found = found.remedy("system_type", value, "the carrier refuses binds with another system_type");
    }
    found.means("the carrier wants to be bound to so")
}

/// Logs in once; what the carrier said to the bind that sends.
async fn bind(patient: &Patient, settings: &Settings, door: &Door) -> Result<(Bound, Answer), Kept> {
    let sending = match settings.mode {
        Mode::Transceiver => BindMode::Transceiver,
        Mode::Pair | Mode::Transmitter => BindMode::Transmitter,
    };
    let (sending, answer) = bind_as(patient, settings, door, sending).await?;
    let receiving = if settings.mode == Mode::Pair {
        let other = settings.hosts(BindMode::Receiver).first();
        let door = match other.filter(|other| **other != door.host && !settings.hosts.contains(other)) {
            Some(host) => super::reach::first(settings, host).await.ok_or(Kept::Silent)?,
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
    let opened = timeout(settings.timers.connect, open(settings, &door.host, door.address)).await;
    let (stream, ends) = opened.map_err(|_| Kept::Silent)?.map_err(lost)?;
    let tape = patient.recorder.upstream(&settings.name, settings.links(), ends);
    let stream = Box::new(Recorded::new(stream, tape));
    let begun = Visit::begin(stream, settings, mode, settings.login(mode));
    let mut visit = begun.map_err(|error| Kept::Unwritten(error.to_string()))?;
    let until = Instant::now() + settings.timers.bind;
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

impl Bound {
    /// Answers what was brought, on the session that brought it.
    pub(super) fn acknowledge(&mut self, brought: &Brought, status: Status) {
        let visit = match &mut self.receiving {
            Some(receiving) if brought.by_receiver => receiving,
            _ => &mut self.sending,
        };
        visit.acknowledge(brought.sequence, brought.command, status);
    }

    /// The next that is heard on either session; `None` if that is nothing until then.
    pub(super) async fn hear(&mut self, until: Instant) -> Option<Heard> {
        let Some(receiving) = &mut self.receiving else { return self.sending.hear(until).await };
        tokio::select! {
            biased;
            heard = self.sending.hear(until) => heard,
            heard = receiving.hear(until) => match heard {
                Some(Heard::Brought(brought)) => Some(Heard::Brought(Brought { by_receiver: true, ..brought })),
                heard => heard,
            },
        }
    }

    /// Asks whether the session lives, and tells how long the answer took.
    pub(super) async fn enquire(&mut self, tell: &Telling) {
        let found = Finding::new(Step::EnquireLink, "asking whether the session lives (enquire_link)");
        let began = Instant::now();
        let until = began + ENQUIRY.min(self.settings.timers.response);
        if self.sending.enquire().is_err() {
            tell.tell(found.failed("the session ended before it could be asked")).await;
            return;
        }
        let found = loop {
            match self.sending.hear(until).await {
                Some(Heard::Answer(Asked::Enquiry, answer)) => {
                    let status = answer.status;
                    let refused = if status.is_ok() { String::new() } else { format!(" with {status}") };
                    break found.well(format!("answered{refused} in {}", since(began)));
                }
                Some(Heard::Brought(brought)) => {
                    // It isn't ours to keep: the carrier brings it again.
                    self.sending.acknowledge(brought.sequence, brought.command, Status::RX_T_APPN);
                }
                Some(Heard::Over(reason)) => break found.failed(reason.to_string()),
                Some(Heard::Unanswered(Asked::Enquiry)) | None => break unanswered(found, began.elapsed()),
                Some(Heard::Answer(..) | Heard::Unanswered(_)) => {}
            }
        };
        tell.tell(found).await;
    }

    /// Says goodbye.
    pub(super) async fn leave(self, tell: &Telling) {
        let found = Finding::new(Step::Unbind, "logging out (unbind)");
        let began = Instant::now();
        let (sending, receiving) = tokio::join!(self.sending.leave(), async {
            match self.receiving {
                Some(receiving) => receiving.leave().await,
                None => Some(Reason::Unbound),
            }
        });
        let found = match (sending, receiving) {
            (Some(Reason::Unbound), Some(Reason::Unbound)) => {
                found.well(format!("answered in {}", since(began)))
            }
            (ended, _) => {
                let how = ended.map_or_else(|| "not answered".to_owned(), |reason| reason.to_string());
                found
                    .note(how)
                    .means("the carrier may take the session for living for a while ('session_timeout')")
            }
        };
        tell.tell(found).await;
    }
}

fn unanswered(found: Finding, waited: Duration) -> Finding {
    found
        .failed(format!("no answer in {}", spoken(waited)))
        .means("the gateway would take the session for dead each time the carrier is silent for longer than 'enquire_link'")
        .advice("ask the carrier why it doesn't answer enquire_link; until it does, ask less often")
        .remedy("enquire_link", "1h".into(), "the carrier doesn't answer enquire_link")
}
