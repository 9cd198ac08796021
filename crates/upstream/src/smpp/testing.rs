//! Messages and deliveries for this module's tests.

use super::settings::Settings;
use postrider_core::account::AccountId;
use postrider_core::delivery::Delivery;
use postrider_core::id::MessageId;
use postrider_core::message::{Body, Class, Message, Receipts, Via};
use postrider_core::number::Number;
use postrider_core::route::UpstreamId;
use postrider_core::time::Time;
use postrider_declare::Secrets;
use postrider_declare::upstream::smpp::SmppUpstream;
use std::sync::Arc;

pub(super) fn message(body: Body) -> Message {
    Message {
        id: MessageId::from_number(0x0123_4567_89AB_CDEF),
        account: AccountId(1),
        class: Class::Transactional,
        from: None,
        to: Number::from_digits(447_700_900_123).unwrap(),
        body,
        parts: 1,
        due: Time(0),
        expires: Time(86_400_000),
        reference: None,
        metadata: None,
        callback: None,
        receipts: Receipts::All,
        via: Via::Asking,
        flash: false,
        parameters: Box::default(),
        known_as: Box::default(),
        exempt: false,
        plan: Arc::default(),
    }
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
