//! The mandatory fields of each PDU (SMPP 3.4 section 4, 5.0 section 4), in their order.

use super::parameters::parameters;
use super::{Described, Value, content, hexadecimal, word};
use postrider_wire::smpp::pdu::{Destination, Destinations, SubmitMultiResp};
use postrider_wire::smpp::{Address, Pdu, Tlvs};

/// Collects fields.
struct Fields<'d>(&'d mut Described);

impl Fields<'_> {
    fn word(&mut self, name: &'static str, octets: &[u8]) -> &mut Self {
        self.value(name, word(octets))
    }

    fn number(&mut self, name: &'static str, number: impl Into<u64>) -> &mut Self {
        self.value(name, Value::Number(number.into()))
    }

    fn address(&mut self, name: &'static str, found: Address<'_>) -> &mut Self {
        self.value(name, address(found))
    }

    fn value(&mut self, name: &'static str, value: Value) -> &mut Self {
        self.0.fields.push((name, value));
        self
    }

    /// The parameters; `read` is the `esm_class` and `data_coding` of a text among them.
    fn tlvs(&mut self, tlvs: &Tlvs<'_>, read: (u8, u8)) {
        self.0.parameters = parameters(tlvs, read);
    }
}

fn address(address: Address<'_>) -> Value {
    let digits = String::from_utf8_lossy(address.digits).into_owned();
    Value::Address { ton: address.ton.0, npi: address.npi.0, digits }
}

fn destinations(destinations: &Destinations<'_>) -> Value {
    let one = |destination| match destination {
        Destination::Address(found) => address(found),
        Destination::List(name) => word(name),
    };
    Value::Several(destinations.iter().map(one).collect())
}

/// Addresses, each followed by its status.
fn failures(answer: &SubmitMultiResp<'_>) -> Value {
    let one = |failure: postrider_wire::smpp::pdu::Failure<'_>| {
        [address(failure.destination), Value::Word(failure.status.to_string())]
    };
    Value::Several(answer.failures.iter().flat_map(one).collect())
}

/// A text and the fields around it, the same in submit_sm, deliver_sm and submit_multi.
macro_rules! message {
    ($fields:ident, $pdu:ident, $name:literal, $destination:expr) => {{
        let text = content($pdu.short_message, $pdu.esm_class, $pdu.data_coding);
        $fields
            .word("service_type", $pdu.service_type)
            .address("source_addr", $pdu.source)
            .value($name, $destination)
            .number("esm_class", $pdu.esm_class)
            .number("protocol_id", $pdu.protocol_id)
            .number("priority_flag", $pdu.priority_flag)
            .word("schedule_delivery_time", $pdu.schedule_delivery_time)
            .word("validity_period", $pdu.validity_period)
            .number("registered_delivery", $pdu.registered_delivery)
            .number("replace_if_present_flag", $pdu.replace_if_present_flag)
            .number("data_coding", $pdu.data_coding)
            .number("sm_default_msg_id", $pdu.sm_default_msg_id)
            .value("short_message", text)
            .tlvs(&$pdu.tlvs, ($pdu.esm_class, $pdu.data_coding));
    }};
}

/// Adds the fields of a PDU to its description.
pub(super) fn of(pdu: &Pdu<'_>, described: &mut Described) {
    let mut fields = Fields(described);
    match pdu {
        Pdu::SubmitSm(pdu) => message!(fields, pdu, "destination_addr", address(pdu.destination)),
        Pdu::DeliverSm(pdu) => message!(fields, pdu, "destination_addr", address(pdu.destination)),
        Pdu::SubmitMulti(pdu) => message!(fields, pdu, "dest_address", destinations(&pdu.destinations)),
        Pdu::DataSm(pdu) => fields
            .word("service_type", pdu.service_type)
            .address("source_addr", pdu.source)
            .address("destination_addr", pdu.destination)
            .number("esm_class", pdu.esm_class)
            .number("registered_delivery", pdu.registered_delivery)
            .number("data_coding", pdu.data_coding)
            .tlvs(&pdu.tlvs, (pdu.esm_class, pdu.data_coding)),
        Pdu::SubmitSmResp(pdu) => fields.word("message_id", pdu.message_id).tlvs(&pdu.tlvs, (0, 0)),
        Pdu::DeliverSmResp(pdu) => fields.word("message_id", pdu.message_id).tlvs(&pdu.tlvs, (0, 0)),
        Pdu::DataSmResp(pdu) => fields.word("message_id", pdu.message_id).tlvs(&pdu.tlvs, (0, 0)),
        Pdu::SubmitMultiResp(pdu) => fields
            .word("message_id", pdu.message_id)
            .value("unsuccess_sme", failures(pdu))
            .tlvs(&pdu.tlvs, (0, 0)),
        pdu => of_session(pdu, &mut fields),
    }
}

