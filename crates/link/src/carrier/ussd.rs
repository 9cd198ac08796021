//! USSD, as a link sees it: handsets' dialogues go to menus, and people ask networks. Neither is stored.

use futures_util::future::BoxFuture;
use postrider_core::ussd::{Page, Turn};
use std::future;
use tokio::sync::oneshot;

/// A request of somebody to the network of an upstream's SIM.
#[derive(Debug)]
pub struct Request {
    /// A code such as `*100#`; or an answer to the page before.
    pub text: Box<str>,
    /// Takes the network's page, or why there is none, in words.
    pub answer: oneshot::Sender<Result<Page, String>>,
}

/// Where the dialogues of an upstream lead.
pub trait Ussd: Send + Sync {
    /// Has a menu answer; `None` if nobody serves the code, or no answer came.
    fn turn(&self, turn: Turn) -> BoxFuture<'_, Option<Page>>;

    /// Waits for a request to the network of this link, by its place among those of the upstream. Dropped before it is ready, it has
    /// taken none.
    fn asked(&self, link: usize) -> BoxFuture<'_, Request>;

    /// Takes note of what the network says of the balance of this link's SIM, and of the amount that was found in it.
    fn balance(&self, link: usize, text: &str, amount: Option<f64>);
}

/// Serves nobody and asks nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoUssd;

impl Ussd for NoUssd {
    fn turn(&self, _: Turn) -> BoxFuture<'_, Option<Page>> {
        Box::pin(future::ready(None))
    }

    fn asked(&self, _: usize) -> BoxFuture<'_, Request> {
        Box::pin(future::pending())
    }

    fn balance(&self, _: usize, _: &str, _: Option<f64>) {}
}
