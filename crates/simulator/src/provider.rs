//! A provider over HTTP, as its preset describes it: it takes requests, gives answers, and calls back with receipts and with what
//! handsets write. Numbers with fixed fates have them here, too; and a provider can be a bad one.

pub(crate) mod caller;
pub(crate) mod request;

use crate::carrier::{Answer, MAGIC_PREFIX, State, magic_numbers};
use bytes::BytesMut;
use caller::Caller;
use postrider_provider::simulation::{Fate, Handed, Written};
use postrider_provider::{Provider, Values, presets};
use request::Request;
use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, ToSocketAddrs};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::sleep;

/// The octets of an answer that is too long.
const HUGE: usize = 1024 * 1024;
/// The most messages that are kept.
const KEPT_MAX: usize = 1_000_000;

/// How the provider answers requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Manner {
    /// As its preset says.
    #[default]
    Good,
    /// With a page of HTML, and status 200.
    Html,
    /// With a refusal, as its preset writes one.
    Refusing,
    /// With a megabyte, and status 200.
    Huge,
    /// With a redirection.
    Redirecting,
    /// With this status and an empty body.
    Status(u16),
    /// With status 429, and the wish to be left alone for a second.
    TooFast,
    /// Not at all: the connection is closed.
    Closing,
    /// With half an answer, then the connection is closed.
    Half,
    /// Not at all: the connection stays.
    Silent,
    /// As its preset says; but what it accepts it accepts before the connection is closed.
    Forgetful,
}

/// How the provider behaves.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How long an answer takes.
    pub latency: Duration,
    /// How long after the answer the receipt comes; `None` for none.
    pub receipts_after: Option<Duration>,
    /// Where it calls back, if the requests don't say it.
    pub callback: Option<String>,
    /// How it answers.
    pub manner: Manner,
    /// Whether messages are kept to be looked at.
    pub keeps: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            latency: Duration::ZERO,
            receipts_after: Some(Duration::ZERO),
            callback: None,
            manner: Manner::Good,
            keeps: true,
        }
    }
}

/// What the provider has counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Requests that hand messages in.
    pub requests: u64,
    /// Messages that were accepted.
    pub accepted: u64,
    /// Callbacks that were answered with 2xx.
    pub taken: u64,
}

/// A provider that is running. Dropping it ends it.
#[derive(Debug)]
pub struct WebProvider {
    shared: Arc<Shared>,
    address: SocketAddr,
    acceptor: JoinHandle<()>,
}

#[derive(Debug)]
pub(crate) struct Shared {
    provider: Provider,
    world: Mutex<World>,
    changed: watch::Sender<u64>,
    caller: Caller,
}

#[derive(Debug)]
struct World {
    settings: Settings,
    counts: Counts,
    next: u64,
    accepted: Vec<(Handed, String)>,
    /// Where the client was last called back.
    callback: Option<String>,
    /// What became of messages, for inquiries.
    fates: HashMap<String, Fate>,
}

impl WebProvider {
    /// Starts a provider of a preset, with values; those of the preset's examples are in the place of others.
    ///
    /// # Errors
    /// There is no such preset, or the address can't be listened on.
    pub async fn start(
        address: impl ToSocketAddrs,
        preset: &str,
        values: &[(&str, &str)],
        settings: Settings,
    ) -> io::Result<Self> {
        let unknown = |why: String| io::Error::new(io::ErrorKind::InvalidInput, why);
        let found = presets::find(preset).ok_or_else(|| unknown(format!("there is no preset '{preset}'")))?;
        let found = found.map_err(|error| unknown(error.to_string()))?;
        let given = Values::new(found.examples().chain(values.iter().copied()));
        let provider = Provider::new(Arc::new(found), given);
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let world = World {
            settings,
            counts: Counts::default(),
            next: 1,
            accepted: Vec::new(),
            callback: None,
            fates: HashMap::new(),
        };
        let shared = Arc::new(Shared {
            provider,
            world: Mutex::new(world),
            changed: watch::Sender::new(0),
            caller: Caller::new(),
        });
        let acceptor = tokio::spawn(accept(listener, Arc::clone(&shared)));
        Ok(Self { shared, address, acceptor })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Changes how it behaves from now on.
    pub fn change(&self, change: impl FnOnce(&mut Settings)) {
        change(&mut self.shared.world().settings);
    }

    /// What it has counted.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.shared.world().counts
    }

