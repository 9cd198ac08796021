//! Messages as lists and look-ups show them.

use super::decision::encoding;
use super::timeline::named;
use super::{EncodingWord, as_text};
use crate::error::ErrorView;
use crate::rest::media::{MediaView, subject, views};
use crate::rest::moment;
use crate::rest::words::StateWord;
use postrider_core::cause::Cause;
use postrider_core::contract::{Entry, History};
use postrider_core::delivery::{Outcome, State};
use postrider_core::id::MessageId;
use postrider_core::message::{Body, Message};
use postrider_core::number::Number;
use postrider_core::principal::Viewer;
use postrider_core::retention::Redact;
use postrider_core::route::UpstreamId;
use postrider_core::rules::Rules;
use postrider_declare::{ClassWord, tell_parameters};
use serde::Serialize;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// A message and its state.
#[derive(Serialize, ToSchema)]
#[schema(as = Message)]
pub(in crate::rest) struct MessageView<'a> {
    /// Its identifier: a number of up to 19 digits, as a string.
    #[serde(serialize_with = "as_text")]
    #[schema(value_type = String, example = "381234567890123456")]
    id: MessageId,
    /// The account that sent it; only administrators see this.
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<String>,
    /// Its state.
    #[schema(value_type = StateWord)]
    state: &'static str,
    /// The recipient.
    #[serde(serialize_with = "as_text")]
    #[schema(value_type = String)]
    to: Number,
    /// The sender that the recipient sees; absent if that is left to the carrier.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    /// Its class.
    class: ClassWord,
    /// The number of its parts.
    parts: u8,
    /// Its encoding, unless the settings of its upstream say otherwise; absent once its text was removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    encoding: Option<EncodingWord>,
    /// The text; only the account itself sees it.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
    /// The subject of a message with media; only the account itself sees it.
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<&'a str>,
    /// Its pictures, videos and sounds; only the account itself sees them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    media: Vec<MediaView>,
    /// Whether its text was removed, or is never shown: the account's `retention` says which.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    redacted: bool,
    /// Your own reference for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<&'a str>,
    /// Words that it is marked with.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tags: Vec<&'a str>,
    /// It leaves behind the earlier messages of its account with the same key.
    #[serde(skip_serializing_if = "Option::is_none")]
    ordering_key: Option<&'a str>,
    /// Whether it is canceled if its recipient writes to the account before it leaves.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    cancel_on_reply: bool,
    /// Your own data.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    metadata: Option<&'a RawValue>,
    /// Optional SMPP parameters for the carrier by name or tag, in hexadecimal; only the account itself sees them.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    parameters: BTreeMap<String, String>,
    /// The URL of its notices, if it isn't the account's webhook.
    #[serde(skip_serializing_if = "Option::is_none")]
    callback_url: Option<&'a str>,
    /// The identifiers that its client was given, if these are others: of the parts, where an SMPP client cut the text itself,
    /// or of the first message of a `submit_multi`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    known_as: Vec<String>,
    /// When it was accepted.
    #[schema(format = "date-time")]
    created_at: String,
    /// The earliest time at which it may be sent.
    #[schema(format = "date-time")]
    due_at: String,
    /// The time from which it is not sent any more.
    #[schema(format = "date-time")]
    expires_at: String,
    /// When the carrier accepted it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "date-time")]
    sent_at: Option<String>,
    /// When it reached its final state.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "date-time")]
    done_at: Option<String>,
    /// The upstream that sends or sent it.
    #[serde(skip_serializing_if = "Option::is_none")]
    upstream: Option<String>,
    /// The upstreams whose carriers took it before and didn't deliver it, in their order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tried: Vec<String>,
    /// The carrier's identifier of its first part.
    #[serde(skip_serializing_if = "Option::is_none")]
    carrier_reference: Option<&'a str>,
    /// Why it was not delivered; of one that waits, why it waits or what its last attempt failed by.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ErrorView<'a>>,
    /// The rule against fraud that holds it until an operator releases it, and what it saw.
    #[serde(skip_serializing_if = "Option::is_none")]
    held_by: Option<&'a str>,
    /// Its price, a decimal number in a text: what is charged, or was in the end. Absent if the account isn't billed.
    #[serde(skip_serializing_if = "Option::is_none")]
    price: Option<String>,
    /// Its cost by the upstreams that the carriers took it from, if it is known; only administrators see this.
    #[serde(skip_serializing_if = "Option::is_none")]
    cost: Option<String>,
    /// The currency of price and cost (ISO 4217).
    #[serde(skip_serializing_if = "Option::is_none")]
    currency: Option<String>,
    /// Whether the carrier may have received it twice.
    possible_duplicate: bool,
}

impl<'a> MessageView<'a> {
    /// A message in a list.
    pub(in crate::rest) fn of_entry(entry: &'a Entry, rules: &Rules, viewer: Viewer) -> Self {
        let message = summary(&entry.message, entry.state, entry.outcome.as_ref(), rules, viewer);
        Self { possible_duplicate: entry.possible_duplicate, ..message }
    }

