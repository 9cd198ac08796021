//! Errors between this program and PostgreSQL, and their meaning for callers of the store.

use super::refusal::{self, Refusal};
use postrider_core::contract::StoreError;
use std::error::Error as _;
use std::fmt;
use tokio_postgres::error::SqlState;

/// The state with which `begin_batch` says that another process has taken this node's place.
const SUPERSEDED: &str = "PR001";

/// Why a statement was not carried out, or may not have been.
#[derive(Debug)]
pub(super) enum Error {
    /// PostgreSQL refused it, or the connection went.
    Postgres(tokio_postgres::Error),
    /// No connection can be had: why none of the servers lets us in.
    Unreachable(Vec<Refusal>),
    /// No answer came in time.
    Late,
    /// A value that was read is none of its column.
    Damaged(String),
    /// Another node was faster; the same again will see what it did.
    Raced,
}

impl From<tokio_postgres::Error> for Error {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Postgres(error)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Postgres(error) => f.write_str(&words(error)),
            Self::Unreachable(refusals) => {
                write!(f, "no connection to the database: {}", refusal::all(refusals))
            }
            Self::Late => f.write_str("the database did not answer in time"),
            Self::Damaged(what) => f.write_str(what),
            Self::Raced => f.write_str("another node did the same at the same time"),
        }
    }
}

/// PostgreSQL's message, or why there is none.
pub(super) fn words(error: &tokio_postgres::Error) -> String {
    if let Some(said) = error.as_db_error() {
        return format!("{} ({})", said.message(), said.code().code());
    }
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let why = error.to_string();
        if !words.contains(&why) {
            words.push_str(": ");
            words.push_str(&why);
        }
        cause = error.source();
    }
    words
}

impl Error {
    fn state(&self) -> Option<&SqlState> {
        match self {
            Self::Postgres(error) => error.code(),
            _ => None,
        }
    }

    /// Advice for whoever starts a node.
    pub(super) fn advice(&self) -> Option<&'static str> {
        match self {
            Self::Postgres(error) => refusal::advice(error),
            Self::Unreachable(refusals) => refusals.iter().find_map(|refusal| refusal.advice),
            _ => None,
        }
    }

    /// Whether the same may succeed when it is tried again soon, on another connection if need be.
    pub(super) fn may_pass(&self) -> bool {
        match self {
            Self::Raced | Self::Late | Self::Unreachable(_) => true,
            Self::Damaged(_) => false,
            Self::Postgres(error) => match error.code() {
                // Without a word from PostgreSQL it is the connection that failed, or a value that can't be read.
                None => error.is_closed() || source_is_io(error),
                Some(state) => {
                    state.code().starts_with("08")
                        || state.code().starts_with("57")
                        || [
                            SqlState::READ_ONLY_SQL_TRANSACTION,
                            SqlState::T_R_SERIALIZATION_FAILURE,
                            SqlState::T_R_DEADLOCK_DETECTED,
                            SqlState::LOCK_NOT_AVAILABLE,
                        ]
                        .contains(state)
                }
            },
        }
    }

    /// Whether the database is away, and may come back by itself. A server that knows nobody like us stays so.
    pub(super) fn is_away(&self) -> bool {
        match self {
            Self::Unreachable(refusals) => refusals.iter().any(|refusal| refusal.may_pass),
            other => other.may_pass(),
        }
    }

    /// Whether it is of the database rather than of what was asked, so that other operations would meet it too.
    pub(super) fn is_outage(&self) -> bool {
        let of_resources = |state: &SqlState| {
            state.code() == SUPERSEDED
                || ["53", "58", "XX"].iter().any(|class| state.code().starts_with(class))
        };
        self.may_pass() || self.state().is_some_and(of_resources)
    }

    /// Whether the connection is of use after it.
    pub(super) fn spares_connection(&self) -> bool {
        match self {
            Self::Raced => true,
            Self::Postgres(error) => error.code().is_some_and(|state| {
                !state.code().starts_with("08")
                    && !state.code().starts_with("57P")
                    && *state != SqlState::READ_ONLY_SQL_TRANSACTION
            }),
            Self::Late | Self::Unreachable(_) | Self::Damaged(_) => false,
        }
    }

    /// Whether a row found no partition for its day. No table has conditions of its own.
    pub(super) fn lacks_day(&self) -> bool {
        self.state() == Some(&SqlState::CHECK_VIOLATION)
    }

    /// The store's word for it.
    pub(super) fn meaning(&self) -> StoreError {
        match self {
            Self::Damaged(what) => StoreError::Damaged(what.clone()),
            Self::Postgres(error) if error.code().is_some_and(|state| state.code() == SUPERSEDED) => {
                StoreError::Superseded
            }
            Self::Postgres(error) => {
                let corrupted = [SqlState::DATA_CORRUPTED, SqlState::INDEX_CORRUPTED];
                let unreadable = error.code().is_none() && !self.may_pass();
                if unreadable || error.code().is_some_and(|state| corrupted.contains(state)) {
                    StoreError::Damaged(self.to_string())
                } else if error.code() == Some(&SqlState::QUERY_CANCELED) {
                    StoreError::Unavailable("it took the database too long; ask for less".into())
                } else {
                    StoreError::Unavailable(self.to_string())
                }
            }
            _ => StoreError::Unavailable(self.to_string()),
        }
    }
}

fn source_is_io(error: &tokio_postgres::Error) -> bool {
    let cause: Option<&(dyn std::error::Error + 'static)> = error.source();
    matches!(cause, Some(cause) if cause.is::<std::io::Error>())
}
