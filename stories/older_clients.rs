//! Applications that speak EMI/UCP or CIMD2 send through the gateway, and get receipts and messages from handsets, also those
//! that came while they were away.

mod frames;

use crate::harness::{Gateway, Plan, carrier, free_port, password_of, within};
use frames::{Client, Protocol};
use postrider_simulator::carrier::{Carrier, Part};
use postrider_wire::hex;
use std::net::SocketAddr;

struct Application {
    protocol: Protocol,
    address: SocketAddr,
}

impl Application {
    /// The gateway with a door for the protocol, and a carrier behind it.
    async fn served(protocol: Protocol) -> (Self, Gateway, Carrier) {
        let carrier = carrier().await;
        let address = SocketAddr::from(([127, 0, 0, 1], free_port()));
        let door = if protocol == Protocol::Ucp { "ucp" } else { "cimd2" };
        let plan = Plan::simple(carrier.address())
            .with(&format!("[{door}]\nlisten = '{address}'"))
            .with("numbers.60006.account = 'shop'");
        (Self { protocol, address }, plan.start().await, carrier)
    }

    async fn log_in(&self) -> Client {
        let mut client = Client::connect(self.protocol, self.address).await;
        let password = password_of("shop");
        let (login, answer) = match self.protocol {
            Protocol::Ucp => {
                let mut digits = bytes::BytesMut::new();
                hex::write(password.as_bytes(), &mut digits);
                let digits = String::from_utf8_lossy(&digits).into_owned();
                (format!("O/60/shop/6/5/1/{digits}//0100//////"), "R/60/A//")
            }
            Protocol::Cimd2 => (format!("01\t010:shop\t011:{password}\t"), "51\t"),
        };
        assert_eq!(client.asks(&login).await, answer);
        client
    }

    /// Submits a text, and returns its time stamp.
    async fn submit(&self, client: &mut Client, to: &str, text: &str) -> String {
        let answer = match self.protocol {
            Protocol::Ucp => {
                let mut digits = bytes::BytesMut::new();
                hex::write(text.as_bytes(), &mut digits);
                let digits = String::from_utf8_lossy(&digits).into_owned();
                client
                    .asks(&format!(
                        "O/51/{to}/10D0F79C2E4F93CB72//1//3/////////////3//{digits}////////5039/////"
                    ))
                    .await
            }
            Protocol::Cimd2 => {
                client.asks(&format!("03\t021:{to}\t027:Postrider\t033:{text}\t056:14\t")).await
            }
        };
        let (before, after) = match self.protocol {
            Protocol::Ucp => (format!("R/51/A//{to}:"), "/"),
            Protocol::Cimd2 => (format!("53\t021:{to}\t060:"), "\t"),
        };
        let stamp = answer.strip_prefix(&before).and_then(|rest| rest.strip_suffix(after));
        stamp.unwrap_or_else(|| panic!("{answer}")).to_owned()
    }

    /// Hears of the end of a message, and acknowledges it.
    async fn ended(&self, client: &mut Client, to: &str, stamp: &str, end: &str) {
        let (number, told) = client.hears().await;
        let (expected, answer) = match self.protocol {
            Protocol::Ucp => {
                (format!("O/53/shop/{to}/////////////{stamp}/{end}/"), format!("R/53/A//{to}:{stamp}/"))
            }
            Protocol::Cimd2 => (format!("23\t021:{to}\t060:{stamp}\t{end}\t063:"), "73\t".to_owned()),
        };
        assert!(told.starts_with(&expected), "{told}");
        client.answers(number, &answer).await;
    }
}

#[tokio::test]
async fn applications_send_by_ucp() {
    let (application, gateway, carrier) = Application::served(Protocol::Ucp).await;
    sends(&application, &gateway, &carrier, ["0/000", "2/108"]).await;
}

#[tokio::test]
async fn applications_send_by_cimd2() {
    let (application, gateway, carrier) = Application::served(Protocol::Cimd2).await;
    sends(&application, &gateway, &carrier, ["061:4", "061:3"]).await;
}

