//! Messages and deliveries for the tests of adapters.

use postrider_core::account::AccountId;
use postrider_core::delivery::Delivery;
use postrider_core::id::MessageId;
use postrider_core::message::{Body, Class, Message, Receipts, Via};
use postrider_core::number::Number;
use postrider_core::route::UpstreamId;
use postrider_core::time::Time;
use std::sync::Arc;

pub(crate) fn message(body: Body) -> Message {
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

pub(crate) fn delivery(text: &str) -> Delivery {
    Delivery::new(Arc::new(message(Body::Text(text.into()))), UpstreamId(1))
}
