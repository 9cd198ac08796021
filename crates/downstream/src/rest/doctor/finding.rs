//! Findings of an examination, as JSON.

use serde::Serialize;
use utoipa::ToSchema;

/// The finding of one step.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = Finding)]
pub struct FindingDocument {
    /// The step: `resolve`, `connect`, `tls`, `bind`, `enquire_link`, `unbind`, `send`, `ids`, `receipts`,
    /// `long`, `alphabet`, `flash`, `window` or `rate`.
    pub step: &'static str,
    /// The result: `well`, `note` (it works, but there is something to know or to set) or `failed`.
    pub result: &'static str,
    /// The test that was made.
    pub tried: String,
    /// The outcome of the test.
    pub found: String,
    /// The meaning of the outcome.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub means: Option<String>,
    /// The next thing to do, or to ask the carrier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
    /// Settings that suit the carrier better than the declared ones.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub settings: Vec<RemedyDocument>,
    /// A question for the person who holds the handset.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub question: Option<QuestionDocument>,
}

/// A setting that suits the carrier.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = Remedy)]
pub struct RemedyDocument {
    /// The field in the declaration, such as `receipts.ids`.
    pub field: String,
    /// The value to set.
    pub value: serde_json::Value,
    /// The reason.
    pub why: String,
}

/// A question for the person who holds the handset.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = Question)]
pub struct QuestionDocument {
    /// The question.
    pub words: String,
    /// The possible answers.
    pub choices: Vec<ChoiceDocument>,
}

/// A possible answer: what the handset shows.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = Choice)]
pub struct ChoiceDocument {
    /// The exact text on the handset.
    pub shows: String,
    /// The setting for this answer; absent if the declared one is right.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub setting: Option<RemedyDocument>,
}
