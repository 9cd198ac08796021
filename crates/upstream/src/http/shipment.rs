//! Deliveries that go in one request.

use super::settings::Settings;
use postrider_core::delivery::Delivery;
use postrider_core::message::Message;
use std::collections::VecDeque;

/// Deliveries of one request, at least one.
#[derive(Debug)]
pub(super) struct Shipment(pub(super) Vec<Delivery>);

impl Shipment {
    pub(super) fn messages(&self) -> Vec<&Message> {
        self.0.iter().map(|delivery| &*delivery.message).collect()
    }
}

/// Puts deliveries together as the provider takes them, in order. One that can't join the last shipment begins another.
pub(super) fn pack(deliveries: Vec<Delivery>, settings: &Settings, waiting: &mut VecDeque<Shipment>) {
    let most = settings.provider.messages_max();
    let fresh = waiting.len();
    for delivery in deliveries {
        let room = waiting.iter_mut().skip(fresh).find(|shipment| {
            shipment.0.len() < most
                && shipment
                    .0
                    .iter()
                    .all(|other| settings.provider.go_together(&other.message, &delivery.message))
        });
        match room {
            Some(shipment) => shipment.0.push(delivery),
            None => waiting.push_back(Shipment(vec![delivery])),
        }
    }
}
