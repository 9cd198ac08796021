//! Logging in: as declared, and if need be in other ways, with what came of it in words.

use super::alternatives::{alternatives, try_alternatives};
use super::bound::Bound;
use super::login_attempt::{NotBound, bind};
use super::refusal::meaning;
use super::session::Response;
use super::{Subject, steps};
use crate::smpp::settings::{Mode, Settings};
use postrider_declare::upstream::smpp::SmppVersion;
use postrider_link::doctor::{Finding, Listener, Reachable, fingerprint, spoken, spoken_since};
use postrider_link::now;
use postrider_wire::smpp::pdu::BindMode;

/// The most hosts at which a login is tried.
const HOSTS_MAX: usize = 3;

/// Logs in at the first of each host's places that lets in. After a word about name, password or sessions no other host is
/// asked, since they share what they know.
pub(super) async fn anywhere<'a>(
    subject: &Subject,
    listener: &Listener,
    places: &'a [Reachable],
) -> Option<(Bound, &'a Reachable)> {
    let mut tried: Vec<&Reachable> = Vec::new();
    for place in places {
        if tried.len() == HOSTS_MAX || tried.iter().any(|tried| tried.host == place.host) {
            continue;
        }
        tried.push(place);
        match login(subject, listener, place).await {
            Ok(bound) => return Some((bound, place)),
            Err(why) if why.is_final() => return None,
            Err(_) => {}
        }
    }
    None
}

/// Logs in at a place, tries other ways where it is worth it, and tells what came of it.
async fn login(subject: &Subject, listener: &Listener, place: &Reachable) -> Result<Bound, NotBound> {
    let settings = &subject.settings;
    let found = Finding::new(steps::BIND, format!("binding as {} at {}", described(settings), place.address));
    let began = now();
    let why = match bind(subject, settings, place).await {
        Ok((bound, answer)) => {
            listener.tell(welcomed(found, &answer, settings.version, &spoken_since(began))).await;
            return Ok(bound);
        }
        Err(why) => encrypted(settings, place, &why).await.map_or(why, NotBound::Encrypted),
    };
    listener.tell(turned_away(found, &why, subject)).await;
    if alternatives(settings, &why).is_empty() {
        return Err(why);
    }
    try_alternatives(subject, listener, place, &why).await.ok_or(why)
}

/// What a bind says, in words.
pub(super) fn described(settings: &Settings) -> String {
    let mode = match settings.mode {
        Mode::Transceiver => "a transceiver",
        Mode::Pair => "a transmitter and a receiver",
        Mode::Transmitter => "a transmitter",
    };
    let system_type = match &*settings.system_type {
        "" => String::new(),
        word => format!(" and system_type {word}"),
    };
    format!("{mode} with SMPP {}{system_type}", spoken_version(settings.version.octet()))
}

/// `3.4` for 0x34.
fn spoken_version(octet: u8) -> String {
    format!("{}.{}", octet >> 4, octet & 0x0F)
}

/// What there is to say of a login that was let in.
pub(super) fn welcomed(found: Finding, answer: &Response, ours: SmppVersion, took: &str) -> Finding {
    let name =
        if answer.name.is_empty() { "without a name".to_owned() } else { format!("as {}", answer.name) };
    let speaks =
        answer.version.map(|theirs| format!(", with SMPP {}", spoken_version(theirs))).unwrap_or_default();
    let found = found.well(format!("bound ({took}); the carrier answers {name}{speaks}"));
    match answer.version {
        Some(theirs) if theirs < 0x34 && ours != SmppVersion::V33 => found.means(
            "the carrier takes no optional parameters at this version: long texts need a header ('udh8')",
        ),
        _ => found,
    }
}

/// The fingerprint of what speaks TLS there though none is declared: the likeliest reason where SMPP isn't understood.
async fn encrypted(settings: &Settings, place: &Reachable, why: &NotBound) -> Option<String> {
    if settings.tls.is_some() || matches!(why, NotBound::Refused(_) | NotBound::Unwritten(_)) {
        return None;
    }
    fingerprint(&settings.dialer(), place).await
}

/// Tells why it was not let in.
fn turned_away(found: Finding, why: &NotBound, subject: &Subject) -> Finding {
    let settings = &subject.settings;
    match why {
        NotBound::Encrypted(shown) => found
            .failed("the carrier speaks TLS, and the upstream declares none")
            .means("the port is the one for encrypted connections")
            .advice(format!(
                "declare `tls = {{}}`, or ask the carrier for the port without TLS. The SHA-256 of the certificate is {shown}"
            )),
        NotBound::Refused(status) => {
            let (means, advice) = meaning(*status, settings.login(BindMode::Transceiver), subject.sessions);
            found.failed(format!("refused with {status}")).means(means).advice(advice)
        }
        NotBound::Silent => found
            .failed(format!("no answer in {}", spoken(settings.limits.bind)))
            .means("the port accepts connections and sends nothing: another service listens there, or the carrier's server hangs")
            .advice("compare 'host' and 'port' with what the carrier gave you; ask whether its SMPP server is up"),
        NotBound::HungUp(why) => found
            .failed(why.clone())
            .means("the carrier closes the connection without an answer: most often our address isn't on its list")
            .advice("ask the carrier whether it admits the public address of this machine, and on which port"),
        NotBound::NotSmpp(why) => found
            .failed(format!("the answer is not SMPP: {why}"))
            .means("another service listens at this port")
            .advice("compare 'port' with what the carrier gave you"),
        NotBound::Unwritten(why) => {
            found.failed(format!("the bind can't be written: {why}")).advice("shorten what the words name")
        }
    }
}
