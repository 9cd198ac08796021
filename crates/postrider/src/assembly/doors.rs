//! Listeners. They are bound before anything else starts, so that an address in use is reported first.

use super::certificates::Shown;
use super::console::console;
use super::gateway::passwords;
use crate::config::{Config, OlderDoor, Tls};
use crate::failure::{Failure, plain};
use crate::operations::metrics::Metrics;
use postrider_access::Access;
use postrider_access::audit::Auditor;
use postrider_apps::Apps;
use postrider_console::{Console, Ports};
use postrider_core::route::UpstreamId;
use postrider_declare::Registry;
use postrider_downstream::connections::{Connections, Limits};
use postrider_downstream::rest::{
    self, Administrator, Fetcher, KeyUses, MediaParts, OpenStreams, Reloads, Rest, Running, Scope, UssdAsker,
    WrongKeys,
};
use postrider_downstream::sessions::{Counters, Sessions};
use postrider_downstream::smpp::{self, Smpp};
use postrider_downstream::stamped;
use postrider_downstream::webhook::{self, Notifier, TestEvents};
use postrider_engine::{Engine, UpstreamView};
use postrider_trace::Recorder;
use postrider_upstream::ussd::Lines;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// How long closing HTTP waits for requests in progress. New messages are refused long before, so only a client that
/// doesn't read takes long.
const HTTP_DRAIN: Duration = Duration::from_secs(5);

/// The limits of the connections that ask for health and metrics alone.
const MONITORING: Limits = Limits { in_all: 500, per_address: 100 };

/// The bound listeners.
pub(super) struct Listeners {
    http: TcpListener,
    https: Option<Encrypted>,
    monitoring: Option<TcpListener>,
    links: Option<TcpListener>,
    /// The limits of HTTP connections.
    limits: Limits,
    smpp: Option<TcpListener>,
    smpp_tls: Option<Encrypted>,
    /// The settings of SMPP sessions.
    sessions: smpp::Settings,
    /// The listeners of UCP and CIMD2.
    older: Vec<Older>,
    /// Whether the store keeps the stream of events.
    events: bool,
    /// Whether media may be fetched from private addresses.
    fetch_private: bool,
}

