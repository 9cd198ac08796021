//! Presets: the description of a provider in TOML.

use crate::check::Check;
use crate::encoding::OctetsForm;
use crate::fields::{FIELDS, Validity, media_place};
use crate::node::Node;
use crate::path::Path;
use crate::signing::{HashWord, OAuth2, SigV4};
use crate::template::Template;
use crate::tree::Form;
use postrider_core::cause::Code;
use regex_lite::Regex;
use serde::de::Error;
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;

/// The largest file of a preset, in octets.
const SIZE_MAX: usize = 256 * 1024;
/// Values that requests compute, beside those of [`FIELDS`].
const COMPUTED: [&str; 8] =
    ["method", "host", "path_query", "body_sha256", "signature", "wsse_nonce", "wsse_created", "wsse_digest"];

/// A preset that can't be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Invalid(pub String);

/// The description of a provider.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Preset {
    /// The name, by which upstreams refer to it.
    pub name: Box<str>,
    /// The provider and its interface, for people.
    pub title: Box<str>,
    /// What the preset covers and leaves out, for the manual.
    pub about: Box<str>,
    /// The provider's own documentation.
    #[serde(default)]
    pub documentation: Box<str>,
    /// What the operator has to give.
    #[serde(default)]
    pub variables: Variables,
    pub(crate) request: RequestForm,
    #[serde(default)]
    pub(crate) answer: AnswerForm,
    #[serde(default, rename = "callback")]
    pub(crate) callbacks: Vec<CallbackForm>,
    pub(crate) check: Option<Check>,
    /// What each word of the provider's for a state means, in lower case.
    #[serde(default, deserialize_with = "states")]
    pub(crate) states: BTreeMap<String, StateWord>,
    /// How the provider is asked what became of a message.
    pub(crate) inquiry: Option<InquiryForm>,
    /// How receipts and messages are fetched from a provider that doesn't call.
    pub(crate) poll: Option<PollForm>,
    #[serde(default)]
    pub(crate) simulation: crate::simulation::SimulationForm,
    #[serde(default, rename = "case")]
    pub(crate) cases: Vec<crate::cases::CaseForm>,
    /// Values with which the cases are run.
    #[serde(default)]
    pub(crate) example: BTreeMap<Box<str>, Box<str>>,
}

/// What an operator has to give for a preset, by name.
pub type Variables = BTreeMap<Box<str>, Variable>;

/// A value that the operator gives.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Variable {
    /// What it is, and where the provider shows it.
    pub about: Box<str>,
    /// Whether it is kept and shown as a secret.
    #[serde(default)]
    pub secret: bool,
    /// Whether it may be left out.
    #[serde(default)]
    pub optional: bool,
    /// The value if none is given.
    pub default: Option<Box<str>>,
}

/// How a message is handed in.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RequestForm {
    #[serde(default = "post")]
    pub(crate) method: Box<str>,
    /// The URL. A place at the very beginning is put in as it is; all others are percent-encoded.
    pub(crate) url: Template,
    #[serde(default)]
    pub(crate) headers: BTreeMap<Box<str>, Template>,
    pub(crate) query: Option<Node>,
    pub(crate) form: Option<Node>,
    pub(crate) json: Option<Node>,
    pub(crate) xml: Option<Node>,
    /// Another media type than that of the form of the body.
    pub(crate) content_type: Option<Box<str>>,
    /// The most messages of one request.
    #[serde(default = "one")]
    pub(crate) messages: usize,
    /// Whether messages of one request may differ in their texts and senders.
    #[serde(default)]
    pub(crate) mixed: bool,
    /// The validity that the provider can be told, in seconds.
    #[serde(default)]
    pub(crate) validity: Validity,
    /// Whether the provider takes octets with a header.
    #[serde(default)]
    pub(crate) binary: bool,
    /// Whether the provider knows a request again, so that one in doubt can be repeated.
    #[serde(default)]
    pub(crate) idempotent: bool,
    pub(crate) basic: Option<Basic>,
    pub(crate) oauth2: Option<OAuth2>,
    pub(crate) sigv4: Option<SigV4>,
    pub(crate) sign: Option<Sign>,
    pub(crate) wsse: Option<Wsse>,
}

/// A digest of a password with a nonce and the time (Web Services Security, UsernameToken Profile 1.1, 3). `{wsse_digest}`,
/// `{wsse_nonce}` and `{wsse_created}` stand for it in the body and in headers.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wsse {
    pub(crate) password: Template,
}

