//! Keys of providers (RFC 7517, RFC 7518), and whether one of them signed something.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{
    self, EcdsaVerificationAlgorithm, RsaParameters, RsaPublicKeyComponents, UnparsedPublicKey,
};
use serde::Deserialize;

/// The keys of a provider.
#[derive(Debug, Deserialize)]
pub(super) struct Keys {
    keys: Vec<Key>,
}

/// A key; those of kinds that are not used have no field that is.
#[derive(Debug, Deserialize)]
struct Key {
    kty: String,
    kid: Option<String>,
    #[serde(rename = "use")]
    purpose: Option<String>,
    alg: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

impl Keys {
    /// Whether one of the keys signed this. A signature without a key's name may be any key's.
    pub(super) fn signed(&self, algorithm: &str, kid: Option<&str>, signed: &[u8], signature: &[u8]) -> bool {
        let fits = |key: &&Key| {
            let is_named = kid.is_none() || key.kid.is_none() || key.kid.as_deref() == kid;
            let is_for_this = key.alg.as_deref().is_none_or(|alg| alg == algorithm);
            is_named && is_for_this && key.purpose.as_deref().is_none_or(|purpose| purpose == "sig")
        };
        self.keys.iter().filter(fits).any(|key| key.signed(algorithm, signed, signature).unwrap_or(false))
    }
}

impl Key {
    /// Whether it signed this; `None` if it is of another kind.
    fn signed(&self, algorithm: &str, signed: &[u8], signature: &[u8]) -> Option<bool> {
        if let Some(parameters) = rsa(algorithm) {
            let (n, e) = (number(self.n.as_deref()?)?, number(self.e.as_deref()?)?);
            let key = RsaPublicKeyComponents { n, e };
            return (self.kty == "RSA").then(|| key.verify(parameters, signed, signature).is_ok());
        }
        if let Some((parameters, octets)) = elliptic(algorithm) {
            let (x, y) = (decoded(self.x.as_deref()?)?, decoded(self.y.as_deref()?)?);
            // An uncompressed point (SEC 1, section 2.3.3).
            let point = [[4].as_slice(), &x, &y].concat();
            let is_point = self.kty == "EC" && x.len() == octets && y.len() == octets;
            let key = UnparsedPublicKey::new(parameters, point);
            return is_point.then(|| key.verify(signed, signature).is_ok());
        }
        if algorithm == "EdDSA" && self.kty == "OKP" {
            let key = UnparsedPublicKey::new(&signature::ED25519, decoded(self.x.as_deref()?)?);
            return Some(key.verify(signed, signature).is_ok());
        }
        None
    }
}

/// RSA's algorithms. Keys of fewer than 2,048 bits are refused.
fn rsa(algorithm: &str) -> Option<&'static RsaParameters> {
    Some(match algorithm {
        "RS256" => &signature::RSA_PKCS1_2048_8192_SHA256,
        "RS384" => &signature::RSA_PKCS1_2048_8192_SHA384,
        "RS512" => &signature::RSA_PKCS1_2048_8192_SHA512,
        "PS256" => &signature::RSA_PSS_2048_8192_SHA256,
        "PS384" => &signature::RSA_PSS_2048_8192_SHA384,
        "PS512" => &signature::RSA_PSS_2048_8192_SHA512,
        _ => return None,
    })
}

/// Algorithms on elliptic curves, and the octets of a coordinate.
fn elliptic(algorithm: &str) -> Option<(&'static EcdsaVerificationAlgorithm, usize)> {
    Some(match algorithm {
        "ES256" => (&signature::ECDSA_P256_SHA256_FIXED, 32),
        "ES384" => (&signature::ECDSA_P384_SHA384_FIXED, 48),
        _ => return None,
    })
}

fn decoded(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

/// A number without zeros before it, which ring refuses.
fn number(text: &str) -> Option<Vec<u8>> {
    let octets = decoded(text)?;
    let first = octets.iter().position(|octet| *octet != 0)?;
    Some(octets[first..].to_vec())
}
