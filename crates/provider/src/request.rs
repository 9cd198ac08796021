//! Requests that hand messages in.

use crate::encoding::OctetsForm;
use crate::fields::{Carried, Takes};
use crate::moment::{MomentForm, written};
use crate::node::{Node, Scopes};
use crate::preset::RequestForm;
use crate::provider::{Places, Provider};
use crate::template::{Piece, Scope, Template};
use crate::tree::{self, Form};
use postrider_core::message::Message;
use postrider_core::time::Time;
use std::borrow::Cow;
use url::Url;

/// The longest URL.
const URL_MAX: usize = 8 * 1024;

/// What a request is made with besides its messages.
#[derive(Clone, Copy, Debug)]
pub struct Surroundings<'a> {
    /// The URL of the upstream's callbacks.
    pub callback: Option<&'a str>,
    /// The time now.
    pub now: Time,
    /// A random text.
    pub nonce: &'a str,
    /// The token of an OAuth2 login.
    pub token: Option<&'a str>,
}

/// A request, ready to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// `POST`, `GET`.
    pub method: Box<str>,
    /// Where it goes.
    pub url: Url,
    /// Its headers, without `host` and `content-length`.
    pub headers: Vec<(Box<str>, String)>,
    /// Its body; `None` if it has none.
    pub body: Option<Vec<u8>>,
}

/// Why no request can be made of a message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unwritable {
    /// The provider doesn't carry such messages.
    #[error("this provider carries texts only")]
    Content,
    /// A value has characters that its place can't hold.
    #[error("the value of '{0}' can't stand in a header")]
    Header(Box<str>),
    /// The URL can't be made.
    #[error("the URL can't be made: {0}")]
    Url(String),
    /// A key can't be read.
    #[error("the key of the signature can't be read")]
    Key,
}

impl Surroundings<'_> {
    pub(crate) fn value(&self, name: &str) -> Option<Cow<'_, str>> {
        Some(match name {
            "callback" => self.callback?.into(),
            "timestamp" => written(self.now, MomentForm::Unix).into(),
            "date_http" => written(self.now, MomentForm::HttpDate).into(),
            "nonce" => self.nonce.into(),
            "token" => self.token?.into(),
            _ => return None,
        })
    }
}

impl Provider {
    /// The URL that messages are handed in at, where it is the same for all.
    ///
    /// # Errors
    /// Why it can't be made.
    pub fn endpoint(&self, around: &Surroundings<'_>) -> Result<Url, Unwritable> {
        url(&self.preset.request.url, &self.places(None, around))
    }

    /// The most messages of one request, at least 1.
    #[must_use]
    pub fn messages_max(&self) -> usize {
        self.preset.request.messages
    }

    /// Whether a request can be repeated though the provider may have it.
    #[must_use]
    pub fn is_idempotent(&self) -> bool {
        self.preset.request.idempotent
    }

    /// Whether the messages can go in one request, if there is room.
    #[must_use]
    pub fn go_together(&self, one: &Message, other: &Message) -> bool {
        let alike = || one.from == other.from && one.body == other.body && one.flash == other.flash;
        // Two messages to one number can't be told apart in the answer.
        one.to != other.to && (self.preset.request.mixed || alike() && one.expires == other.expires)
    }

    /// The request that hands messages in.
    ///
    /// # Errors
    /// Why it can't be made.
    pub fn request(&self, messages: &[&Message], around: &Surroundings<'_>) -> Result<Outgoing, Unwritable> {
        let form = &self.preset.request;
        let takes = Takes { binary: form.binary, media: self.preset.media_max() };
        let carried = messages.iter().map(|message| Carried::new(message, takes, form.validity));
        let carried: Vec<Carried<'_>> = carried.collect::<Option<_>>().ok_or(Unwritable::Content)?;
        let places: Vec<Places<'_>> =
            carried.iter().map(|message| self.places(Some(message), around)).collect();
        let Some(first) = places.first() else { return Err(Unwritable::Content) };
        let each: Vec<&dyn Scope> = places.iter().map(|places| places as &dyn Scope).collect();
        let mut url = url(&form.url, first)?;
        if let Some(query) = form.query.as_ref().and_then(|node| node.render(&each)) {
            append_query(&mut url, &query);
        }
        let mut request = Outgoing { method: form.method.clone(), url, headers: Vec::new(), body: None };
        for (name, template) in &form.headers {
            add_header(&mut request, name, template, first)?;
        }
        self.add_body(form, &each, &mut request);
        self.authorize(form, first, &mut request)?;
        Ok(request)
    }

