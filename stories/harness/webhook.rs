//! A receiver of webhooks. It verifies every signature, as Standard Webhooks demands.

use super::within;
use axum::Router;
use axum::body::Bytes;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::Sha256;
use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// The secret shared with the gateway.
const SECRET: &[u8; 32] = b"what the story and we both know!";

/// A server that receives webhooks.
#[derive(Debug)]
pub(crate) struct Webhook {
    url: String,
    status: Arc<AtomicU16>,
    answer: Arc<Mutex<(&'static str, String)>>,
    fields: Arc<Mutex<Vec<(&'static str, &'static str)>>>,
    told: mpsc::UnboundedReceiver<Told>,
    server: JoinHandle<()>,
}

/// A received webhook.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    /// The path and the query that were posted to.
    pub(crate) target: String,
    pub(crate) headers: HeaderMap,
    /// The body as it came.
    pub(crate) raw: Bytes,
    /// The body read.
    pub(crate) body: Value,
    /// The status of the answer.
    pub(crate) answered: u16,
}

impl Webhook {
    /// Listens, and answers everything with 204.
    pub(crate) async fn listen() -> Self {
        Self::listen_at(Ipv4Addr::LOCALHOST).await
    }

    /// The same at another address of this machine.
    pub(crate) async fn listen_at(address: Ipv4Addr) -> Self {
        let listener = TcpListener::bind((address, 0)).await.unwrap();
        let url = format!("http://{}/told", listener.local_addr().unwrap());
        let (sender, told) = mpsc::unbounded_channel();
        let status = Arc::new(AtomicU16::new(204));
        let answer = Arc::clone(&status);
        let content = Arc::new(Mutex::new(("", String::new())));
        let answered_with = Arc::clone(&content);
        let fields: Arc<Mutex<Vec<(&'static str, &'static str)>>> = Arc::default();
        let besides = Arc::clone(&fields);
        let take = move |target: Uri, headers: HeaderMap, raw: Bytes| async move {
            let answered = answer.load(Ordering::Relaxed);
            let body = serde_json::from_slice(&raw).unwrap_or(Value::Null);
            // Nobody listens any more at the end of a story.
            let _ = sender.send(Told { target: target.to_string(), headers, raw, body, answered });
            let (content_type, text) = answered_with.lock().unwrap().clone();
            let mut head = HeaderMap::new();
            head.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
            for (name, value) in besides.lock().unwrap().iter() {
                head.insert(*name, HeaderValue::from_static(value));
            }
            (StatusCode::from_u16(answered).unwrap(), head, text)
        };
        let router = Router::new().fallback(take);
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, status, answer: content, fields, told, server }
    }

    /// The URL to post to.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Its port on this machine.
    pub(crate) fn port(&self) -> u16 {
        let authority = self.url.split('/').nth(2).unwrap();
        authority.rsplit(':').next().unwrap().parse().unwrap()
    }

    /// The key of the signatures.
    pub(crate) fn secret() -> String {
        format!("whsec_{}", STANDARD.encode(SECRET))
    }

    /// Answers with this status from now on.
    pub(crate) fn answer_with(&self, status: u16) {
        self.status.store(status, Ordering::Relaxed);
    }

    /// Answers with 200, this content type and this text from now on.
    pub(crate) fn answer_in(&self, content_type: &'static str, text: &str) {
        *self.answer.lock().unwrap() = (content_type, text.to_owned());
        self.answer_with(200);
    }

    /// Answers with these fields besides from now on, whose names are in small letters.
    pub(crate) fn answer_with_fields(&self, fields: &[(&'static str, &'static str)]) {
        *self.fields.lock().unwrap() = fields.to_vec();
    }

    /// The next webhook, its signature verified.
    pub(crate) async fn next(&mut self) -> Told {
        let told = self.any().await;
        told.verify();
        told
    }

    /// The next request of any kind, signed or not.
    pub(crate) async fn any(&mut self) -> Told {
        within("a webhook", self.told.recv()).await.unwrap()
    }

    /// The next webhook, however long it takes, its signature verified.
    pub(crate) async fn next_if_any(&mut self) -> Option<Told> {
        self.told.recv().await.inspect(Told::verify)
    }

    /// The next webhook of which this is true; the others before it are let go.
    pub(crate) async fn until(&mut self, wanted: impl Fn(&Told) -> bool) -> Told {
        loop {
            let told = self.next().await;
            if wanted(&told) {
                return told;
            }
        }
    }

    /// A webhook that has come already, if there is one.
    pub(crate) fn waiting(&mut self) -> Option<Told> {
        self.told.try_recv().ok()
    }
}

impl Drop for Webhook {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Told {
    /// A header, which must be there.
    pub(crate) fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name).unwrap_or_else(|| panic!("no {name} in {:?}", self.headers));
        value.to_str().unwrap()
    }

    /// Fails unless one of the signatures is right.
    fn verify(&self) {
        let mut mac = Hmac::<Sha256>::new_from_slice(SECRET).unwrap();
        mac.update(format!("{}.{}.", self.header("webhook-id"), self.header("webhook-timestamp")).as_bytes());
        mac.update(&self.raw);
        let right = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
        let signatures = self.header("webhook-signature");
        assert!(signatures.split(' ').any(|one| one == right), "{signatures} should be {right}");
    }
}
