//! Refusals of a bind: their meaning, and what to ask the carrier.

use crate::smpp::settings::Login;
use postrider_wire::smpp::Status;

/// The meaning of a refusal, and advice.
pub(super) fn meaning(status: Status, login: Login<'_>, sessions: usize) -> (String, String) {
    let system_id = &login.system_id;
    let (means, advice) = match status {
        Status::RINVPASWD => (
            "the carrier refuses the password; many carriers answer the same for an unknown 'system_id', a locked \
             account or an address that isn't on their list"
                .to_owned(),
            format!(
                "compare 'password' with what the carrier gave you, case and blanks included{}. Ask the carrier: \"Is \
                 '{system_id}' active and not locked, is its password the one you gave us, and do you admit our address?\"",
                length(login)
            ),
        ),
        Status::RINVSYSID => (
            "the carrier doesn't know this user name at this host and port".to_owned(),
            format!(
                "compare 'system_id' with what the carrier gave you, case included. Ask: \"Is '{system_id}' set up at this \
                 host and port?\" Carriers often have others for tests"
            ),
        ),
        Status::RALYBND => occupied(sessions),
        Status::RINVSYSTYP => (
            "the carrier wants another 'system_type' than the one that was sent".to_owned(),
            "ask the carrier which system_type the bind must have, and write it to 'system_type'".to_owned(),
        ),
        Status::RINVCMDID | Status::RINVBNDSTS => (
            "the carrier doesn't know this kind of bind".to_owned(),
            "ask the carrier whether it takes transceivers or wants a transmitter and a receiver".to_owned(),
        ),
        Status::RBINDFAIL => (
            "the carrier refuses the bind without saying why".to_owned(),
            format!(
                "ask the carrier: \"Why is the bind of '{system_id}' refused: which kind of bind, interface_version, \
                 system_type and address_range do you expect, and do you admit our address?\""
            ),
        ),
        Status::RSYSERR | Status::RX_T_APPN | Status::RTHROTTLED | Status::RMSGQFUL => (
            "the carrier is unavailable for the moment, or this host is a standby".to_owned(),
            "try again in a few minutes, and ask the carrier if it stays so".to_owned(),
        ),
        Status::RPROHIBITED => (
            "the carrier knows the account and refuses it".to_owned(),
            "ask the carrier whether the account is active and paid, and whether it admits our address".to_owned(),
        ),
        _ => (
            in_words(status),
            format!("ask the carrier what {status} means in answer to a bind"),
        ),
    };
    (means, advice)
}

/// The specification's words for a status, to stand after a colon.
pub(super) fn in_words(status: Status) -> String {
    let Some(sentence) = status.meaning() else { return "the code is the carrier's own".to_owned() };
    let mut words = sentence.trim_end_matches('.').to_owned();
    if let Some(first) = words.get_mut(..1) {
        first.make_ascii_lowercase();
    }
    words
}

/// A remark on the password's length; nothing else of it is told.
fn length(login: Login<'_>) -> String {
    match login.password.len() {
        0 => "; none is declared".to_owned(),
        1..=8 => String::new(),
        more => format!("; it has {more} characters, and SMPP allows 8, so that some carriers cut it"),
    }
}

fn occupied(sessions: usize) -> (String, String) {
    let ours = match sessions {
        0 => "this gateway holds no session now, so another program holds it, or the carrier keeps a lost session \
              open"
            .to_owned(),
        1 => "this gateway holds one session, and the examination needs another".to_owned(),
        more => format!("this gateway holds {more} sessions, and the examination needs another"),
    };
    (
        format!("the carrier allows no further session of this login: {ours}"),
        match sessions {
            0 => "look for other programs that bind with this login; ask the carrier which sessions it sees, from which \
                  addresses, how many it allows, and how long it keeps lost ones ('session_timeout')"
                .to_owned(),
            _ => "disable the upstream while it is examined (`postrider upstream put NAME enabled=false`), or ask the \
                  carrier for one session more"
                .to_owned(),
        },
    )
}

/// Whether another kind of bind or another version may be let in, where this one wasn't. After a word about the password
/// nothing is tried again: carriers lock accounts that try again.
pub(super) fn may_have_alternatives(status: Status) -> bool {
    matches!(
        status,
        Status::RBINDFAIL
            | Status::RINVCMDID
            | Status::RINVBNDSTS
            | Status::RINVCMDLEN
            | Status::RINVMSGLEN
            | Status::RUNKNOWNERR
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_says_what_to_ask() {
        let login = Login { system_id: "me", password: "a secret that is long" };
        for (status, means, advice) in [
            (Status::RINVPASWD, "refuses the password", "it has 21 characters"),
            (Status::RINVSYSID, "user name", "Is 'me' set up"),
            (Status::RINVSYSTYP, "system_type", "ask"),
            (Status::RBINDFAIL, "without saying why", "interface_version"),
            (Status::RTHROTTLED, "unavailable", "in a few minutes"),
            (Status::RINVPRTFLG, "the priority_flag", "in answer to a bind"),
            (Status(0x403), "carrier's own", "ask the carrier what 0x403 means"),
        ] {
            let (meant, advised) = meaning(status, login, 0);
            assert!(meant.contains(means) && advised.contains(advice), "{status}: {meant}: {advised}");
        }
        assert!(meaning(Status::RALYBND, login, 0).1.contains("other programs"));
        assert!(meaning(Status::RALYBND, login, 2).1.contains("enabled=false"));
        assert!(!may_have_alternatives(Status::RINVPASWD) && may_have_alternatives(Status::RBINDFAIL));
    }
}
