//! A carrier that speaks SMPP, UCP or CIMD2, or a GSM modem, with handsets behind it: latency, errors, throttling, receipts after a while, and
//! numbers with fixed fates. A library for stories, a command for users; it serves nobody's real messages.

mod alphabet;
mod cimd2;
mod counts;
mod dates;
mod demand;
mod desk;
mod envelope;
mod fate;
mod identifier;
mod inquiry;
mod intake;
mod judge;
mod link;
mod mail;
mod modem;
mod outgoing;
mod part;
mod record;
mod settings;
mod shared;
mod stamped;
mod state;
mod ucp;
mod ussd;
mod world;

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream};
use tokio::net::{TcpListener, ToSocketAddrs};
use tokio::sync::broadcast;
use tokio::task::JoinHandle;

pub use alphabet::Alphabet;
pub use counts::Counts;
pub use dates::DateForm;
pub use demand::Demand;
pub use fate::{Answer, Fate, LATE_RECEIPT, MAGIC_PREFIX, MagicNumber, Reply, magic_numbers};
pub use identifier::IdForm;
pub use modem::{Chip, ModemForm};
pub use part::{Answered, Part};
pub use settings::{
    APPENDIX_B, Carried, Delay, Errors, InboundForm, Parts, Protocol, ReceiptForm, ReceiptsOf, ReceiptsTo,
    Recording, Settings, TooFast, Ucs2,
};
pub use state::State;
pub use world::Heard;

use shared::Shared;
use world::Order;

/// The capacity of a connection in memory, in octets, each way.
const PIPE: usize = 64 * 1024;

/// A carrier that is running, or was stopped and can be started again. Dropping it ends it and all its connections.
#[derive(Debug)]
pub struct Carrier {
    shared: Arc<Shared>,
    address: SocketAddr,
    acceptor: Mutex<Option<JoinHandle<()>>>,
    postman: JoinHandle<()>,
}

impl Carrier {
    /// Starts a carrier at an address; port 0 finds a free one.
    ///
    /// # Errors
    /// When the address can't be listened on.
    pub async fn start(address: impl ToSocketAddrs, settings: Settings) -> io::Result<Self> {
        Self::on(TcpListener::bind(address).await?, settings)
    }

    /// Starts a carrier on a listener that is there already.
    ///
    /// # Errors
    /// When the listener has no address.
    pub fn on(listener: TcpListener, settings: Settings) -> io::Result<Self> {
        let shared = Arc::new(Shared::new(settings));
        let address = listener.local_addr()?;
        let postman = tokio::spawn(Arc::clone(&shared).deliver());
        let acceptor = Mutex::new(Some(tokio::spawn(accept(listener, Arc::clone(&shared)))));
        Ok(Self { shared, address, acceptor, postman })
    }

    /// Where it listens, and listens again after `restart`.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// A connection to it in memory, so that a whole link may run in virtual time.
    pub fn connect(&self) -> DuplexStream {
        let (theirs, ours) = tokio::io::duplex(PIPE);
        drop(tokio::spawn(serve(theirs, Arc::clone(&self.shared))));
        ours
    }

    /// Serves a line that is there already, such as a pseudo terminal, until it ends.
    pub fn attach(&self, line: impl AsyncRead + AsyncWrite + Send + Unpin + 'static) -> JoinHandle<()> {
        tokio::spawn(serve(line, Arc::clone(&self.shared)))
    }

    /// The tries of the PIN that the SIM of a modem has left.
    pub fn pin_tries(&self) -> u8 {
        self.shared.with(|world| world.sim.tries)
    }

    /// How it behaves now.
    pub fn settings(&self) -> Settings {
        self.shared.with(|world| Settings::clone(world.settings()))
    }

    /// Changes how it behaves from now on. `window` and `patience` hold for connections made afterwards.
    pub fn set(&self, settings: Settings) {
        self.shared.with(|world| world.set(settings));
    }

    /// Changes some of how it behaves, as `set` does.
    pub fn change(&self, change: impl FnOnce(&mut Settings)) {
        let mut settings = self.settings();
        change(&mut settings);
        self.set(settings);
    }

    /// Neither reads nor writes any more until `resume`, as if the network swallowed everything. Connections stay.
    pub fn pause(&self) {
        self.shared.with(|world| {
            world.paused = true;
            world.wake_all();
        });
    }

    /// Goes on after `pause`.
    pub fn resume(&self) {
        self.shared.with(|world| {
            world.paused = false;
            world.wake_all();
        });
    }

    /// Cuts all connections without a word. New ones are welcome.
    pub fn cut(&self) {
        self.shared.with(|world| world.order(&Order::Cut));
    }

    /// Sends unbind on all connections.
    pub fn unbind(&self) {
        self.shared.with(|world| world.order(&Order::Unbind));
    }

    /// Writes octets on all connections, whatever they mean.
    pub fn write(&self, octets: &[u8]) {
        self.shared.with(|world| world.order(&Order::Write(octets.into())));
    }

    /// Listens no more and cuts all connections. What it knows, and receipts to be sent, it keeps.
    pub async fn stop(&self) {
        let acceptor = self.acceptor.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(acceptor) = acceptor {
            acceptor.abort();
            // It ends by being cancelled, and the listener is closed then.
            let _ = acceptor.await;
        }
        self.cut();
        self.until(|counts| counts.connections == 0).await;
    }

    /// Listens again after `stop`, at the same address.
    ///
    /// # Errors
    /// When somebody else has taken the address meanwhile.
    pub async fn restart(&self) -> io::Result<()> {
        let listener = TcpListener::bind(self.address).await?;
        let acceptor = tokio::spawn(accept(listener, Arc::clone(&self.shared)));
        let before = self.acceptor.lock().unwrap_or_else(PoisonError::into_inner).replace(acceptor);
        if let Some(before) = before {
            before.abort();
        }
        Ok(())
    }

