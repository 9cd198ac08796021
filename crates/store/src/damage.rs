//! Rows that can't be read. Each is set aside, so that no verb meets it again, and a person can look at it.

use std::fmt;

/// A row of a table that verbs come back to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Row {
    /// A row of `queue`.
    Queue {
        /// The message.
        id: i64,
    },
    /// A row of `notice`.
    Notice {
        /// The lane's number.
        lane: i64,
        /// The notice.
        id: i64,
    },
    /// The rows of `waiting` of one message.
    Waiting {
        /// The message.
        message: i64,
    },
    /// A row of `parked`.
    Parked {
        /// The row.
        id: i64,
    },
    /// A row of `inbound_part`.
    InboundPart {
        /// The part.
        id: i64,
    },
    /// A row of `client_part`.
    ClientPart {
        /// The part.
        id: i64,
    },
}

impl Row {
    /// The statement that sets it aside, in both engines, and its values.
    pub(crate) fn set_aside(&self) -> (&'static str, Vec<i64>) {
        match *self {
            Self::Queue { id } => ("UPDATE queue SET owner = -1 WHERE id = $1", vec![id]),
            Self::Notice { lane, id } => {
                ("UPDATE notice SET owner = -1 WHERE lane = $1 AND id = $2", vec![lane, id])
            }
            Self::Waiting { message } => {
                ("UPDATE waiting SET damaged = true WHERE message = $1", vec![message])
            }
            Self::Parked { id } => ("UPDATE parked SET damaged = true WHERE id = $1", vec![id]),
            Self::InboundPart { id } => ("UPDATE inbound_part SET joined = -1 WHERE id = $1", vec![id]),
            Self::ClientPart { id } => ("UPDATE client_part SET damaged = true WHERE id = $1", vec![id]),
        }
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Queue { id } => write!(f, "queue, id {id}"),
            Self::Notice { lane, id } => write!(f, "notice, lane {lane}, id {id}"),
            Self::Waiting { message } => write!(f, "waiting, message {message}"),
            Self::Parked { id } => write!(f, "parked, id {id}"),
            Self::InboundPart { id } => write!(f, "inbound_part, id {id}"),
            Self::ClientPart { id } => write!(f, "client_part, id {id}"),
        }
    }
}

/// The rows that a verb could not read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Damage(Vec<Row>);

impl Damage {
    /// Takes note of a row, and tells the log: it will be set aside, so that it is told once.
    pub(crate) fn note(&mut self, row: Row, why: impl fmt::Display) {
        tracing::error!(%row, %why, "a row of the store can't be read; it is set aside until somebody repairs it");
        self.0.push(row);
    }

    /// Whether every row could be read.
    pub(crate) const fn is_none(&self) -> bool {
        self.0.is_empty()
    }

    /// The rows.
    pub(crate) fn rows(&self) -> &[Row] {
        &self.0
    }
}
