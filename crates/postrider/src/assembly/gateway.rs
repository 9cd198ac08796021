//! The whole gateway: started, reloaded and stopped in order.

use super::brokers;
use super::doors::{Doors, Listeners};
use super::peers;
use super::store::{self, NotOpened, Opened};
use super::upstreams::{AdapterDeps, Upstreams};
use crate::client::connector;
use crate::config::{AdminKey, Config};
use crate::failure::Failure;
use crate::operations::data::DataDirectory;
use crate::operations::metrics::Metrics;
use futures_util::future::{BoxFuture, join_all};
use postrider_access::audit::Auditor;
use postrider_access::{Access, NewLink};
use postrider_apps::drop_folder::DropFolder;
use postrider_apps::sql_outbox::OutboxReader;
use postrider_apps::{Apps, Parts};
use postrider_core::contract::{AppStore, AuditLog, RecipientStore, Sessions, Store};
use postrider_core::node::Nodes;
use postrider_core::patience::Patience;
use postrider_core::time::Time;
use postrider_declare::{Document, Passwords, Registry, RegistryError};
use postrider_downstream::rest::{Administrator, Reloads};
use postrider_downstream::webhook::{self, AppEvents};
use postrider_engine::{Clock, Engine, Settings, SystemClock};
use postrider_store::sealed::Sealed;
use postrider_store::sql_outbox;
use postrider_trace::Recorder;
use postrider_upstream::lookup::NumberLookups;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinHandle};

/// The longest time to stop after another process took this node's place: half a second for answers of carriers, and two
/// seconds for unbinds.
const GIVING_WAY: Duration = Duration::from_secs(4);

/// A running gateway.
pub(crate) struct Gateway {
    engine: Arc<Engine>,
    registry: Arc<Registry>,
    /// The store, whose keys a reload may change.
    sealed: Arc<Sealed>,
    recorder: Arc<Recorder>,
    access: Arc<Access>,
    /// What applications do by themselves.
    working: AbortHandle,
    /// Message brokers.
    brokers: AbortHandle,
    doors: Doors,
    upstreams: JoinHandle<()>,
    stop_upstreams: watch::Sender<bool>,
    /// Follows the declarations of other nodes, if the store is shared.
    peers: Option<AbortHandle>,
    drain: Duration,
}

impl Gateway {
    /// Starts everything that the configuration asks for. When it returns, clients can connect.
    pub(crate) async fn start(config: &Config, metrics: Metrics, reloads: Reloads) -> Result<Self, Failure> {
        Self::start_by(Arc::new(SystemClock), config, metrics, reloads).await
    }