    /// A handset writes a text to the client with this system_id, in as many parts as it takes. It is kept until the
    /// client is bound to receive it.
    pub fn say(&self, system_id: &str, from: &str, to: &str, text: &str) {
        self.shared.with(|world| world.say(system_id, from, to, text, postrider_link::now()));
    }

    /// A handset writes one part, whose octets begin with a user data header, to the client with this system_id.
    pub fn say_octets(&self, system_id: &str, from: &str, to: &str, octets: &[u8]) {
        self.shared.with(|world| world.say_octets(system_id, from, to, octets, postrider_link::now()));
    }

    /// A handset writes a text to whichever client receives messages here, or did before; it is kept until that client is
    /// bound. Returns the client's system_id, if there is one.
    pub fn say_to_anyone(&self, from: &str, to: &str, text: &str) -> Option<String> {
        self.shared.with(|world| {
            let system_id = world.receiver()?;
            world.say(&system_id, from, to, text, postrider_link::now());
            Some(system_id.to_string())
        })
    }

    /// A handset dials a USSD code at whichever client receives messages here, and enters these answers when it is asked. Returns
    /// the dialogue's number, if there is a client.
    pub fn dial(&self, from: &str, code: &str, entries: &[&str]) -> Option<u8> {
        self.shared.with(|world| {
            let system_id = world.receiver()?;
            Some(world.dial(&system_id, from, code, entries, postrider_link::now()))
        })
    }

    /// The pages that a handset was shown in a dialogue, and whether that is over.
    pub fn screens(&self, dialogue: u8) -> (Vec<String>, bool) {
        self.shared.with(|world| world.screens(dialogue))
    }

    /// The network of a modem asks its SIM by USSD, and expects an answer.
    pub fn ask_sim(&self, text: &str) {
        self.write(format!("\r\n+CUSD: 1,\"{text}\",15\r\n").as_bytes());
    }

    /// What the modem's terminal said by USSD, in its order: codes and answers.
    pub fn dialled(&self) -> Vec<String> {
        self.shared.with(|world| world.dialled.clone())
    }

    /// The number of a modem (IMEI).
    pub const fn imei(&self) -> &'static str {
        modem::IMEI
    }

    /// The number of a modem's SIM card (ICCID).
    pub const fn iccid(&self) -> &'static str {
        modem::ICCID
    }

    /// The parts that came, in their order, as far as they are remembered.
    pub fn parts(&self) -> Vec<Part> {
        self.shared.with(|world| world.record.parts().cloned().collect())
    }

    /// Those of them that were accepted.
    pub fn accepted(&self) -> Vec<Part> {
        let accepted = |part: &&Part| part.message_id().is_some();
        self.shared.with(|world| world.record.parts().filter(accepted).cloned().collect())
    }

    /// Forgets the parts that came; the counts go on.
    pub fn forget(&self) {
        self.shared.with(|world| world.record.forget());
    }

    /// The counts so far.
    pub fn counts(&self) -> Counts {
        self.shared.with(|world| world.count())
    }

    /// Waits until the counts are as asked for, and returns them. It has no time limit of its own.
    pub async fn until(&self, enough: impl FnMut(&Counts) -> bool) -> Counts {
        match self.shared.watch().wait_for(enough).await {
            Ok(counts) => *counts,
            // The sender lives as long as `self`.
            Err(_) => self.counts(),
        }
    }

    /// Waits until this many parts were accepted since the start, and returns those remembered.
    pub async fn accepted_at_least(&self, parts: u64) -> Vec<Part> {
        self.until(|counts| counts.accepted >= parts).await;
        self.accepted()
    }

    /// Waits until this many parts came since the start, however they were answered, and returns those remembered.
    pub async fn received_at_least(&self, parts: u64) -> Vec<Part> {
        self.until(|counts| counts.submitted >= parts).await;
        self.parts()
    }

    /// Hears of every part that is accepted from now on.
    pub fn listen(&self) -> broadcast::Receiver<Heard> {
        self.shared.with(|world| world.heard.subscribe())
    }
}

impl Drop for Carrier {
    fn drop(&mut self) {
        self.postman.abort();
        if let Some(acceptor) = self.acceptor.lock().unwrap_or_else(PoisonError::into_inner).take() {
            acceptor.abort();
        }
        self.cut();
    }
}

/// Serves a connection, in the carrier's protocol, until it ends.
async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin, shared: Arc<Shared>) {
    match shared.with(|world| world.settings().protocol) {
        Protocol::Smpp => link::serve(stream, shared).await,
        Protocol::Ucp => stamped::serve::<ucp::Ucp>(stream, shared).await,
        Protocol::Cimd2 => stamped::serve::<cimd2::Cimd2>(stream, shared).await,
        Protocol::Modem => modem::serve(stream, shared).await,
    }
}

/// How long to wait after a connection couldn't be accepted.
const ACCEPT_AGAIN: Duration = Duration::from_millis(100);

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                // Without it the small writes of a quiet link would wait for each other; a failure costs only that.
                let _ = stream.set_nodelay(true);
                drop(tokio::spawn(serve(stream, Arc::clone(&shared))));
            }
            Err(error) => {
                tracing::warn!(%error, "a connection couldn't be accepted");
                // Out of file descriptors, mostly: others have to be closed first.
                tokio::time::sleep(ACCEPT_AGAIN).await;
            }
        }
    }
}
