//! A text that its client cut itself arrives as one text, however the client cut and wrote it, and however its upstream wants
//! texts; and each of the client's parts is reported.

use crate::harness::{
    Client, Gateway, Plan, carrier, carrier_with, eventually, password_of, text_to, within,
};
use postrider_simulator::carrier::{Alphabet, Carrier, Part, Settings};
use postrider_wire::smpp::pdu::submit_multi::DestinationList;
use postrider_wire::smpp::pdu::{BindMode, CancelSm, Destination, QuerySm, SubmitMulti, SubmitSm};
use postrider_wire::smpp::tlv::tag;
use postrider_wire::smpp::{Address, Pdu, Status, TlvBuilder};
use std::collections::BTreeMap;

/// How a client marks its parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Marked {
    Eight,
    Sixteen,
    Parameters,
}

/// A part as its client writes it.
struct ClientPart {
    octets: Vec<u8>,
    esm_class: u8,
    tlvs: TlvBuilder,
}

fn part(marked: Marked, reference: u8, total: u8, number: u8, text: &[u8]) -> ClientPart {
    let mut tlvs = TlvBuilder::new();
    let header: &[u8] = match marked {
        Marked::Eight => &[5, 0, 3, reference, total, number],
        Marked::Sixteen => &[6, 8, 4, 1, reference, total, number],
        Marked::Parameters => {
            tlvs.push_u16(tag::SAR_MSG_REF_NUM, reference.into());
            tlvs.push_u8(tag::SAR_TOTAL_SEGMENTS, total).push_u8(tag::SAR_SEGMENT_SEQNUM, number);
            &[]
        }
    };
    let esm_class = if header.is_empty() { 0 } else { 0x40 };
    ClientPart { octets: [header, text].concat(), esm_class, tlvs }
}

impl ClientPart {
    fn to<'a>(&'a self, number: &'a str, data_coding: u8) -> SubmitSm<'a> {
        let esm_class = self.esm_class;
        SubmitSm { esm_class, data_coding, tlvs: self.tlvs.tlvs(), ..text_to(number, &self.octets) }
    }
}

/// Submits the parts of a text, in their order; returns their identifiers.
async fn submit(
    client: &Client,
    to: &str,
    data_coding: u8,
    (marked, reference): (Marked, u8),
    texts: &[&[u8]],
) -> Vec<String> {
    let mut ids = Vec::new();
    let total = texts.len() as u8;
    for (number, text) in (1..).zip(texts) {
        ids.push(client.submit(&part(marked, reference, total, number, text).to(to, data_coding)).await);
    }
    ids
}

/// What a handset shows of parts that came for it in any order.
fn shown(parts: &[Part]) -> Vec<String> {
    let mut whole = Vec::new();
    let mut texts: BTreeMap<String, Vec<&Part>> = BTreeMap::new();
    for part in parts {
        match part.concat() {
            None => whole.push(part.text()),
            Some(concat) => texts.entry(format!("{:?}", concat.reference)).or_default().push(part),
        }
    }
    for mut parts in texts.into_values() {
        let concat = |part: &&Part| part.concat().unwrap();
        if parts.len() == usize::from(concat(&parts[0]).total) {
            parts.sort_by_key(|part| concat(part).number);
            whole.push(parts.iter().map(|part| part.text()).collect());
        }
    }
    whole
}

async fn shows(carrier: &Carrier, to: &str, expected: &str) {
    let number = to.trim_start_matches('+');
    eventually(&format!("the handset {to} to show its text"), async || {
        let all = carrier.accepted();
        let parts: Vec<Part> = all.into_iter().filter(|part| part.destination.ends_with(number)).collect();
        let shown = shown(&parts);
        assert!(shown.len() <= 1 && shown.iter().all(|text| text == expected), "{to}: {shown:?}");
        shown.into_iter().next()
    })
    .await;
}

/// DELIVERED and DELETED (SMPP 3.4, 5.2.28).
const DELIVERED: u8 = 2;
const DELETED: u8 = 4;

