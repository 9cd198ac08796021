//! The real program, with its own configuration, directory and ports.

use super::{
    Authority, Books, Certified, Client, Http, Older, Process, SmallDisk, Webhook, eventually, free_port,
};
use postrider_wire::smpp::pdu::BindMode;
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use tokio::process::Command;
use toml::{Table, Value};

/// The administrator's key.
pub(crate) const ADMIN_KEY: &str = "the-key-of-the-administrator";

/// A gateway to start: its configuration and environment.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    config: Table,
    /// Environment variables and their values: mostly secrets that the configuration refers to.
    environment: BTreeMap<String, String>,
    /// The address of the HTTPS listener.
    https: Option<SocketAddr>,
    /// The address of the listener for health and metrics.
    monitoring: Option<SocketAddr>,
    /// The address of the SMPP listener with TLS.
    tls: Option<SocketAddr>,
    /// The network namespace that it runs in, and its address there.
    place: Option<(String, Ipv4Addr)>,
    /// The process in whose mount namespace it runs, and the directory of its store there.
    disk: Option<(u32, PathBuf)>,
}

/// A running gateway. It is killed when the story ends.
#[derive(Debug)]
pub(crate) struct Gateway {
    plan: Plan,
    http: SocketAddr,
    smpp: SocketAddr,
    process: Process,
    /// Dropped after the process, whose log is in it.
    folder: TempDir,
}

impl Plan {
    /// A gateway with listeners and an administrator only.
    pub(crate) fn new() -> Self {
        let mut plan = Self {
            config: Table::new(),
            environment: BTreeMap::new(),
            https: None,
            monitoring: None,
            tls: None,
            place: None,
            disk: None,
        };
        let key = plan.secret("admin", ADMIN_KEY);
        plan.with(&format!("log.level = 'debug'\nadmin.keys.tester = {key}"))
    }

    /// The smallest gateway that sends: one upstream at `carrier`, called `acme`, one route to it for every number, and
    /// one account, called `shop`.
    pub(crate) fn simple(carrier: SocketAddr) -> Self {
        Self::new().upstream("acme", carrier).route("world", "", &["acme"]).account("shop")
    }

    /// A node on the shared database at `url`. Each start of the same plan is another node.
    pub(crate) fn shared(mut self, url: &str) -> Self {
        let url = self.secret("store", url);
        self.with(&format!("node.store = {url}"))
    }

    /// Runs the gateway in a network namespace, with this address.
    pub(crate) fn in_namespace(self, name: &str, address: Ipv4Addr) -> Self {
        Self { place: Some((name.to_owned(), address)), ..self }
    }

    /// Has its store on a small disk.
    pub(crate) fn on(self, disk: &SmallDisk) -> Self {
        Self { disk: Some((disk.keeper(), disk.inside().join("data"))), ..self }
    }

    /// Sets an environment variable.
    pub(crate) fn env(mut self, variable: &str, value: &str) -> Self {
        self.environment.insert(variable.to_owned(), value.to_owned());
        self
    }

    /// Adds lines of a configuration file, such as `accounts.shop.rate = 3`. They override earlier ones.
    pub(crate) fn with(mut self, lines: &str) -> Self {
        let added = lines.parse().unwrap_or_else(|error| panic!("{lines}\n{error}"));
        overlay(&mut self.config, added);
        self
    }

    /// Adds an SMPP upstream.
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

    /// Sets another system_id and password of the upstream.
    pub(crate) fn login(mut self, upstream: &str, system_id: &str, password: &str) -> Self {
        let password = self.secret(&format!("password at {upstream}"), password);
        self.with(&format!("[upstreams.{upstream}]\nsystem_id = '{system_id}'\npassword = {password}"))
    }

    /// Adds a route for numbers that begin with `prefix`.
    pub(crate) fn route(self, name: &str, prefix: &str, upstreams: &[&str]) -> Self {
        self.with(&format!("[routes.{name}]\nprefix = '{prefix}'\nupstreams = {upstreams:?}"))
    }

    /// Adds an account with an API key and an SMPP login.
    pub(crate) fn account(mut self, name: &str) -> Self {
        let key = self.secret(&format!("key of {name}"), &key_of(name));
        let password = self.secret(&format!("password of {name}"), &password_of(name));
        self.with(&format!(
            "[accounts.{name}]\nkeys = [{{ name = 'main', key = {key} }}]\n\
             smpp = {{ system_id = '{name}', password = {password} }}"
        ))
    }

    /// Adds a webhook to an account.
    pub(crate) fn webhook(mut self, account: &str, webhook: &Webhook) -> Self {
        let url = webhook.url();
        let secret = self.secret("webhooks", &Webhook::secret());
        self.with(&format!(
            "[accounts.{account}.webhook]\nurl = '{url}'\nsecret = {secret}\nallow_private = true"
        ))
    }

    /// Adds an HTTPS listener.
    pub(crate) fn https(mut self, certified: &Certified) -> Self {
        let listen = local();
        self.https = Some(listen);
        self.with(&encrypted("http", listen, certified))
    }

    /// Adds a listener for health and metrics alone.
    pub(crate) fn monitoring(mut self) -> Self {
        let listen = local();
        self.monitoring = Some(listen);
        self.with(&format!("http.monitoring = '{listen}'"))
    }

    /// Adds an SMPP listener with TLS.
    pub(crate) fn tls(mut self, certified: &Certified) -> Self {
        let listen = local();
        self.tls = Some(listen);
        self.with(&encrypted("smpp", listen, certified))
    }

