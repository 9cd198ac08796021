//! Checks that a callback comes from the provider.

use crate::callback::Call;
use crate::encoding::{OctetsForm, hex, read_base64url, write_base64url};
use crate::preset::Basic;
use crate::provider::Places;
use crate::request::Outgoing;
use crate::signing::{HashWord, sha256};
use crate::template::Template;
use crate::tree::{pairs, shown};
use postrider_core::time::Time;
use ring::{hmac, signature};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use url::{Position, Url};

/// How far a token's times may be off, in seconds.
const LEEWAY: i64 = 60;

/// How callbacks prove where they come from.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub(crate) enum Check {
    /// An HMAC over chosen parts of the callback.
    Hmac(HmacCheck),
    /// A JSON Web Token by HMAC with SHA-256, SHA-384 or SHA-512.
    Jwt(JwtCheck),
    /// A signature by Ed25519 (RFC 8032) over chosen parts.
    Ed25519(Ed25519Check),
    /// A header with a shared secret.
    Header(HeaderCheck),
    /// Basic authentication.
    Basic(Basic),
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct HmacCheck {
    /// The headers that may hold the signature; of a list one must match. `?name` is a field of the query or the body.
    header: Vec<Box<str>>,
    hash: HashWord,
    key: Template,
    /// What the key begins with before its octets.
    key_prefix: Option<Box<str>>,
    key_form: Option<OctetsForm>,
    written: OctetsForm,
    over: Vec<Part>,
    /// The header with the time, in seconds, and how far it may be from now.
    timestamp: Option<Box<str>>,
    window_seconds: Option<u32>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Ed25519Check {
    header: Box<str>,
    /// The public key in base64.
    key: Template,
    over: Vec<Part>,
    timestamp: Option<Box<str>>,
    window_seconds: Option<u32>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct JwtCheck {
    header: Box<str>,
    key: Template,
    issuer: Option<Box<str>>,
    /// The claim with the SHA-256 of the body, in hexadecimal digits.
    body_claim: Option<Box<str>>,
    /// The claim with the SHA-256 of the URL, in hexadecimal digits.
    url_claim: Option<Box<str>>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct HeaderCheck {
    name: Box<str>,
    value: Template,
}

/// A part of what is signed.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Part {
    /// A text.
    Text(Box<str>),
    /// A header's value.
    Header(Box<str>),
    /// The body.
    Body,
    /// The octets of the body's SHA-256.
    BodySha256,
    /// The whole URL, as the provider knows it.
    Url,
    /// The URL without its query.
    BareUrl,
    /// The query, its fields in order of their names, as `name=value` with `&` between them.
    SortedQuery,
    /// The form in the body: names and values in order, one behind the other, each value of a name once.
    SortedForm,
    /// The URL and the form as Plivo's version 3 joins them.
    PlivoV3,
    /// Fields of the query or form as Vonage joins them: `&name=value` in order, without `sig`, `&` and `=` in values as `_`.
    VonageFields,
}

impl Check {
    pub(crate) fn each_template<'a>(&'a self, visit: &mut dyn FnMut(&'a Template)) {
        match self {
            Self::Hmac(HmacCheck { key, .. })
            | Self::Jwt(JwtCheck { key, .. })
            | Self::Ed25519(Ed25519Check { key, .. }) => {
                visit(key);
            }
            Self::Header(HeaderCheck { value, .. }) => visit(value),
            Self::Basic(Basic { user, password }) => {
                visit(user);
                visit(password);
            }
        }
    }

    /// Whether the values that it needs are given.
    pub(crate) fn is_possible(&self, places: &Places<'_>) -> bool {
        let mut is_possible = true;
        self.each_template(&mut |template| is_possible &= template.render(places).is_some());
        is_possible
    }

    /// Looks at a callback; says why it is not the provider's.
    pub(crate) fn look(&self, call: &Call<'_>, places: &Places<'_>) -> Result<(), &'static str> {
        match self {
            Self::Hmac(check) => check.look(call, places),
            Self::Ed25519(check) => check.look(call, places),
            Self::Jwt(check) => check.look(call, places),
            Self::Header(check) => {
                let wanted = check.value.render(places).ok_or(NO_KEY)?;
                let given = call.header(&check.name).ok_or(NO_SIGNATURE)?;
                equal(given.as_bytes(), wanted.as_bytes())
            }
            Self::Basic(Basic { user, password }) => {
                let (user, password) =
                    (user.render(places).ok_or(NO_KEY)?, password.render(places).ok_or(NO_KEY)?);
                let wanted = OctetsForm::Base64.write(format!("{user}:{password}").as_bytes());
                let given = call.header("authorization").and_then(|given| given.strip_prefix("Basic "));
                equal(given.ok_or(NO_SIGNATURE)?.trim().as_bytes(), wanted.as_bytes())
            }
        }
    }
}

const NO_KEY: &str = "the key of the callbacks' signature is missing or can't be read";
const NO_SIGNATURE: &str = "the callback has no signature";
const WRONG: &str = "the signature of the callback is wrong";
const OLD: &str = "the callback is too old, or its time is missing";

impl HmacCheck {
    fn look(&self, call: &Call<'_>, places: &Places<'_>) -> Result<(), &'static str> {
        let key = self.hash.hmac(&self.key(places).ok_or(NO_KEY)?);
        in_time(call, self.timestamp.as_deref(), self.window_seconds, places.around.now)?;
        let given = self.header.iter().find_map(|name| given(call, name)).ok_or(NO_SIGNATURE)?;
        let tags: Vec<Vec<u8>> = given.split([',', ' ']).filter_map(|one| self.written.read(one)).collect();
        for url in urls(call) {
            let over = joined(&self.over, call, &url);
            if tags.iter().any(|tag| hmac::verify(&key, &over, tag).is_ok()) {
                return Ok(());
            }
        }
        Err(WRONG)
    }
}

