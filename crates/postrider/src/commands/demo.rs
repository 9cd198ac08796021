//! `demo`: the whole gateway in one process, with a simulated carrier behind it and one account in front.

mod day;
mod traffic;

use crate::assembly::Gateway;
use crate::client::Client;
use crate::config::{Config, Examined, Source};
use crate::failure::{Failure, plain};
use crate::operations::data::read_admin_key;
use crate::operations::live::Live;
use crate::operations::metrics;
use crate::operations::signals::Signals;
use crate::terminal::{Style, paint, say};
use clap::Parser;
use postrider_declare::{AccountDocument, Document, NumberDocument, RouteDocument, UpstreamDocument};
use postrider_engine::{Clock, SystemClock};
use postrider_simulator::carrier::{self, Carrier, Delay, Heard};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::broadcast::Receiver;
use tokio::sync::mpsc;

/// The addresses of a demo, if they are free.
const HTTP: &str = "127.0.0.1:8080";
const SMPP: &str = "127.0.0.1:2775";

/// Try the gateway, with a simulated carrier and handsets
#[derive(Debug, Parser)]
#[command(after_help = "\
Examples:
  postrider demo
  postrider demo --traffic
  postrider demo --day --traffic

Prints a key and a command to paste into another terminal, and then shows the message on its way.
Everything is created anew each time and removed at the end. Nothing leaves this machine.

`postrider simulate --numbers` lists the test numbers.")]
pub(crate) struct Args {
    /// Where to listen for HTTP [default: 127.0.0.1:8080, or any free port]
    #[arg(long, value_name = "ADDRESS")]
    http: Option<SocketAddr>,
    /// Where to listen for SMPP [default: 127.0.0.1:2775, or any free port]
    #[arg(long, value_name = "ADDRESS")]
    smpp: Option<SocketAddr>,
    /// Send plausible traffic meanwhile: one or two messages a second, with answers from handsets
    #[arg(long)]
    traffic: bool,
    /// Live through a day of plausible traffic first, in half a minute: pages and reports have something to show. Messages are
    /// really sent, through the simulated carrier; only the gateway's clock begins a day ago and runs fast
    #[arg(long)]
    day: bool,
}

/// Where the owner's link leads after signing in: a first message to a simulated phone, which answers.
const FIRST_MESSAGE: &str = "next=%2Fconsole%2Ffirst";
/// The number of the demo's account, to which phones answer.
const NUMBER: &str = "60006";

/// The secrets of the demo's account.
struct Secrets {
    key: String,
    password: String,
    /// The administrator's key.
    administrator: String,
}

/// Runs the demo until Ctrl-C.
pub(crate) async fn run(args: Args) -> Result<(), Failure> {
    // What happens on the day before scrolls past too fast to be read.
    if !args.day {
        Live::start();
    }
    let data = tempfile::Builder::new()
        .prefix("postrider-demo-")
        .tempdir()
        .map_err(|error| Failure::failed(format!("can't make a temporary directory: {error}")))?;
    let mut signals = Signals::listen()?;
    let config = config(&args, data.path()).await?;
    let carrier = start_carrier().await?;
    let heard = carrier.listen();
    let fast = args.day.then(day::FastClock::begin);
    let clock = fast.map_or_else(|| Arc::new(SystemClock) as Arc<dyn Clock>, |clock| Arc::new(clock));
    let metrics = metrics::start(&config.data)?;
    let gateway = Gateway::start_by(clock, &config, metrics, mpsc::channel(1).0).await?;
    let administrator = read_admin_key(&config.data)?.unwrap_or_default();
    let secrets = declare(&gateway, carrier.address(), administrator).await?;
    let url = format!("http://{}", gateway.http()).parse();
    let url = url.map_err(|_| Failure::failed("the demo has no address"))?;
    let client = Client::new(url, secrets.key.clone(), Duration::from_secs(10))?;
    if let Some(clock) = fast {
        say("Living through a day of traffic: half a minute.");
        tokio::select! {
            _ = signals.next() => return Ok(()),
            lived = day::live_through(clock, &client, &carrier) => lived?,
        }
        Live::start();
    }
    // The link is valid for an hour of the gateway's clock: it is made when that has caught up.
    let setup = gateway.first_link().await?;
    let setup = setup.map(|link| format!("{}{}?{FIRST_MESSAGE}", gateway.console(), link.path()));
    introduce(&gateway, &carrier, &secrets, setup.as_deref());
    // Traffic scrolls past too fast to be read.
    let showing = (!args.traffic).then(|| tokio::spawn(show(heard)));
    tokio::select! {
        _ = signals.next() => {}
        Err(failure) = traffic::run(client, &carrier), if args.traffic => return Err(failure),
    }
    say("\nStopping.");
    tokio::select! {
        () = gateway.stop() => {}
        _ = signals.next() => {}
    }
    if let Some(showing) = showing {
        showing.abort();
    }
    Ok(())
}

async fn config(args: &Args, data: &Path) -> Result<Config, Failure> {
    let source = Source { name: "the demo's configuration".into(), text: String::new() };
    let examined = Examined::of(source, Path::new(""), &|_| None);
    let mut config = examined.config().cloned().ok_or_else(|| examined.failure())?;
    config.data = data.join("data");
    config.http = match args.http {
        Some(address) => address,
        None => free(HTTP).await?,
    };
    config.smpp = Some(match args.smpp {
        Some(address) => address,
        None => free(SMPP).await?,
    });
    Ok(config)
}

