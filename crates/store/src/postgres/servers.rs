//! Which of several servers is spoken to: the first in their order that can be written. One that does not answer at
//! all holds up those behind it for a second.

use super::error::Error;
use super::refusal::Refusal;
use std::time::Duration;
use tokio::task::{JoinError, JoinSet};
use tokio_postgres::config::Host;
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{Client, Config, Connection, Socket};
use tokio_postgres_rustls::MakeRustlsConnect;

/// How long one server may take to let us in.
const ANSWER: Duration = Duration::from_secs(3);
/// How long a server is waited for before the next one is asked too: what is left of the three seconds for which a node
/// is trusted must do for that one.
const NEXT: Duration = Duration::from_secs(1);

type Encrypted = <MakeRustlsConnect as MakeTlsConnect<Socket>>::Stream;
/// A connection that has been let in, and what must be polled for it.
pub(super) type Connected = (Client, Connection<Socket, Encrypted>);

/// One server of a database.
#[derive(Clone)]
pub(super) struct Server {
    /// Its address in words.
    name: Box<str>,
    config: Config,
}

/// The servers that a URL names, each with all that the URL says besides.
///
/// # Errors
/// When there are not as many addresses or ports as hosts.
pub(super) fn named(all: &Config) -> Result<Vec<Server>, String> {
    let (hosts, addresses, ports) = (all.get_hosts(), all.get_hostaddrs(), all.get_ports());
    let count = hosts.len().max(addresses.len());
    if !hosts.is_empty() && !addresses.is_empty() && hosts.len() != addresses.len() {
        return Err("it has not as many `hostaddr` as hosts".into());
    }
    if ports.len() > 1 && ports.len() != count {
        return Err("it has not as many ports as hosts".into());
    }
    let one = |index: usize| {
        let mut config = without_server(all);
        let port = ports.get(index).or(ports.first()).copied().unwrap_or(5432);
        config.port(port);
        let mut name = String::new();
        match hosts.get(index) {
            Some(Host::Tcp(host)) => {
                config.host(host);
                name = format!("{host}:{port}");
            }
            Some(Host::Unix(path)) => {
                config.host_path(path);
                name = format!("{}/.s.PGSQL.{port}", path.display());
            }
            None => {}
        }
        if let Some(address) = addresses.get(index) {
            config.hostaddr(*address);
            name = format!("{address}:{port}");
        }
        Server { name: name.into(), config }
    };
    Ok((0..count).map(one).collect())
}

fn without_server(all: &Config) -> Config {
    let mut config = Config::new();
    all.get_user().map(|user| config.user(user));
    all.get_password().map(|password| config.password(password));
    all.get_dbname().map(|name| config.dbname(name));
    all.get_options().map(|options| config.options(options));
    all.get_application_name().map(|name| config.application_name(name));
    all.get_connect_timeout().map(|timeout| config.connect_timeout(*timeout));
    all.get_tcp_user_timeout().map(|timeout| config.tcp_user_timeout(*timeout));
    all.get_keepalives_interval().map(|interval| config.keepalives_interval(interval));
    all.get_keepalives_retries().map(|retries| config.keepalives_retries(retries));
    config
        .ssl_mode(all.get_ssl_mode())
        .ssl_negotiation(all.get_ssl_negotiation())
        .channel_binding(all.get_channel_binding())
        .target_session_attrs(all.get_target_session_attrs())
        .keepalives(all.get_keepalives())
        .keepalives_idle(all.get_keepalives_idle());
    config
}

/// Connects to the first that lets us in. Each is asked when those before it have refused, or kept us waiting.
///
/// # Errors
/// Why each of them refused.
pub(super) async fn first(servers: &[Server], tls: &MakeRustlsConnect) -> Result<Connected, Error> {
    let (mut asked, mut refusals) = (JoinSet::new(), Vec::new());
    let mut next = servers.iter().enumerate();
    loop {
        if let Some((index, server)) = next.next() {
            let (server, tls) = (server.clone(), tls.clone());
            asked.spawn(async move { (index, server.connect(tls).await) });
        }
        let patience = if next.len() > 0 { NEXT } else { ANSWER };
        match tokio::time::timeout(patience, asked.join_next()).await {
            Ok(Some(answer)) => match settled(answer)? {
                (_, Ok(connected)) => return Ok(connected),
                (index, Err(refusal)) => refusals.push((index, refusal)),
            },
            Ok(None) => {
                refusals.sort_unstable_by_key(|(index, _)| *index);
                return Err(Error::Unreachable(refusals.into_iter().map(|(_, refusal)| refusal).collect()));
            }
            // The next one, or those that are still at it: each has a limit of its own.
            Err(_) => {}
        }
    }
}

fn settled<T>(answer: Result<T, JoinError>) -> Result<T, Error> {
    answer.map_err(|error| Error::Damaged(format!("connecting was broken off: {error}")))
}

impl Server {
    async fn connect(self, tls: MakeRustlsConnect) -> Result<Connected, Refusal> {
        match tokio::time::timeout(ANSWER, self.config.connect(tls)).await {
            Ok(Ok(connected)) => Ok(connected),
            Ok(Err(error)) => Err(Refusal::of(&self.name, &error)),
            Err(_) => Err(Refusal::silent(&self.name)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(url: &str) -> Result<Vec<String>, String> {
        let servers = named(&url.parse().unwrap())?;
        Ok(servers.into_iter().map(|server| server.name.into()).collect())
    }

    #[test]
    fn each_server_has_its_own_port_and_what_all_have() {
        assert_eq!(names("postgres://u@one,two:5433/db").unwrap(), ["one:5432", "two:5433"]);
        assert_eq!(names("postgres://u@%2Frun%2Fpostgresql/db").unwrap(), ["/run/postgresql/.s.PGSQL.5432"]);
        assert_eq!(
            names("postgres://u@one/db?hostaddr=10.0.0.1,10.0.0.2"),
            Err("it has not as many `hostaddr` as hosts".into())
        );
        let url = "postgres://u:p@one:1,two:2/db?sslmode=require&options=-cjit%3Doff&channel_binding=require";
        let all: Config = url.parse().unwrap();
        for (server, host) in named(&all).unwrap().into_iter().zip(["one:1", "two:2"]) {
            let alone: Config = url.replace("one:1,two:2", host).parse().unwrap();
            assert_eq!(server.config, alone);
        }
    }
}
