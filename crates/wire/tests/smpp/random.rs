//! PDUs of every kind with random fields that keep to the specification.

use postrider_wire::smpp::pdu::*;
use postrider_wire::smpp::{Address, Npi, Status, TlvBuilder, Tlvs, Ton};
use proptest::collection::vec;
use proptest::prelude::*;

/// An address that owns its digits.
pub(crate) type OwnedAddress = (u8, u8, Vec<u8>);

/// Every field that a PDU may have; each kind takes what it needs.
#[derive(Clone, Debug)]
pub(crate) struct Fields {
    pub(crate) kind: usize,
    pub(crate) mode: usize,
    pub(crate) octets: [u8; 8],
    pub(crate) short: [Vec<u8>; 4],
    pub(crate) times: [Vec<u8>; 2],
    pub(crate) message_id: Vec<u8>,
    pub(crate) source: OwnedAddress,
    pub(crate) destination: OwnedAddress,
    pub(crate) text: Vec<u8>,
    pub(crate) tlvs: Vec<(u16, Vec<u8>)>,
    pub(crate) others: Vec<(OwnedAddress, bool, u32)>,
}

/// How many kinds of PDU there are.
pub(crate) const KINDS: usize = 35;

fn string(max: usize) -> impl Strategy<Value = Vec<u8>> {
    vec(1..=255_u8, 0..=max)
}

fn address() -> impl Strategy<Value = OwnedAddress> {
    (any::<u8>(), any::<u8>(), string(20))
}

pub(crate) fn fields(tlvs: impl Strategy<Value = Vec<(u16, Vec<u8>)>>) -> impl Strategy<Value = Fields> {
    let shapes = (0..KINDS, 0..3_usize, any::<[u8; 8]>());
    // As long as the shortest maximum of the fields they are used for: service_type, password, system_type, system_id.
    let short = (string(5), string(8), string(12), string(15));
    let times = (string(16), string(16));
    let others = vec((address(), any::<bool>(), any::<u32>()), 0..4);
    let bodies = (string(64), address(), address(), vec(any::<u8>(), 0..=254), tlvs, others);
    (shapes, short, times, bodies).prop_map(|((kind, mode, octets), short, times, bodies)| {
        let (message_id, source, destination, text, tlvs, others) = bodies;
        Fields {
            kind,
            mode,
            octets,
            short: short.into(),
            times: times.into(),
            message_id,
            source,
            destination,
            text,
            tlvs,
            others,
        }
    })
}

pub(crate) fn any_tlvs() -> impl Strategy<Value = Vec<(u16, Vec<u8>)>> {
    vec((any::<u16>(), vec(any::<u8>(), 0..300)), 0..6)
}

pub(crate) fn any_status() -> impl Strategy<Value = Status> {
    prop_oneof![Just(Status::ROK), any::<u32>().prop_map(Status)]
}

fn borrow((ton, npi, digits): &OwnedAddress) -> Address<'_> {
    Address::new(Ton(*ton), Npi(*npi), digits)
}

/// The lists that a PDU of these fields borrows from.
pub(crate) struct Lists {
    tlvs: TlvBuilder,
    destinations: DestinationList,
    failures: FailureList,
    message_ids: Vec<u8>,
}

impl Fields {
    pub(crate) fn lists(&self) -> Lists {
        let mut lists = Lists {
            tlvs: TlvBuilder::new(),
            destinations: DestinationList::default(),
            failures: FailureList::default(),
            message_ids: Vec::new(),
        };
        for (tag, value) in &self.tlvs {
            assert!(lists.tlvs.push(*tag, value));
        }
        for (address, is_list, status) in &self.others {
            let destination =
                if *is_list { Destination::List(&address.2) } else { Destination::Address(borrow(address)) };
            lists.destinations.push(&destination).unwrap();
            let failure = Failure { destination: borrow(address), status: Status(*status) };
            lists.failures.push(&failure).unwrap();
            lists.message_ids.extend_from_slice(&address.2);
            lists.message_ids.push(0);
        }
        lists
    }

    pub(crate) fn pdu<'a>(&'a self, lists: &'a Lists) -> Pdu<'a> {
        if self.kind < 18 { self.request(lists) } else { self.response(lists) }
    }

