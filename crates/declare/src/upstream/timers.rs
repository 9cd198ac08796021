//! Time limits that upstreams of UCP and CIMD2 have alike.

use crate::settings;
use crate::span::Span;

settings! {
    /// Time limits.
    pub struct Timers: Default {
        /// The time for which a link sends nothing after a code that means `pause`.
        pause: Span = "60s".into(), "1s"..="1h";
        /// The wait before the next attempt after the carrier refused the login. An earlier attempt may lock the account.
        login_retry: Span = "5m".into(), "1s"..="1h";
        /// The time limit of the answer to the login.
        login_timeout: Span = "30s".into(), "1s"..="10m";
        /// The time for which the carrier keeps a session whose connection was lost. A session that the carrier ends whenever
        /// another logs in stays away for this time, and for twice as long each time that it happens again.
        session_timeout: Span = "2m".into(), "1s"..="1h";
        /// The silence of a session after which the carrier is asked for a sign of life. 0s means never, where the carrier
        /// doesn't answer such questions.
        keepalive: Span = "45s".into(), "0s"..="1h";
        /// The time limit of an answer. After it the message is in doubt, and nothing more is sent until the carrier sends
        /// anything.
        response_timeout: Span = "60s".into(), "1s"..="10m";
        /// The longest pause between attempts to connect. The first pause is 1 second, and each doubles.
        reconnect_max: Span = "60s".into(), "1s"..="1h";
    }
}
