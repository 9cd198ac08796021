//! Campaigns, batches and emergency broadcasts: one message to many recipients. All are runs, with the same pages under three names.

mod acts;
mod hours;
mod make;
mod one;

pub(super) use acts::{act, add, choose, export, pace, remove, test};
pub(super) use hours::hours;
pub(super) use make::{make, make_clone};
pub(super) use one::{show, stream};

use super::owned::Owner;
use crate::Console;
use crate::api::Failed;
use crate::chart;
use crate::form::Form;
use crate::frame::Frame;
use crate::visitor::Visitor;
use crate::words::{Badge, Tone};
use askama::Template;
use axum::extract::{FromRequestParts, RawQuery};
use axum::http::request::Parts;
use axum::response::Response;
use hours::{SendingHours, Waiting};
use make::Draft;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;

/// What a page is about. The path says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// An audience of contacts, and recipients that are added.
    Campaign,
    /// Recipients that are added.
    Batch,
    /// An emergency: armed beforehand, launched by one person and approved by another.
    Broadcast,
}

impl FromRequestParts<Arc<Console>> for Kind {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<Console>) -> Result<Self, Infallible> {
        let is_under = |kind: &Self| parts.uri.path().starts_with(kind.here());
        Ok([Self::Batch, Self::Broadcast].into_iter().find(is_under).unwrap_or(Self::Campaign))
    }
}

impl Kind {
    /// The name of their list in the API.
    const fn list(self) -> &'static str {
        match self {
            Self::Campaign => "campaigns",
            Self::Batch => "batches",
            Self::Broadcast => "broadcasts",
        }
    }

    /// The path of their list in the console.
    const fn here(self) -> &'static str {
        match self {
            Self::Campaign => "/console/campaigns",
            Self::Batch => "/console/batches",
            Self::Broadcast => "/console/broadcasts",
        }
    }

    /// Its place in the navigation.
    const fn place(self) -> &'static str {
        if self.is_broadcast() { "broadcasts" } else { "campaigns" }
    }

    /// The title of its list.
    const fn title(self) -> &'static str {
        match self {
            Self::Campaign => "Campaigns",
            Self::Batch => "Batches",
            Self::Broadcast => "Broadcasts",
        }
    }

    /// Whether contacts are among its recipients.
    const fn has_audience(self) -> bool {
        !matches!(self, Self::Batch)
    }

    const fn is_broadcast(self) -> bool {
        matches!(self, Self::Broadcast)
    }

    const fn is_campaign(self) -> bool {
        matches!(self, Self::Campaign)
    }

    fn label(self, frame: &Frame) -> &str {
        match self {
            Self::Campaign => frame.t("Campaigns"),
            Self::Batch => frame.t("Batches"),
            Self::Broadcast => frame.t("Broadcasts"),
        }
    }
}

/// The template that a run sends.
#[derive(Deserialize)]
struct TemplateOf {
    name: String,
    version: Option<u32>,
}

#[derive(Deserialize)]
struct Pace {
    per_minute: u64,
    ramp: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Audience {
    groups: Vec<String>,
    everybody: bool,
    segment: Option<String>,
    except_groups: Vec<String>,
    /// The run whose recipients are meant whom it has not reached, by its kind.
    not_reached_of: Option<BTreeMap<String, String>>,
}

/// What those get whom a broadcast has not reached in time.
#[derive(Deserialize)]
struct Fallback {
    after: String,
    from: Option<String>,
    route: Option<String>,
    text: Option<String>,
    state: String,
    broadcast: Option<String>,
}

impl Fallback {
    fn word<'f>(&self, frame: &'f Frame) -> &'f str {
        match self.state.as_str() {
            "not_needed" => frame.t("everybody was reached"),
            "missed" => frame.t("its time was missed: the gateway stood still"),
            _ => frame.t("not yet"),
        }
    }
}

/// One of several texts, and how it did with the first recipients.
#[derive(Deserialize)]
struct Variant {
    name: String,
    text: Option<String>,
    template: Option<TemplateOf>,
    results: Option<VariantResults>,
}

