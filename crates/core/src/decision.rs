//! The decision on a submission: whether it is sent, and by which upstreams.
//!
//! Sending and explaining call the same function. An explanation is what it says of itself on the way, in a [`Trace`].

mod anew;
mod replay;

use crate::account::Account;
use crate::carriage::{self, Carried, Uncarried};
use crate::consent::Register;
use crate::lookup::LookedUp;
use crate::message::Message;
use crate::money::{Amount, Charge, Costed, Priced, Unpriced};
use crate::number::Number;
use crate::numbering::{Destination, NetworkCode};
use crate::policy::{Facts, Held, Verdict, judge, kept};
use crate::quality::{Place, Quality};
use crate::route::{Asked, Load, Mismatch, Plan, Route, RouteUpstream, Strategy, Table, UpstreamId, mix};
use crate::rules::Rules;
use crate::submission::{Draft, Refusal, Submission, validate};
use crate::time::Time;
pub use anew::{moved, plan_anew, rerouted, sent_as};
pub use replay::{Way, replay};
use std::sync::Arc;

/// The most routes that a trace names.
pub const TRIED_MAX: usize = 1_000;

/// Everything by which submissions of one account are decided at one moment.
#[derive(Clone, Copy)]
pub struct Decider<'a> {
    /// The rules.
    pub rules: &'a Rules,
    /// The account.
    pub account: &'a Account,
    /// The facts.
    pub facts: &'a Facts<'a>,
    /// How much upstreams have to do.
    pub load: &'a dyn Load,
    /// The time.
    pub now: Time,
}

/// What was decided of a submission that may be sent.
#[derive(Clone, Debug)]
pub struct Decision {
    /// The message as it will be sealed.
    pub draft: Draft,
    /// The upstreams that may send it, best first.
    pub plan: Arc<Plan>,
    /// Its price and its costs, as far as there are any.
    pub charge: Option<Box<Charge>>,
    /// What holds it back, if something does.
    pub held: Option<Held>,
    /// The fingerprint of its content, if its account looks for duplicates; else 0.
    pub content: u64,
    /// The version of what holds of numbers by which it may leave; 0 if it leaves otherwise than it was judged, or wasn't judged.
    pub cleared: u64,
}

/// What was looked at on the way to a decision, as far as it came.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    /// What was asked, as it was understood.
    pub draft: Option<Draft>,
    /// What is known of the recipient's number.
    pub destination: Option<Destination>,
    /// What a provider said of it.
    pub looked_up: Option<LookedUp>,
    /// What holds the message back.
    pub held: Option<Held>,
    /// The routes that were tried, in their order, each with the condition that isn't met; [`TRIED_MAX`] at most.
    pub tried: Vec<(Box<str>, Option<Mismatch>)>,
    /// How many further routes were tried.
    pub tried_more: usize,
    /// How the upstreams were ranked.
    pub strategy: Option<Strategy>,
    /// The upstreams of the route, in its order.
    pub candidates: Vec<Candidate>,
    /// The price of a part, if the account is billed and its tariff has one.
    pub price: Option<Amount>,
}

impl Trace {
    /// Notes the routes that are tried: all up to the one that takes the message, or the one that it names.
    fn try_routes(&mut self, table: &Table, named: Option<&str>, asked: &Asked<'_>) {
        let note = |(route, why): (&Route, Option<Mismatch>)| (route.name.clone(), why);
        if let Some(name) = named {
            self.tried = table.tried_by(name, asked).map(note).into_iter().collect();
            return;
        }
        let mut tried = table.tried(asked);
        self.tried = tried.by_ref().take(TRIED_MAX).map(note).collect();
        self.tried_more = tried.count();
    }

    /// Notes why upstreams are left out that are not in what is left of the plan.
    fn leave_out(&mut self, left: Option<&Plan>, why: LeftOut) {
        let is_left = |upstream| left.is_some_and(|plan| plan.upstreams.contains(&upstream));
        for candidate in &mut self.candidates {
            if candidate.uncarried.is_none() && candidate.left_out.is_none() && !is_left(candidate.upstream) {
                candidate.left_out = Some(why);
            }
        }
    }
}

