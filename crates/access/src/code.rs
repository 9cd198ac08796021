//! One-time codes of an authenticator app: TOTP (RFC 6238) with SHA-1, six digits and steps of thirty seconds, which every app
//! knows.

use postrider_core::time::Time;
use postrider_core::user::CodeKey;
use ring::hmac;
use std::fmt::Write;
use subtle::ConstantTimeEq;

/// Seconds of a step.
const STEP: i64 = 30;
/// Steps that a clock may be off, either way.
const SKEW: u64 = 1;
/// Digits of a code.
pub const DIGITS: usize = 6;

/// The step of time now.
fn step(now: Time) -> u64 {
    u64::try_from(now.0.div_euclid(1_000).div_euclid(STEP)).unwrap_or(0)
}

/// The code of a step (RFC 4226, section 5.3).
fn code(key: &CodeKey, step: u64) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &key.0);
    let tag = hmac::sign(&key, &step.to_be_bytes());
    let octets = tag.as_ref();
    let offset = usize::from(octets.last().copied().unwrap_or_default() & 0xF);
    let mut number = [0; 4];
    number.copy_from_slice(&octets[offset..offset + 4]);
    let number = u32::from_be_bytes(number) & 0x7FFF_FFFF;
    format!("{:0width$}", number % 10_u32.pow(6), width = DIGITS)
}

/// The code that an app shows now.
#[must_use]
pub fn shown(key: &CodeKey, now: Time) -> String {
    code(key, step(now))
}

/// The step whose code this is, now or a moment ago; `None` if it is none of them. Spaces don't matter.
#[must_use]
pub fn matching(key: &CodeKey, given: &str, now: Time) -> Option<u64> {
    let given: String = given.chars().filter(|c| !c.is_whitespace()).collect();
    let now = step(now);
    let mut found = None;
    // All are looked at, so that the time tells nothing.
    for step in now.saturating_sub(SKEW)..=now + SKEW {
        if code(key, step).as_bytes().ct_eq(given.as_bytes()).into() {
            found = Some(step);
        }
    }
    found
}

/// The address that an authenticator app reads, as a QR code or a link: `otpauth://totp/…`.
#[must_use]
pub fn address(issuer: &str, user: &str, key: &str) -> String {
    let (issuer, user) = (escaped(issuer), escaped(user));
    format!(
        "otpauth://totp/{issuer}:{user}?secret={key}&issuer={issuer}&algorithm=SHA1&digits={DIGITS}&period={STEP}"
    )
}

/// A text as a part of an address (RFC 3986, section 2).
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for octet in text.bytes() {
        if octet.is_ascii_alphanumeric() || b"-._~".contains(&octet) {
            escaped.push(char::from(octet));
        } else {
            // Writing to a string can't fail.
            let _ = write!(escaped, "%{octet:02X}");
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> CodeKey {
        CodeKey(Box::from(*b"12345678901234567890"))
    }

    /// RFC 6238, appendix B, the last six digits.
    #[test]
    fn codes_are_as_the_standard_has_them() {
        for (seconds, expected) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(code(&key(), step(Time(seconds * 1_000))), expected, "{seconds}");
        }
    }

    #[test]
    fn a_clock_may_be_half_a_minute_off() {
        let at = |seconds: i64| matching(&key(), "287 082", Time(seconds * 1_000));
        assert_eq!((at(0), at(59), at(89)), (Some(1), Some(1), Some(1)));
        assert_eq!(
            (at(90), matching(&key(), "", Time(59_000)), matching(&key(), "28708", Time(59_000))),
            (None, None, None)
        );
    }

    #[test]
    fn an_app_reads_the_address() {
        assert_eq!(
            address("Postrider", "anna", "GEZDGNBV"),
            "otpauth://totp/Postrider:anna?secret=GEZDGNBV&issuer=Postrider&algorithm=SHA1&digits=6&period=30"
        );
        assert!(address("A & B", "x", "y").starts_with("otpauth://totp/A%20%26%20B:x?"));
    }
}
