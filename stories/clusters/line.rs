//! A line to a server that can be stalled: what is sent then arrives nowhere, and nobody is told.

use std::net::{Ipv4Addr, SocketAddr};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

/// A port that leads to another one. It closes when the story ends.
#[derive(Debug)]
pub(crate) struct Line {
    address: SocketAddr,
    flows: watch::Sender<bool>,
    acceptor: JoinHandle<()>,
}

impl Line {
    /// A line to `target`, which flows.
    pub(crate) async fn before(target: SocketAddr) -> Self {
        Self::at(Ipv4Addr::LOCALHOST, target).await
    }

    /// The same from another address of this machine.
    pub(crate) async fn at(address: Ipv4Addr, target: SocketAddr) -> Self {
        let listener = TcpListener::bind((address, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (flows, flowing) = watch::channel(true);
        let acceptor = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                connections.spawn(join(client, target, flowing.clone()));
            }
        });
        Self { address, flows, acceptor }
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Lets nothing through from now on. Connections stay, and new ones are made, to nowhere as yet.
    pub(crate) fn stall(&self) {
        self.flows.send_replace(false);
    }

    /// Lets everything through again, what was held up first.
    pub(crate) fn flow(&self) {
        self.flows.send_replace(true);
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.acceptor.abort();
    }
}

async fn join(client: TcpStream, target: SocketAddr, mut flowing: watch::Receiver<bool>) {
    let there = flowing.clone();
    if flowing.wait_for(|flows| *flows).await.is_err() {
        return;
    }
    let Ok(server) = TcpStream::connect(target).await else { return };
    let ((client_reads, client_writes), (server_reads, server_writes)) =
        (client.into_split(), server.into_split());
    // Whichever ends first, the other is of no more use.
    tokio::select! {
        () = carry(client_reads, server_writes, there) => {}
        () = carry(server_reads, client_writes, flowing) => {}
    }
}

async fn carry(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut flowing: watch::Receiver<bool>,
) {
    let mut octets = vec![0; 16 * 1024];
    while let Ok(count @ 1..) = from.read(&mut octets).await {
        if flowing.wait_for(|flows| *flows).await.is_err() || to.write_all(&octets[..count]).await.is_err() {
            return;
        }
    }
}
