//! How a carrier can be told to behave, for all of its numbers.

use crate::client::{Came, Client, carrier, quick, until};
use postrider_simulator::carrier::{
    Answer, Carried, Delay, Errors, Fate, IdForm, ReceiptForm, Recording, Settings, State,
};
use postrider_wire::smpp::pdu::SubmitSm;
use postrider_wire::smpp::tlv::tag;
use postrider_wire::smpp::{Address, Status};
use std::time::Duration;

#[tokio::test]
async fn throttled_above_a_rate() {
    let carrier = carrier(Settings { throttle: Some(5), ..quick() }).await;
    let mut client = Client::bind(carrier.address()).await;
    client.deliver = Some(Status::ROK);
    for _ in 0..8 {
        client.send("49151", b"x");
    }
    let mut statuses = Vec::new();
    while statuses.len() < 8 {
        if let Came::Answer { status, .. } = client.next().await {
            statuses.push(status);
        }
    }
    let throttled = statuses.iter().filter(|status| **status == Status::RTHROTTLED).count();
    assert_eq!((throttled, carrier.counts().accepted), (3, 5));
    // What is changed while it runs holds at once.
    carrier.change(|settings| settings.throttle = None);
    client.send("49151", b"y");
    client.flush().await;
    until(&carrier, |counts| counts.accepted > 5).await;
}

#[tokio::test]
async fn errors_by_chance_are_the_same_for_the_same_seed() {
    let mut runs = Vec::new();
    for seed in [1, 1, 2] {
        let errors = Some(Errors { share: 0.5, status: Status(0x403) });
        let carrier = carrier(Settings { errors, seed, ..quick() }).await;
        let mut client = Client::bind(carrier.address()).await;
        for _ in 0..50 {
            client.send("49151", b"x");
        }
        let counts = until(&carrier, |counts| counts.submitted == 50);
        let statuses = async {
            let mut statuses = Vec::new();
            while statuses.len() < 50 {
                if let Came::Answer { status, .. } = client.next().await {
                    statuses.push(status);
                }
            }
            statuses
        };
        let (counts, statuses) = tokio::join!(counts, statuses);
        assert_eq!(counts.accepted + counts.refused, 50);
        runs.push(statuses);
    }
    assert_eq!(runs[0], runs[1]);
    assert_ne!(runs[0], runs[2]);
    assert!(runs[0].contains(&Status(0x403)) && runs[0].contains(&Status::ROK));
}

#[tokio::test]
async fn answers_and_receipts_take_their_time() {
    let (answer, receipt) = (Duration::from_millis(100), Duration::from_millis(200));
    let delay = Delay::between(receipt, receipt + Duration::from_millis(50));
    let settings = Settings { answer_delay: answer.into(), receipt_delay: delay, ..Settings::default() };
    let carrier = carrier(settings).await;
    let mut client = Client::bind(carrier.address()).await;
    let start = postrider_link::now();
    client.ask("49151", b"x").await;
    // Times are kept to the millisecond.
    let slack = Duration::from_millis(2);
    assert!(start.elapsed() + slack >= answer, "{:?}", start.elapsed());
    client.next().await;
    assert!(start.elapsed() + slack >= answer + receipt, "{:?}", start.elapsed());
}

#[tokio::test]
async fn answers_held_back_come_before_the_unbind_is_answered() {
    let carrier = carrier(Settings { answer_delay: Duration::from_secs(60).into(), ..quick() }).await;
    let mut client = Client::bind(carrier.address()).await;
    client.send("49151", b"x");
    client.unbind();
    assert_eq!(client.next().await.answer().0, Status::ROK);
    assert_eq!(client.next().await, Came::Closed);
}

#[tokio::test]
async fn a_carrier_that_never_answers() {
    let carrier = carrier(Settings { fate: Fate::answered(Answer::Never), ..quick() }).await;
    let mut client = Client::bind(carrier.address()).await;
    client.send("49151", b"x");
    client.flush().await;
    let parts = carrier.received_at_least(1).await;
    assert_eq!((parts.len(), parts[0].message_id()), (1, None));
    carrier.change(|settings| settings.fate = Fate::delivered());
    assert_eq!(client.ask("49151", b"x").await.0, Status::ROK);
}

#[tokio::test]
async fn a_carrier_that_hangs_up_after_a_while() {
    let carrier = carrier(Settings { hang_up_after: Some(2), fate: Fate::ends(&[]), ..quick() }).await;
    for _ in 0..2 {
        let mut client = Client::bind(carrier.address()).await;
        for _ in 0..3 {
            client.send("49151", b"x");
        }
        assert_eq!(client.next().await.answer().0, Status::ROK);
        assert_eq!(client.next().await.answer().0, Status::ROK);
        assert_eq!(client.next().await, Came::Closed);
    }
    let counts = carrier.counts();
    assert_eq!((counts.accepted, counts.unanswered, counts.duplicates), (4, 2, 3));
}

