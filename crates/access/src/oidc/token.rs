//! Tokens that say who somebody is (OpenID Connect Core 1.0, section 2), and their validation (section 3.1.3.7).

use super::key::Keys;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use postrider_core::time::Time;
use serde::Deserialize;
use serde_json::{Map, Value};
use subtle::ConstantTimeEq;

/// How far the provider's clock may be from this one's, in seconds.
const SKEW: i64 = 120;

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
}

/// What must be true of a token.
pub(super) struct Expected<'a> {
    pub(super) issuer: &'a str,
    pub(super) client_id: &'a str,
    pub(super) nonce: &'a str,
    pub(super) now: Time,
}

/// What is claimed of somebody.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Claims(pub(super) Map<String, Value>);

impl Claims {
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_str()
    }

    #[expect(clippy::cast_possible_truncation, reason = "seconds of a time fit")]
    fn seconds(&self, name: &str) -> Option<i64> {
        let value = self.0.get(name)?;
        value.as_i64().or_else(|| value.as_f64().map(|seconds| seconds as i64))
    }

    /// Who it is, for the provider.
    pub(super) fn subject(&self) -> Option<&str> {
        self.text("sub").filter(|subject| !subject.is_empty())
    }

    /// When they proved who they are, if the provider says.
    pub(super) fn proved(&self) -> Option<Time> {
        self.seconds("auth_time").map(|seconds| Time(seconds.saturating_mul(1_000)))
    }

    /// The texts of a claim that is one, or a list of them.
    pub(super) fn texts(&self, name: &str) -> Vec<&str> {
        match self.0.get(name) {
            Some(Value::String(text)) => vec![text],
            Some(Value::Array(texts)) => texts.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        }
    }

    /// Adds what isn't claimed yet.
    pub(super) fn fill_in(&mut self, others: Self) {
        for (name, value) in others.0 {
            self.0.entry(name).or_insert(value);
        }
    }
}

/// What a token claims, if one of the keys signed it and everything is as expected.
pub(super) fn read(token: &str, keys: &Keys, expected: &Expected<'_>) -> Result<Claims, &'static str> {
    let parts: Vec<&str> = token.split('.').collect();
    let [header, payload, signature] = parts.as_slice() else { return Err("the token has no three parts") };
    let decoded = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| "the token is no base64");
    let head: Header = serde_json::from_slice(&decoded(header)?).map_err(|_| "the token has no header")?;
    let signed = &token.as_bytes()[..header.len() + 1 + payload.len()];
    if !keys.signed(&head.alg, head.kid.as_deref(), signed, &decoded(signature)?) {
        return Err("no key of the provider signed the token");
    }
    let claims = serde_json::from_slice(&decoded(payload)?).map_err(|_| "the token has no claims")?;
    let claims = Claims(claims);
    check(&claims, expected)?;
    Ok(claims)
}

