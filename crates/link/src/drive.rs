//! The driver: the loop that every conversation on a wire goes through.

use crate::pump::{Pump, exchange};
use postrider_wire::Endpoint;
use std::convert::Infallible;
use std::future::{self, Future};
use std::io;
use std::time::Instant;
use tokio::io::{AsyncRead, AsyncWrite};

/// One side of a conversation over a connection: a client, a server, the doctor, a simulated carrier.
pub trait Driven {
    /// Its session, as far as the socket is concerned.
    type Endpoint: Endpoint;
    /// Where its news come from besides octets and times.
    type Sources: Sources;
    /// The result of the conversation, or of a stretch of it.
    type End;

    /// Does all there is to do at `now`, due timers included, and returns what to wait for.
    fn turn(&mut self, now: Instant) -> Turn<Self::End>;

    /// The most octets that are written to the socket at once; at least 1.
    fn stride(&self) -> usize {
        usize::MAX
    }

    /// The two things to wait for: octets, and news of other sources.
    fn parts(&mut self) -> (&mut Self::Endpoint, &mut Self::Sources);

    /// Takes in what a source gave. A turn follows.
    fn hear(&mut self, news: <Self::Sources as Sources>::News, now: Instant);

    /// Takes note that the connection is lost. A turn follows.
    fn lost(&mut self, error: &io::Error);
}

/// The next step after a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn<End> {
    /// Writes, reads if `reads` says so, and takes the next turn when something was read, a source gave something, or
    /// `until` has come.
    Wait {
        /// The latest time of the next turn; `None` for no time.
        until: Option<Instant>,
        /// Whether anything is read. [`Endpoint::wants_input`] must allow it, too.
        reads: bool,
    },
    /// Waits for its sources alone: nothing is read or written, and no time counts.
    Still,
    /// Takes another turn at once.
    Again,
    /// Stops. The connection stays as it is: it can be driven on, closed or given up.
    Over(End),
}

/// Where news come from besides octets and times.
pub trait Sources {
    /// The news.
    type News;

    /// Waits for the next news. It may be dropped at any moment, and must lose nothing by that.
    fn next(&mut self) -> impl Future<Output = Self::News> + Send;
}

/// No sources.
impl Sources for () {
    type News = Infallible;

    async fn next(&mut self) -> Infallible {
        future::pending().await
    }
}

/// Drives a conversation over a connection until it is over. It may be dropped at any moment and driven on later.
pub async fn drive<S, D>(pump: &mut Pump<S>, driven: &mut D) -> D::End
where
    S: AsyncRead + AsyncWrite + Unpin,
    D: Driven,
{
    let Pump { stream, alarm } = pump;
    loop {
        let (until, reads, still) = match driven.turn(crate::now()) {
            Turn::Wait { until, reads } => (until, reads, false),
            Turn::Still => (None, false, true),
            Turn::Again => continue,
            Turn::Over(end) => return end,
        };
        alarm.set(until);
        let stride = driven.stride();
        let (endpoint, sources) = driven.parts();
        tokio::select! {
            exchanged = exchange(stream, endpoint, stride, reads), if !still => {
                if let Err(error) = exchanged {
                    driven.lost(&error);
                }
            }
            news = sources.next() => driven.hear(news, crate::now()),
            () = alarm.ring() => {}
        }
    }
}

#[cfg(test)]
mod tests;
