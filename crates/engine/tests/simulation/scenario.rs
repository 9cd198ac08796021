//! A scenario: everything about a run that its seed decides beforehand.

use crate::clock::BEGINNING;
use crate::dice::Dice;
use crate::manners::Manners;
use postrider_core::account::{Account, AccountId};
use postrider_core::budget::PartLimits;
use postrider_core::consent::{Reach, Requests};
use postrider_core::delivery::{State, Unanswered};
use postrider_core::fraud::{FraudRule, Velocity};
use postrider_core::limit::{Each, Limit, Limits, Names};
use postrider_core::message::Class;
use postrider_core::money::{Billing, ChargeAt, Credit, Refunds, Tariff, Tariffs, Terms};
use postrider_core::numbers::{Destination, Holder, Numbers, OwnNumber};
use postrider_core::pause::{Mode, Pause, Pauses};
use postrider_core::policy::Policy;
use postrider_core::reference::ReferenceForm;
use postrider_core::retention::Retention;
use postrider_core::route::{AfterReceipt, Route, Table, UpstreamId};
use postrider_core::rules::{Rules, Upstream};
use postrider_core::selector::Selector;
use postrider_core::sender::Sender;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

/// How long a receipt is waited for.
pub(crate) const RECEIPT_WAIT: Duration = Duration::from_mins(20);
/// The longest that a client's message may wait.
pub(crate) const VALIDITY_MAX: Duration = Duration::from_mins(30);

/// The number to which handsets say STOP; it ends the messages of all accounts.
pub(crate) const NUMBER: &str = "60006";
/// The number to which handsets write: the first account's, which hears of it by sessions and by webhook.
pub(crate) const OWN_NUMBER: &str = "70007";

/// What a run is like.
#[derive(Clone, Debug)]
pub(crate) struct Scenario {
    pub(crate) seed: u64,
    /// Nodes on the store, numbered from 1.
    pub(crate) nodes: u8,
    pub(crate) accounts: Vec<Account>,
    /// The upstreams as the checkers know them.
    pub(crate) upstreams: Vec<Upstream>,
    /// How each upstream's protocol is.
    pub(crate) manners: BTreeMap<UpstreamId, Manners>,
    pub(crate) routes: Vec<Route>,
    pub(crate) pauses: Vec<Pause>,
    pub(crate) limits: Limits,
    /// How long clients send and things go wrong.
    pub(crate) busy: Duration,
    /// How long everything may take to come to an end once all is well.
    pub(crate) settling: Duration,
    /// Between two misfortunes.
    pub(crate) calm: Duration,
    /// Between two requests of a client.
    pub(crate) pause: Duration,
    pub(crate) odds: Odds,
    pub(crate) plant: Option<Plant>,
}

/// How often things go wrong, in a thousand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Odds {
    /// The store refuses a verb, or is slow.
    pub(crate) store: u64,
    /// A carrier refuses a part, or never answers it.
    pub(crate) carrier: u64,
    /// A receipt is early, late, twice, contradicted, or never comes.
    pub(crate) receipt: u64,
    /// A client hangs up, repeats itself, or doesn't take its notice.
    pub(crate) client: u64,
}

/// A fault that a test plants, to see that a checker sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Plant {
    /// Messages are acknowledged before they are stored.
    EarlyAccept,
    /// A record is acknowledged and not made.
    LostRecord,
    /// Records forget the mark of possible duplicates.
    ForgottenMark,
    /// The engine is given twice the rate.
    DoubleRate,
    /// The engine is given a window that is wider by half.
    WideWindow,
    /// An outcome reads otherwise after a while.
    ChangedOutcome,
    /// A record loses its notices.
    LostNotice,
    /// Notices that were told stay in the store.
    RepeatedNotice,
    /// What is taken together goes out in reverse.
    Reversed,
    /// Canceled messages go back to the queue.
    IgnoredCancel,
    /// A node is given binds that other nodes hold.
    SharedBind,
    /// Ends give nothing back, and charge nothing.
    LostSettlement,
    /// Messages are accepted without being paid.
    Unpaid,
    /// Messages are accepted without what holds them.
    IgnoredHold,
    /// A record loses the messages of handsets.
    LostText,
    /// A record loses what handsets ask for.
    IgnoredStop,
    /// Two texts that are answered together are given each other's answers.
    SwappedAnswers,
}

