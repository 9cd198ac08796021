//! Brokers: Debian's nats-server and mosquitto, as they are.

use crate::harness::{Gateway, PATIENCE, Plan, carrier, eventually, free_port};
use bytes::BytesMut;
use postrider_simulator::carrier::Part;
use postrider_wire::broker::nats::{self, ServerOp};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

/// A broker that keeps what it has in a folder, and can be stopped and started.
struct Server {
    program: &'static str,
    arguments: Vec<String>,
    port: u16,
    child: Child,
}

impl Server {
    async fn start(program: &'static str, arguments: Vec<String>, port: u16) -> Self {
        let child = spawn(program, &arguments);
        let server = Self { program, arguments, port, child };
        server.ready().await;
        server
    }

    async fn ready(&self) {
        let connects = async || TcpStream::connect(("127.0.0.1", self.port)).ok().map(drop);
        eventually("the broker to listen", connects).await;
    }

    /// Ends it in order: what subscribers are to get is kept then.
    async fn stop(&mut self) {
        let process = self.child.id().unwrap().to_string();
        assert!(Command::new("kill").arg(process).status().await.unwrap().success());
        self.child.wait().await.unwrap();
    }

    async fn start_again(&mut self) {
        self.child = spawn(self.program, &self.arguments);
        self.ready().await;
    }
}

fn spawn(program: &str, arguments: &[String]) -> Child {
    let mut command = Command::new(program);
    command.args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    command.spawn().unwrap_or_else(|error| panic!("`./test` installs {program}: {error}"))
}

async fn nats_server(folder: &Path) -> Server {
    let port = free_port();
    let file = folder.join("nats.conf");
    let text = format!(
        "listen: 127.0.0.1:{port}\nauthorization {{ user: me, password: 'p@ss' }}\njetstream {{ store_dir: '{}' }}\n",
        folder.join("nats").display()
    );
    std::fs::write(&file, text).unwrap();
    Server::start("nats-server", vec!["-c".into(), file.display().to_string()], port).await
}

async fn mosquitto(folder: &Path) -> Server {
    let port = free_port();
    let (file, kept) = (folder.join("mosquitto.conf"), folder.join("mosquitto"));
    std::fs::create_dir_all(&kept).unwrap();
    let user = if Path::new("/root/.profile").exists() { "user root\n" } else { "" };
    let text = format!(
        "listener {port} 127.0.0.1\nallow_anonymous true\npersistence true\nautosave_interval 1\n{user}persistence_location {}/\n",
        kept.display()
    );
    std::fs::write(&file, text).unwrap();
    Server::start("/usr/sbin/mosquitto", vec!["-c".into(), file.display().to_string()], port).await
}

/// An application at NATS.
struct Peer {
    stream: TcpStream,
    read: BytesMut,
}

