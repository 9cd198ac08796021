use super::*;

/// What is said about a text, a line each: `line:column: message (help)`.
fn said(text: &str) -> Vec<String> {
    said_in(Path::new(""), text)
}

fn said_in(base: &Path, text: &str) -> Vec<String> {
    let source = Source { name: "x".into(), text: text.into() };
    let variables = |name: &str| (name == "SET").then(|| "s3cret".to_owned());
    let examined = Examined::of(source, base, &variables);
    let line = |diagnostic: &Diagnostic| diagnostic.line(&examined.source).replacen("x:", "", 1);
    examined.diagnostics().into_iter().map(line).collect()
}

const UPSTREAM: &str =
    "[upstreams.acme]\nhost = 'smpp.example.net'\nsystem_id = 'me'\npassword = { env = 'SET' }\n";

#[test]
fn an_empty_file_is_the_defaults() {
    assert_eq!(said(""), Vec::<String>::new());
    let source = Source { name: "x".into(), text: String::new() };
    let examined = Examined::of(source, Path::new("/etc/postrider"), &|_| None);
    let config = examined.config().unwrap();
    assert_eq!(config.http, "127.0.0.1:8080".parse().unwrap());
    assert_eq!(config.smpp, Some("127.0.0.1:2775".parse().unwrap()));
    assert_eq!(config.data, Path::new("/etc/postrider/postrider-data"));
    let quarter = Duration::from_hours(90 * 24);
    assert_eq!(config.kept, Kept { texts: quarter, records: quarter });
}

#[test]
fn short_links_begin_where_people_reach_the_gateway_unless_they_have_their_own_domain() {
    let base = |text: &str| {
        let source = Source { name: "x".into(), text: text.into() };
        Examined::of(source, Path::new(""), &|_| None).config().unwrap().links.base.clone()
    };
    let public = "[http]\npublic_url = 'https://sms.example/'\n";
    assert_eq!(base(""), None);
    assert_eq!(base(public).as_deref(), Some("https://sms.example/l"));
    let own = format!("{public}[links]\nbase_url = 'https://go.example/'\n");
    assert_eq!(base(&own).as_deref(), Some("https://go.example"));
}