/// PDUs of the session: binds, unbind, enquire_link and the like.
fn of_session(pdu: &Pdu<'_>, fields: &mut Fields<'_>) {
    match pdu {
        Pdu::Bind(pdu) => fields
            .word("system_id", pdu.system_id)
            .word("password", pdu.password)
            .word("system_type", pdu.system_type)
            .number("interface_version", pdu.interface_version)
            .number("addr_ton", pdu.addr_ton.0)
            .number("addr_npi", pdu.addr_npi.0)
            .word("address_range", pdu.address_range)
            .tlvs(&pdu.tlvs, (0, 0)),
        Pdu::BindResp(pdu) => fields.word("system_id", pdu.system_id).tlvs(&pdu.tlvs, (0, 0)),
        Pdu::Outbind(pdu) => {
            fields.word("system_id", pdu.system_id).word("password", pdu.password).tlvs(&pdu.tlvs, (0, 0));
        }
        Pdu::AlertNotification(pdu) => {
            fields.address("source_addr", pdu.source).address("esme_addr", pdu.esme).tlvs(&pdu.tlvs, (0, 0));
        }
        pdu => of_message(pdu, fields),
    }
}

/// PDUs that query, cancel and replace messages.
fn of_message(pdu: &Pdu<'_>, fields: &mut Fields<'_>) {
    match pdu {
        Pdu::QuerySm(pdu) => {
            fields
                .word("message_id", pdu.message_id)
                .address("source_addr", pdu.source)
                .tlvs(&pdu.tlvs, (0, 0));
        }
        Pdu::QuerySmResp(pdu) => fields
            .word("message_id", pdu.message_id)
            .word("final_date", pdu.final_date)
            .number("message_state", pdu.message_state)
            .number("error_code", pdu.error_code)
            .tlvs(&pdu.tlvs, (0, 0)),
        Pdu::CancelSm(pdu) => fields
            .word("service_type", pdu.service_type)
            .word("message_id", pdu.message_id)
            .address("source_addr", pdu.source)
            .address("destination_addr", pdu.destination)
            .tlvs(&pdu.tlvs, (0, 0)),
        Pdu::ReplaceSm(pdu) => fields
            .word("message_id", pdu.message_id)
            .address("source_addr", pdu.source)
            .word("schedule_delivery_time", pdu.schedule_delivery_time)
            .word("validity_period", pdu.validity_period)
            .number("registered_delivery", pdu.registered_delivery)
            .number("sm_default_msg_id", pdu.sm_default_msg_id)
            .value("short_message", content(pdu.short_message, 0, 0))
            .tlvs(&pdu.tlvs, (0, 0)),
        pdu => of_broadcast(pdu, fields),
    }
}

/// PDUs of SMPP 5.0, and the octets of unknown ones.
fn of_broadcast(pdu: &Pdu<'_>, fields: &mut Fields<'_>) {
    match pdu {
        Pdu::BroadcastSm(pdu) => fields
            .word("service_type", pdu.service_type)
            .address("source_addr", pdu.source)
            .word("message_id", pdu.message_id)
            .number("priority_flag", pdu.priority_flag)
            .word("schedule_delivery_time", pdu.schedule_delivery_time)
            .word("validity_period", pdu.validity_period)
            .number("replace_if_present_flag", pdu.replace_if_present_flag)
            .number("data_coding", pdu.data_coding)
            .number("sm_default_msg_id", pdu.sm_default_msg_id)
            .tlvs(&pdu.tlvs, (0, pdu.data_coding)),
        Pdu::BroadcastSmResp(pdu) => fields.word("message_id", pdu.message_id).tlvs(&pdu.tlvs, (0, 0)),
        Pdu::QueryBroadcastSm(pdu) => {
            fields
                .word("message_id", pdu.message_id)
                .address("source_addr", pdu.source)
                .tlvs(&pdu.tlvs, (0, 0));
        }
        Pdu::QueryBroadcastSmResp(pdu) => fields.word("message_id", pdu.message_id).tlvs(&pdu.tlvs, (0, 0)),
        Pdu::CancelBroadcastSm(pdu) => fields
            .word("service_type", pdu.service_type)
            .word("message_id", pdu.message_id)
            .address("source_addr", pdu.source)
            .tlvs(&pdu.tlvs, (0, 0)),
        Pdu::Unknown { body, .. } => {
            fields.value("body", Value::Octets(hexadecimal(body)));
        }
        _ => {}
    }
}
