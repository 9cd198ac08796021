//! Certificates for stories: an authority's, certificates that it signs, and a self-signed one.

use rcgen::{
    BasicConstraints, Certificate, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    date_time_ymd,
};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// An authority that signs certificates.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    folder: TempDir,
}

/// A certificate with its key, in files that a configuration can name.
#[derive(Debug)]
pub(crate) struct Certified {
    fingerprint: String,
    folder: TempDir,
}

impl Authority {
    /// Makes an authority of this name, with a key of its own.
    pub(crate) fn new(name: &str) -> Self {
        let (key, params) = (KeyPair::generate().unwrap(), authority(&[], name));
        let (certificate, folder) = (params.self_signed(&key).unwrap(), tempfile::tempdir().unwrap());
        std::fs::write(folder.path().join("ca.pem"), certificate.pem()).unwrap();
        Self { issuer: Issuer::new(params, key), folder }
    }

    /// The file of its own certificate, for programs that trust it.
    pub(crate) fn ca_file(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// A certificate for a host, by name or by address.
    pub(crate) fn certify(&self, host: &str) -> Certified {
        let key = KeyPair::generate().unwrap();
        let mut params = params(&[host], host);
        params.use_authority_key_identifier_extension = true;
        Certified::new(&params.signed_by(&key, &self.issuer).unwrap(), &key)
    }

    /// An expired certificate for a host.
    pub(crate) fn expired(&self, host: &str) -> Certified {
        let key = KeyPair::generate().unwrap();
        let mut params = params(&[host], host);
        params.not_after = date_time_ymd(2020, 1, 1);
        Certified::new(&params.signed_by(&key, &self.issuer).unwrap(), &key)
    }
}

impl Certified {
    /// A self-signed certificate as people make it by hand: one that may sign others, for another name, and expired.
    pub(crate) fn by_itself() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = authority(&["localhost.localdomain"], "localhost.localdomain");
        params.not_after = date_time_ymd(2020, 1, 1);
        Self::new(&params.self_signed(&key).unwrap(), &key)
    }

    fn new(certificate: &Certificate, key: &KeyPair) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let digest = Sha256::digest(certificate.der());
        let fingerprint = digest.iter().map(|octet| format!("{octet:02x}")).collect();
        let certified = Self { fingerprint, folder };
        std::fs::write(certified.cert_file(), certificate.pem()).unwrap();
        std::fs::write(certified.key_file(), key.serialize_pem()).unwrap();
        certified
    }

    pub(crate) fn cert_file(&self) -> PathBuf {
        self.file("cert.pem")
    }

    pub(crate) fn key_file(&self) -> PathBuf {
        self.file("key.pem")
    }

    /// Replaces the files by another certificate and its key, as a renewal does.
    pub(crate) fn renew(&self, other: &Self) {
        std::fs::copy(other.cert_file(), self.cert_file()).unwrap();
        std::fs::copy(other.key_file(), self.key_file()).unwrap();
    }

    /// The SHA-256 of the certificate, in hexadecimal.
    pub(crate) fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    fn file(&self, name: &str) -> PathBuf {
        Path::join(self.folder.path(), name)
    }
}

fn params(hosts: &[&str], name: &str) -> CertificateParams {
    let hosts: Vec<String> = hosts.iter().map(|host| (*host).to_owned()).collect();
    let mut params = CertificateParams::new(hosts).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    params
}

fn authority(hosts: &[&str], name: &str) -> CertificateParams {
    let mut params = params(hosts, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}
