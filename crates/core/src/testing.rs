//! A sample message for tests of this crate and of others, which say what is special about theirs.

use crate::account::AccountId;
use crate::id::MessageId;
use crate::message::{Body, Class, Message, Receipts, Via};
use crate::number::Number;
use crate::time::Time;
use std::sync::Arc;
use std::time::Duration;

/// A text of one part by account 1, due at time 0 and valid for a day, whose client asks for its end.
///
/// # Panics
/// Never: the sample's number is valid.
#[must_use]
#[expect(clippy::expect_used, reason = "it is for tests")]
pub fn message(id: MessageId) -> Message {
    Message {
        id,
        account: AccountId(1),
        class: Class::Transactional,
        from: None,
        to: Number::from_digits(447_700_900_123).expect("a valid number"),
        body: Body::Text("x".into()),
        parts: 1,
        due: Time(0),
        expires: Time(0) + Duration::from_hours(24),
        reference: None,
        metadata: None,
        callback: None,
        receipts: Receipts::All,
        via: Via::Asking,
        flash: false,
        parameters: Box::default(),
        known_as: Box::default(),
        exempt: false,
        hold: None,
        plan: Arc::default(),
        tried: Box::default(),
        charge: None,
        ordering_key: None,
        cancel_on_reply: false,
        tags: None,
    }
}
