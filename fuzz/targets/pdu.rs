//! What must hold for any octets read as PDUs: no panic, nothing much larger than what came, and whatever can be
//! written again reads back the same.

use bytes::BytesMut;
use postrider_wire::smpp::frame::DEFAULT_MAX_PDU;
use postrider_wire::smpp::receipt::{Report, narrow};
use postrider_wire::smpp::time::{Civil, Time};
use postrider_wire::smpp::tlv::tag;
use postrider_wire::smpp::{Encode, Frame, Pdu, Tlvs};

/// Octets that writing may add: NULs and zeros for what a lenient reading found missing.
const MISSING: usize = 32;

/// A stream of PDUs.
pub(crate) fn stream(mut data: &[u8]) {
    while let Ok(Some(found)) = Frame::peek(data, DEFAULT_MAX_PDU) {
        assert!(found.octets() >= 16 && found.octets() <= data.len());
        frame(&found);
        data = &data[found.octets()..];
    }
}

/// One PDU, whatever its command_length says.
pub(crate) fn frame(frame: &Frame<'_>) {
    let pdu = match frame.decode() {
        Ok(pdu) => pdu,
        Err(error) => {
            assert!(
                error.offset <= frame.body.len() && !error.status.is_ok() && !error.to_string().is_empty()
            );
            return;
        }
    };
    assert!(format!("{pdu:?}").len() < 64 * 1024 + 100 * frame.body.len());
    look_inside(&pdu);
    let mut out = BytesMut::new();
    match pdu.encode(frame.header.status, frame.header.sequence, &mut out) {
        Ok(()) => {
            assert!(out.len() <= frame.octets() + MISSING);
            let again = Frame::peek(&out, usize::MAX).expect("a good length").expect("a whole PDU");
            assert_eq!(
                (again.header.status, again.header.sequence),
                (frame.header.status, frame.header.sequence)
            );
            assert_eq!(again.decode().expect("what was written reads back"), pdu);
        }
        Err(error) => assert!(out.is_empty() && !error.to_string().is_empty()),
    }
}

fn look_inside(pdu: &Pdu<'_>) {
    match pdu {
        Pdu::SubmitSm(submit) => {
            times(submit.schedule_delivery_time);
            times(submit.validity_period);
            parameters(&submit.tlvs);
        }
        Pdu::DeliverSm(deliver) => receipt(deliver.esm_class, &deliver.tlvs, deliver.text()),
        Pdu::DataSm(data) => receipt(data.esm_class, &data.tlvs, data.text()),
        Pdu::SubmitMulti(submit) => assert_eq!(submit.destinations.iter().count(), submit.destinations.len()),
        Pdu::SubmitMultiResp(answer) => assert_eq!(answer.failures.iter().count(), answer.failures.len()),
        Pdu::QueryLastMsgsResp(answer) => {
            assert_eq!(answer.message_ids.iter().count(), answer.message_ids.len());
        }
        _ => {}
    }
}

fn times(field: &[u8]) {
    if let Some(time) = Time::parse(field) {
        let text = time.to_string();
        assert_eq!(text.len(), 16);
        assert_eq!(Time::parse(text.as_bytes()), Some(time));
        time.unix_ms(1_795_301_432_500);
    }
}

fn parameters(tlvs: &Tlvs<'_>) {
    assert_eq!(Tlvs::exact(tlvs.as_bytes()), Some(*tlvs));
    for (tag, value) in tlvs {
        assert!(tlvs.get(tag).is_some());
        assert!(tlvs.text(tag).is_some_and(|text| text.len() <= DEFAULT_MAX_PDU));
        if let [octet] = value {
            assert!(
                tlvs.number::<u8>(tag).is_none_or(|number| number == *octet || tlvs.get(tag) != Some(value))
            );
        }
    }
    tlvs.number::<u64>(tag::MESSAGE_STATE);
}

fn receipt(esm_class: u8, tlvs: &Tlvs<'_>, text: &[u8]) {
    parameters(tlvs);
    let narrowed = narrow(text);
    assert!(narrowed.len() <= text.len());
    if let Some(report) = Report::read(esm_class, tlvs, &narrowed) {
        let dates = [report.text.submit_date, report.text.done_date];
        for date in dates.into_iter().flatten() {
            assert!(Civil::parse_loose(date).is_none_or(|date| date.is_valid()));
        }
        assert!(report.text_id.is_none_or(|id| !id.is_empty()));
    }
}
