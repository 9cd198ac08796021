//! The certificates that doors show to clients. A new one takes the old one's place while the door is open: who connects
//! from then on sees it, and who is connected already is left alone.

use crate::failure::Failure;
use rustls::ServerConfig;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use std::sync::{Arc, PoisonError, RwLock};

/// The certificate that a door shows.
#[derive(Debug)]
pub(super) struct Shown(RwLock<Arc<CertifiedKey>>);

impl Shown {
    pub(super) fn new(identity: Arc<CertifiedKey>) -> Arc<Self> {
        Arc::new(Self(RwLock::new(identity)))
    }

    /// Shows another one from now on; whether it is another one.
    pub(super) fn renew(&self, identity: &Arc<CertifiedKey>) -> bool {
        let mut shown = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let differs = shown.cert != identity.cert;
        *shown = Arc::clone(identity);
        differs
    }

    /// How a door that shows it speaks TLS.
    pub(super) fn server(self: &Arc<Self>) -> Result<Arc<ServerConfig>, Failure> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| Failure::failed(format!("can't speak TLS: {error}")))?;
        let shown: Arc<dyn ResolvesServerCert> = Arc::clone(self) as _;
        Ok(Arc::new(builder.with_no_client_auth().with_cert_resolver(shown)))
    }
}

impl ResolvesServerCert for Shown {
    fn resolve(&self, _client: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner)))
    }
}
