//! `serve`: runs the gateway until it is told to stop.

use crate::assembly::Gateway;
use crate::config::{self, Config};
use crate::failure::Failure;
use crate::operations::logs::Logs;
use crate::operations::service::Service;
use crate::operations::signals::{Asked, Signals};
use crate::operations::{files, logs, metrics};
use ::metrics::gauge;
use clap::Parser;
use postrider_downstream::rest::{NotReloaded, ReloadRequest};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::time::Duration;
use tokio::sync::mpsc;

/// Run the gateway
#[derive(Debug, Parser)]
#[command(after_help = "\
Examples:
  postrider check --config postrider.toml        check the configuration first
  postrider serve --config postrider.toml --data /var/lib/postrider

SIGTERM or Ctrl-C stops the gateway after requests in progress; a second one stops it at once.
SIGHUP reads the configuration again: accounts, upstreams, routes, certificates and the log level
take effect without a restart, listeners need one. A file that would delete all accounts, all
upstreams or all routes is refused then: `postrider reload --allow-empty` puts it in force.")]
pub(crate) struct Args {
    /// The configuration file [default: postrider.toml if it is there]
    file: Option<PathBuf>,
    /// The same, as an option
    #[arg(long, value_name = "FILE", conflicts_with = "file")]
    config: Option<PathBuf>,
    /// The directory of the message store, instead of `node.data`
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Where to listen for SMPP, instead of `smpp.listen`
    #[arg(long, value_name = "ADDRESS")]
    smpp: Option<SocketAddr>,
    /// Where to listen for HTTP, instead of `http.listen`
    #[arg(long, value_name = "ADDRESS")]
    http: Option<SocketAddr>,
}

impl Args {
    /// The configuration file, in whichever form it was named.
    fn configuration(&self) -> Option<&Path> {
        self.file.as_deref().or(self.config.as_deref())
    }
}

/// Runs the gateway.
pub(crate) async fn run(args: Args) -> Result<(), Failure> {
    let config = read(&args).await?;
    let logs = logs::start(&config.log);
    allow_files(&config);
    let metrics = metrics::start(&config.data)?;
    for (door, address) in config.exposed() {
        tracing::warn!(
            "{address} is open to the network and not encrypted: keys, passwords and texts can be read on the way; \
             listen at 127.0.0.1 and use [{door}.tls] for clients elsewhere"
        );
    }
    show_reload(true);
    let mut signals = Signals::listen()?;
    let service = Service::find();
    let (reloads, mut reload_requests) = mpsc::channel(1);
    let starting = Gateway::start(&config, metrics, reloads);
    let Some(gateway) = start(starting, &mut signals).await? else { return Ok(()) };
    let status = status(&gateway);
    tracing::info!("ready: {status}");
    service.ready(&status);
    tell_first_owner(&gateway).await;
    loop {
        tokio::select! {
            asked = wait(&mut signals, &service) => match asked {
                Asked::Reload => drop(reload(&gateway, &logs, &args, &config, false).await),
                Asked::Drain | Asked::StopNow => break,
            },
            Some(ReloadRequest { allow_empty, answer }) = reload_requests.recv() => {
                // Whoever asked may be gone.
                let _ = answer.send(reload(&gateway, &logs, &args, &config, allow_empty).await);
            }
            () = gateway.superseded() => return Err(give_way(gateway, &service).await),
        }
    }
    service.stopping("finishing requests in progress");
    tracing::info!("stopping: finishing requests in progress");
    tokio::select! {
        () = gateway.stop() => tracing::info!("stopped"),
        _ = signals.next() => tracing::warn!("stopped at once; messages in flight may be sent again"),
    }
    Ok(())
}

/// Logs the link by which the first owner sets a password, if there is no owner who can sign in.
async fn tell_first_owner(gateway: &Gateway) {
    match gateway.first_link().await {
        Ok(Some(link)) => tracing::info!(
            "no owner can sign in yet: within an hour, open {}{} once to set the owner's password",
            gateway.console(),
            link.path()
        ),
        Ok(None) => {}
        Err(failure) => tracing::warn!("{}", failure.what),
    }
}

/// Starts the gateway; nothing if it is told to stop before it has started, as while it waits for its database.
async fn start(
    starting: impl Future<Output = Result<Gateway, Failure>>,
    signals: &mut Signals,
) -> Result<Option<Gateway>, Failure> {
    let mut starting = pin!(starting);
    loop {
        tokio::select! {
            started = &mut starting => return started.map(Some),
            asked = signals.next() => match asked {
                Asked::Reload => tracing::warn!("configuration not reloaded: the node has not started yet"),
                Asked::Drain | Asked::StopNow => {
                    tracing::info!("stopped before it had started");
                    return Ok(None);
                }
            },
        }
    }
}