/// Texts with one mistake each, and what is said of it.
const MISTAKES: &[(&str, &str)] = &[
    ("[htpt]\n", "1:2: unknown key `htpt` (did you mean `http`?)"),
    ("[log]\nlevle = 'info'\n", "2:1: unknown key `levle` in [log] (did you mean `level`?)"),
    ("[log]\nformat = 'prety'\n", "2:10: `format` can't be \"prety\" (did you mean `pretty`?)"),
    ("[log]\nformat = 'xml'\n", "2:10: `format` can't be \"xml\" (it is one of `pretty`, `json`)"),
    ("[http]\nlisten = 8080\n", "2:10: `listen`: expected a text in quotes, found 8080"),
    (
        "[http]\nlisten = 'localhost:80'\n",
        "2:10: invalid address `localhost:80` (write an address and a port, such as `127.0.0.1:80`)",
    ),
    ("[http]\nlisten = '127.0.0.1'\n", "2:10: invalid address `127.0.0.1` (add the port: `127.0.0.1:8080`)"),
    (
        "[smpp]\nlisten = '127.0.0.1:8080'\n",
        "2:10: two listeners have the address 127.0.0.1:8080 (give each its own port)",
    ),
    ("[node]\nnumber = 256\n", "2:10: `number`: expected a whole number from 0 to 255, found 256"),
    (
        "[node]\ndrain = '2 hours'\n",
        "2:9: `drain`: invalid duration '2 hours' (write a number and its unit (ms, s, m, h or d), such as 30s, 5m, 24h or 7d)",
    ),
    ("[node]\ndrain = '2h'\n", "2:9: `drain`: 2h is out of range (write 1s to 10m)"),
    ("[smpp]\nenabled = 'no'\n", "2:11: `enabled`: expected true or false, found the text \"no\""),
    (
        "[accounts.shop.smpp]\nsessions = 2\n",
        "1:16: the key `system_id` is missing in [accounts.shop.smpp] (add `system_id = ...`; `postrider config reference` tells what it is for)",
    ),
    (
        "[admin.keys]\nops = { env = 'UNSET' }\n",
        "2:7: the environment variable `UNSET` is not set (set it where the gateway is started: `export UNSET=...`, or `Environment=` in the unit)",
    ),
    (
        "[admin.keys]\nops = { env = 'SET' }\n",
        "2:7: the key has 6 characters; 20 to 200 are allowed (make one with `openssl rand -hex 24`)",
    ),
    ("[accounts.shop]\nclass = 'OTP'\n", "2:9: `class` can't be \"OTP\" (did you mean `otp`?)"),
    (
        "[accounts.shop]\nsender = 2026-01-01\n",
        "2:10: `sender`: expected a text in quotes, found the date 2026-01-01",
    ),
    (
        "[upstreams.acme]\nhost = 'x'\nsystem_id = 'me'\naddresses.name = { ton = 1 }\n",
        "4:11: the key `npi` is missing in [upstreams.acme.addresses.name] (add `npi = ...`; `postrider config reference` tells what it is for)",
    ),
    (
        "[upstreams.acme]\nhost = 'x'\nsystem_id = 'me'\npassword = { vault = 'x' }\n",
        "4:12: `password`: a secret is a text, { env = \"NAME\" } or { file = \"/path\" }",
    ),
    (
        "[upstreams.acme]\nhost = 'x'\nsystem_id = 'me'\npassword = 'hush'\n",
        "4:12: a secret is written out here: whoever reads this file has it (refer to it: `{ file = \"/run/secrets/name\" }` or `{ env = \"NAME\" }`)",
    ),
    (
        "[http]\ntls = ['127.0.0.1:1', 'c', 'k']\n",
        "2:7: `tls`: expected a table such as { listen = ... }, found a list",
    ),
    ("[admin]\nkeys = ['ops']\n", "2:8: `keys`: expected a table such as { a_name = ... }, found a list"),
    ("[log]\nlevel = info\n", "2:9: invalid value `info` (put strings in quotes: \"info\")"),
    (
        "[log]\nlevel =\n",
        "2:8: the value is missing (write it behind the `=`, or leave the key out for its default)",
    ),
    (
        "[log]\nlevel = 3\n",
        "2:9: `level`: expected one of \"error\", \"warn\", \"info\", \"debug\", \"trace\"",
    ),
    ("[log]\nlevel = 'info\n", "2:14: "),
    (
        "[http]\nlisten = '0.0.0.0:8080'\n",
        "2:10: 0.0.0.0:8080 is open to the network and not encrypted: keys can be read on the way (listen at 127.0.0.1 here and use [http.tls] for clients elsewhere)",
    ),
    (
        "[node]\nstore = 'mysql://here/sms'\n",
        "2:9: invalid URL of a PostgreSQL database: it does not start with postgres:// (write it as `postgres://user:password@host/database`)",
    ),
    (
        "[node]\nstore = 'postgres://me@here/sms'\nnumber = 0\n",
        "3:10: nodes that share a database are numbered from 1 (write 1 to 255, or leave it out: then it is the first that no living node has)",
    ),
    (
        "[node]\nstore = 'postgres://me:hush@here/sms'\n",
        "2:9: a secret is written out here: whoever reads this file has it (refer to it: `{ file = \"/run/secrets/name\" }` or `{ env = \"NAME\" }`)",
    ),
    ("[smpp]\nproxies = ['10.0.0.1', 'balancer']\n", "2:24: "),
];

#[test]
fn each_mistake_is_told_with_its_place_and_its_cure() {
    for (text, expected) in MISTAKES {
        let said = said(text);
        assert!(said.len() == 1 && said[0].starts_with(*expected), "{text}\n{said:#?}");
        assert!(said[0] == *expected || expected.ends_with(": "), "{text}\n{said:#?}");
    }
}

