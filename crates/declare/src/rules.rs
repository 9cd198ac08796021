//! What a whole set of documents means: every document in the types that the core works with, every name as what it refers
//! to. All mistakes are noted before anything is refused.

mod account;
mod billing;
mod currency;
mod fraud;
mod limit;
mod lookup;
mod number;
mod pause;
mod policy;
mod requests;
mod route;
mod rule;
mod selector;
mod user;

pub use account::check_url;
pub use user::check_password;

use crate::account::AccountDocument;
use crate::document::{Document, EachKind, Kind, Set, each_kind};
use crate::limit::{check_count, check_name};
use crate::mistake::{Found, Mistake, Mistakes, Notes};
use crate::number::NumberDocument;
use crate::registry::{ImportedPlan, ImportedTariffs};
use crate::route::RouteDocument;
use crate::rule::RuleDocument;
use crate::selector::SelectorDocument;
use crate::set::Entry;
use crate::upstream::{PartLimitsDocument, RetryDocument, UpstreamDocument};
use crate::user::UserDocument;
use postrider_core::account::{Account, AccountId, KeyHash};
use postrider_core::bind::Bind;
use postrider_core::route::{Table, UpstreamId};
use postrider_core::rules::{Rules, Upstream};
use postrider_core::user::Users;
use std::collections::HashMap;
use std::sync::Arc;

/// The most things of one kind.
const RESOURCES_MAX: usize = 10_000;

/// Everything that is declared at one moment, checked and read.
#[derive(Clone, Debug, Default)]
pub struct Declared {
    /// The rules that decide about messages.
    pub rules: Arc<Rules>,
    /// The upstreams, disabled ones too, by name.
    pub upstreams: Vec<(UpstreamId, Arc<DeclaredUpstream>)>,
    /// The users of the console.
    pub users: Arc<Users>,
    /// The documents that it was read from.
    pub set: Arc<Set>,
    /// The imported numbering plan.
    pub numbering_plan: Option<ImportedPlan>,
    /// The imported tariffs.
    pub tariffs: ImportedTariffs,
}

/// An upstream as its adapter needs it: its document and its secrets.
pub type DeclaredUpstream = Entry<UpstreamDocument>;

impl DeclaredUpstream {
    /// Whether sessions made for `other` serve this one too: nothing differs but what is the engine's affair.
    #[must_use]
    pub fn same_sessions(&self, other: &Self) -> bool {
        self.document.name == other.document.name
            && self.document.enabled == other.document.enabled
            && self.document.protocol == other.document.protocol
            && self.secrets == other.secrets
    }
}

/// The numbers that the store has given, by kind and name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ids(HashMap<(Box<str>, Box<str>), u32>);

impl Ids {
    pub(crate) fn set(&mut self, kind: &str, name: &str, id: u32) {
        self.0.insert((kind.into(), name.into()), id);
    }

    /// Whether every number here is the same there.
    pub(crate) fn agree(&self, other: &Self) -> bool {
        self.0.iter().all(|(name, id)| other.0.get(name) == Some(id))
    }

    /// Takes the number away from a name, which gets a new one.
    pub(crate) fn forget(&mut self, kind: &str, name: &str) {
        self.0.remove(&(Box::from(kind), Box::from(name)));
    }

    /// The number; 0 where none was given yet, which is good enough for a check.
    pub(crate) fn get<D: Document>(&self, name: &str) -> u32 {
        self.0.get(&(Box::from(D::KIND), Box::from(name))).copied().unwrap_or(0)
    }

    /// Names of the set without a number yet.
    pub(crate) fn missing(&self, set: &Set) -> Vec<(Box<str>, Box<str>)> {
        fn of<D: Document>(set: &Set) -> impl Iterator<Item = (Box<str>, Box<str>)> {
            D::of(set).keys().map(|name| (Box::from(D::KIND), name.as_str().into()))
        }
        let numbered = of::<AccountDocument>(set).chain(of::<UpstreamDocument>(set));
        let numbered = numbered.chain(of::<RuleDocument>(set)).chain(of::<UserDocument>(set));
        numbered.filter(|key| !self.0.contains_key(key)).collect()
    }
}

