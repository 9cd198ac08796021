//! The other side: a provider as its preset describes it. It reads requests, and writes answers and callbacks.

use crate::inverse::{self, Bound};
use crate::node::Node;
use crate::preset::StateWord;
use crate::provider::Provider;
use crate::request::{Outgoing, Surroundings, append_query, body};
use crate::template::Scope;
use crate::tree::{self, Form, pairs};
use postrider_core::time::Time;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::collections::BTreeMap;
use url::Url;

/// What the simulated provider answers and tells.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SimulationForm {
    accepted: Option<AnswerTemplate>,
    refused: Option<AnswerTemplate>,
    /// The answer to an inquiry.
    state: Option<AnswerTemplate>,
    receipt: Option<CallbackTemplate>,
    message: Option<CallbackTemplate>,
    /// The words of states that `{state}` stands for, where the first word of `states` is not the one.
    #[serde(default)]
    states: BTreeMap<StateWord, Box<str>>,
    /// Escapes that the provider puts values in for, in the callback's URL.
    #[serde(default)]
    escapes: BTreeMap<Box<str>, crate::template::Template>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct AnswerTemplate {
    #[serde(default = "ok")]
    status: u16,
    json: Option<Node>,
    form: Option<Node>,
    xml: Option<Node>,
    text: Option<crate::template::Template>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CallbackTemplate {
    json: Option<Node>,
    form: Option<Node>,
    xml: Option<Node>,
    query: Option<Node>,
}

const fn ok() -> u16 {
    200
}

/// A message that the simulated provider was handed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Handed {
    /// The recipient's digits.
    pub to: String,
    /// The sender as it was given; empty for none.
    pub from: String,
    /// The text; empty for a message of octets.
    pub text: String,
    /// Where callbacks go.
    pub callback: Option<String>,
    /// Where the receipt goes, if elsewhere.
    pub receipt_url: Option<String>,
    /// The client's own identifier.
    pub reference: Option<String>,
}

/// An answer or callback of the simulated provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// The status of an answer.
    pub status: u16,
    /// The media type.
    pub content_type: &'static str,
    /// The body.
    pub body: Vec<u8>,
}

/// The moment so many milliseconds after 1970.
#[must_use]
pub const fn moment(milliseconds: i64) -> Time {
    Time(milliseconds)
}

/// What became of a message at the simulated provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It reached the handset.
    Delivered,
    /// It can't be delivered.
    Undelivered,
    /// Its time ran out.
    Expired,
    /// The network refused it.
    Rejected,
}

/// The values of one message at the simulated provider.
struct At<'a> {
    handed: &'a Handed,
    id: &'a str,
    state: &'a str,
}

impl Scope for At<'_> {
    fn value(&self, name: &str) -> Option<Cow<'_, str>> {
        let handed = self.handed;
        Some(match name {
            "id" => self.id.into(),
            "to" => handed.to.as_str().into(),
            "to_plus" => format!("+{}", handed.to).into(),
            "from" => handed.from.as_str().into(),
            "from_plus" => format!("+{}", handed.from.trim_start_matches('+')).into(),
            "text" => handed.text.as_str().into(),
            "state" => self.state.into(),
            "reference" => handed.reference.as_deref()?.into(),
            _ => return None,
        })
    }
}

impl AnswerTemplate {
    fn written(&self, each: &[&dyn Scope]) -> Option<Written> {
        let bodies = [(Form::Json, &self.json), (Form::Form, &self.form), (Form::Xml, &self.xml)];
        for (kind, node) in bodies {
            if let Some(node) = node {
                let body = tree::write(kind, &node.render(each)?);
                return Some(Written { status: self.status, content_type: kind.media_type(), body });
            }
        }
        let text = self.text.as_ref().and_then(|text| text.render(*each.first()?)).unwrap_or_default();
        Some(Written { status: self.status, content_type: Form::Text.media_type(), body: text.into_bytes() })
    }
}

impl Provider {
    /// The messages of a request that was made by this preset; none if it wasn't.
    #[must_use]
    pub fn read_request(&self, url: &Url, body_octets: &[u8]) -> Vec<Handed> {
        let form = &self.preset.request;
        let mut bound: Bound = Vec::new();
        if let Some(node) = &form.query {
            inverse::of_tree(node, &fields(url.query().unwrap_or_default().as_bytes()), &mut bound);
        }
        if let Some((kind, node)) = body(form)
            && let Some(tree) = tree::read(kind, body_octets)
        {
            inverse::of_tree(node, &tree, &mut bound);
        }
        let shared = bound.first().cloned().unwrap_or_default();
        let handed = bound.into_iter().map(|own| {
            let of = |names: &[&str]| {
                names.iter().find_map(|name| own.get(*name).or_else(|| shared.get(*name))).cloned()
            };
            let utf16 = || {
                let octets = crate::encoding::OctetsForm::Hex.read(&of(&["text_utf16_hex"])?)?;
                Some(postrider_text::ucs2::decode(&octets))
            };
            let to: String = of(&["to", "to_plus"])?.chars().filter(char::is_ascii_digit).collect();
            Some(Handed {
                to,
                from: of(&["from", "from_plus"]).unwrap_or_default(),
                text: of(&["text"]).or_else(utf16).unwrap_or_default(),
                callback: of(&["callback"]),
                receipt_url: of(&["receipt_url"]),
                reference: of(&["id", "uuid", "own_reference"]),
            })
        });
        handed.flatten().filter(|handed| !handed.to.is_empty()).collect()
    }

