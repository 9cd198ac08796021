//! What a replay found, added up.

use postrider_core::decision::Way;
use postrider_core::message::{Body, Message};
use postrider_core::money::{Amount, Currency};
use postrider_core::route::UpstreamId;
use postrider_core::rules::Rules;
use serde::Serialize;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// The ways of a message by the routes in force, and by those that are tried.
type Ways = (Option<UpstreamId>, Option<UpstreamId>);

/// Sums over messages.
#[derive(Default)]
pub(super) struct Sums {
    messages: u64,
    without_text: u64,
    unknown_cost: u64,
    /// Messages and parts.
    ways: BTreeMap<Ways, (u64, u64)>,
    costs: BTreeMap<Option<Currency>, (Amount, Amount)>,
}

/// What would change if the routes were in force.
#[derive(Serialize, ToSchema)]
#[schema(as = RouteReplayResult)]
pub(super) struct ReplayView {
    /// Messages accepted from here on were replayed, the newest first.
    #[schema(format = "date-time")]
    since: String,
    /// Messages that were replayed.
    messages: u64,
    /// Whether there are older ones: the most are 50,000.
    more: bool,
    /// Messages that would go another way.
    changed: u64,
    /// The ways that would change, the most frequent first.
    ways: Vec<WayView>,
    /// The costs of messages whose cost is known both ways, by currency.
    costs: Vec<CostView>,
    /// Messages whose cost is not known.
    unknown_cost: u64,
    /// Messages whose text was removed: a route's condition about texts isn't met by them.
    without_text: u64,
}

/// Messages that would go another way.
#[derive(Serialize, ToSchema)]
#[schema(as = ChangedWay)]
struct WayView {
    /// The upstream by the routes in force; absent if they refuse the messages.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    /// The upstream by the routes that are tried; absent if they refuse the messages.
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<String>,
    /// Messages.
    messages: u64,
    /// Their parts.
    parts: u64,
}

/// Costs in a currency. Amounts are decimal numbers in texts.
#[derive(Serialize, ToSchema)]
#[schema(as = ReplayedCost)]
struct CostView {
    /// The currency (ISO 4217); absent for `costs` of routes, which name none.
    #[serde(skip_serializing_if = "Option::is_none")]
    currency: Option<String>,
    /// By the routes in force.
    before: String,
    /// By the routes that are tried.
    after: String,
    /// The difference; below zero it is a saving.
    difference: String,
}

impl Sums {
    /// Messages that were added.
    pub(super) const fn messages(&self) -> u64 {
        self.messages
    }

    /// Adds a message, and its ways.
    pub(super) fn add(&mut self, message: &Message, before: Option<Way>, after: Option<Way>) {
        self.messages += 1;
        self.without_text += u64::from(message.body == Body::Redacted);
        let upstream = |way: Option<Way>| way.map(|way| way.upstream);
        let (messages, parts) = self.ways.entry((upstream(before), upstream(after))).or_default();
        (*messages, *parts) = (*messages + 1, *parts + u64::from(message.parts));
        let cost = |way: Option<Way>| way.and_then(|way| way.cost);
        match (cost(before), cost(after)) {
            (Some((one, before)), Some((other, after))) if one == other => {
                let sum = self.costs.entry(one).or_default();
                *sum = (sum.0 + before, sum.1 + after);
            }
            _ => self.unknown_cost += 1,
        }
    }

    /// The sums as they are shown.
    pub(super) fn view(&self, rules: &Rules, since: String, more: bool) -> ReplayView {
        let name =
            |id: UpstreamId| rules.upstream(id).map_or_else(|| "gone".into(), |it| it.name.to_string());
        let changed = self.ways.iter().filter(|((before, after), _)| before != after);
        let mut ways: Vec<WayView> = changed
            .map(|((from, to), (messages, parts))| WayView {
                from: from.map(name),
                to: to.map(name),
                messages: *messages,
                parts: *parts,
            })
            .collect();
        ways.sort_by_key(|way| Reverse(way.messages));
        let cost = |(currency, (before, after)): (&Option<Currency>, &(Amount, Amount))| CostView {
            currency: currency.map(|currency| currency.to_string()),
            before: before.to_string(),
            after: after.to_string(),
            difference: (*after - *before).to_string(),
        };
        ReplayView {
            since,
            messages: self.messages,
            more,
            changed: ways.iter().map(|way| way.messages).sum(),
            costs: self.costs.iter().map(cost).collect(),
            ways,
            unknown_cost: self.unknown_cost,
            without_text: self.without_text,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{account, message, rules};
    use postrider_core::id::MessageId;

    #[test]
    fn ways_and_costs_are_added_up() {
        let way = |upstream, cost| Some(Way { upstream: UpstreamId(upstream), cost });
        let cost = |amount| Some((None, Amount(amount)));
        let mut sums = Sums::default();
        let mut removed = message(MessageId::from_number(1));
        sums.add(&removed, way(1, cost(20_000)), way(2, cost(10_000)));
        sums.add(&removed, way(1, cost(20_000)), way(2, cost(10_000)));
        sums.add(&removed, way(1, cost(5)), way(1, cost(5)));
        removed.body = Body::Redacted;
        sums.add(&removed, way(2, None), None);
        let view = sums.view(&rules(account()), "then".into(), false);
        assert_eq!((view.messages, view.changed, view.unknown_cost, view.without_text), (4, 3, 1, 1));
        let ways: Vec<_> = view.ways.iter().map(|way| (way.to.is_some(), way.messages)).collect();
        assert_eq!(ways, [(true, 2), (false, 1)]);
        let cost = &view.costs[0];
        assert_eq!((&*cost.before, &*cost.after, &*cost.difference), ("0.040005", "0.020005", "-0.02"));
    }
}