/// The next receipts: of each its identifier and its state, by parameters, which are no matter of alphabets.
async fn receipts(client: &mut Client, count: usize) -> BTreeMap<String, u8> {
    let mut receipts = BTreeMap::new();
    for _ in 0..count {
        let receipt = client.receipt().await;
        let (id, state) = (receipt.receipted_message_id.unwrap(), receipt.message_state.unwrap());
        assert_eq!(receipts.insert(id, state), None, "told twice");
    }
    receipts
}

/// Upstreams: the first digits of their numbers, and what is declared of them.
const UPSTREAMS: [(&str, Alphabet, &str); 7] = [
    ("49171", Alphabet::Gsm7, "long = 'udh8'"),
    ("49172", Alphabet::Gsm7, "long = 'udh16'"),
    ("49173", Alphabet::Gsm7, "long = 'sar'"),
    ("49174", Alphabet::Gsm7, "long = 'payload'"),
    ("49175", Alphabet::Latin1, "alphabet = 'latin1'"),
    ("49176", Alphabet::Gsm7, "alphabet = 'ucs2'\nlong = 'sar'"),
    ("49177", Alphabet::Gsm7Packed, "alphabet = 'gsm7_packed'"),
];

/// Accounts, by the alphabet that they write.
const ACCOUNTS: [(&str, &str); 4] =
    [("gsm", "gsm7"), ("west", "latin1"), ("web", "utf8"), ("old", "gsm7_packed")];

async fn everything() -> (Vec<Carrier>, Gateway) {
    let (mut plan, mut carriers) = (Plan::new(), Vec::new());
    for (prefix, alphabet, own) in UPSTREAMS {
        let carrier = carrier_with(Settings { alphabet, ..Settings::default() }).await;
        let name = format!("to{prefix}");
        plan = plan.upstream(&name, carrier.address()).with(&format!("[upstreams.{name}]\n{own}"));
        plan = plan.route(&name, prefix, &[&name]);
        carriers.push(carrier);
    }
    for (account, alphabet) in ACCOUNTS {
        plan = plan.account(account).with(&format!("accounts.{account}.smpp.alphabet = '{alphabet}'"));
    }
    (carriers, plan.start().await)
}

#[tokio::test]
async fn parts_become_one_right_text_by_every_upstream() {
    let (carriers, gateway) = everything().await;
    let a67 = [b'a'; 67];
    let spanish: (Vec<u8>, Vec<u8>) = ([b"\xe1".as_slice(), &[b'a'; 152]].concat(), b"ma\xf1ana".to_vec());
    let spanish_text = format!("á{}mañana", "a".repeat(152));
    let accented = [b"\xe1".as_slice(), &a67].concat();
    let septets = |text: &[u8]| {
        let mut packed = Vec::new();
        postrider_text::septets::pack(text, postrider_text::septets::fill_bits(6), &mut packed);
        packed
    };
    let (packed, packed_end) = (septets(&[b'x'; 153]), septets(b"yz"));
    let packed_text = format!("{}yz", "x".repeat(153));
    let little = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let marked = [b"\xff\xfe".as_slice(), &little("Привет, ")].concat();
    let mir = little("мир");
    // An account, data_coding, the parts of a text, and the text.
    let texts: [(&str, u8, [&[u8]; 2], &str); 10] = [
        ("west", 0, [&accented, b" fin"], &format!("á{} fin", "a".repeat(67))),
        ("west", 3, [&spanish.0, &spanish.1], &spanish_text),
        ("gsm", 3, [&spanish.0, &spanish.1], &spanish_text),
        ("gsm", 0, ["5€".as_bytes(), b" each"], "5€ each"),
        ("gsm", 0, [b"5\x1b", b"\x65 each"], "5€ each"),
        ("gsm", 8, [&marked, &mir], "Привет, мир"),
        ("gsm", 8, [b"\xd8\x3d", b"\xde\x00!"], "\u{1f600}"),
        ("web", 0, [b"\xd0", b"\x96\xe2\x82\xac"], "Ж€"),
        ("old", 0, [&packed, &packed_end], &packed_text),
        ("web", 8, [b"\x04\x16", b"\0!"], "Ж!"),
    ];
    for (place, (account, data_coding, parts, text)) in (0..).zip(texts) {
        let mut client = gateway.smpp(account, BindMode::Transceiver).await;
        for ((prefix, ..), carrier) in UPSTREAMS.iter().zip(&carriers) {
            for (turn, marked) in (0..).zip([Marked::Eight, Marked::Sixteen, Marked::Parameters]) {
                if account == "old" && marked != Marked::Eight {
                    // Packed for six octets before it.
                    continue;
                }
                let to = format!("+{prefix}7000000{place}{turn}");
                let ids = submit(&client, &to, data_coding, (marked, 7), &parts).await;
                shows(carrier, &to, text).await;
                let told = receipts(&mut client, 2).await;
                assert!(ids.iter().all(|id| told[id] == DELIVERED), "{to}: {ids:?} {told:?}");
            }
        }
    }
    for ((prefix, ..), carrier) in UPSTREAMS.iter().zip(&carriers) {
        let parts = carrier.accepted();
        let wants_header = ["49171", "49172", "49175", "49177"].contains(prefix);
        assert!(parts.iter().all(|part| wants_header || part.header.is_empty()), "{prefix}");
        assert!(parts.iter().all(|part| [0, 8].contains(&part.data_coding)), "{prefix}");
    }
}

