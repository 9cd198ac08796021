//! Other ways to log in, where the declared one is refused without a word about name, password or sessions.

use super::attempt::{Kept, bind};
use super::bound::Bound;
use super::finding::{Finding, Step, Value};
use super::login::{described, version, welcomed};
use super::reach::Door;
use super::refusal::is_worth_another_way;
use super::{Patient, Telling};
use crate::smpp::settings::{Login, Mode, Settings};
use postrider_wire::smpp::Status;
use std::collections::VecDeque;

/// Words that carriers ask for in `system_type`, tried where the declared one is refused.
const SYSTEM_TYPES: [&str; 6] = ["", "SMPP", "ESME", "VMA", "VMS", "OTA"];
/// The versions of SMPP.
const VERSIONS: [u8; 3] = [0x34, 0x33, 0x50];

/// Other ways to log in that may work.
pub(super) fn other_ways(settings: &Settings, kept: &Kept) -> VecDeque<Settings> {
    let with = |change: &dyn Fn(&mut Settings)| {
        let mut way = settings.clone();
        change(&mut way);
        way.receiver_login = way.receiver_login.map(|login| Login {
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
        Kept::Refused(status) if !is_worth_another_way(*status) => VecDeque::new(),
        Kept::Refused(_) | Kept::HungUp(_) => {
            let other = if settings.mode == Mode::Transceiver { Mode::Pair } else { Mode::Transceiver };
            let modes = [settings.mode, other];
            let versions = VERSIONS.into_iter().filter(|version| *version != settings.login.version);
            let versions = std::iter::once(settings.login.version).chain(versions);
            let ways = versions.flat_map(|version| modes.map(|mode| (mode, version))).skip(1);
            ways.map(|(mode, version)| with(&|way| (way.mode, way.login.version) = (mode, version))).collect()
        }
        Kept::Silent | Kept::NotSmpp(_) | Kept::Unwritten(_) | Kept::Encrypted(_) => VecDeque::new(),
    }
}

/// Tries other ways one after another, until one is let in or a refusal says that it is of no use. A way that is refused for
/// another reason than the declared one is half of the answer: it is gone on from there, once.
pub(super) async fn another_way(
    patient: &Patient,
    tell: &Telling,
    door: &Door,
    kept: &Kept,
) -> Option<Bound> {
    let is_about_word = |kept: &Kept| matches!(kept, Kept::Refused(Status::RINVSYSTYP));
    let mut ways = other_ways(&patient.settings, kept);
    let mut gone_on = false;
    let mut tried = Vec::new();
    while let Some(way) = ways.pop_front() {
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
                let refused = Kept::Refused(status);
                let further = other_ways(&way, &refused);
                if !gone_on && is_about_word(&refused) != is_about_word(kept) && !further.is_empty() {
                    (ways, gone_on) = (further, true);
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
