//! An SMPP client: the story sends by it; what it receives is answered, and kept for the story.

mod drive;
mod packet;

use bytes::BytesMut;
use drive::{Drive, Job, SILENT};
pub(crate) use packet::{Packet, Receipt, frame};
use postrider_wire::smpp::pdu::{Bind, BindMode, SubmitSm};
use postrider_wire::smpp::{Address, Encode, Reason, Settings, Status};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot, watch};

use super::within;

/// A connection to an SMPP server. Dropping it closes the connection without an unbind.
#[derive(Debug)]
pub(crate) struct Client {
    jobs: mpsc::UnboundedSender<Job>,
    delivered: mpsc::UnboundedReceiver<Packet>,
    closed: watch::Receiver<Option<Reason>>,
    answer: Arc<AtomicU32>,
}

/// A request that was sent.
#[derive(Debug)]
pub(crate) struct Asked {
    what: String,
    answer: oneshot::Receiver<Packet>,
}

/// A message to an international number, with a receipt asked for. `octets` are in the GSM alphabet unless the story
/// says otherwise in `data_coding`.
pub(crate) fn text_to<'a>(number: &'a str, octets: &'a [u8]) -> SubmitSm<'a> {
    SubmitSm {
        destination: Address::international(number.trim_start_matches('+').as_bytes()),
        registered_delivery: 1,
        short_message: octets,
        ..SubmitSm::default()
    }
}

impl Client {
    /// Connects, and doesn't bind yet.
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        let settings = Settings { window: 1_000, enquire_link: None, ..Settings::default() };
        Self::connect_with(address, settings).await
    }

    /// Connects with settings of its own.
    pub(crate) async fn connect_with(address: SocketAddr, settings: Settings) -> Self {
        Self::over_with(within("a connection", TcpStream::connect(address)).await.unwrap(), settings)
    }

    /// Connects and binds as a transceiver; `None` if the server is gone.
    pub(crate) async fn bound_if_there(address: SocketAddr, system_id: &str, password: &str) -> Option<Self> {
        let socket = within("a connection, or none", TcpStream::connect(address)).await.ok()?;
        let client =
            Self::over_with(socket, Settings { window: 1_000, enquire_link: None, ..Settings::default() });
        let bind = Bind::new(BindMode::Transceiver, system_id.as_bytes(), password.as_bytes());
        let answer = client.ask_if_there(&bind)?.answer_if_any().await?;
        answer.status().is_ok().then_some(client)
    }

    /// A client on an existing connection.
    pub(crate) fn over(socket: TcpStream) -> Self {
        Self::over_with(socket, Settings { window: 1_000, enquire_link: None, ..Settings::default() })
    }

    fn over_with(socket: TcpStream, settings: Settings) -> Self {
        socket.set_nodelay(true).unwrap();
        let answer = Arc::new(AtomicU32::new(Status::ROK.0));
        let (jobs, orders) = mpsc::unbounded_channel();
        let (sender, delivered) = mpsc::unbounded_channel();
        let (ended, closed) = watch::channel(None);
        let drive = Drive::new(socket, settings, sender, Arc::clone(&answer));
        tokio::spawn(async move {
            // Nobody asks any more when the story has ended.
            let _ = ended.send(Some(drive.run(orders).await));
        });
        Self { jobs, delivered, closed, answer }
    }

    /// Binds; the error is the server's status.
    pub(crate) async fn bind(&self, mode: BindMode, system_id: &str, password: &str) -> Result<(), Status> {
        let answer = self.request(&Bind::new(mode, system_id.as_bytes(), password.as_bytes())).await;
        if answer.status().is_ok() { Ok(()) } else { Err(answer.status()) }
    }

    /// Binds as a receiver of messages to these addresses.
    pub(crate) async fn bind_for(&self, address_range: &str, system_id: &str, password: &str) {
        let bind = Bind::new(BindMode::Receiver, system_id.as_bytes(), password.as_bytes());
        let answer = self.request(&Bind { address_range: address_range.as_bytes(), ..bind }).await;
        assert!(answer.status().is_ok(), "{answer:?}");
    }

    /// Sends a request, and waits for its answer.
    pub(crate) async fn request(&self, pdu: &impl Encode) -> Packet {
        self.ask(pdu).answer().await
    }

    /// Sends a request, whose answer can be awaited later.
    pub(crate) fn ask(&self, pdu: &impl Encode) -> Asked {
        let asked = self.ask_if_there(pdu);
        asked.unwrap_or_else(|| panic!("the session has ended: {:?}", *self.closed.borrow()))
    }

    /// Sends a request, unless the session has ended.
    pub(crate) fn ask_if_there(&self, pdu: &impl Encode) -> Option<Asked> {
        let mut frame = BytesMut::new();
        pdu.encode(Status::ROK, 0, &mut frame).unwrap();
        let (sender, answer) = oneshot::channel();
        self.jobs.send(Job::Request(Packet::new(frame.freeze()), sender)).ok()?;
        Some(Asked { what: format!("the answer to {}", pdu.command()), answer })
    }

    /// Sends a message, which must be accepted, and returns its message_id.
    pub(crate) async fn submit(&self, message: &SubmitSm<'_>) -> String {
        let answer = self.request(message).await;
        assert_eq!(answer.status(), Status::ROK, "{answer:?}");
        answer.message_id()
    }

    /// The next deliver_sm or data_sm, which was answered already.
    pub(crate) async fn delivered(&mut self) -> Packet {
        within("a deliver_sm", self.delivered.recv()).await.expect("the session ended before a deliver_sm")
    }

    /// The next deliver_sm or data_sm, which must be a receipt.
    pub(crate) async fn receipt(&mut self) -> Receipt {
        let packet = self.delivered().await;
        packet.receipt().unwrap_or_else(|| panic!("no receipt: {packet:?}"))
    }

    /// The next deliver_sm or data_sm, or `None` once the session has ended.
    pub(crate) async fn delivered_if_any(&mut self) -> Option<Packet> {
        self.delivered.recv().await
    }

    /// Answers each delivery with this status from now on.
    pub(crate) fn answer_with(&self, status: Status) {
        self.answer.store(status.0, Ordering::Relaxed);
    }

    /// Answers no delivery from now on.
    pub(crate) fn fall_silent(&self) {
        self.answer.store(SILENT, Ordering::Relaxed);
    }

    /// Writes raw octets.
    pub(crate) fn write(&self, octets: &[u8]) {
        self.order(Job::Write(octets.to_vec().into()));
    }

    /// Ends the session in order.
    pub(crate) async fn unbind(&mut self) {
        self.order(Job::Unbind);
        assert_eq!(self.ended().await, Reason::Unbound);
    }

    /// Waits for the end of the session, and returns its reason.
    pub(crate) async fn ended(&mut self) -> Reason {
        let reason = within("the end of the session", self.closed.wait_for(Option::is_some)).await;
        reason.unwrap().clone().unwrap()
    }

    fn order(&self, job: Job) {
        assert!(self.jobs.send(job).is_ok(), "the session has ended: {:?}", *self.closed.borrow());
    }
}

impl Asked {
    /// Waits for the answer.
    pub(crate) async fn answer(self) -> Packet {
        let answer = within(&self.what, self.answer).await;
        answer.unwrap_or_else(|_| panic!("the session ended before {}", self.what))
    }

    /// The answer, or `None` if the session ended before it came.
    pub(crate) async fn answer_if_any(self) -> Option<Packet> {
        within(&self.what, self.answer).await.ok()
    }
}
