//! Octets for an application of the handset reach its port, however client and carrier tell of it.

use crate::harness::{Plan, carrier, text_to, within};
use postrider_wire::smpp::TlvBuilder;
use postrider_wire::smpp::pdu::{BindMode, SubmitSm};
use postrider_wire::smpp::tlv::tag;
use serde_json::json;

/// Ports 2948 and 9200 as a header (3GPP TS 23.040, 9.2.3.24.4).
const HEADER: [u8; 6] = [5, 4, 0x0B, 0x84, 0x23, 0xF0];

#[tokio::test]
async fn octets_reach_the_port_that_they_are_for() {
    let carrier = carrier().await;
    let own = "[upstreams.other]\nsystem_id = 'other'\nports = 'parameters'\nbinary = 'dcs_f5'";
    let plan = Plan::simple(carrier.address()).upstream("other", carrier.address()).with(own);
    let gateway = plan.route("france", "33", &["other"]).start().await;
    let client = gateway.smpp("shop", BindMode::Transmitter).await;
    let mut ports = TlvBuilder::new();
    ports.push_u16(tag::SOURCE_PORT, 9200).push_u16(tag::DESTINATION_PORT, 2948);
    let in_header = [&[6][..], &HEADER, &[1, 2, 3]].concat();

    for (sent, number) in [(0, "+491700000001"), (3, "+33600000001")] {
        let binary = SubmitSm { data_coding: 4, ..text_to(number, &[1, 2, 3]) };
        client.submit(&SubmitSm { tlvs: ports.tlvs(), ..binary }).await;
        client.submit(&SubmitSm { esm_class: 0x40, short_message: &in_header, ..binary }).await;
        let message =
            json!({ "to": number, "data": "010203", "destination_port": 2948, "source_port": 9200 });
        gateway.http("shop").send_with(message).await;
        let parts = within("the parts", carrier.accepted_at_least(sent + 3)).await;
        for part in &parts[parts.len() - 3..] {
            assert_eq!(part.octets, [1, 2, 3], "{part:?}");
            if number.starts_with("+33") {
                let told = (part.tlv(tag::DESTINATION_PORT), part.tlv(tag::SOURCE_PORT));
                assert_eq!(told, (Some(&HEADER[2..4]), Some(&HEADER[4..6])), "{part:?}");
                assert_eq!((part.data_coding, part.header.len()), (0xF5, 0), "{part:?}");
            } else {
                assert_eq!((part.data_coding, &*part.header), (4, &HEADER[..]), "{part:?}");
            }
        }
    }
}
