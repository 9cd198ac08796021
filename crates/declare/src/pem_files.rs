//! Files of certificates and keys, as far as they can be held to be such when they are declared.

use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

/// Whether a file holds at least one certificate.
pub(crate) fn check_certificates(path: &str) -> Result<(), String> {
    let octets = read(path)?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&octets).collect();
    match found {
        Ok(found) if found.is_empty() => {
            Err(format!("the file {path} holds no certificate: it needs a line -----BEGIN CERTIFICATE-----"))
        }
        Ok(found) if !found.iter().all(|certificate| is_der(certificate)) => {
            Err(format!("the file {path} holds something else under the name of a certificate"))
        }
        Ok(_) => Ok(()),
        Err(_) => Err(format!("the file {path} is damaged: its PEM can't be read")),
    }
}

/// Whether a file holds a private key.
pub(crate) fn check_key(path: &str) -> Result<(), String> {
    let key = PrivateKeyDer::from_pem_slice(&read(path)?);
    key.map(drop).map_err(|_| {
        format!("the file {path} holds no private key: it needs a line -----BEGIN PRIVATE KEY-----")
    })
}

fn read(path: &str) -> Result<Vec<u8>, String> {
    std::fs::read(path).map_err(|error| {
        let words = error.to_string();
        format!("can't read the file {path}: {}", words.split(" (os error").next().unwrap_or(&words))
    })
}

/// Whether octets are one sequence of ASN.1 in DER, as every certificate is (X.690, 8.1).
fn is_der(octets: &[u8]) -> bool {
    let [0x30, length, rest @ ..] = octets else { return false };
    let (long, short) = (length & 0x80 != 0, usize::from(length & 0x7F));
    if !long {
        return rest.len() == short;
    }
    let Some((length, content)) = rest.split_at_checked(short).filter(|_| (1..=4).contains(&short)) else {
        return false;
    };
    length.iter().fold(0, |length, octet| length << 8 | usize::from(*octet)) == content.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `SEQUENCE { INTEGER 1 }` in PEM: the form of a certificate, without its content.
    const FORM: &str = "-----BEGIN CERTIFICATE-----\nMAMCAQE=\n-----END CERTIFICATE-----\n";

    #[test]
    fn a_file_that_cannot_be_right_is_told_why() {
        let folder = tempfile::tempdir().unwrap();
        let check = |content: &str| {
            let path = folder.path().join("file.pem");
            std::fs::write(&path, content).unwrap();
            check_certificates(path.to_str().unwrap())
        };
        assert_eq!(check(FORM), Ok(()));
        let key = "-----BEGIN PRIVATE KEY-----\nMAMCAQE=\n-----END PRIVATE KEY-----\n";
        let cases = [
            ("", "holds no certificate"),
            ("hello", "holds no certificate"),
            (key, "holds no certificate"),
            (&FORM.replace("MAMCAQE=", "aGVsbG8="), "something else"),
            (&FORM.replace("MAMCAQE=", "!!"), "damaged"),
            (&FORM[..40], "damaged"),
        ];
        for (content, why) in cases {
            assert!(check(content).unwrap_err().contains(why), "{content}: {:?}", check(content));
        }
        assert!(check_certificates("/nonexistent").unwrap_err().contains("can't read"));
        let path = folder.path().join("key.pem");
        std::fs::write(&path, key).unwrap();
        assert_eq!(check_key(path.to_str().unwrap()), Ok(()));
        assert!(check_key(folder.path().join("file.pem").to_str().unwrap()).is_err());
    }
}
