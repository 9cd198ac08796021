//! Pricing: what a message costs its account, and what it costs by each upstream that may send it.

use super::{Amount, Billing, Charge, Currency, Exchange, Price, Scope, Service, Tariff, Terms};
use crate::account::{Account, AccountId};
use crate::message::Message;
use crate::money::ChargeAt;
use crate::number::Number;
use crate::numbering::NetworkCode;
use crate::quality::{Place, Quality};
use crate::route::{Asked, Load, Plan, RouteUpstream, UpstreamId};
use crate::sender::Sender;
use crate::time::Time;
use std::collections::HashMap;
use std::sync::Arc;

/// The tariffs in force: each account's prices and each upstream's costs. A clone is cheap.
#[derive(Clone, Debug, Default)]
pub struct Tariffs {
    prices: Arc<HashMap<AccountId, Arc<Tariff>>>,
    costs: Arc<HashMap<UpstreamId, Arc<Tariff>>>,
    /// By it costs count in the currency of whoever pays.
    exchange: Arc<Exchange>,
}

/// Why a message of a billed account can't be sold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unpriced {
    /// The account's tariff has no price for the number, or there is no such tariff, or it has another currency.
    NoPrice,
    /// Each upstream costs more than the price.
    BelowCost,
}

/// What tariffs are asked about: a number.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Priced<'a> {
    pub(crate) tariffs: &'a Tariffs,
    /// Without a volume: costs are those of the first parts of a month.
    pub(crate) scope: Scope,
    /// Parts that the account has sent this month, on which its price may depend.
    pub(crate) volume: u64,
    /// The currency in which costs are compared; `None` is each tariff's own.
    pub(crate) currency: Option<Currency>,
    pub(crate) to: Number,
    pub(crate) network: Option<NetworkCode>,
    pub(crate) now: Time,
}

/// The cost of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cost {
    /// It is this.
    Of(Amount),
    /// The upstream has a tariff, and no price in it for the number.
    Unknown,
    /// Nobody has said what the upstream costs.
    Untold,
}

impl Tariffs {
    /// These tariffs.
    #[must_use]
    pub fn new(prices: HashMap<AccountId, Arc<Tariff>>, costs: HashMap<UpstreamId, Arc<Tariff>>) -> Self {
        Self { prices: Arc::new(prices), costs: Arc::new(costs), exchange: Arc::default() }
    }

    /// The same, with these exchange rates.
    #[must_use]
    pub fn with_exchange(self, exchange: Arc<Exchange>) -> Self {
        Self { exchange, ..self }
    }

    /// The price of a message of so many parts from a handset, at a time; `None` if it costs its account nothing. `network` is the
    /// handset's, if it is known.
    #[must_use]
    pub fn inbound(
        &self,
        account: &Account,
        parts: u8,
        (number, network): (Number, Option<NetworkCode>),
        now: Time,
    ) -> Option<Price> {
        let price = self.of_service(Service::Inbound, account, (number, network), now)?;
        (price.amount != Amount::ZERO).then(|| Price { amount: price.amount.times(parts), ..price })
    }

    /// The price of a look-up of a number, at a time; `None` if it costs its account nothing.
    ///
    /// # Errors
    /// When its tariff has prices of look-ups, and none for this number.
    pub fn lookup(&self, account: &Account, number: Number, now: Time) -> Result<Option<Price>, Unpriced> {
        let tariff = account.billing.as_ref().and_then(|_| self.prices.get(&account.id));
        if tariff.is_none_or(|tariff| !tariff.has_prices_of(Service::Lookup)) {
            return Ok(None);
        }
        let price =
            self.of_service(Service::Lookup, account, (number, None), now).ok_or(Unpriced::NoPrice)?;
        Ok(Some(price).filter(|price| price.amount != Amount::ZERO))
    }