async fn sends(application: &Application, gateway: &Gateway, carrier: &Carrier, ends: [&str; 2]) {
    let [delivered, unreachable] = ends;
    let mut client = application.log_in().await;
    let (to, text) = ("491700000001", "Hello from before");
    let stamp = application.submit(&mut client, to, text).await;
    application.ended(&mut client, to, &stamp, delivered).await;
    let arrived = within("the text", carrier.accepted_at_least(1)).await;
    assert_eq!((arrived[0].text().as_str(), arrived[0].source.as_str()), (text, "Postrider"));
    let door = if application.protocol == Protocol::Ucp { "ucp" } else { "cimd2" };
    let shop = gateway.http("shop");
    let found = shop.get(&format!("/v1/messages?reference={door}:{stamp}")).await.ok();
    assert_eq!(found["messages"][0]["state"], "delivered");

    let unreachable_number = "15005550002";
    let stamp = application.submit(&mut client, unreachable_number, "Anybody?").await;
    application.ended(&mut client, unreachable_number, &stamp, unreachable).await;

    a_text_in_two_parts_is_one(application, &mut client, carrier, delivered).await;

    // What ends while the client is away waits for it, and so does what a handset writes.
    let stamp = application.submit(&mut client, to, "Tell me later").await;
    drop(client);
    carrier.say_to_anyone("491700000001", "60006", "Are you there?").unwrap();
    let mut client = application.log_in().await;
    let mut told = Vec::new();
    for _ in 0..2 {
        let (number, frame) = client.hears().await;
        let answer = match (application.protocol, &frame[..4]) {
            (Protocol::Ucp, kind) => format!("R/{}/A///", &kind[2..]),
            (Protocol::Cimd2, kind) => format!("{}\t", kind[..2].parse::<u8>().unwrap() + 50),
        };
        client.answers(number, &answer).await;
        told.push(frame);
    }
    let is_told = |words: &str| told.iter().any(|frame| frame.contains(words));
    let written = if application.protocol == Protocol::Ucp {
        "41726520796F752074686572653F"
    } else {
        "033:Are you there?"
    };
    assert!(is_told(&stamp) && is_told(written), "{told:?}");
}

/// The client cuts a text itself. It arrives whole, and each part has its receipt.
async fn a_text_in_two_parts_is_one(
    application: &Application,
    client: &mut Client,
    carrier: &Carrier,
    delivered: &str,
) {
    let before = carrier.counts().accepted;
    let to = "491700000002";
    let mut stamps = Vec::new();
    for (number, text) in [(1, "First half, "), (2, "second half")] {
        let answer = match application.protocol {
            Protocol::Ucp => {
                let mut digits = bytes::BytesMut::new();
                hex::write(text.as_bytes(), &mut digits);
                let digits = String::from_utf8_lossy(&digits).into_owned();
                let service = format!("01060500032A020{number}020100");
                client
                    .asks(&format!("O/51/{to}/60006//1//3/////////////3//{digits}//////////{service}///"))
                    .await
            }
            Protocol::Cimd2 => {
                client
                    .asks(&format!("03\t021:{to}\t023:60006\t032:0500032A020{number}\t033:{text}\t056:14\t"))
                    .await
            }
        };
        let digits: Vec<&str> =
            answer.split(|c: char| !c.is_ascii_digit()).filter(|it| it.len() == 12).collect();
        stamps.push(digits.iter().find(|it| **it != to).unwrap_or_else(|| panic!("{answer}")).to_string());
    }
    assert_ne!(stamps[0], stamps[1]);
    let mut told = Vec::new();
    for _ in &stamps {
        let (number, frame) = client.hears().await;
        assert!(frame.contains(delivered), "{frame}");
        let answer = if application.protocol == Protocol::Ucp { "R/53/A///" } else { "73\t" };
        client.answers(number, answer).await;
        told.push(frame);
    }
    assert!(stamps.iter().all(|stamp| told.iter().any(|frame| frame.contains(stamp.as_str()))), "{told:?}");
    let parts = within("the text", carrier.accepted_at_least(before + 1)).await;
    let whole: String = parts.iter().filter(|part| part.destination == to).map(Part::text).collect();
    assert_eq!(whole, "First half, second half");
}

#[tokio::test]
async fn what_is_garbage_is_told_in_the_log_and_others_go_on() {
    let (application, gateway, _carrier) = Application::served(Protocol::Ucp).await;
    let mut client = application.log_in().await;
    let mut stranger = Client::connect(Protocol::Ucp, application.address).await;
    assert_eq!(stranger.asks("O/51/1234567/60006//////////////////3//48//////////////").await, "R/51/N/04//");
    assert_eq!(stranger.asks("O/60/shop/6/5/1/00//0100//////").await, "R/60/N/07//");
    gateway.says("a bind was refused").await;
    assert_eq!(client.asks("O/31/shop/0539/").await, "R/31/A/0000/");
    assert_eq!(client.asks("O/77/1/").await, "R/77/N/03//");
    gateway.says("a client sends what can't be read").await;
    assert_eq!(client.asks("O/31/shop/0539/").await, "R/31/A/0000/");
}