/// Files besides connections of clients: the store's, and links to carriers and receivers of webhooks.
const OTHER_FILES: u64 = 512;

/// Allows as many open files as the limits of connections need, or says in the log how many are missing.
fn allow_files(config: &Config) {
    let doors = [&config.ucp, &config.cimd2].map(|door| {
        let is_open = door.listen.is_some() || door.tls.is_some();
        if is_open { door.settings.connections.in_all } else { 0 }
    });
    let clients = config.http_connections.in_all + config.smpp_connections.in_all + doors[0] + doors[1];
    let needed = clients as u64 + OTHER_FILES;
    if let Some(allowed) = files::raise_limit().filter(|allowed| *allowed < needed) {
        tracing::info!(
            allowed,
            needed,
            "this process may have fewer files open than the limits of connections need: raise LimitNOFILE, or lower \
             http.connections and smpp.connections"
        );
    }
}

/// Stops for another process that took this node's place.
async fn give_way(gateway: Gateway, service: &Service) -> Failure {
    service.stopping("another process opened the store with this node's number");
    gateway.give_way().await;
    Failure::superseded()
}

/// Sets the metric of the last reload's success.
fn show_reload(success: bool) {
    gauge!("postrider_config_last_reload_success").set(f64::from(u8::from(success)));
}

async fn read(args: &Args) -> Result<Config, Failure> {
    let config = config::load(args.configuration()).await?;
    Ok(overridden(config, args))
}

/// Applies the options of the command line, which override the file.
fn overridden(mut config: Config, args: &Args) -> Config {
    if let Some(data) = &args.data {
        config.data.clone_from(data);
    }
    config.smpp = args.smpp.or(config.smpp);
    config.http = args.http.unwrap_or(config.http);
    config
}

fn status(gateway: &Gateway) -> String {
    let doors = [
        Some(format!("HTTP at http://{0}, console at http://{0}/console", gateway.http())),
        gateway.https().map(|address| format!("HTTPS at https://{address}")),
        gateway.monitoring().map(|address| format!("monitoring at http://{address}")),
        gateway.links().map(|address| format!("short links at http://{address}")),
        gateway.smpp().map(|address| format!("SMPP at {address}")),
        gateway.smpp_tls().map(|address| format!("SMPP over TLS at {address}")),
    ];
    let older = gateway.older().iter().map(|(what, address)| format!("{what} at {address}"));
    doors.into_iter().flatten().chain(older).collect::<Vec<String>>().join(", ")
}

/// Waits for a signal, and sends keep-alives to the service manager meanwhile.
async fn wait(signals: &mut Signals, service: &Service) -> Asked {
    let every = service.alive_every().unwrap_or(Duration::from_hours(1));
    loop {
        tokio::select! {
            asked = signals.next() => return asked,
            () = tokio::time::sleep(every) => service.alive(),
        }
    }
}

/// Reloads the configuration, and logs what changed or why nothing did.
async fn reload(
    gateway: &Gateway,
    logs: &Logs,
    args: &Args,
    running: &Config,
    allow_empty: bool,
) -> Result<Vec<String>, NotReloaded> {
    let reloaded = put_in_force(gateway, logs, args, running, allow_empty).await;
    show_reload(reloaded.is_ok());
    match &reloaded {
        Ok(words) if words.is_empty() => {
            tracing::info!("configuration reloaded: no account, upstream or route changed");
        }
        Ok(words) => words.iter().for_each(|words| tracing::info!("configuration reloaded: {words}")),
        Err(NotReloaded::File(lines)) => {
            lines.iter().for_each(|line| tracing::error!("configuration not reloaded: {line}"));
        }
        Err(NotReloaded::Declarations(error)) => tracing::error!("configuration not reloaded: {error}"),
    }
    reloaded
}

/// Reads the configuration again, and puts it in force. Returns what changed, in words.
async fn put_in_force(
    gateway: &Gateway,
    logs: &Logs,
    args: &Args,
    running: &Config,
    allow_empty: bool,
) -> Result<Vec<String>, NotReloaded> {
    let path = config::find(args.configuration());
    let examined = config::examine(path.as_deref()).await;
    let examined = examined.map_err(|failure| NotReloaded::File(vec![failure.what]))?;
    let config = examined.config().ok_or_else(|| NotReloaded::File(examined.mistakes()))?;
    let config = overridden(config.clone(), args);
    for setting in running.need_restart(&config) {
        tracing::warn!("configuration reloaded: {setting} has changed, which takes effect at the next start");
    }
    let words = gateway.reload(&config, allow_empty).await.map_err(NotReloaded::Declarations)?;
    logs.set_level(&config.log.level);
    Ok(words)
}
