//! Explanations: what would be decided of a message, and why, without sending it.

use super::EncodingWord;
use super::decision::encoding;
use super::preview::{callbacks, within_list};
use super::request::{Approved, Context, contents};
use super::shorten;
use super::submit::SubmitRequest;
use crate::rest::Rest;
use crate::rest::answer::json;
use crate::rest::caller::Sender;
use crate::rest::lookup::LookupView;
use crate::rest::media::NamedMedia;
use crate::rest::moment;
use crate::rest::payload::Payload;
use crate::rest::problem::{Problem, ProblemDocument};
use crate::rest::query::{pairs, wrong};
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use postrider_core::account::Account;
use postrider_core::contract::{Explained, Refused};
use postrider_core::decision::{Candidate, Trace};
use postrider_core::limit::{Limit, Limited};
use postrider_core::message::Message;
use postrider_core::policy::Held;
use postrider_core::principal::{Principal, Scope};
use postrider_core::route::{COST_UNIT, Mismatch, Strategy, UpstreamId};
use postrider_core::rules::Rules;
use postrider_core::time::Time;
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// The most messages that are explained at once.
const EXPLAINED_MAX: usize = 100;

/// What would be decided of a message, and why.
#[derive(Serialize, ToSchema)]
#[schema(as = Explanation)]
pub(in crate::rest) struct ExplanationView {
    /// Whether it would be accepted.
    accepted: bool,
    /// Why it would be refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    refused: Option<RefusedView>,
    /// What is known of the recipient's number.
    #[serde(skip_serializing_if = "Option::is_none")]
    lookup: Option<LookupView>,
    /// The sender that the client or its account wants, if its route replaces it.
    #[serde(skip_serializing_if = "Option::is_none")]
    from_given: Option<String>,
    /// The sender; absent if that is left to the carrier.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    /// The encoding, unless the settings of the upstream say otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    encoding: Option<EncodingWord>,
    /// The number of parts.
    #[serde(skip_serializing_if = "Option::is_none")]
    parts: Option<u8>,
    /// The price, if the account is billed.
    #[serde(skip_serializing_if = "Option::is_none")]
    price: Option<PriceView>,
    /// The earliest time of sending, if it isn't at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "date-time")]
    due_at: Option<String>,
    /// Why it would be held back: quiet hours or a frequency cap until then, or a rule against fraud until it is released.
    #[serde(skip_serializing_if = "Option::is_none")]
    held: Option<HeldView>,
    /// The way that it would take; only administrators see this.
    #[serde(skip_serializing_if = "Option::is_none")]
    routing: Option<RoutingView>,
}

/// What a message costs its account. Amounts are decimal numbers in texts.
#[derive(Serialize, ToSchema)]
#[schema(as = Price)]
struct PriceView {
    /// The currency (ISO 4217).
    currency: String,
    /// The price of a part.
    part: String,
    /// The price of the whole message.
    total: String,
}

/// What a message costs, and what is left of its price. Amounts are decimal numbers in texts.
#[derive(Serialize, ToSchema)]
#[schema(as = CostAndMargin)]
struct MarginView {
    /// The currency (ISO 4217).
    currency: String,
    /// The cost of the whole message by the upstream that would send it.
    cost: String,
    /// The price less the cost; absent if the account isn't billed.
    #[serde(skip_serializing_if = "Option::is_none")]
    margin: Option<String>,
}

/// What holds a message back.
#[derive(Serialize, ToSchema)]
#[schema(as = HeldMessage)]
struct HeldView {
    /// The stable code: `quiet_hours`, `frequency_cap` or `fraud_suspected`.
    code: &'static str,
    /// Until when, and by which rule.
    detail: String,
}

/// A refusal.
#[derive(Serialize, ToSchema)]
#[schema(as = Refusal)]
struct RefusedView {
    /// The stable code, such as `undeliverable_recipient`.
    code: String,
    /// The reason, for people.
    detail: String,
    /// The field of the request that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
}

