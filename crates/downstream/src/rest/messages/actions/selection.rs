//! Which messages an action is about.

use super::{ActionWord, wrong};
use crate::rest::list;
use crate::rest::messages::message_id;
use crate::rest::problem::Problem;
use postrider_core::contract::Filter;
use postrider_core::delivery::State;
use postrider_core::id::MessageId;
use postrider_core::principal::Viewer;
use postrider_core::route::{SenderMatch, UpstreamId};
use postrider_core::rules::Rules;
use postrider_core::selector::Selector;
use postrider_core::time::Time;
use postrider_declare::ClassWord;
use serde::Deserialize;
use std::str::FromStr;
use utoipa::ToSchema;

/// The states of messages that ended undelivered and can be sent again.
const UNDELIVERED: [State; 4] = [State::Failed, State::Expired, State::Rejected, State::Undelivered];

/// The most identifiers of one request.
const IDS_MAX: usize = 1_000;

/// The conditions that a message must meet, all of them. Of the values of one condition it must meet one.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(as = MessageSelection)]
pub(in crate::rest) struct SelectionDocument {
    /// The account's name.
    account: Option<String>,
    /// The upstream's name.
    upstream: Option<String>,
    /// Classes.
    classes: Vec<ClassWord>,
    /// Countries of the recipient (ISO 3166, such as `GB`).
    countries: Vec<String>,
    /// Networks of the recipient: MCC and MNC, such as `23410`, or the MCC alone.
    networks: Vec<String>,
    /// The first digits of the recipient, without `+`.
    prefixes: Vec<String>,
    /// Senders, or their start and `*`.
    senders: Vec<String>,
    /// Names of the routes that the messages went by.
    routes: Vec<String>,
    /// Tags, with one of which messages are marked.
    tags: Vec<String>,
    /// The client's own reference.
    reference: Option<String>,
    /// Held by a rule against fraud whose name begins so, such as `policies.otp.fraud`; `*` is any rule. Default of
    /// `release`: any rule; of other actions: held or not.
    held_by: Option<String>,
    /// Identifiers of messages. Default: all.
    ids: Vec<String>,
    /// The earliest time of acceptance: RFC 3339, or a length of time before now, such as `1h`.
    since: Option<String>,
    /// The time before which messages were accepted, likewise.
    until: Option<String>,
    /// Of `resend`: the state in which the messages ended: `failed`, `expired`, `rejected` or `undelivered`. Default: `failed`.
    state: Option<String>,
    /// Of `resend`: the gateway's code of the error, or the carrier's code or word.
    error: Option<String>,
}

impl SelectionDocument {
    /// The messages that are looked at, and which of them are meant.
    pub(super) fn read(
        &self,
        action: ActionWord,
        rules: &Rules,
        now: Time,
    ) -> Result<(Filter, Selector), Problem> {
        let viewer = match self.account.as_deref() {
            None => Viewer::Everything,
            Some(name) => list::account(name, Viewer::Everything, rules)?
                .ok_or_else(|| wrong("account", format!("there is no account '{name}'")))?,
        };
        let time =
            |name: &str, text: Option<&String>| text.map_or(Ok(None), |text| list::time(name, text, now));
        let filter = Filter {
            upstream: self.upstream.as_deref().map(|name| upstream("upstream", name, rules)).transpose()?,
            reference: self.reference.clone(),
            since: time("since", self.since.as_ref())?,
            until: time("until", self.until.as_ref())?,
            state: Some(self.state(action)?),
            error: self.error(action)?,
            held_by: self.held_by(action)?,
            ..Filter::all(viewer, list::PAGE)
        };
        let selector = Selector {
            accounts: Vec::new(),
            upstreams: Vec::new(),
            classes: self.classes.iter().map(|class| (*class).into()).collect(),
            countries: each("countries", &self.countries)?,
            networks: each("networks", &self.networks)?,
            prefixes: each("prefixes", &self.prefixes)?,
            senders: self.senders.iter().map(|sender| SenderMatch::new(sender)).collect(),
            routes: self.routes.iter().map(|route| route.as_str().into()).collect(),
            tags: self.tags.iter().map(|tag| tag.as_str().into()).collect(),
            references: Vec::new(),
            messages: self.messages()?,
        };
        Ok((filter, selector))
    }

    fn state(&self, action: ActionWord) -> Result<State, Problem> {
        match (self.state.as_deref(), action) {
            (None, ActionWord::Resend) => Ok(State::Failed),
            (None, _) => Ok(State::Queued),
            (Some(word), ActionWord::Resend) => {
                let state = State::from_word(word).filter(|state| UNDELIVERED.contains(state));
                state
                    .ok_or_else(|| wrong("state", "the states are failed, expired, rejected and undelivered"))
            }
            (Some(_), _) => Err(wrong("state", "'state' is for the action 'resend'")),
        }
    }

