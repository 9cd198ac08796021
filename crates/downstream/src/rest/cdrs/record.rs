//! A record as a line of JSON, or of CSV.

use crate::rest::answer::to_json;
use crate::rest::consent::csv;
use crate::rest::moment;
use postrider_core::delivery::Outcome;
use postrider_core::message::Message;
use postrider_core::numbering::country_of;
use postrider_core::report::network_of;
use postrider_core::route::UpstreamId;
use postrider_core::rules::Rules;
use postrider_core::stream::EventPosition;
use serde::Serialize;
use serde_json::Value;

/// The columns, in the order of the fields.
const COLUMNS: [&str; 24] = [
    "cursor",
    "id",
    "account",
    "accepted_at",
    "sent_at",
    "done_at",
    "from",
    "to",
    "country",
    "network",
    "class",
    "parts",
    "route",
    "upstream",
    "tried",
    "carrier_reference",
    "state",
    "error",
    "carrier_code",
    "currency",
    "price",
    "cost",
    "reference",
    "possible_duplicate",
];

/// A message that has ended.
#[derive(Serialize)]
pub(super) struct Record {
    cursor: String,
    id: String,
    account: String,
    accepted_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    sent_at: Option<String>,
    done_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    to: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    country: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    network: Option<String>,
    class: &'static str,
    parts: u8,
    route: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    upstream: Option<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    tried: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    carrier_reference: Option<String>,
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    carrier_code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    currency: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    price: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cost: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<String>,
    possible_duplicate: bool,
}

impl Record {
    /// The record of a message; administrators see the upstream, the route and the cost.
    pub(super) fn of(
        cursor: EventPosition,
        message: &Message,
        outcome: &Outcome,
        rules: &Rules,
        shows_cost: bool,
    ) -> Self {
        let (price, cost) = message.paid_and_cost(outcome);
        let network = network_of(message.to, message.created(), &rules.numbering);
        let account = rules.account(message.account);
        let upstream = rules.upstream(outcome.upstream).map(|it| it.name.to_string());
        let cause = outcome.error.as_ref();
        Self {
            cursor: cursor.to_string(),
            id: message.id.to_string(),
            account: account.map_or_else(|| message.account.0.to_string(), |it| it.name.to_string()),
            accepted_at: moment::write(message.created()),
            sent_at: outcome.sent_at.map(moment::write),
            done_at: moment::write(outcome.done_at),
            from: message.from.as_ref().map(ToString::to_string),
            to: message.to.to_string(),
            country: country_of(message.to).map(|country| country.to_string()),
            network: (!network.is_empty()).then(|| network.into()),
            class: message.class.word(),
            parts: outcome.parts,
            route: if shows_cost { message.plan.route.to_string() } else { String::new() },
            upstream: upstream.filter(|_| shows_cost),
            tried: if shows_cost { tried(message, rules) } else { String::new() },
            carrier_reference: outcome.reference.as_ref().map(ToString::to_string),
            state: outcome.state.word(),
            error: cause.map(|cause| cause.code.word().to_owned()),
            carrier_code: cause.and_then(|cause| cause.carrier_code()).map(ToOwned::to_owned),
            currency: message.charge.as_ref().map(|charge| charge.terms.currency.to_string()),
            price: price.map(|price| price.to_string()),
            cost: cost.filter(|_| shows_cost).map(|cost| cost.to_string()),
            reference: message.reference.as_ref().map(ToString::to_string),
            possible_duplicate: outcome.possible_duplicate,
        }
    }
}

/// The upstreams that took a message before, with blanks between them.
fn tried(message: &Message, rules: &Rules) -> String {
    let name = |id: &UpstreamId| Some(rules.upstream(*id)?.name.to_string());
    message.tried.iter().filter_map(name).collect::<Vec<_>>().join(" ")
}

/// The form of records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Writing {
    /// A JSON object a line.
    Lines,
    /// CSV, with a header.
    Csv,
}

impl Writing {
    /// The form with this name.
    pub(super) fn of(name: &str) -> Option<Self> {
        match name {
            "jsonl" => Some(Self::Lines),
            "csv" => Some(Self::Csv),
            _ => None,
        }
    }

    pub(super) const fn content_type(self) -> &'static str {
        match self {
            Self::Lines => "application/jsonl",
            Self::Csv => "text/csv; charset=utf-8",
        }
    }

    /// What comes before the first record.
    pub(super) fn head(self) -> String {
        let mut text = String::new();
        if self == Self::Csv {
            csv::write(&mut text, COLUMNS);
        }
        text
    }

    /// Adds a record.
    pub(super) fn write(self, text: &mut String, record: &Record) {
        if self == Self::Lines {
            text.push_str(&String::from_utf8_lossy(&to_json(record)));
            text.push('\n');
            return;
        }
        let value = serde_json::to_value(record).unwrap_or_default();
        let cells = COLUMNS.map(|column| match value.get(column) {
            None | Some(Value::Null) => String::new(),
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
        });
        csv::write(text, cells.iter().map(String::as_str));
    }
}