#[derive(Deserialize)]
struct VariantResults {
    sent: u64,
    delivered: u64,
    clicked: u64,
    replied: u64,
}

/// How the best of several texts is found out.
#[derive(Deserialize)]
struct Trial {
    winner: Option<String>,
}

/// A campaign, a batch or a broadcast, as the API tells of it.
#[derive(Deserialize)]
struct Run {
    id: String,
    name: Option<String>,
    state: String,
    reason: Option<String>,
    reference: String,
    text: Option<String>,
    template: Option<TemplateOf>,
    #[serde(default)]
    variants: Vec<Variant>,
    trial: Option<Trial>,
    from: Option<String>,
    send_at: Option<String>,
    not_after: Option<String>,
    pace: Option<Pace>,
    sending_hours: Option<SendingHours>,
    waiting: Option<Waiting>,
    pause_at_failures: Option<u64>,
    audience: Option<Audience>,
    fallback: Option<Fallback>,
    recipients: u64,
    accepted: u64,
    refused: u64,
    author: String,
    launched_by: Option<String>,
    approved_by: Option<String>,
    created_at: String,
    started_at: Option<String>,
    ended_at: Option<String>,
    finishes_at: Option<String>,
}

impl Run {
    fn label(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.id)
    }

    /// The recipients that have a result.
    const fn done(&self) -> u64 {
        self.accepted + self.refused
    }

    fn bar(&self) -> String {
        chart::share(self.done(), self.recipients)
    }

    /// Whether recipients are counted, so that a share says something.
    fn is_counted(&self) -> bool {
        self.recipients > 0 && self.state != "open"
    }

    fn badge(&self, frame: &Frame) -> Badge {
        let (tone, word) = match self.state.as_str() {
            "open" => (Tone::Quiet, frame.t("Being prepared")),
            "armed" => (Tone::Good, frame.t("Armed")),
            "testing" => (Tone::Active, frame.t("Tries several texts")),
            "awaiting_approval" => (Tone::Doubt, frame.t("Awaits approval")),
            "collecting" => (Tone::Active, frame.t("Collects recipients")),
            "scheduled" => (Tone::Quiet, frame.t("Scheduled")),
            "running" => (Tone::Active, frame.t("Runs")),
            "waiting" => (Tone::Quiet, frame.t("Stands still until it goes on")),
            "paused" => (Tone::Doubt, frame.t("Paused")),
            "canceling" => (Tone::Active, frame.t("Is being canceled")),
            "canceled" => (Tone::Quiet, frame.t("Canceled")),
            "done" => (Tone::Good, frame.t("Done")),
            other => (Tone::Quiet, other),
        };
        Badge::new(tone, word)
    }

    /// Why it is paused, or ended early.
    fn why<'t>(&'t self, frame: &'t Frame) -> Option<&'t str> {
        Some(match self.reason.as_deref()? {
            "paused" => frame.t("Somebody paused it. Messages that wait are held."),
            "stood_still" => frame
                .t("It stood still for 15 minutes: an outage, or a restored backup. Look, and resume it."),
            "restored" => frame.t(
                "A backup was restored. To whom it wrote after that backup was made is not known here: whoever resumes it may write to these people again.",
            ),
            "many_opt_outs" => {
                frame.t("Many recipients write STOP. Look at the text and the audience before you resume it.")
            }
            "too_late" => frame.t("It was too late for the rest of the recipients."),
            "insufficient_credit" => frame.t("The account's credit is used up. Top it up, and resume."),
            "daily_cap_reached" => frame.t("The account's daily cap is reached."),
            "quota_reached" => frame.t("The account has submitted all that its quota permits."),
            "account_disabled" => frame.t("The account is disabled."),
            "sender_not_allowed" => frame.t("The account may not use this sender."),
            "too_many_failures" => {
                frame.t("Too many of its messages failed. Look at the results, and resume or cancel it.")
            }
            "choose_winner" => frame.t("Several texts were tried: choose the one that all others get."),
            "no_link_domain" => frame.t("Short links need the domain that the operator declares for them."),
            "template_missing" => frame.t("The template is gone, or has no approved version."),
            other => other,
        })
    }

    /// A name of whoever did something: a user by name, or a key.
    fn who<'w>(&self, recorded: &'w str) -> &'w str {
        recorded.strip_prefix("user:").unwrap_or(recorded)
    }
}