/// Reads the set whole, or says everything that is wrong with it; `before` are mistakes found already.
pub(crate) fn whole(
    set: Arc<Set>,
    ids: &Ids,
    generation: u64,
    before: Vec<Mistake>,
) -> Result<Declared, Mistakes> {
    let found = Found::after(before);
    let notes = found.notes();
    each_kind(&mut Names { set: &set, notes: &notes });
    let mut accounts = accounts(&set, ids, &notes.key("accounts"));
    policy::share(&set, ids, &mut accounts, &notes.key("policies"));
    let upstreams = upstreams(&set, ids, &notes.key("upstreams"));
    let routes = route::read(&set, ids, &notes.key("routes"));
    let numbers = number::read(&set, ids, &notes.key("numbers"));
    let pauses = pause::read(&set, ids, &notes.key("pauses"));
    let limits = limit::read(&set, ids, &notes.key("limits"));
    let lookups = lookup::read(&set, &notes.key("lookups"));
    let exchange = Arc::new(currency::read(&set, &notes.key("currencies")));
    let automation = rule::read(&set, ids, &notes.key("rules"));
    let users = Arc::new(user::read(&set, ids, &notes.key("users")));
    let mistakes = found.into_mistakes();
    if !mistakes.is_empty() {
        return Err(Mistakes(mistakes));
    }
    let ways = upstreams.iter().map(|(id, entry)| way(*id, &entry.document, ids)).collect();
    let mut rules = Rules::new(generation, accounts, ways, Table::new(routes));
    rules.numbers = numbers;
    rules.pauses = pauses;
    rules.limits = limits;
    rules.lookups = lookups;
    rules.exchange = exchange;
    rules.automation = automation;
    let rules = Arc::new(rules);
    Ok(Declared { rules, upstreams, users, set, numbering_plan: None, tariffs: ImportedTariffs::new() })
}

/// The table of the set's routes, or everything that is wrong with them.
pub(crate) fn table(set: &Set, ids: &Ids) -> Result<Table, Mistakes> {
    let found = Found::default();
    let notes = found.notes();
    let notes = notes.key(RouteDocument::PLURAL);
    set.routes.keys().for_each(|name| check_name(name, &notes.key(name)));
    let routes = route::read(set, ids, &notes);
    let mistakes = found.into_mistakes();
    if mistakes.is_empty() { Ok(Table::new(routes)) } else { Err(Mistakes(mistakes)) }
}

/// Holds every kind to its number of things, and every name to its form.
struct Names<'a> {
    set: &'a Set,
    notes: &'a Notes<'a>,
}

impl EachKind for Names<'_> {
    fn kind<D: Document>(&mut self) {
        let notes = self.notes.key(D::PLURAL);
        check_count(D::of(self.set).len(), RESOURCES_MAX, &notes);
        D::of(self.set).keys().for_each(|name| check_name(name, &notes.key(name)));
    }
}

/// Accounts, no two of which share a login or a key.
fn accounts(set: &Set, ids: &Ids, notes: &Notes<'_>) -> Vec<Account> {
    let mut users: HashMap<Box<str>, &str> = HashMap::new();
    let mut keys: HashMap<KeyHash, &str> = HashMap::new();
    let mut codes: HashMap<Box<str>, &str> = HashMap::new();
    let mut accounts = Vec::new();
    for (name, entry) in &set.accounts {
        let notes = notes.key(name);
        let account = account::read(entry, ids.get::<AccountDocument>(name), &notes);
        if let Some(login) = &account.login
            && let Some(other) = users.insert(login.user.clone(), name)
        {
            let what = format!("the account '{other}' has the same");
            notes.key("smpp").key("system_id").wrong(what, "");
        }
        for (index, key) in account.keys.iter().enumerate() {
            if let Some(other) = keys.insert(key.hash, name) {
                let what = format!("the account '{other}' has the same");
                notes.key("keys").index(index).key("key").wrong(what, "");
            }
        }
        let menu = account.webhook.as_ref().and_then(|webhook| webhook.menu.as_ref());
        for code in menu.map_or(&[][..], |menu| &menu.codes) {
            if let Some(other) = codes.insert(code.clone(), name) {
                let what = format!("the account '{other}' has '{code}', too");
                notes.key("webhook").key("ussd_codes").wrong(what, "");
            }
        }
        accounts.push(account);
    }
    accounts
}

/// Upstreams, the settings of which go together.
fn upstreams(set: &Set, ids: &Ids, notes: &Notes<'_>) -> Vec<(UpstreamId, Arc<DeclaredUpstream>)> {
    let read = |(name, entry): (&String, &Arc<DeclaredUpstream>)| {
        let notes = notes.key(name);
        entry.document.protocol.check(&entry.secrets, &notes);
        entry.document.reserved.check(&notes.key("reserved"));
        if let Some(retry) = &entry.document.retry {
            retry.check(&notes.key("retry"));
        }
        let known = |name: &str| set.accounts.contains_key(name);
        let names = || set.accounts.keys().map(String::as_str);
        route::each_known("account", &entry.document.not_from, known, names, &notes.key("not_from"));
        (UpstreamId(ids.get::<UpstreamDocument>(name)), Arc::clone(entry))
    };
    set.upstreams.iter().map(read).collect()
}