/// Basic authentication (RFC 7617).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Basic {
    pub(crate) user: Template,
    pub(crate) password: Template,
}

/// A signature by HMAC over chosen parts of a request. `{signature}` stands for it in `headers`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sign {
    pub(crate) hash: HashWord,
    pub(crate) key: Template,
    /// How the key is written, if it isn't the octets themselves.
    pub(crate) key_form: Option<OctetsForm>,
    pub(crate) over: Template,
    #[serde(default = "base64")]
    pub(crate) written: OctetsForm,
    /// Headers that `{signature}` and the computed values stand in.
    pub(crate) headers: BTreeMap<Box<str>, Template>,
    /// How `{body_sha256}` is written.
    #[serde(default = "base64")]
    pub(crate) body_digest: OctetsForm,
}

/// How an answer is read.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AnswerForm {
    #[serde(default)]
    pub(crate) format: Form,
    /// The statuses of success, if not all from 200 to 299.
    #[serde(default)]
    pub(crate) success: Vec<u16>,
    /// What must hold of the body, or of an item of it.
    pub(crate) accepted: Option<Test>,
    /// The items of answers to several messages.
    pub(crate) items: Option<Path>,
    /// The recipient of an item; without it items are in the order of the messages.
    pub(crate) recipient: Option<Path>,
    /// The parts of a message, each with an identifier and a state of its own, in the body or its item.
    pub(crate) parts: Option<Path>,
    /// The identifier that receipts name, in the body, its item or its part.
    pub(crate) id: Option<Path>,
    /// The part of it, by a regular expression with one group.
    #[serde(default, deserialize_with = "pattern")]
    pub(crate) id_pattern: Option<Regex>,
    /// The name of a message whose receipts have an identifier of ours, such as `{id}`.
    pub(crate) own_id: Option<Template>,
    /// Whether receipts of several recipients have the same identifier.
    #[serde(default)]
    pub(crate) per_recipient: bool,
    /// Where the code of an error is; the first that has one.
    #[serde(default)]
    pub(crate) code: Vec<Path>,
    /// The part of it, by a regular expression with one group.
    #[serde(default, deserialize_with = "pattern")]
    pub(crate) code_pattern: Option<Regex>,
    /// Where the words of an error are.
    #[serde(default)]
    pub(crate) words: Vec<Path>,
    /// The meanings of codes.
    #[serde(default)]
    pub(crate) codes: BTreeMap<Meaning, Vec<Box<str>>>,
    /// The meanings of words, by regular expressions.
    #[serde(default)]
    pub(crate) texts: BTreeMap<Meaning, Pattern>,
    /// The meanings of statuses, where neither code nor words say more.
    #[serde(default)]
    pub(crate) statuses: BTreeMap<Meaning, Vec<u16>>,
}

/// A test of a value.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Test {
    /// Where the value is.
    pub(crate) path: Path,
    /// The values of which it, and each of several, is one, whatever its case. Without any it is enough that it is there.
    #[serde(default)]
    pub(crate) is: Vec<Box<str>>,
    /// A regular expression that it matches.
    #[serde(default, deserialize_with = "pattern")]
    pub(crate) matches: Option<Regex>,
}

/// The meaning of an error: a code of the table of errors, or that the message was taken before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Meaning {
    Error(Code),
    /// `already_accepted`: the provider has it from an earlier request.
    AlreadyAccepted,
    /// `unanswered`: the provider may have it.
    Unanswered,
}

/// How the provider is asked about a message.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct InquiryForm {
    pub(crate) url: Template,
    pub(crate) query: Option<Node>,
    #[serde(default)]
    pub(crate) headers: BTreeMap<Box<str>, Template>,
    #[serde(default)]
    pub(crate) format: Form,
    /// The state in the answer.
    pub(crate) state: Vec<Path>,
    /// The code of an error in the answer.
    #[serde(default)]
    pub(crate) error: Vec<Path>,
}

/// How what waits at a provider is fetched. The answer is read as a callback with the same body is.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PollForm {
    pub(crate) url: Template,
    pub(crate) query: Option<Node>,
    #[serde(default)]
    pub(crate) headers: BTreeMap<Box<str>, Template>,
}

/// What a callback is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CallbackKind {
    Receipt,
    Message,
    /// It asks whether we are there.
    Handshake,
    Ignored,
}