impl Peer {
    fn connect(port: u16) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let mut peer = Self { stream, read: BytesMut::new() };
        let mut octets = BytesMut::new();
        let login =
            json!({ "verbose": false, "user": "me", "pass": "p@ss", "headers": true, "no_responders": true });
        nats::connect(&mut octets, &login.to_string());
        nats::subscribe(&mut octets, "peer.*", 1);
        peer.stream.write_all(&octets).unwrap();
        peer
    }

    /// The next message.
    fn next(&mut self) -> nats::Message {
        loop {
            while let Some(op) = nats::decode(&mut self.read).unwrap() {
                match op {
                    ServerOp::Message(message) => return message,
                    ServerOp::Error(why) => panic!("{why}"),
                    _ => {}
                }
            }
            let mut octets = [0; 4096];
            let many = self.stream.read(&mut octets).unwrap();
            assert!(many > 0, "the server closed the connection");
            self.read.extend_from_slice(&octets[..many]);
        }
    }

    /// Asks something, and returns the answer.
    fn ask(&mut self, subject: &str, headers: &[(&str, &str)], body: &Value) -> Value {
        let mut octets = BytesMut::new();
        nats::publish(&mut octets, subject, Some("peer.answer"), headers, body.to_string().as_bytes());
        self.stream.write_all(&octets).unwrap();
        let answer: Value = serde_json::from_slice(&self.next().payload).unwrap();
        assert!(answer.get("error").is_none(), "{subject}: {answer}");
        answer
    }

    fn make_stream(&mut self, name: &str, subjects: &str) {
        let stream = json!({ "name": name, "subjects": [subjects], "retention": "limits", "storage": "file",
            "num_replicas": 1, "max_consumers": -1, "max_msgs": -1, "max_bytes": -1, "max_age": 0, "discard": "old" });
        self.ask(&format!("$JS.API.STREAM.CREATE.{name}"), &[], &stream);
    }

    fn make_consumer(&mut self, stream: &str, name: &str) {
        let config = json!({ "durable_name": name, "ack_policy": "explicit", "deliver_policy": "all",
            "replay_policy": "instant", "ack_wait": 5_000_000_000_i64, "max_deliver": -1 });
        let wanted = json!({ "stream_name": stream, "config": config });
        self.ask(&format!("$JS.API.CONSUMER.DURABLE.CREATE.{stream}.{name}"), &[], &wanted);
    }

    /// All messages of a stream: subjects and contents.
    fn all_of(&mut self, stream: &str) -> Vec<(String, Value)> {
        let info = self.ask(&format!("$JS.API.STREAM.INFO.{stream}"), &[], &json!({}));
        let many = info["state"]["messages"].as_u64().unwrap();
        let get = |peer: &mut Self, seq: u64| {
            let got = peer.ask(&format!("$JS.API.STREAM.MSG.GET.{stream}"), &[], &json!({ "seq": seq }));
            use base64::Engine;
            let data = got["message"]["data"].as_str().unwrap_or_default();
            let data = base64::engine::general_purpose::STANDARD.decode(data).unwrap();
            let subject = got["message"]["subject"].as_str().unwrap().to_owned();
            (subject, serde_json::from_slice(&data).unwrap())
        };
        (1..=many).map(|seq| get(self, seq)).collect()
    }
}

async fn gateway(section: &str, carrier: std::net::SocketAddr) -> Gateway {
    Plan::simple(carrier).with(section).start().await
}

/// The message ids of events of a type.
fn ids(all: &[(String, Value)], subject: &str) -> Vec<String> {
    let of = all.iter().filter(|(found, _)| found == subject);
    of.map(|(_, event)| event["data"]["id"].as_str().unwrap().to_owned()).collect()
}

/// Hands in 20 messages, each twice; the gateway dies in between.
async fn hand_in(peer: &mut Peer, gateway: &mut Gateway) {
    for n in 0..20 {
        let message = json!({ "to": "+447700900003", "text": format!("From NATS {n}") });
        let id = format!("order-{n}");
        for _ in 0..2 {
            let mut body = message.clone();
            body["id"] = json!(id);
            peer.ask("sms.send", &[], &body);
        }
        if n == 10 {
            gateway.kill().await;
            gateway.start_again().await;
        }
    }
}