    /// The same, by another clock than the machine's.
    pub(crate) async fn start_by(
        clock: Arc<dyn Clock>,
        config: &Config,
        metrics: Metrics,
        reloads: Reloads,
    ) -> Result<Self, Failure> {
        let mut listeners = Listeners::bind(config).await?;
        let data = DataDirectory::make(&config.data)?;
        let admins = admins(config, &data)?;
        let Opened { store, nodes } = match store::open(config).await {
            Ok(opened) => opened,
            Err(NotOpened { failure, is_away }) if is_away && !config.store_wait.is_zero() => {
                // Nobody would answer who connects meanwhile.
                drop(listeners);
                let opened = store::wait_for(config, failure).await?;
                listeners = Listeners::bind(config).await?;
                opened
            }
            Err(NotOpened { failure, .. }) => return Err(failure),
        };
        let sealed = store;
        let store: Arc<dyn Store> = Arc::clone(&sealed) as _;
        let (is_alone, node) = (nodes.is_alone(), nodes.number());
        let audit: Arc<dyn AuditLog> = Arc::clone(&store) as _;
        let kept: (Arc<dyn AppStore>, Arc<dyn RecipientStore>) =
            (Arc::clone(&store) as _, Arc::clone(&store) as _);
        let sessions: Arc<dyn Sessions> = Arc::clone(&store) as _;
        let registry = Registry::open(Arc::clone(&store), config.documents.clone())
            .await
            .map_err(|error| not_declared(&error))?;
        let engine = start_engine(clock, config, store, nodes, &registry).await?;
        follow_declarations(&engine, &registry);
        let (stop_upstreams, stopped) = watch::channel(false);
        let recorder = Recorder::new();
        let ussd = super::ussd::lines(&engine)?;
        let deps = AdapterDeps {
            engine: Arc::clone(&engine),
            recorder: Arc::clone(&recorder),
            ussd: Arc::clone(&ussd),
            drain: config.drain,
        };
        let following = Upstreams::follow(deps, registry.subscribe(), stopped);
        let upstreams = tokio::spawn(following);
        let auditor = Arc::new(Auditor::new(audit, Arc::clone(&engine) as _));
        let access = access(&registry, sessions, &engine, auditor, config)?;
        let (apps, working) = start_apps(&engine, kept, config, node)?;
        let doors = Doors::open(
            listeners,
            &engine,
            &access,
            &apps,
            &registry,
            (&recorder, &ussd),
            admins,
            reloads,
            metrics,
        )?;
        let brokers = brokers::start(config, node, &doors.rest)?;
        let peers = (!is_alone)
            .then(|| tokio::spawn(peers::follow(Arc::clone(&engine), Arc::clone(&registry))).abort_handle());
        Ok(Self {
            engine,
            registry,
            sealed,
            recorder,
            access,
            working,
            brokers,
            doors,
            upstreams,
            stop_upstreams,
            peers,
            drain: config.drain,
        })
    }

    /// The address of the HTTP listener.
    pub(crate) fn http(&self) -> SocketAddr {
        self.doors.http
    }

    /// The address of the HTTPS listener, if there is one.
    pub(crate) fn https(&self) -> Option<SocketAddr> {
        self.doors.https
    }

    /// The address of the listener for short links alone, if there is one.
    pub(crate) fn links(&self) -> Option<SocketAddr> {
        self.doors.links
    }

    /// The address of the listener for health and metrics alone, if there is one.
    pub(crate) fn monitoring(&self) -> Option<SocketAddr> {
        self.doors.monitoring
    }

    /// The address of the SMPP listener, if there is one.
    pub(crate) fn smpp(&self) -> Option<SocketAddr> {
        self.doors.smpp
    }

    /// The address of the SMPP listener with TLS, if there is one.
    pub(crate) fn smpp_tls(&self) -> Option<SocketAddr> {
        self.doors.smpp_tls
    }

