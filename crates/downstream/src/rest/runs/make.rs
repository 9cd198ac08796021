//! Campaigns and batches are made, paced and tested.

use super::fallback::FallbackRequest;
use super::hours::SendingHoursDocument;
use super::trial::{self, TrialRequest, VariantRequest};
use super::view::RunView;
use super::{not_done, number};
use crate::rest::Rest;
use crate::rest::answer::json;
use crate::rest::caller::Owned;
use crate::rest::messages::Schedule as SendAt;
use crate::rest::moment;
use crate::rest::payload::parse;
use crate::rest::problem::Problem;
use axum::http::StatusCode;
use axum::response::Response;
use postrider_apps::run::{Audience, NewRun, Outgoing, Pace, Personal, RunKind, Schedule, TemplateName};
use postrider_core::number::Number;
use postrider_core::submission::Refusal;
use postrider_declare::{ClassWord, Span};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::Duration;
use utoipa::ToSchema;

/// The most numbers of a test.
const TEST_MAX: usize = 10;

/// A campaign or a batch to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::rest) struct RunRequest {
    /// Its name, for people: up to 128 characters.
    #[serde(default)]
    #[schema(max_length = 128)]
    name: Option<String>,
    /// The text, the same for all. Give this, `template` or `variants`.
    #[serde(default)]
    text: Option<String>,
    /// The template, which is filled in for each recipient.
    #[serde(default)]
    template: Option<RunTemplate>,
    /// Several texts, 2 to 5, instead of one.
    #[serde(default)]
    variants: Vec<VariantRequest>,
    /// How the best of `variants` is found out with some recipients, so that all others get it. Default: each recipient gets one of them.
    #[serde(default)]
    trial: Option<TrialRequest>,
    /// Whether short links on the operator's domain take the place of addresses, one for each recipient. Default: false.
    #[serde(default)]
    shorten_links: bool,
    /// The sender. Default: the account's.
    #[serde(default)]
    from: Option<String>,
    /// The class of the messages. Default: `marketing` for campaigns, `emergency` for broadcasts, and the account's for batches.
    #[serde(default)]
    class: Option<ClassWord>,
    /// The route that is asked for, as of messages. Default: the first one that takes a message.
    #[serde(default)]
    route: Option<String>,
    /// The earliest time of sending: RFC 3339 with its offset, or without one and with `send_zone`. Default: at once.
    #[serde(default)]
    #[schema(example = "2030-01-31T09:00:00")]
    send_at: Option<String>,
    /// The time zone of a `send_at` without an offset: a name, or `recipient` for each recipient's own.
    #[serde(default)]
    #[schema(example = "recipient")]
    send_zone: Option<String>,
    /// The latest time of sending (RFC 3339 with its offset): what is left then is not sent.
    #[serde(default)]
    #[schema(format = "date-time")]
    not_after: Option<String>,
    /// The time for which a message may wait, such as `4h`.
    #[serde(default)]
    valid_for: Option<Span>,
    /// How fast messages are handed in. Default: as fast as they can be.
    #[serde(default)]
    pace: Option<PaceDocument>,
    /// At which hours, on which days, and to how many recipients a day. Default: at any time, to any number.
    #[serde(default)]
    sending_hours: Option<SendingHoursDocument>,
    /// How many of a hundred messages fail so that it pauses by itself. Those count that have ended and were not canceled, once there
    /// are 50. Default: it never does.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 100)]
    pause_at_failures: Option<u8>,
    /// The contacts that a campaign or broadcast is for, besides recipients that are added.
    #[serde(default)]
    audience: Option<AudienceDocument>,
    /// What those get whom a broadcast has not reached in time. Default: nothing more.
    #[serde(default)]
    fallback: Option<FallbackRequest>,
}

/// A template that is filled in for each recipient.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::rest) struct RunTemplate {
    /// Its name.
    name: String,
    /// Its version. Default: the one that is approved when it is launched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    version: Option<u32>,
    /// The language for recipients of whom none is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    language: Option<String>,
}

/// How fast messages are handed in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PaceDocument)]
pub(in crate::rest) struct PaceDocument {
    /// Messages a minute.
    #[schema(minimum = 1, maximum = 10_000_000)]
    per_minute: u32,
    /// How long it takes from a tenth of that to all of it, such as `30m`. Default: all of it at once.
    #[serde(default)]
    ramp: Option<Span>,
}

/// Contacts that a campaign is for: all that are meant by any of these, once each.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Audience)]
pub(in crate::rest) struct AudienceDocument {
    /// Groups of contacts.
    #[serde(default)]
    groups: Vec<String>,
    /// All contacts of the account.
    #[serde(default)]
    everybody: bool,
    /// The campaign or batch whose recipients are meant who did not get its message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    not_delivered_of: Option<EarlierRun>,
    /// The campaign, batch or broadcast whose recipients are meant whom its message has not reached so far: it failed, or no receipt
    /// tells of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    not_reached_of: Option<EarlierRun>,
    /// The campaign or batch whose recipients are meant who followed one of its links.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    clicked_of: Option<EarlierRun>,
    /// What must hold of contacts, such as `country = 'DE' and age >= 18`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    segment: Option<String>,
    /// Groups whose contacts are left out.
    #[serde(default)]
    except_groups: Vec<String>,
}

