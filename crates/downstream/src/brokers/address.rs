//! Addresses of brokers: `nats://user:password@host:port`, `amqp://user:password@host/virtual-host`.

use postrider_link::connect::Host;
use std::fmt;
use std::str::FromStr;
use url::Url;

/// A protocol of brokers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BrokerProtocol {
    /// NATS with `JetStream`.
    Nats,
    /// MQTT 3.1.1.
    Mqtt,
    /// AMQP 0-9-1, as `RabbitMQ` speaks it.
    Amqp,
    /// The protocol of Apache Kafka.
    Kafka,
}

/// Where a broker is, and how to log in.
#[derive(Clone, PartialEq, Eq)]
pub struct BrokerAddress {
    /// The protocol.
    pub protocol: BrokerProtocol,
    /// The host.
    pub host: Host,
    /// Whether TLS is spoken.
    pub is_tls: bool,
    /// User and password, if there are any. NATS takes a user alone as a token.
    pub login: Option<(Box<str>, Option<Box<str>>)>,
    /// The virtual host of AMQP.
    pub virtual_host: Box<str>,
}

impl fmt::Debug for BrokerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BrokerAddress")
            .field("protocol", &self.protocol)
            .field("host", &self.host)
            .finish_non_exhaustive()
    }
}

/// The schemes, with the usual ports.
const SCHEMES: [(&str, BrokerProtocol, bool, u16); 8] = [
    ("nats", BrokerProtocol::Nats, false, 4222),
    ("tls", BrokerProtocol::Nats, true, 4222),
    ("mqtt", BrokerProtocol::Mqtt, false, 1883),
    ("mqtts", BrokerProtocol::Mqtt, true, 8883),
    ("amqp", BrokerProtocol::Amqp, false, 5672),
    ("amqps", BrokerProtocol::Amqp, true, 5671),
    ("kafka", BrokerProtocol::Kafka, false, 9092),
    ("kafkas", BrokerProtocol::Kafka, true, 9093),
];

impl FromStr for BrokerAddress {
    type Err = &'static str;

    /// Errors repeat nothing of the address, which may hold a password.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let url = Url::parse(text).map_err(|_| "it is no URL")?;
        let scheme = SCHEMES.iter().find(|(scheme, ..)| *scheme == url.scheme());
        let (_, protocol, is_tls, port) = *scheme
            .ok_or("it starts with none of nats://, tls://, mqtt://, mqtts://, amqp://, amqps://, kafka:// and kafkas://")?;
        let name = url.host_str().filter(|host| !host.is_empty()).ok_or("it names no host")?;
        let behind = url.path().strip_prefix('/').unwrap_or_default();
        let may_follow = protocol == BrokerProtocol::Amqp && !behind.contains('/');
        if (!behind.is_empty() && !may_follow) || url.query().is_some() {
            return Err("there is something behind the host and port");
        }
        let virtual_host = if behind.is_empty() { "/".into() } else { plain(behind)? };
        let name = name.trim_start_matches('[').trim_end_matches(']');
        let host = Host { name: name.into(), port: url.port().unwrap_or(port) };
        let user = plain(url.username())?;
        let password = url.password().map(plain).transpose()?;
        let login = (!user.is_empty()).then_some((user, password));
        if protocol != BrokerProtocol::Nats && login.as_ref().is_some_and(|(_, password)| password.is_none())
        {
            return Err("it has a user and no password");
        }
        Ok(Self { protocol, host, is_tls, login, virtual_host })
    }
}

/// A text without its percent signs.
fn plain(text: &str) -> Result<Box<str>, &'static str> {
    let mut pairs = url::form_urlencoded::parse(text.as_bytes());
    // A plus sign stands for itself in this part of a URL.
    let escaped = text.replace('+', "%2B");
    if escaped != text {
        return plain(&escaped);
    }
    if text.contains(['&', '=']) {
        return Err("its user or password has & or =, which are written %26 and %3D");
    }
    Ok(pairs.next().map(|(name, _)| name.into_owned()).unwrap_or_default().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_a_protocol_a_host_and_a_login() {
        let read = |text: &str| text.parse::<BrokerAddress>();
        let plain = read("nats://127.0.0.1").unwrap();
        assert_eq!((plain.protocol, plain.host.port, plain.is_tls), (BrokerProtocol::Nats, 4222, false));
        assert_eq!(plain.login, None);
        let full = read("mqtts://me:p%40ss+w@broker.example:1234").unwrap();
        assert_eq!((&*full.host.name, full.host.port, full.is_tls), ("broker.example", 1234, true));
        assert_eq!(full.login, Some(("me".into(), Some("p@ss+w".into()))));
        assert_eq!(read("tls://token@[::1]:4333").unwrap().login, Some(("token".into(), None)));
        assert_eq!(&*read("tls://token@[::1]:4333").unwrap().host.name, "::1");
        assert!(!format!("{full:?}").contains("p@ss"));
        assert_eq!(
            (&*read("amqp://h").unwrap().virtual_host, &*read("amqp://h/").unwrap().virtual_host),
            ("/", "/")
        );
        assert_eq!(&*read("amqps://u:p@h/%2Fsms").unwrap().virtual_host, "/sms");
        let kafka = read("kafkas://u:p@h").unwrap();
        assert_eq!((kafka.protocol, kafka.host.port, kafka.is_tls), (BrokerProtocol::Kafka, 9093, true));
    }

    #[test]
    fn what_is_none_is_told() {
        for (text, words) in [
            ("here", "no URL"),
            ("http://h", "none of nats"),
            ("nats://", "no host"),
            ("mqtt://u@h", "no password"),
            ("kafka://u@h", "no password"),
            ("amqp://h/a/b", "behind the host"),
            ("nats://h/x", "behind the host"),
            ("mqtt://u:p@h?x=1", "behind the host"),
        ] {
            let error = text.parse::<BrokerAddress>().unwrap_err();
            assert!(error.contains(words), "{text}: {error}");
        }
    }
}
