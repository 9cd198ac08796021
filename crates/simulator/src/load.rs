//! Clients that send in bulk: over SMPP and over HTTP, as fast as it goes or at a rate, and the books that show
//! whether every message accepted got its receipt. What the figures mean is for the benchmark to say.

mod histogram;
mod http;
mod ledger;
mod pace;
mod progress;
mod smpp;

use std::io;
use std::sync::Arc;
use std::time::Instant;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

pub use histogram::Histogram;
pub use http::HttpPlan;
pub use pace::Pace;
pub use progress::{Progress, Report};
pub use smpp::SmppPlan;

use progress::Books;

/// A load that is being sent. Dropping it closes its connections.
#[derive(Debug)]
pub struct Load {
    books: Arc<Books>,
    senders: Vec<JoinHandle<()>>,
    /// What takes webhooks, if any are asked for.
    receiver: Option<JoinHandle<()>>,
}

/// The result of a sender's first connection, to be told once.
type Tell = Option<oneshot::Sender<io::Result<()>>>;

impl Load {
    /// Binds to an SMPP server as planned, and begins to send.
    ///
    /// # Errors
    /// When a connection fails, or a bind is refused: then with its status in words.
    pub async fn smpp(plan: SmppPlan) -> io::Result<Self> {
        let start = postrider_link::now();
        let plan = Arc::new(plan);
        let sender = |index, books, tell| smpp::Client::new(Arc::clone(&plan), books, index, start).run(tell);
        let books = Books::new(plan.first_number, plan.hears_arrivals, start);
        Self::start(books, plan.binds, sender).await
    }

    /// Connects to the HTTP API as planned, and begins to send. Receipts come back by webhook, if the plan asks for them.
    ///
    /// # Errors
    /// When a connection fails, or there is no listening at the address for webhooks.
    pub async fn http(plan: HttpPlan) -> io::Result<Self> {
        let start = postrider_link::now();
        let listener = match plan.webhooks {
            Some(address) => Some(TcpListener::bind(address).await?),
            None => None,
        };
        let plan = Arc::new(plan);
        let sender = |index, books, tell| http::Client::new(Arc::clone(&plan), books, index, start).run(tell);
        let books = Books::new(plan.first_number, false, start);
        let mut load = Self::start(books, plan.connections, sender).await?;
        load.receiver =
            listener.map(|listener| tokio::spawn(http::receive(listener, Arc::clone(&load.books))));
        Ok(load)
    }

    async fn start<F: Future<Output = ()> + Send + 'static>(
        books: Books,
        senders: usize,
        sender: impl Fn(usize, Arc<Books>, Tell) -> F,
    ) -> io::Result<Self> {
        let mut load = Self { books: Arc::new(books), senders: Vec::new(), receiver: None };
        let mut connected = Vec::new();
        for index in 0..senders {
            let (tell, told) = oneshot::channel();
            load.senders.push(tokio::spawn(sender(index, Arc::clone(&load.books), Some(tell))));
            connected.push(told);
        }
        for told in connected {
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

    /// The message to this number reached its carrier at `now`. Only a load that `hears_arrivals` takes note of it.
    pub fn arrived(&self, number: u64, now: Instant) {
        self.books.with(|pages| pages.arrived(number, now));
    }

    /// Waits until everything was sent and answered, or given up.
    pub async fn sent(&self) -> Progress {
        let all = self.senders.len();
        self.until(|progress| progress.idle == all).await
    }

    /// Waits until every accepted message has its receipt.
    pub async fn completed(&self) -> Progress {
        self.until(|progress| progress.receipts >= progress.accepted).await
    }

    /// Its result so far.
    pub fn report(&self) -> Report {
        self.books.report()
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        for task in self.senders.iter().chain(&self.receiver) {
            task.abort();
        }
    }
}

/// Tells the result of the first connection, if that wasn't told yet. Returns whether somebody was told.
fn tell(tell: &mut Tell, outcome: io::Result<()>) -> bool {
    // The caller may have stopped waiting.
    tell.take().is_some_and(|tell| tell.send(outcome).is_ok())
}
