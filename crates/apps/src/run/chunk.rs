//! The messages of some hundred recipients: what is sent to each, or why nothing is.

use super::document::{Outgoing, Run, RunKind, Schedule};
use super::hours::SendingHours;
use super::personal::Personal;
use crate::link::Shortener;
use crate::template::{Compiled, NotFilled};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use postrider_core::contract::{AppWrite, Decided, Prepared, Recipient, Refused, StoreError};
use postrider_core::message::{Body, Class};
use postrider_core::number::Number;
use postrider_core::route::UpstreamId;
use postrider_core::submission::{Refusal, Submission, local_time};
use postrider_core::time::Time;
use std::time::Duration;

/// What stands in the way of all recipients, not of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// It will pass.
    Wait(Duration),
    /// Somebody must do something about it: why, as a code.
    Pause(&'static str),
}

/// What messages are made of.
pub(super) struct Maker {
    text: Option<Box<str>>,
    template: Option<Compiled>,
    language: Option<Box<str>>,
    local: Option<DateTime>,
    hours: Option<SendingHours>,
    not_after: Option<Time>,
    now: Time,
    shortener: Option<Shortener>,
    like: Submission,
}

/// A message for a recipient, and what is to be kept before it is handed in.
pub(super) type Made = (Submission, Vec<AppWrite>);

/// Why nothing can be made.
pub(super) const NOTHING_TO_SEND: &str = "template_missing";

impl Maker {
    /// What messages of a run are made of at this time: `outgoing` is what is sent, and `template` the one that it names.
    pub(super) fn new(run: &Run, outgoing: &Outgoing, template: Option<Compiled>, now: Time) -> Option<Self> {
        if outgoing.text.is_none() && template.is_none() {
            return None;
        }
        let Schedule { send_at_local, not_after, sending_hours, .. } = &run.schedule;
        let left = not_after.map(|not_after| Time(not_after).since(now).max(Duration::from_secs(1)));
        let wanted = outgoing.valid_for.map(Duration::from_secs);
        let valid_for = left.into_iter().chain(wanted).min();
        let usual = match run.kind {
            RunKind::Batch => None,
            RunKind::Campaign => Some(Class::Marketing),
            RunKind::Broadcast => Some(Class::Emergency),
        };
        let like = Submission {
            from: outgoing.from.as_deref().map(Into::into),
            class: outgoing.class.as_deref().and_then(Class::from_word).or(usual),
            valid_for,
            reference: Some(run.reference()),
            route: outgoing.route.as_deref().map(Into::into),
            is_resent: run.audience.not_reached_of.is_some(),
            parameters: template.as_ref().map(dlt).unwrap_or_default(),
            ..Submission::default()
        };
        Some(Self {
            text: outgoing.text.clone(),
            language: outgoing.template.as_ref().and_then(|template| template.language.clone()),
            template,
            local: send_at_local.as_deref().and_then(|local| local.parse().ok()),
            hours: sending_hours.clone(),
            not_after: not_after.map(Time),
            now,
            shortener: None,
            like,
        })
    }

    /// The same, with short links in its texts.
    pub(super) fn with_links(self, shortener: Option<Shortener>) -> Self {
        Self { shortener, ..self }
    }

    /// The message to a recipient.
    pub(super) fn submission(&self, recipient: &Recipient) -> Result<Result<Made, Refused>, StoreError> {
        let Some(number) = recipient.number else {
            return Ok(Err(refused("erased", "the person was erased")));
        };
        let personal = Personal::read(&recipient.document)?;
        let mut submission = match self.message(number, &personal) {
            Ok(submission) => submission,
            Err(refused) => return Ok(Err(refused)),
        };
        let mut writes = Vec::new();
        if let (Some(shortener), Some(Body::Text(text))) = (&self.shortener, &mut submission.body) {
            let (shortened, targets) = shortener.shorten(text, recipient.position, number)?;
            *text = shortened.into();
            writes = targets;
        }
        Ok(Ok((submission, writes)))
    }

    /// The message to a number of whom this is known.
    pub(super) fn message(&self, number: Number, personal: &Personal) -> Result<Submission, Refused> {
        let text = self.text(personal)?;
        let (send_at, send_at_local) = self.time(number, personal);
        let valid_for = self.valid_for(send_at)?;
        let body = Some(Body::Text(text));
        let avoid = personal.avoid.map(UpstreamId);
        let to = number.to_string();
        Ok(Submission { to, body, send_at, send_at_local, valid_for, avoid, ..self.like.clone() })
    }

    fn text(&self, personal: &Personal) -> Result<Box<str>, Refused> {
        if let Some(text) = &self.text {
            return Ok(text.clone());
        }
        let Some(template) = &self.template else { return Err(refused("empty_message", "there is no text")) };
        let language = personal.language.as_deref().or(self.language.as_deref());
        template.text(language, &personal.values()).map(Into::into).map_err(|error| {
            let code = match &error {
                NotFilled::Missing(_) => "missing_variable",
                NotFilled::Wrong(_) => "invalid_template",
            };
            refused(code, &error.to_string())
        })
    }