#[test]
fn all_mistakes_are_told_at_once() {
    let text = "\
[node]
numbre = 1
drain = true
[http]
listen = 'here'
[accounts.shop]
windw = 1
rate = 'fast'
[accounts.shop.smpp]
sessions = -1
[upstreams.acme]
port = 99999
mode = 'receiver'
[routes.world]
upstreams = ['acme', 7, 'other']
";
    let places: Vec<String> =
        said(text).iter().map(|line| line.split(": ").next().unwrap_or_default().to_owned()).collect();
    let expected =
        ["2:1", "3:9", "5:10", "7:1", "8:8", "9:16", "10:12", "11:12", "11:12", "12:8", "13:8", "15:22"];
    assert_eq!(places, expected, "{:#?}", said(text));
}

#[test]
fn what_is_right_is_meant_as_written() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("admin"), "0123456789abcdef0123456789abcdef\n").unwrap();
    let text = format!(
        "[admin.keys]\nops = {{ file = 'admin' }}\n[admin.scopes]\nops = ['read']\n[smpp]\nenabled = false\n{UPSTREAM}[routes.world]\nupstreams = ['acme']\n"
    );
    let source = Source { name: "x".into(), text };
    let examined = Examined::of(source, directory.path(), &|name| (name == "SET").then(|| "hush".to_owned()));
    assert_eq!(examined.diagnostics, []);
    let config = examined.config().unwrap();
    assert_eq!(config.smpp, None);
    assert_eq!(config.admin_keys[0].name, "ops");
    let rights = config.admin_keys[0].rights;
    assert_eq!((rights.read, rights.write, rights.trace), (true, false, false));
    let expected: [u8; 32] =
        <sha2::Sha256 as sha2::Digest>::digest(b"0123456789abcdef0123456789abcdef").into();
    assert_eq!(config.admin_keys[0].hash, expected);
    assert_eq!(config.documents.routes["world"].upstreams, ["acme"]);
    assert!(!format!("{config:?}").contains("hush"));
}

#[test]
fn files_that_are_referred_to_must_be_what_they_are_for() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("empty"), "").unwrap();
    let said = said_in(directory.path(), "[admin.keys]\na = { file = 'empty' }\nb = { file = 'missing' }\n");
    assert_eq!(said.len(), 2, "{said:#?}");
    assert!(said[0].starts_with("2:5: the secret's file ") && said[0].contains("is empty"), "{said:#?}");
    assert!(said[1].starts_with("3:5: can't read the secret's file "), "{said:#?}");
    assert!(said[1].contains("No such file or directory ("), "{said:#?}");
}

/// A directory with a certificate and its key, another key, and half a certificate.
fn certificates() -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(directory.path().join(name), text).unwrap();
    let (key, other) = (rcgen::KeyPair::generate().unwrap(), rcgen::KeyPair::generate().unwrap());
    let certificate = rcgen::CertificateParams::new(["sms.example".to_owned()]).unwrap();
    let certificate = certificate.self_signed(&key).unwrap().pem();
    write("cert.pem", &certificate);
    write("key.pem", &key.serialize_pem());
    write("other.pem", &other.serialize_pem());
    write("half.pem", &certificate[..certificate.len() / 2]);
    directory
}

#[test]
fn a_listener_shows_a_certificate_that_can_be_used() {
    let directory = certificates();
    let cases = [
        ("cert.pem", "key.pem", None),
        ("none.pem", "key.pem", Some("3:13: can't read ")),
        ("half.pem", "key.pem", Some("3:13: half.pem is damaged: it breaks off")),
        ("key.pem", "key.pem", Some("3:13: key.pem holds no certificate")),
        ("cert.pem", "cert.pem", Some("4:12: cert.pem holds no private key")),
        ("cert.pem", "other.pem", Some("4:12: this is not the key of the certificate")),
    ];
    for (cert, key, expected) in cases {
        for door in ["http", "smpp"] {
            let text = format!(
                "[{door}.tls]\nlisten = '127.0.0.1:3550'\ncert_file = '{cert}'\nkey_file = '{key}'\n"
            );
            let said = said_in(directory.path(), &text);
            assert_eq!(said.len(), usize::from(expected.is_some()), "{said:#?}");
            let said = said.first().map(|line| line.replace(&format!("{}/", directory.path().display()), ""));
            assert!(said.as_deref().is_none_or(|line| line.starts_with(expected.unwrap())), "{said:?}");
        }
    }
}