#[tokio::test]
async fn nats_loses_nothing_and_sends_once() {
    let (carrier, folder) = (carrier().await, tempfile::tempdir().unwrap());
    let mut server = nats_server(folder.path()).await;
    let mut peer = Peer::connect(server.port);
    peer.make_stream("EVENTS", "sms.events.>");
    peer.make_stream("RESULTS", "sms.results");
    peer.make_stream("SMS", "sms.send");
    peer.make_consumer("SMS", "postrider");
    let section = format!(
        "[brokers.nats]\nurl = 'nats://me:p%40ss@127.0.0.1:{}'\naccount = 'shop'\nevents = 'sms.events'\n\
         messages = 'SMS/postrider'\nresults = 'sms.results'",
        server.port
    );
    let mut gateway = gateway(&section, carrier.address()).await;
    let shop = gateway.http("shop");
    let first = shop.send("+447700900001", "One").await;
    let events = async |peer: &mut Peer, wanted: usize| {
        for _ in 0..200 {
            let all = peer.all_of("EVENTS");
            if ids(&all, "sms.events.message.delivered").len() >= wanted {
                return all;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("{:?}", peer.all_of("EVENTS"));
    };
    assert_eq!(
        ids(&events(&mut peer, 1).await, "sms.events.message.delivered"),
        std::slice::from_ref(&first)
    );

    // The broker is away, and so is the gateway for a moment: what ends meanwhile is told later, in order, once.
    server.stop().await;
    let mut sent = vec![first];
    for n in 0..30 {
        let id = shop.send("+447700900002", &format!("Away {n}")).await;
        shop.message_in(&id, "delivered").await;
        sent.push(id);
        if n == 15 {
            gateway.kill().await;
            gateway.start_again().await;
        }
    }
    server.start_again().await;
    let mut peer = Peer::connect(server.port);
    let mut told = ids(&events(&mut peer, sent.len()).await, "sms.events.message.delivered");
    told.sort_unstable();
    sent.sort_unstable();
    assert_eq!(told, sent);

    // Messages in: delivered again and again, sent once, and told of.
    let before = carrier.accepted().len();
    hand_in(&mut peer, &mut gateway).await;
    peer.ask("sms.send", &[("Nats-Msg-Id", "bad-1")], &json!({ "to": "nobody", "text": "x" }));
    let results = async |peer: &mut Peer| {
        for _ in 0..300 {
            let all = peer.all_of("RESULTS");
            if all.iter().any(|(_, result)| result["id"] == "bad-1") {
                return all;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("{:?}", peer.all_of("RESULTS"));
    };
    let results = results(&mut peer).await;
    let bad = results.iter().find(|(_, result)| result["id"] == "bad-1").unwrap();
    assert_eq!((&bad.1["status"], &bad.1["answer"]["code"]), (&json!(422), &json!("invalid_recipient")));
    let sent = async || (carrier.accepted().len() >= before + 20).then_some(());
    eventually("all messages", sent).await;
    let texts: BTreeSet<String> =
        carrier.accepted().iter().map(Part::text).filter(|it| it.contains("NATS")).collect();
    assert_eq!(texts.len(), 20);
    let kept = gateway.http("shop").get("/v1/messages?to=%2B447700900003&limit=500").await.ok();
    assert_eq!(kept["messages"].as_array().unwrap().len(), 20, "each id is one message");
    gateway.stop().await;
}

/// A client of Debian's that listens: a line a message, topic and content.
fn listener(port: u16, topics: &str) -> (Child, Lines<BufReader<ChildStdout>>) {
    let mut command = Command::new("mosquitto_sub");
    command.args(["-p", &port.to_string(), "-q", "1", "-v", "-c", "-i", "listener", "-t", topics]);
    let mut child = command.stdout(Stdio::piped()).kill_on_drop(true).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    (child, lines)
}

async fn line(lines: &mut Lines<BufReader<ChildStdout>>) -> (String, Value) {
    let line = tokio::time::timeout(Duration::from_secs(60), lines.next_line()).await;
    let line = line.expect("a message comes").unwrap().expect("mosquitto_sub runs");
    let (topic, body) = line.split_once(' ').unwrap();
    (topic.to_owned(), serde_json::from_str(body).unwrap())
}

async fn say(port: u16, topic: &str, body: &Value) {
    let port = port.to_string();
    let mut command = Command::new("mosquitto_pub");
    command.args(["-p", &port, "-q", "1", "-t", topic, "-m", &body.to_string()]);
    assert!(command.status().await.unwrap().success());
}

#[tokio::test]
async fn mqtt_loses_nothing_and_sends_once() {
    let (carrier, folder) = (carrier().await, tempfile::tempdir().unwrap());
    let mut server = mosquitto(folder.path()).await;
    let (_listener, mut lines) = listener(server.port, "sms/#");
    let section = format!(
        "[brokers.factory]\nurl = 'mqtt://127.0.0.1:{}'\naccount = 'shop'\nevents = 'sms/events'\n\
         types = ['message.delivered']\nmessages = 'send/+'\nresults = 'sms/results'",
        server.port
    );
    let mut gateway = gateway(&section, carrier.address()).await;
    let shop = gateway.http("shop");
    let first = shop.send("+447700900001", "One").await;
    let (topic, event) = line(&mut lines).await;
    assert_eq!((&*topic, &event["data"]["id"]), ("sms/events/message/delivered", &json!(first)));

    server.stop().await;
    let mut sent = Vec::new();
    for n in 0..25 {
        let id = shop.send("+447700900002", &format!("Away {n}")).await;
        shop.message_in(&id, "delivered").await;
        sent.push(id);
    }
    server.start_again().await;
    let mut told = Vec::new();
    while told.len() < sent.len() {
        let id = line(&mut lines).await.1["data"]["id"].as_str().unwrap().to_owned();
        if !told.contains(&id) && id != first {
            told.push(id);
        }
    }
    told.sort_unstable();
    sent.sort_unstable();
    assert_eq!(told, sent);

    // What is published while the gateway is away waits at the broker.
    let subscribed = async || {
        (gateway.metric("postrider_broker_up{broker=\"factory\",link=\"messages\"}").await > 0.5)
            .then_some(())
    };
    eventually("the gateway to listen", subscribed).await;
    say(server.port, "send/a", &json!({ "id": 0, "to": "+447700900003", "text": "Early" })).await;
    assert_eq!(line(&mut lines).await.1["status"], 202);
    gateway.kill().await;
    for n in 1..=10 {
        let body = json!({ "id": n, "to": "+447700900003", "text": format!("From MQTT {n}") });
        say(server.port, "send/a", &body).await;
        say(server.port, "send/b", &body).await;
    }
    say(server.port, "send/a", &json!({ "to": "+447700900003", "text": "no id" })).await;
    gateway.start_again().await;
    let (mut accepted, mut refused) = (Vec::new(), 0);
    while accepted.len() < 10 || refused == 0 {
        let (topic, result) = line(&mut lines).await;
        match topic.as_str() {
            "sms/results" if result["status"] == 202 => {
                let id = result["id"].as_str().unwrap().to_owned();
                if !accepted.contains(&id) && id != "0" {
                    accepted.push(id);
                }
            }
            "sms/results" => {
                assert_eq!(result["answer"]["code"], "missing_id");
                refused += 1;
            }
            _ => {}
        }
    }
    let kept = gateway.http("shop").get("/v1/messages?to=%2B447700900003&limit=500").await.ok();
    assert_eq!(kept["messages"].as_array().unwrap().len(), 11, "each id is one message");
    gateway.stop().await;
}

/// A virtual host with an exchange that leads to a queue, and queues for messages and results.
const RABBIT: &str = r#"{ "users": [{ "name": "me", "password": "p@ss", "tags": "administrator" }], "vhosts": [{ "name": "sms" }],
    "permissions": [{ "user": "me", "vhost": "sms", "configure": ".*", "write": ".*", "read": ".*" }],
    "exchanges": [{ "name": "events", "vhost": "sms", "type": "topic", "durable": true, "auto_delete": false, "arguments": {} }],
    "queues": [{ "name": "told", "vhost": "sms", "durable": true, "auto_delete": false, "arguments": {} },
        { "name": "send", "vhost": "sms", "durable": true, "auto_delete": false, "arguments": {} },
        { "name": "results", "vhost": "sms", "durable": true, "auto_delete": false, "arguments": {} }],
    "bindings": [{ "source": "events", "vhost": "sms", "destination": "told", "destination_type": "queue",
        "routing_key": "message.delivered", "arguments": {} }] }"#;

/// RabbitMQ, which is a whole process group.
struct Rabbit {
    folder: std::path::PathBuf,
    port: u16,
    ports: [u16; 2],
    child: Child,
}

impl Rabbit {
    async fn start(folder: &Path) -> Self {
        let (port, ports) = (free_port(), [free_port(), free_port()]);
        let definitions = folder.join("definitions.json");
        std::fs::write(&definitions, RABBIT).unwrap();
        let text =
            format!("listeners.tcp.1 = 127.0.0.1:{port}\nload_definitions = {}\n", definitions.display());
        std::fs::write(folder.join("rabbitmq.conf"), text).unwrap();
        let child = Self::spawn(folder, ports);
        let rabbit = Self { folder: folder.to_owned(), port, ports, child };
        rabbit.ready().await;
        rabbit
    }

    fn spawn(folder: &Path, ports: [u16; 2]) -> Child {
        let mut command = Command::new("/usr/lib/rabbitmq/bin/rabbitmq-server");
        let at = |name: &str| folder.join(name);
        command
            .env("HOME", folder)
            .env("RABBITMQ_NODENAME", format!("judge{}@localhost", ports[0]))
            .env("RABBITMQ_DIST_PORT", ports[0].to_string())
            .env("ERL_EPMD_PORT", ports[1].to_string())
            .env("RABBITMQ_MNESIA_BASE", at("mnesia"))
            .env("RABBITMQ_LOG_BASE", at("log"))
            .env("RABBITMQ_CONFIG_FILE", at("rabbitmq"))
            .env("RABBITMQ_ENABLED_PLUGINS_FILE", at("plugins"))
            .process_group(0)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true);
        command.spawn().expect("`./test` installs rabbitmq-server")
    }

    fn url(&self) -> String {
        format!("amqp://me:p%40ss@127.0.0.1:{}/sms", self.port)
    }

    /// One of Debian's tools for AMQP.
    fn tool(&self, name: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(name);
        command.args(["--server", "127.0.0.1", "--port", &self.port.to_string(), "--vhost", "sms"]);
        command.args(["--username", "me", "--password", "p@ss"]).args(arguments).stderr(Stdio::null());
        command
    }

    /// Erlang takes long to start beside other work, and each question is a process that keeps it from it.
    async fn ready(&self) {
        let answers = async || {
            if TcpStream::connect(("127.0.0.1", self.port)).is_err() {
                return false;
            }
            let asked = self.tool("amqp-get", &["--queue", "nothing-yet"]).output().await;
            // A queue that is not there is said to be so by a broker that is.
            asked.is_ok_and(|asked| asked.status.code() == Some(1))
        };
        let started = Instant::now();
        while !answers().await {
            assert!(started.elapsed() < 4 * PATIENCE, "RabbitMQ doesn't listen");
            tokio::time::sleep(Duration::from_millis(250)).await;
        }
        tokio::time::sleep(Duration::from_secs(2)).await;
    }

    /// What waits in a queue.
    async fn get(&self, queue: &str) -> Option<Value> {
        let got = self.tool("amqp-get", &["--queue", queue]).output().await.unwrap();
        got.status.success().then(|| serde_json::from_slice(&got.stdout).unwrap())
    }

    async fn next(&self, queue: &str) -> Value {
        eventually(queue, async || self.get(queue).await).await
    }

    async fn send(&self, body: &Value) {
        let body = body.to_string();
        let sent = self.tool("amqp-publish", &["--routing-key", "send", "--persistent", "--body", &body]);
        assert!({ sent }.status().await.unwrap().success());
    }

    async fn stop(&mut self) {
        let group = format!("-{}", self.child.id().unwrap());
        Command::new("kill").args(["-9", "--", &group]).status().await.unwrap();
        self.child.wait().await.unwrap();
    }

    async fn start_again(&mut self) {
        self.child = Self::spawn(&self.folder, self.ports);
        self.ready().await;
    }
}

#[tokio::test]
async fn amqp_loses_nothing_and_sends_once() {
    let (carrier, folder) = (carrier().await, tempfile::tempdir().unwrap());
    let mut rabbit = Rabbit::start(folder.path()).await;
    let section = format!(
        "[brokers.rabbit]\nurl = '{}'\naccount = 'shop'\nevents = 'events'\nmessages = 'send'\nresults = '/results'",
        rabbit.url()
    );
    let mut gateway = gateway(&section, carrier.address()).await;
    let shop = gateway.http("shop");
    let first = shop.send("+447700900001", "One").await;
    assert_eq!(rabbit.next("told").await["data"]["id"], json!(first));

    rabbit.stop().await;
    let mut sent = std::collections::BTreeSet::new();
    for n in 0..15 {
        let id = shop.send("+447700900002", &format!("Away {n}")).await;
        shop.message_in(&id, "delivered").await;
        sent.insert(id);
    }
    rabbit.start_again().await;
    while !sent.is_empty() {
        let told = rabbit.next("told").await;
        sent.remove(told["data"]["id"].as_str().unwrap());
    }

    gateway.kill().await;
    for n in 0..10 {
        let body = json!({ "id": n, "to": "+447700900003", "text": format!("From AMQP {n}") });
        rabbit.send(&body).await;
        rabbit.send(&body).await;
    }
    rabbit.send(&json!({ "id": "bad", "to": "nobody", "text": "x" })).await;
    gateway.start_again().await;
    let mut accepted = std::collections::BTreeSet::new();
    let refused = loop {
        let result = rabbit.next("results").await;
        if result["status"] != 202 {
            break result;
        }
        accepted.insert(result["id"].as_str().unwrap().to_owned());
    };
    assert_eq!((&refused["id"], &refused["answer"]["code"]), (&json!("bad"), &json!("invalid_recipient")));
    assert_eq!(accepted.len(), 10);
    let kept = gateway.http("shop").get("/v1/messages?to=%2B447700900003&limit=500").await.ok();
    assert_eq!(kept["messages"].as_array().unwrap().len(), 10, "each id is one message");
    gateway.stop().await;
    rabbit.stop().await;
}
