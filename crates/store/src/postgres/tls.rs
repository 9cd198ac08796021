//! Speaking TLS with the database: whom to trust to be it. The server's certificate is always verified.

use super::open::OpenError;
use rustls::{ClientConfig, RootCertStore, crypto::ring};
use rustls_pki_types::{CertificateDer, pem::PemObject};
use std::path::Path;
use std::sync::Arc;
use tokio_postgres_rustls::MakeRustlsConnect;

/// TLS with a server for which the authorities in a file vouch, or else this machine's.
pub(super) fn connector(authorities: Option<&Path>) -> Result<MakeRustlsConnect, OpenError> {
    let roots = match authorities {
        Some(path) => from_file(path)?,
        None => of_this_machine(),
    };
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| OpenError::Tls(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

/// A machine without authorities can still speak without TLS; with it, the handshake says that nobody is trusted.
fn of_this_machine() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    roots
}

fn from_file(path: &Path) -> Result<RootCertStore, OpenError> {
    let failed = |why: String| OpenError::Authorities { path: path.to_owned(), why };
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(path).map_err(|error| failed(error.to_string()))? {
        let certificate = certificate.map_err(|error| failed(error.to_string()))?;
        roots.add(certificate).map_err(|error| failed(error.to_string()))?;
    }
    if roots.is_empty() { Err(failed("it holds no certificate".into())) } else { Ok(roots) }
}