/// The listeners of an older protocol.
struct Older {
    /// Its name for people, alone and with TLS.
    what: [&'static str; 2],
    protocol: stamped::Protocol,
    plain: Option<TcpListener>,
    tls: Option<Encrypted>,
    settings: stamped::Settings,
}

/// A listener and its certificate.
struct Encrypted {
    listener: TcpListener,
    shown: Arc<Shown>,
}

impl Listeners {
    pub(super) async fn bind(config: &Config) -> Result<Self, Failure> {
        let ucp = Older::bind(stamped::Protocol::Ucp, ["UCP", "UCP over TLS"], "ucp.tls", &config.ucp);
        let cimd2 =
            Older::bind(stamped::Protocol::Cimd2, ["CIMD2", "CIMD2 over TLS"], "cimd2.tls", &config.cimd2);
        Ok(Self {
            older: vec![ucp.await?, cimd2.await?],
            events: !config.keep_events.is_zero(),
            fetch_private: config.fetch_private,
            http: listen("HTTP", config.http).await?,
            https: encrypted("HTTPS", "http.tls", config.http_tls.as_ref()).await?,
            monitoring: open("monitoring", config.monitoring).await?,
            links: open("short links", config.links_listen).await?,
            limits: config.http_connections,
            smpp: open("SMPP", config.smpp).await?,
            smpp_tls: encrypted("SMPP over TLS", "smpp.tls", config.smpp_tls.as_ref()).await?,
            sessions: smpp::Settings {
                connections: config.smpp_connections,
                proxies: config.proxies.clone(),
                enquire_link: config.smpp_enquire_link,
                response: config.smpp_response,
                ..smpp::Settings::default()
            },
        })
    }
}

impl Older {
    async fn bind(
        protocol: stamped::Protocol,
        what: [&'static str; 2],
        section: &'static str,
        door: &OlderDoor,
    ) -> Result<Self, Failure> {
        Ok(Self {
            what,
            protocol,
            plain: open(what[0], door.listen).await?,
            tls: encrypted(what[1], section, door.tls.as_ref()).await?,
            settings: door.settings.clone(),
        })
    }
}

/// Listens if there is an address.
async fn open(what: &str, address: Option<SocketAddr>) -> Result<Option<TcpListener>, Failure> {
    match address {
        Some(address) => listen(what, address).await.map(Some),
        None => Ok(None),
    }
}

async fn listen(what: &str, address: SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).await.map_err(|error| {
        let why = error.to_string();
        Failure::failed(format!("can't listen for {what} at {address}: {}", plain(&why)))
            .help("stop what listens there, or choose another address in the configuration")
    })
}

impl Encrypted {
    fn address(&self) -> Result<SocketAddr, Failure> {
        address(&self.listener)
    }
}

/// Listens if the `section` of the configuration asks for it.
async fn encrypted(
    what: &str,
    section: &'static str,
    tls: Option<&Tls>,
) -> Result<Option<Encrypted>, Failure> {
    let Some(tls) = tls else { return Ok(None) };
    let listener = listen(what, tls.listen).await?;
    Ok(Some(Encrypted { listener, shown: Shown::new(section, Arc::clone(&tls.identity)) }))
}

/// The tasks of open listeners.
pub(super) struct Doors {
    pub(super) http: SocketAddr,
    pub(super) https: Option<SocketAddr>,
    pub(super) monitoring: Option<SocketAddr>,
    pub(super) links: Option<SocketAddr>,
    pub(super) smpp: Option<SocketAddr>,
    pub(super) smpp_tls: Option<SocketAddr>,
    /// The listeners of older protocols: what they serve, and where.
    pub(super) older: Vec<(&'static str, SocketAddr)>,
    /// The certificates of listeners with TLS.
    shown: Vec<Arc<Shown>>,
    console: Arc<Console>,
    /// The API.
    pub(super) rest: Arc<Rest>,
    /// All except HTTP.
    others: Tasks,
    /// HTTP, which serves health checks to the end.
    last: Tasks,
}

impl Doors {
    #[expect(clippy::too_many_arguments, reason = "each is a part that the doors lead to")]
    pub(super) fn open(
        listeners: Listeners,
        engine: &Arc<Engine>,
        access: &Arc<Access>,
        apps: &Arc<Apps>,
        registry: &Arc<Registry>,
        (recorder, ussd): (&Arc<Recorder>, &Arc<Lines>),
        admins: Vec<Administrator>,
        reloads: Reloads,
        metrics: Metrics,
    ) -> Result<Self, Failure> {
        let Listeners {
            http,
            https,
            monitoring,
            links,
            limits,
            smpp,
            smpp_tls,
            sessions,
            older,
            events,
            fetch_private,
        } = listeners;
        let auditor = Arc::clone(access.auditor());
        let rest = rest_door(engine, registry, recorder, (access, apps), admins, reloads, metrics)?;
        let notifier = notifier(engine)?;
        let attempts = notifier.attempts();
        let shared = shared_by_sessions(engine, recorder, &auditor)?;
        let sessions_open = Arc::clone(&shared);
        let clients = Box::new(move || sessions_open.list());
        let streams = OpenStreams::new(events);
        let (ussd, media) = (super::ussd::asker(ussd), media(engine, fetch_private)?);
        let rest = Arc::new(Rest { streams, attempts, clients, ussd, media, ..rest });
        let door = Arc::new(Smpp::new(Arc::clone(&shared), sessions));
        let smpp_at = smpp.as_ref().map(address).transpose()?;
        let smpp_tls_at = smpp_tls.as_ref().map(Encrypted::address).transpose()?;
        let ports = Ports { smpp: smpp_at.map(|at| at.port()), smpp_tls: smpp_tls_at.map(|at| at.port()) };
        let mut doors = Self {
            http: address(&http)?,
            https: https.as_ref().map(Encrypted::address).transpose()?,
            monitoring: monitoring.as_ref().map(address).transpose()?,
            links: links.as_ref().map(address).transpose()?,
            smpp: smpp_at,
            smpp_tls: smpp_tls_at,
            older: Vec::new(),
            shown: [&https, &smpp_tls].into_iter().flatten().map(|door| Arc::clone(&door.shown)).collect(),
            console: console(&rest, ports),
            rest: Arc::clone(&rest),
            others: Tasks::new(),
            last: Tasks::new(),
        };
        doors.others.run(|stopped| notifier.run(until(stopped)));
        let (acting, keeping) = (Arc::clone(&rest), Arc::clone(&rest));
        doors.others.run(|stopped| keeping.keep_failed_posts(until(stopped)));
        doors.others.run(|stopped| acting.keep_acting(until(stopped)));
        doors.last.run(|stopped| auditor.keep_noting(until(stopped)));
        doors.open_http(http, https, monitoring, limits, &rest)?;
        if let Some(listener) = links {
            let connections = Connections::new("links", limits);
            let settings = rest::Settings {
                scope: Scope::Links,
                connections,
                drain: HTTP_DRAIN,
                ..rest::Settings::default()
            };
            doors.serve_http(listener, settings, &rest);
        }
        if let Some(listener) = smpp {
            doors.others.run(|stopped| smpp::serve(listener, None, Arc::clone(&door), stopped));
        }
        if let Some(Encrypted { listener, shown }) = smpp_tls {
            let tls = shown.server()?;
            doors.others.run(|stopped| smpp::serve(listener, Some(tls), door, stopped));
        }
        for one in older {
            doors.open_older(one, &shared)?;
        }
        Ok(doors)
    }