    /// The price of this service for an account; `None` if its tariff has none, or nothing is paid for it.
    fn of_service(
        &self,
        service: Service,
        account: &Account,
        (to, network): (Number, Option<NetworkCode>),
        now: Time,
    ) -> Option<Price> {
        let billing = account.billing.as_deref()?;
        let priced =
            Priced { tariffs: self, scope: Scope::of(service), volume: 0, currency: None, to, network, now };
        let amount = priced.price(account.id, billing)?;
        Some(Price { currency: billing.currency(), amount })
    }

    /// Whether the prices of an account depend on how much it has sent in the month.
    #[must_use]
    pub fn have_volumes(&self, account: AccountId) -> bool {
        self.prices.get(&account).is_some_and(|tariff| tariff.has_volumes())
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.prices.is_empty() && self.costs.is_empty()
    }
}

impl<'a> Priced<'a> {
    /// The number that a message goes to, when it is due.
    pub(crate) const fn of(asked: &Asked<'_>, tariffs: &'a Tariffs) -> Self {
        let sender = if let Some(sender) = asked.from { Some(sender.kind()) } else { None };
        let scope = Scope::outbound(asked.class, sender);
        let (to, network, now) = (asked.to, asked.network, asked.now);
        Self { tariffs, scope, volume: 0, currency: None, to, network, now }
    }

    /// The same, sent as this.
    pub(crate) fn sent_as(self, sender: Option<&Sender>) -> Self {
        let scope = Scope { sender: sender.map(Sender::kind), ..self.scope };
        Self { scope, ..self }
    }

    /// The same, behind so many parts of the month.
    pub(crate) const fn behind(self, volume: u64) -> Self {
        Self { volume, ..self }
    }

    /// The price of a part for an account that is billed, if its tariff has one.
    pub(crate) fn price_of(&self, account: &Account) -> Option<Amount> {
        self.price(account.id, account.billing.as_deref()?)
    }

    /// The cost of a part by an upstream that has a tariff, in the currency in which upstreams are compared: the account's, if it is billed.
    pub(crate) fn cost(&self, upstream: UpstreamId) -> Option<Amount> {
        let tariff = self.tariffs.costs.get(&upstream)?;
        self.converted(tariff, self.currency.unwrap_or_else(|| tariff.currency()))
    }

    /// The same, compared in this currency.
    pub(crate) const fn compared_in(self, currency: Option<Currency>) -> Self {
        Self { currency, ..self }
    }

    /// The price of a part for an account.
    fn price(&self, account: AccountId, billing: &Billing) -> Option<Amount> {
        let tariff = self.tariffs.prices.get(&account)?;
        let is_same = tariff.currency() == billing.currency();
        let asked = Scope { volume: self.volume, ..self.scope };
        is_same.then(|| tariff.find(asked, self.to, self.network, self.now)).flatten()
    }

    /// The cost of a part by an upstream in this currency; a route's own costs are in it.
    fn cost_in(&self, currency: Currency, upstream: &RouteUpstream) -> Cost {
        match self.tariffs.costs.get(&upstream.upstream) {
            None => upstream
                .cost
                .map_or(Cost::Untold, |cost| Cost::Of(Amount(i64::try_from(cost).unwrap_or(i64::MAX)))),
            Some(tariff) => self.converted(tariff, currency).map_or(Cost::Unknown, Cost::Of),
        }
    }

    /// The cost of a part by a tariff, in another currency if there is a rate.
    fn converted(&self, tariff: &Tariff, currency: Currency) -> Option<Amount> {
        let cost = tariff.find(self.scope, self.to, self.network, self.now)?;
        self.tariffs.exchange.convert(cost, tariff.currency(), currency, self.now)
    }

