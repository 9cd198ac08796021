//! Keeps one adapter running for each enabled upstream: starts, stops and restarts them as declarations change.

use postrider_core::contract::{Desk, LinkState, Live};
use postrider_core::route::UpstreamId;
use postrider_declare::upstream::Protocol;
use postrider_declare::upstream::connection::{TlsDocument, Verify};
use postrider_declare::{Declared, DeclaredUpstream, Registry};
use postrider_downstream::rest::Pdus;
use postrider_engine::Engine;
use postrider_trace::Recorder;
use postrider_upstream::ussd::Lines;
use postrider_upstream::{Identity, Tls, TlsError, Trust, cimd2, http, mm7, modem, smpp, ucp};
use rustls_pki_types::ServerName;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::sleep;

/// The pause before another try to start an upstream: a missing file may have come.
const AGAIN: Duration = Duration::from_mins(1);

/// The dependencies of adapters.
pub(super) struct AdapterDeps {
    pub(super) engine: Arc<Engine>,
    pub(super) recorder: Arc<Recorder>,
    /// The USSD lines of upstreams.
    pub(super) ussd: Arc<Lines>,
    /// How long a stopping upstream waits for outstanding answers.
    pub(super) drain: Duration,
}

/// The running adapters.
pub(super) struct Upstreams {
    deps: AdapterDeps,
    running: HashMap<UpstreamId, Adapter>,
    /// Whether an enabled upstream couldn't be started.
    incomplete: bool,
}

