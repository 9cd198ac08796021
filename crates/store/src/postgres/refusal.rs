//! Why a server did not let us in, and what whoever started the node can do about it.

use super::error::words;
use super::tls;
use std::fmt;
use std::io;
use tokio_postgres::error::SqlState;

/// The refusal of one server.
#[derive(Clone, Debug)]
pub(super) struct Refusal {
    /// Its address.
    server: Box<str>,
    why: String,
    /// Advice.
    pub(super) advice: Option<&'static str>,
    /// Whether it may let us in later, though nobody changes anything here.
    pub(super) may_pass: bool,
}

impl Refusal {
    /// The refusal of a server, or of the way to it.
    pub(super) fn of(server: &str, error: &tokio_postgres::Error) -> Self {
        Self { server: server.into(), why: why(error), advice: advice(error), may_pass: may_pass(error) }
    }

    /// A server that said nothing.
    pub(super) fn silent(server: &str) -> Self {
        let advice = "see that this is a PostgreSQL server, that it runs, and that no firewall is in between";
        Self { server: server.into(), why: "it does not answer".into(), advice: Some(advice), may_pass: true }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.server, self.why)
    }
}

/// The refusals of several servers.
pub(super) fn all(refusals: &[Refusal]) -> String {
    refusals.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

fn why(error: &tokio_postgres::Error) -> String {
    if can_only_be_read(error) {
        return "it can only be read".into();
    }
    if let Some(fault) = tls::fault(error) {
        return fault;
    }
    let words = words(error);
    let words = words.split(" (os error").next().unwrap_or_default();
    let wrappings =
        ["error connecting to server: ", "error performing TLS handshake: ", "invalid configuration: "];
    wrappings.iter().find_map(|wrapping| words.strip_prefix(wrapping)).unwrap_or(words).to_owned()
}

/// Whether the server is away, starts or stops, is full, or is a replica that may be promoted.
fn may_pass(error: &tokio_postgres::Error) -> bool {
    match error.code() {
        Some(state) => ["08", "53", "57P"].iter().any(|class| state.code().starts_with(class)),
        None => tls::fault(error).is_none() && (error.is_closed() || cause::<io::Error>(error).is_some()),
    }
}

/// Whether it is a replica, or a database that is set so. The library looks, and says so by this kind of error.
fn can_only_be_read(error: &tokio_postgres::Error) -> bool {
    cause::<io::Error>(error).is_some_and(|error| {
        error.kind() == io::ErrorKind::PermissionDenied && error.raw_os_error().is_none()
    })
}

/// The cause of an error, if it is of this type.
pub(super) fn cause<E: std::error::Error + 'static>(error: &tokio_postgres::Error) -> Option<&E> {
    std::error::Error::source(error)?.downcast_ref()
}

/// Advice on an error of connecting, or of making the tables.
pub(super) fn advice(error: &tokio_postgres::Error) -> Option<&'static str> {
    if can_only_be_read(error) {
        return Some(
            "name the server that can be written too, as in postgres://user@db1,db2/database, or promote this one; \
             one that is no replica has default_transaction_read_only set",
        );
    }
    let Some(state) = error.code() else { return of_the_way(error) };
    of_state(state)
}

fn of_state(state: &SqlState) -> Option<&'static str> {
    Some(match *state {
        SqlState::INVALID_PASSWORD => {
            "see that user and password of the URL are right; in it @ is written %40, / is %2F and % is %25"
        }
        SqlState::INVALID_AUTHORIZATION_SPECIFICATION => {
            "the server's pg_hba.conf says who may come from where, and the role must have LOGIN"
        }
        SqlState::INVALID_CATALOG_NAME => {
            "see that the URL names the right one, or make it: CREATE DATABASE ... OWNER ... ENCODING 'UTF8' TEMPLATE \
             template0"
        }
        SqlState::INSUFFICIENT_PRIVILEGE => {
            "the URL's user must be the database's owner: ALTER DATABASE ... OWNER TO ...; what others made in it before \
             stays theirs"
        }
        SqlState::INVALID_SCHEMA_NAME => {
            "the user's search_path must begin with a schema that is there and in which it may CREATE"
        }
        SqlState::INVALID_SQL_STATEMENT_NAME | SqlState::DUPLICATE_PSTATEMENT => {
            "this comes of a connection pool in transaction mode, such as PgBouncer's: name the server itself in the URL, or \
             set pool_mode = session"
        }
        SqlState::TOO_MANY_CONNECTIONS => {
            "a node has up to 14 connections: raise the server's max_connections, or the role's or the database's \
             CONNECTION LIMIT"
        }
        _ => return None,
    })
}

fn of_the_way(error: &tokio_postgres::Error) -> Option<&'static str> {
    if tls::fault(error).is_some() {
        return Some(
            "name the file of its authority, or its own certificate, with sslrootcert=, or say sslmode=disable where \
             the network itself is trusted",
        );
    }
    let words = words(error);
    if words.contains("server does not support TLS") {
        return Some(
            "have it speak TLS (ssl = on), or say sslmode=disable where the network itself is trusted",
        );
    }
    if words.contains("password missing") {
        return Some("the URL has none: postgres://user:password@host/database");
    }
    cause::<io::Error>(error)
        .map(|_| "see that host and port of the URL are right, and that the server listens there")
}
