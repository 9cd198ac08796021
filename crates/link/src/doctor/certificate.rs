//! Carriers' certificates: their faults in words, and their fingerprints.

use super::{Finding, Reachable, spoken};
use crate::connect::{Dialer, Host, secure, words};
use crate::tls::{Tls, Trust, hexadecimal, unsecured};
use rustls::{CertificateError, Error};
use rustls_pki_types::UnixTime;
use sha2::{Digest, Sha256};
use std::io;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::client::TlsStream;

/// How long a look at a certificate that isn't trusted may take.
const LOOK: Duration = Duration::from_secs(3);
const DAY: u64 = 24 * 60 * 60;

/// What there is to say of TLS that came about.
pub(super) fn accepted(stream: &TlsStream<TcpStream>, took: Duration) -> String {
    let version = match stream.get_ref().1.protocol_version() {
        Some(rustls::ProtocolVersion::TLSv1_2) => "TLS 1.2",
        _ => "TLS 1.3",
    };
    format!("{version}, and the certificate is trusted ({})", spoken(took))
}

/// The SHA-256 of the certificate that is shown there, trusted or not; `None` if there is no TLS.
pub async fn fingerprint(dialer: &Dialer, place: &Reachable) -> Option<String> {
    let tls = Tls::new(&Trust::Nobody, dialer.tls.as_ref().and_then(|tls| tls.name.clone())).ok()?;
    let look = async {
        let stream = secure(&tls, &place.host, dialer.reach(place.address).await?).await?;
        let certificate = stream.get_ref().1.peer_certificates().and_then(<[_]>::first);
        io::Result::Ok(certificate.map(|certificate| hexadecimal(&Sha256::digest(certificate.as_ref()))))
    };
    timeout(LOOK, look).await.ok()?.ok()?
}

/// Why no TLS came about, and what to do.
pub(super) fn distrusted(found: Finding, error: &io::Error, host: &Host, shown: Option<&str>) -> Finding {
    let fault = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>());
    let Some(Error::InvalidCertificate(fault)) = fault else {
        let found = found.failed(words(&unsecured(error)));
        return match error.kind() {
            io::ErrorKind::TimedOut => found
                .means("something accepts connections there and doesn't speak TLS")
                .advice("ask the carrier for the port that speaks TLS, or take the section 'tls' away"),
            _ => found.advice(
                "ask the carrier for the port that speaks TLS, and whether it wants a certificate of yours",
            ),
        };
    };
    let (what, means, advice) = fault_in_words(fault, &host.name);
    let seen = shown.map(|shown| format!("; its SHA-256 is {shown}")).unwrap_or_default();
    found
        .failed(format!("the carrier's certificate is not trusted: {what}{seen}"))
        .means(means)
        .advice(advice)
}

/// The fault, its meaning, and a remedy.
fn fault_in_words(fault: &CertificateError, host: &str) -> (String, &'static str, &'static str) {
    match fault {
        CertificateError::Expired => ("it has expired".to_owned(), EXPIRED, RENEW),
        CertificateError::ExpiredContext { time, not_after } => {
            (format!("it expired {} days ago", days(*time, *not_after)), EXPIRED, RENEW)
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => (
            "it is not valid yet".to_owned(),
            "it begins to be valid in the future, or the clock of this machine is wrong",
            "compare this machine's clock; ask the carrier when the certificate begins",
        ),
        CertificateError::NotValidForName => wrong_name(host, "another name"),
        CertificateError::NotValidForNameContext { presented, .. } => {
            // The library writes `DnsName("a.example.net")`.
            let names = presented.iter().map(|name| name.split('"').nth(1).unwrap_or(name));
            wrong_name(host, &names.collect::<Vec<_>>().join(", "))
        }
        CertificateError::UnknownIssuer => {
            ("it is signed by none of the authorities that are trusted".to_owned(), OWN, PIN)
        }
        // What remains is told by the library or by our own check of a fingerprint; most of it is a certificate
        // that its owner signed as an authority.
        other if format!("{other:?}").contains("CaUsedAsEndEntity") => {
            ("it was signed by itself".to_owned(), OWN, PIN)
        }
        CertificateError::Other(other) => (
            other.0.to_string(),
            "the carrier has another certificate now, or somebody sits in between",
            "ask the carrier for the fingerprint of its certificate, by telephone or on its pages; write it to \
             'tls.fingerprint' if it is the one that was seen",
        ),
        other => (other.to_string(), OWN, PIN),
    }
}

const EXPIRED: &str = "the carrier forgot to renew its certificate, or the clock of this machine is wrong";
const RENEW: &str = "compare this machine's clock; ask the carrier to renew its certificate. Until then only \
                     `tls = { verify = 'fingerprint', fingerprint = '...' }` takes it, which looks at no dates";
const OWN: &str =
    "the carrier signed its certificate itself, or by an authority that this machine doesn't know";
const PIN: &str = "ask the carrier for its authority's certificate and name it: `tls = { verify = 'ca_file', ca_file = \
                   '...' }`; or ask whether the SHA-256 that was seen is that of its certificate, and pin it: `tls = \
                   { verify = 'fingerprint', fingerprint = '...' }`";

fn wrong_name(host: &str, presented: &str) -> (String, &'static str, &'static str) {
    (
        format!("it is for {presented}, and not for {host}"),
        "the carrier's certificate bears another name than the one that is connected to",
        "write the name that it bears to 'host', or to 'tls.server_name' if the carrier confirms that it is its name",
    )
}

fn days(now: UnixTime, then: UnixTime) -> u64 {
    now.as_secs().saturating_sub(then.as_secs()) / DAY
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_fault_is_told_in_its_own_words() {
        let at = |secs| UnixTime::since_unix_epoch(Duration::from_secs(secs));
        let expired = CertificateError::ExpiredContext { time: at(11 * DAY), not_after: at(DAY) };
        for (fault, words, advice) in [
            (expired, "it expired 10 days ago", "clock"),
            (CertificateError::NotValidForName, "it is for another name, and not for h", "server_name"),
            (CertificateError::UnknownIssuer, "signed by none", "fingerprint"),
            (CertificateError::NotValidYet, "not valid yet", "clock"),
        ] {
            let (what, _, help) = fault_in_words(&fault, "h");
            assert!(what.contains(words) && help.contains(advice), "{fault:?}: {what}: {help}");
        }
    }
}
