//! The style sheet, the script and the icon. Their addresses have a digest of them, so that browsers keep them for good.

use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{Html, IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use std::sync::LazyLock;

struct Asset {
    name: &'static str,
    kind: &'static str,
    octets: &'static [u8],
}

const ASSETS: [Asset; 3] = [
    Asset {
        name: "console.css",
        kind: "text/css; charset=utf-8",
        octets: include_bytes!("../assets/console.css"),
    },
    Asset {
        name: "console.js",
        kind: "text/javascript; charset=utf-8",
        octets: include_bytes!("../assets/console.js"),
    },
    Asset { name: "icon.svg", kind: "image/svg+xml", octets: include_bytes!("../assets/icon.svg") },
];

/// The digest of all of them.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let mut digest = Sha256::new();
    ASSETS.iter().for_each(|asset| digest.update(asset.octets));
    URL_SAFE_NO_PAD.encode(&digest.finalize()[..9])
});

/// The address of one.
pub(crate) fn address(name: &str) -> String {
    format!("/console/assets/{}/{name}", *VERSION)
}

/// Answers with one. An address of another version is answered with this one's, which is not kept.
pub(crate) fn answer(version: &str, name: &str) -> Response {
    let Some(asset) = ASSETS.iter().find(|asset| asset.name == name) else {
        return (StatusCode::NOT_FOUND, Html("There is nothing here.")).into_response();
    };
    let keep = if version == *VERSION { "public, max-age=31536000, immutable" } else { "no-store" };
    ([(CONTENT_TYPE, asset.kind), (CACHE_CONTROL, keep)], asset.octets).into_response()
}

#[cfg(test)]
mod tests;
