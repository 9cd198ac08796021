//! What can be set about a session, with values that suit most peers.

use crate::smpp::frame::DEFAULT_MAX_PDU;
use std::time::Duration;

/// The settings of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Requests we may have unanswered: 10 is typical, old servers want 1, fast ones take 100 and more. At most
    /// 65,535.
    pub window: usize,
    /// The longest PDU accepted, in octets.
    pub max_pdu: usize,
    /// Octets waiting to be written beyond which `Session::wants_input` says to stop reading.
    pub max_output: usize,
    /// From connection to bind (SMPP 3.4 section 7.2, session_init_timer).
    pub session_init: Duration,
    /// Silence of the peer after which we send enquire_link, `None` for never (section 7.2, enquire_link_timer).
    pub enquire_link: Option<Duration>,
    /// Silence after which we ask a peer that owes us an answer, if that is sooner; `None` for no sooner than others. Without
    /// `enquire_link` nobody is asked.
    pub enquire_debtor: Option<Duration>,
    /// From a request to its answer (section 7.2, response_timer); also how long an enquire_link may stay
    /// unanswered before the session is given up, unless the peer says anything else meanwhile.
    pub response: Duration,
    /// Silence of the peer after which the session is given up, `None` for never (section 7.2, inactivity_timer).
    pub inactivity: Option<Duration>,
    /// From unbind to its answer.
    pub unbind: Duration,
    /// Whether a server refuses requests that the session's state doesn't allow. A client never does: carriers
    /// deliver on a transmitter's bind and before their bind_resp.
    pub strict_states: bool,
    /// Whether a client hands out outbind instead of refusing it.
    pub accept_outbind: bool,
    /// The sequence number of the first request, 1 to 0x7FFFFFFF.
    pub first_sequence: u32,
}

/// The largest window, so that a setting gone wrong doesn't take the memory.
pub(super) const MAX_WINDOW: usize = 65_535;

impl Default for Settings {
    fn default() -> Self {
        Self {
            window: 10,
            max_pdu: DEFAULT_MAX_PDU,
            max_output: 1024 * 1024,
            session_init: Duration::from_secs(10),
            enquire_link: Some(Duration::from_secs(30)),
            enquire_debtor: None,
            response: Duration::from_secs(30),
            inactivity: None,
            unbind: Duration::from_secs(5),
            strict_states: true,
            accept_outbind: false,
            first_sequence: 1,
        }
    }
}