#[tokio::test]
async fn parts_come_in_any_order_twice_and_by_several_sessions() {
    let carrier = carrier().await;
    let gateway = Plan::simple(carrier.address()).start().await;
    let mut one = gateway.smpp("shop", BindMode::Transceiver).await;
    let other = gateway.smpp("shop", BindMode::Transmitter).await;
    let to = "+491700000001";
    let of = |number, text: &[u8]| part(Marked::Eight, 9, 3, number, text);
    let mut ids = vec![one.submit(&of(3, b"three").to(to, 0)).await];
    let found = gateway.http("shop").message_in(&ids[0], "queued").await;
    assert_eq!(found["id"], ids[0].as_str());
    ids.push(other.submit(&of(1, b"one ").to(to, 0)).await);
    ids.push(other.submit(&of(1, b"one ").to(to, 0)).await);
    ids.push(one.submit(&of(2, b"two ").to(to, 0)).await);
    shows(&carrier, to, "one two three").await;
    let told = receipts(&mut one, 4).await;
    assert!(ids.iter().all(|id| told[id] == DELIVERED), "{ids:?} {told:?}");

    for id in &ids {
        let found = gateway.http("shop").message_in(id, "delivered").await;
        assert_eq!((&found["text"], &found["known_as"]), (&"one two three".into(), &ids.clone().into()));
        let events = found["timeline"].as_array().unwrap();
        let accepted = events.iter().filter(|event| event["event"] == "part_accepted").count();
        assert_eq!(accepted, 4, "{events:?}");
        let query = QuerySm { message_id: id.as_bytes(), ..QuerySm::default() };
        let answer = one.request(&query).await;
        let Pdu::QuerySmResp(answer) = answer.pdu() else { panic!("{answer:?}") };
        assert_eq!((answer.message_id, answer.message_state), (id.as_bytes(), 2));
    }
    assert_eq!(gateway.metric("postrider_client_parts_total").await, 4.0);
    assert_eq!(gateway.metric("postrider_client_texts_total{result=\"whole\"}").await, 1.0);

    // The reference is used again for another text, with the same beginning.
    carrier.forget();
    let to = "+491700000002";
    submit(&one, to, 0, (Marked::Eight, 1), &[b"same ", b"first"]).await;
    shows(&carrier, to, "same first").await;
    carrier.forget();
    submit(&one, to, 0, (Marked::Eight, 1), &[b"same ", b"second"]).await;
    shows(&carrier, to, "same second").await;
}