/// How a callback is read.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CallbackForm {
    pub(crate) kind: CallbackKind,
    /// What tells it apart from others. The first callback whose test holds is meant.
    pub(crate) when: Option<Test>,
    /// The form of the body, if its media type doesn't say it.
    pub(crate) format: Option<Form>,
    /// A text in the body that holds the JSON that is meant.
    pub(crate) unwrap: Option<Path>,
    /// The items of a list that come together.
    pub(crate) items: Option<Path>,
    pub(crate) id: Option<Path>,
    #[serde(default, deserialize_with = "pattern")]
    pub(crate) id_pattern: Option<Regex>,
    pub(crate) recipient: Option<Path>,
    /// The word for the state. Words of several paths are joined by blanks; the longest that `states` knows counts.
    #[serde(default)]
    pub(crate) state: Vec<Path>,
    /// The code of an error.
    #[serde(default)]
    pub(crate) error: Vec<Path>,
    pub(crate) from: Option<Path>,
    pub(crate) to: Option<Path>,
    pub(crate) text: Option<Path>,
    /// The URLs of pictures, videos and sounds, which are put below the text.
    #[serde(default)]
    pub(crate) media: Vec<Path>,
    /// Octets of a binary message, and of its header with its length octet.
    pub(crate) data: Option<Path>,
    #[serde(default = "hex")]
    pub(crate) data_form: OctetsForm,
    pub(crate) udh: Option<Path>,
    /// What the parts of a long message have in common, how many there are, and which it is.
    pub(crate) parts: Option<PartsForm>,
    #[serde(default)]
    pub(crate) reply: ReplyForm,
}

/// Where a part of a long message says which it is.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PartsForm {
    pub(crate) reference: Path,
    pub(crate) total: Path,
    pub(crate) number: Path,
}

/// The answer to a callback.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReplyForm {
    #[serde(default = "ok")]
    pub(crate) status: u16,
    #[serde(default)]
    pub(crate) content_type: Box<str>,
    #[serde(default)]
    pub(crate) body: Box<str>,
    /// A value of the callback to give back as the JSON member `name`.
    pub(crate) echo: Option<Echo>,
}

/// A value of the callback that the answer has to repeat.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Echo {
    pub(crate) path: Path,
    pub(crate) name: Box<str>,
}

impl Default for ReplyForm {
    fn default() -> Self {
        Self { status: 200, content_type: Box::default(), body: Box::default(), echo: None }
    }
}

/// The words of `states`, as receipts mean them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum StateWord {
    Underway,
    Delivered,
    Undelivered,
    Expired,
    Deleted,
    Rejected,
    Unknown,
}

/// A regular expression.
#[derive(Clone, Debug)]
pub(crate) struct Pattern(pub(crate) Regex);

