//! The gateway with one upstream, and what arrives behind it.

use super::{Meant, Out};
use crate::harness::{Gateway, Older, Plan, carrier_with, eventually, free_port};
use crate::http_providers::declare;
use postrider_simulator::carrier::{Carrier, Part, Protocol, Settings};
use postrider_simulator::provider::{self, WebProvider};
use postrider_text::{Encoding, coding, header, segment};
use std::net::SocketAddr;

/// What a carrier got of a message. Of an HTTP provider only text and sender are known.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Seen {
    text: String,
    header: Vec<u8>,
    from: String,
    flash: bool,
    class: Option<u8>,
    protocol: u8,
    coding: Option<u8>,
    priority: u8,
    for_an_hour: bool,
    has_parameter: bool,
}

enum Kind {
    Carrier(Carrier),
    Provider(WebProvider),
}

pub(super) struct Behind {
    pub(super) gateway: Gateway,
    pub(super) ucp: SocketAddr,
    pub(super) cimd2: SocketAddr,
    kind: Kind,
}

impl Behind {
    pub(super) async fn start(out: Out) -> Self {
        let [ucp, cimd2] = [0; 2].map(|_| SocketAddr::from(([127, 0, 0, 1], free_port())));
        let plan = Plan::new().account("shop").with(&format!(
            "[{}]\nlisten = '{ucp}'\n[{}]\nlisten = '{cimd2}'",
            Older::Ucp.door(),
            Older::Cimd2.door()
        ));
        let (protocol, declared) = match out {
            Out::Smpp => (Protocol::Smpp, "system_id = 'shop'"),
            Out::Ucp => (Protocol::Ucp, "protocol = 'ucp'\nlogin = '60006'\nutc_offset = '+00:00'"),
            Out::Cimd2 => (Protocol::Cimd2, "protocol = 'cimd2'\nuser = '60006'"),
            Out::Modem => return Self::before_a_modem(plan, ucp, cimd2).await,
            Out::Http => return Self::before_a_provider(plan, ucp, cimd2).await,
        };
        let carrier = carrier_with(Settings { protocol, ..Settings::default() }).await;
        let (host, port) = (carrier.address().ip(), carrier.address().port());
        let plan = plan
            .env("CARRIER", "secret")
            .with(&format!(
                "[upstreams.acme]\n{declared}\nhost = '{host}'\nport = {port}\npassword = {{ env = 'CARRIER' }}"
            ))
            .route("world", "", &["acme"]);
        Self { gateway: plan.start().await, ucp, cimd2, kind: Kind::Carrier(carrier) }
    }

    async fn before_a_modem(plan: Plan, ucp: SocketAddr, cimd2: SocketAddr) -> Self {
        let carrier = carrier_with(Settings { protocol: Protocol::Modem, ..Settings::default() }).await;
        let declared =
            format!("[upstreams.acme]\nprotocol = 'modem'\ndevice = 'tcp://{}'", carrier.address());
        let plan = plan.with(&declared).route("world", "", &["acme"]);
        Self { gateway: plan.start().await, ucp, cimd2, kind: Kind::Carrier(carrier) }
    }

    async fn before_a_provider(plan: Plan, ucp: SocketAddr, cimd2: SocketAddr) -> Self {
        let settings = provider::Settings::default();
        let provider = WebProvider::start("127.0.0.1:0", "kannel", &[], settings).await.unwrap();
        let gateway = plan.start().await;
        declare(&gateway, "kannel", provider.address()).await;
        let callback = format!("{}/v1/callbacks/acme?key=0123456789abcdef", gateway.url());
        provider.change(|settings| settings.callback = Some(callback));
        Self { gateway, ucp, cimd2, kind: Kind::Provider(provider) }
    }

    /// What came for this number, once all parts are there.
    pub(super) async fn seen(&self, to: &str) -> Seen {
        eventually(to, async || match &self.kind {
            Kind::Carrier(carrier) => {
                let parts: Vec<Part> =
                    carrier.accepted().into_iter().filter(|part| part.destination == to).collect();
                let total = parts.first()?.concat().map_or(1, |concat| usize::from(concat.total));
                (parts.len() >= total).then(|| Seen::of(parts))
            }
            Kind::Provider(provider) => {
                let all = provider.accepted();
                let (handed, _) = all.iter().find(|(handed, _)| handed.to.trim_start_matches('+') == to)?;
                Some(Seen { from: handed.from.clone(), text: handed.text.clone(), ..Seen::nothing() })
            }
        })
        .await
    }
}

impl Seen {
    fn nothing() -> Self {
        Self {
            text: String::new(),
            header: Vec::new(),
            from: String::new(),
            flash: false,
            class: None,
            protocol: 0,
            coding: None,
            priority: 0,
            for_an_hour: false,
            has_parameter: false,
        }
    }

    /// What is seen of a message that arrives as it was meant.
    pub(super) fn expected(meant: Meant) -> Self {
        let (header, text) = match meant.data {
            Some((header, data)) => (header.to_vec(), escaped(data)),
            None => (Vec::new(), meant.text.to_owned()),
        };
        Self {
            text,
            header,
            from: meant.from.trim_start_matches('+').to_owned(),
            flash: meant.flash,
            class: meant.class,
            protocol: meant.protocol,
            coding: meant.coding,
            priority: meant.priority,
            for_an_hour: meant.for_an_hour,
            has_parameter: meant.has_parameter,
        }
    }

    fn of(mut parts: Vec<Part>) -> Self {
        parts.sort_by_key(|part| part.concat().map(|concat| concat.number));
        let first = &parts[0];
        let read = coding::of_data_coding(first.data_coding);
        let is_part = header::concat(&first.header).is_some();
        let text = match read.encoding {
            Encoding::Octets => escaped(&first.octets),
            Encoding::Ucs2 => {
                let pieces: Vec<_> = parts
                    .iter()
                    .map(|part| segment::Part { header: part.header.clone(), data: part.octets.clone() })
                    .collect();
                segment::join(Encoding::Ucs2, &pieces)
            }
            _ => parts.iter().map(Part::text).collect(),
        };
        Self {
            text,
            header: if is_part { Vec::new() } else { first.header.clone() },
            from: first.source.clone(),
            flash: read.is_flash(),
            class: read.class.filter(|class| *class > 0),
            protocol: first.protocol_id,
            coding: (!coding::is_plain(first.data_coding)).then_some(first.data_coding),
            priority: first.priority_flag,
            for_an_hour: is_short(&first.validity_period),
            has_parameter: first.tlv(0x1400).is_some(),
        }
    }
}

/// Whether a validity was written. A modem's message always has one, in seconds: of that, whether it is about an hour.
fn is_short(validity: &str) -> bool {
    match validity.parse::<u64>() {
        Ok(seconds) if validity.len() < 9 => seconds < 7_200,
        _ => !validity.is_empty(),
    }
}

fn escaped(octets: &[u8]) -> String {
    octets.escape_ascii().to_string()
}
