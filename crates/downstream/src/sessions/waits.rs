//! A session's news besides octets and times.

use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use postrider_core::notice::Notice;
use postrider_link::Sources;
use std::future;
use tokio::sync::watch;

/// Where a session's news come from besides octets and times. `D` is the result of its work.
pub(crate) struct Waits<D> {
    work: FuturesUnordered<BoxFuture<'static, D>>,
    /// Notices that are being fetched.
    fetching: Option<BoxFuture<'static, Vec<Notice>>>,
    stop: watch::Receiver<bool>,
    is_stopped: bool,
}

/// A session's news besides octets and times.
pub(crate) enum News<D> {
    /// Work is done, and its answer can be written.
    Done(D),
    /// Notices were fetched.
    Notices(Vec<Notice>),
    /// The server is to stop.
    Stop,
}

impl<D> Waits<D> {
    pub(crate) fn new(stop: watch::Receiver<bool>) -> Self {
        Self { work: FuturesUnordered::new(), fetching: None, stop, is_stopped: false }
    }

    /// Whether the server is to stop, heard of or not.
    pub(crate) fn is_stopping(&self) -> bool {
        *self.stop.borrow()
    }

    /// Waits for this work, too.
    pub(crate) fn add(&mut self, work: BoxFuture<'static, D>) {
        self.work.push(work);
    }

    /// Whether no work is under way.
    pub(crate) fn is_idle(&self) -> bool {
        self.work.is_empty()
    }

    /// Whether notices are being fetched.
    pub(crate) fn is_fetching(&self) -> bool {
        self.fetching.is_some()
    }

    /// Waits for these notices.
    pub(crate) fn fetch(&mut self, notices: BoxFuture<'static, Vec<Notice>>) {
        self.fetching = Some(notices);
    }
}

impl<D: Send> Sources for Waits<D> {
    type News = News<D>;

    async fn next(&mut self) -> News<D> {
        tokio::select! {
            Some(done) = self.work.next(), if !self.work.is_empty() => News::Done(done),
            notices = fetched(&mut self.fetching) => News::Notices(notices),
            () = stopped(&mut self.stop), if !self.is_stopped => {
                self.is_stopped = true;
                News::Stop
            }
        }
    }
}

/// Waits until notices are fetched, if any are.
async fn fetched(fetching: &mut Option<BoxFuture<'static, Vec<Notice>>>) -> Vec<Notice> {
    match fetching {
        Some(notices) => {
            let notices = notices.await;
            *fetching = None;
            notices
        }
        None => future::pending().await,
    }
}

/// Waits until the server is to stop. It is, too, when the sender is gone.
pub(crate) async fn stopped(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}
