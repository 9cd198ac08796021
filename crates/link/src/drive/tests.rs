use super::*;
use bytes::BytesMut;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
use tokio::sync::mpsc;

/// Octets as they are.
#[derive(Default)]
struct Plain {
    input: BytesMut,
    output: BytesMut,
}

impl Endpoint for Plain {
    fn input(&mut self) -> &mut BytesMut {
        self.input.reserve(16);
        &mut self.input
    }

    fn wants_input(&self) -> bool {
        self.output.len() <= 64
    }

    fn output(&mut self) -> &mut BytesMut {
        &mut self.output
    }
}

struct Orders(mpsc::UnboundedReceiver<u8>);

impl Sources for Orders {
    type News = u8;

    async fn next(&mut self) -> u8 {
        match self.0.recv().await {
            Some(order) => order,
            None => future::pending().await,
        }
    }
}

/// Says `!` each ten seconds and echoes what it reads, until it reads a full stop.
struct Echo {
    plain: Plain,
    orders: Orders,
    due: Instant,
    stops: bool,
    lost: Option<String>,
}

impl Driven for Echo {
    type Endpoint = Plain;
    type Sources = Orders;
    type End = Option<String>;

    fn turn(&mut self, now: Instant) -> Turn<Option<String>> {
        if self.due <= now {
            self.due = now + Duration::from_secs(10);
            self.plain.output.extend_from_slice(b"!");
        }
        let read = self.plain.input.split();
        self.plain.output.extend_from_slice(&read);
        match (&self.lost, read.contains(&b'.')) {
            (Some(words), _) => Turn::Over(Some(words.clone())),
            (None, true) => Turn::Over(None),
            (None, false) if self.stops => Turn::Still,
            (None, false) => Turn::Wait { until: Some(self.due), reads: true },
        }
    }

    fn stride(&self) -> usize {
        3
    }

    fn parts(&mut self) -> (&mut Plain, &mut Orders) {
        (&mut self.plain, &mut self.orders)
    }

    fn hear(&mut self, order: u8, _: Instant) {
        self.stops = false;
        self.plain.output.extend_from_slice(&[order]);
    }

    fn lost(&mut self, error: &io::Error) {
        self.lost = Some(error.to_string());
    }
}

fn echo() -> (Echo, mpsc::UnboundedSender<u8>) {
    let (sender, orders) = mpsc::unbounded_channel();
    let due = crate::now() + Duration::from_secs(10);
    (Echo { plain: Plain::default(), orders: Orders(orders), due, stops: false, lost: None }, sender)
}

async fn read(stream: &mut (impl AsyncRead + Unpin), octets: usize) -> String {
    let mut read = vec![0; octets];
    stream.read_exact(&mut read).await.unwrap();
    String::from_utf8(read).unwrap()
}

#[tokio::test(start_paused = true)]
async fn octets_times_and_news_are_taken_in_as_they_come() {
    let (ours, mut theirs) = duplex(2);
    let (mut echo, orders) = echo();
    let begun = crate::now();
    let driven = tokio::spawn(async move {
        let mut pump = Pump::new(ours);
        let end = drive(&mut pump, &mut echo).await;
        pump.close(&mut echo.plain).await;
        end
    });
    theirs.write_all(b"hello").await.unwrap();
    assert_eq!(read(&mut theirs, 5).await, "hello");
    orders.send(b'?').unwrap();
    assert_eq!(read(&mut theirs, 1).await, "?");
    assert_eq!(crate::now(), begun);
    assert_eq!(read(&mut theirs, 2).await, "!!");
    assert_eq!(crate::now(), begun + Duration::from_secs(20), "no time passes but what is waited for");
    theirs.write_all(b"end.").await.unwrap();
    let mut last = String::new();
    theirs.read_to_string(&mut last).await.unwrap();
    assert_eq!((last.as_str(), driven.await.unwrap()), ("end.", None));
}

#[tokio::test(start_paused = true)]
async fn who_stands_still_neither_reads_nor_writes_until_news_come() {
    let (ours, mut theirs) = duplex(64);
    let (mut echo, orders) = echo();
    echo.stops = true;
    let driven = tokio::spawn(async move { drive(&mut Pump::new(ours), &mut echo).await });
    theirs.write_all(b"hello").await.unwrap();
    let nothing = tokio::time::timeout(Duration::from_secs(60), read(&mut theirs, 1)).await;
    assert!(nothing.is_err(), "{nothing:?}");
    orders.send(b'g').unwrap();
    assert_eq!(read(&mut theirs, 7).await, "g!hello");
    drop(theirs);
    assert!(driven.await.unwrap().is_some());
}

#[tokio::test(start_paused = true)]
async fn what_is_dropped_is_driven_on_later_and_no_octet_is_lost() {
    let (ours, mut theirs) = duplex(1);
    let (mut echo, _orders) = echo();
    let mut pump = Pump::new(ours);
    let written = tokio::spawn(async move {
        for octet in b"one by one." {
            theirs.write_all(&[*octet]).await.unwrap();
            tokio::time::sleep(Duration::from_millis(3)).await;
        }
        let mut all = String::new();
        theirs.read_to_string(&mut all).await.unwrap();
        all
    });
    while tokio::time::timeout(Duration::from_millis(2), drive(&mut pump, &mut echo)).await.is_err() {}
    pump.close(&mut echo.plain).await;
    drop(pump);
    assert_eq!(written.await.unwrap(), "one by one.");
}