impl HmacCheck {
    fn key(&self, places: &Places<'_>) -> Option<Vec<u8>> {
        let key = self.key.render(places)?;
        let key = self.key_prefix.as_deref().and_then(|prefix| key.strip_prefix(prefix)).unwrap_or(&key);
        match self.key_form {
            Some(form) => form.read(key),
            None => Some(key.as_bytes().to_vec()),
        }
    }
}

/// A header's value; of `?name` that of a field.
fn given(call: &Call<'_>, name: &str) -> Option<String> {
    let Some(field) = name.strip_prefix('?') else { return call.header(name).map(ToOwned::to_owned) };
    fields(call, call.url).into_iter().find(|(name, _)| name == field).map(|(_, value)| value)
}

/// The fields of the query and of the body, be it a form or an object of JSON.
fn fields(call: &Call<'_>, url: &Url) -> Vec<(String, String)> {
    let mut fields: Vec<(String, String)> = pairs(url.query().unwrap_or_default().as_bytes()).collect();
    match serde_json::from_slice(call.body) {
        Ok(Value::Object(members)) => {
            fields.extend(members.into_iter().filter_map(|(name, value)| Some((name, shown(&value)?))));
        }
        _ => fields.extend(pairs(call.body)),
    }
    fields
}

impl Ed25519Check {
    fn look(&self, call: &Call<'_>, places: &Places<'_>) -> Result<(), &'static str> {
        let key = self.key.render(places).and_then(|key| OctetsForm::Base64.read(&key)).ok_or(NO_KEY)?;
        in_time(call, self.timestamp.as_deref(), self.window_seconds, places.around.now)?;
        let given = call.header(&self.header).ok_or(NO_SIGNATURE)?;
        let tag = OctetsForm::Base64.read(given).ok_or(WRONG)?;
        let key = signature::UnparsedPublicKey::new(&signature::ED25519, key);
        key.verify(&joined(&self.over, call, call.url.as_str()), &tag).map_err(|_| WRONG)
    }
}