#[test]
fn a_carriers_files_are_refused_when_they_are_declared_and_outlived_by_a_start() {
    let directory = certificates();
    let said = |tls: &str| said_in(directory.path(), &format!("{UPSTREAM}tls = {{ {tls} }}\n"));
    assert_eq!(
        said("verify = 'ca_file', ca_file = 'cert.pem', cert_file = 'cert.pem', key_file = 'key.pem'"),
        Vec::<String>::new()
    );
    let wrong =
        said("verify = 'ca_file', ca_file = 'none.pem', cert_file = 'cert.pem', key_file = 'other.pem'");
    assert_eq!(wrong.len(), 2, "{wrong:#?}");
    assert!(wrong[0].starts_with("5:39: can't read ") && wrong[0].contains("not connected"), "{wrong:#?}");
    assert!(wrong[1].starts_with("5:86: this is not the key of the certificate"), "{wrong:#?}");
    let source = Source {
        name: "x".into(),
        text: format!("{UPSTREAM}tls = {{ verify = 'ca_file', ca_file = 'none.pem' }}\n"),
    };
    // A gateway starts without an upstream that lacks a file, and doesn't take one on.
    let examined = Examined::of(source, directory.path(), &|_| Some("hush".into()));
    assert!(examined.config_to_start().is_some() && examined.config().is_none());
}

#[test]
fn a_webhooks_authorities_are_looked_at() {
    let directory = certificates();
    let said = |file: &str| {
        let text = format!(
            "[accounts.shop.webhook]\nurl = 'https://shop.example'\nsecret = {{ env = 'SET' }}\nca_file = '{file}'\n"
        );
        said_in(directory.path(), &text)
    };
    let trouble = |file: &str| said(file).into_iter().find(|line| line.starts_with("4:11: "));
    assert_eq!(trouble("cert.pem"), None);
    for (file, what) in [("none.pem", "can't read "), ("key.pem", "holds no certificate")] {
        let line = trouble(file).unwrap();
        assert!(line.contains(what) && line.contains("until it is right nothing is posted"), "{line}");
    }
}

#[test]
fn the_cases_of_a_preset_of_ones_own_are_run() {
    let directory = tempfile::tempdir().unwrap();
    let said = |preset: &str| {
        std::fs::write(directory.path().join("own.toml"), preset).unwrap();
        let text =
            "[upstreams.own]\nprotocol = 'http'\npreset_file = 'own.toml'\ncallback_key = { env = 'SET' }\n";
        said_in(directory.path(), text).into_iter().find(|line| line.starts_with("3:15: "))
    };
    let preset = |id: u8| {
        format!(
            "name = 'own'\ntitle = 't'\nabout = 'a'\n[request]\nurl = 'https://x.example'\n[answer]\nid = 'id'\n\
             [[case]]\nname = 'one'\nanswer = {{ status = 200, body = '{{\"id\":7}}' }}\noutcome = ['accepted {id}']\n"
        )
    };
    assert_eq!(said(&preset(7)), None);
    let failed = said(&preset(8)).unwrap();
    assert!(failed.contains("the case 'one' fails: the outcome is\naccepted 7"), "{failed}");
    assert!(said("name = 7").is_some());
}

#[test]
fn a_new_certificate_needs_no_restart_and_a_new_address_does() {
    let directory = certificates();
    let config = |port: u16| {
        let text = format!(
            "[http.tls]\nlisten = '127.0.0.1:{port}'\ncert_file = 'cert.pem'\nkey_file = 'key.pem'\n"
        );
        let source = Source { name: "x".into(), text };
        Examined::of(source, directory.path(), &|_| None).config().cloned().unwrap()
    };
    let before = config(8443);
    let renewed = certificates();
    for file in ["cert.pem", "key.pem"] {
        std::fs::copy(renewed.path().join(file), directory.path().join(file)).unwrap();
    }
    assert_ne!(before.http_tls.as_ref().unwrap().identity.cert, config(8443).http_tls.unwrap().identity.cert);
    assert_eq!(before.need_restart(&config(8443)), Vec::<&str>::new());
    assert_eq!(before.need_restart(&config(9443)), ["http.tls.listen"]);
}

