//! Options of commands that choose the gateway and the API key.

use super::Client;
use super::waiting::Waiting;
use crate::failure::Failure;
use crate::operations::data::{admin_key_path, read_admin_key};
use postrider_declare::Span;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::net::TcpStream;
use url::Url;

/// The data directory of a gateway that was started without a configuration file.
const DATA: &str = "postrider-data";

/// How long it is waited for the directory of a gateway that was started a moment ago.
const DIRECTORY_WAIT: Duration = Duration::from_secs(2);

/// The prefix of the keys that the gateway makes for accounts.
const ACCOUNT_KEY_PREFIX: &str = "pr_";

/// Advice on the administrator's key.
pub(crate) const DATA_HELP: &str =
    "on the gateway's machine `--data DIR` finds the administrator's key, in the file DIR/admin.key";

/// The gateway and the API key.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Connection")]
pub(crate) struct Connection {
    /// The gateway's address
    #[arg(
        long,
        global = true,
        env = "POSTRIDER_URL",
        hide_env_values = true,
        default_value = "http://127.0.0.1:8080",
        value_name = "URL",
        value_parser = gateway_url
    )]
    url: Url,
    /// The API key: an account's to send, an administrator's to manage resources. Without it, POSTRIDER_KEY is used; by
    /// administrators' commands POSTRIDER_ADMIN_KEY, or the key in the data directory if POSTRIDER_KEY is an account's
    #[arg(long, global = true, value_name = "KEY")]
    key: Option<String>,
    /// The gateway's data directory, whose administrator's key is used then, whatever other key there is
    /// [default: postrider-data, if no key is given]
    #[arg(long, global = true, value_name = "DIR")]
    data: Option<PathBuf>,
    /// The longest wait for a gateway that is starting; 0s doesn't wait
    #[arg(long, global = true, value_name = "TIME", value_parser = span, default_value = "10s")]
    wait: Duration,
}

/// Reads the address of a gateway.
fn gateway_url(text: &str) -> Result<Url, String> {
    if text.contains(|letter: char| letter.is_whitespace() || letter.is_control()) {
        return Err("a URL has no spaces and no line ends: remove them".into());
    }
    match text.split_once("://") {
        Some(("http" | "https", _)) => text.parse().map_err(|error| format!("{error}")),
        Some((scheme, _)) => {
            Err(format!("the API is at http or https, not {scheme}: write http://127.0.0.1:8080"))
        }
        None => Err(format!("the URL has no scheme: write http://{text}")),
    }
}

/// A time such as `10s`.
fn span(text: &str) -> Result<Duration, String> {
    Span::new(text).read().map_err(|error| error.to_string())
}

/// Whose key a command needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    /// An account's, or an administrator's.
    Any,
    /// An administrator's.
    Administrator,
}

/// Where a key is.
#[derive(Debug, PartialEq, Eq)]
enum Place<'a> {
    /// It is known.
    Known(&'a str),
    /// In the data directory.
    In(&'a Path),
}

/// The keys that were given.
#[derive(Clone, Copy, Default)]
struct Given<'a> {
    /// `--data`.
    data: Option<&'a Path>,
    /// `--key`.
    key: Option<&'a str>,
    /// POSTRIDER_KEY.
    account: Option<&'a str>,
    /// POSTRIDER_ADMIN_KEY.
    administrator: Option<&'a str>,
    /// Whether the gateway is on this machine: the key of the default directory is for no other.
    is_local: bool,
    /// Whether the default directory has a key.
    has_local_key: bool,
}

impl<'a> Given<'a> {
    /// The key to use: options come before variables, and these before the default directory. An account's key is no use to an
    /// administrator's command if there is another.
    fn place(self, role: Role) -> Place<'a> {
        let local = Place::In(Path::new(DATA));
        let is_accounts = |key: &str| key.starts_with(ACCOUNT_KEY_PREFIX);
        match (self.data, self.key, role) {
            (Some(directory), _, _) => Place::In(directory),
            (None, Some(key), _) => Place::Known(key),
            (None, None, Role::Any) => self.account.or(self.administrator).map_or(local, Place::Known),
            (None, None, Role::Administrator) => match (self.administrator, self.account) {
                (Some(key), _) => Place::Known(key),
                (None, Some(key)) if is_accounts(key) && self.is_local && self.has_local_key => local,
                (None, Some(key)) => Place::Known(key),
                (None, None) => local,
            },
        }
    }
}

impl Connection {
    /// The gateway, for a command that accounts use too.
    pub(crate) async fn client(&self) -> Result<Client, Failure> {
        self.connect(Role::Any).await
    }

    /// The gateway, for an administrator's command.
    pub(crate) async fn administrator(&self) -> Result<Client, Failure> {
        self.connect(Role::Administrator).await
    }

    async fn connect(&self, role: Role) -> Result<Client, Failure> {
        Client::new(self.url.clone(), self.key(role).await?, self.wait)
    }