    /// The listeners of older protocols: what they serve, and where.
    pub(crate) fn older(&self) -> &[(&'static str, SocketAddr)] {
        &self.doors.older
    }

    /// The address that the console is at.
    pub(crate) fn console(&self) -> String {
        match self.https() {
            Some(address) => format!("https://{address}"),
            None => format!("http://{}", self.http()),
        }
    }

    /// A link by which the first owner sets a password; `None` if an owner can sign in.
    pub(crate) async fn first_link(&self) -> Result<Option<NewLink>, Failure> {
        let failed = |error| Failure::failed(format!("can't make a link for the first owner: {error}"));
        self.access.first_link().await.map_err(failed)
    }

    /// Puts the declarations and certificates of a new configuration in force. Returns what changed, in words. On a mistake
    /// nothing changes. What would leave nothing of a kind is done only with `allow_empty`.
    pub(crate) async fn reload(
        &self,
        config: &Config,
        allow_empty: bool,
    ) -> Result<Vec<String>, RegistryError> {
        let vault = config.encryption.vault().map_err(|error| RegistryError::Unmet(error.to_string()))?;
        self.sealed.change_keys(vault).await.map_err(|error| RegistryError::Unmet(error.to_string()))?;
        let mut words = self.registry.reload(config.documents.clone(), allow_empty, now()).await?;
        let renewed = self.doors.renew(config).into_iter();
        words.extend(renewed.map(|door| format!("the certificate of {door} is another one")));
        Ok(words)
    }

    /// Declares a resource, as an administrator would. Returns the generated secrets by their paths.
    pub(crate) async fn declare<D: Document>(
        &self,
        name: &str,
        document: D,
        who: &str,
    ) -> Result<Vec<(String, String)>, RegistryError> {
        self.registry.put(name, document, who, now()).await.map(|put| put.made)
    }

    /// Returns when another process took this node's place.
    pub(crate) async fn superseded(&self) {
        self.engine.superseded().await;
    }

    /// Stops after another process took this node's place: unbinds clients and carriers at once, and doesn't write to the
    /// store.
    pub(crate) async fn give_way(mut self) {
        self.working.abort();
        self.brokers.abort();
        self.peers.iter().for_each(AbortHandle::abort);
        self.stop_upstreams.send_replace(true);
        self.doors.close_all_but_http().await;
        if tokio::time::timeout(GIVING_WAY, self.upstreams).await.is_err() {
            tracing::warn!("some carriers did not answer an unbind in time");
        }
        self.doors.close().await;
    }

    /// Stops in order: new messages are refused, doors close, upstreams finish what is in flight, and what was not
    /// sent goes back to the store. HTTP is open until then, and tells that the gateway stops.
    pub(crate) async fn stop(mut self) {
        self.engine.drain();
        self.working.abort();
        self.brokers.abort();
        self.peers.iter().for_each(AbortHandle::abort);
        self.doors.close_all_but_http().await;
        self.stop_upstreams.send_replace(true);
        // Unbinding takes time in addition to the wait for answers.
        let patience = self.drain + Duration::from_secs(6);
        if tokio::time::timeout(patience, self.upstreams).await.is_err() {
            tracing::warn!("some carriers left requests unanswered until the end of `node.drain`");
        }
        // Live traces would keep HTTP open until their time is up.
        self.recorder.close();
        self.doors.close().await;
        self.engine.close(Duration::from_secs(5)).await;
    }
}

/// Puts what is declared in force from now on, here and at providers of look-ups.
fn follow_declarations(engine: &Arc<Engine>, registry: &Arc<Registry>) {
    let applying = Arc::clone(engine);
    let lookups = Arc::new(NumberLookups::default());
    lookups.configure(&registry.declared());
    engine.look_up_by(Arc::clone(&lookups) as _);
    registry.on_change(move |declared| {
        lookups.configure(declared);
        applying.apply(Arc::clone(&declared.rules));
    });
}

/// The applications within the gateway, and the task of what they do by themselves.
fn start_apps(
    engine: &Arc<Engine>,
    (store, recipients): (Arc<dyn AppStore>, Arc<dyn RecipientStore>),
    config: &Config,
    node: u8,
) -> Result<(Arc<Apps>, AbortHandle), Failure> {
    let events = AppEvents::new(Arc::clone(engine) as _, &webhook::Settings::default())
        .map_err(|error| Failure::failed(error.to_string()))?;
    let parts = Parts {
        store,
        recipients,
        intake: Arc::clone(engine) as _,
        archive: Arc::clone(engine) as _,
        live: Arc::clone(engine) as _,
        consent: Arc::clone(engine) as _,
        events: Arc::new(events),
        links: config.links.clone(),
    };
    let apps = Arc::new(Apps::new(parts.clone()));
    engine.serve_rules(Arc::clone(&apps) as _);
    let others = integrations(&parts, config, node)?;
    let working = Arc::clone(&apps);
    let work = async move { drop(tokio::join!(working.run(), join_all(others))) };
    Ok((apps, tokio::spawn(work).abort_handle()))
}

/// What hands messages in beside the doors: a drop folder and outbox tables.
fn integrations(parts: &Parts, config: &Config, node: u8) -> Result<Vec<BoxFuture<'static, ()>>, Failure> {
    let mut running: Vec<BoxFuture<'static, ()>> = Vec::new();
    if let Some(root) = &config.drop_folder {
        running.push(Box::pin(DropFolder::new(parts.clone(), root.clone()).run()));
    }
    for outbox in &config.outboxes {
        let table = sql_outbox::open(&outbox.address, &config.base, &outbox.table, node)
            .map_err(|why| Failure::failed(format!("can't use the outbox {}: {why}", outbox.name)))?;
        let reader = OutboxReader::new(parts.clone(), &outbox.name, &outbox.account, table, outbox.every);
        running.push(Box::pin(reader.run()));
    }
    Ok(running)
}

