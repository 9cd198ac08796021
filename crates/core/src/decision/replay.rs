//! Replays: which way a message that was sent would go by other routes, and what it would cost.

use super::{asked_of, dice, priced};
use crate::carriage;
use crate::message::Message;
use crate::money::{Amount, Costed, Currency};
use crate::route::{Load, Table, UpstreamId};
use crate::rules::Rules;

/// The way that a message would go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Way {
    /// The first upstream of its plan; the gateway takes it as long as it is up.
    pub upstream: UpstreamId,
    /// The cost of the message by it, if it is known: in a currency, or as the route says it, in none.
    pub cost: Option<(Option<Currency>, Amount)>,
}

/// The way that a message would go if it were submitted again as it is, by this table of routes; `None` if it would be refused.
///
/// Everything but the table is as `rules` have it: accounts, upstreams, the numbering plan and tariffs. What holds messages back isn't
/// looked at.
#[must_use]
pub fn replay(message: &Message, rules: &Rules, table: &Table, load: &dyn Load) -> Option<Way> {
    let asked = asked_of(message, rules);
    let priced = priced(&asked, message, rules);
    let costed = Costed { load, priced };
    let (plan, route) = table.plan(&asked, &costed, dice(message.to, message.created()))?;
    let mut plan = carriage::plan(&plan, rules, message.into()).ok()?;
    let charge = match rules.account(message.account) {
        Some(account) => priced.charge(account, &mut plan, &route.upstreams).ok()?,
        None => None,
    };
    let upstream = *plan.upstreams.first()?;
    let of_tariff = charge.as_ref().and_then(|charge| {
        let cost = charge.costs.first().copied().flatten()?;
        Some((Some(charge.terms.currency), cost.times(message.parts)))
    });
    let of_route = || {
        let cost = route.upstreams.iter().find(|it| it.upstream == upstream)?.cost?;
        Some((None, Amount(i64::try_from(cost).ok()?).times(message.parts)))
    };
    Some(Way { upstream, cost: of_tariff.or_else(of_route) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::MessageId;
    use crate::route::idle::Idle;
    use crate::route::{Route, RouteUpstream};
    use crate::rules::testing::{account, upstream};
    use crate::time::Time;

    const A: UpstreamId = UpstreamId(1);
    const B: UpstreamId = UpstreamId(2);

    #[test]
    fn a_message_goes_by_the_first_upstream_of_the_route_that_takes_it() {
        let costs = vec![RouteUpstream { cost: Some(20_000), ..RouteUpstream::plain(B) }];
        let german = Route { upstreams: costs, ..Route::by_prefix("german", "49", &[]) };
        let table = Table::new(vec![Route::by_prefix("british", "44", &[A, B]), german]);
        let rules = Rules::new(1, vec![account()], vec![upstream(A), upstream(B)], Table::default());
        let message = |to: &str| Message {
            to: crate::number::Number::parse(to).unwrap(),
            parts: 2,
            ..crate::testing::message(MessageId::first_at(Time(1_800_000_000_000)))
        };
        let way = |to| replay(&message(to), &rules, &table, &Idle);
        assert_eq!(way("+447700900123"), Some(Way { upstream: A, cost: None }));
        assert_eq!(way("+491701234567"), Some(Way { upstream: B, cost: Some((None, Amount(40_000))) }));
        assert_eq!(way("+33600000001"), None);
    }
}
