//! Sessions in virtual time: a client at the other end of a pipe, and an engine that is told what to say. What a client
//! hears is the content of frames, without checksums.

mod client;

use super::*;
use crate::sessions::testing::{ACCOUNT, Engine};
use crate::stamped::Protocol;
use crate::stamped::testing::ended;
use crate::testing::received;
use client::Client;
use postrider_core::delivery::State;
use postrider_core::notice::What;

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn a_client_that_never_logs_in_is_left_after_thirty_seconds() {
    for protocol in [Protocol::Ucp, Protocol::Cimd2] {
        let mut client = Client::connect(protocol, &Engine::new());
        let begun = client.now();
        assert_eq!(client.hears().await, "closed");
        assert_eq!(client.now() - begun, SECOND * 30);
    }
}

#[tokio::test(start_paused = true)]
async fn a_wrong_password_is_refused_and_the_connection_closed() {
    for (protocol, login, expected) in [
        (Protocol::Ucp, "O/60/shop/6/5/1/77726F6E67//0100//////", "00/R/60/N/07//"),
        (Protocol::Cimd2, "01\t010:shop\t011:wrong\t", "51:001\t900:100\t"),
    ] {
        let engine = Engine::new();
        let mut client = Client::connect(protocol, &engine);
        client.says(login).await;
        assert_eq!(client.hears().await, expected);
        assert_eq!(client.hears().await, "closed");
        assert!(!engine.is_open());
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_logs_in_once() {
    for (protocol, login, refused) in [
        (Protocol::Ucp, "O/60/shop/6/5/1/736563726574//0100//////", "01/R/60/N/04//"),
        (Protocol::Cimd2, "01\t010:shop\t011:secret\t", "51:003\t900:102\t"),
    ] {
        let engine = Engine::new();
        let mut client = Client::connect(protocol, &engine);
        client.says(login).await;
        client.says(login).await;
        let answers = [client.hears().await, client.hears().await];
        assert!(answers.iter().any(|answer| answer == refused), "{answers:?}");
        assert_eq!(engine.sessions(), [(ACCOUNT, true)]);
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_taken_before_the_login() {
    for (protocol, submission, expected) in [
        (Protocol::Ucp, client::UCP_HELLO, "00/R/51/N/04//"),
        (Protocol::Cimd2, client::CIMD2_HELLO, "53:001\t900:1\t"),
    ] {
        let engine = Engine::new();
        let mut client = Client::connect(protocol, &engine);
        client.says(submission).await;
        assert_eq!(client.hears().await, expected);
        assert!(engine.submitted().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn a_message_is_answered_once_it_is_stored_by_its_number_and_time_stamp() {
    for (protocol, submission, expected, reference) in [
        (Protocol::Ucp, client::UCP_HELLO, "01/R/51/A//447700900123:010170000000/", "ucp:010170000000"),
        (
            Protocol::Cimd2,
            client::CIMD2_HELLO,
            "53:003\t021:447700900123\t060:700101000000\t",
            "cimd2:700101000000",
        ),
    ] {
        let engine = Engine::new();
        let mut client = Client::log_in(protocol, &engine).await;
        engine.store_takes(SECOND * 3);
        let begun = client.now();
        client.says(submission).await;
        assert_eq!(client.hears().await, expected);
        assert_eq!(client.now() - begun, SECOND * 3);
        let handed_in = engine.submitted();
        assert_eq!(handed_in[0].reference.as_deref(), Some(reference));
    }
}

#[tokio::test(start_paused = true)]
async fn garbage_and_half_frames_cost_nothing() {
    for (protocol, submission) in [(Protocol::Ucp, client::UCP_HELLO), (Protocol::Cimd2, client::CIMD2_HELLO)]
    {
        let engine = Engine::new();
        let mut client = Client::log_in(protocol, &engine).await;
        client.writes(b"\r\nGET / HTTP/1.1\r\n\r\n\x02half a frame").await;
        client.says(submission).await;
        let answer = client.hears().await;
        assert!(answer.contains("447700900123"), "{answer}");
        assert_eq!(engine.submitted().len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn several_recipients_get_a_message_each() {
    let engine = Engine::new();
    let mut client = Client::log_in(Protocol::Cimd2, &engine).await;
    client.says("03\t021:1111111\t021:2222222\t021:1111111\t033:Hi\t").await;
    let expected = "53:003\t021:1111111\t060:700101000000\t021:2222222\t060:700101000000\t021:1111111\t060:700101000001\t";
    assert_eq!(client.hears().await, expected);
    let engine = Engine::new();
    let mut client = Client::log_in(Protocol::Ucp, &engine).await;
    client.says("O/02/2/1111111/2222222/60006//3/4869/").await;
    assert_eq!(client.hears().await, "01/R/02/A/1111111:010170000000/");
    assert_eq!(engine.submitted().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn more_requests_than_the_window_holds_are_refused_at_once() {
    for (protocol, submission, refused) in [
        (Protocol::Ucp, client::UCP_HELLO, "/R/51/N/04/"),
        (Protocol::Cimd2, client::CIMD2_HELLO, "021:447700900123\t900:10\t"),
    ] {
        let engine = Engine::new();
        let mut client = Client::log_in(protocol, &engine).await;
        engine.store_takes(SECOND * 3);
        for _ in 0..3 {
            client.says(submission).await;
        }
        let begun = client.now();
        let answer = client.hears().await;
        assert!(answer.contains(refused), "{answer}");
        assert_eq!(client.now(), begun);
        for _ in 0..2 {
            let answer = client.hears().await;
            assert!(!answer.contains("/N/") && !answer.contains("900:"), "{answer}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_receipt_names_the_message_and_is_told_once_it_is_acknowledged() {
    for (protocol, reference, expected, answer) in [
        (
            Protocol::Ucp,
            "ucp:291126083007",
            "00/O/53/60006/447700900123/////////////291126083007/2/107/291126083107/3//",
            "R/53/A//447700900123:291126083007/",
        ),
        (
            Protocol::Cimd2,
            "cimd2:261129083007",
            "23:000\t021:447700900123\t060:261129083007\t061:3\t062:29\t063:261129083107\t",
            "73\t",
        ),
    ] {
        let engine = Engine::new();
        let mut client = Client::log_in(protocol, &engine).await;
        let cause = postrider_core::cause::Cause::of_carrier(
            postrider_core::cause::Code::Undeliverable,
            "107 absent subscriber",
        );
        let (mut message, outcome) = ended(Some("60006"), State::Undelivered, Some(cause));
        message.reference = Some(reference.into());
        engine.put(7, What::Ended { message: Arc::new(message), outcome });
        let heard = client.hears().await;
        assert!(heard.starts_with(expected), "{heard}");
        assert!(engine.told().is_empty());
        client.answers(answer).await;
        client.lets_pass(SECOND).await;
        assert_eq!(engine.told(), [(7, false, 0)]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_message_from_a_handset_comes_in_pieces() {
    let long = "0123456789".repeat(20);
    for (protocol, text, expected) in [
        (Protocol::Ucp, "Hi @", "00/O/52/60006/447700900123/////////////010170000005////3//48692000//"),
        (
            Protocol::Ucp,
            "\u{416}",
            "00/O/52/60006/447700900123/////////////010170000005////4/16/0416//////////020108///",
        ),
        (Protocol::Ucp, &long, "00/O/52/60006/447700900123/////////////010170000005////3//3031323334"),
        (Protocol::Cimd2, "Hi @", "20:000\t021:60006\t023:+447700900123\t060:700101000005\t033:Hi @\t"),
        (
            Protocol::Cimd2,
            "\u{416}",
            "20:000\t021:60006\t023:+447700900123\t060:700101000005\t030:8\t034:0416\t",
        ),
    ] {
        let engine = Engine::new();
        let mut client = Client::log_in(protocol, &engine).await;
        engine.put(7, What::Received { account: ACCOUNT, received: Arc::new(received(text)) });
        let heard = client.hears().await;
        assert!(heard.starts_with(expected), "{heard}");
        let (answer, again) = match protocol {
            Protocol::Ucp => ("R/52/A///", "01/O/52/60006/"),
            Protocol::Cimd2 => ("70\t", "20:002\t"),
        };
        client.answers(answer).await;
        if text == long {
            let second = client.hears().await;
            assert!(second.starts_with(again) && second.contains("//0106050003"), "{second}");
            client.answers(answer).await;
        }
        client.lets_pass(SECOND).await;
        assert_eq!(engine.told(), [(7, false, 0)], "{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_refused_notice_is_told_again_later_and_an_unacknowledged_one_goes_back() {
    let engine = Engine::new();
    let mut client = Client::log_in(Protocol::Ucp, &engine).await;
    let notice = || What::Received { account: ACCOUNT, received: Arc::new(received("Hi")) };
    engine.put(7, notice());
    client.hears().await;
    client.answers("R/52/N/55//").await;
    client.lets_pass(SECOND).await;
    assert_eq!(engine.told(), [(7, true, 1)]);
    engine.put(8, notice());
    client.hears().await;
    drop(client);
    tokio::time::sleep(SECOND).await;
    assert_eq!((engine.given_back(), engine.is_open()), (vec![8], false));
}

#[tokio::test(start_paused = true)]
async fn signs_of_life_are_answered_and_what_is_asked_of_an_unknown_message() {
    for (protocol, asked, expected) in [
        (Protocol::Ucp, "O/31/shop/0539/", "01/R/31/A/0000/"),
        (Protocol::Ucp, "O/61/shop/2/1/1///0100/1/////", "01/R/61/N/03//"),
        (Protocol::Cimd2, "40\t", "90:003\t"),
        (Protocol::Cimd2, "09\t500:501\t", "59:003\t501:700101000000\t"),
        (Protocol::Cimd2, "09\t500:999\t", "59:003\t500:999\t900:900\t"),
        (Protocol::Cimd2, "05\t068:0\t", "55:003\t066:0\t"),
        (Protocol::Cimd2, "08\t011:new\t", "58:003\t900:801\t"),
        (Protocol::Cimd2, "06\t059:0\t021:1111111\t", "56:003\t900:602\t"),
        (Protocol::Cimd2, "06\t059:2\t021:1111111\t060:700101000000\t", "56:003\t900:7\t"),
        (
            Protocol::Cimd2,
            "04\t021:1111111\t060:700101000000\t",
            "54:003\t021:1111111\t060:700101000000\t900:7\t",
        ),
        (Protocol::Cimd2, "02\t", "52:003\t"),
    ] {
        let mut client = Client::log_in(protocol, &Engine::new()).await;
        client.says(asked).await;
        assert_eq!(client.hears().await, expected);
        if asked.starts_with("02") {
            assert_eq!(client.hears().await, "closed");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_stops_answers_what_it_has_and_takes_nothing_more() {
    let engine = Engine::new();
    let mut client = Client::log_in(Protocol::Ucp, &engine).await;
    engine.store_takes(SECOND * 3);
    client.says(client::UCP_HELLO).await;
    client.lets_pass(SECOND).await;
    client.server_stops();
    client.lets_pass(SECOND).await;
    client.says(client::UCP_HELLO).await;
    let refused = client.hears().await;
    assert!(refused.starts_with("02/R/51/N/55/"), "{refused}");
    let taken = client.hears().await;
    assert!(taken.starts_with("01/R/51/A/"), "{taken}");
    assert_eq!(client.hears().await, "closed");
    assert!(!engine.is_open());
}

#[tokio::test(start_paused = true)]
async fn a_disabled_accounts_session_ends_when_it_asks_for_something_or_at_the_next_review() {
    for submits in [true, false] {
        let engine = Engine::new();
        let mut client = Client::log_in(Protocol::Cimd2, &engine).await;
        engine.disable_account();
        let begun = client.now();
        if submits {
            client.says(client::CIMD2_HELLO).await;
            let refused = client.hears().await;
            assert!(refused.starts_with("53:003\t021:447700900123\t900:9\t"), "{refused}");
        }
        assert_eq!(client.hears().await, "closed");
        assert!(client.now() - begun <= REVIEW_EVERY);
        assert_eq!(engine.sessions(), [(ACCOUNT, true), (ACCOUNT, false)]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_silent_client_is_left_after_ten_minutes() {
    let engine = Engine::new();
    let mut client = Client::log_in(Protocol::Ucp, &engine).await;
    let begun = client.now();
    assert_eq!(client.hears().await, "closed");
    assert_eq!(client.now() - begun, SECOND * 600);
}