    async fn key(&self, role: Role) -> Result<String, Failure> {
        let variable = |name| std::env::var(name).ok().filter(|key| !key.trim().is_empty());
        let (account, administrator) = (variable("POSTRIDER_KEY"), variable("POSTRIDER_ADMIN_KEY"));
        let given = Given {
            data: self.data.as_deref(),
            key: self.key.as_deref().filter(|key| !key.trim().is_empty()),
            account: account.as_deref(),
            administrator: administrator.as_deref(),
            is_local: is_local(&self.url),
            has_local_key: admin_key_path(Path::new(DATA)).exists(),
        };
        match given.place(role) {
            Place::Known(key) => Ok(key.trim().to_owned()),
            Place::In(directory) => self.key_in(directory).await,
        }
    }

    /// The administrator's key in a directory. A gateway that is starting makes it, and is waited for.
    async fn key_in(&self, directory: &Path) -> Result<String, Failure> {
        self.wait_for_directory(directory).await;
        if !directory.exists() {
            return self.no_key(directory);
        }
        let mut waiting = Waiting::new(self.wait);
        loop {
            if let Some(key) = read_admin_key(directory)? {
                return Ok(key);
            }
            // A gateway that answers has made its key, if it makes one at all.
            if self.answers().await || !waiting.pause(self.url.as_str()).await {
                break;
            }
        }
        match read_admin_key(directory)? {
            Some(key) => Ok(key),
            None => self.no_key(directory),
        }
    }

    fn no_key(&self, directory: &Path) -> Result<String, Failure> {
        if self.data.is_some() {
            return Err(no_key_in(directory));
        }
        let help = format!("pass one with `--key` or POSTRIDER_KEY; {DATA_HELP}");
        Err(Failure::usage("no key was given").help(help))
    }

    /// Waits for the directory of a gateway that was started a moment ago. It makes it first of all, and only on its machine.
    async fn wait_for_directory(&self, directory: &Path) {
        let most = if is_local(&self.url) { DIRECTORY_WAIT } else { Duration::ZERO };
        let mut waiting = Waiting::new(self.wait.min(most));
        while !directory.exists() && !self.answers().await && waiting.pause(self.url.as_str()).await {}
    }

    /// Whether something listens at the gateway's address.
    async fn answers(&self) -> bool {
        let Some((host, port)) = self.url.host_str().zip(self.url.port_or_known_default()) else {
            return true;
        };
        TcpStream::connect((host.trim_matches(['[', ']']), port)).await.is_ok()
    }
}

/// Whether a URL is one of this machine's own.
fn is_local(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn no_key_in(directory: &Path) -> Failure {
    Failure::usage(format!("there is no administrator's key at {}", admin_key_path(directory).display())).help(
        "name the directory that the gateway runs with; where its configuration names administrators, use `--key`",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_command_takes_the_key_that_it_needs() {
        let here = Given { is_local: true, has_local_key: true, ..Given::default() };
        let exported = Given { account: Some("pr_shop"), ..here };
        let both = Given { administrator: Some("pra_admin"), ..exported };
        let local = || Place::In(Path::new(DATA));
        for (given, role, place) in [
            (here, Role::Any, local()),
            (here, Role::Administrator, local()),
            (exported, Role::Any, Place::Known("pr_shop")),
            (exported, Role::Administrator, local()),
            (both, Role::Any, Place::Known("pr_shop")),
            (both, Role::Administrator, Place::Known("pra_admin")),
            (Given { account: Some("pra_other"), ..here }, Role::Administrator, Place::Known("pra_other")),
            (Given { is_local: false, ..exported }, Role::Administrator, Place::Known("pr_shop")),
            (Given { has_local_key: false, ..exported }, Role::Administrator, Place::Known("pr_shop")),
            (Given { key: Some("pr_given"), ..both }, Role::Administrator, Place::Known("pr_given")),
            (Given { data: Some(Path::new("d")), ..both }, Role::Any, Place::In(Path::new("d"))),
        ] {
            assert_eq!(given.place(role), place);
        }
    }

    #[test]
    fn the_key_of_this_directory_is_for_gateways_of_this_machine() {
        let local = |url: &str| is_local(&url.parse().unwrap());
        assert!(local("http://127.0.0.1:8080") && local("http://localhost:1") && local("http://[::1]:1"));
        assert!(!local("https://sms.example") && !local("http://192.0.2.1:8080"));
    }

    #[test]
    fn a_url_without_a_scheme_or_with_a_line_end_is_named() {
        for (text, expected) in [
            ("localhost:8080", "the URL has no scheme: write http://localhost:8080"),
            ("127.0.0.1:8080", "the URL has no scheme: write http://127.0.0.1:8080"),
            ("http://127.0.0.1:8080\n", "a URL has no spaces and no line ends: remove them"),
            (" http://127.0.0.1:8080", "a URL has no spaces and no line ends: remove them"),
            (
                "postgres://127.0.0.1",
                "the API is at http or https, not postgres: write http://127.0.0.1:8080",
            ),
            ("http://", "empty host"),
        ] {
            assert_eq!(gateway_url(text).unwrap_err(), expected, "{text:?}");
        }
        assert_eq!(gateway_url("https://sms.example.com/api").unwrap().path(), "/api");
    }
}