    fn bind_mode(&self) -> BindMode {
        [BindMode::Transmitter, BindMode::Receiver, BindMode::Transceiver][self.mode]
    }

    /// A submit_sm, with whose fields deliver_sm and submit_multi are filled too.
    fn submit_sm<'a>(&'a self, lists: &'a Lists) -> SubmitSm<'a> {
        let [a, b, c, d, e, f, g, _] = self.octets;
        SubmitSm {
            service_type: &self.short[0],
            source: borrow(&self.source),
            destination: borrow(&self.destination),
            esm_class: a,
            protocol_id: b,
            priority_flag: c,
            schedule_delivery_time: &self.times[0],
            validity_period: &self.times[1],
            registered_delivery: d,
            replace_if_present_flag: e,
            data_coding: f,
            sm_default_msg_id: g,
            short_message: &self.text,
            tlvs: lists.tlvs.tlvs(),
        }
    }

    fn deliver_sm<'a>(&'a self, lists: &'a Lists) -> DeliverSm<'a> {
        let submit = self.submit_sm(lists);
        DeliverSm {
            service_type: submit.service_type,
            source: submit.source,
            destination: submit.destination,
            esm_class: submit.esm_class,
            protocol_id: submit.protocol_id,
            priority_flag: submit.priority_flag,
            schedule_delivery_time: submit.schedule_delivery_time,
            validity_period: submit.validity_period,
            registered_delivery: submit.registered_delivery,
            replace_if_present_flag: submit.replace_if_present_flag,
            data_coding: submit.data_coding,
            sm_default_msg_id: submit.sm_default_msg_id,
            short_message: submit.short_message,
            tlvs: submit.tlvs,
        }
    }

    fn submit_multi<'a>(&'a self, lists: &'a Lists) -> SubmitMulti<'a> {
        let submit = self.submit_sm(lists);
        SubmitMulti {
            service_type: submit.service_type,
            source: submit.source,
            destinations: lists.destinations.destinations(),
            esm_class: submit.esm_class,
            protocol_id: submit.protocol_id,
            priority_flag: submit.priority_flag,
            schedule_delivery_time: submit.schedule_delivery_time,
            validity_period: submit.validity_period,
            registered_delivery: submit.registered_delivery,
            replace_if_present_flag: submit.replace_if_present_flag,
            data_coding: submit.data_coding,
            sm_default_msg_id: submit.sm_default_msg_id,
            short_message: submit.short_message,
            tlvs: submit.tlvs,
        }
    }

    fn bind<'a>(&'a self, lists: &'a Lists) -> Bind<'a> {
        let [_, password, system_type, system_id] = &self.short;
        let [a, b, c, ..] = self.octets;
        Bind {
            mode: self.bind_mode(),
            system_id,
            password,
            system_type,
            interface_version: a,
            addr_ton: Ton(b),
            addr_npi: Npi(c),
            address_range: &self.source.2,
            tlvs: lists.tlvs.tlvs(),
        }
    }

    fn request<'a>(&'a self, lists: &'a Lists) -> Pdu<'a> {
        let [service_type, password, _, system_id] = &self.short;
        let [schedule_delivery_time, validity_period] = &self.times;
        let [a, b, c, ..] = self.octets;
        let (source, destination) = (borrow(&self.source), borrow(&self.destination));
        let (message_id, short_message) = (&self.message_id[..], &self.text[..]);
        let tlvs = lists.tlvs.tlvs();
        match self.kind {
            0 => Pdu::SubmitSm(self.submit_sm(lists)),
            1 => Pdu::DeliverSm(self.deliver_sm(lists)),
            2 => Pdu::DataSm(DataSm {
                service_type,
                source,
                destination,
                esm_class: a,
                registered_delivery: b,
                data_coding: c,
                tlvs,
            }),
            3 => Pdu::EnquireLink(EnquireLink),
            4 => Pdu::Bind(self.bind(lists)),
            5 => Pdu::Unbind(Unbind),
            6 => Pdu::Outbind(Outbind { system_id, password, tlvs }),
            7 => Pdu::SubmitMulti(self.submit_multi(lists)),
            8 => Pdu::QuerySm(QuerySm { message_id, source, tlvs }),
            9 => Pdu::CancelSm(CancelSm { service_type, message_id, source, destination, tlvs }),
            10 => Pdu::ReplaceSm(ReplaceSm {
                message_id,
                source,
                schedule_delivery_time,
                validity_period,
                registered_delivery: a,
                sm_default_msg_id: b,
                short_message,
                tlvs,
            }),
            11 => Pdu::AlertNotification(AlertNotification { source, esme: destination, tlvs }),
            _ => self.rare_request(lists),
        }
    }

