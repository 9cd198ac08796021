//! Messages that wait, decided on anew in part: by other routes, another upstream or another sender. What was paid stays.

use super::{asked_of, dice, priced};
use crate::account::Account;
use crate::carriage::{self, Carried};
use crate::message::Message;
use crate::money::Costed;
use crate::policy::may_send_as;
use crate::route::idle::Idle;
use crate::route::{Load, Plan, RouteUpstream, UpstreamId};
use crate::rules::Rules;
use crate::sender::Sender;
use crate::time::Time;
use std::sync::Arc;

/// The plan that a message would have if it were accepted when it is due, under these rules.
#[must_use]
pub fn plan_anew(message: &Message, rules: &Rules) -> Option<Arc<Plan>> {
    let asked = asked_of(message, rules);
    let costed = Costed { load: &Idle, priced: priced(&asked, message, rules) };
    let (plan, _) = rules.table.plan(&asked, &costed, dice(message.to, message.due))?;
    carriage::plan(&plan, rules, message.into()).ok()
}

/// The message by the routes in force, which may be those that it had. `None` if no route takes it, no upstream can carry it, or each costs
/// more than was paid.
#[must_use]
pub fn rerouted(message: &Message, rules: &Rules, load: &dyn Load, now: Time) -> Option<Message> {
    let asked = asked_of(message, rules);
    let priced = priced(&asked, message, rules);
    let costed = Costed { load, priced };
    let (plan, route) = rules.table.plan(&asked, &costed, dice(message.to, now))?;
    let plan = rules.pauses.undrained(&plan, now)?;
    let mut plan = carriage::plan(&plan, rules, message.into()).ok()?;
    let account = rules.account(message.account);
    let billing = account.and_then(|account| account.billing.as_deref());
    let charge = priced.charge_again(billing, message, &mut plan, &route.upstreams).ok()?;
    Some(Message { plan, charge, ..message.clone() })
}

/// The message by this upstream first, whatever it costs, and by those of its plan after it. `None` if it can't carry it.
#[must_use]
pub fn moved(message: &Message, upstream: UpstreamId, rules: &Rules) -> Option<Message> {
    let to = rules.upstream(upstream)?;
    Carried::from(message).check(to).ok()?;
    let others = message.plan.upstreams.iter().copied().filter(|it| *it != upstream);
    let upstreams = std::iter::once(upstream).chain(others).collect();
    let mut plan = Arc::new(Plan { route: message.plan.route.clone(), upstreams });
    let route = rules.table.routes().find(|route| route.name == message.plan.route);
    let of_route: &[RouteUpstream] = route.map_or(&[], |route| &route.upstreams);
    let priced = priced(&asked_of(message, rules), message, rules);
    let charge = priced.charge_again(None, message, &mut plan, of_route).ok()?;
    Some(Message { plan, charge, ..message.clone() })
}

/// The message from this sender. `None` if its account may not use it, or an upstream of its plan can't carry it.
#[must_use]
pub fn sent_as(message: &Message, sender: &Sender, account: &Account, rules: &Rules) -> Option<Message> {
    may_send_as(sender, message.to, account).ok()?;
    let renamed = Message { from: Some(sender.clone()), ..message.clone() };
    let carries = |id: &UpstreamId| {
        rules.upstream(*id).is_none_or(|upstream| Carried::from(&renamed).check(upstream).is_ok())
    };
    renamed.plan.upstreams.iter().all(carries).then_some(renamed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::MessageId;
    use crate::message::Body;
    use crate::money::{Amount, Charge, ChargeAt, Terms};
    use crate::number::Number;
    use crate::route::{Conditions, Route, Table};
    use crate::rules::testing::{account, upstream};

    const A: UpstreamId = UpstreamId(1);
    const B: UpstreamId = UpstreamId(2);

    /// Long texts go by B, which costs 0.01; all others by A, which costs 0.02, and then by B.
    fn rules(account: Account) -> Rules {
        let costs = |upstreams: &[(UpstreamId, u64)]| {
            let cost = |(id, cost): &(UpstreamId, u64)| RouteUpstream {
                cost: Some(*cost),
                ..RouteUpstream::plain(*id)
            };
            upstreams.iter().map(cost).collect::<Vec<_>>()
        };
        let long = Conditions { parts: Some((2, 9)), ..Conditions::default() };
        let routes = vec![
            Route {
                order: 1,
                conditions: long,
                upstreams: costs(&[(B, 10_000)]),
                ..Route::by_prefix("long", "", &[])
            },
            Route { upstreams: costs(&[(A, 20_000), (B, 10_000)]), ..Route::by_prefix("world", "", &[]) },
        ];
        Rules::new(1, vec![account], vec![upstream(A), upstream(B)], Table::new(routes))
    }

    /// A message that went by a route that is no more, paid with 0.05.
    fn message() -> Message {
        let terms =
            Terms { currency: "EUR".parse().unwrap(), at: ChargeAt::default(), refunds: Default::default() };
        let charge = Charge { terms, price: Some(Amount(50_000)), costs: [Some(Amount(40_000))].into() };
        Message {
            account: account().id,
            to: Number::parse("+447700900123").unwrap(),
            body: Body::Text("Hi".into()),
            plan: Arc::new(Plan { route: "old".into(), upstreams: [A].into() }),
            charge: Some(Box::new(charge)),
            ..crate::testing::message(MessageId::from_number(1))
        }
    }

    fn plan_and_costs(message: &Message) -> (&str, &[UpstreamId], Vec<Option<i64>>) {
        let costs = message.charge.as_ref().map_or(Vec::new(), |it| it.costs.to_vec());
        let costs = costs.into_iter().map(|cost| cost.map(|cost| cost.0)).collect();
        (&message.plan.route, &message.plan.upstreams, costs)
    }

    #[test]
    fn a_message_goes_by_the_routes_in_force_with_their_costs_and_its_price() {
        let rules = rules(account());
        let now = rerouted(&message(), &rules, &Idle, Time(0)).unwrap();
        assert_eq!(plan_and_costs(&now), ("world", &[A, B][..], vec![Some(20_000), Some(10_000)]));
        assert_eq!(now.charge.as_ref().unwrap().price, Some(Amount(50_000)));
        let long = rerouted(&Message { parts: 2, ..message() }, &rules, &Idle, Time(0)).unwrap();
        assert_eq!(plan_and_costs(&long), ("long", &[B][..], vec![Some(10_000)]));
        let none = Rules::new(1, Vec::new(), Vec::new(), Table::default());
        assert!(rerouted(&message(), &none, &Idle, Time(0)).is_none());
    }

    #[test]
    fn a_message_that_is_moved_has_the_cost_of_where_it_goes() {
        let rules = rules(account());
        let in_force =
            Message { plan: Arc::new(Plan { route: "world".into(), upstreams: [A].into() }), ..message() };
        let now = moved(&in_force, B, &rules).unwrap();
        assert_eq!(plan_and_costs(&now), ("world", &[B, A][..], vec![Some(10_000), Some(20_000)]));
        assert!(moved(&in_force, UpstreamId(9), &rules).is_none(), "there is no such upstream");
    }

    #[test]
    fn a_message_is_sent_as_what_its_account_may_be() {
        let sender = Sender::parse("Club").unwrap();
        let mut account = account();
        let rules = rules(account.clone());
        let now = sent_as(&message(), &sender, &account, &rules).unwrap();
        assert_eq!(now.from, Some(sender.clone()));
        account.policy.senders = vec![crate::route::SenderMatch::new("Shop")];
        assert!(sent_as(&message(), &sender, &account, &rules).is_none());
    }
}
