//! Clients that submit over SMPP: any number of transceiver binds, each with its window. They answer every receipt
//! and bind again when a connection is lost, for as long as the load is held.

mod client;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use postrider_wire::smpp::Status;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::progress::Books;
use super::{Pace, Progress, Report};
use client::Client;

/// What to send over SMPP.
#[derive(Clone, Debug)]
pub struct SmppPlan {
    /// Whom to bind to.
    pub address: SocketAddr,
    /// Who binds.
    pub system_id: String,
    /// The password.
    pub password: String,
    /// How many binds, all as transceiver.
    pub binds: usize,
    /// How many messages may be unanswered on each.
    pub window: usize,
    /// How fast and how long.
    pub pace: Pace,
    /// The number that the first message goes to; each further one goes to the next.
    pub first_number: u64,
    /// The sender's name.
    pub sender: String,
}

/// A load that is being sent. Dropping it closes its connections.
#[derive(Debug)]
pub struct SmppLoad {
    books: Arc<Books>,
    clients: Vec<JoinHandle<()>>,
}

impl SmppLoad {
    /// Makes all binds, and begins to send.
    ///
    /// # Errors
    /// When a connection fails, or a bind is refused: then with its status in words.
    pub async fn start(plan: SmppPlan) -> io::Result<Self> {
        let start = Instant::now();
        let books = Arc::new(Books::new(plan.first_number, start));
        let plan = Arc::new(plan);
        let mut clients = Vec::new();
        let mut bound = Vec::new();
        for index in 0..plan.binds {
            let (tell, told) = oneshot::channel();
            let client = Client::new(Arc::clone(&plan), Arc::clone(&books), index, start);
            clients.push(tokio::spawn(client.run(tell)));
            bound.push(told);
        }
        let load = Self { books, clients };
        for told in bound {
            told.await.map_err(io::Error::other)??;
        }
        Ok(load)
    }

    /// How far it has come.
    pub fn progress(&self) -> Progress {
        self.books.with(|pages| pages.progress)
    }

    /// Waits until the progress is as asked for, and returns it. It has no time limit of its own.
    pub async fn until(&self, enough: impl FnMut(&Progress) -> bool) -> Progress {
        match self.books.watch().wait_for(enough).await {
            Ok(progress) => *progress,
            // The sender lives as long as `self`.
            Err(_) => self.progress(),
        }
    }

    /// Waits until everything was sent and answered, or given up.
    pub async fn sent(&self) -> Progress {
        let all = self.clients.len();
        self.until(|progress| progress.idle == all).await
    }

    /// Waits until every accepted message has its receipt.
    pub async fn completed(&self) -> Progress {
        self.until(|progress| progress.receipts >= progress.accepted).await
    }

    /// What it came to so far.
    pub fn report(&self) -> Report {
        self.books.report()
    }
}

impl Drop for SmppLoad {
    fn drop(&mut self) {
        for client in &self.clients {
            client.abort();
        }
    }
}

/// Whether a status means to come again later.
fn is_for_now(status: Status) -> bool {
    matches!(status, Status::RTHROTTLED | Status::RMSGQFUL)
}
