//! Connections to the brokers of a cluster.

use crate::brokers::address::BrokerAddress;
use crate::brokers::connection::{Connection, late};
use crate::brokers::session::Broken;
use bytes::{Bytes, BytesMut};
use postrider_link::connect::Host;
use postrider_link::tls::Tls;
use postrider_wire::broker::kafka::request::{self, Head, NEEDED};
use postrider_wire::broker::kafka::response::{self, Node};
use postrider_wire::broker::kafka::{decode, error_text};
use std::collections::BTreeMap;

/// The number that stands for the broker whose address is declared.
const DECLARED: i32 = -1;

/// Brokers that are known, and connections to those that were asked something.
pub(super) struct Peers {
    address: BrokerAddress,
    tls: Option<Tls>,
    client: String,
    hosts: BTreeMap<i32, Host>,
    open: BTreeMap<i32, Connection>,
    /// The number of the last request.
    last: i32,
}

impl Peers {
    pub(super) fn new(address: &BrokerAddress, tls: Option<&Tls>, client: &str) -> Self {
        let hosts = BTreeMap::from([(DECLARED, address.host.clone())]);
        let (address, tls, client) = (address.clone(), tls.cloned(), client.to_owned());
        Self { address, tls, client, hosts, open: BTreeMap::new(), last: 0 }
    }

    /// Connects to the declared broker.
    pub(super) async fn first(&mut self) -> Result<(), Broken> {
        self.connect(DECLARED).await
    }

    /// Takes note of brokers.
    pub(super) fn learn(&mut self, nodes: Vec<Node>) {
        for node in nodes {
            self.hosts.insert(node.id, Host { name: node.host.into(), port: node.port });
        }
    }

    /// Asks the declared broker, and returns the answer.
    pub(super) async fn ask_any(&mut self, write: impl Fn(Head<'_>) -> BytesMut) -> Result<Bytes, Broken> {
        self.ask(DECLARED, write).await
    }

    /// Asks a broker, and returns the answer.
    pub(super) async fn ask(
        &mut self,
        node: i32,
        write: impl Fn(Head<'_>) -> BytesMut,
    ) -> Result<Bytes, Broken> {
        let number = self.send(node, write).await?;
        self.answer(node, number).await
    }

    /// Asks a broker, and returns the number of the request.
    pub(super) async fn send(
        &mut self,
        node: i32,
        write: impl Fn(Head<'_>) -> BytesMut,
    ) -> Result<i32, Broken> {
        if !self.open.contains_key(&node) {
            self.connect(node).await?;
        }
        self.last = self.last.wrapping_add(1);
        let octets = write(Head { correlation: self.last, client: &self.client });
        self.connection(node)?.write(&octets).await?;
        Ok(self.last)
    }

    /// The answer to a request. A broker answers in the order of the requests.
    pub(super) async fn answer(&mut self, node: i32, number: i32) -> Result<Bytes, Broken> {
        let response = self.connection(node)?.needed(decode).await?;
        if response.correlation != number {
            return Err(Broken("the broker answered something that was not asked".into()));
        }
        Ok(response.body)
    }

    /// Makes sure that all brokers that were asked something are still there.
    pub(super) async fn ping(&mut self) -> Result<(), Broken> {
        let nodes: Vec<i32> = self.open.keys().copied().collect();
        for node in nodes {
            self.ask(node, request::api_versions).await?;
        }
        Ok(())
    }

    fn connection(&mut self, node: i32) -> Result<&mut Connection, Broken> {
        self.open.get_mut(&node).ok_or_else(late)
    }

    async fn connect(&mut self, node: i32) -> Result<(), Broken> {
        let unknown = || Broken("a partition has no leader now".into());
        let host = self.hosts.get(&node).cloned().ok_or_else(unknown)?;
        let address = BrokerAddress { host, ..self.address.clone() };
        let connection = Connection::open(&address, self.tls.as_ref()).await?;
        self.open.insert(node, connection);
        let (error, versions) =
            response::api_versions(Box::pin(self.ask(node, request::api_versions)).await?)?;
        let has = |(key, version): &(i16, i16)| {
            versions.iter().any(|(known, from, to)| known == key && (from..=to).contains(&version))
        };
        if error != 0 || !NEEDED.iter().all(has) {
            return Err(Broken(error_text(35)));
        }
        self.log_in(node).await
    }

    async fn log_in(&mut self, node: i32) -> Result<(), Broken> {
        let Some((user, password)) = self.address.login.clone() else { return Ok(()) };
        let begun = response::sasl_plain(Box::pin(self.ask(node, request::sasl_plain)).await?)?;
        if begun != 0 {
            return Err(Broken(error_text(begun)));
        }
        let password = password.unwrap_or_default();
        let write = |head: Head<'_>| request::sasl_login(head, &user, &password);
        let (error, reason) = response::sasl_login(Box::pin(self.ask(node, write)).await?)?;
        match error {
            0 => Ok(()),
            _ => Err(Broken(format!("{}: {}", error_text(error), reason.unwrap_or_default()))),
        }
    }
}