    /// A message whose history is known: also what is known of it before its end.
    pub(super) fn of_history(
        history: &'a History,
        waits: Option<&'a Cause>,
        rules: &Rules,
        viewer: Viewer,
    ) -> Self {
        let message = summary(&history.message, history.state, history.outcome.as_ref(), rules, viewer);
        let upstream = || history.upstream.and_then(|id| upstream_name(rules, id));
        let first_part = || named(history).find(|(part, _, _)| *part == 0);
        let last_sent = || history.awaited.iter().map(|(_, _, at)| *at).max();
        Self {
            possible_duplicate: history.possible_duplicate,
            error: message.error.or_else(|| waits.map(|cause| ErrorView::of(cause, history.state))),
            upstream: message.upstream.or_else(upstream),
            carrier_reference: message
                .carrier_reference
                .or_else(|| first_part().map(|(_, reference, _)| &**reference)),
            sent_at: message.sent_at.or_else(|| last_sent().map(moment::write)),
            ..message
        }
    }
}

/// What every view of a message shows.
fn summary<'a>(
    message: &'a Message,
    state: State,
    outcome: Option<&'a Outcome>,
    rules: &Rules,
    viewer: Viewer,
) -> MessageView<'a> {
    let text = message.body.text();
    let is_own = viewer == Viewer::Account(message.account);
    let owner = rules.account(message.account);
    let is_hidden = owner.is_some_and(|account| account.retention.redact == Redact::AtOnce);
    let account = || owner.map(|account| account.name.to_string());
    let charge = message.charge.as_deref();
    let asked = (charge.and_then(|charge| charge.total(message)), None);
    let (price, cost) = outcome.map_or(asked, |outcome| message.paid_and_cost(outcome));
    MessageView {
        id: message.id,
        account: if is_own { None } else { account() },
        state: state.word(),
        to: message.to,
        from: message.from.as_ref().map(ToString::to_string),
        class: message.class.into(),
        parts: outcome.map_or(message.parts, |outcome| outcome.parts),
        encoding: encoding(&message.body),
        text: text.filter(|_| is_own && !is_hidden),
        subject: subject(message.body.media()).filter(|_| is_own && !is_hidden),
        media: if is_own && !is_hidden { views(message.body.media(), None) } else { Vec::new() },
        redacted: is_hidden || message.body == Body::Redacted,
        reference: message.reference.as_deref(),
        tags: message.tags().collect(),
        ordering_key: message.ordering_key.as_deref(),
        cancel_on_reply: message.cancel_on_reply,
        metadata: message.metadata.as_deref().and_then(|text| serde_json::from_str(text).ok()),
        parameters: if is_own { tell_parameters(&message.parameters) } else { BTreeMap::new() },
        callback_url: message.callback.as_deref(),
        known_as: message.known_as.iter().map(|known| known.id.to_string()).collect(),
        created_at: moment::write(message.created()),
        due_at: moment::write(message.due),
        expires_at: moment::write(message.expires),
        sent_at: outcome.and_then(|outcome| outcome.sent_at).map(moment::write),
        done_at: outcome.map(|outcome| moment::write(outcome.done_at)),
        upstream: outcome.and_then(|outcome| upstream_name(rules, outcome.upstream)),
        tried: message.tried.iter().filter_map(|id| upstream_name(rules, *id)).collect(),
        carrier_reference: outcome.and_then(|outcome| outcome.reference.as_deref()),
        error: outcome.and_then(|outcome| outcome.error.as_ref()).map(|cause| ErrorView::of(cause, state)),
        held_by: message.hold.as_deref().filter(|_| outcome.is_none()),
        price: price.map(|price| price.to_string()),
        cost: cost.filter(|_| !is_own).map(|cost| cost.to_string()),
        currency: charge.map(|charge| charge.terms.currency.to_string()),
        possible_duplicate: outcome.is_some_and(|outcome| outcome.possible_duplicate),
    }
}

fn upstream_name(rules: &Rules, id: UpstreamId) -> Option<String> {
    rules.upstream(id).map(|upstream| upstream.name.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{account, message, rules};
    use postrider_core::account::AccountId;
    use std::sync::Arc;

    #[test]
    fn content_is_shown_to_the_account_and_the_account_to_administrators() {
        let message = Arc::new(message(MessageId::from_number(42)));
        let entry = Entry { message, state: State::Queued, outcome: None, possible_duplicate: true };
        let show =
            |viewer| serde_json::to_value(MessageView::of_entry(&entry, &rules(account()), viewer)).unwrap();
        let own = show(Viewer::Account(AccountId(1)));
        assert_eq!((&own["text"], own.get("account")), (&"Hello".into(), None));
        assert_eq!((&own["possible_duplicate"], &own["state"]), (&true.into(), &"queued".into()));
        let all = show(Viewer::Everything);
        assert_eq!((all.get("text"), &all["account"]), (None, &"shop".into()));
    }
}
