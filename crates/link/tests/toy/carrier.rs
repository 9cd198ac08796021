//! The carrier's side of the toy protocol, and the pipes that lead there.

use super::desk::{NoTime, TestDesk};
use super::protocol::Toy;
use futures_util::future::BoxFuture;
use postrider_link::carrier::{Line, NoUssd, Settings, Surroundings, Timers, run};
use postrider_link::connect::{Dial, Dialed, Host, Stream};
use postrider_trace::{Ends, Recorder};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tokio::io::{
    AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufStream, DuplexStream, ReadBuf, duplex,
};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

/// A connection that arrived at the carrier.
pub(crate) struct Arrived {
    pub(crate) host: String,
    pub(crate) at: Instant,
    stream: BufStream<DuplexStream>,
    /// Whether the gateway has ended it with a reset.
    given_up: Arc<AtomicBool>,
}

impl Arrived {
    /// The next line that the gateway says within a minute.
    pub(crate) async fn line(&mut self) -> String {
        let mut line = String::new();
        timeout(Duration::from_secs(60), self.stream.read_line(&mut line)).await.unwrap().unwrap();
        line.trim_end().to_owned()
    }

    /// Checks that the gateway says these lines next.
    pub(crate) async fn hears(&mut self, lines: &[&str]) {
        for expected in lines {
            assert_eq!(self.line().await, *expected);
        }
    }

    /// Checks that the gateway says nothing for so long.
    pub(crate) async fn hears_nothing(&mut self, time: Duration) {
        let mut line = String::new();
        let said = timeout(time, self.stream.read_line(&mut line)).await;
        assert!(said.is_err(), "{line}");
    }

    pub(crate) async fn says(&mut self, lines: &[&str]) {
        for line in lines {
            self.stream.write_all(format!("{line}\n").as_bytes()).await.unwrap();
        }
        self.stream.flush().await.unwrap();
        settle().await;
    }

    pub(crate) fn is_given_up(&self) -> bool {
        self.given_up.load(Ordering::SeqCst)
    }
}

/// Lets the tasks do what there is to do, and next to no time pass.
pub(crate) async fn settle() {
    sleep(Duration::from_millis(10)).await;
}

/// The pipes to the carrier. A host named `down` can't be reached.
struct Pipes(mpsc::UnboundedSender<Arrived>);

impl Dial for Pipes {
    fn dial<'a>(&'a self, hosts: &'a [Host], _: usize) -> BoxFuture<'a, Dialed> {
        let Some(host) = hosts.iter().find(|host| &*host.name != "down") else {
            return Box::pin(async { Err(String::from("down")) });
        };
        let (ours, theirs) = duplex(64 * 1_024);
        let given_up = Arc::new(AtomicBool::new(false));
        let arrived = Arrived {
            host: host.name.to_string(),
            at: postrider_link::now(),
            stream: BufStream::new(theirs),
            given_up: Arc::clone(&given_up),
        };
        self.0.send(arrived).unwrap();
        let any = ([127, 0, 0, 1], 1).into();
        let stream: Box<dyn Stream> = Box::new(Pipe { pipe: ours, given_up });
        Box::pin(async move { Ok((stream, Ends { local: any, peer: any })) })
    }
}

struct Pipe {
    pipe: DuplexStream,
    given_up: Arc<AtomicBool>,
}

impl Stream for Pipe {
    fn give_up(&self) {
        self.given_up.store(true, Ordering::SeqCst);
    }
}

impl AsyncRead for Pipe {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.pipe).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Pipe {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, octets: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.pipe).poll_write(cx, octets)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.pipe).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.pipe).poll_shutdown(cx)
    }
}

/// A gateway with one upstream.
pub(crate) struct Gateway {
    pub(crate) desk: Arc<TestDesk>,
    arrivals: mpsc::UnboundedReceiver<Arrived>,
    stop: watch::Sender<bool>,
    running: JoinHandle<()>,
}

impl Gateway {
    /// One link with a window of 3 to a host.
    pub(crate) fn start() -> Self {
        Self::start_with(&["host"], 1)
    }

    pub(crate) fn start_with(hosts: &[&str], links: usize) -> Self {
        let host = |name: &&str| Host { name: (*name).into(), port: 1 };
        let line = |bind| Line { bind, sends: true, kind: "toy", hosts: hosts.iter().map(host).collect() };
        let settings = Settings {
            rate: None,
            name: "toy".into(),
            lines: (0..links).map(line).collect(),
            asks: true,
            probes: true,
            timers: Timers::default(),
        };
        let desk = TestDesk::new();
        let (sender, arrivals) = mpsc::unbounded_channel();
        let surroundings = Surroundings {
            desk: Arc::clone(&desk) as Arc<_>,
            live: Arc::new(NoTime),
            dial: Arc::new(Pipes(sender)),
            recorder: Recorder::new(),
            ussd: Arc::new(NoUssd),
        };
        let (stop, stopped) = watch::channel(false);
        let running = tokio::spawn(run(Toy { window: 3 }, settings, surroundings, stopped));
        Self { desk, arrivals, stop, running }
    }

    /// The next connection, which comes within the hour.
    pub(crate) async fn arrives(&mut self) -> Arrived {
        let mut arrived = timeout(Duration::from_secs(3_600), self.arrivals.recv()).await.unwrap().unwrap();
        arrived.hears(&["LOGIN"]).await;
        arrived
    }

    /// The next connection, let in.
    pub(crate) async fn logs_in(&mut self) -> Arrived {
        let mut arrived = self.arrives().await;
        arrived.says(&["OK"]).await;
        arrived
    }

    /// Checks that no connection comes for so long.
    pub(crate) async fn stays_away(&mut self, time: Duration) {
        assert!(timeout(time, self.arrivals.recv()).await.is_err());
    }

    pub(crate) async fn stop(&self) {
        self.stop.send_replace(true);
        settle().await;
    }

    pub(crate) async fn ends(self) {
        timeout(Duration::from_secs(60), self.running).await.unwrap().unwrap();
    }
}