    /// The messages that were accepted, with their identifiers.
    #[must_use]
    pub fn accepted(&self) -> Vec<(Handed, String)> {
        self.shared.world().accepted.clone()
    }

    /// Waits until so many messages were accepted, and returns them.
    pub async fn accepted_at_least(&self, count: u64) -> Vec<(Handed, String)> {
        let mut changed = self.shared.changed.subscribe();
        // The sender lives as long as this. What is seen is let go of at once: who adds a message holds the world meanwhile.
        drop(changed.wait_for(|accepted| *accepted >= count).await);
        self.accepted()
    }

    /// Waits for the next message that is accepted.
    pub async fn changed(&self) {
        let mut changed = self.shared.changed.subscribe();
        let _there = changed.changed().await;
    }

    /// Has a handset write. Returns the status of the callback's answer; `None` if nobody can be called.
    pub async fn say(&self, from: &str, to: &str, text: &str) -> Option<u16> {
        let message = Handed { from: from.into(), to: to.into(), text: text.into(), ..Handed::default() };
        let (callback, id) = {
            let mut world = self.shared.world();
            (world.settings.callback.clone().or_else(|| world.callback.clone())?, world.identifier())
        };
        self.shared.caller.message(&self.shared.provider, &message, &id, &callback).await
    }
}

impl Drop for WebProvider {
    fn drop(&mut self) {
        self.acceptor.abort();
    }
}