fn way(id: UpstreamId, document: &UpstreamDocument, ids: &Ids) -> Upstream {
    let traits = document.protocol.traits();
    let bind_limits = document.bind_limits.as_ref().map(PartLimitsDocument::limits).unwrap_or_default();
    let limited = |bind: Bind| {
        let limits = if bind.limits.are_none() { bind_limits } else { bind.limits };
        Bind { limits, ..bind }
    };
    Upstream {
        id,
        name: document.name.as_str().into(),
        enabled: document.enabled,
        rate: document.rate,
        window: traits.window,
        binds: traits.binds,
        reference_form: traits.reference_form,
        parts_wait: document.parts_wait.get(),
        one_receipt: traits.one_receipt,
        unanswered: document.unanswered.by_class(),
        retries: document.retry.as_ref().map(RetryDocument::retries).unwrap_or_default(),
        reserved: document.reserved.by_class(),
        full_at: document.full_at,
        limits: document.limits.as_ref().map(PartLimitsDocument::limits).unwrap_or_default(),
        bind_limits,
        each_bind: traits.each_bind.into_iter().map(limited).collect(),
        not_from: document.not_from.iter().map(|name| AccountId(ids.get::<AccountDocument>(name))).collect(),
        ask: traits.ask,
        carrier: (!document.carrier.is_empty()).then(|| document.carrier.as_str().into()),
        carriage: traits.carriage,
        place: traits.place,
    }
}

/// Refuses, with words that say what to do, if something else of the set names this thing.
pub(crate) fn unnamed<D: Document>(name: &str, set: &Set) -> Result<(), String> {
    let plural =
        |kind: &str| kind.strip_suffix('y').map_or_else(|| format!("{kind}s"), |stem| format!("{stem}ies"));
    let named = |kind: &str, by: Vec<String>| match &*by {
        [] => Ok(()),
        [one] => Err(format!(
            "the {} '{name}' is named by the {kind} {one}: take it out of that {kind} first, or delete that {kind}",
            D::KIND
        )),
        several => Err(format!(
            "the {} '{name}' is named by the {kinds} {}: take it out of those {kinds} first, or delete those {kinds}",
            D::KIND,
            several.join(", "),
            kinds = plural(kind)
        )),
    };
    let quoted = |name: &String| format!("'{name}'");
    let numbers = |names: &dyn Fn(&NumberDocument) -> bool| {
        set.numbers.iter().filter(|(_, entry)| names(&entry.document)).map(|(name, _)| quoted(name)).collect()
    };
    let pauses = |names: &dyn Fn(&SelectorDocument) -> bool| {
        let named = set.pauses.iter().filter(|(_, entry)| names(&entry.document.conditions));
        named.map(|(name, _)| quoted(name)).collect()
    };
    let limits = |names: &dyn Fn(&SelectorDocument) -> bool| {
        let named = set.limits.iter().filter(|(_, entry)| names(&entry.document.conditions));
        named.map(|(name, _)| quoted(name)).collect()
    };
    let rules = |names: &dyn Fn(&RuleDocument) -> bool| {
        set.rules.iter().filter(|(_, entry)| names(&entry.document)).map(|(name, _)| quoted(name)).collect()
    };
    if D::KIND == UpstreamDocument::KIND {
        let over =
            set.routes.iter().filter(|(_, entry)| entry.document.upstreams.iter().any(|over| over == name));
        named("route", over.map(|(route, _)| quoted(route)).collect())?;
        named("number", numbers(&|number| number.upstreams.iter().any(|on| on == name)))?;
        named("pause", pauses(&|pause| pause.upstreams.iter().any(|of| of == name)))?;
        named("limit", limits(&|limit| limit.upstreams.iter().any(|of| of == name)))?;
        return named("rule", rules(&|rule| rule.when.upstreams.iter().any(|on| on == name)));
    }
    if D::KIND == AccountDocument::KIND {
        let of = set.routes.iter().filter(|(_, entry)| entry.document.accounts.iter().any(|of| of == name));
        named("route", of.map(|(route, _)| quoted(route)).collect())?;
        let of = set.upstreams.iter().filter(|(_, it)| it.document.not_from.iter().any(|of| of == name));
        named("upstream", of.map(|(upstream, _)| quoted(upstream)).collect())?;
        named("number", numbers(&|number| number.accounts().any(|account| account == name)))?;
        named("pause", pauses(&|pause| pause.accounts.iter().any(|of| of == name)))?;
        named("limit", limits(&|limit| limit.accounts.iter().any(|of| of == name)))?;
        let of = set.policies.iter().filter(|(_, it)| it.document.accounts.iter().any(|of| of == name));
        named("policy", of.map(|(policy, _)| quoted(policy)).collect())?;
        let of = set.users.iter().filter(|(_, entry)| entry.document.account.as_deref() == Some(name));
        named("user", of.map(|(user, _)| quoted(user)).collect())?;
        return named("rule", rules(&|rule| rule.account == name));
    }
    if D::KIND == NumberDocument::KIND {
        return named("rule", rules(&|rule| rule.when.numbers.iter().any(|number| number == name)));
    }
    if D::KIND == RuleDocument::KIND {
        return named("rule", rules(&|rule| rule.leads_to(name) && rule.name != name));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