/// A campaign or a batch of before.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::rest) enum EarlierRun {
    /// The campaign with this identifier.
    Campaign(String),
    /// The batch with this identifier.
    Batch(String),
    /// The broadcast with this identifier.
    Broadcast(String),
}

impl From<RunTemplate> for TemplateName {
    fn from(it: RunTemplate) -> Self {
        Self { name: it.name.into(), version: it.version, language: it.language.map(Into::into) }
    }
}

impl EarlierRun {
    fn of((kind, id): (RunKind, u64)) -> Self {
        match kind {
            RunKind::Campaign => Self::Campaign(id.to_string()),
            RunKind::Batch => Self::Batch(id.to_string()),
            RunKind::Broadcast => Self::Broadcast(id.to_string()),
        }
    }

    fn read(self, field: &'static str) -> Result<(RunKind, u64), Problem> {
        let (kind, id) = match self {
            Self::Campaign(id) => (RunKind::Campaign, id),
            Self::Batch(id) => (RunKind::Batch, id),
            Self::Broadcast(id) => (RunKind::Broadcast, id),
        };
        id.parse().map(|id| (kind, id)).map_err(|_| wrong(field, format!("'{id}' is no identifier")))
    }
}

impl From<&TemplateName> for RunTemplate {
    fn from(it: &TemplateName) -> Self {
        let language = it.language.as_deref().map(str::to_owned);
        Self { name: it.name.to_string(), version: it.version, language }
    }
}

impl From<&Audience> for AudienceDocument {
    fn from(it: &Audience) -> Self {
        let texts = |of: &[Box<str>]| of.iter().map(ToString::to_string).collect();
        Self {
            groups: texts(&it.groups),
            everybody: it.everybody,
            not_delivered_of: it.not_delivered_of.map(EarlierRun::of),
            not_reached_of: it.not_reached_of.map(EarlierRun::of),
            clicked_of: it.clicked_of.map(EarlierRun::of),
            segment: it.segment.as_deref().map(str::to_owned),
            except_groups: texts(&it.except_groups),
        }
    }
}

pub(super) fn wrong(field: &'static str, detail: String) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_run", detail).at(field)
}

impl PaceDocument {
    fn read(&self) -> Result<Pace, Problem> {
        let span = |span: &Span| span.read().map_err(|error| wrong("pace.ramp", error.to_string()));
        let ramp = self.ramp.as_ref().map(span).transpose()?.unwrap_or(Duration::ZERO);
        Ok(Pace { per_minute: self.per_minute, ramp: u64::try_from(ramp.as_millis()).unwrap_or(u64::MAX) })
    }
}

impl AudienceDocument {
    fn read(self) -> Result<Audience, Problem> {
        let boxed = |texts: Vec<String>| texts.into_iter().map(String::into_boxed_str).collect();
        let earlier = |field, earlier: Option<EarlierRun>| earlier.map(|it| it.read(field)).transpose();
        Ok(Audience {
            not_delivered_of: earlier("audience.not_delivered_of", self.not_delivered_of)?,
            not_reached_of: earlier("audience.not_reached_of", self.not_reached_of)?,
            clicked_of: earlier("audience.clicked_of", self.clicked_of)?,
            groups: boxed(self.groups),
            everybody: self.everybody,
            segment: self.segment.map(Into::into),
            except_groups: boxed(self.except_groups),
        })
    }
}

impl RunRequest {
    fn read(self, kind: RunKind) -> Result<NewRun, Problem> {
        if kind == RunKind::Batch && self.audience.is_some() {
            return Err(wrong(
                "audience",
                "a batch has the recipients that are added: make a campaign".into(),
            ));
        }
        let is_timed = self.send_at.is_some() || self.not_after.is_some() || self.pace.is_some();
        if kind == RunKind::Broadcast && (is_timed || !self.variants.is_empty()) {
            let detail = "a broadcast is one text, sent at once when it is approved: leave out times, pace and variants";
            return Err(wrong("send_at", detail.into()));
        }
        let (send_at, local) = match SendAt::read(self.send_at.as_deref(), self.send_zone.as_deref())? {
            SendAt::At(at) => (at.map(|at| at.0), None),
            SendAt::AtRecipients(local) => (None, Some(local.to_string().into())),
        };
        let not_after = self.not_after.as_deref().map(moment::read).transpose();
        let not_after = not_after.map_err(|error| wrong("not_after", error))?;
        let valid_for = self.valid_for.map(|span| span.read()).transpose();
        let valid_for = valid_for.map_err(|error| wrong("valid_for", error.to_string()))?;
        let class = self.class.map(|class| postrider_core::message::Class::from(class).word().into());
        Ok(NewRun {
            kind,
            name: self.name.map(Into::into),
            outgoing: Outgoing {
                from: self.from.map(Into::into),
                class,
                text: self.text.map(Into::into),
                template: self.template.map(Into::into),
                route: self.route.map(Into::into),
                valid_for: valid_for.map(|span| span.as_secs()),
                shorten_links: self.shorten_links,
            },
            schedule: Schedule {
                send_at,
                send_at_local: local,
                not_after: not_after.map(|at| at.0),
                sending_hours: self.sending_hours.map(SendingHoursDocument::read).transpose()?.flatten(),
            },
            pace: self.pace.map(|pace| pace.read()).transpose()?,
            pause_at_failures: self.pause_at_failures,
            audience: self.audience.map(AudienceDocument::read).transpose()?.unwrap_or_default(),
            trial: trial::read(self.variants, self.trial)?,
            fallback: self.fallback.map(FallbackRequest::read).transpose()?,
        })
    }
}

