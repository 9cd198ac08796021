use super::*;
use crate::describe::{Default, Kind as ValueKind, Table};
use serde_json::{Value, json};

/// A document of each kind that gives every setting a value, none of them the default.
const WHOLE: &str = include_str!("tests/whole.toml");

/// The same for upstreams that speak other protocols.
const OTHER_PROTOCOLS: &str = r#"
    [[upstreams]]
    protocol = "ucp"
    port = 5000
    login = "60006"
    password = { env = "PASSWORD" }
    login_ton = 1
    login_npi = 1
    authentication = { env = "CODE" }
    binds = 2
    bind_rate = 2.5
    window = 20
    sender = "60007"
    recipient_prefix = "00"
    notifications = 7
    notification_address = "60008"
    notification_protocol = "0100"
    receipt_digits = 8
    text_alphabet = "iso21_german"
    parts_max = 4
    utc_offset = "+01:00"
    validity_max = "2h"
    billing = "B1"
    errors = { 04 = "never" }

    [[upstreams]]
    protocol = "cimd2"
    port = 9971
    user = "me"
    password = { env = "PASSWORD" }
    binds = 2
    bind_rate = 2.5
    window = 20
    checksum = false
    sender_prefix = "44"
    reports = 15
    receipt_digits = 8
    parts_max = 4
    validity_max = "2h"
    errors = { 300 = "never" }
"#;

/// The settings of an upstream of any protocol.
const EVERY_UPSTREAM: &str = r#"
    name = "acme"
    enabled = false
    rate = 100.0
    parts_wait = "3m"
    carrier = "acme"
    network = "26201"
    full_at = 1000
    not_from = ["hub"]
    limits = { minute = 600, hour = 9000, day = 50000, month = 1000000 }
    bind_limits = { minute = 60, hour = 900, day = 5000, month = 100000 }
    tariff = "costs"
    unanswered = { emergency = "hold", otp = "hold", transactional = "fail", marketing = "retry" }
    reserved = { emergency = 5, otp = 20, transactional = 15, marketing = 1 }
    retry = { waits = ["3s"], attempts = 7, temporary = ["4s"], queue_full = ["1m"], throttled = ["5s"], unanswered = ["6s"], emergency = { waits = ["1s"], temporary = ["1s"], queue_full = ["1s"], throttled = ["1s"], unanswered = ["1s"] }, otp = { waits = ["1s"], temporary = ["1s"], queue_full = ["1s"], throttled = ["1s"], unanswered = ["1s"] }, transactional = { waits = ["1s"], temporary = ["1s"], queue_full = ["1s"], throttled = ["1s"], unanswered = ["1s"] }, marketing = { waits = ["1s"], temporary = ["1s"], queue_full = ["1s"], throttled = ["1s"], unanswered = ["1s"] } }
"#;

/// Those of an upstream with connections of its own.
const EVERY_CONNECTION: &str = r#"
    host = "smsc.acme.example"
    backup_hosts = ["192.0.2.7:2777"]
    bind_ip = "192.0.2.1"
    pause = "30s"
    login_retry = "1m"
    login_timeout = "10s"
    session_timeout = "1m"
    keepalive = "20s"
    response_timeout = "20s"
    reconnect_max = "20s"
    tls = { verify = "ca_file", server_name = "acme", ca_file = "/ca", fingerprint = "00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff", cert_file = "/cert", key_file = "/key" }
"#;

/// The same for HTTP providers, which have no connection of their own.
const HTTP: &str = r#"
    protocol = "http"
    preset = "twilio"
    preset_file = "/preset.toml"
    values = { account_sid = "AC1" }
    secret_values = { auth_token = { env = "TOKEN" } }
    public_url = "https://gw.example.org"
    callback_key = { env = "KEY" }
    callback_from = ["192.0.2.0/24"]
    binds = 2
    window = 5
    pause = "30s"
    response_timeout = "20s"
    reconnect_max = "20s"
    ask_after = "1m"
    ask_rate = 7
    poll_every = "1m"
    errors = { 21211 = "never" }
    tls = { verify = "ca_file", server_name = "acme", ca_file = "/ca", fingerprint = "00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff", cert_file = "/cert", key_file = "/key" }
"#;

/// The same for upstreams that are modems.
const MODEM: &str = r#"
    protocol = "modem"
    device = "/dev/ttyUSB0"
    modems = [{ device = "imei:490154203237518", pin = { env = "PIN" }, number = "+447700900101", networks = ["23410"], limits = { minute = 1, hour = 20, day = 100, month = 1000 } }]
    baud = 9600
    hardware_flow = true
    pin = { env = "PIN" }
    pin_blind = true
    number = "+447700900100"
    service_centre = "+447700900000"
    receive = "direct"
    storage = "sim"
    status_reports = false
    receipt_digits = 8
    parts_max = 4
    validity_max = "2h"
    pause = "30s"
    login_retry = "1m"
    registration_timeout = "1m"
    check_every = "20s"
    response_timeout = "20s"
    reconnect_max = "20s"
    errors = { 38 = "never" }
    balance = { code = "*100#", pattern = "([0-9.,]+) EUR", every = "6h", low = 2.5 }
    hook = { command = ["/usr/local/bin/power-cycle", "3"], url = "https://power.example/cycle", after = 5, every = "1h" }