impl Scenario {
    /// The scenario of a seed.
    pub(crate) fn of(seed: u64) -> Self {
        let mut dice = Dice::new(seed).fork("scenario");
        let nodes = *dice.pick(&[1, 1, 2, 3]);
        // Dice of their own: what is drawn here leaves the rest of a seed as it was.
        let mut of_routing = Dice::new(seed).fork("routing");
        let mut upstreams: Vec<Upstream> =
            (1..=dice.between(1, 3) as u32).map(|id| draw(id, &mut dice)).collect();
        let mut routes = routes(&upstreams, &mut dice);
        upstreams.iter_mut().for_each(|upstream| limit(upstream, &mut of_routing));
        let mut of_protocols = Dice::new(seed).fork("protocols");
        let manners: BTreeMap<_, _> =
            upstreams.iter().map(|upstream| (upstream.id, Manners::draw(&mut of_protocols))).collect();
        upstreams.iter_mut().for_each(|upstream| manners[&upstream.id].limit(upstream));
        routes.iter_mut().for_each(|route| route.after_receipt = after_receipt(&mut of_routing));
        let mut accounts: Vec<Account> =
            (1..=dice.between(1, 4) as u32).map(|id| account(id, &mut dice)).collect();
        let mut of_fraud = Dice::new(seed).fork("fraud");
        accounts.iter_mut().for_each(|account| account.policy.fraud = fraud(&mut of_fraud));
        let level = *dice.pick(&[0, 5, 30, 100]);
        let mut odds = || level * dice.between(0, 2);
        let odds = Odds { store: odds(), carrier: odds(), receipt: odds(), client: odds() };
        Self {
            seed,
            nodes,
            accounts,
            upstreams,
            manners,
            routes,
            pauses: pauses(&mut of_routing),
            limits: limits(&mut Dice::new(seed).fork("limits")),
            busy: Duration::from_mins(dice.between(10, 60)),
            settling: Duration::from_hours(3),
            calm: Duration::from_secs(dice.between(20, 600)),
            pause: Duration::from_millis(dice.between(1_000, 30_000)),
            odds,
            plant: None,
        }
    }

    /// The rules that the engine is given.
    pub(crate) fn rules(&self) -> Arc<Rules> {
        let given = |upstream: &Upstream| match self.plant {
            Some(Plant::DoubleRate) => {
                Upstream { rate: upstream.rate.map(|rate| rate * 2.0), ..upstream.clone() }
            }
            Some(Plant::WideWindow) => {
                Upstream { window: upstream.window + upstream.window.div_ceil(2), ..upstream.clone() }
            }
            _ => upstream.clone(),
        };
        let upstreams = self.upstreams.iter().map(given).collect();
        let mut rules = Rules::new(1, self.accounts.clone(), upstreams, Table::new(self.routes.clone()));
        rules.tariffs = tariffs(&self.accounts);
        rules.pauses = Pauses::new(self.pauses.clone());
        rules.limits = self.limits.clone();
        let stops = OwnNumber {
            spellings: vec![Sender::Code(NUMBER.into())],
            upstreams: Vec::new(),
            holder: None,
            keywords: BTreeMap::new(),
            consent: Requests { reach: Reach::All, ..Requests::default() },
        };
        let own = OwnNumber {
            spellings: vec![Sender::Code(OWN_NUMBER.into())],
            holder: self
                .accounts
                .first()
                .map(|account| Holder { account: account.id, destination: Destination::Both }),
            consent: Requests { reach: Reach::Nothing, ..Requests::default() },
            ..stops.clone()
        };
        rules.numbers = Numbers::new(vec![stops, own]);
        Arc::new(rules)
    }
}

/// An upstream with nothing out of the ordinary.
pub(crate) fn upstream(id: u32) -> Upstream {
    Upstream {
        id: UpstreamId(id),
        name: format!("upstream-{id}").into(),
        enabled: true,
        rate: None,
        window: 10,
        binds: 1,
        reference_form: ReferenceForm::Same,
        parts_wait: postrider_core::inbound::parts::PARTS_WAIT,
        one_receipt: false,
        unanswered: Unanswered::USUAL,
        retries: postrider_core::retry::Retries::default(),
        reserved: postrider_core::rules::RESERVED_USUAL,
        full_at: None,
        limits: postrider_core::budget::PartLimits::default(),
        bind_limits: postrider_core::budget::PartLimits::default(),
        each_bind: Vec::new(),
        not_from: Vec::new(),
        ask: None,
        carrier: None,
        carriage: postrider_core::carriage::Carriage::default(),
        place: "carrier.example:2775".into(),
    }
}

fn draw(id: u32, dice: &mut Dice) -> Upstream {
    let binds = dice.between(1, 3) as u16;
    let rates = [None, Some(1.0), Some(5.0), Some(40.0)];
    let all = [Unanswered::Retry, Unanswered::Hold, Unanswered::Fail];
    Upstream {
        rate: *dice.pick(&rates),
        // Each node has its share of the window, which must not be nothing.
        window: usize::from(binds) * dice.between(1, 20) as usize,
        binds,
        reference_form: *dice.pick(&[ReferenceForm::Same, ReferenceForm::Auto]),
        unanswered: if dice.chance(300) { [*dice.pick(&all); Class::COUNT] } else { Unanswered::USUAL },
        carrier: dice.chance(300).then(|| "carrier".into()),
        ..upstream(id)
    }
}

/// Shares of classes, and limits that new messages pass over or wait for.
fn limit(upstream: &mut Upstream, dice: &mut Dice) {
    if dice.chance(500) {
        upstream.reserved = [(); Class::COUNT].map(|()| dice.between(0, 22) as u8);
    }
    upstream.full_at = dice.chance(300).then(|| dice.between(1, 50) as u32);
    let minute = dice.chance(200).then(|| dice.between(60, 300));
    let day = dice.chance(200).then(|| dice.between(5_000, 20_000));
    upstream.limits = PartLimits([minute, None, day, None]);
}

