//! Proofs of who sends a request: HMAC over chosen parts, AWS' Signature Version 4, and tokens of OAuth2.

use crate::account::Values;
use crate::encoding::{OctetsForm, hex};
use crate::moment::{MomentForm, written};
use crate::preset::{Sign, Wsse};
use crate::provider::{Places, Provider};
use crate::request::{Outgoing, Surroundings, Unwritable, add_header, encode_segment, put_header, url};
use crate::template::Template;
use crate::tree::{self, Form};
use ring::{digest, hmac};
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Duration;
use url::{Position, Url};

/// How long a token is used whose provider says nothing.
const TOKEN_USUAL: Duration = Duration::from_mins(5);
/// How long before its end a token is renewed.
const TOKEN_MARGIN: Duration = Duration::from_secs(30);

/// A hash function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum HashWord {
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

impl HashWord {
    pub(crate) fn hmac(self, key: &[u8]) -> hmac::Key {
        let algorithm = match self {
            Self::Sha1 => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha256 => hmac::HMAC_SHA256,
            Self::Sha384 => hmac::HMAC_SHA384,
            Self::Sha512 => hmac::HMAC_SHA512,
        };
        hmac::Key::new(algorithm, key)
    }
}

/// SHA-256.
pub(crate) fn sha256(octets: &[u8]) -> digest::Digest {
    digest::digest(&digest::SHA256, octets)
}

impl Sign {
    /// Signs a request, and adds the headers that say so.
    pub(crate) fn add(
        &self,
        values: &Values,
        around: &Surroundings<'_>,
        request: &mut Outgoing,
    ) -> Result<(), Unwritable> {
        let body = request.body.as_deref().unwrap_or_default();
        let computed = vec![
            ("method", request.method.to_string()),
            ("host", authority(&request.url)),
            ("path_query", request.url[Position::BeforePath..].to_owned()),
            ("body_sha256", self.body_digest.write(sha256(body).as_ref())),
        ];
        let mut places = Places { values, message: None, around, computed };
        let key = self.key.render(&places).ok_or(Unwritable::Key)?;
        let key = match self.key_form {
            Some(form) => form.read(&key).ok_or(Unwritable::Key)?,
            None => key.into_bytes(),
        };
        let over = self.over.render(&places).ok_or(Unwritable::Key)?;
        let signature = hmac::sign(&self.hash.hmac(&key), over.as_bytes());
        places.computed.push(("signature", self.written.write(signature.as_ref())));
        for (name, template) in &self.headers {
            add_header(request, name, template, &places)?;
        }
        Ok(())
    }
}

impl Wsse {
    /// The values of `{wsse_nonce}`, `{wsse_created}` and `{wsse_digest}`; none without the password.
    pub(crate) fn values(&self, places: &Places<'_>) -> Vec<(&'static str, String)> {
        let Some(password) = self.password.render(places) else { return Vec::new() };
        let (nonce, created) = (places.around.nonce, written(places.around.now, MomentForm::Rfc3339));
        let over = [nonce, &created, &password].concat();
        let digest = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, over.as_bytes());
        vec![
            ("wsse_nonce", OctetsForm::Base64.write(nonce.as_bytes())),
            ("wsse_created", created),
            ("wsse_digest", OctetsForm::Base64.write(digest.as_ref())),
        ]
    }
}

/// Host and port as the field `host` has them.
pub(crate) fn authority(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// AWS' Signature Version 4.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SigV4 {
    service: Box<str>,
    region: Template,
    access_key: Template,
    secret_key: Template,
    session_token: Option<Template>,
}

impl SigV4 {
    pub(crate) fn each_template<'a>(&'a self, visit: &mut dyn FnMut(&'a Template)) {
        [&self.region, &self.access_key, &self.secret_key]
            .into_iter()
            .chain(&self.session_token)
            .for_each(visit);
    }

    /// Signs a request: all its headers, and `host`.
    pub(crate) fn add(&self, places: &Places<'_>, request: &mut Outgoing) -> Result<(), Unwritable> {
        let value = |template: &Template| template.render(places).ok_or(Unwritable::Key);
        let (region, access, secret) =
            (value(&self.region)?, value(&self.access_key)?, value(&self.secret_key)?);
        let moment = written(places.around.now, MomentForm::Basic);
        let day = moment.get(..8).unwrap_or_default().to_owned();
        put_header(request, "x-amz-date", moment.clone())?;
        if let Some(token) = self.session_token.as_ref().and_then(|template| template.render(places)) {
            put_header(request, "x-amz-security-token", token)?;
        }
        let (names, canonical) = canonical(request);
        let scope = format!("{day}/{region}/{}/aws4_request", self.service);
        let over =
            format!("AWS4-HMAC-SHA256\n{moment}\n{scope}\n{}", hex(sha256(canonical.as_bytes()).as_ref()));
        let parts = [day.as_str(), &region, &self.service, "aws4_request", &over];
        let signature = parts.iter().fold(format!("AWS4{secret}").into_bytes(), |key, part| {
            hmac::sign(&HashWord::Sha256.hmac(&key), part.as_bytes()).as_ref().to_vec()
        });
        let credential =
            format!("Credential={access}/{scope}, SignedHeaders={names}, Signature={}", hex(&signature));
        put_header(request, "authorization", format!("AWS4-HMAC-SHA256 {credential}"))
    }
}