/// An upstream that a message might go by.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// The upstream.
    pub upstream: UpstreamId,
    /// The cost of a part, in millionths, if it is known.
    pub cost: Option<u64>,
    /// What it was ranked by: the least is the first.
    pub score: f64,
    /// How surely and how fast it delivers there.
    pub quality: Quality,
    /// Why it can't carry the message, if it can't.
    pub uncarried: Option<Uncarried>,
    /// Why it isn't in the message's plan though it can carry it, if it isn't.
    pub left_out: Option<LeftOut>,
}

/// Why an upstream of the route isn't in a message's plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LeftOut {
    /// It is drained.
    #[error("it is drained")]
    Drained,
    /// It costs more than the account pays, with the margin that is asked for, or its cost isn't known.
    #[error("it costs more than the account pays, or its tariff has no cost for this number")]
    Cost,
}

/// What routes look at of a message when it is due.
fn asked_of<'m>(message: &'m Message, rules: &Rules) -> Asked<'m> {
    let destination = rules.numbering.find(message.to, message.due);
    Asked {
        account: message.account,
        from: message.from.as_ref(),
        to: message.to,
        destination,
        network: rules.numbering.network(&destination).and_then(|network| network.code),
        class: message.class,
        body: &message.body,
        tags: message.tags.as_deref(),
        parts: message.parts,
        now: message.due,
    }
}

/// What a message costs by the upstreams of its routes, compared in the currency in which it was paid.
fn priced<'r>(asked: &Asked<'_>, message: &Message, rules: &'r Rules) -> Priced<'r> {
    let currency = message.charge.as_deref().map(|charge| charge.terms.currency);
    Priced::of(asked, &rules.tariffs).compared_in(currency)
}

/// Shares fall by recipient and time: whoever explains and sends in the same millisecond gets the same.
const fn dice(to: Number, now: Time) -> u64 {
    mix(to.digits(), now.0.cast_unsigned())
}