    /// The answer to accepted messages, with the identifier of each; to those of no identifier a refusal.
    #[must_use]
    pub fn write_answer(&self, handed: &[(Handed, String)], accepted: bool) -> Option<Written> {
        let form = &self.preset.simulation;
        let template = if accepted { form.accepted.as_ref()? } else { form.refused.as_ref()? };
        let each: Vec<At<'_>> = handed.iter().map(|(handed, id)| At { handed, id, state: "" }).collect();
        let each: Vec<&dyn Scope> = each.iter().map(|at| at as &dyn Scope).collect();
        template.written(&each)
    }

    /// The identifier that an inquiry asks about; `None` if the request is none.
    #[must_use]
    pub fn read_inquiry(&self, url: &Url) -> Option<String> {
        let mut bound: Bound = Vec::new();
        let query = self.preset.inquiry.as_ref()?.query.as_ref()?;
        inverse::of_tree(query, &fields(url.query()?.as_bytes()), &mut bound);
        bound.into_iter().next()?.remove("own_reference")
    }

    /// The answer to an inquiry about a message that ended so.
    #[must_use]
    pub fn write_state(&self, id: &str, fate: Fate) -> Option<Written> {
        let state = self.state_of(fate)?;
        let at = At { handed: &Handed::default(), id, state: &state };
        self.preset.simulation.state.as_ref()?.written(&[&at])
    }

    /// The callback with a message's receipt; `None` if the preset describes none, or nobody is to be called.
    #[must_use]
    pub fn write_receipt(
        &self,
        handed: &Handed,
        id: &str,
        fate: Fate,
        around: &Surroundings<'_>,
    ) -> Option<Outgoing> {
        let state = self.state_of(fate)?;
        let at = At { handed, id, state: &state };
        let own = handed.receipt_url.as_ref().or(handed.callback.as_ref());
        let mut target = own.cloned().or_else(|| around.callback.map(ToOwned::to_owned))?;
        for (escape, value) in &self.preset.simulation.escapes {
            let value: String = url::form_urlencoded::byte_serialize(value.render(&at)?.as_bytes()).collect();
            target = target.replace(&**escape, &value);
        }
        self.write_callback(self.preset.simulation.receipt.as_ref()?, &at, &target, around)
    }

    /// The callback with a message from a handset.
    #[must_use]
    pub fn write_message(&self, message: &Handed, id: &str, around: &Surroundings<'_>) -> Option<Outgoing> {
        let at = At { handed: message, id, state: "" };
        self.write_callback(self.preset.simulation.message.as_ref()?, &at, around.callback?, around)
    }

    fn write_callback(
        &self,
        template: &CallbackTemplate,
        at: &At<'_>,
        target: &str,
        around: &Surroundings<'_>,
    ) -> Option<Outgoing> {
        let each: [&dyn Scope; 1] = [at];
        let mut request =
            Outgoing { method: "GET".into(), url: target.parse().ok()?, headers: Vec::new(), body: None };
        if let Some(query) = template.query.as_ref().and_then(|node| node.render(&each)) {
            append_query(&mut request.url, &query);
        }
        let bodies = [(Form::Json, &template.json), (Form::Form, &template.form), (Form::Xml, &template.xml)];
        for (kind, node) in bodies {
            if let Some(node) = node {
                request.method = "POST".into();
                request.body = Some(tree::write(kind, &node.render(&each)?));
                request.headers.push(("content-type".into(), kind.media_type().to_owned()));
            }
        }
        if let Some(check) = &self.preset.check {
            check.prove(&mut request, &self.places(None, around));
        }
        Some(request)
    }

    fn state_of(&self, fate: Fate) -> Option<String> {
        let wanted = match fate {
            Fate::Delivered => StateWord::Delivered,
            Fate::Undelivered => StateWord::Undelivered,
            Fate::Expired => StateWord::Expired,
            Fate::Rejected => StateWord::Rejected,
        };
        let of = |state: StateWord| {
            let own = self.preset.simulation.states.get(&state).map(ToString::to_string);
            own.or_else(|| {
                self.preset.states.iter().find(|(_, known)| **known == state).map(|(word, _)| word.clone())
            })
        };
        of(wanted).or_else(|| if fate == Fate::Delivered { None } else { of(StateWord::Undelivered) })
    }
}

fn fields(query: &[u8]) -> Value {
    let mut object = Map::new();
    for (name, value) in pairs(query) {
        tree::add(&mut object, name, Value::String(value));
    }
    Value::Object(object)
}
