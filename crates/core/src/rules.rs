//! The live configuration: accounts, upstreams and routes. It is swapped whole and never edited.

use crate::account::{Account, AccountId, Key, KeyHash};
use crate::automation::Automation;
use crate::bind::Bind;
use crate::budget::PartLimits;
use crate::carriage::Carriage;
use crate::delivery::Unanswered;
use crate::limit::Limits;
use crate::lookup::LookupProviders;
use crate::message::Class;
use crate::money::{Exchange, Tariffs};
use crate::numbering::Numbering;
use crate::numbers::Numbers;
use crate::pause::Pauses;
use crate::reference::ReferenceForm;
use crate::retry::Retries;
use crate::route::{Table, UpstreamId};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

/// The usual [`Upstream::reserved`]: no class is starved.
pub const RESERVED_USUAL: [u8; Class::COUNT] = [0, 10, 10, 5];

/// An upstream (elsewhere called a connector), as far as the core needs to know it: the protocol is its adapter's affair.
#[derive(Clone, Debug, PartialEq)]
pub struct Upstream {
    /// Its number.
    pub id: UpstreamId,
    /// Its name, unique.
    pub name: Box<str>,
    /// A disabled upstream keeps its queue and sends nothing.
    pub enabled: bool,
    /// Parts it may send a second; `None` is no limit.
    pub rate: Option<f64>,
    /// Parts that may be sent and unanswered at once, over all its binds.
    pub window: usize,
    /// Binds that it keeps, over all nodes.
    pub binds: u16,
    /// The form of its references in receipts.
    pub reference_form: ReferenceForm,
    /// How long parts of messages from handsets wait for the others.
    pub parts_wait: Duration,
    /// Whether it reports a message of several parts by one receipt, for whichever part.
    pub one_receipt: bool,
    /// The treatment of messages that it never answers, by class.
    pub unanswered: [Unanswered; Class::ALL.len()],
    /// When failed attempts are repeated.
    pub retries: Retries,
    /// The share of its throughput that each class keeps though more urgent ones wait, in percent.
    pub reserved: [u8; Class::COUNT],
    /// The messages that wait for it, over all nodes, from which on new ones go by another upstream; `None` is never.
    pub full_at: Option<u32>,
    /// The most parts that it sends in periods of the calendar, over all nodes.
    pub limits: PartLimits,
    /// The most parts of each of its binds in periods of the calendar.
    pub bind_limits: PartLimits,
    /// Its binds, where they differ from each other; none where all are alike.
    pub each_bind: Vec<Bind>,
    /// The accounts whose messages it doesn't get: they would go back to where they came from.
    pub not_from: Vec<AccountId>,
    /// Whether it is asked about parts whose receipts don't come.
    pub ask: Option<Ask>,
    /// The carrier that it is a way to: a receipt of one such way may come by another.
    pub carrier: Option<Box<str>>,
    /// The addresses that it can carry.
    pub carriage: Carriage,
    /// Where it leads, in words that are only compared: what was found out of it holds for as long as they stay the same.
    pub place: Box<str>,
}

impl Upstream {
    /// Whether new messages may have to go by others.
    fn can_be_full(&self) -> bool {
        let are_limited = |bind: &Bind| !bind.limits.are_none();
        self.full_at.is_some()
            || !self.limits.are_none()
            || !self.bind_limits.are_none()
            || self.each_bind.iter().any(are_limited)
    }
}

/// When a carrier is asked about parts whose receipts don't come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ask {
    /// So long after a part was sent, and as long again after each time.
    pub after: Duration,
    /// The most parts that it is asked about a second, over all nodes; at least 1.
    pub rate: u16,
}

/// Everything that decides about a message, at one moment.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    /// Rises with each change.
    pub generation: u64,
    /// Routes.
    pub table: Table,
    /// Numbers that handsets write to.
    pub numbers: Numbers,
    /// Countries, networks and kinds of numbers.
    pub numbering: Numbering,
    /// What messages cost.
    pub tariffs: Tariffs,
    /// Rates by which costs in other currencies count.
    pub exchange: Arc<Exchange>,
    /// What is held back, and which upstreams take nothing new.
    pub pauses: Pauses,
    /// How many parts may be sent in which time.
    pub limits: Limits,
    /// Who is asked about numbers.
    pub lookups: LookupProviders,
    /// Rules of the form "when this happens, do that".
    pub automation: Automation,
    accounts: HashMap<AccountId, Arc<Account>>,
    by_key: HashMap<KeyHash, (AccountId, usize)>,
    by_user: HashMap<Box<str>, AccountId>,
    /// Whether an upstream can be full.
    limits_backlogs: bool,
    upstreams: BTreeMap<UpstreamId, Arc<Upstream>>,
}