    fn held_by(&self, action: ActionWord) -> Result<Option<Box<str>>, Problem> {
        match (&self.held_by, action) {
            (Some(_), ActionWord::Resend) => Err(wrong("held_by", "'held_by' is for messages that wait")),
            (None, ActionWord::Release) => Ok(Some(Box::default())),
            (held_by, _) => Ok(held_by.as_ref().map(|rule| rule.trim_end_matches('*').into())),
        }
    }

    fn messages(&self) -> Result<Vec<MessageId>, Problem> {
        if self.ids.len() > IDS_MAX {
            return Err(wrong("ids", format!("at most {IDS_MAX} identifiers are taken at once")));
        }
        self.ids
            .iter()
            .map(|id| message_id(id).map_err(|_| wrong("ids", format!("'{id}' is no identifier"))))
            .collect()
    }

    fn error(&self, action: ActionWord) -> Result<Option<String>, Problem> {
        let Some(error) = &self.error else { return Ok(None) };
        if action != ActionWord::Resend {
            return Err(wrong("error", "'error' is for the action 'resend'"));
        }
        let words = error.replace(':', " ").split_whitespace().collect::<Vec<_>>().join(" ");
        Ok(Some(words).filter(|words| !words.is_empty()))
    }
}

fn each<T: FromStr<Err: ToString>>(field: &str, texts: &[String]) -> Result<Vec<T>, Problem> {
    texts.iter().map(|text| text.parse().map_err(|error: T::Err| wrong(field, error.to_string()))).collect()
}

/// The upstream of a name.
pub(super) fn upstream(field: &str, name: &str, rules: &Rules) -> Result<UpstreamId, Problem> {
    let found = rules.upstreams().find(|upstream| *upstream.name == *name);
    found.map(|upstream| upstream.id).ok_or_else(|| wrong(field, format!("there is no upstream '{name}'")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(select: &str, action: ActionWord) -> Result<(Filter, Selector), Option<Box<str>>> {
        let document: SelectionDocument = serde_json::from_str(select).unwrap();
        document.read(action, &Rules::default(), Time(10_000_000)).map_err(|problem| problem.field)
    }

    #[test]
    fn conditions_arrive_where_they_are_looked_at() {
        let select = r#"{"classes":["marketing"],"countries":["GB"],"networks":["234"],"prefixes":["4477"],
            "senders":["Shop*"],"routes":["world"],"reference":"x","since":"1h"}"#;
        let (filter, selector) = read(select, ActionWord::Cancel).unwrap();
        assert_eq!((filter.state, filter.reference.as_deref()), (Some(State::Queued), Some("x")));
        assert_eq!(filter.since, Some(Time(10_000_000 - 3_600_000)));
        assert_eq!((selector.classes.len(), selector.countries.len(), selector.networks.len()), (1, 1, 1));
        assert_eq!((selector.prefixes.len(), selector.senders.len(), selector.routes.len()), (1, 1, 1));
        let (filter, selector) = read(r#"{"ids":["42"]}"#, ActionWord::Release).unwrap();
        assert_eq!(
            (filter.held_by.as_deref(), selector.messages),
            (Some(""), vec![MessageId::from_number(42)])
        );
        let (filter, _) = read(r#"{"held_by":"policies.otp"}"#, ActionWord::Cancel).unwrap();
        assert_eq!(filter.held_by.as_deref(), Some("policies.otp"));
        assert_eq!(read("{}", ActionWord::Cancel).unwrap().0.held_by, None);
        let (filter, _) = read(r#"{"state":"expired","error":"0x14: full"}"#, ActionWord::Resend).unwrap();
        assert_eq!((filter.state, filter.error.as_deref()), (Some(State::Expired), Some("0x14 full")));
    }

    #[test]
    fn a_mistake_names_its_field() {
        for (select, action, field) in [
            (r#"{"account":"nobody"}"#, ActionWord::Cancel, "account"),
            (r#"{"upstream":"nowhere"}"#, ActionWord::Cancel, "upstream"),
            (r#"{"countries":["XX"]}"#, ActionWord::Cancel, "countries"),
            (r#"{"prefixes":["+44"]}"#, ActionWord::Cancel, "prefixes"),
            (r#"{"since":"yesterday"}"#, ActionWord::Cancel, "since"),
            (r#"{"state":"failed"}"#, ActionWord::Cancel, "state"),
            (r#"{"state":"delivered"}"#, ActionWord::Resend, "state"),
            (r#"{"error":"x"}"#, ActionWord::Move, "error"),
            (r#"{"held_by":"*"}"#, ActionWord::Resend, "held_by"),
            (r#"{"ids":["x"]}"#, ActionWord::Release, "ids"),
        ] {
            assert_eq!(read(select, action).unwrap_err().as_deref(), Some(field), "{select}");
        }
    }
}