#[tokio::test]
async fn what_stays_incomplete_goes_out_as_it_came() {
    let carrier = carrier().await;
    let other = carrier_with(Settings::default()).await;
    let gateway = Plan::simple(carrier.address())
        .upstream("plain", other.address())
        .with("upstreams.plain.long = 'sar'")
        .route("plain", "44", &["plain"])
        .with("accounts.shop.smpp.parts_wait = '1s'")
        .start()
        .await;
    let mut client = gateway.smpp("shop", BindMode::Transceiver).await;
    let lone = |number| part(Marked::Eight, 0x3A, 3, number, b"alone \x1b\x65");
    let mut ids = vec![client.submit(&lone(2).to("+491700000001", 0)).await];
    ids.push(client.submit(&lone(3).to("+491700000001", 0)).await);
    let parts = within("the parts", carrier.accepted_at_least(2)).await;
    let seen: Vec<_> = parts.iter().map(|part| (part.header.clone(), part.octets.clone())).collect();
    let expected = |number| (vec![0, 3, 0x3A, 3, number], b"alone \x1b\x65".to_vec());
    assert_eq!(seen, [expected(2), expected(3)]);
    // In an alphabet that every carrier has, and without a header where the carrier takes none.
    ids.push(client.submit(&part(Marked::Sixteen, 1, 2, 1, b"\xe1").to("+447700900123", 3)).await);
    let part = within("the part", other.accepted_at_least(1)).await.remove(0);
    assert_eq!((part.data_coding, &*part.header, &*part.octets), (8, &[][..], &[0, 0xE1][..]));
    assert_eq!(part.tlv(tag::SAR_SEGMENT_SEQNUM), Some(&[1][..]));
    let told = receipts(&mut client, 3).await;
    assert!(ids.iter().all(|id| told[id] == DELIVERED), "{ids:?} {told:?}");
    assert_eq!(gateway.metric("postrider_client_texts_total{result=\"incomplete\"}").await, 2.0);
}

#[tokio::test]
async fn octets_go_as_they_came_by_one_way() {
    let carrier = carrier().await;
    let gateway = Plan::simple(carrier.address()).with("upstreams.acme.binds = 3").start().await;
    let mut client = gateway.smpp("shop", BindMode::Transceiver).await;
    let with_ports = |number| [11, 0, 3, 7, 3, number, 5, 4, 0x0B, 0x84, 0x23, 0xF0, 0xFF, number];
    let mut ids = Vec::new();
    for number in 1..=3 {
        let octets = with_ports(number);
        let pdu = SubmitSm { esm_class: 0x40, data_coding: 4, ..text_to("+491700000001", &octets) };
        ids.push(client.submit(&pdu).await);
    }
    let parts = within("the parts", carrier.accepted_at_least(3)).await;
    for (number, part) in (1..).zip(&parts) {
        let octets = [&[u8::try_from(part.header.len()).unwrap()][..], &part.header, &part.octets].concat();
        assert_eq!((part.data_coding, &octets[..]), (4, &with_ports(number)[..]));
    }
    assert!(parts.iter().all(|part| part.bind == parts[0].bind), "{parts:?}");
    let told = receipts(&mut client, 3).await;
    assert!(ids.iter().all(|id| told[id] == DELIVERED), "{ids:?} {told:?}");
}

#[tokio::test]
async fn a_part_wants_what_it_wants_and_may_be_canceled() {
    let carrier = carrier().await;
    let gateway = Plan::simple(carrier.address()).start().await;
    let mut client = gateway.smpp("shop", BindMode::Transceiver).await;
    // Receipts for the second part only, with a reference of four octets.
    let mut second = part(Marked::Eight, 1, 2, 2, b"two");
    assert!(second.tlvs.push(tag::USER_MESSAGE_REFERENCE, &[0, 0, 0x12, 0x67]));
    let first = part(Marked::Eight, 1, 2, 1, b"one ");
    client.submit(&SubmitSm { registered_delivery: 0, ..first.to("+491700000001", 0) }).await;
    let id = client.submit(&second.to("+491700000001", 0)).await;
    let packet = client.delivered().await;
    let Pdu::DeliverSm(receipt) = packet.pdu() else { panic!("{packet:?}") };
    assert_eq!(packet.receipt().unwrap().id, id);
    assert_eq!(receipt.tlvs.get(tag::USER_MESSAGE_REFERENCE), Some(&[0, 0, 0x12, 0x67][..]));

    // Parts that wait for a third are canceled one after the other.
    let (one, two) = (part(Marked::Eight, 2, 3, 1, b"one "), part(Marked::Eight, 2, 3, 2, b"two "));
    let mut ids = vec![client.submit(&one.to("+491700000002", 0)).await];
    ids.push(client.submit(&two.to("+491700000002", 0)).await);
    for id in &ids {
        let cancel = CancelSm { message_id: id.as_bytes(), ..CancelSm::default() };
        assert_eq!(client.request(&cancel).await.status(), Status::ROK);
    }
    let told = receipts(&mut client, 2).await;
    assert!(ids.iter().all(|id| told[id] == DELETED), "{ids:?} {told:?}");
    assert_eq!(carrier.accepted().len(), 1, "what was canceled went out");
}

