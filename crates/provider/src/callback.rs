//! Callbacks: what a provider tells of its own accord, by requests to us.

use crate::answer::{grouped, name};
use crate::encoding::OctetsForm;
use crate::path::{Path, Root};
use crate::preset::{CallbackForm, CallbackKind, PartsForm, Test};
use crate::provider::Provider;
use crate::receipt;
use crate::request::Surroundings;
use crate::tree::{self, Form, pairs, shown};
use postrider_core::contract::Heard;
use postrider_core::inbound::{Address, Inbound};
use postrider_core::media;
use postrider_core::message::Body;
use postrider_core::sender::Sender;
use postrider_text::{Encoding, gsm, ucs2};
use serde_json::{Map, Value, json};
use url::Url;

/// The most receipts and messages of one callback.
const ITEMS_MAX: usize = 1_000;
/// The longest address that is kept, in characters.
const ADDRESS_MAX: usize = 64;
/// The most characters of a text that are kept.
const TEXT_MAX: usize = 20_000;

/// A request of the provider's.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// The URL as the provider knows it.
    pub url: &'a Url,
    /// Its headers.
    pub headers: &'a [(&'a str, &'a str)],
    /// Its body.
    pub body: &'a [u8],
}

/// What a callback brings, and the answer to give once that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heeded {
    /// Receipts and messages from handsets.
    pub heard: Vec<Heard>,
    /// How many items could not be read. They are answered all the same: they would come again as they are.
    pub unreadable: usize,
    /// The answer.
    pub response: Response,
}

/// The answer to a callback.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// Its status.
    pub status: u16,
    /// The media type of its body.
    pub content_type: Box<str>,
    /// Its body.
    pub body: Box<str>,
}

/// Why nothing is taken from a callback.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallbackError {
    /// It doesn't prove that it is the provider's.
    #[error("{0}")]
    Forged(&'static str),
    /// It is none that the preset knows.
    #[error("the callback has none of the forms that the preset knows")]
    Unknown,
}

impl<'a> Call<'a> {
    pub(crate) fn header(&self, name: &str) -> Option<&'a str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| *value)
    }
}

impl Provider {
    /// Whether callbacks are checked: the preset has a check, and the values for it are given.
    #[must_use]
    pub fn checks_callbacks(&self) -> bool {
        let around = Surroundings { callback: None, now: Default::default(), nonce: "", token: None };
        self.preset.check.as_ref().is_some_and(|check| check.is_possible(&self.places(None, &around)))
    }

    /// Checks and reads a callback.
    ///
    /// # Errors
    /// It is not the provider's, or none that is known.
    pub fn callback(&self, call: &Call<'_>, around: &Surroundings<'_>) -> Result<Heeded, CallbackError> {
        let places = self.places(None, around);
        if let Some(check) = self.preset.check.as_ref().filter(|check| check.is_possible(&places)) {
            check.look(call, &places).map_err(CallbackError::Forged)?;
        }
        self.heed_any(call)
    }

    /// Reads what comes by the first form that it has.
    pub(crate) fn heed_any(&self, call: &Call<'_>) -> Result<Heeded, CallbackError> {
        for form in &self.preset.callbacks {
            let source = Source::new(form, call);
            if form.when.as_ref().is_none_or(|test| source.passes(test)) {
                return Ok(self.heed(form, &source));
            }
        }
        Err(CallbackError::Unknown)
    }

    fn heed(&self, form: &CallbackForm, source: &Source) -> Heeded {
        let items = form.items.as_ref().map_or_else(|| vec![&source.body], |path| path.all(&source.body));
        let items = items.into_iter().take(ITEMS_MAX);
        let read: Vec<Option<Heard>> = match form.kind {
            CallbackKind::Receipt => items.map(|item| self.receipt(form, source, item)).collect(),
            CallbackKind::Message => items.map(|item| message(form, source, item)).collect(),
            CallbackKind::Handshake | CallbackKind::Ignored => Vec::new(),
        };
        let unreadable = read.iter().filter(|one| one.is_none()).count();
        Heeded { heard: read.into_iter().flatten().collect(), unreadable, response: response(form, source) }
    }

    fn receipt(&self, form: &CallbackForm, source: &Source, item: &Value) -> Option<Heard> {
        let text = |path: &Option<Path>| path.as_ref().and_then(|path| source.text(path, item));
        let id = grouped(form.id_pattern.as_ref(), &text(&form.id)?).filter(|id| !id.is_empty())?;
        let recipient = text(&form.recipient);
        let reference = name(&id, recipient.as_deref().filter(|_| self.preset.answer.per_recipient));
        let words: Vec<String> = form.state.iter().filter_map(|path| source.text(path, item)).collect();
        let error = form.error.iter().find_map(|path| source.text(path, item));
        Some(Heard::Report(receipt::report(
            reference,
            recipient.as_deref(),
            receipt::Said { states: &self.preset.states, words: &words, error },
        )))
    }
}