"#;

/// The whole documents of a kind.
fn whole(kind: &str) -> Vec<Value> {
    let documents: Value = toml::from_str(WHOLE).unwrap();
    let mut whole = vec![documents[kind].clone()];
    let others: Value = toml::from_str(OTHER_PROTOCOLS).unwrap();
    let upstreams = others[kind].as_array().into_iter().flatten().cloned();
    let with_connections = upstreams.map(|other| together(&[toml(EVERY_CONNECTION), other]));
    whole.extend(with_connections);
    if kind == "upstreams" {
        whole.extend([HTTP, MODEM].map(|other| together(&[toml(other)])));
    }
    whole
}

fn table(kind: ValueKind) -> Table {
    match kind {
        ValueKind::Table(table) => table,
        other => panic!("{other:?} is not a table"),
    }
}

/// Visits every setting of a table and of the tables in it, with the value that a document gives it.
fn each_setting(table: &Table, document: &Value, visit: &mut dyn FnMut(&str, &Field, Option<&Value>)) {
    let tag = document.get("protocol").and_then(Value::as_str);
    let is_there = |field: &&Field| field.only.is_empty() || field.only.iter().any(|only| Some(*only) == tag);
    for field in table.fields.iter().filter(is_there) {
        let value = document.get(field.name);
        visit(table.name, field, value);
        let inner = match &field.kind {
            ValueKind::Table(inner) => value.map(|value| (inner, value)),
            ValueKind::List(items) => match &**items {
                ValueKind::Table(inner) => value.and_then(|value| value.get(0)).map(|value| (inner, value)),
                _ => None,
            },
            _ => None,
        };
        if let Some((inner, value)) = inner {
            each_setting(inner, value, visit);
        }
    }
}

fn toml(text: &str) -> Value {
    toml::from_str(text).unwrap()
}

/// An upstream with these settings beside those of every upstream.
fn together(settings: &[Value]) -> Value {
    let mut document = toml(EVERY_UPSTREAM);
    for of in settings {
        document.as_object_mut().unwrap().extend(of.as_object().unwrap().clone());
    }
    document
}

/// Does something with the whole document of each kind.
struct Whole<'a>(&'a mut dyn FnMut(&Table, &Value, Value));

impl EachKind for Whole<'_> {
    fn kind<D: Document>(&mut self) {
        for document in whole(D::PLURAL) {
            let (read, mistakes) = read::<D>(&Node::of_json(&document));
            assert_eq!(mistakes, [], "{}", D::PLURAL);
            let shown = serde_json::to_value(read.unwrap()).unwrap();
            (self.0)(&table(<D as Setting>::kind()), &document, shown);
        }
    }
}

#[test]
fn every_setting_is_read_and_shown_as_it_was_written() {
    each_kind(&mut Whole(&mut |table, document, shown| {
        assert_eq!(*document, shown);
        each_setting(table, document, &mut |table, field, value| {
            let value =
                value.unwrap_or_else(|| panic!("no document has `{}` of {table}: add it", field.name));
            // One protocol is the default.
            let is_default = field.default == Default::Value(value.clone()) && field.name != "protocol";
            assert!(!is_default, "{table}.{}", field.name);
        });
    }));
}

#[test]
fn every_setting_says_what_it_is_for_and_what_holds_when_it_is_left_out() {
    each_kind(&mut Whole(&mut |table, document, _| {
        each_setting(table, document, &mut |table, field, _| {
            let text = field.sentences();
            assert!(field.text.len() > 10, "{table}.{}", field.name);
            let says = text.contains("Default: ") || text.contains("Over the API it may be left out");
            let is_name = field.name == "name";
            assert!(says || is_name || field.default == Default::Required, "{table}.{}: {text}", field.name);
        });
    }));
}

#[test]
fn every_default_is_within_its_bounds() {
    let documents = [
        (json!({ "accounts": { "a": { "smpp": { "system_id": "s" }, "webhook": { "url": "u" } } } })),
        (json!({ "upstreams": { "a": { "host": "h", "system_id": "s", "tls": {}, "receiver": {} } } })),
    ];
    for document in documents {
        let shown: Documents = serde_json::from_value(document).unwrap();
        // What is shown has every default in it, and reads back without a mistake.
        let again: Documents = serde_json::from_value(shown_documents(&shown)).unwrap();
        assert_eq!(again, shown);
    }
}

