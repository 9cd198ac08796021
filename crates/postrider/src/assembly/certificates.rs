//! The certificates of listeners. A new certificate replaces the old one while the listener is open: new connections get
//! it, and existing connections go on.

use crate::failure::Failure;
use metrics::gauge;
use rustls::ServerConfig;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use std::sync::{Arc, PoisonError, RwLock};
use x509_cert::Certificate;
use x509_cert::der::Decode;

/// The certificate of a listener.
#[derive(Debug)]
pub(super) struct Shown {
    /// The section of the configuration that names it.
    door: &'static str,
    identity: RwLock<Arc<CertifiedKey>>,
}

impl Shown {
    /// The certificate of the listener in this section of the configuration.
    pub(super) fn new(door: &'static str, identity: Arc<CertifiedKey>) -> Arc<Self> {
        tell_expiry(door, &identity);
        Arc::new(Self { door, identity: RwLock::new(identity) })
    }

    /// The name of its listener.
    pub(super) fn door(&self) -> &'static str {
        self.door
    }

    /// Replaces the certificate. Returns whether the new one differs.
    pub(super) fn renew(&self, identity: &Arc<CertifiedKey>) -> bool {
        tell_expiry(self.door, identity);
        let mut shown = self.identity.write().unwrap_or_else(PoisonError::into_inner);
        let differs = shown.cert != identity.cert;
        *shown = Arc::clone(identity);
        differs
    }

    /// The TLS configuration of its listener.
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
        Some(Arc::clone(&self.identity.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

/// Sets the metric of the certificate's expiry; to NaN where the expiry can't be read, since the old value would be wrong.
fn tell_expiry(door: &'static str, identity: &CertifiedKey) {
    #[expect(clippy::cast_precision_loss, reason = "gauges are floating-point numbers")]
    let seconds = expiry(identity).map_or(f64::NAN, |seconds| seconds as f64);
    gauge!("postrider_tls_cert_expiry_timestamp_seconds", "door" => door).set(seconds);
}

/// The time of its expiry, in seconds since 1970.
fn expiry(identity: &CertifiedKey) -> Option<u64> {
    let certificate = Certificate::from_der(identity.cert.first()?).ok()?;
    Some(certificate.tbs_certificate.validity.not_after.to_unix_duration().as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{CertificateParams, KeyPair, date_time_ymd};
    use rustls_pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

    #[test]
    fn a_certificate_says_when_it_expires() {
        // Years from 2050 on are written in another way.
        for (year, seconds) in [(2031, 1_924_992_000), (2051, 2_556_144_000)] {
            let key = KeyPair::generate().unwrap();
            let mut params = CertificateParams::new(["localhost".to_owned()]).unwrap();
            params.not_after = date_time_ymd(year, 1, 1);
            let chain = vec![params.self_signed(&key).unwrap().der().clone()];
            let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
            let provider = rustls::crypto::ring::default_provider();
            let identity = CertifiedKey::from_der(chain, key, &provider).unwrap();
            assert_eq!(expiry(&identity), Some(seconds));
        }
    }
}