    /// The charge of a message by this plan, from which those upstreams are taken that cost more than the account pays.
    /// `upstreams` are those of the message's route. `None` where neither price nor cost is known of anything.
    ///
    /// # Errors
    /// When the account is billed and the message can't be sold.
    pub(crate) fn charge(
        &self,
        account: &Account,
        plan: &mut Arc<Plan>,
        upstreams: &[RouteUpstream],
    ) -> Result<Option<Box<Charge>>, Unpriced> {
        let billing = account.billing.as_deref();
        let price =
            billing.map(|billing| self.price(account.id, billing).ok_or(Unpriced::NoPrice)).transpose()?;
        let terms = billing.map(|billing| billing.terms.clone()).or_else(|| self.terms_of(plan));
        let Some(terms) = terms else { return Ok(None) };
        self.sell(billing, price, terms, plan, upstreams)
    }

    /// The charge of a message by another plan than it had: its price stays. Upstreams that cost more are taken from the plan where `billing` is
    /// given.
    ///
    /// # Errors
    /// When no upstream is left.
    pub(crate) fn charge_again(
        &self,
        billing: Option<&Billing>,
        message: &Message,
        plan: &mut Arc<Plan>,
        upstreams: &[RouteUpstream],
    ) -> Result<Option<Box<Charge>>, Unpriced> {
        let before = message.charge.as_deref();
        let terms = before.map(|before| before.terms.clone()).or_else(|| self.terms_of(plan));
        let Some(terms) = terms else { return Ok(None) };
        self.sell(billing, before.and_then(|before| before.price), terms, plan, upstreams)
    }

    /// The charge at this price. Upstreams that cost more are taken from the plan, unless the account sells below cost.
    fn sell(
        &self,
        billing: Option<&Billing>,
        price: Option<Amount>,
        terms: Terms,
        plan: &mut Arc<Plan>,
        upstreams: &[RouteUpstream],
    ) -> Result<Option<Box<Charge>>, Unpriced> {
        let currency = terms.currency;
        let cost = |id: &UpstreamId| {
            let of_route = upstreams.iter().find(|it| it.upstream == *id).copied();
            self.cost_in(currency, &of_route.unwrap_or(RouteUpstream::plain(*id)))
        };
        let mut costs: Vec<Cost> = plan.upstreams.iter().map(cost).collect();
        if let Some((billing, price)) = billing.zip(price).filter(|(billing, _)| !billing.sells_below_cost) {
            let pays = |cost: &Cost| is_covered(*cost, price, billing.margin_min);
            if !costs.iter().all(pays) {
                let kept: Vec<UpstreamId> = plan
                    .upstreams
                    .iter()
                    .zip(&costs)
                    .filter(|(_, cost)| pays(cost))
                    .map(|(id, _)| *id)
                    .collect();
                if kept.is_empty() {
                    return Err(Unpriced::BelowCost);
                }
                costs.retain(pays);
                *plan = Arc::new(Plan { upstreams: kept.into(), ..(**plan).clone() });
            }
        }
        let amount = |cost: Cost| if let Cost::Of(amount) = cost { Some(amount) } else { None };
        let costs: Box<[Option<Amount>]> = costs.into_iter().map(amount).collect();
        let costs = if costs.iter().any(Option::is_some) { costs } else { Box::default() };
        let is_known = price.is_some() || !costs.is_empty();
        Ok(is_known.then(|| Box::new(Charge { terms, price, costs })))
    }

    /// The terms of what nobody pays for: in the currency of the first tariff of the plan's upstreams.
    fn terms_of(&self, plan: &Plan) -> Option<Terms> {
        let tariff = plan.upstreams.iter().find_map(|id| self.tariffs.costs.get(id))?;
        let refunds = super::charge::Refunds::default();
        Some(Terms { currency: tariff.currency(), at: ChargeAt::default(), refunds })
    }
}

/// Whether a price covers a cost and a margin in percent of it.
fn is_covered(cost: Cost, price: Amount, margin: u16) -> bool {
    match cost {
        Cost::Of(cost) => i128::from(price.0) * 100 >= i128::from(cost.0) * (100 + i128::from(margin)),
        Cost::Unknown => false,
        Cost::Untold => true,
    }
}

