//! Each magic number does what its table says.

use crate::client::{Came, Client, carrier, quick, until};
use postrider_simulator::carrier::{Answered, Fate, LATE_RECEIPT, MAGIC_PREFIX, Settings, magic_numbers};
use postrider_wire::smpp::Status;
use postrider_wire::smpp::tlv::tag;
use std::time::Duration;

fn magic(last: &str) -> String {
    format!("{MAGIC_PREFIX}{last}")
}

#[tokio::test]
async fn any_number_is_delivered() {
    let carrier = carrier(quick()).await;
    let mut client = Client::bind(carrier.address()).await;
    let (status, id) = client.ask("4915112345678", b"hello").await;
    assert_eq!(status, Status::ROK);
    let Came::Deliver { source, destination, esm_class, text, tlvs, .. } = client.next().await else {
        panic!()
    };
    assert_eq!((source.as_str(), destination.as_str(), esm_class), ("4915112345678", "me", 4));
    let text = String::from_utf8(text).unwrap();
    assert!(text.starts_with(&format!("id:{id} sub:001 dlvrd:001 submit date:")), "{text}");
    assert!(text.ends_with("stat:DELIVRD err:000 text:hello"), "{text}");
    let id_with_nul = [id.as_bytes(), b"\0"].concat();
    assert_eq!(tlvs, [(tag::RECEIPTED_MESSAGE_ID, id_with_nul), (tag::MESSAGE_STATE, vec![2])]);
    let counts = until(&carrier, |counts| counts.receipts_taken == 1).await;
    assert_eq!((counts.submitted, counts.accepted, counts.receipts_sent, counts.waiting), (1, 1, 1, 0));
    let [part] = &carrier.parts()[..] else { panic!() };
    assert_eq!((part.text().as_str(), part.message_id(), &*part.system_id), ("hello", Some(&*id), "me"));
}

#[tokio::test]
async fn numbers_that_are_refused() {
    let carrier = carrier(quick()).await;
    let mut client = Client::bind(carrier.address()).await;
    for (last, status) in
        [("0001", Status::RINVDSTADR), ("0008", Status::RMSGQFUL), ("0019", Status::RSUBMITFAIL)]
    {
        for _ in 0..2 {
            assert_eq!(client.ask(&magic(last), b"x").await, (status, String::new()), "{last}");
        }
    }
    assert_eq!(carrier.counts().refused, 6);
    assert!(carrier.parts().iter().all(|part| matches!(part.answered, Answered::Refused(_))));
}

#[tokio::test]
async fn numbers_that_end_otherwise() {
    let carrier = carrier(quick()).await;
    let mut client = Client::bind(carrier.address()).await;
    let ends = [
        ("0002", "UNDELIV"),
        ("0003", "EXPIRED"),
        ("0004", "REJECTD"),
        ("0006", "DELIVRD"),
        ("0017", "UNKNOWN"),
        ("0018", "DELETED"),
        ("0022", "ACCEPTD"),
    ];
    for (last, stat) in ends {
        let (status, _) = client.ask(&magic(last), b"x").await;
        assert_eq!(status, Status::ROK, "{last}");
        assert_eq!(client.next().await.field("stat"), stat, "{last}");
    }
}

#[tokio::test]
async fn numbers_with_several_receipts() {
    let carrier = carrier(quick()).await;
    let mut client = Client::bind(carrier.address()).await;
    for (last, stats) in
        [("0013", ["ENROUTE", "DELIVRD"]), ("0014", ["DELIVRD", "DELIVRD"]), ("0021", ["DELIVRD", "ENROUTE"])]
    {
        client.ask(&magic(last), b"x").await;
        for stat in stats {
            assert_eq!(client.next().await.field("stat"), stat, "{last}");
        }
    }
}

#[tokio::test]
async fn the_receipt_before_the_answer() {
    let carrier = carrier(quick()).await;
    let mut client = Client::bind(carrier.address()).await;
    client.send(&magic("0007"), b"x");
    let early = client.next().await.field("id");
    let (status, id) = client.next().await.answer();
    assert_eq!((status, id), (Status::ROK, early));
}