/// The usual address, or another port if it is taken.
async fn free(usual: &str) -> Result<SocketAddr, Failure> {
    let failed = |error: std::io::Error| {
        Failure::failed(format!("can't listen on this machine: {}", plain(&error.to_string())))
    };
    let listener = match TcpListener::bind(usual).await {
        Ok(listener) => listener,
        Err(_) => TcpListener::bind("127.0.0.1:0").await.map_err(failed)?,
    };
    listener.local_addr().map_err(failed)
}

async fn start_carrier() -> Result<Carrier, Failure> {
    let settings = carrier::Settings {
        receipt_delay: Delay::between(Duration::from_millis(400), Duration::from_millis(900)),
        ..carrier::Settings::default()
    };
    Carrier::start("127.0.0.1:0", settings)
        .await
        .map_err(|error| Failure::failed(format!("can't start the simulated carrier: {error}")))
}

/// Declares an account, an upstream and a route, as an administrator would.
async fn declare(gateway: &Gateway, carrier: SocketAddr, administrator: String) -> Result<Secrets, Failure> {
    let upstream = json!({
        "host": carrier.ip(), "port": carrier.port(), "system_id": "postrider", "window": 50,
    });
    put::<UpstreamDocument>(gateway, "handsets", upstream).await?;
    put::<RouteDocument>(gateway, "everywhere", json!({ "upstreams": ["handsets"] })).await?;
    let account =
        json!({ "keys": [{ "name": "demo" }], "smpp": { "system_id": "demo" }, "sender": "Postrider" });
    let made = put::<AccountDocument>(gateway, "demo", account).await?;
    put::<NumberDocument>(gateway, NUMBER, json!({ "account": "demo" })).await?;
    let secret = |wanted: &str| {
        let found = made.iter().find(|(path, _)| path == wanted).map(|(_, secret)| secret.clone());
        found.ok_or_else(|| Failure::failed("the demo's account has no secrets"))
    };
    Ok(Secrets { key: secret("keys.demo")?, password: secret("smpp.password")?, administrator })
}

async fn put<D: Document>(
    gateway: &Gateway,
    name: &str,
    document: Value,
) -> Result<Vec<(String, String)>, Failure> {
    let failed =
        |error: &dyn std::fmt::Display| Failure::failed(format!("can't declare the demo's {name}: {error}"));
    let mut document: D = serde_json::from_value(document).map_err(|error| failed(&error))?;
    document.set_name(name);
    gateway.declare(name, document, "demo").await.map_err(|error| failed(&error))
}

fn introduce(gateway: &Gateway, carrier: &Carrier, secrets: &Secrets, setup: Option<&str>) {
    let Secrets { key, password, administrator } = secrets;
    let http = gateway.http();
    let smpp = gateway.smpp().map_or_else(|| "-".to_owned(), |smpp| smpp.to_string());
    let body = r#"{"to": "+447700900123", "text": "Hello from Postrider"}"#;
    let strong = |text: &str| paint(Style::Strong, text);
    let faint = |text: &str| paint(Style::Faint, text);
    // Padded before it is painted: colours have no width.
    let row = |what: &str, place: &str, more: &str| {
        say(&format!("  {what:<9} {}  {more}", strong(&format!("{place:<29}"))));
    };
    say(&format!(
        "{}: {}\n",
        strong("Postrider demo"),
        faint("everything runs in this process; nothing leaves this machine")
    ));
    row("HTTP", &format!("http://{http}"), &format!("API key {}", strong(key)));
    row("SMPP", &smpp, &format!("system_id {}, password {}", strong("demo"), strong(password)));
    row("carrier", &carrier.address().to_string(), "simulated, with a handset for every number");
    row("console", &format!("http://{http}/console"), &format!("sign in with {}", strong(administrator)));
    if let Some(setup) = setup {
        row("owner", setup, "open it once: set a password, and text a phone that answers");
    }
    row("manage", "postrider upstream list", &format!("administrator's key {}", strong(administrator)));
    say("");
    say("Paste this into another terminal, to send and to manage:\n");
    say(&format!(
        "  export POSTRIDER_URL=http://{http} POSTRIDER_KEY={key} POSTRIDER_ADMIN_KEY={administrator}\n"
    ));
    say(&format!(
        "  curl http://{http}/v1/messages \\\n    -H 'Authorization: Bearer {key}' \\\n    \
         -H 'Content-Type: application/json' \\\n    -d '{body}'\n"
    ));
    say(&faint(
        "Other test numbers: +15005550001 is refused, +15005550002 can't be reached; `postrider simulate --numbers` lists all.",
    ));
    say(&faint("What happens is shown below. Ctrl-C ends it.\n"));
}

/// Shows texts as handsets get them.
async fn show(mut heard: Receiver<Heard>) {
    while let Ok(heard) = heard.recv().await {
        if heard.reaches_handset {
            let part = heard.part;
            let (to, from, text) = (&part.destination, sender(&part.source), part.text());
            let line = format!("handset +{to} got from {from}: {text}");
            say(&paint(Style::Strong, &format!("            {line}")));
        }
    }
}

fn sender(source: &str) -> &str {
    if source.is_empty() { "nobody" } else { source }
}
