//! Binds: what a client asks for, and what its session knows of it.

use super::Smpp;
use super::receipt::Form;
use crate::sessions::address_range::AddressRange;
use crate::sessions::login::{Admitted, Credentials, Entrance, NotAdmitted, login as admit};
use crate::sessions::pieces::{Alphabets, Taking};
use crate::sessions::speaks::Speaks;
use postrider_wire::smpp::Status;
use postrider_wire::smpp::pdu::{Bind, BindMode};
use std::net::{IpAddr, SocketAddr};
use std::ops::Deref;
use std::sync::Arc;
use std::time::Instant;

/// A request to bind.
pub(super) struct Ask {
    pub(super) sequence: u32,
    pub(super) mode: BindMode,
    pub(super) version: u8,
    /// Its `address_range`.
    range: String,
    pub(super) credentials: Credentials,
}

/// The owner of a bound session.
pub(super) struct Bound {
    admitted: Admitted,
    pub(super) mode: BindMode,
    /// The version it speaks; up to 0x33 there are no parameters.
    pub(super) version: u8,
    /// Its alphabets where it names none.
    pub(super) alphabets: Alphabets,
    /// The addresses that it serves.
    pub(super) range: AddressRange,
}

impl Deref for Bound {
    type Target = Admitted;

    fn deref(&self) -> &Admitted {
        &self.admitted
    }
}

impl Ask {
    pub(super) fn new(sequence: u32, bind: &Bind<'_>) -> Self {
        let text = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
        Self {
            sequence,
            mode: bind.mode,
            version: bind.interface_version,
            range: text(bind.address_range),
            credentials: Credentials { user: text(bind.system_id), password: text(bind.password) },
        }
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
        match (self.has_parameters(), self.login.receipts_as_data) {
            (true, true) => Form::Data,
            (true, false) => Form::Full,
            (false, _) => Form::Bare,
        }
    }

    /// How messages from handsets are written to it.
    pub(super) fn messages(&self) -> Taking {
        let has_parameters = self.has_parameters();
        Taking { alphabets: self.alphabets, long: self.login.long, has_parameters }
    }
}

/// Lets somebody in, or says with which status not.
pub(super) async fn login(
    door: Arc<Smpp>,
    peer: SocketAddr,
    ask: &Ask,
    now: Instant,
) -> Result<Bound, Status> {
    let server = &door.settings.system_id;
    let entrance = Entrance { speaks: Speaks::Smpp, server, peer, mode: mode(ask.mode) };
    let admitted = admit(&door.sessions, entrance, &ask.credentials, now).await.map_err(status)?;
    let login = &admitted.login;
    Ok(Bound {
        mode: ask.mode,
        version: ask.version,
        alphabets: Alphabets { text: login.alphabet, name: login.name_alphabet },
        range: range(peer.ip(), ask),
        admitted,
    })
}

/// The word for what a session carries, in the API, the log and metrics.
pub(super) const fn mode(mode: BindMode) -> &'static str {
    match mode {
        BindMode::Transmitter => "transmitter",
        BindMode::Receiver => "receiver",
        BindMode::Transceiver => "transceiver",
    }
}

fn status(why: NotAdmitted) -> Status {
    match why {
        NotAdmitted::Wrong => Status::RINVPASWD,
        NotAdmitted::Disabled => Status::RBINDFAIL,
        NotAdmitted::Full => Status::RALYBND,
    }
}

/// The addresses that a session serves. One whose pattern can't be read gets everything, as one without a pattern does.
fn range(peer: IpAddr, ask: &Ask) -> AddressRange {
    AddressRange::read(&ask.range).unwrap_or_else(|| {
        let user = ask.credentials.shown();
        tracing::warn!(%peer, user, "the address_range of a bind is no pattern that can be read: all addresses are its own");
        AddressRange::All
    })
}
