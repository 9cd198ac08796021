//! TLS to a carrier: the certificate is verified, against this machine's authorities, the operator's own, or one
//! known fingerprint, unless the operator says otherwise.

use rustls::client::WantsClientCert;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::{
    AlertDescription, CertificateError, ClientConfig, ConfigBuilder, DigitallySignedStruct, OtherError,
    RootCertStore, SignatureScheme,
};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use std::{fmt, io};

/// How a carrier's certificate is verified.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Trust {
    /// Against the certificate authorities that this machine trusts.
    #[default]
    System,
    /// Against these authorities alone, in PEM.
    Authorities(Box<[u8]>),
    /// By the SHA-256 of the certificate alone, whatever name and dates it bears: for carriers that signed their
    /// own.
    Pinned([u8; 32]),
    /// Not at all: encrypted, but open to anybody in between. For tests.
    Nobody,
}

/// A certificate and its key, where the carrier wants to see one of ours.
#[derive(Clone, Copy)]
pub struct Identity<'a> {
    /// The certificate and its chain, in PEM.
    pub chain: &'a [u8],
    /// Its key, in PEM.
    pub key: &'a [u8],
}

/// Why TLS can't be set up.
#[derive(Clone, Debug, thiserror::Error)]
pub enum TlsError {
    /// No authorities to verify against.
    #[error(
        "there are no certificate authorities to trust: install this machine's CA certificates or name a file"
    )]
    NoAuthorities,
    /// A certificate that can't be read.
    #[error("the certificates can't be read: {0}")]
    Pem(String),
    /// Something else that the library says.
    #[error("TLS can't be set up: {0}")]
    Rustls(#[from] rustls::Error),
}

/// TLS as one upstream uses it, set up once.
#[derive(Clone)]
pub struct Tls {
    pub(crate) config: Arc<ClientConfig>,
    pub(crate) name: Option<ServerName<'static>>,
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Tls {
    /// Sets TLS up. `name` is what the certificate must be for, if not the host's name.
    ///
    /// # Errors
    /// When authorities are missing or can't be read.
    pub fn new(trust: &Trust, name: Option<ServerName<'static>>) -> Result<Self, TlsError> {
        let config = verifying(trust)?.with_no_client_auth();
        Ok(Self { config: Arc::new(config), name })
    }

    /// Sets TLS up as [`Tls::new`] does, with a certificate of ours to show.
    ///
    /// # Errors
    /// When authorities are missing, or any certificate or key can't be read.
    pub fn with_identity(
        trust: &Trust,
        name: Option<ServerName<'static>>,
        identity: Identity<'_>,
    ) -> Result<Self, TlsError> {
        let pem = |error: rustls_pki_types::pem::Error| TlsError::Pem(error.to_string());
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(identity.chain).collect();
        let key = PrivateKeyDer::from_pem_slice(identity.key).map_err(pem)?;
        let config = verifying(trust)?.with_client_auth_cert(chain.map_err(pem)?, key)?;
        Ok(Self { config: Arc::new(config), name })
    }
}

impl Tls {
    /// The settings of connections, for protocols that make their own.
    #[must_use]
    pub fn config(&self) -> Arc<ClientConfig> {
        Arc::clone(&self.config)
    }

    /// The name that the certificate must have, if not the host's.
    #[must_use]
    pub const fn name(&self) -> Option<&ServerName<'static>> {
        self.name.as_ref()
    }
}

fn verifying(trust: &Trust) -> Result<ConfigBuilder<ClientConfig, WantsClientCert>, TlsError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder =
        ClientConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions()?;
    let fingerprint = match trust {
        Trust::System => return Ok(builder.with_root_certificates(system_roots()?)),
        Trust::Authorities(pem) => return Ok(builder.with_root_certificates(read_roots(pem)?)),
        Trust::Pinned(fingerprint) => Some(*fingerprint),
        Trust::Nobody => None,
    };
    Ok(builder.dangerous().with_custom_certificate_verifier(Arc::new(Pin { fingerprint, provider })))
}

fn system_roots() -> Result<RootCertStore, TlsError> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() { Err(TlsError::NoAuthorities) } else { Ok(roots) }
}

fn read_roots(pem: &[u8]) -> Result<RootCertStore, TlsError> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        roots.add(certificate.map_err(|error| TlsError::Pem(error.to_string()))?)?;
    }
    if roots.is_empty() { Err(TlsError::NoAuthorities) } else { Ok(roots) }
}

/// Why no handshake came about, in words that say what to do.
pub(crate) fn unsecured(error: &io::Error) -> io::Error {
    let words = match error.kind() {
        io::ErrorKind::UnexpectedEof => String::from(
            "the carrier closed the connection when it should have spoken TLS: ask for the port that does",
        ),
        _ => words(error).unwrap_or_else(|| format!("the TLS handshake failed: {error}")),
    };
    io::Error::new(error.kind(), words)
}

/// The TLS error in words that say what to do, where the library's own don't. A carrier that
/// wants to see a certificate may say so after its handshake.
pub(crate) fn words(error: &io::Error) -> Option<String> {
    match error.get_ref()?.downcast_ref::<rustls::Error>()? {
        rustls::Error::InvalidCertificate(fault) => {
            Some(format!("the carrier's certificate is not trusted: {}", why_not(fault)))
        }
        rustls::Error::InvalidMessage(_) => {
            Some("what answers there doesn't speak TLS: ask the carrier for the port that does".to_owned())
        }
        rustls::Error::AlertReceived(alert) => why_not_ours(*alert),
        _ => None,
    }
}

fn why_not_ours(alert: AlertDescription) -> Option<String> {
    match alert {
        AlertDescription::CertificateRequired => Some(
            "the carrier wants to see a certificate: name one in 'cert_file' and its key in 'key_file'"
                .to_owned(),
        ),
        AlertDescription::BadCertificate
        | AlertDescription::UnsupportedCertificate
        | AlertDescription::CertificateRevoked
        | AlertDescription::CertificateExpired
        | AlertDescription::CertificateUnknown
        | AlertDescription::UnknownCA => {
            Some(format!("the carrier doesn't accept our certificate: {alert:?}"))
        }
        _ => None,
    }
}

fn why_not(fault: &CertificateError) -> String {
    match fault {
        CertificateError::UnknownIssuer => {
            String::from("it is signed by none of the authorities that are trusted")
        }
        // What the verifier says of a certificate that is an authority's own, as most that are signed by themselves.
        CertificateError::Other(OtherError(other)) if other.to_string().contains("CaUsedAsEndEntity") => {
            String::from("it was signed by itself: pin it, by verify = 'fingerprint'")
        }
        CertificateError::Other(OtherError(other)) => other.to_string(),
        known => known.to_string(),
    }
}

/// A certificate other than the one that is pinned.
#[derive(Debug, thiserror::Error)]
#[error("its fingerprint is {}, which is not the one declared", hexadecimal(.0))]
struct NotPinned([u8; 32]);

/// Octets as lower-case hexadecimal digits.
pub(crate) fn hexadecimal(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

/// Takes one certificate and no other, or any; that its holder has the key is proved by the handshake as ever.
#[derive(Debug)]
struct Pin {
    fingerprint: Option<[u8; 32]>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Pin {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let presented: [u8; 32] = Sha256::digest(end_entity.as_ref()).into();
        if self.fingerprint.is_none_or(|fingerprint| fingerprint == presented) {
            Ok(ServerCertVerified::assertion())
        } else {
            Err(CertificateError::Other(OtherError(Arc::new(NotPinned(presented)))).into())
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
