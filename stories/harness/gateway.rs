//! The program itself, with a configuration of its own, a directory of its own and ports of its own.

use super::{Authority, Books, Certified, Client, Http, Process, Webhook, eventually, free_port};
use postrider_wire::smpp::pdu::BindMode;
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use tempfile::TempDir;
use tokio::process::Command;
use toml::{Table, Value};

/// The administrator's key.
pub(crate) const ADMIN_KEY: &str = "the-key-of-the-administrator";

/// A gateway that is to be started: its configuration, begun with what every gateway of a story has.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    config: Table,
    /// Variables of the environment and their values: secrets that the configuration refers to, mostly.
    environment: BTreeMap<String, String>,
    /// Where customers of the HTTP API connect to who speak TLS.
    https: Option<SocketAddr>,
    /// Where SMPP clients connect to who speak TLS.
    tls: Option<SocketAddr>,
    /// The network namespace that it runs in, and its address there.
    place: Option<(String, Ipv4Addr)>,
}

/// A running gateway. It is killed when the story ends.
#[derive(Debug)]
pub(crate) struct Gateway {
    plan: Plan,
    http: SocketAddr,
    smpp: SocketAddr,
    process: Process,
    /// After the process, which shows its log when it goes.
    folder: TempDir,
}

impl Plan {
    /// Nothing but listeners and an administrator.
    pub(crate) fn new() -> Self {
        let mut plan =
            Self { config: Table::new(), environment: BTreeMap::new(), https: None, tls: None, place: None };
        let key = plan.secret("admin", ADMIN_KEY);
        plan.with(&format!("log.level = 'debug'\nadmin.keys.tester = {key}"))
    }

    /// The smallest gateway that sends: one upstream at `carrier`, called `acme`, one route to it for every number, and
    /// one account, called `shop`.
    pub(crate) fn simple(carrier: SocketAddr) -> Self {
        Self::new().upstream("acme", carrier).route("world", "", &["acme"]).account("shop")
    }

    /// A node among those that share the database at `url`. Each start of the same plan is another node.
    pub(crate) fn shared(mut self, url: &str) -> Self {
        let url = self.secret("store", url);
        self.with(&format!("node.store = {url}"))
    }

    /// Runs it in a network namespace, where it listens at this address.
    pub(crate) fn in_namespace(self, name: &str, address: Ipv4Addr) -> Self {
        Self { place: Some((name.to_owned(), address)), ..self }
    }

    /// A variable of the environment that the program runs in.
    pub(crate) fn env(mut self, variable: &str, value: &str) -> Self {
        self.environment.insert(variable.to_owned(), value.to_owned());
        self
    }

    /// Lines of a configuration file, such as `accounts.shop.rate = 3`. What they say stands over what was said
    /// before.
    pub(crate) fn with(mut self, lines: &str) -> Self {
        let added = lines.parse().unwrap_or_else(|error| panic!("{lines}\n{error}"));
        overlay(&mut self.config, added);
        self
    }

    /// An upstream by SMPP.
    pub(crate) fn upstream(mut self, name: &str, carrier: SocketAddr) -> Self {
        let (host, port) = (carrier.ip(), carrier.port());
        let password = self.secret("carriers", "pw");
        self.with(&format!(
            "[upstreams.{name}]\nhost = '{host}'\nport = {port}\nsystem_id = 'postrider'\npassword = {password}\n\
             reconnect_max = '1s'\nsession_timeout = '1s'"
        ))
    }

    /// Binds to an upstream, which is another gateway, as an account of that one.
    pub(crate) fn bound_as(mut self, upstream: &str, account: &str) -> Self {
        let password = self.secret(&format!("password of {account}"), &password_of(account));
        self.with(&format!("[upstreams.{upstream}]\nsystem_id = '{account}'\npassword = {password}"))
    }

    /// Another name and password at the carrier.
    pub(crate) fn login(mut self, upstream: &str, system_id: &str, password: &str) -> Self {
        let password = self.secret(&format!("password at {upstream}"), password);
        self.with(&format!("[upstreams.{upstream}]\nsystem_id = '{system_id}'\npassword = {password}"))
    }

    /// A route for numbers that begin with `prefix`.
    pub(crate) fn route(self, name: &str, prefix: &str, upstreams: &[&str]) -> Self {
        self.with(&format!("[routes.{name}]\nprefix = '{prefix}'\nupstreams = {upstreams:?}"))
    }