impl JwtCheck {
    fn look(&self, call: &Call<'_>, places: &Places<'_>) -> Result<(), &'static str> {
        let key = self.key.render(places).ok_or(NO_KEY)?;
        let given = call.header(&self.header).ok_or(NO_SIGNATURE)?;
        let token = given.strip_prefix("Bearer ").unwrap_or(given).trim();
        let (signed, tag) = token.rsplit_once('.').ok_or(WRONG)?;
        let (head, claims) = signed.split_once('.').ok_or(WRONG)?;
        let read = |text: &str| {
            read_base64url(text).and_then(|octets| serde_json::from_slice::<Value>(&octets).ok())
        };
        let (head, claims) = (read(head).ok_or(WRONG)?, read(claims).ok_or(WRONG)?);
        // The algorithm is one of these three: a token can't choose "none", or a key of another kind.
        let hash = match head["alg"].as_str() {
            Some("HS256") => HashWord::Sha256,
            Some("HS384") => HashWord::Sha384,
            Some("HS512") => HashWord::Sha512,
            _ => return Err(WRONG),
        };
        let tag = read_base64url(tag).ok_or(WRONG)?;
        hmac::verify(&hash.hmac(key.as_bytes()), signed.as_bytes(), &tag).map_err(|_| WRONG)?;
        self.look_at_claims(&claims, call, places.around.now)
    }

    fn look_at_claims(&self, claims: &Value, call: &Call<'_>, now: Time) -> Result<(), &'static str> {
        let now = now.0.div_euclid(1_000);
        let seconds = |name: &str| claims[name].as_f64();
        #[expect(clippy::cast_precision_loss, reason = "seconds of this century are exact")]
        let (earliest, latest) = ((now - LEEWAY) as f64, (now + LEEWAY) as f64);
        if seconds("exp").is_some_and(|end| end < earliest)
            || seconds("nbf").is_some_and(|start| start > latest)
        {
            return Err(OLD);
        }
        if self.issuer.as_deref().is_some_and(|issuer| claims["iss"].as_str() != Some(issuer)) {
            return Err("the token of the callback is of another issuer");
        }
        if let Some(claim) = &self.body_claim {
            let digest = hex(sha256(call.body).as_ref());
            match claims[&**claim].as_str() {
                Some(given) => equal(given.to_ascii_lowercase().as_bytes(), digest.as_bytes())?,
                None if call.body.is_empty() => {}
                None => return Err(WRONG),
            }
        }
        if let Some(claim) = &self.url_claim {
            let given = claims[&**claim].as_str().ok_or(WRONG)?.to_ascii_lowercase();
            equal(given.as_bytes(), hex(sha256(call.url.as_str().as_bytes()).as_ref()).as_bytes())?;
        }
        Ok(())
    }
}

/// Compares in constant time.
pub(crate) fn equal(given: &[u8], wanted: &[u8]) -> Result<(), &'static str> {
    // Digests have the same length, so that nothing is told of the secret's.
    let key = hmac::Key::new(hmac::HMAC_SHA256, b"postrider");
    hmac::verify(&key, given, hmac::sign(&key, wanted).as_ref()).map_err(|_| WRONG)
}

fn in_time(
    call: &Call<'_>,
    header: Option<&str>,
    window: Option<u32>,
    now: Time,
) -> Result<(), &'static str> {
    let (Some(header), Some(window)) = (header, window) else { return Ok(()) };
    let given: i64 = call.header(header).and_then(|text| text.trim().parse().ok()).ok_or(OLD)?;
    // Some providers write milliseconds.
    let seconds = if given > 100_000_000_000 { given / 1_000 } else { given };
    if seconds.abs_diff(now.0.div_euclid(1_000)) <= window.into() { Ok(()) } else { Err(OLD) }
}

/// The URL, and the same with its usual port written out: providers differ.
fn urls(call: &Call<'_>) -> Vec<String> {
    let url = call.url;
    let before = &url[..Position::AfterHost];
    let after = &url[Position::BeforePath..];
    let port = url.port().is_none().then(|| url.port_or_known_default()).flatten();
    let with_port = port.map(|port| format!("{before}:{port}{after}"));
    std::iter::once(url.to_string()).chain(with_port).collect()
}

/// The octets that are signed, with the URL written as `written`.
fn joined(parts: &[Part], call: &Call<'_>, written: &str) -> Vec<u8> {
    let url = call.url;
    let mut octets = Vec::new();
    for part in parts {
        match part {
            Part::Text(text) => octets.extend_from_slice(text.as_bytes()),
            Part::Header(name) => octets.extend_from_slice(call.header(name).unwrap_or_default().as_bytes()),
            Part::Body => octets.extend_from_slice(call.body),
            Part::BodySha256 => octets.extend_from_slice(sha256(call.body).as_ref()),
            Part::Url => octets.extend_from_slice(written.as_bytes()),
            Part::BareUrl => octets.extend_from_slice(url[..Position::AfterPath].as_bytes()),
            Part::SortedQuery => octets.extend_from_slice(sorted_query(url).as_bytes()),
            Part::SortedForm => octets.extend_from_slice(sorted_form(call.body).as_bytes()),
            Part::PlivoV3 => octets.extend_from_slice(plivo_v3(call, url).as_bytes()),
            Part::VonageFields => octets.extend_from_slice(vonage_fields(call, url).as_bytes()),
        }
    }
    octets
}

