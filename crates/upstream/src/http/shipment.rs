//! Deliveries that go in one request.

use super::talk::Talk;
use postrider_core::delivery::Delivery;
use postrider_core::message::Message;
use std::collections::VecDeque;

/// Deliveries of one request, at least one.
#[derive(Debug)]
pub(crate) struct Shipment(pub(crate) Vec<Delivery>);

impl Shipment {
    pub(crate) fn messages(&self) -> Vec<&Message> {
        self.0.iter().map(|delivery| &*delivery.message).collect()
    }
}

/// Puts deliveries together as the provider takes them, in order. One that can't join the last shipment begins another.
pub(crate) fn pack(deliveries: Vec<Delivery>, talk: &dyn Talk, waiting: &mut VecDeque<Shipment>) {
    let most = talk.traits().messages_max;
    let fresh = waiting.len();
    for delivery in deliveries {
        let room = waiting.iter_mut().skip(fresh).find(|shipment| {
            shipment.0.len() < most
                && shipment.0.iter().all(|other| talk.go_together(&other.message, &delivery.message))
        });
        match room {
            Some(shipment) => shipment.0.push(delivery),
            None => waiting.push_back(Shipment(vec![delivery])),
        }
    }
}