/// What wasn't delivered goes by the next upstream of its route.
fn after_receipt(dice: &mut Dice) -> Option<Arc<AfterReceipt>> {
    let states = vec![State::Undelivered, State::Expired, State::Rejected];
    let within = Duration::from_mins(dice.between(1, 20));
    let rule = AfterReceipt { states, classes: [(); Class::COUNT].map(|()| dice.chance(700)), within };
    dice.chance(400).then(|| Arc::new(rule))
}

/// A pause of a class, of an account or of an upstream, that ends by itself.
fn pauses(dice: &mut Dice) -> Vec<Pause> {
    let of = |selector, until: u64| Pause {
        name: "calm".into(),
        reason: "the dice".into(),
        mode: Mode::Hold,
        selector,
        until: Some(BEGINNING + Duration::from_mins(until)),
    };
    let selector = match dice.between(0, 2) {
        0 => Selector { classes: vec![*dice.pick(&Class::ALL)], ..Selector::default() },
        1 => Selector { accounts: vec![AccountId(1)], ..Selector::default() },
        _ => Selector { upstreams: vec![UpstreamId(1)], ..Selector::default() },
    };
    let until = dice.between(1, 20);
    if dice.chance(300) { vec![of(selector, until)] } else { Vec::new() }
}

/// A limit of each account, or of each sender, of one class or all.
fn limits(dice: &mut Dice) -> Limits {
    let of_class = dice.chance(500);
    let classes = if of_class { vec![*dice.pick(&Class::ALL)] } else { Vec::new() };
    let limit = Limit {
        name: "calm".into(),
        selector: Selector { classes, ..Selector::default() },
        each: if dice.chance(500) { vec![Each::Account] } else { Vec::new() },
        second: Some(*dice.pick(&[0.2, 1.0, 5.0])),
        periods: PartLimits([dice.chance(300).then_some(60), None, None, None]),
    };
    let limits = if dice.chance(300) { vec![limit] } else { Vec::new() };
    Limits::new(limits, Names::default())
}

/// Routes for numbers that begin with 44 and 49: all upstreams, each time in another order.
fn routes(upstreams: &[Upstream], dice: &mut Dice) -> Vec<Route> {
    let mut order: Vec<UpstreamId> = upstreams.iter().map(|upstream| upstream.id).collect();
    ["44", "49"]
        .into_iter()
        .map(|prefix| {
            let turns = dice.throw() as usize % order.len();
            order.rotate_left(turns);
            Route::by_prefix(&format!("to-{prefix}"), prefix, &order)
        })
        .collect()
}

/// How an account pays: without a limit, and each of three at another time.
fn billing(id: u32) -> Billing {
    let at = [ChargeAt::Accepted, ChargeAt::Sent, ChargeAt::Delivered][id as usize % 3];
    let terms = Terms { currency: "EUR".parse().unwrap(), at, refunds: Refunds::usual() };
    let credit = Arc::new(Credit::default());
    Billing {
        tariff: "retail".into(),
        terms,
        credit,
        sells_below_cost: false,
        margin_min: 0,
        monthly_fee: None,
    }
}

/// The prices of all accounts.
fn tariffs(accounts: &[Account]) -> Tariffs {
    let tariff = Arc::new(Tariff::read(b"prefix,price,currency\n*,0.05,EUR\n49,0.000003,EUR\n").unwrap());
    Tariffs::new(accounts.iter().map(|account| (account.id, Arc::clone(&tariff))).collect(), HashMap::new())
}

/// A rule against fraud that holds or refuses many messages to a range, for some accounts.
fn fraud(dice: &mut Dice) -> Vec<Arc<FraudRule>> {
    let per_range =
        Velocity { most: dice.between(3, 60) as u32, per: Duration::from_mins(dice.between(1, 10)) };
    let rule = FraudRule {
        rule: "policies.calm.fraud".into(),
        key: 1,
        classes: [(); Class::COUNT].map(|()| dice.chance(400)),
        per_range: Some(per_range),
        refuses: dice.chance(400),
        ..FraudRule::default()
    };
    if dice.chance(300) { vec![Arc::new(rule)] } else { Vec::new() }
}

fn account(id: u32, dice: &mut Dice) -> Account {
    Account { rate: dice.chance(200).then_some(20.0), ..plain_account(id) }
}

/// An account with nothing out of the ordinary.
pub(crate) fn plain_account(id: u32) -> Account {
    Account {
        id: AccountId(id),
        name: format!("account-{id}").into(),
        enabled: true,
        keys: Vec::new(),
        login: None,
        webhook: None,
        country: None,
        default_sender: None,
        default_class: Class::Transactional,
        default_validity: VALIDITY_MAX,
        rate: None,
        request_rate: postrider_core::account::REQUEST_RATE,
        queue_max: None,
        quota: postrider_core::budget::PartLimits::default(),
        policy: Policy::default(),
        billing: Some(Arc::new(billing(id))),
        retention: Retention::default(),
        conversations: Default::default(),
    }
}