/// The load of upstreams, with the costs that tariffs say.
pub(crate) struct Costed<'a> {
    pub(crate) load: &'a dyn Load,
    pub(crate) priced: Priced<'a>,
}

impl Load for Costed<'_> {
    fn of(&self, upstream: UpstreamId) -> f64 {
        self.load.of(upstream)
    }

    fn quality(&self, upstream: UpstreamId, place: Place) -> Quality {
        self.load.quality(upstream, place)
    }

    fn used(&self, upstream: UpstreamId) -> u64 {
        self.load.used(upstream)
    }

    fn cost(&self, upstream: &RouteUpstream) -> Option<u64> {
        match self.priced.tariffs.costs.get(&upstream.upstream) {
            None => upstream.cost,
            Some(_) => self.priced.cost(upstream.upstream).and_then(|cost| u64::try_from(cost.0).ok()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Class;
    use crate::money::Credit;
    use crate::money::charge::Refunds;
    use crate::rules::testing::account;

    const A: UpstreamId = UpstreamId(1);
    const B: UpstreamId = UpstreamId(2);
    const C: UpstreamId = UpstreamId(3);

    fn tariff(rows: &str) -> Arc<Tariff> {
        Arc::new(Tariff::read(format!("prefix,price,currency\n{rows}").as_bytes()).unwrap())
    }

    fn billed(sells_below_cost: bool, margin_min: u16) -> Account {
        let terms =
            Terms { currency: "EUR".parse().unwrap(), at: ChargeAt::Accepted, refunds: Refunds::usual() };
        let billing = Billing {
            tariff: "retail".into(),
            terms,
            credit: Arc::new(Credit::default()),
            sells_below_cost,
            margin_min,
            monthly_fee: None,
        };
        Account { billing: Some(Arc::new(billing)), ..account() }
    }

    type Charged = (Vec<u32>, Option<i64>, Vec<Option<i64>>);

    /// What is kept of a message to `to`: the plan's upstreams, the price and the costs.
    fn charged(account: &Account, to: &str) -> Result<Charged, Unpriced> {
        let prices = [(account.id, tariff("44,0.02,EUR\n4477,0.03,EUR\n1,0.01,EUR\n"))].into();
        let costs =
            [(A, tariff("*,0.01,EUR\n4477,0.025,EUR\n1,0.5,EUR\n")), (B, tariff("44,0.029,EUR\n"))].into();
        let tariffs = Tariffs::new(prices, costs);
        let priced = Priced {
            tariffs: &tariffs,
            scope: Scope::outbound(Class::Otp, None),
            volume: 0,
            currency: None,
            to: Number::parse(to).unwrap(),
            network: None,
            now: Time(0),
        };
        let upstreams = [
            RouteUpstream::plain(A),
            RouteUpstream::plain(B),
            RouteUpstream { cost: Some(21_000), ..RouteUpstream::plain(C) },
        ];
        let mut plan = Arc::new(Plan { route: "x".into(), upstreams: [A, B, C].into() });
        let charge = priced.charge(account, &mut plan, &upstreams)?.unwrap();
        let costs = charge.costs.iter().map(|cost| cost.map(|cost| cost.0)).collect();
        Ok((plan.upstreams.iter().map(|it| it.0).collect(), charge.price.map(|price| price.0), costs))
    }

    #[test]
    fn nothing_is_sold_below_cost_by_any_upstream() {
        let all = charged(&billed(false, 0), "+447700900123");
        assert_eq!(all, Ok((vec![1, 2, 3], Some(30_000), vec![Some(25_000), Some(29_000), Some(21_000)])));
        let margin = charged(&billed(false, 10), "+447700900123");
        assert_eq!(margin, Ok((vec![1, 3], Some(30_000), vec![Some(25_000), Some(21_000)])));
        // Prefixes of different length: sold by 44, bought by none longer.
        let shorter = charged(&billed(false, 0), "+442071234567");
        assert_eq!(shorter, Ok((vec![1], Some(20_000), vec![Some(10_000)])));
        assert_eq!(charged(&billed(false, 0), "+15005550006"), Err(Unpriced::BelowCost));
        let told = charged(&billed(true, 0), "+15005550006");
        assert_eq!(told, Ok((vec![1, 2, 3], Some(10_000), vec![Some(500_000), None, Some(21_000)])));
        assert_eq!(charged(&billed(true, 0), "+4915112345678"), Err(Unpriced::NoPrice));
    }

    #[test]
    fn look_ups_and_messages_from_handsets_have_prices() {
        let account = billed(false, 0);
        let rows = "prefix,price,currency,service\n*,0.05,EUR,\n44,0.01,EUR,inbound\n49,0,EUR,lookup\n44,0.004,EUR,lookup\n";
        let csv = |rows: &str| Arc::new(Tariff::read(rows.as_bytes()).unwrap());
        let tariffs = Tariffs::new([(account.id, csv(rows))].into(), HashMap::new());
        let number = |text: &str| Number::parse(text).unwrap();
        let euros = |price: Option<Price>| price.map(|price| price.amount.to_string());
        let inbound = |to: &str, parts| euros(tariffs.inbound(&account, parts, (number(to), None), Time(0)));
        assert_eq!(inbound("+447700900123", 3).as_deref(), Some("0.03"));
        assert_eq!(inbound("+4915112345678", 1), None);
        let lookup = |to: &str| tariffs.lookup(&account, number(to), Time(0)).map(euros);
        assert_eq!(lookup("+447700900123"), Ok(Some("0.004".to_owned())));
        assert_eq!((lookup("+4915112345678"), lookup("+15005550006")), (Ok(None), Err(Unpriced::NoPrice)));
        let plain = [(account.id, tariff("44,0.02,EUR\n"))].into();
        let plain = Tariffs::new(plain, HashMap::new());
        assert_eq!(plain.lookup(&account, number("+447700900123"), Time(0)), Ok(None), "they are included");
    }

    #[test]
    fn costs_in_another_currency_count_by_the_rate_of_the_day() {
        let account = billed(false, 0);
        let dollars = Arc::new(Tariff::read(b"prefix,price,currency\n44,0.03,USD\n").unwrap());
        let mut exchange = Exchange::default();
        let (dollar, euro) = ("USD".parse().unwrap(), account.billing.as_ref().unwrap().currency());
        exchange.add(dollar, euro, 1, "0.9".parse().unwrap());
        let charged = |price: &str, day: i64| {
            let prices = [(account.id, tariff(&format!("44,{price},EUR\n")))].into();
            let tariffs = Tariffs::new(prices, [(A, Arc::clone(&dollars))].into());
            let tariffs = tariffs.with_exchange(Arc::new(exchange.clone()));
            let priced = Priced {
                tariffs: &tariffs,
                scope: Scope::outbound(Class::Otp, None),
                volume: 0,
                currency: Some(euro),
                to: Number::parse("+447700900123").unwrap(),
                network: None,
                now: Time(day * 86_400_000),
            };
            let mut plan = Arc::new(Plan { route: "x".into(), upstreams: [A].into() });
            let charge = priced.charge(&account, &mut plan, &[RouteUpstream::plain(A)])?.unwrap();
            assert_eq!(priced.cost(A), charge.costs[0], "routes compare what reports show");
            Ok(charge.costs[0].map(|cost| cost.to_string()))
        };
        assert_eq!(charged("0.028", 1), Ok(Some("0.027".to_owned())));
        assert_eq!(charged("0.026", 1), Err(Unpriced::BelowCost));
        assert_eq!(charged("0.028", 0), Err(Unpriced::BelowCost), "without a rate the cost isn't known");
    }

    #[test]
    fn an_account_that_is_not_billed_costs_all_the_same() {
        let free = charged(&account(), "+447700900123");
        assert_eq!(free, Ok((vec![1, 2, 3], None, vec![Some(25_000), Some(29_000), Some(21_000)])));
    }
}
