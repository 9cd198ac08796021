//! Callbacks: whether one is the provider's, and what it brings to the desk.

use super::settings::Settings;
use metrics::counter;
use postrider_core::contract::Desk;
use postrider_core::time::Time;
use postrider_provider::{Call, CallbackError, Response};
use std::net::IpAddr;
use url::Url;

/// A request to the gateway by which a provider tells something.
#[derive(Clone, Debug)]
pub struct Callback {
    /// Path and query, as the request has them.
    pub path_query: String,
    /// Its headers, as far as they are texts.
    pub headers: Vec<(String, String)>,
    /// Its body.
    pub body: Vec<u8>,
    /// Who sent it.
    pub peer: IpAddr,
}

/// Takes a callback: checks it, brings what is in it to the desk, and returns the answer once that is durable. What doesn't prove
/// to be the provider's is answered with 403; 503 asks for it again.
pub async fn take(settings: &Settings, desk: &dyn Desk, callback: &Callback, now: Time) -> Response {
    let (result, response) = match read(settings, callback, now) {
        Err(Refused::Forged(why)) => {
            tracing::warn!(upstream = %settings.name, peer = %callback.peer, why, "a callback was refused");
            ("forged", plain(403, "this is no callback of the provider"))
        }
        Err(Refused::Unknown) => {
            tracing::warn!(upstream = %settings.name, "a callback has none of the forms that the preset knows");
            ("unreadable", plain(400, "the callback can't be read"))
        }
        Ok(heeded) => {
            if heeded.unreadable > 0 {
                counter!("postrider_receipts_unreadable_total", "upstream" => settings.name.to_string())
                    .increment(heeded.unreadable as u64);
            }
            match desk.heard(heeded.heard).await {
                Ok(()) => ("taken", heeded.response),
                Err(_) => ("busy", plain(503, "it can't be stored just now; send it again")),
            }
        }
    };
    counter!("postrider_provider_callbacks_total", "upstream" => settings.name.to_string(), "result" => result)
        .increment(1);
    response
}

enum Refused {
    Forged(&'static str),
    Unknown,
}

fn read(settings: &Settings, callback: &Callback, now: Time) -> Result<postrider_provider::Heeded, Refused> {
    let from = &settings.callback_from;
    if !from.is_empty() && !from.iter().any(|network| network.contains(callback.peer)) {
        return Err(Refused::Forged("it comes from an address that callback_from doesn't allow"));
    }
    let url = url(settings, callback).ok_or(Refused::Unknown)?;
    if let Some(key) = &settings.callback_key {
        let given = url.query_pairs().find(|(name, _)| name == "key").map(|(_, value)| value.into_owned());
        if !same(given.unwrap_or_default().as_bytes(), key.as_bytes()) {
            return Err(Refused::Forged("its key is wrong"));
        }
    }
    let headers: Vec<(&str, &str)> =
        callback.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let call = Call { url: &url, headers: &headers, body: &callback.body };
    let around = settings.surroundings(now, "", None);
    settings.provider.callback(&call, &around).map_err(|error| match error {
        CallbackError::Forged(why) => Refused::Forged(why),
        CallbackError::Unknown => Refused::Unknown,
    })
}

/// The URL as the provider knows it: behind a proxy the gateway sees another host.
fn url(settings: &Settings, callback: &Callback) -> Option<Url> {
    let known: Url = settings.callback.as_deref().unwrap_or("http://localhost/").parse().ok()?;
    let mut url = known;
    url.set_query(callback.path_query.split_once('?').map(|(_, query)| query));
    Some(url)
}

/// Compares in a time that depends on the lengths alone.
fn same(given: &[u8], wanted: &[u8]) -> bool {
    given.len() == wanted.len() && given.iter().zip(wanted).fold(0, |differ, (a, b)| differ | (a ^ b)) == 0
}

fn plain(status: u16, text: &str) -> Response {
    Response { status, content_type: "text/plain; charset=utf-8".into(), body: text.into() }
}
