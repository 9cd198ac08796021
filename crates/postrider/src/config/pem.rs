//! Certificates and keys in files (PEM): read, and held to be what they are for.

use crate::failure::plain;
use rustls::crypto::ring;
use rustls::sign::CertifiedKey;
use rustls_pki_types::pem::{self, PemObject};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use std::path::Path;

/// Why a file is of no use, and what to do about it.
pub(super) struct Unusable {
    pub(super) what: String,
    pub(super) help: &'static str,
}

/// The certificates in a file, the first of them its owner's.
pub(super) fn chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, Unusable> {
    let text = read(path)?;
    let chain: Vec<_> = CertificateDer::pem_slice_iter(&text)
        .collect::<Result<_, _>>()
        .map_err(|error| damaged(path, &error))?;
    if chain.is_empty() {
        let what = format!("{} holds no certificate", path.display());
        return Err(Unusable { what, help: "it should have a line `-----BEGIN CERTIFICATE-----`" });
    }
    Ok(chain)
}

/// The private key in a file.
pub(super) fn key(path: &Path) -> Result<PrivateKeyDer<'static>, Unusable> {
    PrivateKeyDer::from_pem_slice(&read(path)?).map_err(|error| match error {
        pem::Error::NoItemsFound => Unusable {
            what: format!("{} holds no private key", path.display()),
            help: "it should have a line `-----BEGIN PRIVATE KEY-----`, and no passphrase",
        },
        error => damaged(path, &error),
    })
}

/// A certificate with its key, if they belong together.
pub(super) fn identity(
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> Result<CertifiedKey, Unusable> {
    CertifiedKey::from_der(chain, key, &ring::default_provider()).map_err(|error| match error {
        rustls::Error::InconsistentKeys(_) => Unusable {
            what: "this is not the key of the certificate in `cert_file`".to_owned(),
            help: "the file with the certificate begins with its owner's; those of authorities come after it",
        },
        rustls::Error::General(_) => Unusable {
            what: "this is no kind of key that can be used".to_owned(),
            help: "keys may be RSA, ECDSA (P-256, P-384) or Ed25519",
        },
        error => Unusable {
            what: format!("the certificate in `cert_file` can't be used: {error}"),
            help: "`openssl x509 -noout -text` shows what it is",
        },
    })
}

fn read(path: &Path) -> Result<Vec<u8>, Unusable> {
    std::fs::read(path).map_err(|error| Unusable {
        what: format!("can't read {}: {}", path.display(), plain(&error.to_string())),
        help: "it must exist and be readable for the user that the gateway runs as",
    })
}

fn damaged(path: &Path, error: &pem::Error) -> Unusable {
    let why = match error {
        pem::Error::MissingSectionEnd { .. } => "it breaks off",
        pem::Error::SectionTooLarge => "it is too large",
        _ => "what stands in it is not base64",
    };
    Unusable { what: format!("{} is damaged: {why}", path.display()), help: "copy it here once more" }
}
