//! Tests of what a set of declarations means.

use super::*;
use crate::document::Documents;
use crate::tree::Node;
use postrider_core::inbound::Address;
use postrider_core::numbers::Destination;
use postrider_core::sender::Sender;
use std::net::IpAddr;

fn read(text: &str) -> Result<Declared, Mistakes> {
    let found = Found::default();
    let node: Node = toml::from_str(text).unwrap();
    let documents: Documents = crate::read_table(&node, &found.notes()).unwrap();
    let mut mistakes = found.into_mistakes();
    let set = Set::of_file(documents, &mut mistakes);
    let mut ids = Ids::default();
    for (index, (kind, name)) in ids.missing(&set).into_iter().enumerate() {
        ids.set(&kind, &name, u32::try_from(index).unwrap() + 1);
    }
    whole(Arc::new(set), &ids, 3, mistakes)
}

fn paths(text: &str) -> Vec<String> {
    read(text).unwrap_err().0.iter().map(Mistake::place).collect()
}

#[test]
fn a_carriers_own_account_is_named_by_its_upstream() {
    let upstream = "host = 'x'\nsystem_id = 'x'\nnot_from = ['hub']";
    let declared = read(&format!("[accounts.hub]\n[upstreams.a]\n{upstream}")).unwrap();
    let account = declared.rules.accounts().next().unwrap().id;
    assert_eq!(declared.rules.upstreams().next().unwrap().not_from, [account]);
    assert_eq!(paths(&format!("[accounts.hbu]\n[upstreams.a]\n{upstream}")), ["upstreams.a.not_from[0]"]);
    let named = unnamed::<AccountDocument>("hub", &declared.set).unwrap_err();
    assert!(named.contains("is named by the upstream 'a'"), "{named}");
}

#[test]
fn numbers_name_what_there_is_and_no_two_are_the_same() {
    let around = "[accounts.a]\nsmpp = { system_id = 'a', password = 'hush1234' }\n[accounts.b]\n\
        webhook = { url = 'https://b.example' , secret = 'whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz' }\n\
        [upstreams.acme]\nhost = 'x'\nsystem_id = 'x'\n[upstreams.other]\nhost = 'x'\nsystem_id = 'x'\n";
    let whole = |text: &str| format!("{around}{text}");
    let fine = "[numbers.60006]\naccount = 'a'\n[numbers.mine]\nnumber = '60006'\nupstreams = ['acme']\naccount = 'b'\n\
        [numbers.rest]\nnumber = '*'\nkeywords = { Pizza = 'b' }";
    let rules = read(&whole(fine)).unwrap().rules;
    let to = |text: &str| Address { given: text.into(), understood: Sender::parse(text).ok() };
    let owner = |upstream: &str, number: &str, text| {
        let upstream = rules.upstreams().find(|it| &*it.name == upstream).unwrap().id;
        let owner = rules.numbers.owner(upstream, &to(number), Some(text))?;
        Some((rules.account(owner.account).unwrap().name.to_string(), owner.destination))
    };
    assert_eq!(owner("acme", "60006", "Hi"), Some(("b".into(), Destination::Webhook)));
    assert_eq!(owner("other", "60006", "Hi"), Some(("a".into(), Destination::Sessions)));
    assert_eq!(owner("other", "1", "pizza"), Some(("b".into(), Destination::Webhook)));
    assert_eq!(owner("other", "1", "Hi"), None);
    for (text, place) in [
        ("[numbers.x]\naccount = 'c'", "numbers.x.account"),
        ("[numbers.x]\nupstreams = ['acne']", "numbers.x.upstreams[0]"),
        ("[numbers.a-name-that-is-far-too-long]", "numbers.a-name-that-is-far-too-long.number"),
        ("[numbers.x]\nnumber = 'a name that is far too long'", "numbers.x.number"),
        ("[numbers.x]\nkeywords = { 'two words' = 'a' }", "numbers.x.keywords.two words"),
        ("[numbers.x]\nkeywords = { pizza = 'a', PIZZA = 'b' }", "numbers.x.keywords.pizza"),
        ("[numbers.x]\naccount = 'a'\ndeliver_to = 'webhook'", "numbers.x.account"),
        ("[numbers.x]\naccount = 'b'\ndeliver_to = 'both'", "numbers.x.account"),
        ("[numbers.x]\nnumber = '5'\n[numbers.y]\nnumber = '6'\naliases = ['5']", "numbers.y.number"),
        ("[numbers.x]\nnumber = '*'\n[numbers.y]\nnumber = '*'", "numbers.y.number"),
    ] {
        assert_eq!(paths(&whole(text)), [place], "{text}");
    }
}

