//! Messages and deliveries for this module's tests.

use super::settings::Settings;
use postrider_core::delivery::Delivery;
use postrider_core::id::MessageId;
use postrider_core::message::{Body, Message};
use postrider_core::route::UpstreamId;
use postrider_declare::Secrets;
use postrider_declare::upstream::smpp::SmppUpstream;
use std::sync::Arc;

pub(super) fn message(body: Body) -> Message {
    Message { body, ..postrider_core::testing::message(MessageId::from_number(0x0123_4567_89AB_CDEF)) }
}

/// Settings with nothing declared but where to bind as whom, and then changed.
pub(super) fn settings(change: impl FnOnce(&mut Settings)) -> Settings {
    let mut secrets = Secrets::default();
    secrets.set("password", "longer-than-eight".into());
    let mut settings = Settings::new("acme", &SmppUpstream::new("localhost", 2775, "user"), &secrets);
    change(&mut settings);
    settings
}

pub(super) fn delivery(text: &str) -> Delivery {
    Delivery::new(Arc::new(message(Body::Text(text.into()))), UpstreamId(1))
}
