//! Logins: the account by its user name, its addresses before its password. All refusals have the same answer, so that
//! nothing can be learned from it.

use super::Smpp;
use super::address_range::AddressRange;
use super::gate::Seat;
use super::message::Taking;
use super::receipt::Form;
use postrider_access::wrong_logins::Noted;
use postrider_core::account::{Account, AccountId, Login, LongForm};
use postrider_core::rules::Rules;
use postrider_text::{Alphabet, NameAlphabet};
use postrider_wire::smpp::Status;
use postrider_wire::smpp::pdu::{Bind, BindMode};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

/// The answer to a name or a password that is wrong, to an address that isn't allowed, and to who is locked out.
const WRONG: Status = Status::RINVPASWD;

/// A request to bind.
pub(super) struct Ask {
    pub(super) sequence: u32,
    pub(super) mode: BindMode,
    pub(super) version: u8,
    /// Its `address_range`.
    range: String,
    user: String,
    password: String,
}

/// The owner of a bound session.
pub(super) struct Bound {
    pub(super) account: AccountId,
    pub(super) name: Box<str>,
    pub(super) user: Box<str>,
    pub(super) mode: BindMode,
    /// The version it speaks; up to 0x33 there are no parameters.
    pub(super) version: u8,
    /// Requests that may wait for an answer, either way.
    pub(super) window: usize,
    /// Its alphabets where it names none.
    pub(super) alphabets: Alphabets,
    /// Whether a zero at the end of its texts is none of their characters.
    pub(super) drops_nul: bool,
    /// Whether receipts go as data_sm, if it may have parameters.
    receipts_as_data: bool,
    /// The form of messages that need several parts.
    long: LongForm,
    /// The addresses that it serves.
    pub(super) range: AddressRange,
    _seat: Seat,
}

/// A client's alphabets where it names none.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Alphabets {
    /// In texts of `data_coding` 0.
    pub(super) text: Alphabet,
    /// In alphanumeric addresses.
    pub(super) name: NameAlphabet,
}

impl Ask {
    pub(super) fn new(sequence: u32, bind: &Bind<'_>) -> Self {
        let text = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
        Self {
            sequence,
            mode: bind.mode,
            version: bind.interface_version,
            range: text(bind.address_range),
            user: text(bind.system_id),
            password: text(bind.password),
        }
    }

    /// The account that has this user name, whether it may be bound as or not.
    pub(super) fn account<'a>(&self, rules: &'a Rules) -> Option<&'a Arc<Account>> {
        rules.account_by_user(&self.user)
    }
}

impl Bound {
    pub(super) fn receives(&self) -> bool {
        self.mode != BindMode::Transmitter
    }

    pub(super) fn has_parameters(&self) -> bool {
        self.version >= 0x34
    }

    /// How receipts are written to it.
    pub(super) fn receipts(&self) -> Form {
        match (self.has_parameters(), self.receipts_as_data) {
            (true, true) => Form::Data,
            (true, false) => Form::Full,
            (false, _) => Form::Bare,
        }
    }

    /// How messages from handsets are written to it.
    pub(super) fn messages(&self) -> Taking {
        Taking { alphabets: self.alphabets, long: self.long, has_parameters: self.has_parameters() }
    }

    /// Whether the account may still have this session.
    pub(super) fn is_welcome(&self, account: Option<&Arc<Account>>, peer: IpAddr) -> bool {
        let login = account.filter(|account| account.enabled).and_then(|account| account.login.as_ref());
        login.is_some_and(|login| login.user == self.user && is_allowed(login, peer))
    }
}

/// Lets somebody in, or says with which status not.
pub(super) async fn login(door: Arc<Smpp>, peer: IpAddr, ask: &Ask, now: Instant) -> Result<Bound, Status> {
    let rules = door.live.rules();
    let account = rules.account_by_user(&ask.user);
    let known = account.and_then(|account| account.login.as_deref().map(|login| (account, login)));
    let known = known.filter(|(_, login)| is_allowed(login, peer));
    let proof = known.map(|(_, login)| &login.proof);
    // Who guesses must not lock others out behind the same address.
    let is_recognized = door.passwords.recognizes(proof, &ask.password);
    if !is_recognized && door.wrong_logins.locked(peer, &ask.user, now).is_some() {
        count_refusal();
        return Err(WRONG);
    }
    let right = is_recognized || door.passwords.verify(proof, &ask.password).await;
    let Some((account, login)) = known.filter(|_| right) else {
        let why = match account {
            None => "no account has this user name",
            Some(_) if known.is_none() => "the account may not log in from this address",
            Some(_) => "the password is wrong",
        };
        return Err(wrong(&door, peer, ask, why, now));
    };
    door.wrong_logins.right(peer, &ask.user);
    if !account.enabled {
        return Err(turned_away(peer, ask, "the account is disabled", Status::RBINDFAIL));
    }
    let elsewhere = door.live.sessions_elsewhere(account.id);
    let Some(seat) = door.gate.open(account.id, login.sessions_max.saturating_sub(elsewhere)) else {
        return Err(turned_away(peer, ask, "the account has all its sessions open", Status::RALYBND));
    };
    Ok(Bound {
        account: account.id,
        name: account.name.clone(),
        user: login.user.clone(),
        mode: ask.mode,
        version: ask.version,
        window: usize::try_from(login.window).unwrap_or(usize::MAX).max(1),
        alphabets: Alphabets { text: login.alphabet, name: login.name_alphabet },
        drops_nul: login.drops_nul,
        receipts_as_data: login.receipts_as_data,
        long: login.long,
        range: range(peer, ask),
        _seat: seat,
    })
}

/// The addresses that a session serves. One whose pattern can't be read gets everything, as one without a pattern does.
fn range(peer: IpAddr, ask: &Ask) -> AddressRange {
    AddressRange::read(&ask.range).unwrap_or_else(|| {
        tracing::warn!(%peer, user = shown(ask), "the address_range of a bind is no pattern that can be read: all addresses are its own");
        AddressRange::All
    })
}

fn is_allowed(login: &Login, peer: IpAddr) -> bool {
    login.allowed.is_empty() || login.allowed.iter().any(|network| network.contains(peer))
}

/// Takes note of a wrong login. Watchers such as fail2ban read the line.
fn wrong(door: &Smpp, peer: IpAddr, ask: &Ask, why: &str, now: Instant) -> Status {
    count_refusal();
    door.auditor.refused("smpp", peer, &ask.user);
    let Noted { locked_for, line } = door.wrong_logins.wrong(peer, &ask.user, now);
    if let Some(left_out) = line.filter(|left_out| *left_out > 0) {
        tracing::warn!(left_out, "refused binds were left out of the log: there were too many");
    }
    if line.is_some() {
        tracing::warn!(%peer, user = shown(ask), why, server = %door.settings.system_id, "a bind was refused");
    }
    if let Some(locked_for) = locked_for {
        let seconds = locked_for.as_secs();
        tracing::debug!(%peer, user = shown(ask), seconds, "locked out after wrong logins");
    }
    WRONG
}

/// Who has logged in rightly, and is not let in all the same.
fn turned_away(peer: IpAddr, ask: &Ask, why: &str, status: Status) -> Status {
    count_refusal();
    tracing::warn!(%peer, user = shown(ask), why, "a bind was turned away");
    status
}

fn count_refusal() {
    metrics::counter!("postrider_auth_failures_total", "interface" => "smpp").increment(1);
}

/// A user name for the log: nothing in it may look like another field.
fn shown(ask: &Ask) -> String {
    let is_plain = |c: &char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '@');
    ask.user.chars().filter(is_plain).take(16).collect()
}