fn sorted_query(url: &Url) -> String {
    let mut fields: Vec<(String, String)> = pairs(url.query().unwrap_or_default().as_bytes()).collect();
    fields.sort();
    let fields: Vec<String> = fields.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
    fields.join("&")
}

fn sorted_form(body: &[u8]) -> String {
    let mut fields: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (name, value) in pairs(body) {
        fields.entry(name).or_default().insert(value);
    }
    fields
        .into_iter()
        .flat_map(|(name, values)| values.into_iter().map(move |value| name.clone() + &value))
        .collect()
}

fn plivo_v3(call: &Call<'_>, url: &Url) -> String {
    let bare = &url[..Position::AfterPath];
    let (query, form) = (sorted_query(url), sorted_form(call.body));
    match (query.is_empty(), form.is_empty()) {
        (true, true) => bare.to_owned(),
        (false, false) => format!("{bare}?{query}.{form}"),
        (true, false) | (false, true) => format!("{bare}?{query}{form}"),
    }
}

fn vonage_fields(call: &Call<'_>, url: &Url) -> String {
    let mut fields = fields(call, url);
    // The key of our own callbacks is none of the provider's fields.
    fields.retain(|(name, _)| name != "sig" && name != "key");
    fields.sort();
    fields.into_iter().map(|(name, value)| format!("&{name}={}", value.replace(['&', '='], "_"))).collect()
}

impl Check {
    /// Adds to a callback of the simulated provider what proves that it is the provider's, if that can be had from the values.
    pub(crate) fn prove(&self, request: &mut Outgoing, places: &Places<'_>) {
        let proven = match self {
            Self::Hmac(check) => check.prove(request, places),
            Self::Jwt(check) => check.prove(request, places),
            // Nobody but the provider has the private key.
            Self::Ed25519(_) => None,
            Self::Header(check) => check.value.render(places).map(|value| vec![(check.name.clone(), value)]),
            Self::Basic(Basic { user, password }) => {
                user.render(places).zip(password.render(places)).map(|(user, password)| {
                    let credentials = OctetsForm::Base64.write(format!("{user}:{password}").as_bytes());
                    vec![("authorization".into(), format!("Basic {credentials}"))]
                })
            }
        };
        request.headers.extend(proven.unwrap_or_default());
    }
}

impl HmacCheck {
    fn prove(&self, request: &Outgoing, places: &Places<'_>) -> Option<Vec<(Box<str>, String)>> {
        let key = self.key(places)?;
        let mut headers: Vec<(Box<str>, String)> = Vec::new();
        if let Some(name) = &self.timestamp {
            headers.push((name.clone(), places.around.value("timestamp")?.into_owned()));
        }
        for part in &self.over {
            if let Part::Header(name) = part
                && !headers.iter().any(|(known, _)| known == name)
            {
                headers.push((name.clone(), "nonce".to_owned()));
            }
        }
        let seen: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (&**name, value.as_str())).collect();
        let body = request.body.as_deref().unwrap_or_default();
        let call = Call { url: &request.url, headers: &seen, body };
        let tag = hmac::sign(&self.hash.hmac(&key), &joined(&self.over, &call, request.url.as_str()));
        headers.push((self.header.first()?.clone(), self.written.write(tag.as_ref())));
        Some(headers)
    }
}

impl JwtCheck {
    fn prove(&self, request: &Outgoing, places: &Places<'_>) -> Option<Vec<(Box<str>, String)>> {
        let key = self.key.render(places)?;
        let now = places.around.now.0.div_euclid(1_000);
        let mut claims = json!({ "iat": now, "nbf": now, "exp": now + LEEWAY });
        if let Some(issuer) = &self.issuer {
            claims["iss"] = json!(issuer);
        }
        if let Some(claim) = &self.body_claim {
            claims[&**claim] = json!(hex(sha256(request.body.as_deref().unwrap_or_default()).as_ref()));
        }
        if let Some(claim) = &self.url_claim {
            claims[&**claim] = json!(hex(sha256(request.url.as_str().as_bytes()).as_ref()));
        }
        let head = write_base64url(br#"{"alg":"HS256","typ":"JWT"}"#);
        let signed = format!("{head}.{}", write_base64url(claims.to_string().as_bytes()));
        let tag = hmac::sign(&HashWord::Sha256.hmac(key.as_bytes()), signed.as_bytes());
        let scheme = if self.header.eq_ignore_ascii_case("authorization") { "Bearer " } else { "" };
        Some(vec![(self.header.clone(), format!("{scheme}{signed}.{}", write_base64url(tag.as_ref())))])
    }
}