    fn open_older(&mut self, older: Older, shared: &Arc<Sessions>) -> Result<(), Failure> {
        let Older { what, protocol, plain, tls, settings } = older;
        let door = Arc::new(stamped::Door::new(protocol, Arc::clone(shared), settings));
        if let Some(listener) = plain {
            self.older.push((what[0], address(&listener)?));
            let door = Arc::clone(&door);
            self.others.run(|stopped| stamped::serve(listener, None, door, stopped));
        }
        if let Some(Encrypted { listener, shown }) = tls {
            self.older.push((what[1], address(&listener)?));
            let tls = shown.server()?;
            self.shown.push(shown);
            self.others.run(|stopped| stamped::serve(listener, Some(tls), door, stopped));
        }
        Ok(())
    }

    fn open_http(
        &mut self,
        http: TcpListener,
        https: Option<Encrypted>,
        monitoring: Option<TcpListener>,
        limits: Limits,
        rest: &Arc<Rest>,
    ) -> Result<(), Failure> {
        let scope = if monitoring.is_some() { Scope::WithoutMetrics } else { Scope::Everything };
        let connections = Connections::new("http", limits);
        let pages = Some(self.console.router());
        let plain =
            rest::Settings { scope, pages, connections, drain: HTTP_DRAIN, ..rest::Settings::default() };
        if let Some(Encrypted { listener, shown }) = https {
            let settings = rest::Settings { tls: Some(shown.server()?), ..plain.clone() };
            self.serve_http(listener, settings, rest);
        }
        self.serve_http(http, plain, rest);
        if let Some(listener) = monitoring {
            let connections = Connections::new("monitoring", MONITORING);
            let settings = rest::Settings {
                scope: Scope::Monitoring,
                connections,
                drain: HTTP_DRAIN,
                ..rest::Settings::default()
            };
            self.serve_http(listener, settings, rest);
        }
        Ok(())
    }

    fn serve_http(&mut self, listener: TcpListener, settings: rest::Settings, rest: &Arc<Rest>) {
        let rest = Arc::clone(rest);
        self.last.run(|stopped| rest::serve(listener, rest, settings, until(stopped)));
    }

    /// Replaces the certificates by those of `config`. Returns the names of listeners whose certificate changed.
    pub(super) fn renew(&self, config: &Config) -> Vec<&'static str> {
        let sections = [
            ("http.tls", &config.http_tls),
            ("smpp.tls", &config.smpp_tls),
            ("ucp.tls", &config.ucp.tls),
            ("cimd2.tls", &config.cimd2.tls),
        ];
        let renewed = |shown: &Arc<Shown>| {
            let (_, tls) = sections.into_iter().find(|(section, _)| *section == shown.door())?;
            shown.renew(&tls.as_ref()?.identity).then_some(shown.door())
        };
        self.shown.iter().filter_map(renewed).collect()
    }

    /// Closes all listeners except HTTP, and waits until they are closed.
    pub(super) async fn close_all_but_http(&mut self) {
        self.others.stop().await;
    }

    /// Closes all listeners.
    pub(super) async fn close(mut self) {
        // Live pages would keep HTTP open.
        self.console.close();
        self.others.stop().await;
        self.last.stop().await;
    }
}

/// Tasks that stop together.
struct Tasks {
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
}

impl Tasks {
    fn new() -> Self {
        Self { stop: watch::Sender::new(false), tasks: Vec::new() }
    }

    fn run<F: Future<Output = ()> + Send + 'static>(
        &mut self,
        task: impl FnOnce(watch::Receiver<bool>) -> F,
    ) {
        self.tasks.push(tokio::spawn(task(self.stop.subscribe())));
    }

