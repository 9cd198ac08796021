//! Applications that speak EMI/UCP or CIMD2 send through the gateway, and get receipts and messages from handsets, also those
//! that came while they were away.

use crate::harness::{Gateway, Older, OlderClient, Plan, carrier, digits, free_port, password_of, within};
use postrider_simulator::carrier::{Carrier, Part};
use std::net::SocketAddr;

struct Application {
    protocol: Older,
    address: SocketAddr,
    /// What receipts have for a delivered message, and for one that can't be reached.
    delivered: &'static str,
    unreachable: &'static str,
}

impl Application {
    /// The gateway with a door for the protocol, and a carrier behind it.
    async fn served(protocol: Older) -> (Self, Gateway, Carrier) {
        let carrier = carrier().await;
        let address = SocketAddr::from(([127, 0, 0, 1], free_port()));
        let plan = Plan::simple(carrier.address())
            .with(&format!("[{}]\nlisten = '{address}'", protocol.door()))
            .with("numbers.60006.account = 'shop'");
        let [delivered, unreachable] = match protocol {
            Older::Ucp => ["/0/000/", "/2/108/"],
            Older::Cimd2 => ["\t061:4\t", "\t061:3\t"],
        };
        (Self { protocol, address, delivered, unreachable }, plan.start().await, carrier)
    }

    async fn log_in(&self) -> OlderClient {
        OlderClient::logged_in(self.protocol, self.address, "shop", &password_of("shop")).await
    }

    /// Submits a text, and returns its time stamp.
    async fn submit(&self, client: &mut OlderClient, to: &str, text: &str) -> String {
        let (frame, before, after) = match self.protocol {
            Older::Ucp => {
                let text = digits(text.as_bytes());
                let fields = format!("{to}/10D0F79C2E4F93CB72//1//3/////////////3//{text}////////5039/////");
                (format!("O/51/{fields}"), format!("R/51/A//{to}:"), "/")
            }
            Older::Cimd2 => (
                format!("03\t021:{to}\t027:Postrider\t033:{text}\t056:14\t"),
                format!("53\t021:{to}\t060:"),
                "\t",
            ),
        };
        let answer = client.asks(&frame).await;
        let stamp = answer.strip_prefix(&before).and_then(|rest| rest.strip_suffix(after));
        stamp.unwrap_or_else(|| panic!("{answer}")).to_owned()
    }

    /// Submits a part of a text that the client has cut in two, and returns its time stamp.
    async fn submit_part(&self, client: &mut OlderClient, to: &str, number: u8, text: &str) -> String {
        let frame = match self.protocol {
            Older::Ucp => {
                let (text, service) = (digits(text.as_bytes()), format!("01060500032A020{number}020100"));
                format!("O/51/{to}/60006//1//3/////////////3//{text}//////////{service}///")
            }
            Older::Cimd2 => {
                format!("03\t021:{to}\t023:60006\t032:0500032A020{number}\t033:{text}\t056:14\t")
            }
        };
        let answer = client.asks(&frame).await;
        let mut numbers =
            answer.split(|c: char| !c.is_ascii_digit()).filter(|it| it.len() == 12 && *it != to);
        numbers.next().unwrap_or_else(|| panic!("{answer}")).to_owned()
    }
}

#[tokio::test]
async fn applications_send_by_ucp() {
    sends(Older::Ucp).await;
}

#[tokio::test]
async fn applications_send_by_cimd2() {
    sends(Older::Cimd2).await;
}

async fn sends(protocol: Older) {
    let (application, gateway, carrier) = Application::served(protocol).await;
    let mut client = application.log_in().await;
    let (to, text) = ("491700000001", "Hello from before");
    let stamp = application.submit(&mut client, to, text).await;
    let told = client.told().await;
    assert!(told.contains(&stamp) && told.contains(to) && told.contains(application.delivered), "{told}");
    let arrived = within("the text", carrier.accepted_at_least(1)).await;
    assert_eq!((arrived[0].text().as_str(), arrived[0].source.as_str()), (text, "Postrider"));
    let found =
        gateway.http("shop").get(&format!("/v1/messages?reference={}:{stamp}", protocol.door())).await.ok();
    assert_eq!(found["messages"][0]["state"], "delivered");

    let stamp = application.submit(&mut client, "15005550002", "Anybody?").await;
    let told = client.told().await;
    assert!(told.contains(&stamp) && told.contains(application.unreachable), "{told}");

    a_text_in_two_parts_is_one(&application, &mut client, &carrier).await;

    // What ends while the client is away waits for it, and so does what a handset writes.
    let stamp = application.submit(&mut client, to, "Tell me later").await;
    drop(client);
    carrier.say_to_anyone("491700000001", "60006", "Are you there?").unwrap();
    let mut client = application.log_in().await;
    let told = [client.told().await, client.told().await];
    let written = match protocol {
        Older::Ucp => digits(b"Are you there?"),
        Older::Cimd2 => "033:Are you there?".to_owned(),
    };
    for words in [&stamp, &written] {
        assert!(told.iter().any(|frame| frame.contains(words.as_str())), "{told:?}");
    }
}

/// The client cuts a text itself. It arrives whole, and each part has its receipt.
async fn a_text_in_two_parts_is_one(application: &Application, client: &mut OlderClient, carrier: &Carrier) {
    let before = carrier.counts().accepted;
    let to = "491700000002";
    let one = application.submit_part(client, to, 1, "First half, ").await;
    let two = application.submit_part(client, to, 2, "second half").await;
    assert_ne!(one, two);
    let told = [client.told().await, client.told().await];
    for stamp in [&one, &two] {
        let is_its =
            |frame: &&String| frame.contains(stamp.as_str()) && frame.contains(application.delivered);
        assert!(told.iter().any(|frame| is_its(&frame)), "{told:?}");
    }
    let parts = within("the text", carrier.accepted_at_least(before + 1)).await;
    let whole: String = parts.iter().filter(|part| part.destination == to).map(Part::text).collect();
    assert_eq!(whole, "First half, second half");
}

#[tokio::test]
async fn what_is_wrong_is_refused_and_the_session_goes_on() {
    let (application, gateway, _carrier) = Application::served(Older::Ucp).await;
    let mut client = application.log_in().await;
    let mut stranger = OlderClient::connect(Older::Ucp, application.address).await;
    assert_eq!(stranger.asks("O/51/1234567/60006//////////////////3//48/////////////").await, "R/51/N/04//");
    assert_eq!(stranger.asks("O/60/shop/6/5/1/00//0100//////").await, "R/60/N/07//");
    gateway.says("a bind was refused").await;
    assert_eq!(client.asks("O/31/shop/0539/").await, "R/31/A/0000/");
    assert_eq!(client.asks("O/77/1/").await, "R/77/N/03//");
    gateway.says("a client sends what can't be read").await;
    assert_eq!(client.asks("O/31/shop/0539/").await, "R/31/A/0000/");
}
