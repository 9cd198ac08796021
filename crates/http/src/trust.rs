//! The authorities that servers are trusted by.

use rustls::{ClientConfig, RootCertStore};
use std::sync::Arc;

/// The authorities that this machine trusts; `SSL_CERT_FILE` and `SSL_CERT_DIR` name others.
#[must_use]
pub fn system_authorities() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    roots
}

/// TLS that trusts these authorities.
///
/// # Errors
/// The library's own.
pub fn trusting(roots: RootCertStore) -> Result<Arc<ClientConfig>, rustls::Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    Ok(Arc::new(builder.with_root_certificates(roots).with_no_client_auth()))
}