/// The names of the signed headers, and the canonical request.
fn canonical(request: &Outgoing) -> (String, String) {
    let mut headers: Vec<(String, String)> = request
        .headers
        .iter()
        .map(|(name, value)| {
            (name.to_ascii_lowercase(), value.split_whitespace().collect::<Vec<_>>().join(" "))
        })
        .collect();
    headers.push(("host".to_owned(), authority(&request.url)));
    headers.sort();
    let names: Vec<&str> = headers.iter().map(|(name, _)| name.as_str()).collect();
    let names = names.join(";");
    let headers: String = headers.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
    let mut query: Vec<(String, String)> = tree::pairs(request.url.query().unwrap_or_default().as_bytes())
        .map(|(name, value)| (encoded(&name), encoded(&value)))
        .collect();
    query.sort();
    let query: Vec<String> = query.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
    let body = hex(sha256(request.body.as_deref().unwrap_or_default()).as_ref());
    let canonical = format!(
        "{}\n{}\n{}\n{headers}\n{names}\n{body}",
        request.method,
        request.url.path(),
        query.join("&")
    );
    (names, canonical)
}

fn encoded(text: &str) -> String {
    let mut encoded = String::new();
    encode_segment(text, &mut encoded);
    encoded
}

/// A login by which a token is had (RFC 6749, 4.4), or a login of the provider's own that gives one.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OAuth2 {
    url: Template,
    id: Template,
    secret: Template,
    scope: Option<Template>,
    /// Whether the identifier and the secret are in the body instead of basic authentication.
    #[serde(default)]
    in_body: bool,
}

/// A request for a token.
#[derive(Clone, Debug)]
pub struct TokenRequest {
    /// The request.
    pub request: Outgoing,
}

impl OAuth2 {
    pub(crate) fn each_template<'a>(&'a self, visit: &mut dyn FnMut(&'a Template)) {
        [&self.url, &self.id, &self.secret].into_iter().chain(&self.scope).for_each(visit);
    }
}

impl Provider {
    /// The request for a token, if the provider wants one.
    ///
    /// # Errors
    /// Why it can't be made.
    pub fn token_request(&self, around: &Surroundings<'_>) -> Option<Result<TokenRequest, Unwritable>> {
        let oauth2 = self.preset.request.oauth2.as_ref()?;
        Some(self.token_request_of(oauth2, around))
    }

    fn token_request_of(
        &self,
        oauth2: &OAuth2,
        around: &Surroundings<'_>,
    ) -> Result<TokenRequest, Unwritable> {
        let places = self.places(None, around);
        let value = |template: &Template| template.render(&places).ok_or(Unwritable::Key);
        let (id, secret) = (value(&oauth2.id)?, value(&oauth2.secret)?);
        let mut form = json!({ "grant_type": "client_credentials" });
        if let Some(scope) = oauth2.scope.as_ref().and_then(|scope| scope.render(&places)) {
            form["scope"] = Value::String(scope);
        }
        let mut request = Outgoing {
            method: "POST".into(),
            url: url(&oauth2.url, &places)?,
            headers: Vec::new(),
            body: None,
        };
        put_header(&mut request, "content-type", Form::Form.media_type().to_owned())?;
        put_header(&mut request, "accept", "application/json".to_owned())?;
        if oauth2.in_body {
            form["client_id"] = Value::String(id);
            form["client_secret"] = Value::String(secret);
        } else {
            let credentials =
                OctetsForm::Base64.write(format!("{}:{}", encoded(&id), encoded(&secret)).as_bytes());
            put_header(&mut request, "authorization", format!("Basic {credentials}"))?;
        }
        request.body = Some(tree::write(Form::Form, &form));
        Ok(TokenRequest { request })
    }

    /// The token of an answer, and how long it may be used.
    ///
    /// # Errors
    /// The provider's reason, without anything that might be a secret.
    pub fn token(&self, status: u16, body: &[u8]) -> Result<(String, Duration), String> {
        let tree = tree::read(Form::Json, body);
        let member = |name: &str| tree.as_ref().and_then(|tree| tree.get(name)).and_then(tree::shown);
        match member("access_token").filter(|_| (200..300).contains(&status)) {
            Some(token) => {
                let seconds = member("expires_in").and_then(|text| text.parse().ok());
                let valid = seconds.map_or(TOKEN_USUAL, Duration::from_secs);
                Ok((token, valid.saturating_sub(TOKEN_MARGIN).max(valid / 2)))
            }
            None => {
                let error = member("error").unwrap_or_else(|| "no token in the answer".to_owned());
                Err(format!("the login for a token was answered with {status}: {error}"))
            }
        }
    }
}
