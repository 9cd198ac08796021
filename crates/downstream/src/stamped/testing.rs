//! Messages that ended, for tests.

use super::conversation::Reading;
use crate::testing::message;
use postrider_core::cause::Cause;
use postrider_core::delivery::{Outcome, State};
use postrider_core::id::MessageId;
use postrider_core::message::Message;
use postrider_core::route::UpstreamId;
use postrider_core::sender::Sender;
use postrider_core::time::Time;
use postrider_text::Alphabet;

/// 2026-11-29 08:30:07 UTC.
pub(crate) const THEN: Time = Time(1_795_941_007_000);

/// How a client of the usual alphabet is read then.
pub(crate) const READING: Reading = Reading { alphabet: Alphabet::Gsm7, offset: 0, now: THEN };

/// A message to +447700900123 that came by UCP at 08:30:07 and ended a minute later.
pub(crate) fn ended(from: Option<&str>, state: State, error: Option<Cause>) -> (Message, Outcome) {
    let message = Message {
        from: from.map(|from| Sender::parse(from).unwrap()),
        reference: Some("ucp:291126083007".into()),
        ..message(MessageId::first_at(THEN))
    };
    let outcome = Outcome {
        state,
        upstream: UpstreamId(1),
        reference: None,
        error,
        sent_at: Some(THEN),
        done_at: Time(THEN.0 + 60_000),
        parts: 1,
        possible_duplicate: false,
    };
    (message, outcome)
}