/// How a message's upstream is found.
#[derive(Serialize, ToSchema)]
#[schema(as = Routing)]
struct RoutingView {
    /// The routes that were tried, in their order; the last one takes the message, if any does. At most 1,000 are listed.
    tried: Vec<TriedView>,
    /// How many further ones were tried.
    tried_more: usize,
    /// How the route's upstreams are ranked: `priority`, `cheapest`, `fastest`, `surest`, `score`, `weighted`,
    /// `least_busy`, `least_used` or `own_network`.
    #[serde(skip_serializing_if = "Option::is_none")]
    strategy: Option<&'static str>,
    /// The route's upstreams, in the order of its declaration.
    candidates: Vec<CandidateView>,
    /// The upstreams that may send the message, best first. This list is kept with it.
    plan: Vec<String>,
    /// The upstream that would send it.
    #[serde(skip_serializing_if = "Option::is_none")]
    upstream: Option<String>,
    /// The pause that would hold it.
    #[serde(skip_serializing_if = "Option::is_none")]
    paused: Option<PausedView>,
    /// The limits of parts in a time that it would be under.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    limits: Vec<LimitView>,
    /// What the message would cost, and its margin, if the cost is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    cost: Option<MarginView>,
    /// The octets that it would send, in hexadecimal: a PDU for each part.
    pdus: Vec<String>,
    /// Why there are no octets: the upstream can't encode the message, or its protocol's are not shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    no_pdus: Option<String>,
}

/// A pause that holds a message.
#[derive(Serialize, ToSchema)]
#[schema(as = PauseOfMessage)]
struct PausedView {
    /// Its name.
    pause: String,
    /// Its reason.
    reason: String,
    /// When it ends by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "date-time")]
    until: Option<String>,
}

/// A limit of parts in a time that a message would be under.
#[derive(Serialize, ToSchema)]
#[schema(as = LimitOfMessage)]
struct LimitView {
    /// Its name, or the setting of the upstream that has it: `limits` or `bind_limits`.
    limit: String,
    /// The budget that the message would use: the name, and what the budget is for, such as `shops account=shop`, `upstream acme` or `each
    /// bind of acme`.
    budget: String,
    /// How much it permits, such as `10/second, 1000/day`.
    permits: String,
}

/// A route that was tried.
#[derive(Serialize, ToSchema)]
#[schema(as = TriedRoute)]
struct TriedView {
    /// Its name.
    route: String,
    /// Whether it takes the message.
    matches: bool,
    /// The setting that isn't met.
    #[serde(skip_serializing_if = "Option::is_none")]
    unmet: Option<&'static str>,
}

/// An upstream of the route.
#[derive(Serialize, ToSchema)]
#[schema(as = Candidate)]
struct CandidateView {
    /// Its name.
    upstream: String,
    /// Whether a link of it is up.
    up: bool,
    /// Whether so many messages wait for it that new ones go by others (`full_at`).
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    full: bool,
    /// The cost of a part.
    #[serde(skip_serializing_if = "Option::is_none")]
    cost: Option<f64>,
    /// What it is ranked by: the least is the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    score: Option<f64>,
    /// Messages to the recipient's network, or country, that ended in the last hour.
    samples: u32,
    /// The share of them that were delivered.
    #[serde(skip_serializing_if = "Option::is_none")]
    delivered: Option<f64>,
    /// The typical seconds to their receipts.
    #[serde(skip_serializing_if = "Option::is_none")]
    seconds: Option<f64>,
    /// The share that converted, of those of which it is told.
    #[serde(skip_serializing_if = "Option::is_none")]
    converted: Option<f64>,
    /// Why it isn't in the plan: it can't carry the message, is drained, or costs too much.
    #[serde(skip_serializing_if = "Option::is_none")]
    excluded: Option<String>,
}