    pub(crate) fn places<'a>(
        &'a self,
        message: Option<&'a Carried<'a>>,
        around: &'a Surroundings<'a>,
    ) -> Places<'a> {
        let mut places = Places { values: &self.values, message, around, computed: Vec::new() };
        if let Some(wsse) = &self.preset.request.wsse {
            places.computed = wsse.values(&places);
        }
        places
    }

    fn add_body(&self, form: &RequestForm, scopes: &Scopes<'_>, request: &mut Outgoing) {
        let Some((kind, node)) = body(form) else { return };
        let tree = node.render(scopes).unwrap_or_default();
        request.body = Some(tree::write(kind, &tree));
        let media_type = form.content_type.as_deref().unwrap_or(kind.media_type());
        request.headers.push(("content-type".into(), media_type.to_owned()));
    }

    /// Adds what proves who we are.
    pub(crate) fn authorize(
        &self,
        form: &RequestForm,
        places: &Places<'_>,
        request: &mut Outgoing,
    ) -> Result<(), Unwritable> {
        if let Some(basic) = &form.basic
            && let (Some(user), Some(password)) = (basic.user.render(places), basic.password.render(places))
        {
            let credentials = OctetsForm::Base64.write(format!("{user}:{password}").as_bytes());
            request.headers.push(("authorization".into(), format!("Basic {credentials}")));
        }
        if form.oauth2.is_some()
            && let Some(token) = places.around.token
        {
            put_header(request, "authorization", format!("Bearer {token}"))?;
        }
        if let Some(sign) = &form.sign {
            sign.add(&self.values, places.around, request)?;
        }
        if let Some(sigv4) = &form.sigv4 {
            sigv4.add(places, request)?;
        }
        Ok(())
    }
}

/// The body of a request, and its form.
pub(crate) fn body(form: &RequestForm) -> Option<(Form, &Node)> {
    let form_body = form.form.as_ref().map(|node| (Form::Form, node));
    let json = form.json.as_ref().map(|node| (Form::Json, node));
    form_body.or(json).or(form.xml.as_ref().map(|node| (Form::Xml, node)))
}

pub(crate) fn append_query(url: &mut Url, query: &serde_json::Value) {
    let octets = tree::write(Form::Form, query);
    if !octets.is_empty() {
        url.query_pairs_mut().extend_pairs(tree::pairs(&octets));
    }
}

pub(crate) fn add_header(
    request: &mut Outgoing,
    name: &str,
    template: &Template,
    scope: &dyn Scope,
) -> Result<(), Unwritable> {
    match template.render(scope) {
        Some(value) => put_header(request, name, value),
        None => Ok(()),
    }
}

/// Adds a header whose value holds nothing that would end it.
pub(crate) fn put_header(request: &mut Outgoing, name: &str, value: String) -> Result<(), Unwritable> {
    if value.chars().any(|c| c.is_control() || !c.is_ascii()) {
        return Err(Unwritable::Header(name.into()));
    }
    request.headers.push((name.into(), value));
    Ok(())
}

/// The URL of a template. A place at the beginning holds scheme and host; others are percent-encoded, so that they stay within a
/// segment or a label.
pub(crate) fn url(template: &Template, scope: &dyn Scope) -> Result<Url, Unwritable> {
    let starts_with_place = matches!(template.pieces().first(), Some(Piece::Place(_)));
    let mut is_first = starts_with_place;
    let text = template.render_with(scope, |text, value| {
        if std::mem::take(&mut is_first) {
            text.push_str(value.trim_end_matches('/'));
        } else {
            encode_segment(value, text);
        }
    });
    let text = text.ok_or_else(|| Unwritable::Url("a value is missing".to_owned()))?;
    if text.len() > URL_MAX {
        return Err(Unwritable::Url(format!("it has more than {URL_MAX} octets")));
    }
    let url: Url = text.parse().map_err(|error: url::ParseError| Unwritable::Url(error.to_string()))?;
    if matches!(url.scheme(), "http" | "https") && url.has_host() {
        Ok(url)
    } else {
        Err(Unwritable::Url("it is neither http nor https".to_owned()))
    }
}

/// Writes the octets of a value that are no unreserved characters (RFC 3986, 2.3) as escapes.
pub(crate) fn encode_segment(value: &str, to: &mut String) {
    for octet in value.bytes() {
        if octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'.' | b'_' | b'~') {
            to.push(char::from(octet));
        } else {
            to.push('%');
            to.push_str(&crate::encoding::hex(&[octet]).to_uppercase());
        }
    }
}