#[test]
fn a_shared_policy_holds_for_its_accounts_beside_their_own() {
    let around =
        "[accounts.a]\npolicy = { block_to = ['4490'], caps = [{ most = 1, per = '1d' }] }\n[accounts.b]\n";
    let whole = |text: &str| format!("{around}{text}");
    let text = "[policies.all]\nblock_to = ['88']\ncaps = [{ most = 9, per = '7d', beyond = 'refuse' }]\n\
                [policies.one]\naccounts = ['b']\nblock_to = ['89']\nbrands = ['PayPal']";
    let rules = read(&whole(text)).unwrap().rules;
    let of = |name: &str| rules.accounts().find(|account| &*account.name == name).unwrap().policy.clone();
    let caps = |name: &str| {
        of(name).caps.iter().map(|cap| (cap.rule.to_string(), cap.accounts.len())).collect::<Vec<_>>()
    };
    assert_eq!(of("a").blocked, ["4490".into(), "88".into()]);
    assert_eq!(of("b").blocked, ["88".into(), "89".into()]);
    assert_eq!((of("a").brands.len(), of("b").brands.len()), (0, 1));
    assert_eq!(
        caps("a"),
        [("accounts.a.policy.caps[0]".to_owned(), 1), ("policies.all.caps[0]".to_owned(), 0)]
    );
    assert_eq!(caps("b"), [("policies.all.caps[0]".to_owned(), 0)]);
    let text = "[policies.all]\nfraud = { preset = 'standard', per_number = { most = 9 } }\n\
                [policies.one]\naccounts = ['b']\nfraud = { classes = ['marketing'], per_range = { most = 7, per = '1m' } }";
    let rules = read(&whole(text)).unwrap().rules;
    let of = |name: &str| rules.accounts().find(|account| &*account.name == name).unwrap().policy.clone();
    let (all, one) = (&of("b").fraud[0], &of("b").fraud[1]);
    assert_eq!(
        (of("a").fraud.len(), &*all.rule, &*one.rule),
        (1, "policies.all.fraud", "policies.one.fraud")
    );
    assert_eq!((all.per_number.unwrap().most, all.per_range.unwrap().most), (9, 20));
    assert_eq!((one.per_range.unwrap().per.as_secs(), one.per_number, one.new_countries), (60, None, false));
    assert_ne!(all.key, one.key, "their counts are their own");
    for (text, place) in [
        ("[policies.x]\naccounts = ['c']", "policies.x.accounts[0]"),
        ("[policies.x]\nblock_to = ['']", "policies.x.block_to[0]"),
        ("[policies.x]\nbrands = ['Shop', '--']", "policies.x.brands[1]"),
        ("[policies.x]\ncaps = [{ most = 1, per = '1d', classes = ['otp'] }]", "policies.x.caps[0].classes"),
        ("[policies.x]\ncaps = [{ most = 1, per = '1d', classes = [] }]", "policies.x.caps[0].classes"),
        ("[policies.x]\ncaps = [{ most = 0, per = '1d' }]", "policies.x.caps[0].most"),
        ("[policies.x]\ncaps = [{ most = 1, per = '91d' }]", "policies.x.caps[0].per"),
        ("[policies.x]\nfraud = {}", "policies.x.fraud"),
        ("[policies.x]\nfraud = { preset = 'standard', classes = [] }", "policies.x.fraud.classes"),
        ("[policies.x]\nfraud = { per_range = { most = 0 } }", "policies.x.fraud.per_range.most"),
    ] {
        assert_eq!(paths(&whole(text)), [place], "{text}");
    }
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
    let key = crate::mint::hash_key("pr_0123456789abcdefghij");
    assert_eq!(rules.account_by_key(&key).unwrap().0.name, account.name);
    assert_eq!(&*account.webhook.as_ref().unwrap().secret, b"012345678901234567890123");
    let (id, upstream) = &declared.upstreams[0];
    assert_eq!(
        (rules.upstream(*id).unwrap().window, upstream.secrets.get("password")),
        (20, Some("secret08"))
    );
    assert!(rules.table.routes().next().unwrap().has(*id));
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
