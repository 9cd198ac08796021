//! Examines the way to a provider: its addresses, TLS, and the login for a token if there is one. Nothing is sent.

use super::client::Client;
use super::settings::Settings;
use super::token::Tokens;
use postrider_core::time::Time;
use postrider_http::Tcp;
use postrider_link::connect::{Dialer, Host};
use postrider_link::doctor::{Finding, Listener, Step, reach};
use postrider_link::tls::{Tls, Trust};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::timeout;

/// Logging in.
const LOGIN: Step = Step::new("login");
/// The callbacks.
const CALLBACKS: Step = Step::new("callbacks");
/// The longest examination.
const PATIENCE: Duration = Duration::from_mins(3);

/// Examines the way to a provider at this time. Tells each finding as it is made.
pub async fn examine(settings: Settings, now: Time, tell: mpsc::Sender<Finding>) {
    let listener = Listener::new(tell.clone());
    let examination = timeout(PATIENCE, run(&settings, now, &listener));
    tokio::select! {
        _ = examination => {}
        () = tell.closed() => {}
    }
}

async fn run(settings: &Settings, now: Time, listener: &Listener) {
    let around = settings.surroundings(now, "", None);
    let url = match settings.provider.endpoint(&around) {
        Ok(url) => url,
        Err(error) => {
            let found = Finding::new(Step::RESOLVE, "the URL of requests").failed(error.to_string());
            return listener.tell(found.advice("correct the preset's 'values'")).await;
        }
    };
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
    listener.tell(login(settings, now).await).await;
    listener.tell(callbacks(settings)).await;
}

async fn login(settings: &Settings, now: Time) -> Finding {
    let found = Finding::new(LOGIN, "the login for a token");
    let around = settings.surroundings(now, "", None);
    if settings.provider.token_request(&around).is_none() {
        let found = Finding::new(LOGIN, "credentials").note("not tried");
        return found
            .means("this provider takes them with messages only; send one to a test number to try them");
    }
    let client = match Client::new(settings.client(Arc::new(Tcp))) {
        Ok(client) => client,
        Err(error) => return found.failed(error.to_string()),
    };
    match Tokens::default().get(settings, &client, now).await {
        Ok(_) => found.well("accepted"),
        Err(why) => found
            .failed(why)
            .advice("compare the preset's 'values' and 'secret_values' with what the provider gave you"),
    }
}

fn callbacks(settings: &Settings) -> Finding {
    let found = Finding::new(CALLBACKS, "the URL of receipts and messages from handsets");
    let preset = settings.provider.preset();
    match &settings.callback {
        _ if !preset.has_callbacks() && preset.has_inquiry() => {
            found.well("this provider is asked for receipts")
        }
        Some(url) => {
            let shown = url.split('?').next().unwrap_or_default();
            let checked = settings.provider.checks_callbacks();
            found.well(if checked { format!("{shown}, with signatures") } else { shown.to_owned() })
        }
        None => found
            .note("none")
            .means("receipts and messages from handsets don't come, and messages stay 'sent'")
            .advice("write public_url = 'https://...', the URL at which the provider reaches this gateway"),
    }
}