fn message(form: &CallbackForm, source: &Source, item: &Value) -> Option<Heard> {
    let text = |path: &Option<Path>| path.as_ref().and_then(|path| source.text(path, item));
    let (from, to) = (address(&text(&form.from)?), address(&text(&form.to).unwrap_or_default()));
    let octets = text(&form.data).and_then(|data| form.data_form.read(&data));
    let (encoding, body) = match (octets, text(&form.text)) {
        (Some(data), None) => {
            let header = text(&form.udh).and_then(|header| OctetsForm::Hex.read(&header)).unwrap_or_default();
            let header = header.get(1..).unwrap_or_default().into();
            (Encoding::Octets, Body::Data { encoding: Encoding::Octets, header, data: data.into() })
        }
        (_, given) => {
            let media = form.media.iter().flat_map(|path| source.texts(path, item)).take(media::ITEMS_MAX);
            let lines = given.into_iter().filter(|text| !text.is_empty()).chain(media);
            let given: String = lines.collect::<Vec<_>>().join("\n").chars().take(TEXT_MAX).collect();
            match form.parts.as_ref().and_then(|parts| part_header(parts, source, item)) {
                Some(header) => {
                    let (encoding, data) = encoded(&given);
                    (encoding, Body::Data { encoding, header: header.into(), data: data.into() })
                }
                None => (encoded(&given).0, Body::Text(given.into())),
            }
        }
    };
    let reference = text(&form.id).map(Into::into);
    let inbound = Inbound { from, to, body, encoding, flash: false, reference, parameters: Box::default() };
    Some(Heard::Inbound(Box::new(inbound)))
}

/// The header of a part of a long message (3GPP TS 23.040, 9.2.3.24.8).
fn part_header(form: &PartsForm, source: &Source, item: &Value) -> Option<Vec<u8>> {
    let number = |path: &Path| source.text(path, item).and_then(|text| text.parse::<u16>().ok());
    let octet = |path: &Path| number(path).and_then(|number| u8::try_from(number).ok());
    let (total, index) = (octet(&form.total)?, octet(&form.number)?);
    let [high, low] = number(&form.reference)?.to_be_bytes();
    (total > 1 && (1..=total).contains(&index)).then(|| vec![0x08, 4, high, low, total, index])
}

fn encoded(text: &str) -> (Encoding, Vec<u8>) {
    let mut data = Vec::new();
    if gsm::encode(text, &mut data).is_ok() {
        return (Encoding::Gsm7, data);
    }
    data.clear();
    ucs2::encode(text, &mut data);
    (Encoding::Ucs2, data)
}

/// An address; one that is a URI of a telephone (RFC 3966) without its scheme.
fn address(given: &str) -> Address {
    let given = given.trim();
    let given: String = given
        .strip_prefix("tel:")
        .unwrap_or(given)
        .chars()
        .filter(|c| !c.is_control())
        .take(ADDRESS_MAX)
        .collect();
    Address { understood: Sender::parse(&given).ok(), given: given.into() }
}

fn response(form: &CallbackForm, source: &Source) -> Response {
    let reply = &form.reply;
    let echoed = reply.echo.as_ref().and_then(|echo| {
        let value = source.text(&echo.path, &source.body)?;
        Some(json!({ &*echo.name: value }).to_string())
    });
    match echoed {
        Some(body) => {
            Response { status: reply.status, content_type: "application/json".into(), body: body.into() }
        }
        None => Response {
            status: reply.status,
            content_type: reply.content_type.clone(),
            body: reply.body.clone(),
        },
    }
}

/// A callback as trees.
struct Source {
    body: Value,
    query: Value,
    headers: Value,
}

impl Source {
    fn new(form: &CallbackForm, call: &Call<'_>) -> Self {
        let named = call.header("content-type").and_then(Form::of_media_type);
        let query = fields(call.url.query().unwrap_or_default().as_bytes());
        // A callback without a body has everything in its query.
        let body = if call.body.is_empty() {
            query.clone()
        } else {
            tree::read(form.format.or(named).unwrap_or_default(), call.body).unwrap_or_default()
        };
        let body = match form.unwrap.as_ref().map(|path| path.first(&body).and_then(shown)) {
            None => body,
            Some(inner) => inner.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default(),
        };
        let headers = call.headers.iter().map(|(name, value)| (name.to_ascii_lowercase(), json!(value)));
        Self { body, query, headers: Value::Object(headers.collect()) }
    }

    /// The text at a path, in an item of the body or else in the whole.
    fn text(&self, path: &Path, item: &Value) -> Option<String> {
        match path.root {
            Root::Body => path.first(item).or_else(|| path.first(&self.body)).and_then(shown),
            Root::Query => path.first(&self.query).and_then(shown),
            Root::Header => path.first(&self.headers).and_then(shown),
        }
    }

    /// All texts at a path, in an item of the body.
    fn texts(&self, path: &Path, item: &Value) -> Vec<String> {
        let tree = match path.root {
            Root::Body => item,
            Root::Query => &self.query,
            Root::Header => &self.headers,
        };
        path.all(tree).into_iter().filter_map(shown).filter(|text| !text.is_empty()).collect()
    }

    fn passes(&self, test: &Test) -> bool {
        test.holds(match test.path.root {
            Root::Body => &self.body,
            Root::Query => &self.query,
            Root::Header => &self.headers,
        })
    }
}

fn fields(query: &[u8]) -> Value {
    let mut object = Map::new();
    for (name, value) in pairs(query) {
        object.insert(name, Value::String(value));
    }
    Value::Object(object)
}
