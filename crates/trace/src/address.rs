//! The addresses in a PDU.

use postrider_wire::smpp::pdu::Destination;
use postrider_wire::smpp::{Address, Pdu};

/// Visits every address of a person or an application in a PDU.
pub(crate) fn each<'a>(pdu: &Pdu<'a>, mut found: impl FnMut(Address<'a>)) {
    let mut both = |source: Address<'a>, destination: Address<'a>| {
        found(source);
        found(destination);
    };
    match pdu {
        Pdu::SubmitSm(pdu) => both(pdu.source, pdu.destination),
        Pdu::DeliverSm(pdu) => both(pdu.source, pdu.destination),
        Pdu::DataSm(pdu) => both(pdu.source, pdu.destination),
        Pdu::CancelSm(pdu) => both(pdu.source, pdu.destination),
        Pdu::AlertNotification(pdu) => both(pdu.source, pdu.esme),
        Pdu::QuerySm(pdu) => found(pdu.source),
        Pdu::ReplaceSm(pdu) => found(pdu.source),
        Pdu::BroadcastSm(pdu) => found(pdu.source),
        Pdu::QueryBroadcastSm(pdu) => found(pdu.source),
        Pdu::CancelBroadcastSm(pdu) => found(pdu.source),
        Pdu::SubmitMulti(pdu) => {
            found(pdu.source);
            for destination in pdu.destinations.iter() {
                if let Destination::Address(address) = destination {
                    found(address);
                }
            }
        }
        Pdu::SubmitMultiResp(pdu) => pdu.failures.iter().for_each(|failure| found(failure.destination)),
        _ => {}
    }
}