/// What would be decided of several messages.
#[derive(Serialize, ToSchema)]
pub(in crate::rest) struct ExplanationList {
    /// The messages, in the order of the request.
    messages: Vec<ExplanationView>,
}

/// What would be decided of one message, or of each of a list.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[schema(as = Explanations)]
pub(in crate::rest) enum Explanations {
    /// Of the one message that was asked about.
    One(Box<ExplanationView>),
    /// Of a list.
    List(ExplanationList),
}

/// Explains what would be decided of a message: number, refusal, route, upstreams, parts and octets. Nothing is sent.
///
/// The body is the same as for sending, with up to 100 messages. It is decided by the function that decides about sending, at this
/// moment. Rates and quotas are not looked at. How the message is routed only administrators see.
#[utoipa::path(
    post, path = "/v1/messages/explain", tag = "messages", request_body = SubmitRequest, operation_id = "explainMessage",
    params(("account" = Option<String>, Query, description = "The account that would send it; administrators name one.")),
    responses(
        (status = 200, description = "What would be decided, whether it would be accepted or not.", body = Explanations),
        (status = "4XX", description = "The request is wrong.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(in crate::rest) async fn explain(
    State(rest): State<Arc<Rest>>,
    Sender(caller): Sender,
    RawQuery(query): RawQuery,
    Payload(body): Payload,
) -> Result<Response, Problem> {
    let rules = rest.live.rules();
    let account = account(query.as_deref().unwrap_or_default(), &caller, &rules)?;
    let templates = Approved::of(&rest, account.id, &body).await?;
    let media = NamedMedia::sketch(&rest);
    let context = Context { callbacks: callbacks(Some(&account)), templates: &templates, media: &media };
    let request = contents(&body, context)?;
    if request.items.len() > EXPLAINED_MAX {
        let detail =
            format!("{} messages are given; {EXPLAINED_MAX} are explained at once", request.items.len());
        return Err(Problem::bad("too_many_messages", detail));
    }
    let is_administrator = matches!(caller.scope, Scope::Administrator);
    let mut messages = Vec::new();
    for (index, item) in request.items.into_iter().enumerate() {
        let submission = shorten::as_long(&rest, item)
            .map_err(|problem| if request.is_single { problem } else { within_list(problem, index) })?;
        let explained = rest.intake.explain(&account, submission).await?;
        let mut view = view(&explained, &rules, &account);
        view.routing = is_administrator.then(|| routing(&explained, &rules, &rest));
        messages.push(view);
    }
    let explanations = match messages.pop_if(|_| request.is_single) {
        Some(explained) => Explanations::One(Box::new(explained)),
        None => Explanations::List(ExplanationList { messages }),
    };
    Ok(json(StatusCode::OK, &explanations))
}

/// The account whose message it would be.
fn account(query: &str, caller: &Principal, rules: &Rules) -> Result<Arc<Account>, Problem> {
    let named = pairs(query, &["account"])?.pop().map(|(_, name)| name);
    match (&caller.scope, named) {
        (Scope::Account(account), None) => Ok(Arc::clone(account)),
        (Scope::Account(account), Some(name)) if *account.name == *name => Ok(Arc::clone(account)),
        (Scope::Account(_), Some(_)) => Err(wrong("account", "only administrators may name another account")),
        (Scope::Administrator, None) => Err(wrong("account", "name the account that would send the message")),
        (Scope::Administrator, Some(name)) => {
            let found = rules.accounts().find(|account| *account.name == *name).cloned();
            found.ok_or_else(|| wrong("account", &format!("there is no account '{name}'")))
        }
    }
}

fn view(explained: &Explained, rules: &Rules, account: &Account) -> ExplanationView {
    let Explained { trace, decided, .. } = explained;
    let refused = decided.as_ref().err().map(|refusal| {
        let Refused { code, detail, field } = Refused::from(refusal);
        RefusedView { code: code.into(), detail: detail.into(), field: field.map(Into::into) }
    });
    let message = decided.as_ref().ok();
    let from = message.and_then(|message| message.from.as_ref()).map(ToString::to_string);
    let given = trace.draft.as_ref().and_then(|draft| draft.from.as_ref()).map(ToString::to_string);
    let due = message.map(|message| message.due).filter(|due| *due > explained.now);
    ExplanationView {
        accepted: refused.is_none(),
        refused,
        lookup: lookup(trace, rules, account),
        from_given: given.filter(|given| from.is_some() && Some(given) != from.as_ref()),
        from,
        encoding: message.and_then(|message| encoding(&message.body)),
        parts: message.map(|message| message.parts),
        price: price(trace, message.map(|message| &**message), account),
        due_at: due.map(moment::write),
        held: trace.held.as_ref().filter(|_| message.is_some()).map(HeldView::of),
        routing: None,
    }
}

/// The price of a message, or of the parts that it would have if it were not refused.
fn price(trace: &Trace, message: Option<&Message>, account: &Account) -> Option<PriceView> {
    let (price, billing) = trace.price.zip(account.billing.as_ref())?;
    let parts =
        message.map(|message| message.parts).or_else(|| trace.draft.as_ref().map(|draft| draft.parts))?;
    Some(PriceView {
        currency: billing.currency().to_string(),
        part: price.to_string(),
        total: price.times(parts).to_string(),
    })
}

/// What a message costs by this upstream.
fn margin(message: &Message, upstream: UpstreamId) -> Option<MarginView> {
    let charge = message.charge.as_deref()?;
    let cost = charge.cost(message, upstream)?;
    let margin = charge.total(message).map(|total| (total - cost).to_string());
    Some(MarginView { currency: charge.terms.currency.to_string(), cost: cost.to_string(), margin })
}

impl HeldView {
    fn of(held: &Held) -> Self {
        let cause = held.cause();
        Self { code: cause.code.word(), detail: cause.detail().unwrap_or_default().to_owned() }
    }
}

fn lookup(trace: &Trace, rules: &Rules, account: &Account) -> Option<LookupView> {
    let (draft, found) = trace.draft.as_ref().zip(trace.destination.as_ref())?;
    let looked_up = trace.looked_up.as_ref();
    Some(LookupView::of(draft.to, found, looked_up, &rules.numbering, &account.policy.refused))
}

fn routing(explained: &Explained, rules: &Rules, rest: &Rest) -> RoutingView {
    let Explained { trace, decided, upstream, up, full, .. } = explained;
    let name =
        |id: UpstreamId| rules.upstream(id).map_or_else(|| "gone".to_owned(), |it| it.name.to_string());
    let candidate = |it: &Candidate| CandidateView {
        upstream: name(it.upstream),
        up: up.contains(&it.upstream),
        full: full.contains(&it.upstream),
        #[expect(
            clippy::cast_precision_loss,
            reason = "costs are far below where a float loses a millionth"
        )]
        cost: it.cost.map(|cost| cost as f64 / COST_UNIT),
        score: Some(it.score).filter(|score| score.is_finite() && trace.strategy != Some(Strategy::Priority)),
        samples: it.quality.samples,
        delivered: it.quality.share,
        seconds: it.quality.seconds,
        converted: it.quality.converted,
        excluded: excluded(it),
    };
    let tried = trace.tried.iter().map(|(route, unmet)| TriedView {
        route: route.to_string(),
        matches: unmet.is_none(),
        unmet: unmet.map(Mismatch::setting),
    });
    let sent = decided.as_ref().ok().zip(*upstream);
    let octets = sent.map(|(message, upstream)| (rest.pdus)(upstream, message));
    let (pdus, no_pdus) = match octets {
        None => (Vec::new(), None),
        Some(Ok(pdus)) => (pdus.iter().map(|pdu| hex(pdu)).collect(), None),
        Some(Err(why)) => (Vec::new(), Some(why)),
    };
    RoutingView {
        tried: tried.collect(),
        tried_more: trace.tried_more,
        strategy: trace.strategy.map(Strategy::word),
        candidates: trace.candidates.iter().map(candidate).collect(),
        plan: decided.iter().flat_map(|message| message.plan.upstreams.iter().map(|id| name(*id))).collect(),
        upstream: upstream.map(name),
        paused: sent.and_then(|(message, upstream)| paused(message, upstream, rules, explained.now)),
        limits: sent
            .map(|(message, upstream)| limits(message, upstream, rules, explained.now))
            .unwrap_or_default(),
        cost: sent.and_then(|(message, upstream)| margin(message, upstream)),
        pdus,
        no_pdus,
    }
}

