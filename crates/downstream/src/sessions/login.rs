//! Logins: the account by its user name, its addresses before its password. All refusals have the same answer, so that
//! nothing can be learned from it.

use super::Sessions;
use super::gate::{ClientSession, Seat};
use super::speaks::Speaks;
use postrider_access::wrong_logins::Noted;
use postrider_core::account::{Account, AccountId, Login};
use postrider_core::rules::Rules;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Instant;

/// A user name and a password, as a client gave them.
pub(crate) struct Credentials {
    pub(crate) user: String,
    pub(crate) password: String,
}

/// The door that a client stands at.
#[derive(Clone, Copy)]
pub(crate) struct Entrance<'a> {
    pub(crate) speaks: Speaks,
    /// The gateway's own name there, for the log.
    pub(crate) server: &'a str,
    pub(crate) peer: SocketAddr,
    /// What the session carries, such as `transceiver`.
    pub(crate) mode: &'static str,
}

/// The owner of a session.
pub(crate) struct Admitted {
    pub(crate) account: AccountId,
    pub(crate) name: Box<str>,
    /// The login as it was declared then.
    pub(crate) login: Arc<Login>,
    /// Requests that may wait for an answer, either way.
    pub(crate) window: usize,
    _seat: Seat,
}

/// Why nobody is let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotAdmitted {
    /// The name or the password is wrong, the address isn't allowed, or they are locked out.
    Wrong,
    /// The account is disabled.
    Disabled,
    /// The account has all its sessions open.
    Full,
}

impl Credentials {
    /// The account that has this user name, whether it may be logged in as or not.
    pub(crate) fn account<'a>(&self, rules: &'a Rules) -> Option<&'a Arc<Account>> {
        rules.account_by_user(&self.user)
    }

    /// The user name for the log: nothing in it may look like another field.
    pub(crate) fn shown(&self) -> String {
        let is_plain = |c: &char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '@');
        self.user.chars().filter(is_plain).take(16).collect()
    }
}

impl Admitted {
    /// Whether the account may still have this session.
    pub(crate) fn is_welcome(&self, account: Option<&Arc<Account>>, peer: IpAddr) -> bool {
        let login = account.filter(|account| account.enabled).and_then(|account| account.login.as_ref());
        login.is_some_and(|login| login.user == self.login.user && is_allowed(login, peer))
    }
}

/// Lets somebody in, or says why not.
pub(crate) async fn login(
    sessions: &Sessions,
    entrance: Entrance<'_>,
    credentials: &Credentials,
    now: Instant,
) -> Result<Admitted, NotAdmitted> {
    let peer = entrance.peer.ip();
    let rules = sessions.live.rules();
    let account = credentials.account(&rules);
    let known = account.and_then(|account| account.login.as_ref().map(|login| (account, login)));
    let known = known.filter(|(_, login)| is_allowed(login, peer));
    let proof = known.map(|(_, login)| &login.proof);
    // Who guesses must not lock others out behind the same address.
    let is_recognized = sessions.passwords.recognizes(proof, &credentials.password);
    if !is_recognized && sessions.wrong_logins.locked(peer, &credentials.user, now).is_some() {
        count_refusal(entrance);
        return Err(NotAdmitted::Wrong);
    }
    let right = is_recognized || sessions.passwords.verify(proof, &credentials.password).await;
    let Some((account, login)) = known.filter(|_| right) else {
        let why = match account {
            None => "no account has this user name",
            Some(_) if known.is_none() => "the account may not log in from this address",
            Some(_) => "the password is wrong",
        };
        wrong(sessions, entrance, credentials, why, now);
        return Err(NotAdmitted::Wrong);
    };
    sessions.wrong_logins.right(peer, &credentials.user);
    if !account.enabled {
        turned_away(entrance, credentials, "the account is disabled");
        return Err(NotAdmitted::Disabled);
    }
    let elsewhere = sessions.live.sessions_elsewhere(account.id);
    let session = ClientSession {
        account: account.id,
        protocol: entrance.speaks.word(),
        mode: entrance.mode,
        peer: entrance.peer,
        since: sessions.live.now(),
    };
    let Some(seat) = sessions.gate.open(session, login.sessions_max.saturating_sub(elsewhere)) else {
        turned_away(entrance, credentials, "the account has all its sessions open");
        return Err(NotAdmitted::Full);
    };
    Ok(Admitted {
        account: account.id,
        name: account.name.clone(),
        window: usize::try_from(login.window).unwrap_or(usize::MAX).max(1),
        login: Arc::clone(login),
        _seat: seat,
    })
}

fn is_allowed(login: &Login, peer: IpAddr) -> bool {
    login.allowed.is_empty() || login.allowed.iter().any(|network| network.contains(peer))
}

/// Takes note of a wrong login. Watchers such as fail2ban read the line.
fn wrong(sessions: &Sessions, entrance: Entrance<'_>, credentials: &Credentials, why: &str, now: Instant) {
    let Entrance { speaks, server, .. } = entrance;
    let peer = entrance.peer.ip();
    count_refusal(entrance);
    sessions.auditor.refused(speaks.word(), peer, &credentials.user);
    let Noted { locked_for, line } = sessions.wrong_logins.wrong(peer, &credentials.user, now);
    if let Some(left_out) = line.filter(|left_out| *left_out > 0) {
        tracing::warn!(left_out, "refused binds were left out of the log: there were too many");
    }
    let user = credentials.shown();
    if line.is_some() {
        tracing::warn!(%peer, user, why, server, protocol = speaks.word(), "a bind was refused");
    }
    if let Some(locked_for) = locked_for {
        let seconds = locked_for.as_secs();
        tracing::debug!(%peer, user, seconds, "locked out after wrong logins");
    }
}

/// Who has logged in rightly, and is not let in all the same.
fn turned_away(entrance: Entrance<'_>, credentials: &Credentials, why: &str) {
    count_refusal(entrance);
    let (speaks, peer) = (entrance.speaks, entrance.peer.ip());
    tracing::warn!(%peer, user = credentials.shown(), why, protocol = speaks.word(), "a bind was turned away");
}

fn count_refusal(entrance: Entrance<'_>) {
    metrics::counter!("postrider_auth_failures_total", "interface" => entrance.speaks.word()).increment(1);
}
