//! A proxy that listens to what goes through it.

use super::capture::Capture;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A port that leads to another one. It closes when the story ends.
#[derive(Debug)]
pub(crate) struct Wiretap {
    address: SocketAddr,
    acceptor: JoinHandle<()>,
}

/// What several wiretaps heard, in one order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tape {
    heard: Arc<Mutex<Capture>>,
    connections: Arc<Mutex<u16>>,
}

impl Wiretap {
    /// A tap on the line to `target`.
    pub(crate) async fn before(target: SocketAddr, tape: &Tape) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let tape = tape.clone();
        let acceptor = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let Ok(server) = TcpStream::connect(target).await else { continue };
                tape.join(client, server);
            }
        });
        Self { address, acceptor }
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Wiretap {
    fn drop(&mut self) {
        self.acceptor.abort();
    }
}

impl Tape {
    /// What was heard so far.
    pub(crate) fn heard(&self) -> Capture {
        self.heard.lock().unwrap().clone()
    }

    fn join(&self, client: TcpStream, server: TcpStream) {
        let connection = {
            let mut connections = self.connections.lock().unwrap();
            *connections += 1;
            *connections
        };
        let (from_client, to_client) = client.into_split();
        let (from_server, to_server) = server.into_split();
        tokio::spawn(self.clone().copy(connection, true, from_client, to_server));
        tokio::spawn(self.clone().copy(connection, false, from_server, to_client));
    }

    async fn copy(self, connection: u16, by_client: bool, mut from: OwnedReadHalf, mut to: OwnedWriteHalf) {
        let mut buffer = vec![0; 16 * 1024];
        while let Ok(count @ 1..) = from.read(&mut buffer).await {
            self.heard.lock().unwrap().add(connection, by_client, &buffer[..count]);
            if to.write_all(&buffer[..count]).await.is_err() {
                return;
            }
        }
    }
}