fn check(claims: &Claims, expected: &Expected<'_>) -> Result<(), &'static str> {
    let now = expected.now.0.div_euclid(1_000);
    let audience = claims.texts("aud");
    if claims.text("iss") != Some(expected.issuer) {
        return Err("another provider issued the token");
    }
    if !audience.contains(&expected.client_id) {
        return Err("the token is for another application");
    }
    // Whoever else is named, it was asked for by this application.
    match claims.text("azp") {
        Some(party) if party != expected.client_id => return Err("another application asked for the token"),
        None if audience.len() > 1 => {
            return Err("the token is for several applications, and says not which asked");
        }
        _ => {}
    }
    if claims.seconds("exp").is_none_or(|end| end + SKEW <= now) {
        return Err("the token has expired");
    }
    if claims.seconds("iat").is_none_or(|begin| begin - SKEW > now) {
        return Err("the token is from the future: compare the clocks");
    }
    let nonce = claims.text("nonce").unwrap_or_default();
    if !bool::from(nonce.as_bytes().ct_eq(expected.nonce.as_bytes())) {
        return Err("the token was made for another attempt");
    }
    claims.subject().map(drop).ok_or("the token names nobody")
}

#[cfg(test)]
mod tests {
    use super::*;
    use ring::rand::SystemRandom;
    use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
    use serde_json::json;

    const NOW: i64 = 1_900_000_000;

    struct Provider {
        pair: EcdsaKeyPair,
        random: SystemRandom,
    }

    impl Provider {
        fn new() -> Self {
            let random = SystemRandom::new();
            let key = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
            let pair =
                EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, key.as_ref(), &random).unwrap();
            Self { pair, random }
        }

        fn keys(&self, kid: &str) -> Keys {
            let point = self.pair.public_key().as_ref();
            let (x, y) = (URL_SAFE_NO_PAD.encode(&point[1..33]), URL_SAFE_NO_PAD.encode(&point[33..]));
            serde_json::from_value(json!({ "keys": [
                { "kty": "oct", "k": "AA" },
                { "kty": "EC", "crv": "P-256", "kid": kid, "use": "sig", "alg": "ES256", "x": x, "y": y },
            ] }))
            .unwrap()
        }

        fn token(&self, header: &Value, claims: &Value) -> String {
            let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
            let signed = format!("{}.{}", part(header), part(claims));
            let signature = self.pair.sign(&self.random, signed.as_bytes()).unwrap();
            format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
        }
    }

    fn expected() -> Expected<'static> {
        Expected { issuer: "https://id.example", client_id: "postrider", nonce: "n1", now: Time(NOW * 1_000) }
    }

    fn claims() -> Value {
        json!({ "iss": "https://id.example", "aud": "postrider", "sub": "17", "nonce": "n1", "iat": NOW, "exp": NOW + 300 })
    }

    #[test]
    fn a_token_of_the_provider_is_believed() {
        let provider = Provider::new();
        let token = provider.token(&json!({ "alg": "ES256", "kid": "a" }), &claims());
        let read = read(&token, &provider.keys("a"), &expected()).unwrap();
        assert_eq!((read.subject(), read.proved()), (Some("17"), None));
    }

    #[test]
    fn no_other_token_is() {
        let (provider, stranger) = (Provider::new(), Provider::new());
        let header = json!({ "alg": "ES256", "kid": "a" });
        let refused = |token: &str| read(token, &provider.keys("a"), &expected()).unwrap_err();
        assert!(refused(&stranger.token(&header, &claims())).contains("no key"));
        assert!(
            refused(&provider.token(&json!({ "alg": "ES256", "kid": "b" }), &claims())).contains("no key")
        );
        // Neither no signature, nor one by a key that everybody knows.
        for alg in ["none", "HS256", "RS256"] {
            assert!(
                refused(&provider.token(&json!({ "alg": alg, "kid": "a" }), &claims())).contains("no key"),
                "{alg}"
            );
        }
        let whole = provider.token(&header, &claims());
        let unsigned = whole.rsplit_once('.').unwrap().0;
        assert!(refused(&format!("{unsigned}.")).contains("no key"));
        assert!(refused(unsigned).contains("three parts"));
    }

    #[test]
    fn a_token_for_somebody_else_or_another_time_is_refused() {
        let provider = Provider::new();
        for (name, value, why) in [
            ("iss", json!("https://other.example"), "another provider"),
            ("aud", json!("other"), "another application"),
            ("aud", json!(["postrider", "other"]), "several applications"),
            ("azp", json!("other"), "another application asked"),
            ("nonce", json!("n2"), "another attempt"),
            ("nonce", Value::Null, "another attempt"),
            ("exp", json!(NOW - 121), "expired"),
            ("exp", Value::Null, "expired"),
            ("iat", json!(NOW + 121), "future"),
            ("sub", json!(""), "nobody"),
        ] {
            let mut changed = claims();
            changed[name] = value.clone();
            let token = provider.token(&json!({ "alg": "ES256" }), &changed);
            let refused = read(&token, &provider.keys("a"), &expected()).unwrap_err();
            assert!(refused.contains(why), "{name} {value}: {refused}");
        }
        let mut several = claims();
        (several["aud"], several["azp"]) = (json!(["postrider", "other"]), json!("postrider"));
        assert!(
            read(&provider.token(&json!({ "alg": "ES256" }), &several), &provider.keys("a"), &expected())
                .is_ok()
        );
    }

    /// RFC 7515, appendix A.2: a signature by RSA.
    #[test]
    fn signatures_of_the_standard_are_read() {
        let keys: Keys = serde_json::from_value(json!({ "keys": [{ "kty": "RSA", "e": "AQAB",
            "n": "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_\
                  YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3\
                  qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ",
        }] }))
        .unwrap();
        let signed = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
        let signature = "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjb\
                         KBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7no\
                         OPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";
        let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
        assert!(keys.signed("RS256", None, signed.as_bytes(), &signature));
        assert!(!keys.signed("RS256", None, b"other", &signature));
        assert!(!keys.signed("PS256", None, signed.as_bytes(), &signature));
    }
}
