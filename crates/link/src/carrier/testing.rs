//! Deliveries for this module's tests.

use postrider_core::delivery::Delivery;
use postrider_core::id::MessageId;
use postrider_core::message::{Body, Message};
use postrider_core::route::UpstreamId;
use std::sync::Arc;

fn message(body: Body) -> Message {
    Message { body, ..postrider_core::testing::message(MessageId::from_number(0x0123_4567_89AB_CDEF)) }
}

pub(super) fn delivery(text: &str) -> Delivery {
    Delivery::new(Arc::new(message(Body::Text(text.into()))), UpstreamId(1))
}
