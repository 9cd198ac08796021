//! A client's connection, as its requests know it.

use crate::connections::Standing;
use axum::http::header::{HOST, TRANSFER_ENCODING};
use axum::http::{Request, Version};
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A client's connection. Each of its requests has it among its extensions.
#[derive(Debug)]
pub(super) struct Client {
    /// The client's address.
    pub(super) peer: IpAddr,
    /// The standing of the connection among others.
    pub(super) standing: Arc<Standing>,
    /// Whether it sent a head with both `Content-Length` and `Transfer-Encoding`.
    is_ambiguous: AtomicBool,
}

impl Client {
    pub(super) fn new(peer: IpAddr, standing: Arc<Standing>) -> Arc<Self> {
        Arc::new(Self { peer, standing, is_ambiguous: AtomicBool::new(false) })
    }

    /// The client sent a head with two lengths for one body.
    pub(super) fn is_ambiguous(&self) {
        self.is_ambiguous.store(true, Ordering::Relaxed);
    }

    /// Why a request is malformed, which its parser lets pass. (RFC 9112, 3.2 and 6.1.)
    pub(super) fn fault<B>(&self, request: &Request<B>) -> Option<&'static str> {
        if request.version() > Version::HTTP_11 {
            return None;
        }
        let headers = request.headers();
        if headers.contains_key(TRANSFER_ENCODING) && self.is_ambiguous.load(Ordering::Relaxed) {
            return Some("the request has both Content-Length and Transfer-Encoding: send one of them");
        }
        let lacks_host = request.version() == Version::HTTP_11 && !headers.contains_key(HOST);
        lacks_host.then_some("the request has no Host header: HTTP/1.1 requires one")
    }
}

/// A request in progress, until this is dropped.
pub(super) struct InProgress(Arc<Client>);

impl InProgress {
    pub(super) fn begin(client: &Arc<Client>) -> Self {
        client.standing.begin();
        Self(Arc::clone(client))
    }
}

impl Drop for InProgress {
    fn drop(&mut self) {
        self.0.standing.done();
    }
}
