//! The doors: listeners are bound before anything else starts, so that an address in use is the first thing said.

use crate::config::{AdminKey, Config, SmppTls};
use crate::failure::Failure;
use crate::operations::metrics::Metrics;
use postrider_downstream::resource::{Passwords, Registry};
use postrider_downstream::rest::{self, Administrator, Rest};
use postrider_downstream::smpp::{self, Counters, Smpp};
use postrider_downstream::webhook::{self, Teller};
use postrider_engine::Engine;
use rustls::ServerConfig;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Addresses that are ours.
pub(super) struct Listeners {
    http: TcpListener,
    smpp: Option<TcpListener>,
    smpp_tls: Option<(TcpListener, Arc<ServerConfig>)>,
}

impl Listeners {
    pub(super) async fn bind(config: &Config) -> Result<Self, Failure> {
        let smpp = match config.smpp {
            Some(address) => Some(listen("SMPP", address).await?),
            None => None,
        };
        let smpp_tls = match &config.smpp_tls {
            Some(tls) => Some((
                listen("SMPP over TLS", tls.listen).await?,
                certificate(tls)?,
            )),
            None => None,
        };
        Ok(Self {
            http: listen("HTTP", config.http).await?,
            smpp,
            smpp_tls,
        })
    }
}

async fn listen(what: &str, address: SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).await.map_err(|error| {
        Failure::failed(format!("can't listen for {what} at {address}: {error}"))
            .help("stop what listens there, or choose another address in the configuration")
    })
}

fn certificate(tls: &SmppTls) -> Result<Arc<ServerConfig>, Failure> {
    let failed = |error: &dyn std::fmt::Display| {
        Failure::usage(format!(
            "can't use the certificate {}: {error}",
            tls.cert_file.display()
        ))
    };
    let chain = CertificateDer::pem_file_iter(&tls.cert_file)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| failed(&error))?;
    let key = PrivateKeyDer::from_pem_file(&tls.key_file).map_err(|error| failed(&error))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key))
        .map_err(|error| failed(&error))?;
    Ok(Arc::new(config))
}

/// Open doors.
pub(super) struct Doors {
    pub(super) http: SocketAddr,
    pub(super) smpp: Option<SocketAddr>,
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
}

impl Doors {
    pub(super) fn open(
        listeners: Listeners,
        engine: &Arc<Engine>,
        registry: &Arc<Registry>,
        admins: Vec<AdminKey>,
        metrics: Metrics,
    ) -> Result<Self, Failure> {
        let Listeners {
            http,
            smpp,
            smpp_tls,
        } = listeners;
        let (stop, stopped) = watch::channel(false);
        let (at_http, at_smpp) = (address(&http)?, smpp.as_ref().map(address).transpose()?);
        let rest = rest_door(engine, registry, admins, metrics);
        let teller = teller(engine)?;
        let mut tasks = vec![
            tokio::spawn(rest::serve(
                http,
                rest,
                rest::Settings::default(),
                until(stopped.clone()),
            )),
            tokio::spawn(teller.run(until(stopped.clone()))),
        ];
        let door = smpp_door(engine)?;
        if let Some(listener) = smpp {
            tasks.push(tokio::spawn(smpp::serve(
                listener,
                None,
                Arc::clone(&door),
                stopped.clone(),
            )));
        }
        if let Some((listener, tls)) = smpp_tls {
            tasks.push(tokio::spawn(smpp::serve(
                listener,
                Some(tls),
                door,
                stopped.clone(),
            )));
        }
        Ok(Self {
            http: at_http,
            smpp: at_smpp,
            stop,
            tasks,
        })
    }

    /// Closes all doors, each in its own order, and waits until they are closed.
    pub(super) async fn close(self) {
        self.stop.send_replace(true);
        for task in self.tasks {
            if let Err(error) = task.await {
                tracing::error!(%error, "a door ended as it never should");
            }
        }
    }
}

/// Ends when the doors are to close; that nobody can close them any more closes them too.
async fn until(mut stopped: watch::Receiver<bool>) {
    drop(stopped.wait_for(|stop| *stop).await);
}

fn teller(engine: &Arc<Engine>) -> Result<Teller, Failure> {
    let settings = webhook::Settings {
        trusted: Vec::new(),
    };
    Teller::new(Arc::clone(engine) as _, Arc::clone(engine) as _, &settings)
        .map_err(|error| Failure::failed(error.to_string()))
}

fn address(listener: &TcpListener) -> Result<SocketAddr, Failure> {
    listener
        .local_addr()
        .map_err(|error| Failure::failed(format!("can't tell the address of a listener: {error}")))
}

fn smpp_door(engine: &Arc<Engine>) -> Result<Arc<Smpp>, Failure> {
    let counters = Counters {
        intake: Arc::clone(engine) as _,
        archive: Arc::clone(engine) as _,
        outbox: Arc::clone(engine) as _,
        live: Arc::clone(engine) as _,
    };
    let passwords = Passwords::new()
        .map_err(|error| Failure::failed(format!("the system gives no randomness: {error}")))?;
    Ok(Arc::new(Smpp::new(
        counters,
        Arc::new(passwords),
        smpp::Settings::default(),
    )))
}

fn rest_door(
    engine: &Arc<Engine>,
    registry: &Arc<Registry>,
    admins: Vec<AdminKey>,
    metrics: Metrics,
) -> Rest {
    let (readiness, standing, fellows) =
        (Arc::clone(engine), Arc::clone(engine), Arc::clone(engine));
    let administrator = |key: AdminKey| Administrator {
        name: key.name.into(),
        key: key.hash,
    };
    Rest {
        intake: Arc::clone(engine) as _,
        archive: Arc::clone(engine) as _,
        live: Arc::clone(engine) as _,
        registry: Arc::clone(registry),
        administrators: admins.into_iter().map(administrator).collect(),
        links: Box::new(move || {
            standing
                .upstreams()
                .into_iter()
                .map(|view| (view.id, view.links))
                .collect()
        }),
        nodes: Box::new(move || fellows.standing()),
        ready: Box::new(move || readiness.ready()),
        metrics: Some(Box::new(move || metrics.render())),
        meters: rest::Meters::new(),
    }
}
