//! Behind a load balancer that speaks the PROXY protocol, a client is who the load balancer says, at every node.

use super::company::strict_carrier;
use super::shared::Database;
use crate::harness::{Client, Gateway, Plan, password_of, text_to};
use postrider_simulator::carrier::Settings;
use postrider_wire::smpp::Status;
use postrider_wire::smpp::pdu::BindMode;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

const SHOP: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 9);
const STRANGER: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 1);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_behind_a_load_balancer_are_judged_by_their_own_addresses() {
    let carrier = strict_carrier(1, Settings::default()).await;
    let plan = Plan::simple(carrier.address())
        .with("smpp.proxies = ['127.0.0.1']")
        .with("accounts.shop.smpp.allow = ['203.0.113.0/24']")
        .shared(&Database::new("balanced").url());
    let nodes = [plan.clone().start().await, plan.start().await];
    for node in &nodes {
        let refused =
            balanced(node, STRANGER).await.bind(BindMode::Transceiver, "shop", &password_of("shop")).await;
        assert_eq!(refused, Err(Status::RINVPASWD));
        let mut client = balanced(node, SHOP).await;
        client.bind(BindMode::Transceiver, "shop", &password_of("shop")).await.unwrap();
        let id = client.submit(&text_to("+491700000001", b"by way of a load balancer")).await;
        assert_eq!(client.receipt().await.id, id);
        client.unbind().await;
        assert!(node.log().contains(&format!("\"peer\":\"{SHOP}:40000\"")), "the log names the client");
        // A load balancer that looks whether the node is there is no client, and who hides behind none is let in nowhere.
        look(node).await;
        let direct = Client::bound_if_there(node.smpp_address(), "shop", &password_of("shop")).await;
        assert!(direct.is_none());
    }
}

/// A connection that a load balancer made for this client.
async fn balanced(node: &Gateway, client: Ipv4Addr) -> Client {
    let mut socket = TcpStream::connect(node.smpp_address()).await.unwrap();
    let from = SocketAddrV4::new(client, 40_000);
    socket.write_all(&header(0x21, Some((from, node.smpp_address())))).await.unwrap();
    Client::over(socket)
}

/// Looks whether the node is there, as load balancers do.
async fn look(node: &Gateway) {
    let mut socket = TcpStream::connect(node.smpp_address()).await.unwrap();
    socket.write_all(&header(0x20, None)).await.unwrap();
    let mut end = Vec::new();
    tokio::io::AsyncReadExt::read_to_end(&mut socket, &mut end).await.unwrap();
    assert!(end.is_empty());
}

/// A header as section 2.2 of the protocol's specification has it.
fn header(command: u8, way: Option<(SocketAddrV4, SocketAddr)>) -> Vec<u8> {
    let mut header = b"\r\n\r\n\0\r\nQUIT\n".to_vec();
    let Some((from, SocketAddr::V4(to))) = way else {
        header.extend([command, 0, 0, 0]);
        return header;
    };
    header.extend([command, 0x11, 0, 12]);
    header.extend(from.ip().octets());
    header.extend(to.ip().octets());
    header.extend(from.port().to_be_bytes());
    header.extend(to.port().to_be_bytes());
    header
}