impl Decider<'_> {
    /// Decides on a submission.
    ///
    /// # Errors
    /// Why it isn't sent.
    pub fn decide(&self, submission: Submission, mut trace: Option<&mut Trace>) -> Result<Decision, Refusal> {
        let mut draft = validate(submission, self.account, self.now)?;
        let mut destination = self.rules.numbering.find(draft.to, self.now);
        destination.is_dead = !draft.exempt && self.facts.is_dead(draft.to);
        if let Some(trace) = trace.as_deref_mut() {
            trace.draft = Some(draft.clone());
            trace.destination = Some(destination);
            trace.looked_up = self.facts.looked_up(draft.to).cloned();
        }
        if let Some(why) = destination.refused(&self.account.policy.refused) {
            return Err(Refusal::Undeliverable(why));
        }
        let held = match judge(&draft, self.account, self.facts, self.now) {
            Verdict::Allow => None,
            Verdict::Hold(held) => {
                draft.send_at = draft.send_at.max(Some(held.until));
                Some(held)
            }
            Verdict::Refuse(refusal) => return Err(refusal),
        };
        if let Some(trace) = trace.as_deref_mut() {
            trace.held.clone_from(&held);
        }
        // Before the route rewrites it: as the client gave it.
        let content = kept(&draft, self.account);
        let (plan, route, priced) = self.route(&mut draft, destination, trace.as_deref_mut())?;
        let plan = self.rules.pauses.undrained(&plan, self.now);
        if let Some(trace) = trace.as_deref_mut() {
            trace.leave_out(plan.as_deref(), LeftOut::Drained);
        }
        let plan = plan.ok_or(Refusal::NoRoute(destination.country))?;
        let mut plan = carriage::plan(&plan, self.rules, self.carried(&draft)).map_err(Refusal::Uncarried)?;
        if let Some(avoided) = draft.avoid {
            plan = plan.with_last(avoided);
        }
        let charge = priced.charge(self.account, &mut plan, &route.upstreams);
        if let Some(trace) = trace {
            trace.price = priced.price_of(self.account);
            let is_sold = charge != Err(Unpriced::BelowCost);
            trace.leave_out(is_sold.then_some(&*plan), LeftOut::Cost);
        }
        let register = self.facts.register.filter(|_| route.rewriting.is_none() && !draft.exempt);
        let cleared = register.map_or(0, Register::version);
        Ok(Decision { draft, plan, charge: charge?, held, content, cleared })
    }

    fn route(
        &self,
        draft: &mut Draft,
        destination: Destination,
        trace: Option<&mut Trace>,
    ) -> Result<(Arc<Plan>, &Route, Priced<'_>), Refusal> {
        let asked = Asked {
            account: self.account.id,
            from: draft.from.as_ref(),
            to: draft.to,
            destination,
            network: self.network(draft.to, &destination),
            class: draft.class,
            body: &draft.body,
            tags: draft.tags.as_deref(),
            parts: draft.parts,
            // A message that is due later goes by the routes of its time.
            now: draft.send_at.map_or(self.now, |at| at.max(self.now)),
        };
        let (place, dice) = (asked.place(), dice(draft.to, self.now));
        let currency = self.account.billing.as_ref().map(|billing| billing.currency());
        let priced = Priced::of(&asked, &self.rules.tariffs).compared_in(currency);
        let costed = Costed { load: self.load, priced };
        let table = &self.rules.table;
        let named = draft.route.as_deref();
        let mut trace = trace;
        if let Some(trace) = trace.as_deref_mut() {
            trace.try_routes(table, named, &asked);
        }
        let found = match named {
            None => table.plan(&asked, &costed, dice),
            Some(name) if !self.may_ask_for(name) => return Err(Refusal::RouteNotAllowed(name.into())),
            Some(name) => table.plan_by(name, &asked, &costed, dice),
        };
        let (plan, route) = found.ok_or(Refusal::NoRoute(destination.country))?;
        if let Some(rewriting) = &route.rewriting {
            rewriting.apply(draft, self.account.policy.parts_max, &|sender| self.load.rests(sender))?;
        }
        // Ranked as it was asked for, priced as it is sent.
        let priced = priced.sent_as(draft.from.as_ref()).behind(self.facts.volume);
        if let Some(trace) = trace {
            trace.strategy = Some(route.strategy);
            trace.candidates = self.candidates(route, draft, (place, &costed), dice);
        }
        Ok((plan, route, priced))
    }

    /// Whether the account's messages may ask for a route of this name.
    fn may_ask_for(&self, route: &str) -> bool {
        self.account.policy.routes.iter().any(|it| **it == *route || &**it == "*")
    }

    /// The network of a number: the one that a look-up says, or else the plan.
    fn network(&self, number: Number, destination: &Destination) -> Option<NetworkCode> {
        let looked_up = self.facts.looked_up(number).and_then(|found| found.said.network);
        looked_up.or_else(|| self.rules.numbering.network(destination).and_then(|network| network.code))
    }

    /// The draft as far as it matters who carries it.
    fn carried<'d>(&self, draft: &'d Draft) -> Carried<'d> {
        Carried { account: self.account.id, to: draft.to, from: draft.from.as_ref(), body: &draft.body }
    }

    fn candidates(
        &self,
        route: &Route,
        draft: &Draft,
        (place, costed): (Place, &dyn Load),
        dice: u64,
    ) -> Vec<Candidate> {
        let carried =
            |id| self.rules.upstream(id).map_or(Ok(()), |upstream| self.carried(draft).check(upstream));
        let candidate = |(it, score): (&RouteUpstream, f64)| Candidate {
            upstream: it.upstream,
            cost: costed.cost(it),
            score,
            quality: self.load.quality(it.upstream, place),
            uncarried: carried(it.upstream).err(),
            left_out: None,
        };
        let scores = route.ranking(costed, place, dice).scores(&route.upstreams);
        route.upstreams.iter().zip(scores).map(candidate).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Body;
    use crate::route::Conditions;
    use crate::route::idle::Idle;
    use crate::rules::testing::{account, upstream};

    const A: UpstreamId = UpstreamId(1);
    const B: UpstreamId = UpstreamId(2);

    fn rules() -> Rules {
        let german = Conditions { countries: vec!["DE".parse().unwrap()], ..Conditions::default() };
        let costs = [(A, Some(20_000)), (B, Some(10_000))];
        let upstreams =
            costs.map(|(upstream, cost)| RouteUpstream { cost, ..RouteUpstream::plain(upstream) });
        let world = Route {
            strategy: Strategy::Cheapest,
            upstreams: upstreams.into(),
            ..Route::by_prefix("world", "", &[])
        };
        let routes =
            vec![Route { order: 1, conditions: german, ..Route::by_prefix("german", "", &[A]) }, world];
        Rules::new(1, Vec::new(), vec![upstream(A), upstream(B)], Table::new(routes))
    }

    fn to(number: &str) -> Submission {
        Submission { to: number.into(), body: Some(Body::Text("Hi".into())), ..Submission::default() }
    }

    #[test]
    fn an_explanation_is_the_decision() {
        let (rules, account, facts) = (rules(), account(), Facts::default());
        let decider = Decider { rules: &rules, account: &account, facts: &facts, load: &Idle, now: Time(0) };
        let mut trace = Trace::default();
        let explained = decider.decide(to("+447700900123"), Some(&mut trace)).unwrap();
        let sent = decider.decide(to("+447700900123"), None).unwrap();
        assert_eq!((&*explained.plan.route, &*explained.plan.upstreams), ("world", &[B, A][..]));
        assert_eq!(sent.plan, explained.plan);
        assert_eq!(trace.tried, [("german".into(), Some(Mismatch::Country)), ("world".into(), None)]);
        let scores: Vec<_> = trace.candidates.iter().map(|it| (it.upstream, it.score)).collect();
        assert_eq!((trace.strategy, scores), (Some(Strategy::Cheapest), vec![(A, 0.02), (B, 0.01)]));
        assert_eq!(trace.destination.unwrap().kind.word(), "mobile");
    }

    #[test]
    fn a_route_is_asked_for_by_permission() {
        let (rules, facts) = (rules(), Facts::default());
        let decide = |permitted: &[&str], named: &str| {
            let mut account = account();
            account.policy.routes = permitted.iter().map(|name| Box::from(*name)).collect();
            let decider =
                Decider { rules: &rules, account: &account, facts: &facts, load: &Idle, now: Time(0) };
            let asked = Submission { route: Some(named.into()), ..to("+447700900123") };
            let mut trace = Trace::default();
            let decided = decider.decide(asked, Some(&mut trace));
            let tried = trace.tried.len();
            (decided.map(|decision| decision.plan.route.to_string()).map_err(|why| why.code()), tried)
        };
        assert_eq!(decide(&["world"], "world"), (Ok("world".to_owned()), 1));
        assert_eq!(decide(&["*"], "world"), (Ok("world".to_owned()), 1));
        assert_eq!(decide(&["world"], "german"), (Err("route_not_allowed"), 1));
        assert_eq!(decide(&["german"], "german"), (Err("no_route"), 1), "its conditions are not met");
        assert_eq!(decide(&["*"], "nowhere"), (Err("no_route"), 0));
    }

    #[test]
    fn a_refusal_leaves_what_was_looked_at() {
        let (rules, account, facts) = (rules(), account(), Facts::default());
        let decider = Decider { rules: &rules, account: &account, facts: &facts, load: &Idle, now: Time(0) };
        let mut trace = Trace::default();
        let refused = decider.decide(to("+442071234567"), Some(&mut trace)).unwrap_err();
        assert_eq!(refused.code(), "undeliverable_recipient");
        assert_eq!((trace.destination.unwrap().kind.word(), trace.tried.len()), ("fixed", 0));
        let unread = decider.decide(to("x"), Some(&mut Trace::default())).unwrap_err();
        assert_eq!(unread.code(), "invalid_recipient");
    }
}