#[derive(Deserialize)]
struct RunList {
    runs: Vec<Run>,
    next: Option<String>,
}

/// A group of contacts, as far as it is chosen.
#[derive(Deserialize)]
struct Group {
    name: String,
}

#[derive(Deserialize)]
struct Groups {
    groups: Vec<Group>,
}

/// A template, as far as it is chosen.
#[derive(Deserialize)]
struct Choice {
    name: String,
}

#[derive(Deserialize)]
struct Choices {
    templates: Vec<Choice>,
}

#[derive(Template)]
#[template(path = "runs.html")]
struct RunsPage {
    frame: Frame,
    kind: Kind,
    owner: Owner,
    list: RunList,
    draft: Draft,
    groups: Vec<Group>,
    templates: Vec<Choice>,
    failed: Option<Failed>,
}

impl RunsPage {
    /// The tabs of campaigns and batches. Broadcasts stand alone: nobody looks for them when it burns.
    fn tabs(&self) -> [(&str, String, bool); 2] {
        [Kind::Campaign, Kind::Batch]
            .map(|kind| (kind.label(&self.frame), self.owner.at(kind.here(), &[]), kind == self.kind))
    }

    fn one(&self, id: &str) -> String {
        self.owner.at(&format!("{}/{id}", self.kind.here()), &[])
    }

    fn next(&self, cursor: &str) -> String {
        self.owner.at(self.kind.here(), &[("cursor", cursor)])
    }
}

pub(super) async fn list(visitor: Visitor, kind: Kind, RawQuery(query): RawQuery) -> Response {
    let form = Form::read(query.unwrap_or_default().as_bytes());
    visitor.show(page(&visitor, kind, &form, Draft::default(), None).await)
}

/// The list, with the form for another one.
async fn page(
    visitor: &Visitor,
    kind: Kind,
    form: &Form,
    draft: Draft,
    failed: Option<Failed>,
) -> Result<RunsPage, Failed> {
    let owner = Owner::of(visitor, form).await?;
    let frame = visitor.frame(kind.place(), kind.title());
    let mut page = RunsPage {
        frame,
        kind,
        list: RunList { runs: Vec::new(), next: None },
        draft,
        groups: Vec::new(),
        templates: Vec::new(),
        failed,
        owner,
    };
    if page.owner.is_nobody() {
        return Ok(page);
    }
    let ask = page.owner.ask(visitor);
    page.list = ask.get(&format!("/v1/{}", kind.list()), &[("cursor", form.get("cursor"))]).await?;
    if visitor.who.may("send_messages") {
        let Groups { groups } = ask.get("/v1/groups", &[("limit", "500")]).await?;
        let Choices { templates } = ask.get("/v1/templates", &[("limit", "500")]).await?;
        (page.groups, page.templates) = (groups, templates);
    }
    Ok(page)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_told_in_words() {
        let run: Run = serde_json::from_value(serde_json::json!({
            "id": "7", "state": "paused", "reason": "insufficient_credit", "reference": "campaign-7", "recipients": 4, "accepted": 2,
            "refused": 1, "author": "user:ann", "created_at": "2030-01-01T00:00:00Z",
            "audience": { "groups": ["news"], "everybody": false, "except_groups": [] },
        }))
        .unwrap();
        assert_eq!((run.label(), run.done(), run.who(&run.author)), ("7", 3, "ann"));
        assert!(run.bar().contains("width=\"75.0\"") && run.is_counted());
    }
}
