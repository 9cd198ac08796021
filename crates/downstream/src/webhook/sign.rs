//! Signatures of Standard Webhooks: `v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use postrider_core::account::Webhook;
use sha2::Sha256;

/// The value of the header `webhook-signature`. `seconds` is the time since 1970, as in `webhook-timestamp`.
fn sign(secret: &[u8], id: &str, seconds: i64, body: &[u8]) -> String {
    // HMAC takes a key of any length: there is no error to lose.
    let Ok(mut mac) = <Hmac<Sha256>>::new_from_slice(secret) else { return String::new() };
    mac.update(format!("{id}.{seconds}.").as_bytes());
    mac.update(body);
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

/// The signatures by each key of a webhook, the new one first, separated by spaces.
pub(super) fn sign_all(webhook: &Webhook, id: &str, seconds: i64, body: &[u8]) -> String {
    let mut signatures = sign(&webhook.secret, id, seconds, body);
    if let Some(previous) = &webhook.previous_secret {
        signatures.push(' ');
        signatures.push_str(&sign(previous, id, seconds, body));
    }
    signatures
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vector that the reference libraries are tested with.
    #[test]
    fn the_signature_is_that_of_the_reference() {
        let secret = STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let body = br#"{"test": 2432232314}"#;
        let signature = sign(&secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, body);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }
}