    /// When the message leaves: at the time in the recipient's own zone, where that is known, else in that of the number; and in the
    /// hours there. A time without a zone is given back as it is: it is refused where the message is decided on.
    fn time(&self, number: Number, personal: &Personal) -> (Option<Time>, Option<DateTime>) {
        let zone = personal.zone.as_deref().and_then(|zone| TimeZone::get(zone).ok());
        let local = self.local.map(|local| match zone.clone().and_then(|zone| local.to_zoned(zone).ok()) {
            Some(zoned) => Ok(Time(zoned.timestamp().as_millisecond())),
            None => local_time::moment(local, number).ok_or(local),
        });
        let from = match local {
            None => None,
            Some(Ok(moment)) => Some(moment),
            Some(Err(local)) => return (None, Some(local)),
        };
        let at = from.unwrap_or(self.now).max(self.now);
        let opens = self.hours.as_ref().and_then(|hours| hours.leaves_at(number, zone, at));
        (opens.or(from), None)
    }

    /// How long a message is valid that leaves then: not after the last moment of its run.
    fn valid_for(&self, send_at: Option<Time>) -> Result<Option<Duration>, Refused> {
        let (Some(last), Some(send_at)) = (self.not_after, send_at.filter(|at| *at > self.now)) else {
            return Ok(self.like.valid_for);
        };
        if send_at >= last {
            return Err(refused("too_late", "it could leave only when it is too late for it"));
        }
        let left = last.since(send_at).max(Duration::from_secs(1));
        Ok(Some(self.like.valid_for.map_or(left, |valid_for| valid_for.min(left))))
    }
}

fn dlt(template: &Compiled) -> Vec<postrider_core::message::Parameter> {
    let ids = [("dlt_entity_id", &template.dlt_entity_id), ("dlt_template_id", &template.dlt_template_id)];
    let document = |(name, id): (&str, &Option<Box<str>>)| {
        let text = postrider_declare::ParameterDocument::Text(id.as_ref()?.to_string());
        Some((name.to_owned(), text))
    };
    postrider_declare::read_parameters(&ids.into_iter().filter_map(document).collect()).unwrap_or_default()
}

fn refused(code: &str, detail: &str) -> Refused {
    Refused { code: code.into(), detail: detail.into(), field: None }
}

/// Recipients and what is decided of each, as far as nothing stands in the way of all.
#[derive(Default)]
pub(super) struct Chunk {
    /// The decisions, in the order of the recipients.
    pub(super) decided: Vec<Decided>,
    /// The messages to be made durable.
    pub(super) prepared: Vec<Prepared>,
    /// The place of each of these among the decisions.
    places: Vec<usize>,
    /// What stands in the way of those behind.
    pub(super) stop: Option<Stop>,
}

impl Chunk {
    /// The decisions on recipients, from what could be made for each and what the gateway says to that.
    pub(super) fn of(
        made: Vec<Option<Refused>>,
        results: impl IntoIterator<Item = Result<Prepared, Refusal>>,
    ) -> Self {
        let (mut chunk, mut results) = (Self::default(), results.into_iter());
        for own in made {
            if let Some(refused) = own {
                chunk.decided.push(Decided::Refused(refused));
                continue;
            }
            match results.next() {
                Some(Ok(prepared)) => {
                    chunk.places.push(chunk.decided.len());
                    chunk.decided.push(Decided::Accepted(prepared.message.id));
                    chunk.prepared.push(prepared);
                }
                Some(Err(refusal)) => {
                    if let Some(stop) = stops(&refusal) {
                        chunk.stop = Some(stop);
                        break;
                    }
                    chunk.decided.push(Decided::Refused((&refusal).into()));
                }
                None => break,
            }
        }
        chunk
    }

    /// The store refused these messages, by their places among the prepared ones.
    pub(super) fn refuse(&mut self, refused: &[(usize, Refusal)]) {
        for (place, refusal) in refused {
            if let Some(decided) = self.places.get(*place).and_then(|place| self.decided.get_mut(*place)) {
                *decided = Decided::Refused(refusal.into());
            }
            self.stop = self.stop.take().or_else(|| stops(refusal));
        }
    }
}

/// Whether a refusal is about the account rather than the recipient.
fn stops(refusal: &Refusal) -> Option<Stop> {
    match refusal {
        Refusal::QuotaReached { .. } => Some(Stop::Pause("quota_reached")),
        Refusal::InsufficientCredit => Some(Stop::Pause("insufficient_credit")),
        Refusal::DailyCap(_) => Some(Stop::Pause("daily_cap_reached")),
        Refusal::AccountDisabled => Some(Stop::Pause("account_disabled")),
        Refusal::Sender(_) | Refusal::SenderNotAllowed => Some(Stop::Pause("sender_not_allowed")),
        other => other.wait().map(Stop::Wait),
    }
}