#[tokio::test]
async fn receipts_of_a_submit_multi_have_the_identifier_that_was_answered() {
    let carrier = carrier().await;
    let gateway = Plan::simple(carrier.address()).start().await;
    let mut client = gateway.smpp("shop", BindMode::Transceiver).await;
    let numbers: Vec<String> = (0..3).map(|n| format!("49170000000{n}")).collect();
    let mut destinations = DestinationList::default();
    for number in &numbers {
        let address = Address::international(number.as_bytes());
        destinations.push(&Destination::Address(address)).unwrap();
    }
    let pdu = SubmitMulti {
        destinations: destinations.destinations(),
        registered_delivery: 1,
        short_message: b"to all",
        ..SubmitMulti::default()
    };
    let id = client.request(&pdu).await.message_id();
    let mut told = Vec::new();
    for _ in &numbers {
        let packet = client.delivered().await;
        assert_eq!(packet.receipt().unwrap().id, id);
        let Pdu::DeliverSm(receipt) = packet.pdu() else { panic!("{packet:?}") };
        told.push(String::from_utf8_lossy(receipt.source.digits).into_owned());
    }
    told.sort();
    assert_eq!(told, numbers);
}

#[tokio::test]
async fn parts_survive_a_death_after_each() {
    let carrier = carrier().await;
    let plan = Plan::simple(carrier.address()).with("accounts.shop.parts_max = 20");
    let mut gateway = plan.start().await;
    let texts: Vec<String> = (0..20).map(|n| format!("part {n} ")).collect();
    let to = "+491700000001";
    let mut ids = Vec::new();
    for (number, text) in (1..).zip(&texts) {
        let client = Client::bound_if_there(gateway.smpp_address(), "shop", &password_of("shop")).await;
        let part = part(Marked::Sixteen, 1, 20, number, text.as_bytes());
        ids.push(client.expect("a session").submit(&part.to(to, 0)).await);
        gateway.kill().await;
        gateway.start_again().await;
    }
    let mut client = gateway.smpp("shop", BindMode::Transceiver).await;
    shows(&carrier, to, &texts.concat()).await;
    let told = receipts(&mut client, 20).await;
    assert!(ids.iter().all(|id| told[id] == DELIVERED), "{ids:?} {told:?}");
}

/// The client didn't hear that its last part was accepted, and sends it again.
#[tokio::test]
async fn a_part_that_comes_again_after_its_text_went_out_is_reported_too() {
    let carrier = carrier().await;
    let gateway = Plan::simple(carrier.address()).with("accounts.shop.smpp.parts_wait = '1s'").start().await;
    let mut client = gateway.smpp("shop", BindMode::Transceiver).await;
    let to = "+491700000001";
    let ids = submit(&client, to, 0, (Marked::Eight, 1), &[b"one ", b"two"]).await;
    shows(&carrier, to, "one two").await;
    let told = receipts(&mut client, 2).await;
    assert!(ids.iter().all(|id| told[id] == DELIVERED), "{ids:?} {told:?}");
    let again = client.submit(&part(Marked::Eight, 1, 2, 2, b"two").to(to, 0)).await;
    let receipt = client.receipt().await;
    assert_eq!((receipt.id, receipt.stat.as_str()), (again.clone(), "DELIVRD"));
    let found = gateway.http("shop").message_in(&again, "delivered").await;
    assert!(found["timeline"].to_string().contains("a repetition of parts of message"), "{found}");
    assert_eq!(carrier.accepted().len(), 1, "it was not sent again");
    assert_eq!(gateway.metric("postrider_client_texts_total{result=\"repeated\"}").await, 1.0);
}