    fn rare_request<'a>(&'a self, lists: &'a Lists) -> Pdu<'a> {
        let [service_type, _, param_name, _] = &self.short;
        let [schedule_delivery_time, validity_period] = &self.times;
        let [a, b, c, d, ..] = self.octets;
        let source = borrow(&self.source);
        let (message_id, tlvs) = (&self.message_id[..], lists.tlvs.tlvs());
        match self.kind {
            12 => Pdu::BroadcastSm(BroadcastSm {
                service_type,
                source,
                message_id,
                priority_flag: a,
                schedule_delivery_time,
                validity_period,
                replace_if_present_flag: b,
                data_coding: c,
                sm_default_msg_id: d,
                tlvs,
            }),
            13 => Pdu::QueryBroadcastSm(QueryBroadcastSm { message_id, source, tlvs }),
            14 => Pdu::CancelBroadcastSm(CancelBroadcastSm { service_type, message_id, source, tlvs }),
            15 => Pdu::ParamRetrieve(ParamRetrieve { param_name }),
            16 => Pdu::QueryLastMsgs(QueryLastMsgs { source, num_of_messages: a }),
            _ => Pdu::QueryMsgDetails(QueryMsgDetails { message_id, source, sm_length: a }),
        }
    }

    fn response<'a>(&'a self, lists: &'a Lists) -> Pdu<'a> {
        let system_id = &self.short[3];
        let (message_id, tlvs) = (&self.message_id[..], lists.tlvs.tlvs());
        match self.kind {
            18 => Pdu::SubmitSmResp(SubmitSmResp { message_id, tlvs }),
            19 => Pdu::DeliverSmResp(DeliverSmResp { message_id, tlvs }),
            20 => Pdu::DataSmResp(DataSmResp { message_id, tlvs }),
            21 => Pdu::EnquireLinkResp(EnquireLinkResp),
            22 => Pdu::BindResp(BindResp { mode: self.bind_mode(), system_id, tlvs }),
            23 => Pdu::UnbindResp(UnbindResp),
            24 => Pdu::GenericNack(GenericNack),
            25 => Pdu::SubmitMultiResp(SubmitMultiResp {
                message_id,
                failures: lists.failures.failures(),
                tlvs,
            }),
            26 => Pdu::QuerySmResp(QuerySmResp {
                message_id,
                final_date: &self.times[0],
                message_state: self.octets[0],
                error_code: self.octets[1],
                tlvs,
            }),
            27 => Pdu::CancelSmResp(CancelSmResp),
            28 => Pdu::ReplaceSmResp(ReplaceSmResp),
            29 => Pdu::BroadcastSmResp(BroadcastSmResp { message_id, tlvs }),
            30 => Pdu::QueryBroadcastSmResp(QueryBroadcastSmResp { message_id, tlvs }),
            31 => Pdu::CancelBroadcastSmResp(CancelBroadcastSmResp),
            32 => Pdu::ParamRetrieveResp(ParamRetrieveResp { param_value: message_id }),
            33 => {
                Pdu::QueryLastMsgsResp(QueryLastMsgsResp { message_ids: MessageIds::new(&lists.message_ids) })
            }
            _ => self.query_msg_details_resp(lists, tlvs),
        }
    }

    fn query_msg_details_resp<'a>(&'a self, lists: &'a Lists, tlvs: Tlvs<'a>) -> Pdu<'a> {
        let [a, b, c, d, e, f, ..] = self.octets;
        Pdu::QueryMsgDetailsResp(QueryMsgDetailsResp {
            service_type: &self.short[0],
            source: borrow(&self.source),
            destinations: lists.destinations.destinations(),
            protocol_id: a,
            priority_flag: b,
            schedule_delivery_time: &self.times[0],
            validity_period: &self.times[1],
            registered_delivery: c,
            data_coding: d,
            short_message: &self.text,
            message_id: &self.message_id,
            final_date: &self.times[0],
            message_status: e,
            error_code: f,
            tlvs,
        })
    }
}