    /// An account with a key for the API and a login for SMPP.
    pub(crate) fn account(mut self, name: &str) -> Self {
        let key = self.secret(&format!("key of {name}"), &key_of(name));
        let password = self.secret(&format!("password of {name}"), &password_of(name));
        self.with(&format!(
            "[accounts.{name}]\nkeys = [{{ name = 'main', key = {key} }}]\n\
             smpp = {{ system_id = '{name}', password = {password} }}"
        ))
    }

    /// Tells an account by webhook.
    pub(crate) fn webhook(mut self, account: &str, webhook: &Webhook) -> Self {
        let url = webhook.url();
        let secret = self.secret("webhooks", &Webhook::secret());
        self.with(&format!(
            "[accounts.{account}.webhook]\nurl = '{url}'\nsecret = {secret}\nallow_private = true"
        ))
    }

    /// An encrypted port for customers of the HTTP API, next to the other.
    pub(crate) fn https(mut self, certified: &Certified) -> Self {
        let listen = local();
        self.https = Some(listen);
        self.with(&encrypted("http", listen, certified))
    }

    /// An encrypted port for SMPP clients, next to the other.
    pub(crate) fn tls(mut self, certified: &Certified) -> Self {
        let listen = local();
        self.tls = Some(listen);
        self.with(&encrypted("smpp", listen, certified))
    }

    /// Where a door of it may be.
    fn listener(&self) -> SocketAddr {
        let address = self.place.as_ref().map_or(Ipv4Addr::LOCALHOST, |(_, address)| *address);
        SocketAddr::from((address, free_port()))
    }

    /// A reference to a secret, since the gateway complains of one that is written out.
    fn secret(&mut self, of: &str, secret: &str) -> String {
        let letter =
            |letter: char| if letter.is_ascii_alphanumeric() { letter.to_ascii_uppercase() } else { '_' };
        let variable = format!("STORY_{}", of.chars().map(letter).collect::<String>());
        self.environment.insert(variable.clone(), secret.to_owned());
        format!("{{ env = '{variable}' }}")
    }

    /// Starts the gateway, and waits until it is ready.
    pub(crate) async fn start(self) -> Gateway {
        let (http, smpp) = (self.listener(), self.listener());
        let plan = self.with(&format!("http.listen = '{http}'\nsmpp.listen = '{smpp}'\nnode.data = 'data'"));
        let folder = tempfile::tempdir().unwrap();
        let process = launch(&plan, folder.path());
        let mut gateway = Gateway { plan, folder, http, smpp, process };
        gateway.ready().await;
        gateway
    }
}

impl Gateway {
    /// An account's customer of the HTTP API.
    pub(crate) fn http(&self, account: &str) -> Http {
        Http::new(&self.url(), Some(&key_of(account)))
    }

    /// The administrator.
    pub(crate) fn admin(&self) -> Http {
        Http::new(&self.url(), Some(ADMIN_KEY))
    }

    /// A stranger, without a key.
    pub(crate) fn stranger(&self) -> Http {
        Http::new(&self.url(), None)
    }

