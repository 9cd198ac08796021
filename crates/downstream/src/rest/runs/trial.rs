//! Campaigns with several texts, in requests and answers.

use super::make::RunTemplate;
use super::view::RunView;
use super::{not_done, number};
use crate::rest::Rest;
use crate::rest::answer::json;
use crate::rest::caller::Owned;
use crate::rest::payload::parse;
use crate::rest::problem::Problem;
use axum::http::StatusCode;
use axum::response::Response;
use postrider_apps::run::{Measure, Run, RunKind, Trial, Variant, VariantResults};
use postrider_declare::Span;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use utoipa::ToSchema;

/// A text among several.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = VariantRequest)]
pub(in crate::rest) struct VariantRequest {
    /// Its name: small letters, digits, `-` and `_`.
    name: String,
    /// The text. Give this or `template`.
    #[serde(default)]
    text: Option<String>,
    /// The template, which is filled in for each recipient.
    #[serde(default)]
    template: Option<RunTemplate>,
}

/// How the best of several texts is found out.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = VariantTrial)]
pub(in crate::rest) struct TrialRequest {
    /// How many recipients of a hundred get one of the texts before the best is known. Default: 20.
    #[serde(default = "usual_share")]
    #[schema(minimum = 1, maximum = 100)]
    share: u8,
    /// What is best: the text of which the greatest part of messages led to this.
    measure: MeasureWord,
    /// How long results are waited for after the last of these messages was handed in, up to 7d. Default: `4h`.
    #[serde(default)]
    wait: Option<Span>,
    /// Who decides. Default: `automatic`.
    #[serde(default)]
    choose: ChooseWord,
}

const fn usual_share() -> u8 {
    20
}

/// How long results are waited for if nothing is said.
const USUAL_WAIT: Duration = Duration::from_hours(4);

/// What makes a text the best.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = Measure)]
pub(in crate::rest) enum MeasureWord {
    /// The recipient followed a link: `shorten_links` must be set.
    Clicks,
    /// The message was delivered.
    Delivered,
    /// The recipient wrote something back, other than STOP, START or HELP.
    Replies,
}

/// Who decides which text is best.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ChooseWinner)]
pub(in crate::rest) enum ChooseWord {
    /// The measure does.
    #[default]
    Automatic,
    /// The campaign pauses, with the reason `choose_winner`, until somebody names the winner.
    ByHand,
}

impl From<MeasureWord> for Measure {
    fn from(word: MeasureWord) -> Self {
        match word {
            MeasureWord::Clicks => Self::Clicks,
            MeasureWord::Delivered => Self::Delivered,
            MeasureWord::Replies => Self::Replies,
        }
    }
}

impl From<Measure> for MeasureWord {
    fn from(measure: Measure) -> Self {
        match measure {
            Measure::Clicks => Self::Clicks,
            Measure::Delivered => Self::Delivered,
            Measure::Replies => Self::Replies,
        }
    }
}

fn wrong(field: &'static str, detail: &str) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_run", detail).at(field)
}

/// The trial of a request. Variants without a trial are given to all recipients alike.
pub(super) fn read(
    variants: Vec<VariantRequest>,
    trial: Option<TrialRequest>,
) -> Result<Option<Trial>, Problem> {
    if variants.is_empty() {
        return match trial {
            Some(_) => Err(wrong("trial", "a trial needs 'variants'")),
            None => Ok(None),
        };
    }
    let variants = variants.into_iter().map(|it| Variant {
        name: it.name.into(),
        text: it.text.map(Into::into),
        template: it.template.map(Into::into),
        ..Variant::default()
    });
    let variants = variants.collect();
    let Some(trial) = trial else {
        return Ok(Some(Trial::new(variants, 100, Measure::Delivered, 0, true)));
    };
    let wait = trial.wait.map(|span| span.read()).transpose();
    let wait = wait.map_err(|error| wrong("trial.wait", &error.to_string()))?.unwrap_or(USUAL_WAIT);
    let by_hand = trial.choose == ChooseWord::ByHand;
    Ok(Some(Trial::new(variants, trial.share, trial.measure.into(), wait.as_secs(), by_hand)))
}

/// A text among several, and how it did.
#[derive(Serialize, ToSchema)]
#[schema(as = Variant)]
pub(in crate::rest) struct VariantView {
    /// Its name.
    name: String,
    /// The text.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    /// The template, and the version that is sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    template: Option<RunTemplate>,
    /// How it did with the first recipients, once that was looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    results: Option<VariantResultsView>,
}

/// How a variant did with the first recipients.
#[derive(Serialize, ToSchema)]
#[schema(as = VariantResults)]
pub(in crate::rest) struct VariantResultsView {
    /// Messages that were handed in.
    sent: u64,
    /// Messages that were delivered.
    delivered: u64,
    /// Recipients who followed a link.
    clicked: u64,
    /// Recipients who wrote back.
    replied: u64,
}

/// How the best of several texts is found out, and which it is.
#[derive(Serialize, ToSchema)]
#[schema(as = Trial)]
pub(in crate::rest) struct TrialView {
    /// How many recipients of a hundred get one of the texts before the best is known.
    share: u8,
    /// What is best.
    measure: MeasureWord,
    /// How long results are waited for.
    wait: String,
    /// Who decides.
    choose: ChooseWord,
    /// The name of the variant that all others get, once that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    winner: Option<String>,
    /// Who has chosen it; absent if the measure did.
    #[serde(skip_serializing_if = "Option::is_none")]
    chosen_by: Option<String>,
}

impl From<&Variant> for VariantView {
    fn from(it: &Variant) -> Self {
        let results = |it: VariantResults| VariantResultsView {
            sent: it.sent,
            delivered: it.delivered,
            clicked: it.clicked,
            replied: it.replied,
        };
        Self {
            name: it.name.to_string(),
            text: it.text.as_deref().map(str::to_owned),
            template: it.template.as_ref().map(Into::into),
            results: it.results.map(results),
        }
    }
}

impl TrialView {
    /// The trial of a run, if it has one that ends with a winner.
    pub(super) fn of(run: &Run) -> Option<Self> {
        let trial = run.trial.as_ref().filter(|trial| trial.share < 100)?;
        Some(Self {
            share: trial.share,
            measure: trial.measure.into(),
            wait: format!("{}s", trial.wait),
            choose: if trial.by_hand { ChooseWord::ByHand } else { ChooseWord::Automatic },
            winner: trial.winner_name().map(str::to_owned),
            chosen_by: trial.chosen_by.as_deref().map(str::to_owned),
        })
    }
}

/// The variant that all others are to get.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::rest) struct WinnerRequest {
    /// Its name.
    variant: String,
}

/// Names the winner.
pub(super) async fn set_winner(
    rest: &Rest,
    kind: RunKind,
    owned: &Owned,
    id: &str,
    body: &[u8],
) -> Result<Response, Problem> {
    let WinnerRequest { variant } = parse(body)?;
    let (account, who) = (owned.account.id, owned.caller.recorded_as());
    let set = rest.apps.runs.set_winner(account, kind, number(kind, id)?, &variant, &who).await;
    let run = set.map_err(|error| not_done(kind, error))?;
    super::action::release(rest, owned, &run).await?;
    Ok(json(StatusCode::OK, &RunView::of(&run, rest.live.now())))
}