/// Where users of the console come in.
fn access(
    registry: &Arc<Registry>,
    sessions: Arc<dyn Sessions>,
    engine: &Arc<Engine>,
    auditor: Arc<Auditor>,
    config: &Config,
) -> Result<Arc<Access>, Failure> {
    let passwords = Arc::new(passwords()?);
    let (registry, live, settings) = (Arc::clone(registry), Arc::clone(engine) as _, config.sign_in.clone());
    let provider = settings.oidc.as_ref().and_then(|oidc| oidc.issuer.parse().ok());
    let mut access = Access::new(registry, sessions, live, auditor, passwords, settings);
    if let Some(issuer) = provider {
        access = access.reaching_provider_by(connector(&issuer)?);
    }
    Ok(Arc::new(access))
}

/// A checker of passwords.
pub(super) fn passwords() -> Result<Passwords, Failure> {
    Passwords::new()
        .map_err(|error| Failure::failed(format!("can't get random numbers from the system: {error}")))
}

/// The administrators in the configuration, or else the one with the key in the data directory.
fn admins(config: &Config, data: &DataDirectory) -> Result<Vec<Administrator>, Failure> {
    let administrator = |key: AdminKey| Administrator {
        name: key.name.into(),
        key: key.hash,
        allowed: config.admin_networks.clone(),
        rights: key.rights,
    };
    if !config.admin_keys.is_empty() {
        return Ok(config.admin_keys.iter().cloned().map(administrator).collect());
    }
    let (key, new) = data.admin_key()?;
    if new {
        let path = crate::operations::data::admin_key_path(&data.path);
        tracing::info!(path = %path.display(), "made a key for the administrator");
    }
    Ok(vec![administrator(key)])
}

fn not_declared(error: &RegistryError) -> Failure {
    let what = format!("can't put the declarations in force: {error}");
    match error {
        // Not a usage error, after which a service manager doesn't try again: the store may be back then.
        RegistryError::Store(_) | RegistryError::Interrupted => Failure::failed(what),
        _ => Failure::usage(what),
    }
}

/// How long a record waits for more events before a database: each transaction costs as much as several messages.
const PATIENCE: Patience =
    Patience { lull: Duration::from_millis(3), most: Duration::from_millis(25), plenty: 64 };

async fn start_engine(
    clock: Arc<dyn Clock>,
    config: &Config,
    store: Arc<dyn Store>,
    nodes: Arc<dyn Nodes>,
    registry: &Registry,
) -> Result<Arc<Engine>, Failure> {
    let settings = Settings {
        address: config.http.to_string().into(),
        kept: config.kept,
        audit_kept: config.audit_kept,
        keep_events: config.keep_events,
        media: config.media.clone(),
        dead: config.dead,
        patience: if nodes.is_alone() { Patience::default() } else { PATIENCE },
        ..Settings::default()
    };
    let rules = Arc::clone(&registry.declared().rules);
    Engine::start(settings, store, nodes, clock, rules)
        .await
        .map_err(|error| Failure::failed(format!("can't start: {error}")))
}

fn now() -> Time {
    SystemClock.now()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::Exit;
    use postrider_core::contract::StoreError;

    /// Not a usage error, after which a service manager doesn't try again: the database may come back.
    #[test]
    fn a_store_that_is_away_is_no_wrong_usage() {
        let away = RegistryError::Store(StoreError::Unavailable("no connection".into()));
        assert_eq!(not_declared(&away).exit, Exit::Failed);
        assert_eq!(not_declared(&RegistryError::ReadOnly).exit, Exit::Usage);
    }
}