impl Rules {
    /// The rules made of these.
    #[must_use]
    pub fn new(generation: u64, accounts: Vec<Account>, upstreams: Vec<Upstream>, table: Table) -> Self {
        let mut rules = Self { generation, table, ..Self::default() };
        for account in accounts {
            for (index, key) in account.keys.iter().enumerate() {
                rules.by_key.insert(key.hash, (account.id, index));
            }
            if let Some(login) = &account.login {
                rules.by_user.insert(login.user.clone(), account.id);
            }
            rules.accounts.insert(account.id, Arc::new(account));
        }
        rules.limits_backlogs = upstreams.iter().any(Upstream::can_be_full);
        rules.upstreams = upstreams.into_iter().map(|upstream| (upstream.id, Arc::new(upstream))).collect();
        rules
    }

    /// The account with this number.
    #[must_use]
    pub fn account(&self, id: AccountId) -> Option<&Arc<Account>> {
        self.accounts.get(&id)
    }

    /// Whether an upstream can be full.
    #[must_use]
    pub const fn limits_backlogs(&self) -> bool {
        self.limits_backlogs
    }

    /// All accounts, in no order.
    pub fn accounts(&self) -> impl Iterator<Item = &Arc<Account>> {
        self.accounts.values()
    }

    /// The account whose key has this hash, and the key. The hash of a random key may be looked up plainly: its timing
    /// tells nothing that helps to find a key.
    #[must_use]
    pub fn account_by_key(&self, hash: &KeyHash) -> Option<(&Arc<Account>, &Key)> {
        let (account, index) = self.by_key.get(hash)?;
        let account = self.accounts.get(account)?;
        Some((account, account.keys.get(*index)?))
    }

    /// The account whose sessions log in by this name.
    #[must_use]
    pub fn account_by_user(&self, user: &str) -> Option<&Arc<Account>> {
        self.accounts.get(self.by_user.get(user)?)
    }

    /// The upstream with this number.
    #[must_use]
    pub fn upstream(&self, id: UpstreamId) -> Option<&Arc<Upstream>> {
        self.upstreams.get(&id)
    }

    /// All upstreams, by number.
    pub fn upstreams(&self) -> impl Iterator<Item = &Arc<Upstream>> {
        self.upstreams.values()
    }
}

/// Plain accounts and upstreams for tests of this crate.
#[cfg(test)]
pub(crate) mod testing {
    use super::*;
    use crate::message::Class;
    use crate::policy::Policy;

    /// An enabled upstream with nothing out of the ordinary.
    pub(crate) fn upstream(id: UpstreamId) -> Upstream {
        Upstream {
            id,
            name: format!("upstream {}", id.0).into(),
            enabled: true,
            rate: None,
            window: 10,
            binds: 1,
            reference_form: ReferenceForm::Same,
            parts_wait: crate::inbound::parts::PARTS_WAIT,
            one_receipt: false,
            unanswered: Unanswered::USUAL,
            retries: Retries::default(),
            reserved: RESERVED_USUAL,
            full_at: None,
            limits: PartLimits::default(),
            bind_limits: PartLimits::default(),
            each_bind: Vec::new(),
            not_from: Vec::new(),
            ask: None,
            carrier: None,
            carriage: Carriage::default(),
            place: "x".into(),
        }
    }

    /// An enabled account with nothing out of the ordinary.
    pub(crate) fn account() -> Account {
        Account {
            id: AccountId(1),
            name: "shop".into(),
            enabled: true,
            keys: vec![Key::unrestricted("main", [7; 32])],
            login: None,
            webhook: None,
            country: None,
            default_sender: None,
            default_class: Class::Transactional,
            default_validity: Duration::from_hours(24),
            rate: None,
            request_rate: crate::account::REQUEST_RATE,
            queue_max: None,
            quota: crate::budget::PartLimits::default(),
            policy: Policy::default(),
            billing: None,
            retention: crate::retention::Retention::default(),
            conversations: crate::conversation::Sharing::default(),
        }
    }
}
