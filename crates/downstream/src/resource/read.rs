//! Reads a whole set: every value into the type that the core works with, every reference to what it refers to. All
//! mistakes are noted before anything is refused.

mod account;
mod route;
mod upstream;

pub(crate) use account::check_url;

use super::mistake::{Mistake, Mistakes, Notes};
use super::{AccountDocument, Declared, DeclaredUpstream, Document, ReceiptParts, Set, UpstreamDocument};
use postrider_core::account::{Account, KeyHash};
use postrider_core::route::{Route, Table, UpstreamId};
use postrider_core::rules::{Rules, Upstream};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// The most things of one kind.
const RESOURCES_MAX: usize = 10_000;

/// The numbers that the store has given, by kind and name.
#[derive(Clone, Debug, Default)]
pub(super) struct Ids(HashMap<(Box<str>, Box<str>), u32>);

impl Ids {
    pub(super) fn set(&mut self, kind: &str, name: &str, id: u32) {
        self.0.insert((kind.into(), name.into()), id);
    }

    /// The number; 0 where none was given yet, which is good enough for a check.
    fn get(&self, kind: &str, name: &str) -> u32 {
        self.0.get(&(Box::from(kind), Box::from(name))).copied().unwrap_or(0)
    }

    /// What of the set has no number yet.
    pub(super) fn missing(&self, set: &Set) -> Vec<(Box<str>, Box<str>)> {
        let of = |kind: &'static str, name: &String| (Box::from(kind), name.as_str().into());
        let accounts = set.accounts.keys().map(|name| of(AccountDocument::KIND, name));
        let upstreams = set.upstreams.keys().map(|name| of(UpstreamDocument::KIND, name));
        accounts.chain(upstreams).filter(|key| !self.0.contains_key(key)).collect()
    }
}

/// Reads the set whole, or says everything that is wrong with it; `before` are mistakes found already.
pub(super) fn whole(
    set: Arc<Set>,
    ids: &Ids,
    generation: u64,
    before: Vec<Mistake>,
) -> Result<Declared, Mistakes> {
    let mut mistakes = before;
    limit::<AccountDocument>(&set, &mut mistakes);
    limit::<UpstreamDocument>(&set, &mut mistakes);
    limit::<super::RouteDocument>(&set, &mut mistakes);
    let accounts = accounts(&set, ids, &mut mistakes);
    let mut ways = Vec::new();
    let mut upstreams = Vec::new();
    for (name, entry) in &set.upstreams {
        let id = UpstreamId(ids.get(UpstreamDocument::KIND, name));
        let declared = upstream::read(entry, &mut notes::<UpstreamDocument>(name, &mut mistakes));
        ways.push(way(id, &declared));
        upstreams.push((id, Arc::new(declared)));
    }
    let routes = routes(&set, ids, &mut mistakes);
    if !mistakes.is_empty() {
        return Err(Mistakes(mistakes));
    }
    let rules = Arc::new(Rules::new(generation, accounts, ways, Table::new(routes)));
    Ok(Declared { rules, upstreams, set })
}

fn notes<'a, D: Document>(name: &str, mistakes: &'a mut Vec<Mistake>) -> Notes<'a> {
    Notes::new(format!("{}.{name}", D::PLURAL), mistakes)
}

fn limit<D: Document>(set: &Set, mistakes: &mut Vec<Mistake>) {
    Notes::new(D::PLURAL.to_owned(), mistakes).at_most("", D::of(set).len(), RESOURCES_MAX);
}

/// Accounts, no two of which share a login or a key.
fn accounts(set: &Set, ids: &Ids, mistakes: &mut Vec<Mistake>) -> Vec<Account> {
    let mut users: HashMap<Box<str>, &str> = HashMap::new();
    let mut keys: HashMap<KeyHash, &str> = HashMap::new();
    let mut accounts = Vec::new();
    for (name, entry) in &set.accounts {
        let mut notes = notes::<AccountDocument>(name, mistakes);
        let id = ids.get(AccountDocument::KIND, name);
        let account = account::read(entry, id, &mut notes);
        if let Some(login) = &account.login
            && let Some(other) = users.insert(login.user.clone(), name)
        {
            notes.mistake("smpp.system_id", format_args!("the account '{other}' has the same"));
        }
        for (index, key) in account.keys.iter().enumerate() {
            if let Some(other) = keys.insert(*key, name) {
                notes.mistake(
                    &format!("keys[{index}].key"),
                    format_args!("the account '{other}' has the same"),
                );
            }
        }
        accounts.push(account);
    }
    accounts
}