#[tokio::test]
async fn identifiers_spelt_one_way_here_and_another_there() {
    let receipts = ReceiptForm { ids: IdForm::Decimal, tlvs: false, ..ReceiptForm::default() };
    let carrier = carrier(Settings { ids: IdForm::UpperHex, receipts, ..quick() }).await;
    let mut client = Client::bind(carrier.address()).await;
    let (_, id) = client.ask("49151", b"x").await;
    let reported = client.next().await.field("id");
    assert_eq!(u64::from_str_radix(&id, 16), reported.parse());
    assert_ne!(id, reported);
}

#[tokio::test]
async fn receipts_in_odd_forms() {
    let carrier = carrier(quick()).await;
    let mut client = Client::bind(carrier.address()).await;
    let mut form = ReceiptForm { text: "{stat} {id}".to_owned(), tlvs: false, ..ReceiptForm::default() };
    for (carried, esm_class, data_coding) in
        [(Carried::ShortMessage, 0, 0), (Carried::Payload, 0x44, 0), (Carried::ShortMessage, 4, 8)]
    {
        form = ReceiptForm { carried, esm_class, data_coding, ..form };
        carrier.change(|settings| settings.receipts = form.clone());
        let (_, id) = client.ask("49151", b"x").await;
        let Came::Deliver { esm_class: class, data_coding: coding, text, tlvs, .. } = client.next().await
        else {
            panic!()
        };
        assert_eq!((class, coding), (esm_class, data_coding));
        assert_eq!(tlvs.iter().any(|(found, _)| *found == tag::MESSAGE_PAYLOAD), carried == Carried::Payload);
        let plain: Vec<u8> = text.into_iter().filter(|octet| *octet != 0).collect();
        assert_eq!(String::from_utf8(plain).unwrap(), format!("DELIVRD {id}"));
    }
}

#[tokio::test]
async fn all_of_a_part_can_be_looked_at() {
    let carrier = carrier(quick()).await;
    let mut client = Client::bind(carrier.address()).await;
    let pdu = SubmitSm {
        service_type: b"CMT",
        source: Address::alphanumeric(b"Shop"),
        destination: Address::international(b"49151"),
        esm_class: 0x40,
        priority_flag: 2,
        validity_period: b"000001000000000R",
        registered_delivery: 1,
        data_coding: 8,
        short_message: b"\x05\x00\x03\x07\x02\x01\x04\x1f\x04\x40",
        ..SubmitSm::default()
    };
    client.submit(&pdu);
    let (_, id) = client.next().await.answer();
    let [part] = &carrier.parts()[..] else { panic!() };
    assert_eq!((part.source.as_str(), part.source_ton, part.destination_npi), ("Shop", 5, 1));
    assert_eq!((part.service_type.as_str(), part.priority_flag, part.data_coding), ("CMT", 2, 8));
    assert_eq!((part.validity_period.as_str(), part.text().as_str()), ("000001000000000R", "Пр"));
    assert_eq!((part.header.as_slice(), part.message_id()), (&[0, 3, 7, 2, 1][..], Some(&*id)));
    let concat = part.concat().unwrap();
    assert_eq!((concat.number, concat.total), (1, 2));
}

#[tokio::test]
async fn counting_instead_of_recording() {
    let carrier = carrier(Settings { recording: Recording::Counts(100), ..quick() }).await;
    let mut client = Client::bind(carrier.address()).await;
    for to in ["49151", "49152", "49151"] {
        client.ask(to, b"x").await;
        client.next().await;
    }
    assert_eq!((carrier.counts().accepted, carrier.counts().duplicates), (3, 1));
    assert!(carrier.parts().is_empty());
}

#[tokio::test]
async fn a_number_with_a_fate_of_its_own() {
    let fates = [("+49151".to_owned(), Fate::ends(&[State::Deleted]))].into();
    let carrier = carrier(Settings { fates, ..quick() }).await;
    let mut client = Client::bind(carrier.address()).await;
    client.ask("49151", b"x").await;
    assert_eq!(client.next().await.field("stat"), "DELETED");
}

#[tokio::test]
async fn a_handset_writes_a_long_text() {
    let carrier = carrier(quick()).await;
    carrier.say("me", "+49151", "1234", &"ж".repeat(100));
    let mut client = Client::bind(carrier.address()).await;
    let mut units = 0;
    for number in 1..=2 {
        let Came::Deliver { source, destination, esm_class, data_coding, text, .. } = client.next().await
        else {
            panic!()
        };
        assert_eq!((&*source, &*destination, esm_class, data_coding), ("49151", "1234", 0x40, 8));
        assert_eq!(text[4..6], [2, number]);
        units += (text.len() - 6) / 2;
    }
    assert_eq!(units, 100);
}

#[tokio::test]
async fn octets_written_by_hand() {
    let carrier = carrier(quick()).await;
    let mut client = Client::bind(carrier.address()).await;
    // A PDU that is too short for its header.
    carrier.write(&[0, 0, 0, 4]);
    assert_eq!(client.next().await, Came::Closed);
}
