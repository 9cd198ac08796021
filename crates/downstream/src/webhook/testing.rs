//! Webhooks and notices for tests.

use crate::testing;
use postrider_core::account::{AccountId, Webhook};
use postrider_core::delivery::{Outcome, State};
use postrider_core::id::MessageId;
use postrider_core::message::Message;
use postrider_core::notice::{Lane, Notice, What};
use postrider_core::route::UpstreamId;
use postrider_core::sender::Sender;
use postrider_core::time::Time;
use std::sync::Arc;

/// A webhook that allows http at any address, and gets one event a post.
pub(super) fn webhook(url: &str) -> Webhook {
    Webhook {
        url: url.into(),
        secret: (*b"012345678901234567890123").into(),
        previous_secret: None,
        menu: None,
        ca_file: None,
        allow_http: true,
        allow_private: true,
        batch: 1,
        kannel_headers: false,
    }
}

/// A notice of the account's message with this number.
pub(super) fn notice(account: AccountId, id: u64) -> Notice {
    let from = Some(Sender::parse("Shop").unwrap());
    let message = Message { account, from, ..testing::message(MessageId::from_number(id)) };
    let outcome = Outcome {
        state: State::Undelivered,
        upstream: UpstreamId(1),
        reference: None,
        error: Some("invalid_recipient 0x0000000B ESME_RINVDSTADR".into()),
        sent_at: Some(Time(3_000)),
        done_at: Time(5_000),
        parts: 2,
        possible_duplicate: false,
    };
    let what = What::Ended { message: Arc::new(message), outcome };
    let id = MessageId::from_number(id).into();
    Notice { id, lane: Lane::Webhooks, what, failed: 0, due: Time(0), owned: true }
}