    /// Where the HTTP API is.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.http)
    }

    /// An account's customer of the HTTP API who speaks TLS, and trusts this authority.
    pub(crate) fn https(&self, account: &str, authority: &Authority) -> Http {
        let address = self.plan.https.expect("the plan has no encrypted port");
        Http::new(&format!("https://{address}"), Some(&key_of(account))).trusting(authority)
    }

    /// Where the HTTP API listens.
    pub(crate) fn http_address(&self) -> SocketAddr {
        self.http
    }

    /// Where SMPP clients connect to.
    pub(crate) fn smpp_address(&self) -> SocketAddr {
        self.smpp
    }

    /// Where SMPP clients connect to who speak TLS.
    pub(crate) fn tls_address(&self) -> SocketAddr {
        self.plan.tls.expect("the plan has no encrypted port")
    }

    /// An account's SMPP client, bound.
    pub(crate) async fn smpp(&self, account: &str, mode: BindMode) -> Client {
        let client = Client::connect(self.smpp).await;
        client.bind(mode, account, &password_of(account)).await.unwrap();
        client
    }

    /// The directory of its configuration, its log and, in `data`, its store.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Its log so far.
    pub(crate) fn log(&self) -> String {
        self.process.log()
    }

    /// A metric, such as `postrider_accepted_total`, with its labels if it has any; 0 if it was never counted.
    pub(crate) async fn metric(&self, name: &str) -> f64 {
        let text = self.stranger().get("/metrics").await.ok();
        let value = |line: &str| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok();
        text.as_str().unwrap().lines().find_map(value).unwrap_or(0.0)
    }

    /// What it has stored. It must have ended.
    pub(crate) fn books(&self) -> Books {
        Books::open(&self.folder().join("data"))
    }

    /// Waits until its log says this.
    pub(crate) async fn says(&self, words: &str) {
        let said = async || self.log().contains(words).then_some(());
        eventually(&format!("the log to say '{words}'"), said).await;
    }

    /// Stops it in order, and waits until it has ended.
    pub(crate) async fn stop(&mut self) {
        self.ask_to_stop();
        self.stopped().await;
    }

    /// Has it begin to stop in order.
    pub(crate) fn ask_to_stop(&self) {
        self.process.signal("TERM");
    }

    /// Waits until it has ended, as it was asked to.
    pub(crate) async fn stopped(&mut self) {
        let status = self.process.ended().await;
        assert!(status.success(), "a stopped gateway ended with {status}");
    }

    /// Waits until it has ended, which nobody asked it to.
    pub(crate) async fn ended(&mut self) -> std::process::ExitStatus {
        self.process.ended().await
    }

    /// Has it stand still.
    pub(crate) fn freeze(&self) {
        self.process.signal("STOP");
    }

    /// Has it go on.
    pub(crate) fn thaw(&self) {
        self.process.signal("CONT");
    }

    /// Kills it, as a power failure would.
    pub(crate) async fn kill(&mut self) {
        self.process.kill().await;
    }

    /// Starts it again after it was stopped or killed, with what it had stored.
    pub(crate) async fn start_again(&mut self) {
        self.begin_again();
        self.ready().await;
    }

    /// Starts it again, and doesn't wait until it is ready.
    pub(crate) fn begin_again(&mut self) {
        self.process = launch(&self.plan, self.folder.path());
    }

    /// Changes the configuration file, as `Plan::with` does, and has it read again.
    pub(crate) fn change(&mut self, lines: &str) {
        self.plan = self.plan.clone().with(lines);
        write(&self.plan, self.folder.path());
        self.process.signal("HUP");
    }

    async fn ready(&mut self) {
        let stranger = self.stranger();
        let process = &mut self.process;
        let ask = async || {
            let ended = process.has_ended();
            assert!(ended.is_none(), "the gateway ended while it was starting: {ended:?}");
            let answer = stranger.ask(reqwest::Method::GET, "/readyz", &[], None).await;
            answer.ok().filter(|answer| answer.status == 200)
        };
        eventually("the gateway to be ready", ask).await;
    }
}

/// An account's key for the API.
pub(crate) fn key_of(account: &str) -> String {
    format!("the-key-of-account-{account}")
}

/// An account's password for SMPP, which has at most eight characters.
pub(crate) fn password_of(account: &str) -> String {
    account.chars().rev().take(8).collect()
}

/// What declares an encrypted port next to the other of `door`.
fn encrypted(door: &str, listen: SocketAddr, certified: &Certified) -> String {
    let (cert_file, key_file) = (certified.cert_file(), certified.key_file());
    let (cert_file, key_file) = (cert_file.display(), key_file.display());
    format!("[{door}.tls]\nlisten = '{listen}'\ncert_file = '{cert_file}'\nkey_file = '{key_file}'")
}

fn local() -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()))
}

fn write(plan: &Plan, folder: &Path) {
    std::fs::write(folder.join("postrider.toml"), toml::to_string(&plan.config).unwrap()).unwrap();
}

fn launch(plan: &Plan, folder: &Path) -> Process {
    write(plan, folder);
    let program = env!("CARGO_BIN_EXE_postrider");
    let mut command = match &plan.place {
        None => Command::new(program),
        Some((namespace, _)) => {
            let mut command = Command::new("ip");
            command.args(["netns", "exec", namespace, program]);
            command
        }
    };
    command.arg("serve").current_dir(folder).envs(&plan.environment).env_remove("POSTRIDER_LOG");
    Process::start("the gateway", command, &folder.join("gateway.log"))
}

/// Lays one table over another, down to the single values.
fn overlay(table: &mut Table, over: Table) {
    for (key, value) in over {
        match (table.get_mut(&key), value) {
            (Some(Value::Table(under)), Value::Table(over)) => overlay(under, over),
            (_, value) => {
                table.insert(key, value);
            }
        }
    }
}
