//! Alternatives to the declared login, where it is refused without a word about name, password or sessions.

use super::bound::Bound;
use super::login::{described, welcomed};
use super::login_attempt::{NotBound, bind};
use super::refusal::may_have_alternatives;
use super::{Subject, steps};
use crate::smpp::settings::{Mode, Settings};
use postrider_declare::upstream::smpp::SmppVersion;
use postrider_link::doctor::{Finding, Listener, Reachable, Value};
use postrider_wire::smpp::Status;
use std::collections::VecDeque;

/// Words that carriers ask for in `system_type`, tried where the declared one is refused.
const SYSTEM_TYPES: [&str; 6] = ["", "SMPP", "ESME", "VMA", "VMS", "OTA"];
/// The versions of SMPP.
const VERSIONS: [SmppVersion; 3] = [SmppVersion::V34, SmppVersion::V33, SmppVersion::V50];

/// Other ways to log in that may work.
pub(super) fn alternatives(settings: &Settings, why: &NotBound) -> VecDeque<Settings> {
    let with = |change: &dyn Fn(&mut Settings)| {
        let mut way = settings.clone();
        change(&mut way);
        way
    };
    match why {
        NotBound::Refused(Status::RINVSYSTYP) => SYSTEM_TYPES
            .into_iter()
            .filter(|word| **word != *settings.system_type)
            .map(|word| with(&|way| way.system_type = word.into()))
            .collect(),
        NotBound::Refused(status) if !may_have_alternatives(*status) => VecDeque::new(),
        NotBound::Refused(_) | NotBound::HungUp(_) => {
            let other = if settings.mode == Mode::Transceiver { Mode::Pair } else { Mode::Transceiver };
            let modes = [settings.mode, other];
            let versions = VERSIONS.into_iter().filter(|version| *version != settings.version);
            let versions = std::iter::once(settings.version).chain(versions);
            let ways = versions.flat_map(|version| modes.map(|mode| (mode, version))).skip(1);
            ways.map(|(mode, version)| with(&|way| (way.mode, way.version) = (mode, version))).collect()
        }
        NotBound::Silent | NotBound::NotSmpp(_) | NotBound::Unwritten(_) | NotBound::Encrypted(_) => {
            VecDeque::new()
        }
    }
}

/// Tries alternatives one after another, until one is let in or a refusal says that it is of no use. A refusal for another
/// reason than the declared login's is half of the answer: its own alternatives are tried then, once.
pub(super) async fn try_alternatives(
    subject: &Subject,
    listener: &Listener,
    place: &Reachable,
    why: &NotBound,
) -> Option<Bound> {
    let is_about_word = |why: &NotBound| matches!(why, NotBound::Refused(Status::RINVSYSTYP));
    let mut ways = alternatives(&subject.settings, why);
    let mut gone_on = false;
    let mut tried = Vec::new();
    while let Some(way) = ways.pop_front() {
        match bind(subject, &way, place).await {
            Ok((bound, answer)) => {
                let found = Finding::new(steps::BIND, format!("binding as {}", described(&way)));
                let found = welcomed(found, &answer, way.version, "after others were refused");
                listener.tell(remedied(found, &subject.settings, &way)).await;
                return Some(bound);
            }
            Err(NotBound::Refused(status)) => {
                tried.push(format!("{}: {status}", described(&way)));
                if matches!(status, Status::RINVPASWD | Status::RINVSYSID | Status::RALYBND) {
                    break;
                }
                let refused = NotBound::Refused(status);
                let further = alternatives(&way, &refused);
                if !gone_on && is_about_word(&refused) != is_about_word(why) && !further.is_empty() {
                    (ways, gone_on) = (further, true);
                }
            }
            Err(_) => tried.push(format!("{}: not answered", described(&way))),
        }
    }
    let found = Finding::new(steps::BIND, "binding in other ways");
    let found = found.failed(tried.join("; ")).means("the carrier refuses all usual forms of bind");
    listener
        .tell(
            found.advice("ask the carrier which bind it expects: kind, version, system_type, address_range"),
        )
        .await;
    None
}

/// The settings in which the accepted login differs from the declared one.
fn remedied(found: Finding, declared: &Settings, way: &Settings) -> Finding {
    let mut found = found;
    if way.mode != declared.mode {
        let word = if way.mode == Mode::Pair { "transmitter_receiver" } else { "transceiver" };
        let why = "the carrier refuses the other kind of bind";
        found = found.remedy("mode", word.into(), why);
    }
    if way.version != declared.version {
        let value = Value::Text(way.version.word().to_owned());
        found = found.remedy("version", value, "the carrier refuses binds of other versions");
    }
    if way.system_type != declared.system_type {
        let value = Value::Text(way.system_type.as_str().to_owned());
        found = found.remedy("system_type", value, "the carrier refuses binds with another system_type");
    }
    found.means("the carrier accepts this form of bind")
}
