//! Logging in: as declared, and if need be in other ways, with what came of it in words.

use super::attempt::{Kept, bind};
use super::bound::Bound;
use super::certificate;
use super::finding::{Finding, Step};
use super::reach::Door;
use super::refusal::meaning;
use super::visit::Answer;
use super::ways::{another_way, other_ways};
use super::{Patient, Telling, since, spoken};
use crate::smpp::settings::{Mode, Settings};
use postrider_link::now;

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

/// Logs in at a door, tries other ways where it is worth it, and tells what came of it.
async fn login(patient: &Patient, tell: &Telling, door: &Door) -> Result<Bound, Kept> {
    let settings = &patient.settings;
    let found = Finding::new(Step::Bind, format!("binding as {} at {}", described(settings), door.address));
    let began = now();
    let kept = match bind(patient, settings, door).await {
        Ok((bound, answer)) => {
            tell.tell(welcomed(found, &answer, settings.login.version, &since(began))).await;
            return Ok(bound);
        }
        Err(kept) => encrypted(settings, door, &kept).await.map_or(kept, Kept::Encrypted),
    };
    tell.tell(turned_away(found, &kept, patient)).await;
    if other_ways(settings, &kept).is_empty() {
        return Err(kept);
    }
    another_way(patient, tell, door, &kept).await.ok_or(kept)
}

/// What a bind says, in words.
pub(super) fn described(settings: &Settings) -> String {
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
pub(super) fn version(octet: u8) -> String {
    format!("{}.{}", octet >> 4, octet & 0x0F)
}

/// What there is to say of a login that was let in.
pub(super) fn welcomed(found: Finding, answer: &Answer, ours: u8, took: &str) -> Finding {
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

/// The fingerprint of what speaks TLS there though none is declared: the likeliest reason where SMPP isn't understood.
async fn encrypted(settings: &Settings, door: &Door, kept: &Kept) -> Option<String> {
    if settings.tls.is_some() || matches!(kept, Kept::Refused(_) | Kept::Unwritten(_)) {
        return None;
    }
    certificate::shown(settings, door).await
}

/// Tells why it was not let in.
fn turned_away(found: Finding, kept: &Kept, patient: &Patient) -> Finding {
    let settings = &patient.settings;
    match kept {
        Kept::Encrypted(shown) => found
            .failed("what answers there speaks TLS, and none is declared")
            .means("the port is the one for encrypted connections")
            .advice(format!(
                "declare `tls = {{}}`, or ask the carrier for the port without TLS. The SHA-256 of the certificate is {shown}"
            )),
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
