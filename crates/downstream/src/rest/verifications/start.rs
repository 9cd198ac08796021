//! Starts of verifications.

use super::not_started;
use super::view::VerificationView;
use crate::rest::Rest;
use crate::rest::answer::json;
use crate::rest::caller::ByAccount;
use crate::rest::payload::{Payload, parse};
use crate::rest::problem::{Problem, ProblemDocument};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use postrider_apps::verification::{DIGITS_MAX, DIGITS_MIN, Form, StartRequest, VALID_MAX, VALID_MIN};
use postrider_declare::Span;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use utoipa::ToSchema;

/// The longest purpose, in octets.
const PURPOSE_MAX: usize = 32;
/// The shortest time without a receipt after which a code is sent again.
const RESEND_MIN: Duration = Duration::from_secs(15);
/// The longest time without a receipt after which a code is sent again.
const RESEND_MAX: Duration = Duration::from_secs(900);

/// The way by which codes are sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = VerificationChannel)]
pub(in crate::rest) enum Channel {
    /// A text message.
    #[default]
    Sms,
}

/// A number to be verified.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::rest) struct VerificationRequest {
    /// The number in international form, such as `+447700900123`.
    to: String,
    /// What it is for, up to 32 octets, such as `login`. A number has one pending verification for each. Default: none.
    #[serde(default)]
    #[schema(max_length = 32)]
    purpose: Option<String>,
    /// The way by which the code is sent. Default: `sms`.
    #[serde(default)]
    #[schema(default = "sms")]
    channel: Option<Channel>,
    /// The digits of the code, 4 to 10. Default: 6.
    #[serde(default)]
    #[schema(minimum = 4, maximum = 10)]
    digits: Option<u8>,
    /// The time for which the code is valid: seconds, or a span such as `5m`, from 1m to 1h. Default: `10m`.
    #[serde(default)]
    valid_for: Option<Span>,
    /// The language of the message, as a tag such as `de` or `pt-BR`. Default: `en`, also for one that isn't known.
    #[serde(default)]
    language: Option<String>,
    /// The name before the text, such as that of a product, up to 30 characters.
    #[serde(default)]
    #[schema(max_length = 30)]
    name: Option<String>,
    /// The host of the web page that asks for the code, such as `shop.example`: browsers (WebOTP) and Apple's devices fill the
    /// code in on its pages alone.
    #[serde(default)]
    domain: Option<String>,
    /// The hash of the Android app that asks for the code: its SMS Retriever fills the code in.
    #[serde(default)]
    #[schema(pattern = "^[A-Za-z0-9+/]{11}$")]
    app_hash: Option<String>,
    /// The sender that the recipient sees. Default: the account's.
    #[serde(default)]
    from: Option<String>,
    /// The time without a receipt after which the code is sent again once, by another upstream if there is one: from 15s to 15m.
    /// Default: it is not.
    #[serde(default)]
    resend_after: Option<Span>,
    /// The IP address of who asks for the code. An address gets a limited number of codes.
    #[serde(default)]
    ip: Option<String>,
}

/// A verification that was started, or is pending.
#[derive(Serialize, ToSchema)]
pub(in crate::rest) struct VerificationStarted {
    #[serde(flatten)]
    verification: VerificationView,
    /// Whether this request sent the code. It doesn't before `next_send_at` of a pending verification.
    sent: bool,
}

