//! What holds of numbers, as lists and webhooks show it.

use crate::rest::moment;
use postrider_core::consent::{Change, Kind};
use postrider_core::rules::Rules;
use serde::Serialize;
use utoipa::ToSchema;

/// Something that holds of a number, or that held: the recipient has opted out, is blocked, has agreed, or lives in a time zone.
#[derive(Serialize, ToSchema)]
#[schema(as = ConsentChange)]
pub(crate) struct ConsentView<'a> {
    /// Its identifier.
    #[schema(example = "381234567890123456")]
    id: String,
    /// The number.
    #[schema(example = "+447700900123")]
    number: String,
    /// The account whose messages it is about. Absent if it is about every account's.
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<String>,
    /// Of an opt-out: the sender that it is about, without `+` and in lower case. Absent if it is about every sender.
    #[serde(skip_serializing_if = "Option::is_none")]
    sender: Option<&'a str>,
    /// Of a consent: the purpose of the messages.
    #[serde(skip_serializing_if = "Option::is_none")]
    purpose: Option<&'a str>,
    /// Of a time zone: its name in IANA's database.
    #[serde(skip_serializing_if = "Option::is_none")]
    zone: Option<&'a str>,
    /// Whether it holds from then on. `false`: it was lifted.
    holds: bool,
    /// How it came about: `keyword`, `api`, `import` or `carrier`.
    source: &'static str,
    /// The keyword, or the reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    /// Who changed it, if it was not the handset.
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<&'a str>,
    /// The message from the handset that asked for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    inbound_id: Option<String>,
    /// Of a consent: how it was obtained.
    #[serde(skip_serializing_if = "Option::is_none")]
    obtained: Option<&'a str>,
    /// Of a consent: the text that the person saw.
    #[serde(skip_serializing_if = "Option::is_none")]
    text_shown: Option<&'a str>,
    /// Of a consent: the proof.
    #[serde(skip_serializing_if = "Option::is_none")]
    proof: Option<&'a str>,
    /// When it happened.
    #[schema(format = "date-time")]
    at: String,
}

impl<'a> ConsentView<'a> {
    /// A change as lists show it.
    pub(crate) fn of(change: &'a Change, rules: &Rules) -> Self {
        let account = change
            .scope
            .account
            .map(|id| rules.account(id).map_or_else(|| id.0.to_string(), |account| account.name.to_string()));
        let only = Some(&*change.scope.only).filter(|only| !only.is_empty());
        Self {
            id: change.id.to_string(),
            number: change.number.to_string(),
            account,
            sender: only.filter(|_| change.scope.kind == Kind::OptOut),
            purpose: only.filter(|_| change.scope.kind == Kind::Consent),
            zone: only.filter(|_| change.scope.kind == Kind::Zone),
            holds: change.holds,
            source: change.source.word(),
            reason: change.reason.as_deref(),
            by: change.by.as_deref(),
            inbound_id: change.inbound.map(|inbound| inbound.to_string()),
            obtained: change.obtained.as_deref(),
            text_shown: change.shown.as_deref(),
            proof: change.proof.as_deref(),
            at: moment::write(change.at),
        }
    }

    /// The cells of a line of CSV, in the order of [`COLUMNS`].
    pub(super) fn cells(&self) -> [&str; COLUMNS.len()] {
        [
            &self.number,
            self.account.as_deref().unwrap_or_default(),
            self.sender.unwrap_or_default(),
            self.purpose.unwrap_or_default(),
            self.source,
            self.reason.unwrap_or_default(),
            self.obtained.unwrap_or_default(),
            self.text_shown.unwrap_or_default(),
            self.proof.unwrap_or_default(),
            &self.at,
            self.zone.unwrap_or_default(),
        ]
    }
}

/// The columns of CSV.
pub(super) const COLUMNS: [&str; 11] = [
    "number",
    "account",
    "sender",
    "purpose",
    "source",
    "reason",
    "obtained",
    "text_shown",
    "proof",
    "at",
    "zone",
];
