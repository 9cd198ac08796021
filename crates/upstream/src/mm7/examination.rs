//! Examines the way to a centre: its addresses and TLS, and how the centre reaches the gateway. Nothing is sent.

use super::settings::Settings;
use postrider_link::connect::{Dialer, Host};
use postrider_link::doctor::{Finding, Listener, Step, reach};
use postrider_link::tls::{Tls, Trust};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::timeout;

/// Logging in.
const LOGIN: Step = Step::new("login");
/// The requests of the centre.
const CALLBACKS: Step = Step::new("callbacks");
/// The longest examination.
const PATIENCE: Duration = Duration::from_mins(3);

/// Examines the way to a centre. Tells each finding as it is made.
pub async fn examine(settings: Settings, tell: mpsc::Sender<Finding>) {
    let listener = Listener::new(tell.clone());
    let examination = timeout(PATIENCE, run(&settings, &listener));
    tokio::select! {
        _ = examination => {}
        () = tell.closed() => {}
    }
}

async fn run(settings: &Settings, listener: &Listener) {
    let url = &settings.centre;
    let is_tls = url.scheme() == "https";
    let tls = match &settings.tls {
        Some(tls) => Some(tls.clone()),
        None => is_tls.then(|| Tls::new(&Trust::System, None).ok()).flatten(),
    };
    let dialer = Dialer { tls: tls.filter(|_| is_tls), local: None, patience: settings.limits.connect };
    let port = url.port_or_known_default().unwrap_or(443);
    let host = Host { name: url.host_str().unwrap_or_default().trim_matches(['[', ']']).into(), port };
    if reach(&dialer, &[host], listener).await.is_empty() {
        return;
    }
    let login = Finding::new(LOGIN, "credentials").note("not tried");
    let means = "a centre takes them with messages only; send one to a test number to try them";
    listener.tell(login.means(means)).await;
    listener.tell(callbacks(settings)).await;
}

fn callbacks(settings: &Settings) -> Finding {
    let found = Finding::new(CALLBACKS, "the URL of reports and messages from handsets");
    match &settings.public_url {
        Some(url) => found.well(format!("{}/v1/callbacks/{}", url.0, settings.name)),
        None => found
            .note("not written down")
            .means("the carrier must know it; without it messages stay 'sent'")
            .advice("write public_url = 'https://...', the URL at which the carrier reaches this gateway"),
    }
}