/// Makes one.
pub(super) async fn make(
    rest: &Rest,
    kind: RunKind,
    owned: &Owned,
    body: &[u8],
) -> Result<Response, Problem> {
    let new = parse::<RunRequest>(body)?.read(kind)?;
    let made = rest.apps.runs.make(owned.account.id, new, &owned.caller.recorded_as()).await;
    let run = made.map_err(|error| not_done(kind, error))?;
    Ok(json(StatusCode::CREATED, &RunView::of(&run, rest.live.now())))
}

/// What is different in a clone.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::rest) struct CloneRequest {
    /// Its name. Default: that of the other one, with `(copy)` behind it.
    #[serde(default)]
    name: Option<String>,
}

/// Makes one like another one.
pub(super) async fn make_clone(
    rest: &Rest,
    kind: RunKind,
    owned: &Owned,
    id: &str,
    body: &[u8],
) -> Result<Response, Problem> {
    let CloneRequest { name } = if body.is_empty() { CloneRequest::default() } else { parse(body)? };
    let (id, author) = (number(kind, id)?, owned.caller.recorded_as());
    let made = rest.apps.runs.clone_of(owned.account.id, kind, id, name.map(Into::into), &author).await;
    let run = made.map_err(|error| not_done(kind, error))?;
    Ok(json(StatusCode::CREATED, &RunView::of(&run, rest.live.now())))
}

/// Sets the pace of one.
pub(super) async fn set_pace(
    rest: &Rest,
    kind: RunKind,
    owned: &Owned,
    id: &str,
    body: &[u8],
) -> Result<Response, Problem> {
    let pace = parse::<PaceDocument>(body)?.read()?;
    let set = rest.apps.runs.set_pace(owned.account.id, kind, number(kind, id)?, Some(pace)).await;
    let run = set.map_err(|error| not_done(kind, error))?;
    Ok(json(StatusCode::OK, &RunView::of(&run, rest.live.now())))
}

/// A test of a message.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::rest) struct TestRequest {
    /// The numbers, up to 10.
    #[schema(min_items = 1, max_items = 10)]
    to: Vec<String>,
    /// The values of variables.
    #[serde(default)]
    #[schema(value_type = HashMap<String, Value>)]
    variables: BTreeMap<String, Value>,
    /// The language.
    #[serde(default)]
    language: Option<String>,
    /// The name of the variant, if there are several. Default: the first.
    #[serde(default)]
    variant: Option<String>,
}

/// The messages of a test.
#[derive(Serialize, ToSchema)]
pub(in crate::rest) struct TestSent {
    /// Their identifiers, in the order of the numbers.
    messages: Vec<String>,
}

/// Sends a test.
pub(super) async fn test(
    rest: &Rest,
    kind: RunKind,
    owned: &Owned,
    id: &str,
    body: &[u8],
) -> Result<Response, Problem> {
    let TestRequest { to, variables, language, variant } = parse(body)?;
    if !(1..=TEST_MAX).contains(&to.len()) {
        return Err(wrong("to", format!("give 1 to {TEST_MAX} numbers")));
    }
    let (account, id) = (&owned.account, number(kind, id)?);
    let variables = variables.into_iter().map(|(name, value)| (name.into(), value)).collect();
    let personal = Personal { variables, language: language.map(Into::into), ..Personal::default() };
    let read = |to: &String| Number::parse_recipient_in(to, account.country);
    let numbers: Result<Vec<Number>, _> = to.iter().map(read).collect();
    let numbers = numbers.map_err(|error| Problem::from(&Refusal::Recipient(error)).at("to"))?;
    let mut messages = Vec::with_capacity(numbers.len());
    for number in numbers {
        let sent = rest.apps.runs.test(account, (kind, id), variant.as_deref(), number, &personal).await;
        messages.push(sent.map_err(|error| not_done(kind, error))?.to_string());
    }
    Ok(json(StatusCode::ACCEPTED, &TestSent { messages }))
}