    /// Adds a listener with TLS for UCP or CIMD2, at this address.
    pub(crate) fn older_tls(self, protocol: Older, listen: SocketAddr, certified: &Certified) -> Self {
        self.with(&encrypted(protocol.door(), listen, certified))
    }

    /// Where a door of it may be.
    fn listener(&self) -> SocketAddr {
        let address = self.place.as_ref().map_or(Ipv4Addr::LOCALHOST, |(_, address)| *address);
        SocketAddr::from((address, free_port()))
    }

    /// Adds a secret to the environment, and returns the reference to it: the gateway warns of literal secrets.
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
        let data = self.disk.as_ref().map_or_else(|| PathBuf::from("data"), |(_, data)| data.clone());
        let data = data.display().to_string();
        let plan =
            self.with(&format!("http.listen = '{http}'\nsmpp.listen = '{smpp}'\nnode.data = '{data}'"));
        let folder = tempfile::tempdir().unwrap();
        let process = launch(&plan, folder.path());
        let mut gateway = Gateway { plan, folder, http, smpp, process };
        gateway.ready().await;
        gateway
    }
}

impl Gateway {
    /// A caller of the HTTP API with an account's key.
    pub(crate) fn http(&self, account: &str) -> Http {
        Http::new(&self.url(), Some(&key_of(account)))
    }

    /// The administrator.
    pub(crate) fn admin(&self) -> Http {
        Http::new(&self.url(), Some(ADMIN_KEY))
    }

    /// A caller without a key.
    pub(crate) fn stranger(&self) -> Http {
        Http::new(&self.url(), None)
    }

    /// The URL of the HTTP API.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.http)
    }

    /// A caller over HTTPS with an account's key, which trusts this authority.
    pub(crate) fn https(&self, account: &str, authority: &Authority) -> Http {
        let address = self.plan.https.expect("the plan has no encrypted port");
        Http::new(&format!("https://{address}"), Some(&key_of(account))).trusting(authority)
    }

    /// A caller of the listener for health and metrics, without a key.
    pub(crate) fn monitoring(&self) -> Http {
        let address = self.plan.monitoring.expect("the plan has no listener for monitoring");
        Http::new(&format!("http://{address}"), None)
    }

    /// The address of the HTTPS listener.
    pub(crate) fn https_address(&self) -> SocketAddr {
        self.plan.https.expect("the plan has no encrypted port")
    }

    /// The address of the HTTP listener.
    pub(crate) fn http_address(&self) -> SocketAddr {
        self.http
    }

    /// The address of the SMPP listener.
    pub(crate) fn smpp_address(&self) -> SocketAddr {
        self.smpp
    }

    /// The address of the SMPP listener with TLS.
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

    /// Makes the proofs of all sessions old. The gateway must have ended.
    pub(crate) fn age_proofs(&self) {
        Books::age_proofs(&self.folder().join("data"));
    }

    /// The gateway's store. The gateway must have ended.
    pub(crate) fn books(&self) -> Books {
        Books::open(&self.folder().join("data"))
    }

    /// Waits until its log contains this text.
    pub(crate) async fn says(&self, words: &str) {
        let said = async || self.log().contains(words).then_some(());
        eventually(&format!("the log to say '{words}'"), said).await;
    }

    /// Stops it in order, and waits until it has ended.
    pub(crate) async fn stop(&mut self) {
        self.ask_to_stop();
        self.stopped().await;
    }

    /// Begins an orderly stop.
    pub(crate) fn ask_to_stop(&self) {
        self.process.signal("TERM");
    }

    /// Waits for the end of an orderly stop.
    pub(crate) async fn stopped(&mut self) {
        let status = self.process.ended().await;
        assert!(status.success(), "a stopped gateway ended with {status}");
    }

    /// Waits until it ends by itself.
    pub(crate) async fn ended(&mut self) -> std::process::ExitStatus {
        self.process.ended().await
    }

    /// Suspends the process.
    pub(crate) fn freeze(&self) {
        self.process.signal("STOP");
    }

    /// Resumes the process.
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

    /// Starts it again without waiting until it is ready.
    pub(crate) fn begin_again(&mut self) {
        self.process = launch(&self.plan, self.folder.path());
    }

    /// Changes the configuration file, as `Plan::with` does, and reloads it.
    pub(crate) fn change(&mut self, lines: &str) {
        self.plan = self.plan.clone().with(lines);
        write(&self.plan, self.folder.path());
        self.process.signal("HUP");
    }

    /// The text of its configuration.
    pub(crate) fn configuration(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("postrider.toml")).unwrap()
    }

    /// Puts a text in the place of its configuration, and has it read again. The next change brings back what was there.
    pub(crate) fn replace_configuration(&self, text: &str) {
        std::fs::write(self.folder.path().join("postrider.toml"), text).unwrap();
        self.process.signal("HUP");
    }

    /// Waits until it serves.
    pub(crate) async fn ready(&mut self) {
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
    let mut command = match (&plan.place, &plan.disk) {
        (None, None) => Command::new(program),
        (None, Some((keeper, _))) => {
            let mut command = Command::new("nsenter");
            command.arg(format!("--mount=/proc/{keeper}/ns/mnt")).arg(format!("--wd={}", folder.display()));
            command.arg(program);
            command
        }
        (Some((namespace, _)), _) => {
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