/// What is said about a text once what it declares is judged too.
async fn judged(base: &Path, text: &str) -> Vec<String> {
    let source = Source { name: "x".into(), text: text.into() };
    let mut examined = Examined::of(source, base, &|_| None);
    judge::judge(&mut examined).await.unwrap();
    examined.diagnostics().iter().map(|one| one.line(&examined.source).replacen("x:", "", 1)).collect()
}

#[tokio::test]
async fn what_is_declared_is_judged_in_its_place() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("key"), "pr_0123456789abcdefghij\n").unwrap();
    let text = "\
[accounts.'a.b']
keys = [{ name = 'live', key = { file = 'key' } }, { name = 'gone', key = { file = 'none' } }]
smpp = { system_id = 'me', password = { file = 'key' }, allow = ['10.0.0.0/8', '10.0.0.0/33'] }
valid_for = 'soon'
[upstreams.acme]
host = 'x'
windw = 5
system_id = 'me'
password = { file = 'none' }
[routes.world]
upstreams = ['acme', 'amce']
[routes.all]
upstreams = ['carrier']
";
    let said = judged(directory.path(), text).await;
    let expected = [
        ("2:75: ", "none can't be read: No such file"),
        ("3:39: ", "`password`: 23 characters are too many (write 1 to 8)"),
        ("3:80: ", "`allow[1]`: '10.0.0.0/33' is no address range (write 192.0.2.0/24"),
        ("4:13: ", "`valid_for`: invalid duration 'soon' (write a number and its unit"),
        ("7:1: ", "unknown key `windw` in [upstreams.acme] (did you mean `window`?)"),
        ("9:12: ", "none can't be read: No such file"),
        ("10:9: ", "the route 'all' has the same"),
        ("11:22: ", "`upstreams[1]`: there is no upstream 'amce' (did you mean 'acme'?)"),
        ("13:14: ", "`upstreams[0]`: there is no upstream 'carrier'"),
    ];
    assert_eq!(said.len(), expected.len(), "{said:#?}");
    for (line, (place, words)) in said.iter().zip(expected) {
        assert!(line.starts_with(place) && line.contains(words), "{place}{words}\n{said:#?}");
    }
}

/// The packaged file with its examples in force: lines such as `# rate = 20` and `# [routes.world]`.
fn uncommented(text: &str) -> String {
    let is_key = |line: &str| line.split_once(" = ").is_some_and(|(key, _)| !key.contains(' '));
    let example = |line: &str| line.starts_with('[') || is_key(line);
    let lines = text.lines().map(|line| match line.strip_prefix("# ") {
        Some(rest) if example(rest) => rest,
        _ => line,
    });
    lines.collect::<Vec<&str>>().join("\n")
}

#[tokio::test]
async fn the_packaged_file_is_right_and_so_are_its_examples() {
    let packaged = include_str!("../../../../packaging/postrider.toml");
    assert_eq!(judged(Path::new("/etc/postrider"), packaged).await, Vec::<String>::new());
    let said = judged(Path::new("/nowhere"), &uncommented(packaged)).await;
    // Its secrets and certificates are on nobody's machine, and nothing else is wrong with it.
    assert!(said.len() == 9, "{said:#?}");
    assert!(said.iter().all(|line| line.contains("No such file")), "{said:#?}");
}

#[test]
fn a_document_without_a_file_is_held_to_its_form() {
    use postrider_declare::AccountDocument;
    let document = serde_json::json!({
        "name": "shop", "rate": "x", "sender": null, "smpp": { "system_id": "s", "windw": 4 },
    });
    let expected = [
        "unknown key `windw` in [smpp] (did you mean `window`?)",
        "`rate`: expected a number, found the text \"x\"",
    ];
    assert_eq!(mistakes_in::<AccountDocument>(&document), expected);
    assert_eq!(mistakes_in::<AccountDocument>(&serde_json::json!({ "rate": 5 })), Vec::<String>::new());
}