/// Routes, no two of which have one prefix, over upstreams that there are.
fn routes(set: &Set, ids: &Ids, mistakes: &mut Vec<Mistake>) -> Vec<Route> {
    let mut prefixes: BTreeMap<&str, &str> = BTreeMap::new();
    let mut routes = Vec::new();
    for (name, entry) in &set.routes {
        let document = &entry.document;
        let mut notes = notes::<super::RouteDocument>(name, mistakes);
        if let Some(other) = prefixes.insert(&document.prefix, name) {
            notes.mistake("prefix", format_args!("the route '{other}' has the same, '{}'", document.prefix));
        }
        routes.push(route::read(document, &set.upstreams, ids, &mut notes));
    }
    routes
}

fn way(id: UpstreamId, declared: &DeclaredUpstream) -> Upstream {
    let document = &declared.document;
    let receipts = document.receipts.clone().unwrap_or_default();
    Upstream {
        id,
        name: document.name.as_str().into(),
        enabled: document.enabled,
        rate: document.rate,
        window: usize::from(document.window) * usize::from(document.binds),
        binds: document.binds,
        names: receipts.ids.into(),
        one_receipt: receipts.parts == ReceiptParts::One,
        unanswered: document.unanswered.unwrap_or_default().by_class(),
        ask: declared.ask,
        carrier: (!document.carrier.is_empty()).then(|| document.carrier.as_str().into()),
        place: format!("{}:{}", document.host, document.port).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Documents;
    use super::*;
    use std::net::IpAddr;

    fn read(text: &str) -> Result<Declared, Mistakes> {
        let documents: Documents = toml::from_str(text).unwrap();
        let mut mistakes = Vec::new();
        let set = Set::of_file(documents, &mut mistakes);
        let mut ids = Ids::default();
        for (index, (kind, name)) in ids.missing(&set).into_iter().enumerate() {
            ids.set(&kind, &name, u32::try_from(index).unwrap() + 1);
        }
        whole(Arc::new(set), &ids, 3, mistakes)
    }

    fn paths(text: &str) -> Vec<String> {
        read(text).unwrap_err().0.into_iter().map(|mistake| mistake.path).collect()
    }

    const WHOLE: &str = r#"
        [accounts.shop]
        keys = [{ name = "live", key = "pr_0123456789abcdefghij" }]
        smpp = { system_id = "shop", password = "hush1234", allow = ["192.0.2.0/24"] }
        webhook = { url = "https://shop.example/sms", secret = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz" }
        sender = "Shop"
        class = "otp"
        valid_for = "10m"
        allow_to = ["44"]
        [upstreams.acme]
        host = "smpp.acme.example"
        system_id = "postrider"
        password = "secret08"
        binds = 2
        rate = 50
        [routes.world]
        upstreams = ["acme"]
    "#;

    #[test]
    fn a_whole_declaration_becomes_rules() {
        let declared = read(WHOLE).unwrap();
        let rules = &declared.rules;
        assert_eq!(rules.generation, 3);
        let account = rules.account_by_user("shop").unwrap();
        assert_eq!((account.policy.parts_max, account.default_validity.as_secs()), (10, 600));
        let login = account.login.as_ref().unwrap();
        assert_eq!((login.sessions_max, login.window), (4, 100));
        assert!(login.allowed[0].contains(IpAddr::from([192, 0, 2, 9])));
        let key = super::super::mint::hash_key("pr_0123456789abcdefghij");
        assert_eq!(rules.account_by_key(&key).unwrap().name, account.name);
        assert_eq!(&*account.webhook.as_ref().unwrap().secret, b"012345678901234567890123");
        let (id, upstream) = &declared.upstreams[0];
        assert_eq!((rules.upstream(*id).unwrap().window, &*upstream.password), (20, "secret08"));
        assert_eq!(rules.table.routes()[0].upstreams, [*id]);
        assert!(!format!("{declared:?}").contains("secret08"));
    }

    #[test]
    fn every_mistake_is_told_at_once_with_its_place() {
        let text = r#"
            [accounts.Shop]
            [accounts.a]
            keys = [{ name = "w", key = "short" }, { name = "x", key = "pr_0123456789abcdefghij" }, { name = "w" }, { name = "y" }]
            smpp = { system_id = "", password = "123456789", sessions = 0, window = 0, allow = ["10.0.0.0/33"] }
            webhook = { url = "ftp://x", secret = "whsec_!!" }
            sender = "a name that is too long"
            valid_for = "soon"
            rate = 0
            allow_to = ["+44", "x"]
            parts_max = 65
            [upstreams.b]
            host = ""
            port = 0
            system_id = "a name that is far too long, however much more some carriers may want of it"
            binds = 0
            window = 0
            response_timeout = "0s"
            tls = { verify = "ca_file", cert_file = "x" }
            [routes.r]
            prefix = "+44"
            upstreams = ["c", "b", "b"]
            [routes.s]
            prefix = "+44"
            upstreams = []
        "#;
        let expected = [
            "accounts.Shop",
            "accounts.a.keys[0].key",
            "accounts.a.keys[2].name",
            "accounts.a.keys[3].key",
            "accounts.a.smpp.system_id",
            "accounts.a.smpp.password",
            "accounts.a.smpp.sessions",
            "accounts.a.smpp.window",
            "accounts.a.smpp.allow[0]",
            "accounts.a.webhook.url",
            "accounts.a.webhook.secret",
            "accounts.a.sender",
            "accounts.a.valid_for",
            "accounts.a.rate",
            "accounts.a.allow_to[0]",
            "accounts.a.allow_to[1]",
            "accounts.a.parts_max",
            "upstreams.b.host",
            "upstreams.b.port",
            "upstreams.b.system_id",
            "upstreams.b.binds",
            "upstreams.b.window",
            "upstreams.b.response_timeout",
            "upstreams.b.tls.ca_file",
            "upstreams.b.tls.key_file",
            "routes.r.prefix",
            "routes.r.upstreams[0]",
            "routes.r.upstreams[2]",
            "routes.s.prefix",
            "routes.s.upstreams",
        ];
        let mut told = paths(text);
        told.sort_unstable();
        told.dedup();
        let mut expected = expected.map(String::from);
        expected.sort_unstable();
        assert_eq!(told, expected);
    }

    #[test]
    fn what_a_carrier_can_not_mean_is_a_mistake() {
        let told = |line: &str| paths(&format!("[upstreams.a]\nhost = 'x'\nsystem_id = 'x'\n{line}"));
        let pair = "mode = 'transmitter_receiver'";
        for (line, place) in [
            ("addresses.number = { ton = 7, npi = 1 }", "addresses.number.ton"),
            ("addresses.range = { ton = 1, npi = 99 }", "addresses.range.npi"),
            ("backup_hosts = ['x', 'x:y']", "backup_hosts[1]"),
            ("bind_ip = 'here'", "bind_ip"),
            ("receiver = {}", "receiver"),
            (&format!("{pair}\nreceiver.host = 'x:1'"), "receiver.host"),
            (&format!("{pair}\nreceiver.port = 0"), "receiver.port"),
            (&format!("{pair}\nreceiver.system_id = ''"), "receiver.system_id"),
            ("parts_max = 0", "parts_max"),
            ("registered_delivery = 32", "registered_delivery"),
            ("validity_max = '1s'", "validity_max"),
            ("errors.ESME_RWHATEVER = 'never'", "errors.ESME_RWHATEVER"),
            ("errors.0 = 'never'", "errors.0"),
            ("errors = { 0x0B = 'never', 11 = 'retry' }", "errors.11"),
            ("pause = '2h'", "pause"),
            ("login_retry = '0s'", "login_retry"),
            ("session_timeout = '2h'", "session_timeout"),
            ("parameters.nothing = 'x'", "parameters.nothing"),
            ("receipts.id_tag = 'x'", "receipts.id_tag"),
            ("receipts.words = { 'two words' = 'sent' }", "receipts.words.two words"),
            ("receipts.ask_after = '0s'", "receipts.ask_after"),
            ("receipts.ask_after = '1h'\nreceipts.ask_rate = 0", "receipts.ask_rate"),
            ("receipts.ask_rate = 1", "receipts.ask_rate"),
        ] {
            assert_eq!(told(line), [format!("upstreams.a.{place}")], "{line}");
        }
    }

    #[test]
    fn a_fingerprint_stands_where_it_is_looked_at_and_nowhere_else() {
        let told =
            |tls: &str| paths(&format!("[upstreams.a]\nhost = \"x\"\nsystem_id = \"x\"\ntls = {{ {tls} }}"));
        for wrong in [
            "verify = \"fingerprint\"",
            "verify = \"fingerprint\", fingerprint = \"12:34\"",
            "fingerprint = \"12:34\"",
        ] {
            assert_eq!(told(wrong), ["upstreams.a.tls.fingerprint"], "{wrong}");
        }
    }

    #[test]
    fn no_two_accounts_share_a_login_or_a_key() {
        let text = r#"
            [accounts.a]
            keys = [{ name = "k", key = "pr_0123456789abcdefghij" }]
            smpp = { system_id = "same", password = "p" }
            [accounts.b]
            keys = [{ name = "k", key = "pr_0123456789abcdefghij" }]
            smpp = { system_id = "same", password = "p" }
        "#;
        assert_eq!(paths(text), ["accounts.b.smpp.system_id", "accounts.b.keys[0].key"]);
    }
}
