//! Message brokers that a file declares.

use super::check::{Checker, has_password, keys};
use super::secrets;
use super::settings::{BrokerSection, File};
use postrider_core::stream::types;
use postrider_declare::{Secret, suggest};
use postrider_downstream::brokers::{BrokerAddress, BrokerProtocol};
use std::collections::BTreeSet;

/// The longest name of a broker.
const NAME_MAX: usize = 40;
/// The longest subject or topic, in octets.
const PLACE_MAX: usize = 200;

/// A broker that is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BrokerLink {
    pub(crate) name: String,
    pub(crate) address: BrokerAddress,
    /// The authorities in PEM, if not this machine's.
    pub(crate) authorities: Option<Box<[u8]>>,
    pub(crate) account: Option<String>,
    pub(crate) events: Option<String>,
    pub(crate) types: Option<BTreeSet<Box<str>>>,
    pub(crate) messages: Option<String>,
    pub(crate) results: Option<String>,
}

/// Whether Kafka may have a topic of this name.
fn is_topic(name: &str) -> bool {
    let is_plain = |octet: u8| octet.is_ascii_alphanumeric() || matches!(octet, b'.' | b'-' | b'_');
    !matches!(name, "" | "." | "..") && name.bytes().all(is_plain)
}

impl Checker<'_> {
    /// The brokers of a file, as far as they can be used.
    pub(super) fn brokers(&mut self, file: &File) -> Vec<BrokerLink> {
        let publishes = |section: &BrokerSection| section.events.is_some();
        if file.brokers.values().any(publishes) && file.retention.events.get().is_zero() {
            let message = "brokers get what is kept in the stream of events, which is switched off";
            self.error(
                &keys(&["retention", "events"]),
                message,
                "write the time for which events are kept, such as 24h",
            );
        }
        file.brokers.iter().filter_map(|(name, section)| self.broker(name, section, file)).collect()
    }

    fn broker(&mut self, name: &str, section: &BrokerSection, file: &File) -> Option<BrokerLink> {
        let place = |key: &str| keys(&["brokers", name, key]);
        let is_name = (1..=NAME_MAX).contains(&name.len())
            && name.bytes().all(|octet| octet.is_ascii_alphanumeric() || octet == b'-' || octet == b'_');
        if !is_name {
            let message = format!("the name of a broker has 1 to {NAME_MAX} letters, digits, - and _");
            self.error(
                &keys(&["brokers", name]),
                message,
                "its name is in names of clients and in idempotency keys",
            );
        }
        if section.events.is_none() && section.messages.is_none() {
            let message = format!("the broker `{name}` gets no events and gives no messages");
            self.error(&keys(&["brokers", name]), message, "set `events`, `messages` or both");
        }
        if section.messages.is_some() && section.account.is_none() {
            let message = "messages that come in belong to an account";
            self.error(&place("messages"), message, "name the account in `account`");
        }
        let accounts = &file.documents.accounts;
        if let Some(account) = &section.account
            && !accounts.is_empty()
            && !accounts.contains_key(account)
        {
            let message = format!("the file declares no account `{account}`");
            self.warn(
                &place("account"),
                message,
                "events and messages wait until it is declared over the API",
            );
        }
        let address = self.broker_address(name, section)?;
        self.places(name, section, address.protocol);
        let (name, types) = (name.to_owned(), self.types(name, section));
        let authorities = self.authorities(&name, section);
        let BrokerSection { account, events, messages, results, .. } = section.clone();
        Some(BrokerLink { name, address, authorities, account, events, types, messages, results })
    }

    fn broker_address(&mut self, name: &str, section: &BrokerSection) -> Option<BrokerAddress> {
        let path = keys(&["brokers", name, "url"]);
        let help = "write `nats://user:password@host`, `tls://…`, `mqtt://…`, `mqtts://…`, `amqp://…`, `amqps://…`, `kafka://…` or `kafkas://…`";
        let url = match &section.url {
            None => {
                self.error(&path, format!("the broker `{name}` has no address"), help);
                return None;
            }
            // Without a password there is nothing to hide.
            Some(Secret::Literal(url)) if !has_password(url) => url.clone(),
            Some(secret) => self.secret(&path, secret)?,
        };
        let address = url.parse::<BrokerAddress>();
        address.map_err(|why| self.error(&path, format!("invalid address of a broker: {why}"), help)).ok()
    }

    /// Notes subjects and topics that can't be ones.
    fn places(&mut self, name: &str, section: &BrokerSection, protocol: BrokerProtocol) {
        let wrong = |place: &str, key: &str| -> Option<&'static str> {
            let (is_source, is_results) = (key == "messages", key == "results");
            let is_plain = !place.contains(|c: char| c.is_whitespace() || c.is_control());
            match protocol {
                _ if place.is_empty() || place.len() > PLACE_MAX || !is_plain => {
                    Some("write 1 to 200 octets without spaces")
                }
                BrokerProtocol::Nats if is_source => match place.split_once('/') {
                    Some((stream, consumer))
                        if !stream.is_empty() && !consumer.is_empty() && !place.contains(['.', '*', '>']) =>
                    {
                        None
                    }
                    _ => Some("write the stream and its durable pull consumer as `STREAM/CONSUMER`"),
                },
                BrokerProtocol::Nats if place.contains(['*', '>', '/']) => {
                    Some("write a subject such as `sms.events`, without wildcards")
                }
                BrokerProtocol::Amqp if place.contains('/') && !is_results => {
                    Some("write the name of an exchange or a queue, without `/`")
                }
                BrokerProtocol::Amqp if is_results && !place.contains('/') => {
                    Some("write `EXCHANGE/ROUTING-KEY`, or `/QUEUE`")
                }
                BrokerProtocol::Kafka if is_source => match place.split_once('/') {
                    Some((topic, group)) if is_topic(topic) && !group.is_empty() => None,
                    _ => Some("write the topic and the group as `TOPIC/GROUP`"),
                },
                BrokerProtocol::Kafka if !is_topic(place) => {
                    Some("write the name of a topic, which has letters, digits, `.`, `-` and `_`")
                }
                BrokerProtocol::Mqtt if !is_source && place.contains(['#', '+']) => {
                    Some("write a topic such as `sms/events`, without wildcards")
                }
                _ => None,
            }
        };
        let given =
            [("events", &section.events), ("messages", &section.messages), ("results", &section.results)];
        for (key, place) in given {
            if let Some(place) = place
                && let Some(help) = wrong(place, key)
            {
                self.error(&keys(&["brokers", name, key]), format!("invalid place `{place}`"), help);
            }
        }
    }

    fn types(&mut self, name: &str, section: &BrokerSection) -> Option<BTreeSet<Box<str>>> {
        for wanted in &section.types {
            if !types().any(|known| known == wanted) {
                let help = match suggest(wanted, types()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("the types are {}", types().collect::<Vec<_>>().join(", ")),
                };
                let path = keys(&["brokers", name, "types"]);
                self.error(&path, format!("there are no events of type `{wanted}`"), help.as_str());
            }
        }
        let wanted: BTreeSet<Box<str>> = section.types.iter().map(|kind| kind.as_str().into()).collect();
        (!wanted.is_empty()).then_some(wanted)
    }

    fn authorities(&mut self, name: &str, section: &BrokerSection) -> Option<Box<[u8]>> {
        let file = section.ca_file.as_ref()?;
        let path = secrets::beside(self.base, file);
        let read = std::fs::read(&path).map(Into::into);
        let failed = |error: std::io::Error| {
            let message = format!("can't read the authorities in {}: {error}", path.display());
            self.error(
                &keys(&["brokers", name, "ca_file"]),
                message,
                "it must be readable for the gateway's user",
            );
        };
        read.map_err(failed).ok()
    }
}