/// The pause that holds a message if this upstream is to send it.
fn paused(message: &Message, upstream: UpstreamId, rules: &Rules, now: Time) -> Option<PausedView> {
    let (pause, _) = rules.pauses.held(message, upstream, &rules.numbering, now)?;
    let (pause, reason, until) =
        (pause.name.to_string(), pause.reason.to_string(), pause.until.map(moment::write));
    Some(PausedView { pause, reason, until })
}

/// Why an upstream isn't in the plan.
fn excluded(candidate: &Candidate) -> Option<String> {
    let uncarried = candidate.uncarried.as_ref().map(ToString::to_string);
    uncarried.or_else(|| candidate.left_out.map(|why| why.to_string()))
}

/// The limits that a message is under if this upstream sends it.
fn limits(message: &Message, upstream: UpstreamId, rules: &Rules, now: Time) -> Vec<LimitView> {
    let limited = Limited { message, upstream, numbering: &rules.numbering };
    let view = |limit: &Limit| LimitView {
        limit: limit.name.to_string(),
        budget: rules.limits.budget(limit, limited, now).into(),
        permits: limit.to_string(),
    };
    rules.limits.of(limited, now).map(view).chain(own_limits(upstream, rules)).collect()
}

/// The limits of an upstream itself, and of its binds.
fn own_limits(upstream: UpstreamId, rules: &Rules) -> Vec<LimitView> {
    let Some(upstream) = rules.upstream(upstream) else { return Vec::new() };
    let name = &upstream.name;
    let mut own = vec![("limits", format!("upstream {name}"), upstream.limits)];
    if upstream.each_bind.is_empty() {
        own.push(("bind_limits", format!("each bind of {name}"), upstream.bind_limits));
    }
    let each = upstream.each_bind.iter();
    own.extend(each.map(|bind| ("bind_limits", format!("bind {} of {name}", bind.name), bind.limits)));
    let some = own.into_iter().filter(|(_, _, limits)| !limits.are_none());
    some.map(|(limit, budget, limits)| LimitView {
        limit: limit.to_owned(),
        budget,
        permits: limits.to_string(),
    })
    .collect()
}

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;
    use postrider_core::account::Permits;
    use postrider_core::route::Table;

    #[test]
    fn an_administrator_names_the_account_and_others_are_their_own() {
        let rules = Rules::new(1, vec![testing::account()], Vec::new(), Table::default());
        let own = Principal::account(Arc::new(testing::account()), Permits::ALL);
        let administrator = Principal::administrator("root".into());
        let name = testing::account().name;
        let found =
            |query: &str, caller| account(query, caller, &rules).map(|account| account.name.clone()).ok();
        assert_eq!(found("", &own), Some(name.clone()));
        assert_eq!(found(&format!("account={name}"), &own), Some(name.clone()));
        assert_eq!(found("account=other", &own), None);
        assert_eq!(found("", &administrator), None);
        assert_eq!(found(&format!("account={name}"), &administrator), Some(name));
        assert_eq!(found("account=nobody", &administrator), None);
    }
}