impl VerificationRequest {
    fn read(self) -> Result<StartRequest, Problem> {
        let wrong = |field: &'static str, detail: String| {
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_verification", detail).at(field)
        };
        let Channel::Sms = self.channel.unwrap_or_default();
        let purpose = self.purpose.unwrap_or_default();
        if purpose.len() > PURPOSE_MAX || purpose.chars().any(char::is_control) {
            return Err(wrong(
                "purpose",
                format!("purpose must have up to {PURPOSE_MAX} octets on one line"),
            ));
        }
        if self.digits.is_some_and(|digits| !(DIGITS_MIN..=DIGITS_MAX).contains(&digits)) {
            return Err(wrong("digits", format!("digits must be from {DIGITS_MIN} to {DIGITS_MAX}")));
        }
        let span = |field, given: Option<Span>, least: Duration, most: Duration, words: &str| {
            let Some(given) = given else { return Ok(None) };
            let read = given.read().map_err(|error| wrong(field, error.to_string()))?;
            let fits = (least..=most).contains(&read);
            if fits { Ok(Some(read)) } else { Err(wrong(field, format!("{field} must be {words}"))) }
        };
        let address: Option<IpAddr> = match self.ip.as_deref().map(str::parse) {
            Some(Err(_)) => return Err(wrong("ip", "ip must be an IPv4 or IPv6 address".into())),
            Some(Ok(address)) => Some(address),
            None => None,
        };
        let boxed = |text: Option<String>| text.map(String::into_boxed_str);
        Ok(StartRequest {
            to: self.to,
            purpose: purpose.into(),
            form: Form {
                language: boxed(self.language),
                name: boxed(self.name),
                domain: boxed(self.domain),
                app_hash: boxed(self.app_hash),
            },
            from: boxed(self.from),
            digits: self.digits,
            valid_for: span("valid_for", self.valid_for, VALID_MIN, VALID_MAX, "from 1m to 1h")?,
            resend_after: span("resend_after", self.resend_after, RESEND_MIN, RESEND_MAX, "from 15s to 15m")?,
            address: address.map(|address| address.to_string().into()),
        })
    }
}

/// Starts a verification: sends a code to a number.
///
/// While a verification of the number and the purpose is pending, its code is sent again, and before `next_send_at` nothing is sent:
/// so a repetition of the request is harmless.
#[utoipa::path(
    post, path = "/v1/verifications", operation_id = "startVerification", tag = "verifications", request_body = VerificationRequest,
    responses(
        (status = 200, description = "The pending verification. Nothing was sent.", body = VerificationStarted),
        (status = 201, description = "The code is on its way.", body = VerificationStarted),
        (status = 429, description = "A limit is reached: `code` says which, and `until` and `Retry-After` when there is room again.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = "4XX", description = "Refused.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = "5XX", description = "Not started; try again.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(in crate::rest) async fn start_verification(
    State(rest): State<Arc<Rest>>,
    ByAccount(account): ByAccount,
    Payload(body): Payload,
) -> Result<Response, Problem> {
    let request = parse::<VerificationRequest>(&body)?.read()?;
    let now = rest.live.now();
    let started = rest.apps.verifications.start(&account, &request).await;
    let started = started.map_err(|error| not_started(error, now))?;
    let status = if started.is_sent { StatusCode::CREATED } else { StatusCode::OK };
    let verification = VerificationView::of(&started.verification, now);
    Ok(json(status, &VerificationStarted { verification, sent: started.is_sent }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Result<StartRequest, Problem> {
        parse::<VerificationRequest>(body.as_bytes())?.read()
    }

    #[test]
    fn every_field_arrives() {
        let body = r#"{"to":"+447700900123","purpose":"pay","channel":"sms","digits":4,"valid_for":"5m","language":"de","name":"Shop",
            "domain":"shop.example","app_hash":"FA+9qCX9VSu","from":"Shop","resend_after":20,"ip":"2001:DB8::1"}"#;
        let request = read(body).unwrap();
        assert_eq!((&*request.to, &*request.purpose, request.digits), ("+447700900123", "pay", Some(4)));
        assert_eq!(request.valid_for, Some(Duration::from_mins(5)));
        assert_eq!(request.resend_after, Some(Duration::from_secs(20)));
        assert_eq!(request.address.as_deref(), Some("2001:db8::1"));
        assert_eq!(request.form.app_hash.as_deref(), Some("FA+9qCX9VSu"));
        assert_eq!((request.form.name.as_deref(), request.from.as_deref()), (Some("Shop"), Some("Shop")));
    }

    #[test]
    fn mistakes_name_their_field() {
        for (body, field) in [
            (r#"{"to":"+1","digits":3}"#, "digits"),
            (r#"{"to":"+1","digits":11}"#, "digits"),
            (r#"{"to":"+1","valid_for":"59s"}"#, "valid_for"),
            (r#"{"to":"+1","valid_for":"61m"}"#, "valid_for"),
            (r#"{"to":"+1","resend_after":14}"#, "resend_after"),
            (r#"{"to":"+1","ip":"here"}"#, "ip"),
            (r#"{"to":"+1","purpose":"a\nb"}"#, "purpose"),
            (r#"{"to":"+1","code":"1234"}"#, "code"),
        ] {
            assert_eq!(read(body).unwrap_err().field.as_deref(), Some(field), "{body}");
        }
    }
}