impl Preset {
    /// Reads a preset.
    ///
    /// # Errors
    /// What is wrong with it, with its line.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        if text.len() > SIZE_MAX {
            return Err(Invalid(format!("the preset has more than {SIZE_MAX} octets")));
        }
        let preset: Self = toml::from_str(text).map_err(|error| Invalid(error.to_string()))?;
        preset.checked().map_err(Invalid)
    }

    /// The most messages of one request.
    #[must_use]
    pub const fn messages_max(&self) -> usize {
        self.request.messages
    }

    /// Values with which the preset can be tried.
    pub fn examples(&self) -> impl Iterator<Item = (&str, &str)> {
        self.example.iter().map(|(name, value)| (&**name, &**value))
    }

    /// Whether the provider calls back.
    #[must_use]
    pub fn has_callbacks(&self) -> bool {
        !self.callbacks.is_empty()
    }

    /// Whether the provider can be asked what became of a message.
    #[must_use]
    pub const fn has_inquiry(&self) -> bool {
        self.inquiry.is_some()
    }

    /// Whether the provider takes pictures, videos and sounds.
    #[must_use]
    pub fn carries_media(&self) -> bool {
        self.media_max() > 0
    }

    /// How many pictures, videos and sounds of a message the provider takes: those whose URLs its requests name.
    pub(crate) fn media_max(&self) -> usize {
        let mut most = 0;
        self.each_template(&mut |template| {
            let named = template.places().filter_map(media_place).map(|place| place + 1);
            most = named.fold(most, usize::max);
        });
        most
    }

    /// Whether receipts and messages are fetched.
    #[must_use]
    pub const fn is_polled(&self) -> bool {
        self.poll.is_some()
    }

    /// Whether callbacks are signed, once the values for that are given.
    #[must_use]
    pub const fn has_check(&self) -> bool {
        self.check.is_some()
    }

    fn checked(self) -> Result<Self, String> {
        let request = &self.request;
        let bodies = [&request.form, &request.json, &request.xml].into_iter().flatten().count();
        if bodies > 1 {
            return Err("a request has one body: form, json or xml".to_owned());
        }
        if request.messages == 0 {
            return Err("request.messages is at least 1".to_owned());
        }
        for node in [&request.form, &request.query].into_iter().flatten() {
            check_flat(node)?;
        }
        if let Some(Node::Object(root)) = &request.xml
            && root.len() != 1
        {
            return Err("request.xml has one element".to_owned());
        }
        check_headers(&request.headers)?;
        let mut unknown = None;
        self.each_template(&mut |template| {
            for place in template.places() {
                let is_known = self.variables.contains_key(place)
                    || FIELDS.iter().any(|(name, _)| *name == place)
                    || COMPUTED.contains(&place)
                    || media_place(place).is_some()
                    || place == "token";
                if !is_known {
                    unknown.get_or_insert_with(|| place.to_owned());
                }
            }
        });
        match unknown {
            Some(place) => Err(format!(
                "the place '{{{place}}}' is neither a variable of the preset nor a field of messages"
            )),
            None => Ok(self),
        }
    }

    fn each_template<'a>(&'a self, visit: &mut dyn FnMut(&'a Template)) {
        let RequestForm { url, headers, query, form, json, xml, basic, oauth2, sigv4, sign, wsse, .. } =
            &self.request;
        visit(url);
        headers.values().for_each(&mut *visit);
        for node in [query, form, json, xml].into_iter().flatten() {
            node.each_template(visit);
        }
        if let Some(Basic { user, password }) = basic {
            visit(user);
            visit(password);
        }
        if let Some(oauth2) = oauth2 {
            oauth2.each_template(visit);
        }
        if let Some(sigv4) = sigv4 {
            sigv4.each_template(visit);
        }
        if let Some(Wsse { password }) = wsse {
            visit(password);
        }
        if let Some(sign) = sign {
            visit(&sign.key);
            visit(&sign.over);
            sign.headers.values().for_each(&mut *visit);
        }
        if let Some(check) = &self.check {
            check.each_template(visit);
        }
    }
}

pub(crate) fn check_headers(headers: &BTreeMap<Box<str>, Template>) -> Result<(), String> {
    let is_name = |name: &str| {
        !name.is_empty() && name.bytes().all(|octet| octet.is_ascii_alphanumeric() || octet == b'-')
    };
    match headers.keys().find(|name| !is_name(name)) {
        Some(name) => Err(format!("'{name}' is not the name of a header")),
        None => Ok(()),
    }
}

/// Forms and queries have no objects in objects.
pub(crate) fn check_flat(node: &Node) -> Result<(), String> {
    let Node::Object(members) = node else { return Err("a form is a table".to_owned()) };
    let nested = members.iter().find(|(_, node)| matches!(node, Node::Object(_)));
    match nested {
        Some((name, _)) => Err(format!("the field '{name}' of a form can't be a table")),
        None => Ok(()),
    }
}

impl<'de> Deserialize<'de> for Meaning {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let word = String::deserialize(from)?;
        match &*word {
            "already_accepted" => Ok(Self::AlreadyAccepted),
            "unanswered" => Ok(Self::Unanswered),
            word => Code::from_word(word).map(Self::Error).ok_or_else(|| {
                D::Error::custom(format!(
                    "'{word}' is neither a code of the table of errors, 'already_accepted' nor 'unanswered'"
                ))
            }),
        }
    }
}

impl<'de> Deserialize<'de> for Pattern {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        Regex::new(&text).map(Self).map_err(|error| D::Error::custom(format!("'{text}': {error}")))
    }
}

pub(crate) fn pattern<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Regex>, D::Error> {
    Pattern::deserialize(from).map(|Pattern(regex)| Some(regex))
}

/// States are declared as `delivered = ["DELIVRD", ...]`.
fn states<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeMap<String, StateWord>, D::Error> {
    let declared: BTreeMap<StateWord, Vec<String>> = Deserialize::deserialize(from)?;
    let mut states = BTreeMap::new();
    for (state, words) in declared {
        for word in words {
            if states.insert(word.to_lowercase(), state).is_some() {
                return Err(D::Error::custom(format!("the word '{word}' has two meanings")));
            }
        }
    }
    Ok(states)
}

fn post() -> Box<str> {
    "POST".into()
}

const fn one() -> usize {
    1
}

const fn ok() -> u16 {
    200
}

const fn base64() -> OctetsForm {
    OctetsForm::Base64
}

const fn hex() -> OctetsForm {
    OctetsForm::Hex
}