#[tokio::test]
async fn refused_the_first_time() {
    let carrier = carrier(quick()).await;
    let mut client = Client::bind(carrier.address()).await;
    for (last, status) in [("0010", Status::RTHROTTLED), ("0016", Status::RSYSERR)] {
        // Each message anew, and another text is another message.
        for text in [b"one", b"two", b"one"] {
            assert_eq!(client.ask(&magic(last), text).await.0, status, "{last}");
            assert_eq!(client.ask(&magic(last), text).await.0, Status::ROK, "{last}");
            assert_eq!(client.next().await.field("stat"), "DELIVRD", "{last}");
        }
    }
    assert_eq!((carrier.counts().throttled, carrier.counts().refused), (3, 3));
}

#[tokio::test]
async fn cut_the_first_time() {
    let carrier = carrier(quick()).await;
    let mut client = Client::bind(carrier.address()).await;
    client.send(&magic("0015"), b"x");
    assert_eq!(client.next().await, Came::Closed);
    let mut client = Client::bind(carrier.address()).await;
    assert_eq!(client.ask(&magic("0015"), b"x").await.0, Status::ROK);
    assert_eq!(carrier.parts()[0].answered, Answered::Never);
}

#[tokio::test]
async fn never_answered_and_never_reported() {
    let carrier = carrier(quick()).await;
    let mut client = Client::bind(carrier.address()).await;
    client.send(&magic("0009"), b"x");
    let (status, _) = client.ask(&magic("0011"), b"x").await;
    assert_eq!(status, Status::ROK);
    // What is sent afterwards is answered and reported first.
    let (_, id) = client.ask("4915112345678", b"x").await;
    assert_eq!(client.next().await.field("id"), id);
    let counts = until(&carrier, |counts| counts.receipts_taken == 1).await;
    assert_eq!((counts.unanswered, counts.accepted, counts.receipts_sent), (1, 2, 1));
}

#[tokio::test]
async fn the_late_receipt_is_late() {
    let late = magic_numbers().into_iter().find(|number| number.digits == magic("0005")).unwrap();
    assert_eq!(late.fate.receipt_delay, Some(LATE_RECEIPT));
    // The same with less patience.
    let delay = Duration::from_millis(300);
    let fate = Fate { receipt_delay: Some(delay), ..Fate::delivered() };
    let carrier = carrier(Settings { fates: [("49151".to_owned(), fate)].into(), ..quick() }).await;
    let mut client = Client::bind(carrier.address()).await;
    let sent = postrider_link::now();
    client.ask("49151", b"x").await;
    assert_eq!(client.next().await.field("stat"), "DELIVRD");
    assert!(sent.elapsed() >= delay - Duration::from_millis(1), "{:?}", sent.elapsed());
}

#[tokio::test]
async fn handsets_write_back() {
    let carrier = carrier(quick()).await;
    let mut client = Client::bind(carrier.address()).await;
    for (last, text) in [("0012", "hello"), ("0020", "STOP")] {
        client.ask(&magic(last), b"hello").await;
        assert_eq!(client.next().await.field("stat"), "DELIVRD");
        let Came::Deliver { source, destination, esm_class, text: reply, .. } = client.next().await else {
            panic!()
        };
        assert_eq!((source, &*destination, esm_class), (magic(last), "me", 0));
        assert_eq!(reply, text.as_bytes());
    }
    until(&carrier, |counts| counts.inbound_taken == 2).await;
}

#[tokio::test]
async fn no_receipt_where_none_is_asked_for() {
    let carrier = carrier(quick()).await;
    let mut client = Client::bind(carrier.address()).await;
    client.submit(&postrider_wire::smpp::pdu::SubmitSm::default());
    assert_eq!(client.next().await.answer().0, Status::ROK);
    client.ask("49151", b"x").await;
    client.next().await;
    assert_eq!(until(&carrier, |counts| counts.receipts_taken > 0).await.receipts_sent, 1);
}

#[tokio::test]
async fn magic_can_be_switched_off() {
    let carrier = carrier(Settings { magic_numbers: false, ..quick() }).await;
    let mut client = Client::bind(carrier.address()).await;
    assert_eq!(client.ask(&magic("0001"), b"x").await.0, Status::ROK);
}