impl Shared {
    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl World {
    fn identifier(&mut self) -> String {
        let id = self.next;
        self.next += 1;
        format!("{id:08}")
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = tokio::task::JoinSet::new();
    loop {
        tokio::select! {
            Ok((stream, _)) = listener.accept() => {
                let (shared, for_latency) = (Arc::clone(&shared), Arc::clone(&shared));
                let latency = move || for_latency.world().settings.latency;
                connections.spawn(converse(stream, latency, move |request| answer(&shared, request)));
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

/// Answers the requests of a connection, until it ends.
pub(crate) async fn converse(
    mut stream: TcpStream,
    latency: impl Fn() -> Duration,
    answer: impl Fn(&Request) -> Option<Octets>,
) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut input = BytesMut::with_capacity(16 * 1024);
    while stream.read_buf(&mut input).await? > 0 {
        while let Some(request) = Request::take(&mut input)? {
            let latency = latency();
            if !latency.is_zero() {
                sleep(latency).await;
            }
            match answer(&request) {
                Some(Octets { octets, closes: false }) => stream.write_all(&octets).await?,
                Some(Octets { octets, closes: true }) => {
                    stream.write_all(&octets).await?;
                    return stream.shutdown().await;
                }
                None => std::future::pending().await,
            }
        }
    }
    Ok(())
}

/// An answer as it is written.
pub(crate) struct Octets {
    pub(crate) octets: Vec<u8>,
    pub(crate) closes: bool,
}

/// The answer to a request; `None` if there is none.
fn answer(shared: &Arc<Shared>, request: &Request) -> Option<Octets> {
    if request.body.starts_with(b"grant_type=")
        || request.body.windows(12).any(|part| part == b"&grant_type=")
    {
        return Some(plain(200, "application/json", br#"{"access_token":"t1","expires_in":3600}"#));
    }
    if let Some(id) = shared.provider.read_inquiry(&request.url).filter(|_| request.body.is_empty()) {
        let fate = shared.world().fates.get(&id).copied().unwrap_or(Fate::Delivered);
        return shared.provider.write_state(&id, fate).map(|state| written(&state));
    }
    let manner = {
        let mut world = shared.world();
        world.counts.requests += 1;
        world.settings.manner
    };
    let html = b"<html><body>Sign in to go on</body></html>";
    Some(match manner {
        Manner::Good => good(shared, request)?,
        Manner::Forgetful => Octets { octets: Vec::new(), closes: good(shared, request).is_some() },
        Manner::Html => plain(200, "text/html", html),
        Manner::Refusing => refused(shared, request),
        Manner::Huge => plain(200, "application/json", &vec![b'x'; HUGE]),
        Manner::Redirecting => Octets {
            octets: b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n"
                .to_vec(),
            closes: false,
        },
        Manner::Status(status) => plain(status, "text/plain", b""),
        Manner::TooFast => Octets {
            octets: b"HTTP/1.1 429 Wait\r\nretry-after: 1\r\ncontent-length: 0\r\n\r\n".to_vec(),
            closes: false,
        },
        Manner::Closing => Octets { octets: Vec::new(), closes: true },
        Manner::Half => {
            Octets { octets: b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"".to_vec(), closes: true }
        }
        Manner::Silent => return None,
    })
}

fn refused(shared: &Shared, request: &Request) -> Octets {
    let handed = shared.provider.read_request(&request.url, &request.body);
    let handed: Vec<(Handed, String)> = handed.into_iter().map(|handed| (handed, String::new())).collect();
    shared
        .provider
        .write_answer(&handed, false)
        .map_or_else(|| plain(400, "text/plain", b""), |answer| written(&answer))
}

/// The answer as the preset says; `None` for numbers that are never answered.
fn good(shared: &Arc<Shared>, request: &Request) -> Option<Octets> {
    let handed = shared.provider.read_request(&request.url, &request.body);
    let fates: Vec<Ending> = handed.iter().map(|handed| Ending::of(&handed.to)).collect();
    if handed.is_empty() || fates.contains(&Ending::Refused) {
        return Some(refused(shared, request));
    }
    if fates.contains(&Ending::Unanswered) {
        return None;
    }
    let (handed, receipts, callback) = {
        let mut world = shared.world();
        let handed: Vec<(Handed, String)> =
            handed.into_iter().map(|handed| (handed, world.identifier())).collect();
        world.counts.accepted += handed.len() as u64;
        if world.settings.keeps && world.accepted.len() < KEPT_MAX {
            world.accepted.extend(handed.iter().cloned());
        }
        let told = handed.iter().find_map(|(handed, _)| handed.callback.clone());
        let callback = told.or_else(|| world.settings.callback.clone());
        if callback.is_some() {
            world.callback.clone_from(&callback);
        }
        for ((_, id), fate) in handed.iter().zip(&fates) {
            if let Ending::Ends(fate) = fate {
                world.fates.insert(id.clone(), *fate);
            }
        }
        let accepted = world.counts.accepted;
        shared.changed.send_replace(accepted);
        (handed, world.settings.receipts_after, callback)
    };
    let answer = shared.provider.write_answer(&handed, true).map(|answer| written(&answer))?;
    if let (Some(after), Some(callback)) = (receipts, callback) {
        for ((handed, id), ending) in handed.into_iter().zip(fates) {
            if let Ending::Ends(fate) = ending {
                tokio::spawn(tell(Arc::clone(shared), handed, id, fate, callback.clone(), after));
            }
        }
    }
    Some(answer)
}

/// Calls back with a receipt, and again until it is taken.
async fn tell(
    shared: Arc<Shared>,
    handed: Handed,
    id: String,
    fate: Fate,
    callback: String,
    after: Duration,
) {
    let mut wait = after;
    for _ in 0..20 {
        if !wait.is_zero() {
            sleep(wait).await;
        }
        match shared.caller.receipt(&shared.provider, (&handed, &id), fate, &callback).await {
            Some(200..=299) => {
                shared.world().counts.taken += 1;
                return;
            }
            None => return,
            Some(_) => wait = (wait * 2).clamp(Duration::from_millis(100), Duration::from_secs(5)),
        }
    }
}

/// What becomes of a message to a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    Refused,
    Unanswered,
    Ends(Fate),
    /// Without a receipt.
    Unknown,
}

impl Ending {
    pub(crate) fn of(digits: &str) -> Self {
        if !digits.starts_with(MAGIC_PREFIX) {
            return Self::Ends(Fate::Delivered);
        }
        let Some(number) = magic_numbers().into_iter().find(|number| number.digits == digits) else {
            return Self::Ends(Fate::Delivered);
        };
        match (number.fate.answer, number.fate.receipts.last()) {
            (Answer::Refuse(_), _) => Self::Refused,
            (Answer::Never, _) => Self::Unanswered,
            (_, None) => Self::Unknown,
            (_, Some(State::Delivered)) => Self::Ends(Fate::Delivered),
            (_, Some(State::Expired)) => Self::Ends(Fate::Expired),
            (_, Some(State::Rejected)) => Self::Ends(Fate::Rejected),
            (_, Some(_)) => Self::Ends(Fate::Undelivered),
        }
    }
}

fn written(written: &Written) -> Octets {
    plain(written.status, written.content_type, &written.body)
}

pub(crate) fn plain(status: u16, content_type: &str, body: &[u8]) -> Octets {
    let head = format!(
        "HTTP/1.1 {status} X\r\ncontent-type: {content_type}\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    Octets { octets: [head.as_bytes(), body].concat(), closes: false }
}