#[cfg(feature = "openapi")]
#[test]
fn every_setting_has_a_schema() {
    use utoipa::ToSchema;

    fn schemas<D: ToSchema>() -> Vec<(String, Value)> {
        let mut schemas = vec![(D::name().into_owned(), D::schema())];
        D::schemas(&mut schemas);
        schemas.into_iter().map(|(name, schema)| (name, serde_json::to_value(schema).unwrap())).collect()
    }
    let known: Vec<(String, Value)> = [
        schemas::<AccountDocument>(),
        schemas::<UpstreamDocument>(),
        schemas::<RouteDocument>(),
        schemas::<NumberDocument>(),
        schemas::<PauseDocument>(),
        schemas::<LimitDocument>(),
        schemas::<LookupDocument>(),
        schemas::<CurrencyDocument>(),
        schemas::<RuleDocument>(),
        schemas::<SharedPolicyDocument>(),
        schemas::<UserDocument>(),
    ]
    .concat();
    each_kind(&mut Whole(&mut |table, document, _| {
        each_setting(table, document, &mut |table, field, _| {
            let (_, schema) =
                known.iter().find(|(name, _)| name == table).unwrap_or_else(|| panic!("{table}"));
            let property = &schema["properties"][field.name];
            let description = property["description"].as_str().unwrap_or_default();
            assert!(description.contains(&field.sentences()), "{table}.{}: {description}", field.name);
        });
    }));
}

#[test]
fn a_protocol_that_there_is_not_is_one_mistake_which_names_those_there_are() {
    let document = json!({ "protocol": "sip", "host": "h", "window": 0 });
    let (_, mistakes) = read::<UpstreamDocument>(&Node::of_json(&document));
    let told: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        ["protocol: 'sip' is not allowed here: write one of 'smpp', 'ucp', 'cimd2', 'modem', 'http', 'mm7'"]
    );
}

#[test]
fn a_document_without_a_protocol_speaks_smpp() {
    let document = json!({ "host": "h", "system_id": "s" });
    let (read, mistakes) = read::<UpstreamDocument>(&Node::of_json(&document));
    assert_eq!(mistakes, []);
    assert_eq!(serde_json::to_value(read.unwrap()).unwrap()["protocol"], "smpp");
}

#[test]
fn every_mistake_of_a_document_is_told_at_once() {
    let document = json!({
        "windw": 5, "port": "x", "enquire_link": "soon", "long": "udh", "binds": 100, "tls": { "ca": "x" },
        "addresses": { "name": { "ton": 9 } }, "rate": null,
    });
    let (_, mistakes) = read::<UpstreamDocument>(&Node::of_json(&document));
    let mut told: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
    told.sort_unstable();
    let expected = [
        "addresses.name.npi: the field 'npi' is missing",
        "addresses.name.ton: 9 is out of range: write 0 to 6",
        "binds: 100 is out of range: write 1 to 64",
        "enquire_link: invalid duration 'soon': write a number and its unit (ms, s, m, h or d), such as 30s, 5m, 24h or 7d",
        "host: the field 'host' is missing",
        "long: 'udh' is not allowed here: did you mean 'udh8'?",
        "port: expected a whole number from 0 to 65535, found the text \"x\"",
        "system_id: the field 'system_id' is missing",
        "tls.ca: unknown field 'ca': the fields are 'verify', 'ca_file', 'fingerprint', 'server_name', \
         'cert_file', 'key_file'",
        "windw: unknown field 'windw': did you mean 'window'?",
    ];
    assert_eq!(told, expected);
}

#[test]
fn null_is_the_same_as_leaving_out() {
    let account = |document: Value| read::<AccountDocument>(&Node::of_json(&document));
    let null = json!({
        "rate": null, "sender": null, "allow_to": null, "smpp": null, "webhook": { "url": "https://x", "secret": null },
        "keys": [{ "name": "a", "key": { "env": "KEY", "file": null } }],
    });
    let (without, mistakes) = account(json!({
        "webhook": { "url": "https://x" }, "keys": [{ "name": "a", "key": { "env": "KEY" } }],
    }));
    assert_eq!((account(null), mistakes), ((without, Vec::new()), Vec::new()));
    // A field that must be given is missing, a wrong name is wrong, and a list has no holes.
    let route = json!({ "upstreams": null, "colour": null });
    let told = |document: &Value| -> Vec<String> {
        read::<RouteDocument>(&Node::of_json(document)).1.iter().map(ToString::to_string).collect()
    };
    assert_eq!(
        told(&route),
        [
            "colour: unknown field 'colour': `postrider config reference` lists the fields",
            "upstreams: the field 'upstreams' is missing",
        ]
    );
    assert_eq!(
        told(&json!({ "upstreams": [null] })),
        ["upstreams[0]: expected a text in quotes, found null"]
    );
    assert_eq!(
        told(&json!({ "upstreams": "carrier" })),
        ["upstreams: expected a list in brackets such as [\"carrier\"], found the text \"carrier\""]
    );
}

fn shown_documents(documents: &Documents) -> Value {
    let accounts = serde_json::to_value(&documents.accounts).unwrap();
    let upstreams = serde_json::to_value(&documents.upstreams).unwrap();
    json!({ "accounts": accounts, "upstreams": upstreams })
}