struct Adapter {
    declared: Arc<DeclaredUpstream>,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Upstreams {
    /// Follows declarations until `declared` ends, then stops all adapters and waits for them.
    pub(super) async fn follow(
        deps: AdapterDeps,
        mut declared: watch::Receiver<Arc<Declared>>,
        mut stop: watch::Receiver<bool>,
    ) {
        let mut upstreams = Self { deps, running: HashMap::new(), incomplete: false };
        loop {
            let now = Arc::clone(&declared.borrow_and_update());
            upstreams.arrange(&now).await;
            tokio::select! {
                changed = declared.changed() => if changed.is_err() { break },
                _ = stop.wait_for(|stop| *stop) => break,
                () = sleep(AGAIN), if upstreams.incomplete => {}
            }
        }
        upstreams.stop_all().await;
    }

    /// Stops adapters whose declaration changed or went, then starts the missing ones.
    async fn arrange(&mut self, declared: &Declared) {
        let wanted: HashMap<UpstreamId, &Arc<DeclaredUpstream>> = declared
            .upstreams
            .iter()
            .filter(|(_, upstream)| upstream.document.enabled)
            .map(|(id, upstream)| (*id, upstream))
            .collect();
        let obsolete: Vec<UpstreamId> = self
            .running
            .iter()
            .filter(|(id, adapter)| wanted.get(id).is_none_or(|now| !now.same_sessions(&adapter.declared)))
            .map(|(id, _)| *id)
            .collect();
        // At the same time: a carrier that is slow to unbind must not delay the others.
        let stopping: Vec<Adapter> = obsolete.iter().filter_map(|id| self.running.remove(id)).collect();
        stop(stopping).await;
        self.incomplete = false;
        for (id, upstream) in wanted {
            if !self.running.contains_key(&id) {
                self.start(id, Arc::clone(upstream));
            }
        }
    }

    fn start(&mut self, id: UpstreamId, declared: Arc<DeclaredUpstream>) {
        let name = &declared.document.name;
        let Some(desk) = self.deps.engine.desk(id) else {
            tracing::error!(upstream = %name, "this upstream is missing from the rules in force; it is not started");
            return;
        };
        let settings = match settings(&declared) {
            Ok(settings) => settings,
            Err(error) => {
                tracing::error!(upstream = %name, %error, retry_in = ?AGAIN, "can't start this upstream");
                self.incomplete = true;
                tell(&*desk, declared.document.protocol.traits().links(), &error);
                return;
            }
        };
        let (stop, stopped) = watch::channel(false);
        let live: Arc<dyn Live> = Arc::clone(&self.deps.engine) as _;
        let recorder = Arc::clone(&self.deps.recorder);
        let drain = self.deps.drain;
        let task = match settings {
            Settings::Smpp(mut settings) => {
                settings.limits.drain = drain;
                tokio::spawn(smpp::run(settings, desk, live, recorder, self.deps.ussd.open(name), stopped))
            }
            Settings::Ucp(mut settings) => {
                settings.limits.drain = drain;
                tokio::spawn(ucp::run(settings, desk, live, recorder, stopped))
            }
            Settings::Cimd2(mut settings) => {
                settings.limits.drain = drain;
                tokio::spawn(cimd2::run(settings, desk, live, recorder, stopped))
            }
            Settings::Modem(mut settings) => {
                settings.iter_mut().for_each(|modem| modem.limits.drain = drain);
                tokio::spawn(modem::run(settings, desk, live, recorder, self.deps.ussd.open(name), stopped))
            }
            Settings::Http(mut settings) => {
                settings.limits.drain = drain;
                tokio::spawn(http::run(*settings, desk, live, recorder, stopped))
            }
            Settings::Mm7(mut settings) => {
                settings.limits.drain = drain;
                tokio::spawn(mm7::run(*settings, desk, self.deps.engine.media(), live, recorder, stopped))
            }
        };
        self.running.insert(id, Adapter { declared, stop, task });
    }

    async fn stop_all(self) {
        stop(self.running.into_values().collect()).await;
    }
}

/// Shows in the state of the links why there are none.
fn tell(desk: &dyn Desk, links: usize, error: &NotStarted) {
    for link in 0..links {
        desk.link(link, LinkState::Down { reason: error.to_string(), retry_in: AGAIN });
    }
}

async fn stop(adapters: Vec<Adapter>) {
    for adapter in &adapters {
        adapter.stop.send_replace(true);
    }
    for adapter in adapters {
        if let Err(error) = adapter.task.await {
            tracing::error!(upstream = %adapter.declared.document.name, %error, "the task of an upstream ended unexpectedly");
        }
    }
}

/// The reason why an upstream can't be started.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotStarted {
    #[error(transparent)]
    Tls(#[from] TlsError),
    #[error("can't read {path}: {source}")]
    File { path: String, source: std::io::Error },
    #[error("`{0}` can't be the name of a certificate")]
    ServerName(String),
    #[error("no fingerprint is given")]
    Fingerprint,
    #[error(transparent)]
    Provider(#[from] http::NotUsable),
}

/// What an adapter runs with, by its protocol.
pub(super) enum Settings {
    Smpp(smpp::Settings),
    Ucp(ucp::Settings),
    Cimd2(cimd2::Settings),
    /// Those of each modem.
    Modem(Vec<modem::Settings>),
    Http(Box<http::Settings>),
    Mm7(Box<mm7::Settings>),
}

/// What the adapter runs with, its files read.
pub(super) fn settings(declared: &DeclaredUpstream) -> Result<Settings, NotStarted> {
    let (name, secrets) = (&declared.document.name, &declared.secrets);
    let tls = declared.document.protocol.tls().map(secured).transpose()?;
    Ok(match &declared.document.protocol {
        Protocol::Smpp(smpp) => {
            let mut settings = smpp::Settings::new(name, smpp, secrets);
            settings.tls = tls;
            Settings::Smpp(settings)
        }
        Protocol::Ucp(ucp) => {
            let mut settings = ucp::Settings::new(name, ucp, secrets);
            settings.tls = tls;
            Settings::Ucp(settings)
        }
        Protocol::Cimd2(cimd2) => {
            let mut settings = cimd2::Settings::new(name, cimd2, secrets);
            settings.tls = tls;
            Settings::Cimd2(settings)
        }
        Protocol::Modem(modem) => Settings::Modem(modem::Settings::each(name, modem, secrets)),
        Protocol::Http(http) => {
            let mut settings = http::Settings::new(name, http, secrets)?;
            settings.tls = tls;
            Settings::Http(Box::new(settings))
        }
        Protocol::Mm7(mm7) => {
            let mut settings = mm7::Settings::new(name, mm7, secrets)?;
            settings.tls = tls;
            Settings::Mm7(Box::new(settings))
        }
    })
}

/// The octets that upstreams would send, by their declarations.
pub(super) fn pdus(engine: &Arc<Engine>, registry: &Arc<Registry>) -> Pdus {
    let (engine, registry) = (Arc::clone(engine), Arc::clone(registry));
    Box::new(move |upstream, message| {
        let declared = registry.declared();
        let found = declared.upstreams.iter().find(|(id, _)| *id == upstream);
        let (_, entry) = found.ok_or_else(|| "the upstream is gone".to_owned())?;
        let Protocol::Smpp(document) = &entry.document.protocol else {
            return Err("the octets are shown for upstreams of the protocol smpp only".to_owned());
        };
        let settings = smpp::Settings::new(&entry.document.name, document, &entry.secrets);
        smpp::pdus(&settings, message, Live::now(&*engine))
    })
}

fn secured(document: &TlsDocument) -> Result<Tls, NotStarted> {
    let trust = match document.verify {
        Verify::System => Trust::System,
        Verify::CaFile => Trust::Authorities(read(document.ca_file.as_deref().unwrap_or_default())?.into()),
        Verify::Fingerprint => Trust::Pinned(document.fingerprint.as_ref().ok_or(NotStarted::Fingerprint)?.0),
        Verify::Nobody => Trust::Nobody,
    };
    let name = document.server_name.clone().map(server_name).transpose()?;
    match (&document.cert_file, &document.key_file) {
        (Some(chain), Some(key)) => {
            let (chain, key) = (read(chain)?, read(key)?);
            Ok(Tls::with_identity(&trust, name, Identity { chain: &chain, key: &key })?)
        }
        _ => Ok(Tls::new(&trust, name)?),
    }
}

fn read(path: &str) -> Result<Vec<u8>, NotStarted> {
    std::fs::read(path).map_err(|source| NotStarted::File { path: path.to_owned(), source })
}

fn server_name(name: String) -> Result<ServerName<'static>, NotStarted> {
    ServerName::try_from(name.clone()).map_err(|_| NotStarted::ServerName(name))
}
