//! Speaking TLS with the database: whom to trust to be it. The server's certificate is always verified.

use super::open::OpenError;
use super::refusal::cause;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, OtherError, RootCertStore, SignatureScheme,
};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject};
use std::io;
use std::path::Path;
use std::sync::Arc;
use tokio_postgres_rustls::MakeRustlsConnect;

/// TLS with a server for which the authorities in a file vouch, or which is in it itself, or else one for which this
/// machine's authorities do.
pub(super) fn connector(trusted: Option<&Path>) -> Result<MakeRustlsConnect, OpenError> {
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| OpenError::Tls(error.to_string()))?;
    let builder = match trusted {
        Some(path) => {
            let verifier = Arc::new(Named::from_file(path, provider)?);
            builder.dangerous().with_custom_certificate_verifier(verifier)
        }
        None => builder.with_root_certificates(of_this_machine()),
    };
    Ok(MakeRustlsConnect::new(builder.with_no_client_auth()))
}

/// A machine without authorities can still speak without TLS; with it, the handshake says that nobody is trusted.
fn of_this_machine() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    roots
}

/// The fault of the server's certificate, in words.
pub(super) fn fault(error: &tokio_postgres::Error) -> Option<String> {
    let fault = cause::<io::Error>(error)?.get_ref()?.downcast_ref::<rustls::Error>()?;
    let rustls::Error::InvalidCertificate(fault) = fault else { return None };
    let why = match fault {
        CertificateError::UnknownIssuer => "it is signed by none of the authorities that are trusted".into(),
        CertificateError::Other(OtherError(other)) if other.to_string().contains("CaUsedAsEndEntity") => {
            "it is signed by itself".into()
        }
        CertificateError::Other(OtherError(other)) => other.to_string(),
        known => known.to_string(),
    };
    Some(format!("its certificate is not trusted: {why}"))
}

/// Believes a server whose certificate stands in a file, whatever name it bears, and any other for which one of
/// those in the file vouches.
#[derive(Debug)]
struct Named {
    certificates: Vec<CertificateDer<'static>>,
    authorities: Arc<WebPkiServerVerifier>,
}

impl Named {
    fn from_file(path: &Path, provider: Arc<CryptoProvider>) -> Result<Self, OpenError> {
        let failed = |why: String| OpenError::Authorities { path: path.to_owned(), why };
        let pem = std::fs::read(path).map_err(|error| failed(error.to_string()))?;
        let certificates: Vec<_> = CertificateDer::pem_slice_iter(&pem)
            .collect::<Result<_, _>>()
            .map_err(|error| failed(error.to_string()))?;
        if certificates.is_empty() {
            return Err(failed("it holds no certificate".into()));
        }
        let mut roots = RootCertStore::empty();
        for certificate in &certificates {
            roots.add(certificate.clone()).map_err(|error| failed(error.to_string()))?;
        }
        let authorities = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider)
            .build()
            .map_err(|error| failed(error.to_string()))?;
        Ok(Self { certificates, authorities })
    }
}

impl ServerCertVerifier for Named {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        // That it has the key too is proved by the handshake.
        if self.certificates.iter().any(|certificate| certificate.as_ref() == end_entity.as_ref()) {
            return Ok(ServerCertVerified::assertion());
        }
        self.authorities.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.authorities.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.authorities.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.authorities.supported_verify_schemes()
    }
}