    async fn stop(&mut self) {
        self.stop.send_replace(true);
        for task in self.tasks.drain(..) {
            if let Err(error) = task.await {
                tracing::error!(%error, "the task of a listener ended unexpectedly");
            }
        }
    }
}

/// Returns when the listeners must close, or when their owner is gone.
async fn until(mut stopped: watch::Receiver<bool>) {
    drop(stopped.wait_for(|stop| *stop).await);
}

fn test_events(engine: &Arc<Engine>) -> Result<TestEvents, Failure> {
    TestEvents::new(Arc::clone(engine) as _, &webhook::Settings::default())
        .map_err(|error| Failure::failed(error.to_string()))
}

fn notifier(engine: &Arc<Engine>) -> Result<Notifier, Failure> {
    let settings = webhook::Settings::default();
    let (outbox, live, intake) = (Arc::clone(engine) as _, Arc::clone(engine) as _, Arc::clone(engine) as _);
    Notifier::new(outbox, live, intake, engine.automation(), &settings)
        .map_err(|error| Failure::failed(error.to_string()))
}

fn address(listener: &TcpListener) -> Result<SocketAddr, Failure> {
    listener
        .local_addr()
        .map_err(|error| Failure::failed(format!("can't read the address of a listener: {error}")))
}

/// What the doors that keep sessions share.
fn shared_by_sessions(
    engine: &Arc<Engine>,
    recorder: &Arc<Recorder>,
    auditor: &Arc<Auditor>,
) -> Result<Arc<Sessions>, Failure> {
    let counters = Counters {
        intake: Arc::clone(engine) as _,
        archive: Arc::clone(engine) as _,
        outbox: Arc::clone(engine) as _,
        live: Arc::clone(engine) as _,
    };
    let passwords = Arc::new(passwords()?);
    Ok(Sessions::new(counters, passwords, Arc::clone(recorder), Arc::clone(auditor)))
}

fn rest_door(
    engine: &Arc<Engine>,
    registry: &Arc<Registry>,
    recorder: &Arc<Recorder>,
    (access, apps): (&Arc<Access>, &Arc<Apps>),
    admins: Vec<Administrator>,
    reloads: Reloads,
    metrics: Metrics,
) -> Result<Rest, Failure> {
    let (readiness, standing, nodes) = (Arc::clone(engine), Arc::clone(engine), Arc::clone(engine));
    let measured = Arc::clone(engine);
    Ok(Rest {
        automation: engine.automation(),
        attempts: Arc::default(),
        test_events: test_events(engine)?,
        intake: Arc::clone(engine) as _,
        archive: Arc::clone(engine) as _,
        consent: Arc::clone(engine) as _,
        dead_numbers: Arc::clone(engine) as _,
        people: Arc::clone(engine) as _,
        credits: Arc::clone(engine) as _,
        reports: Arc::clone(engine) as _,
        access: Arc::clone(access),
        apps: Arc::clone(apps),
        auditor: Arc::clone(access.auditor()),
        live: Arc::clone(engine) as _,
        watch: Arc::clone(engine) as _,
        registry: Arc::clone(registry),
        administrators: admins,
        reloads,
        wrong_keys: WrongKeys::default(),
        key_uses: KeyUses::default(),
        rate_limits: rest::RateLimits::default(),
        links: Box::new(move || standing.upstreams().into_iter().map(running).collect()),
        clients: Box::new(Vec::new),
        ussd: UssdAsker::nobody(),
        nodes: Box::new(move || nodes.standing()),
        streams: OpenStreams::new(true),
        recorder: Arc::clone(recorder),
        media: media(engine, false)?,
        pdus: super::upstreams::pdus(engine, registry),
        callbacks: super::callbacks::callbacks(engine, registry),
        doctor: super::doctor::doctor(engine, recorder),
        ready: Box::new(move || readiness.ready()),
        metrics: Some(Box::new(move || {
            let upstreams = measured.measured();
            metrics.render(|upstream| upstreams.contains(upstream))
        })),
        meters: rest::Meters::new(),
    })
}

fn media(engine: &Engine, fetch_private: bool) -> Result<MediaParts, Failure> {
    let fetcher = Fetcher::new(fetch_private)
        .map_err(|error| Failure::failed(format!("TLS can't be set up: {error}")))?;
    Ok(MediaParts { desk: engine.media(), fetcher })
}

fn running(view: UpstreamView) -> (UpstreamId, Running) {
    let UpstreamView { id, links, down_since, rate, used, window, round_trip, learnt, .. } = view;
    (id, Running { links, down_since, rate, used, window, round_trip, learnt })
}
